"""When somebody who called us may be called: the next moment that the rules allow, if any."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from campaigns.facts import CANDIDATES, candidate, candidates_of, gather
from campaigns.gates import evaluate
from campaigns.law import Laws
from campaigns.model import CampaignState
from campaigns.promises import why_not_promised
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads

_PUT_DOWN = timedelta(minutes=2)
"""Between a promise and the earliest call that keeps it: they have to hang up first."""

_LASTING = frozenset({"list", "suppression", "registry", "consent", "place"})
"""Gates whose refusal without an end makes a promise one that nobody could keep."""


def next_allowed(
    connection: Connection, stored: StoredCampaign, lead_id: int, laws: Laws, *, now: datetime
) -> datetime | None:
    """Return when a lead may be called at the earliest; None: a promise could not be kept."""
    if stored.state is CampaignState.STOPPED:
        return None
    found = connection.execute(
        CANDIDATES.where(
            campaign_leads.c.campaign_id == stored.id, campaign_leads.c.lead_id == lead_id
        ),
        candidates_of(stored.id, now=now),
    ).one_or_none()
    if found is None:
        return None
    person = candidate(found)
    (facts,) = gather(connection, stored, [person], laws, now=now)
    refusals = evaluate(facts).refusals
    if any(one.gate in _LASTING and one.until is None for one in refusals):
        return None
    earliest = now + _PUT_DOWN
    unlawful = why_not_promised(
        facts,
        lambda at: laws.of(stored.campaign, facts.placing, person.line, at),
        earliest,
        now=earliest,
    )
    return earliest if unlawful is None else unlawful.nearest
