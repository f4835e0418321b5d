"""What an agent reported of a call, held against the record of the call; pure.

The record is the network's and the engine's; an agent cannot write it. A result that it bears
out is `ok`, one that it contradicts `suspect`. Between the two is what somebody should explain:
two clocks are never quite the same, and some records do not tell. A call that the agent dialled
by hand has no record but their word: it is `self_reported`, and in no rate of the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from campaigns.checks import Checks
from campaigns.model import HAND_DIALLED, DispositionKind, Outcome

K = DispositionKind

_CLOCKS_S = 3.0
_CLOCKS_SHARE = 0.02
"""How far two clocks may be apart over a talk: so many seconds, and so much of it."""

_DEAD_CAUSES = frozenset({1, 22, 28})
_DEAD_SIP_CODES = frozenset({404, 410, 484})
"""What the network says of a number that is not in use: Q.850, and SIP."""

DEAD_NUMBER = frozenset({"disconnected", "not_in_service", "number_changed"})
"""Codes, whatever their kind, by which an agent reports that a number is not in use."""

_DEAD_NUMBER_TALK_S = 10
"""For so long at most the network's own announcement may be heard."""

_NEVER_DIALLED = frozenset({"refused", "no_trace"})
_NOBODYS_WORD = frozenset({Outcome.ABANDONED, Outcome.HUNG_UP_EARLY, Outcome.HUNG_UP_WAITING})
"""Outcomes of calls that a person answered and no agent was given."""


class Mark(IntEnum):
    """What a reported result is worth; the higher, the sooner somebody should look."""

    SELF_REPORTED = 0
    OK = 1
    EXPLAIN = 2
    SUSPECT = 3

    @property
    def word(self) -> str:
        """The word that exports and commands use."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of one call apart from the agent's word; durations in seconds.

    Attributes:
        outcome: how the call ended; None while it goes on.
        evidence: on what that rests, as `dialer.call.Verdict` says, or `self_reported`.
        answered: somebody or something picked up.
        recorded: there is a recording; None where the campaign made none then.
        ordered: there is an order; None where the disposition asks for none.
    """

    outcome: Outcome | None
    evidence: str | None
    answered: bool
    ring_s: float | None = None
    talk_s: float | None = None
    cause: int | None = None
    sip_code: int | None = None
    recorded: bool | None = None
    ordered: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an agent said of a call.

    Attributes:
        code: the disposition's own code.
        reported_at: when they said so, aware, or None where that is not known.
        callback_at: the moment that was promised, aware, or None.
    """

    kind: DispositionKind
    code: str
    reported_at: datetime | None = None
    callback_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reported result is worth, and every reason that it is not simply true."""

    mark: Mark
    why: tuple[str, ...] = ()


def judge(report: Report, record: Record, checks: Checks) -> Verdict | None:
    """Return what a reported result is worth, or None while its call goes on."""
    if record.evidence == HAND_DIALLED:
        return Verdict(Mark.SELF_REPORTED)
    if record.outcome is None:
        return None
    found = sorted(_doubts(report, record, checks), key=lambda doubt: -doubt[0])
    return Verdict(
        max((mark for mark, _ in found), default=Mark.OK), tuple(why for _, why in found)
    )


_Doubt = tuple[Mark, str]


def _doubts(report: Report, record: Record, checks: Checks) -> Iterator[_Doubt]:
    if record.evidence in _NEVER_DIALLED:
        yield Mark.SUSPECT, "the call was never dialled"
        return
    if record.outcome is Outcome.UNKNOWN:
        yield Mark.EXPLAIN, "the record of the call was lost, and how it ended is not known"
        return
    if report.code in DEAD_NUMBER:
        yield from _of_dead_number(record)
    elif report.kind is K.NO_CONTACT:
        yield from _of_nobody(record, checks)
    else:
        yield from _of_talk(report, record, checks)
    if report.kind is K.CALLBACK:
        yield from _of_promise(report)


def _of_dead_number(record: Record) -> Iterator[_Doubt]:
    if record.cause in _DEAD_CAUSES or record.sip_code in _DEAD_SIP_CODES:
        return
    talk_s = record.talk_s or 0
    if not record.answered:
        yield Mark.EXPLAIN, f"the network does not say that the number is dead ({_told(record)})"
    elif talk_s > _DEAD_NUMBER_TALK_S:
        yield Mark.SUSPECT, f"the line was open for {talk_s:.0f} s, and a dead number is not"
    else:
        yield Mark.EXPLAIN, "the call was answered, by an announcement or by somebody"


def _of_nobody(record: Record, checks: Checks) -> Iterator[_Doubt]:
    if not record.answered:
        if record.outcome is Outcome.UNALLOCATED:
            yield Mark.EXPLAIN, "the network says that the number is not in use"
        return
    if record.outcome in _NOBODYS_WORD:
        return  # answered, and gone before anybody could talk
    talk_s, most_s = record.talk_s or 0, checks.no_contact_talk_s
    if talk_s > most_s:
        within = talk_s <= most_s + _apart_s(most_s)
        why = f"the line was open for {talk_s:.0f} s; where nobody is reached it is {most_s:g} s"
        yield Mark.EXPLAIN if within else Mark.SUSPECT, why


def _of_talk(report: Report, record: Record, checks: Checks) -> Iterator[_Doubt]:
    if not record.answered:
        dead = record.cause in _DEAD_CAUSES or record.sip_code in _DEAD_SIP_CODES
        if report.kind is K.WRONG_NUMBER and dead:
            yield Mark.EXPLAIN, "the network says that nobody has the number"
        else:
            yield Mark.SUSPECT, f"the call was not answered ({_told(record)})"
        return
    if record.outcome in _NOBODYS_WORD:
        yield Mark.SUSPECT, f"no agent was on the line ({record.outcome})"
        return
    least_s, talk_s = least_talk_s(report.kind, checks), record.talk_s
    if talk_s is None:
        yield Mark.EXPLAIN, "it is not known how long the talk was"
    elif talk_s < least_s:
        within = talk_s >= least_s - _apart_s(least_s) and talk_s > 0
        why = f"a talk of {talk_s:.0f} s; {report.kind} takes {least_s:g} s at least"
        yield Mark.EXPLAIN if within else Mark.SUSPECT, why
    if report.kind is K.SUCCESS and record.recorded is False:
        yield Mark.EXPLAIN, "other calls of the campaign were recorded, and this one was not"
    if record.ordered is False:
        yield Mark.SUSPECT, "there is no order"


def least_talk_s(kind: DispositionKind, checks: Checks) -> float:
    """Return how long the line must have been open for a result of a kind, in seconds."""
    match kind:
        case K.SUCCESS:
            return checks.success_talk_s
        case K.COMPLETED:
            return checks.completed_talk_s
        case K.MACHINE:
            return checks.machine_talk_s
        case K.LEFT_MESSAGE:
            return checks.left_message_talk_s
        case K.NO_CONTACT:
            return 0
        case _:
            return checks.refusal_talk_s


def _of_promise(report: Report) -> Iterator[_Doubt]:
    if report.callback_at is None:
        yield Mark.SUSPECT, "no moment was promised"
    elif report.reported_at is not None and report.callback_at <= report.reported_at:
        yield Mark.SUSPECT, "the promised moment was past when it was promised"


def _apart_s(length_s: float) -> float:
    return _CLOCKS_S + _CLOCKS_SHARE * length_s


def _told(record: Record) -> str:
    """Return what the network said of a call, as far as it said anything."""
    told = [str(record.outcome)]
    if record.cause is not None:
        told.append(f"cause {record.cause}")
    if record.sip_code is not None:
        told.append(f"SIP {record.sip_code}")
    return ", ".join(told)
