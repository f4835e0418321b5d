"""When a person is tried again, and when never."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.model import (
    UNCOUNTED_OUTCOMES,
    Campaign,
    DialMode,
    DispositionKind,
    LeadState,
    Outcome,
    PastAttempt,
    Retry,
)
from campaigns.retry import NextTry, next_try
from tests.unit.campaigns.examples import campaign, utc

ANNA, BERIT = 1, 2
"""Two people of one household."""

BROADCAST = campaign(mode=DialMode.BROADCAST)
ENDED = utc("2026-12-01T10:00")
EVERY_OUTCOME = {outcome: Retry(after=timedelta(minutes=10), max=99) for outcome in Outcome}


def attempt(
    outcome: Outcome = Outcome.CONNECTED,
    *,
    of: int = ANNA,
    said: DispositionKind | None = None,
    ended_at: datetime = ENDED,
    callback_at: datetime | None = None,
) -> PastAttempt:
    return PastAttempt(
        lead_id=of, outcome=outcome, ended_at=ended_at, disposition=said, callback_at=callback_at
    )


def annas(*attempts: PastAttempt, rules: Campaign | None = None) -> NextTry:
    return next_try(rules or campaign(), attempts, lead_id=ANNA)


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
    "outcome", set(Outcome) - {Outcome.BUSY, Outcome.NO_ANSWER, Outcome.UNKNOWN}
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


@pytest.mark.parametrize("outcome", UNCOUNTED_OUTCOMES)
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

RETRIES = st.dictionaries(
    st.sampled_from(Outcome),
    st.builds(
        Retry,
        after=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=9)),
        max=st.integers(1, 5),
    ),
)
RULES = st.builds(
    campaign,
    mode=st.sampled_from([DialMode.MANUAL, DialMode.PROGRESSIVE, DialMode.BROADCAST]),
    retry=RETRIES,
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
)


@given(RULES, st.lists(ATTEMPTS, max_size=8))
def test_the_next_try_is_after_the_persons_last_end(
    rules: Campaign, history: list[PastAttempt]
) -> None:
    following = annas(*history, rules=rules)
    own = [past.ended_at for past in history if past.lead_id == ANNA]
    assert (following.at is not None) == (
        following.state in {LeadState.WAITING, LeadState.CALLBACK}
    )
    if following.state is LeadState.NEW:
        assert not own
    if following.at is not None:
        assert all(following.at >= ended_at for ended_at in own)


@given(RULES, st.lists(st.tuples(st.sampled_from(Outcome), st.sampled_from([ANNA, BERIT]))))
def test_a_household_that_is_called_whenever_allowed_is_never_called_too_often(
    rules: Campaign, calls: list[tuple[Outcome, int]]
) -> None:
    history: list[PastAttempt] = []
    now = ENDED
    for outcome, who in calls:
        following = next_try(rules, history, lead_id=who)
        if not following.callable:
            continue
        now = max(now, following.at or now) + timedelta(seconds=30)
        history.append(attempt(outcome, of=who, ended_at=now))
    for who in (ANNA, BERIT):
        own = [past.outcome for past in history if past.lead_id == who]
        assert sum(outcome not in UNCOUNTED_OUTCOMES for outcome in own) <= rules.max_attempts
        for outcome in set(own):
            entry = rules.retry.get(outcome)
            fallback = rules.retry.get(Outcome.NO_ANSWER)
            if entry is None and outcome is Outcome.UNKNOWN:
                entry = fallback
            assert own.count(outcome) <= (entry.max if entry else 1)
    if rules.mode is DialMode.BROADCAST:
        assert [past.outcome for past in history].count(Outcome.CONNECTED) <= 1
