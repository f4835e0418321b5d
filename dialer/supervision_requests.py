"""Supervision and recordings in the base: what commands ask, and what became of it."""

from datetime import datetime

from sqlalchemy import Connection, select

from campaigns import ledger, recordings, supervisions
from campaigns.agents import AgentRow, active_agent, list_agents
from campaigns.model import AttemptId
from campaigns.supervisions import SupervisionKind
from campaigns.tables import attempts, claims
from dialer import floor
from dialer.agent import Agent
from dialer.live import Work
from dialer.recorder import Recorder
from dialer.requests import Surroundings
from dialer.store import Request, RequestKind
from dialer.supervision import Order, Supervision

KINDS = frozenset({RequestKind.SUPERVISE, RequestKind.END_SUPERVISION, RequestKind.SILENCE})


def obey(
    connection: Connection,
    request: Request,
    supervision: Supervision,
    recorder: Recorder,
    work: Work,
    around: Surroundings,
) -> None:
    """Have a request of one of the `KINDS` done, or answered with why it cannot be."""
    if around.ami_down is not None:
        work.answers.append((request.id, f"Asterisk cannot be reached: {around.ami_down}"))
        return
    if request.kind is RequestKind.SILENCE:
        call = _channel_of(connection, request.attempt_id)
        recorder.silence(request.id, call, work, silent=bool(request.detail["silent"]))
        return
    asker = active_agent(connection, request.agent_id)
    if asker is None:
        work.answers.append((request.id, "whoever asks is no agent any more"))
    elif request.kind is RequestKind.END_SUPERVISION:
        supervision.end(request.id, floor.as_agent(asker), work, now=around.now)
    else:
        order = _order(connection, request, asker)
        supervision.obey(order, work, now=around.now, at_s=around.at_s)


def people(connection: Connection) -> dict[int, Agent]:
    """Return all agents by id, as an engine gets to know them."""
    return {row.id: floor.as_agent(row) for row in list_agents(connection)}


def _order(connection: Connection, request: Request, asker: AgentRow) -> Order:
    assert request.attempt_id is not None
    recorded = recordings.of_attempt(connection, request.attempt_id)
    return Order(
        request=request.id,
        row=int(request.detail["row"]),
        kind=SupervisionKind(request.detail["kind"]),
        call=_channel_of(connection, request.attempt_id),
        supervisor=floor.as_agent(asker),
        owes=_lease_of(connection, asker.id, request.attempt_id),
        to=str(request.detail.get("to", "")),
        silent=recorded is not None and recordings.is_paused(recorded),
        said=_is_said(connection, request.attempt_id),
    )


def _lease_of(connection: Connection, agent_id: int, but: int) -> str | None:
    """Return the lease that somebody holds already, besides that of one call."""
    lease: str | None = connection.scalar(
        select(claims.c.lease).where(
            claims.c.agent_id == agent_id, claims.c.attempt_id.is_distinct_from(but)
        )
    )
    return lease


def _is_said(connection: Connection, attempt_id: int) -> bool:
    """Tell whether the result of a call is given."""
    said = select(attempts.c.disposition_kind).where(attempts.c.id == attempt_id)
    return connection.scalar(said) is not None


def _channel_of(connection: Connection, attempt_id: int | None) -> str:
    return str(
        connection.scalar(select(attempts.c.channel_id).where(attempts.c.id == attempt_id)) or ""
    )


def write(connection: Connection, work: Work, *, now: datetime) -> None:
    """Write what supervisors did, and what became of recordings."""
    for row, values in work.supervised:
        supervisions.note(connection, row, values)
    for agent_id, supervisor_id in work.helped:
        supervisions.end_help(connection, agent_id, by=supervisor_id, now=now)
    for recorded in work.recorded:
        recordings.note(connection, recorded)
    for attempt_id, at, hears in work.silenced:
        recordings.note_pause(connection, attempt_id, at, ends=hears)
    for attempt_id in work.let_go:
        ledger.let_go(connection, AttemptId(attempt_id))
