"""The command ``ringbank``: its sub-commands put together, its errors made exit statuses.

Nothing is decided here. ``--config`` and ``--json`` are taken out of the words first, so
that they work before and after a sub-command alike.
"""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import campaigns.forecast_commands
import campaigns.privacy_commands  # noqa: F401 (they put their commands onto groups)
from campaigns.audit_commands import audit
from campaigns.commands import campaigns_app
from campaigns.consent_commands import consents_app
from campaigns.explain_commands import explain
from campaigns.export_commands import export_app
from campaigns.lead_commands import leads_app
from campaigns.registry_commands import dnc_app
from campaigns.rules_commands import rules_app
from dialer.agent_commands import agents_app
from dialer.asterisk.commands import asterisk_app
from dialer.callback_commands import callbacks_app
from dialer.commands import db_app
from dialer.demo import demo
from dialer.desk_commands import next_, release, result
from dialer.doctor import doctor
from dialer.lab.commands import lab_app
from dialer.recording_commands import recording_app
from dialer.run import run
from dialer.supervise_commands import supervise_app
from leads.commands import lists_app
from leads.console import Console
from leads.errors import RingbankError, UsageError
from leads.site import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

DONE_WITH_PROBLEMS = 4
CONFIG_VARIABLE = "RINGBANK_CONFIG"

app = typer.Typer(
    name="ringbank",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Import lead lists, call them through Asterisk, and keep what every call came to.",
)
for name, group in (
    ("leads", leads_app),
    ("lists", lists_app),
    ("dnc", dnc_app),
    ("consents", consents_app),
    ("campaigns", campaigns_app),
    ("agents", agents_app),
    ("supervise", supervise_app),
    ("recording", recording_app),
    ("callbacks", callbacks_app),
    ("export", export_app),
    ("rules", rules_app),
    ("lab", lab_app),
    ("asterisk", asterisk_app),
    ("db", db_app),
):
    app.add_typer(group, name=name)
for name, command in (
    ("demo", demo),
    ("run", run),
    ("next", next_),
    ("result", result),
    ("release", release),
    ("explain", explain),
    ("audit", audit),
    ("doctor", doctor),
):
    app.command(name=name)(command)


@app.command(name="status")
def status(
    ctx: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every second.")] = False,
) -> None:
    """Show campaigns, agents, calls in flight and outcomes; and why nothing is dialled.

    Example: ringbank status
    """
    from dialer.status import show

    show(ctx.obj, watch=watch)


@app.callback()
def options(
    config: Annotated[
        Path, typer.Option("--config", envvar=CONFIG_VARIABLE, help="The configuration file.")
    ] = Path("config.toml"),
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else.")] = False,
) -> None:
    """Stand for the options that `main` has taken out; they are here to be in the help."""


def main(words: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status."""
    if isinstance(sys.stdout, TextIOWrapper):
        # The data is UTF-8 whatever the locale says: names are written in all alphabets.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(invoke(sys.argv[1:] if words is None else words))


def invoke(words: Sequence[str]) -> int:
    """Run one command; return its exit status: 0, 1 world, 2 usage, 3 refused, 4, 130."""
    try:
        console, rest = _surroundings(words)
        code = _exit_status(rest, console)
        if sys.stdout is not None:
            sys.stdout.flush()
    except RingbankError as error:
        print(f"ringbank: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_status
    except UnicodeEncodeError as error:
        given = repr(error.object)
        print(f"ringbank: {given} holds bytes that are no UTF-8; write it anew", file=sys.stderr)  # noqa: T201
        return UsageError.exit_status
    except OSError as error:
        # Of all files only stdout has nobody who explains its failing where it is written.
        sys.stdout = None  # the rest in its buffer would fail again when Python ends
        if isinstance(error, BrokenPipeError):
            return RingbankError.exit_status  # its reader has seen enough, like `head`
        where = error.filename or "the output"
        print(  # noqa: T201
            f"ringbank: {where} cannot be used ({error.strerror}); free some space there, or "
            "name another place",
            file=sys.stderr,
        )
        return RingbankError.exit_status
    return code or (DONE_WITH_PROBLEMS if console.problems else 0)


def _exit_status(words: Sequence[str], console: Console) -> int:
    """Let Typer run a command; it tells of wrong usage (2) and interruptions (130) itself."""
    try:
        app(list(words), prog_name="ringbank", obj=console)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    return 0


def _surroundings(words: Sequence[str]) -> tuple[Console, list[str]]:
    """Take the global options out of the words, wherever they stand."""
    json = False
    config = os.environ.get(CONFIG_VARIABLE) or "config.toml"
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            rest += [word, *left]
        elif word == "--json":
            json = True
        elif word == "--config":
            config = next(left, "")
        elif word.startswith("--config="):
            config = word.removeprefix("--config=")
        else:
            rest.append(word)
    if not config:
        raise UsageError("--config needs a file; write: --config config.toml")
    file = Path(config)
    console = Console(
        json=json,
        config_file=file,
        opener=lambda: _open_base(file),
        settings=lambda: _settings(file),
    )
    return console, rest


def _open_base(file: Path) -> "Engine":
    from dialer import config, schema

    return schema.open_base(config.load(file, os.environ).database_url)


def _settings(file: Path) -> Settings:
    from dialer import config

    loaded = config.load(file, os.environ)
    return Settings(
        region=loaded.region,
        registries=loaded.registries,
        trunks={name: trunk.caller_ids for name, trunk in loaded.trunks.items()},
        engine=loaded.engine,
        rules_folder=loaded.rules_folder,
        own_rules=loaded.own_rules.document(),
        recordings=Path(loaded.recordings) if loaded.recordings else None,
        transfers=loaded.transfers,
    )


if __name__ == "__main__":
    main()
