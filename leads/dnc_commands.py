"""The commands ``ringbank dnc``: who must not be called, and how one knows.

`import` stands in `campaigns.registry_commands`, because campaigns have to look again.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import UsageError
from leads.model import E164, Listed, Suppression, SuppressionKind, SuppressionScope
from leads.options import Region, number_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from leads.suppression import Entry

dnc_app = typer.Typer(no_args_is_help=True, help="Keep the numbers that must not be called.")

Scope = Annotated[SuppressionScope, typer.Option(help="Who must not call: everybody, or one.")]
ScopeName = Annotated[
    str, typer.Option("--name", help="The seller or the campaign, with that --scope.")
]
Whom = Annotated[
    str | None, typer.Argument(metavar="NUMBER|PREFIX*", help="The number, or +4781* for all such.")
]
LeadOption = Annotated[
    int | None, typer.Option("--lead", metavar="ID", help="A person, instead of a number.")
]

_PREFIX = re.compile(r"(\+[1-9][0-9]{0,14})\*")


@dnc_app.command()
def add(
    ctx: typer.Context,
    number: Whom = None,
    *,
    lead: LeadOption = None,
    scope: Scope = SuppressionScope.ALL,
    name: ScopeName = "",
    reason: Annotated[str | None, typer.Option(help="Why, in your own words.")] = None,
    region: Region = None,
) -> None:
    """Enter a number, a prefix of numbers or a person, not to be called from now on.

    Example: ringbank dnc add +4721000000 --reason "asked by e-mail"
    """
    from leads import store, suppression
    from leads.db import writing

    console: Console = ctx.obj
    _check_scope(scope, name)
    kind, subject = _subject(console, number, lead, region)
    entry = Suppression(kind=kind, subject=subject, scope=scope, scope_name=name, reason=reason)
    with writing(console.base()) as connection:
        if lead is not None and store.lead(connection, lead) is None:
            raise UsageError(f"there is no lead {lead}; find the person with: ringbank leads find")
        added = suppression.add(connection, entry, source="command", now=console.now())
    if not added:
        console.say(f"{_named(entry)} is on the do-not-call list already")
    console.facts({**_whom(entry), "scope": scope.value, "name": name, "added": added})


@dnc_app.command()
def remove(
    ctx: typer.Context,
    number: Whom = None,
    *,
    lead: LeadOption = None,
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
    kind, subject = _subject(console, number, lead, region)
    entry = Suppression(kind=kind, subject=subject, scope=scope, scope_name=name)
    with writing(console.base()) as connection:
        removed = suppression.remove(
            connection, subject, scope, name, kind=kind, reason=reason, now=console.now()
        )
    if not removed:
        raise UsageError(
            f"{_named(entry)} has no such do-not-call entry in force; see: ringbank dnc list"
        )
    console.facts({**_whom(entry), "scope": scope.value, "name": name, "removed": True})


@dnc_app.command()
def check(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The number.")],
    region: Region = None,
) -> None:
    """Tell whether a number may not be called by anybody, and every entry that reaches it.

    Example: ringbank dnc check +4721000000
    """
    from leads import registries, suppression
    from leads.db import reading

    console: Console = ctx.obj
    e164 = number_of(number, console.region_of(region)).e164
    folder = console.settings().registries
    with reading(console.base()) as connection:
        listing = registries.of_number(connection, e164, folder)
        entries = (*suppression.entries(connection, e164), *registries.entries(listing, e164))
    for one in listing:
        if one.listed in {Listed.UNKNOWN, Listed.OTHER_FILE}:
            console.say(
                f"Whether registry {one.registry} lists {e164} is not known here; "
                f"{one.registry.remedy}"
            )
    console.facts(
        {
            "number": e164,
            "suppressed": everywhere(entries),
            "entries": [
                entry_facts(entry) if console.json else sentence(entry) for entry in entries
            ],
        }
    )


@dnc_app.command("list")
def list_entries(ctx: typer.Context) -> None:
    """List every do-not-call entry that is in force.

    Example: ringbank dnc list
    """
    from leads import suppression
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        entries = suppression.entries_in_force(connection)
    columns = ("kind", "number", "lead_id", "scope", "name", "reason", "source", "created_at")
    facts = [
        {
            "kind": entry.suppression.kind.value,
            "number": None,
            "lead_id": None,
            **_whom(entry.suppression),
            **entry_facts(entry),
        }
        for entry in entries
    ]
    console.rows(columns, [[one[column] for column in columns] for one in facts])


@dnc_app.command("registries")
def list_registries(ctx: typer.Context) -> None:
    """List the national registers in force, and whether their files are here.

    Example: ringbank dnc registries
    """
    from leads import listings, registries
    from leads.db import reading
    from leads.registry_file import Digests

    console: Console = ctx.obj
    folder = console.settings().registries
    with reading(console.base()) as connection:
        found = [
            (one, registries.listed_count(connection, one.registry_id))
            for one in listings.current(connection)
        ]
    digests = Digests()
    rows = []
    for one, listed in found:
        digest = digests.of(registries.path_of(one, folder))
        here = "here" if digest == one.digest else "missing" if digest is None else "differs"
        rows.append(
            (one.name, one.as_of, one.entries, listed, one.digest, one.loaded_at, one.file, here)
        )
    console.rows(
        ("name", "as_of", "entries", "listed", "digest", "loaded_at", "source", "file"), rows
    )


def entries_of(
    connection: "Connection", e164s: Sequence[E164], *, lead_id: int, folder: Path
) -> "list[Entry]":
    """Return every entry that reaches a lead: its own, of its numbers, and of registries."""
    from leads import registries, suppression

    found: dict[Entry, None] = {}
    for e164 in e164s:
        entries = suppression.entries(connection, e164, lead_ids=[lead_id])
        listing = registries.of_number(connection, e164, folder)
        found |= dict.fromkeys((*entries, *registries.entries(listing, e164)))
    return list(found)


def everywhere(entries: "Iterable[Entry]") -> bool:
    """Tell whether one of the entries forbids everybody to call."""
    return any(
        entry.removed_at is None and entry.suppression.scope is SuppressionScope.ALL
        for entry in entries
    )


def entry_facts(entry: "Entry") -> dict[str, object]:
    """Return what there is to tell of an entry, but for whom it is about."""
    return {
        "scope": entry.suppression.scope.value,
        "name": entry.suppression.scope_name,
        "reason": entry.suppression.reason,
        "source": entry.source,
        "created_at": entry.created_at,
        "removed_at": entry.removed_at,
        "removed_reason": entry.removed_reason,
    }


def sentence(entry: "Entry") -> str:
    """Return an entry in words."""
    said = entry.suppression
    who = f"{said.scope.value} {said.scope_name}".strip()
    ended = f" to {entry.removed_at:%Y-%m-%d}" if entry.removed_at else ""
    why = f" ({said.reason})" if said.reason else ""
    about = f" for {_named(said)}" if said.kind is not SuppressionKind.NUMBER else ""
    source = f", {entry.source}" if entry.source.startswith("registry ") else ""
    return f"{who}{about} from {entry.created_at:%Y-%m-%d}{ended}{why}{source}"


def _whom(entry: Suppression) -> dict[str, object]:
    match entry.kind:
        case SuppressionKind.NUMBER:
            return {"number": entry.subject}
        case SuppressionKind.PREFIX:
            return {"number": f"{entry.subject}*"}
        case SuppressionKind.LEAD:
            return {"lead_id": int(entry.subject)}
        case SuppressionKind.NUMBER_HASH | SuppressionKind.LEAD_HASH:
            return {}


def _named(entry: Suppression) -> str:
    match entry.kind:
        case SuppressionKind.NUMBER:
            return entry.subject
        case SuppressionKind.PREFIX:
            return f"{entry.subject}*"
        case SuppressionKind.LEAD:
            return f"lead {entry.subject}"
        case SuppressionKind.NUMBER_HASH:
            return "an erased number"
        case SuppressionKind.LEAD_HASH:
            return "an erased person"


def _subject(
    console: Console, number: str | None, lead: int | None, region: str | None
) -> tuple[SuppressionKind, str]:
    if (number is None) == (lead is None):
        raise UsageError("name either a number or a person; write +4721000000, +4781* or --lead 17")
    if number is None:
        return SuppressionKind.LEAD, str(lead)
    if "*" not in number:
        return SuppressionKind.NUMBER, number_of(number, console.region_of(region)).e164
    prefix = _PREFIX.fullmatch(re.sub(r"[ ()./-]", "", number))
    if prefix is None:
        raise UsageError(
            f"{number!r} is no prefix of numbers; write it with its country code and the star at "
            "the end, for example +4781*"
        )
    return SuppressionKind.PREFIX, prefix[1]


def _check_scope(scope: SuppressionScope, name: str) -> None:
    if scope is SuppressionScope.ALL and name:
        raise UsageError("--name goes with --scope seller or campaign; leave it out")
    if scope is not SuppressionScope.ALL and not name.strip():
        raise UsageError(f"--scope {scope.value} needs the {scope.value}; add --name NAME")
