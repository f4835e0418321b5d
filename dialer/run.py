"""``ringbank run``: the engine in the foreground, with a live table on a terminal."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.clock import elapsed_s
from leads.console import Console
from leads.errors import UsageError
from leads.moments import read_moment

if TYPE_CHECKING:
    from rich.table import Table

    from dialer.clock import Clock
    from dialer.config import Config
    from dialer.engine import Engine
    from dialer.progress import Progress

INTERRUPTED = 130
_LINE_EVERY_S = 5.0


def run(
    ctx: typer.Context,
    campaign: Annotated[
        list[str] | None,
        typer.Option("--campaign", metavar="NAME", help="Only this one; repeat it."),
    ] = None,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End once no lead can become callable again.")
    ] = False,
    lab_clock: Annotated[
        str | None,
        typer.Option("--lab-clock", help="In the lab alone: begin at this moment, ISO 8601."),
    ] = None,
) -> None:
    """Run the engine: dial all running campaigns until it is stopped.

    Ctrl-C lets calls in flight come to their end; a second one ends at once.

    Example: ringbank run --campaign tariff-switch --until-done
    """
    from dialer import config as configuration

    console: Console = ctx.obj
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    config = configuration.load(console.config_file, os.environ)
    if run_engine(
        console,
        config,
        only=campaign or [],
        until_done=until_done,
        clock=read_clock(lab_clock),
    ):
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
) -> bool:
    """Run an engine to its end, showing how it fares; return whether it was interrupted."""
    from campaigns import store
    from dialer.engine import Engine
    from leads.db import reading

    with reading(console.base()) as connection:
        for name in only:
            store.load(connection, name)
    with _shown(console) as on_progress:
        engine = Engine(console.base(), config, only=only, clock=clock, on_progress=on_progress)
        with _stopped_by_signals(engine, console) as interrupted:
            engine.run(until_done=until_done)
    if engine.calls_left:
        console.say(f"{engine.calls_left} calls were still in flight; the next start settles them")
    return interrupted()


@contextmanager
def _stopped_by_signals(engine: "Engine", console: Console) -> Iterator[Callable[[], bool]]:
    """Let the first signal stop the engine gracefully and the second one at once."""
    seen: list[int] = []

    def handle(number: int, _: object) -> None:
        seen.append(number)
        if len(seen) == 1:
            engine.stop()
            console.say("stopping: no new calls; once more to end at once")
        else:
            engine.stop_now()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _shown(console: Console) -> "Iterator[Callable[[Progress], None]]":
    """Show progress on stderr: a live table on a terminal, else a line when it changes."""
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
    return [name, str(in_flight), str(connected), others, progress.limits.get(name, "")]
