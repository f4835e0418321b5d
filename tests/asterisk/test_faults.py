"""An engine that dies in the middle of a talk, or hears nothing of a call.

Campaigns in which things break: test_fault_rounds.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random

import pytest

from tests.asterisk.site import Site, name_of
from tests.faults.proxy import Proxy, as_it_is

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_talk_goes_on_while_the_engine_is_dead(site: Site):
    first, second = site.people("00", "01")
    site.campaign("progressive", "[dialing]\nring_s = 6\n")
    engine = site.engine()
    site.agent_ready("anna")
    person = site.next("anna")
    engine.until(lambda: len(site.channels()) == 2)
    lines = sorted(site.channels())
    crash = datetime.now(UTC)
    engine.kill()
    again = site.engine()
    assert sorted(site.channels()) == lines, "neither noticed anything"
    assert site.agent("anna").state == "talking"
    assert site.next("anna")["lease"] == person["lease"]
    site.result(person["lease"])
    again.until(lambda: site.attempt(first).ended_at)
    attempt = site.attempt(first)
    assert (attempt.outcome, attempt.disposition) == ("connected", "completed")
    assert attempt.connected_at < crash, "the talk began before the crash"
    following = site.next("anna")
    assert following["lead"]["name"] == name_of(second)
    site.result(following["lease"])
    again.until(lambda: site.attempt(second).ended_at)
    again.interrupt()
    assert again.ends() == 130


@on_sqlite
def test_a_result_that_is_given_while_the_engine_is_dead_ends_the_talk_later(site: Site):
    first, second = site.people("00", "01")
    site.campaign("progressive", "[dialing]\nring_s = 6\n")
    engine = site.engine()
    site.agent_ready("anna")
    person = site.next("anna")
    engine.kill()
    said = site.ringbank("result", person["lease"], "--disposition", "completed", status=1)
    assert "the result is recorded, but no engine runs that could end the call" in said
    again = site.engine()
    again.until(lambda: site.attempt(first).ended_at)
    following = site.next("anna")
    assert following["lead"]["name"] == name_of(second)
    site.result(following["lease"])
    again.until(lambda: site.attempt(second).ended_at)
    again.interrupt()
    assert again.ends() == 130


@on_sqlite
def test_a_call_that_rang_was_on_the_network_though_only_its_failure_is_heard(site: Site):
    proxy = Proxy(site.lab.ami_port, Random(1))
    site.configure(port=proxy.port)
    (rings,) = site.people("30")

    def of_no_channel(message: bytes) -> Iterable[tuple[float, bytes]]:
        lost = b"\r\nUniqueid: " in message and not message.startswith(b"Event: OriginateResponse")
        return () if lost else as_it_is(message)

    site.broadcast()
    proxy.mangle = of_no_channel
    site.engine("--until-done").finishes()
    proxy.cut()
    attempt = site.attempt(rings)
    assert (attempt.outcome, attempt.evidence) == ("no_answer", "dialplan")
    assert len(site.network()) == 1


@on_sqlite
def test_nobody_asks_for_notes_where_everything_is_heard(site: Site):
    asked: list[bytes] = []

    def watched(message: bytes) -> Iterable[tuple[float, bytes]]:
        asked.extend([message] if b"\r\nActionID: note:" in message else [])
        return as_it_is(message)

    proxy = Proxy(site.lab.ami_port, Random(1))
    proxy.mangle = watched
    site.configure(port=proxy.port)
    site.people("00", "20", "30", "40", "50", "65", "66", "70", "71", "75")
    site.broadcast()
    site.engine("--until-done").finishes()
    proxy.cut()
    assert len(site.network()) > 10, "the busy one was called again"
    assert asked == []
