"""When a campaign's own hours let a call begin, on the clock of the person called.

Each zone's wall-clock windows are turned into spans of UTC; where the number may be in
several zones, the spans they have in common count. Between two changes of a zone's offset
that is plain subtraction, so the days on which clocks change need no rule of their own: an
hour that clocks skip is open for nobody, an hour that they repeat is open twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from campaigns.model import Hours, Window

LOOK_AHEAD_DAYS = 16
"""How far the next opening is looked for: two weeks have shown every weekday twice."""

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_WHOLE_DAY: tuple[Window, ...] = ((time.min, time.min),)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_Span = tuple[datetime, datetime]
"""Half-open, aware UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Whether a call may begin now, and if not, when.

    Attributes:
        open: a call may begin now.
        until: the next moment at which a call may begin, aware UTC: now when it is open,
            None when none was found.
        rule: what closes it: "hours", "starts" or "ends"; empty when it is open.
        why: the same in words; empty when it is open.
    """

    open: bool
    until: datetime | None
    rule: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Calendar:
    hours: Hours | None
    starts: date | None
    ends: date | None

    def windows(self, day: date) -> tuple[Window, ...]:
        if (self.starts and day < self.starts) or (self.ends and day > self.ends):
            return ()
        return _WHOLE_DAY if self.hours is None else self.hours.days[day.weekday()]


def opens_at(
    campaign_hours: Hours | None,
    *,
    starts: date | None,
    ends: date | None,
    zones: Sequence[str],
    now: datetime,
    ring_s: int,
) -> Opening:
    """Tell whether a call may begin at `now` (aware), and when the next one may.

    A call may begin when it is open in every one of `zones` (IANA names) and stays so for
    the `ring_s` seconds that it may ring: `begin + ring_s <= end of the window`. Windows
    that meet, at midnight too, are one. `starts` and `ends` are days on the calendar of
    every zone, both included. `zones` may be empty only where there are no hours and
    neither day is set: nobody can say what time it is nowhere.

    The search begins at `now` or when `starts` comes, and ends `LOOK_AHEAD_DAYS` later.
    """
    now = now.astimezone(UTC)
    if campaign_hours is None and starts is None and ends is None:
        return Opening(open=True, until=now)
    assert zones, "hours mean nothing where no zone is known"
    calendar = _Calendar(campaign_hours, starts, ends)
    clocks = [ZoneInfo(zone) for zone in zones]
    ringing = timedelta(seconds=ring_s)
    # The day before: a date begins in the east up to 14 hours before it does in UTC.
    begin = now if starts is None else max(now, _midnight(starts) - _DAY)
    until = _first(calendar, clocks, begin, ringing, days=LOOK_AHEAD_DAYS)
    if until == now:
        return Opening(open=True, until=now)
    closed = [clock for clock in clocks if _first(calendar, [clock], now, ringing, days=1) != now]
    rule, why = _reason(calendar, closed, now)
    if until is None and rule != "ends":
        why += f"; {_no_opening(calendar, clocks)}"
    return Opening(open=False, until=until, rule=rule, why=why)


def _first(
    calendar: _Calendar,
    clocks: Sequence[ZoneInfo],
    begin: datetime,
    ringing: timedelta,
    *,
    days: int,
) -> datetime | None:
    """Return the first moment from `begin` on with room for the ringing everywhere."""
    start = end = begin
    for number in range(days):
        morning = begin + number * _DAY
        spans: list[_Span] = [(morning, morning + _DAY)]
        for clock in clocks:
            spans = _common(spans, list(_open_spans(calendar, clock, *_bounds(spans))))
            if not spans:
                break
        for span in spans:
            if span[0] != end:
                start = span[0]
            end = span[1]
            if end - start >= ringing:
                return start
    return None


def _bounds(spans: Sequence[_Span]) -> _Span:
    return spans[0][0], spans[-1][1]


def _common(left: Sequence[_Span], right: Sequence[_Span]) -> list[_Span]:
    """Return what two sequences of spans, each in order and disjoint, have in common."""
    common: list[_Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            common.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return common


def _open_spans(
    calendar: _Calendar, clock: ZoneInfo, begin: datetime, end: datetime
) -> Iterator[_Span]:
    """Yield when the windows of one zone are open between two moments, in order."""
    for start, stop, offset in _steady(clock, begin, end):
        day, last = (start + offset).date(), (stop + offset).date()
        while day <= last:
            midnight = _midnight(day) - offset
            for opens, closes in calendar.windows(day):
                a = max(start, midnight + _since_midnight(opens))
                b = min(stop, midnight + (_since_midnight(closes) or _DAY))
                if a < b:
                    yield a, b
            day += _DAY


def _steady(
    clock: ZoneInfo, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut a span of at most a day where the zone's offset changes, and name the offsets.

    No zone changes its offset twice within a day.
    """
    before, after = _offset(clock, begin), _offset(clock, end)
    if before == after:
        yield begin, end, before
        return
    low, high = begin, end
    while high - low > _TICK:
        middle = low + (high - low) // 2
        low, high = (middle, high) if _offset(clock, middle) == before else (low, middle)
    yield begin, high, before
    yield high, end, after


def _offset(clock: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(clock).utcoffset() or timedelta()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


@lru_cache(maxsize=4096)  # the same few midnights are asked for again and again
def on_wall(day: date, at: time, clock: tzinfo) -> datetime:
    """Return when a clock on the wall shows a time of a day, aware UTC.

    Where clocks are turned it may show it twice: then the later of the two counts.
    """
    shown = datetime.combine(day, at, clock)
    return max(shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)


def _reason(calendar: _Calendar, closed: Sequence[ZoneInfo], now: datetime) -> tuple[str, str]:
    local = [now.astimezone(clock) for clock in closed]
    if calendar.ends and any(moment.date() > calendar.ends for moment in local):
        return "ends", f"the campaign ended on {calendar.ends}"
    if calendar.starts and any(moment.date() < calendar.starts for moment in local):
        return "starts", f"the campaign starts on {calendar.starts}"
    if calendar.hours is None:
        return "ends", f"a call begun now could ring past {calendar.ends}, the last day"
    moments = [
        f"{_WEEKDAYS[moment.weekday()]} {moment:%H:%M} in {clock.key}"
        for clock, moment in zip(closed, local, strict=True)
    ]
    return "hours", f"no call may begin at {', '.join(moments)}"


def _no_opening(calendar: _Calendar, clocks: Sequence[ZoneInfo]) -> str:
    where = f"in {clocks[0].key}" if len(clocks) == 1 else f"in all {len(clocks)} zones at once"
    last = f", the last day being {calendar.ends}" if calendar.ends else ""
    return f"none of the next {LOOK_AHEAD_DAYS} days opens {where}{last}"
