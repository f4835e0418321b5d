"""Which busy agents will be free soon, learned from how long they talk and wrap up; pure."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from dialer.pacing.curves import Curve, exponential
from dialer.pacing.tally import Tally

_TALK_S, _WRAP_S = 1800, 300
_TALK_GUESS_S, _WRAP_GUESS_S = 120.0, 15.0
_MEMORY, _WEIGHT = 600.0, 8.0
_BELIEVED_AFTER = 5.0
"""So many have to have lasted as long before an age is believed by half."""
_SMOOTH_LEAST_S, _SMOOTH_SHARE = 2, 0.05


class Supply:
    """How likely each busy agent is to be free within the time looked ahead."""

    def __init__(self) -> None:
        """Begin with a guess."""
        self.talk = Curve(exponential(_TALK_S, _TALK_GUESS_S), weight=_WEIGHT, memory=_MEMORY)
        self.wrap = Curve(exponential(_WRAP_S, _WRAP_GUESS_S), weight=_WEIGHT, memory=_MEMORY)
        self._from_talk: list[float] = []
        self._from_wrap: list[float] = []

    def rebuild(self, within_s: int) -> None:
        """Let what was seen count, for agents who are free within so many seconds."""
        self.talk.rebuild()
        self.wrap.rebuild()
        self._from_talk = self._after_talk(within_s)
        self._from_wrap = _hazard(
            np.array(
                [self.wrap.under(age + within_s) - self.wrap.under(age) for age in range(_WRAP_S)]
            ),
            1.0 - np.array(self.wrap.below[:-1]),
            self.wrap.weight,
            _SMOOTH_LEAST_S,
        )

    def _after_talk(self, within_s: int) -> list[float]:
        """Return by the age of a talk how likely it and its wrap-up end in time."""
        talk = np.concatenate([self.talk.share, np.zeros(within_s)])
        wrapped = np.array([self.wrap.under(within_s - after) for after in range(1, within_s + 1)])
        ends = np.correlate(talk[1:], wrapped, "valid")[: len(self.talk.share)]
        ends = np.concatenate([ends, np.zeros(len(self.talk.share) - len(ends))])
        smooth = _SMOOTH_LEAST_S + int(_SMOOTH_SHARE * self.talk.mean_s)
        return _hazard(ends, 1.0 - np.array(self.talk.below[:-1]), self.talk.weight, smooth)

    def of(self, talking: Iterable[float], wrapping: Iterable[float], now: float) -> Tally:
        """Return how many agents will be free.

        Args:
            talking: since when each of them talks.
            wrapping: since when each of them wraps up.
            now: in seconds.
        """
        freed = Tally()
        for since, known in ((talking, self._from_talk), (wrapping, self._from_wrap)):
            longest = len(known)
            for begin in since:
                age = int(now - begin)
                # An agent of whom nothing was heard for so long is not counted on.
                if 0 <= age < longest:
                    freed.add(known[age])
        return freed

    def save(self) -> dict[str, object]:
        """Return what was learned."""
        return {"talk": self.talk.save(), "wrap": self.wrap.save()}

    def load(self, saved: object) -> None:
        """Take up what was saved; what cannot be understood is left out."""
        if isinstance(saved, Mapping):
            self.talk.load(saved.get("talk"))
            self.wrap.load(saved.get("wrap"))


def _hazard(
    ends: NDArray[np.float64], lasts: NDArray[np.float64], seen: float, smooth_s: int
) -> list[float]:
    """Return by age how likely the end is.

    Where few have lasted so long, the chance at any age stands in: the longest of the few would
    else seem sure to end just where the one before it did.

    Args:
        ends: the share that reaches each age and then ends in time.
        lasts: the share that reaches it.
        seen: on how many observations the shares rest.
        smooth_s: so many seconds to either side count too.
    """
    usual = _BELIEVED_AFTER * ends.sum() / lasts.sum()
    window = np.full(2 * smooth_s + 1, seen / (2 * smooth_s + 1))
    found = np.convolve(ends, window, "same") + usual
    return [float(one) for one in found / (np.convolve(lasts, window, "same") + _BELIEVED_AFTER)]
