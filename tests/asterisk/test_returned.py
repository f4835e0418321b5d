"""People call back: they hear who called, reach an agent, are promised a call, or opt out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.tables import claims
from leads.tables import suppressions
from tests.asterisk.site import EngineProcess, Site, name_of
from tests.waiting import until

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

OURS = "+4721000000"
PROGRESSIVE = """
[dialing]
ring_s = 6
"""


def missed(site: Site, *others: str) -> tuple[EngineProcess, list[str]]:
    """Have an engine call somebody whose telephone is busy, anna being ready; return both.

    `others` are the endings of the numbers of people who are called besides.
    """
    numbers = site.people("20", *others)
    site.campaign("progressive", PROGRESSIVE)
    engine = site.engine()
    site.agent_ready("anna")
    engine.until(lambda: any(one.phone == numbers[0] and one.ended_at for one in site.attempts()))
    return engine, numbers


def ends(engine: EngineProcess) -> None:
    engine.interrupt()
    assert engine.ends() == 130


def test_who_calls_back_reaches_an_agent_with_their_history(site: Site):
    engine, (called,) = missed(site)

    site.lab.call_in(OURS, caller=called, keys="wwwwww1")
    person = site.next("anna")
    assert person["returned"] is True
    assert person["lead"]["name"] == name_of(called)
    assert person["campaign"] == "calls"
    assert [(one["outcome"], one["returned"]) for one in person["history"]] == [("busy", False)]
    assert person["live"] is True
    engine.until(lambda: site.contact(called).connected_at)
    assert site.agent("anna").state == "talking"
    assert "called us" in site.ringbank("release", person["lease"], status=3)
    assert "called us" in site.ringbank("dial", person["lease"], status=3)

    site.result(person["lease"], "completed", "--note", "glad to have called")
    engine.until(lambda: site.contact(called).ended_at)
    contact = site.contact(called)
    assert (contact.outcome, contact.disposition, contact.note) == (
        "talked", "completed", "glad to have called",
    )  # fmt: skip
    assert contact.attempt_id == site.attempt(called).id
    assert site.attempt(called).disposition is None, "an attempt is what we made"
    assert site.leads()[called].state == "done"
    engine.until(lambda: site.agent("anna").state == "ready")
    assert site.read(select(claims)) == []
    (shown,) = site.ringbank("inbound", "list")
    assert (shown["outcome"], shown["agent"], shown["name"]) == ("talked", "anna", name_of(called))
    ends(engine)


@on_sqlite
def test_a_call_of_ours_that_rings_there_is_ended(site: Site):
    (called,) = site.people("30")
    site.campaign("progressive", PROGRESSIVE)
    engine = site.engine()
    site.agent_ready("anna")
    engine.until(site.attempts)
    site.lab.call_in(OURS, caller=called, keys="wwwwww1")
    engine.until(lambda: site.attempt(called).ended_at)
    attempt = site.attempt(called)
    assert attempt.outcome == "failed", "it did not ring out"
    assert attempt.ended_at - attempt.dialed_at < timedelta(seconds=5)
    person = site.next("anna")
    assert (person["returned"], person["lead"]["name"]) == (True, name_of(called))
    site.result(person["lease"])
    engine.until(lambda: site.contact(called).ended_at)
    assert len(site.attempts()) == 1, "nobody called them meanwhile"
    ends(engine)


@on_sqlite
def test_nobody_free_means_a_promise(site: Site):
    engine, (called,) = missed(site)
    site.ringbank("agents", "logout", "anna")
    found = {one["what"]: one["why"] for one in site.ringbank("doctor")}
    assert found["calls back on trunk main"] == "Ringbank answers"

    site.lab.call_in(OURS, caller=called, keys="wwwwww1")
    engine.until(lambda: (site.contact(called) or 0) and site.contact(called).ended_at, 30)
    contact = site.contact(called)
    assert (contact.outcome, contact.disposition, contact.key_pressed) == (
        "callback", "callback", "1",
    )  # fmt: skip
    assert contact.callback_at - contact.began_at > timedelta(minutes=1)
    lead = site.leads()[called]
    assert (lead.state, lead.next_call_at) == ("callback", contact.callback_at)
    (promised,) = site.ringbank("callbacks", "list")
    assert promised["callback_at"] == contact.callback_at.isoformat().replace("+00:00", "Z")
    assert site.read(select(claims)) == []
    ends(engine)


@on_sqlite
def test_opting_out_counts_at_once(site: Site):
    engine, (called,) = missed(site)
    site.lab.call_in(OURS, caller=called, keys="wwwwww9")
    engine.until(lambda: site.read(select(suppressions)))
    assert site.contact(called).ended_at is None, "within the call"
    engine.until(lambda: site.contact(called).ended_at)
    assert site.contact(called).outcome == "opted_out"
    (entry,) = site.read(select(suppressions))
    assert (entry.subject, entry.source) == (called, "key")
    assert site.leads()[called].state == "suppressed"
    ends(engine)


@on_sqlite
def test_opting_out_while_the_engine_is_dead_is_taken_in_once(site: Site, link):
    engine, (called,) = missed(site)
    engine.kill()

    site.lab.call_in(OURS, caller=called, keys="wwwwwwwwww9")
    link.until(20, UserEvent="RingbankReturned", Stage="ended", Caller=called)
    assert site.contacts() == []
    for _ in range(2):
        again = site.engine()
        again.until(lambda: (site.contact(called) or 0) and site.contact(called).ended_at)
        (contact,) = site.contacts()
        assert (contact.outcome, contact.opted_out) == ("opted_out", 1)
        (entry,) = site.read(select(suppressions))
        assert entry.subject == called
        again.kill()
    kept = site.contact(called).channel_id
    until(lambda: kept not in site.lab.pbx.cli("database show ringbank").stdout, 20)


@on_sqlite
def test_the_engine_dies_in_the_middle_of_the_talk(site: Site):
    engine, (called,) = missed(site)
    site.lab.call_in(OURS, caller=called, keys="wwwwww1")
    person = site.next("anna")
    engine.until(lambda: site.contact(called).connected_at)
    engine.kill()

    again = site.engine()
    assert site.agent("anna").state == "talking"
    assert site.contact(called).ended_at is None
    site.result(person["lease"], "completed")
    again.until(lambda: site.contact(called).ended_at)
    assert (site.contact(called).outcome, site.contact(called).disposition) == (
        "talked", "completed",
    )  # fmt: skip
    again.until(lambda: site.agent("anna").state == "ready")
    assert len(site.attempts()) == 1
    again.kill()


@on_sqlite
def test_who_waits_while_the_engine_dies_still_gets_an_agent(site: Site):
    engine, (called, other) = missed(site, "00")
    busy_with = site.next("anna")
    assert busy_with["lead"]["name"] == name_of(other)
    site.lab.call_in(OURS, caller=called, keys="wwwwww1")
    engine.until(
        lambda: "ringbank-returned-wanted" in site.lab.pbx.cli("core show channels").stdout
    )
    engine.kill()
    again = site.engine()
    site.result(busy_with["lease"])
    person = site.next("anna")
    assert person["returned"] is True
    assert person["lead"]["name"] == name_of(called)
    site.result(person["lease"])
    again.until(lambda: site.contact(called).ended_at)
    again.kill()
