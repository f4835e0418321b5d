"""The lead base as it is looked at: leads with all that is known of them, lists, sizes.

All functions work inside the caller's transaction (`leads.db.reading` or `writing`) and
hand out values, never rows. What an import writes is in `leads.intake`, do-not-call
entries are in `leads.suppression`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, insert, or_, select, update

from leads.errors import UsageError
from leads.model import E164, LeadId, ListId, ListState, Phone, number_id
from leads.names import did_you_mean, fold
from leads.tables import imports, lead_numbers, leads, list_members, lists, merges, numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One lead with everything the base knows of it.

    Attributes:
        lead_id: the lead.
        external_id: the owner's own key of the person, or None.
        name: as written, or None.
        language: ISO 639 code, or None.
        zone: IANA name, of the address, or None.
        country: ISO 3166, of the address, or None.
        subdivision: of the address, or None.
        told_zone: where the person said that they are, or None; `told_country` and
            `told_subdivision` likewise, and `told_at` when, aware UTC.
        attributes: every further fact.
        phones: the numbers, the one that is dialled first at the front.
        lists: the names of the lists it is on, in the order it came onto them.
        household: the other leads that share one of its numbers.
        created_at: aware UTC.
    """

    lead_id: LeadId
    external_id: str | None
    name: str | None
    language: str | None
    zone: str | None
    country: str | None
    subdivision: str | None
    told_zone: str | None
    told_country: str | None
    told_subdivision: str | None
    told_at: datetime | None
    attributes: Mapping[str, str]
    phones: tuple[Phone, ...]
    lists: tuple[str, ...]
    household: tuple[LeadId, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadList:
    """One list.

    Attributes:
        expires_on: from that day on (UTC) nobody of it is called, or None.
        leads: how many it has.
    """

    list_id: ListId
    name: str
    state: ListState
    expires_on: date | None
    leads: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import and what became of its rows; the moments are aware UTC."""

    import_id: int
    file: str
    started_at: datetime
    read: int
    imported: int
    joined: int
    rejected: int
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many leads, numbers and lists the base holds."""

    leads: int
    numbers: int
    lists: int


def count(connection: Connection) -> Counts:
    """Count what the base holds."""

    def size(table: Table) -> int:
        return connection.scalar(select(func.count()).select_from(table)) or 0

    return Counts(leads=size(leads), numbers=size(numbers), lists=size(lists))


def lead(connection: Connection, lead_id: int) -> Lead | None:
    """Return the lead of an id, or None."""
    row = connection.execute(
        select(leads, imports.c.started_at).join(imports).where(leads.c.id == lead_id)
    ).one_or_none()
    if row is None:
        return None
    held = connection.execute(
        select(numbers)
        .join(lead_numbers, lead_numbers.c.number_id == numbers.c.id)
        .where(lead_numbers.c.lead_id == lead_id)
        .order_by(lead_numbers.c.position)
    ).all()
    on_lists = (
        select(lists.c.name)
        .join(list_members, list_members.c.list_id == lists.c.id)
        .where(list_members.c.lead_id == lead_id)
        .order_by(list_members.c.import_id)
    )
    sharing = (
        select(lead_numbers.c.lead_id)
        .distinct()
        .where(lead_numbers.c.number_id.in_([number.id for number in held]))
        .where(lead_numbers.c.lead_id != lead_id)
        .order_by(lead_numbers.c.lead_id)
    )
    return Lead(
        lead_id=LeadId(row.id),
        external_id=row.external_id,
        name=row.name,
        language=row.language,
        zone=row.zone,
        country=row.country,
        subdivision=row.subdivision,
        told_zone=row.told_zone,
        told_country=row.told_country,
        told_subdivision=row.told_subdivision,
        told_at=row.told_at,
        attributes=row.attributes,
        phones=tuple(
            Phone(e164=number.e164, kind=number.kind, region=number.region, zones=(*number.zones,))
            for number in held
        ),
        lists=(*connection.scalars(on_lists),),
        household=(*connection.scalars(sharing),),
        created_at=row.started_at,
    )


def known_lead(connection: Connection, lead_id: int) -> Lead:
    """Return the lead of an id, whose data are there.

    Raises:
        UsageError: there is none; it was merged into another one, or erased.
    """
    found = lead(connection, lead_id)
    if found is None:
        kept = merged_into(connection, lead_id)
        if kept is not None:
            raise UsageError(f"the lead {lead_id} was merged into {kept}; name that one")
        raise UsageError(f"there is no lead {lead_id}; find its id with: ringbank leads find TEXT")
    erased_at = connection.scalar(select(leads.c.erased_at).where(leads.c.id == lead_id))
    if erased_at is not None:
        raise UsageError(
            f"the lead {lead_id} was erased on {erased_at:%Y-%m-%d}; nothing of it is left to use"
        )
    return found


def merged_into(connection: Connection, lead_id: int) -> LeadId | None:
    """Return the lead that one which is no more was merged into, or None."""
    kept: LeadId | None = connection.scalar(
        select(merges.c.kept_id).where(merges.c.merged_id == lead_id)
    )
    return kept


def find(connection: Connection, text: str, *, limit: int) -> tuple[Lead, ...]:
    """Return the leads that a text may mean, oldest first.

    Every word of it is part of the name, or it is the external id, or its digits are part
    of a number; four of them at least.
    """
    digits = "".join(letter for letter in text if letter in "0123456789")
    words = fold(text).split()
    meant = [leads.c.external_id == text.strip()]
    if words:
        meant.append(and_(*(leads.c.name_key.contains(word, autoescape=True) for word in words)))
    if len(digits) >= _FEWEST_DIGITS:
        of_number = (
            select(lead_numbers.c.lead_id)
            .join(numbers, numbers.c.id == lead_numbers.c.number_id)
            .where(numbers.c.e164.contains(digits))
        )
        meant.append(leads.c.id.in_(of_number))
    ids = connection.scalars(
        select(leads.c.id).where(or_(*meant)).order_by(leads.c.id).limit(limit)
    )
    found = (lead(connection, lead_id) for lead_id in ids.all())
    return tuple(one for one in found if one is not None)


_FEWEST_DIGITS = 4


def leads_of(connection: Connection, e164: E164) -> tuple[LeadId, ...]:
    """Return who has a number, oldest first."""
    return (
        *connection.scalars(
            select(lead_numbers.c.lead_id)
            .where(lead_numbers.c.number_id == number_id(e164))
            .order_by(lead_numbers.c.lead_id)
        ),
    )


def all_lists(connection: Connection) -> tuple[LeadList, ...]:
    """Return every list with its size, by name."""
    return _lists(connection, _SIZED_LISTS)


def list_named(connection: Connection, name: str) -> LeadList | None:
    """Return the list of a name, or None."""
    return next(iter(_lists(connection, _SIZED_LISTS.where(lists.c.name == name))), None)


def known_list(connection: Connection, name: str) -> LeadList:
    """Return the list of a name.

    Raises:
        UsageError: there is none.
    """
    found = list_named(connection, name)
    if found is None:
        names = connection.scalars(select(lists.c.name))
        hint = did_you_mean(name, names, see="lists list")
        raise UsageError(f"there is no list {name!r}; {hint}")
    return found


def imports_of(connection: Connection, list_id: ListId) -> tuple[Import, ...]:
    """Return the imports that made a list, oldest first."""
    rows = connection.execute(
        select(imports).where(imports.c.list_id == list_id).order_by(imports.c.id)
    )
    return tuple(
        Import(
            import_id=row.id,
            file=row.file,
            started_at=row.started_at,
            read=row.read,
            imported=row.imported,
            joined=row.joined,
            rejected=row.rejected,
            undone_at=row.undone_at,
        )
        for row in rows
    )


def add_list(connection: Connection, name: str, *, now: datetime) -> ListId:
    """Add an empty list; its name must be new."""
    statement = insert(lists).values(name=name, state=ListState.ACTIVE.value, created_at=now)
    return ListId(connection.execute(statement.returning(lists.c.id)).scalar_one())


def set_expiry(connection: Connection, list_id: ListId, expires_on: date | None) -> None:
    """Set the day (UTC) from which on nobody of a list is called; None for never."""
    connection.execute(update(lists).where(lists.c.id == list_id).values(expires_on=expires_on))


def archive_list(connection: Connection, list_id: ListId) -> None:
    """Close a list: nobody comes onto it any more, and its leads are not called."""
    connection.execute(
        update(lists).where(lists.c.id == list_id).values(state=ListState.ARCHIVED.value)
    )


_SIZED_LISTS = (
    select(lists, func.count(list_members.c.lead_id).label("leads"))
    .outerjoin(list_members, list_members.c.list_id == lists.c.id)
    .group_by(lists.c.id)
    .order_by(lists.c.name)
)


def _lists(connection: Connection, statement: Select[*tuple[Any, ...]]) -> tuple[LeadList, ...]:
    return tuple(
        LeadList(
            list_id=row.id,
            name=row.name,
            state=ListState(row.state),
            expires_on=row.expires_on,
            leads=row.leads,
            created_at=row.created_at,
        )
        for row in connection.execute(statement)
    )
