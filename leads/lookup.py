"""Whom a person at the terminal means: a telephone number as written, or a lead's id."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from leads import store
from leads.errors import UsageError
from leads.model import LeadId
from leads.phone import parse_phone
from leads.sql import in_chunks
from leads.tables import leads, merges

_ID = re.compile("[0-9]{1,18}")
"""What fits into the 64 bits of an id."""


@dataclass(frozen=True, slots=True)
class Named:
    """A lead in short; what is not known of it is None."""

    lead_id: LeadId
    name: str | None
    external_id: str | None


def meant(connection: Connection, text: str, *, region: str | None) -> tuple[LeadId, ...]:
    """Return whom a text means, oldest first: several where they share the number.

    A number that the base knows comes before an id. The id of a lead that was merged into
    another one means that one.

    Args:
        connection: to the base.
        text: as typed.
        region: ISO 3166 country of a number written without one, or None.

    Raises:
        UsageError: nobody.
    """
    phone = parse_phone(text, region=region)
    ids = () if isinstance(phone, str) else store.leads_of(connection, phone.e164)
    if not ids and _ID.fullmatch(text):
        ids = _of_id(connection, int(text))
    if not ids:
        raise UsageError(
            f"no lead has the number or id {text!r}; "
            "write the number with its country code, for example +4721000000"
        )
    return ids


def the_one(connection: Connection, text: str, *, region: str | None) -> LeadId:
    """Return the one lead that a text means, a number or an id.

    Raises:
        UsageError: nobody, or several people of one number.
    """
    ids = meant(connection, text, region=region)
    if len(ids) > 1:
        people = ", ".join(
            f"{one.lead_id} {one.name or '(no name)'}" for one in named(connection, ids)
        )
        raise UsageError(f"{len(ids)} people have {text}: {people}; give the id of one of them")
    return ids[0]


def named(connection: Connection, lead_ids: Collection[LeadId]) -> Sequence[Named]:
    """Return the leads of some ids in short, oldest first."""
    found: list[Named] = []
    for chunk in in_chunks(sorted(lead_ids)):
        rows = connection.execute(
            select(leads.c.id, leads.c.name, leads.c.external_id)
            .where(leads.c.id.in_(chunk))
            .order_by(leads.c.id)
        )
        found += (Named(LeadId(row.id), row.name, row.external_id) for row in rows)
    return found


def _of_id(connection: Connection, number: int) -> tuple[LeadId, ...]:
    kept = connection.scalar(select(merges.c.kept_id).where(merges.c.merged_id == number))
    sought = number if kept is None else kept
    found = connection.scalar(select(leads.c.id).where(leads.c.id == sought))
    return () if found is None else (LeadId(found),)
