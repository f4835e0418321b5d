"""``ringbank campaigns``: what needs no engine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import UsageError
from leads.problems import Problem, refuse, usable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from campaigns.model import Campaign
    from campaigns.scripts.texts import ScriptTexts

campaigns_app = typer.Typer(no_args_is_help=True, help="Create, change, start and watch campaigns.")


@campaigns_app.command()
def create(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="Its TOML file.")]
) -> None:
    """Store a new campaign; it stands still until it is started.

    Example: ringbank campaigns create tariff-switch.toml
    """
    from campaigns import store
    from campaigns.moving import missing_targets
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
        _refuse_script(console, connection, campaign, script)
        missing = missing_targets(connection, campaign)
    _warn_of_missing(console, missing)
    warn_of_amd(console, campaign)
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
    from campaigns.moving import missing_targets
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
        _refuse_script(console, connection, campaign, script)
        missing = missing_targets(connection, campaign)
    _warn_of_missing(console, missing)
    warn_of_amd(console, campaign)
    if console.json:
        console.document({"campaign": campaign.name, "state": stored.state, "changes": changes})
        return
    for change in changes or ["nothing changes"]:
        console.line(change)


def _refuse_script(
    console: Console, connection: "Connection", campaign: "Campaign", script: "ScriptTexts | None"
) -> None:
    """Refuse a script that cannot be used; say what is strange in one that can."""
    from campaigns.scripts.checking import findings

    found = findings(connection, campaign, script)
    refuse("its script cannot be used", (one for one in found if one.error))
    for one in found:
        console.say(f"the script may be mistaken: {one}")


def _warn_of_missing(console: Console, missing: tuple[str, ...]) -> None:
    for name in missing:
        console.say(
            f"nobody is sent to the campaign {name!r} until there is one; "
            "create it with: ringbank campaigns create FILE"
        )


def warn_of_amd(console: Console, campaign: "Campaign") -> None:
    """Say by which rules a campaign has no time to wait for the verdict of machine detection."""
    from campaigns.amd_law import warnings
    from campaigns.rules_in_force import laws_of
    from leads.db import reading

    if not campaign.amd.before:
        return
    laws = laws_of(console)
    with reading(console.base()) as connection:
        for warning in warnings(connection, campaign, laws, now=console.now()):
            console.say(warning)


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


def read_file(file: Path, console: Console) -> "tuple[str, ScriptTexts | None, Campaign]":
    """Return the text of a campaign file, its script, and the campaign they define.

    Raises:
        UsageError: a file cannot be read, or the definition cannot be used.
    """
    from campaigns.definition import read_definition
    from campaigns.scripts.texts import texts_of

    text = _read(file, "campaign file")
    trunks = console.settings().trunks
    campaign = usable(f"{file} is no usable campaign", read_definition(text, trunks=list(trunks)))
    if campaign.caller_id not in trunks[campaign.trunk]:
        allowed = ", ".join(trunks[campaign.trunk])
        why = f"{campaign.caller_id} is not among those of trunk {campaign.trunk!r}: {allowed}"
        refuse(f"{file} is no usable campaign", [Problem(where="caller_id", why=why)])
    if campaign.script is None:
        return text, None, campaign
    script = texts_of(campaign.script, lambda name: _read(file.parent / name, "script"))
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
