"""Agents at work: one call for each who is ready, and nobody answered is left alone."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.tables import claims
from tests.asterisk.site import Site, name_of
from tests.waiting import until

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PROGRESSIVE = """
[dialing]
ring_s = 6
[[refusal_reasons]]
code = "price"
"""


def test_a_day_of_an_agent(site: Site):
    people = site.people("00", "01", "02")
    site.campaign("progressive", PROGRESSIVE)
    engine = site.engine()
    phone = site.add_agent("anna")

    site.ringbank("agents", "login", "anna")
    anna = site.agent("anna")
    assert anna.state == "paused"
    assert anna.channel_id in site.channels(), "the telephone stays on the line"
    assert not site.attempts(), "nobody is called while nobody is ready"

    site.ringbank("agents", "ready", "anna")
    person = site.next("anna")
    assert person["lead"]["name"] == name_of(people[0])
    assert person["phone"] is None
    assert site.agent("anna").state == "talking"
    assert site.next("anna")["lease"] == person["lease"]

    # A refusal needs its reason; without it nothing is recorded and nobody is cut off.
    said = site.ringbank("result", person["lease"], "--disposition", "refusal", status=2)
    assert "--reason" in said
    assert site.agent("anna").state == "talking"
    assert site.attempt(people[0]).disposition is None
    assert site.next("anna")["lease"] == person["lease"]

    # The result ends the call that is still running, and the next person follows.
    site.result(person["lease"], "refusal", "--reason", "price", "--note", "too dear")
    engine.until(lambda: site.attempt(people[0]).ended_at)
    first = site.attempt(people[0])
    assert (first.outcome, first.disposition, first.refusal_reason, first.note) == (
        "connected", "refusal", "price", "too dear",
    )  # fmt: skip
    assert first.connected_at - first.answered_at < timedelta(seconds=1)
    assert site.leads()[people[0]].state == "done"
    second = site.next("anna")
    assert second["lead"]["name"] == name_of(people[1])
    assert [entry["disposition"] for entry in second["history"]] == []

    # The agent asks for a pause in the middle of the talk: it comes after the result.
    site.ringbank("agents", "pause", "anna")
    assert site.agent("anna").state == "talking"
    site.result(second["lease"])
    engine.until(lambda: site.agent("anna").state == "paused")
    assert len(site.attempts()) == 2

    line = site.agent("anna").channel_id
    site.ringbank("agents", "logout", "anna")
    assert site.agent("anna").state == "out"
    until(lambda: line not in site.channels())
    until(lambda: any(one.number == phone for one in site.lab.records()))
    engine.interrupt()
    assert engine.ends() == 130


@on_sqlite
def test_an_agent_is_ready_again_only_after_the_result(site: Site):
    called, other = site.people("66", "00")
    site.campaign("progressive", PROGRESSIVE)
    engine = site.engine()
    site.agent_ready("anna")
    person = site.next("anna")
    # The person hangs up first: the talk is over, its result is owed.
    engine.until(lambda: site.agent("anna").state == "wrap_up")
    attempt = site.attempt(called)
    assert (attempt.outcome, attempt.disposition) == ("connected", None)
    assert 2 < attempt.talk_s < 4
    assert site.next("anna")["lease"] == person["lease"]
    why = site.ringbank("agents", "ready", "anna", status=1)
    assert person["lease"] in why
    assert [one.phone for one in site.attempts()] == [called]

    site.result(person["lease"])
    attempt = site.attempt(called)
    assert attempt.wrap_s > 0
    assert site.next("anna")["lead"]["name"] == name_of(other)
    site.result(site.next("anna")["lease"])
    engine.until(lambda: site.attempt(other).ended_at)
    engine.interrupt()
    assert engine.ends() == 130
    assert site.agent("anna").state == "ready", "their line outlives the engine"


@on_sqlite
def test_a_telephone_that_nobody_answers_is_told_to_the_agent(site: Site):
    engine = site.engine()
    site.add_agent("anna", "20")
    assert "was not answered" in site.ringbank("agents", "login", "anna", status=1)
    assert site.agent("anna").state == "out"
    assert "not logged in" in site.ringbank("agents", "ready", "anna", status=1)
    engine.interrupt()
    assert engine.ends() == 130


@on_sqlite
def test_an_agents_telephone_hangs_up_in_the_middle_of_a_talk(site: Site, link):
    (called,) = site.people("00")
    site.campaign("progressive", PROGRESSIVE)
    engine = site.engine()
    site.agent_ready("anna")
    person = site.next("anna")
    engine.until(lambda: len(site.channels()) == 2)
    link.send("Hangup", Channel=site.agent("anna").channel_id)
    engine.until(lambda: site.attempt(called).ended_at)
    assert site.agent("anna").state == "out"
    assert site.attempt(called).outcome == "connected"
    assert site.channels() == [], "nobody is left alone in a room"

    # They log in again: first the result that they owe, then the next call.
    site.ringbank("agents", "login", "anna")
    assert person["lease"] in site.ringbank("agents", "ready", "anna", status=1)
    site.result(person["lease"])
    site.ringbank("agents", "ready", "anna")
    assert site.read(select(claims)) == []
    engine.interrupt()
    assert engine.ends() == 130


@on_sqlite
def test_a_person_hears_the_apology_when_the_agents_line_died_meanwhile(site: Site, link):
    (called,) = site.people("94")
    site.campaign("progressive", PROGRESSIVE)
    engine = site.engine()
    site.agent_ready("anna")
    engine.until(site.attempts)
    link.send("Hangup", Channel=site.agent("anna").channel_id)
    engine.until(lambda: site.attempt(called).ended_at)
    attempt = site.attempt(called)
    assert (attempt.outcome, attempt.agent_id) == ("abandoned", None)
    assert site.agent("anna").state == "out"
    assert attempt.ended_at - attempt.answered_at > timedelta(seconds=2), "they waited"
    assert site.read(select(claims)) == []
    engine.interrupt()
    assert engine.ends() == 130


@on_sqlite
def test_two_agents_and_six_people_leave_nobody_alone(site: Site):
    people = site.people("00", "66", "20", "01", "90", "02", "40")
    site.campaign("progressive", PROGRESSIVE)
    engine = site.engine("--until-done")
    for name in ("anna", "bo"):
        site.agent_in(name)
    for name in ("anna", "bo"):
        site.ringbank("agents", "ready", name)
    given = []
    deadline = time.monotonic() + 40
    while engine.lives and time.monotonic() < deadline:
        for name in ("anna", "bo"):
            person = site.ringbank("next", "--campaign", "calls", "--agent", name)
            if person["lease"] is not None:
                given.append(person["lead"]["name"])
                site.result(person["lease"])
    engine.finishes()
    outcomes = {one.phone: one.outcome for one in site.attempts()}
    assert outcomes == dict(
        zip(people, ["connected", "connected", "busy", *["connected"] * 3, "unallocated"],
            strict=True)
    )  # fmt: skip
    reached = [one for one in site.attempts() if one.outcome == "connected"]
    assert sorted(given) == sorted(name_of(one.phone) for one in reached)
    assert all(one.connected_at - one.answered_at < timedelta(seconds=1) for one in reached)
    assert len({one.agent_id for one in reached}) == 2, "both had somebody to talk to"
    assert all(one.disposition == "completed" for one in reached)


@on_sqlite
def test_a_key_of_a_broadcast_brings_the_person_to_an_agent(site: Site, link):
    pressed, listened = site.people("71", "65")
    engine = site.engine()
    site.agent_ready("anna")
    site.broadcast()
    person = site.next("anna")
    assert person["lead"]["name"] == name_of(pressed)
    link.send("Hangup", Channel=site.attempt(pressed).channel_id)
    engine.until(lambda: site.agent("anna").state == "wrap_up")
    assert site.next("anna")["lease"] == person["lease"], "the result is still owed"
    site.result(person["lease"])
    engine.until(lambda: all(one.ended_at for one in site.attempts()))
    attempt = site.attempt(pressed)
    assert (attempt.outcome, attempt.key_pressed, attempt.disposition) == (
        "connected", "1", "completed",
    )  # fmt: skip
    assert site.attempt(listened).outcome == "hung_up_early"
    assert site.agent("anna").state == "ready"
    engine.interrupt()
    assert engine.ends() == 130


@on_sqlite
def test_an_agent_who_dials_by_hand_is_given_nobody_else(site: Site):
    by_hand, dialled = site.people("00", "01")
    site.campaign("manual", name="by-hand")
    engine = site.engine()
    site.agent_in("anna")
    mine = site.next("anna", campaign="by-hand")
    assert mine["phone"] == by_hand
    assert mine["lease"] in site.ringbank("agents", "ready", "anna", status=1)
    site.ringbank("release", mine["lease"])
    site.ringbank("agents", "ready", "anna")
    said = site.ringbank("next", "--campaign", "by-hand", "--agent", "anna", status=3)
    assert "ringbank agents pause anna" in said
    site.campaign("progressive", PROGRESSIVE)
    person = site.next("anna")
    assert person["lead"]["name"] in (name_of(by_hand), name_of(dialled))
    # Asked for another campaign they get whom they have.
    assert site.next("anna", campaign="by-hand")["lease"] == person["lease"]
    site.ringbank("agents", "pause", "anna")
    site.result(person["lease"])
    engine.until(lambda: all(one.ended_at for one in site.attempts()))
    engine.interrupt()
    assert engine.ends() == 130
