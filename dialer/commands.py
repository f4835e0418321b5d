"""Commands that concern the engine and the base as a whole."""

import os
import time
from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.commands import campaigns_app, warn_of_amd
from leads.console import Console

if TYPE_CHECKING:
    from campaigns.law import Laws
    from campaigns.model import CampaignState
    from campaigns.store import StoredCampaign

db_app = typer.Typer(no_args_is_help=True, help="The base: its schema, its backups.")

CampaignName = Annotated[str, typer.Argument(help="The campaign.")]


@campaigns_app.command()
def show(ctx: typer.Context, name: CampaignName) -> None:
    """Print a campaign as it is stored, and on stderr what is spoken for it, with the files.

    Example: ringbank campaigns show tariff-switch
    """
    from campaigns import queues, store
    from dialer import config
    from dialer.heard import spoken_files
    from leads.db import reading

    console: Console = ctx.obj
    settings = config.load(console.config_file, os.environ)
    with reading(console.base()) as connection:
        stored = store.load(connection, name)
        languages = queues.languages_of(connection, stored.id)
    spoken = spoken_files(stored.campaign, sorted(languages), settings)
    if console.json:
        console.document(
            {
                "name": name,
                "state": stored.state,
                "file": stored.file,
                "started_at": stored.started_at,
                "definition": stored.definition,
                "spoken": spoken,
            }
        )
        return
    console.say(f"{name} is {stored.state}; its file was {stored.file}")
    for one in spoken:
        there = one["file"] if one["there"] else "spoken when the engine takes the campaign in"
        console.say(f"{one['language']} {there}: {one['text']}")
    console.line(stored.definition.rstrip())


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
    from campaigns.breaker import sentence
    from campaigns.enrolment import enrol
    from campaigns.model import CampaignState, DialMode
    from campaigns.rules_in_force import laws_of
    from dialer.asking import any_engine_lives
    from leads.db import writing

    console: Console = ctx.obj
    laws = laws_of(console)
    with writing(console.base()) as connection:
        stored = store.load(connection, name)
        store.set_state(connection, stored, state, now=console.now())
        if state is CampaignState.RUNNING:
            enrol(connection, stored, laws, now=console.now())
    if state is CampaignState.RUNNING and stored.tripped is not None:
        why = sentence(stored.tripped)
        console.say(f"it had paused itself: {why}; from now on its calls are counted anew")
    if state is CampaignState.RUNNING:
        _place_everybody(console, stored, laws)
        warn_of_amd(console, stored.campaign)
        _warn_of_words(console, stored, laws)
    if not any_engine_lives(console):
        needless = stored.campaign.mode is DialMode.MANUAL
        remedy = "a manual campaign needs none" if needless else "start one with: ringbank run"
        console.say(f"no engine runs; {remedy}")
    console.facts({"campaign": name, "state": state})


def _warn_of_words(console: Console, stored: "StoredCampaign", laws: "Laws") -> None:
    """Say what rules ask for that the campaign's own words for abandoned calls leave out."""
    from campaigns import queues
    from campaigns.demands import demanding
    from campaigns.spoken import left_out
    from leads.db import reading

    campaign = stored.campaign
    if campaign.abandoned is None:
        return
    with reading(console.base()) as connection:
        places = [queue.placing for queue in queues.of_campaign(connection, stored.id)]
    rules = demanding(campaign, places, laws, console.now())
    for told in left_out(campaign.abandoned, rules, phone=campaign.caller_id):
        console.say(f"the text in [abandoned] may not do: {told}")
    if rules and any(clip.sound for clip, _ in campaign.abandoned.clips):
        named = ", ".join(rule.id for rule in rules)
        console.say(
            f"see that the recording in [abandoned] names the seller and {campaign.caller_id}, "
            f"offers key 1, and advertises nothing, as {named} wants it"
        )


def _place_everybody(console: Console, stored: "StoredCampaign", laws: "Laws") -> None:
    """Enrol all of a campaign's people and put them into their queues, some at a time."""
    from campaigns import queues
    from campaigns.enrolment import enrol, has_newcomers
    from leads.db import reading, writing

    more = True
    while more:
        with writing(console.base()) as connection:
            if more := has_newcomers(connection, stored.id):
                enrol(connection, stored, laws, now=console.now())
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
