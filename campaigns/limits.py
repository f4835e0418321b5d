"""Caps and cool-downs: what earlier calls of a seller forbid, whichever campaign made them; pure.

Every rule is turned into moments at which an earlier call stops to count. A call may be
placed from the moment at which few enough of them still do. All rules read strictly where
they leave something open:

- Only calls of the same seller count, named in the key or not: the law speaks to the one on
  whose behalf is called, and the calls of another seller are not this one's to answer for.
- Subject and debt are not told apart, because nothing in a base says what a call was about:
  all calls of the seller count for either.
- A person is a lead on all its numbers, a number is whoever lives there. Where a rule names
  neither, a call counts that was meant for the one or went to the other.
- Where several zones are possible, all their calendars must allow the call; where none is
  known, those of every place on Earth.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from campaigns.amd import Heard
from campaigns.model import DispositionKind, Outcome
from campaigns.rules.model import CapRule, CooldownRule, Counted, Event, HourRule, Period
from campaigns.spans import on_wall

ANSWERED = frozenset(
    {
        Outcome.CONNECTED,
        Outcome.MACHINE,
        Outcome.FAX,
        Outcome.ABANDONED,
        Outcome.HUNG_UP_EARLY,
        Outcome.HUNG_UP_WAITING,
    }
)
"""Outcomes in which somebody or something picked up."""

NO_TALK = frozenset(
    {DispositionKind.MACHINE, DispositionKind.NO_CONTACT, DispositionKind.LEFT_MESSAGE}
)
"""Kinds that say that nobody was talked to, although the call was connected."""

REFUSED = frozenset({DispositionKind.REFUSAL, DispositionKind.DO_NOT_CALL, DispositionKind.HOSTILE})
"""Kinds in which the person did not want the call."""

RANG_OUT = frozenset({Outcome.NO_ANSWER, Outcome.UNKNOWN})
"""Outcomes in which nobody answered, as far as anybody knows."""

_ANYWHERE: tuple[tzinfo, ...] = tuple(
    timezone(timedelta(minutes=minutes)) for minutes in range(-12 * 60, 14 * 60 + 1, 15)
)
"""Every clock on Earth: all are whole quarters of an hour from UTC."""

_NEVER = datetime.max.replace(tzinfo=UTC)
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_MOST_DAYS = 36_500
"""Nobody was called a hundred years ago, and calendars end somewhere."""
_LONGEST_DAY = 2
"""Days of the calendar are longer than 24 hours where clocks, or borders of dates, are moved."""
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """What a limit needs to know of an earlier call, of whichever campaign.

    Attributes:
        lead_id: whom it was meant for, or None where nobody knows any more.
        number_id: the number that was dialed, or None where it was erased.
        campaign: the campaign's name.
        seller: on whose behalf.
        dialed_at: aware UTC.
        ended_at: aware UTC, or None while it is going on.
        outcome: None while it is going on.
        disposition: the kind of what was said, or None.
        amd: the verdict of machine detection, or None.
    """

    lead_id: int | None
    number_id: int | None
    campaign: str
    seller: str
    dialed_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    disposition: DispositionKind | None = None
    amd: Heard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who would be called, and for whom.

    Attributes:
        lead_id: None for a number that is no lead's; then the number stands for the person.
        number_id: the number that would be dialed.
        campaign: the campaign's name.
        seller: on whose behalf.
        zones: IANA names of everywhere the person may be; empty when none is known.
    """

    lead_id: int | None
    number_id: int
    campaign: str
    seller: str
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Why a rule forbids the call now.

    Attributes:
        why: in words.
        until: from when it allows one if none comes in between, aware UTC; None: never.
    """

    why: str
    until: datetime | None


def capped(rule: CapRule, calls: Sequence[PastCall], whom: Whom, *, now: datetime) -> Limit | None:
    """Tell whether one more call would be one too many.

    Every call placed is an attempt, also one that never rang and one that is going on;
    answered and had in conversation is a call once its outcome says so.

    Args:
        rule: the cap.
        calls: all earlier calls to the lead and on the number, in any order, without the
            one that is asked for.
        whom: who would be called.
        now: aware.

    Returns:
        The limit, or None where the call is allowed.
    """
    moments = [
        call.dialed_at if rule.counted is Counted.ATTEMPTS else _end_of(call)
        for call in _counting(rule.key, rule.period, rule.n, calls, whom, now)
        if _COUNTED[rule.counted](call)
    ]
    until, most = None, 0
    for clock in _clocks(rule.period, whom.zones) if len(moments) >= rule.max else ():
        ends = sorted(_drops_out(rule.period, rule.n, moment, clock) for moment in moments)
        still = [end for end in ends if end > now]
        if len(still) >= rule.max:
            free = still[len(still) - rule.max] if rule.max else _NEVER
            until, most = max(until or free, free), max(most, len(still))
    if until is None:
        return None
    return Limit(
        why=f"{most} of at most {rule.max} {_COUNTED_WORDS[rule.counted]}"
        f" {_to(rule.key)} {_within(rule.period, rule.n)}",
        until=_or_never(until),
    )


def cooling(
    rule: CooldownRule, calls: Sequence[PastCall], whom: Whom, *, now: datetime
) -> Limit | None:
    """Tell whether it is too early for a call after something that happened in an earlier one.

    Args:
        rule: the cool-down.
        calls: all earlier calls to the lead and on the number, in any order.
        whom: who would be called.
        now: aware.

    Returns:
        The limit, or None where the call is allowed.
    """
    # Whole days after the event: its own day comes on top of them.
    n = rule.n + 1 if rule.period is Period.CALENDAR_DAYS else rule.n
    moments = [
        _end_of(call)
        for call in _counting(rule.key, rule.period, n, calls, whom, now)
        if _HAPPENED[rule.after](call)
    ]
    ends = [
        _drops_out(rule.period, n, moment, clock)
        for clock in (_clocks(rule.period, whom.zones) if moments else ())
        for moment in moments
    ]
    until = max(ends, default=now)
    if until <= now:
        return None
    return Limit(
        why=f"a call {_to(rule.key)} {_EVENT_WORDS[rule.after]} {_within(rule.period, rule.n)}",
        until=_or_never(until),
    )


def same_hour(
    rule: HourRule, calls: Sequence[PastCall], whom: Whom, *, now: datetime
) -> Limit | None:
    """Tell whether this is the hour of day at which an earlier call rang out.

    The hour is that in which it was dialed, on the wall clock of the person. A call counts
    that was meant for the lead or went to the number.

    Args:
        rule: the rule.
        calls: all earlier calls to the lead and on the number, in any order.
        whom: who would be called.
        now: aware.

    Returns:
        The limit, or None where the call is allowed.
    """
    rang = [
        call.dialed_at
        for call in _counting((), Period.CALENDAR_DAYS, rule.days + 1, calls, whom, now)
        if call.outcome in RANG_OUT
    ]
    until = now = now.astimezone(UTC)
    clocks = _zones(whom.zones) if rang else ()
    while ends := [end for clock in clocks if (end := _hour_is_over(rule, rang, clock, until))]:
        until = max(ends)
    if until == now:
        return None
    return Limit(
        why=f"a call {_to(())} rang out at this hour of the day"
        f" in the last {_many(rule.days, 'day')}",
        until=until,
    )


def _hour_is_over(
    rule: HourRule, rang: Iterable[datetime], clock: tzinfo, moment: datetime
) -> datetime | None:
    """Return the end of the hour that a moment lies in, if it rang out in that hour."""
    local = moment.astimezone(clock)
    for past in (dialed.astimezone(clock) for dialed in rang):
        if past.hour == local.hour and local.date() <= past.date() + rule.days * _DAY:
            return moment + _HOUR - (local - local.replace(minute=0, second=0, microsecond=0))
    return None


def _counting(
    key: Collection[str],
    period: Period,
    n: int,
    calls: Iterable[PastCall],
    whom: Whom,
    now: datetime,
) -> list[PastCall]:
    """Return the calls that a rule puts together with the one that is asked for.

    Those are left out that are so long ago that they cannot count on any clock.
    """
    by_number, by_person = _whose(key)
    confined = "campaign" in key or period is Period.CAMPAIGN
    since = _long_ago(period, n, now)
    number_id, lead_id, seller = whom.number_id, whom.lead_id, whom.seller
    counting = []
    for call in calls:
        if (call.ended_at or call.dialed_at) <= since or call.seller != seller:
            continue
        on_number = call.number_id == number_id
        to_person = on_number if lead_id is None else call.lead_id == lead_id
        same = (by_number and on_number) or (by_person and to_person)
        if same and (not confined or call.campaign == whom.campaign):
            counting.append(call)
    return counting


def _long_ago(period: Period, n: int, now: datetime) -> datetime:
    """Return a moment from before which nothing is within the last `n` of a period."""
    back = _back(period, n)
    return _ALWAYS if back is None else now - back


@cache
def _back(period: Period, n: int) -> timedelta | None:
    match period:
        case Period.ROLLING_HOURS:
            return min(n, _MOST_DAYS * 24) * _HOUR
        case Period.CONSECUTIVE_DAYS | Period.CALENDAR_DAYS:
            return (min(n, _MOST_DAYS) + _LONGEST_DAY) * _DAY
        case Period.CALENDAR_WEEK:
            return (min(n, _MOST_DAYS) * _WEEK_DAYS + _LONGEST_DAY) * _DAY
        case Period.CAMPAIGN | Period.FOREVER:
            return None


def _whose(key: Collection[str]) -> tuple[bool, bool]:
    """Tell whether a rule looks at the number, and whether at the person."""
    by_number, by_person = "number" in key, "person" in key
    return by_number or not by_person, by_person or not by_number


def _end_of(call: PastCall) -> datetime:
    return call.ended_at or call.dialed_at


def _was_taken_for_machine(call: PastCall) -> bool:
    # The verdict counts, also where it was wrong, and where an agent heard the machine.
    by_hand = call.disposition is not None
    return call.amd is Heard.MACHINE or (call.outcome is Outcome.MACHINE and not by_hand)


def _talked(call: PastCall) -> bool:
    # A talk whose result never came was one: nobody can say that it was not.
    return call.outcome is Outcome.CONNECTED and call.disposition not in NO_TALK


_COUNTED: Mapping[Counted, Callable[[PastCall], bool]] = {
    Counted.ATTEMPTS: lambda call: True,
    Counted.ANSWERED: lambda call: call.outcome in ANSWERED,
    Counted.CONVERSATIONS: _talked,
}

_COUNTED_WORDS: Mapping[Counted, str] = {
    Counted.ATTEMPTS: "calls",
    Counted.ANSWERED: "answered calls",
    Counted.CONVERSATIONS: "conversations",
}

_HAPPENED: Mapping[Event, Callable[[PastCall], bool]] = {
    Event.ABANDONED: lambda call: call.outcome is Outcome.ABANDONED,
    Event.AMD_MACHINE: _was_taken_for_machine,
    Event.REFUSED: lambda call: call.disposition in REFUSED,
    Event.CONVERSATION: _talked,
    Event.NO_ANSWER: lambda call: call.outcome in RANG_OUT,
}

_EVENT_WORDS: Mapping[Event, str] = {
    Event.ABANDONED: "was abandoned",
    Event.AMD_MACHINE: "was taken for a machine by machine detection",
    Event.REFUSED: "was refused",
    Event.CONVERSATION: "became a conversation",
    Event.NO_ANSWER: "rang out",
}

_ON_CALENDAR = frozenset({Period.CONSECUTIVE_DAYS, Period.CALENDAR_DAYS, Period.CALENDAR_WEEK})


def _clocks(period: Period, zones: Sequence[str]) -> tuple[tzinfo, ...]:
    """Return the clocks on which a period has to be over."""
    return _zones(zones) if period in _ON_CALENDAR else (UTC,)


def _zones(zones: Sequence[str]) -> tuple[tzinfo, ...]:
    return tuple(map(ZoneInfo, zones)) or _ANYWHERE


def _drops_out(period: Period, n: int, moment: datetime, clock: tzinfo) -> datetime:
    """Return from when a moment is no longer within the last `n` of a period."""
    day = moment.astimezone(clock).date()
    match period:
        case Period.ROLLING_HOURS:
            return moment.astimezone(UTC) + n * _HOUR
        case Period.CONSECUTIVE_DAYS | Period.CALENDAR_DAYS:
            return on_wall(day + n * _DAY, time.min, clock)
        case Period.CALENDAR_WEEK:
            return on_wall(day + (n * _WEEK_DAYS - day.weekday()) * _DAY, time.min, clock)
        case Period.CAMPAIGN | Period.FOREVER:
            return _NEVER


def _or_never(until: datetime) -> datetime | None:
    return None if until == _NEVER else until


def _to(key: Collection[str]) -> str:
    by_number, by_person = _whose(key)
    whose = " or ".join(["this person"] * by_person + ["this number"] * by_number)
    return f"to {whose}"


def _within(period: Period, n: int) -> str:
    match period:
        case Period.ROLLING_HOURS:
            return f"within {_many(n, 'hour')}"
        case Period.CONSECUTIVE_DAYS | Period.CALENDAR_DAYS:
            return f"within {_many(n, 'day')} of the calendar"
        case Period.CALENDAR_WEEK:
            return "in this week" if n == 1 else f"within {n} weeks of the calendar"
        case Period.CAMPAIGN:
            return "in this campaign"
        case Period.FOREVER:
            return "in all time"


def _many(n: int, unit: str) -> str:
    return f"{n} {unit}{'s' * (n != 1)}"
