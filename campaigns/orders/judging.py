"""Whether a condition between the fields of an order is true; pure.

It may be unknown, where a field in it is empty; in a sum an empty field is nothing.
"""

import operator
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from campaigns.orders.conditions import Kind, Part
from campaigns.orders.numbers import EXACT


def holds(part: Part, values: Mapping[str, object], *, today: date) -> bool | None:
    """Tell whether a condition is true, or None where that is not known.

    Args:
        part: the condition.
        values: key -> what was filled in; fields that are empty are not in it.
        today: the day that counts as today.
    """
    found = _value(part, values, today)
    return found if isinstance(found, bool) else None


def _value(part: Part, values: Mapping[str, object], today: date) -> Any:
    if part.do == "field":
        return values.get(part.value)
    if part.do == "value":
        return part.value
    if part.do == "today":
        return today
    found = [_value(one, values, today) for one in part.parts]
    if part.do in {"and", "or"}:
        return _united(part.do, found)
    if part.do == "known":
        return (found[0] is not None) is part.value
    if part.do in {"+", "-"} and part.kind is Kind.NUMBER:
        return _sum(part.do, *found)
    if any(one is None for one in found):
        return None
    return _done(part.do, *found)


def _united(word: str, found: Collection[bool | None]) -> bool | None:
    """Return what several truths come to, where some may be unknown."""
    decides = word == "or"
    if decides in found:
        return decides
    return None if None in found else not decides


def _sum(sign: str, left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None and right is None:
        return None
    add = EXACT.add if sign == "+" else EXACT.subtract
    return add(left or Decimal(), right or Decimal())


_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": operator.contains,
    "in": lambda left, right: left == right,
}


def _done(do: str, left: Any, *right: Any) -> Any:
    """Return what comes of parts all of which are known."""
    if do == "not":
        return not left
    if do in _COMPARED:
        return any(_COMPARED[do](left, one) for one in right)
    if do == "*":
        return EXACT.multiply(left, right[0])
    return _moved(left, right[0] if do == "+" else -right[0])


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:  # the calendar ends there
        return date.max if by > timedelta() else date.min
