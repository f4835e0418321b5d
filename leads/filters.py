"""The tree of a segment as a condition on `leads.id`, the same on SQLite and PostgreSQL.

What can be asked of a lead stands here; what calls came to is known further up, and comes in
as more fields. A condition is never null, so that its opposite means everybody else. All
that lies in other tables is asked with EXISTS by the lead: counting the base walks the leads
once, and judging some of them takes a look at an index for each.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Text,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)

from leads.expressions import attribute, cast_text, day_in, lower, number_in
from leads.model import SuppressionKind, SuppressionScope
from leads.segment_tree import (
    Ago,
    And,
    Compare,
    Field,
    FieldTest,
    HasConsent,
    InCampaign,
    InList,
    Kind,
    Known,
    Node,
    Not,
    OneOf,
    Op,
    Or,
    Suppressed,
    Value,
    attribute_keys,
    read_day,
    read_instant,
)
from leads.tables import (
    consents,
    imports,
    lead_numbers,
    leads,
    list_members,
    lists,
    numbers,
    suppressions,
)

_PHONE_PREFIX = re.compile(r"\+([1-9][0-9]{0,14})")
_SHORTEST, _LONGEST = 5, 15
"""Digits of a number in E.164, with room below the shortest in use."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a segment asks of one field; called with the column that holds its value."""

    leaf: FieldTest
    kind: Kind
    now: datetime

    def __call__(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that the value is as asked; never null for a text."""
        match self.leaf:
            case Known():
                return column.is_not(None)
            case OneOf(values=values):
                return or_(*(self._compared(column, Op.EQ, value) for value in values))
            case Compare(op=op, value=value):
                return self._compared(column, op, value)

    def _compared(self, column: ColumnElement[Any], op: Op, value: Value) -> ColumnElement[bool]:
        if self.kind is Kind.MOMENT:
            return self._moment(column, op, value)
        if self.kind is Kind.NUMBER:
            return _ordered(column, op, float(value) if isinstance(value, Decimal) else None)
        return func.coalesce(_text(column, op, value), false())

    def _moment(self, column: ColumnElement[Any], op: Op, value: Value) -> ColumnElement[bool]:
        if isinstance(value, Ago):
            return _ordered(column, op, value.before(self.now))
        day = read_day(value) if isinstance(value, str) else None
        if day is None:
            return _ordered(column, op, read_instant(str(value)))
        # A day is all of its moments, in UTC.
        begin = read_instant(day.isoformat())
        assert begin is not None
        end = begin + timedelta(days=1)
        match op:
            case Op.LT | Op.GE:
                return _ordered(column, op, begin)
            case Op.LE:
                return column < end
            case Op.GT:
                return column >= end
            case _:
                return and_(column >= begin, column < end)


def _text(column: ColumnElement[Any], op: Op, value: Value) -> ColumnElement[bool]:
    if isinstance(value, Decimal):
        return _ordered(number_in(column), op, float(value))
    text = str(value).lower()
    if op is Op.CONTAINS:
        return lower(column).contains(text, autoescape=True)
    if op is Op.STARTS:
        return func.substr(lower(column), 1, len(text)) == text
    day = read_day(text)
    if day is not None:
        return _ordered(day_in(column), op, day.isoformat())
    return _ordered(lower(column), op, text)


def _ordered(column: ColumnElement[Any], op: Op, value: object) -> ColumnElement[bool]:
    if value is None:
        return false()
    match op:
        case Op.LT:
            return column < value
        case Op.LE:
            return column <= value
        case Op.GT:
            return column > value
        case Op.GE:
            return column >= value
        case _:
            return column == value


@dataclass(frozen=True, slots=True)
class SqlField:
    """A field that segments know: what it holds, and how a check of it is asked."""

    kind: Kind
    ask: Callable[[Check], ColumnElement[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a condition is made of beside its tree.

    Attributes:
        fields: Ringbank's own, by their names.
        attributes: the names of the columns that files brought.
        in_campaign: makes the condition that a lead is enrolled in the campaign of a name.
        now: aware UTC.
    """

    fields: Mapping[str, SqlField]
    attributes: Collection[str]
    in_campaign: Callable[[str], ColumnElement[bool]]
    now: datetime


def condition(node: Node, around: Surroundings) -> ColumnElement[bool]:
    """Return the condition on `leads` that a tree means; erased leads never meet it.

    What the base knows nothing of (any more) is unknown, and is no error here.
    """
    return and_(leads.c.erased_at.is_(None), _condition(node, around))


def _condition(node: Node, around: Surroundings) -> ColumnElement[bool]:
    match node:
        case And(parts):
            return and_(*(_condition(part, around) for part in parts))
        case Or(parts):
            return or_(*(_condition(part, around) for part in parts))
        case Not(part):
            return not_(_condition(part, around))
        case InList(name):
            return _in_list(name)
        case InCampaign(name):
            return around.in_campaign(name)
        case HasConsent(kind):
            return _has_consent(kind, around.now)
        case Suppressed():
            return _suppressed()
        case Known(known=False):
            return not_(_condition(replace(node, known=True), around))
        case Compare(op=Op.NE):
            return not_(_condition(replace(node, op=Op.EQ), around))
        case Compare() | OneOf() | Known():
            field = _field(node.of, around)
            return field.ask(Check(node, field.kind, around.now))


def _field(of: Field, around: Surroundings) -> SqlField:
    if not of.quoted and of.word in around.fields:
        return around.fields[of.word]
    keys = attribute_keys(of, around.attributes)
    # Files from different hands write one column's name in several ways.
    found = [attribute(leads.c.attributes, key) for key in keys]
    if not found:
        return SqlField(Kind.TEXT, lambda _: false())
    return _own(found[0] if len(found) == 1 else func.coalesce(*found))


def attribute_names(connection: Connection) -> frozenset[str]:
    """Return the names of the columns that the imports in force brought as attributes."""
    once = select(cast(imports.c.attributes, Text).label("names")).distinct()
    rows = connection.scalars(once.where(imports.c.undone_at.is_(None)))
    return frozenset(name for names in rows for name in json.loads(names))


# What is asked of other tables


def of_lead(*where: ColumnElement[bool]) -> Exists:
    """Return the condition that a row is there, in whatever tables `where` speaks of.

    The tables are to be aliases: the statement around may speak of the same ones.
    """
    return exists(select(literal(1)).where(*where).correlate(leads))


_held = lead_numbers.alias("held")
_number = numbers.alias("held_number")
_import = imports.alias("of_import")
_member = list_members.alias("member")
_list = lists.alias("of_list")
_consent = consents.alias("consent")
_wish = suppressions.alias("wish")
_THEIRS = _held.c.lead_id == leads.c.id
_PHONE = literal("+") + cast_text(_held.c.number_id)


def _own(column: ColumnElement[Any]) -> SqlField:
    return SqlField(Kind.TEXT, lambda check: check(column))


def _of_numbers(column: ColumnElement[Any]) -> SqlField:
    """Return a field of the lead's numbers: one of them being as asked is enough."""
    return SqlField(
        Kind.TEXT,
        lambda check: of_lead(_THEIRS, _number.c.id == _held.c.number_id, check(column)),
    )


def _phone(check: Check) -> ColumnElement[bool]:
    """Ask for whole numbers and first digits by ranges of ids, which are a number's digits."""
    match check.leaf:
        case Known():
            return of_lead(_THEIRS)
        case Compare(op=Op.STARTS, value=str(text)):
            return of_lead(_THEIRS, _begins(text, _LONGEST))
        case Compare(op=Op.EQ, value=str(text)):
            return of_lead(_THEIRS, _begins(text, 0))
        case OneOf(values=values) if all(isinstance(value, str) for value in values):
            return of_lead(_THEIRS, or_(*(_begins(str(value), 0) for value in values)))
        case _:
            return of_lead(_THEIRS, check(_PHONE))


def _begins(text: str, longest: int) -> ColumnElement[bool]:
    """Return the condition that a number begins with the digits, or is them (`longest` 0)."""
    text = text.replace(" ", "")
    if longest and text in {"", "+"}:
        return _held.c.number_id.is_not(None)
    digits = _PHONE_PREFIX.fullmatch(text)
    if digits is None:
        return false()
    first, length = int(digits[1]), len(digits[1])
    if not longest:
        return _held.c.number_id == first
    tens = [10 ** (whole - length) for whole in range(max(length, _SHORTEST), longest + 1)]
    return or_(*(_held.c.number_id.between(first * ten, first * ten + ten - 1) for ten in tens))


def _in_list(name: str) -> ColumnElement[bool]:
    return of_lead(
        _member.c.lead_id == leads.c.id, _list.c.id == _member.c.list_id, _list.c.name == name
    )


def _has_consent(kind: str, now: datetime) -> ColumnElement[bool]:
    return of_lead(
        _consent.c.lead_id == leads.c.id,
        lower(_consent.c.kind) == kind.lower(),
        _consent.c.given_at <= now,
        _consent.c.withdrawn_at.is_(None),
        or_(_consent.c.expires_at.is_(None), _consent.c.expires_at > now),
    )


def _suppressed() -> ColumnElement[bool]:
    """Return the condition that nobody may call the person, or one of their numbers."""
    begins = func.substr(_PHONE, 1, func.length(_wish.c.subject)) == _wish.c.subject
    return or_(
        of_lead(_THEIRS, _wished(SuppressionKind.NUMBER, _wish.c.subject == _PHONE)),
        of_lead(_THEIRS, _wished(SuppressionKind.PREFIX, begins)),
        _wished(SuppressionKind.LEAD, _wish.c.subject == cast_text(leads.c.id)),
    )


def _wished(kind: SuppressionKind, about: ColumnElement[bool]) -> Exists:
    # An EXISTS of its own for each number: joined, SQLite would walk all the wishes for each.
    wish = select(literal(1)).where(
        _wish.c.removed_at.is_(None),
        _wish.c.scope == SuppressionScope.ALL.value,
        _wish.c.kind == kind.value,
        about,
    )
    return exists(wish.correlate(leads, _held))


LEAD_FIELDS: Mapping[str, SqlField] = {
    "name": _own(leads.c.name),
    "external_id": _own(leads.c.external_id),
    "language": _own(leads.c.language),
    "country": _own(leads.c.country),
    "subdivision": _own(leads.c.subdivision),
    "zone": _own(leads.c.zone),
    "phone": SqlField(Kind.TEXT, _phone),
    "phone_kind": _of_numbers(_number.c.kind),
    "phone_region": _of_numbers(_number.c.region),
    "created_at": SqlField(
        Kind.MOMENT,
        lambda check: of_lead(_import.c.id == leads.c.import_id, check(_import.c.started_at)),
    ),
}
"""What can be asked of a lead without knowing of campaigns."""
