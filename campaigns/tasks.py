"""Tasks: what has to be followed up after a talk, until somebody has done it.

A complaint or an open matter has a class of the operator's own, a priority from 1, the most
urgent, to 5, and often a time by which it is due and an agent whose it is.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, case, insert, select, update

from campaigns.cards import refuse_card
from campaigns.desk_tables import tasks
from campaigns.tables import agents, attempts
from leads.errors import NotAllowedError, UsageError
from leads.tables import leads

HIGHEST, LOWEST, USUAL = 1, 5, 3
"""Priorities: the most urgent, the least, and that of a task of which nothing is said."""

_CLASS = re.compile(r"[a-z0-9_]{1,40}")
_LONGEST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What is said of a task when it is added.

    Attributes:
        lead_id: whose matter it is.
        attempt_id: the talk it came up in, or None.
        campaign_id: that of the talk, or None.
        kind: its class, a code of the operator's own.
        owner_id: the agent whose it is, or None: anybody's.
    """

    lead_id: int
    kind: str
    text: str
    priority: int = USUAL
    due_at: datetime | None = None
    owner_id: int | None = None
    attempt_id: int | None = None
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as the base holds it.

    Attributes:
        name: of the person, or None.
        overdue: it is open, and its time has passed.
    """

    task_id: int
    lead_id: int | None
    name: str | None
    kind: str
    priority: int
    text: str
    due_at: datetime | None
    overdue: bool
    owner: str | None
    attempt_id: int | None
    created_at: datetime
    created_by: str
    done_at: datetime | None
    done_by: str | None
    outcome: str | None


def add(connection: Connection, task: NewTask, *, by: str, now: datetime) -> int:
    """Add a task; return its id.

    Args:
        connection: in a writing transaction.
        task: what is said of it.
        by: who adds it.
        now: aware.

    Raises:
        UsageError: the class, the priority, the time or the text cannot be used.
    """
    refuse_card(task.kind, "--class")
    if not _CLASS.fullmatch(task.kind):
        raise UsageError(
            f"{task.kind!r} cannot be a class; write it with a-z, 0-9 and _, like complaint"
        )
    if not HIGHEST <= task.priority <= LOWEST:
        raise UsageError(
            f"the priority {task.priority} is none; write {HIGHEST}, the most urgent, to {LOWEST}"
        )
    _refuse_past(task.due_at, now=now)
    text = checked(task.text, "--text")
    added = connection.execute(
        insert(tasks)
        .values(
            {
                "lead_id": task.lead_id,
                "attempt_id": task.attempt_id,
                "campaign_id": task.campaign_id,
                "class": task.kind,
                "priority": task.priority,
                "text": text,
                "due_at": task.due_at,
                "owner_id": task.owner_id,
                "created_at": now,
                "created_by": by,
            }
        )
        .returning(tasks.c.id)
    )
    return int(added.scalar_one())


def _refuse_past(due_at: datetime | None, *, now: datetime) -> None:
    if due_at is not None and due_at <= now:
        raise UsageError(
            f"--due {due_at:%Y-%m-%d %H:%M %Z} is past; name a time to come, like 4h or 2d, or "
            "leave it out where no time is set"
        )


def checked(text: str, option: str) -> str:
    """Return what somebody wrote, fit to be kept.

    Args:
        text: as typed.
        option: whose value it is, for the error.

    Raises:
        UsageError: it is empty, too long, or holds the number of a payment card.
    """
    text = text.strip()
    if not text:
        raise UsageError(f"{option} is empty; say in a sentence what the matter is")
    if len(text) > _LONGEST:
        raise UsageError(f"{option} is longer than {_LONGEST} letters; write it shorter")
    refuse_card(text, option)
    return text


def attempt_of(connection: Connection, attempt_id: int) -> tuple[int, int, int]:
    """Return whom an attempt was meant for, its id, and its campaign.

    Raises:
        UsageError: there is none.
    """
    row = connection.execute(
        select(attempts.c.lead_id, attempts.c.campaign_id).where(attempts.c.id == attempt_id)
    ).one_or_none()
    if row is None:
        raise UsageError(f"there is no attempt {attempt_id}; see: ringbank leads show")
    return row.lead_id, attempt_id, row.campaign_id


def listed(
    connection: Connection,
    *,
    all_: bool = False,
    overdue: bool = False,
    owner_id: int | None = None,
    kind: str | None = None,
    lead_id: int | None = None,
    now: datetime,
) -> tuple[Task, ...]:
    """Return tasks: overdue ones first, then by priority, then by when they are due.

    Args:
        connection: to the base.
        all_: those that are done as well, after the open ones.
        overdue: only open ones whose time has passed.
        owner_id: only this agent's.
        kind: only of this class.
        lead_id: only this person's.
        now: aware.
    """
    is_overdue = tasks.c.done_at.is_(None) & tasks.c.due_at.is_not(None) & (tasks.c.due_at < now)
    query = _TASKS.order_by(
        case((tasks.c.done_at.is_(None), 0), else_=1),
        case((is_overdue, 0), else_=1),
        tasks.c.priority,
        case((tasks.c.due_at.is_(None), 1), else_=0),
        tasks.c.due_at,
        tasks.c.id,
    )
    if not all_:
        query = query.where(tasks.c.done_at.is_(None))
    if overdue:
        query = query.where(is_overdue)
    wanted = {tasks.c.owner_id: owner_id, tasks.c["class"]: kind, tasks.c.lead_id: lead_id}
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    return _read(connection, query, now=now)


_TASKS = (
    select(tasks, leads.c.name, agents.c.name.label("owner"))
    .outerjoin(leads, leads.c.id == tasks.c.lead_id)
    .outerjoin(agents, agents.c.id == tasks.c.owner_id)
)


def _read(
    connection: Connection, query: Select[*tuple[object, ...]], *, now: datetime
) -> tuple[Task, ...]:
    return tuple(
        Task(
            task_id=row.id,
            lead_id=row.lead_id,
            name=row.name,
            kind=row._mapping["class"],
            priority=row.priority,
            text=row.text,
            due_at=row.due_at,
            overdue=row.done_at is None and row.due_at is not None and row.due_at < now,
            owner=row.owner,
            attempt_id=row.attempt_id,
            created_at=row.created_at,
            created_by=row.created_by,
            done_at=row.done_at,
            done_by=row.done_by,
            outcome=row.outcome,
        )
        for row in connection.execute(query)
    )


def find(connection: Connection, task_id: int, *, now: datetime) -> Task:
    """Return the task of an id.

    Raises:
        UsageError: there is none.
    """
    found = _read(connection, _TASKS.where(tasks.c.id == task_id), now=now)
    if not found:
        raise UsageError(f"there is no task {task_id}; see: ringbank tasks list")
    return found[0]


def done(
    connection: Connection, task_id: int, *, outcome: str | None, by: str, now: datetime
) -> Task:
    """Write that a task is done; return it.

    Args:
        connection: in a writing transaction.
        task_id: which one.
        outcome: what came of it, or None.
        by: who did it.
        now: aware.

    Raises:
        UsageError: there is no such task, or the outcome cannot be used.
        NotAllowedError: it was done before.
    """
    _open(connection, task_id, now=now)
    said = None if outcome is None else checked(outcome, "--outcome")
    connection.execute(
        update(tasks).where(tasks.c.id == task_id).values(done_at=now, done_by=by, outcome=said)
    )
    return find(connection, task_id, now=now)


def move(
    connection: Connection,
    task_id: int,
    *,
    owner_id: int | None,
    due_at: datetime | None,
    priority: int | None,
    now: datetime,
) -> Task:
    """Give an open task another owner, time or priority; None leaves what there is.

    Raises:
        UsageError: there is no such task, the priority is none, or the time is past.
        NotAllowedError: it is done.
    """
    _open(connection, task_id, now=now)
    if priority is not None and not HIGHEST <= priority <= LOWEST:
        raise UsageError(f"the priority {priority} is none; write {HIGHEST} to {LOWEST}")
    _refuse_past(due_at, now=now)
    given = {"owner_id": owner_id, "due_at": due_at, "priority": priority}
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise UsageError("nothing is said to change; add --owner, --due or --priority")
    connection.execute(update(tasks).where(tasks.c.id == task_id).values(**values))
    return find(connection, task_id, now=now)


def _open(connection: Connection, task_id: int, *, now: datetime) -> Task:
    """Return an open task, held against whoever else wants to write it."""
    connection.execute(select(tasks.c.id).where(tasks.c.id == task_id).with_for_update())
    found = find(connection, task_id, now=now)
    if found.done_at is not None:
        raise NotAllowedError(f"the task {task_id} was done by {found.done_by}; add a new one")
    return found


def open_documents(
    connection: Connection, lead_id: int, *, now: datetime
) -> list[dict[str, object]]:
    """Return a person's open tasks as an agent is shown them, the most urgent first."""
    return [
        {
            "id": one.task_id,
            "class": one.kind,
            "priority": one.priority,
            "text": one.text,
            "due_at": one.due_at,
        }
        for one in listed(connection, lead_id=lead_id, now=now)
    ]
