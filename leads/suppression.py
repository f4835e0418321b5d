"""The numbers that must not be called: who said so, how far it reaches, since when.

Nothing is ever deleted: an entry that is taken back keeps its row, with the moment and
the reason. All functions work inside the caller's transaction.
"""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, or_, select, update

from leads.model import E164, Suppression, SuppressionKind, SuppressionScope
from leads.sql import in_chunks, insert_if_new
from leads.tables import secrets, suppressions


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


# MINIMAL VERSION, to be replaced by the whole one of the same name (another piece of work).


def forget(
    connection: Connection,
    lead_id: int,
    e164s_only_theirs: Collection[str],
    e164s_shared: Collection[str],
    name_key: str | None,
    *,
    now: datetime,
) -> None:
    """Make keyed hashes of an erased person's do-not-call entries; they stay in force."""
    key = _hash_key(connection)
    for kind, hashed, subjects in (
        (SuppressionKind.NUMBER, SuppressionKind.NUMBER_HASH, [*e164s_only_theirs]),
        (SuppressionKind.LEAD, SuppressionKind.LEAD_HASH, [str(lead_id)]),
    ):
        for subject in subjects:
            digest = hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()
            theirs = (suppressions.c.kind == kind, suppressions.c.subject == subject)
            twin = suppressions.alias()
            connection.execute(
                delete(suppressions).where(
                    *theirs,
                    exists(
                        select(twin.c.id).where(
                            twin.c.kind == hashed,
                            twin.c.subject == digest,
                            twin.c.scope == suppressions.c.scope,
                            twin.c.scope_name == suppressions.c.scope_name,
                            twin.c.removed_at.is_(None),
                        )
                    ),
                )
            )
            connection.execute(
                update(suppressions)
                .where(*theirs)
                .values(kind=hashed, subject=digest, reason=None, removed_reason=None)
            )


def _hash_key(connection: Connection) -> bytes:
    connection.execute(
        insert_if_new(connection, secrets).values(name="suppression", value=token_bytes(32))
    )
    found: bytes = connection.execute(
        select(secrets.c.value).where(secrets.c.name == "suppression")
    ).scalar_one()
    return found
