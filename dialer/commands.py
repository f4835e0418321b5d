"""Commands that concern the engine, the agents and the base as a whole."""

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.commands import campaigns_app
from leads.console import Console
from leads.errors import RingbankError

if TYPE_CHECKING:
    from campaigns.law import Laws
    from campaigns.model import CampaignState
    from campaigns.store import StoredCampaign
    from dialer.store import EngineRow, RequestKind

agents_app = typer.Typer(no_args_is_help=True, help="Agents: who they are, and their working day.")
db_app = typer.Typer(no_args_is_help=True, help="The base: its schema.")

Name = Annotated[str, typer.Argument(help="The agent.")]
CampaignName = Annotated[str, typer.Argument(help="The campaign.")]

_ANSWER_WITHIN = timedelta(seconds=5)
_LOGIN_WITHIN = timedelta(seconds=45)
_LOOK_EVERY_S = 0.1


class NoEngineError(RingbankError):
    """What was asked needs a running engine, and none runs."""


class RefusedError(RingbankError):
    """The engine cannot do what was asked."""


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


@agents_app.command()
def add(
    ctx: typer.Context,
    name: Name,
    phone: Annotated[
        str,
        typer.Option("--phone", help="Their number, or a channel like PJSIP/anna."),
    ],
) -> None:
    """Add an agent with the telephone that is rung at their login.

    Example: ringbank agents add anna --phone PJSIP/anna
    """
    from dialer import floor
    from leads.db import writing

    console: Console = ctx.obj
    dialled = agent_phone(phone, console.region())
    with writing(console.base()) as connection:
        floor.add_agent(connection, name, dialled, now=console.now())
    console.facts({"agent": name, "phone": dialled, "state": "out"})


@agents_app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List the agents and what each is doing.

    Example: ringbank agents list
    """
    from dialer import floor
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        found = floor.list_agents(connection)
    console.rows(
        ("name", "state", "since", "phone", "engine"),
        [(a.name, a.state, a.since, a.phone, a.engine) for a in found],
    )


@agents_app.command()
def login(ctx: typer.Context, name: Name) -> None:
    """Ring the agent's telephone; answered, it stays in a room of its own.

    Example: ringbank agents login anna
    """
    from dialer.store import RequestKind

    _ask(ctx, name, RequestKind.LOGIN, within=_LOGIN_WITHIN)


@agents_app.command()
def ready(ctx: typer.Context, name: Name) -> None:
    """Take calls from now on.

    Example: ringbank agents ready anna
    """
    from dialer.store import RequestKind

    _ask(ctx, name, RequestKind.READY)


@agents_app.command(name="pause")
def pause_agent(ctx: typer.Context, name: Name) -> None:
    """Take no more calls until ready again; a talk in hand goes on.

    Example: ringbank agents pause anna
    """
    from dialer.store import RequestKind

    _ask(ctx, name, RequestKind.PAUSE)


@agents_app.command()
def logout(ctx: typer.Context, name: Name) -> None:
    """Hang up the agent's own line, after the talk in hand.

    Example: ringbank agents logout anna
    """
    from dialer.store import RequestKind

    _ask(ctx, name, RequestKind.LOGOUT)


@db_app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the base's schema up to this version of Ringbank.

    Example: ringbank db upgrade
    """
    from dialer import schema

    console: Console = ctx.obj
    before, after = schema.upgrade(console.base())
    console.facts({"before": before, "after": after})


def live_engine(console: Console) -> "EngineRow | None":
    """Return this installation's engine, if one runs."""
    from dialer import store
    from dialer.presence import is_alive
    from leads.db import reading

    with reading(console.base()) as connection:
        row = store.engine_row(connection, console.settings().engine)
    return row if row is not None and is_alive(row, console.now()) else None


def engine_time(console: Console) -> datetime:
    """Return the moment on the running engine's clock, or the machine's where none runs."""
    row = live_engine(console)
    return console.now() + (row.clock_offset if row is not None else timedelta())


def agent_phone(phone: str, region: str | None) -> str:
    """Return an agent's telephone as it is stored: E.164, or a channel word for word.

    Raises:
        RingbankError: it is neither.
    """
    from leads.errors import UsageError
    from leads.phone import parse_phone

    if "/" in phone:
        if any(letter.isspace() or letter in ",;|" for letter in phone):
            raise UsageError(f"--phone {phone!r} is no channel; write it like PJSIP/anna")
        return phone
    parsed = parse_phone(phone, region=region)
    if isinstance(parsed, str):
        raise UsageError(
            f"--phone {phone!r} cannot be dialled ({parsed}); write +4721000000 or PJSIP/anna"
        )
    return parsed.e164


def _set_state(ctx: typer.Context, name: str, state: "CampaignState") -> None:
    from campaigns import store
    from campaigns.enrolment import enrol
    from campaigns.model import CampaignState, DialMode
    from campaigns.rules_in_force import laws_of
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


def _ask(
    ctx: typer.Context,
    name: str,
    kind: "RequestKind",
    *,
    within: timedelta = _ANSWER_WITHIN,
) -> None:
    """Ask the engine for something that concerns an agent, and wait for its answer."""
    from dialer import floor, store
    from leads.db import reading, writing

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        agent = floor.find_agent(connection, name)
    engine = live_engine(console)
    if engine is None:
        raise NoEngineError("no engine runs, and this needs one; start it with: ringbank run")
    with writing(console.base()) as connection:
        request = store.ask(connection, engine.name, kind, now=console.now(), agent_id=agent.id)
    wait_for_answer(console, request, within=within)
    with reading(console.base()) as connection:
        agent = floor.find_agent(connection, name)
    if kind in (store.RequestKind.PAUSE, store.RequestKind.LOGOUT) and agent.state not in (
        "paused",
        "out",
    ):
        console.say("this takes effect after the call in hand")
    console.facts({"agent": name, "state": agent.state, "since": agent.since})


def wait_for_answer(console: Console, request: int, *, within: timedelta) -> None:
    """Wait until the engine has answered a request.

    Raises:
        RefusedError: it cannot be done; the message is the engine's reason.
        NoEngineError: the engine did not answer in time.
    """
    import time

    from dialer import store
    from leads.db import reading

    deadline = time.monotonic() + within.total_seconds()
    while time.monotonic() < deadline:
        with reading(console.base()) as connection:
            done, why_not = store.answer_to(connection, request)
        if done and why_not is None:
            return
        if done:
            raise RefusedError(why_not)
        time.sleep(_LOOK_EVERY_S)
    raise NoEngineError("the engine did not answer in time; see: ringbank status")
