"""How long an agent was in which state, from the log of their states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, func, select

from campaigns.agents import AgentRow
from campaigns.desk_tables import agent_states
from campaigns.model import AgentState
from leads.sql import insert_if_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A state that an agent came into; it lasts until the next one."""

    state: str
    pause: str | None
    since: datetime


def seconds_in(
    entered: Iterable[Entered], *, since: datetime, now: datetime
) -> dict[tuple[str, str | None], float]:
    """Return how long each state, and each kind of pause, lasted within a span.

    Args:
        entered: in the order of time; the last one before the span counts from its beginning.
        since: the beginning of the span, aware.
        now: its end, aware; the last state lasts until then.
    """
    lasted: dict[tuple[str, str | None], float] = {}
    end_of_all = Entered(state="", pause=None, since=now)
    for one, following in pairwise([*entered, end_of_all]):
        end = min(following.since, now)
        length_s = (end - max(one.since, since)).total_seconds()
        if length_s > 0:
            key = one.state, one.pause
            lasted[key] = lasted.get(key, 0.0) + length_s
    return lasted


def note_rest(connection: Connection, agent: AgentRow, pause: str | None, *, now: datetime) -> None:
    """Write that somebody who dials themselves pauses, or, with None, works again.

    Whoever is on the line has their states from the engine, and nothing is written here.
    """
    if agent.state is not AgentState.OUT:
        return
    connection.execute(
        insert_if_new(connection, agent_states).values(
            agent_id=agent.id,
            state=AgentState.OUT if pause is None else AgentState.PAUSED,
            pause=pause,
            since=now,
        )
    )


def told(
    connection: Connection,
    agent: AgentRow,
    *,
    since: datetime,
    now: datetime,
    pauses: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return an agent's time by state since a moment, the longest first.

    Args:
        connection: to the base.
        agent: whose.
        since: aware.
        now: aware.
        pauses: the code of a pause -> paid or unpaid.
    """
    before = (
        select(func.max(agent_states.c.since))
        .where(agent_states.c.agent_id == agent.id, agent_states.c.since <= since)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(agent_states.c.state, agent_states.c.pause, agent_states.c.since)
        .where(
            agent_states.c.agent_id == agent.id,
            agent_states.c.since >= func.coalesce(before, since),
        )
        .order_by(agent_states.c.since, agent_states.c.id)
    )
    entered = [Entered(state=row.state, pause=row.pause, since=row.since) for row in rows]
    lasted = seconds_in(entered, since=since, now=now)
    return [
        {
            "state": state,
            "pause": pause,
            "paid": pauses.get(pause or ""),
            "seconds": round(seconds),
        }
        for (state, pause), seconds in sorted(lasted.items(), key=lambda one: -one[1])
    ]
