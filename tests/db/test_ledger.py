"""The ledger: an intent before every call, one end after it, and what follows for the lead."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.exc import IntegrityError

from campaigns import ledger, owed, results
from campaigns.claims import claim
from campaigns.ledger import OpenAttempt
from campaigns.model import DispositionKind, Outcome
from campaigns.owed import WRAP_UP_LIMIT
from campaigns.result_words import Result
from campaigns.store import StoredCampaign
from campaigns.tables import AT_ONCE, answers
from leads.db import reading, writing
from leads.suppression import entries
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    call,
    claim_rows,
    close,
    closing,
    create,
    definition,
    dial,
    dial_next,
    enrolled,
    import_people,
    intend,
    minutes,
    names_of,
    new_lease,
    phone,
    said,
    started,
    take,
)

BROADCAST = """[message]
sound = "hello"
keys = { 1 = "connect", 5 = "answer:support=yes", 8 = "callback", 9 = "do_not_call" }"""
ENDED = NOON + timedelta(seconds=20)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A progressive campaign that runs, with Åse alone on its list."""
    import_people(base, [("Åse", phone(1))])
    return started(base)


@pytest.fixture
def radio(base: Engine) -> StoredCampaign:
    """A broadcast that runs, with Åse alone on its list."""
    import_people(base, [("Åse", phone(1))])
    return started(base, definition("radio", mode="broadcast", message=BROADCAST))


@pytest.fixture
def spring_too(base: Engine, radio: StoredCampaign) -> StoredCampaign:
    """A progressive campaign that runs beside the broadcast, for the same list."""
    return started(base)


def ase(base: Engine, stored: StoredCampaign) -> Row[Any]:
    return enrolled(base, stored)["Åse"]


def record(
    base: Engine, stored: StoredCampaign, attempt: OpenAttempt, result: Result, now: datetime
) -> bool:
    with writing(base) as connection:
        return results.record_result(connection, stored, attempt.id, result, now=now)


def answered(base: Engine) -> list[tuple[str, str]]:
    with reading(base) as connection:
        rows = connection.execute(select(answers).order_by(answers.c.id))
        return [(row.question, row.answer) for row in rows]


class CrashError(Exception):
    """The program ends in the middle of a transaction."""


@contextmanager
def crashing(base: Engine) -> Iterator[Connection]:
    with writing(base) as connection:
        yield connection
        raise CrashError


# Intents


def test_an_intent_is_written_with_all_that_is_known_of_the_call(
    base: Engine, spring: StoredCampaign
):
    (taken,) = take(base, spring)
    (attempt,) = dial(base, spring, taken)
    row = attempt_row(base, attempt.id)
    assert (row.channel_id, row.phone, row.engine) == (attempt.channel_id, phone(1), "default")
    assert (row.mode, row.trunk, row.caller_id) == ("progressive", "main", "+4721000000")
    assert (row.clock, row.asterisk_boot, row.attempt_no) == ("real", "today", 1)
    assert (row.dialed_at, row.ended_at, row.outcome) == (NOON, None, None)
    assert len(row.rule_set) == 12
    (held,) = claim_rows(base)
    assert (held.attempt_id, held.expires_at) == (attempt.id, None)
    lead = ase(base, spring)
    assert (lead.state, lead.attempts, lead.last_attempt_at) == ("in_call", 1, NOON)


def test_open_attempts_are_those_of_the_engine_without_an_end(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    stored = started(base)
    ended = call(base, stored, Outcome.BUSY)
    attempts = dial(base, stored, *take(base, stored, 2))
    with reading(base) as connection:
        assert ledger.open_attempts(connection, "default") == tuple(attempts)
        assert ledger.open_attempts(connection, "other") == ()
    assert ended.id not in {attempt.id for attempt in attempts}


def test_attempts_belong_to_their_claims(base: Engine):
    import_people(base, [("Åse", phone(5)), ("Per", phone(2)), ("Kari", phone(3))])
    stored = started(base)
    taken = take(base, stored, 3)
    attempts = dial(base, stored, *taken)
    by_lead = {held.lead_id: held.attempt_id for held in claim_rows(base)}
    assert by_lead == {attempt.lead_id: attempt.id for attempt in attempts}
    assert {a.lead_id: a.phone for a in attempts} == {
        one.person.lead_id: one.person.phone for one in taken
    }
    for attempt in attempts:
        row = attempt_row(base, attempt.id)
        assert (row.lead_id, row.channel_id) == (attempt.lead_id, attempt.channel_id)
    counted = {row.lead_id: row.attempts for row in enrolled(base, stored).values()}
    assert counted == {attempt.lead_id: row.attempt_no for attempt in attempts}


def test_a_lead_has_one_open_attempt(base: Engine, spring: StoredCampaign):
    (taken,) = take(base, spring)
    dial(base, spring, taken)
    with pytest.raises(IntegrityError):
        dial(base, spring, taken)
    assert ase(base, spring).attempts == 1


def test_a_number_has_one_open_attempt(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(1))])
    stored = started(base)
    (taken,) = take(base, stored)
    dial(base, stored, taken)
    per = enrolled(base, stored)["Per"]
    other = replace(taken, person=replace(taken.person, row_id=per.id, lead_id=per.lead_id))
    with pytest.raises(IntegrityError):
        dial(base, stored, other)


def test_what_fails_half_way_leaves_nothing(base: Engine, spring: StoredCampaign):
    with suppress(CrashError), crashing(base) as connection:
        taken = claim(connection, spring, LAWS, limit=1, now=NOON, new_lease=new_lease).taken
        assert len(taken) == 1
        intend(connection, spring, taken)
    assert claim_rows(base) == []
    lead = ase(base, spring)
    assert (lead.state, lead.attempts, lead.last_attempt_at) == ("new", 0, None)
    with reading(base) as connection:
        assert ledger.open_attempts(connection, "default") == ()


def test_an_end_that_fails_half_way_leaves_the_attempt_open(base: Engine, radio: StoredCampaign):
    attempt = dial_next(base, radio)
    with suppress(CrashError), crashing(base) as connection:
        ledger.close(connection, radio, [closing(attempt, Outcome.CONNECTED, key="9")])
    assert attempt_row(base, attempt.id).outcome is None
    assert ase(base, radio).state == "in_call"
    assert len(claim_rows(base)) == 1
    with reading(base) as connection:
        assert entries(connection, phone(1)) == ()


# Ends


def test_an_end_is_written_with_all_that_is_known_of_it(base: Engine, spring: StoredCampaign):
    seconds = timedelta(seconds=1)
    attempt = call(
        base,
        spring,
        Outcome.ABANDONED,
        answered_at=NOON + 8 * seconds,
        connected_at=NOON + 9 * seconds,
        ring_s=8.0,
        talk_s=11.5,
        cause=16,
        sip_code=200,
    )
    row = attempt_row(base, attempt.id)
    assert (row.outcome, row.evidence, row.ended_at) == ("abandoned", "hangup", ENDED)
    assert (row.answered_at, row.connected_at) == (NOON + 8 * seconds, NOON + 9 * seconds)
    assert (row.ring_s, row.talk_s, row.hangup_cause, row.sip_code) == (8.0, 11.5, 16, 200)
    assert (row.key_pressed, row.agent_id, row.disposition) == (None, None, None)


RETRY = "\n".join(
    [
        "[retry]",
        'busy = { after = "15m", max = 3 }',
        'no_answer = { after = "4h", max = 2 }',
        'congestion = { after = "5m", max = 9 }',
        'abandoned = { after = "72h", max = 1 }',
    ]
)


@pytest.mark.parametrize(
    ("outcome", "state", "rest", "held_by"),
    [
        (Outcome.CONNECTED, "done", None, "outcome:connected"),
        (Outcome.MACHINE, "done", None, "outcome:machine"),
        (Outcome.FAX, "done", None, "outcome:fax"),
        (Outcome.BUSY, "waiting", minutes(15), "retry:busy"),
        (Outcome.NO_ANSWER, "waiting", minutes(240), "retry:no_answer"),
        (Outcome.UNALLOCATED, "done", None, "outcome:unallocated"),
        (Outcome.CONGESTION, "waiting", minutes(5), "retry:congestion"),
        (Outcome.FAILED, "done", None, "outcome:failed"),
        (Outcome.ABANDONED, "done", None, "retry:abandoned:max"),
        (Outcome.HUNG_UP_EARLY, "done", None, "outcome:hung_up_early"),
        (Outcome.HUNG_UP_WAITING, "done", None, "outcome:hung_up_waiting"),
        (Outcome.UNKNOWN, "waiting", minutes(240), "retry:no_answer"),
    ],
)
def test_each_outcome_has_what_follows(
    base: Engine, outcome: Outcome, state: str, rest: timedelta | None, held_by: str
):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(retry=RETRY))
    call(base, stored, outcome)
    lead = ase(base, stored)
    assert (lead.state, lead.held_by, lead.last_outcome) == (state, held_by, outcome)
    assert lead.next_call_at == (AT_ONCE if rest is None else ENDED + rest)
    assert lead.attempts == 1
    assert claim_rows(base) == []


def test_a_lead_is_done_after_the_most_attempts_that_may_end_so(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(retry=RETRY))
    call(base, stored, Outcome.NO_ANSWER)
    call(base, stored, Outcome.NO_ANSWER, now=NOON + minutes(300))
    lead = ase(base, stored)
    assert (lead.state, lead.held_by, lead.attempts) == ("done", "retry:no_answer:max", 2)


def test_a_lead_is_done_after_the_most_attempts_that_count(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(retry=RETRY, dialing="[dialing]\nmax_attempts = 2"))
    call(base, stored, Outcome.BUSY)
    call(base, stored, Outcome.CONGESTION, now=NOON + minutes(20))
    assert ase(base, stored).held_by == "retry:congestion"
    call(base, stored, Outcome.BUSY, now=NOON + minutes(40))
    lead = ase(base, stored)
    assert (lead.state, lead.held_by, lead.attempts) == ("done", "max_attempts", 3)
    assert lead.last_attempt_at == NOON + minutes(40)


def test_an_attempt_keeps_its_first_end(base: Engine, spring: StoredCampaign):
    attempt = call(base, spring, Outcome.BUSY)
    before = attempt_row(base, attempt.id), ase(base, spring)
    close(base, spring, attempt, Outcome.BUSY)
    close(base, spring, attempt, Outcome.FAILED, ended_at=NOON + minutes(9), cause=None)
    assert (attempt_row(base, attempt.id), ase(base, spring)) == before


def test_ending_an_attempt_once_more_leaves_the_next_one_alone(
    base: Engine, spring: StoredCampaign
):
    first = call(base, spring, Outcome.BUSY)
    second = dial_next(base, spring, now=NOON + minutes(20))
    with writing(base) as connection:
        ends = [closing(first, Outcome.BUSY), closing(second, Outcome.NO_ANSWER)]
        ledger.close(connection, spring, [ends[0]])
        ledger.close(connection, spring, ends)
    assert attempt_row(base, second.id).outcome == "no_answer"
    assert ase(base, spring).held_by == "retry:no_answer"


def test_many_ends_are_written_at_once(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    stored = started(base)
    calls = dial(base, stored, *take(base, stored, 3))
    outcomes = [Outcome.BUSY, Outcome.NO_ANSWER, Outcome.FAILED]
    with writing(base) as connection:
        ends = [closing(one, outcome) for one, outcome in zip(calls, outcomes, strict=True)]
        ledger.close(connection, stored, ends)
    found = enrolled(base, stored)
    assert {name: row.held_by for name, row in found.items()} == {
        "Åse": "retry:busy",
        "Per": "retry:no_answer",
        "Kari": "outcome:failed",
    }


# Keys pressed in a broadcast


def test_a_wish_not_to_be_called_is_written_with_the_end(base: Engine, radio: StoredCampaign):
    import_people(base, [("Per", phone(1))])
    spring = started(base)
    attempt = call(base, radio, Outcome.CONNECTED, key="9")
    row = attempt_row(base, attempt.id)
    assert (row.key_pressed, row.disposition) == ("9", "do_not_call")
    assert row.disposition_kind == "do_not_call"
    lead = ase(base, radio)
    assert (lead.state, lead.held_by) == ("suppressed", "disposition:do_not_call")
    assert (lead.last_outcome, lead.last_disposition) == ("connected", "do_not_call")
    with reading(base) as connection:
        (entry,) = entries(connection, phone(1))
    assert (entry.source, entry.suppression.scope, entry.created_at) == ("key", "all", ENDED)
    assert answered(base) == [("message", "9")]
    assert take(base, spring, 5) == ()
    assert {row.state for row in enrolled(base, spring).values()} == {"suppressed"}


def test_a_key_that_answers_is_kept_as_itself_and_as_the_answer(
    base: Engine, radio: StoredCampaign
):
    attempt = call(base, radio, Outcome.CONNECTED, key="5")
    assert answered(base) == [("message", "5"), ("support", "yes")]
    with reading(base) as connection:
        first = connection.execute(select(answers)).first()
    assert first is not None
    assert (first.attempt_id, first.lead_id) == (attempt.id, attempt.lead_id)
    assert (first.campaign_id, first.answered_at) == (radio.id, ENDED)
    assert attempt_row(base, attempt.id).disposition is None
    assert ase(base, radio).state == "done"


def test_a_key_without_a_meaning_is_kept_all_the_same(base: Engine, radio: StoredCampaign):
    attempt = call(base, radio, Outcome.CONNECTED, key="3")
    assert answered(base) == [("message", "3")]
    assert attempt_row(base, attempt.id).disposition is None


def test_a_key_that_asks_for_a_callback_is_a_disposition(base: Engine, radio: StoredCampaign):
    attempt = call(base, radio, Outcome.CONNECTED, key="8")
    assert attempt_row(base, attempt.id).disposition == "callback"
    lead = ase(base, radio)
    assert (lead.state, lead.last_disposition) == ("callback", "callback")
    rest = radio.campaign.retry[Outcome.NO_ANSWER].after
    assert lead.next_call_at == ENDED + rest, "no time was named: the campaign's own rest"


def test_every_key_of_several_questions_is_kept(base: Engine):
    import_people(base, [("Åse", phone(1))])
    asked = """[message]
sound = "hello"
keys = { 5 = "answer:support=yes" }
[[message.menu]]
sound = "when"
keys = { 1 = "answer:when=early", 8 = "callback" }"""
    radio = started(base, definition("radio", mode="broadcast", message=asked))
    attempt = call(base, radio, Outcome.CONNECTED, key="51")
    assert sorted(answered(base)) == [("message", "51"), ("support", "yes"), ("when", "early")]
    assert attempt_row(base, attempt.id).key_pressed == "51"
    assert attempt_row(base, attempt.id).disposition is None


def test_who_answers_and_then_asks_for_another_call_gets_it(base: Engine):
    import_people(base, [("Åse", phone(1))])
    asked = """[message]
sound = "hello"
keys = { 5 = "answer:support=yes" }
[[message.menu]]
sound = "when"
keys = { 8 = "callback" }"""
    radio = started(base, definition("radio", mode="broadcast", message=asked))
    attempt = call(base, radio, Outcome.CONNECTED, key="58")
    assert attempt_row(base, attempt.id).disposition == "callback"
    assert sorted(answered(base)) == [("message", "58"), ("support", "yes")]
    assert ase(base, radio).state == "callback"


@pytest.mark.parametrize("pressed", ["1", "11"])
def test_who_finds_no_agent_free_and_ends_all_calls_is_abandoned_and_suppressed(
    base: Engine, radio: StoredCampaign, spring_too: StoredCampaign, pressed: str
):
    stored = spring_too if pressed == "1" else radio
    attempt = call(base, stored, Outcome.ABANDONED, key=pressed, opted_out=True)
    row = attempt_row(base, attempt.id)
    assert (row.outcome, row.key_pressed) == ("abandoned", pressed)
    assert (row.disposition, row.disposition_kind) == ("do_not_call", "do_not_call")
    lead = ase(base, stored)
    assert (lead.state, lead.held_by) == ("suppressed", "disposition:do_not_call")
    with reading(base) as connection:
        (entry,) = entries(connection, phone(1))
    assert (entry.source, entry.suppression.scope) == ("key", "all")
    assert claim_rows(base) == []
    assert answered(base) == ([("message", "11")] if stored is radio else [])
    assert take(base, radio, 5) == take(base, spring_too, 5) == ()
    # A commit whose answer was lost is written once more, and changes nothing.
    close(base, stored, attempt, Outcome.ABANDONED, key=pressed, opted_out=True)
    with reading(base) as connection:
        assert len(entries(connection, phone(1))) == 1


def test_a_person_put_through_by_a_key_is_held_for_the_agents_result(
    base: Engine, radio: StoredCampaign
):
    anna = add_agent(base)
    attempt = dial_next(base, radio)
    with writing(base) as connection:
        ledger.note_agent(connection, attempt.id, anna)
    close(base, radio, attempt, Outcome.CONNECTED, key="1", agent_id=anna)
    (held,) = claim_rows(base)
    assert (held.agent_id, held.expires_at) == (anna, ENDED + WRAP_UP_LIMIT)
    assert answered(base) == [("message", "1")]


def test_a_key_means_nothing_where_nothing_is_played(base: Engine, spring: StoredCampaign):
    attempt = call(base, spring, Outcome.CONNECTED, key="9")
    assert attempt_row(base, attempt.id).key_pressed == "9"
    assert answered(base) == []
    with reading(base) as connection:
        assert entries(connection, phone(1)) == ()


# What the agent says


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


def talk(base: Engine, stored: StoredCampaign, agent_id: int) -> OpenAttempt:
    """Call the next person and move them to an agent."""
    attempt = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, attempt.id, agent_id)
    return attempt


def test_a_person_is_held_for_the_agent_until_the_result_comes(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt = talk(base, spring, anna)
    (held,) = claim_rows(base)
    assert (held.agent_id, held.expires_at) == (anna, None)
    with reading(base) as connection:
        assert owed.unfinished_lease(connection, anna) is None
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    (held,) = claim_rows(base)
    assert (held.attempt_id, held.expires_at) == (attempt.id, ENDED + WRAP_UP_LIMIT)
    with reading(base) as connection:
        assert owed.unfinished_lease(connection, anna) == held.lease
    lead = ase(base, spring)
    assert (lead.state, lead.last_outcome) == ("in_call", "connected")
    assert take(base, spring, 5) == ()


def test_a_result_after_the_end_settles_the_lead(base: Engine, spring: StoredCampaign, anna: int):
    attempt = talk(base, spring, anna)
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    refused = said(
        spring,
        DispositionKind.REFUSAL,
        reason="price",
        note="too dear",
        answers={"provider": ["Telia"], "liked": ["price", "speed"]},
    )
    assert record(base, spring, attempt, refused, ENDED + timedelta(seconds=30))
    row = attempt_row(base, attempt.id)
    assert (row.disposition, row.disposition_kind, row.refusal_reason) == (
        "refusal",
        "refusal",
        "price",
    )
    assert (row.note, row.wrap_s, row.callback_at) == ("too dear", 30.0, None)
    assert row.wrapped_at == ENDED + timedelta(seconds=30)
    lead = ase(base, spring)
    assert (lead.state, lead.held_by) == ("done", "disposition:refusal")
    assert (lead.last_disposition, lead.refusal_reason) == ("refusal", "price")
    assert answered(base) == [("provider", "Telia"), ("liked", "price"), ("liked", "speed")]
    assert claim_rows(base) == []
    with reading(base) as connection:
        assert owed.unfinished_lease(connection, anna) is None


def test_a_result_before_the_end_waits_for_it(base: Engine, spring: StoredCampaign, anna: int):
    attempt = talk(base, spring, anna)
    promised = NOON + minutes(600)
    promise = said(spring, DispositionKind.CALLBACK, callback_at=promised)
    assert not record(base, spring, attempt, promise, NOON + timedelta(seconds=10))
    assert len(claim_rows(base)) == 1
    assert ase(base, spring).state == "in_call"
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    assert claim_rows(base) == []
    row = attempt_row(base, attempt.id)
    assert (row.disposition, row.callback_at, row.wrap_s) == ("callback", promised, 0.0)
    lead = ase(base, spring)
    assert (lead.state, lead.held_by) == ("callback", "disposition:callback")
    assert lead.next_call_at == promised


def test_a_result_given_once_more_replaces_the_one_before(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt = talk(base, spring, anna)
    first = said(
        spring, DispositionKind.REFUSAL, reason="price", answers={"provider": ["Telia"], "a": ["1"]}
    )
    second = said(spring, DispositionKind.SUCCESS, answers={"provider": ["Telenor"]})
    record(base, spring, attempt, first, NOON + timedelta(seconds=5))
    record(base, spring, attempt, second, NOON + timedelta(seconds=9))
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    row = attempt_row(base, attempt.id)
    assert (row.disposition, row.refusal_reason) == ("success", None)
    assert ase(base, spring).refusal_reason is None
    assert ("provider", "Telenor") in answered(base)
    assert ("provider", "Telia") not in answered(base)


def test_a_wish_told_to_an_agent_reaches_every_campaign(
    base: Engine, spring: StoredCampaign, anna: int
):
    summer = started(base, definition("summer"))
    attempt = talk(base, spring, anna)
    never = said(spring, DispositionKind.DO_NOT_CALL)
    record(base, spring, attempt, never, NOON + timedelta(seconds=5))
    with reading(base) as connection:
        (entry,) = entries(connection, phone(1))
    assert (entry.source, entry.suppression.scope) == ("agent", "all")
    assert entry.suppression.reason == "asked for it in campaign spring"
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    assert ase(base, spring).state == "suppressed"
    assert take(base, summer, 5) == ()
    assert ase(base, summer).held_by == "suppression"


def test_a_talk_changes_nothing_in_other_campaigns(base: Engine, spring: StoredCampaign, anna: int):
    summer = started(base, definition("summer"))
    before = ase(base, summer)
    attempt = talk(base, spring, anna)
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    record(base, spring, attempt, said(spring, DispositionKind.SUCCESS), ENDED)
    assert ase(base, summer) == before


def test_a_claim_whose_time_is_over_is_let_go(base: Engine, spring: StoredCampaign, anna: int):
    attempt = talk(base, spring, anna)
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    over = ENDED + WRAP_UP_LIMIT
    with writing(base) as connection:
        early = over - timedelta(seconds=1)
        assert owed.release_expired(connection, spring, now=early) == ()
        assert owed.release_expired(connection, spring, now=over) == (anna,)
        assert owed.release_expired(connection, spring, now=over) == ()
    assert claim_rows(base) == []
    lead = ase(base, spring)
    assert (lead.state, lead.held_by) == ("done", "outcome:connected")
    assert attempt_row(base, attempt.id).disposition is None


def test_claims_of_the_engine_and_of_other_campaigns_are_kept(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    spring = started(base)
    summer = create(base, definition("summer"))
    talk(base, spring, anna)
    with writing(base) as connection:
        later = NOON + timedelta(days=1)
        assert owed.release_expired(connection, spring, now=later) == ()
        assert owed.release_expired(connection, summer, now=later) == ()
    assert len(claim_rows(base)) == 1
    assert names_of(base, take(base, spring, 5)) == ["Per"]
