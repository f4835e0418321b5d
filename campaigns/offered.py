"""What an agent is asked to ask and may choose, as the document of a person shows it; pure."""

from collections.abc import Mapping
from typing import Any

from campaigns.effects import effect_of
from campaigns.model import Campaign, Disposition, DispositionKind
from campaigns.questions import asked, usable_answers
from campaigns.refusals import by_group


def questions_document(
    campaign: Campaign, typed: Mapping[str, Any] | None
) -> list[dict[str, object]]:
    """Return the questions, each with whether it is asked after what was typed so far."""
    known = usable_answers(campaign.questions, (typed or {}).get("answers", ()))
    asked_now = asked(campaign.questions, known)
    return [
        {
            "key": one.key,
            "text": one.text,
            "type": one.type,
            "choices": list(one.choices),
            "low": one.low,
            "high": one.high,
            "required": one.required,
            "asked_if": one.asked_if or None,
            "asked": one in asked_now,
        }
        for one in campaign.questions
    ]


def offered(campaign: Campaign) -> list[dict[str, object]]:
    """Return the dispositions that are shown, each with its definition and what it leads to."""
    return [_word(campaign, one) for one in campaign.dispositions if not one.hidden]


def _word(campaign: Campaign, disposition: Disposition) -> dict[str, object]:
    """Return a disposition as an agent is offered it, a refusal with its reasons."""
    effect = effect_of(campaign, disposition)
    offered: dict[str, object] = {
        "code": disposition.code,
        "kind": disposition.kind,
        "label": disposition.label,
        "definition": disposition.definition,
        "effect": effect.sentence,
        "effect_kind": effect.kind,
        "twice": effect.twice,
        "form": disposition.form or None,
    }
    if disposition.kind is DispositionKind.REFUSAL:
        offered["reasons"] = [
            {"code": reason.code, "label": reason.label, "group": group, "needs": reason.needs}
            for group, reasons in by_group(campaign.refusal_reasons).items()
            for reason in reasons
        ]
    return offered
