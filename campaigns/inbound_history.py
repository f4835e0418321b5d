"""The calls that people made to us, as managers, agents and a person's own story see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from campaigns.call_tables import inbound_contacts
from campaigns.inbound_words import InboundOutcome, Standing
from campaigns.tables import agents, campaigns
from leads.tables import lead_numbers, leads


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundContact:
    """A call that somebody made to us.

    Attributes:
        caller_id: the number of ours that was called.
        phone: who called, E.164; None: nobody whom we had called, or erased.
        campaign: whose call they returned, or None.
        outcome: None while it goes on.
    """

    contact_id: int
    began_at: datetime
    caller_id: str
    standing: Standing
    phone: str | None
    lead_id: int | None
    name: str | None
    campaign: str | None
    agent: str | None
    outcome: InboundOutcome | None
    key: str | None
    disposition: str | None
    refusal_reason: str | None
    refusal_detail: str | None
    callback_at: datetime | None
    opted_out: bool
    talk_s: float | None
    note: str | None


def listed(
    connection: Connection,
    *,
    campaign_id: int | None = None,
    lead_id: int | None = None,
    since: datetime | None = None,
    ended: bool = False,
    limit: int | None = None,
) -> tuple[InboundContact, ...]:
    """Return calls that came in, the newest first.

    Args:
        connection: to the base.
        campaign_id: only those that returned a call of this campaign.
        lead_id: only those of this person.
        since: only those that began then or later, aware.
        ended: leave out those that go on.
        limit: so many at most, or None for all.
    """
    query = (
        select(
            inbound_contacts,
            leads.c.name,
            campaigns.c.name.label("campaign"),
            agents.c.name.label("agent"),
        )
        .outerjoin(leads, leads.c.id == inbound_contacts.c.lead_id)
        .outerjoin(campaigns, campaigns.c.id == inbound_contacts.c.campaign_id)
        .outerjoin(agents, agents.c.id == inbound_contacts.c.agent_id)
        .order_by(inbound_contacts.c.began_at.desc(), inbound_contacts.c.id.desc())
        .limit(limit)
    )
    if campaign_id is not None:
        query = query.where(inbound_contacts.c.campaign_id == campaign_id)
    if lead_id is not None:
        query = query.where(inbound_contacts.c.lead_id == lead_id)
    if since is not None:
        query = query.where(inbound_contacts.c.began_at >= since)
    if ended:
        query = query.where(inbound_contacts.c.ended_at.is_not(None))
    return tuple(map(_contact, connection.execute(query)))


def _contact(row: Row[Any]) -> InboundContact:
    talked = row.connected_at is not None and row.ended_at is not None
    return InboundContact(
        contact_id=row.id,
        began_at=row.began_at,
        caller_id=row.caller_id,
        standing=Standing(row.standing),
        phone=row.phone,
        lead_id=row.lead_id,
        name=row.name,
        campaign=row.campaign,
        agent=row.agent,
        outcome=None if row.outcome is None else InboundOutcome(row.outcome),
        key=row.key_pressed,
        disposition=row.disposition,
        refusal_reason=row.refusal_reason,
        refusal_detail=row.refusal_detail,
        callback_at=row.callback_at,
        opted_out=bool(row.opted_out),
        talk_s=(row.ended_at - row.connected_at).total_seconds() if talked else None,
        note=row.note,
    )


def household(connection: Connection, lead_id: int, number_id: int) -> list[dict[str, object]]:
    """Return the other people of a number: it may be one of them who calls."""
    rows = connection.execute(
        select(leads.c.id, leads.c.name)
        .join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
        .where(lead_numbers.c.number_id == number_id, leads.c.id != lead_id)
        .order_by(leads.c.id)
    )
    return [{"id": row.id, "name": row.name} for row in rows]


def forget(connection: Connection, lead_id: int) -> None:
    """Take everything personal out of the calls that an erased person made: they stay counted."""
    connection.execute(
        update(inbound_contacts)
        .where(inbound_contacts.c.lead_id == lead_id)
        .values(phone=None, number_id=None, note=None, refusal_detail=None, language=None)
    )
