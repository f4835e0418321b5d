"""``ringbank leads`` for one person's data: duplicates, merge, edit, hand out, erase, who saw.

These commands know of campaigns and calls, and are put onto the groups of `leads` from here.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.commands import leads_app, lists_app, record_look
from leads.console import Console
from leads.drafting import drafted
from leads.errors import RingbankError, UsageError
from leads.options import Region

if TYPE_CHECKING:
    from sqlalchemy import Connection

_REST_S = 0.1
"""Between two portions: who waits for an SQLite base looks for it every 0.1 s, like an engine."""

LeadNumber = Annotated[int, typer.Argument(metavar="ID", min=1, help="The lead's id.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@leads_app.command()
def duplicates(
    ctx: typer.Context,
    list_name: Annotated[
        str | None, typer.Option("--list", help="Only pairs with somebody of this list.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most pairs to list.")] = 50,
    min_score: Annotated[
        int, typer.Option("--min-score", min=0, max=100, help="How sure it must be, in per cent.")
    ] = 90,
) -> None:
    """List leads suspected to be one person, by name and address; nothing is merged.

    Example: ringbank leads duplicates --list norway
    """
    from leads import store
    from leads.db import reading
    from leads.suspects import suspected

    console: Console = ctx.obj
    with reading(console.base()) as connection, console.progress() as bar:
        task = bar.add_task("Comparing", total=1.0)
        one = store.known_list(connection, list_name) if list_name is not None else None
        found = suspected(
            connection,
            list_id=one.list_id if one else None,
            min_score=min_score,
            limit=limit,
            progress=lambda share: bar.update(task, completed=share),
        )
    seen = {lead.lead_id for pair in found for lead in (pair.first, pair.second)}
    record_look(console, "duplicates", seen)
    console.rows(
        ("score", "lead_id", "name", "other_id", "other_name", "reasons"),
        [
            (
                pair.score,
                pair.first.lead_id,
                pair.first.name,
                pair.second.lead_id,
                pair.second.name,
                pair.reasons,
            )
            for pair in found
        ],
    )
    if found:
        pair = found[0]
        console.say(
            "To make one lead of two: "
            f"ringbank leads merge {pair.first.lead_id} {pair.second.lead_id}"
        )


@leads_app.command("merge")
def merge_leads(
    ctx: typer.Context,
    keep: Annotated[int, typer.Argument(metavar="KEEP", min=1, help="The id of who stays.")],
    merged: Annotated[
        int, typer.Argument(metavar="MERGE", min=1, help="The id of who becomes part of them.")
    ],
    *,
    yes: Yes = False,
) -> None:
    """Make one lead of two; what the second was is kept, and cannot be taken apart again.

    Example: ringbank leads merge 1 2 --yes
    """
    from campaigns.merging import merge
    from leads import access
    from leads.db import writing

    console: Console = ctx.obj
    now, who = console.now(), console.user()
    _confirm(f"Make the lead {merged} a part of the lead {keep}", yes=yes)
    with writing(console.base()) as connection:
        done = merge(connection, keep, merged, who=who, now=now)
        access.record(
            connection, who=who, action="merge", lead_ids=[keep, merged], detail={}, now=now
        )
    console.facts(asdict(done))


@leads_app.command("edit")
def edit_lead(
    ctx: typer.Context,
    lead_id: LeadNumber,
    words: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="name, external_id, language, zone, country, subdivision, told_zone, "
            "told_country, told_subdivision, phone (also phone+=NUMBER, phone-=NUMBER) or an "
            "attribute; no value takes it away. Repeat it.",
        ),
    ],
    region: Region = None,
) -> None:
    """Change what is known of one lead; what was before is kept, with who changed it.

    Example: ringbank leads edit 1 --set name="Kari Nordmann" --set phone+=+4721000001
    """
    from campaigns.editing import edit
    from leads import access
    from leads.db import writing

    console: Console = ctx.obj
    now, who = console.now(), console.user()
    with writing(console.base()) as connection:
        done = edit(
            connection,
            lead_id,
            words,
            region=console.region_of(region),
            registry_folder=console.settings().registries,
            who=who,
            now=now,
        )
        access.record(connection, who=who, action="edit", lead_ids=[lead_id], detail={}, now=now)
    if not done.before:
        console.say("Nothing changes: it is as you say already")
    if console.json:
        console.document(asdict(done))
        return
    console.facts({"lead_id": done.lead_id, **done.after})


@leads_app.command("export-person")
def export_person(
    ctx: typer.Context,
    lead_id: LeadNumber,
    output: Annotated[str, typer.Option("--output", help="FILE, or - for stdout.")] = "-",
) -> None:
    """Write everything that is held of one person, and who saw it, as one JSON document.

    Example: ringbank leads export-person 1 --output person-1.json
    """
    from campaigns.person import person_document
    from leads.db import reading
    from leads.store import known_lead

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        known_lead(connection, lead_id)
        document = person_document(connection, lead_id)
    record_look(console, "export-person", [lead_id])
    text = json.dumps(document, ensure_ascii=False, indent=2)
    if output == "-":
        console.line(text)
        return
    _write_private(output, f"{text}\n")
    console.facts({"lead_id": lead_id, "output": output})


@leads_app.command("erase")
def erase_person(
    ctx: typer.Context,
    lead_id: LeadNumber,
    *,
    reason: Annotated[
        str | None, typer.Option(help="Why; it is kept, so write nothing personal.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Erase everything personal of one lead for good; counts and do-not-call wishes stay.

    Example: ringbank leads erase 1 --reason "asked by letter" --yes
    """
    from campaigns.erasure import erase
    from leads import access
    from leads.db import writing

    console: Console = ctx.obj
    now, who = console.now(), console.user()
    _confirm(f"Erase the lead {lead_id} for good", yes=yes)
    detail = {"reason": reason} if reason else {}
    with writing(console.base()) as connection:
        done = erase(connection, lead_id, now=now)
        access.record(
            connection, who=who, action="erase", lead_ids=[lead_id], detail=detail, now=now
        )
    _clean_file(console)
    if done.recordings:
        _delete_recordings(console)
    console.facts({**asdict(done), "erased": True})


@leads_app.command("access")
def list_accesses(
    ctx: typer.Context,
    number_or_id: Annotated[str, typer.Argument(metavar="NUMBER|ID", help="Whose data.")],
    region: Region = None,
    limit: Annotated[int, typer.Option(min=1, help="The most accesses to list.")] = 100,
) -> None:
    """List who saw a lead's data and when, the newest first; erased leads go by their id.

    Example: ringbank leads access 1
    """
    from leads.access import accesses_to
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        ids = _meant(connection, number_or_id, console.region_of(region))
        trails = [(lead_id, accesses_to(connection, lead_id, limit=limit)) for lead_id in ids]
    found = [(lead_id, one) for lead_id, trail in trails for one in trail.accesses]
    found.sort(key=lambda pair: pair[1].at, reverse=True)
    console.rows(
        ("at", "who", "action", "lead_id", "people", "detail"),
        [
            (
                one.at,
                one.who,
                one.action,
                lead_id,
                one.people,
                one.detail
                if console.json
                else ", ".join(f"{key}: {value}" for key, value in one.detail.items()),
            )
            for lead_id, one in found[:limit]
        ],
    )
    older = [trail.examined_from for _, trail in trails if trail.examined_from is not None]
    if older:
        console.say(f"There may be more before {max(older):%Y-%m-%d %H:%M} UTC; raise --limit")


@lists_app.command("expire")
def expire_lists(
    ctx: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count who would go.")] = False,
    yes: Yes = False,
) -> None:
    """Erase everybody all of whose lists have expired; exit status 4 when somebody was held.

    Example: ringbank lists expire --dry-run
    """
    from campaigns import expiry

    console: Console = ctx.obj
    now = console.now()
    found = expiry.look(console.base(), now=now)
    if dry_run or not found.people:
        if not dry_run:
            _clean_file(console)
        console.facts(asdict(found))
        return
    _confirm(f"Erase {found.people} people for good", yes=yes)
    with console.progress() as bar:
        task = bar.add_task("Erasing", total=found.people)

        def between(people: int) -> None:
            bar.update(task, completed=people)
            time.sleep(_REST_S)

        done = expiry.expire(console.base(), who=console.user(), now=now, progress=between)
    _clean_file(console)
    _delete_recordings(console)
    console.facts(asdict(done))
    if done.held:
        console.say(f"{done.held} were in a call or held by an agent; run it again later")
    console.problems |= done.held > 0


def _meant(connection: "Connection", text: str, region: str | None) -> tuple[int, ...]:
    """Return the ids that a text means: who has the number, or the id itself.

    An id may be one of a lead that was merged or erased.
    """
    from leads import store
    from leads.phone import parse_phone

    phone = parse_phone(text, region=region)
    ids = () if isinstance(phone, str) else store.leads_of(connection, phone.e164)
    if ids:
        return ids
    lead_id = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0  # noqa: PLR2004
    if store.lead(connection, lead_id) or store.merged_into(connection, lead_id) is not None:
        return (lead_id,)
    raise UsageError(
        f"no lead has the number or id {text!r}; the numbers of erased leads are gone, "
        "name them by their id"
    )


def _confirm(what: str, *, yes: bool) -> None:
    """Ask the person at the terminal; where nobody sits, `--yes` has to say it.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{what}? It cannot be taken back; add --yes")
    typer.confirm(f"{what}? It cannot be taken back", abort=True, err=True)


def _delete_recordings(console: Console) -> None:
    """Delete the files of recorded talks that are due, those of erased people among them."""
    from campaigns.recording_files import expire
    from leads.errors import RingbankError

    try:
        done = expire(console, now=console.now())
    except RingbankError as error:
        console.problems = True
        console.say(f"the base is done, but recordings are left: {error}")
    else:
        console.problems |= done.failed > 0


def _clean_file(console: Console) -> None:
    """Take what was erased out of SQLite's write-ahead log, too."""
    from leads.db import empty_write_ahead_log

    if not empty_write_ahead_log(console.base()):
        console.say(
            "Somebody is reading the base: its write-ahead log (the file that ends in -wal) holds "
            "older bytes until it is empty; run: ringbank lists expire --yes"
        )


def _write_private(output: str, text: str) -> None:
    """Write a file that only its owner may read, also in place of one that others might."""
    target = Path(output)
    with drafted(target, RingbankError) as draft:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
