"""What an agent says of a talk with somebody who called us, kept with the contact.

It does for the person what the same word does after a call of ours. What stands beside an
attempt alone is not taken here: orders and answers. The agent promises a call for those.
"""

from datetime import datetime

from sqlalchemy import Connection, Row, delete, select, update

from campaigns.call_tables import inbound_contacts
from campaigns.consequences import follow, keep_consents
from campaigns.leases import Lease, hold
from campaigns.model import Campaign, DispositionKind
from campaigns.moving import hold_to_no, is_no
from campaigns.orders.definition import FORM
from campaigns.result_words import Result, Words
from campaigns.said import asks_for_no_call
from campaigns.settling import settle
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, claims
from leads.errors import NotAllowedError, UsageError
from leads.model import Suppression
from leads.suppression import add as suppress

_NOBODY_THERE = frozenset(
    {DispositionKind.NO_CONTACT, DispositionKind.MACHINE, DispositionKind.LEFT_MESSAGE}
)
_LATER = "promise them a call: --disposition callback --callback WHEN"


def refuse_what_is_not_kept(campaign: Campaign, words: Words) -> None:
    """Refuse words that stand beside a call of ours only.

    Raises:
        UsageError: there is an answer among them, or nobody was there.
        NotAllowedError: the disposition takes an order.
    """
    if words.answers:
        raise UsageError(
            "the person called us, and answers are kept with calls of ours only; write them "
            f"into --note, or {_LATER}"
        )
    chosen = next((one for one in campaign.dispositions if one.code == words.disposition), None)
    if chosen is None:
        return  # `read_result` tells which there are
    if chosen.kind in _NOBODY_THERE:
        raise UsageError(f"the person called us; {chosen.code!r} says that nobody was reached")
    if chosen.form == FORM and campaign.order is not None:
        raise NotAllowedError(
            f"the person called us, and {chosen.code!r} takes an order, which is kept with calls "
            f"of ours only; {_LATER}"
        )


def record(
    connection: Connection, stored: StoredCampaign, lease: Lease, result: Result, *, now: datetime
) -> bool:
    """Write an agent's result of such a talk; return whether the call had ended already.

    One that is given once more while the call goes on replaces the one before, but for a wish
    not to be called, and for what was said of the person's numbers.

    Args:
        connection: in a writing transaction.
        stored: the campaign.
        lease: of the talk.
        result: what the agent says.
        now: aware.

    Raises:
        UsageError: the lease is over.
    """
    contact = connection.execute(
        select(inbound_contacts).where(inbound_contacts.c.id == lease.contact_id).with_for_update()
    ).one()
    hold(connection, lease)
    kind = result.disposition.kind
    connection.execute(
        update(inbound_contacts)
        .where(inbound_contacts.c.id == contact.id)
        .values(
            disposition=result.disposition.code,
            disposition_kind=kind,
            refusal_reason=result.reason,
            refusal_detail=result.detail,
            callback_at=result.callback_at,
            language=result.language,
            note=result.note,
            wrapped_at=now,
        )
    )
    _follow_word(connection, stored, contact, result, now=now)
    own = result.own_callback and result.callback_at is not None
    until = result.callback_at + stored.campaign.callbacks.grace if result.callback_at else None
    settle(connection, stored, [(contact.lead_id, contact.number_id)])
    connection.execute(
        update(campaign_leads)
        .where(
            campaign_leads.c.campaign_id == stored.id,
            campaign_leads.c.lead_id == contact.lead_id,
        )
        .values(
            last_disposition=result.disposition.code,
            refusal_reason=result.reason,
            owner_id=contact.agent_id if own else None,
            owner_until=until if own else None,
        )
    )
    ended = contact.ended_at is not None
    if ended:
        connection.execute(delete(claims).where(claims.c.lease == contact.lease))
    return ended


def _follow_word(
    connection: Connection,
    stored: StoredCampaign,
    contact: Row[tuple[object, ...]],
    result: Result,
    *,
    now: datetime,
) -> None:
    """Do what a word means for the person in every campaign."""
    kind = result.disposition.kind
    if asks_for_no_call(stored.campaign, kind, result.reason):
        suppress(
            connection,
            Suppression(
                subject=contact.phone, reason=f"asked for it in campaign {stored.campaign.name}"
            ),
            source="agent",
            now=now,
        )
    if is_no(stored.campaign, kind, result.reason):
        hold_to_no(connection, contact.lead_id)
    follow(
        connection,
        contact,
        kind,
        campaign=stored.campaign.name,
        language=result.language,
        now=now,
    )
    keep_consents(
        connection,
        contact.lead_id,
        result.consents,
        given_at=contact.connected_at or contact.began_at,
        now=now,
    )
