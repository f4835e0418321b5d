"""In which of the coming hours how many people can be called, and why the others cannot; pure.

Nobody is called meanwhile: each person counts in every hour in which a call to them could
begin, as they stand now. People who are alike in everything that decides are one group.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from campaigns.law import ANY_LINE, Law, Laws
from campaigns.legal_gates import why_not_placed
from campaigns.model import Campaign
from campaigns.rules.model import Placing
from campaigns.timetable import Clause, Timetable

HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why people cannot be called.

    Attributes:
        gate: the gate that refuses them.
        rule: the rule in it; None where only the gate is known.
        why: the reason in words; it does not make another reason of it.
    """

    gate: str
    rule: str | None
    why: str = field(default="", compare=False)


LIST_ENDS = Reason("list", "expires_on", "their list expires before an hour opens for them")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTimes:
    """When calls to the people of one place may begin.

    Attributes:
        times: from the first to the last moment of each time, in order, from now to the end
            of the period.
        shut: the reason where there is no such time.
    """

    times: tuple[tuple[datetime, datetime], ...]
    shut: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People who are alike in everything that decides when they can be called.

    Attributes:
        place: where they are; people of one place have the same object.
        due_at: before it they are not called; None: they wait for nothing.
        until: from then on they are not called, or None.
        waits_for: why they are called so late, where they are.
        never: why no hour at all will do, or None.
    """

    people: int
    place: OpenTimes
    due_at: datetime | None = None
    until: datetime | None = None
    waits_for: Reason | None = None
    never: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The hours of a period.

    Attributes:
        begin: of the first hour, the one that it is now.
        hours: for each of them how many people can be called in it.
        callable: how many can be called in at least one.
        never: why the others cannot, with their number.
    """

    begin: datetime
    hours: tuple[int, ...]
    callable: int
    never: Mapping[Reason, int]

    @property
    def end(self) -> datetime:
        """The end of the last hour."""
        return self.begin + len(self.hours) * HOUR

    @property
    def people(self) -> int:
        """How many people there are in all."""
        return self.callable + sum(self.never.values())


def period(now: datetime, days: int) -> tuple[datetime, datetime]:
    """Return the beginning of the hour that it is, and the moment so many days after it."""
    begin = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return begin, begin + days * _DAY


def forecast(groups: Iterable[Group], *, now: datetime, days: int) -> Forecast:
    """Count the people who can be called in each hour of the coming days.

    An hour counts for somebody when a call to them could begin during some time of it; a
    single moment is none.
    """
    begin, end = period(now, days)
    count = (end - begin) // HOUR
    grids: dict[int, _Grid] = {}
    ready: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * count)
    never: dict[Reason, int] = defaultdict(int)
    for group in groups:
        grid = grids.get(id(group.place))
        if grid is None:
            grid = grids[id(group.place)] = _Grid(group.place, begin, count)
        last = count if group.until is None else min(-((begin - group.until) // HOUR), count)
        first = 0 if group.due_at is None or group.due_at <= now else grid.after(group.due_at)
        if group.never is not None:
            never[group.never] += group.people
        elif grid.following[first] < last:
            ready[id(group.place), last][first] += group.people
        else:
            never[_why_never(group, grid, last)] += group.people
    hours = [0] * count
    at_some_hour = 0
    for (place, last), joining in ready.items():
        waiting = 0
        opens = grids[place].closes
        for hour in range(last):
            waiting += joining[hour]
            if opens[hour] is not None:
                hours[hour] += waiting
        at_some_hour += sum(joining)
    return Forecast(begin=begin, hours=tuple(hours), callable=at_some_hour, never=dict(never))


class _Grid:
    """The open times of one place, by hours.

    Attributes:
        closes: for each hour the last moment of it at which a call may begin, or None.
        following: for each hour and the end of all the next hour that is open; after the
            last one the number of hours.
    """

    def __init__(self, place: OpenTimes, begin: datetime, count: int) -> None:
        self.place = place
        self._begin = begin
        self.closes: list[datetime | None] = [None] * count
        for opens_at, closes_at in place.times:
            for hour in range((opens_at - begin) // HOUR, -((begin - closes_at) // HOUR)):
                if 0 <= hour < count:
                    self.closes[hour] = min(closes_at, begin + (hour + 1) * HOUR)
        self.following = [count] * (count + 1)
        for hour in reversed(range(count)):
            shut = self.closes[hour] is None
            self.following[hour] = self.following[hour + 1] if shut else hour

    def after(self, due_at: datetime) -> int:
        """Return the first hour in which there is time left after a moment, open or not."""
        hour = min((due_at - self._begin) // HOUR, len(self.closes))
        if hour == len(self.closes):
            return hour
        closes_at = self.closes[hour]
        return hour if closes_at is not None and due_at < closes_at else hour + 1


def _why_never(group: Group, grid: _Grid, last: int) -> Reason:
    if grid.following[0] == len(grid.closes):
        assert grid.place.shut is not None, "what never opens has its reason"
        return grid.place.shut
    if grid.following[0] >= last or group.waits_for is None:
        return LIST_ENDS
    return group.waits_for


# -- when a place is open --------------------------------------------------------------------


def open_times(
    laws: Laws, campaign: Campaign, placing: Placing, *, now: datetime, end: datetime
) -> OpenTimes:
    """Return when calls to people in a placing may begin until the end of a period.

    Each day has the rules that hold on it: one may come into force within the period.
    """
    law = laws.of(campaign, placing, ANY_LINE, now)
    refusal = next(why_not_placed(campaign, law), None)
    if refusal is not None:
        return OpenTimes(times=(), shut=Reason(refusal.gate, refusal.rule, refusal.why))
    times: list[tuple[datetime, datetime]] = []
    for of_day, begin, until in _stretches(laws, campaign, placing, now=now, end=end):
        if of_day.clauses and placing.zones:
            times += of_day.timetable().open_hours(begin, until)
        else:
            times.append((begin, until))
    if times:
        return OpenTimes(times=tuple(times))
    return OpenTimes(times=(), shut=_shut(law, now, end))


def _stretches(
    laws: Laws, campaign: Campaign, placing: Placing, *, now: datetime, end: datetime
) -> list[tuple[Law, datetime, datetime]]:
    """Cut a period where other rules of hours begin to hold."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (end - midnight) // _DAY + 1
    edges = [now, *(midnight + n * _DAY for n in range(1, days)), end]
    found: list[tuple[Law, datetime, datetime]] = []
    for begin, until in pairwise(edges):
        if begin == until:
            continue
        law = laws.of(campaign, placing, ANY_LINE, begin)
        if found and found[-1][0].clauses == law.clauses:
            found[-1] = (found[-1][0], found[-1][1], until)
        else:
            found.append((law, begin, until))
    return found


def _shut(law: Law, now: datetime, end: datetime) -> Reason:
    """Return the rule by which no time of a period is open."""
    for clause in law.clauses:
        alone = Timetable([clause], law.placing.zones, ring_s=law.ring_s)
        if not alone.open_hours(now, end):
            return Reason("hours", clause.rule, _why_shut(clause))
    return Reason("hours", "together", _never_at_once(law.clauses))


def _why_shut(clause: Clause) -> str:
    if clause.rule == "starts":
        return f"the campaign starts on {clause.day_after}"
    if clause.rule == "ends":
        return f"the campaign ends on {clause.day_before}"
    return f"none of these days has an hour that is open ({clause.source})"


def _never_at_once(clauses: Sequence[Clause]) -> str:
    rules = ", ".join(dict.fromkeys(clause.rule for clause in clauses))
    return f"no hour of these days is open by all of these at once: {rules}"
