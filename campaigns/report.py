"""How a campaign stands: counts that add up, and why nothing is being dialled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, or_, select

from campaigns.model import CALLABLE_STATES, LeadState
from campaigns.tables import attempts, campaign_leads, claims, is_callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A campaign's leads and attempts, counted in one snapshot.

    Attributes:
        leads: lead state -> how many.
        outcomes: outcome -> how many attempts; `open` for those in flight.
        next_call_at: when the first lead becomes callable; None when none can.
        held_by: the gate or rule that set that moment, or None.
        done_by: why leads are out of the work: gate or rule -> how many.
    """

    leads: Mapping[str, int]
    outcomes: Mapping[str, int]
    next_call_at: datetime | None
    held_by: str | None
    done_by: Mapping[str, int]


def standing(connection: Connection, campaign_id: int) -> Standing:
    """Return how a campaign stands."""
    ours = campaign_leads.c.campaign_id == campaign_id
    states = connection.execute(
        select(campaign_leads.c.state, func.count(), func.min(campaign_leads.c.next_call_at))
        .where(ours)
        .group_by(campaign_leads.c.state)
    ).all()
    out = (LeadState.DONE, LeadState.SUPPRESSED)
    done = connection.execute(
        select(campaign_leads.c.held_by, func.count())
        .where(ours, campaign_leads.c.state.in_(out))
        .group_by(campaign_leads.c.held_by)
    ).all()
    callable_from = {row.state: row[2] for row in states if row.state in CALLABLE_STATES}
    next_call_at = min(callable_from.values(), default=None)
    held_by = connection.scalar(
        select(campaign_leads.c.held_by)
        .where(ours, is_callable, campaign_leads.c.next_call_at == next_call_at)
        .limit(1)
    )
    return Standing(
        leads={row.state: row[1] for row in states},
        outcomes=outcomes(connection, campaign_id),
        next_call_at=next_call_at,
        held_by=held_by,
        done_by={rule or "": count for rule, count in done},
    )


def outcomes(connection: Connection, campaign_id: int) -> dict[str, int]:
    """Return how many attempts of a campaign ended with each outcome; `open`: in flight."""
    outcome = func.coalesce(attempts.c.outcome, "open")
    rows = connection.execute(
        select(outcome, func.count()).where(attempts.c.campaign_id == campaign_id).group_by(outcome)
    )
    return {row[0]: row[1] for row in rows}


def work_left(connection: Connection, campaign_id: int) -> bool:
    """Tell whether a lead of the campaign is being called, or can become callable again."""
    callable_one = exists(
        select(campaign_leads.c.id).where(campaign_leads.c.campaign_id == campaign_id, is_callable)
    )
    held = exists(select(claims.c.id).where(claims.c.campaign_id == campaign_id))
    return bool(connection.scalar(select(or_(callable_one, held))))
