"""``ringbank db backup`` and ``ringbank db restore``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.commands import db_app
from leads.console import Console
from leads.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from dialer.backup import OnProgress


@db_app.command()
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The new file; none is overwritten.")],
) -> None:
    """Save the whole base in one file, while engines and agents go on, and read it through.

    Example: ringbank db backup ringbank-2026-11-28.backup
    """
    from dialer.backup import back_up

    console: Console = ctx.obj
    with (
        _base(console, must_be_there=True) as base,
        _shown(console, "Saving the base") as on_progress,
    ):
        held = back_up(base, file, on_progress=on_progress)
    console.facts({"file": str(file), "bytes": file.stat().st_size, **held.document()})


@db_app.command()
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `db backup` has made.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="What the base holds now may be lost.")
    ] = False,
) -> None:
    """Put a backup in the place of what the base holds: all of it, or nothing.

    No engine may run on the base. A base that holds data is left alone without --replace.

    Example: ringbank db restore ringbank-2026-11-28.backup
    """
    from dialer.backup import restore as put_back
    from dialer.schema import REVISIONS

    console: Console = ctx.obj
    with (
        _base(console, must_be_there=False) as base,
        _shown(console, "Restoring the base") as on_progress,
    ):
        held = put_back(base, file, replace=replace, now=console.now(), on_progress=on_progress)
    if held.revision != REVISIONS[-1]:
        console.say("an older Ringbank made this backup; now run: ringbank db upgrade")
    console.say(
        "calls and wishes from after the backup are not in it; before an engine dials again see "
        "docs/operations.md"
    )
    console.facts({"file": str(file), **held.document()})


@contextmanager
def _base(console: Console, *, must_be_there: bool) -> "Iterator[Engine]":
    """Give the base of the configuration whatever its schema is, and give it none."""
    from dialer import config
    from leads.db import address_of, connect, file_of

    url = config.load(console.config_file, os.environ).database_url
    address = address_of(url)
    file = None if address is None else file_of(address)
    if must_be_there and file is not None and not file.is_file():  # connecting would make it
        raise UsageError(f"there is no base at {file}; see database.url in the configuration")
    base = connect(url)
    try:
        yield base
    finally:
        base.dispose()


@contextmanager
def _shown(console: Console, what: str) -> "Iterator[OnProgress]":
    with console.progress() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
