"""When a person is tried again, and when never."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.model import (
    UNCOUNTED_OUTCOMES,
    Campaign,
    DialMode,
    DispositionKind,
    GiveUp,
    LeadState,
    MoveTo,
    Outcome,
    PastAttempt,
    Retry,
)
from campaigns.retry import LEAST_REST, DayPart, NextTry, daypart, next_try
from tests.unit.campaigns.examples import campaign, utc

ANNA, BERIT = 1, 2
"""Two people of one household."""

BROADCAST = campaign(mode=DialMode.BROADCAST)
HOUR = timedelta(hours=1)
ENDED = utc("2026-12-01T10:00")
EVERY_OUTCOME = {outcome: Retry(after=timedelta(minutes=10), max=99) for outcome in Outcome}


def attempt(
    outcome: Outcome = Outcome.CONNECTED,
    *,
    of: int = ANNA,
    said: DispositionKind | None = None,
    ended_at: datetime = ENDED,
    callback_at: datetime | None = None,
    code: str | None = None,
    on: int = 1,
) -> PastAttempt:
    return PastAttempt(
        lead_id=of,
        outcome=outcome,
        ended_at=ended_at,
        disposition=said,
        callback_at=callback_at,
        code=code,
        position=on,
    )


def annas(
    *attempts: PastAttempt,
    rules: Campaign | None = None,
    zones: Sequence[str] = (),
    numbers: int = 1,
    position: int = 1,
) -> NextTry:
    return next_try(
        rules or campaign(),
        attempts,
        lead_id=ANNA,
        zones=zones,
        numbers=numbers,
        position=position,
    )


def in_turn(*outcomes: Outcome) -> list[PastAttempt]:
    return [
        attempt(outcome, ended_at=ENDED + number * timedelta(days=1))
        for number, outcome in enumerate(outcomes)
    ]


def test_who_was_never_tried_may_be_called_at_once() -> None:
    following = annas()
    assert (following.state, following.at, following.rule) == (LeadState.NEW, None, "new")
    assert following.callable


@pytest.mark.parametrize(
    "kind",
    [
        DispositionKind.SUCCESS,
        DispositionKind.REFUSAL,
        DispositionKind.COMPLETED,
        DispositionKind.PARTIAL,
        DispositionKind.NOT_ELIGIBLE,
        DispositionKind.DECEASED,
        DispositionKind.WRONG_NUMBER,
        DispositionKind.LANGUAGE,
        DispositionKind.HOSTILE,
    ],
)
def test_a_final_word_ends_it_whatever_came_before_or_after(kind: DispositionKind) -> None:
    rules = campaign(retry=EVERY_OUTCOME)
    word = attempt(said=kind)
    later = attempt(Outcome.BUSY, ended_at=ENDED + timedelta(hours=1))
    for history in ([word], [word, later], [later, word]):
        following = annas(*history, rules=rules)
        assert (following.state, following.at) == (LeadState.DONE, None)
        assert following.rule == f"disposition:{kind}"
        assert not following.callable


def test_every_kind_of_disposition_is_decided() -> None:
    for kind in DispositionKind:
        following = annas(attempt(said=kind))
        assert following.rule != "outcome:connected", kind


@pytest.mark.parametrize("who", [ANNA, BERIT])
@pytest.mark.parametrize("rules", [campaign(), BROADCAST])
def test_do_not_call_is_the_numbers_whoever_said_it(who: int, rules: Campaign) -> None:
    refused = attempt(of=who, said=DispositionKind.DO_NOT_CALL)
    later = attempt(Outcome.BUSY, ended_at=ENDED + timedelta(hours=1))
    following = annas(refused, later, rules=rules)
    assert (following.state, following.at) == (LeadState.SUPPRESSED, None)
    assert following.rule == "disposition:do_not_call"


def test_a_promised_callback_is_kept_even_beyond_the_most_attempts() -> None:
    promised = ENDED + timedelta(days=9)
    talk = attempt(
        said=DispositionKind.CALLBACK, callback_at=promised, ended_at=ENDED + timedelta(days=6)
    )
    following = annas(*in_turn(*[Outcome.BUSY] * 6), talk)
    assert (following.state, following.at) == (LeadState.CALLBACK, promised)
    assert following.rule == "disposition:callback"


def test_a_callback_that_was_tried_is_no_promise_any_more() -> None:
    talk = attempt(said=DispositionKind.CALLBACK, callback_at=ENDED + timedelta(hours=1))
    tried = attempt(Outcome.BUSY, ended_at=ENDED + timedelta(hours=1))
    following = annas(talk, tried)
    assert (following.state, following.at) == (LeadState.WAITING, ENDED + timedelta(minutes=75))


def test_a_talk_that_promised_a_callback_was_no_vain_try() -> None:
    talk = attempt(said=DispositionKind.CALLBACK, callback_at=ENDED + timedelta(days=1))
    rang_out = attempt(Outcome.NO_ANSWER, ended_at=ENDED + timedelta(days=1))
    rules = rules_for(no_answer=timedelta(hours=4))  # at most twice
    assert annas(talk, rang_out, rules=rules).state is LeadState.WAITING


def test_a_callback_promised_for_the_past_is_due_at_the_end_of_the_talk() -> None:
    talk = attempt(said=DispositionKind.CALLBACK, callback_at=ENDED - timedelta(hours=1))
    assert annas(talk).at == ENDED


@pytest.mark.parametrize(
    "kind",
    [
        DispositionKind.CALLBACK,
        DispositionKind.NO_CONTACT,
        DispositionKind.LEFT_MESSAGE,
        DispositionKind.MACHINE,
    ],
)
def test_who_was_not_reached_rests_like_no_answer(kind: DispositionKind) -> None:
    following = annas(attempt(said=kind))
    assert (following.state, following.at) == (LeadState.WAITING, ENDED + timedelta(hours=4))
    assert following.rule == "retry:no_answer"
    without = annas(attempt(said=kind), rules=campaign(retry={}))
    assert (without.state, without.rule) == (LeadState.DONE, f"disposition:{kind}")


def test_an_outcome_rests_by_its_own_entry() -> None:
    following = annas(attempt(Outcome.BUSY))
    assert (following.state, following.at) == (LeadState.WAITING, ENDED + timedelta(minutes=15))
    assert following.rule == "retry:busy"


@pytest.mark.parametrize(
    "outcome", sorted(set(Outcome) - {Outcome.BUSY, Outcome.NO_ANSWER, Outcome.UNKNOWN})
)
def test_an_outcome_without_an_entry_is_not_retried(outcome: Outcome) -> None:
    following = annas(attempt(outcome))
    assert (following.state, following.rule) == (LeadState.DONE, f"outcome:{outcome}")


def test_the_latest_attempt_decides_in_whatever_order_they_come() -> None:
    busy, rang = in_turn(Outcome.BUSY, Outcome.NO_ANSWER)
    assert annas(busy, rang) == annas(rang, busy)
    assert annas(rang, busy).at == rang.ended_at + timedelta(hours=4)


def test_the_most_attempts_that_may_end_so() -> None:
    assert annas(*in_turn(Outcome.BUSY, Outcome.BUSY)).callable
    following = annas(*in_turn(Outcome.BUSY, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.BUSY))
    assert (following.state, following.rule) == (LeadState.DONE, "retry:busy:max")


def test_the_most_attempts_in_all() -> None:
    mixed = [Outcome.BUSY, Outcome.NO_ANSWER, Outcome.NO_ANSWER]
    rules = campaign(max_attempts=3)
    assert annas(*in_turn(*mixed[:2]), rules=rules).callable
    following = annas(*in_turn(*mixed), rules=rules)
    assert (following.state, following.rule) == (LeadState.DONE, "max_attempts")


@pytest.mark.parametrize("outcome", sorted(UNCOUNTED_OUTCOMES))
def test_a_telephone_that_never_rang_uses_up_no_attempt(outcome: Outcome) -> None:
    rules = campaign(max_attempts=2, retry=EVERY_OUTCOME)
    assert annas(*in_turn(outcome, outcome, outcome, Outcome.BUSY), rules=rules).callable
    assert not annas(*in_turn(Outcome.UNKNOWN, Outcome.BUSY, outcome), rules=rules).callable


def rules_for(**after: timedelta) -> Campaign:
    return campaign(retry={Outcome(name): Retry(after=rest, max=2) for name, rest in after.items()})


@pytest.mark.parametrize(
    ("own", "no_answer", "rests"),
    [(1, 4, 4), (6, 4, 6), (None, 4, 4), (6, None, 6)],
)
def test_an_unknown_end_rests_at_least_as_long_as_no_answer(
    own: int | None, no_answer: int | None, rests: int
) -> None:
    entries = {"unknown": own, "no_answer": no_answer}
    rules = rules_for(**{name: timedelta(hours=h) for name, h in entries.items() if h})
    assert annas(attempt(Outcome.UNKNOWN), rules=rules).at == ENDED + timedelta(hours=rests)


def test_an_unknown_end_is_not_retried_where_nothing_covers_it() -> None:
    rules = rules_for(busy=timedelta(hours=1))
    assert annas(attempt(Outcome.UNKNOWN), rules=rules).state is LeadState.DONE


def test_an_unknown_end_counts_with_the_entry_that_serves_it() -> None:
    history = in_turn(Outcome.NO_ANSWER, Outcome.UNKNOWN)
    shared = rules_for(no_answer=timedelta(hours=1))
    assert annas(*history, rules=shared).rule == "retry:no_answer:max"
    separate = rules_for(no_answer=timedelta(hours=1), unknown=timedelta(hours=1))
    assert annas(*history, rules=separate).state is LeadState.WAITING


# The household


def test_what_is_true_of_the_number_counts_for_everybody_there() -> None:
    following = annas(attempt(Outcome.NO_ANSWER, of=BERIT))
    assert (following.state, following.at) == (LeadState.WAITING, ENDED + timedelta(hours=4))
    for outcome in (Outcome.UNALLOCATED, Outcome.FAX):
        assert annas(attempt(outcome, of=BERIT)).state is LeadState.DONE
    busy = [attempt(Outcome.BUSY, of=BERIT), attempt(Outcome.BUSY), attempt(Outcome.BUSY, of=BERIT)]
    assert annas(*busy).rule == "retry:busy:max"


@pytest.mark.parametrize(
    "theirs",
    [
        attempt(Outcome.CONNECTED, of=BERIT, said=DispositionKind.REFUSAL),
        attempt(Outcome.CONNECTED, of=BERIT, said=DispositionKind.NO_CONTACT),
        attempt(
            Outcome.CONNECTED, of=BERIT, said=DispositionKind.CALLBACK, callback_at=ENDED
        ),
        attempt(Outcome.UNKNOWN, of=BERIT),
        attempt(Outcome.CONGESTION, of=BERIT),
        attempt(Outcome.ABANDONED, of=BERIT),
    ],
)  # fmt: skip
def test_what_is_true_of_another_person_is_theirs_alone(theirs: PastAttempt) -> None:
    assert annas(theirs).state is LeadState.NEW


def test_a_promise_to_one_stands_although_the_number_rang_out_for_another() -> None:
    promised = ENDED + timedelta(hours=1)
    talk = attempt(said=DispositionKind.CALLBACK, callback_at=promised)
    rang_out = attempt(Outcome.NO_ANSWER, of=BERIT, ended_at=ENDED + timedelta(minutes=5))
    assert annas(talk, rang_out).at == promised


def test_a_number_of_no_lead_knows_only_what_is_the_numbers() -> None:
    rang_out, talk = attempt(Outcome.NO_ANSWER), attempt(said=DispositionKind.REFUSAL)
    assert next_try(campaign(), [talk], lead_id=None).state is LeadState.NEW
    assert next_try(campaign(), [rang_out], lead_id=None).state is LeadState.WAITING


def test_the_last_try_of_a_kind_stays_it_whatever_befalls_the_household_since() -> None:
    rang_out = attempt(Outcome.NO_ANSWER, of=BERIT, ended_at=ENDED + timedelta(days=1))
    machine = attempt(Outcome.MACHINE)
    for rules, rule in (
        (rules_for(no_answer=HOUR), "outcome:machine"),
        (campaign(retry={**EVERY_OUTCOME, Outcome.MACHINE: Retry(after=HOUR, max=1)}), "retry:machine:max"),
    ):  # fmt: skip
        assert annas(machine, rules=rules).rule == rule
        assert annas(machine, rang_out, rules=rules).rule == rule


def test_what_another_one_met_shortens_nobodys_least_rest() -> None:
    talk = attempt(said=DispositionKind.NO_CONTACT)
    busy = attempt(Outcome.BUSY, of=BERIT, ended_at=ENDED + timedelta(seconds=10))
    rules = rules_for(busy=timedelta(seconds=5), no_answer=HOUR)
    assert annas(talk, busy, rules=rules).at == ENDED + LEAST_REST[Outcome.CONNECTED]


# Growing rests


@pytest.mark.parametrize(
    ("factor", "up_to", "rests"),
    [
        (1.0, None, [1, 1, 1, 1]),
        (2.0, None, [1, 2, 4, 8]),
        (1.5, None, [1, 1.5, 2.25]),
        (2.0, 3, [1, 2, 3, 3]),
        (10.0, None, [1, 10, 100, 1000, 8784, 8784]),
    ],
)
def test_every_further_attempt_that_ends_so_multiplies_the_rest(
    factor: float, up_to: int | None, rests: list[float]
) -> None:
    entry = Retry(after=HOUR, max=99, factor=factor, up_to=up_to and up_to * HOUR)
    rules = campaign(retry={Outcome.NO_ANSWER: entry}, max_attempts=99)
    for times, hours in enumerate(rests, start=1):
        history = in_turn(*[Outcome.NO_ANSWER] * times)
        assert annas(*history, rules=rules).at == history[-1].ended_at + hours * HOUR


def test_other_ends_do_not_make_a_rest_grow() -> None:
    entry = Retry(after=HOUR, max=9, factor=2.0)
    rules = campaign(retry={**EVERY_OUTCOME, Outcome.NO_ANSWER: entry})
    history = in_turn(Outcome.NO_ANSWER, Outcome.BUSY, Outcome.NO_ANSWER)
    assert annas(*history, rules=rules).at == history[-1].ended_at + 2 * HOUR


@pytest.mark.parametrize("outcome", Outcome)
def test_no_campaign_lets_a_telephone_ring_again_at_once(outcome: Outcome) -> None:
    rules = campaign(retry={outcome: Retry(after=timedelta(seconds=1), max=2)})
    assert annas(attempt(outcome), rules=rules).at == ENDED + LEAST_REST[outcome]
    assert LEAST_REST[outcome] >= timedelta(seconds=1)


# Another part of the day

OSLO = "Europe/Oslo"


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        ("00:00:00", DayPart.MORNING),
        ("11:59:59", DayPart.MORNING),
        ("12:00:00", DayPart.AFTERNOON),
        ("16:59:59", DayPart.AFTERNOON),
        ("17:00:00", DayPart.EVENING),
        ("23:59:59", DayPart.EVENING),
    ],
)
def test_the_parts_of_a_day(clock: str, part: DayPart) -> None:
    assert daypart(utc(f"2026-12-01T{clock}"), "UTC") is part
    assert daypart(utc(f"2026-12-01T{clock}") - HOUR, OSLO) is part


def other_part(after: timedelta) -> Campaign:
    entry = Retry(after=after, max=9, other_daypart=True)
    return campaign(retry={Outcome.NO_ANSWER: entry})


@pytest.mark.parametrize(
    ("ended", "after_h", "at"),
    [
        ("01T10:00", 1, "01T12:00"),  # the same morning: its end
        ("01T10:00", 2, "01T12:00"),
        ("01T10:00", 4, "01T14:00"),  # another part by itself
        ("01T10:00", 24, "02T12:00"),
        ("01T13:00", 3, "01T17:00"),
        ("01T18:00", 2, "02T00:00"),
        ("01T18:00", 24, "03T00:00"),
        ("01T18:00", 6, "02T00:00"),
    ],
)
def test_the_next_try_waits_for_another_part_of_the_persons_day(
    ended: str, after_h: int, at: str
) -> None:
    rang = attempt(Outcome.NO_ANSWER, ended_at=utc(f"2026-12-{ended}") - HOUR)
    following = annas(rang, rules=other_part(after_h * HOUR), zones=[OSLO])
    assert following.at == utc(f"2026-12-{at}") - HOUR
    assert annas(rang, rules=other_part(after_h * HOUR)).at == rang.ended_at + after_h * HOUR


def test_it_is_another_part_of_the_day_in_every_zone() -> None:
    # 10:00 in Oslo is 11:00 in Helsinki, and 09:00 in London: London's morning is the last.
    rang = attempt(Outcome.NO_ANSWER, ended_at=utc("2026-12-01T09:00"))
    zones = ["Europe/Helsinki", OSLO, "Europe/London"]
    assert annas(rang, rules=other_part(HOUR), zones=zones).at == utc("2026-12-01T12:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 made aware
    st.lists(st.sampled_from(sorted(available_timezones())), min_size=1, max_size=4),
    st.integers(1, 60),
)
@example(utc("2026-12-01T00:00"), ["Etc/GMT", "Etc/GMT-11", "Asia/Kathmandu", "Etc/GMT+7"], 1)
def test_another_part_of_the_day_comes_within_a_day_wherever_the_person_may_be(
    ended: datetime, zones: list[str], after_h: int
) -> None:
    rang = attempt(Outcome.NO_ANSWER, ended_at=ended)
    at = annas(rang, rules=other_part(after_h * HOUR), zones=zones).at
    assert at is not None
    assert timedelta() <= at - (ended + after_h * HOUR) < 26 * HOUR
    assert all(daypart(at, zone) is not daypart(ended, zone) for zone in zones)


# Several numbers


def turns(**more: object) -> Campaign:
    entry = Retry(after=HOUR, max=9, other_number=True)
    return campaign(retry={Outcome.NO_ANSWER: entry}, **more)


def test_the_numbers_have_their_turns() -> None:
    for on, following in ((1, 2), (2, 3), (3, 1)):
        rang = attempt(Outcome.NO_ANSWER, on=on)
        assert annas(rang, rules=turns(), numbers=3).position == following
        assert annas(rang, rules=rules_for(no_answer=HOUR), numbers=3).position == on
    assert annas(rules=turns(), numbers=3, position=2).position == 2
    assert annas(attempt(Outcome.NO_ANSWER), rules=turns()).position == 1


def test_after_a_number_that_the_lead_has_no_more_it_begins_again() -> None:
    rang = attempt(Outcome.NO_ANSWER, on=0)
    assert annas(rang, rules=turns(), numbers=3).position == 1
    assert annas(attempt(Outcome.NO_ANSWER, on=3), rules=turns(), numbers=2).position == 1


NOBODYS_ENDS = [
    (Outcome.UNALLOCATED, None, "unallocated", timedelta(seconds=1)),
    (Outcome.FAX, None, "fax", timedelta(minutes=15)),
    (Outcome.CONNECTED, DispositionKind.WRONG_NUMBER, "wrong_number", timedelta(minutes=15)),
]


@pytest.mark.parametrize(("outcome", "said", "name", "rest"), NOBODYS_ENDS)
def test_a_number_that_does_not_reach_the_person_is_not_their_end(
    outcome: Outcome, said: DispositionKind | None, name: str, rest: timedelta
) -> None:
    first = attempt(outcome, said=said)
    following = annas(first, numbers=2)
    assert (following.state, following.at) == (LeadState.WAITING, ENDED + rest)
    assert (following.rule, following.position) == (f"next_number:{name}", 2)

    then_busy = attempt(Outcome.BUSY, on=2, ended_at=ENDED + HOUR)
    after = annas(first, then_busy, numbers=2, rules=campaign(retry={Outcome.BUSY: Retry(after=HOUR, max=3, other_number=True)}))  # fmt: skip
    assert (after.rule, after.position) == ("retry:busy", 2), "the first is out of the turn"

    second = attempt(outcome, said=said, on=2, ended_at=ENDED + HOUR)
    over = annas(first, second, numbers=2)
    assert (over.state, over.rule.partition(":")[2]) == (LeadState.DONE, name)
    assert annas(first, second, numbers=3).position == 3


@pytest.mark.parametrize("later", [Outcome.BUSY, Outcome.NO_ANSWER])
def test_a_wrong_number_without_another_is_the_end_whatever_comes(later: Outcome) -> None:
    wrong = attempt(said=DispositionKind.WRONG_NUMBER)
    promise = attempt(
        said=DispositionKind.CALLBACK, callback_at=ENDED + 9 * HOUR, ended_at=ENDED + HOUR
    )
    for history in ([wrong, attempt(later, ended_at=ENDED + HOUR)], [wrong, promise]):
        assert annas(*history).rule == "disposition:wrong_number"
        assert annas(*history, numbers=2).callable


def test_what_another_one_at_a_number_heard_makes_it_wrong_for_them_alone() -> None:
    wrong = attempt(of=BERIT, said=DispositionKind.WRONG_NUMBER)
    assert annas(wrong).state is LeadState.NEW
    unallocated = attempt(Outcome.UNALLOCATED, of=BERIT)
    assert annas(unallocated, numbers=2).position == 2


def test_a_number_of_nobody_is_tried_as_often_as_its_entry_says_each() -> None:
    rules = campaign(retry={Outcome.UNALLOCATED: Retry(after=HOUR, max=2)})
    history: list[PastAttempt] = []
    for number, on in enumerate([1, 2, 1, 2]):
        following = annas(*history, rules=rules, numbers=2)
        assert (following.callable, following.position) == (True, on)
        history.append(
            attempt(Outcome.UNALLOCATED, on=on, ended_at=ENDED + number * timedelta(days=1))
        )
    assert annas(*history, rules=rules, numbers=2).rule == "retry:unallocated:max"


def test_a_promise_is_kept_on_the_number_on_which_it_was_made() -> None:
    talk = attempt(said=DispositionKind.CALLBACK, callback_at=ENDED + HOUR, on=2)
    assert annas(talk, numbers=3).position == 2


# Dispositions that are retried


def words_for(**entries: Retry) -> Campaign:
    return campaign(retry_dispositions=entries)


def test_a_dispositions_entry_goes_before_the_outcomes() -> None:
    talk = attempt(said=DispositionKind.NO_CONTACT)
    rules = words_for(no_contact=Retry(after=2 * HOUR, max=2))
    following = annas(talk, rules=rules)
    assert (following.at, following.rule) == (ENDED + 2 * HOUR, "retry:disposition:no_contact")
    again = attempt(said=DispositionKind.NO_CONTACT, ended_at=ENDED + timedelta(days=1))
    assert annas(talk, again, rules=rules).rule == "retry:disposition:no_contact:max"


def test_a_campaigns_own_word_has_its_own_entry() -> None:
    rules = words_for(gatekeeper=Retry(after=2 * HOUR, max=2))
    talk = attempt(said=DispositionKind.NO_CONTACT, code="gatekeeper")
    assert annas(talk, rules=rules).rule == "retry:disposition:gatekeeper"
    other = attempt(said=DispositionKind.NO_CONTACT, code="child")
    assert annas(other, rules=rules).rule == "retry:no_answer"


@pytest.mark.parametrize(
    "kind", [DispositionKind.PARTIAL, DispositionKind.NOT_ELIGIBLE, DispositionKind.LANGUAGE]
)
def test_what_the_campaign_found_out_may_be_retried(kind: DispositionKind) -> None:
    entry = Retry(after=2 * HOUR, max=2)
    talk, busy = attempt(said=kind), attempt(Outcome.BUSY, ended_at=ENDED + 3 * HOUR)
    rules = campaign(retry={Outcome.BUSY: entry}, retry_dispositions={kind.value: entry})
    assert annas(talk, rules=rules).at == ENDED + 2 * HOUR
    assert annas(talk, busy, rules=rules).callable
    only_connected = campaign(retry={Outcome.CONNECTED: entry})
    assert annas(talk, rules=only_connected).rule == f"disposition:{kind}"


def test_a_promised_time_goes_before_the_entry_of_its_word() -> None:
    rules = words_for(callback=Retry(after=2 * HOUR, max=2))
    promised = attempt(said=DispositionKind.CALLBACK, callback_at=ENDED + HOUR)
    assert annas(promised, rules=rules).at == ENDED + HOUR
    later = attempt(said=DispositionKind.CALLBACK, ended_at=ENDED + HOUR)
    assert annas(later, rules=rules).at == ENDED + 3 * HOUR
    assert annas(promised, later, rules=rules).callable, "the promise was no vain try"


# What becomes of a person after the last try


@pytest.mark.parametrize(
    ("then", "rule", "campaign_after", "reason"),
    [
        (MoveTo("letters"), "moved:letters", "letters", None),
        (GiveUp("unreachable"), "gave_up:unreachable", None, "unreachable"),
        (None, "retry:busy:max", None, None),
    ],
)
def test_after_the_last_try_a_person_goes_where_the_file_says(
    then: MoveTo | GiveUp | None, rule: str, campaign_after: str | None, reason: str | None
) -> None:
    rules = campaign(retry={Outcome.BUSY: Retry(after=HOUR, max=2, then=then)})
    once = annas(*in_turn(Outcome.BUSY), rules=rules)
    assert (once.callable, once.then_campaign, once.gave_up) == (True, None, None)
    over = annas(*in_turn(Outcome.BUSY, Outcome.BUSY), rules=rules)
    assert (over.state, over.at, over.rule) == (LeadState.DONE, None, rule)
    assert (over.then_campaign, over.gave_up) == (campaign_after, reason)


def test_the_most_attempts_in_all_move_nobody() -> None:
    rules = campaign(
        retry={Outcome.BUSY: Retry(after=HOUR, max=3, then=MoveTo("letters"))}, max_attempts=2
    )
    over = annas(*in_turn(Outcome.BUSY, Outcome.BUSY), rules=rules)
    assert (over.rule, over.then_campaign) == ("max_attempts", None)


def test_the_most_wrong_numbers_are_those_of_all_numbers_together() -> None:
    wrong = attempt(said=DispositionKind.WRONG_NUMBER)
    rules = words_for(wrong_number=Retry(after=HOUR, max=1, other_number=True))
    assert annas(wrong, rules=rules, numbers=3).rule == "retry:disposition:wrong_number:max"


def test_when_no_number_is_left_the_entry_of_the_wrong_one_decides() -> None:
    entry = Retry(after=HOUR, max=9, other_number=True, then=GiveUp("no_number"))
    wrong = attempt(said=DispositionKind.WRONG_NUMBER)
    rules = words_for(wrong_number=entry)
    assert annas(wrong, rules=rules).gave_up == "no_number"
    following = annas(wrong, rules=rules, numbers=2)
    assert (following.at, following.position) == (ENDED + HOUR, 2)


# Broadcasts


def test_a_heard_broadcast_is_heard_for_the_household() -> None:
    rules = campaign(mode=DialMode.BROADCAST, retry=EVERY_OUTCOME)
    later = attempt(Outcome.BUSY, ended_at=ENDED + timedelta(hours=1))
    for history in ([attempt(of=BERIT)], [attempt(of=BERIT), later]):
        following = annas(*history, rules=rules)
        assert (following.state, following.rule) == (LeadState.DONE, "broadcast")


def test_a_key_that_asks_for_a_callback_does_not_play_the_broadcast_again() -> None:
    pressed = attempt(said=DispositionKind.CALLBACK)
    assert annas(pressed, rules=BROADCAST).state is LeadState.DONE


def test_a_callback_promised_in_a_broadcast_is_kept_for_the_household() -> None:
    promised = ENDED + timedelta(hours=1)
    talk = attempt(of=BERIT, said=DispositionKind.CALLBACK, callback_at=promised)
    assert annas(talk, rules=BROADCAST).state is LeadState.CALLBACK


def test_in_a_broadcast_every_attempt_on_the_number_is_the_leads_own() -> None:
    rules = campaign(mode=DialMode.BROADCAST, retry=EVERY_OUTCOME, max_attempts=2)
    theirs = attempt(Outcome.HUNG_UP_EARLY, of=BERIT)
    assert annas(theirs, rules=rules).state is LeadState.WAITING
    assert annas(theirs, attempt(Outcome.BUSY), rules=rules).rule == "max_attempts"


# Any history

ENTRIES = st.builds(
    Retry,
    after=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=9)),
    max=st.integers(1, 5),
    factor=st.sampled_from([1.0, 1.5, 10.0]),
    up_to=st.none() | st.just(timedelta(days=10)),
    other_daypart=st.booleans(),
    other_number=st.booleans(),
    then=st.sampled_from([None, None, MoveTo("letters"), GiveUp("unreachable")]),
)
RULES = st.builds(
    campaign,
    mode=st.sampled_from([DialMode.MANUAL, DialMode.PROGRESSIVE, DialMode.BROADCAST]),
    retry=st.dictionaries(st.sampled_from(Outcome), ENTRIES),
    retry_dispositions=st.dictionaries(st.sampled_from(DispositionKind), ENTRIES),
    max_attempts=st.integers(1, 7),
)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001 made aware
    lambda moment: moment.replace(tzinfo=ENDED.tzinfo)
)
ATTEMPTS = st.builds(
    PastAttempt,
    lead_id=st.sampled_from([ANNA, BERIT]),
    outcome=st.sampled_from(Outcome),
    ended_at=TIMES,
    disposition=st.none() | st.sampled_from(DispositionKind),
    callback_at=st.none() | TIMES,
    position=st.integers(0, 3),
)
NUMBERS = st.integers(1, 3)
ZONES = st.lists(st.sampled_from([OSLO, "Asia/Taipei", "Pacific/Honolulu"]), unique=True)


@given(RULES, st.lists(ATTEMPTS, max_size=8), NUMBERS, ZONES)
def test_the_next_try_is_after_the_persons_last_end(
    rules: Campaign, history: list[PastAttempt], numbers: int, zones: list[str]
) -> None:
    following = annas(*history, rules=rules, numbers=numbers, zones=zones)
    own = [past for past in history if past.lead_id == ANNA]
    assert (following.at is not None) == (
        following.state in {LeadState.WAITING, LeadState.CALLBACK}
    )
    assert 1 <= following.position <= numbers
    if following.state is LeadState.NEW:
        assert not own
    if following.at is not None:
        assert all(following.at >= past.ended_at for past in own)
    if following.at is not None and following.state is LeadState.WAITING:
        assert all(following.at >= past.ended_at + LEAST_REST[past.outcome] for past in own)
    if following.callable or following.state is LeadState.SUPPRESSED:
        assert (following.then_campaign, following.gave_up) == (None, None)


FEW = campaign(retry={Outcome.NO_ANSWER: Retry(after=HOUR, max=5)})
NO = [
    DispositionKind.REFUSAL,
    DispositionKind.DO_NOT_CALL,
    DispositionKind.HOSTILE,
    DispositionKind.DECEASED,
]


@given(RULES, st.lists(ATTEMPTS, max_size=8), st.sampled_from(NO), TIMES, NUMBERS)
@example(FEW, [attempt(said=DispositionKind.WRONG_NUMBER)], NO[0], ENDED - HOUR, 1)
def test_who_said_no_is_never_called_again_and_goes_nowhere_else(
    rules: Campaign, history: list[PastAttempt], kind: DispositionKind, when: datetime, numbers: int
) -> None:
    no = attempt(said=kind, ended_at=when)
    entry = Retry(after=HOUR, max=99, other_number=True, then=MoveTo("letters"))
    generous = campaign(
        mode=rules.mode,
        max_attempts=99,
        retry=dict.fromkeys(Outcome, entry),
        retry_dispositions=dict.fromkeys(DispositionKind, entry),
    )
    for file in (rules, generous):
        following = annas(*history, no, rules=file, numbers=numbers)
        assert following.state in {LeadState.DONE, LeadState.SUPPRESSED}
        assert (following.at, following.then_campaign) == (None, None)
        assert following.gave_up is None


ENDS = [
    *((outcome, None) for outcome in Outcome),
    (Outcome.CONNECTED, DispositionKind.NO_CONTACT),
    (Outcome.CONNECTED, DispositionKind.PARTIAL),
    (Outcome.CONNECTED, DispositionKind.WRONG_NUMBER),
]
CALLS = st.tuples(st.sampled_from(ENDS), st.sampled_from([ANNA, BERIT]))


def most(rules: Campaign, end: tuple[Outcome, DispositionKind | None]) -> int:
    """How many attempts of one person may end so, by the file alone."""
    outcome, said = end
    entry = rules.retry_dispositions.get(said or "")
    if entry is None and (said is DispositionKind.NO_CONTACT or outcome is Outcome.UNKNOWN):
        entry = rules.retry.get(outcome) if said is None else None
        entry = entry or rules.retry.get(Outcome.NO_ANSWER)
    elif entry is None and said is None:
        entry = rules.retry.get(outcome)
    return entry.max if entry else 1


@settings(max_examples=300)
@given(RULES, st.lists(CALLS, max_size=12), NUMBERS)
@example(
    FEW, [((Outcome.MACHINE, None), ANNA), ((Outcome.NO_ANSWER, None), BERIT), ((Outcome.MACHINE, None), ANNA)], 1
)  # fmt: skip
def test_a_household_that_is_called_whenever_allowed_is_never_called_too_often(
    rules: Campaign, calls: list[tuple[tuple[Outcome, DispositionKind | None], int]], numbers: int
) -> None:
    history: list[PastAttempt] = []
    now = ENDED
    for (outcome, said), who in calls:
        following = next_try(rules, history, lead_id=who, numbers=numbers, zones=[OSLO])
        if not following.callable:
            continue
        now = max(now, following.at or now) + timedelta(seconds=30)
        history.append(attempt(outcome, of=who, said=said, ended_at=now, on=following.position))
    for who in (ANNA, BERIT):
        own = [past for past in history if past.lead_id == who]
        assert sum(past.outcome not in UNCOUNTED_OUTCOMES for past in own) <= rules.max_attempts
        ends = [(past.outcome, past.disposition) for past in own]
        for end in set(ends):
            # What is true of a number is asked once more on each of the others.
            per_number = end[0] in {Outcome.UNALLOCATED, Outcome.FAX}
            has_entry = end[1] in rules.retry_dispositions
            one_each = end[1] is DispositionKind.WRONG_NUMBER and not has_entry
            assert ends.count(end) <= most(rules, end) * (numbers if per_number or one_each else 1)
    if rules.mode is DialMode.BROADCAST:
        assert [past.outcome for past in history].count(Outcome.CONNECTED) <= 1


# -- calls that the person made -----------------------------------------------------------------


def returned(said: DispositionKind, **more: Any) -> PastAttempt:
    return replace(attempt(said=said, **more), returned=True)


def test_the_word_of_a_call_that_they_made_counts_and_the_call_does_not() -> None:
    twice = campaign(
        retry={Outcome.BUSY: Retry(after=HOUR, max=2), Outcome.CONNECTED: Retry(after=HOUR, max=1)},
        max_attempts=2,
    )
    busy = attempt(Outcome.BUSY)
    later = ENDED + HOUR
    partial = returned(DispositionKind.PARTIAL, ended_at=later)
    assert next_try(twice, [busy, partial], lead_id=ANNA).state is LeadState.DONE
    kept = replace(twice, retry_dispositions={"partial": Retry(after=HOUR, max=1)})
    again = next_try(kept, [busy, partial], lead_id=ANNA)
    assert (again.state, again.rule) == (LeadState.WAITING, "retry:busy")
    assert again.at == later + LEAST_REST[Outcome.CONNECTED], "they have just talked to us"


def test_a_call_promised_when_they_called_is_kept_whatever_came_before() -> None:
    moment = ENDED + 2 * HOUR
    promise = returned(DispositionKind.CALLBACK, ended_at=ENDED + HOUR, callback_at=moment)
    over = [attempt(Outcome.NO_ANSWER)] * 9
    found = next_try(BROADCAST, [*over, attempt(), promise], lead_id=ANNA)
    assert (found.state, found.at) == (LeadState.CALLBACK, moment)
    kept = [*over, promise, attempt(Outcome.BUSY, ended_at=moment)]
    assert next_try(campaign(), kept, lead_id=ANNA).state is not LeadState.CALLBACK


@pytest.mark.parametrize("kind", [DispositionKind.REFUSAL, DispositionKind.SUCCESS])
def test_a_last_word_ends_the_work_whoever_called(kind: DispositionKind) -> None:
    said = returned(kind, ended_at=ENDED + HOUR)
    assert next_try(campaign(), [attempt(Outcome.BUSY), said], lead_id=ANNA).state is LeadState.DONE
