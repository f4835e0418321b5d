"""``ringbank amd``: listen to what machine detection has judged, see how often it is wrong."""

import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.amd import VERDICTS, Heard
from leads.console import Console
from leads.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaigns.amd_samples import Sample

amd_app = typer.Typer(
    no_args_is_help=True, help="Machine detection: judge its verdicts, see how often it is wrong."
)

CampaignOption = Annotated[str | None, typer.Option("--campaign", help="Only this one.")]

_KEYS = {"p": Heard.PERSON, "m": Heard.MACHINE, "u": Heard.UNSURE}
_SKIP, _AGAIN, _QUIT = "s", "a", "q"
_MEANT = {*_KEYS, _SKIP, _AGAIN, _QUIT}


@amd_app.command()
def review(
    ctx: typer.Context,
    attempt: Annotated[int | None, typer.Argument(help="The call that was listened to.")] = None,
    heard: Annotated[
        str | None,
        typer.Option("--heard", metavar="WHAT", help=f"What was heard: {', '.join(VERDICTS)}."),
    ] = None,
    campaign: CampaignOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List the judged and the deleted ones too.")
    ] = False,
    player: Annotated[
        str, typer.Option("--player", metavar="COMMAND", help="What plays a file, its name added.")
    ] = "",
) -> None:
    """Listen to the first seconds of calls, and say what was heard.

    In a terminal one sample after the other is named (with --player played), and one key says
    what it was. Elsewhere they are listed, and --heard says it for one of them.

    Example: ringbank amd review --campaign tariff-switch --player "aplay -q"
    """
    from campaigns import amd_samples, store
    from leads.db import reading

    console: Console = ctx.obj
    if attempt is not None:
        _say(console, attempt, _heard(heard))
        return
    if heard is not None:
        raise UsageError("--heard is said of one call; add its number: ringbank amd review ATTEMPT")
    with reading(console.base()) as connection:
        of = store.load(connection, campaign).id if campaign is not None else None
        found = amd_samples.samples(connection, campaign_id=of, unjudged=not everything)
    at_terminal = all(one.isatty() for one in (sys.stdin, sys.stdout))
    if at_terminal and not console.json and not everything:
        _ask(console, found, player)
        return
    console.rows(
        ("attempt", "campaign", "dialed_at", "verdict", "judged", "by", "file", "delete_on"),
        [
            (
                one.attempt_id,
                one.campaign,
                one.dialed_at,
                one.verdict,
                one.judged,
                one.judged_by,
                one.file and str(_path(console, one.file)),
                one.delete_on,
            )
            for one in found
        ],
    )


@amd_app.command()
def report(ctx: typer.Context, campaign: CampaignOption = None) -> None:
    """Tell the verdicts of each campaign, and how many of its machines were persons.

    The share is of those verdicts that somebody has judged; between low and high the true one
    lies, 95 times of 100; assumed is what audit and budget count with.

    Example: ringbank amd report --campaign tariff-switch
    """
    from campaigns import amd_samples, store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        if campaign is not None:
            known = [store.load(connection, campaign)]
        else:
            known = [one for one in store.load_all(connection) if one.campaign.amd.detect]
        found = [amd_samples.report(connection, one.id, one.campaign.name) for one in known]
    console.rows(
        (
            *("campaign", "person", "machine", "unsure", "judged", "persons", "share", "low"),
            *("high", "assumed", "missed_judged", "missed", "untold", "to_judge"),
        ),
        [
            (
                one.campaign,
                *(one.verdicts.get(verdict, 0) for verdict in VERDICTS),
                one.tested.judged,
                one.tested.persons,
                _rounded(one.tested.share),
                *map(_rounded, one.tested.interval),
                _rounded(one.tested.assumed),
                one.persons_judged,
                one.machines_missed,
                one.untold,
                one.to_judge,
            )
            for one in found
        ],
    )


def _heard(text: str | None) -> Heard:
    if text not in VERDICTS:
        told = "" if text is None else f", not {text!r}"
        raise UsageError(f"say what was heard with --heard {'|'.join(VERDICTS)}{told}")
    return Heard(text)


def _say(console: Console, attempt: int, heard: Heard) -> None:
    from campaigns import amd_samples
    from leads.db import writing

    with writing(console.base()) as connection:
        done = amd_samples.judge(connection, attempt, heard, by=console.user(), now=console.now())
    console.facts({"attempt": attempt, "verdict": done.verdict, "judged": done.judged})


def _ask(console: Console, found: "Sequence[Sample]", player: str) -> None:
    """Ask for each sample what was heard, without telling what the verdict was."""
    if not found:
        console.say("nothing waits to be listened to")
        return
    with _single_keys():
        for number, sample in enumerate(found, 1):
            assert sample.file is not None
            file = _path(console, sample.file)
            console.line(f"{number} of {len(found)}: {sample.campaign}, {file}")
            key = _play_and_ask(console, file, player)
            if key == _QUIT:
                return
            if key in _KEYS:
                _say(console, sample.attempt_id, _KEYS[key])


@contextmanager
def _single_keys() -> "Iterator[None]":
    """Have the terminal hand on each key at once, and none be lost that is typed ahead."""
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin, termios.TCSANOW)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _play_and_ask(console: Console, file: Path, player: str) -> str:
    while True:
        if player:
            _play(console, file, player)
        console.say("p person, m machine, u unsure, s skip, a again, q quit")
        key = _key()
        while key not in _MEANT:
            key = _key()
        if key != _AGAIN:
            return key


def _key() -> str:
    """Return the next key; the end of the input is the wish to quit."""
    return os.read(sys.stdin.fileno(), 1).decode(errors="replace").lower() or _QUIT


def _play(console: Console, file: Path, player: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 (what they ask for, no shell)
            [*shlex.split(player), str(file)], stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, ValueError) as error:
        raise UsageError(f"{player!r} cannot be run ({error}); name another --player") from error
    if done.returncode:
        console.say(f"{player!r} could not play it (exit status {done.returncode})")


def _path(console: Console, file: str) -> Path:
    folder = console.settings().recordings
    return folder / file if folder is not None else Path(file)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
