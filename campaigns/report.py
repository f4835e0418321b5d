"""How a campaign stands: counts that add up, and why nothing is being dialled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, exists, func, or_, select

from campaigns.desk_tables import orders
from campaigns.model import DispositionKind, LeadState
from campaigns.orders.model import OrderState
from campaigns.orders.store import counts as order_counts
from campaigns.tables import AT_ONCE, attempts, campaign_leads, claims, is_callable, queues
from leads.db import UtcDateTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A campaign's leads and attempts, counted in one snapshot.

    Attributes:
        leads: lead state -> how many.
        outcomes: outcome -> how many attempts; `open` for those in flight.
        next_call_at: when the first lead becomes callable; None when none can.
        held_by: the gate or rule that set that moment, or None.
        done_by: why leads are out of the work: gate or rule -> how many.
        orders: state of an order -> how many.
        successes: talks that came to what the campaign is for; where an order goes with
            one, only once that is verified.
    """

    leads: Mapping[str, int]
    outcomes: Mapping[str, int]
    next_call_at: datetime | None
    held_by: str | None
    done_by: Mapping[str, int]
    orders: Mapping[str, int] = field(default_factory=dict)
    successes: int = 0


def standing(connection: Connection, campaign_id: int, *, now: datetime) -> Standing:
    """Return how a campaign stands; `now` is aware."""
    ours = campaign_leads.c.campaign_id == campaign_id
    states = connection.execute(
        select(campaign_leads.c.state, func.count()).where(ours).group_by(campaign_leads.c.state)
    ).all()
    out = (LeadState.DONE, LeadState.SUPPRESSED)
    done = connection.execute(
        select(campaign_leads.c.held_by, func.count())
        .where(ours, campaign_leads.c.state.in_(out))
        .group_by(campaign_leads.c.held_by)
    ).all()
    next_call_at, held_by = _next_call(connection, ours, now=now)
    return Standing(
        leads={row.state: row[1] for row in states},
        outcomes=outcomes(connection, campaign_id),
        next_call_at=next_call_at,
        held_by=held_by,
        done_by={rule or "": count for rule, count in done},
        orders=order_counts(connection, campaign_id),
        successes=successes(connection, campaign_id),
    )


def _next_call(
    connection: Connection, ours: ColumnElement[bool], *, now: datetime
) -> tuple[datetime | None, str | None]:
    """Return when the first lead becomes callable, and what keeps it until then."""
    # Nobody of a queue is called before it opens; whoever is in none yet may be at once.
    opens_at = case((queues.c.opens_at > now, queues.c.opens_at), else_=AT_ONCE)
    waiting = connection.execute(
        select(
            campaign_leads.c.queue_id,
            func.min(campaign_leads.c.next_call_at).label("due_at"),
            func.coalesce(opens_at, AT_ONCE, type_=UtcDateTime).label("opens_at"),
        )
        .outerjoin(queues, queues.c.id == campaign_leads.c.queue_id)
        .where(ours, is_callable)
        .group_by(campaign_leads.c.queue_id, queues.c.opens_at)
    ).all()
    if not waiting:
        return None, None
    first = min(waiting, key=lambda row: max(row.due_at, row.opens_at))
    if first.opens_at > first.due_at:
        return first.opens_at, "hours"
    held_by = connection.scalar(
        select(campaign_leads.c.held_by)
        .where(
            ours,
            is_callable,
            campaign_leads.c.queue_id.is_not_distinct_from(first.queue_id),
            campaign_leads.c.next_call_at == first.due_at,
        )
        .limit(1)
    )
    return first.due_at, held_by


def outcomes(connection: Connection, campaign_id: int) -> dict[str, int]:
    """Return how many attempts of a campaign ended with each outcome; `open`: in flight."""
    outcome = func.coalesce(attempts.c.outcome, "open")
    rows = connection.execute(
        select(outcome, func.count()).where(attempts.c.campaign_id == campaign_id).group_by(outcome)
    )
    return {row[0]: row[1] for row in rows}


def successes(connection: Connection, campaign_id: int) -> int:
    """Return how many talks of a campaign were a success; an order has to be verified first."""
    counts = or_(orders.c.id.is_(None), orders.c.state == OrderState.VERIFIED)
    return (
        connection.scalar(
            select(func.count())
            .select_from(attempts)
            .outerjoin(orders, orders.c.attempt_id == attempts.c.id)
            .where(
                attempts.c.campaign_id == campaign_id,
                attempts.c.disposition_kind == DispositionKind.SUCCESS,
                counts,
            )
        )
        or 0
    )


def work_left(connection: Connection, campaign_id: int) -> bool:
    """Tell whether a lead of the campaign is being called, or can become callable again."""
    # Asked twice a second, most of all when nobody is left: through the indexes of those who
    # may be called, not through everybody who ever was.
    unplaced = exists(
        select(campaign_leads.c.id).where(
            campaign_leads.c.campaign_id == campaign_id,
            campaign_leads.c.queue_id.is_(None),
            is_callable,
        )
    )
    in_queue = exists(
        select(queues.c.id).where(
            queues.c.campaign_id == campaign_id,
            exists(
                select(campaign_leads.c.id).where(
                    campaign_leads.c.queue_id == queues.c.id, is_callable
                )
            ),
        )
    )
    held = exists(select(claims.c.id).where(claims.c.campaign_id == campaign_id))
    return bool(connection.scalar(select(or_(unplaced, in_queue, held))))
