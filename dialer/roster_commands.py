"""``ringbank agents``: who they are, what they may and can do, and their training."""

from typing import Annotated, Any

import typer

from dialer.agent_commands import agents_app
from leads.console import Console

Name = Annotated[str, typer.Argument(help="The agent.")]
CampaignName = Annotated[str, typer.Option("--campaign", help="In which campaign.")]
By = Annotated[
    str | None,
    typer.Option("--by", help="The supervisor; with a token you need not say it of yourself."),
]
Skills = Annotated[
    list[str] | None,
    typer.Option("--skill", help="A code of your own, such as loans; repeat it."),
]
Languages = Annotated[
    list[str] | None,
    typer.Option("--language", help="One they speak, in two letters, such as nb; repeat it."),
]


@agents_app.command()
def add(
    ctx: typer.Context,
    name: Name,
    phone: Annotated[
        str | None,
        typer.Option("--phone", help="Their number, or a channel like PJSIP/anna; rung at login."),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            help="volunteer (without any other), operator, supervisor, analyst or manager; "
            "repeat it.",
        ),
    ] = None,
    skill: Skills = None,
    language: Languages = None,
) -> None:
    """Add an agent, and show once the token by which they prove who they are.

    Whoever only dials by hand needs no telephone here.

    Example: ringbank agents add anna --phone PJSIP/anna --role operator --language nb
    """
    from dialer.roster import Roster

    console: Console = ctx.obj
    added = Roster(console).add(
        name, phone=phone, roles=role or (), skills=skill or (), languages=language or ()
    )
    _tell_of_token(console, name)
    console.facts(_told(added))


@agents_app.command(name="list")
def list_(
    ctx: typer.Context,
    everybody: Annotated[
        bool, typer.Option("--all", help="Those, too, who do not work here any more.")
    ] = False,
) -> None:
    """List the agents and what each is doing.

    Example: ringbank agents list --all
    """
    from dialer.roster import Roster

    console: Console = ctx.obj
    found = Roster(console).listed(inactive=everybody)
    rows = [[one["agent" if column == "name" else column] for column in _LISTED] for one in found]
    console.rows(_LISTED, rows)


_LISTED = (
    "name",
    "state",
    "since",
    "phone",
    "engine",
    "roles",
    "skills",
    "languages",
    "pause",
    "active",
)


@agents_app.command()
def show(ctx: typer.Context, name: Name) -> None:
    """Show an agent: roles, skills, training, what they did today and whom they have.

    Example: ringbank agents show anna
    """
    from dialer.asking import engine_time
    from dialer.roster import Roster

    console: Console = ctx.obj
    midnight = engine_time(console).astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    shown = Roster(console).show(name, day=midnight)
    if console.json:
        console.document(shown)
    else:
        _show(console, shown)


@agents_app.command(name="set")
def set_(
    ctx: typer.Context,
    name: Name,
    phone: Annotated[
        str | None,
        typer.Option("--phone", help='Their number, or a channel like PJSIP/anna; "": none.'),
    ] = None,
    skill: Skills = None,
    language: Languages = None,
) -> None:
    """Change an agent: all skills, or all languages, become those that are given.

    An empty word ("") takes away what was there.

    Example: ringbank agents set anna --skill loans --skill tariffs --language nb
    """
    from dialer.roster import Roster

    console: Console = ctx.obj
    changed = Roster(console).change(
        name, phone=phone, skills=skill or (), languages=language or ()
    )
    console.facts(_told(changed))


@agents_app.command()
def roles(
    ctx: typer.Context,
    name: Name,
    role: Annotated[
        list[str],
        typer.Argument(help="volunteer, operator, supervisor, analyst, manager: all they have."),
    ],
) -> None:
    """Give an agent roles, in place of those they had.

    Example: ringbank agents roles anna operator supervisor
    """
    from dialer.roster import Roster

    console: Console = ctx.obj
    console.facts(_told(Roster(console).change(name, roles=role)))


@agents_app.command()
def token(ctx: typer.Context, name: Name) -> None:
    """Show a new token of an agent, once; the one before is good for nothing any more.

    Example: ringbank agents token anna
    """
    from dialer.roster import Roster

    console: Console = ctx.obj
    given = Roster(console).token(name)
    _tell_of_token(console, name)
    console.facts(given)


@agents_app.command()
def deactivate(ctx: typer.Context, name: Name) -> None:
    """Let somebody be no agent any more; whom they hold and have promised to call is anybody's.

    What they did keeps their name. Whoever is in a call goes out after it first.

    Example: ringbank agents deactivate anna
    """
    from dialer.roster import Roster

    console: Console = ctx.obj
    console.facts(_told(Roster(console).deactivate(name)))


@agents_app.command()
def activate(ctx: typer.Context, name: Name) -> None:
    """Bring back an agent who had been deactivated, with a new token.

    Example: ringbank agents activate anna
    """
    from dialer.roster import Roster

    console: Console = ctx.obj
    back = Roster(console).activate(name)
    _tell_of_token(console, name)
    console.facts(_told(back))


@agents_app.command()
def accompany(
    ctx: typer.Context,
    name: Name,
    campaign: CampaignName,
    by: By = None,
    time: Annotated[str, typer.Option("--for", help="How long: 30m, 4h; a day at most.")] = "4h",
    end: Annotated[bool, typer.Option("--end", help="Nobody does any more.")] = False,
) -> None:
    """Sit beside a newcomer: until then they are given people, and their calls count as such.

    Example: ringbank agents accompany bo --campaign tariff-switch --by anna --for 4h
    """
    from campaigns.fields import parse_duration
    from dialer.roster import Roster
    from leads.errors import UsageError

    console: Console = ctx.obj
    length = parse_duration(time)
    if length is None:
        raise UsageError(f"--for {time!r} is no time; write it like 30m or 4h")
    console.facts(
        Roster(console).accompany(name, campaign=campaign, by=by, time=None if end else length)
    )


@agents_app.command(name="release")
def let_call_alone(ctx: typer.Context, name: Name, campaign: CampaignName, by: By = None) -> None:
    """Let a newcomer call alone from now on, whatever they have practised; it is kept who said so.

    Example: ringbank agents release bo --campaign tariff-switch --by anna
    """
    from dialer.roster import Roster

    console: Console = ctx.obj
    console.facts(Roster(console).let_call_alone(name, campaign=campaign, by=by))


def _tell_of_token(console: Console, name: str) -> None:
    console.say(f"the token is shown this once; whoever has it acts as {name}")


def _told(agent: dict[str, object]) -> dict[str, object]:
    """Return what a command that changes an agent shows of them."""
    shown = ("agent", "phone", "state", "roles", "skills", "languages", "active", "token")
    return {key: agent[key] for key in shown if key in agent}


def _show(console: Console, shown: dict[str, Any]) -> None:
    lease = shown["lease"]
    parts = {
        "training": [
            f"{one['campaign']}: {one['step']} ({one['why']})" for one in shown["training"]
        ],
        "today": [
            f"{_clock(one['seconds'])} {' '.join(filter(None, map(one.get, _SPAN)))}"
            for one in shown["today"]
        ],
        "lease": lease and f"{lease['lease']} ({lease['campaign']})",
    }
    console.facts({**shown, **parts})


_SPAN = ("state", "pause", "paid")


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
