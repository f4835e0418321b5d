"""How much likelier than the average call of its campaign one is to be answered; pure."""

from collections.abc import Mapping

from dialer.pacing.curves import numbers

_MOST = 5.0
_LEAST = 0.05
_MEMORY, _LATELY = 500.0, 50.0
_PERSON_PRIOR, _PERSON_WEIGHT, _PERSON_MEMORY = 0.6, 4.0, 200.0


class Odds:
    """What sets calls apart: a chance that somebody else knows, and who picked up."""

    def __init__(self) -> None:
        """Begin with no difference between calls."""
        self._mean_chance: float | None = None
        self._person = (_PERSON_WEIGHT * _PERSON_PRIOR, _PERSON_WEIGHT)
        self.usual = 1.0
        """The odds of the calls placed lately: what the next ones are held to have."""

    def of(self, chance: float | None) -> float:
        """Return the odds of a call, against the average one."""
        if chance is None:
            return 1.0
        mean = self._mean_chance or chance
        odds = chance / mean if mean > 0.0 else 1.0
        return min(_MOST, max(_LEAST, odds))

    def see(self, chance: float | None, odds: float) -> None:
        """Note the chance and the odds of a call that is placed."""
        self.usual += (odds - self.usual) / _LATELY
        if chance is not None:
            chance = min(1.0, max(0.0, chance))
            mean = chance if self._mean_chance is None else self._mean_chance
            self._mean_chance = mean + (chance - mean) / _MEMORY

    @property
    def person(self) -> float:
        """Return the share of people among those who have picked up."""
        people, answers = self._person
        return people / answers

    def classified(self, *, person: bool) -> None:
        """Note what machine detection said."""
        kept = 1.0 - 1.0 / _PERSON_MEMORY
        people, answers = self._person
        self._person = (people * kept + person, answers * kept + 1.0)

    def save(self) -> dict[str, object]:
        """Return what was learned."""
        return {
            "mean_chance": self._mean_chance,
            "person": list(self._person),
        }

    def load(self, saved: object) -> None:
        """Take up what was saved; what cannot be understood is left out."""
        if not isinstance(saved, Mapping):
            return
        for chance in numbers([saved.get("mean_chance")]):
            self._mean_chance = chance if 0.0 <= chance <= 1.0 else None
        person = numbers(saved.get("person"))
        if len(person) == 2 and 0.0 <= person[0] <= person[1] and person[1] > 0.0:  # noqa: PLR2004
            self._person = (person[0], person[1])
