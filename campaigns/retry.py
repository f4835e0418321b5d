"""When a lead may be tried again, and on which number, from all attempts so far; pure.

What an agent said decides before what the network saw, a final word before a later one,
and a wish not to be called before everything. Some outcomes are the number's, not the
person's: those that other leads of the household met count for this lead too. Of a call that
the person made themselves what was said counts, and no attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from campaigns.fields import LONGEST_REST
from campaigns.model import (
    CALLABLE_STATES,
    NUMBER_OUTCOMES,
    UNCOUNTED_OUTCOMES,
    Campaign,
    DialMode,
    DispositionKind,
    GiveUp,
    LeadState,
    MoveTo,
    Outcome,
    PastAttempt,
    Retry,
)
from campaigns.spans import on_wall
from campaigns.tried import NOBODYS, Tried, is_wrong, promised

_NEVER_RANG, _RANG, _BOTHERED = timedelta(seconds=1), timedelta(minutes=15), timedelta(hours=1)

LEAST_REST: Mapping[Outcome, timedelta] = {
    # Nothing rang: only the network rests, and has no use for a call in the same second.
    Outcome.CONGESTION: _NEVER_RANG,
    Outcome.FAILED: _NEVER_RANG,
    Outcome.UNALLOCATED: _NEVER_RANG,
    # The person is on the telephone and hears at most a tone; the next call may ring.
    Outcome.BUSY: timedelta(seconds=5),
    # It rang, or may have: who did not come to it in 25 seconds need not hear it again at once.
    Outcome.NO_ANSWER: _RANG,
    Outcome.MACHINE: _RANG,
    Outcome.FAX: _RANG,
    Outcome.UNKNOWN: _RANG,
    Outcome.CONNECTED: _RANG,
    # The person came to the telephone for nothing, or put it down: that was a nuisance.
    Outcome.ABANDONED: _BOTHERED,
    Outcome.HUNG_UP_EARLY: _BOTHERED,
    Outcome.HUNG_UP_WAITING: _BOTHERED,
}
"""How long a lead rests at the least, whatever a campaign file says; law may ask for more."""

LEAST_REST_AFTER_WORD = LEAST_REST[Outcome.CONNECTED]
"""The same after a disposition: a call has to be connected for an agent to give one."""

FINAL_KINDS = frozenset(
    {
        DispositionKind.SUCCESS,
        DispositionKind.REFUSAL,
        DispositionKind.DO_NOT_CALL,
        DispositionKind.COMPLETED,
        DispositionKind.DECEASED,
        DispositionKind.HOSTILE,
    }
)
"""Kinds after which the campaign does not call the person again, whatever its file says."""

FINAL_UNLESS_RETRIED = frozenset(
    {DispositionKind.PARTIAL, DispositionKind.NOT_ELIGIBLE, DispositionKind.LANGUAGE}
)
"""Kinds that the campaign found out, and the person did not wish: a file may retry them.

Whoever speaks another language, and the agent told which, is tried again without an entry.
"""


class DayPart(StrEnum):
    """A part of the day, on the clock of the person called."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


_AFTERNOON, _EVENING = time(12), time(17)
_DAY = timedelta(days=1)


def daypart(moment: datetime, zone: str) -> DayPart:
    """Return the part of the day that a moment (aware) lies in, in a zone (IANA name)."""
    return part_of(moment.astimezone(ZoneInfo(zone)).time())


def part_of(clock: time) -> DayPart:
    """Return the part of the day that a time of day lies in."""
    if clock < _AFTERNOON:
        return DayPart.MORNING
    return DayPart.AFTERNOON if clock < _EVENING else DayPart.EVENING


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTry:
    """When a lead may be tried again, and by which rule.

    Attributes:
        at: aware UTC; None where nothing has to be waited for (`state` is new) and where
            there is no next try (`state` is done or suppressed).
        rule: the rule's name, short enough for a column: "retry:busy", "max_attempts".
        why: the same in words.
        state: the lead state that follows.
        position: which of the lead's numbers comes next, from 1.
        then_campaign: the campaign that the person goes on in, or None.
        gave_up: the reason for which the person was given up, or None.
    """

    at: datetime | None
    rule: str
    why: str
    state: LeadState
    position: int = 1
    then_campaign: str | None = None
    gave_up: str | None = None

    @property
    def callable(self) -> bool:
        """Whether there is a next try, now or later."""
        return self.state in CALLABLE_STATES


def next_try(
    campaign: Campaign,
    attempts: Sequence[PastAttempt],
    *,
    lead_id: int | None,
    zones: Sequence[str] = (),
    numbers: int = 1,
    position: int = 1,
) -> NextTry:
    """Return when the lead may be tried again.

    A promised callback is kept even where it exceeds `max_attempts`: the person asked for
    it. In a broadcast every attempt on the number is the lead's own, and one that connected
    was the last, unless an agent whom it reached promised a callback.

    Args:
        campaign: whose rules hold.
        attempts: the ended ones in this campaign, of the lead or on a number of it, in any
            order.
        lead_id: None for a number that is no lead's.
        zones: IANA names of everywhere the person may be; where none is known nobody can
            tell the part of the day, and `other_daypart` changes nothing.
        numbers: how many the lead has.
        position: the number on which a lead begins that was never tried.

    Returns:
        The next try, or why there is none.
    """
    broadcast = campaign.mode is DialMode.BROADCAST
    ordered = sorted(attempts, key=lambda attempt: attempt.ended_at)
    own = [attempt for attempt in ordered if broadcast or attempt.lead_id == lead_id]
    relevant = [
        attempt
        for attempt in ordered
        if (broadcast or attempt.lead_id == lead_id or attempt.outcome in NUMBER_OUTCOMES)
        and not attempt.returned
    ]
    history = Tried(campaign, own, relevant, numbers, position)
    said = _said(history, ordered)
    if said is not None:
        return said
    if broadcast and any(attempt.outcome is Outcome.CONNECTED for attempt in relevant):
        return _done("broadcast", "a broadcast that was heard is not played to a number again")
    if not relevant:
        return NextTry(
            at=None, rule="new", why="not yet tried", state=LeadState.NEW, position=position
        )
    return _exhausted(history) or _retry(history, zones)


def _said(history: Tried, household: Sequence[PastAttempt]) -> NextTry | None:
    """Return what follows from the words that were spoken, or None if nothing does."""
    if any(attempt.disposition is DispositionKind.DO_NOT_CALL for attempt in household):
        return NextTry(
            at=None,
            rule="disposition:do_not_call",
            why="somebody at this number asked not to be called",
            state=LeadState.SUPPRESSED,
        )
    for attempt in reversed(history.own):
        kind, word = attempt.disposition, history.word(attempt)
        if kind in FINAL_KINDS or (kind in FINAL_UNLESS_RETRIED and word is None):
            return _done(f"disposition:{kind}", f"the last word was {_words(kind)}")
    wrong = next((one for one in reversed(history.own) if is_wrong(one)), None)
    if wrong and not history.left:
        why = "the last word was wrong number, and no other number is left"
        return _over(history.word(wrong), f"disposition:{wrong.disposition}", why)
    last = history.own[-1] if history.own else None
    if last and last.callback_at and promised(last):
        return NextTry(
            at=max(last.callback_at, last.ended_at),
            rule="disposition:callback",
            why="a call was promised for that time",
            state=LeadState.CALLBACK,
            position=history.position(history.own),
        )
    return None


def _exhausted(history: Tried) -> NextTry | None:
    """Return why there is no further try, or None if there is one.

    What once was the last try stays it, also where somebody else of the household was
    called on the number since.
    """
    last, others = history.relevant[-1], history.left
    for attempt in reversed(history.relevant):
        name, entry = history.entry(attempt)
        if attempt is not last and promised(attempt):
            continue
        if others and history.moves_on(attempt) and (entry is None or name in NOBODYS):
            continue
        if entry is None:
            said = attempt.disposition
            source = f"disposition:{said}" if said else f"outcome:{name}"
            return _done(source, f"{_words(said or name)} is not retried")
        times = history.times(attempt)
        if times >= entry.max:
            why = f"{times} of at most {entry.max} ended in {_words(name)}"
            return _over(entry, f"retry:{name}:max", why)
    most = history.campaign.max_attempts
    counted = sum(attempt.outcome not in UNCOUNTED_OUTCOMES for attempt in history.relevant)
    if counted >= most:
        return _done("max_attempts", f"{counted} of at most {most} attempts made")
    return None


def _retry(history: Tried, zones: Sequence[str]) -> NextTry:
    """Return the next try of a lead that has one."""
    last = history.relevant[-1]
    name, entry = history.entry(last)
    other = history.moves_on(last) or (entry is not None and entry.other_number)
    at = last.ended_at
    if entry is not None:
        at += _rest(history, last, entry)
    # Whatever a file says, and whoever of the household was called last.
    talks = [one for one in history.own if one.returned]
    at = max(at, *(one.ended_at + LEAST_REST[one.outcome] for one in (*history.relevant, *talks)))
    if entry is not None and entry.other_daypart:
        at = _in_another_part(at, last.ended_at, zones)
    return NextTry(
        at=at,
        rule=f"retry:{name}" if entry else f"next_number:{name.removeprefix('disposition:')}",
        why=f"a number rests after {_words(name)}, the last outcome"
        if entry
        else f"another number is left after {_words(name)}",
        state=LeadState.WAITING,
        position=history.position(history.relevant if other else history.own, other=other),
    )


def _rest(history: Tried, last: PastAttempt, entry: Retry) -> timedelta:
    times = history.times(last)
    no_answer = history.campaign.retry.get(Outcome.NO_ANSWER)
    # An unknown attempt may have rung out: it rests as long as if it had.
    if history.entry(last)[0] == Outcome.UNKNOWN and no_answer is not None:
        return max(_grown(entry, times), _grown(no_answer, times))
    return _grown(entry, times)


def _grown(entry: Retry, times: int) -> timedelta:
    """Return the rest after so many attempts that ended so."""
    longest_s = (entry.up_to or LONGEST_REST).total_seconds()
    return timedelta(
        seconds=min(entry.after.total_seconds() * entry.factor ** (times - 1), longest_s)
    )


def _in_another_part(at: datetime, last: datetime, zones: Sequence[str]) -> datetime:
    """Return the first moment from `at` on in another part of the day than the last attempt.

    It is another part in every zone. Where no moment of a day is, on the far sides of the
    Earth when clocks are turned, `at` has to do.
    """
    moment = at
    while same := [zone for zone in zones if daypart(moment, zone) is daypart(last, zone)]:
        moment = max(_next_part(moment, zone) for zone in same)
        if moment - at > _DAY:
            return at
    return moment


def _next_part(moment: datetime, zone: str) -> datetime:
    """Return when the next part of the day begins."""
    clock = ZoneInfo(zone)
    day = moment.astimezone(clock).date()
    match daypart(moment, zone):
        case DayPart.MORNING:
            return on_wall(day, _AFTERNOON, clock)
        case DayPart.AFTERNOON:
            return on_wall(day, _EVENING, clock)
        case DayPart.EVENING:
            return on_wall(day + _DAY, time.min, clock)


def _over(entry: Retry | None, rule: str, why: str) -> NextTry:
    """Return what follows where an entry says what becomes of the person, else that it is over."""
    then = entry.then if entry is not None else None
    match then:
        case MoveTo(name):
            return replace(
                _done(f"moved:{name}", f"{why}; it goes on in {name}"), then_campaign=name
            )
        case GiveUp(reason):
            given_up = f"{why}; the person is given up: {_words(reason)}"
            return replace(_done(f"gave_up:{reason}", given_up), gave_up=reason)
        case None:
            return _done(rule, why)


def _done(rule: str, why: str) -> NextTry:
    return NextTry(at=None, rule=rule, why=why, state=LeadState.DONE)


def _words(code: str) -> str:
    return code.removeprefix("disposition:").replace("_", " ")
