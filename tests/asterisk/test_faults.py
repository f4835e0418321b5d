"""Crashes in the middle of a campaign: nobody is called twice, and nothing is lost.

At the end of every test `Site.leave` holds each attempt against the network's records.
"""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from dialer.lab.lab import Lab
from tests.asterisk.site import EngineProcess, Site, name_of

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

# ending: what a call to it comes to when nothing breaks
MIXED = {
    "00": "connected",
    "20": "busy",
    "30": "no_answer",
    "40": "unallocated",
    "50": "congestion",
    "60": "connected",
    "65": "hung_up_early",
    "66": "connected",
    "70": "connected",
    "71": "abandoned",
    "75": "connected",
    "79": "connected",
    "90": "connected",
}
LOSE_THEIR_CAUSE = ("busy", "unallocated", "congestion")
"""Outcomes that rest on a cause which Asterisk tells once and does not keep."""

CROWD = ("90", "20", "65", "00", "30", "91", "40", "79", "66", "75", "50", "92", "60", "70",
         "31", "93", "65", "21", "66", "41", "65", "51", "66", "22", "65")  # fmt: skip


def test_an_engine_that_is_killed_twice_loses_nothing(site: Site):
    people = campaign_of_a_crowd(site)
    for _ in range(2):
        engine = site.engine()
        in_full_swing(site, engine)
        engine.kill()
    site.engine("--until-done").finishes()
    everybody_was_called_as_they_are(site, people)


@on_sqlite
def test_a_link_that_is_cut_and_an_asterisk_that_stands_still(site: Site, proxy: "Proxy"):
    site.configure(port=proxy.port, max_calls_per_second=8)
    people = site.people(*CROWD, *(["65"] * 20))
    site.broadcast()
    engine = site.engine("--until-done")
    in_full_swing(site, engine)
    proxy.cut()
    engine.until(lambda: site.report().report["ami_down"])
    called = len(site.attempts())
    time.sleep(1)  # calls end meanwhile
    assert len(site.attempts()) == called, "nobody is called without a link"
    proxy.mend()
    engine.until(lambda: len(site.attempts()) >= called + 3)

    proxy.stall()
    called = len(site.attempts())
    engine.until(lambda: site.report().report["ami_down"], 30)
    assert len(site.attempts()) - called < 16, "it goes on calling for a second at most"
    proxy.resume()  # what Asterisk was asked for meanwhile reaches it now
    engine.finishes()
    everybody_was_called_as_they_are(site, people)
    assert all(one.evidence != "no_trace" for one in site.attempts())


@on_sqlite
def test_an_engine_goes_on_by_itself_after_asterisk_was_killed(site: Site, lab: Lab):
    people = campaign_of_a_crowd(site)
    engine = site.engine("--until-done")
    in_full_swing(site, engine)
    with asterisk_killed(lab) as killed_at:
        engine.until(lambda: site.report().report["ami_down"])
    engine.finishes()
    only_what_died_is_unknown(site, people, killed_at)


@on_sqlite
def test_engine_and_asterisk_killed_together(site: Site, lab: Lab):
    people = campaign_of_a_crowd(site)
    engine = site.engine()
    in_full_swing(site, engine)
    engine.kill()
    with asterisk_killed(lab) as killed_at:
        pass
    site.engine("--until-done").finishes()
    only_what_died_is_unknown(site, people, killed_at)


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


# -- words of this file -------------------------------------------------------------------


def campaign_of_a_crowd(site: Site, *, configured: bool = False) -> list[str]:
    if not configured:
        site.configure(max_calls_per_second=8)
    people = site.people(*CROWD)
    site.broadcast()
    return people


def in_full_swing(site: Site, engine: EngineProcess) -> None:
    """Wait until some calls have just ended and others stand in every state."""
    ended = len([one for one in site.attempts() if one.ended_at])

    def is_so() -> bool:
        found = site.attempts()
        open_ones = [one for one in found if one.ended_at is None]
        return len(found) - len(open_ones) >= ended + 3 and len(open_ones) >= 5

    engine.until(is_so)


def everybody_was_called_as_they_are(site: Site, people: list[str]) -> None:
    """Every outcome is the true one; only the reason for no answer may be lost."""
    found = site.attempts()
    assert {one.phone for one in found} == set(people)
    for one in found:
        assert one.ended_at
        expected = expected_of(one.phone)
        why_is_lost = one.evidence == "dialplan" and expected in LOSE_THEIR_CAUSE
        if why_is_lost or one.evidence == "no_trace":
            expected = "failed"
        assert one.outcome == expected, one


def only_what_died_is_unknown(site: Site, people: list[str], killed_at: datetime) -> None:
    site.end_calls()
    ended_at = {one.number: one.ended_at for one in site.network()}
    found = site.attempts()
    assert {one.phone for one in found} == set(people)
    assert any(one.outcome == "unknown" for one in found)
    for one in found:
        assert one.ended_at
        if one.outcome == "unknown":
            assert one.dialed_at < killed_at + timedelta(seconds=0.5)
            assert ended_at.get(one.phone, killed_at) >= killed_at - timedelta(seconds=2)
        elif one.evidence == "hangup":
            assert one.outcome == expected_of(one.phone), one


def expected_of(phone: str) -> str:
    ending = phone[-2:]
    return MIXED.get(ending) or MIXED[f"{ending[0]}0"]


class asterisk_killed:  # noqa: N801  (read as words)
    """The PBX is killed for as long as the block lasts, and up again whatever happens in it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def __enter__(self) -> datetime:
        killed_at = datetime.now(UTC)
        self._lab.kill("pbx")
        return killed_at

    def __exit__(self, *_: object) -> None:
        self._lab.start("pbx")


@pytest.fixture
def proxy(lab: Lab) -> Iterator["Proxy"]:
    running = Proxy(lab.ami_port)
    yield running
    running.cut()


class Proxy:
    """The way to the manager interface, and everything that can happen on it.

    What it passes on it passes on in pieces of any size.
    """

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._flows = threading.Event()
        self._flows.set()
        self._random = random.Random(20)
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """End all connections and let nobody in."""
        # Closed under its thread's `accept`, a listener would stay open.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def mend(self) -> None:
        """Let people in again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stall(self) -> None:
        """Pass nothing on, and let nobody notice."""
        self._flows.clear()

    def resume(self) -> None:
        """Pass on all that has gathered, and go on."""
        self._flows.set()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to_port))
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source:
            while data := source.recv(65536):
                while data:
                    self._flows.wait()
                    size = self._random.randint(1, 200)
                    sink.sendall(data[:size])
                    data = data[size:]
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
