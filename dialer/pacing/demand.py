"""How many answers the calls in flight will still bring, learned from when answers came; pure.

What a call can still become depends on its age: one that has rung for long is hardly ever
answered, and soon over.
"""

from collections.abc import Mapping, Sequence

from dialer.pacing.books import Books, Flight
from dialer.pacing.curves import Curve, uniform, weibull
from dialer.pacing.odds import Odds
from dialer.pacing.tally import Tally

CALL_S = 64
"""Longest time to an answer that is told from longer ones."""
_ANSWER_SCALE_S = 11.0
_LATE_S = 20.0
"""As late as answers may come on a floor of which nothing is known: else the first seconds
without any would look like a campaign that nobody answers, and hundreds would be called."""
_RING_OUT_S = 28.0
_WEIGHT, _MEMORY = 20.0, 1000.0
_LOOK_LEAST_S, _LOOK_MOST_S = 3, 30
_ALMOST_SURE = 0.98
_NOTHING = 1e-9


class Demand:
    """How likely each call is to need an agent within the time looked ahead."""

    def __init__(self) -> None:
        """Begin with a guess."""
        self._answer = Curve(weibull(CALL_S, _ANSWER_SCALE_S), weight=_WEIGHT, memory=_MEMORY)
        self._late = Curve(weibull(CALL_S, _LATE_S, shape=4.0), weight=_WEIGHT, memory=_MEMORY)
        self._other = Curve(uniform(CALL_S, _RING_OUT_S), weight=_WEIGHT, memory=_MEMORY)
        self.look_s = _LOOK_LEAST_S
        """How far ahead is looked: as long as an answer takes on average."""

    def answered(self, flight: Flight, now: float) -> None:
        """Learn from a call that a person answered."""
        for curve in (self._answer, self._late):
            curve.see((flight.answered_at or now) - flight.placed_at)

    def unanswered(self, flight: Flight, now: float) -> None:
        """Learn from a call that is over, and that no person answered."""
        self._other.see((flight.answered_at or now) - flight.placed_at)

    def rebuild(self) -> None:
        """Let what was seen count."""
        for curve in (self._answer, self._late, self._other):
            curve.rebuild()
        self.look_s = min(_LOOK_MOST_S, max(_LOOK_LEAST_S, round(self._answer.mean_s)))

    @property
    def delay(self) -> Sequence[float]:
        """Return the share of the answers that come in each second, held to be rather late."""
        return self._late.share

    def new(self, rate: float, odds: float) -> float:
        """Return how likely a call placed now is to be answered within the time looked ahead."""
        return min(_ALMOST_SURE, rate * odds) * self._answer.under(self.look_s)

    def due(self, books: Books, odds: Odds, rate: float, now: float) -> Tally:
        """Return how many answers the calls in flight will bring in that time.

        Args:
            books: the calls.
            odds: what is known of those that were picked up, by whom nobody knows yet.
            rate: the share of calls that a person answers.
            now: in seconds.
        """
        answer, other, last = self._answer.below, self._other.below, CALL_S
        due = Tally()
        for (second, likelier), calls in books.unheard.items():
            age = min(last, max(0, int(now) - second))
            person = min(_ALMOST_SURE, rate * likelier)
            left = person * (1.0 - answer[age]) + (1.0 - person) * (1.0 - other[age])
            if left > _NOTHING:
                in_time = answer[min(last, age + self.look_s)] - answer[age]
                due.add(person * in_time / left, calls)
        due.add(odds.person, len(books.flights) - sum(books.unheard.values()))
        return due

    def save(self) -> dict[str, object]:
        """Return what was learned."""
        return {
            "answer": self._answer.save(),
            "late": self._late.save(),
            "other": self._other.save(),
        }

    def load(self, saved: object) -> None:
        """Take up what was saved; what cannot be understood is left out."""
        if isinstance(saved, Mapping):
            self._answer.load(saved.get("answer"))
            self._late.load(saved.get("late"))
            self._other.load(saved.get("other"))
