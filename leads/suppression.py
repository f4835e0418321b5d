"""The numbers that must not be called: who said so, how far it reaches, since when.

Nothing is ever deleted: an entry that is taken back keeps its row, with the moment and
the reason. All functions work inside the caller's transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from leads.model import E164, Suppression, SuppressionKind, SuppressionScope
from leads.sql import in_chunks, insert_if_new
from leads.tables import suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One do-not-call entry with its history.

    Attributes:
        suppression: what it says.
        source: command, key or agent.
        created_at: aware UTC.
        removed_at: when it was taken back, aware UTC, or None while it is in force.
        removed_reason: why it was taken back, or None.
    """

    suppression: Suppression
    source: str
    created_at: datetime
    removed_at: datetime | None
    removed_reason: str | None


def add(connection: Connection, suppression: Suppression, *, source: str, now: datetime) -> bool:
    """Enter a do-not-call wish; False when the same one is in force already.

    Args:
        connection: from `writing`.
        suppression: the number and how far the wish reaches.
        source: command, key or agent.
        now: aware UTC.
    """
    statement = insert_if_new(connection, suppressions).values(
        kind=SuppressionKind.NUMBER.value,
        subject=suppression.e164,
        scope=suppression.scope.value,
        scope_name=suppression.scope_name,
        reason=suppression.reason,
        source=source,
        created_at=now,
    )
    return connection.scalar(statement.returning(suppressions.c.id)) is not None


def remove(
    connection: Connection,
    e164: E164,
    scope: SuppressionScope,
    scope_name: str,
    *,
    reason: str | None,
    now: datetime,
) -> bool:
    """Take an entry back; False when there is none in force."""
    table = suppressions.c
    statement = (
        update(suppressions)
        .where(
            table.kind == SuppressionKind.NUMBER,
            table.subject == e164,
            table.scope == scope.value,
            table.scope_name == scope_name,
        )
        .where(table.removed_at.is_(None))
        .values(removed_at=now, removed_reason=reason)
    )
    return connection.execute(statement).rowcount == 1


def entries(connection: Connection, e164: E164) -> tuple[Entry, ...]:
    """Return every entry of a number, those taken back included, oldest first."""
    rows = connection.execute(
        select(suppressions).where(suppressions.c.subject == e164).order_by(suppressions.c.id)
    )
    return tuple(_entry(row) for row in rows)


def entries_in_force(connection: Connection) -> tuple[Entry, ...]:
    """Return every entry that is in force, oldest first."""
    rows = connection.execute(
        select(suppressions).where(suppressions.c.removed_at.is_(None)).order_by(suppressions.c.id)
    )
    return tuple(_entry(row) for row in rows)


def suppressed_numbers(
    connection: Connection, e164s: Collection[str], *, seller: str, campaign: str
) -> dict[E164, Suppression]:
    """Return which of the numbers a campaign must not call, each with one entry in force.

    An entry applies with scope all, with this seller, or with this campaign.
    """
    table = suppressions.c
    applies = or_(
        table.scope == SuppressionScope.ALL.value,
        and_(table.scope == SuppressionScope.SELLER.value, table.scope_name == seller),
        and_(table.scope == SuppressionScope.CAMPAIGN.value, table.scope_name == campaign),
    )
    return _in_force(connection, e164s, applies)


def suppressed_everywhere(connection: Connection, e164s: Collection[str]) -> set[E164]:
    """Return which of the numbers nobody may call."""
    everywhere = suppressions.c.scope == SuppressionScope.ALL.value
    return {*_in_force(connection, e164s, everywhere)}


def _in_force(
    connection: Connection, e164s: Collection[str], applies: ColumnElement[bool]
) -> dict[E164, Suppression]:
    found: dict[E164, Suppression] = {}
    for chunk in in_chunks(e164s):
        rows = connection.execute(
            select(suppressions)
            .where(suppressions.c.subject.in_(chunk), suppressions.c.removed_at.is_(None), applies)
            .order_by(suppressions.c.id)
        )
        for row in rows:
            found.setdefault(row.subject, _entry(row).suppression)
    return found


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        suppression=Suppression(
            e164=row.subject,
            scope=SuppressionScope(row.scope),
            scope_name=row.scope_name,
            reason=row.reason,
        ),
        source=row.source,
        created_at=row.created_at,
        removed_at=row.removed_at,
        removed_reason=row.removed_reason,
    )
