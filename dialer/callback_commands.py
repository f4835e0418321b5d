"""``ringbank callbacks``: who is to be called when, because it was promised."""

from dataclasses import asdict
from typing import Annotated

import typer

from leads.console import Console

callbacks_app = typer.Typer(no_args_is_help=True, help="List, move and cancel promised calls.")

LeadId = Annotated[int, typer.Argument(metavar="LEAD", help="The lead, by its number in lists.")]
CampaignName = Annotated[str, typer.Option("--campaign", help="In which campaign.")]


@callbacks_app.command(name="list")
def list_(
    ctx: typer.Context,
    campaign: Annotated[str | None, typer.Option("--campaign", help="Only of this one.")] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Only this agent's own.")] = None,
) -> None:
    """List the calls that were promised and not made yet, the earliest first.

    Times are yours; local_time is the clock of the person.

    Example: ringbank callbacks list --campaign tariff-switch
    """
    from campaigns import callbacks, store
    from campaigns.agents import find_agent
    from dialer.asking import engine_time
    from leads.access import record_look
    from leads.db import reading

    console: Console = ctx.obj
    now = engine_time(console)
    with reading(console.base()) as connection:
        found = callbacks.listed(
            connection,
            campaign=None if campaign is None else store.load(connection, campaign),
            agent_id=None if agent is None else find_agent(connection, agent).id,
            now=now,
        )
    record_look(
        console.base(),
        who=console.user(),
        action="callbacks list",
        lead_ids=[one.lead_id for one in found],
        detail={} if campaign is None else {"campaign": campaign},
        now=now,
    )
    console.rows(_COLUMNS, [tuple(asdict(one).values()) for one in found])


_COLUMNS = (
    "campaign",
    "lead",
    "name",
    "phone_masked",
    "callback_at",
    "local_time",
    "owner",
    "owner_until",
    "promised_by",
    "overdue",
)


@callbacks_app.command()
def move(
    ctx: typer.Context,
    lead: LeadId,
    when: Annotated[
        str, typer.Argument(metavar="WHEN", help="Without an offset: the person's own time.")
    ],
    campaign: CampaignName,
) -> None:
    """Promise the call for another time, one at which it may be made.

    Example: ringbank callbacks move 17 2026-12-01T18:30 --campaign tariff-switch
    """
    from campaigns import callbacks, store
    from campaigns.desk_document import local_time
    from campaigns.rules_in_force import laws_of
    from dialer.asking import engine_time
    from leads.db import writing
    from leads.moments import on_their_clock

    console: Console = ctx.obj
    laws = laws_of(console)
    now = engine_time(console)
    with writing(console.base()) as connection:
        stored = store.load(connection, campaign)
        zones = callbacks.zones_of(connection, stored, lead, now=now)
        moment = on_their_clock(when, zones, option="WHEN")
        callbacks.move(connection, stored, laws, lead, moment, now=now)
    console.facts({"lead": lead, "callback_at": moment, "local_time": local_time(zones, moment)})


@callbacks_app.command()
def cancel(
    ctx: typer.Context,
    lead: LeadId,
    campaign: CampaignName,
    reason: Annotated[str | None, typer.Option("--reason", help="Kept with the call.")] = None,
) -> None:
    """Take the promise back; the retry rules say whether the person is called again.

    Example: ringbank callbacks cancel 17 --campaign tariff-switch --reason "has written"
    """
    from campaigns import callbacks, store
    from leads.db import writing

    console: Console = ctx.obj
    with writing(console.base()) as connection:
        stored = store.load(connection, campaign)
        state = callbacks.cancel(connection, stored, lead, reason=reason)
    console.facts({"lead": lead, "cancelled": True, "state": state})
