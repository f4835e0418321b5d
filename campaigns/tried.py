"""What earlier attempts mean for the next one: entries, counts, and the numbers left; pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from campaigns.model import Campaign, DispositionKind, Outcome, PastAttempt, Retry

LANGUAGE_RETRY = Retry(after=timedelta(minutes=15), max=2)
"""How somebody is tried again for an agent who speaks the language that was told."""

_NOT_REACHED = frozenset(
    {
        DispositionKind.NO_CONTACT,
        DispositionKind.LEFT_MESSAGE,
        DispositionKind.MACHINE,
        DispositionKind.CALLBACK,
    }
)
"""Kinds that rest like a `no_answer`; a callback only where no time was promised."""

NOBODYS = frozenset({Outcome.UNALLOCATED, Outcome.FAX})
"""Outcomes that say that nobody is to be reached on this number."""


@dataclass(frozen=True)
class Tried:
    """What came of the attempts, oldest first.

    Attributes:
        campaign: whose rules hold.
        own: the lead's.
        relevant: those and, on its numbers, other leads' whose outcome is the number's.
        numbers: how many the lead has.
        first: the position of the one on which it begins.
    """

    campaign: Campaign
    own: Sequence[PastAttempt]
    relevant: Sequence[PastAttempt]
    numbers: int
    first: int

    def word(self, attempt: PastAttempt) -> Retry | None:
        """Return the entry of [retry.disposition] for what an agent said, if any.

        Somebody whose language was told has one in any campaign.
        """
        code = attempt.code or attempt.disposition
        if promised(attempt):
            return None
        known = attempt.disposition is DispositionKind.LANGUAGE and attempt.language is not None
        return self.campaign.retry_dispositions.get(code or "", LANGUAGE_RETRY if known else None)

    def entry(self, attempt: PastAttempt) -> tuple[str, Retry | None]:
        """Return what an attempt ended in, and the entry of [retry] for that, if any."""
        return self._entries[id(attempt)]

    @cached_property
    def _entries(self) -> dict[int, tuple[str, Retry | None]]:
        return {id(attempt): self._entry(attempt) for attempt in self.relevant}

    def _entry(self, attempt: PastAttempt) -> tuple[str, Retry | None]:
        word = self.word(attempt)
        if word is not None:
            return f"disposition:{attempt.code or attempt.disposition}", word
        if is_wrong(attempt):
            return f"disposition:{attempt.disposition}", None
        outcome = _rests_like(self.campaign, attempt)
        return outcome.value, self.campaign.retry.get(outcome)

    def times(self, like: PastAttempt) -> int:
        """Return how many attempts ended like one; what is a number's end is so for each."""
        return self._times[self._end(like)]

    @cached_property
    def _times(self) -> Counter[tuple[str, int]]:
        return Counter(map(self._end, self.relevant))

    def _end(self, attempt: PastAttempt) -> tuple[str, int]:
        name = self.entry(attempt)[0]
        return name, attempt.position if name in NOBODYS else 0

    def loses(self, attempt: PastAttempt) -> bool:
        """Tell whether an attempt showed that its number does not reach the lead."""
        name, entry = self.entry(attempt)
        return is_wrong(attempt) or (
            name in NOBODYS and self.times(attempt) >= (entry.max if entry else 1)
        )

    def moves_on(self, attempt: PastAttempt) -> bool:
        """Tell whether the next try after an attempt has to be on another number."""
        return is_wrong(attempt) or self.entry(attempt)[0] in NOBODYS

    @cached_property
    def left(self) -> frozenset[int]:
        """Return the positions of the numbers that may reach the lead."""
        lost = {attempt.position for attempt in self.relevant if self.loses(attempt)}
        return frozenset(range(1, self.numbers + 1)) - lost

    def position(self, last: Sequence[PastAttempt], *, other: bool = False) -> int:
        """Return the number that comes next after the last of some attempts.

        It is the same one or, in their order, the next; one that may still reach the lead
        if there is any.
        """
        at = last[-1].position if last else self.first
        if not 1 <= at <= self.numbers:
            at, other = self.first, False
        turn = ((at - 1 + step) % self.numbers + 1 for step in range(other, self.numbers + other))
        return next((position for position in turn if position in self.left), at)


def is_wrong(attempt: PastAttempt) -> bool:
    """Tell whether somebody said that the number is not the lead's."""
    return attempt.disposition is DispositionKind.WRONG_NUMBER


def promised(attempt: PastAttempt) -> bool:
    """Tell whether a call at a certain time was promised in an attempt."""
    return attempt.disposition is DispositionKind.CALLBACK and attempt.callback_at is not None


def _rests_like(campaign: Campaign, attempt: PastAttempt) -> Outcome:
    """Return the outcome whose entry of [retry] decides about this attempt."""
    if attempt.disposition in _NOT_REACHED and attempt.callback_at is None:
        return Outcome.NO_ANSWER
    if attempt.outcome is Outcome.UNKNOWN and Outcome.UNKNOWN not in campaign.retry:
        return Outcome.NO_ANSWER
    return attempt.outcome
