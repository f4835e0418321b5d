"""``ringbank run``: the engine in the foreground, with a live table on a terminal."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.clock import elapsed_s
from leads.console import Console
from leads.errors import RingbankError, TrippedError, UsageError
from leads.moments import read_moment

if TYPE_CHECKING:
    from rich.table import Table
    from sqlalchemy import Engine as Base

    from dialer.clock import Clock
    from dialer.config import Config
    from dialer.engine import Engine
    from dialer.onlooker import Onlooker
    from dialer.progress import Progress

logger = logging.getLogger(__name__)

INTERRUPTED = 130
_LINE_EVERY_S = 5.0


def run(
    ctx: typer.Context,
    campaign: Annotated[
        list[str] | None,
        typer.Option("--campaign", metavar="NAME", help="Only this one; repeat it."),
    ] = None,
    until_done: Annotated[
        bool,
        typer.Option(
            "--until-done",
            help="End once no lead can become callable again; with 4 where a campaign paused itself.",
        ),
    ] = False,
    lab_clock: Annotated[
        str | None,
        typer.Option("--lab-clock", help="In the lab alone: begin at this moment, ISO 8601."),
    ] = None,
    log_pacing: Annotated[
        bool,
        typer.Option("--log-pacing", help="Write on stderr why how many calls are placed."),
    ] = False,
    log_json: Annotated[
        bool,
        typer.Option(
            "--log-json",
            help="Write on stderr a JSON object for each call placed, answered and ended, and all "
            "else that happens; numbers are masked.",
        ),
    ] = False,
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            metavar="[HOST:]PORT",
            help="Serve /metrics for Prometheus and /health there; to this machine alone where "
            "no host is named.",
        ),
    ] = None,
) -> None:
    """Run the engine: dial all running campaigns until it is stopped.

    Ctrl-C or SIGTERM lets calls in flight come to their end, at most for [engine] stop_limit_s; a
    second one ends at once. What is left then is named, and the next start settles it.

    Example: ringbank run --campaign tariff-switch --until-done
    """
    from dialer import config as configuration

    console: Console = ctx.obj
    if log_json:
        from dialer.logs import write_json_lines

        write_json_lines()
    else:
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    if log_pacing:
        logging.getLogger("dialer.pace").setLevel(logging.DEBUG)
    try:
        interrupted = run_engine(
            console,
            configuration.load(console.config_file, os.environ),
            only=campaign or [],
            until_done=until_done,
            clock=read_clock(lab_clock),
            metrics=metrics,
            log_only=log_json,
        )
    except RingbankError as error:
        if not log_json:
            raise
        logger.error("%s", error, extra={"event": "engine_failed"})  # noqa: TRY400 (told in a sentence)
        raise typer.Exit(error.exit_status) from error
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def read_clock(moment: str | None) -> "Clock":
    """Return the clock that shows a moment now, or the machine's own.

    Raises:
        UsageError: the text is no aware moment.
    """
    from dialer.clock import Clock

    if moment is None:
        return Clock()
    parsed = read_moment(moment, option="--lab-clock")
    if parsed.tzinfo is None:
        raise UsageError(f"--lab-clock {moment!r} has no offset; add one, like Z")
    return Clock.set_to(parsed)


def run_engine(
    console: Console,
    config: "Config",
    *,
    only: list[str],
    until_done: bool,
    clock: "Clock",
    metrics: str | None = None,
    log_only: bool = False,
) -> bool:
    """Run an engine to its end, showing how it fares; return whether it was interrupted.

    Args:
        console: where.
        config: the installation.
        only: the campaigns to dial; empty means every running one.
        until_done: end when no lead can become callable again.
        clock: the engine's.
        metrics: where to serve metrics, as `--metrics` has it, or None.
        log_only: whatever is told goes to the log, and nothing is shown.

    Raises:
        RingbankError: the engine cannot run, or campaigns paused themselves.
    """
    from campaigns import store
    from dialer.engine import Engine
    from dialer.finishing import finishing
    from dialer.left import told_of_left
    from dialer.onlooker import Onlooker
    from leads.db import reading

    with reading(console.base()) as connection:
        for name in only:
            store.load(connection, name)
    onlooker = Onlooker(clock)
    say = _log if log_only else console.say
    with (
        _served(say, console.base(), metrics, onlooker, config),
        _shown(console, log_only=log_only) as on_progress,
    ):
        engine = Engine(
            console.base(),
            config,
            only=only,
            clock=clock,
            on_progress=on_progress,
            onlooker=onlooker,
        )
        with _stopped_by_signals(engine, say) as interrupted:
            logger.info("The engine %s begins", config.engine, extra={"event": "engine_started"})
            gc.freeze()  # what is loaded by now stays: looking through it would hold up a turn
            try:
                with finishing(console.base(), config, clock):
                    engine.run(until_done=until_done)
            finally:
                if left := told_of_left(engine.calls_left, engine.callers_left):
                    say(left)
            logger.info("The engine %s ends", config.engine, extra={"event": "engine_stopped"})
    if until_done and engine.tripped and not interrupted():
        raise TrippedError(_told_of_tripped(engine.tripped))
    return interrupted()


def _log(text: str) -> None:
    logger.info("%s", text)


@contextmanager
def _served(
    say: Callable[[str], None],
    base: "Base",
    metrics: str | None,
    onlooker: "Onlooker",
    config: "Config",
) -> Iterator[None]:
    """Serve metrics where that was asked for."""
    if metrics is None:
        yield
        return
    from dialer.metrics_server import read_address, serving

    with serving(read_address(metrics), onlooker, base, engine=config.engine) as address:
        place = f"[{address.host}]" if ":" in address.host else address.host
        open_to = "" if address.is_local else "; whoever reaches it can read them"
        say(f"metrics are at http://{place}:{address.port}/metrics{open_to}")
        yield


def _told_of_tripped(tripped: Mapping[str, str]) -> str:
    told = "; ".join(f"{name} paused itself: {why}" for name, why in tripped.items())
    again = " and ".join(f"ringbank campaigns start {name}" for name in tripped)
    return f"{told}; what was left is not called; once that is mended, go on with: {again}"


@contextmanager
def _stopped_by_signals(
    engine: "Engine", say: Callable[[str], None]
) -> Iterator[Callable[[], bool]]:
    """Let the first signal stop the engine gracefully and the second one at once."""
    seen: list[int] = []

    def handle(number: int, _: object) -> None:
        seen.append(number)
        if len(seen) == 1:
            engine.stop()
            left = len(engine.calls_left) + engine.callers_left
            say(f"stopping: no new calls, {left} in flight; once more to end at once")
        else:
            engine.stop_now()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _shown(console: Console, *, log_only: bool) -> "Iterator[Callable[[Progress], None]]":
    """Show progress on stderr: a live table on a terminal, else a line when it changes."""
    if log_only:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        yield _Lines(console)
        return
    from rich.console import Console as RichConsole
    from rich.live import Live

    with Live(
        console=RichConsole(stderr=True, markup=False, emoji=False), auto_refresh=False
    ) as live:
        yield lambda progress: live.update(table(progress), refresh=True)


class _Lines:
    """Tells progress in plain lines, one in five seconds and only when it is news."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = ""
        self._next_s = 0.0

    def __call__(self, progress: "Progress") -> None:
        words = []
        if progress.ami_down:
            words.append(progress.ami_down)
        for name, outcomes in progress.outcomes.items():
            counts = ", ".join(f"{word} {count}" for word, count in sorted(outcomes.items()))
            limit = progress.limits.get(name)
            words.append(f"{name}: {counts or 'no call yet'}" + (f" ({limit})" if limit else ""))
        told = "; ".join(words)
        if told and told != self._told and elapsed_s() >= self._next_s:
            self._told = told
            self._next_s = elapsed_s() + _LINE_EVERY_S
            self._console.say(told)


def table(progress: "Progress") -> "Table":
    """Return the live table: a row for each campaign, and what limits it."""
    from rich.table import Table

    lines = ", ".join(f"{name} {used}/{most}" for name, (used, most) in progress.trunks.items())
    agents = ", ".join(f"{count} {state}" for state, count in progress.agents.items())
    title = f"lines {lines or 'none'}" + (f" · agents {agents}" if agents else "")
    if progress.lab_clock is not None:
        title += f" · lab clock {progress.lab_clock:%a %Y-%m-%d %H:%M:%S} UTC"
    shown = Table(title=title, title_justify="left", caption=progress.ami_down)
    for heading in ("campaign", "in flight", "connected", "other outcomes", "limited by"):
        shown.add_column(heading)
    for name, in_flight in progress.calls.items():
        shown.add_row(*_row(name, in_flight, progress))
    return shown


def _row(name: str, in_flight: int, progress: "Progress") -> list[str]:
    outcomes: dict[str, Any] = dict(progress.outcomes.get(name, {}))
    connected = outcomes.pop("connected", 0)
    outcomes.pop("open", None)
    others = " ".join(f"{word} {count}" for word, count in sorted(outcomes.items()))
    return [name, str(in_flight), str(connected), others, str(progress.limits.get(name, ""))]
