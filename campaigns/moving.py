"""People who go on in another campaign: because of why they refused, or where a retry ends.

Whoever is sent waits in the other campaign until their moment has come; the gates judge then,
as they do of everybody. Somebody who is new there and was never called waits for that moment,
too. Nobody is brought back who was called there, and nobody is sent anywhere, nor stays where
they were sent, who has said no for good: a hard refusal, a wish not to be called, hostility,
and a death hold for everything that is done here, in whichever campaign they were said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from campaigns.call_tables import inbound_contacts
from campaigns.examining import ERASED
from campaigns.model import AttemptId, Campaign, DispositionKind, LeadState, MoveTo, Turn
from campaigns.refusals import offered_at, reason_named
from campaigns.store import StoredCampaign, load_id
from campaigns.tables import (
    AT_ONCE,
    attempts,
    campaign_leads,
    campaign_lists,
    campaigns,
    is_callable,
)
from leads.sql import insert_if_new
from leads.tables import list_members

NEVER_AGAIN = frozenset(
    {DispositionKind.DO_NOT_CALL, DispositionKind.HOSTILE, DispositionKind.DECEASED}
)
"""Kinds after which nobody is sent to another campaign, whatever they said before or after."""

SAID_NO = "disposition:said_no"
"""`campaign_leads.held_by` of somebody who had been sent, and has said no for good since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Somebody who goes on in another campaign.

    Attributes:
        to: the name of the other campaign; it need not be there.
        attempt_id: the call after which they go.
        list_id: the list from which they came into the one they leave.
        at: from when they may be called there, aware.
        because: what `campaign_leads.held_by` says meanwhile.
    """

    lead_id: int
    to: str
    attempt_id: AttemptId
    list_id: int
    at: datetime
    because: str


def follow_word(
    connection: Connection,
    stored: StoredCampaign,
    attempt: Row[tuple[object, ...]],
    kind: DispositionKind,
    *,
    reason: str | None,
    detail: str | None,
    now: datetime,
) -> None:
    """Do what a disposition means for the other campaigns.

    A word that replaces an earlier one takes back what that one led to, as long as the person
    was not called because of it.

    Args:
        connection: in a writing transaction, with the disposition written.
        stored: the campaign in which it was said.
        attempt: the row of the call.
        kind: of the disposition.
        reason: the code of a refusal's reason.
        detail: what was written down besides.
        now: aware.
    """
    take_back(connection, attempt)
    if is_no(stored.campaign, kind, reason):
        hold_to_no(connection, attempt.lead_id)
        return
    named = reason_named(stored.campaign, reason)
    if kind is not DispositionKind.REFUSAL or named is None or named.offer is None:
        return
    send(
        connection,
        Move(
            lead_id=attempt.lead_id,
            to=named.offer.campaign,
            attempt_id=AttemptId(attempt.id),
            list_id=attempt.list_id,
            at=offered_at(named.offer, detail, refused_at=attempt.ended_at or now),
            because=f"reoffer:{named.code}",
        ),
    )


def send(connection: Connection, move: Move) -> bool:
    """Let somebody go on in another campaign; return whether they do.

    They do not where that campaign is not in the base, where they were called in it or a gate
    has taken them out of it, and where they said no for good anywhere.
    """
    to_id = connection.scalar(select(campaigns.c.id).where(campaigns.c.name == move.to))
    if to_id is None or said_no(connection, move.lead_id):
        return False
    sent = {
        "state": LeadState.WAITING,
        "turn": Turn.REOFFER.value,
        "next_call_at": move.at,
        "held_by": move.because,
        "came_from": move.attempt_id,
    }
    row_id = connection.scalar(
        insert_if_new(connection, campaign_leads)
        .values(campaign_id=to_id, lead_id=move.lead_id, list_id=move.list_id, **sent)
        .returning(campaign_leads.c.id)
    )
    if row_id is None:
        new_there = update(campaign_leads).where(
            campaign_leads.c.campaign_id == to_id,
            campaign_leads.c.lead_id == move.lead_id,
            campaign_leads.c.state == LeadState.NEW,
            _is_untried(),
        )
        if not connection.execute(new_there.values(**sent)).rowcount:
            return False
    connection.execute(
        update(attempts)
        .where(attempts.c.id == move.attempt_id)
        .values(reoffer_campaign=move.to, reoffer_at=move.at)
    )
    return True


def send_after_retries(
    connection: Connection, stored: StoredCampaign, given_up: Sequence[tuple[int, str]]
) -> None:
    """Let people go on, at once, in the campaigns that [retry] names for them.

    Args:
        connection: in a writing transaction.
        stored: the campaign that is through with them.
        given_up: pairs of lead id and the other campaign's name.
    """
    # In one order: two who write about the same people cannot wait for one another for ever.
    for lead_id, to in sorted(given_up):
        last = connection.execute(
            select(attempts.c.id, attempts.c.list_id, attempts.c.ended_at)
            .where(
                attempts.c.campaign_id == stored.id,
                attempts.c.lead_id == lead_id,
                attempts.c.ended_at.is_not(None),
            )
            .order_by(attempts.c.ended_at.desc(), attempts.c.id.desc())
            .limit(1)
        ).one_or_none()
        if last is not None:  # else it was somebody else of the household who was called
            send(
                connection,
                Move(
                    lead_id=lead_id,
                    to=to,
                    attempt_id=AttemptId(last.id),
                    list_id=last.list_id,
                    at=last.ended_at,
                    because=f"moved:{stored.campaign.name}",
                ),
            )


def said_no(connection: Connection, lead_id: int) -> bool:
    """Tell whether somebody has said no for good, in any campaign."""
    words = connection.execute(
        select(attempts.c.campaign_id, attempts.c.disposition_kind, attempts.c.refusal_reason)
        .where(
            attempts.c.lead_id == lead_id,
            or_(
                attempts.c.disposition_kind.in_(NEVER_AGAIN),
                attempts.c.refusal_reason.is_not(None),
            ),
        )
        .distinct()
    )
    called_us = connection.execute(
        select(
            inbound_contacts.c.campaign_id,
            inbound_contacts.c.disposition_kind,
            inbound_contacts.c.refusal_reason,
        ).where(
            inbound_contacts.c.lead_id == lead_id,
            inbound_contacts.c.disposition_kind.is_not(None),
        )
    )
    return any(
        is_no(
            load_id(connection, word.campaign_id).campaign,
            DispositionKind(word.disposition_kind),
            word.refusal_reason,
        )
        for word in (*words.all(), *called_us.all())
    )


def hold_to_no(connection: Connection, lead_id: int) -> None:
    """Take somebody who has said no for good out of every campaign to which they were sent."""
    connection.execute(
        update(campaign_leads)
        .where(
            campaign_leads.c.lead_id == lead_id,
            campaign_leads.c.came_from.is_not(None),
            campaign_leads.c.state != LeadState.IN_CALL,
            or_(
                is_callable,
                # A gate, or a change of the rules, might let them in again.
                campaign_leads.c.held_by.is_(None),
                campaign_leads.c.held_by.not_like("disposition:%")
                & (campaign_leads.c.held_by != ERASED),
            ),
        )
        .values(state=LeadState.DONE, held_by=SAID_NO, next_call_at=AT_ONCE)
    )


def missing_targets(connection: Connection, campaign: Campaign) -> tuple[str, ...]:
    """Return the campaigns to which one sends people and that are not in the base, by name."""
    named = {reason.offer.campaign for reason in campaign.refusal_reasons if reason.offer}
    for entry in (*campaign.retry.values(), *campaign.retry_dispositions.values()):
        if isinstance(entry.then, MoveTo):
            named.add(entry.then.campaign)
    there = set(connection.scalars(select(campaigns.c.name).where(campaigns.c.name.in_(named))))
    return tuple(sorted(named - there))


def is_no(campaign: Campaign, kind: DispositionKind, reason: str | None) -> bool:
    """Tell whether somebody has said no for good."""
    named = reason_named(campaign, reason)
    return kind in NEVER_AGAIN or (
        kind is DispositionKind.REFUSAL and named is not None and (named.hard or named.do_not_call)
    )


def _is_untried() -> ColumnElement[bool]:
    """Return the condition that a row's person was not called in its campaign, nor is now."""
    return and_(campaign_leads.c.attempts == 0, campaign_leads.c.state != LeadState.IN_CALL)


def take_back(connection: Connection, attempt: Row[tuple[object, ...]]) -> None:
    """Undo what an earlier word of the same call led to, unless the person was called there."""
    if attempt.reoffer_campaign is None:
        return
    sent = connection.execute(
        select(campaign_leads.c.id, campaign_leads.c.campaign_id).where(
            campaign_leads.c.lead_id == attempt.lead_id,
            campaign_leads.c.came_from == attempt.id,
            _is_untried(),
        )
    ).one_or_none()
    if sent is None:
        return
    # Whoever is on a list of that campaign is new there, as if they had never been sent.
    own_list = connection.scalar(
        select(func.min(list_members.c.list_id))
        .join(campaign_lists, campaign_lists.c.list_id == list_members.c.list_id)
        .where(
            list_members.c.lead_id == attempt.lead_id,
            campaign_lists.c.campaign_id == sent.campaign_id,
        )
    )
    this = campaign_leads.c.id == sent.id
    if own_list is None:
        connection.execute(delete(campaign_leads).where(this))
    else:
        connection.execute(
            update(campaign_leads)
            .where(this)
            .values(
                state=LeadState.NEW,
                turn=Turn.FRESH.value,
                next_call_at=AT_ONCE,
                held_by=None,
                came_from=None,
                list_id=own_list,
            )
        )
    connection.execute(
        update(attempts)
        .where(attempts.c.id == attempt.id)
        .values(reoffer_campaign=None, reoffer_at=None)
    )
