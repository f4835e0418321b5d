"""The language of conditions between the fields of an order; pure.

    service == "fibre-500" and not (install_date is unknown)
    amount_due == material + installation
    install_date <= today + 14d

An items field is worth the sum of its items. Whether a condition is true is told by
`campaigns.orders.judging`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from campaigns.fields import nearest, shown

_LONGEST, _DEEPEST = 1000, 20

_TOKEN = re.compile(
    r"""
    (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w-]))
  | (?P<days>[0-9]{1,5}d\b)
  | (?P<number>[0-9]{1,15}(?:\.[0-9]{1,6})?(?![\w.]))
  | (?P<text>"[^"\n]*"|'[^'\n]*')
  | (?P<word>[a-z_][a-z0-9_]*)
  | (?P<sign>==|!=|<=|>=|[=<>(),+*-])
    """,
    re.VERBOSE,
)
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_COMPARISONS = ("==", "=", "!=", "<", "<=", ">", ">=")
_RESERVED = frozenset(
    ("and", "or", "not", "in", "is", "known", "unknown", "contains", "yes", "no", "today")
)


class Kind(StrEnum):
    """What a part of a condition is, and so what it can be compared with."""

    TRUTH = "yes or no"
    TEXT = "a text"
    NUMBER = "a number"
    DATE = "a date"
    DAYS = "a number of days"
    TIME = "a time"
    CHOSEN = "several texts"


class ConditionError(Exception):
    """A condition cannot be used; the message is one clause that says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a condition: what is done (`do`) with what, and what comes of it.

    Attributes:
        do: `field`, `value`, `known`, `in`, `today`, or the sign or word itself.
        value: a field's key, or a literal.
    """

    do: str
    kind: Kind
    value: Any = None
    parts: tuple["Part", ...] = ()


def parse(text: str, kinds: Mapping[str, Kind]) -> Part:
    """Return the condition that a text means.

    Args:
        text: as the campaign file has it.
        kinds: what each field holds.

    Raises:
        ConditionError: it is no condition, or compares what cannot be compared.
    """
    return _parsed(text, tuple(kinds.items()))


@lru_cache(maxsize=1024)
def _parsed(text: str, kinds: tuple[tuple[str, Kind], ...]) -> Part:
    return _Parser(text, dict(kinds)).whole()


def fields_of(part: Part) -> Iterator[str]:
    """Give the keys of the fields that a condition looks at."""
    if part.do == "field":
        yield part.value
    for inner in part.parts:
        yield from fields_of(inner)


class _Parser:
    def __init__(self, text: str, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._tokens = [*_tokens(text), ("end", "")]
        self._next = 0
        self._depth = 0

    @property
    def _token(self) -> tuple[str, str]:
        return self._tokens[self._next]

    def _take(self) -> tuple[str, str]:
        token = self._token
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _takes(self, *texts: str) -> str:
        kind, text = self._token
        if kind in {"word", "sign"} and text in texts:
            return self._take()[1]
        return ""

    def whole(self) -> Part:
        part = self._truth(self._either())
        if self._token[0] != "end":
            raise ConditionError(f"{self._token[1]} cannot stand there; is an and or or missing?")
        return part

    def _either(self) -> Part:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        return self._joined("or", parts)

    def _all(self) -> Part:
        parts = [self._opposite()]
        while self._takes("and"):
            parts.append(self._opposite())
        return self._joined("and", parts)

    def _joined(self, word: str, parts: list[Part]) -> Part:
        if len(parts) == 1:
            return parts[0]
        return Part(word, Kind.TRUTH, parts=tuple(map(self._truth, parts)))

    def _truth(self, part: Part) -> Part:
        if part.kind is not Kind.TRUTH:
            raise ConditionError(f"{_told(part)} is {part.kind}, and nothing is said of it")
        return part

    def _opposite(self) -> Part:
        if not self._takes("not"):
            return self._comparison()
        self._deeper()
        part = Part("not", Kind.TRUTH, parts=(self._truth(self._opposite()),))
        self._depth -= 1
        return part

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ConditionError(f"lies more than {_DEEPEST} deep; write it flatter")

    def _comparison(self) -> Part:
        left = self._sum()
        if sign := self._takes(*_COMPARISONS):
            sign = "==" if sign == "=" else sign
            right = self._sum()
            _check_comparable(left, right, sign)
            return Part(sign, Kind.TRUTH, parts=(left, right))
        if self._takes("is"):
            negated = bool(self._takes("not"))
            word = self._takes("known", "unknown")
            if not word:
                raise ConditionError("after is stands known or unknown")
            return Part("known", Kind.TRUTH, (word == "known") is not negated, (left,))
        if self._takes("in"):
            return self._one_of(left)
        if self._takes("contains"):
            right = self._sum()
            if left.kind not in {Kind.CHOSEN, Kind.TEXT} or right.kind is not Kind.TEXT:
                raise ConditionError(f"{_told(left)} can contain only a text, if it holds texts")
            return Part("contains", Kind.TRUTH, parts=(left, right))
        return left

    def _one_of(self, left: Part) -> Part:
        if not self._takes("("):
            raise ConditionError(f'write {_told(left)} in ("a", "b")')
        values = [self._sum()]
        while self._takes(","):
            values.append(self._sum())
        self._close()
        for value in values:
            _check_comparable(left, value, "==")
        return Part("in", Kind.TRUTH, parts=(left, *values))

    def _close(self) -> None:
        if not self._takes(")"):
            raise ConditionError("a ( is not closed")

    def _sum(self) -> Part:
        left = self._product()
        while sign := self._takes("+", "-"):
            left = _added(left, self._product(), sign)
        return left

    def _product(self) -> Part:
        left = self._one()
        while self._takes("*"):
            right = self._one()
            if not left.kind == right.kind == Kind.NUMBER:
                raise ConditionError(f"{_told(left)} and {_told(right)} cannot be multiplied")
            left = Part("*", Kind.NUMBER, parts=(left, right))
        return left

    def _one(self) -> Part:
        kind, text = self._take()
        match kind:
            case "day":
                return Part("value", Kind.DATE, _day(text))
            case "days":
                return Part("value", Kind.DAYS, timedelta(days=int(text[:-1])))
            case "number":
                return Part("value", Kind.NUMBER, Decimal(text))
            case "text":
                return Part("value", Kind.TEXT, text[1:-1])
            case "word" if text == "today":
                return Part("today", Kind.DATE)
            case "word" if text in {"yes", "no"}:
                return Part("value", Kind.TRUTH, text == "yes")
            case "word" if text not in _RESERVED:
                return self._field(text)
            case "sign" if text == "(":
                self._deeper()
                inside = self._either()
                self._close()
                self._depth -= 1
                return inside
        raise ConditionError(f"{text} cannot stand there" if text else "ends too early")

    def _field(self, key: str) -> Part:
        if key not in self._kinds:
            known = [*self._kinds]
            hint = f"; the nearest is {nearest(key, known)!r}" if known else ""
            raise ConditionError(f"there is no field {key!r}{hint}; texts stand in quotes")
        return Part("field", self._kinds[key], key)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > _LONGEST:
        raise ConditionError(f"is longer than {_LONGEST} letters")
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TOKEN.match(text, at)
        if found is None:
            raise ConditionError(f"{shown(text[at:])} means nothing here")
        assert found.lastgroup is not None
        yield found.lastgroup, found[0]
        at = found.end()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConditionError(f"{text} is no day of the calendar") from None


def _told(part: Part) -> str:
    return str(part.value) if part.do in {"field", "value"} else "what stands there"


def _check_comparable(left: Part, right: Part, sign: str) -> None:
    orders = sign not in {"==", "!="}
    # A time stands in quotes.
    pair = {left.kind, right.kind}
    if Kind.TIME in pair:
        pair -= {Kind.TEXT}
    if len(pair) > 1 or pair & {Kind.CHOSEN, Kind.DAYS} or (orders and pair & {Kind.TRUTH}):
        raise ConditionError(
            f"{_told(left)} is {left.kind} and {_told(right)} {right.kind}; "
            f"{sign} cannot compare them"
        )
    _check_time(left, right)
    _check_time(right, left)


def _check_time(part: Part, other: Part) -> None:
    is_time = part.kind is Kind.TIME and other.kind is Kind.TEXT
    if is_time and not (other.do == "value" and _CLOCK.fullmatch(other.value)):
        raise ConditionError(f'{_told(other)} is no time; write it like "08:30"')


def _added(left: Part, right: Part, sign: str) -> Part:
    kinds = (left.kind, right.kind)
    if kinds == (Kind.NUMBER, Kind.NUMBER):
        return Part(sign, Kind.NUMBER, parts=(left, right))
    if kinds == (Kind.DATE, Kind.DAYS):
        return Part(sign, Kind.DATE, parts=(left, right))
    raise ConditionError(f"{_told(left)} {sign} {_told(right)} is no sum; write today + 14d")
