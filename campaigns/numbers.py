"""Numbers that are nobody's any more: out of the base, with what registries said of them."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, or_, select

from campaigns.call_tables import inbound_contacts
from campaigns.tables import attempts, claims
from leads.sql import in_chunks, run_many
from leads.tables import lead_numbers, numbers, registry_verdicts


def used_among(connection: Connection, number_ids: Iterable[int]) -> frozenset[int]:
    """Return which of the numbers somebody has, or was called on by an attempt that is kept."""
    used: set[int] = set()
    for some in in_chunks(number_ids):
        used.update(connection.scalars(select(numbers.c.id).where(numbers.c.id.in_(some), _used())))
    return frozenset(used)


def forget_numbers(connection: Connection, number_ids: Iterable[int]) -> None:
    """Delete the numbers that are nobody's any more and were never called."""
    # One by one: whoever is in the base can only be told by looking each of them up.
    freed: list[dict[str, object]] = [
        {"freed_id": number_id} for number_id in dict.fromkeys(number_ids)
    ]
    its_verdicts = registry_verdicts.c.number_id == bindparam("freed_id")
    unused = select(numbers.c.id).where(numbers.c.id == bindparam("freed_id"), ~_used()).exists()
    run_many(connection, delete(registry_verdicts).where(its_verdicts, unused), freed)
    run_many(
        connection, delete(numbers).where(numbers.c.id == bindparam("freed_id"), ~_used()), freed
    )


def _used() -> ColumnElement[bool]:
    called_us = select(inbound_contacts.c.id).where(inbound_contacts.c.number_id == numbers.c.id)
    return or_(
        exists(called_us),
        exists(select(lead_numbers.c.lead_id).where(lead_numbers.c.number_id == numbers.c.id)),
        exists(select(attempts.c.id).where(attempts.c.number_id == numbers.c.id)),
        exists(select(claims.c.id).where(claims.c.number_id == numbers.c.id)),
    )
