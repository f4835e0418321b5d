"""What an import asks the lead base, and what it writes into it.

All functions work inside the one transaction of the import (`leads.db.writing`). Who is
who has been decided before (`leads.matching`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from leads.matching import Assigned, Person
from leads.model import E164, LeadId, ListId, Phone, e164_of, number_id
from leads.sql import in_chunks, insert_if_new, run_many
from leads.tables import imports, lead_changes, lead_numbers, leads, list_members, lists, numbers


def lock_for_import(connection: Connection) -> None:
    """Let one import at a time write; on SQLite every writer is alone already.

    Two imports would otherwise add the same number twice, and members of a list could
    appear with a lower id than those that a campaign has already enrolled.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE numbers, list_members IN SHARE ROW EXCLUSIVE MODE"))


def people_of(connection: Connection, e164s: Collection[E164]) -> dict[E164, list[Person]]:
    """Return who has each of the numbers, oldest first; unknown numbers are left out."""
    found: dict[E164, list[Person]] = {}
    for chunk in in_chunks(e164s):
        rows = connection.execute(
            select(lead_numbers.c.number_id, leads)
            .join(leads, leads.c.id == lead_numbers.c.lead_id)
            .where(lead_numbers.c.number_id.in_([number_id(e164) for e164 in chunk]))
            .order_by(leads.c.id)
        )
        for row in rows:
            person = Person(
                lead_id=row.id,
                external_id=row.external_id,
                name=row.name,
                name_key=row.name_key,
                language=row.language,
                attributes=row.attributes,
            )
            found.setdefault(e164_of(row.number_id), []).append(person)
    return found


def newest_lead(connection: Connection) -> LeadId:
    """Return the highest id of a lead, 0 in an empty base; ids only ever grow from there."""
    return LeadId(connection.scalar(select(func.max(leads.c.id))) or 0)


def other_lists(
    connection: Connection, lead_ids: Collection[LeadId], list_id: ListId
) -> Counter[str]:
    """Count on each list but one how many of the leads are members of it."""
    found: Counter[str] = Counter()
    for chunk in in_chunks(lead_ids):
        rows = connection.execute(
            select(lists.c.name, func.count().label("leads"))
            .join(list_members, list_members.c.list_id == lists.c.id)
            .where(list_members.c.lead_id.in_(chunk), lists.c.id != list_id)
            .group_by(lists.c.name)
        )
        found.update({row.name: row.leads for row in rows})
    return found


def begin_import(
    connection: Connection,
    list_id: ListId,
    *,
    file: str,
    encoding: str,
    mapping: Mapping[str, str],
    attributes: Sequence[str],
    now: datetime,
) -> int:
    """Record that an import has begun, and return its id."""
    statement = insert(imports).values(
        list_id=list_id,
        file=file,
        encoding=encoding,
        mapping=dict(mapping),
        attributes=list(attributes),
        started_at=now,
        read=0,
        imported=0,
        joined=0,
        rejected=0,
    )
    return int(connection.execute(statement.returning(imports.c.id)).scalar_one())


def end_import(
    connection: Connection, import_id: int, *, imported: int, joined: int, rejected: int
) -> None:
    """Record what became of the rows of an import."""
    connection.execute(
        update(imports)
        .where(imports.c.id == import_id)
        .values(
            read=imported + joined + rejected,
            imported=imported,
            joined=joined,
            rejected=rejected,
        )
    )


def keep(
    connection: Connection,
    assigned: Assigned,
    phones: Mapping[E164, Phone],
    *,
    list_id: ListId,
    import_id: int,
    now: datetime,
) -> None:
    """Write what the rows of an import came to.

    Args:
        connection: from `writing`, after `lock_for_import`.
        assigned: the decision.
        phones: every number of the rows.
        list_id: where all of them become members.
        import_id: what brought them.
        now: aware UTC.
    """
    add_numbers(connection, phones)
    run_many(
        connection,
        insert(leads),
        [
            {"id": lead_id, **_facts(person), "import_id": import_id}
            for lead_id, (person, _) in assigned.new.items()
        ],
    )
    run_many(
        connection,
        insert(lead_numbers),
        [
            {"lead_id": lead_id, "number_id": number_id(e164), "position": 1}
            for lead_id, (_, e164) in assigned.new.items()
        ],
    )
    run_many(
        connection,
        update(leads).where(leads.c.id == bindparam("lead_id")),
        [{"lead_id": lead_id, **_facts(person)} for lead_id, person in assigned.changed.items()],
    )
    run_many(
        connection,
        insert(lead_changes),
        [
            {
                "lead_id": lead_id,
                "import_id": import_id,
                "before": _facts(person),
                "changed_at": now,
            }
            for lead_id, person in assigned.before.items()
        ],
    )
    run_many(
        connection,
        insert_if_new(connection, list_members),
        [
            {"list_id": list_id, "lead_id": lead_id, "import_id": import_id}
            for lead_id in assigned.members
        ],
    )


def add_numbers(connection: Connection, phones: Mapping[E164, Phone]) -> None:
    """Add the numbers that are new."""
    run_many(
        connection,
        insert_if_new(connection, numbers),
        [
            {
                "id": number_id(phone.e164),
                "kind": phone.kind,
                "region": phone.region,
                "zones": list(phone.zones),
            }
            for phone in phones.values()
        ],
    )


def _facts(person: Person) -> dict[str, object]:
    return {
        "external_id": person.external_id,
        "name": person.name,
        "name_key": person.name_key,
        "language": person.language,
        "attributes": dict(person.attributes),
    }
