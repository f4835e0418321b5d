"""``ringbank agents login`` and what follows: the working day on the line."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console

if TYPE_CHECKING:
    from dialer.store import RequestKind

agents_app = typer.Typer(no_args_is_help=True, help="Agents: who they are, and their working day.")

Name = Annotated[str, typer.Argument(help="The agent.")]

_LOGIN_WITHIN = timedelta(seconds=45)


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


def _ask(
    ctx: typer.Context, name: str, kind: "RequestKind", *, within: timedelta | None = None
) -> None:
    """Ask the engine for something that concerns an agent, and show where they stand then."""
    from campaigns.agents import find_agent
    from campaigns.model import AgentState
    from dialer import asking, store
    from dialer.acting import check_own_name
    from leads.db import reading

    console: Console = ctx.obj
    check_own_name(console, name)
    with reading(console.base()) as connection:
        agent = find_agent(connection, name)
    asking.ask_engine(console, kind, agent_id=agent.id, within=within or asking.ANSWER_WITHIN)
    with reading(console.base()) as connection:
        agent = find_agent(connection, name)
    at_rest = agent.state in (AgentState.PAUSED, AgentState.OUT)
    if kind in (store.RequestKind.PAUSE, store.RequestKind.LOGOUT) and not at_rest:
        console.say("this takes effect after the call in hand")
    console.facts({"agent": name, "state": agent.state, "since": agent.since})
