"""The words of an order form as values; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class FieldType(StrEnum):
    """What a field of an order holds."""

    TEXT = "text"
    CHOICE = "choice"
    MULTI = "multi"
    DATE = "date"
    TIME = "time"
    WINDOW = "window"
    MONEY = "money"
    NUMBER = "number"
    PHONE = "phone"
    EMAIL = "email"
    FLAG = "flag"
    ITEMS = "items"
    TOLD = "told"


class OrderState(StrEnum):
    """Where an order stands; only a verified one counts as a success."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Day:
    """A day told from today: "today", "+14d"."""

    after: timedelta

    def on(self, today: date) -> date:
        """Return the day that is meant."""
        return today + self.after


_TOLD_DAY = re.compile(r"([+-])([0-9]{1,4})d")
_NAMED_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def day_from_today(text: str) -> Day | None:
    """Return the day that "tomorrow" or "+14d" means, or None.

    Args:
        text: as written.
    """
    if text in _NAMED_DAYS:
        return Day(timedelta(days=_NAMED_DAYS[text]))
    found = _TOLD_DAY.fullmatch(text)
    return Day(timedelta(days=int(found[1] + found[2]))) if found else None


Bound = Decimal | date | Day
"""The least or the greatest value: of a text its letters, of several things how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderField:
    """One field of a form.

    Attributes:
        text: what the customer must be told, for the type that confirms it.
        choices: for the types that choose.
        low: the least value, or None.
        high: the greatest value, or None.
        whole: a number without decimals.
        pattern: what the whole text has to match, or empty.
        region: the country of a telephone number written without one, or empty.
        required_if: the condition under which it has to be filled in.
        only_if: the condition under which it may be filled in; empty: always.
    """

    key: str
    type: FieldType
    label: str
    text: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    low: Bound | None = None
    high: Bound | None = None
    whole: bool = False
    pattern: str = ""
    region: str = ""
    required_if: str = ""
    only_if: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRule:
    """What has to be true of several fields together.

    Attributes:
        when: the condition under which it has to; empty: always.
        then: what has to be true.
        text: what the agent is told where it is not.
    """

    then: str
    text: str
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """The form that a campaign's orders are filled in on.

    Attributes:
        currency: of every amount of money, as ISO 4217 has it; empty where there is none.
    """

    fields: tuple[OrderField, ...] = ()
    rules: tuple[OrderRule, ...] = ()
    currency: str = ""


Kept = str | list[str] | list[dict[str, str]]
"""A value as it is kept: text, texts, or items with name, quantity and price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that is complete and right: key -> value as it is kept."""

    fields: Mapping[str, Kept] = field(default_factory=dict)


MINOR_DIGITS = {"BHD": 3, "CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "VND": 0}
"""Decimals of the currencies that have not two."""


def decimals_of(currency: str) -> int:
    """Return how many decimals an amount of a currency has."""
    return MINOR_DIGITS.get(currency, 2)
