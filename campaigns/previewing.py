"""A person whom an agent has looked at and now wants called: judged again at this moment.

The lease may be minutes old. The hours may have ended meanwhile, or the person may be on a
do-not-call list by now; then they go back, and no call is made.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from campaigns.claims import Claim, put_back, release
from campaigns.facts import CANDIDATES, Candidate, candidate, candidates_of, gather
from campaigns.gates import decision_document, evaluate
from campaigns.law import Laws
from campaigns.model import CampaignState, LeadState, Turn
from campaigns.settling import settle
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, claims

PREVIEW_LEASE = timedelta(minutes=10)
"""How long a person is held for an agent who looks at them before they are called."""

_OVER = "the lease is over: the person was released, or its time ran out; run: ringbank next"


def take_up(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    lease: str,
    agent_id: int,
    *,
    now: datetime,
) -> Claim | str:
    """Return a leased person as one who may be called now, or why they may not be.

    Whoever may not is put back, and their lease is over.

    Args:
        connection: in a writing transaction.
        stored: the campaign of the lease.
        laws: the rules, applied.
        lease: its name.
        agent_id: who wants to call; the lease has to be theirs.
        now: aware.
    """
    row = connection.execute(
        CANDIDATES.add_columns(campaign_leads.c.turn)
        .where(
            campaign_leads.c.campaign_id == stored.id,
            campaign_leads.c.lead_id.in_(select(claims.c.lead_id).where(claims.c.lease == lease)),
        )
        .with_for_update(of=campaign_leads),
        candidates_of(stored.id, now=now),
    ).one_or_none()
    held = connection.execute(
        select(claims)
        .where(claims.c.lease == lease, claims.c.agent_id == agent_id)
        # Whoever holds it is ending it, and waits for the lead: nobody must wait for them.
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None or held is None or (held.expires_at is not None and held.expires_at <= now):
        return _OVER
    if held.attempt_id is not None:
        return "this person was called already; give the result of that call"
    person = _as_before(candidate(row), row.turn)
    if person.number_id != held.number_id:
        _let_go(connection, stored, held.id, person.lead_id, held.number_id)
        return "the person's numbers have changed meanwhile; run: ringbank next"
    if stored.state is not CampaignState.RUNNING:
        _let_go(connection, stored, held.id, person.lead_id, held.number_id)
        again = f"ringbank campaigns start {stored.campaign.name}"
        return f"the campaign is {stored.state}, the person was put back; run: {again}"
    (facts,) = gather(connection, stored, [person], laws, now=now)
    decision = evaluate(facts)
    if not decision.callable:
        settle(connection, stored, [(person.lead_id, held.number_id)])
        put_back(connection, person, decision)
        release(connection, held.id)
        why = "; ".join(f"{refusal.why} ({refusal.gate})" for refusal in decision.refusals)
        return f"this person may not be called now and was put back: {why}"
    return Claim(
        id=held.id,
        lease=lease,
        person=person,
        attempt_no=person.attempts + 1,
        rule_set=facts.rule_set,
        decision=decision_document(facts),
        script_version=held.script_version,
    )


def _as_before(person: Candidate, turn: int) -> Candidate:
    """Return a person as they stood before the claim that is asked about took them."""
    if turn == Turn.CALLBACK:
        state = LeadState.CALLBACK
    else:
        state = LeadState.WAITING if person.attempts else LeadState.NEW
    return replace(person, state=state, claimed=False)


def _let_go(
    connection: Connection, stored: StoredCampaign, claim_id: int, lead_id: int, number_id: int
) -> None:
    settle(connection, stored, [(lead_id, number_id)])
    release(connection, claim_id)
