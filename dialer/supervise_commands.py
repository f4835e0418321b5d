"""``ringbank supervise``: supervisors at other people's talks; ``agents help`` asks for them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.agent_commands import Name, agents_app
from leads.console import Console

if TYPE_CHECKING:
    from campaigns.supervisions import SupervisionKind

supervise_app = typer.Typer(
    no_args_is_help=True,
    help="Listen to talks, whisper to the agent, step in, take people over or move them on.",
)

TalkName = Annotated[
    str, typer.Argument(metavar="AGENT|LEASE", help="The agent who talks, or the lease.")
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who does it, a supervisor; with a token: you."),
]


@supervise_app.command()
def listen(ctx: typer.Context, talk: TalkName, by: By = None) -> None:
    """Hear agent and person; neither hears you. Your telephone is rung, or your room's line used.

    Asked while you are at the talk already, the line only changes what it does.

    Example: ringbank supervise listen anna --by bo
    """
    from campaigns.supervisions import SupervisionKind

    _come(ctx, SupervisionKind.LISTEN, talk, by)


@supervise_app.command()
def whisper(ctx: typer.Context, talk: TalkName, by: By = None) -> None:
    """Hear both; the agent alone hears you.

    Example: ringbank supervise whisper anna --by bo
    """
    from campaigns.supervisions import SupervisionKind

    _come(ctx, SupervisionKind.WHISPER, talk, by)


@supervise_app.command()
def join(ctx: typer.Context, talk: TalkName, by: By = None) -> None:
    """Step in: all three hear each other. The person stays with you if the agent's line drops.

    Example: ringbank supervise join anna --by bo
    """
    from campaigns.supervisions import SupervisionKind

    _come(ctx, SupervisionKind.JOIN, talk, by)


@supervise_app.command()
def take(ctx: typer.Context, talk: TalkName, by: By = None) -> None:
    """Take the person over into your own room; the lease and its result are yours from then on.

    Example: ringbank supervise take anna --by bo
    """
    from campaigns.supervisions import SupervisionKind

    _come(ctx, SupervisionKind.TAKE, talk, by)


@supervise_app.command()
def move(
    ctx: typer.Context,
    talk: TalkName,
    to: Annotated[
        str,
        typer.Option("--to", metavar="NAME|NUMBER", help="A name of [transfers], or a number."),
    ],
    by: By = None,
) -> None:
    """Connect the person to another number; if it is not reached they are back with the agent.

    Agents may move whom they have to the names of [transfers]; supervisors to any number.

    Example: ringbank supervise move anna --to +4721000077 --by bo
    """
    from dialer.supervising import SupervisorDesk

    console: Console = ctx.obj
    console.facts(SupervisorDesk(console).move(talk, to, by))


@supervise_app.command()
def end(ctx: typer.Context, by: By = None) -> None:
    """Leave the talk at which you listen, whisper or have stepped in.

    Example: ringbank supervise end --by bo
    """
    from dialer.supervising import SupervisorDesk

    console: Console = ctx.obj
    console.facts(SupervisorDesk(console).end(by))


@supervise_app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """Show who talks to whom since when, who asks for help, and who listens.

    Example: ringbank supervise list
    """
    from dialer.supervising import SupervisorDesk

    console: Console = ctx.obj
    found = SupervisorDesk(console).floor()
    if console.json:
        console.document(found)
        return
    console.rows(
        ("agent", "state", "since", "campaign", "person", "help", "supervisors"),
        [
            (
                one["agent"],
                one["state"],
                one["since"],
                one["campaign"],
                one["person"],
                _help(one["help"]),
                ", ".join(f"{s['name']} ({s['kind']})" for s in _watching(one)),
            )
            for one in found
        ],
    )


def _help(wanted: Any) -> str:
    return "" if wanted is None else (wanted["note"] or "wanted")


def _watching(one: Any) -> Any:
    return one["supervisors"]


@agents_app.command(name="help")
def help_(
    ctx: typer.Context,
    name: Name,
    note: Annotated[str | None, typer.Option("--note", help="What it is about.")] = None,
) -> None:
    """Ask a supervisor to come to the talk in hand; they see it in `supervise list`.

    Example: ringbank agents help anna --note "wants to speak to the manager"
    """
    from dialer.supervising import SupervisorDesk

    console: Console = ctx.obj
    console.facts(SupervisorDesk(console).help(name, note))


def _come(ctx: typer.Context, kind: "SupervisionKind", talk: str, by: str | None) -> None:
    from dialer.supervising import SupervisorDesk

    console: Console = ctx.obj
    console.facts(SupervisorDesk(console).come(kind, talk, by))
