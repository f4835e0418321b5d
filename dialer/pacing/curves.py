"""How long something takes, learned from what was seen: a distribution that forgets; pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

_RESCALE_AT = 1e12
_HUGE = 1e15
"""No number that was ever saved is so far from 0."""


class Curve:
    """The distribution of a duration, in bins of one second.

    A prior stands in while little was seen. Each observation weighs a little more than the
    one before, so that the last `memory` of them decide.
    """

    def __init__(self, prior: Sequence[float], *, weight: float, memory: float) -> None:
        """Begin with the prior.

        Args:
            prior: how likely each second is; need not add up to 1.
            weight: how many observations the prior counts for.
            memory: after so many observations one weighs a third of the latest.
        """
        total = sum(prior)
        self._prior = [weight * share / total for share in prior]
        self._seen = [0.0] * len(prior)
        self._step = 1.0 + 1.0 / memory
        self._latest = 1.0
        self.share: list[float] = []
        """Share of each second."""
        self.below: list[float] = []
        """`below[k]`: share that is shorter than k seconds; one longer than `share`."""
        self.weight = weight
        """On how many observations the shares rest."""
        self.rebuild()

    def see(self, seconds: float) -> None:
        """Learn from one duration; it counts from the next `rebuild` on."""
        self._latest *= self._step
        self._seen[min(len(self._seen) - 1, max(0, int(seconds)))] += self._latest
        if self._latest > _RESCALE_AT:
            self._seen = [seen / self._latest for seen in self._seen]
            self._latest = 1.0

    def rebuild(self) -> None:
        """Let what was seen count."""
        both = [
            seen / self._latest + prior for seen, prior in zip(self._seen, self._prior, strict=True)
        ]
        self.weight = sum(both)
        self.share = [one / self.weight for one in both]
        self.below = [0.0, *accumulate(self.share)]

    def under(self, seconds: float) -> float:
        """Return the share that is shorter than some whole seconds."""
        return self.below[min(len(self.share), max(0, int(seconds)))]

    @property
    def mean_s(self) -> float:
        """Return the mean."""
        return sum((second + 0.5) * share for second, share in enumerate(self.share))

    def save(self) -> dict[str, list[float]]:
        """Return what was learned: the seconds that were seen, and how much of each."""
        seen = {second: seen / self._latest for second, seen in enumerate(self._seen) if seen}
        return {"seconds": list(map(float, seen)), "seen": [round(one, 4) for one in seen.values()]}

    def load(self, saved: object) -> None:
        """Take up what was saved; what cannot be understood is left out."""
        if not isinstance(saved, Mapping):
            return
        for second, seen in zip(
            numbers(saved.get("seconds")), numbers(saved.get("seen")), strict=False
        ):
            if 0 <= second < len(self._seen) and 0 < seen < _RESCALE_AT:
                self._seen[int(second)] = seen * self._latest
        self.rebuild()


def numbers(saved: object) -> list[float]:
    """Return a list's finite numbers, or nothing where it holds anything else."""
    if not isinstance(saved, list):
        return []
    fine = all(isinstance(one, int | float) and -_HUGE < one < _HUGE for one in saved)
    return [float(one) for one in saved] if fine else []


def spread(seconds: int, longer_than: Callable[[float], float]) -> list[float]:
    """Return the shares of so many seconds, from the share that lasts longer than a time.

    What is longer than all of them falls into the last.
    """
    left = [longer_than(second) for second in range(seconds)] + [0.0]
    return [left[second] - left[second + 1] for second in range(seconds)]


def exponential(seconds: int, mean_s: float) -> list[float]:
    """Return the shares of a duration that ends at any moment alike."""
    return spread(seconds, lambda second: math.exp(-second / mean_s))


def weibull(seconds: int, scale_s: float, *, shape: float = 2.0) -> list[float]:
    """Return the shares of a duration that is likelier to end the longer it lasts."""
    return spread(seconds, lambda second: math.exp(-((second / scale_s) ** shape)))


def uniform(seconds: int, longest_s: float) -> list[float]:
    """Return the shares of a duration that is as likely to be any up to the longest."""
    return spread(seconds, lambda second: max(0.0, 1.0 - second / longest_s))
