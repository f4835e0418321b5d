"""``ringbank desk``: the interactive screen opened, and left with an exit status."""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import RingbankError, UsageError
from leads.site import Site

if TYPE_CHECKING:
    from dialer.screen.desk_like import DeskLike
    from dialer.screen.seat import Seat


@dataclass(slots=True, kw_only=True)
class ScreenSite(Site):
    """The surroundings of a screen: what is said besides is shown there, not printed over it."""

    heard: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Keep a line until the screen shows it."""
        self.heard.append(text)

    def take(self) -> list[str]:
        """Return what was said since the last time."""
        lines, self.heard = self.heard, []
        return lines


def desk(
    ctx: typer.Context,
    campaign: Annotated[str, typer.Option("--campaign", help="For which campaign.")],
    agent: Annotated[
        str | None,
        typer.Option("--agent", help="Who sits at the desk; with a token you need not say it."),
    ] = None,
) -> None:
    """Take one person after the other on one screen: script, questions, results.

    Everything is done by keys, and the screen names them; docs/desk.md explains it.

    Example: ringbank desk --campaign tariff-switch --agent anna
    """
    from dialer.acting import agent_named

    console: Console = ctx.obj
    if console.json or not all(one.isatty() for one in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError(
            "the desk is a screen and needs a terminal; programs use: ringbank next --json, "
            "and ringbank result"
        )
    site = ScreenSite(
        config_file=console.config_file,
        opener=console.opener,
        settings=console.settings,
        identify=lambda _: console.actor(),
    )
    status = open_screen(site, campaign, agent_named(console, agent))
    if status:
        raise typer.Exit(status)


def open_screen(site: ScreenSite, campaign: str, agent: str) -> int:
    """Show the screen until the agent leaves; return the exit status.

    Raises:
        RingbankError: there is no such campaign or agent, or the screen itself failed.
    """
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]  # they open consoles, files and drivers of whoever sets them
    os.environ |= {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_FPS": "120"}  # drawn within 8 ms
    from campaigns.skips import REASONS
    from dialer.desk import Desk
    from dialer.screen.seat import Seat

    desk = Desk(site)
    desk.standing(campaign, agent)  # told before the screen opens, where it can be read
    seat = Seat(
        campaign=campaign,
        agent=agent,
        since=site.now(),
        pauses=tuple((code, _in_words(code)) for code in site.settings().pauses),
        skips=tuple(REASONS.items()),
    )
    return show(desk, seat, clock=site.now, heard=site.take)


def show(
    desk: "DeskLike",
    seat: "Seat",
    *,
    clock: Callable[[], datetime],
    heard: Callable[[], Sequence[str]],
) -> int:
    """Show a seat until the agent leaves; return the exit status.

    Raises:
        RingbankError: the screen itself failed; the terminal is as it was before.
    """
    from textual.worker import WorkerFailed

    from dialer.screen.app import DeskScreen

    app = DeskScreen(desk, seat, clock=clock, heard=heard)
    status = app.run(mouse=False)
    app.end()
    error: BaseException | None = app._exception  # textual tells it nowhere else
    if isinstance(error, WorkerFailed):
        error = error.error
    if error is not None:
        app.keep_now()
        raise RingbankError(_told(error, seat.campaign, seat.agent)) from error
    return status or 0


def _told(error: BaseException, campaign: str, agent: str) -> str:
    """Return what to tell of a fault of the screen: where it is, and nothing of anybody's data."""
    where = traceback.extract_tb(error.__traceback__)
    last = f" in {where[-1].name}, line {where[-1].lineno}" if where else ""
    return (
        f"the screen failed ({type(error).__name__}{last}); what you typed is kept, start again "
        f"with: ringbank desk --campaign {campaign} --agent {agent}"
    )


def _in_words(code: str) -> str:
    """Return the code of a pause as an operator reads it."""
    return code.replace("_", " ").capitalize()
