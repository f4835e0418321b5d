"""The ledger held against somebody else's record of the same calls; pure.

Each number's attempts are paired with the network's calls to it, in their order. Only
what both sides must know is compared: that there was a call, and whether it was answered;
of an unanswered one also the cause, where the network names one that can mean one thing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from campaigns.model import HAND_DIALLED, Outcome
from dialer.call import UNANSWERED_CAUSES

MAY_BE_ANSWERED = frozenset(
    {
        Outcome.CONNECTED,
        Outcome.MACHINE,
        Outcome.FAX,
        Outcome.ABANDONED,
        Outcome.HUNG_UP_EARLY,
        Outcome.HUNG_UP_WAITING,
        Outcome.UNKNOWN,
    }
)
"""What a call may be booked as that was answered on the network."""

MUST_BE_ANSWERED = MAY_BE_ANSWERED - {Outcome.UNKNOWN}
"""What a call may not be booked as that nobody answered."""

_TELLING_CAUSES = frozenset({1, 17, 34})
"""Causes that the network gives for one thing only: no such number, busy, congestion."""

_NEVER_DIALLED = frozenset({"refused", "no_trace", HAND_DIALLED})
"""Evidence of attempts that the network need not know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """An attempt as the ledger has it; `outcome` None while it is open."""

    attempt_id: int
    number: str
    at: datetime
    outcome: Outcome | None
    evidence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A call as the network saw it."""

    number: str
    at: datetime
    answered: bool
    cause: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which the two do not agree."""

    number: str
    what: str


def differences(ledger: Iterable[Booked], network: Iterable[Seen]) -> tuple[Difference, ...]:
    """Return everything on which ledger and network do not agree, by number.

    The two may be on different clocks: only the order of one number's calls is used.
    """
    booked: dict[str, list[Booked]] = defaultdict(list)
    seen: dict[str, list[Seen]] = defaultdict(list)
    for attempt in ledger:
        if attempt.evidence not in _NEVER_DIALLED:
            booked[attempt.number].append(attempt)
    for call in network:
        seen[call.number].append(call)
    found: list[Difference] = []
    for number in sorted(booked.keys() | seen.keys()):
        found += _of_one_number(number, booked[number], seen[number])
    return tuple(found)


def _of_one_number(
    number: str, booked: Sequence[Booked], seen: Sequence[Seen]
) -> Iterable[Difference]:
    ours = sorted(booked, key=lambda attempt: (attempt.at, attempt.attempt_id))
    theirs = sorted(seen, key=lambda call: call.at)
    for attempt, call in zip_longest(ours, theirs):
        if attempt is None:
            yield Difference(number, "the network saw a call that the ledger does not have")
        elif call is None:
            yield Difference(
                number, f"attempt {attempt.attempt_id} is not among the network's calls"
            )
        elif why := _disagreement(attempt, call):
            yield Difference(number, f"attempt {attempt.attempt_id}: {why}")


def _disagreement(attempt: Booked, call: Seen) -> str | None:
    if attempt.outcome is None:
        return "the call is over and the attempt is open"
    if call.answered and attempt.outcome not in MAY_BE_ANSWERED:
        return f"answered on the network, booked {attempt.outcome}"
    if not call.answered and attempt.outcome in MUST_BE_ANSWERED:
        return f"not answered on the network, booked {attempt.outcome}"
    if call.cause in _TELLING_CAUSES and not call.answered:
        expected = UNANSWERED_CAUSES[call.cause]
        if attempt.outcome not in (expected, Outcome.UNKNOWN, Outcome.FAILED):
            return f"the network's cause is {call.cause} ({expected}), booked {attempt.outcome}"
    return None
