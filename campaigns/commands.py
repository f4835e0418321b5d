"""``ringbank campaigns`` and ``explain``: what needs no engine."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from leads.console import Console
from leads.errors import UsageError
from leads.problems import Problem, refuse, usable

if TYPE_CHECKING:
    from campaigns.model import Campaign

campaigns_app = typer.Typer(no_args_is_help=True, help="Create, change, start and watch campaigns.")

NOT_CALLABLE = 3


@campaigns_app.command()
def create(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="Its TOML file.")]
) -> None:
    """Store a new campaign; it stands still until it is started.

    Example: ringbank campaigns create tariff-switch.toml
    """
    from campaigns import store
    from leads.db import writing

    console: Console = ctx.obj
    text, script, campaign = read_file(file, console)
    with writing(console.base()) as connection:
        problems = store.create(
            connection,
            campaign,
            definition=text,
            script=script,
            file=str(file.resolve()),
            now=console.now(),
        )
        refuse(f"{file} cannot become a campaign", problems)
    if console.json:
        console.document({"campaign": campaign.name, "state": "stopped", "changes": []})
        return
    console.facts({"campaign": campaign.name, "state": "stopped"})
    console.say(f"start it with: ringbank campaigns start {campaign.name}")


@campaigns_app.command()
def update(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="Its TOML file.")]
) -> None:
    """Show what the file changes, and apply it to all calls not yet begun.

    Example: ringbank campaigns update tariff-switch.toml
    """
    from campaigns import store
    from campaigns.changes import describe_changes
    from leads.db import writing

    console: Console = ctx.obj
    text, script, campaign = read_file(file, console)
    with writing(console.base()) as connection:
        stored = store.load(connection, campaign.name)
        changes = list(describe_changes(stored.campaign, campaign))
        if script != stored.script:
            changes.append("script: another text")
        problems = store.change(
            connection,
            stored,
            campaign,
            definition=text,
            script=script,
            file=str(file.resolve()),
            now=console.now(),
        )
        refuse(f"{file} cannot be applied", problems)
    if console.json:
        console.document({"campaign": campaign.name, "state": stored.state, "changes": changes})
        return
    for change in changes or ["nothing changes"]:
        console.line(change)


@campaigns_app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List all campaigns.

    Example: ringbank campaigns list
    """
    from campaigns import store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        found = store.load_all(connection)
    console.rows(
        ("name", "state", "mode", "priority", "lists"),
        [
            (s.campaign.name, s.state, s.campaign.mode, s.campaign.priority, s.campaign.lists)
            for s in found
        ],
    )


@campaigns_app.command()
def show(ctx: typer.Context, name: Annotated[str, typer.Argument(help="The campaign.")]) -> None:
    """Print a campaign as it is stored.

    Example: ringbank campaigns show tariff-switch
    """
    from campaigns import store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        stored = store.load(connection, name)
    if console.json:
        console.document(
            {
                "name": name,
                "state": stored.state,
                "file": stored.file,
                "started_at": stored.started_at,
                "definition": stored.definition,
            }
        )
        return
    console.say(f"{name} is {stored.state}; its file was {stored.file}")
    console.line(stored.definition.rstrip())


def explain(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="As written, or E.164.")],
    campaign: Annotated[str, typer.Option("--campaign", help="For which campaign.")],
    at: Annotated[
        str | None,
        typer.Option("--at", help="At which moment; without an offset: the person's own time."),
    ] = None,
) -> None:
    """Tell which rule allows or forbids a call to a number at a moment.

    Leaves with 0 when the call is allowed and with 3 when it is not.

    Example: ringbank explain +4721000001 --campaign tariff-switch --at 2026-12-01T18:30
    """
    from campaigns.explain import explain_number
    from campaigns.gates import explain_document
    from campaigns.rules.words import NO_HOURS, statutory_hours
    from campaigns.rules_in_force import laws_of
    from leads.db import reading

    console: Console = ctx.obj
    laws = laws_of(console)
    with reading(console.base()) as connection:
        decision, facts = explain_number(
            connection,
            number,
            campaign,
            at=at,
            now=console.now(),
            region=console.region(),
            registries=console.settings().registries,
            laws=laws,
        )
    document = explain_document(decision, facts)
    if console.json:
        console.document(document)
    else:
        verdict = "may be called" if decision.callable else "may not be called"
        clocks = ", ".join(
            f"{facts.now.astimezone(ZoneInfo(zone)):%a %H:%M} in {zone}" for zone in facts.zones
        )
        at_moment = f"{_utc(facts.now)} ({clocks or 'its time zone is not known'})"
        console.line(f"{facts.number} {verdict} for {campaign} at {at_moment}")
        for refusal in decision.refusals:
            until = f", until {_utc(refusal.until)}" if refusal.until else ""
            console.line(f"  {refusal.gate}: {refusal.why}{until} ({refusal.source})")
        for place in facts.law.placing.places:
            if not statutory_hours(laws.book.of_place(place), facts.now.date()):
                console.line(f"  {NO_HOURS} for {place}")
    if not decision.callable:
        raise typer.Exit(NOT_CALLABLE)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def read_file(file: Path, console: Console) -> "tuple[str, str | None, Campaign]":
    """Return the text of a campaign file, of its script, and the campaign they define.

    Raises:
        UsageError: a file cannot be read, or the definition cannot be used.
    """
    from campaigns.definition import read_definition

    text = _read(file, "campaign file")
    trunks = console.settings().trunks
    campaign = usable(f"{file} is no usable campaign", read_definition(text, trunks=list(trunks)))
    if campaign.caller_id not in trunks[campaign.trunk]:
        allowed = ", ".join(trunks[campaign.trunk])
        why = f"{campaign.caller_id} is not among those of trunk {campaign.trunk!r}: {allowed}"
        refuse(f"{file} is no usable campaign", [Problem(where="caller_id", why=why)])
    script = _read(file.parent / campaign.script, "script") if campaign.script else None
    return text, script, campaign


def _read(file: Path, what: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"the {what} {file} cannot be read ({error.strerror}); check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the {what} {file} is not UTF-8; save it as UTF-8") from error
