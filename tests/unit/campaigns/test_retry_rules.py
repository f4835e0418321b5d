"""How rests grow, when the next try is on another number or in another part of the day, and ends."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.fields import LONGEST_REST
from campaigns.model import (
    DialMode,
    DispositionKind,
    GiveUp,
    LeadState,
    MoveTo,
    Outcome,
    PastAttempt,
    Retry,
)
from campaigns.retry import NextTry, daypart, next_try
from tests.unit.campaigns.examples import campaign, utc

NOON = utc("2026-12-01T11:00")
"""Twelve in Oslo, where the afternoon begins."""

OSLO, NEW_YORK, TOKYO = "Europe/Oslo", "America/New_York", "Asia/Tokyo"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def entry(after: timedelta = HOUR, most: int = 9, **more: Any) -> Retry:
    return Retry(after=after, max=most, **more)


def tried(
    outcome: Outcome = Outcome.NO_ANSWER,
    said: DispositionKind | None = None,
    *,
    at: datetime = NOON,
    on: int = 1,
    **more: Any,
) -> PastAttempt:
    return PastAttempt(
        lead_id=1, outcome=outcome, ended_at=at, disposition=said, position=on, **more
    )


def after(
    *attempts: PastAttempt,
    numbers: int = 1,
    zones: tuple[str, ...] = (OSLO,),
    first: int = 1,
    **rules: Any,
) -> NextTry:
    return next_try(
        campaign(**rules), attempts, lead_id=1, zones=zones, numbers=numbers, position=first
    )


# -- rests -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "factor", "up_to", "rests"),
    [
        (1, 1.0, None, HOUR),
        (3, 1.0, None, HOUR),
        (1, 2.0, None, HOUR),
        (2, 2.0, None, 2 * HOUR),
        (3, 2.0, None, 4 * HOUR),
        (3, 2.0, 3 * HOUR, 3 * HOUR),
        (2, 1.5, None, 90 * MINUTE),
        (40, 10.0, None, LONGEST_REST),
    ],
)
def test_a_rest_grows_with_every_attempt_that_ends_so(
    times: int, factor: float, up_to: timedelta | None, rests: timedelta
) -> None:
    calls = [tried(at=NOON - n * HOUR) for n in range(times)]
    rules = {Outcome.NO_ANSWER: entry(most=99, factor=factor, up_to=up_to)}
    assert after(*calls, retry=rules, max_attempts=99).at == NOON + rests


def test_only_what_ended_so_makes_the_rest_grow() -> None:
    rules = {outcome: entry(factor=2.0) for outcome in (Outcome.NO_ANSWER, Outcome.BUSY)}
    calls = [tried(Outcome.BUSY, at=NOON - HOUR), tried(Outcome.BUSY, at=NOON - 2 * HOUR), tried()]
    assert after(*calls, retry=rules).at == NOON + HOUR


def test_an_unknown_end_rests_as_the_longer_of_two_that_it_may_have_been() -> None:
    rules = {
        Outcome.UNKNOWN: entry(factor=3.0),
        Outcome.NO_ANSWER: entry(2 * HOUR),
    }
    once, twice = tried(Outcome.UNKNOWN), tried(Outcome.UNKNOWN, at=NOON - HOUR)
    assert after(once, retry=rules).at == NOON + 2 * HOUR
    assert after(once, twice, retry=rules).at == NOON + 3 * HOUR


# -- the part of the day ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "rest", "zones", "again"),
    [
        # in Oslo: morning to 12, afternoon to 17, evening to 24
        ("2026-12-01T10:59", HOUR, (OSLO,), "2026-12-01T11:59"),  # it is afternoon by then
        ("2026-12-01T09:00", HOUR, (OSLO,), "2026-12-01T11:00"),
        ("2026-12-01T11:00", HOUR, (OSLO,), "2026-12-01T16:00"),
        ("2026-12-01T16:00", HOUR, (OSLO,), "2026-12-01T23:00"),
        ("2026-12-01T09:00", 24 * HOUR, (OSLO,), "2026-12-02T11:00"),
        # where two clocks are possible, in another part on both
        ("2026-12-01T11:00", HOUR, (OSLO, NEW_YORK), "2026-12-01T17:00"),
        # where none is known nobody can tell
        ("2026-12-01T11:00", HOUR, (), "2026-12-01T12:00"),
    ],
)
def test_the_next_try_is_in_another_part_of_the_day(
    last: str, rest: timedelta, zones: tuple[str, ...], again: str
) -> None:
    rules = {Outcome.NO_ANSWER: entry(rest, other_daypart=True)}
    found = after(tried(at=utc(last)), retry=rules, zones=zones)
    assert found.at == utc(again)


def test_where_no_moment_of_a_day_is_another_part_everywhere_the_rest_has_to_do() -> None:
    """It was the end of a morning in Oslo and the beginning of one on the other side of the
    Earth; on the next Sunday Oslo turns its clocks, and the minutes between are gone."""
    zones = (OSLO, "Pacific/Kiritimati")
    last, rest = utc("2026-03-27T10:54"), 47 * HOUR + 37 * MINUTE
    assert {daypart(last, zone) for zone in zones} == {"morning"}
    rules = {Outcome.NO_ANSWER: entry(rest, other_daypart=True)}
    assert after(tried(at=last), retry=rules, zones=zones).at == last + rest
    sooner = {Outcome.NO_ANSWER: entry(HOUR, other_daypart=True)}
    assert after(tried(at=last), retry=sooner, zones=zones).at == utc("2026-03-27T22:00")


moments = st.integers(0, 400 * 24 * 60).map(lambda n: utc("2026-01-01T00:00") + n * MINUTE)


@given(last=moments, rest=st.integers(15, 3000), zones=st.sets(st.sampled_from([OSLO, NEW_YORK, TOKYO])))  # fmt: skip
def test_another_part_of_the_day_is_one_in_every_zone_and_the_first(
    last: datetime, rest: int, zones: set[str]
) -> None:
    wait = rest * MINUTE
    rules = {Outcome.NO_ANSWER: entry(wait, other_daypart=True)}
    found = after(tried(at=last), retry=rules, zones=tuple(sorted(zones))).at
    assert found is not None
    assert found >= last + wait

    def other(moment: datetime) -> bool:
        return all(daypart(moment, zone) is not daypart(last, zone) for zone in zones)

    day = [last + wait + n * 15 * MINUTE for n in range(24 * 4)]
    if found > last + wait:
        assert other(found)
        assert not any(other(moment) for moment in day if moment < found)
    elif not other(found):
        assert not any(other(moment) for moment in day)


# -- another number --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.UNALLOCATED, None),
        (Outcome.FAX, None),
        (Outcome.CONNECTED, DispositionKind.WRONG_NUMBER),
    ],
)
def test_a_number_that_is_nobodys_leads_to_the_next_and_to_none_after_the_last(
    outcome: Outcome, said: DispositionKind | None
) -> None:
    first = tried(outcome, said)
    found = after(first, numbers=2)
    assert (found.state, found.position) == (LeadState.WAITING, 2)
    assert found.rule == f"next_number:{said or outcome}"
    assert after(first, numbers=1).state is LeadState.DONE
    assert after(first, tried(outcome, said, at=NOON + HOUR, on=2), numbers=2).state is LeadState.DONE  # fmt: skip


def test_the_numbers_are_tried_in_turn_where_an_entry_says_so() -> None:
    rules = {Outcome.NO_ANSWER: entry(other_number=True)}
    calls = [tried(at=NOON + n * HOUR, on=n % 3 + 1) for n in range(4)]
    found = [after(*calls[: n + 1], retry=rules, numbers=3).position for n in range(4)]
    assert found == [2, 3, 1, 2]
    assert after(calls[0], retry={Outcome.NO_ANSWER: entry()}, numbers=3).position == 1


def test_a_number_that_is_nobodys_is_left_out_of_the_turns() -> None:
    rules = {Outcome.NO_ANSWER: entry(other_number=True)}
    dead, rang = tried(Outcome.UNALLOCATED, at=NOON, on=2), tried(at=NOON + HOUR, on=1)
    assert after(dead, rang, retry=rules, numbers=3).position == 3
    assert after(dead, rang, retry=rules, numbers=2).position == 1


def test_a_number_may_be_tried_again_before_it_is_nobodys() -> None:
    rules = {Outcome.UNALLOCATED: entry(most=2)}
    once = tried(Outcome.UNALLOCATED)
    twice = tried(Outcome.UNALLOCATED, at=NOON + HOUR)
    assert after(once, retry=rules, numbers=2).rule == "retry:unallocated"
    assert after(once, retry=rules).position == 1
    assert after(once, twice, retry=rules).state is LeadState.DONE


def test_a_number_that_the_lead_does_not_have_any_more_leads_to_its_first() -> None:
    rules = {Outcome.NO_ANSWER: entry()}
    assert after(tried(on=0), retry=rules, numbers=2, first=2).position == 2
    assert after(retry=rules, numbers=2, first=2).position == 2


# -- what was said ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [DispositionKind.PARTIAL, DispositionKind.NOT_ELIGIBLE, DispositionKind.LANGUAGE]
)
def test_what_the_campaign_found_out_is_retried_only_by_an_entry_of_its_own(
    kind: DispositionKind,
) -> None:
    talk = tried(Outcome.CONNECTED, kind)
    assert after(talk, retry={Outcome.CONNECTED: entry()}).state is LeadState.DONE
    found = after(talk, retry_dispositions={kind.value: entry(2 * HOUR)})
    assert (found.rule, found.at) == (f"retry:disposition:{kind}", NOON + 2 * HOUR)


def test_the_entry_of_a_word_goes_before_that_of_the_outcome() -> None:
    rules: dict[str, Any] = {
        "retry": {Outcome.NO_ANSWER: entry()},
        "retry_dispositions": {"later": entry(5 * HOUR, most=2)},
    }
    talk = tried(Outcome.CONNECTED, DispositionKind.NO_CONTACT, code="later")
    assert after(talk, **rules).at == NOON + 5 * HOUR
    other = tried(Outcome.CONNECTED, DispositionKind.NO_CONTACT, code="nobody")
    assert after(other, **rules).at == NOON + HOUR
    again = tried(Outcome.CONNECTED, DispositionKind.NO_CONTACT, code="later", at=NOON + HOUR)
    assert after(talk, again, **rules).rule == "retry:disposition:later:max"


def test_a_promise_is_kept_whatever_the_entry_of_its_word_says() -> None:
    promised = tried(
        Outcome.CONNECTED, DispositionKind.CALLBACK, callback_at=NOON + HOUR, code="later"
    )
    found = after(promised, retry_dispositions={"later": entry(9 * HOUR)})
    assert (found.state, found.at) == (LeadState.CALLBACK, NOON + HOUR)


def test_a_wrong_number_with_an_entry_ends_as_the_entry_says() -> None:
    wrong = tried(Outcome.CONNECTED, DispositionKind.WRONG_NUMBER)
    moves = {"wrong_number": entry(other_number=True, then=MoveTo("by-post"))}
    found = after(wrong, retry_dispositions=moves)
    assert (found.state, found.then_campaign) == (LeadState.DONE, "by-post")
    assert after(wrong, retry_dispositions=moves, numbers=2).position == 2


# -- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "rule", "then_campaign", "gave_up"),
    [
        (None, "retry:no_answer:max", None, None),
        (MoveTo("evenings"), "moved:evenings", "evenings", None),
        (GiveUp("never_there"), "gave_up:never_there", None, "never_there"),
    ],
)
def test_what_becomes_of_a_person_after_the_last_try(
    then: MoveTo | GiveUp | None, rule: str, then_campaign: str | None, gave_up: str | None
) -> None:
    rules = {Outcome.NO_ANSWER: entry(most=2, then=then)}
    assert after(tried(), retry=rules).state is LeadState.WAITING
    found = after(tried(), tried(at=NOON + HOUR), retry=rules)
    assert (found.state, found.at, found.rule) == (LeadState.DONE, None, rule)
    assert (found.then_campaign, found.gave_up) == (then_campaign, gave_up)
    assert "2 of at most 2 ended in no answer" in found.why


def test_what_was_the_last_try_stays_it_after_another_of_the_household() -> None:
    rules = {Outcome.NO_ANSWER: entry(most=1), Outcome.BUSY: entry(most=9)}
    theirs = PastAttempt(lead_id=2, outcome=Outcome.BUSY, ended_at=NOON + HOUR)
    assert after(tried(), theirs, retry=rules).rule == "retry:no_answer:max"


def test_a_broadcast_that_was_heard_is_over_but_for_a_promise() -> None:
    heard = tried(Outcome.CONNECTED)
    assert after(heard, mode=DialMode.BROADCAST).rule == "broadcast"
