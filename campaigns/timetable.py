"""When a call may begin: by the law's hours and the manager's own, in every zone; pure.

Every rule that limits the time is a clause. A call may begin when every clause is open in
every zone that the person may be in, and stays so for as long as it may ring.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from campaigns.model import Campaign, Window
from campaigns.rules.calendars import holiday_on
from campaigns.rules.model import Calendar
from campaigns.spans import (
    DAY_S,
    UtcSpan,
    Windows,
    common_to,
    day_number,
    day_of,
    in_seconds,
    in_zone,
)

LOOK_AHEAD_DAYS = 16
"""How far the next opening is looked for: two weeks have shown every weekday twice."""

_DAY = timedelta(days=1)
_CLOSED: tuple[tuple[Window, ...], ...] = ((),) * 7
_NO_HOLIDAYS = Calendar()
_WHOLE_DAY: Windows = ((0, DAY_S),)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A rule that says when calls may be made, on the clock of the person called.

    Attributes:
        rule: its id; "hours", "starts" and "ends" are the campaign's own.
        source: where it comes from.
        days: for each weekday (Monday is 0) its windows, in order; a day without any is
            closed.
        holiday: the windows of a public holiday; None: as on the weekday it falls on.
        calendar: the holidays.
        subdivision: where the person is, as `holiday_on` takes it.
        valid_from: the first day on which it holds, or None; before it all is open.
        valid_until: the last day on which it holds, or None; after it all is open.
    """

    rule: str
    source: str
    days: tuple[tuple[Window, ...], ...]
    holiday: tuple[Window, ...] | None = None
    calendar: Calendar = _NO_HOLIDAYS
    subdivision: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def day_before(self) -> date | None:
        """The last day before it holds, or None where it always did."""
        return self.valid_from and self.valid_from - _DAY

    @property
    def day_after(self) -> date | None:
        """The first day after it holds, or None where it always will."""
        return self.valid_until and self.valid_until + _DAY

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    def holiday_on(self, day: date) -> str | None:
        """Return the name of the holiday that a day is, or None where it is none."""
        return holiday_on(self.calendar, self.subdivision, day)

    def windows_on(self, day: date) -> Windows:
        """Return the windows of a day: the whole of it where the clause does not hold."""
        if not self.holds_on(day):
            return _WHOLE_DAY
        if self.holiday is not None and self.holiday_on(day):
            return in_seconds(self.holiday)
        return in_seconds(self.days[day.weekday()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A clause by which no call may begin now.

    Attributes:
        rule: its id.
        source: where it comes from.
        why: the reason in words.
        until: when this clause alone lets a call begin, in all zones, aware UTC; None when
            that is not within the days looked ahead.
    """

    rule: str
    source: str
    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Whether a call may begin now, and if not, when.

    Attributes:
        open: a call may begin now.
        until: the next moment at which a call may begin, aware UTC: now when it is open,
            None when none was found. It may come later than every `until` of `closed`:
            clauses that all open need not open at once.
        closed: every clause that is shut now in some zone; empty when it is open.
        never: in words that no moment was found; empty when one was.
    """

    open: bool
    until: datetime | None
    closed: tuple[Closed, ...] = ()
    never: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which a call may begin at any moment.

    Attributes:
        opens_at: its beginning, aware UTC; now where it has begun.
        closes_at: the last moment at which a call may begin, itself included; None when
            that is not within the days looked ahead.
    """

    opens_at: datetime
    closes_at: datetime | None


def own_clauses(campaign: Campaign) -> tuple[Clause, ...]:
    """Return the hours and days of the campaign file, the most final of them first.

    `starts` and `ends` are days on the calendar of every zone, both included.
    """
    clauses = []
    if campaign.ends is not None:
        clauses.append(
            Clause(
                rule="ends",
                source="campaign file: ends",
                days=_CLOSED,
                valid_from=campaign.ends + _DAY,
            )
        )
    if campaign.starts is not None:
        clauses.append(
            Clause(
                rule="starts",
                source="campaign file: starts",
                days=_CLOSED,
                valid_until=campaign.starts - _DAY,
            )
        )
    if campaign.hours is not None:
        clauses.append(
            Clause(rule="hours", source="campaign file: [hours]", days=campaign.hours.days)
        )
    return tuple(clauses)


class Timetable:
    """When a call may begin, by every clause and in every zone.

    A call may begin when it is open for the `ring_s` seconds that it may ring: `begin +
    ring_s <= end of the window`. Windows that meet, at midnight too, are one. It works out
    one day after the other, each once, and only as far as it is asked.

    The search for an opening begins at the moment asked about, or when `starts` comes, and
    ends `LOOK_AHEAD_DAYS` later.
    """

    def __init__(self, clauses: Sequence[Clause], zones: Sequence[str], *, ring_s: int) -> None:
        """Begin with nothing worked out.

        Args:
            clauses: every rule that limits the time; without any it is always open.
            zones: IANA names of every zone the person may be in. They may be empty only
                where there are no clauses: nobody can say what time it is nowhere.
            ring_s: how long a call may ring, more than 0.
        """
        assert zones or not clauses, "hours mean nothing where no zone is known"
        assert ring_s > 0, "a call that does not ring needs no time"
        self._zones = tuple(dict.fromkeys(zones))
        self._ring_s = ring_s
        self._clauses = tuple(_InZones(clause, self._zones, ring_s) for clause in clauses)
        self._spans = common_to([one.spans for one in self._clauses]) if clauses else None
        self._begins_at = max((one.begins_at for one in self._clauses), default=0)
        self._found = (0.0, -1.0)
        """The first and the last moment at which a call may begin, where that was found."""

    def at(self, now: datetime) -> Opening:
        """Tell whether a call may begin at `now` (aware), and when the next one may."""
        moment = now.timestamp()
        first, last = self._found
        if self._spans is None or first <= moment <= last:
            return Opening(open=True, until=now.astimezone(UTC))
        found = self._spans.first(*_looked_at(moment, self._begins_at), self._ring_s)
        if found is not None:
            self._found = found[0], found[1] - self._ring_s
            if found[0] == moment:
                return Opening(open=True, until=now.astimezone(UTC))
        return Opening(
            open=False,
            until=_utc(found),
            closed=tuple(filter(None, (one.closed_at(moment) for one in self._clauses))),
            never=self._never() if found is None else "",
        )

    def span(self, now: datetime) -> Span | None:
        """Return the time in which calls may begin that it is now, or the next one.

        It begins with what `at` calls `until`; None where that is None.
        """
        if self._spans is None:
            return Span(opens_at=now.astimezone(UTC), closes_at=None)
        begin, end = _looked_at(now.timestamp(), self._begins_at)
        for start, stop in self._spans.whole(begin, end):
            if stop - start >= self._ring_s:
                return Span(
                    opens_at=_moment(start),
                    closes_at=_moment(stop - self._ring_s) if stop < end else None,
                )
        return None

    def open_hours(self, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the times between two moments in which a call may begin, in order.

        Each reaches from its first moment to its last; one that is a single moment is left
        out.
        """
        if self._spans is None:
            return [(begin.astimezone(UTC), end.astimezone(UTC))] if begin < end else []
        spans = self._spans.whole(begin.timestamp(), end.timestamp() + self._ring_s)
        return [
            (_moment(start), _moment(stop - self._ring_s))
            for start, stop in spans
            if stop - start > self._ring_s
        ]

    def _never(self) -> str:
        zones = self._zones
        where = f"in {zones[0]}" if len(zones) == 1 else f"in all {len(zones)} zones at once"
        own = (one.clause for one in self._clauses if one.clause.rule == "ends")
        last = "".join(f", the last day being {clause.day_before}" for clause in own)
        return f"none of the next {LOOK_AHEAD_DAYS} days opens {where}{last}"


class _InZones:
    """One clause in all zones."""

    def __init__(self, clause: Clause, zones: Sequence[str], ring_s: int) -> None:
        self.clause = clause
        self._ring_s = ring_s
        windows = cache(lambda number: clause.windows_on(day_of(number)))
        self._in_zone = {zone: in_zone(zone, windows) for zone in zones}
        self.spans = common_to(list(self._in_zone.values()))
        # The day before: a date begins in the east up to 14 hours before it does in UTC.
        starts = clause.valid_until if clause.rule == "starts" else None
        self.begins_at = day_number(starts) * DAY_S if starts else 0

    def closed_at(self, moment: float) -> Closed | None:
        """Return why no call may begin at a moment by this clause, or None where one may."""
        shut = [
            zone
            for zone, spans in self._in_zone.items()
            if spans.first(moment, moment + self._ring_s, self._ring_s) is None
        ]
        if not shut:
            return None
        found = self.spans.first(*_looked_at(moment, self.begins_at), self._ring_s)
        return Closed(
            rule=self.clause.rule,
            source=self.clause.source,
            why=self._why(shut, moment),
            until=_utc(found),
        )

    def _why(self, shut: Sequence[str], moment: float) -> str:
        clause = self.clause
        if clause.rule == "starts":
            return f"the campaign starts on {clause.day_after}"
        ends = {zone: self._end_too_near(zone, moment) for zone in shut}
        if clause.rule == "ends":
            if None in ends.values():
                return f"the campaign ended on {clause.day_before}"
            return f"a call begun now could ring past {clause.day_before}, the last day"
        places = []
        for zone, end in ends.items():
            wall = datetime.fromtimestamp(moment, ZoneInfo(zone))
            note = f"it could ring past {end}" if end else self._holiday_that_shuts(wall)
            place = f"{_WEEKDAYS[wall.weekday()]} {wall:%H:%M} in {zone}"
            places.append(f"{place} ({note})" if note else place)
        return f"no call may begin at {', '.join(places)}"

    def _end_too_near(self, zone: str, moment: float) -> str | None:
        """Return when it closes in a zone, on the clock there; None where it is closed."""
        start, stop = next(self._in_zone[zone].whole(moment, moment + self._ring_s), (None, 0))
        if start != moment:
            return None
        end = datetime.fromtimestamp(stop, ZoneInfo(zone))
        return "24:00" if end.time() == time.min else f"{end:%H:%M}"

    def _holiday_that_shuts(self, wall: datetime) -> str | None:
        """Return the holiday but for which it would be open, where it is shut, if any."""
        usual = self.clause.days[wall.weekday()]
        if not any(a <= wall.time() and (wall.time() < b or b == time.min) for a, b in usual):
            return None
        return self.clause.holiday_on(wall.date())


def _looked_at(moment: float, begins_at: float) -> tuple[float, float]:
    begin = max(moment, begins_at)
    return begin, begin + LOOK_AHEAD_DAYS * DAY_S


def _utc(found: UtcSpan | None) -> datetime | None:
    return None if found is None else _moment(found[0])


def _moment(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
