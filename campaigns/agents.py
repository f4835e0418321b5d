"""Agents in the base: who they are, what they may and can do, and where they stand.

Who has gone stays here, inactive: the calls they made keep their name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from campaigns.model import AgentState, Role
from campaigns.tables import agents
from campaigns.tokens import hash_of
from leads.errors import UsageError
from leads.names import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An agent as the base holds them.

    Attributes:
        phone: what is rung at their login: E.164 or a channel; None: they dial themselves.
        pause: the code of the pause they are on, or go on after the talk in hand, or None.
        next_state: what follows the talk in hand, or None.
        languages: those they speak, ISO 639-1; empty where nobody has told.
        engine: the one that keeps their line while they are in.
        active: they work here; nobody else can do anything.
        has_token: there is a token by which they prove who they are.
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
    active: bool = True
    has_token: bool = False


def add_agent(
    connection: Connection,
    name: str,
    phone: str | None = None,
    *,
    roles: Collection[Role] = (Role.VOLUNTEER,),
    skills: Collection[str] = (),
    languages: Collection[str] = (),
    token_hash: str | None = None,
    now: datetime,
) -> None:
    """Add an agent.

    Raises:
        UsageError: the name is taken, or cannot be one.
    """
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise UsageError(
            f"{name!r} cannot be an agent's name; give one without blanks around it, like anna"
        )
    taken = connection.execute(select(agents.c.active).where(agents.c.name == name)).one_or_none()
    if taken is not None and not taken.active:
        raise UsageError(
            f"an agent {name!r} worked here before; bring them back with: "
            f"ringbank agents activate {name}, or choose another name"
        )
    if taken is not None:
        raise UsageError(f"an agent {name!r} exists already; choose another name")
    connection.execute(
        insert(agents).values(
            name=name,
            phone=phone,
            roles=sorted(roles),
            skills=sorted(skills),
            languages=sorted(languages),
            token_hash=token_hash,
            since=now,
        )
    )


def list_agents(connection: Connection, *, inactive: bool = False) -> tuple[AgentRow, ...]:
    """Return all active agents by name, and the others, too, where they are asked for."""
    query = select(agents).order_by(agents.c.name)
    if not inactive:
        query = query.where(agents.c.active == 1)
    return tuple(map(_agent, connection.execute(query)))


def agent_name(connection: Connection, agent_id: int | None) -> str | None:
    """Return the name of an agent, active or not, or None for none."""
    name: str | None = connection.scalar(select(agents.c.name).where(agents.c.id == agent_id))
    return name


def find_agent(connection: Connection, name: str) -> AgentRow:
    """Return the active agent of a name.

    Raises:
        UsageError: there is none.
    """
    agent = any_agent(connection, name)
    if not agent.active:
        raise UsageError(has_gone(name))
    return agent


def has_gone(name: str) -> str:
    """Return what is told of an agent who is not active."""
    return (
        f"{name} does not work here any more; bring them back with: ringbank agents activate {name}"
    )


def any_agent(connection: Connection, name: str) -> AgentRow:
    """Return the agent of a name, whether they are active or not.

    Raises:
        UsageError: there is none.
    """
    row = connection.execute(select(agents).where(agents.c.name == name)).one_or_none()
    if row is None:
        known = [agent.name for agent in list_agents(connection)]
        raise UsageError(
            f"there is no agent {name!r}; {did_you_mean(name, known, see='agents list')}"
        )
    return _agent(row)


def agent_of(connection: Connection, agent_id: int) -> AgentRow:
    """Return an agent by their id, whether they are active or not."""
    return _agent(connection.execute(select(agents).where(agents.c.id == agent_id)).one())


def active_agent(connection: Connection, agent_id: int | None) -> AgentRow | None:
    """Return the active agent of an id, or None where there is none."""
    row = connection.execute(
        select(agents).where(agents.c.id == agent_id, agents.c.active == 1)
    ).one_or_none()
    return None if row is None else _agent(row)


def agent_of_token(connection: Connection, token: str) -> AgentRow | None:
    """Return the active agent whom a token belongs to, or None."""
    known = hash_of(token)
    if known is None:
        return None
    row = connection.execute(
        select(agents).where(agents.c.token_hash == known, agents.c.active == 1)
    ).one_or_none()
    return None if row is None else _agent(row)


def has_manager(connection: Connection) -> bool:
    """Tell whether an active manager can prove who they are."""
    return any(Role.MANAGER in agent.roles and agent.has_token for agent in list_agents(connection))


def change_agent(
    connection: Connection, agent_id: int, **values: Collection[str] | str | None
) -> None:
    """Replace what the base holds of an agent.

    Args:
        connection: from `writing`.
        agent_id: whose.
        **values: columns: phone, token_hash, or roles, skills, languages, all of each.
    """
    kept = {
        column: value if value is None or isinstance(value, str) else sorted(value)
        for column, value in values.items()
    }
    connection.execute(update(agents).where(agents.c.id == agent_id).values(kept))


def _agent(row: Row[Any]) -> AgentRow:
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
        active=bool(row.active),
        has_token=row.token_hash is not None,
    )
