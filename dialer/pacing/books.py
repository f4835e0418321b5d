"""The calls and agents that a pacer knows of; pure.

Events may be missing, late or doubled. A call whose end never came leaves the books after a
while, and so does a person who waits although nobody said that they hung up.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar

T = TypeVar("T")

_FORGOTTEN_AFTER_S = 90.0
"""No telephone rings as long: its end was lost."""


@dataclass(slots=True)
class Flight:
    """A call in flight.

    Attributes:
        placed_at: on the pacer's clock, in seconds.
        odds: how likely it is to be answered, against the average call of its campaign: 1.
        foreign: it is another campaign's, and only takes an agent.
        answered_at: when it was picked up, if it is not known by whom; or None.
    """

    placed_at: float
    odds: float = 1.0
    foreign: bool = False
    answered_at: float | None = None


@dataclass(slots=True)
class Waiting:
    """A person who needs an agent since a moment."""

    since: float
    foreign: bool


class Books:
    """Who is free, who is busy since when, which calls are in flight."""

    def __init__(self, connect_within_s: float) -> None:
        """Begin with no call and nobody in."""
        self.flights: dict[Hashable, Flight] = {}
        self.waiting: dict[Hashable, Waiting] = {}
        self.ready: set[Hashable] = set()
        self.talking: dict[Hashable, float] = {}
        self.wrapping: dict[Hashable, float] = {}
        self.unheard: Counter[tuple[int, float]] = Counter()
        """Calls that nobody has picked up, by the second of their placing and their odds."""
        self._wait_s = connect_within_s + 1.0

    @property
    def agents(self) -> int:
        """Return how many agents are in, free or busy."""
        return len(self.ready) + len(self.talking) + len(self.wrapping)

    @property
    def free(self) -> int:
        """Return how many agents are ready for whom nobody waits; below 0: people wait."""
        return len(self.ready) - len(self.waiting)

    def knows(self, agent: Hashable) -> bool:
        """Tell whether an agent is in."""
        return agent in self.ready or agent in self.talking or agent in self.wrapping

    def place(self, call: Hashable, flight: Flight) -> None:
        """Take in a call; one that is known is not counted twice."""
        if call not in self.flights:
            self.flights[call] = flight
            self.unheard[_key(flight)] += 1

    def pick_up(self, call: Hashable, now: float) -> Flight | None:
        """Note that somebody or something picked up; return the call where that is news."""
        flight = self.flights.get(call)
        if flight is None or flight.answered_at is not None:
            return None
        self._heard(flight)
        flight.answered_at = now
        return flight

    def land(self, call: Hashable) -> Flight | None:
        """Take a call off the books; return it where it was in flight."""
        flight = self.flights.pop(call, None)
        if flight is not None and flight.answered_at is None:
            self._heard(flight)
        return flight

    def _heard(self, flight: Flight) -> None:
        key = _key(flight)
        self.unheard[key] -= 1
        if not self.unheard[key]:
            del self.unheard[key]

    def busy(self, agent: Hashable, now: float) -> None:
        """Note that an agent talks."""
        self.ready.discard(agent)
        self.wrapping.pop(agent, None)
        self.talking[agent] = now

    def leave(self, agent: Hashable) -> None:
        """Note that an agent is not in any more."""
        self.ready.discard(agent)
        self.talking.pop(agent, None)
        self.wrapping.pop(agent, None)

    def forget(self, now: float) -> None:
        """Drop calls and people whose end was lost."""
        # Both dictionaries keep the order of time: only their first ones can be too old.
        oldest = now - _FORGOTTEN_AFTER_S
        for call in _first(self.flights, lambda flight: flight.placed_at < oldest):
            self.land(call)
        since = now - self._wait_s
        for call in _first(self.waiting, lambda waiting: waiting.since < since):
            del self.waiting[call]


def _key(flight: Flight) -> tuple[int, float]:
    """Return what calls are counted together by: few keys, however many calls there are."""
    return int(flight.placed_at), round(flight.odds, 1)


def _first(known: Mapping[Hashable, T], old: Callable[[T], bool]) -> list[Hashable]:
    """Return the first ones that are old."""
    return list(takewhile(lambda one: old(known[one]), known))
