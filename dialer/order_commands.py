"""``ringbank orders``: what was agreed, checked by a second person, cancelled."""

from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaigns.orders.model import Kept, OrderState
    from campaigns.orders.store import OrderRow

orders_app = typer.Typer(no_args_is_help=True, help="List, show, verify and cancel orders.")

OrderId = Annotated[int, typer.Argument(metavar="ORDER", help="The order, by its number in lists.")]

_COLUMNS = (
    "order_id",
    "campaign",
    "lead_id",
    "name",
    "agent",
    "state",
    "created_at",
    "verified_at",
)


@orders_app.command(name="list")
def list_(
    ctx: typer.Context,
    campaign: Annotated[str | None, typer.Option("--campaign", help="Only of this one.")] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATE", help="Only submitted, verified or cancelled."),
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Only those they took.")] = None,
) -> None:
    """List orders, the oldest first; submitted ones wait to be verified.

    Example: ringbank orders list --campaign tariff-switch --state submitted
    """
    from campaigns import store
    from campaigns.agents import find_agent
    from campaigns.orders import store as orders
    from leads.db import reading

    console: Console = ctx.obj
    wanted = None if state is None else _state(state)
    with reading(console.base()) as connection:
        found = orders.listed(
            connection,
            campaign_id=None if campaign is None else store.load(connection, campaign).id,
            state=wanted,
            agent_id=None if agent is None else find_agent(connection, agent).id,
        )
    _record(console, "orders list", found)
    console.rows(_COLUMNS, [tuple(getattr(one, name) for name in _COLUMNS) for one in found])


def _state(text: str) -> "OrderState":
    from campaigns.orders.model import OrderState
    from leads.errors import UsageError

    try:
        return OrderState(text)
    except ValueError:
        raise UsageError(f"no order is {text!r}; choose one of {', '.join(OrderState)}") from None


@orders_app.command()
def show(ctx: typer.Context, order: OrderId) -> None:
    """Show one order with everything that was filled in.

    Example: ringbank orders show 1
    """
    from campaigns.orders.store import find
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        found = find(connection, order)
    _record(console, "orders show", [found])
    _show(console, found)


@orders_app.command()
def verify(
    ctx: typer.Context,
    order: OrderId,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who checked it, if not you.")
    ] = None,
) -> None:
    """Say that an order was checked and is right; from then on it counts as a success.

    A supervisor or a manager does it, and never whoever took the order.

    Example: ringbank orders verify 1 --by maria
    """
    from campaigns.agents import find_agent
    from campaigns.orders import store as orders
    from campaigns.supervisions import demand_supervisor
    from dialer.acting import on_whose_word
    from dialer.asking import engine_time
    from leads.db import writing

    console: Console = ctx.obj
    now = engine_time(console)
    who = on_whose_word(console, by)
    with writing(console.base()) as connection:
        if who is not None:
            demand_supervisor(find_agent(connection, who))
        found = orders.verify(connection, order, by=who or console.user(), now=now)
    console.facts(
        {
            "order_id": order,
            "state": found.state,
            "verified_at": found.verified_at,
            "verified_by": found.verified_by,
        }
    )


@orders_app.command()
def cancel(
    ctx: typer.Context,
    order: OrderId,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the order.")],
) -> None:
    """Cancel an order, a verified one too: it counts no more.

    Example: ringbank orders cancel 1 --reason "withdrawn by letter"
    """
    from campaigns.orders import store as orders
    from campaigns.tasks import checked
    from dialer.asking import engine_time
    from leads.db import writing

    console: Console = ctx.obj
    now = engine_time(console)
    why = checked(reason, "--reason")
    with writing(console.base()) as connection:
        found = orders.cancel(connection, order, reason=why, by=console.user(), now=now)
    console.facts(
        {
            "order_id": order,
            "state": found.state,
            "cancelled_at": found.cancelled_at,
            "verified_at": found.verified_at,
        }
    )


def _show(console: Console, order: "OrderRow") -> None:
    from dataclasses import asdict

    facts = asdict(order)
    fields = facts.pop("fields")
    if console.json:
        console.document(facts | {"fields": fields})
        return
    known = {key: value for key, value in facts.items() if value is not None}
    console.facts(known | {f"field_{key}": _lines(value) for key, value in fields.items()})


def _lines(kept: "Kept") -> list[str]:
    """Return a value as a person reads it: several choices or items one on each line."""
    if isinstance(kept, str):
        return [kept]
    return [
        one if isinstance(one, str) else f"{one['quantity']} {one['name']} at {one['price']}"
        for one in kept
    ]


def _record(console: Console, action: str, found: "Sequence[OrderRow]") -> None:
    from leads.access import record_look

    record_look(
        console.base(),
        who=console.user(),
        action=action,
        lead_ids=[one.lead_id for one in found],
        detail={},
        now=console.now(),
    )
