"""Commands that concern the engine and the base as a whole."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.commands import campaigns_app
from leads.console import Console

if TYPE_CHECKING:
    from campaigns.law import Laws
    from campaigns.model import CampaignState
    from campaigns.store import StoredCampaign

db_app = typer.Typer(no_args_is_help=True, help="The base: its schema.")

CampaignName = Annotated[str, typer.Argument(help="The campaign.")]


@campaigns_app.command()
def start(ctx: typer.Context, name: CampaignName) -> None:
    """Start a campaign; leads that a gate had refused are looked at again.

    Example: ringbank campaigns start tariff-switch
    """
    from campaigns.model import CampaignState

    _set_state(ctx, name, CampaignState.RUNNING)


@campaigns_app.command()
def pause(ctx: typer.Context, name: CampaignName) -> None:
    """Pause a campaign: calls in flight go on, no new ones are placed.

    Example: ringbank campaigns pause tariff-switch
    """
    from campaigns.model import CampaignState

    _set_state(ctx, name, CampaignState.PAUSED)


@campaigns_app.command()
def stop(ctx: typer.Context, name: CampaignName) -> None:
    """Stop a campaign: calls in flight go on, no new ones are placed.

    Example: ringbank campaigns stop tariff-switch
    """
    from campaigns.model import CampaignState

    _set_state(ctx, name, CampaignState.STOPPED)


@campaigns_app.command(name="status")
def campaign_status(ctx: typer.Context, name: CampaignName) -> None:
    """Show how a campaign stands, and why it is not dialling, if it is not.

    Example: ringbank campaigns status tariff-switch
    """
    from dialer.status import show_campaign

    show_campaign(ctx.obj, name)


@db_app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the base's schema up to this version of Ringbank.

    Example: ringbank db upgrade
    """
    from dialer import schema

    console: Console = ctx.obj
    before, after = schema.upgrade(console.base())
    console.facts({"before": before, "after": after})


def _set_state(ctx: typer.Context, name: str, state: "CampaignState") -> None:
    from campaigns import store
    from campaigns.enrolment import enrol
    from campaigns.model import CampaignState, DialMode
    from campaigns.rules_in_force import laws_of
    from dialer.asking import live_engine
    from leads.db import writing

    console: Console = ctx.obj
    laws = laws_of(console)
    with writing(console.base()) as connection:
        stored = store.load(connection, name)
        store.set_state(connection, stored, state, now=console.now())
        if state is CampaignState.RUNNING:
            enrol(connection, stored, laws, now=console.now())
    if state is CampaignState.RUNNING:
        _place_everybody(console, stored, laws)
    if live_engine(console) is None:
        needless = stored.campaign.mode is DialMode.MANUAL
        remedy = "a manual campaign needs none" if needless else "start one with: ringbank run"
        console.say(f"no engine runs; {remedy}")
    console.facts({"campaign": name, "state": state})


def _place_everybody(console: Console, stored: "StoredCampaign", laws: "Laws") -> None:
    """Put all of a campaign's people into their queues, some at a time."""
    from campaigns import queues
    from leads.db import reading, writing

    with reading(console.base()) as connection:
        unplaced = queues.count_unplaced(connection, stored.id)
    if not unplaced:
        return
    with console.progress() as bar:
        task = bar.add_task("Finding their calling hours", total=unplaced)
        placed = -1
        while placed:
            with writing(console.base()) as connection:
                placed = queues.place_some(connection, stored, laws, now=console.now())
            bar.advance(task, placed)
            time.sleep(_REST_S)


_REST_S = 0.01
"""Between two portions: whoever else waits for the base gets it."""
