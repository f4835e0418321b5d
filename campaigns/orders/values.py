"""What an agent types into one field of an order, read by the field's type; pure.

Reading gives the value, or one clause that says what to write instead. How a value is kept
and shown is here, too. Nothing here raises for any text.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, time
from decimal import ROUND_HALF_UP, Decimal

from campaigns.fields import nearest, shown
from campaigns.orders.conditions import Kind
from campaigns.orders.model import (
    Day,
    FieldType,
    Kept,
    OrderField,
    day_from_today,
    decimals_of,
)
from campaigns.orders.numbers import (
    EXACT,
    MOST_MONEY,
    money_text,
    number_text,
    plain_digits,
    read_money,
    read_number,
)
from campaigns.orders.patterns import LONGEST_MATCHED
from leads.moments import written_moment
from leads.phone import parse_phone

LONGEST_TEXT = 2000
MOST_ITEMS = 100
_MOST_DECIMALS = 6

KINDS: Mapping[FieldType, Kind] = {
    FieldType.TEXT: Kind.TEXT,
    FieldType.CHOICE: Kind.TEXT,
    FieldType.PHONE: Kind.TEXT,
    FieldType.EMAIL: Kind.TEXT,
    FieldType.WINDOW: Kind.TEXT,
    FieldType.MULTI: Kind.CHOSEN,
    FieldType.DATE: Kind.DATE,
    FieldType.TIME: Kind.TIME,
    FieldType.MONEY: Kind.NUMBER,
    FieldType.NUMBER: Kind.NUMBER,
    FieldType.ITEMS: Kind.NUMBER,
    FieldType.FLAG: Kind.TRUTH,
    FieldType.TOLD: Kind.TRUTH,
}
"""What a field of each type is in a condition."""

_CLOCK = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})")
_WINDOW = re.compile(r"([0-9]{1,2}(?:[:.][0-9]{2})?) ?[-–] ?([0-9]{1,2}(?:[:.][0-9]{2})?)")  # noqa: RUF001
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\".]+(?:\.[^@\s,;<>\".]+)+")
_LONGEST_EMAIL = 254
_YES, _NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})


@dataclass(frozen=True, slots=True)
class Value:
    """What was filled into a field.

    Attributes:
        plain: what conditions compare: a text, a number, a date, True or False.
        kept: what is stored.
    """

    plain: object
    kept: Kept


Read = Value | str
"""A value, or the clause that says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What reading a value depends on besides the field: the form's currency, and today."""

    currency: str
    today: date


def read_value(of: OrderField, typed: Sequence[str], around: Surroundings) -> Read:
    """Return the value that was typed into a field, or what is wrong with it.

    Args:
        of: the field.
        typed: at least one text; more than one only where a field takes several.
        around: what else counts.
    """
    texts = [text.strip() for text in typed]
    if any(len(text) > LONGEST_TEXT for text in texts):
        return f"is longer than {LONGEST_TEXT} letters; write it shorter"
    if any(_is_unseen(letter) for text in texts for letter in text):
        return "holds a character that cannot be seen; type it again"
    if of.type is FieldType.MULTI:
        return _several(of, texts)
    if of.type is FieldType.ITEMS:
        return _items(of, texts, around)
    if len(texts) > 1:
        return "is given more than once; keep one of them"
    return _READERS[of.type](of, texts[0], around)


def _is_unseen(letter: str) -> bool:
    return letter not in "\n\t" and unicodedata.category(letter) in {"Cc", "Cs"}


def _text(of: OrderField, text: str, _: Surroundings) -> Read:
    if of.pattern:
        if len(text) > LONGEST_MATCHED or not re.fullmatch(of.pattern, text):
            return f"does not look as it should ({of.pattern}); check it"
        return Value(text, text)
    fault = _outside(of, Decimal(len(text)), unit=" letters")
    return fault or Value(text, text)


def _choice(of: OrderField, text: str, _: Surroundings) -> Read:
    found = _chosen(of, text)
    return Value(found, found) if found is not None else _no_choice(of, text)


def _chosen(of: OrderField, text: str) -> str | None:
    folded = {choice.casefold(): choice for choice in of.choices}
    return text if text in of.choices else folded.get(text.casefold())


def _no_choice(of: OrderField, text: str) -> str:
    near = nearest(text, of.choices)
    return f"{shown(text)} is no choice, the nearest is {near!r}; write {' or '.join(of.choices)}"


def _several(of: OrderField, texts: Sequence[str]) -> Read:
    found: dict[str, None] = {}
    for text in texts:
        choice = _chosen(of, text)
        if choice is None:
            return _no_choice(of, text)
        found[choice] = None
    fault = _outside(of, Decimal(len(found)), unit=" choices")
    return fault or Value((*found,), [*found])


def _date(of: OrderField, text: str, around: Surroundings) -> Read:
    day = _day_in(text, around.today)
    if day is None:
        return f"{shown(text)} is no date; write it like 2026-12-01, 01.12.2026 or +7d"
    low, high = (_day(bound, around.today) for bound in (of.low, of.high))
    if low is not None and day < low:
        return f"{day} is too early; the first day is {low}"
    if high is not None and day > high:
        return f"{day} is too late; the last day is {high}"
    return Value(day, day.isoformat())


def _day_in(text: str, today: date) -> date | None:
    told = day_from_today(text.casefold())
    if told is not None:
        return told.on(today)
    moment = written_moment(text, zone=UTC)
    alone = moment is not None and moment.timetz() == time(tzinfo=UTC) and ":" not in text
    return moment.date() if alone and moment is not None else None


def _day(bound: object, today: date) -> date | None:
    if isinstance(bound, Day):
        return bound.on(today)
    return bound if isinstance(bound, date) else None


def _clock(text: str) -> str | None:
    found = _CLOCK.fullmatch(text if "." in text or ":" in text else f"{text}:00")
    if found is None or int(found[1]) > 24 or int(found[2]) > 59:  # noqa: PLR2004 (a clock)
        return None
    clock = f"{int(found[1]):02}:{found[2]}"
    return clock if clock <= "24:00" else None


def _time(_: OrderField, text: str, __: Surroundings) -> Read:
    clock = _clock(plain_digits(text))
    if clock is None or clock == "24:00":
        return f"{shown(text)} is no time; write it like 14:30"
    return Value(clock, clock)


def _window(_: OrderField, text: str, __: Surroundings) -> Read:
    found = _WINDOW.fullmatch(plain_digits(text))
    first, last = (_clock(found[1]), _clock(found[2])) if found else (None, None)
    if first is None or last is None:
        return f"{shown(text)} is no window; write it like 08:00-12:00"
    if first >= last:
        return f"{first}-{last} ends before it begins; write the earlier time first"
    return Value(f"{first}-{last}", f"{first}-{last}")


def _money(of: OrderField, text: str, around: Surroundings) -> Read:
    amount = read_money(text, around.currency)
    if isinstance(amount, str):
        return amount
    fault = _outside(of, amount, unit=f" {around.currency}")
    return fault or Value(amount, money_text(amount, around.currency))


def _number(of: OrderField, text: str, _: Surroundings) -> Read:
    number = read_number(text, decimals=0 if of.whole else _MOST_DECIMALS)
    if isinstance(number, str):
        return f"{shown(text)} {number}; write it like {'12' if of.whole else '12 or 12.50'}"
    fault = _outside(of, number)
    return fault or Value(number, number_text(number))


def _outside(of: OrderField, number: Decimal, *, unit: str = "") -> str | None:
    low, high = of.low, of.high
    if isinstance(low, Decimal) and number < low:
        return f"{number:f}{unit} is too little; the least is {low:f}"
    if isinstance(high, Decimal) and number > high:
        return f"{number:f}{unit} is too much; the most is {high:f}"
    return None


def _phone(of: OrderField, text: str, _: Surroundings) -> Read:
    found = parse_phone(text, region=of.region or None)
    if isinstance(found, str):
        return f"{shown(text)} is no telephone number ({found}); write it like +4721000000"
    return Value(found.e164, found.e164)


def _email(_: OrderField, text: str, __: Surroundings) -> Read:
    if len(text) > _LONGEST_EMAIL or not _EMAIL.fullmatch(text):
        return f"{shown(text)} is no e-mail address; write it like name@example.org"
    return Value(text, text)


def _flag(_: OrderField, text: str, __: Surroundings) -> Read:
    word = text.casefold()
    if word in _YES or word in _NO:
        return Value(word in _YES, "yes" if word in _YES else "no")
    return f"{shown(text)} is neither yes nor no; write one of them"


def _told(of: OrderField, text: str, around: Surroundings) -> Read:
    found = _flag(of, text, around)
    if isinstance(found, Value) and not found.plain:
        return "has to be told to the customer; tell it, and write yes"
    return found


_READERS: Mapping[FieldType, Callable[[OrderField, str, Surroundings], Read]] = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.WINDOW: _window,
    FieldType.MONEY: _money,
    FieldType.NUMBER: _number,
    FieldType.PHONE: _phone,
    FieldType.EMAIL: _email,
    FieldType.FLAG: _flag,
    FieldType.TOLD: _told,
}


def _items(of: OrderField, texts: Sequence[str], around: Surroundings) -> Read:
    kept: list[dict[str, str]] = []
    total = Decimal()
    for text in texts:
        item = _item(of, text, around)
        if isinstance(item, str):
            return item
        kept.append(item)
        total += _worth(item, around.currency)
    if len(kept) > MOST_ITEMS:
        return f"has more than {MOST_ITEMS} items; write them as fewer"
    fault = _outside(of, total, unit=f" {around.currency} in all")
    return fault or Value(total, kept)


def _item(of: OrderField, text: str, around: Surroundings) -> dict[str, str] | str:
    parts = [part.strip() for part in text.split(";")]
    if len(parts) != len(ITEM) or not parts[0]:
        return f"{shown(text)} is no item; write it like Router;1;499.00 (name;quantity;price)"
    name: str | None = parts[0]
    if of.choices:
        name = _chosen(of, parts[0])
    if name is None:
        return _no_choice(of, parts[0])
    quantity = read_number(parts[1], decimals=_MOST_DECIMALS)
    if isinstance(quantity, str) or quantity <= 0:
        why = quantity if isinstance(quantity, str) else "is no quantity"
        return f"{shown(parts[1])} {why}; write it like {name};1;{parts[2]}"
    price = read_money(parts[2], around.currency)
    if isinstance(price, str):
        return price
    if price < 0 or EXACT.multiply(quantity, price) >= MOST_MONEY:
        return f"{shown(parts[2])} is no price of an item; write what one of them costs"
    values = (name, number_text(quantity), money_text(price, around.currency))
    return dict(zip(ITEM, values, strict=True))


ITEM = ("name", "quantity", "price")
"""What is said of each item of an order, in the order in which it is typed."""


def _worth(item: Mapping[str, str], currency: str) -> Decimal:
    """Return what an item costs in all, rounded half up to the currency's decimals."""
    exact = EXACT.multiply(Decimal(item["quantity"]), Decimal(item["price"]))
    places = Decimal(1).scaleb(-decimals_of(currency))
    return exact.quantize(places, rounding=ROUND_HALF_UP, context=EXACT)
