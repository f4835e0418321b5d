"""The commands of ``ringbank leads`` that have to know of calls; they join those of `leads`."""

from typing import Annotated

import typer

from leads.commands import leads_app
from leads.console import Console

__all__ = ["leads_app"]


@leads_app.command("count")
def count_leads(
    ctx: typer.Context,
    where: Annotated[
        str | None,
        typer.Option(metavar="FILTER", help="Only those it means; see docs/segments.md."),
    ] = None,
) -> None:
    """Count the leads, numbers and lists of the base, or the leads that a filter means.

    Example: ringbank leads count --where 'phone starts with "+47" and not suppressed'
    """
    from dataclasses import asdict

    from campaigns import segment
    from leads import store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        if where is None:
            console.facts(asdict(store.count(connection)))
            return
        found = segment.count(connection, where, now=console.now())
    console.facts({"where": where, "leads": found})


@leads_app.command("undo")
def undo_import(
    ctx: typer.Context,
    import_id: Annotated[
        int, typer.Argument(metavar="IMPORT", help="Its id, as lists show names it.")
    ],
) -> None:
    """Take an import back, as long as nobody of it has been called.

    Example: ringbank leads undo 1
    """
    from dataclasses import asdict

    from campaigns.undo import undo
    from leads.db import writing

    console: Console = ctx.obj
    with writing(console.base()) as connection:
        undone = undo(connection, import_id, now=console.now())
    console.facts(asdict(undone))
