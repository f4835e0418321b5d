"""The commands ``ringbank leads`` and ``lists``: words in, facts out.

Nothing is decided here. Whatever needs the database is imported when a command runs, so
that ``ringbank --help`` stays fast.
"""

import re
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.options import Region, day_of, pair_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from leads.importing import ImportReport
    from leads.store import LeadList

leads_app = typer.Typer(no_args_is_help=True, help="Import people, look them up, count them.")
lists_app = typer.Typer(no_args_is_help=True, help="See the lists that leads came in.")

_ID = re.compile("[0-9]{1,18}")
"""What fits into the 64 bits of an id."""


@leads_app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(help="CSV, XLSX, XLS, ODS or Parquet, packed or not; - is stdin.")
    ],
    *,
    list_name: Annotated[str, typer.Option("--list", help="The list; made if it is new.")],
    region: Region = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="TARGET=COLUMN",
            help="What a column holds: phone, external_id, name, first_name, last_name or "
            "language. Repeat it for each column.",
        ),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file; guessed.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of the file; guessed.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Of a spreadsheet with several.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Who sends such files: read as their last one, and so the next."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="The day from which nobody of the list is called: 2027-06-30."),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Write the rows that cannot be used to this file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do everything and keep nothing.")
    ] = False,
) -> None:
    """Import people from a file into a list; exit status 4 when rows were rejected.

    Example: ringbank leads import dialer/lab/samples/norway.csv --list norway
    """
    from leads.importing import import_leads

    console: Console = ctx.obj
    folder = console.settings().registries
    with console.progress() as bar:
        task = bar.add_task("Reading", total=_bytes(file))
        report = import_leads(
            console.base(),
            source=file,
            list_name=list_name,
            region=console.region_of(region) if region else None,
            home_region=console.region_of(None),
            mapping=[pair_of(text) for text in mapping or ()],
            encoding=encoding,
            delimiter=delimiter,
            sheet=sheet,
            source_name=source,
            expires_on=day_of(expires, option="--expires") if expires else None,
            rejects=rejects,
            dry_run=dry_run,
            registry_folder=folder,
            now=console.now(),
            progress=lambda done: bar.update(task, completed=done),
        )
    _say_guesses(console, report)
    _say_registries(console, folder)
    facts = {
        key: value
        for key, value in asdict(report).items()
        if console.json or key not in {"format", "encoding", "delimiter", "columns", "dry_run"}
    }
    if not console.json:
        facts["reasons"] = [f"{count} {why}" for why, count in report.reasons.items()]
        facts["also_on"] = [f"{count} {name}" for name, count in report.also_on.items()]
    console.facts(facts)
    _say_rejected(console, report, rejects)
    console.problems = report.rejected > 0


@leads_app.command("find")
def find_leads(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="Part of a name or number, or an external id.")],
    limit: Annotated[int, typer.Option(min=1, help="The most leads to list.")] = 50,
) -> None:
    """List the leads whose name, number or external id fits a text; letters of any case.

    Example: ringbank leads find "kari nord"
    """
    from leads import store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        found = store.find(connection, text, limit=limit + 1)
    record_look(console, "find", [one.lead_id for one in found[:limit]])
    console.rows(
        ("lead_id", "name", "phone", "external_id", "lists"),
        [
            (
                one.lead_id,
                one.name,
                one.phones[0].e164 if one.phones else None,
                one.external_id,
                one.lists,
            )
            for one in found[:limit]
        ],
    )
    if len(found) > limit:
        console.say(f"There are more than {limit}; write more of the name, or raise --limit")


@lists_app.command("list")
def list_lists(ctx: typer.Context) -> None:
    """List all lists with their sizes.

    Example: ringbank lists list
    """
    from leads import store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        lists = store.all_lists(connection)
    console.rows(
        ("name", "state", "leads", "created_at", "expires_on"),
        [(one.name, one.state.value, one.leads, one.created_at, one.expires_on) for one in lists],
    )


@lists_app.command("show")
def show_list(ctx: typer.Context, name: Annotated[str, typer.Argument(help="The list.")]) -> None:
    """Show one list and the imports that made it.

    Example: ringbank lists show norway
    """
    from leads import store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        one = _list_named(connection, name)
        imports = store.imports_of(connection, one.list_id)
    facts: dict[str, object] = {
        "name": one.name,
        "state": one.state.value,
        "leads": one.leads,
        "created_at": one.created_at,
        "expires_on": one.expires_on,
        "imports": [asdict(past) for past in imports],
    }
    if not console.json:
        facts["imports"] = [
            f"{past.import_id} {past.file}: {past.read} = {past.imported} + {past.joined} "
            f"+ {past.rejected}{', undone' if past.undone_at else ''}"
            for past in imports
        ]
    console.facts(facts)


@lists_app.command()
def archive(ctx: typer.Context, name: Annotated[str, typer.Argument(help="The list.")]) -> None:
    """Close a list: nobody comes onto it, its leads are not called, nothing is deleted.

    Example: ringbank lists archive norway
    """
    from leads import store
    from leads.db import writing

    console: Console = ctx.obj
    with writing(console.base()) as connection:
        store.archive_list(connection, _list_named(connection, name).list_id)
    console.facts({"name": name, "state": "archived"})


def _say_guesses(console: Console, report: "ImportReport") -> None:
    columns = ", ".join(
        f"{target}={column}"
        for target, found in report.columns.items()
        for column in ([found] if isinstance(found, str) else found)
    )
    delimiter = "tab" if report.delimiter == "\t" else report.delimiter
    letters = f", {report.encoding}, delimiter {delimiter}" if "CSV" in report.format else ""
    console.say(f"Read as {report.format}{letters}, {columns}")
    console.say(
        f"{report.read} read = {report.imported} imported + {report.joined} joined "
        f"+ {report.rejected} rejected"
    )
    if report.dry_run:
        console.say("This was a dry run: nothing has been kept.")


def _say_registries(console: Console, folder: Path) -> None:
    """Tell why nobody new can be called, where a registry could not be asked."""
    from leads import registries
    from leads.db import reading

    with reading(console.base()) as connection:
        problems = registries.file_problems(connection, folder)
    for problem in problems:
        console.say(f"New numbers will not be called: {problem}")


def _say_rejected(console: Console, report: "ImportReport", rejects: Path | None) -> None:
    if not report.rejected or report.dry_run:
        return
    if rejects is None:
        console.say("To see the rejected rows, import again with: --rejects FILE")
    else:
        console.say(f"The rejected rows are in {rejects}; mend them there and import that file.")


def _bytes(file: str) -> int | None:
    path = Path(file)
    return path.stat().st_size if path.is_file() else None


def record_look(console: Console, action: str, lead_ids: Collection[int], **detail: object) -> None:
    """Write into the audit trail whose data are about to be shown; nothing personal in `detail`.

    Raises:
        DatabaseError: it could not be written; show nothing.
    """
    from leads import access

    access.record_look(
        console.base(),
        who=console.user(),
        action=action,
        lead_ids=lead_ids,
        detail=detail,
        now=console.now(),
    )


def _list_named(connection: "Connection", name: str) -> "LeadList":
    from leads import store

    return store.known_list(connection, name)
