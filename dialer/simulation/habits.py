"""How the people, the agents and the lines of a modelled floor behave; times in seconds."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol


class Spread(Protocol):
    """Something that lasts differently each time."""

    def draw(self, random: Random) -> float:
        """Return how long it lasts this time, in seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """It always lasts as long."""

    seconds: float

    def draw(self, random: Random) -> float:
        """Return how long it lasts."""
        del random
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """It lasts anything from the least to the most."""

    least_s: float
    most_s: float

    def draw(self, random: Random) -> float:
        """Return how long it lasts this time."""
        return random.uniform(self.least_s, self.most_s)


@dataclass(frozen=True, slots=True)
class Exponential:
    """It ends at any moment alike."""

    mean_s: float

    def draw(self, random: Random) -> float:
        """Return how long it lasts this time."""
        return random.expovariate(1.0 / self.mean_s)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Half of them last less than the median, few much longer.

    Attributes:
        median_s: in seconds.
        sigma: standard deviation of the logarithm: 0.5 is narrow, 1 is wide.
    """

    median_s: float
    sigma: float

    @classmethod
    def of_mean(cls, mean_s: float, sigma: float) -> "LogNormal":
        """Return the one whose mean is given."""
        return cls(mean_s * math.exp(-sigma * sigma / 2.0), sigma)

    def draw(self, random: Random) -> float:
        """Return how long it lasts this time."""
        return random.lognormvariate(math.log(self.median_s), self.sigma)


@dataclass(frozen=True, slots=True)
class Later:
    """It lasts so long, and then as long as something else."""

    first_s: float
    then: Spread

    def draw(self, random: Random) -> float:
        """Return how long it lasts this time."""
        return self.first_s + self.then.draw(random)


@dataclass(frozen=True, slots=True)
class Seen:
    """It lasts as long as it was seen to last: any of the values alike."""

    values: tuple[float, ...]

    def draw(self, random: Random) -> float:
        """Return how long it lasts this time."""
        return random.choice(self.values)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Some of them are of one kind, the others of another."""

    share: float
    some: Spread
    others: Spread

    def draw(self, random: Random) -> float:
        """Return how long it lasts this time."""
        return (self.some if random.random() < self.share else self.others).draw(random)


@dataclass(frozen=True, slots=True)
class Course:
    """A number that changes in the course of the day.

    Attributes:
        steps: from which second on it has which value; the first begins at 0.
    """

    steps: tuple[tuple[float, float], ...]

    @classmethod
    def steady(cls, value: float) -> "Course":
        """Return a number that stays."""
        return cls(((0.0, value),))

    @classmethod
    def hourly(cls, values: Sequence[float]) -> "Course":
        """Return a number with a value for each hour, the last one staying."""
        return cls(tuple((3600.0 * hour, value) for hour, value in enumerate(values)))

    def at(self, second: float) -> float:
        """Return the value at a moment."""
        step = bisect_right(self.steps, second, key=lambda one: one[0]) - 1
        return self.steps[max(0, step)][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Agents who come and go together.

    Attributes:
        begins_s: when they come.
        within_s: so long after the first of them the last has come.
        ends_s: when they go, their talk in hand being finished.
    """

    agents: int
    begins_s: float
    ends_s: float
    within_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    """How often an agent takes a break, and for how long."""

    every_s: float
    length: Spread = Uniform(120.0, 900.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a modelled floor behaves.

    Attributes:
        shifts: the agents.
        breaks: those they take; None: none.
        answer_rate: the share of calls that a person answers.
        machine_rate: the share that a machine answers.
        at_once_rate: of the rest, the share that ends at once: busy, no such number.
        pickup: from the placing until a person answers.
        machine_pickup: the same for a machine.
        at_once: from the placing until a call ends at once.
        ring_out_s: from the placing until nobody has answered.
        detection: how long machine detection takes; None: there is none, and an agent gets
            the machine.
        machine_talk: how long an agent has a machine, where there is no detection.
        mistaken: the share of people whom detection takes for a machine.
        talk: from the connection to the end of a talk.
        wrap_up: from there until the agent is ready.
        leaves: the share of waiting people who hang up within the time they may wait.
        lines: calls and talks at once at most; None: any number.
        calls_per_s: calls placed in a second at most; None: any number.
        leads: people on the list; None: it never ends.
        tries: how often each of them is called until somebody answers.
        retry_s: how long a person is left alone after a call that nobody answered.
    """

    shifts: tuple[Shift, ...]
    answer_rate: Course
    breaks: Breaks | None = None
    machine_rate: float = 0.0
    at_once_rate: float = 0.15
    pickup: Spread = LogNormal(9.0, 0.4)
    machine_pickup: Spread = Uniform(14.0, 22.0)
    at_once: Spread = Uniform(0.3, 4.0)
    ring_out_s: float = 28.0
    detection: Spread | None = None
    machine_talk: Spread = Uniform(4.0, 8.0)
    mistaken: float = 0.0
    talk: Spread = LogNormal(70.0, 0.7)
    wrap_up: Spread = Exponential(15.0)
    leaves: float = 0.0
    lines: int | None = None
    calls_per_s: float | None = None
    leads: int | None = None
    tries: int = 1
    retry_s: float = 4 * 3600.0
