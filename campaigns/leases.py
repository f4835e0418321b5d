"""Leases: by what name an agent knows the person they hold, or have talked to."""

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import Connection, Row, and_, exists, func, or_, select

from campaigns.call_tables import inbound_contacts
from campaigns.claims import held_among
from campaigns.drafts import RunOut, run_out
from campaigns.model import HAND_DIALLED, AttemptId, Outcome
from campaigns.said import attempt_row, called_since
from campaigns.tables import attempts, campaign_leads, claims
from leads.errors import NotAllowedError, UsageError
from leads.tables import lead_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A person held for one agent.

    Attributes:
        id: of the claim; None where it has ended, and only the call is left.
        attempt_id: the call the engine made, or None where the agent dials.
        contact_id: the call that the person made to us, or None (`campaigns.inbound`).
        engine: the engine that has the call, or None.
        live: the call goes on.
        script_version: what the agent was shown, or None before that.
        run_out: where an agent's time to dial is over, what they held; else None.
    """

    id: int | None
    lease: str
    agent_id: int | None
    campaign_id: int
    lead_id: int
    number_id: int
    attempt_id: AttemptId | None
    engine: str | None
    live: bool
    expires_at: datetime | None
    script_version: str | None = None
    run_out: RunOut | None = None
    contact_id: int | None = None


def lease_of(connection: Connection, agent_id: int) -> Lease | None:
    """Return the lease that an agent holds, or None."""
    row = connection.execute(_LEASES.where(claims.c.agent_id == agent_id)).one_or_none()
    return _lease(row) if row is not None else None


def find_lease(connection: Connection, lease: str, *, asker_id: int | None = None) -> Lease:
    """Return a lease by its name.

    Args:
        connection: to the base.
        lease: its name.
        asker_id: the agent who names it, or None: nobody knows. Of a name that was mistyped
            only their own lease is told: another agent's is nothing to be tried out.

    Raises:
        UsageError: there is none, or it is over.
    """
    row = connection.execute(_LEASES.where(claims.c.lease == lease)).one_or_none()
    if row is None:
        theirs = None if asker_id is None else lease_of(connection, asker_id)
        near = get_close_matches(lease, [theirs.lease] if theirs else [], 1, 0.8)
        if near:
            raise UsageError(f"there is no lease {lease!r}; did you mean {near[0]!r}?")
        raise UsageError(over(lease))
    return _lease(row)


def find_call(connection: Connection, lease: str) -> Lease:
    """Return what is left of a lease whose claim has ended: the call.

    Raises:
        UsageError: there is no such call.
    """
    row = connection.execute(select(attempts).where(attempts.c.lease == lease)).one_or_none()
    if row is None or row.number_id is None:
        raise UsageError(over(lease))
    return Lease(
        id=None,
        lease=lease,
        agent_id=row.agent_id,
        campaign_id=row.campaign_id,
        lead_id=row.lead_id,
        number_id=row.number_id,
        attempt_id=AttemptId(row.id),
        engine=row.engine,
        live=row.ended_at is None,
        expires_at=None,
    )


def known_lease(connection: Connection, lease: str) -> Lease | None:
    """Return a lease as it stands or, where it is over, the call that it was for, or None."""
    row = connection.execute(_LEASES.where(claims.c.lease == lease)).one_or_none()
    if row is not None:
        return _lease(row)
    try:
        return find_call(connection, lease)
    except UsageError:
        return None


def find_owed(connection: Connection, lease: str, *, asker_id: int | None = None) -> Lease:
    """Return a lease for which a result may be given, late ones included.

    Late is a result of a talk whose lease has run out, as long as nobody has taken the
    person, or called them, since. Of a call that the agent dialled themselves nothing but
    their word is known, late or not.

    Args:
        connection: to the base.
        lease: its name.
        asker_id: the agent who names it, or None: nobody knows.

    Raises:
        UsageError: there is none, or it is over for good.
    """
    over = connection.execute(
        select(attempts).where(attempts.c.lease == lease, _OWED)
    ).one_or_none()
    if over is None and (late := run_out(connection, lease)) is not None:
        again = lease_of(connection, late.agent_id)
        if again is not None and (again.lead_id, again.attempt_id) == (late.lead_id, None):
            return again  # they were given the same person once more
        return late_by_hand(connection, late)
    if over is None or taken_since(connection, over):
        return find_lease(connection, lease, asker_id=asker_id)
    return find_call(connection, lease)


def late_by_hand(connection: Connection, late: RunOut) -> Lease:
    """Return a lease that ran out without a call, as long as nobody came after it.

    Raises:
        UsageError: somebody has taken or called the person since, or their number is another.
    """
    came_after = connection.scalar(
        select(attempts.c.id)
        .where(
            attempts.c.lead_id == late.lead_id,
            or_(attempts.c.dialed_at > late.taken_at, attempts.c.lease == late.lease),
        )
        .limit(1)
    )
    is_theirs = connection.scalar(
        select(lead_numbers.c.number_id).where(
            lead_numbers.c.lead_id == late.lead_id, lead_numbers.c.number_id == late.number_id
        )
    )
    if came_after is not None or is_theirs is None or held_among(connection, [late.lead_id]):
        raise UsageError(
            f"the time of the lease {late.lease!r} ran out, and somebody has this person, or has "
            "called them, since; take the next person with: ringbank next"
        )
    return Lease(
        id=None,
        lease=late.lease,
        agent_id=late.agent_id,
        campaign_id=late.campaign_id,
        lead_id=late.lead_id,
        number_id=late.number_id,
        attempt_id=None,
        engine=None,
        live=False,
        expires_at=None,
        script_version=late.script_version,
        run_out=late,
    )


_OWED = and_(
    attempts.c.ended_at.is_not(None),
    attempts.c.disposition_kind.is_(None),
    attempts.c.agent_id.is_not(None),
    or_(attempts.c.outcome == Outcome.CONNECTED, attempts.c.evidence == HAND_DIALLED),
    ~exists(select(claims.c.id).where(claims.c.lease == attempts.c.lease)),
)


def taken_since(connection: Connection, attempt: Row[tuple[object, ...]]) -> bool:
    """Tell whether somebody has called or held the person of a call since."""
    held = held_among(connection, [attempt.lead_id])
    return bool(held) or called_since(connection, attempt)


def hold(connection: Connection, lease: Lease) -> None:
    """Hold the rows of a lease against whoever else ends it, in the order of the ledger.

    Raises:
        UsageError: it is over.
        NotAllowedError: the person was called since it was read.
    """
    if lease.attempt_id is not None:
        attempt_row(connection, lease.attempt_id)
    connection.execute(
        select(campaign_leads.c.id)
        .where(
            campaign_leads.c.campaign_id == lease.campaign_id,
            campaign_leads.c.lead_id == lease.lead_id,
        )
        .with_for_update()
    )
    still = connection.execute(
        select(claims.c.attempt_id).where(claims.c.id == lease.id).with_for_update()
    ).one_or_none()
    if still is None:
        raise UsageError(over(lease.lease))
    if still.attempt_id != lease.attempt_id:
        raise NotAllowedError(
            f"this person was called at this very moment; give the result of the call: "
            f"ringbank result {lease.lease} --disposition CODE"
        )


def hold_person(connection: Connection, lead_id: int) -> None:
    """Hold the rows of a person in all campaigns against whoever wants to claim them."""
    connection.execute(
        select(campaign_leads.c.id)
        .where(campaign_leads.c.lead_id == lead_id)
        .order_by(campaign_leads.c.id)
        .with_for_update()
    ).all()


def over(lease: str) -> str:
    """Return what is told of a lease that is no more."""
    return (
        f"there is no lease {lease!r}: it was released, its result was given, or its time "
        "ran out; take the next person with: ringbank next"
    )


_LEASES = (
    select(
        claims,
        func.coalesce(attempts.c.engine, inbound_contacts.c.engine).label("engine"),
        func.coalesce(attempts.c.ended_at, inbound_contacts.c.ended_at).label("ended_at"),
        inbound_contacts.c.id.label("contact_id"),
        func.coalesce(attempts.c.script_version, claims.c.script_version).label("shown_version"),
    )
    .outerjoin(attempts, attempts.c.id == claims.c.attempt_id)
    .outerjoin(inbound_contacts, inbound_contacts.c.lease == claims.c.lease)
)


def _lease(row: Row[tuple[object, ...]]) -> Lease:
    return Lease(
        id=row.id,
        lease=row.lease,
        agent_id=row.agent_id,
        campaign_id=row.campaign_id,
        lead_id=row.lead_id,
        number_id=row.number_id,
        attempt_id=row.attempt_id,
        engine=row.engine,
        live=(row.attempt_id or row.contact_id) is not None and row.ended_at is None,
        expires_at=row.expires_at,
        script_version=row.shown_version,
        contact_id=row.contact_id,
    )
