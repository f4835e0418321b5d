"""What came of one run of a modelled floor, by half hours; touches nothing."""

from dataclasses import dataclass, field

HALF_HOUR_S = 1800.0


@dataclass(slots=True)
class HalfHour:
    """What happened in half an hour; times in seconds."""

    calls: int = 0
    answers: int = 0
    abandoned: int = 0
    busy_s: float = 0.0
    talk_s: float = 0.0
    in_s: float = 0.0


@dataclass(slots=True)
class Run:
    """What came of one run; times in seconds.

    Attributes:
        half_hours: in their order.
        idle_s: how long agents waited for each of their calls.
        most_lines: calls and talks at the busiest moment.
        held_back: calls that the pacer wanted and the lines did not take.
        resting_s: how long calls were wanted while everybody rested until their next try.
        exhausted_s: when nobody was left to call, or None.
        left: who could still be called when it ended; None where the list never ends.
        ended_s: when the last agent had gone.
    """

    half_hours: list[HalfHour] = field(default_factory=list)
    idle_s: list[float] = field(default_factory=list)
    most_lines: int = 0
    held_back: int = 0
    resting_s: float = 0.0
    exhausted_s: float | None = None
    left: int | None = None
    ended_s: float = 0.0

    @classmethod
    def of(cls, ends_s: float) -> "Run":
        """Return a run in which nothing has happened yet, for shifts that end at a moment."""
        return cls(half_hours=[HalfHour() for _ in range(int(ends_s // HALF_HOUR_S) + 1)])

    def half_hour(self, at_s: float) -> HalfHour:
        """Return the half hour of a moment; what comes after the last one is counted there."""
        return self.half_hours[min(len(self.half_hours) - 1, int(at_s // HALF_HOUR_S))]

    def add(self, what: str, begin_s: float, end_s: float) -> None:
        """Add a time to the half hours in which it lies."""
        while begin_s < end_s:
            half = self.half_hour(begin_s)
            is_last = half is self.half_hours[-1]
            until_s = end_s if is_last else min(end_s, (begin_s // HALF_HOUR_S + 1) * HALF_HOUR_S)
            setattr(half, what, getattr(half, what) + until_s - begin_s)
            begin_s = until_s

    def total(self, what: str) -> float:
        """Return the sum of a figure over all half hours."""
        return float(sum(getattr(one, what) for one in self.half_hours))

    @property
    def utilisation(self) -> float:
        """Return the share of their time in which agents talked or wrapped up."""
        return self.total("busy_s") / (self.total("in_s") or 1.0)

    @property
    def abandoned_share(self) -> float:
        """Return the share of answers that found nobody."""
        return self.total("abandoned") / (self.total("answers") or 1.0)

    def worst_half_hour(self, answers: int) -> float:
        """Return the highest share abandoned in a half hour with at least so many answers."""
        shares = [one.abandoned / one.answers for one in self.half_hours if one.answers >= answers]
        return max(shares, default=0.0)
