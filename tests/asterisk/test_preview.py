"""Agents who choose when to call: look, dial or skip, talk, result, and the next."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaigns.desk_tables import agent_states, skips
from campaigns.tables import claims
from leads.db import writing
from tests.asterisk.site import Site, name_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PREVIEW = """
[dialing]
ring_s = 6
"""


def begin(site: Site, *endings: str, agents: tuple[str, ...] = ("anna",)):
    """Have agents in and a preview campaign running; return the engine and the numbers."""
    people = site.people(*endings)
    site.campaign("preview", PREVIEW)
    engine = site.engine()
    for name in agents:
        site.agent_in(name)
    return engine, people


def leave(engine) -> None:
    engine.interrupt()
    assert engine.ends() == 130


def test_a_day_in_preview(site: Site):
    engine, (busy, talked) = begin(site, "20", "00")
    person = site.next("anna")
    assert (person["mode"], person["live"]) == ("preview", False)
    assert person["phone"] is None, "neither sees the other's number"
    engine.until(lambda: site.agent("anna").state == "preview")
    assert not site.attempts(), "nobody is called before the agent says so"
    assert site.next("anna")["lease"] == person["lease"]
    assert person["lead"]["name"] == name_of(busy)

    # Nobody is reached: the attempt has its end, and the agent looks at the next person.
    said = site.ringbank("dial", person["lease"], "--wait", "15")
    assert (said["state"], said["outcome"]) == ("preview", "busy")
    attempt = site.attempt(busy)
    assert (attempt.mode, attempt.outcome, attempt.agent_id, attempt.lease) == (
        "preview", "busy", site.agent("anna").id, person["lease"],
    )  # fmt: skip
    person = site.next("anna")
    assert person["lead"]["name"] == name_of(talked)

    said = site.ringbank("dial", person["lease"], "--wait", "15")
    assert (said["state"], said["outcome"]) == ("talking", None)
    assert site.next("anna")["live"] is True
    assert site.next("anna")["expires_at"] is None, "no lease runs out in a talk"
    # The result ends the call, and the agent chooses again: nobody is given to them.
    site.result(person["lease"])
    engine.until(lambda: site.attempt(talked).ended_at)
    engine.until(lambda: site.agent("anna").state == "preview")
    attempt = site.attempt(talked)
    assert (attempt.outcome, attempt.disposition) == ("connected", "completed")
    assert attempt.connected_at - attempt.answered_at < timedelta(seconds=1)
    assert {one.caller for one in site.network()} == {"+4721000000"}
    states = [row.state for row in site.read(select(agent_states).order_by(agent_states.c.id))]
    # Where the result ends the call there is no time between the talk's end and the next.
    assert [one for one in states if one != "wrap_up"] == [
        "calling", "paused", "preview", "dialing", "preview", "dialing", "talking", "preview",
    ]  # fmt: skip
    assert site.read(select(claims)) == []
    leave(engine)


def test_the_person_hangs_up_first_and_the_result_is_owed(site: Site, link):
    engine, (first, second) = begin(site, "66", "00")
    lease = site.next("anna")["lease"]
    assert "was not called yet" in site.ringbank(
        "result", lease, "--disposition", "completed", status=3
    )
    site.ringbank("dial", lease)
    engine.until(lambda: site.agent("anna").state == "wrap_up")
    person = site.next("anna")
    assert (person["lease"], person["live"], person["called"]) == (lease, False, True)
    assert "still owes the result" in site.ringbank("dial", lease, status=1)
    assert "--disposition" in site.ringbank("skip", lease, "--reason", "other", status=3)
    site.result(lease)
    engine.until(lambda: site.agent("anna").state == "preview")
    assert site.attempt(first).wrap_s > 0

    # In the next talk the agent's own telephone hangs up: they owe its result all the same.
    lease = site.next("anna")["lease"]
    site.ringbank("dial", lease, "--wait", "10")
    link.send("Hangup", Channel=site.agent("anna").channel_id)
    engine.until(lambda: site.attempt(second).ended_at)
    engine.until(lambda: (site.agent("anna").state, site.channels()) == ("out", []))
    assert site.next("anna")["lease"] == lease
    site.result(lease, "partial")
    assert site.attempt(second).disposition == "partial"
    leave(engine)


def test_nobody_answers_and_the_person_waits_for_their_next_turn(site: Site):
    engine, (called,) = begin(site, "30")
    person = site.next("anna")
    site.ringbank("dial", person["lease"])
    engine.until(lambda: site.agent("anna").state == "dialing")
    assert "is calling somebody already" in site.ringbank("dial", person["lease"], status=1)
    engine.until(lambda: site.attempt(called).ended_at, 15)
    assert site.attempt(called).outcome == "no_answer"
    engine.until(lambda: site.agent("anna").state == "preview")
    assert site.read(select(claims)) == []
    leave(engine)


def test_the_agents_line_drops_while_the_persons_telephone_rings(site: Site, link):
    engine, (called,) = begin(site, "30")
    site.ringbank("dial", site.next("anna")["lease"])
    engine.until(lambda: len(site.channels()) == 2)
    link.send("Hangup", Channel=site.agent("anna").channel_id)
    engine.until(lambda: site.attempt(called).ended_at, 3)
    assert site.attempt(called).answered_at is None, "it rang for nobody and was hung up"
    assert site.agent("anna").state == "out"
    assert site.channels() == []
    assert site.read(select(claims)) == []
    leave(engine)


def test_the_engine_is_killed_while_the_telephone_rings(site: Site):
    engine, (called,) = begin(site, "90")
    lease = site.next("anna")["lease"]
    site.ringbank("dial", lease)
    engine.until(lambda: len(site.channels()) == 2)
    engine.kill()
    engine = site.engine()
    engine.until(lambda: site.agent("anna").state == "talking")
    assert site.next("anna")["lease"] == lease
    site.result(lease)
    engine.until(lambda: site.agent("anna").state == "preview")
    attempt = site.attempt(called)
    assert (attempt.outcome, attempt.disposition) == ("connected", "completed")
    leave(engine)


def test_the_engine_is_killed_during_a_talk_and_the_talk_goes_on(site: Site):
    engine, (called,) = begin(site, "00")
    lease = site.next("anna")["lease"]
    site.ringbank("dial", lease, "--wait", "10")
    line = site.agent("anna").channel_id
    talk = site.attempt(called).channel_id
    engine.kill()
    assert {line, talk} <= set(site.channels()), "both are on the line without an engine"
    engine = site.engine()
    assert {line, talk} <= set(site.channels())
    assert site.agent("anna").state == "talking"
    assert site.next("anna")["live"] is True
    site.result(lease)
    engine.until(lambda: site.agent("anna").state == "preview")
    assert site.attempt(called).disposition == "completed"
    leave(engine)


def test_a_person_is_judged_again_when_they_are_dialled(site: Site):
    engine, (called,) = begin(site, "00")
    person = site.next("anna")
    site.ringbank("dnc", "add", called)
    why = site.ringbank("dial", person["lease"], status=3)
    assert "not to be called by anybody" in why
    assert site.attempts() == []
    assert site.leads()[called].state == "suppressed"
    assert site.read(select(claims)) == []
    engine.until(lambda: site.agent("anna").state == "preview")
    leave(engine)


def test_what_keeps_an_agent_from_dialling(site: Site):
    site.people("00")
    site.campaign("preview", PREVIEW)
    site.add_agent("anna")
    lease = site.next("anna")["lease"]
    assert "ringbank run" in site.ringbank("dial", lease, status=1)
    engine = site.engine()
    why = site.ringbank("dial", lease, status=1)
    assert "ringbank agents login anna" in why
    assert site.next("anna")["lease"] == lease, "what they looked at is theirs still"
    leave(engine)


def test_a_full_trunk_is_told_and_the_person_kept(site: Site):
    site.configure(max_calls=1)
    engine, _ = begin(site, "00")
    lease = site.next("anna")["lease"]
    assert "no free line" in site.ringbank("dial", lease, status=1)
    assert site.attempts() == []
    assert site.next("anna")["lease"] == lease
    engine.until(lambda: site.agent("anna").state == "preview")
    leave(engine)


def test_whoever_is_skipped_is_somebody_elses(site: Site):
    engine, (first, second) = begin(site, "00", "01", agents=("anna", "bo"))
    person = site.next("anna")
    assert person["lead"]["name"] == name_of(first)
    assert "know_person" in site.ringbank("skip", person["lease"], "--reason", "kow", status=2)
    site.ringbank("skip", person["lease"], "--reason", "know_person", "--note", "my aunt")
    assert site.next("anna")["lead"]["name"] == name_of(second)
    assert site.next("bo")["lead"]["name"] == name_of(first)
    (skipped,) = site.read(select(skips))
    assert (skipped.reason, skipped.note) == ("know_person", "my aunt")
    leave(engine)


def test_a_lease_that_would_have_ended_during_the_talk(site: Site):
    engine, (called,) = begin(site, "00")
    lease = site.next("anna")["lease"]
    with writing(site.base) as connection:
        made = connection.scalar(select(claims.c.created_at))
        connection.execute(update(claims).values(expires_at=made + timedelta(seconds=8)))
    site.ringbank("dial", lease, "--wait", "5")
    assert site.agent("anna").state == "talking"
    time.sleep(8)
    assert site.agent("anna").state == "talking"
    assert site.next("anna")["lease"] == lease
    site.result(lease)
    engine.until(lambda: site.attempt(called).ended_at)
    leave(engine)
