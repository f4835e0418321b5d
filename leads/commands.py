"""The commands ``ringbank leads``, ``lists`` and ``dnc``: words in, facts out.

Nothing is decided here. Whatever needs the database is imported when a command runs, so
that ``ringbank --help`` stays fast.
"""

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import UsageError
from leads.model import LeadId, Phone, Suppression, SuppressionScope
from leads.names import did_you_mean

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from leads.importing import ImportReport
    from leads.store import Lead, LeadList
    from leads.suppression import Entry

leads_app = typer.Typer(no_args_is_help=True, help="Import people, look them up, count them.")
lists_app = typer.Typer(no_args_is_help=True, help="See the lists that leads came in.")
dnc_app = typer.Typer(no_args_is_help=True, help="Keep the numbers that must not be called.")

_ID = re.compile("[0-9]{1,18}")
"""What fits into the 64 bits of an id."""

Region = Annotated[
    str | None,
    typer.Option(help="Country of numbers written without one, such as NO; else leads.region."),
]
Scope = Annotated[SuppressionScope, typer.Option(help="Who must not call: everybody, or one.")]
ScopeName = Annotated[
    str, typer.Option("--name", help="The seller or the campaign, with that --scope.")
]


@leads_app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="CSV, XLSX, XLS or ODS, or - for stdin.")],
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
    with console.progress() as bar:
        task = bar.add_task("Reading", total=_bytes(file))
        report = import_leads(
            console.base(),
            source=file,
            list_name=list_name,
            region=_region(console, region),
            mapping=[_pair(text) for text in mapping or ()],
            encoding=encoding,
            delimiter=delimiter,
            sheet=sheet,
            rejects=rejects,
            dry_run=dry_run,
            now=console.now(),
            progress=lambda done: bar.update(task, completed=done),
        )
    _say_guesses(console, report)
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


@leads_app.command()
def show(
    ctx: typer.Context,
    number_or_id: Annotated[str, typer.Argument(metavar="NUMBER|ID", help="Whom to show.")],
    region: Region = None,
) -> None:
    """Show everything the base knows of one lead.

    Example: ringbank leads show 1
    """
    from leads import suppression
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        lead = _find(connection, number_or_id, _region(console, region))
        entries = [
            entry for phone in lead.phones for entry in suppression.entries(connection, phone.e164)
        ]
    facts: dict[str, object] = {
        "lead_id": lead.lead_id,
        "external_id": lead.external_id,
        "name": lead.name,
        "phone": lead.phones[0].e164 if lead.phones else None,
        "phones": [asdict(phone) for phone in lead.phones],
        "zones": sorted({zone for phone in lead.phones for zone in phone.zones}),
        "language": lead.language,
        "lists": lead.lists,
        "household": lead.household,
        "suppressed": _everywhere(entries),
        "suppressions": [_entry_facts(entry) for entry in entries],
        "created_at": lead.created_at,
        "attributes": lead.attributes,
    }
    if not console.json:
        del facts["attributes"]
        facts["phones"] = [f"{phone.e164} ({phone.kind})" for phone in lead.phones]
        facts["suppressions"] = [_sentence(entry) for entry in entries]
        facts |= {f"attr_{key}": value for key, value in lead.attributes.items()}
    console.facts(facts)


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
        ("name", "state", "leads", "created_at"),
        [(one.name, one.state.value, one.leads, one.created_at) for one in lists],
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


@dnc_app.command("add")
def add_number(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The number.")],
    *,
    scope: Scope = SuppressionScope.ALL,
    name: ScopeName = "",
    reason: Annotated[str | None, typer.Option(help="Why, in your own words.")] = None,
    region: Region = None,
) -> None:
    """Enter a number that must not be called from now on.

    Example: ringbank dnc add +4721000000 --reason "asked by e-mail"
    """
    from leads import suppression
    from leads.db import writing

    console: Console = ctx.obj
    _check_scope(scope, name)
    phone = _number(number, _region(console, region))
    entry = Suppression(e164=phone.e164, scope=scope, scope_name=name, reason=reason)
    with writing(console.base()) as connection:
        added = suppression.add(connection, entry, source="command", now=console.now())
    if not added:
        console.say(f"{phone.e164} is on the do-not-call list already")
    console.facts({"number": phone.e164, "scope": scope.value, "name": name, "added": added})


@dnc_app.command("remove")
def remove_number(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The number.")],
    *,
    scope: Scope = SuppressionScope.ALL,
    name: ScopeName = "",
    reason: Annotated[str | None, typer.Option(help="Why, in your own words.")] = None,
    region: Region = None,
) -> None:
    """Take a do-not-call entry back; its row stays, with the moment and the reason.

    Example: ringbank dnc remove +4721000000 --reason "entered by mistake"
    """
    from leads import suppression
    from leads.db import writing

    console: Console = ctx.obj
    _check_scope(scope, name)
    e164 = _number(number, _region(console, region)).e164
    with writing(console.base()) as connection:
        removed = suppression.remove(
            connection, e164, scope, name, reason=reason, now=console.now()
        )
    if not removed:
        raise UsageError(
            f"{e164} has no such do-not-call entry in force; see: ringbank dnc check {e164}"
        )
    console.facts({"number": e164, "scope": scope.value, "name": name, "removed": True})


@dnc_app.command()
def check(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The number.")],
    region: Region = None,
) -> None:
    """Tell whether a number may not be called by anybody, and every entry it ever had.

    Example: ringbank dnc check +4721000000
    """
    from leads import suppression
    from leads.db import reading

    console: Console = ctx.obj
    e164 = _number(number, _region(console, region)).e164
    with reading(console.base()) as connection:
        entries = suppression.entries(connection, e164)
    console.facts(
        {
            "number": e164,
            "suppressed": _everywhere(entries),
            "entries": [
                _entry_facts(entry) if console.json else _sentence(entry) for entry in entries
            ],
        }
    )


@dnc_app.command("list")
def list_numbers(ctx: typer.Context) -> None:
    """List every do-not-call entry that is in force.

    Example: ringbank dnc list
    """
    from leads import suppression
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        entries = suppression.entries_in_force(connection)
    columns = ("number", "scope", "name", "reason", "source", "created_at")
    facts = [{"number": entry.suppression.e164, **_entry_facts(entry)} for entry in entries]
    console.rows(columns, [[one[column] for column in columns] for one in facts])


def _say_guesses(console: Console, report: "ImportReport") -> None:
    columns = ", ".join(f"{target}={column}" for target, column in report.columns.items())
    delimiter = "tab" if report.delimiter == "\t" else report.delimiter
    letters = f", {report.encoding}, delimiter {delimiter}" if "CSV" in report.format else ""
    console.say(f"Read as {report.format}{letters}, {columns}")
    console.say(
        f"{report.read} read = {report.imported} imported + {report.joined} joined "
        f"+ {report.rejected} rejected"
    )
    if report.dry_run:
        console.say("This was a dry run: nothing has been kept.")


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


def _pair(text: str) -> tuple[str, str]:
    target, equals, column = text.partition("=")
    if not equals:
        raise UsageError(f"--map {text} names no column; write for example --map phone=Telefon")
    return target.strip(), column.strip()


def _region(console: Console, given: str | None) -> str | None:
    from leads.phone import known_region

    region = given or console.region()
    return known_region(region) if region else None


def _number(text: str, region: str | None) -> Phone:
    from leads.phone import parse_phone

    phone = parse_phone(text, region=region)
    if isinstance(phone, str):
        raise UsageError(
            f"{text!r} is no telephone number ({phone}); "
            "write it with its country code, for example +4721000000"
        )
    return phone


def _find(connection: "Connection", text: str, region: str | None) -> "Lead":
    """Return whom a text means: a number the base knows comes before an id."""
    from leads import store
    from leads.phone import parse_phone

    phone = parse_phone(text, region=region)
    ids = () if isinstance(phone, str) else store.leads_of(connection, phone.e164)
    if not ids and _ID.fullmatch(text):
        ids = (LeadId(int(text)),)
    lead = store.lead(connection, ids[0]) if ids else None
    if lead is None:
        raise UsageError(
            f"no lead has the number or id {text!r}; "
            "write the number with its country code, for example +4721000000"
        )
    return lead


def _list_named(connection: "Connection", name: str) -> "LeadList":
    from leads import store

    found = store.list_named(connection, name)
    if found is None:
        names = [one.name for one in store.all_lists(connection)]
        raise UsageError(
            f"there is no list {name!r}; {did_you_mean(name, names, see='lists list')}"
        )
    return found


def _check_scope(scope: SuppressionScope, name: str) -> None:
    if scope is SuppressionScope.ALL and name:
        raise UsageError("--name goes with --scope seller or campaign; leave it out")
    if scope is not SuppressionScope.ALL and not name.strip():
        raise UsageError(f"--scope {scope.value} needs the {scope.value}; add --name NAME")


def _everywhere(entries: "list[Entry] | tuple[Entry, ...]") -> bool:
    return any(
        entry.removed_at is None and entry.suppression.scope is SuppressionScope.ALL
        for entry in entries
    )


def _entry_facts(entry: "Entry") -> dict[str, object]:
    return {
        "scope": entry.suppression.scope.value,
        "name": entry.suppression.scope_name,
        "reason": entry.suppression.reason,
        "source": entry.source,
        "created_at": entry.created_at,
        "removed_at": entry.removed_at,
        "removed_reason": entry.removed_reason,
    }


def _sentence(entry: "Entry") -> str:
    who = f"{entry.suppression.scope.value} {entry.suppression.scope_name}".strip()
    ended = f" to {entry.removed_at:%Y-%m-%d}" if entry.removed_at else ""
    why = f" ({entry.suppression.reason})" if entry.suppression.reason else ""
    return f"{who} from {entry.created_at:%Y-%m-%d}{ended}{why}"
