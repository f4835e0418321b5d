"""Calls that people make to us: kept as contacts of their own, never as attempts.

A contact is written when the call comes in, and whatever follows from what the caller does is
written beside it: each step looks at the row first, so that a turn of the engine that is written
twice, and a note of Asterisk's that is found again after a crash, do nothing twice.

As long as the call goes on a claim holds person and number: nobody calls them meanwhile. The
number of somebody whom nobody had called is not kept, but where they ask for no more calls.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select, update

from campaigns.call_tables import inbound_contacts
from campaigns.inbound_callers import Came, row_of
from campaigns.inbound_promises import next_allowed
from campaigns.inbound_words import Facts, InboundOutcome, Standing, outcome_of, owes_call
from campaigns.law import Laws
from campaigns.model import AttemptId, DispositionKind
from campaigns.moving import hold_to_no
from campaigns.owed import WRAP_UP_LIMIT
from campaigns.settling import settle
from campaigns.store import StoredCampaign, load_id
from campaigns.tables import attempts, campaign_leads, claims
from leads.model import E164, Suppression
from leads.sql import insert_if_new
from leads.suppression import add as suppress
from leads.tables import leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody who calls us, as the base knows them.

    Attributes:
        stored: the campaign of the last call to them; None: there was none.
        lead_id: whom that call was meant for; None where the number is not theirs any more.
        attempt_id: that call.
        lease: the name of the claim that holds them; None: somebody else has them, or nobody need.
        agent_id: the agent who was chosen for them, or None.
        language: the person's, or None.
    """

    id: int
    channel_id: str
    caller_id: str
    began_at: datetime
    standing: Standing
    stored: StoredCampaign | None = None
    lead_id: int | None = None
    number_id: int | None = None
    attempt_id: AttemptId | None = None
    lease: str | None = None
    agent_id: int | None = None
    language: str | None = None


def receive(connection: Connection, came: Came) -> Contact | None:
    """Write a call that has come in, and find out who it is; None: another engine has it.

    Args:
        connection: in a writing transaction.
        came: the call.
    """
    written = connection.scalar(
        select(inbound_contacts.c.engine).where(inbound_contacts.c.channel_id == came.channel_id)
    )
    if written is None:
        connection.execute(
            insert_if_new(connection, inbound_contacts).values(row_of(connection, came))
        )
    row = connection.execute(_CONTACTS.where(_of(came.channel_id))).one()
    if row.engine != came.engine:
        return None
    if row.ended_at is None and row.lease is None:
        hold(connection, row.id)
        row = connection.execute(_CONTACTS.where(_of(came.channel_id))).one()
    return _contact(connection, row)


def hold(connection: Connection, contact_id: int) -> str | None:
    """Hold a caller and their number against everybody who would call them; return the lease.

    None where somebody has them at this moment: an agent, or a call of ours that is under way.
    """
    row = connection.execute(
        select(inbound_contacts, attempts.c.rule_set)
        .join(attempts, attempts.c.id == inbound_contacts.c.attempt_id)
        .where(inbound_contacts.c.id == contact_id)
    ).one_or_none()
    if row is None or row.number_id is None:
        return None
    if row.lease is not None:
        return str(row.lease)
    lease: str | None = connection.scalar(
        insert_if_new(connection, claims)
        .values(
            lease=secrets.token_hex(6),
            campaign_id=row.campaign_id,
            lead_id=row.lead_id,
            number_id=row.number_id,
            created_at=row.began_at,
            rule_set=row.rule_set,
            decision={"returned": row.attempt_id},
        )
        .returning(claims.c.lease)
    )
    if lease is not None:
        _write(connection, contact_id, lease=lease)
    return lease


def give(connection: Connection, contact_id: int, agent_id: int) -> bool:
    """Write which agent was chosen for a caller; False where that agent has somebody already."""
    row = _row(connection, contact_id)
    held = claims.alias("held")
    # Somebody whom the agent was to get before, and who still is on another line.
    open_calls = select(attempts.c.id).where(attempts.c.ended_at.is_(None))
    connection.execute(
        update(claims)
        .where(claims.c.agent_id == agent_id, claims.c.attempt_id.in_(open_calls))
        .values(agent_id=None)
    )
    given = connection.execute(
        update(claims)
        .where(
            claims.c.lease == row.lease,
            ~exists(select(held.c.id).where(held.c.agent_id == agent_id, held.c.id != claims.c.id)),
        )
        .values(agent_id=agent_id)
    )
    if given.rowcount:
        _write(connection, contact_id, agent_id=agent_id)
    return given.rowcount > 0


def take_from(connection: Connection, contact_id: int) -> None:
    """Write that the chosen agent did not get the caller after all."""
    row = _row(connection, contact_id)
    if row.connected_at is None:
        connection.execute(update(claims).where(claims.c.lease == row.lease).values(agent_id=None))
        _write(connection, contact_id, agent_id=None)


def opt_out(connection: Connection, contact_id: int, caller: E164 | None, *, now: datetime) -> None:
    """Enter the wish of a caller not to be called any more."""
    row = _row(connection, contact_id)
    if row.opted_out or caller is None:
        return
    suppress(
        connection,
        Suppression(subject=caller, reason=f"asked for it in a call to {row.caller_id}"),
        source="key",
        now=now,
    )
    _write(connection, contact_id, opted_out=1)
    _say(connection, row, DispositionKind.DO_NOT_CALL)
    if row.lead_id is not None:
        hold_to_no(connection, row.lead_id)


def book(connection: Connection, contact_id: int, laws: Laws, *, now: datetime) -> datetime | None:
    """Promise a caller the next call that is allowed; return when, or None where there is none.

    Args:
        connection: in a writing transaction.
        contact_id: whose.
        laws: the rules, applied.
        now: aware.
    """
    row = _row(connection, contact_id)
    if row.disposition_kind is not None:
        promised: datetime | None = row.callback_at
        return promised
    if row.standing != Standing.KNOWN:
        return None
    stored = load_id(connection, row.campaign_id)
    moment = next_allowed(connection, stored, row.lead_id, laws, now=now)
    if moment is not None:
        _write(connection, contact_id, callback_at=moment)
        _say(connection, row, DispositionKind.CALLBACK)
    return moment


def note(connection: Connection, contact_id: int, facts: Facts) -> None:
    """Write what is known of a call that goes on."""
    row = _row(connection, contact_id)
    if row.ended_at is None:
        _write(
            connection,
            contact_id,
            key_pressed=facts.key,
            connected_at=row.connected_at or facts.connected_at,
        )


def end(
    connection: Connection, contact_id: int, facts: Facts, caller: E164 | None, laws: Laws
) -> None:
    """Write the end of a call that came in, once, with all that its caller asked for.

    Args:
        connection: in a writing transaction.
        contact_id: of the call.
        facts: all that is known of it.
        caller: who called, or None.
        laws: the rules, applied.
    """
    assert facts.ended_at is not None
    if facts.opted_out:
        opt_out(connection, contact_id, caller, now=facts.ended_at)
    row = _row(connection, contact_id)
    if row.ended_at is not None:
        return
    booked = False
    if owes_call(facts):
        booked = book(connection, contact_id, laws, now=facts.ended_at) is not None
    note(connection, contact_id, facts)
    _write(
        connection,
        contact_id,
        ended_at=facts.ended_at,
        agent_id=row.agent_id if facts.connected_at is not None else None,
        outcome=outcome_of(facts, booked=booked or row.callback_at is not None),
    )
    row = _row(connection, contact_id)
    if row.disposition_kind is not None:
        _settle(connection, row)
    if row.outcome == InboundOutcome.TALKED and row.disposition_kind is None:
        connection.execute(
            update(claims)
            .where(claims.c.lease == row.lease)
            .values(expires_at=facts.ended_at + WRAP_UP_LIMIT)
        )
    else:
        connection.execute(delete(claims).where(claims.c.lease == row.lease))


def open_contacts(connection: Connection, engine: str) -> tuple[Contact, ...]:
    """Return the calls that came in to an engine and have no end yet, oldest first."""
    rows = connection.execute(
        _CONTACTS.where(
            inbound_contacts.c.engine == engine, inbound_contacts.c.ended_at.is_(None)
        ).order_by(inbound_contacts.c.id)
    ).all()
    return tuple(_contact(connection, row) for row in rows)


def _say(connection: Connection, row: Row[Any], kind: DispositionKind) -> None:
    """Write what a caller chose by a key, and what it means for the person."""
    _write(connection, row.id, disposition=kind.value, disposition_kind=kind)
    if row.lead_id is not None:
        connection.execute(
            update(campaign_leads)
            .where(
                campaign_leads.c.campaign_id == row.campaign_id,
                campaign_leads.c.lead_id == row.lead_id,
            )
            .values(last_disposition=kind.value, refusal_reason=None)
        )
        _settle(connection, row)


def _settle(connection: Connection, row: Row[Any]) -> None:
    if row.lead_id is not None:
        settle(connection, load_id(connection, row.campaign_id), [(row.lead_id, row.number_id)])


def _write(connection: Connection, contact_id: int, **values: object) -> None:
    connection.execute(
        update(inbound_contacts).where(inbound_contacts.c.id == contact_id).values(values)
    )


def _row(connection: Connection, contact_id: int) -> Row[Any]:
    """Return a contact's row, held against whoever else wants to write it."""
    return connection.execute(
        select(inbound_contacts).where(inbound_contacts.c.id == contact_id).with_for_update()
    ).one()


def _of(channel_id: str) -> Any:
    return inbound_contacts.c.channel_id == channel_id


_CONTACTS = select(inbound_contacts, leads.c.language.label("speaks")).outerjoin(
    leads, leads.c.id == inbound_contacts.c.lead_id
)


def _contact(connection: Connection, row: Row[Any]) -> Contact:
    return Contact(
        id=row.id,
        channel_id=row.channel_id,
        caller_id=row.caller_id,
        began_at=row.began_at,
        standing=Standing(row.standing),
        stored=None if row.campaign_id is None else load_id(connection, row.campaign_id),
        lead_id=row.lead_id,
        number_id=row.number_id,
        attempt_id=row.attempt_id,
        lease=row.lease,
        agent_id=row.agent_id,
        language=row.speaks,
    )
