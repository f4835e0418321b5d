"""When windows on wall clocks are open, as spans of UTC; pure.

Each zone's windows are turned into spans of UTC; what has to be open at once is what the
spans have in common. Between two changes of a zone's offset that is plain subtraction, so
the days on which clocks change need no rule of their own: an hour that clocks skip is open
for nobody, an hour that they repeat is open twice.

Moments are seconds since the epoch and days are numbered from it, because a decision that
is asked a million times has no time for more. Offsets and their changes, and all edges of
windows, are whole seconds.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_S = 86_400
_EPOCH = date(1970, 1, 1).toordinal()

UtcSpan = tuple[float, float]
"""Half-open, in seconds since the epoch."""

Windows = tuple[tuple[int, int], ...]
"""Half-open, in order, in seconds since midnight on the wall clock."""


class Spans(dict[int, Sequence[UtcSpan]]):
    """When something is open on each day of UTC, in order; worked out once, when asked for."""

    def __init__(self, work_out: Callable[[int], Sequence[UtcSpan]]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, day: int) -> Sequence[UtcSpan]:
        spans = self[day] = self._work_out(day)
        return spans

    def between(self, begin: float, end: float) -> Iterator[UtcSpan]:
        """Yield when it is open between two moments, cut at every midnight of UTC."""
        for day in range(int(begin // DAY_S), int(-(-end // DAY_S))):
            for opens, closes in self[day]:
                a, b = max(opens, begin), min(closes, end)
                if a < b:
                    yield a, b

    def whole(self, begin: float, end: float) -> Iterator[UtcSpan]:
        """Yield when it is open between two moments; spans that meet are one."""
        start = stop = begin
        for a, b in self.between(begin, end):
            if a != stop:
                if start < stop:
                    yield start, stop
                start = a
            stop = b
        if start < stop:
            yield start, stop

    def first(self, begin: float, end: float, room_s: float) -> UtcSpan | None:
        """Return the first span with that much room; it may stay open for longer than told."""
        start = stop = begin
        for a, b in self.between(begin, end):
            if a != stop:
                start = a
            stop = b
            if stop - start >= room_s:
                return start, stop
        return None


def common_to(parts: Sequence[Spans]) -> Spans:
    """Return when all of at least one are open."""

    def work_out(day: int) -> Sequence[UtcSpan]:
        spans = parts[0][day]
        for part in parts[1:]:
            if not spans:
                break
            spans = _common(spans, part[day])
        return spans

    return Spans(work_out)


def in_zone(zone: str, windows: Callable[[int], Windows]) -> Spans:
    """Return when windows are open on the clock of one zone.

    Args:
        zone: its IANA name.
        windows: those of a day on the calendar there; days are numbered from the epoch.
    """

    def work_out(day: int) -> Sequence[UtcSpan]:
        spans: list[UtcSpan] = []
        for start, stop, offset in _steady(zone, day):
            for local in range((start + offset) // DAY_S, -(-(stop + offset) // DAY_S)):
                midnight = local * DAY_S - offset
                for opens, closes in windows(local):
                    a, b = max(start, midnight + opens), min(stop, midnight + closes)
                    if a < b:
                        spans.append((a, b))
        return spans

    return Spans(work_out)


def day_number(day: date) -> int:
    """Return the number of a day, counted from the epoch."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the day that has a number."""
    return date.fromordinal(number + _EPOCH)


def in_seconds(windows: Sequence[tuple[time, time]]) -> Windows:
    """Return windows in seconds since midnight; an end of 00:00 is that of the day."""
    return tuple((_since_midnight(a), _since_midnight(b) or DAY_S) for a, b in windows)


def _since_midnight(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _common(left: Sequence[UtcSpan], right: Sequence[UtcSpan]) -> list[UtcSpan]:
    """Return what two sequences of spans, each in order and disjoint, have in common."""
    common: list[UtcSpan] = []
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


@lru_cache(maxsize=8192)
def _steady(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """Cut a day of UTC where the zone's offset changes, and name the offsets.

    No zone changes its offset twice within a day.
    """
    clock = ZoneInfo(zone)
    begin, end = day * DAY_S, (day + 1) * DAY_S
    before, after = _offset(clock, begin), _offset(clock, end)
    if before == after:
        return ((begin, end, before),)
    low, high = begin, end
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(clock, middle) == before else (low, middle)
    return (begin, high, before), (high, end, after)


def _offset(clock: ZoneInfo, moment: int) -> int:
    local = datetime.fromtimestamp(moment, UTC).astimezone(clock)
    return int(local.utcoffset().total_seconds())  # type: ignore[union-attr]  # it is aware


@lru_cache(maxsize=4096)  # the same few midnights are asked for again and again
def on_wall(day: date, at: time, clock: tzinfo) -> datetime:
    """Return when a clock on the wall shows a time of a day, aware UTC.

    Where clocks are turned it may show it twice: then the later of the two counts.
    """
    shown = datetime.combine(day, at, clock)
    return max(shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
