"""Who must not be called: who said so, how far it reaches, since when.

An entry is about a number, all numbers that begin alike, or a person; about an erased one
only a keyed hash is left. Nothing is ever deleted: an entry that is taken back keeps its
row, with the moment and the reason. All functions work inside the caller's transaction.
National registers are in `leads.registries`.
"""

import hmac
import secrets as chance
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from leads.model import E164, Suppression, SuppressionKind, SuppressionScope
from leads.sql import among, among_given, insert_if_new
from leads.tables import secrets, suppressions

Asked = tuple[int | None, E164, str | None]
"""Somebody who may be meant: the lead or None, the number, the lead's `name_key` or None."""

FROM_A_TALK = "agent"
"""The source of what an agent has said; it goes when the result of the talk is taken back."""

_KEY = "suppression"
_KEY_BYTES = 32
_HASHED = (SuppressionKind.NUMBER_HASH, SuppressionKind.LEAD_HASH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One do-not-call entry with its history.

    Attributes:
        suppression: what it says.
        source: command, key, agent, or a registry with its date.
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

    One that follows from a talk, and is said once more by somebody else, is theirs from then
    on: it stays when the result of the talk is taken back.

    Args:
        connection: from `writing`.
        suppression: whom it is about and how far the wish reaches.
        source: command, key or agent.
        now: aware UTC.
    """
    statement = insert_if_new(connection, suppressions).values(
        kind=suppression.kind.value,
        subject=suppression.subject,
        scope=suppression.scope.value,
        scope_name=suppression.scope_name,
        reason=suppression.reason,
        source=source,
        created_at=now,
    )
    added = connection.scalar(statement.returning(suppressions.c.id)) is not None
    if not added and source != FROM_A_TALK:
        _say_again(connection, suppression, source=source)
    return added


def _say_again(connection: Connection, suppression: Suppression, *, source: str) -> None:
    said = suppressions.c.reason
    again = f"; {suppression.reason}" if suppression.reason else ""
    connection.execute(
        update(suppressions)
        .where(
            suppressions.c.kind == suppression.kind.value,
            suppressions.c.subject == suppression.subject,
            suppressions.c.scope == suppression.scope.value,
            suppressions.c.scope_name == suppression.scope_name,
            suppressions.c.removed_at.is_(None),
            suppressions.c.source == FROM_A_TALK,
        )
        .values(source=source, reason=func.coalesce(said, "") + again)
    )


def remove(
    connection: Connection,
    subject: str,
    scope: SuppressionScope,
    scope_name: str,
    *,
    kind: SuppressionKind = SuppressionKind.NUMBER,
    reason: str | None,
    now: datetime,
) -> bool:
    """Take an entry back; False when there is none in force.

    What was said of a number that was erased since is found by the number, too.
    """
    meant = [and_(suppressions.c.kind == kind, suppressions.c.subject == subject)]
    if kind is SuppressionKind.NUMBER and (key := _key_in_use(connection)):
        hashed = _number_hash(key, subject)
        meant.append(
            and_(
                suppressions.c.kind == SuppressionKind.NUMBER_HASH, suppressions.c.subject == hashed
            )
        )
    statement = (
        update(suppressions)
        .where(
            or_(*meant),
            suppressions.c.scope == scope.value,
            suppressions.c.scope_name == scope_name,
            suppressions.c.removed_at.is_(None),
        )
        .values(removed_at=now, removed_reason=reason)
    )
    return connection.execute(statement).rowcount > 0


def remove_entries(
    connection: Connection, ids: Collection[int], *, reason: str, now: datetime
) -> None:
    """Take entries of a talk back by the ids of their rows.

    Those taken back before stay as they are, and so do those that somebody has said again.
    """
    connection.execute(
        update(suppressions)
        .where(
            among(connection, suppressions.c.id, ids),
            suppressions.c.removed_at.is_(None),
            suppressions.c.source == FROM_A_TALK,
        )
        .values(removed_at=now, removed_reason=reason)
    )


def entries(
    connection: Connection, e164: E164, *, lead_ids: Collection[int] = ()
) -> tuple[Entry, ...]:
    """Return every entry that reaches a number or one of the leads, oldest first.

    Those taken back are included, and so are prefixes and hashes.
    """
    subjects = [e164, *map(str, lead_ids)]
    if key := _key_in_use(connection):
        subjects.append(_number_hash(key, e164))
    heads = [e164[:length] for length in range(2, len(e164) + 1)]
    is_prefix = suppressions.c.kind == SuppressionKind.PREFIX
    rows = connection.execute(
        select(suppressions)
        .where(
            or_(
                and_(~is_prefix, among(connection, suppressions.c.subject, subjects)),
                and_(is_prefix, among(connection, suppressions.c.subject, heads)),
            )
        )
        .order_by(suppressions.c.id)
    )
    return tuple(_entry(row) for row in rows)


def entries_in_force(connection: Connection) -> tuple[Entry, ...]:
    """Return every entry that is in force, oldest first."""
    rows = connection.execute(
        select(suppressions).where(suppressions.c.removed_at.is_(None)).order_by(suppressions.c.id)
    )
    return tuple(_entry(row) for row in rows)


def applying(
    connection: Connection, people: Sequence[Asked], *, seller: str, campaign: str
) -> list[Suppression | None]:
    """Return for each of the people the oldest entry for which a campaign must not call them.

    An entry applies with scope all, with this seller, or with this campaign. The number of
    queries does not grow with the people.
    """
    if not people:
        return []
    whose = {"seller": seller, "campaign": campaign}
    key = _key_in_use(connection)
    subjects = [_subjects(person, key) for person in people]
    asked = list(dict.fromkeys(subject for some in subjects for subject in some))
    rows = connection.execute(_OF_THEM, whose | {"subjects": asked}).all()
    by_prefix = _oldest(row for row in rows if row.kind == SuppressionKind.PREFIX)
    lengths = sorted({len(prefix) for prefix in by_prefix})
    # No subject of one kind is one of another: a plus, an id, 64 hexadecimal digits.
    exact = _oldest(rows)
    if not exact and not by_prefix:
        return [None] * len(people)
    found = []
    for (_, e164, _), some in zip(people, subjects, strict=True):
        hits = [exact[subject] for subject in some if subject in exact]
        heads = (e164[:length] for length in lengths)
        hits += [by_prefix[head] for head in heads if head in by_prefix]
        found.append(min(hits, default=(0, None), key=_age)[1])
    return found


def applied(
    connection: Connection,
    people: Sequence[tuple[Asked, datetime]],
    *,
    seller: str,
    campaign: str,
) -> list[Suppression | None]:
    """Return what `applying` would have at a moment for each of the people.

    Entries count that were made before the moment and not taken back until then.
    """
    if not people:
        return []
    key = _key_in_use(connection)
    exact = [frozenset(_subjects(person, key)) for person, _ in people]
    heads = [
        frozenset(e164[:length] for length in range(2, len(e164) + 1)) for (_, e164, _), _ in people
    ]
    rows = connection.execute(
        select(suppressions)
        .where(
            reaches(seller=seller, campaign=campaign),
            among(connection, suppressions.c.subject, frozenset().union(*exact, *heads)),
        )
        .order_by(suppressions.c.id)
    )
    of_subject: dict[str, list[Row[Any]]] = {}
    for row in rows:
        of_subject.setdefault(row.subject, []).append(row)
    found: list[Suppression | None] = []
    for (_, moment), subjects, prefixes in zip(people, exact, heads, strict=True):
        hits = (
            (int(row.id), _entry(row).suppression)
            for subject in subjects | prefixes
            for row in of_subject.get(subject, ())
            if subject in (prefixes if row.kind == SuppressionKind.PREFIX else subjects)
            if row.created_at < moment and (row.removed_at is None or row.removed_at > moment)
        )
        found.append(min(hits, default=(0, None), key=_age)[1])
    return found


def suppressed_everywhere(connection: Connection, e164s: Iterable[E164]) -> set[E164]:
    """Return which of the numbers nobody may call; made for many at once."""
    asked = {e164: e164 for e164 in e164s}
    if key := _key_in_use(connection):
        asked |= {E164(_number_hash(key, e164)): e164 for e164 in [*asked]}
    in_force = select(suppressions.c.subject).where(
        suppressions.c.removed_at.is_(None), _EVERYWHERE
    )
    is_prefix = suppressions.c.kind == SuppressionKind.PREFIX
    prefixes = frozenset(connection.scalars(in_force.where(is_prefix)))
    exact = connection.scalars(
        in_force.where(~is_prefix, among(connection, suppressions.c.subject, asked))
    )
    found = {asked[E164(subject)] for subject in exact}
    for length in {len(prefix) for prefix in prefixes}:
        found |= {e164 for e164 in asked.values() if e164[:length] in prefixes}
    return found


_EVERYWHERE = suppressions.c.scope == SuppressionScope.ALL.value


def reaches(
    *, seller: str | BindParameter[str], campaign: str | BindParameter[str]
) -> ColumnElement[bool]:
    """Return the condition that an entry concerns a campaign."""
    scope, name = suppressions.c.scope, suppressions.c.scope_name
    return or_(
        _EVERYWHERE,
        and_(scope == SuppressionScope.SELLER.value, name == seller),
        and_(scope == SuppressionScope.CAMPAIGN.value, name == campaign),
    )


_OF_CAMPAIGN = select(suppressions).where(
    suppressions.c.removed_at.is_(None),
    reaches(seller=bindparam("seller"), campaign=bindparam("campaign")),
)
_OF_THEM = union_all(
    _OF_CAMPAIGN.where(suppressions.c.kind == SuppressionKind.PREFIX),
    _OF_CAMPAIGN.where(among_given(suppressions.c.subject, "subjects")),
)
"""All prefixes, and what is said of some subjects; made once: it is asked before every call."""

_Hit = tuple[int, Suppression | None]


def _age(hit: _Hit) -> int:
    return hit[0]


def _oldest(rows: Iterable[Row[Any]]) -> dict[str, _Hit]:
    found: dict[str, _Hit] = {}
    for row in sorted(rows, key=lambda row: int(row.id)):
        found.setdefault(row.subject, (row.id, _entry(row).suppression))
    return found


def _subjects(person: Asked, key: bytes | None) -> list[str]:
    lead_id, e164, name_key = person
    subjects: list[str] = [e164]
    if lead_id is not None:
        subjects.append(str(lead_id))
    if key is not None:
        subjects.append(_number_hash(key, e164))
        if lead_id is not None:
            subjects.append(_lead_hash(key, e164, name_key))
    return subjects


# -- erased people ------------------------------------------------------------------------


def hash_number(connection: Connection, e164: str) -> str:
    """Return what stands for an erased number; from `writing`, for the key may be made here."""
    return _number_hash(_key(connection), e164)


def hash_lead(connection: Connection, e164: str, name_key: str | None) -> str:
    """Return what stands for an erased person of a number; from `writing`."""
    return _lead_hash(_key(connection), e164, name_key)


def forget(
    connection: Connection,
    lead_id: int,
    e164s_only_theirs: Collection[str],
    e164s_shared: Collection[str],
    name_keys: Collection[str | None],
    *,
    now: datetime,
) -> None:
    """Leave no readable trace of an erased person in the entries, and keep what they say.

    Entries about numbers that nobody else has, and those about the lead, become hashes, those
    taken back as well; whoever comes back with the same number, or the same number and name,
    is suppressed as before.

    Args:
        connection: from `writing`.
        lead_id: the person.
        e164s_only_theirs: the numbers that no other lead has.
        e164s_shared: the numbers that stay in the base with somebody else.
        name_keys: every folded name that the person ever had; None among them where they
            had none.
        now: aware UTC.
    """
    of_numbers = _about(connection, SuppressionKind.NUMBER, e164s_only_theirs)
    of_lead = _about(connection, SuppressionKind.LEAD, [str(lead_id)])
    if not of_numbers and not of_lead:
        return
    key = _key(connection)
    for row in of_numbers:
        hashed = _number_hash(key, row.subject)
        _hide(connection, row, SuppressionKind.NUMBER_HASH, [hashed], now=now)
    numbers = sorted({*e164s_only_theirs, *e164s_shared}) or [""]
    names = {one or "": one for one in name_keys} or {"": None}
    for row in of_lead:
        hashes = [_lead_hash(key, e164, one) for e164 in numbers for one in names]
        _hide(connection, row, SuppressionKind.LEAD_HASH, hashes, now=now)


def _about(
    connection: Connection, kind: SuppressionKind, subjects: Collection[str]
) -> Sequence[Row[Any]]:
    return connection.execute(
        select(suppressions)
        .where(suppressions.c.kind == kind, among(connection, suppressions.c.subject, subjects))
        .order_by(suppressions.c.id)
    ).all()


def _hide(
    connection: Connection,
    row: Row[Any],
    kind: SuppressionKind,
    hashes: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Put hashes in the place of an entry's subject, one row for each."""
    for at, hashed in enumerate(hashes):
        values = {**row._mapping, "kind": kind.value, "subject": hashed}
        del values["id"]
        if row.removed_at is None and _stands(connection, values):
            values |= {"removed_at": now, "removed_reason": "the same entry was there already"}
        if at == 0:
            connection.execute(
                update(suppressions).where(suppressions.c.id == row.id).values(**values)
            )
        else:
            connection.execute(insert(suppressions).values(**values))


def _stands(connection: Connection, values: dict[str, Any]) -> bool:
    same = [suppressions.c[name] == values[name] for name in _UNIQUE]
    found = exists(select(suppressions.c.id).where(*same, suppressions.c.removed_at.is_(None)))
    return bool(connection.scalar(select(found)))


_UNIQUE = ("kind", "subject", "scope", "scope_name")


def _number_hash(key: bytes, e164: str) -> str:
    return hmac.digest(key, f"number\0{e164}".encode(), "sha256").hex()


def _lead_hash(key: bytes, e164: str, name_key: str | None) -> str:
    return hmac.digest(key, f"lead\0{e164}\0{name_key or ''}".encode(), "sha256").hex()


def _key_in_use(connection: Connection) -> bytes | None:
    """Return the key if one was ever made: until then there are no hashed entries."""
    return connection.scalar(_KEY_IN_USE)


_KEY_IN_USE = select(secrets.c.value).where(secrets.c.name == _KEY)


def _key(connection: Connection) -> bytes:
    made = insert_if_new(connection, secrets).values(
        name=literal(_KEY), value=chance.token_bytes(_KEY_BYTES)
    )
    connection.execute(made)
    return bytes(
        connection.execute(select(secrets.c.value).where(secrets.c.name == _KEY)).scalar_one()
    )


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        suppression=Suppression(
            subject=row.subject,
            scope=SuppressionScope(row.scope),
            scope_name=row.scope_name,
            reason=row.reason,
            kind=SuppressionKind(row.kind),
        ),
        source=row.source,
        created_at=row.created_at,
        removed_at=row.removed_at,
        removed_reason=row.removed_reason,
    )
