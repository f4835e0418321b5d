"""Read the order form of a campaign file, every fault collected; pure."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from campaigns.fields import Section, nearest, shown
from campaigns.orders.conditions import ConditionError, Kind, Part, parse
from campaigns.orders.model import (
    Bound,
    Day,
    FieldType,
    OrderField,
    OrderForm,
    OrderRule,
    day_from_today,
    decimals_of,
)
from campaigns.orders.numbers import MOST_MONEY
from campaigns.orders.patterns import why_unusable
from campaigns.orders.values import KINDS, LONGEST_TEXT
from leads.errors import UsageError
from leads.phone import known_region

_TYPES = tuple(word.value for word in FieldType)
_CURRENCY = re.compile(r"[A-Z]{3}")
_KEY = re.compile(r"[a-z_][a-z0-9_]*")
_CHOOSE = frozenset({FieldType.CHOICE, FieldType.MULTI})
_AMOUNTS = frozenset({FieldType.MONEY, FieldType.ITEMS})
_BOUNDED = frozenset({FieldType.TEXT, FieldType.MULTI, FieldType.DATE, FieldType.NUMBER, *_AMOUNTS})
_MOST_FIELDS, _MOST_RULES = 100, 100

FORM = "order"
"""What a disposition says in `form` whose result takes an order."""


def read_form(file: Section) -> OrderForm | None:
    """Return the order form of a campaign file, or None where it has none.

    Args:
        file: the whole file.
    """
    if not file.has("order"):
        file.expect(["order"])
        return None
    order = file.section("order")
    currency = order.text("currency", required=False)
    if currency and not _CURRENCY.fullmatch(currency):
        order.refuse("currency", f"must be three capitals like NOK, not {shown(currency)}")
        currency = ""
    named = order.section("fields", required=True)
    names = named.names()
    if isinstance(order.held("fields"), dict) and not 0 < len(names) <= _MOST_FIELDS:
        order.refuse("fields", f"must hold from 1 to {_MOST_FIELDS} fields")
    named.expect(names)
    entries = {key: named.section(key, required=True) for key in names}
    fields = tuple(_field(named, key, entries[key], currency) for key in names)
    known = _Known(fields) if all(_is_typed(entry) for entry in entries.values()) else None
    for entry in entries.values():
        _check_condition(entry, "required_if", known)
        _check_condition(entry, "only_if", known)
    if not order.has("currency") and any(field.type in _AMOUNTS for field in fields):
        order.refuse("currency", 'is missing, and fields hold money; write currency = "NOK"')
    rules = tuple(_rule(entry, known) for entry in order.sections("rules"))
    if len(rules) > _MOST_RULES:
        order.refuse("rules", f"are more than {_MOST_RULES}; say the same with fewer")
    return OrderForm(fields=fields, rules=rules, currency=currency)


def _field(named: Section, key: str, entry: Section, currency: str) -> OrderField:
    if not _KEY.fullmatch(key):
        named.refuse(key, "a key holds a-z, 0-9 and _, and begins with no digit")
    kind = FieldType(entry.choice("type", _TYPES))
    label = entry.text("label", required=False) or key.replace("_", " ").capitalize()
    entry.expect(("choices", "min", "max", "whole", "pattern", "region", "text"))
    choices = entry.texts("choices") if kind in _CHOOSE or entry.has("choices") else ()
    _refuse_unless(entry, "choices", kind in {*_CHOOSE, FieldType.ITEMS}, kind)
    _refuse_unless(entry, "whole", kind is FieldType.NUMBER, kind)
    _refuse_unless(entry, "pattern", kind is FieldType.TEXT, kind)
    _refuse_unless(entry, "region", kind is FieldType.PHONE, kind)
    _refuse_unless(entry, "text", kind is FieldType.TOLD, kind)
    told = kind is FieldType.TOLD
    low, high = _bounds(entry, kind, currency)
    return OrderField(
        key=key,
        type=kind,
        label=label,
        text=entry.text("text", lines=True) if told else "",
        required=entry.flag("required", default=told),
        choices=choices,
        low=low,
        high=high,
        whole=entry.flag("whole"),
        pattern=_pattern(entry, kind),
        region=_region(entry),
        required_if=entry.text("required_if", required=False),
        only_if=entry.text("only_if", required=False),
    )


def _refuse_unless(entry: Section, key: str, allowed: bool, kind: FieldType) -> None:
    if entry.has(key) and not allowed:
        entry.refuse(key, f"a field of the type {kind} has none; leave it out")


def _pattern(entry: Section, kind: FieldType) -> str:
    pattern = entry.text("pattern", required=False)
    if pattern and kind is FieldType.TEXT:
        why = why_unusable(pattern)
        if why is not None:
            entry.refuse("pattern", why)
        if entry.has("min") or entry.has("max"):
            entry.refuse("pattern", "says how long the text is; leave out min and max")
    return pattern


def _region(entry: Section) -> str:
    region = entry.text("region", required=False)
    try:
        return known_region(region) if region else ""
    except UsageError as fault:
        entry.refuse("region", str(fault))
        return ""


def _bounds(entry: Section, kind: FieldType, currency: str) -> tuple[Bound | None, Bound | None]:
    _refuse_unless(entry, "min", kind in _BOUNDED, kind)
    _refuse_unless(entry, "max", kind in _BOUNDED, kind)
    if kind not in _BOUNDED:
        return None, None
    low, high = (_bound(entry, key, kind, currency) for key in ("min", "max"))
    # Both told from today or neither: otherwise nobody knows yet which is the later.
    if isinstance(low, Day) and isinstance(high, Day):
        crossed = low.after > high.after
    elif isinstance(low, Decimal) and isinstance(high, Decimal):
        crossed = low > high
    else:
        crossed = type(low) is type(high) is date and low > high
    if crossed:
        entry.refuse("max", "is less than min")
    if low is None and kind is FieldType.MONEY:
        low = Decimal(0)
    return low, high


def _bound(entry: Section, key: str, kind: FieldType, currency: str) -> Bound | None:
    if kind is FieldType.DATE:
        return _day(entry, key)
    value = entry.value(key, int | float, "a number")
    if not isinstance(value, int | float):
        return None
    if kind in {FieldType.TEXT, FieldType.MULTI}:
        return Decimal(entry.whole(key, 0, LONGEST_TEXT))
    places = decimals_of(currency) if kind in _AMOUNTS else 6
    bound = Decimal(repr(value))  # repr: 0.1 is meant as it is written
    if not bound.is_finite() or abs(bound) >= MOST_MONEY or -_exponent(bound) > places:
        entry.refuse(key, f"must be a number with at most {places} decimals, not {shown(value)}")
        return None
    return bound + 0


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _day(entry: Section, key: str) -> Bound | None:
    entry.expect([key])
    held = entry.held(key)
    if not isinstance(held, str):
        return entry.day(key)
    told = day_from_today(held)
    if told is None:
        entry.refuse(key, f'must be like "today", "+14d" or 2026-12-01, not {shown(held)}')
    return told


class _Known:
    """What conditions may speak of: what each field holds, and the choices of those with any."""

    def __init__(self, fields: Sequence[OrderField]) -> None:
        self.kinds = {field.key: KINDS[field.type] for field in fields}
        self.choices = {field.key: field.choices for field in fields if field.choices}


def _is_typed(entry: Section) -> bool:
    return entry.held("type") in _TYPES


def _rule(entry: Section, known: _Known | None) -> OrderRule:
    entry.expect(["if"])
    _check_condition(entry, "if", known)
    _check_condition(entry, "then", known)
    return OrderRule(
        when=entry.text("if", required=False),
        then=entry.text("then"),
        text=entry.text("text", lines=True),
    )


def _check_condition(entry: Section, key: str, known: _Known | None) -> None:
    """Note what is wrong with a condition; where fields cannot be read, it is not judged."""
    text = entry.held(key)
    if known is None or not known.kinds or not isinstance(text, str) or not text.strip():
        return
    try:
        condition = parse(text, known.kinds)
    except ConditionError as fault:
        entry.refuse(key, str(fault))
        return
    for field, word in _words_compared(condition):
        choices = known.choices.get(field, (word,))
        if word not in choices:
            near = nearest(word, choices)
            entry.refuse(key, f"{shown(word)} is no choice of {field}; the nearest is {near!r}")


def _words_compared(part: Part) -> Iterator[tuple[str, str]]:
    """Give each field together with each text that it is compared with."""
    fields = [one.value for one in part.parts if one.do == "field"]
    words = [one.value for one in part.parts if one.do == "value" and one.kind is Kind.TEXT]
    if part.do in {"==", "!=", "in", "contains"}:
        yield from ((field, word) for field in fields for word in words)
    for inner in part.parts:
        yield from _words_compared(inner)


def read_form_of(entry: Section) -> str:
    """Return which form a disposition takes: `order` or none.

    Args:
        entry: of the disposition.
    """
    entry.expect(["form"])
    if entry.has("form"):
        entry.choice("form", (FORM,))
    return FORM if entry.held("form") == FORM else ""
