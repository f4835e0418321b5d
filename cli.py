"""The command ``ringbank``: its sub-commands put together, its errors made exit statuses.

Nothing is decided here. ``--config`` and ``--json`` are taken out of the words first, so
that they work before and after a sub-command alike.
"""

import gc
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import campaigns.forecast_commands
import campaigns.privacy_commands  # noqa: F401 (they put their commands onto groups)
import dialer.backup_commands
import dialer.roster_commands  # noqa: F401
from campaigns.amd_commands import amd_app
from campaigns.audit_commands import audit
from campaigns.commands import campaigns_app
from campaigns.consent_commands import consents_app
from campaigns.explain_commands import explain
from campaigns.export_commands import export_app
from campaigns.inbound_commands import inbound_app
from campaigns.lead_commands import leads_app
from campaigns.registry_commands import dnc_app
from campaigns.rules_commands import rules_app
from campaigns.scripts.commands import scripts_app
from dialer.agent_commands import agents_app
from dialer.asterisk.commands import asterisk_app
from dialer.callback_commands import callbacks_app
from dialer.commands import db_app
from dialer.demo import demo
from dialer.desk_commands import dial, next_, release, result, skip
from dialer.doctor import doctor
from dialer.draft_commands import drafts_app
from dialer.engine_commands import engines_app
from dialer.health_command import health
from dialer.lab.commands import lab_app
from dialer.lost import given
from dialer.order_commands import orders_app
from dialer.reconcile_commands import reconcile
from dialer.recording_commands import recording_app
from dialer.run import run
from dialer.screen.commands import desk
from dialer.simulate_commands import simulate
from dialer.supervise_commands import supervise_app
from dialer.task_commands import tasks_app
from leads.commands import lists_app
from leads.console import Console
from leads.errors import RingbankError, UsageError
from leads.names import printable_lines
from leads.site import TOKEN_VARIABLE, Actor, Settings, Site

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
    ("scripts", scripts_app),
    ("agents", agents_app),
    ("supervise", supervise_app),
    ("recording", recording_app),
    ("amd", amd_app),
    ("callbacks", callbacks_app),
    ("inbound", inbound_app),
    ("drafts", drafts_app),
    ("orders", orders_app),
    ("tasks", tasks_app),
    ("export", export_app),
    ("rules", rules_app),
    ("lab", lab_app),
    ("asterisk", asterisk_app),
    ("engines", engines_app),
    ("db", db_app),
):
    app.add_typer(group, name=name)
for name, command in (
    ("demo", demo),
    ("run", run),
    ("desk", desk),
    ("next", next_),
    ("result", result),
    ("dial", dial),
    ("skip", skip),
    ("release", release),
    ("explain", explain),
    ("audit", audit),
    ("reconcile", reconcile),
    ("doctor", doctor),
    ("health", health),
    ("simulate", simulate),
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
    # What a command imports stays: looking for rubbish among it would take a tenth of its time.
    gc.set_threshold(50_000)
    if isinstance(sys.stdout, TextIOWrapper):
        # The data is UTF-8 whatever the locale says: names are written in all alphabets.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = invoke(sys.argv[1:] if words is None else words)
    # Ctrl-C in the middle of text that is run as code, as every dataclass is that gets imported,
    # has Python remember to die by the signal in the end, caught or not. The next text makes it
    # forget. Source: `run_eval_code_obj` in CPython's pythonrun.c, and tried with 3.11.
    exec("")  # noqa: S102  (nothing)
    # The process ends: looking through all that was imported for cycles took a fifth of a second.
    gc.freeze()
    sys.exit(code)


def invoke(words: Sequence[str]) -> int:
    """Run one command; return its exit status: 0, 1 world, 2 usage, 3 refused, 4, 130."""
    try:
        console, rest = _surroundings(words)
        code = _exit_status(rest, console)
        if sys.stdout is not None:
            sys.stdout.flush()
    except RingbankError as error:
        print(printable_lines(f"ringbank: {error}"), file=sys.stderr)  # noqa: T201
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
    command = typer.main.get_command(app)
    _guard(command, ())
    try:
        command(list(words), prog_name="ringbank", obj=console)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    finally:
        console.close()
    return 0


def _guard(command: Any, path: tuple[str, ...]) -> None:
    """Have every command below ask for admission once its words are read, before it does a thing.

    Help and wrong usage come before that: they concern nobody's data. A base that is lost
    meanwhile is seen to here, too.
    """
    if hasattr(command, "commands"):
        for name, below in command.commands.items():
            _guard(below, (*path, name))
        return
    invoke_it, command_name = command.invoke, " ".join(path)

    def admitted(ctx: Any) -> Any:
        if _asks_for_token(ctx.obj):
            from dialer.acting import admit

            admit(ctx.obj, command_name)
        return given(command_name, ctx.obj, lambda: invoke_it(ctx))

    command.invoke = admitted


def _asks_for_token(console: Console) -> bool:
    """Tell whether commands are for agents with a token; a configuration without use opens no base."""
    try:
        return console.settings().require_token
    except UsageError:
        return False


def _identify(site: Site) -> Actor | None:
    if not os.environ.get(TOKEN_VARIABLE):
        return None  # nothing heavy for those who have none
    from dialer.acting import identify

    return identify(site, os.environ)


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
        identify=_identify,
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
        require_token=loaded.require_token,
        pauses=loaded.pauses,
        recordings=Path(loaded.recordings) if loaded.recordings else None,
        transfers=loaded.transfers,
    )


if __name__ == "__main__":
    main()
