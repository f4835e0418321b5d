"""What an import asks the lead base, and what it writes into it.

All functions work inside the one transaction of the import (`leads.db.writing`). Who is
who has been decided before (`leads.matching`). Most rows are of people whose numbers
nobody has: they pass in columns, straight into the tables (`add_strangers`); only those
who share a number with somebody are looked at one by one (`keep`).
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import compress, repeat

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, func, insert, select, text, update

from leads.matching import Assigned, Person
from leads.model import LeadId, ListId, NumberId, Phone, e164_of, number_id
from leads.rows import Batch
from leads.sql import add_rows, among, insert_many, run_many
from leads.tables import imports, lead_changes, lead_numbers, leads, list_members, lists, numbers
from leads.waiting import Rows

Ids = NDArray[np.int64]

_CACHE_KIB = 256 * 1024
"""SQLite's page cache during an import: numbers come in no order, and each lands elsewhere."""


_ROWS_AT_ONCE = 100_000


def lock_for_import(connection: Connection) -> None:
    """Let one import at a time write; on SQLite every writer is alone already.

    Two imports would otherwise add the same number twice, and members of a list could
    appear with a lower import than those that a campaign has already enrolled.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("LOCK TABLE numbers, lead_numbers, list_members IN SHARE ROW EXCLUSIVE MODE")
        )
    else:
        connection.detach()  # so much memory is for the import alone, not for whoever is next
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")


def known_numbers(connection: Connection, ids: Ids) -> Ids:
    """Return those of the numbers that the base has."""
    found = connection.scalars(select(numbers.c.id).where(among(connection, numbers.c.id, ids)))
    return np.fromiter(found, dtype=np.int64)


def people_of(connection: Connection, ids: Ids) -> dict[NumberId, list[Person]]:
    """Return who has each of the numbers, oldest first; numbers of nobody are left out."""
    pairs = connection.execute(
        select(lead_numbers.c.number_id, lead_numbers.c.lead_id)
        .where(among(connection, lead_numbers.c.number_id, ids))
        .order_by(lead_numbers.c.lead_id)
    ).all()
    lead_ids = {pair.lead_id for pair in pairs}
    theirs: dict[int, list[NumberId]] = {}
    for row in connection.execute(
        select(lead_numbers)
        .where(among(connection, lead_numbers.c.lead_id, lead_ids))
        .order_by(lead_numbers.c.lead_id, lead_numbers.c.position)
    ):
        theirs.setdefault(row.lead_id, []).append(row.number_id)
    people = {
        row.id: _person(row, theirs[row.id])
        for row in connection.execute(select(leads).where(among(connection, leads.c.id, lead_ids)))
    }
    found: dict[NumberId, list[Person]] = {}
    for pair in pairs:
        found.setdefault(pair.number_id, []).append(people[pair.lead_id])
    return found


def newest_lead(connection: Connection) -> LeadId:
    """Return the highest id of a lead, 0 in an empty base; ids only ever grow from there."""
    return LeadId(connection.scalar(select(func.max(leads.c.id))) or 0)


def other_lists(
    connection: Connection, lead_ids: Collection[LeadId], list_id: ListId
) -> Counter[str]:
    """Count on each list but one how many of the leads are members of it."""
    rows = connection.execute(
        select(lists.c.name, func.count().label("leads"))
        .join(list_members, list_members.c.list_id == lists.c.id)
        .where(among(connection, list_members.c.lead_id, lead_ids), lists.c.id != list_id)
        .group_by(lists.c.name)
    )
    return Counter({row.name: row.leads for row in rows})


def begin_import(
    connection: Connection,
    list_id: ListId,
    *,
    file: str,
    source: str | None,
    encoding: str,
    mapping: Mapping[str, object],
    now: datetime,
) -> int:
    """Record that an import has begun, and return its id."""
    statement = insert(imports).values(
        list_id=list_id,
        file=file,
        source=source,
        encoding=encoding,
        mapping=dict(mapping),
        attributes=[],
        started_at=now,
        read=0,
        imported=0,
        joined=0,
        rejected=0,
    )
    return int(connection.execute(statement.returning(imports.c.id)).scalar_one())


def end_import(
    connection: Connection,
    import_id: int,
    *,
    attributes: Sequence[str],
    imported: int,
    joined: int,
    rejected: int,
) -> None:
    """Record what became of the rows of an import, and which attributes they brought."""
    connection.execute(
        update(imports)
        .where(imports.c.id == import_id)
        .values(
            attributes=list(attributes),
            read=imported + joined + rejected,
            imported=imported,
            joined=joined,
            rejected=rejected,
        )
    )


def add_numbers(
    connection: Connection, ids: Ids, verdicts: Ids, known: Sequence[Phone | str]
) -> None:
    """Add numbers that the base does not have.

    Args:
        connection: from `writing`, after `lock_for_import`.
        ids: the numbers, each once; in order of size they come in fastest.
        verdicts: for each which of `known` it has.
        known: the verdicts of the phone reader.
    """
    facts = [
        (phone.kind, phone.region, json.dumps(phone.zones))
        if isinstance(phone, Phone)
        else ("", None, "")
        for phone in known
    ]
    rows = (
        (number, *facts[verdict])
        for number, verdict in zip(ids.tolist(), verdicts.tolist(), strict=True)
    )
    add_rows(connection, numbers, ("id", "kind", "region", "zones"), rows)


def write_waiting(connection: Connection, rows: Rows, known: Sequence[Phone | str]) -> None:
    """Write numbers that have waited, each with the lead that has it.

    Args:
        connection: from `writing`, after `lock_for_import` and `add_strangers`.
        rows: in the order of the numbers.
        known: the verdicts of the phone reader.
    """
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[at : at + _ROWS_AT_ONCE]
        add_numbers(connection, some["number"], some["verdict"], known)
        columns = (some[name].tolist() for name in ("lead", "position", "number"))
        add_rows(
            connection,
            lead_numbers,
            ("lead_id", "position", "number_id"),
            zip(*columns, strict=True),
        )


def add_phones(connection: Connection, phones: Sequence[Phone]) -> None:
    """Add those of some different numbers that the base does not have."""
    ids = np.array([number_id(phone.e164) for phone in phones], dtype=np.int64)
    new = ~np.isin(ids, known_numbers(connection, ids))
    add_numbers(connection, ids[new], np.flatnonzero(new), phones)


def add_strangers(
    connection: Connection,
    batch: Batch,
    lead_ids: Ids,
    strangers: NDArray[np.bool_],
    *,
    list_id: ListId,
    import_id: int,
) -> None:
    """Write the rows of a batch that share their numbers with nobody, each as a new lead.

    Their numbers are not written here but by `write_waiting`.

    Args:
        connection: from `writing`, after `lock_for_import`.
        batch: some rows of the file.
        lead_ids: an unused id for each row.
        strangers: which rows these are.
        list_id: where all of them become members.
        import_id: what brought them.
    """
    these = strangers.tolist()
    ids = lead_ids[strangers].tolist()
    columns: dict[str, Iterable[object]] = {
        "external_id": batch.external_ids,
        "name": batch.names,
        "name_key": batch.name_keys,
        "language": batch.languages,
        "zone": batch.zones,
        "country": batch.countries,
        "subdivision": batch.subdivisions,
        "attributes": batch.attributes,
    }
    used = {name: column for name, column in columns.items() if any(column)}
    add_rows(
        connection,
        leads,
        ("id", "import_id", *used),
        zip(ids, repeat(import_id), *(compress(column, these) for column in used.values())),
    )
    add_rows(
        connection,
        list_members,
        ("list_id", "import_id", "lead_id"),
        zip(repeat(list_id), repeat(import_id), ids),
    )


def keep(
    connection: Connection,
    assigned: Assigned,
    *,
    list_id: ListId,
    import_id: int,
    now: datetime,
) -> None:
    """Write what rows came to whose numbers other people have.

    Args:
        connection: from `writing`, after `lock_for_import` and `add_numbers`.
        assigned: the decision.
        list_id: where all of them become members.
        import_id: what brought them.
        now: aware UTC.
    """
    insert_many(
        connection,
        leads,
        [
            {"id": lead_id, **_facts(person), "import_id": import_id}
            for lead_id, person in assigned.new.items()
        ],
    )
    run_many(
        connection,
        update(leads).where(leads.c.id == bindparam("lead_id")),
        [{"lead_id": lead_id, **_facts(person)} for lead_id, person in assigned.changed.items()],
    )
    insert_many(
        connection,
        lead_changes,
        [
            {
                "lead_id": lead_id,
                "import_id": import_id,
                "before": {**_facts(person), "phones": [*map(e164_of, person.numbers)]},
                "changed_at": now,
            }
            for lead_id, person in assigned.before.items()
        ],
    )
    had = {lead_id: len(person.numbers) for lead_id, person in assigned.before.items()}
    insert_many(
        connection,
        lead_numbers,
        [
            {"lead_id": lead_id, "position": position, "number_id": number}
            for lead_id, person in (*assigned.new.items(), *assigned.changed.items())
            for position, number in enumerate(person.numbers, start=1)
            if position > had.get(lead_id, 0)
        ],
    )
    # Nobody else adds members meanwhile (`lock_for_import`): whoever is none now becomes one.
    here = {
        *connection.scalars(
            select(list_members.c.lead_id).where(
                list_members.c.list_id == list_id,
                among(connection, list_members.c.lead_id, assigned.members),
            )
        )
    }
    rows = zip(repeat(list_id), repeat(import_id), (m for m in assigned.members if m not in here))
    add_rows(connection, list_members, ("list_id", "import_id", "lead_id"), rows)


def _person(row: Row[tuple[object, ...]], theirs: Sequence[NumberId]) -> Person:
    facts = {name: getattr(row, name) for name in _FACTS}
    return Person(lead_id=row.id, **facts, numbers=(*theirs,))


def _facts(person: Person) -> dict[str, object]:
    return {name: getattr(person, name) for name in _FACTS}


_FACTS = (
    "external_id",
    "name",
    "name_key",
    "language",
    "zone",
    "country",
    "subdivision",
    "attributes",
)
