"""A reported result is worth what the record of its call bears out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.checks import USUAL, Checks
from campaigns.model import DispositionKind as K
from campaigns.model import Outcome
from campaigns.truth import DEAD_NUMBER, Mark, Record, Report, judge, least_talk_s

NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)


def talk(seconds: float | None, **more: Any) -> Record:
    values: dict[str, Any] = {
        "outcome": Outcome.CONNECTED,
        "evidence": "hangup",
        "answered": True,
        "talk_s": seconds,
        "cause": 16,
    }
    return Record(**values | more)


def unanswered(outcome: Outcome = Outcome.NO_ANSWER, **more: Any) -> Record:
    return talk(None, **{"outcome": outcome, "answered": False, "cause": 19} | more)


def said(kind: K, code: str | None = None, **more: Any) -> Report:
    return Report(kind=kind, code=code or kind.value, **more)


def mark(report: Report, record: Record, checks: Checks = USUAL) -> Mark:
    verdict = judge(report, record, checks)
    assert verdict is not None
    # Whatever is not simply true is told, and what is true needs no words.
    assert (verdict.mark in (Mark.OK, Mark.SELF_REPORTED)) == (verdict.why == ())
    assert all("\n" not in why and not why.endswith(".") for why in verdict.why)
    return verdict.mark


# 3 s and 2 % are what two clocks may be apart.
@pytest.mark.parametrize(
    ("kind", "seconds", "expected"),
    [
        (K.SUCCESS, 90, Mark.OK),
        (K.SUCCESS, 89.9, Mark.EXPLAIN),
        (K.SUCCESS, 85.2, Mark.EXPLAIN),
        (K.SUCCESS, 85.1, Mark.SUSPECT),
        (K.COMPLETED, 20, Mark.OK),
        (K.COMPLETED, 19.9, Mark.EXPLAIN),
        (K.COMPLETED, 16.6, Mark.EXPLAIN),
        (K.COMPLETED, 16.5, Mark.SUSPECT),
        (K.REFUSAL, 3, Mark.OK),
        (K.REFUSAL, 2.9, Mark.EXPLAIN),
        (K.REFUSAL, 0, Mark.SUSPECT),
        (K.WRONG_NUMBER, 3, Mark.OK),
        (K.DECEASED, 3, Mark.OK),
        (K.DECEASED, 0, Mark.SUSPECT),
        (K.DO_NOT_CALL, 3, Mark.OK),
        (K.HOSTILE, 3, Mark.OK),
        (K.LANGUAGE, 3, Mark.OK),
        (K.NOT_ELIGIBLE, 3, Mark.OK),
        (K.PARTIAL, 3, Mark.OK),
        (K.MACHINE, 3, Mark.OK),
        (K.MACHINE, 0, Mark.SUSPECT),
        (K.LEFT_MESSAGE, 8, Mark.OK),
        (K.LEFT_MESSAGE, 7.9, Mark.EXPLAIN),
        (K.LEFT_MESSAGE, 4.8, Mark.SUSPECT),
        (K.NO_CONTACT, 5, Mark.OK),
        (K.NO_CONTACT, 5.1, Mark.EXPLAIN),
        (K.NO_CONTACT, 8.1, Mark.EXPLAIN),
        (K.NO_CONTACT, 8.2, Mark.SUSPECT),
    ],
)
def test_a_result_takes_its_time(kind: K, seconds: float, expected: Mark) -> None:
    assert mark(said(kind), talk(seconds)) is expected


@pytest.mark.parametrize("kind", sorted(set(K) - {K.NO_CONTACT, K.CALLBACK}))
def test_nobody_says_anything_in_a_call_that_was_not_answered(kind: K) -> None:
    assert mark(said(kind), unanswered()) is Mark.SUSPECT
    verdict = judge(said(kind), unanswered(sip_code=480), USUAL)
    assert verdict is not None
    assert verdict.why == ("the call was not answered (no_answer, cause 19, SIP 480)",)


@pytest.mark.parametrize(
    "outcome", [Outcome.ABANDONED, Outcome.HUNG_UP_EARLY, Outcome.HUNG_UP_WAITING]
)
def test_who_was_on_no_line_heard_nothing(outcome: Outcome) -> None:
    record = talk(None, outcome=outcome)
    assert mark(said(K.REFUSAL), record) is Mark.SUSPECT
    assert mark(said(K.NO_CONTACT), record) is Mark.OK


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.CONGESTION])
def test_nobody_was_reached_where_nobody_answered(outcome: Outcome) -> None:
    assert mark(said(K.NO_CONTACT), unanswered(outcome)) is Mark.OK


def test_a_number_that_is_not_in_use_is_more_than_nobody_reached() -> None:
    dead = unanswered(Outcome.UNALLOCATED, cause=1)
    assert mark(said(K.NO_CONTACT), dead) is Mark.EXPLAIN
    assert mark(said(K.WRONG_NUMBER), dead) is Mark.EXPLAIN
    assert mark(said(K.REFUSAL), dead) is Mark.SUSPECT


@pytest.mark.parametrize("code", sorted(DEAD_NUMBER))
@pytest.mark.parametrize("kind", [K.WRONG_NUMBER, K.NO_CONTACT])
def test_that_a_number_is_dead_is_the_networks_to_say(kind: K, code: str) -> None:
    report = said(kind, code)
    for cause in (1, 22, 28):
        assert mark(report, unanswered(Outcome.UNALLOCATED, cause=cause)) is Mark.OK
    for sip_code in (404, 410, 484):
        assert mark(report, unanswered(Outcome.FAILED, cause=0, sip_code=sip_code)) is Mark.OK
    assert mark(report, unanswered(cause=19, sip_code=480)) is Mark.EXPLAIN
    assert mark(report, talk(10)) is Mark.EXPLAIN
    assert mark(report, talk(10.1)) is Mark.SUSPECT


def test_a_promise_is_of_a_moment_to_come() -> None:
    def promise(minutes: float | None) -> Report:
        at = None if minutes is None else NOON + timedelta(minutes=minutes)
        return said(K.CALLBACK, reported_at=NOON, callback_at=at)

    assert mark(promise(1), talk(30)) is Mark.OK
    assert mark(promise(0), talk(30)) is Mark.SUSPECT
    assert mark(promise(None), talk(30)) is Mark.SUSPECT
    assert mark(promise(1), unanswered()) is Mark.SUSPECT


def test_a_success_has_its_order_and_where_others_have_one_its_recording() -> None:
    sale = said(K.SUCCESS, "sale")
    assert mark(sale, talk(120, recorded=True, ordered=True)) is Mark.OK
    assert mark(sale, talk(120, recorded=False, ordered=True)) is Mark.EXPLAIN
    assert mark(sale, talk(120, recorded=True, ordered=False)) is Mark.SUSPECT
    assert mark(said(K.REFUSAL), talk(120, recorded=False)) is Mark.OK
    # The worst of several decides, and all of them are told.
    verdict = judge(sale, talk(1, recorded=False, ordered=False), USUAL)
    assert verdict is not None
    assert (verdict.mark, len(verdict.why)) == (Mark.SUSPECT, 3)


def test_what_was_never_dialled_or_is_not_known() -> None:
    for evidence in ("refused", "no_trace"):
        record = unanswered(Outcome.FAILED, evidence=evidence)
        assert mark(said(K.NO_CONTACT), record) is Mark.SUSPECT
    lost = talk(None, outcome=Outcome.UNKNOWN, evidence="lost")
    assert mark(said(K.SUCCESS), lost) is Mark.EXPLAIN
    assert mark(said(K.REFUSAL), talk(None)) is Mark.EXPLAIN
    assert judge(said(K.SUCCESS), talk(None, outcome=None), USUAL) is None


kinds = st.sampled_from(list(K))
records = st.builds(
    Record,
    outcome=st.sampled_from(list(Outcome)),
    evidence=st.sampled_from(["hangup", "dialplan", "refused", "no_trace", "lost"]),
    answered=st.booleans(),
    talk_s=st.none() | st.floats(0, 4000),
    cause=st.none() | st.integers(0, 127),
    sip_code=st.none() | st.integers(400, 699),
    recorded=st.sampled_from([None, True, False]),
    ordered=st.sampled_from([None, True, False]),
)


@given(kinds, records)
def test_the_word_of_who_dialled_by_hand_is_never_held_against_a_record(
    kind: K, record: Record
) -> None:
    by_hand = replace(record, evidence="self_reported")
    assert mark(said(kind), by_hand) is Mark.SELF_REPORTED
    if record.evidence != "self_reported":
        assert mark(said(kind), record) is not Mark.SELF_REPORTED


@given(kinds, st.floats(0, 4000), st.floats(0, 4000))
def test_a_longer_talk_never_makes_what_was_said_in_it_less_likely(
    kind: K, one: float, other: float
) -> None:
    shorter, longer = sorted((one, other))
    report = said(kind, reported_at=NOON, callback_at=NOON + timedelta(days=1))
    marks = [mark(report, talk(seconds)) for seconds in (shorter, longer)]
    # Where nobody is said to have been reached it is the other way round.
    assert marks == sorted(marks, reverse=kind is not K.NO_CONTACT)


@given(kinds, records, st.floats(0, 3600), st.floats(0, 3600))
def test_a_campaign_that_asks_for_more_never_believes_more(
    kind: K, record: Record, one: float, other: float
) -> None:
    if kind is K.NO_CONTACT:
        return
    lax, strict = (
        Checks(
            success_talk_s=asked,
            completed_talk_s=asked,
            refusal_talk_s=asked,
            machine_talk_s=asked,
            left_message_talk_s=asked,
        )
        for asked in sorted((one, other))
    )
    assert least_talk_s(kind, lax) <= least_talk_s(kind, strict)
    # The clocks' share of a long talk is more than the three seconds; so much may be forgiven.
    if mark(said(kind), record, strict) is Mark.OK:
        assert mark(said(kind), record, lax) is Mark.OK
