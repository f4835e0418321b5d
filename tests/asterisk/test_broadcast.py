"""A broadcast to every kind of person, and a trunk's limits, on the real lab."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from campaigns.tables import answers
from dialer import config
from dialer.engine import Engine
from dialer.onlooker import Onlooker
from dialer.progress import Progress
from tests.asterisk.site import Site
from tests.waiting import until

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

# ending: outcome, Q.850 cause, key, disposition, lead state, what ended the work on the lead
KINDS = {
    "00": ("connected", 16, None, None, "done", "broadcast"),
    "20": ("busy", 17, None, None, "done", "retry:busy:max"),
    "30": ("no_answer", 19, None, None, "done", "outcome:no_answer"),
    "40": ("unallocated", 1, None, None, "done", "outcome:unallocated"),
    "50": ("congestion", 34, None, None, "done", "outcome:congestion"),
    "60": ("connected", 16, None, None, "done", "broadcast"),
    "65": ("hung_up_early", 16, None, None, "done", "outcome:hung_up_early"),
    "66": ("connected", 16, None, None, "done", "broadcast"),
    "70": ("connected", 16, "0", None, "done", "broadcast"),
    "71": ("abandoned", 16, "1", None, "done", "outcome:abandoned"),
    "75": ("connected", 16, "5", None, "done", "broadcast"),
    "78": ("connected", 16, "8", "callback", "callback", "disposition:callback"),
    "79": ("connected", 16, "9", "do_not_call", "suppressed", "disposition:do_not_call"),
    "80": ("connected", 16, None, None, "done", "broadcast"),
}
ANSWERS = {
    "70": {("message", "0")},
    "71": {("message", "1")},
    "75": {("message", "5"), ("support", "yes")},
    "78": {("message", "8")},
    "79": {("message", "9")},
}
SIP_CODES = {"20": 486, "40": 404, "50": 503}


def test_a_broadcast_reaches_every_kind_of_person_and_books_what_they_did(site: Site, link):
    called = dict(zip(KINDS, site.people(*KINDS), strict=True))
    site.broadcast()
    engine = site.engine()
    # Nobody is there for the one who asks for an agent; we need not hear all of the apology.
    engine.until(lambda: any(one.phone == called["71"] for one in site.attempts()))
    waiting = site.attempt(called["71"]).channel_id
    link.stage(waiting, "abandoned")
    link.send("Hangup", Channel=waiting, Cause=16)
    engine.until(lambda: len(_ended(site)) == len(KINDS) + 2)
    ids = {one.channel_id for one in site.attempts()}
    assert ids & link.marks().keys(), "Asterisk keeps what calls came to"
    engine.until(lambda: not ids & link.marks().keys(), 8)
    engine.interrupt()
    assert engine.ends() == 130

    tried = Counter(one.phone for one in site.attempts())
    assert {e: tried[n] for e, n in called.items() if tried[n] != 1} == {"20": 2, "80": 2}
    last = {one.phone: one for one in site.attempts()}
    leads = site.leads()
    for ending, (outcome, cause, key, disposition, state, held_by) in KINDS.items():
        attempt, lead = last[called[ending]], leads[called[ending]]
        assert (attempt.outcome, attempt.hangup_cause, attempt.key_pressed) == (
            outcome, cause, key,
        ), ending  # fmt: skip
        assert (attempt.disposition, lead.state, lead.held_by, lead.last_outcome) == (
            disposition, state, held_by, outcome,
        ), ending  # fmt: skip
        assert attempt.evidence == "hangup"
        assert (attempt.answered_at is not None) == (cause == 16)
    assert [one.outcome for one in site.attempts() if one.phone == called["80"]] == [
        "busy", "connected",
    ]  # fmt: skip
    for ending, code in SIP_CODES.items():
        assert last[called[ending]].sip_code in (None, code), "only newer servers tell it"

    told: dict[str, set] = {}
    by_attempt = {one.id: one.phone for one in site.attempts()}
    for answer in site.read(select(answers)):
        told.setdefault(by_attempt[answer.attempt_id], set()).add((answer.question, answer.answer))
    assert told == {called[ending]: expected for ending, expected in ANSWERS.items()}

    assert site.ringbank("dnc", "check", called["79"])["suppressed"]
    assert not site.ringbank("dnc", "check", called["78"])["suppressed"]

    # Who asked to be called later is work left; once they are out of it, nothing is.
    waits = site.engine("--until-done")
    waits.until(lambda: site.report().report["calls"] == {"calls": 0})
    assert waits.lives
    site.keep_promises()
    waits.finishes()


@on_sqlite
def test_a_trunk_never_carries_more_calls_than_it_may(site: Site):
    site.configure(max_calls=3, max_calls_per_second=2)
    people = site.people("65", "20", "40", "90", "66", "30", "50", "65", "65", "66")
    agent = site.add_agent("anna")
    site.broadcast()
    site.ringbank("campaigns", "pause", "calls")
    engine = site.engine()
    site.ringbank("agents", "login", "anna")
    site.ringbank("campaigns", "start", "calls")
    engine.until(lambda: len(_ended(site)) >= 6)
    site.ringbank("agents", "logout", "anna")
    until(lambda: any(one.number == agent for one in site.lab.records()))
    engine.until(lambda: len(_ended(site)) == len(people) + 1)  # the busy one was called twice
    engine.interrupt()
    assert engine.ends() == 130

    until(lambda: not site.differences())
    lines = [*site.network(), *(one for one in site.lab.records() if one.number == agent)]
    assert most_at_once(lines) == 3, "all lines are used, and never one more"
    begun = sorted(one.started_at for one in lines)
    journey = timedelta(milliseconds=50)
    for first, _, third in zip(begun, begun[1:], begun[2:], strict=False):
        assert third - first > timedelta(seconds=1) - journey
    assert any(b - a < timedelta(seconds=1) for a, b in pairwise(begun))


@on_sqlite
def test_calls_that_follow_one_another_closely_are_written_together(site: Site):
    site.configure(max_calls=30, max_calls_per_second=500)
    site.people(*["40"] * 300)
    site.broadcast("[breaker]\non = false  # so many whose numbers do not exist would pause it\n")
    turns = Turns()
    Engine(site.base, config.load(site.config, {}), onlooker=turns).run(until_done=True)
    all_of_them = site.attempts()
    assert len(all_of_them) == 300
    begun = min(one.dialed_at for one in all_of_them)
    ended = max(one.ended_at for one in all_of_them)
    meanwhile = [at for at in turns.written_at if begun <= at <= ended]
    assert 3 < len(meanwhile) <= (ended - begun) / timedelta(milliseconds=30) + 2


@on_sqlite
def test_what_ended_while_no_engine_ran_is_counted_once(site: Site):
    called = site.people("05", "05")
    site.broadcast()
    engine = site.engine()
    engine.until(lambda: len([one for one in site.network() if one.answered_at]) == len(called))
    engine.kill()
    until(lambda: len([one for one in site.network() if one.ended_at]) == len(called))
    seen: list[Progress] = []
    Engine(site.base, config.load(site.config, {}), on_progress=seen.append).run(until_done=True)
    assert {one.outcome for one in site.attempts()} == {"connected"}
    assert seen[-1].outcomes == {"calls": {"connected": len(called)}}


class Turns(Onlooker):
    """Notes when a turn was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written_at: list[datetime] = []

    def turn(self, work, placed) -> None:
        super().turn(work, placed)
        self.written_at.append(datetime.now(UTC))


def most_at_once(lines) -> int:
    changes = [(one.started_at, 1) for one in lines] + [(one.ended_at, -1) for one in lines]
    now, most = 0, 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def _ended(site: Site) -> list:
    return [one for one in site.attempts() if one.ended_at]
