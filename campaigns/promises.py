"""Whether a call may be promised for a moment, and which is the nearest that may; pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from campaigns.decision import Facts, Refusal
from campaigns.law import Law
from campaigns.legal_gates import caps, cooldown, hours
from campaigns.timetable import Clause, Timetable

_BY_DAY = Clause(
    rule="night",
    source="neither the law nor the campaign file has hours",
    days=(((time(8), time(21)),),) * 7,
)
"""When calls can be promised where nobody has said when they may be made."""

_DAYS_ONLY = frozenset({"starts", "ends"})
"""Clauses that say on which days calls may be made, and not at which hours."""


def night(facts: Facts) -> Iterator[Refusal]:
    """Refuse the person's night, where neither the law nor the campaign has hours.

    Nobody means three o'clock in the night when they say three; whoever does names hours in the
    campaign file.
    """
    if not facts.zones or any(clause.rule not in _DAYS_ONLY for clause in facts.law.clauses):
        return
    opening = Timetable((_BY_DAY,), facts.zones, ring_s=facts.law.ring_s).at(facts.now)
    for closed in opening.closed:
        yield Refusal(
            gate="night",
            rule=closed.rule,
            why=closed.why,
            source=closed.source,
            until=opening.until,
        )


_GATES = (hours, night, caps, cooldown)
"""What a moment can be wrong for. Everything else is judged when the moment has come."""

_QUARTER = timedelta(minutes=15)
_MINUTE = timedelta(minutes=1)
_LOOK_BACK = 96
_LOOK_AHEAD = 60

LawAt = Callable[[datetime], Law]
"""Gives the rules that hold for a person's calls at a moment."""


@dataclass(frozen=True, slots=True)
class Unlawful:
    """Why no call may be promised for a moment, and the nearest one for which it may.

    Attributes:
        refusals: of the gates, at least one.
        nearest: aware UTC, or None where none was found.
    """

    refusals: tuple[Refusal, ...]
    nearest: datetime | None


def why_not_promised(
    facts: Facts, law_at: LawAt, moment: datetime, *, now: datetime
) -> Unlawful | None:
    """Return what forbids a call at a moment to come, or None where nothing does.

    The nearest moment is on a quarter of an hour where it comes before the one asked about.

    Args:
        facts: of the person, with every call up to now.
        law_at: gives the rules of a moment.
        moment: the one that is to be promised, aware.
        now: aware; no earlier moment can be promised.
    """
    refusals = _refusals(facts, law_at, moment)
    if not refusals:
        return None
    later = _later(facts, law_at, moment, refusals)
    # Nothing further away than the later one is nearer.
    latest = now if later is None else max(now, moment - (later - moment))
    return Unlawful(refusals, _earlier(facts, law_at, moment, latest) or later)


def first_promised(facts: Facts, law_at: LawAt, *, now: datetime) -> datetime | None:
    """Return the first moment from now on for which a call may be promised, or None.

    It is on a quarter of an hour where one is near: nobody promises a call for this very minute.

    Args:
        facts: of the person, with every call up to now.
        law_at: gives the rules of a moment.
        now: aware.
    """
    begun = now.astimezone(UTC) - timedelta(seconds=now.timestamp() % _QUARTER.total_seconds())
    moment = begun + _QUARTER
    refusals = _refusals(facts, law_at, moment)
    return _later(facts, law_at, moment, refusals) if refusals else moment


def _refusals(facts: Facts, law_at: LawAt, moment: datetime) -> tuple[Refusal, ...]:
    then = replace(facts, now=moment, law=law_at(moment))
    return tuple(refusal for gate in _GATES for refusal in gate(then))


def _later(
    facts: Facts, law_at: LawAt, moment: datetime, refusals: tuple[Refusal, ...]
) -> datetime | None:
    for _ in range(_LOOK_AHEAD):
        ends = [refusal.until for refusal in refusals]
        if None in ends:
            return None
        moment = _whole_minute(max(filter(None, ends)))
        refusals = _refusals(facts, law_at, moment)
        if not refusals:
            return moment
    return None


def _earlier(facts: Facts, law_at: LawAt, moment: datetime, latest: datetime) -> datetime | None:
    """Return the last moment before one at which a call may begin, after `latest`."""
    since_quarter = timedelta(seconds=moment.timestamp() % _QUARTER.total_seconds())
    earlier = moment.astimezone(UTC) - (since_quarter or _QUARTER)
    for _ in range(_LOOK_BACK):
        if earlier <= latest:
            return None
        if not _refusals(facts, law_at, earlier):
            return earlier
        earlier -= _QUARTER
    return None


def _whole_minute(moment: datetime) -> datetime:
    begun = moment.astimezone(UTC).replace(second=0, microsecond=0)
    return begun if begun == moment else begun + _MINUTE
