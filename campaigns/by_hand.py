"""A call that an agent dialled on their own telephone, written down once they say what came of it."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from campaigns.leases import Lease
from campaigns.model import HAND_DIALLED, AttemptId
from campaigns.result_words import Result, hand_outcome
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads
from leads.model import e164_of


def write_call(
    connection: Connection,
    stored: StoredCampaign,
    lease: Lease,
    result: Result,
    *,
    rule_set: str | None,
    decision: object,
    at: datetime,
) -> AttemptId:
    """Write the attempt of a call that the agent dialled: their word is all there is.

    Args:
        connection: in a writing transaction.
        stored: the campaign.
        lease: under which they had the person.
        result: what they say.
        rule_set: by which the person was given to them.
        decision: how that was decided.
        at: the moment of the call, as far as anybody knows.
    """
    campaign = stored.campaign
    enrolled = connection.execute(
        select(campaign_leads.c.id, campaign_leads.c.list_id, campaign_leads.c.attempts).where(
            campaign_leads.c.campaign_id == stored.id, campaign_leads.c.lead_id == lease.lead_id
        )
    ).one()
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.id == enrolled.id)
        .values(attempts=enrolled.attempts + 1, last_attempt_at=at)
    )
    inserted = connection.execute(
        insert(attempts)
        .values(
            channel_id=f"hand-{lease.lease}",
            lease=lease.lease,
            campaign_id=stored.id,
            list_id=enrolled.list_id,
            lead_id=lease.lead_id,
            number_id=lease.number_id,
            phone=e164_of(lease.number_id),
            agent_id=lease.agent_id,
            clock="real",
            mode=campaign.mode,
            trunk=campaign.trunk,
            caller_id=campaign.caller_id,
            attempt_no=enrolled.attempts + 1,
            seller=campaign.seller,
            rule_set=rule_set,
            decision=decision,
            script_version=lease.script_version,
            dialed_at=at,
            ended_at=at,
            outcome=hand_outcome(result.disposition.kind),
            evidence=HAND_DIALLED,
        )
        .returning(attempts.c.id)
    )
    return AttemptId(inserted.scalar_one())
