"""How many of the calls a person answers, learned while most of them still ring; pure."""

import math
from collections import deque
from collections.abc import Mapping, Sequence

from dialer.pacing.curves import numbers

_PRIOR_ANSWERS, _PRIOR_CALLS = 1.6, 4.0
"""What is held of a campaign of which nothing is known: 40 %, a cautious guess."""
_SURE_AFTER = 100.0
"""Trials before which the rate is held to be one standard error higher than it looks."""
_LEAST_VARIANCE = 0.02
_HIGHEST = 0.98
_SLOW, _FAST = 0, 1
_MOST = 1e6
"""No more were ever counted."""
_MEMORY: tuple[tuple[float, float], ...] = ((500.0, 300.0), (80.0, 40.0))
"""For the slow and the fast rate: least memory in trials, and memory in seconds' trials."""
_PER_SECOND_OVER_S = 120.0


class AnswerRate:
    """The share of calls that a person answers.

    A call placed some seconds ago counts as a trial for the part of it that could have been
    answered by now. So calls that ring neither pull the rate down, nor do busy ones that are
    over at once while the answers are still to come.
    """

    def __init__(self, seconds: int) -> None:
        """Begin with nothing known; `seconds`: how long an answer may take."""
        self._placed: deque[float] = deque([0.0] * seconds, seconds)
        self._second: int | None = None
        self._answers = 0.0
        self._per_second = 0.0
        self._trials = [0.0, 0.0]
        self._lives = [0.0, 0.0]

    def place(self, odds: float) -> None:
        """Count a call that is placed now; one that is likelier to be answered counts for more."""
        self._placed[-1] += odds

    def answer(self) -> None:
        """Count a person who answered now."""
        self._answers += 1.0

    def pass_time(self, now: float, delay: Sequence[float]) -> None:
        """Let time pass.

        Args:
            now: in seconds.
            delay: share of the answers that come in each second after the placing.
        """
        second = int(now)
        if self._second is None:
            self._second = second
        # After a pause that is longer than any call nothing more can happen.
        for _ in range(min(second - self._second, len(self._placed) + 1)):
            self._mature(delay)
        self._second = max(second, self._second)

    def _mature(self, delay: Sequence[float]) -> None:
        matured = sum(
            placed * share
            for placed, share in zip(reversed(self._placed), delay, strict=True)
            if placed
        )
        self._per_second += (matured - self._per_second) / _PER_SECOND_OVER_S
        for pair, (least, seconds) in enumerate(_MEMORY):
            kept = math.exp(-matured / max(least, seconds * self._per_second))
            self._trials[pair] = self._trials[pair] * kept + matured
            self._lives[pair] = self._lives[pair] * kept + self._answers
        self._answers = 0.0
        self._placed.append(0.0)

    @property
    def trials(self) -> float:
        """Return on how many calls the rate rests."""
        return self._trials[_SLOW]

    @property
    def rate(self) -> float:
        """Return the share: slow and steady, but moved by a sudden change."""
        trials = self._trials[_SLOW] + _PRIOR_CALLS
        slow = (self._lives[_SLOW] + _PRIOR_ANSWERS) / trials
        if self._trials[_SLOW] < _SURE_AFTER:
            slow += _error(slow, trials)
        trials = self._trials[_FAST] + _PRIOR_CALLS
        fast = (self._lives[_FAST] + _PRIOR_CALLS * slow) / trials
        error = 2.0 * _error(fast, trials)
        return min(_HIGHEST, max(fast - error, min(fast + error, slow)))

    def save(self) -> dict[str, list[float]]:
        """Return what was learned."""
        return {"trials": list(self._trials), "lives": list(self._lives)}

    def load(self, saved: object) -> None:
        """Take up what was saved; what cannot be understood is left out."""
        if not isinstance(saved, Mapping):
            return
        trials, lives = numbers(saved.get("trials")), numbers(saved.get("lives"))
        known = [*trials, *lives]
        if len(trials) == len(lives) == len(_MEMORY) and 0.0 <= min(known) <= max(known) <= _MOST:
            self._trials, self._lives = trials, lives


def _error(share: float, trials: float) -> float:
    """Return the standard error of a share."""
    return math.sqrt(max(_LEAST_VARIANCE, share * (1.0 - share)) / trials)
