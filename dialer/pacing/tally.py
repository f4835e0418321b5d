"""How many of several uncertain things will happen, and how likely it is that too many do; pure."""

import math
from dataclasses import dataclass

_NOTHING = 1e-9


@dataclass(slots=True)
class Tally:
    """The number of things that will happen, each with a chance of its own.

    Attributes:
        mean: how many are expected.
        variance: how far it may be from that.
        skew: third moment about the mean: few rare things more often exceed their mean by far
            than fall short of it, and with few agents that decides.
    """

    mean: float = 0.0
    variance: float = 0.0
    skew: float = 0.0

    def add(self, chance: float, things: float = 1.0) -> None:
        """Take in things that happen with a chance."""
        variance = things * chance * (1.0 - chance)
        self.mean += things * chance
        self.variance += variance
        self.skew += variance * (1.0 - 2.0 * chance)

    def plus(self, other: "Tally", times: float = 1.0) -> "Tally":
        """Return the number together with that of other things, which may come several times."""
        return Tally(
            self.mean + times * other.mean,
            self.variance + times * other.variance,
            self.skew + times * other.skew,
        )

    def less(self, other: "Tally") -> "Tally":
        """Return by how much the number exceeds that of other things."""
        return Tally(self.mean - other.mean, self.variance + other.variance, self.skew - other.skew)

    def reaches(self, least: int) -> float:
        """Return how likely the number is to be at least so high.

        By the normal distribution, corrected for the skew.
        """
        away = least - 0.5 - self.mean
        if self.variance < _NOTHING or away <= 0.0:
            return 1.0 if away <= 0.0 else 0.0
        deviation = math.sqrt(self.variance)
        z = away / deviation
        skew = self.skew / (self.variance * deviation)
        height = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        chance = 0.5 * math.erfc(z / math.sqrt(2.0)) + skew / 6.0 * (z * z - 1.0) * height
        return min(1.0, max(0.0, chance))
