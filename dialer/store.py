"""Engines and what is asked of them, in the base.

A command and an engine are two processes that share nothing but the base: the engine
signs on with a heartbeat, a command writes a request and waits for its answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, union_all, update

from campaigns.call_tables import inbound_contacts
from campaigns.tables import agents, attempts
from dialer.tables import engines, requests
from leads.errors import RingbankError
from leads.notices import Subject, notify

HEARTBEAT_LIMIT = timedelta(seconds=10)
"""An engine that has not shown itself for so long counts as gone."""


class EngineTakenError(RingbankError):
    """Another live engine has this name."""


class RequestKind(StrEnum):
    """What can be asked of a running engine."""

    LOGIN = "login"
    READY = "ready"
    PAUSE = "pause"
    LOGOUT = "logout"
    RESULT = "result"
    PREVIEW = "preview"
    DIAL = "dial"
    SUPERVISE = "supervise"
    END_SUPERVISION = "end_supervision"
    SILENCE = "silence"  # a talk's recording, or let it hear again


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRow:
    """An engine as it last showed itself; moments on the machine's clock.

    Attributes:
        clock_offset: what its clock is ahead of the machine's.
        report: what it says of itself, for `ringbank status`.
        asterisk: host and port of the manager interface that it uses.
        finished_by: the engine whose process has the name, to settle what was left; or None.
    """

    name: str
    token: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None
    clock_offset: timedelta
    report: Mapping[str, object]
    asterisk: str = ""
    finished_by: str | None = None

    def lives(self, now: datetime) -> bool:
        """Tell whether it has shown itself lately and did not sign off."""
        return self.stopped_at is None and now - self.heartbeat_at < HEARTBEAT_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something asked of an engine and not answered yet; `detail` is what its kind needs."""

    id: int
    kind: RequestKind
    agent_id: int | None
    attempt_id: int | None
    detail: Mapping[str, Any]


def engine_rows(connection: Connection) -> tuple[EngineRow, ...]:
    """Return all engines that ever ran on this base, by name."""
    return tuple(map(_engine_row, connection.execute(select(engines).order_by(engines.c.name))))


def engine_row(connection: Connection, name: str, *, lock: bool = False) -> EngineRow | None:
    """Return the engine of a name, or None where none ever ran; `lock` until the commit."""
    asked = select(engines).where(engines.c.name == name)
    row = connection.execute(asked.with_for_update() if lock else asked).one_or_none()
    return None if row is None else _engine_row(row)


def with_something_open(connection: Connection) -> tuple[EngineRow, ...]:
    """Return the engines that have a call without an end, their own or one that came in."""
    ours = select(attempts.c.engine).where(attempts.c.ended_at.is_(None))
    theirs = select(inbound_contacts.c.engine).where(inbound_contacts.c.ended_at.is_(None))
    asked = select(engines).where(engines.c.name.in_(union_all(ours, theirs)))
    return tuple(map(_engine_row, connection.execute(asked.order_by(engines.c.name))))


def open_calls(connection: Connection) -> dict[str, int]:
    """Return by engine how many of its calls have no end."""
    asked = (
        select(attempts.c.engine, func.count().label("calls"))
        .where(attempts.c.ended_at.is_(None), attempts.c.engine.is_not(None))
        .group_by(attempts.c.engine)
    )
    return {row.engine: row.calls for row in connection.execute(asked)}


def engine_of(
    connection: Connection, *, agent_id: int | None, attempt_id: int | None
) -> str | None:
    """Return the engine that has a call, or else keeps an agent's line; None: none does."""
    if attempt_id is not None:
        return connection.scalar(select(attempts.c.engine).where(attempts.c.id == attempt_id))
    return connection.scalar(select(agents.c.engine).where(agents.c.id == agent_id))


def _engine_row(row: Row[Any]) -> EngineRow:
    return EngineRow(
        name=row.name,
        token=row.token,
        host=row.host,
        pid=row.pid,
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
        stopped_at=row.stopped_at,
        clock_offset=timedelta(seconds=row.clock_offset_s),
        report=row.report,
        asterisk=row.asterisk,
        finished_by=row.finished_by,
    )


def sign_on(
    connection: Connection,
    *,
    name: str,
    token: str,
    host: str,
    pid: int,
    clock_offset: timedelta,
    now: datetime,
    asterisk: str = "",
    finished_by: str | None = None,
) -> None:
    """Take the engine's name for this process; whoever had it must be gone.

    `finished_by` is the engine whose process only settles what was left under the name.
    """
    values = {
        "token": token,
        "host": host,
        "pid": pid,
        "started_at": now,
        "heartbeat_at": now,
        "stopped_at": None,
        "clock_offset_s": clock_offset.total_seconds(),
        "report": {},
        "asterisk": asterisk,
        "finished_by": finished_by,
    }
    known = connection.execute(
        select(engines.c.name).where(engines.c.name == name).with_for_update()
    ).one_or_none()
    if known is None:
        connection.execute(insert(engines).values(name=name, **values))
    else:
        connection.execute(update(engines).where(engines.c.name == name).values(**values))
    # Nobody waits any more for what was asked of the process before this one.
    connection.execute(
        update(requests)
        .where(requests.c.engine == name, requests.c.done_at.is_(None))
        .values(done_at=now, answer="the engine was started again; ask once more")
    )


def beat(
    connection: Connection, *, name: str, token: str, report: Mapping[str, object], now: datetime
) -> None:
    """Show that the engine lives, and how it fares.

    Raises:
        EngineTakenError: another process signed on under the name.
    """
    beaten = connection.execute(
        update(engines)
        .where(engines.c.name == name, engines.c.token == token)
        .values(heartbeat_at=now, report=dict(report))
    )
    if beaten.rowcount == 0:
        raise EngineTakenError(
            f"another engine took the name {name!r}; give each its own engine.name"
        )


def sign_off(connection: Connection, *, name: str, token: str, now: datetime) -> None:
    """Tell that the engine stopped by itself."""
    connection.execute(
        update(engines)
        .where(engines.c.name == name, engines.c.token == token)
        .values(stopped_at=now)
    )


def ask(
    connection: Connection,
    engine: str,
    kind: RequestKind,
    *,
    now: datetime,
    agent_id: int | None = None,
    attempt_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> int:
    """Write a request to an engine, which hears of it at once, and return its id."""
    notify(connection, Subject.REQUESTS, engine)
    return int(
        connection.execute(
            insert(requests)
            .values(
                engine=engine,
                kind=kind,
                agent_id=agent_id,
                attempt_id=attempt_id,
                detail=dict(detail or {}),
                asked_at=now,
            )
            .returning(requests.c.id)
        ).scalar_one()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an engine has said to a request.

    Attributes:
        done: it has said something.
        why_not: why what was asked cannot be done, or None.
        by_rule: a rule says no, not the world.
    """

    done: bool
    why_not: str | None
    by_rule: bool


def answer_to(connection: Connection, request_id: int) -> Answer:
    """Return whether a request was answered, and why not done where it was not."""
    row = connection.execute(select(requests).where(requests.c.id == request_id)).one()
    return Answer(done=row.done_at is not None, why_not=row.answer, by_rule=bool(row.by_rule))


def asked(connection: Connection, engine: str) -> tuple[Request, ...]:
    """Return what is asked of an engine, oldest first."""
    rows = connection.execute(
        select(requests)
        .where(requests.c.engine == engine, requests.c.done_at.is_(None))
        .order_by(requests.c.id)
    )
    return tuple(
        Request(
            id=row.id,
            kind=RequestKind(row.kind),
            agent_id=row.agent_id,
            attempt_id=row.attempt_id,
            detail=row.detail,
        )
        for row in rows
    )


def answer(
    connection: Connection,
    request_id: int,
    why_not: str | None,
    *,
    now: datetime,
    by_rule: bool = False,
) -> None:
    """Answer a request: done, or why not; `by_rule` where a rule says no."""
    notify(connection, Subject.ANSWERS, str(request_id))
    connection.execute(
        update(requests)
        .where(requests.c.id == request_id)
        .values(done_at=now, answer=why_not, by_rule=int(by_rule))
    )
