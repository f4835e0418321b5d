"""The commands ``ringbank consents``: who agreed to what.

They are here and not in `leads`, because campaigns look again at whom they could not call
for want of a consent.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.commands import record_look
from leads.console import Console
from leads.errors import UsageError
from leads.options import Region, pair_of

if TYPE_CHECKING:
    from leads.consent_import import ConsentReport

consents_app = typer.Typer(no_args_is_help=True, help="Keep what people agreed to, with proofs.")

Person = Annotated[str, typer.Argument(metavar="NUMBER|ID", help="Whose consent.")]
Kind = Annotated[
    str,
    typer.Option(
        help="A short word of your own: phone_marketing, automated_calls, recording, credit_check."
    ),
]
OneKind = Annotated[str | None, typer.Option("--kind", help="Only this kind.")]


@consents_app.command()
def add(
    ctx: typer.Context,
    number_or_id: Person,
    *,
    kind: Kind,
    source: Annotated[str, typer.Option(help="Where it comes from: a form, a letter, a talk.")],
    wording: Annotated[str | None, typer.Option(help="What they agreed to, word for word.")] = None,
    at: Annotated[
        str | None, typer.Option(help="When it was given, UTC without an offset; else now.")
    ] = None,
    proof: Annotated[str | None, typer.Option(help="Where its proof is kept.")] = None,
    expires: Annotated[
        str | None, typer.Option(help="The day from which it does not count any more, UTC.")
    ] = None,
    region: Region = None,
) -> None:
    """Record that a person gave a consent.

    Example: ringbank consents add 1 --kind phone_marketing --source "web form"
    """
    from campaigns.claims import hold_off_erasing
    from campaigns.examining import examine_consents_again
    from leads import consents, lookup
    from leads.db import writing
    from leads.problems import Problem

    console: Console = ctx.obj
    now = console.now()
    consent = consents.from_row(
        {
            "consent_kind": kind,
            "consent_source": source,
            "consent_wording": wording or "",
            "consent_at": at or now.isoformat(),
            "consent_proof": proof or "",
            "consent_expires": expires or "",
        },
        now=now,
    )
    if isinstance(consent, Problem):
        raise UsageError(f"{_OPTIONS[consent.where]}: {consent.why}")
    assert consent is not None, "a source is required"
    with writing(console.base()) as connection:
        hold_off_erasing(connection)
        lead_id = lookup.the_one(connection, number_or_id, region=console.region_of(region))
        added = consents.add(connection, lead_id, consent, now=now)
        examine_consents_again(connection, [lead_id])
    if not added:
        console.say("the base has this consent already")
    console.facts(
        {
            "lead_id": lead_id,
            "kind": kind,
            "given_at": consent.given_at,
            "expires_at": consent.expires_at,
            "added": added,
        }
    )


_OPTIONS = {
    "consent_kind": "--kind",
    "consent_source": "--source",
    "consent_at": "--at",
    "consent_expires": "--expires",
}
"""Whose value cannot be used, by the name of the fact."""


@consents_app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="CSV, XLSX, XLS or ODS, or - for stdin.")],
    *,
    kind: Annotated[str | None, typer.Option(help="Of rows that name no kind.")] = None,
    source: Annotated[str | None, typer.Option(help="Of rows that name no source.")] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="TARGET=COLUMN",
            help="What a column holds: phone, external_id, lead_id, kind, wording, source, "
            "given_at, proof, expires, withdrawn_at or withdrawn_reason. Repeat it for each.",
        ),
    ] = None,
    region: Region = None,
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
    """Record the consents of a file, one a row; exit status 4 when rows were rejected.

    Moments without an offset are UTC; a date alone is the start of its day.

    Example: ringbank consents import consents.csv --kind phone_marketing --source "web form"
    """
    from campaigns.claims import hold_off_erasing
    from campaigns.examining import examine_consents_again
    from leads.consent_import import import_consents

    console: Console = ctx.obj
    report = import_consents(
        console.base(),
        file=file,
        kind=kind,
        source=source,
        region=console.region_of(region),
        mapping=[pair_of(text) for text in mapping or ()],
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        rejects=rejects,
        dry_run=dry_run,
        now=console.now(),
        begun=hold_off_erasing,
        recorded=examine_consents_again,
    )
    _say_report(console, report, rejects)
    facts = asdict(report)
    if not console.json:
        del facts["columns"], facts["dry_run"]
        facts["reasons"] = [f"{count} {why}" for why, count in report.reasons.items()]
    console.facts(facts)
    console.problems = report.rejected > 0


@consents_app.command()
def withdraw(
    ctx: typer.Context,
    number_or_id: Person,
    *,
    kind: Kind,
    reason: Annotated[str | None, typer.Option(help="Why, in your own words.")] = None,
    at: Annotated[
        str | None, typer.Option(help="When they withdrew, UTC without an offset; else now.")
    ] = None,
    region: Region = None,
) -> None:
    """Withdraw a person's consent of a kind; its row stays, with the moment and the reason.

    Example: ringbank consents withdraw 1 --kind phone_marketing --reason "by e-mail"
    """
    from leads import consents, lookup
    from leads.db import writing

    console: Console = ctx.obj
    moment = _past(at, now=console.now())
    with writing(console.base()) as connection:
        lead_id = lookup.the_one(connection, number_or_id, region=console.region_of(region))
        withdrawn = consents.withdraw(connection, lead_id, kind, reason=reason, at=moment)
        if not withdrawn:
            raise UsageError(
                f"lead {lead_id} gave no consent {kind!r} until {moment:%Y-%m-%d %H:%M} UTC that "
                f"could be withdrawn; see: ringbank consents list {lead_id}"
            )
    console.facts(
        {"lead_id": lead_id, "kind": kind, "withdrawn_at": moment, "withdrawn": withdrawn}
    )


@consents_app.command("list")
def list_(
    ctx: typer.Context,
    number_or_id: Annotated[
        str | None, typer.Argument(metavar="[NUMBER|ID]", help="Whose; else everybody's.")
    ] = None,
    kind: OneKind = None,
    region: Region = None,
) -> None:
    """List consents, those withdrawn and expired included.

    Example: ringbank consents list 1 --kind phone_marketing
    """
    from campaigns.story import consent_documents
    from leads import consents, lookup
    from leads.db import reading

    console: Console = ctx.obj
    now = console.now()
    with reading(console.base()) as connection:
        lead_ids = (
            None
            if number_or_id is None
            else lookup.meant(connection, number_or_id, region=console.region_of(region))
        )
        kinds = None if kind is None else [kind]
        found = [*consents.find(connection, lead_ids=lead_ids, kinds=kinds)]
        documents = [
            document
            for _, theirs in groupby(found, key=lambda one: one.lead_id)
            for document in consent_documents(list(theirs), now=now)
        ]
    record_look(console, "consents", {one.lead_id for one in found})
    if console.json:
        console.document(documents)
        return
    console.rows(
        ("lead_id", "kind", "state", "given", "ends", "source"),
        [
            (
                one["lead_id"],
                one["kind"],
                one["state"],
                _day(one["given_at"]),
                _day(one["withdrawn_at"] or one["expires_at"]),
                one["source"],
            )
            for one in documents
        ],
    )


def _day(moment: object) -> str | None:
    return f"{moment.astimezone():%Y-%m-%d}" if isinstance(moment, datetime) else None


def _past(text: str | None, *, now: datetime) -> datetime:
    """Return the moment of ``--at``, which is not in the future; now where there is none."""
    from leads.moments import written_moment

    if text is None:
        return now
    moment = written_moment(text, zone=UTC)
    if moment is None:
        raise UsageError(
            f"--at {text!r} is no moment; write it like 2026-12-01 or 2026-12-01T17:30Z"
        )
    if moment > now:
        raise UsageError(f"--at {text!r} is in the future; leave it out for now")
    return moment


def _say_report(console: Console, report: "ConsentReport", rejects: Path | None) -> None:
    columns = ", ".join(f"{target}={column}" for target, column in report.columns.items())
    console.say(f"Read {columns}")
    console.say(
        f"{report.read} read = {report.added} added + {report.known} known "
        f"+ {report.rejected} rejected"
    )
    if report.dry_run:
        console.say("This was a dry run: nothing has been kept.")
    elif report.rejected and rejects is None:
        console.say("To see the rejected rows, import again with: --rejects FILE")
    elif report.rejected:
        console.say(f"The rejected rows are in {rejects}; mend them there and import that file.")
