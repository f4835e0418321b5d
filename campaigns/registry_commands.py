"""``ringbank dnc import``: a new version of a national register, for base and campaigns at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.dnc_commands import dnc_app
from leads.options import Region, day_of, pair_of

if TYPE_CHECKING:
    from leads.registries import Loaded

__all__ = ["dnc_app"]


@dnc_app.command("import")
def import_registry(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Numbers one a line, or CSV; gzip or not.")],
    *,
    registry: Annotated[str, typer.Option("--registry", help="Its name, such as norway.")],
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="The day the registry is of.")
    ],
    region: Region = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="TARGET=COLUMN",
            help="Which column holds phone, and area where the area code is apart; "
            "a name, or 1 for the first.",
        ),
    ] = None,
    older: Annotated[
        bool, typer.Option("--older", help="Take it although its date is older, or to come.")
    ] = False,
) -> None:
    """Put a national do-not-call register in force; exit status 4 when lines hold no number.

    It takes the place of the registry's version before, for everybody in the base at once.

    Example: ringbank dnc import reservations.csv --registry norway --as-of 2026-11-01
    """
    from campaigns.examining import examine_registries_again
    from leads import registries

    console: Console = ctx.obj
    with console.progress() as bar:
        task = bar.add_task("Reading", total=file.stat().st_size if file.is_file() else None)
        loaded = registries.load(
            console.base(),
            console.settings().registries,
            source=file,
            name=registry,
            as_of=day_of(as_of, option="--as-of"),
            region=console.region_of(region),
            mapping=[pair_of(text) for text in mapping or ()],
            older=older,
            now=console.now(),
            progress=lambda done: bar.update(task, completed=done),
            afterwards=examine_registries_again,
        )
    _tell(console, loaded)


def _tell(console: Console, loaded: "Loaded") -> None:
    found = loaded.registry
    console.facts(
        {
            "registry": found.name,
            "as_of": found.as_of,
            "read": loaded.read,
            "entries": found.entries,
            "unreadable": loaded.unreadable,
            "unreadable_lines": list(loaded.lines),
            "listed": loaded.listed,
            "digest": found.digest,
        }
    )
    if loaded.unreadable:
        console.say(
            f"{loaded.unreadable} lines of {found.file} hold no number; mend them and load the "
            "registry again"
        )
    console.problems = loaded.unreadable > 0
