"""`ringbank asterisk`: what one's own Asterisk needs to know of Ringbank."""

import os
from pathlib import Path
from typing import Annotated

import typer

from leads.console import Console

asterisk_app = typer.Typer(
    help="Prepare your own Asterisk for Ringbank.", no_args_is_help=True, rich_markup_mode=None
)


@asterisk_app.callback()
def _group() -> None:
    """Prepare your own Asterisk for Ringbank."""


@asterisk_app.command("config")
def config(
    ctx: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Folder to write the fragments to.")
    ],
    username: Annotated[
        str, typer.Option("--username", help="Name of the manager user to create.")
    ] = "dialer",
) -> None:
    """Write the configuration fragments to include in your own Asterisk.

    Example: ringbank asterisk config --output ringbank-asterisk

    The manager user's password is RINGBANK_ASTERISK_SECRET where that is set, else the one
    written to the folder before, else a new random one.
    """
    from dialer.asterisk import fragments

    console: Console = ctx.obj
    secret = (
        os.environ.get("RINGBANK_ASTERISK_SECRET")
        or fragments.written_secret(output)
        or fragments.new_secret()
    )
    paths = fragments.write(output, fragments.render(username=username, secret=secret))
    console.rows(
        ("file", "include_in"),
        [(str(path), path.name.removeprefix("ringbank_")) for path in paths],
    )
    console.say(
        "Copy the files into Asterisk's configuration folder and include each in the file named "
        "beside it, then run: asterisk -rx 'core reload'. The password is in "
        "ringbank_manager.conf; give it to Ringbank as RINGBANK_ASTERISK_SECRET."
    )
