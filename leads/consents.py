"""The consents of the lead base: who agreed to what, since when, until when, and the proof.

Nothing that was given is ever deleted: a consent that is withdrawn keeps its row, with the
moment and the reason. All functions work inside the caller's transaction and hand out values. Whether a
consent counts is decided in `leads.consent_rules`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, select, update

from leads.consent_rules import Consent, NewConsent, from_row
from leads.model import LeadId
from leads.sql import among, in_chunks, insert_many, run_many
from leads.tables import consents, leads

__all__ = [
    "Consent",
    "NewConsent",
    "Recorded",
    "add",
    "add_many",
    "find",
    "from_row",
    "take_back",
    "withdraw",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What some consents came to: all of them = `added` + `known`.

    Attributes:
        added: those that are new.
        known: those that the base, or an earlier one of them, was already.
        withdrawn: known ones that are withdrawn only now.
    """

    added: int = 0
    known: int = 0
    withdrawn: int = 0


def add(
    connection: Connection,
    lead_id: LeadId,
    consent: NewConsent,
    *,
    attempt_id: int | None = None,
    now: datetime,
) -> bool:
    """Record a person's consent; False when the base has the same one already.

    Args:
        connection: from `writing`.
        lead_id: whose it is.
        consent: what they agreed to.
        attempt_id: the call in which it was given, or None.
        now: aware UTC.
    """
    return bool(add_many(connection, [(lead_id, consent)], attempt_id=attempt_id, now=now).added)


def add_many(
    connection: Connection,
    given: Iterable[tuple[LeadId, NewConsent]],
    *,
    import_id: int | None = None,
    attempt_id: int | None = None,
    now: datetime,
) -> Recorded:
    """Record consents. The same lead, kind, moment and source twice is one consent.

    One that is known already and that comes withdrawn is withdrawn from then on.

    Args:
        connection: from `writing`.
        given: pairs of the lead, which the base must hold, and the consent.
        import_id: the import of a list that brought them, or None.
        attempt_id: the call in which they were given, or None.
        now: aware UTC.
    """
    pairs = list(given)
    known = _known(connection, {lead_id for lead_id, _ in pairs}, {one.kind for _, one in pairs})
    new: dict[_Key, tuple[LeadId, NewConsent]] = {}
    ended: dict[int, NewConsent] = {}
    for lead_id, consent in pairs:
        key = (lead_id, consent.kind, consent.given_at, consent.source)
        if key in known:
            consent_id, open_still = known[key]
            if open_still and consent.withdrawn_at is not None:
                ended[consent_id] = consent
        elif key not in new or consent.withdrawn_at is not None:
            new[key] = lead_id, consent
    insert_many(
        connection,
        consents,
        [
            _row(lead_id, one, now) | {"import_id": import_id, "attempt_id": attempt_id}
            for lead_id, one in new.values()
        ],
    )
    run_many(
        connection,
        update(consents)
        .where(consents.c.id == bindparam("its_id"))
        .values(withdrawn_at=bindparam("moment"), withdrawn_reason=bindparam("why")),
        [
            {"its_id": its_id, "moment": one.withdrawn_at, "why": one.withdrawn_reason}
            for its_id, one in ended.items()
        ],
    )
    return Recorded(added=len(new), known=len(pairs) - len(new), withdrawn=len(ended))


def withdraw(
    connection: Connection, lead_id: LeadId, kind: str, *, reason: str | None, at: datetime
) -> int:
    """Withdraw every consent of a kind that a person gave until a moment; return how many."""
    statement = (
        update(consents)
        .where(
            consents.c.lead_id == lead_id,
            consents.c.kind == kind,
            consents.c.given_at <= at,
            consents.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at, withdrawn_reason=reason)
    )
    return connection.execute(statement).rowcount


def take_back(
    connection: Connection, ids: Collection[int], *, used: bool, reason: str, now: datetime
) -> None:
    """Take back consents that nobody gave: they were written down by mistake.

    The one thing that is deleted here is a consent on which no call rested; else its row is
    the proof that calls made until now were allowed, and it is withdrawn.

    Args:
        connection: from `writing`.
        ids: of the consents.
        used: the person has been called since.
        reason: why, for those that are withdrawn.
        now: aware UTC.
    """
    which = among(connection, consents.c.id, ids)
    if not used:
        connection.execute(delete(consents).where(which))
        return
    connection.execute(
        update(consents)
        .where(which, consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_reason=reason)
    )


def find(
    connection: Connection,
    *,
    lead_ids: Collection[int] | None = None,
    kinds: Collection[str] | None = None,
) -> Iterator[Consent]:
    """Give consents, those that ended included, oldest first for each of the leads.

    Args:
        connection: to the base.
        lead_ids: whose; None for everybody's.
        kinds: which; None for all.
    """
    statement = select(consents)
    if kinds is not None:
        statement = statement.where(consents.c.kind.in_([*kinds]))
    if lead_ids is None:
        yield from _read(connection, statement)
        return
    for chunk in in_chunks(lead_ids):
        yield from _read(connection, statement.where(consents.c.lead_id.in_(chunk)))


def _read(connection: Connection, statement: Select[Any]) -> Iterator[Consent]:
    order = (consents.c.lead_id, consents.c.given_at, consents.c.id)
    for row in connection.execute(statement.order_by(*order)):
        yield _consent(row)


_Key = tuple[int, str, datetime, str]


def _known(
    connection: Connection, lead_ids: Collection[LeadId], kinds: Collection[str]
) -> dict[_Key, tuple[int, bool]]:
    """Return the consents of some leads: which one is which, and whether it is open.

    On PostgreSQL the leads are held, so that two who record the same consent at one
    moment see each other; on SQLite every writer is alone.
    """
    known: dict[_Key, tuple[int, bool]] = {}
    for chunk in in_chunks(sorted(lead_ids)):
        held = select(leads.c.id).where(leads.c.id.in_(chunk)).order_by(leads.c.id)
        connection.execute(held.with_for_update(key_share=True)).all()
        for one in find(connection, lead_ids=chunk, kinds=kinds):
            key = (one.lead_id, one.kind, one.given_at, one.source)
            known[key] = one.consent_id, one.withdrawn_at is None
    return known


def _row(lead_id: LeadId, consent: NewConsent, now: datetime) -> dict[str, object]:
    return {
        "lead_id": lead_id,
        "kind": consent.kind,
        "wording": consent.wording,
        "source": consent.source,
        "given_at": consent.given_at,
        "proof": consent.proof,
        "expires_at": consent.expires_at,
        "withdrawn_at": consent.withdrawn_at,
        "withdrawn_reason": consent.withdrawn_reason,
        "recorded_at": now,
    }


def _consent(row: Row[Any]) -> Consent:
    return Consent(
        consent_id=row.id,
        lead_id=LeadId(row.lead_id),
        kind=row.kind,
        wording=row.wording,
        source=row.source,
        given_at=row.given_at,
        proof=row.proof,
        expires_at=row.expires_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
        import_id=row.import_id,
        attempt_id=row.attempt_id,
        recorded_at=row.recorded_at,
    )
