"""What ledger and network must agree on after a fault, beside what `dialer.reconcile` finds; pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

from dialer.lab.records import NetworkRecord
from tests.faults.plan import TRIES_OF_BUSY, expected_of

LOSE_THEIR_CAUSE = ("busy", "unallocated", "congestion")
"""Outcomes that rest on a cause which Asterisk tells once and does not keep."""

JUST_ENDED = timedelta(seconds=2)
"""What ended so shortly before Asterisk died may not have been kept by it."""

_NEVER_DIALLED = ("refused", "no_trace")


@dataclass(frozen=True, slots=True)
class Outage:
    """From when to when a server was away."""

    since: datetime
    until: datetime

    @property
    def length_s(self) -> float:
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Both sides of a campaign.

    Attributes:
        attempts: the ledger, in the order in which it was written.
        network: the calls as the network recorded them.
        outages: when Asterisk was dead.
        carrier_outages: when the network was away.
    """

    attempts: Sequence[SimpleNamespace]
    network: Sequence[NetworkRecord]
    outages: Sequence[Outage] = ()
    carrier_outages: Sequence[Outage] = ()

    def without_record(self) -> frozenset[int]:
        """Return the attempts that the network has no record of, and need not have.

        They died with Asterisk before their call was made, which nobody can tell from a moment
        later; or the network itself was away.
        """
        surplus = Counter(one.phone for one in self.attempts if _is_dialled(one))
        surplus.subtract(one.number for one in self.network)
        found = set()
        for one in reversed(self.attempts):
            died = one.evidence == "lost" and one.outcome == "unknown"
            if surplus[one.phone] > 0 and (died or self._met_no_carrier(one)):
                surplus[one.phone] -= 1
                found.add(one.id)
        return frozenset(found)

    def without_cause(self) -> frozenset[str]:
        """Return the numbers of calls that went on while the network was away.

        It wrote down why nobody answers, and died before it had told.
        """
        return frozenset(one.phone for one in self.attempts if self._met_no_carrier(one))

    def disagreements(self, people: Iterable[str]) -> list[str]:
        """Return what is not as it has to be; `people` are all numbers that were to be called."""
        calls: dict[str, list[NetworkRecord]] = defaultdict(list)
        for record in sorted(self.network, key=lambda one: one.started_at):
            calls[record.number].append(record)
        unseen = self.without_record()
        tries: dict[str, list[SimpleNamespace]] = defaultdict(list)
        for attempt in self.attempts:
            tries[attempt.phone].append(attempt)
        wrong = [f"{one}: nobody called them" for one in sorted({*people} - tries.keys())]
        wrong += [f"{one}: {why}" for one in sorted(tries) for why in _out_of_turn(tries[one])]
        for attempt in self.attempts:
            of_number = calls[attempt.phone]
            seen = of_number and _is_dialled(attempt) and attempt.id not in unseen
            if why := self._what_is_wrong(attempt, of_number.pop(0) if seen else None):
                wrong.append(f"{attempt.phone}: attempt {attempt.id}: {why}")
        return wrong

    def _what_is_wrong(self, attempt: SimpleNamespace, call: NetworkRecord | None) -> str | None:
        if attempt.outcome is None:
            return "it has no outcome"
        if attempt.outcome == "unknown":
            if any(_was_on_in(attempt, call, outage) for outage in self.outages):
                return None
            return "unknown, and it was not open while Asterisk was dead"
        if self._met_no_carrier(attempt):
            return None  # what became of it only the network's records say
        expected = expected_of(attempt.phone)
        cause_is_lost = attempt.evidence == "dialplan" and expected in LOSE_THEIR_CAUSE
        if attempt.evidence == "no_trace" or cause_is_lost:
            expected = "failed"
        if attempt.outcome != expected:
            return f"booked {attempt.outcome} by {attempt.evidence}, and they are {expected}"
        return None

    def _met_no_carrier(self, attempt: SimpleNamespace) -> bool:
        return attempt.ended_at is not None and any(
            attempt.dialed_at <= outage.until and attempt.ended_at >= outage.since
            for outage in self.carrier_outages
        )


def _out_of_turn(tries: Sequence[SimpleNamespace]) -> Iterator[str]:
    """Say where a person was called once too often or too seldom: only busy ones are called again.

    Ledger and network may well agree on a second call to somebody who was done.
    """
    for made, (before, again) in enumerate(pairwise(tries), start=1):
        was_over = before.ended_at is not None and before.ended_at <= again.dialed_at
        if before.outcome != "busy" or made >= TRIES_OF_BUSY or not was_over:
            yield f"called again by attempt {again.id}, after {before.outcome}"
    if tries[-1].outcome == "busy" and len(tries) < TRIES_OF_BUSY:
        yield f"called {len(tries)} times, after busy they were to be once more"


def _is_dialled(attempt: SimpleNamespace) -> bool:
    return attempt.evidence not in _NEVER_DIALLED


def _was_on_in(attempt: SimpleNamespace, call: NetworkRecord | None, outage: Outage) -> bool:
    ended_at = call.ended_at if call else outage.since
    return attempt.dialed_at <= outage.until and ended_at > outage.since - JUST_ENDED
