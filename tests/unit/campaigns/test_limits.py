"""What earlier calls of a seller forbid, and until when."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.limits import ANSWERED, Limit, PastCall, Whom, capped, cooling, same_hour
from campaigns.model import DispositionKind, Outcome
from campaigns.rules.model import (
    CapRule,
    Confidence,
    CooldownRule,
    Counted,
    Event,
    Force,
    HourRule,
    Period,
)
from tests.unit.campaigns.examples import utc

ANNA, BERIT = 1, 2
HOME, MOBILE = 10, 20
SELLER, OTHER_SELLER = "Example Telecom AS", "Another AS"
NOON = utc("2026-12-02T12:00")
"""A Wednesday; 13:00 in Oslo."""

OSLO, TAIPEI, HONOLULU = "Europe/Oslo", "Asia/Taipei", "Pacific/Honolulu"
TICK = timedelta(microseconds=1)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SAYS: dict[str, Any] = {
    "id": "xx.limit",
    "force": Force.LAW,
    "confidence": Confidence.HIGH,
    "source": ("a statute",),
}


def cap(most: int = 1, period: Period = Period.ROLLING_HOURS, n: int = 24, **more: Any) -> CapRule:
    return CapRule(max=most, period=period, n=n, **SAYS, **more)


def cooldown(
    after: Event = Event.ABANDONED, period: Period = Period.ROLLING_HOURS, n: int = 72, **more: Any
) -> CooldownRule:
    return CooldownRule(after=after, period=period, n=n, **SAYS, **more)


def call(
    outcome: Outcome | None = Outcome.NO_ANSWER,
    said: DispositionKind | None = None,
    *,
    to: int | None = ANNA,
    on: int | None = HOME,
    at: datetime = NOON - HOUR,
    lasted: timedelta = timedelta(),
    campaign: str = "spring",
    seller: str = SELLER,
) -> PastCall:
    return PastCall(
        lead_id=to,
        number_id=on,
        campaign=campaign,
        seller=seller,
        dialed_at=at,
        ended_at=None if outcome is None else at + lasted,
        outcome=outcome,
        disposition=said,
    )


def whom(
    lead: int | None = ANNA, number: int = HOME, *zones: str, campaign: str = "spring"
) -> Whom:
    return Whom(
        lead_id=lead,
        number_id=number,
        campaign=campaign,
        seller=SELLER,
        zones=zones or (OSLO,),
    )


ANNA_AT_HOME = whom()


# Which calls count together


@pytest.mark.parametrize(
    ("key", "one", "counts"),
    [
        ({"person"}, call(on=MOBILE), True),
        ({"person"}, call(to=BERIT), False),
        ({"number"}, call(to=BERIT), True),
        ({"number"}, call(on=MOBILE), False),
        ({"number"}, call(to=None), True),
        ({"person"}, call(on=None), True),
        ({"person", "number"}, call(on=MOBILE), True),
        ({"person", "number"}, call(to=BERIT), True),
        ({"seller"}, call(on=MOBILE), True),
        ({"debt"}, call(to=BERIT), True),
        ({"subject"}, call(to=BERIT, on=MOBILE), False),
        (set(), call(to=BERIT), True),
        (set(), call(on=MOBILE), True),
        (set(), call(to=None, on=None), False),
        ({"person"}, call(campaign="autumn"), True),
        ({"person", "campaign"}, call(campaign="autumn"), False),
        ({"person", "campaign"}, call(), True),
        ({"campaign"}, call(to=BERIT), True),
        *(
            (key, call(seller=OTHER_SELLER), False)
            for key in ({"person"}, {"number"}, {"seller"}, {"subject"}, {"debt"}, {"campaign"})
        ),
    ],
)
def test_a_key_says_which_calls_count(key: set[str], one: PastCall, counts: bool) -> None:
    keyed = frozenset(key)
    limit = capped(cap(key=keyed), [one], ANNA_AT_HOME, now=NOON)
    assert (limit is not None) == counts
    after = cooldown(Event.NO_ANSWER, key=keyed)
    assert (cooling(after, [one], ANNA_AT_HOME, now=NOON) is not None) == counts


def test_a_number_of_nobody_stands_for_the_person() -> None:
    nobody = whom(None)
    person = cap(key=frozenset({"person"}))
    assert capped(person, [call(to=BERIT)], nobody, now=NOON)
    assert capped(person, [call(to=None)], nobody, now=NOON)
    assert capped(person, [call(to=None, on=MOBILE)], nobody, now=NOON) is None


def test_a_cap_of_a_campaign_looks_at_this_campaign_only_and_has_no_end() -> None:
    rule = cap(2, Period.CAMPAIGN)
    here, there = call(at=NOON - 900 * DAY), call(campaign="autumn")
    assert capped(rule, [here, there], ANNA_AT_HOME, now=NOON) is None
    assert capped(rule, [here, here], ANNA_AT_HOME, now=NOON) == Limit(
        why="2 of at most 2 calls to this person in this campaign", until=None
    )


# What is counted

PICKED_UP = {
    Outcome.CONNECTED,
    Outcome.MACHINE,
    Outcome.FAX,
    Outcome.ABANDONED,
    Outcome.HUNG_UP_EARLY,
    Outcome.HUNG_UP_WAITING,
}


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_what_is_counted(outcome: Outcome | None) -> None:
    def counts(counted: Counted) -> bool:
        return bool(capped(cap(counted=counted), [call(outcome)], ANNA_AT_HOME, now=NOON))

    assert counts(Counted.ATTEMPTS), "every call that was placed"
    assert counts(Counted.ANSWERED) == (outcome in PICKED_UP)
    assert counts(Counted.CONVERSATIONS) == (outcome is Outcome.CONNECTED)
    assert PICKED_UP == ANSWERED


@pytest.mark.parametrize("said", [None, *DispositionKind])
def test_a_conversation_is_what_no_word_denies(said: DispositionKind | None) -> None:
    talked = said not in {
        DispositionKind.MACHINE,
        DispositionKind.NO_CONTACT,
        DispositionKind.LEFT_MESSAGE,
    }
    one = call(Outcome.CONNECTED, said)
    rule = cap(counted=Counted.CONVERSATIONS)
    assert bool(capped(rule, [one], ANNA_AT_HOME, now=NOON)) == talked
    after = cooldown(Event.CONVERSATION)
    assert bool(cooling(after, [one], ANNA_AT_HOME, now=NOON)) == talked


@pytest.mark.parametrize(
    ("after", "happened", "did_not"),
    [
        (Event.ABANDONED, [call(Outcome.ABANDONED)], [call(Outcome.HUNG_UP_WAITING)]),
        (
            Event.AMD_MACHINE,
            [call(Outcome.MACHINE)],
            [
                call(Outcome.MACHINE, DispositionKind.LEFT_MESSAGE),
                call(Outcome.CONNECTED, DispositionKind.MACHINE),
            ],
        ),
        (
            Event.REFUSED,
            [
                call(Outcome.CONNECTED, DispositionKind.REFUSAL),
                call(Outcome.CONNECTED, DispositionKind.DO_NOT_CALL),
                call(Outcome.CONNECTED, DispositionKind.HOSTILE),
            ],
            [call(Outcome.CONNECTED), call(Outcome.CONNECTED, DispositionKind.CALLBACK)],
        ),
        (
            Event.NO_ANSWER,
            [call(Outcome.NO_ANSWER), call(Outcome.UNKNOWN)],
            [call(Outcome.BUSY), call(None), call(Outcome.FAILED)],
        ),
    ],
)
def test_what_a_cooldown_waits_after(
    after: Event, happened: list[PastCall], did_not: list[PastCall]
) -> None:
    rule = cooldown(after)
    for one in happened:
        assert cooling(rule, [one], ANNA_AT_HOME, now=NOON), one
    assert cooling(rule, did_not, ANNA_AT_HOME, now=NOON) is None


# Periods: the last moment that is refused, and the first that is not


def allowed_from(
    limit_at: Callable[[datetime], Limit | None], first: datetime, *, since: datetime
) -> None:
    """Refused from `since` up to `first`, with `first` as the end; allowed at `first`."""
    for moment in (since, first - TICK):
        limit = limit_at(moment)
        assert limit is not None, moment
        assert limit.until == first
    assert limit_at(first) is None


@pytest.mark.parametrize(
    ("period", "n", "first"),
    [
        (Period.ROLLING_HOURS, 24, "2026-12-03T22:30"),
        (Period.CONSECUTIVE_DAYS, 1, "2026-12-02T23:00"),
        (Period.CONSECUTIVE_DAYS, 7, "2026-12-08T23:00"),
        (Period.CALENDAR_DAYS, 7, "2026-12-08T23:00"),
        (Period.CALENDAR_WEEK, 1, "2026-12-06T23:00"),
    ],
)
def test_when_a_call_no_longer_counts(period: Period, n: int, first: str) -> None:
    late = call(at=utc("2026-12-02T22:30"), lasted=40 * MINUTE)  # Wednesday 23:30 in Oslo
    allowed_from(
        lambda now: capped(cap(1, period, n), [late], ANNA_AT_HOME, now=now),
        utc(first),
        since=late.dialed_at,
    )


def test_a_conversation_counts_from_its_end() -> None:
    talk = call(Outcome.CONNECTED, at=utc("2026-12-02T22:30"), lasted=40 * MINUTE)
    rule = cap(1, Period.CONSECUTIVE_DAYS, 7, counted=Counted.CONVERSATIONS)
    allowed_from(
        lambda now: capped(rule, [talk], ANNA_AT_HOME, now=now),
        utc("2026-12-09T23:00"),
        since=talk.dialed_at,
    )


@pytest.mark.parametrize(
    ("period", "n", "first"),
    [
        (Period.ROLLING_HOURS, 72, "2026-12-05T23:10"),
        (Period.CONSECUTIVE_DAYS, 1, "2026-12-03T23:00"),
        (Period.CONSECUTIVE_DAYS, 7, "2026-12-09T23:00"),
        (Period.CALENDAR_DAYS, 1, "2026-12-04T23:00"),
        (Period.CALENDAR_DAYS, 30, "2027-01-02T23:00"),
        (Period.CALENDAR_WEEK, 1, "2026-12-06T23:00"),
    ],
)
def test_when_it_is_cool_again(period: Period, n: int, first: str) -> None:
    # It begins on Wednesday 23:30 in Oslo and ends on Thursday: the end is the event.
    talk = call(Outcome.CONNECTED, at=utc("2026-12-02T22:30"), lasted=40 * MINUTE)
    assert talk.ended_at is not None
    rule = cooldown(Event.CONVERSATION, period, n)
    allowed_from(
        lambda now: cooling(rule, [talk], ANNA_AT_HOME, now=now), utc(first), since=talk.ended_at
    )


@pytest.mark.parametrize("period", [Period.CAMPAIGN, Period.FOREVER])
def test_what_never_cools_has_no_end(period: Period) -> None:
    no = call(Outcome.CONNECTED, DispositionKind.REFUSAL, at=NOON - 9000 * DAY)
    limit = cooling(cooldown(Event.REFUSED, period), [no], ANNA_AT_HOME, now=NOON)
    assert limit is not None
    assert limit.until is None
    assert capped(cap(1, period), [no], ANNA_AT_HOME, now=NOON) is not None
    elsewhere = whom(campaign="autumn")
    refused = cooling(cooldown(Event.REFUSED, period), [no], elsewhere, now=NOON)
    assert (refused is not None) == (period is Period.FOREVER)


def test_a_cap_frees_when_enough_calls_have_dropped_out() -> None:
    calls = [call(at=NOON - hours * HOUR) for hours in (1, 5, 20, 23, 30)]
    limit = capped(cap(3), calls, ANNA_AT_HOME, now=NOON)
    # Four are within 24 hours: the two oldest of them have to drop out.
    assert limit == Limit(
        why="4 of at most 3 calls to this person within 24 hours", until=NOON + 4 * HOUR
    )
    assert capped(cap(4), calls, ANNA_AT_HOME, now=NOON + HOUR) is None
    assert capped(cap(5), calls, ANNA_AT_HOME, now=NOON) is None


def test_where_none_is_allowed_none_ever_is() -> None:
    limit = capped(cap(0), [], ANNA_AT_HOME, now=NOON)
    assert limit is not None
    assert limit.until is None


def test_the_days_on_which_clocks_change_are_whole_days() -> None:
    # In Oslo 29 March 2026 has 23 hours and 25 October 25.
    for day, first in (("2026-03-28", "2026-03-29T22:00"), ("2026-10-24", "2026-10-25T23:00")):
        one = call(at=utc(f"{day}T12:00"))
        allowed_from(
            lambda now, one=one: capped(  # type: ignore[misc]
                cap(1, Period.CONSECUTIVE_DAYS, 2), [one], ANNA_AT_HOME, now=now
            ),
            utc(first),
            since=one.dialed_at,
        )


def test_of_several_zones_the_last_calendar_decides() -> None:
    either = whom(ANNA, HOME, TAIPEI, HONOLULU)
    one = call(at=utc("2026-12-02T12:00"))  # Wednesday 20:00 and 02:00
    allowed_from(
        lambda now: capped(cap(1, Period.CONSECUTIVE_DAYS, 1), [one], either, now=now),
        utc("2026-12-03T10:00"),
        since=NOON,
    )
    sunday = call(at=utc("2026-12-06T18:00"))  # Monday in Taipei
    allowed_from(
        lambda now: capped(cap(1, Period.CALENDAR_WEEK, 1), [sunday], either, now=now),
        utc("2026-12-13T16:00"),
        since=sunday.dialed_at,
    )


NOWHERE = Whom(lead_id=ANNA, number_id=HOME, campaign="spring", seller=SELLER)


@pytest.mark.parametrize(
    ("period", "dialed", "first"),
    [
        # Where the day has just begun it lasts longest, and a week where it is Monday.
        (Period.CONSECUTIVE_DAYS, "2026-12-02T12:00", "2026-12-03T12:00"),
        (Period.CONSECUTIVE_DAYS, "2026-12-02T12:10", "2026-12-03T12:00"),
        (Period.CALENDAR_WEEK, "2026-12-06T09:59", "2026-12-07T12:00"),
        (Period.CALENDAR_WEEK, "2026-12-06T10:00", "2026-12-13T10:00"),
    ],
)
def test_where_no_zone_is_known_the_last_calendar_on_earth_decides(
    period: Period, dialed: str, first: str
) -> None:
    one = call(at=utc(dialed))
    allowed_from(
        lambda now: capped(cap(1, period, 1), [one], NOWHERE, now=now),
        utc(first),
        since=one.dialed_at,
    )


# The hour of the day

HOURLY = HourRule(days=7, **SAYS)


def test_where_no_zone_is_known_an_hour_is_that_of_every_clock() -> None:
    rang = call(at=NOON - DAY)
    # It was 12:45 where clocks are three quarters ahead: that hour began at 11:15 UTC.
    first, last = NOON - 45 * MINUTE, NOON + HOUR
    assert same_hour(HOURLY, [rang], NOWHERE, now=first - TICK) is None
    allowed_from(lambda now: same_hour(HOURLY, [rang], NOWHERE, now=now), last, since=first)


def test_an_hour_at_which_nobody_answered_is_left_alone_for_days() -> None:
    rang = call(at=utc("2026-12-01T09:40"))  # 10:40 in Oslo
    for day in range(8):
        ten = utc("2026-12-01T09:00") + day * DAY
        assert day == 0 or same_hour(HOURLY, [rang], ANNA_AT_HOME, now=ten - TICK) is None
        allowed_from(
            lambda now: same_hour(HOURLY, [rang], ANNA_AT_HOME, now=now), ten + HOUR, since=ten
        )
    assert same_hour(HOURLY, [rang], ANNA_AT_HOME, now=utc("2026-12-09T09:30")) is None


def test_the_hour_follows_the_wall_clock_when_clocks_change() -> None:
    rang = call(at=utc("2026-03-28T09:30"))  # 10:30 in Oslo, and 10:30 is 08:30 UTC a day later
    assert same_hour(HOURLY, [rang], ANNA_AT_HOME, now=utc("2026-03-29T08:30"))
    assert same_hour(HOURLY, [rang], ANNA_AT_HOME, now=utc("2026-03-29T09:30")) is None


def test_hours_in_a_row_are_one_wait() -> None:
    calls = [call(at=utc(f"2026-12-01T{hour}:30")) for hour in ("12", "13", "15")]
    limit = same_hour(HOURLY, calls, ANNA_AT_HOME, now=NOON + HOUR / 2)
    assert limit == Limit(
        why="a call to this person or this number rang out at this hour of the day"
        " in the last 7 days",
        until=NOON + 2 * HOUR,
    )


def test_only_a_call_that_rang_out_marks_its_hour() -> None:
    others = [call(outcome, at=NOON - DAY) for outcome in {None, *Outcome} - {Outcome.NO_ANSWER}]
    others = [one for one in others if one.outcome is not Outcome.UNKNOWN]
    strangers = [call(to=BERIT, on=MOBILE, at=NOON - DAY), call(seller=OTHER_SELLER, at=NOON - DAY)]
    assert same_hour(HOURLY, others + strangers, ANNA_AT_HOME, now=NOON) is None
    assert same_hour(HOURLY, [call(Outcome.UNKNOWN, at=NOON - DAY)], ANNA_AT_HOME, now=NOON)
    assert same_hour(HOURLY, [call(to=BERIT, at=NOON - DAY)], ANNA_AT_HOME, now=NOON)


# Any history

OF_2026 = st.datetimes(
    datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)  # noqa: DTZ001 made aware
)  # fmt: skip
ZONES = st.lists(
    st.sampled_from([OSLO, TAIPEI, HONOLULU, "America/Havana", "Asia/Kathmandu"]),
    max_size=2,
    unique=True,
)
KEYS = st.frozensets(st.sampled_from(["number", "person", "seller", "campaign"]))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[PastCall], datetime]:
    """Calls of some days, and a moment soon after them, often at the hour of one."""
    first = draw(OF_2026)
    minutes = st.integers(0, 4 * 24 * 60).map(lambda number: timedelta(minutes=number))
    calls = draw(
        st.lists(
            st.builds(
                call,
                st.sampled_from([Outcome.NO_ANSWER, Outcome.CONNECTED, None, *Outcome]),
                st.none() | st.sampled_from(DispositionKind),
                to=st.sampled_from([ANNA, ANNA, BERIT]),
                on=st.sampled_from([HOME, MOBILE]),
                at=minutes.map(lambda later: first + later),
                lasted=st.integers(0, 3600).map(lambda number: timedelta(seconds=number)),
                campaign=st.sampled_from(["spring", "autumn"]),
            ),
            min_size=1,
            max_size=9,
        )
    )
    last = max(one.ended_at or one.dialed_at for one in calls)
    now = last + draw(minutes) / 4
    if draw(st.booleans()):
        now = max(now, calls[0].dialed_at + draw(st.integers(4, 6)) * DAY)
    return calls, now


CAPS = st.builds(
    cap,
    st.integers(0, 4),
    st.sampled_from(Period),
    st.integers(1, 99),
    counted=st.sampled_from(Counted),
    key=KEYS,
)
COOLDOWNS = st.builds(
    cooldown, st.sampled_from(Event), st.sampled_from(Period), st.integers(1, 99), key=KEYS
)
HOUR_RULES = st.integers(1, 9).map(lambda days: HourRule(days=days, **SAYS))
Ask = Callable[[Sequence[PastCall], Whom, datetime], Limit | None]
ASKED: st.SearchStrategy[Ask] = st.one_of(
    CAPS.map(lambda rule: lambda calls, who, now: capped(rule, calls, who, now=now)),
    COOLDOWNS.map(lambda rule: lambda calls, who, now: cooling(rule, calls, who, now=now)),
    HOUR_RULES.map(lambda rule: lambda calls, who, now: same_hour(rule, calls, who, now=now)),
)


@settings(max_examples=500)  # one in nine meets a limit that ends
@given(ASKED, histories(), ZONES)
def test_the_end_of_a_limit_is_exact(
    ask: Ask, history: tuple[list[PastCall], datetime], zones: list[str]
) -> None:
    calls, now = history
    who = Whom(lead_id=ANNA, number_id=HOME, campaign="spring", seller=SELLER, zones=tuple(zones))
    limit = ask(calls, who, now)
    if limit is None or limit.until is None:
        return
    assert limit.until > now
    assert ask(calls, who, limit.until) is None
    before = ask(calls, who, limit.until - TICK)
    assert before is not None
    assert before.until == limit.until


@given(ASKED, histories(), ZONES)
def test_another_call_or_another_zone_never_loosens(
    ask: Ask, history: tuple[list[PastCall], datetime], zones: list[str]
) -> None:
    calls, now = history
    fewer = ask(calls[1:], whom(ANNA, HOME, OSLO), now)
    more = ask(calls, whom(ANNA, HOME, OSLO, *zones), now)
    if fewer is None:
        return
    assert more is not None
    assert more.until is None or (fewer.until is not None and fewer.until <= more.until)


@given(ASKED, histories(), st.sampled_from(["Asia/Kathmandu", "Pacific/Kiritimati", HONOLULU]))
def test_where_no_zone_is_known_every_place_on_earth_must_allow(
    ask: Ask, history: tuple[list[PastCall], datetime], zone: str
) -> None:
    calls, now = history
    if ask(calls, whom(ANNA, HOME, zone), now) is not None:
        assert ask(calls, NOWHERE, now) is not None


@given(histories(), st.integers(1, 5), st.integers(1, 5))
@example(([call(at=NOON - DAY), call(at=NOON - HOUR)], NOON), 2, 2)
def test_days_in_a_row_are_those_of_a_wall_calendar(
    history: tuple[list[PastCall], datetime], most: int, n: int
) -> None:
    calls, now = history
    clock = ZoneInfo(OSLO)
    today = now.astimezone(clock).date()
    marked = sum(
        0 <= (today - one.dialed_at.astimezone(clock).date()).days < n
        for one in calls
        if one.lead_id == ANNA
    )
    limit = capped(cap(most, Period.CONSECUTIVE_DAYS, n), calls, ANNA_AT_HOME, now=now)
    assert (limit is not None) == (marked >= most)


@given(histories(), st.integers(1, 4), st.integers(1, 300))
def test_whoever_heeds_a_cap_is_never_above_it(
    history: tuple[list[PastCall], datetime], most: int, n: int
) -> None:
    placed: list[PastCall] = []
    rule = cap(most, n=n)
    for one in sorted(history[0], key=lambda one: one.dialed_at):
        limit = capped(rule, placed, ANNA_AT_HOME, now=one.dialed_at)
        if limit is None:
            placed.append(call(at=one.dialed_at))
    for one in placed:
        window = [
            other for other in placed if timedelta() <= other.dialed_at - one.dialed_at < n * HOUR
        ]
        assert len(window) <= most
