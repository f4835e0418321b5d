"""How a campaign stands: counts that add up, and why nothing is being dialled."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select

from campaigns.desk_tables import orders
from campaigns.model import DispositionKind, LeadState, Turn
from campaigns.orders.model import OrderState
from campaigns.orders.store import counts as order_counts
from campaigns.tables import (
    AT_ONCE,
    attempts,
    campaign_leads,
    claims,
    is_callable,
    is_counted,
    queues,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Whom a campaign still has to call.

    Attributes:
        has_leads: its lists hold anybody.
        in_call: somebody is being called, or is claimed.
        next_call_at: when the first lead becomes callable; None when none can.
        held_by: the gate or rule that set that moment, or None.
    """

    has_leads: bool
    in_call: bool
    next_call_at: datetime | None
    held_by: str | None


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

    @property
    def outlook(self) -> Outlook:
        """Whom it still has to call."""
        return Outlook(
            has_leads=bool(self.leads),
            in_call=bool(self.leads.get(LeadState.IN_CALL)),
            next_call_at=self.next_call_at,
            held_by=self.held_by,
        )


def outlook(connection: Connection, campaign_id: int, *, now: datetime) -> Outlook:
    """Return whom a campaign still has to call; nobody is counted, however many there are."""
    ours = campaign_leads.c.campaign_id == campaign_id
    next_call_at, held_by = _next_call(connection, campaign_id, now=now)
    claimed = exists(select(claims.c.id).where(claims.c.campaign_id == campaign_id))
    return Outlook(
        has_leads=bool(connection.scalar(select(exists(select(campaign_leads.c.id).where(ours))))),
        in_call=bool(connection.scalar(select(claimed))),
        next_call_at=next_call_at,
        held_by=held_by,
    )


def standing(connection: Connection, campaign_id: int, *, now: datetime) -> Standing:
    """Return how a campaign stands; `now` is aware."""
    counts = connection.execute(
        select(campaign_leads.c.state, campaign_leads.c.held_by, func.count())
        .where(campaign_leads.c.campaign_id == campaign_id, is_counted)
        .group_by(campaign_leads.c.state, campaign_leads.c.held_by)
    ).all()
    states: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for state, rule, count in counts:
        states[state] += count
        if state in {LeadState.DONE, LeadState.SUPPRESSED}:
            done[rule or ""] += count
    next_call_at, held_by = _next_call(connection, campaign_id, now=now)
    return Standing(
        leads=dict(states),
        outcomes=outcomes(connection, campaign_id),
        next_call_at=next_call_at,
        held_by=held_by,
        done_by=dict(done),
        orders=order_counts(connection, campaign_id),
        successes=successes(connection, campaign_id),
    )


def _next_call(
    connection: Connection, campaign_id: int, *, now: datetime
) -> tuple[datetime | None, str | None]:
    """Return when the first lead becomes callable, and what keeps it until then."""
    # The first of each queue and turn, as they stand in the index: not everybody who waits.
    firsts = {
        turn: select(func.min(campaign_leads.c.next_call_at))
        .where(campaign_leads.c.queue_id == queues.c.id, campaign_leads.c.turn == turn, is_callable)
        .scalar_subquery()
        .label(turn.name)
        for turn in Turn
    }
    found = connection.execute(
        select(queues.c.id, queues.c.opens_at, *firsts.values()).where(
            queues.c.campaign_id == campaign_id
        )
    ).all()
    # Nobody of a queue is called before it opens; whoever is in none yet may be at once.
    waiting = [
        _Waiting(
            queue_id=row.id,
            turn=turn,
            due_at=due_at,
            opens_at=row.opens_at if row.opens_at and row.opens_at > now else AT_ONCE,
        )
        for row in found
        for turn in Turn
        if (due_at := getattr(row, turn.name)) is not None
    ]
    unplaced = and_(
        campaign_leads.c.campaign_id == campaign_id, campaign_leads.c.queue_id.is_(None)
    )
    due_at = connection.scalar(
        select(func.min(campaign_leads.c.next_call_at)).where(unplaced, is_callable)
    )
    if due_at is not None:
        waiting.append(_Waiting(queue_id=None, turn=None, due_at=due_at, opens_at=AT_ONCE))
    if not waiting:
        return None, None
    first = min(waiting, key=lambda one: max(one.due_at, one.opens_at))
    if first.opens_at > first.due_at:
        return first.opens_at, "hours"
    in_queue = and_(
        campaign_leads.c.queue_id == first.queue_id, campaign_leads.c.turn == first.turn
    )
    held_by = connection.scalar(
        select(campaign_leads.c.held_by)
        .where(
            unplaced if first.queue_id is None else in_queue,
            is_callable,
            campaign_leads.c.next_call_at == first.due_at,
        )
        .limit(1)
    )
    return first.due_at, held_by


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """Some people who wait alike, and when the first of them is due; no queue: in none yet."""

    queue_id: int | None
    turn: Turn | None
    due_at: datetime
    opens_at: datetime


def outcomes(connection: Connection, campaign_id: int) -> dict[str, int]:
    """Return how many attempts of a campaign ended with each outcome; `open`: in flight."""
    # As it stands in the index: no attempt is read.
    rows = connection.execute(
        select(attempts.c.outcome, func.count())
        .where(attempts.c.campaign_id == campaign_id)
        .group_by(attempts.c.outcome)
    )
    return {row[0] or "open": row[1] for row in rows}


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
