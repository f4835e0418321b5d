"""What an agent has said in a talk, in the words that the desk is given; pure."""

from typing import Any

from campaigns.model import DispositionKind, Needs
from dialer.screen.talk import (
    DETAIL,
    LANGUAGE,
    NOTE,
    WHEN,
    Talk,
    answer_of,
    asked,
    chosen,
    order_so_far,
    order_words,
    reason_of,
)


def words(talk: Talk, *, disposition: str | None = None, whole: bool = False) -> dict[str, Any]:
    """Return what the agent has said, by the names of `campaigns.result_words.Words`.

    Args:
        talk: all of it.
        disposition: instead of the chosen one; what belongs to that one is left out then.
        whole: for a draft: also what does not belong to the disposition, and answers to
            questions that are not asked any more.
    """
    offered = chosen(talk) if disposition is None else None
    kind = offered.kind if offered else None
    refusal, callback = kind == DispositionKind.REFUSAL, kind == DispositionKind.CALLBACK
    ordered = offered is not None and offered.form == "order"
    typed = {name: text.strip() for name, text in talk.typed.items() if text.strip()}
    reason = reason_of(talk)
    needs = reason is not None and reason.needs != Needs.NOTHING
    return dict(  # noqa: C408
        disposition=disposition or talk.chosen or "",
        reason=talk.reason if refusal or whole else None,
        detail=typed.get(DETAIL) if (refusal and needs) or whole else None,
        callback=typed.get(WHEN) if callback or whole else None,
        callback_by=talk.by if callback or whole else None,
        note=typed.get(NOTE),
        language=typed.get(LANGUAGE) if kind == DispositionKind.LANGUAGE or whole else None,
        answers=tuple(
            f"{question.key}={value}"
            for question in (talk.person.questions if whole else asked(talk))
            for value in answer_of(talk, question)
        ),
        order=order_words(talk) if whole else _order(talk) if ordered else (),
        sure=talk.sure,
    )


def _order(talk: Talk) -> tuple[str, ...]:
    """Return the fields of the order that are offered still, as they were filled in."""
    offered = order_so_far(talk).offered
    return tuple(word for word in order_words(talk) if word.partition("=")[0] in offered)
