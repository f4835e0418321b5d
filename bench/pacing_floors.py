"""The floors on which `bench/pacing.py` compares pacers: a grid, and others beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from dialer.simulation.habits import (
    Breaks,
    Course,
    Exponential,
    Fixed,
    Habits,
    Later,
    LogNormal,
    Mixed,
    Shift,
    Spread,
    Uniform,
)

AGENTS = (3, 10, 30, 100)
RATES = (0.1, 0.25, 0.5)
TALKS_S = (30.0, 90.0, 240.0)
SHIFT_S = 3 * 3600.0

_REFUSALS, _REFUSAL_S = 0.4, 12.0
_DAY = (1.0, 1.25, 0.8, 0.7, 1.0, 1.3)
"""How the answer rate moves from one half hour to the next, against its mean."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A floor with a name.

    Attributes:
        group: floors that are reported together.
        agents: how many are in most of the time.
        tells_who_left: the pacer hears of people who hang up while they wait.
    """

    group: str
    name: str
    agents: int
    habits: Habits
    tells_who_left: bool = True


def talks(mean_s: float) -> Spread:
    """Return talks of which some are short refusals and the others differ much."""
    longer = (mean_s - _REFUSALS * _REFUSAL_S) / (1.0 - _REFUSALS)
    return Mixed(_REFUSALS, LogNormal.of_mean(_REFUSAL_S, 0.5), LogNormal.of_mean(longer, 0.7))


def usual(agents: int, rate: float, talk_s: float, shift_s: float = SHIFT_S) -> Habits:
    """Return a floor of the grid."""
    return Habits(
        shifts=(Shift(agents=agents, begins_s=0.0, ends_s=shift_s),),
        answer_rate=Course.steady(rate),
        breaks=Breaks(every_s=3600.0, length=Uniform(120.0, 600.0)),
        pickup=Later(2.0, LogNormal(7.0, 0.5)),
        at_once_rate=0.3,
        at_once=Uniform(2.0, 6.0),
        ring_out_s=28.0,
        talk=talks(talk_s),
        wrap_up=Later(3.0, Exponential(3.0 + 0.08 * talk_s)),
    )


def daily(rate: float, shift_s: float = SHIFT_S) -> Course:
    """Return an answer rate that changes in the course of a shift."""
    step = shift_s / len(_DAY)
    return Course(tuple((step * at, rate * factor) for at, factor in enumerate(_DAY)))


def grid(shift_s: float = SHIFT_S) -> Iterator[Scene]:
    """Return the floors of the grid: agents, answer rate, talk, and whether the rate drifts."""
    for agents, rate, talk_s, drifts in product(AGENTS, RATES, TALKS_S, (False, True)):
        habits = usual(agents, rate, talk_s, shift_s)
        if drifts:
            habits = replace(habits, answer_rate=daily(rate, shift_s))
        name = f"{rate:.0%} answer, {talk_s:.0f} s{', drifting' if drifts else ''}"
        yield Scene(f"{agents} agents", name, agents, habits)


def _few_answer(floor: Habits) -> Habits:
    return replace(floor, answer_rate=Course.steady(0.05))


def _most_answer(floor: Habits) -> Habits:
    return replace(floor, answer_rate=Course.steady(0.6))


def _short_talks(floor: Habits) -> Habits:
    return replace(floor, talk=LogNormal.of_mean(20.0, 0.6), wrap_up=Exponential(4.0))


def _long_talks(floor: Habits) -> Habits:
    return replace(floor, talk=LogNormal.of_mean(480.0, 0.8), wrap_up=Exponential(60.0))


def _even_talks(floor: Habits) -> Habits:
    return replace(floor, talk=LogNormal.of_mean(60.0, 0.1), wrap_up=Fixed(5.0))


def _rate_doubles(floor: Habits) -> Habits:
    return replace(floor, answer_rate=Course(((0.0, 0.15), (4000.0, 0.3), (8000.0, 0.6))))


def _rate_halves(floor: Habits) -> Habits:
    return replace(floor, answer_rate=Course(((0.0, 0.5), (4000.0, 0.25), (8000.0, 0.125))))


def _rate_jumps(floor: Habits) -> Habits:
    steps = tuple((900.0 * at, 0.15 if at % 2 else 0.35) for at in range(12))
    return replace(floor, answer_rate=Course(steps))


def _machines(floor: Habits) -> Habits:
    return replace(floor, machine_rate=0.3, detection=Uniform(1.0, 4.0), mistaken=0.04)


def _machines_as_people(floor: Habits) -> Habits:
    return replace(floor, machine_rate=0.3)


def _quick_answers(floor: Habits) -> Habits:
    return replace(floor, pickup=Later(1.0, LogNormal(3.0, 0.3)), ring_out_s=15.0)


def _slow_answers(floor: Habits) -> Habits:
    return replace(floor, pickup=Later(3.0, LogNormal(14.0, 0.5)), ring_out_s=45.0)


def _come_and_go(floor: Habits) -> Habits:
    agents = floor.shifts[0].agents
    few = max(1, agents // 3)
    shifts = tuple(
        Shift(agents=many, begins_s=begin, ends_s=end)
        for many, begin, end in (
            (few, 0.0, 7200.0),
            (agents - few, 1800.0, SHIFT_S),
            (few, 5400.0, 9000.0),
        )
    )
    return replace(floor, shifts=shifts, breaks=Breaks(every_s=1200.0, length=Uniform(60.0, 600.0)))


def _few_lines(floor: Habits) -> Habits:
    return replace(floor, lines=max(4, 2 * floor.shifts[0].agents), calls_per_s=5.0)


def _impatient(floor: Habits) -> Habits:
    return replace(floor, leaves=0.4)


def _memoryless(floor: Habits) -> Habits:
    return replace(
        floor,
        breaks=None,
        pickup=Exponential(10.0),
        talk=Exponential(90.0),
        wrap_up=Exponential(14.0),
    )


_OTHERS: dict[str, Callable[[Habits], Habits]] = {
    "5 % answer": _few_answer,
    "60 % answer": _most_answer,
    "talks of 20 s": _short_talks,
    "talks of 8 min": _long_talks,
    "talks all alike": _even_talks,
    "rate doubles twice": _rate_doubles,
    "rate halves twice": _rate_halves,
    "rate jumps": _rate_jumps,
    "machine detection": _machines,
    "machines taken for people": _machines_as_people,
    "quick answers": _quick_answers,
    "slow answers": _slow_answers,
    "agents come and go": _come_and_go,
    "few lines": _few_lines,
    "people hang up waiting": _impatient,
    "people hang up unheard": _impatient,
    "memoryless": _memoryless,
}


def others() -> Iterator[Scene]:
    """Return floors on which nothing was tuned: each differs from the usual one in one thing."""
    for agents, (name, change) in product(AGENTS, _OTHERS.items()):
        habits = change(usual(agents, 0.25, 90.0))
        yield Scene(f"{agents} agents", name, agents, habits, "unheard" not in name)
