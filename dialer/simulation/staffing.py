"""How many agents are in at which time, as shifts and as steps."""

import itertools
import math
from collections import deque
from collections.abc import Iterable, Sequence

from dialer.simulation.habits import Shift

Steps = Sequence[tuple[float, int]]
"""From which second on how many agents are in; in the order of time."""


def steps_of(shifts: Iterable[Shift]) -> list[tuple[float, int]]:
    """Return from when on how many agents are in."""
    # Who goes at the moment at which others come is gone by then.
    changes = sorted(
        change
        for one in shifts
        for change in ((one.begins_s, one.agents), (one.ends_s, -one.agents))
    )
    steps: list[tuple[float, int]] = []
    there = 0
    for second, group in itertools.groupby(changes, key=lambda change: change[0]):
        there += sum(agents for _, agents in group)
        if not steps or steps[-1][1] != there:
            steps.append((second, there))
    return steps


def shifts_of(steps: Steps) -> tuple[Shift, ...]:
    """Return shifts with so many agents in at each time; who came first goes first.

    Args:
        steps: the last one must be to 0 agents.
    """
    shifts: list[Shift] = []
    there: deque[tuple[float, int]] = deque()
    before = 0
    for second, agents in steps:
        if agents > before:
            there.append((second, agents - before))
        gone = before - agents
        while gone > 0:
            begins_s, came = there.popleft()
            leave = min(came, gone)
            shifts.append(Shift(agents=leave, begins_s=begins_s, ends_s=second))
            gone -= leave
            if came > leave:
                there.appendleft((begins_s, came - leave))
        before = agents
    return tuple(sorted(shifts, key=lambda one: (one.begins_s, one.ends_s)))


def most_of(shifts: Iterable[Shift]) -> int:
    """Return how many agents are in at most."""
    return max((agents for _, agents in steps_of(shifts)), default=0)


def scaled(shifts: Sequence[Shift], agents: int) -> tuple[Shift, ...]:
    """Return shifts with so many agents at most, at each time in proportion."""
    most = most_of(shifts)
    if agents == most:
        return tuple(shifts)
    return shifts_of(
        [(second, math.floor(there * agents / most + 0.5)) for second, there in steps_of(shifts)]
    )
