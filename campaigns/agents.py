"""Agents in the base: who they are, what they may and can do, and where they stand."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select

from campaigns.model import AgentState, Role
from campaigns.tables import agents
from leads.errors import UsageError
from leads.names import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An agent as the base holds them.

    Attributes:
        phone: what is rung at their login: E.164 or a channel; None: they dial themselves.
        pause: the code of the pause they are on, or go on after the talk in hand, or None.
        next_state: what follows the talk in hand, or None.
        languages: those they speak, ISO 639; empty where nobody has told.
        engine: the one that keeps their line while they are in.
    """

    id: int
    name: str
    phone: str | None
    roles: frozenset[Role]
    skills: frozenset[str]
    languages: frozenset[str]
    state: AgentState
    since: datetime
    pause: str | None
    next_state: AgentState | None
    engine: str | None
    channel_id: str | None


def add_agent(connection: Connection, name: str, phone: str | None, *, now: datetime) -> None:
    """Add an agent.

    Raises:
        UsageError: the name is taken, or cannot be one.
    """
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise UsageError(
            f"{name!r} cannot be an agent's name; give one without blanks around it, like anna"
        )
    if connection.scalar(select(agents.c.id).where(agents.c.name == name)) is not None:
        raise UsageError(f"an agent {name!r} exists already; choose another name")
    connection.execute(insert(agents).values(name=name, phone=phone, since=now))


def list_agents(connection: Connection) -> tuple[AgentRow, ...]:
    """Return all active agents by name."""
    rows = connection.execute(select(agents).where(agents.c.active == 1).order_by(agents.c.name))
    return tuple(map(_row, rows))


def find_agent(connection: Connection, name: str) -> AgentRow:
    """Return the agent of a name.

    Raises:
        UsageError: there is none.
    """
    known = {row.name: row for row in list_agents(connection)}
    if name not in known:
        hint = did_you_mean(name, known, see="agents list")
        raise UsageError(f"there is no agent {name!r}; {hint}")
    return known[name]


def agent_of(connection: Connection, agent_id: int) -> AgentRow:
    """Return an agent by their id, whether they are active or not."""
    return _row(connection.execute(select(agents).where(agents.c.id == agent_id)).one())


def _row(row: Row[tuple[object, ...]]) -> AgentRow:
    return AgentRow(
        id=row.id,
        name=row.name,
        phone=row.phone,
        roles=frozenset(map(Role, row.roles)),
        skills=frozenset(row.skills),
        languages=frozenset(row.languages),
        state=AgentState(row.state),
        since=row.since,
        pause=row.pause,
        next_state=AgentState(row.next_state) if row.next_state else None,
        engine=row.engine,
        channel_id=row.channel_id,
    )
