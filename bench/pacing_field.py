"""Pacers as the field has them, to compare with: written anew from what is known of them.

`Adaptive` follows VICIdial's dial level as its source has it (agents ready or in a call, one
server, one campaign); it is a model of it, not the thing itself.
"""

from collections import deque
from collections.abc import Hashable


class Counting:
    """Counts what the formulas of the field ask for."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.ready: set[Hashable] = set()
        self.talking: set[Hashable] = set()
        self.wrapping: set[Hashable] = set()
        self.ringing: set[Hashable] = set()
        self.waiting: set[Hashable] = set()
        self.answers = self.abandoned = 0

    def observe(self, now: float, kind: str, call: Hashable = None, agent: Hashable = None) -> None:
        """Take in something that happened."""
        del now
        if kind == "placed":
            self.ringing.add(call)
        elif call is not None and kind != "answered":
            self.ringing.discard(call)
            self.waiting.discard(call)
        if kind == "live":
            self.waiting.add(call)
            self.answers += 1
        elif kind == "abandoned":
            self.abandoned += 1
        if agent is not None:
            for phase in (self.ready, self.talking, self.wrapping):
                phase.discard(agent)
            if kind == "ready":
                self.ready.add(agent)
            elif kind == "connected":
                self.talking.add(agent)
            elif kind == "wrapup":
                self.wrapping.add(agent)


class FreeTimes(Counting):
    """So many calls for each free agent, as progressive and ratio modes have it."""

    def __init__(self, ratio: float) -> None:
        """Begin; `ratio`: calls for each free agent."""
        super().__init__()
        self._ratio = ratio

    def calls_to_place(self, now: float) -> int:
        """Return what is missing to that."""
        del now
        free = len(self.ready) - len(self.waiting)
        return int(self._ratio * max(0, free)) - len(self.ringing)


class Adaptive(Counting):
    """A dial level that rises while agents wait, and is 1 while too many were dropped today."""

    _PLACE_S, _SAMPLE_S, _ADAPT_S, _SAMPLES = 2.5, 1.0, 15.0, 15
    _DROPPED, _HIGHEST, _ENOUGH = 0.03, 3.0, 50

    def __init__(self) -> None:
        """Begin at level 1."""
        super().__init__()
        self._level = 1.0
        self._samples: deque[tuple[int, int, int]] = deque(maxlen=self._SAMPLES)
        self._sample_at = self._place_at = 0.0
        self._adapt_at = self._ADAPT_S

    def calls_to_place(self, now: float) -> int:
        """Return what is missing to the level."""
        if now >= self._sample_at:
            self._sample_at = now + self._SAMPLE_S
            everybody = len(self.ready) + len(self.talking) + len(self.wrapping)
            self._samples.append((len(self.ready), len(self.waiting), everybody))
        if now >= self._adapt_at:
            self._adapt_at = now + self._ADAPT_S
            self._adapt()
        if now < self._place_at:
            return 0
        self._place_at = now + self._PLACE_S
        goal = round(self._level * (len(self.ready) + len(self.talking)))
        return goal - len(self.ringing) - len(self.waiting) - len(self.talking)

    def _adapt(self) -> None:
        ready, waiting, everybody = (sum(column) for column in zip(*self._samples, strict=True))
        if everybody:
            self._level *= 1.0 + (ready - waiting) / everybody
        if self.answers > self._ENOUGH and self.abandoned > self._DROPPED * self.answers:
            self._level = 1.0
        self._level = min(self._HIGHEST, max(1.0, self._level))
