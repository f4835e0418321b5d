"""When agents were in, and which breaks they took, from the log of their states."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from campaigns.model import AgentState
from dialer.simulation.scenario import DAY_S, HOUR_S
from dialer.simulation.staffing import shifts_of

SLOT_S = 1800
"""Agents are counted by half hours of the day, the first of which begins at midnight."""

_SLOTS = DAY_S // SLOT_S
_AWAY = frozenset({AgentState.OUT, AgentState.CALLING})
_WORKING = frozenset({AgentState.READY, AgentState.TALKING, AgentState.WRAP_UP})
_A_DAY_OF_WORK = 0.1
"""Of the busiest day's hours: a day with less is no day of work, but somebody's trial."""
_A_BREAK_S = 60.0
_FEWEST_BREAKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A time that an agent spent in a state; `before`: the state they came from."""

    agent: int
    state: AgentState
    before: AgentState | None
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The breaks that agents took: after how long at work in the mean, and how long each was."""

    every_s: float
    lasted_s: Sequence[float]


def agents_by_slot(stays: Iterable[Stay], zone: tzinfo | None) -> dict[int, int]:
    """Return how many agents were in by half hour, the mean of their days; nobody: not named.

    Args:
        stays: of all agents.
        zone: the floor's; None: that of the machine.
    """
    there: dict[date, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for stay in stays:
        if stay.state not in _AWAY:
            for moment, seconds in _slots(stay.begin, stay.end, zone):
                there[moment.date()][_slot(moment)] += seconds
    busiest = max((sum(day.values()) for day in there.values()), default=0.0)
    days = [day for day in there.values() if sum(day.values()) >= _A_DAY_OF_WORK * busiest]
    found: dict[int, int] = {}
    for slot in range(_SLOTS if days else 0):
        mean = sum(day[slot] for day in days) / SLOT_S / len(days)
        if agents := math.floor(mean + 0.5):
            found[slot] = agents
    return found


def breaks_of(stays: Sequence[Stay]) -> Taken | None:
    """Return the breaks that were taken out of the work, or None where there were hardly any."""
    paused = [
        (stay.end - stay.begin).total_seconds()
        for stay in stays
        if stay.state is AgentState.PAUSED and stay.before in _WORKING
    ]
    breaks = [one for one in paused if one >= _A_BREAK_S]
    if len(breaks) < _FEWEST_BREAKS:
        return None
    worked_s = sum(
        (stay.end - stay.begin).total_seconds() for stay in stays if stay.state in _WORKING
    )
    return Taken(every_s=worked_s / len(breaks), lasted_s=breaks)


def shifts_by_slot(by_slot: Mapping[int, int]) -> list[dict[str, object]]:
    """Return the tables of shifts in which so many agents are in at each half hour."""
    steps = [(float(slot * SLOT_S), by_slot.get(slot, 0)) for slot in range(_SLOTS)]
    found = shifts_of([*steps, (float(DAY_S), 0)])
    return [
        {"agents": one.agents, "hours": [[_clock(one.begins_s), _clock(one.ends_s)]]}
        for one in found
    ]


def _slots(begin: datetime, end: datetime, zone: tzinfo | None) -> Iterator[tuple[datetime, float]]:
    """Yield the half hours of the day that a time lies in, on the floor's clock, and how long."""
    while begin < end:
        local = begin.astimezone(zone)
        gone = timedelta(
            minutes=local.minute % 30, seconds=local.second, microseconds=local.microsecond
        )
        until = min(end, begin + timedelta(seconds=SLOT_S) - gone)
        yield local, (until - begin).total_seconds()
        begin = until


def _slot(moment: datetime) -> int:
    return (moment.hour * HOUR_S + moment.minute * 60) // SLOT_S


def _clock(second: float) -> str:
    minutes = int(second) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"
