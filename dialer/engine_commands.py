"""``ringbank engines``: the engines of a base, and what one left whose Asterisk is gone for good."""

from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import NotAllowedError, UsageError

if TYPE_CHECKING:
    from dialer.store import EngineRow

engines_app = typer.Typer(
    no_args_is_help=True, help="Engines: which run on this base, and what one left that is gone."
)


@engines_app.command("list")
def list_(ctx: typer.Context) -> None:
    """List the engines of this base, and how many calls of each have no end.

    Example: ringbank engines list
    """
    from dialer.presence import is_alive
    from dialer.store import engine_rows, open_calls
    from leads.db import reading

    console: Console = ctx.obj
    now = console.now()

    def state(row: "EngineRow") -> str:
        if not is_alive(row, now):
            return "stopped" if row.stopped_at is not None else "gone"
        return "runs" if row.finished_by is None else f"finished by {row.finished_by}"

    with reading(console.base()) as connection:
        rows, calls = engine_rows(connection), open_calls(connection)
    console.rows(
        ("name", "state", "host", "pid", "asterisk", "heartbeat_at", "calls_open"),
        [
            (
                row.name,
                state(row),
                row.host,
                row.pid,
                row.asterisk,
                row.heartbeat_at,
                calls.get(row.name, 0),
            )
            for row in rows
        ],
    )


@engines_app.command("give-up")
def give_up(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="An engine that is gone, its Asterisk too.")],
) -> None:
    """Book the calls that an engine left as unknown: its Asterisk will never be asked again.

    Only for a machine that is gone for good. Otherwise start the engine once more, or wait for
    another one that reaches its Asterisk: they learn how each call ended. People whose call
    becomes unknown rest as after any attempt, and can be called again then. Refused, with 3,
    while the engine runs or was there a moment ago.

    Example: ringbank engines give-up oslo
    """
    import os

    from dialer import config
    from dialer.clock import Clock
    from dialer.finishing import give_up as let_go
    from dialer.presence import is_alive
    from dialer.store import engine_row, open_calls
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        gone = engine_row(connection, name)
        left = open_calls(connection).get(name, 0)
    if gone is None:
        raise UsageError(f"no engine {name!r} ever ran on this base; see: ringbank engines list")
    if is_alive(gone, console.now()):
        raise NotAllowedError(
            f"the engine {name!r} runs (process {gone.pid} on {gone.host}); stop it first"
        )
    let_go(console.base(), config.load(console.config_file, os.environ), gone, Clock())
    console.facts({"engine": name, "unknown": left})
