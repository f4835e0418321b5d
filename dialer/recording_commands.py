"""``ringbank recording``: pauses of a recording, which there are, and their end."""

from typing import Annotated

import typer

from dialer.desk_commands import LeaseName
from leads.console import Console

recording_app = typer.Typer(
    no_args_is_help=True, help="Recordings of talks: pause and resume, list, delete in time."
)


@recording_app.command()
def pause(ctx: typer.Context, lease: LeaseName) -> None:
    """Let the recording of a talk hear nothing, for a card number; done when this returns.

    Example: ringbank recording pause 1f0c9a7be2d4
    """
    _silence(ctx, lease, silent=True)


@recording_app.command()
def resume(ctx: typer.Context, lease: LeaseName) -> None:
    """Let the recording of a talk hear again.

    Example: ringbank recording resume 1f0c9a7be2d4
    """
    _silence(ctx, lease, silent=False)


@recording_app.command(name="list")
def list_(
    ctx: typer.Context,
    campaign: Annotated[str | None, typer.Option("--campaign", help="Only this one.")] = None,
) -> None:
    """List the talks that are recorded, with file, length and the day of their deletion.

    Example: ringbank recording list --campaign tariff-switch
    """
    from campaigns import recordings, store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        of = store.load(connection, campaign).id if campaign is not None else None
        found = recordings.kept(connection, campaign_id=of)
    console.rows(
        ("attempt", "campaign", "agent", "began", "seconds", "pauses", "file", "delete_on"),
        [
            (
                row.attempt_id,
                row.campaign,
                row.agent,
                row.began_at,
                row.seconds,
                len(row.pauses),
                row.file,
                row.delete_on,
            )
            for row in found
        ],
    )


@recording_app.command()
def expire(ctx: typer.Context) -> None:
    """Delete the files whose time is over; that they were there, and went, is kept.

    Needs `recordings` in the section [asterisk] of the configuration: the folder's path.

    Example: ringbank recording expire
    """
    from campaigns import recording_files
    from dialer.asking import engine_time

    console: Console = ctx.obj
    done = recording_files.expire(console, now=engine_time(console))
    console.problems = done.failed > 0
    console.facts({"deleted": done.deleted, "were_gone": done.were_gone, "failed": done.failed})


def _silence(ctx: typer.Context, lease: str, *, silent: bool) -> None:
    from dialer.supervising import SupervisorDesk

    console: Console = ctx.obj
    console.facts(SupervisorDesk(console).silence(lease, silent=silent))
