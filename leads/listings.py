"""Which registers are in force, and what they say of the base's numbers.

Asked before every call, and apart from what reads registers: that takes long to import.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, select

from leads.model import Listed, Listing, NumberId, Registry
from leads.sql import among_given
from leads.tables import registries, registry_verdicts


def current(connection: Connection) -> tuple[Registry, ...]:
    """Return the version in force of each registry, by name."""
    rows = connection.execute(
        select(registries).where(registries.c.retired_at.is_(None)).order_by(registries.c.name)
    )
    return tuple(registry_of(row) for row in rows)


def listings(
    connection: Connection, number_ids: Collection[NumberId]
) -> dict[NumberId, tuple[Listing, ...]]:
    """Return for each number what every current registry says of it.

    One query: what it says of version and verdict is of one moment.
    """
    ids = dict.fromkeys(number_ids)
    rows = connection.execute(_VERDICTS, {"numbers": ids}).all()
    known = {(row.number_id, row.id): row.listed for row in rows}
    in_force = {row.id: registry_of(row) for row in rows}
    return {
        number: tuple(
            Listing(registry, _LISTED[known.get((number, registry_id))])
            for registry_id, registry in in_force.items()
        )
        for number in ids
    }


_VERDICTS = (
    select(registries, registry_verdicts.c.number_id, registry_verdicts.c.listed)
    .select_from(
        registries.outerjoin(
            registry_verdicts,
            (registry_verdicts.c.registry_id == registries.c.id)
            & among_given(registry_verdicts.c.number_id, "numbers"),
        )
    )
    .where(registries.c.retired_at.is_(None))
    .order_by(registries.c.name)
)
"""Made once: it is asked before every call."""

_LISTED = {None: Listed.UNKNOWN, 0: Listed.NO, 1: Listed.YES}


def registry_of(row: Row[Any]) -> Registry:
    """Return a version of a register as its row holds it."""
    return Registry(
        registry_id=row.id,
        name=row.name,
        as_of=row.as_of,
        digest=row.digest,
        entries=row.entries,
        file=row.file,
        loaded_at=row.loaded_at,
    )
