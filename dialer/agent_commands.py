"""``ringbank agents``: who they are, and their working day."""

from typing import Annotated

import typer

from leads.console import Console

agents_app = typer.Typer(no_args_is_help=True, help="Agents: who they are, and their working day.")

Name = Annotated[str, typer.Argument(help="The agent.")]


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
    from campaigns.agents import add_agent
    from leads.db import writing

    console: Console = ctx.obj
    dialled = agent_phone(phone, console.region())
    with writing(console.base()) as connection:
        add_agent(connection, name, dialled, now=console.now())
    console.facts({"agent": name, "phone": dialled, "state": "out"})


@agents_app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List the agents and what each is doing.

    Example: ringbank agents list
    """
    from campaigns.agents import list_agents
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        found = list_agents(connection)
    console.rows(
        ("name", "state", "since", "phone", "engine"),
        [(a.name, a.state, a.since, a.phone, a.engine) for a in found],
    )


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
