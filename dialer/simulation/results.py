"""What several runs of a scenario came to: each figure with its spread, and the day by hours."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from dialer.simulation.run import HALF_HOUR_S, HalfHour, Run
from dialer.simulation.scenario import DAY_S, HOUR_S, Scenario

ENOUGH_ANSWERS = 30
"""In a half hour with fewer answers a single call decides on its share abandoned."""

_FINISHING = 0.2
"""Agents who finish their last talk make no hour of the day."""

_PER_DAY = DAY_S // HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure over several runs: its mean, and what it was at least and at most."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """An hour of the day, the mean of all runs and days; agents and talking: at a time."""

    hour: int
    agents: float
    talking: float
    calls: float
    answers: float
    abandoned: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What came of a scenario.

    Attributes:
        figures: those of `FIGURES`; None where no run had it.
        hours: those in which agents were in.
        exhausted_runs: in how many runs the list came to its end.
        held_back: calls that were wanted and that the trunk did not take, mean of the runs.
        runs: how many there were.
    """

    figures: Mapping[str, Figure | None]
    hours: tuple[Hour, ...]
    exhausted_runs: int
    held_back: float
    runs: int


def results_of(scenario: Scenario, runs: Sequence[Run]) -> Results:
    """Return what the runs of a scenario came to."""
    return Results(
        figures={name: _figure([find(run) for run in runs]) for name, find in FIGURES.items()},
        hours=tuple(_hours(scenario, runs)),
        exhausted_runs=sum(run.exhausted_s is not None for run in runs),
        held_back=fmean(run.held_back for run in runs),
        runs=len(runs),
    )


def _figure(values: Sequence[float | None]) -> Figure | None:
    there = [value for value in values if value is not None]
    if not there:
        return None
    return Figure(mean=fmean(there), low=min(there), high=max(there))


def _per_agent_hour(run: Run) -> float | None:
    in_s = run.total("in_s")
    return run.total("talk_s") / in_s * 60.0 if in_s else None


def _worst_half_hour(run: Run) -> float | None:
    enough = any(half.answers >= ENOUGH_ANSWERS for half in run.half_hours)
    return run.worst_half_hour(ENOUGH_ANSWERS) if enough else None


def _calls_per_hour(run: Run) -> float | None:
    worked_s = sum(HALF_HOUR_S for half in run.half_hours if half.calls)
    if run.exhausted_s is not None:
        worked_s -= HALF_HOUR_S - run.exhausted_s % HALF_HOUR_S
    return run.total("calls") / worked_s * HOUR_S if worked_s > 0 else None


def _most_calls_in_an_hour(run: Run) -> float:
    halves = [half.calls for half in run.half_hours]
    return float(max(sum(halves[at : at + 2]) for at in range(len(halves))))


FIGURES: Mapping[str, Callable[[Run], float | None]] = {
    "utilisation": lambda run: run.utilisation if run.total("in_s") else None,
    "talk_min_per_agent_hour": _per_agent_hour,
    "wait_s": lambda run: fmean(run.idle_s) if run.idle_s else None,
    "abandoned": lambda run: run.abandoned_share if run.total("answers") else None,
    "abandoned_worst_half_hour": _worst_half_hour,
    "calls": lambda run: run.total("calls"),
    "calls_per_hour": _calls_per_hour,
    "calls_in_busiest_hour": _most_calls_in_an_hour,
    "answers": lambda run: run.total("answers"),
    "lines": lambda run: float(run.most_lines),
    "resting_min": lambda run: run.resting_s / 60.0,
    "exhausted_s": lambda run: run.exhausted_s,
    "people_left": lambda run: None if run.left is None else float(run.left),
}
"""Name -> the figure of one run; shares from 0 to 1, times in seconds but where they say so."""


def _hours(scenario: Scenario, runs: Sequence[Run]) -> list[Hour]:
    first = scenario.begins_s // HOUR_S
    by_hour: dict[int, list[HalfHour]] = {}
    for run in runs:
        for number, half in enumerate(run.half_hours):
            hour = first + int(number * HALF_HOUR_S) // HOUR_S % _PER_DAY
            by_hour.setdefault(hour, []).append(half)
    played = len(runs) * scenario.days
    found = [
        Hour(
            hour=hour % _PER_DAY,
            agents=sum(half.in_s for half in halves) / HOUR_S / played,
            talking=sum(half.talk_s for half in halves) / HOUR_S / played,
            calls=sum(half.calls for half in halves) / played,
            answers=sum(half.answers for half in halves) / played,
            abandoned=sum(half.abandoned for half in halves) / played,
        )
        for hour, halves in sorted(by_hour.items())
    ]
    while found and not found[-1].calls and found[-1].agents < _FINISHING:
        found.pop()
    return found


def clock_text(scenario: Scenario, second: float) -> str:
    """Return a moment of the model as the floor's clock shows it: "14:20", "day 2, 14:20"."""
    minutes = math.floor((scenario.begins_s + second) / 60.0)
    day, minute = divmod(minutes, DAY_S // 60)
    clock = f"{minute // 60:02}:{minute % 60:02}"
    return clock if scenario.days == 1 else f"day {day + 1}, {clock}"
