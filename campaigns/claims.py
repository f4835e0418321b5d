"""The next person: claimed, checked by every gate at this moment, held against all others.

One claim holds one lead and one number; the base's unique constraints see to it that
nobody else gets the person or another one of the number, from whichever process they ask.
The engine and an agent who asks for the next number come through the same function.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, update

from campaigns.facts import Candidate, candidate, candidates, claimed, gather
from campaigns.gates import Decision, evaluate
from campaigns.model import LeadState
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, claims, is_callable
from leads.db import insert_new
from leads.tables import numbers

_LOOK_AT_MOST = 200
"""Candidates examined in one go: a closed window must not make one transaction endless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A person held for one caller.

    Attributes:
        lease: the name of the claim in commands.
        attempt_no: the number that the next attempt on this lead will carry.
    """

    id: int
    lease: str
    person: Candidate
    attempt_no: int


@dataclass(frozen=True, slots=True)
class Claims:
    """Who was claimed, and how many were looked at and refused by a gate."""

    taken: tuple[Claim, ...]
    refused: int


def claim(
    connection: Connection,
    stored: StoredCampaign,
    *,
    limit: int,
    now: datetime,
    new_lease: Callable[[], str],
    agent_id: int | None = None,
    expires_at: datetime | None = None,
) -> Claims:
    """Claim up to `limit` people of a running campaign, in the order of their turn.

    Whom a gate refuses is put back to the moment the gate names, or taken out of the work
    where it names none; `campaign_leads.held_by` says which gate it was.
    """
    if limit < 1:
        return Claims((), 0)
    people = _due(connection, stored, limit=limit, now=now)
    decisions = [evaluate(facts) for facts in gather(connection, stored, people, now=now)]
    taken: list[Claim] = []
    refused = 0
    for person, decision in zip(people, decisions, strict=True):
        if len(taken) == limit:
            break
        if not decision.callable:
            refused += 1
            _put_back(connection, person, decision)
            continue
        lease = new_lease()
        row = connection.execute(
            insert_new(connection, claims)
            .values(
                lease=lease,
                campaign_id=stored.id,
                lead_id=person.lead_id,
                number_id=person.number_id,
                agent_id=agent_id,
                created_at=now,
                expires_at=expires_at,
            )
            .returning(claims.c.id)
        ).one_or_none()
        if row is None:
            continue  # somebody of the same number was claimed a moment ago
        taken.append(Claim(id=row.id, lease=lease, person=person, attempt_no=person.attempts + 1))
    _mark_in_call(connection, taken)
    return Claims(tuple(taken), refused)


def release(connection: Connection, claim_id: int) -> None:
    """Let go of a claim; what becomes of the lead is the caller's matter."""
    connection.execute(delete(claims).where(claims.c.id == claim_id))


def _due(
    connection: Connection, stored: StoredCampaign, *, limit: int, now: datetime
) -> Sequence[Candidate]:
    query = (
        candidates(stored.id)
        .where(
            is_callable,
            campaign_leads.c.next_call_at <= now,
            ~claimed(campaign_leads.c.lead_id, numbers.c.id),
        )
        .order_by(campaign_leads.c.next_call_at, campaign_leads.c.id)
        .limit(min(limit * 2 + 8, _LOOK_AT_MOST))
        .with_for_update(of=campaign_leads, skip_locked=True)
    )
    return [candidate(row) for row in connection.execute(query)]


def _put_back(connection: Connection, person: Candidate, decision: Decision) -> None:
    """Move a refused lead to its next moment, or out of the work."""
    lasting = next((r for r in decision.refusals if r.until is None), None)
    values: dict[str, object]
    if lasting is None:
        last = max(decision.refusals, key=lambda refusal: refusal.until or person.next_call_at)
        values = {"next_call_at": last.until, "held_by": last.gate}
    elif lasting.gate == "suppression":
        values = {"state": LeadState.SUPPRESSED, "held_by": lasting.gate}
    else:
        values = {"state": LeadState.DONE, "held_by": lasting.gate}
    connection.execute(
        update(campaign_leads).where(campaign_leads.c.id == person.row_id).values(**values)
    )


def _mark_in_call(connection: Connection, taken: Sequence[Claim]) -> None:
    if taken:
        connection.execute(
            update(campaign_leads)
            .where(campaign_leads.c.id.in_([claim.person.row_id for claim in taken]))
            .values(state=LeadState.IN_CALL, held_by=None)
        )
