"""Results that agents owe: who owes one, for how long, and what follows when none comes.

Rows are locked in the order of `campaigns.ledger`: `campaign_leads` before `claims`.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, or_, select, union

from campaigns.call_tables import inbound_contacts
from campaigns.drafts import keep_typed_answers
from campaigns.settling import settle
from campaigns.store import StoredCampaign
from campaigns.supervisions import end_help
from campaigns.tables import attempts, campaign_leads, claims
from leads.sql import among

WRAP_UP_LIMIT = timedelta(minutes=10)
"""How long after a talk its result may be given before the claim on the person ends."""


def release_expired(
    connection: Connection, stored: StoredCampaign, *, now: datetime
) -> tuple[int, ...]:
    """End the claims of a campaign whose time is over; return the agents who held them.

    A talk whose result never came leaves its attempt without a disposition: the lead is
    settled by the outcome alone. What was typed in it stays, and its answers are kept.
    """
    is_over = and_(claims.c.campaign_id == stored.id, claims.c.expires_at <= now)
    ended = connection.execute(select(claims.c.attempt_id, claims.c.lead_id).where(is_over)).all()
    if not ended:
        return ()
    # Before their claims, as whoever ends a lease does; nobody who does so now is waited for.
    calls = [row.attempt_id for row in ended if row.attempt_id is not None]
    held = connection.scalars(
        select(attempts.c.id)
        .where(among(connection, attempts.c.id, calls))
        .order_by(attempts.c.id)
        .with_for_update(skip_locked=True)
    ).all()
    people = connection.scalars(
        select(campaign_leads.c.lead_id)
        .where(
            campaign_leads.c.campaign_id == stored.id,
            among(connection, campaign_leads.c.lead_id, [row.lead_id for row in ended]),
        )
        .with_for_update(skip_locked=True)
    ).all()
    of_held = and_(
        or_(claims.c.attempt_id.is_(None), among(connection, claims.c.attempt_id, held)),
        among(connection, claims.c.lead_id, people),
    )
    rows = connection.execute(
        select(claims).where(is_over, of_held).with_for_update(skip_locked=True)
    ).all()
    keep_typed_answers(connection, stored, rows, now=now)
    settle(connection, stored, [(row.lead_id, row.number_id) for row in rows])
    connection.execute(delete(claims).where(claims.c.id.in_([row.id for row in rows])))
    theirs = tuple(row.agent_id for row in rows if row.agent_id is not None)
    for agent_id in theirs:
        end_help(connection, agent_id, now=now)
    return theirs


def agents_owing_result(connection: Connection) -> frozenset[int]:
    """Return the agents who talk, or have talked, to somebody and have not said what of it.

    Also who talks to somebody whose lease is another's, because they hold one already: else
    their talk would be taken for one of which everything is said.
    """
    unsaid = attempts.c.disposition_kind.is_(None)
    holds = (
        select(claims.c.agent_id)
        .join(attempts, attempts.c.id == claims.c.attempt_id)
        .where(claims.c.agent_id.is_not(None), unsaid)
    )
    talks = select(attempts.c.agent_id).where(
        attempts.c.ended_at.is_(None), attempts.c.agent_id.is_not(None), unsaid
    )
    # Neither is an attempt's: who called us, and has not been said anything of either.
    unsaid_of = inbound_contacts.c.disposition_kind.is_(None)
    called_us = (
        select(claims.c.agent_id)
        .join(inbound_contacts, inbound_contacts.c.lease == claims.c.lease)
        .where(claims.c.agent_id.is_not(None), unsaid_of)
    )
    return frozenset(connection.scalars(union(holds, talks, called_us)))


def last_said(connection: Connection, agent_id: int) -> str | None:
    """Return the kind of what an agent said of the last person whom they were given, or None.

    It may be somebody whom we called, or who called us.
    """
    given = [
        connection.execute(
            select(func.coalesce(table.c.connected_at, began).label("at"), table.c.disposition_kind)
            .where(table.c.agent_id == agent_id)
            .order_by(table.c.id.desc())
            .limit(1)
        ).one_or_none()
        for table, began in (
            (attempts, attempts.c.dialed_at),
            (inbound_contacts, inbound_contacts.c.began_at),
        )
    ]
    last = max(filter(None, given), key=lambda row: row.at, default=None)
    return None if last is None else last.disposition_kind


def unfinished_lease(connection: Connection, agent_id: int) -> str | None:
    """Return the lease of which the agent still owes the result, no call being on the line.

    The talk is over, or it is one that they dial by hand or have not had dialled yet.
    """
    lease: str | None = connection.scalar(
        select(claims.c.lease)
        .outerjoin(attempts, attempts.c.id == claims.c.attempt_id)
        .outerjoin(inbound_contacts, inbound_contacts.c.lease == claims.c.lease)
        .where(
            claims.c.agent_id == agent_id,
            or_(claims.c.attempt_id.is_(None), attempts.c.ended_at.is_not(None)),
            or_(inbound_contacts.c.id.is_(None), inbound_contacts.c.ended_at.is_not(None)),
        )
    )
    return lease
