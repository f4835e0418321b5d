"""``ringbank tasks``: complaints and open matters, until somebody has dealt with them."""

from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.options import Region

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from campaigns.tasks import Task

tasks_app = typer.Typer(
    no_args_is_help=True, help="Add, list and finish what has to be followed up."
)

TaskId = Annotated[int, typer.Argument(metavar="TASK", help="The task, by its number in lists.")]
Due = Annotated[
    str | None,
    typer.Option("--due", metavar="WHEN", help="By when: 2026-12-01T12:00 of yours, 4h or 2d."),
]
Owner = Annotated[str | None, typer.Option("--owner", help="The agent whose it is.")]
Priority = Annotated[int, typer.Option("--priority", help="1, the most urgent, to 5.")]

_COLUMNS = (
    *("task_id", "class", "priority", "due_at", "overdue", "owner", "lead_id", "name", "text"),
    *("created_at", "done_at", "outcome"),
)


@tasks_app.command()
def add(
    ctx: typer.Context,
    kind: Annotated[
        str, typer.Option("--class", metavar="CODE", help="What it is; a code of your own.")
    ],
    text: Annotated[str, typer.Option("--text", help="What the matter is.")],
    lead: Annotated[int | None, typer.Option("--lead", help="Whose it is, by their id.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="Or by their number.")] = None,
    lease: Annotated[str | None, typer.Option("--lease", help="Or by the talk's lease.")] = None,
    attempt: Annotated[int | None, typer.Option("--attempt", help="Or by its attempt.")] = None,
    priority: Priority = 3,
    due: Due = None,
    owner: Owner = None,
    region: Region = None,
) -> None:
    """Add what has to be followed up for a person: a complaint, a technician who did not come.

    Example: ringbank tasks add --lead 1 --class technician --text "Nobody came" --due 2d
    """
    from campaigns import tasks
    from campaigns.leases import known_lease
    from dialer.acting import check_own_lease, refuse_own_only
    from dialer.asking import engine_time
    from leads import lookup
    from leads.db import writing
    from leads.errors import UsageError

    console: Console = ctx.obj
    if sum(one is not None for one in (lead, phone, lease, attempt)) != 1:
        raise UsageError("say whose task it is with one of --lead, --phone, --lease, --attempt")
    if lease is None:
        refuse_own_only(console, "name your talk with --lease")
    now = engine_time(console)
    with writing(console.base()) as connection:
        talk: tuple[int, int | None, int | None]
        if lease is not None:
            held = known_lease(connection, lease)
            if held is None:
                raise UsageError(
                    f"there is no lease {lease!r}; name the person with --lead or --phone"
                )
            check_own_lease(console, lease, held.agent_id)
            talk = (held.lead_id, held.attempt_id, held.campaign_id)
        elif attempt is not None:
            talk = tasks.attempt_of(connection, attempt)
        else:
            text_of = phone if phone is not None else str(lead)
            found = lookup.the_one(connection, text_of, region=console.region_of(region))
            talk = (found, None, None)
        task_id = tasks.add(
            connection,
            tasks.NewTask(
                lead_id=talk[0],
                attempt_id=talk[1],
                campaign_id=talk[2],
                kind=kind,
                text=text,
                priority=priority,
                due_at=_moment(due, now=now),
                owner_id=_owner(connection, owner),
            ),
            by=console.user(),
            now=now,
        )
    console.facts({"task_id": task_id, "lead_id": talk[0], "class": kind})


def _owner(connection: "Connection", name: str | None) -> int | None:
    from campaigns.agents import find_agent

    return None if name is None else find_agent(connection, name).id


def _moment(text: str | None, *, now: "datetime") -> "datetime | None":
    """Return the moment that an option means: how long from now, or on this machine's clock."""
    from datetime import UTC

    from campaigns.fields import parse_duration
    from leads.moments import read_moment

    if text is None:
        return None
    duration = parse_duration(text)
    if duration is not None and duration.days <= _LONGEST_DAYS:
        return now + duration
    return read_moment(text, option="--due").astimezone(UTC)


_LONGEST_DAYS = 3660


@tasks_app.command(name="list")
def list_(
    ctx: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all/--open", help="Those that are done too, or only open ones.")
    ] = False,
    owner: Annotated[str | None, typer.Option("--owner", help="Only this agent's.")] = None,
    kind: Annotated[
        str | None, typer.Option("--class", metavar="CODE", help="Only of this class.")
    ] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those whose time has passed.")
    ] = False,
) -> None:
    """List tasks: overdue ones first, then by priority, then by when they are due.

    Example: ringbank tasks list --owner anna
    """
    from campaigns import tasks
    from dialer.asking import engine_time
    from leads.access import record_look
    from leads.db import reading

    console: Console = ctx.obj
    now = engine_time(console)
    with reading(console.base()) as connection:
        found = tasks.listed(
            connection,
            all_=everything,
            overdue=overdue,
            owner_id=_owner(connection, owner),
            kind=kind,
            now=now,
        )
    record_look(
        console.base(),
        who=console.user(),
        action="tasks list",
        lead_ids=[one.lead_id for one in found if one.lead_id is not None],
        detail={},
        now=now,
    )
    console.rows(_COLUMNS, [_row(one) for one in found])


def _row(task: "Task") -> tuple[object, ...]:
    return tuple(task.kind if name == "class" else getattr(task, name) for name in _COLUMNS)


@tasks_app.command()
def done(
    ctx: typer.Context,
    task: TaskId,
    outcome: Annotated[str | None, typer.Option("--outcome", help="What came of it.")] = None,
) -> None:
    """Say that a task is done.

    Example: ringbank tasks done 1 --outcome "A new day was agreed"
    """
    from campaigns import tasks
    from dialer.asking import engine_time
    from leads.db import writing

    console: Console = ctx.obj
    now = engine_time(console)
    with writing(console.base()) as connection:
        finished = tasks.done(connection, task, outcome=outcome, by=console.user(), now=now)
    console.facts({"task_id": task, "done_at": finished.done_at, "outcome": finished.outcome})


@tasks_app.command()
def move(
    ctx: typer.Context,
    task: TaskId,
    owner: Owner = None,
    due: Due = None,
    priority: Annotated[
        int | None, typer.Option("--priority", help="1, the most urgent, to 5.")
    ] = None,
) -> None:
    """Give an open task another owner, time or priority.

    Example: ringbank tasks move 1 --owner maria --due 4h
    """
    from campaigns import tasks
    from dialer.asking import engine_time
    from leads.db import writing

    console: Console = ctx.obj
    now = engine_time(console)
    with writing(console.base()) as connection:
        moved = tasks.move(
            connection,
            task,
            owner_id=_owner(connection, owner),
            due_at=_moment(due, now=now),
            priority=priority,
            now=now,
        )
    console.facts(
        {
            "task_id": task,
            "owner": moved.owner,
            "due_at": moved.due_at,
            "priority": moved.priority,
        }
    )
