"""Orders in the base: submitted with a result, verified by a second person, cancelled.

An order is its attempt's: it comes and goes with what the agent says of that talk, until
somebody has verified it. Only verified ones count as successes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from campaigns.desk_tables import orders
from campaigns.orders.model import Kept, Order, OrderState
from campaigns.tables import agents, campaigns
from leads.errors import NotAllowedError, UsageError
from leads.tables import leads


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order as the base holds it.

    Attributes:
        name: of the person, or None.
        agent: who took it, or None.
        fields: key -> value as it is kept; empty once the person is erased.
        verified_at: kept when the order is cancelled later.
    """

    order_id: int
    campaign: str
    lead_id: int
    name: str | None
    attempt_id: int
    agent: str | None
    state: OrderState
    created_at: datetime
    verified_at: datetime | None
    verified_by: str | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancel_reason: str | None
    fields: Mapping[str, Kept]


def submit(
    connection: Connection,
    attempt: Row[tuple[object, ...]],
    order: Order | None,
    *,
    now: datetime,
) -> None:
    """Write the order that goes with a result; without one, take back what was submitted.

    Args:
        connection: in a writing transaction that holds the attempt.
        attempt: the row of the call.
        order: complete and right, or None.
        now: aware.

    Raises:
        NotAllowedError: the attempt's order is verified.
    """
    if order is None:
        withdraw(connection, attempt.id)
        return
    kept = _of_attempt(connection, attempt.id)
    values = {
        "agent_id": attempt.agent_id,
        "state": OrderState.SUBMITTED,
        "fields": dict(order.fields),
        "verified_at": None,
        "verified_by": None,
        "cancelled_at": None,
        "cancelled_by": None,
        "cancel_reason": None,
    }
    if kept is None:
        connection.execute(
            insert(orders).values(
                attempt_id=attempt.id,
                lead_id=attempt.lead_id,
                campaign_id=attempt.campaign_id,
                created_at=now,
                **values,
            )
        )
        return
    _check_not_verified(kept)
    connection.execute(update(orders).where(orders.c.id == kept.id).values(**values))


def withdraw(connection: Connection, attempt_id: int) -> None:
    """Delete the order that was submitted with a result which does not stand any more.

    One that was cancelled stays as it is: somebody has dealt with it.

    Raises:
        NotAllowedError: it is verified.
    """
    kept = _of_attempt(connection, attempt_id)
    if kept is None:
        return
    _check_not_verified(kept)
    if kept.state == OrderState.SUBMITTED:
        connection.execute(delete(orders).where(orders.c.id == kept.id))


def _of_attempt(connection: Connection, attempt_id: int) -> Row[tuple[object, ...]] | None:
    return connection.execute(
        select(orders).where(orders.c.attempt_id == attempt_id).with_for_update()
    ).one_or_none()


def _check_not_verified(kept: Row[tuple[object, ...]]) -> None:
    if kept.state == OrderState.VERIFIED:
        raise NotAllowedError(
            f"the order {kept.id} of this call is verified; cancel it first: "
            f"ringbank orders cancel {kept.id} --reason TEXT"
        )


def listed(
    connection: Connection,
    *,
    campaign_id: int | None = None,
    state: OrderState | None = None,
    agent_id: int | None = None,
) -> tuple[OrderRow, ...]:
    """Return orders, the oldest first.

    Args:
        connection: to the base.
        campaign_id: only of this campaign.
        state: only those that stand so.
        agent_id: only those that this agent took.
    """
    wanted = {
        orders.c.campaign_id: campaign_id,
        orders.c.state: state,
        orders.c.agent_id: agent_id,
    }
    conditions = [column == value for column, value in wanted.items() if value is not None]
    return _read(connection, _ORDERS.where(*conditions).order_by(orders.c.id))


def of_lead(connection: Connection, lead_id: int) -> tuple[OrderRow, ...]:
    """Return the orders of a person, the oldest first."""
    return _read(connection, _ORDERS.where(orders.c.lead_id == lead_id).order_by(orders.c.id))


def find(connection: Connection, order_id: int) -> OrderRow:
    """Return the order of an id.

    Raises:
        UsageError: there is none.
    """
    found = _read(connection, _ORDERS.where(orders.c.id == order_id))
    if not found:
        raise UsageError(f"there is no order {order_id}; see: ringbank orders list")
    return found[0]


_ORDERS = (
    select(
        orders,
        campaigns.c.name.label("campaign"),
        leads.c.name,
        agents.c.name.label("agent"),
    )
    .join(campaigns, campaigns.c.id == orders.c.campaign_id)
    .join(leads, leads.c.id == orders.c.lead_id)
    .outerjoin(agents, agents.c.id == orders.c.agent_id)
)


def _read(connection: Connection, query: Select[*tuple[object, ...]]) -> tuple[OrderRow, ...]:
    return tuple(
        OrderRow(
            order_id=row.id,
            campaign=row.campaign,
            lead_id=row.lead_id,
            name=row.name,
            attempt_id=row.attempt_id,
            agent=row.agent,
            state=OrderState(row.state),
            created_at=row.created_at,
            verified_at=row.verified_at,
            verified_by=row.verified_by,
            cancelled_at=row.cancelled_at,
            cancelled_by=row.cancelled_by,
            cancel_reason=row.cancel_reason,
            fields=row.fields,
        )
        for row in connection.execute(query)
    )


def verify(connection: Connection, order_id: int, *, by: str, now: datetime) -> OrderRow:
    """Write that somebody has checked an order and found it right; return it.

    Args:
        connection: in a writing transaction.
        order_id: which one.
        by: who checked it, by their name.
        now: aware.

    Raises:
        UsageError: there is no such order.
        NotAllowedError: it is not waiting for this, or `by` is the agent who took it.
    """
    found = _held(connection, order_id)
    if found.state is not OrderState.SUBMITTED:
        raise NotAllowedError(
            f"the order {order_id} is {found.state}; only a submitted order can be verified"
        )
    if found.agent is not None and found.agent.casefold() == by.strip().casefold():
        raise NotAllowedError(
            f"{found.agent} took the order {order_id}, and somebody else has to verify it; "
            "name them with: --by NAME"
        )
    connection.execute(
        update(orders)
        .where(orders.c.id == order_id)
        .values(state=OrderState.VERIFIED, verified_at=now, verified_by=by.strip())
    )
    return find(connection, order_id)


def cancel(
    connection: Connection, order_id: int, *, reason: str, by: str, now: datetime
) -> OrderRow:
    """Cancel an order, a verified one too; return it.

    Args:
        connection: in a writing transaction.
        order_id: which one.
        reason: why.
        by: who does, by their name.
        now: aware.

    Raises:
        UsageError: there is no such order.
        NotAllowedError: it is cancelled already.
    """
    found = _held(connection, order_id)
    if found.state is OrderState.CANCELLED:
        raise NotAllowedError(f"the order {order_id} is cancelled already; see: orders show")
    connection.execute(
        update(orders)
        .where(orders.c.id == order_id)
        .values(
            state=OrderState.CANCELLED,
            cancelled_at=now,
            cancelled_by=by,
            cancel_reason=reason,
        )
    )
    return find(connection, order_id)


def _held(connection: Connection, order_id: int) -> OrderRow:
    """Return an order, held against whoever else wants to write it."""
    connection.execute(select(orders.c.id).where(orders.c.id == order_id).with_for_update())
    return find(connection, order_id)


def counts(connection: Connection, campaign_id: int) -> dict[str, int]:
    """Return how many orders of a campaign stand where: every state, none left out."""
    rows = connection.execute(
        select(orders.c.state, func.count())
        .where(orders.c.campaign_id == campaign_id)
        .group_by(orders.c.state)
    )
    return dict.fromkeys(map(str, OrderState), 0) | {row.state: row[1] for row in rows}


def events_of(found: Sequence[OrderRow]) -> list[tuple[datetime, str, dict[str, object]]]:
    """Return what happened to orders: when, what (submitted, verified, cancelled), and facts."""
    events: list[tuple[datetime, str, dict[str, object]]] = []
    for one in found:
        which: dict[str, object] = {"order_id": one.order_id, "campaign": one.campaign}
        events.append((one.created_at, "submitted", which | {"by": one.agent, "reason": None}))
        if one.verified_at is not None:
            facts = which | {"by": one.verified_by, "reason": None}
            events.append((one.verified_at, "verified", facts))
        if one.cancelled_at is not None:
            facts = which | {"by": one.cancelled_by, "reason": one.cancel_reason}
            events.append((one.cancelled_at, "cancelled", facts))
    return events
