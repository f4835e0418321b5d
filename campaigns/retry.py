"""When a lead may be tried again, from all that came of the attempts so far.

What an agent said decides before what the network saw, a final word before a later one,
and a wish not to be called before everything. Some outcomes are the number's, not the
person's: those that other leads of the household met count for this lead too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.model import (
    CALLABLE_STATES,
    NUMBER_OUTCOMES,
    UNCOUNTED_OUTCOMES,
    Campaign,
    DialMode,
    DispositionKind,
    LeadState,
    Outcome,
    PastAttempt,
)

FINAL_KINDS = frozenset(
    {
        DispositionKind.SUCCESS,
        DispositionKind.REFUSAL,
        DispositionKind.COMPLETED,
        DispositionKind.PARTIAL,
        DispositionKind.NOT_ELIGIBLE,
        DispositionKind.DECEASED,
        DispositionKind.WRONG_NUMBER,
        DispositionKind.LANGUAGE,
        DispositionKind.HOSTILE,
    }
)
"""Kinds after which the campaign does not call the person again."""

_NOT_REACHED = frozenset(
    {
        DispositionKind.NO_CONTACT,
        DispositionKind.LEFT_MESSAGE,
        DispositionKind.MACHINE,
        DispositionKind.CALLBACK,
    }
)
"""Kinds that rest like a `no_answer`; a callback only where no time was promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTry:
    """When a lead may be tried again, and by which rule.

    Attributes:
        at: aware UTC; None where nothing has to be waited for (`state` is new) and where
            there is no next try (`state` is done or suppressed).
        rule: the rule's name, short enough for a column: "retry:busy", "max_attempts".
        why: the same in words.
        state: the lead state that follows.
    """

    at: datetime | None
    rule: str
    why: str
    state: LeadState

    @property
    def callable(self) -> bool:
        """Whether there is a next try, now or later."""
        return self.state in CALLABLE_STATES


def next_try(
    campaign: Campaign, attempts: Sequence[PastAttempt], *, lead_id: int | None
) -> NextTry:
    """Return when the lead may be tried again.

    `attempts` are the ended ones in this campaign, of the lead or on its number, in any
    order; `lead_id` is None for a number that is no lead's. A promised callback is kept
    even where it exceeds `max_attempts`: the person asked for it. In a broadcast every
    attempt on the number is the lead's own, and one that connected was the last, unless an
    agent whom it reached promised a callback.
    """
    broadcast = campaign.mode is DialMode.BROADCAST
    ordered = sorted(attempts, key=lambda attempt: attempt.ended_at)
    own = [attempt for attempt in ordered if broadcast or attempt.lead_id == lead_id]
    said = _said(ordered, own)
    if said is not None:
        return said
    if broadcast and any(attempt.outcome is Outcome.CONNECTED for attempt in own):
        return _done("broadcast", "a broadcast that was heard is not played to a number again")
    relevant = [
        attempt for attempt in ordered if attempt in own or attempt.outcome in NUMBER_OUTCOMES
    ]
    if not relevant:
        return NextTry(at=None, rule="new", why="not yet tried", state=LeadState.NEW)
    return _retry(campaign, relevant)


def _said(household: Sequence[PastAttempt], own: Sequence[PastAttempt]) -> NextTry | None:
    """Return what follows from the words that were spoken, or None if nothing does."""
    if any(attempt.disposition is DispositionKind.DO_NOT_CALL for attempt in household):
        return NextTry(
            at=None,
            rule="disposition:do_not_call",
            why="somebody at this number asked not to be called",
            state=LeadState.SUPPRESSED,
        )
    for attempt in reversed(own):
        if attempt.disposition in FINAL_KINDS:
            kind = attempt.disposition
            return _done(f"disposition:{kind}", f"the last word was {_words(kind)}")
    last = own[-1] if own else None
    if last and last.disposition is DispositionKind.CALLBACK and last.callback_at:
        return NextTry(
            at=max(last.callback_at, last.ended_at),
            rule="disposition:callback",
            why="a call was promised for that time",
            state=LeadState.CALLBACK,
        )
    return None


def _retry(campaign: Campaign, relevant: Sequence[PastAttempt]) -> NextTry:
    last = relevant[-1]
    ended_so = _rests_like(campaign, last)
    entry = campaign.retry.get(ended_so)
    if entry is None:
        source = f"disposition:{last.disposition}" if last.disposition else f"outcome:{ended_so}"
        return _done(source, f"{_words(last.disposition or ended_so)} is not retried")
    times = sum(_rests_like(campaign, attempt) is ended_so for attempt in relevant)
    if times >= entry.max:
        return _done(
            f"retry:{ended_so}:max", f"{times} of at most {entry.max} ended in {_words(ended_so)}"
        )
    counted = sum(attempt.outcome not in UNCOUNTED_OUTCOMES for attempt in relevant)
    if counted >= campaign.max_attempts:
        return _done("max_attempts", f"{counted} of at most {campaign.max_attempts} attempts made")
    return NextTry(
        at=last.ended_at + _rest(campaign, ended_so, entry.after),
        rule=f"retry:{ended_so}",
        why=f"a number rests after {_words(ended_so)}, the last outcome",
        state=LeadState.WAITING,
    )


def _rests_like(campaign: Campaign, attempt: PastAttempt) -> Outcome:
    """Return the outcome whose entry of [retry] decides about this attempt."""
    if attempt.disposition in _NOT_REACHED and attempt.callback_at is None:
        return Outcome.NO_ANSWER
    if attempt.outcome is Outcome.UNKNOWN and Outcome.UNKNOWN not in campaign.retry:
        return Outcome.NO_ANSWER
    return attempt.outcome


def _rest(campaign: Campaign, ended_so: Outcome, after: timedelta) -> timedelta:
    no_answer = campaign.retry.get(Outcome.NO_ANSWER)
    # An unknown attempt may have rung out: it rests as long as if it had.
    if ended_so is Outcome.UNKNOWN and no_answer is not None:
        return max(after, no_answer.after)
    return after


def _done(rule: str, why: str) -> NextTry:
    return NextTry(at=None, rule=rule, why=why, state=LeadState.DONE)


def _words(code: str) -> str:
    return code.replace("_", " ")
