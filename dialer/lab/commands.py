"""`ringbank lab`: the two Asterisk servers that demo and tests use."""

from pathlib import Path
from typing import Annotated

import typer

from leads.console import Console

lab_app = typer.Typer(
    help="Run a real Asterisk with a simulated telephone network behind it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Which lab; each is apart.")]


@lab_app.command("install")
def install(ctx: typer.Context) -> None:
    """Find an Asterisk for the lab on this machine, or fetch one from Debian's archive.

    Example: ringbank lab install

    What is fetched is kept in the user's cache folder, or in RINGBANK_LAB_ROOT.
    """
    from dialer.lab import install as installing

    console: Console = ctx.obj
    found = installing.install(console.say)
    console.facts(
        {
            "command": " ".join(found.argv),
            "root": str(found.root),
            "modules": found.modules,
            "data": found.data,
        }
    )


@lab_app.command("up")
def up(
    ctx: typer.Context,
    scenario: Annotated[
        Path | None,
        typer.Option(
            "--scenario", metavar="FILE", help="Who answers, and how; a small town when not named."
        ),
    ] = None,
    name: _Name = "lab",
) -> None:
    """Start a lab and write a configuration that dials through it.

    Example: ringbank lab up --name practice
    """
    from dialer.lab.lab import TOWN, Lab, lab_directory, load_scenario

    console: Console = ctx.obj
    directory = lab_directory(name)
    lab = Lab.up(directory, load_scenario(scenario or TOWN), tell=console.say)
    console.facts({"name": name, **lab.facts()})
    console.say(f"The lab is up. Dial through it with: ringbank --config {lab.config_file} ...")


@lab_app.command("down")
def down(ctx: typer.Context, name: _Name = "lab") -> None:
    """End a lab's servers; its database, logs and call records stay.

    Example: ringbank lab down --name practice
    """
    from dialer.lab.lab import Lab, lab_directory

    console: Console = ctx.obj
    lab = Lab.find(lab_directory(name))
    if lab is None:
        console.say(f"There is no lab {name}; nothing to end.")
        return
    lab.down()
    console.say(f"The lab {name} is down.")


@lab_app.command("call-back")
def call_back(
    ctx: typer.Context,
    caller: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="Who calls; nobody named: withheld.")
    ] = None,
    to: Annotated[str, typer.Option("--to", help="The number that they call.")] = "+4721000000",
    keys: Annotated[
        str, typer.Option("--keys", help="What they press then; w is half a second.")
    ] = "",
    name: _Name = "lab",
) -> None:
    """Have a person of the town call one of your numbers, as if they had missed a call.

    Example: ringbank lab call-back +4722000001 --keys wwwwww1
    """
    from dialer.lab.lab import Lab, lab_directory
    from leads.errors import UsageError

    console: Console = ctx.obj
    lab = Lab.find(lab_directory(name))
    if lab is None or not lab.is_up():
        raise UsageError(f"no lab {name!r} is up; start it with: ringbank lab up --name {name}")
    for number in filter(None, (caller, to)):
        if not number.removeprefix("+").isdigit():
            raise UsageError(f"{number!r} is no number; write it like +4722000001")
    if not set(keys) <= set("0123456789*#w"):
        raise UsageError("--keys may hold digits, * and #, and w for half a second; try: wwww1")
    lab.call_in(to, caller=caller, keys=keys)
    console.facts({"caller": caller, "called": to, "keys": keys})


@lab_app.command("status")
def status(ctx: typer.Context) -> None:
    """List this user's labs, with ports and process numbers.

    Example: ringbank lab status
    """
    from dialer.lab.lab import Lab, labs_directory

    console: Console = ctx.obj
    labs = {
        folder.name: lab
        for folder in sorted(labs_directory().glob("*"))
        if (lab := Lab.find(folder)) is not None
    }
    if console.json:
        console.document([{"name": name, **lab.facts()} for name, lab in labs.items()])
        return
    console.rows(
        ("name", "up", "ami_port", "config"),
        [
            (name, "yes" if facts["up"] else "no", facts["ami_port"], facts["config"])
            for name, facts in ((name, lab.facts()) for name, lab in labs.items())
        ],
    )
