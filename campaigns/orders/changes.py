"""An order form as ``campaigns update`` tells of it, key by key; pure."""

import json
from decimal import Decimal

from campaigns.orders.model import Bound, Day, OrderField, OrderForm
from campaigns.orders.numbers import number_text


def form_lines(form: OrderForm | None) -> dict[str, str]:
    """Return what a form says: key of the campaign file -> value in words.

    Args:
        form: of the campaign, or None where it has none.
    """
    if form is None:
        return {}
    written = {"order.fields": ", ".join(field.key for field in form.fields)}
    if form.currency:
        written["order.currency"] = _quoted(form.currency)
    written |= {f"order.fields.{field.key}": _field(field) for field in form.fields}
    for number, rule in enumerate(form.rules, start=1):
        when = f"if {_quoted(rule.when)} " if rule.when else ""
        written[f"order.rules[{number}]"] = (
            f"{when}then {_quoted(rule.then)}, text {_quoted(rule.text)}"
        )
    return written


def _field(field: OrderField) -> str:
    told = [field.type.value, _quoted(field.label)]
    told += ["required"] * field.required + ["whole"] * field.whole
    if field.choices:
        told.append(_quoted(field.choices))
    for name, bound in (("min", field.low), ("max", field.high)):
        if bound is not None:
            told.append(f"{name} {_bound(bound)}")
    for name in ("text", "pattern", "region", "required_if", "only_if"):
        value = getattr(field, name)
        if value:
            told.append(f"{name} {_quoted(value)}")
    return ", ".join(told)


def _bound(bound: Bound) -> str:
    if isinstance(bound, Day):
        return f"{bound.after.days:+}d"
    return number_text(bound) if isinstance(bound, Decimal) else str(bound)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
