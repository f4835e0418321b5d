"""Retention: people all of whose lists have expired are erased, in portions.

Whoever is on a list that has not expired, or on none at all, stays. The day counts in UTC.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Engine, exists, func, or_, select

from campaigns.claims import held_among
from campaigns.erasure import erase_unheld, lock_for_erasing
from leads import access
from leads.db import reading, writing
from leads.tables import leads, list_members, lists

_PORTION = 100
"""People erased in one transaction, some 0.3 s: whoever else wants to write waits no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What has expired, and what became of it.

    Attributes:
        lists: the names of the lists that have expired.
        people: how many had come to be erased.
        erased: how many were.
        held: how many were not, because somebody had them; they go the next time.
    """

    lists: tuple[str, ...]
    people: int
    erased: int
    held: int


def look(engine: Engine, *, now: datetime) -> Expired:
    """Return what `expire` would erase, and erase nothing."""
    with reading(engine) as connection:
        names = connection.scalars(select(lists.c.name).where(_expired(now)).order_by(lists.c.name))
        people = connection.scalar(
            select(func.count()).select_from(leads).where(_only_on_expired(now))
        )
        return Expired(lists=(*names,), people=people or 0, erased=0, held=0)


def expire(engine: Engine, *, who: str, now: datetime, progress: Callable[[int], None]) -> Expired:
    """Erase everybody all of whose lists have expired.

    What has been erased stays erased when this is interrupted; run it again for the rest.

    Args:
        engine: the base.
        who: on whose word.
        now: aware UTC.
        progress: is told how many people have been dealt with, between two portions; it may
            take its time, so that whoever waits for the base gets it.
    """
    found = look(engine, now=now)
    erased = held = after = 0
    while True:
        with writing(engine) as connection:
            lock_for_erasing(connection)
            some = _next(connection, after, now=now)
            busy = held_among(connection, some)
            gone = [lead_id for lead_id in some if lead_id not in busy]
            for lead_id in gone:
                erase_unheld(connection, lead_id, now=now)
            access.record(connection, who=who, action="expire", lead_ids=gone, detail={}, now=now)
        if not some:
            return Expired(lists=found.lists, people=erased + held, erased=erased, held=held)
        after = some[-1]
        erased += len(gone)
        held += len(busy)
        progress(erased + held)


def _next(connection: Connection, after: int, *, now: datetime) -> list[int]:
    return [
        *connection.scalars(
            select(leads.c.id)
            .where(leads.c.id > after, _only_on_expired(now))
            .order_by(leads.c.id)
            .limit(_PORTION)
        )
    ]


def _expired(now: datetime) -> ColumnElement[bool]:
    return lists.c.expires_on <= now.astimezone(UTC).date()


def _only_on_expired(now: datetime) -> ColumnElement[bool]:
    def on_list(which: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists(
            select(list_members.c.lead_id)
            .join(lists, lists.c.id == list_members.c.list_id)
            .where(list_members.c.lead_id == leads.c.id, which)
        )

    kept = or_(lists.c.expires_on.is_(None), ~_expired(now))
    return leads.c.erased_at.is_(None) & on_list(_expired(now)) & ~on_list(kept)
