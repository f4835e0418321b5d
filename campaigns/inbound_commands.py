"""``ringbank inbound``: the calls that people made to us."""

from dataclasses import asdict
from typing import Annotated

import typer

from leads.console import Console

inbound_app = typer.Typer(no_args_is_help=True, help="The calls that people made to us.")

_DAYS, _MOST_DAYS = 7, 3660


@inbound_app.command(name="list")
def list_(
    ctx: typer.Context,
    campaign: Annotated[
        str | None, typer.Option("--campaign", help="Only those that returned a call of this one.")
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=_MOST_DAYS, help="Of how many days until now.")
    ] = _DAYS,
) -> None:
    """List who called one of our numbers and what came of it, the newest first.

    Example: ringbank inbound list --campaign tariff-switch --days 1
    """
    from datetime import timedelta

    from campaigns import store
    from campaigns.inbound_history import listed
    from leads.access import record_look
    from leads.db import reading

    console: Console = ctx.obj
    now = console.now()
    with reading(console.base()) as connection:
        found = listed(
            connection,
            campaign_id=None if campaign is None else store.load(connection, campaign).id,
            since=now - timedelta(days=days),
        )
    record_look(
        console.base(),
        who=console.user(),
        action="inbound list",
        lead_ids=[one.lead_id for one in found if one.lead_id is not None],
        detail={} if campaign is None else {"campaign": campaign},
        now=now,
    )
    rows = [asdict(one) for one in found]
    console.rows(_COLUMNS, [tuple(one[name] for name in _COLUMNS) for one in rows])


_COLUMNS = (
    "began_at",
    "caller_id",
    "standing",
    "phone",
    "lead_id",
    "name",
    "campaign",
    "outcome",
    "agent",
    "talk_s",
    "key",
    "disposition",
    "refusal_reason",
    "callback_at",
    "opted_out",
    "note",
    "contact_id",
)
