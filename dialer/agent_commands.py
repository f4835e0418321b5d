"""``ringbank agents login`` and what follows: the working day on the line."""

from typing import Annotated

import typer

from leads.console import Console

agents_app = typer.Typer(no_args_is_help=True, help="Agents: who they are, and their working day.")

Name = Annotated[str, typer.Argument(help="The agent.")]


@agents_app.command()
def login(ctx: typer.Context, name: Name) -> None:
    """Ring the agent's telephone; answered, it stays in a room of its own.

    Example: ringbank agents login anna
    """
    from dialer.desk import Desk

    console: Console = ctx.obj
    console.facts(Desk(console).login(name))


@agents_app.command()
def ready(ctx: typer.Context, name: Name) -> None:
    """Take calls from now on.

    Example: ringbank agents ready anna
    """
    from dialer.desk import Desk

    console: Console = ctx.obj
    console.facts(Desk(console).ready(name))


@agents_app.command(name="pause")
def pause_agent(
    ctx: typer.Context,
    name: Name,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="Why: a code of [pauses], such as lunch."),
    ] = None,
) -> None:
    """Take no more calls until ready again; a talk in hand goes on.

    Example: ringbank agents pause anna --reason lunch
    """
    from dialer.desk import Desk

    console: Console = ctx.obj
    console.facts(Desk(console).pause(name, reason))


@agents_app.command()
def logout(ctx: typer.Context, name: Name) -> None:
    """Hang up the agent's own line, after the talk in hand.

    Example: ringbank agents logout anna
    """
    from dialer.desk import Desk

    console: Console = ctx.obj
    console.facts(Desk(console).logout(name))
