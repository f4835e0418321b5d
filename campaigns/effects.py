"""What a disposition leads to, told to the agent before it is chosen; pure.

The sentence is about the first time that somebody says so: `campaigns.retry.next_try`, which
knows everything that was said before, decides in the end, and a test holds the two together.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from campaigns.model import (
    Campaign,
    Disposition,
    DispositionKind,
    GiveUp,
    MoveTo,
    Outcome,
    Retry,
)
from campaigns.retry import FINAL_KINDS, FINAL_UNLESS_RETRIED, LEAST_REST_AFTER_WORD
from campaigns.tried import LANGUAGE_RETRY


class EffectKind(StrEnum):
    """What becomes of the person."""

    FINAL = "final"
    RETRY = "retry"
    CALLBACK = "callback"
    DO_NOT_CALL = "do_not_call"
    WRONG_NUMBER = "wrong_number"
    DECEASED = "deceased"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a disposition leads to.

    Attributes:
        sentence: the same for an agent to read.
        retry: when and how often, for those who are called again; else None.
        twice: it is asked a second time before it is taken.
    """

    kind: EffectKind
    sentence: str
    retry: Retry | None = None
    twice: bool = False


_EVERYWHERE = {
    DispositionKind.DO_NOT_CALL: Effect(
        kind=EffectKind.DO_NOT_CALL,
        sentence="Nobody calls this number again, in any campaign; only a supervisor can undo it.",
    ),
    DispositionKind.DECEASED: Effect(
        kind=EffectKind.DECEASED,
        sentence=(
            "Nobody calls this person again, in any campaign; others of the household stay. "
            "You are asked twice."
        ),
        twice=True,
    ),
    DispositionKind.HOSTILE: Effect(
        kind=EffectKind.FINAL,
        sentence=(
            "The call ends politely, nobody calls this person again, in any campaign, and you "
            "get a pause."
        ),
    ),
}
_FINAL = Effect(kind=EffectKind.FINAL, sentence="Final: this campaign does not call them again.")


def effect_of(campaign: Campaign, disposition: Disposition) -> Effect:
    """Return what a disposition leads to in a campaign, if it is the first of its kind."""
    kind = disposition.kind
    own = campaign.retry_dispositions.get(disposition.code)
    if kind in _EVERYWHERE:
        return _EVERYWHERE[kind]
    if kind is DispositionKind.CALLBACK:
        return Effect(
            kind=EffectKind.CALLBACK,
            sentence=f"{_who(campaign)} at the time you agree on, even if it was the last try.",
        )
    if kind is DispositionKind.WRONG_NUMBER:
        return _wrong_number(own)
    if kind is DispositionKind.LANGUAGE and own is None:
        return _language(campaign)
    if kind in FINAL_KINDS or (kind in FINAL_UNLESS_RETRIED and own is None):
        return _FINAL
    return _again(campaign, own or campaign.retry.get(Outcome.NO_ANSWER))


def _who(campaign: Campaign) -> str:
    return "You call" if campaign.callbacks.owned else "Somebody calls"


def _wrong_number(own: Retry | None) -> Effect:
    end = f"; without one {_end(own)}" if own is not None and own.then is not None else ""
    return Effect(
        kind=EffectKind.WRONG_NUMBER,
        sentence=(
            "This number is no longer theirs; their next number is tried if there is one"
            f"{end}. Whoever has the number stays untouched."
        ),
        retry=own,
    )


def _language(campaign: Campaign) -> Effect:
    if campaign.max_attempts <= 1:
        return _FINAL
    return Effect(
        kind=EffectKind.LANGUAGE,
        sentence=(
            f"Back after {_long(LANGUAGE_RETRY.after)} for an agent who speaks the language "
            "that you name; final if you name none."
        ),
        retry=LANGUAGE_RETRY,
    )


def _again(campaign: Campaign, retry: Retry | None) -> Effect:
    if retry is None:
        return _FINAL
    if retry.max <= 1:
        return Effect(kind=EffectKind.FINAL, sentence=f"Final: {_end(retry)}.")
    if campaign.max_attempts <= 1:
        return _FINAL
    rest = max(retry.after, LEAST_REST_AFTER_WORD)
    parts = [f"Called again after {_long(rest)}"]
    if retry.factor > 1:
        parts.append("then after longer and longer")
    if retry.other_daypart:
        parts.append("in another part of the day")
    if retry.other_number:
        parts.append("on another number of theirs if there is one")
    most = min(retry.max, campaign.max_attempts)
    parts.append(f"{most} times at most in all")
    end = f"; then {_end(retry)}" if retry.then is not None else ""
    return Effect(kind=EffectKind.RETRY, sentence=f"{', '.join(parts)}{end}.", retry=retry)


def _end(retry: Retry) -> str:
    match retry.then:
        case MoveTo(name):
            return f"the person goes on in {name}"
        case GiveUp(reason):
            return f"the person is given up ({reason.replace('_', ' ')})"
        case None:
            return "this campaign does not call them again"


_UNITS = ((604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def _long(rest: timedelta) -> str:
    """Return a duration in words, in the largest unit that holds it."""
    seconds = int(rest.total_seconds())
    unit_s, unit = next((s, unit) for s, unit in _UNITS if seconds % s == 0)
    count = seconds // unit_s
    return f"{count} {unit}{'s' if count != 1 else ''}"
