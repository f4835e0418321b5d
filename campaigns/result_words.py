"""What an agent says of a talk, read from what they have typed; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from campaigns.cards import NO_CARDS, holds_card_number
from campaigns.effects import effect_of
from campaigns.fields import nearest
from campaigns.model import (
    Campaign,
    Disposition,
    DispositionKind,
    Outcome,
    RefusalReason,
)
from campaigns.orders.definition import FORM
from campaigns.orders.form import read_order
from campaigns.orders.model import Order
from campaigns.questions import read_answers, unanswered
from campaigns.refusals import read_detail
from leads.consent_rules import KIND, KIND_RULE
from leads.errors import UsageError
from leads.languages import known_language
from leads.problems import Problem, refuse, usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an agent has typed of a talk, read by nobody yet.

    Attributes:
        callback: when; without an offset on the person's own clock.
        callback_by: me or any.
        answers: KEY=VALUE each.
        order: KEY=VALUE each.
        consents: KIND or KIND=WORDING each.
        places: where the person says they are.
        language: what the person speaks, a code of ISO 639-1.
        sure: asked a second time, the agent has said yes.
    """

    disposition: str = ""
    reason: str | None = None
    detail: str | None = None
    callback: str | None = None
    callback_by: str | None = None
    note: str | None = None
    answers: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    language: str | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an agent says of a talk.

    Attributes:
        reason: the refusal reason's code, for a refusal only.
        detail: what was written down besides the reason; a date as ISO 8601 has it.
        callback_at: the promised moment, aware, for a callback only.
        own_callback: the agent who promised it calls, not whoever is free.
        language: what the person speaks, for a disposition of that kind only.
        answers: question key -> answers given.
        consents: kind -> what the person agreed to, word for word, or None.
        order: what was agreed, for a disposition that takes an order only.
    """

    disposition: Disposition
    reason: str | None = None
    detail: str | None = None
    callback_at: datetime | None = None
    own_callback: bool = False
    language: str | None = None
    note: str | None = None
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    consents: Mapping[str, str | None] = field(default_factory=dict)
    order: Order | None = None


def read_result(
    campaign: Campaign,
    words: Words,
    *,
    callback_at: datetime | None = None,
    today: date | None = None,
    now: datetime,
) -> Result:
    """Return the result that an agent's words mean.

    Args:
        campaign: whose words they are.
        words: as typed.
        callback_at: the moment that `words.callback` means, aware; whether a call may be
            promised for it is `callbacks.judge`'s matter.
        today: the day where the person is; None: that of UTC.
        now: aware.

    Raises:
        UsageError: a word is not one of the campaign's, or something is missing.
    """
    refuse_cards(words)
    chosen = _chosen(campaign, words.disposition)
    named = _reason(campaign, chosen, words.reason)
    if named is None and words.detail is not None:
        raise UsageError("--detail belongs to the reason of a refusal; leave it out, or use --note")
    is_callback = chosen.kind is DispositionKind.CALLBACK
    if is_callback and callback_at is None:
        raise UsageError("a callback needs its time; add --callback 2026-12-01T18:30")
    if callback_at is not None and not is_callback:
        raise UsageError("--callback belongs to a disposition of kind callback; leave it out")
    if words.callback_by is not None and not is_callback:
        raise UsageError("--callback-by belongs to a disposition of kind callback; leave it out")
    given = _answers(campaign, chosen, words.answers)
    if effect_of(campaign, chosen).twice and not words.sure:
        raise UsageError(
            f"did somebody tell you so? After {chosen.code!r} nobody calls this person again, in "
            "any campaign; give the same once more with --sure, or choose another disposition"
        )
    return Result(
        disposition=chosen,
        reason=words.reason,
        detail=None if named is None else read_detail(named, words.detail, now=now),
        callback_at=callback_at,
        own_callback=is_callback and _is_own(campaign, words.callback_by),
        language=_language(chosen, words.language),
        note=words.note,
        answers=given,
        consents=_consents(words.consents),
        order=_order(campaign, chosen, words.order, today=today or now.astimezone(UTC).date()),
    )


def refuse_cards(words: Words) -> None:
    """Refuse words in which somebody has written down the number of a payment card.

    Raises:
        UsageError: they have, in the note, the detail, a consent or an answer; an order tells it itself.
    """
    typed = {"--note": words.note, "--detail": words.detail}
    typed |= {f"--consent {word.partition('=')[0]}": word for word in words.consents}
    typed |= {f"--answer {word.partition('=')[0]}": word for word in words.answers}
    refuse(
        "the result was not taken",
        [
            Problem(where=where, why=NO_CARDS)
            for where, text in typed.items()
            if text is not None and holds_card_number(text)
        ],
    )


def _order(
    campaign: Campaign, chosen: Disposition, typed: Sequence[str], *, today: date
) -> Order | None:
    """Return the order that goes with a disposition; None where it takes none."""
    if chosen.form != FORM or campaign.order is None:
        if typed:
            takers = [word.code for word in campaign.dispositions if word.form]
            takes = (
                f"only {_all(takers)} does" if takers else "no disposition of this campaign does"
            )
            raise UsageError(f"{chosen.code!r} takes no order, {takes}; leave out --order")
        return None
    return usable("the order is not complete", read_order(campaign.order, typed, today=today))


def _reason(campaign: Campaign, chosen: Disposition, code: str | None) -> RefusalReason | None:
    """Return the reason of a refusal; None where the disposition is no refusal."""
    if chosen.kind is not DispositionKind.REFUSAL:
        if code is not None:
            raise UsageError(
                f"--reason belongs to a refusal, and {chosen.code!r} is none; leave it out"
            )
        return None
    reasons = {reason.code: reason for reason in campaign.refusal_reasons}
    if code is None:
        raise UsageError(f"a refusal needs its reason; add --reason with {_one_of(reasons)}")
    if code in reasons:
        return reasons[code]
    inside = [reason.code for reason in reasons.values() if reason.group == code]
    if inside:
        raise UsageError(f"{code!r} is a group of reasons; add --reason with one of {_all(inside)}")
    near = nearest(code, list(reasons))
    raise UsageError(
        f"{code!r} is no reason of this campaign, the nearest is {near!r}; add --reason with "
        f"{_one_of(reasons)}"
    )


def _one_of(reasons: Mapping[str, RefusalReason]) -> str:
    """Return which reasons there are, or, where they would fill the screen, where they stand."""
    if len(reasons) <= _MOST_TOLD:
        return f"one of {_all(reasons)}"
    groups = dict.fromkeys(reason.group for reason in reasons.values())
    return f"a code of those that `ringbank next` shows in the groups {_all(groups)}"


_MOST_TOLD = 20


def _is_own(campaign: Campaign, by: str | None) -> bool:
    """Tell whether the agent who promises to call is the one who does."""
    if by not in {None, *CALLBACK_BY}:
        raise UsageError(f"--callback-by {by!r} is nobody; choose one of {_all(CALLBACK_BY)}")
    return campaign.callbacks.owned if by is None else by == "me"


CALLBACK_BY = ("me", "any")
"""Who keeps the promise to call: the agent who makes it, or whoever is free."""


def _chosen(campaign: Campaign, code: str) -> Disposition:
    if not code:
        raise UsageError(
            "a result needs its disposition; add --disposition with one of "
            f"{_all([one.code for one in campaign.dispositions if not one.hidden])}"
        )
    for disposition in campaign.dispositions:
        if disposition.code == code:
            return disposition
    codes = [d.code for d in campaign.dispositions if not d.hidden]
    raise UsageError(f"{code!r} is no disposition of this campaign; choose one of {_all(codes)}")


def _answers(campaign: Campaign, chosen: Disposition, given: Sequence[str]) -> dict[str, list[str]]:
    """Return the answers; nobody was talked to to the end without those that are required."""
    found = read_answers(campaign.questions, given)
    missing = unanswered(campaign.questions, found) if chosen.kind in _TO_THE_END else ()
    if missing:
        raise UsageError(
            f"{chosen.code!r} needs an answer to {_all(missing)}; add --answer {missing[0]}=..., "
            "or choose a disposition of a talk that broke off"
        )
    return found


_TO_THE_END = frozenset({DispositionKind.SUCCESS, DispositionKind.COMPLETED})
"""Kinds that say that somebody was talked to to the end."""


def _language(chosen: Disposition, code: str | None) -> str | None:
    if code is None:
        return None
    if chosen.kind is not DispositionKind.LANGUAGE:
        raise UsageError("--language belongs to a disposition of kind language; leave it out")
    return known_language(code, option="--language")


def _consents(given: Sequence[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for word in given:
        kind, _, wording = word.partition("=")
        if not KIND.fullmatch(kind):
            raise UsageError(f"--consent {word!r} names no kind of consent; write {KIND_RULE}")
        if kind in found:
            raise UsageError(f"--consent {kind} is given twice; keep one of the two")
        found[kind] = wording.strip() or None
    return found


def _all(words: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(words)


_NOBODY_REACHED: Mapping[DispositionKind, Outcome] = {
    DispositionKind.NO_CONTACT: Outcome.NO_ANSWER,
    DispositionKind.MACHINE: Outcome.MACHINE,
    DispositionKind.LEFT_MESSAGE: Outcome.MACHINE,
}


def hand_outcome(kind: DispositionKind) -> Outcome:
    """Return the outcome of a hand-dialled call by what the agent said of it."""
    return _NOBODY_REACHED.get(kind, Outcome.CONNECTED)
