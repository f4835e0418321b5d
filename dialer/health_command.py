"""``ringbank health``: whether anything is dialled that should be; for monitoring."""

from typing import TYPE_CHECKING

import typer

from leads.console import Console

if TYPE_CHECKING:
    from dialer.health import Health

_NOT_WELL = 1


def health(ctx: typer.Context) -> None:
    """Tell whether something can be dialled; if nothing can, why not.

    Leaves with 0 when a running campaign can dial, or nothing is to be dialled; else with 1.

    Example: ringbank health
    """
    from dialer.health import unknown
    from dialer.health_check import check, looking
    from leads.errors import DatabaseError

    console: Console = ctx.obj
    try:
        with looking(console.base()) as connection:
            found = check(connection, console.settings().engine, now=console.now())
    except DatabaseError as error:
        if not console.json:
            raise
        console.document(unknown("base", str(error)).document())
        raise typer.Exit(_NOT_WELL) from error
    if console.json:
        console.document(found.document())
    else:
        _print(console, found)
    if not found.ok:
        raise typer.Exit(_NOT_WELL)


def _print(console: Console, found: "Health") -> None:
    if found.dialling:
        console.line(f"ok: {', '.join(found.dialling)} can be dialled")
    else:
        console.line("ok: nothing is to be dialled" if found.ok else "nothing can be dialled")
    for name, why in found.held.items():
        console.folded("  ", f"{name}: {why}")
    for warning in found.warnings:
        console.folded("  ", warning)
