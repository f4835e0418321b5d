"""How often machine detection takes a person for a machine, as far as that was tested; pure."""

import math
from dataclasses import dataclass

_Z = 1.959963984540054
"""Of the normal distribution, for an interval that holds the true share 95 times of 100."""

ENOUGH = 50
"""So many verdicts have to be judged before the share that was found is taken as it is."""


@dataclass(frozen=True, slots=True)
class AmdTest:
    """Verdicts "machine" about which somebody has said what they heard.

    Attributes:
        judged: how many; those that nobody could tell are not among them.
        persons: of these, in how many it was a person.
    """

    judged: int = 0
    persons: int = 0

    def __add__(self, other: "AmdTest") -> "AmdTest":
        """Return both tests together."""
        return AmdTest(self.judged + other.judged, self.persons + other.persons)

    @property
    def share(self) -> float | None:
        """Return the share of persons that was found, or None where nothing was judged."""
        return self.persons / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return between which shares the true one lies (Wilson, 95 %); all where untested."""
        return wilson(self.persons, self.judged)

    @property
    def assumed(self) -> float:
        """Return the share that estimates are made with.

        The one that was found, once it rests on enough; before that the highest that the
        interval allows. Without a test every machine may have been a person: whoever estimates
        less has to show why.
        """
        if self.judged >= ENOUGH and self.share is not None:
            return self.share
        return self.interval[1]


UNTESTED = AmdTest()


def wilson(found: int, of: int) -> tuple[float, float]:
    """Return the Wilson interval of a share, at 95 %; all from 0 to 1 where it is of nothing.

    Source: E. B. Wilson, Probable inference (1927), Journal of the American Statistical
    Association 22, 209-212.
    """
    if not of:
        return 0.0, 1.0
    share, squared = found / of, _Z * _Z
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    spread = math.sqrt(share * (1 - share) / of + squared / (4 * of * of))
    half = _Z * spread / (1 + squared / of)
    return (
        0.0 if found == 0 else max(0.0, middle - half),
        1.0 if found == of else min(1.0, middle + half),
    )
