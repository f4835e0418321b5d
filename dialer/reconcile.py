"""The ledger held against somebody else's record of the same calls; pure.

A record with the id of one of our channels is of that attempt for certain. All others are
paired by number, in the order of the calls, in whatever way leaves the least to explain. Only
what both sides must know is compared: that there was a call, and whether it was answered; of
an unanswered one also the cause, where the network names one that can mean one thing.

While calls are on the line, or where the records hold another time than the ledger does, one
side can lack what the other has though nothing is wrong. That is a `Doubt` and no `Difference`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.model import HAND_DIALLED, Outcome
from dialer.actions import CALL_PREFIX
from dialer.alignment import align
from dialer.call import UNANSWERED_CAUSES

SLACK = timedelta(seconds=5)
"""How far the two sides' clocks may be apart, and how late one of them may write."""

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


class Doubtful(StrEnum):
    """Why it cannot be told whether the two sides agree."""

    MAY_LIVE = "may_live"
    UNSETTLED = "unsettled"
    NEWER = "newer"
    BEFORE_RECORDS = "before_records"
    AFTER_RECORDS = "after_records"
    DIED = "died"
    WHICH = "which"
    OTHER_BASE = "other_base"
    NOT_OURS = "not_ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """An attempt as the ledger has it.

    Attributes:
        number: None where the person has been erased.
        outcome: None while it is open.
        ended_at: None while it is open, or where nobody needs it.
        channel_id: what Asterisk calls its channel, or None: pair it by number alone.
        attended: an engine that hears Asterisk has it; without one nobody closes it.
        asked: it is one of those that are to be compared, and not only there to be paired.
    """

    attempt_id: int
    number: str | None
    at: datetime
    outcome: Outcome | None
    evidence: str | None
    ended_at: datetime | None = None
    channel_id: str | None = None
    attended: bool = True
    asked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A call as the network saw it.

    Attributes:
        number: None where the record does not tell, or it is nobody's here.
        unique_id: the id of its channel, where the record has one.
        ended_at: None where nobody needs it.
        asked: as in `Booked`.
    """

    number: str | None
    at: datetime
    answered: bool
    cause: int | None
    unique_id: str | None = None
    ended_at: datetime | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How far one can see from either side: what is missing beyond that is no difference.

    Attributes:
        ledger_at: when the ledger was read.
        first_end: the end of the first call of which there is a record; None: there is none.
        last_end: of the last one.
    """

    ledger_at: datetime
    first_end: datetime | None
    last_end: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which the two do not agree."""

    number: str | None
    what: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing of which it cannot be told whether they do."""

    kind: Doubtful
    number: str | None
    what: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What came of holding one side against the other, by number."""

    differences: tuple[Difference, ...]
    doubts: tuple[Doubt, ...]


Finding = Difference | Doubt


def differences(ledger: Iterable[Booked], network: Iterable[Seen]) -> tuple[Difference, ...]:
    """Return everything on which ledger and network do not agree, both being whole and at rest.

    The two may be on different clocks: only the order of one number's calls is used.
    """
    return compare(ledger, network, None).differences


def compare(ledger: Iterable[Booked], network: Iterable[Seen], sight: Sight | None) -> Findings:
    """Return what the two sides do not agree on, and what cannot be told.

    Args:
        ledger: the attempts.
        network: the calls.
        sight: how far one can see; None: both sides are whole, and no call is on.
    """
    attempts, calls = tuple(ledger), _by_channel(network)
    ours = {one.channel_id: one for one in attempts if one.channel_id}
    of_our_asterisk = any((one.unique_id or "").startswith(CALL_PREFIX) for one in calls)
    found: list[Finding] = []
    booked: dict[str, list[Booked]] = defaultdict(list)
    seen: dict[str, list[Seen]] = defaultdict(list)
    paired: set[int] = set()
    for call in calls:
        attempt = ours.get(call.unique_id or "")
        if attempt is not None:
            paired.add(attempt.attempt_id)
            found += _asked(_of_pair(attempt, call, sight), attempt)
        elif of_our_asterisk and call.unique_id:
            found += _asked(_of_stranger(call, sight), call)
        elif call.number is not None:
            seen[call.number].append(call)
    for attempt in attempts:
        # Whose number is erased can be found by the id of the channel alone.
        known = attempt.number is not None or of_our_asterisk
        if known and attempt.attempt_id not in paired and attempt.evidence not in _NEVER_DIALLED:
            booked[attempt.number or ""].append(attempt)
    for number in booked.keys() | seen.keys():
        found += _of_one_number(booked[number], seen[number], sight)
    found.sort(key=lambda one: (one.number or "", one.what))
    return Findings(
        tuple(one for one in found if isinstance(one, Difference)),
        tuple(one for one in found if isinstance(one, Doubt)),
    )


def _by_channel(network: Iterable[Seen]) -> list[Seen]:
    """Return the calls, each once: a channel can have several records, and is one call."""
    found: list[Seen] = []
    places: dict[str, int] = {}
    for one in sorted(network, key=lambda call: call.at):
        place = places.get(one.unique_id or "")
        if place is None:
            places |= {one.unique_id: len(found)} if one.unique_id else {}
            found.append(one)
            continue
        first = found[place]
        ends = [end for end in (first.ended_at, one.ended_at) if end is not None]
        found[place] = replace(
            first,
            number=first.number or one.number,
            answered=first.answered or one.answered,
            cause=one.cause or first.cause,
            ended_at=max(ends, default=None),
            asked=first.asked or one.asked,
        )
    return found


def _asked(finding: Finding | None, *involved: Booked | Seen) -> Iterator[Finding]:
    if finding is not None and any(one.asked for one in involved):
        yield finding


def _of_pair(attempt: Booked, call: Seen, sight: Sight | None) -> Finding | None:
    number, who = attempt.number or call.number, f"attempt {attempt.attempt_id}"
    if attempt.evidence in _NEVER_DIALLED:
        why = f"booked {attempt.outcome} ({attempt.evidence}), and there is a record of its call"
        return Difference(number, f"{who}: {why}")
    if attempt.outcome is None and sight is not None:
        if _is_newer(call, sight):
            return Doubt(Doubtful.NEWER, number, f"{who}: its call ended as the ledger was read")
        if not attempt.attended:
            why = "its call is over, and no engine runs that could close it"
            return Doubt(Doubtful.UNSETTLED, number, f"{who}: {why}")
    why_not = _disagreement(attempt, call)
    return None if why_not is None else Difference(number, f"{who}: {why_not}")


def _of_stranger(call: Seen, sight: Sight | None) -> Finding | None:
    """Return what a record is whose channel is of our Asterisk and of no attempt."""
    which = f"the call {call.unique_id} of {call.at:%Y-%m-%d %H:%M:%S}"
    if not (call.unique_id or "").startswith(CALL_PREFIX):
        if call.number is None:
            return None
        return Doubt(Doubtful.NOT_OURS, call.number, f"{which} was placed by somebody else")
    if sight is None:
        return Difference(call.number, f"{which} is not in the ledger")
    if _is_newer(call, sight):
        return Doubt(Doubtful.NEWER, call.number, f"{which} is newer than the ledger that was read")
    why = "is a dialer's: of another base on the same Asterisk, or lost from this one"
    return Doubt(Doubtful.OTHER_BASE, call.number, f"{which} {why}")


def _of_one_number(
    booked: Sequence[Booked], seen: Sequence[Seen], sight: Sight | None
) -> Iterator[Finding]:
    ours = sorted(booked, key=lambda attempt: (attempt.at, attempt.attempt_id))
    theirs = sorted(seen, key=lambda call: call.at)
    alone = [_without_call(one, sight) for one in ours]
    strange = [_without_attempt(one, sight) for one in theirs]

    def judge(a: int, c: int) -> bool | None:
        finding = _of_pair(ours[a], theirs[c], sight)
        return None if finding is None else isinstance(finding, Difference)

    aligned = align(
        [isinstance(one, Difference) for one in alone],
        [isinstance(one, Difference) for one in strange],
        judge,
    )
    for a in aligned.alone:
        yield from _asked(alone[a], ours[a])
    for c in aligned.strange:
        yield from _asked(strange[c], theirs[c])
    for a, c in aligned.pairs:
        yield from _asked(_of_pair(ours[a], theirs[c], sight), ours[a], theirs[c])
    if not aligned.open_pairs:
        return
    among = [ours[a] for a in sorted({a for a, _ in aligned.open_pairs})]
    names = _names(among)
    if aligned.open_differs:
        calls = len({c for _, c in aligned.open_pairs})
        what = f"attempts {names} and {calls} of the network's calls do not agree, however they are paired"
        yield from _asked(Difference(among[0].number, what), *among)
    for c in sorted({c for _, c in aligned.open_pairs}):
        may_be = [ours[a] for a, other in sorted(aligned.open_pairs) if other == c]
        which = f"the call of {theirs[c].at:%Y-%m-%d %H:%M:%S} may be that of attempt {_names(may_be, 'or')}"
        doubt = Doubt(Doubtful.WHICH, theirs[c].number, which)
        yield from _asked(doubt, theirs[c], *may_be)


def _names(attempts: Sequence[Booked], word: str = "and") -> str:
    *most, last = [str(one.attempt_id) for one in attempts]
    return f"{', '.join(most)} {word} {last}" if most else last


def _without_call(attempt: Booked, sight: Sight | None) -> Finding:
    """Return what it is that there is no record of an attempt."""
    who = f"attempt {attempt.attempt_id}"
    kind, why = None, ""
    if sight is not None:
        kind, why = _why_no_record(attempt, sight)
    if kind is not None:
        return Doubt(kind, attempt.number, f"{who} {why}")
    return Difference(attempt.number, f"{who} is not among the network's calls")


def _why_no_record(attempt: Booked, sight: Sight) -> tuple[Doubtful | None, str]:
    ended_at = attempt.ended_at or attempt.at
    if attempt.outcome is None:
        return Doubtful.MAY_LIVE, "is open: its call may still be on the line"
    if attempt.outcome is Outcome.UNKNOWN and attempt.evidence == "lost":
        return (
            Doubtful.DIED,
            "was on when Asterisk died, and the record of its call perhaps with it",
        )
    if sight.last_end is None or sight.first_end is None or ended_at > sight.last_end - SLACK:
        return Doubtful.AFTER_RECORDS, "ended when the last record was written, or later"
    if ended_at < sight.first_end + SLACK:
        return Doubtful.BEFORE_RECORDS, "ended before the first record was written"
    return None, ""


def _without_attempt(call: Seen, sight: Sight | None) -> Finding:
    if sight is not None and _is_newer(call, sight):
        which = f"the call of {call.at:%Y-%m-%d %H:%M:%S}"
        return Doubt(Doubtful.NEWER, call.number, f"{which} is newer than the ledger that was read")
    return Difference(call.number, "the network saw a call that the ledger does not have")


def _is_newer(call: Seen, sight: Sight) -> bool:
    return (call.ended_at or call.at) > sight.ledger_at - SLACK


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
