"""An order form as JSON, for screens that fill it in, and read back from it; pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from campaigns.orders.form import example_of
from campaigns.orders.model import (
    Bound,
    Day,
    FieldType,
    OrderField,
    OrderForm,
    day_from_today,
)


def form_document(form: OrderForm | None) -> dict[str, object] | None:
    """Return a form as an agent is shown it, or None where there is none.

    Args:
        form: of the campaign.
    """
    if form is None:
        return None
    return {
        "currency": form.currency or None,
        "fields": [_field_document(field) for field in form.fields],
    }


def _field_document(field: OrderField) -> dict[str, object]:
    return {
        "key": field.key,
        "label": field.label,
        "type": field.type,
        "choices": list(field.choices),
        "required": field.required,
        "text": field.text,
        "required_if": field.required_if or None,
        "only_if": field.only_if or None,
        "example": example_of(field),
        "min": _written(field.low),
        "max": _written(field.high),
        "whole": field.whole,
        "pattern": field.pattern or None,
        "region": field.region or None,
    }


def _written(bound: Bound | None) -> str | None:
    match bound:
        case None:
            return None
        case Day():
            return f"{bound.after.days:+}d"
        case date():
            return bound.isoformat()
        case _:
            return f"{bound:f}"


def form_of_document(document: Mapping[str, Any] | None) -> OrderForm | None:
    """Return the form of a document, but for its rules; None where it has none.

    Args:
        document: as `form_document` makes it; what a field does not say is as in a file.
    """
    if document is None:
        return None
    fields = tuple(_field_of(one) for one in document["fields"])
    return OrderForm(fields=fields, currency=document.get("currency") or "")


def _field_of(one: Mapping[str, Any]) -> OrderField:
    kind = FieldType(one["type"])
    return OrderField(
        key=one["key"],
        type=kind,
        label=one.get("label") or one["key"],
        text=one.get("text") or "",
        required=bool(one.get("required")),
        choices=tuple(one.get("choices") or ()),
        low=_bound(one.get("min"), kind),
        high=_bound(one.get("max"), kind),
        whole=bool(one.get("whole")),
        pattern=one.get("pattern") or "",
        region=one.get("region") or "",
        required_if=one.get("required_if") or "",
        only_if=one.get("only_if") or "",
    )


def _bound(text: str | None, kind: FieldType) -> Bound | None:
    if text is None:
        return None
    if kind is not FieldType.DATE:
        return Decimal(text)
    return day_from_today(text) or date.fromisoformat(text)
