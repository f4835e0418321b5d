"""What a round is to be, all of it decided by its seed; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

Counted = Literal["placed", "ended", "seconds"]

EXPECTED = {
    "00": "connected",
    "20": "busy",
    "30": "no_answer",
    "40": "unallocated",
    "50": "congestion",
    "60": "connected",
    "65": "hung_up_early",
    "66": "connected",
    "70": "connected",
    "71": "abandoned",
    "75": "connected",
    "79": "connected",
    "90": "connected",
}
"""What a call comes to when nothing breaks, by the last two figures of the number (`town.toml`)."""

TRIES_OF_BUSY = 2
"""How often the campaign calls who is busy; everybody else is called once."""

_EVERYBODY = tuple(EXPECTED)
_LONG = ("70", "79", "90")
"""They stay on the line for long: a short round does without them."""
_LATEST_S = 5.0
"""The campaigns last longer: a fault that comes after the last call would prove nothing."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something breaks: so many calls after the first one was placed, or seconds."""

    counted: Counted
    value: float

    def __str__(self) -> str:
        """Say it as the report prints it."""
        if self.counted == "seconds":
            return f"{self.value:.2f} s in"
        return f"call {self.value:.0f} {self.counted}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One round.

    Attributes:
        seed: everything follows from it and from the fault.
        fault: its name.
        people: the endings of their numbers, in the order in which they are called.
        calls_per_second: of the trunk.
        moment: when the fault comes.
        short: it is not to take much more than ten seconds.
    """

    seed: int
    fault: str
    people: tuple[str, ...]
    calls_per_second: int
    moment: Moment
    short: bool

    def made_early(self) -> "Plan":
        """Return the same round, its fault in the first half of its calls."""
        if self.moment.counted == "placed" and self.moment.value <= len(self.people) // 2:
            return self
        first_half = 1 + self.seed % (len(self.people) // 2)
        return replace(self, moment=Moment("placed", first_half))


def plan_of(seed: int, faults: Sequence[str], *, short: bool = False) -> Plan:
    """Return a round; seeds in a row give every fault its turn.

    Args:
        seed: of the round.
        faults: the names to choose from.
        short: 20 people instead of 20 to 40, and nobody who stays on the line for long.
    """
    random = Random(seed)
    many = 20 if short else random.randint(20, 40)
    everybody = [one for one in _EVERYBODY if not (short and one in _LONG)]
    # Everybody is there once, so that no outcome is left out; busy ones are called twice.
    people = [*everybody, *random.choices(everybody, k=many - len(everybody))]
    random.shuffle(people)
    return Plan(
        seed=seed,
        fault=faults[seed % len(faults)],
        people=tuple(people),
        calls_per_second=random.choice((6, 8, 12)),
        moment=_moment(random, many, short=short),
        short=short,
    )


def expected_of(number: str) -> str:
    """Return what a call to a number of the town comes to when nothing breaks."""
    return EXPECTED[number[-2:]]


def _moment(random: Random, many: int, *, short: bool) -> Moment:
    counted: Counted = random.choice(("placed", "ended", "seconds"))
    if counted == "placed":
        return Moment(counted, random.randint(1, many))
    if counted == "ended":
        # Where nobody stays on the line for long the last calls end at nearly the same time.
        return Moment(counted, random.randint(1, many // 2 if short else many * 3 // 4))
    return Moment(counted, random.uniform(0, _LATEST_S))
