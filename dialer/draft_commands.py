"""``ringbank drafts``: what agents typed of a talk and what was not taken as its result."""

from typing import Annotated

import typer

from leads.console import Console

drafts_app = typer.Typer(
    no_args_is_help=True, help="List and show what was typed of talks and not taken."
)

_COLUMNS = ("lease", "agent", "campaign", "lead", "kept_at", "has_result")


@drafts_app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List the talks of which something was typed that no result holds, the oldest first.

    Example: ringbank drafts list
    """
    from campaigns import drafts
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        found = drafts.listed(connection)
    console.rows(
        _COLUMNS,
        [
            (one.lease, one.agent, one.campaign, one.lead_id, one.kept_at, one.given)
            for one in found
        ],
    )


@drafts_app.command(name="show")
def show(
    ctx: typer.Context,
    lease: Annotated[str, typer.Argument(help="The lease, as `drafts list` names it.")],
) -> None:
    """Show what was typed of one talk; a supervisor gives it with `result --correct`.

    Example: ringbank drafts show 1f0c9a7be2d4
    """
    from campaigns import drafts
    from dialer.asking import engine_time
    from leads.access import record_look
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        draft = drafts.find(connection, lease)
    record_look(
        console.base(),
        who=console.user(),
        action="drafts show",
        lead_ids=[draft.lead_id],
        detail={"campaign": draft.campaign},
        now=engine_time(console),
    )
    console.facts(
        {
            "lease": draft.lease,
            "agent": draft.agent,
            "campaign": draft.campaign,
            "lead": draft.lead_id,
            "kept_at": draft.kept_at,
            "has_result": draft.given,
            **draft.words,
        }
    )
