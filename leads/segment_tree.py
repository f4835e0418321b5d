"""A segment as a tree: whom it means, how it is written, which of its names exist; pure.

A segment is judged with two values only: what is not known is unequal to everything and
neither less nor more than anything, so that `not` always turns one answer into the other.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum

from leads.names import did_you_mean, fold
from leads.problems import Problem

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = range(1800, 2300)
"""Whatever lies outside is a slip, and at the ends of the calendar nothing can be added."""
_SHOWN_BEFORE, _SHOWN_AFTER = 50, 30
"""How much of a long line stands before and after the caret."""


class Op(StrEnum):
    """How a field is compared with a value."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    STARTS = "starts with"
    CONTAINS = "contains"


class Kind(StrEnum):
    """What a field holds, and so what it can be compared with."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"


UNITS_S = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
"""The units of "30 days ago", in seconds; written with an s or without."""


@dataclass(frozen=True, slots=True)
class Ago:
    """A moment told from now: "30 days ago"."""

    count: int
    unit: str

    def before(self, now: datetime) -> datetime:
        """Return the moment that is meant."""
        return now - timedelta(seconds=self.count * UNITS_S[self.unit])


Value = str | Decimal | Ago


@dataclass(frozen=True, slots=True)
class Field:
    """What is looked at: a field of Ringbank's, or an attribute of the imported files.

    Attributes:
        name: as written.
        quoted: it was written as `attribute "NAME"`, and no field of Ringbank's is meant.
        at: where in the text.
    """

    name: str
    quoted: bool = False
    at: int = field(default=0, compare=False)

    @property
    def word(self) -> str:
        """Return the name as fields of Ringbank's are written: "Last_Outcome" is last_outcome."""
        return "_".join(fold(self.name).split())


@dataclass(frozen=True, slots=True)
class Compare:
    """`field op value`."""

    of: Field
    op: Op
    value: Value
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class OneOf:
    """`field in (value, value)`."""

    of: Field
    values: tuple[Value, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Known:
    """`field is known`, or `is unknown`."""

    of: Field
    known: bool = True


@dataclass(frozen=True, slots=True)
class InList:
    """`in list "NAME"`: came onto it, whether it is in use or archived."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class InCampaign:
    """`in campaign "NAME"`: enrolled in it."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class HasConsent:
    """`has consent "KIND"`: given, neither withdrawn nor run out."""

    kind: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """`suppressed`: nobody at all may call them."""


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of its parts, two or more."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of its parts, two or more."""

    parts: tuple["Node", ...]


Node = Compare | OneOf | Known | InList | InCampaign | HasConsent | Suppressed | Not | And | Or
FieldTest = Compare | OneOf | Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a segment may speak of.

    Attributes:
        kinds: the fields of Ringbank's, by their names.
        attributes: the names of the columns that files brought, as they stand there.
        refused: fields that cannot be used here, each with the reason.
    """

    kinds: Mapping[str, Kind]
    attributes: Collection[str]
    lists: Collection[str]
    campaigns: Collection[str]
    refused: Mapping[str, str] = field(default_factory=dict)


def written(node: Node) -> str:
    """Return the text of a tree; reading it gives the same tree."""
    match node:
        case And(parts):
            return " and ".join(_inner(part, And, Or) for part in parts)
        case Or(parts):
            return " or ".join(_inner(part, Or) for part in parts)
        case Not(part):
            return f"not {_inner(part, And, Or)}"
        case Compare(of, op, value):
            return f"{_field(of)} {op} {_value(value)}"
        case OneOf(of, values):
            return f"{_field(of)} in ({', '.join(map(_value, values))})"
        case Known(of, known):
            return f"{_field(of)} is {'known' if known else 'unknown'}"
        case InList(name):
            return f"in list {_value(name)}"
        case InCampaign(name):
            return f"in campaign {_value(name)}"
        case HasConsent(kind):
            return f"has consent {_value(kind)}"
        case Suppressed():
            return "suppressed"


def _inner(part: Node, *loose: type) -> str:
    return f"({written(part)})" if isinstance(part, loose) else written(part)


def _field(of: Field) -> str:
    return f"attribute {_value(of.name)}" if of.quoted else of.name


def _value(value: Value) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, Ago):
        return f"{value.count} {value.unit}s ago"
    return format(value, "f")


def leaves(node: Node) -> Iterator[Node]:
    """Give everything in a tree that is not made of other parts, in the order of the text."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield node


def attribute_keys(of: Field, attributes: Collection[str]) -> tuple[str, ...]:
    """Return the columns that a field means: spelt so or, where none is, folded alike."""
    if of.quoted and of.name in attributes:
        return (of.name,)
    folded = fold(of.name)
    return tuple(sorted(key for key in attributes if folded and fold(key) == folded))


def read_day(text: str) -> date | None:
    """Return the day that a text like "2026-11-01" means, or None."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day is not None and day.year in _YEARS else None


def read_instant(text: str) -> datetime | None:
    """Return the moment that a text like "2026-11-01T12:00" means, or None; UTC if it says none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def placed(text: str, at: int, why: str) -> Problem:
    """Return a problem that shows the place in the text, with a caret under it."""
    if not text.strip():
        return Problem(where="column 1", why=why)
    at = min(at, len(text))
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    column = at - start
    cut = max(0, column - _SHOWN_BEFORE)
    shown = "".join(
        letter if letter.isprintable() else " " for letter in line[cut : column + _SHOWN_AFTER]
    )
    number = text.count("\n", 0, at) + 1
    where = f"line {number}, column {column + 1}" if "\n" in text else f"column {column + 1}"
    return Problem(where=where, why=f"{why}\n    {shown}\n    {' ' * (column - cut)}^")


def unknown_words(node: Node, text: str, words: Words) -> tuple[Problem, ...]:
    """Return a problem for each name in a tree that means nothing, or not in this use.

    `text` is what the tree was read from.
    """
    found: list[Problem] = []
    for leaf in leaves(node):
        for at, why in _unknown(leaf, words):
            found.append(placed(text, at, why))
    return tuple(found)


def _unknown(leaf: Node, words: Words) -> Iterator[tuple[int, str]]:
    match leaf:
        case InList(name, at) if name not in words.lists:
            yield (
                at,
                f"there is no list {name!r}; {did_you_mean(name, words.lists, see='lists list')}",
            )
        case InCampaign(name, at) if name not in words.campaigns:
            hint = did_you_mean(name, words.campaigns, see="campaigns list")
            yield at, f"there is no campaign {name!r}; {hint}"
        case Compare() | OneOf() | Known():
            yield from _unfit(leaf, words)
        case _:
            pass


def _unfit(leaf: FieldTest, words: Words) -> Iterator[tuple[int, str]]:
    of = leaf.of
    kind = None if of.quoted else words.kinds.get(of.word)
    if kind is None:
        if not of.quoted and of.word in words.refused:
            yield of.at, f"{of.name} cannot be used here: {words.refused[of.word]}"
            return
        if not attribute_keys(of, words.attributes):
            yield of.at, _no_field(of, words)
            return
        kind = Kind.TEXT
    match leaf:
        case Compare(op=op, value=value, at=at):
            yield from ((at, why) for why in _misused(of, kind, value, op))
        case OneOf(values=values, at=at):
            for value in values:
                yield from ((at, why) for why in _misused(of, kind, value, Op.EQ))
        case Known():
            pass


def _misused(of: Field, kind: Kind, value: Value, op: Op) -> Iterator[str]:
    if kind is not Kind.TEXT and op in {Op.STARTS, Op.CONTAINS}:
        yield f"{of.name} is a {kind} and cannot be searched for letters; use =, < or >"
    elif kind is Kind.NUMBER and not isinstance(value, Decimal):
        yield f"{of.name} is a number; write for example {of.name} > 3"
    elif kind is Kind.MOMENT and not _is_moment(value):
        yield f'{of.name} is a moment; write "2026-11-01" or 30 days ago'
    elif kind is Kind.TEXT and isinstance(value, Ago):
        yield f'{of.name} is no moment of Ringbank\'s; write a day in quotes, like "2026-11-01"'


def _is_moment(value: Value) -> bool:
    return isinstance(value, Ago) or (
        isinstance(value, str) and (read_day(value) or read_instant(value)) is not None
    )


_NAMED_AT_MOST = 12


def _no_field(of: Field, words: Words) -> str:
    fields = {} if of.quoted else {name: name for name in words.kinds}
    attributes = {
        key if of.quoted else "_".join(fold(key).split()): key for key in words.attributes
    }
    known = fields | attributes
    near = get_close_matches(of.name if of.quoted else of.word, known, n=1)
    what = f"there is no {'attribute' if of.quoted else 'field'} {of.name!r}"
    if near:
        return f"{what}; did you mean {near[0]!r}?"
    some = sorted(word for word in (attributes or known) if word)
    more = ", ..." if len(some) > _NAMED_AT_MOST else ""
    kind = "the files brought" if attributes else "known are"
    return f"{what}; {kind} {', '.join(some[:_NAMED_AT_MOST])}{more}"
