"""The agents of one engine: in memory while it runs, written through to the base.

`Floor` applies `dialer.agent.advance` to the agents it keeps and remembers what is to be
written and done; the engine writes and does it in its own transaction and order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, update

from campaigns.agents import AgentRow, list_agents
from campaigns.desk_tables import agent_states
from campaigns.model import AgentState
from campaigns.tables import agents
from dialer.agent import IN_A_CALL, Agent, AgentEffect, AgentEvent, advance, longest_waiting
from leads.notices import Subject, notify, to_agent
from leads.sql import insert_if_new


class Floor:
    """The agents who are logged in at one engine."""

    def __init__(self, agents_in: Iterable[Agent] = ()) -> None:
        self.agents: dict[int, Agent] = {agent.agent_id: agent for agent in agents_in}
        self._changed: set[int] = set()
        self._entered: list[Agent] = []

    def tell(
        self, agent_id: int, event: AgentEvent, *, now: datetime, pause: str | None = None
    ) -> tuple[AgentEffect | None, str | None]:
        """Apply an event to an agent; return what is to be done, and why not if refused."""
        agent = self.agents[agent_id]
        step = advance(agent, event, now=now, pause=pause)
        if step.agent != agent:
            self.agents[agent_id] = step.agent
            self._changed.add(agent_id)
        if (step.agent.state, step.agent.since) != (agent.state, agent.since):
            self._entered.append(step.agent)
        return step.effect, step.refusal

    def take_in(self, agent: Agent) -> None:
        """Get to know an agent who wants to log in; whoever is in stays as they are."""
        known = self.agents.get(agent.agent_id)
        if known is None or known.state is AgentState.OUT:
            self.agents[agent.agent_id] = agent

    def learn(self, rows: Iterable[AgentRow]) -> None:
        """Take over what agents can do, which somebody may have changed meanwhile."""
        for row in rows:
            agent = self.agents.get(row.id)
            if agent is not None:
                self.agents[row.id] = replace(agent, skills=row.skills, languages=row.languages)

    def set_line(self, agent_id: int, channel_id: str) -> None:
        """Remember which channel is the agent's own line."""
        self.agents[agent_id] = replace(self.agents[agent_id], channel_id=channel_id)
        self._changed.add(agent_id)

    def of_line(self, channel_id: str) -> Agent | None:
        """Return the agent whose line a channel is."""
        return next((a for a in self.agents.values() if a.channel_id == channel_id), None)

    def ready(self) -> Agent | None:
        """Return the ready agent who has waited longest."""
        return longest_waiting(self.agents.values())

    def count(self, *states: AgentState) -> int:
        """Return how many agents are in one of the states."""
        return sum(agent.state in states for agent in self.agents.values())

    @property
    def staffed(self) -> bool:
        """Tell whether anybody is logged in."""
        return any(agent.state is not AgentState.OUT for agent in self.agents.values())

    def busy(self) -> set[int]:
        """Return the agents of whose talk no result is known yet."""
        return {
            agent.agent_id
            for agent in self.agents.values()
            if agent.state in (AgentState.TALKING, AgentState.WRAP_UP) and not agent.result_given
        }

    def take_changed(self) -> "Changed":
        """Return what has changed since the last time."""
        changed = Changed(
            tuple(self.agents[agent_id] for agent_id in sorted(self._changed)),
            tuple(self._entered),
        )
        self._changed.clear()
        self._entered.clear()
        return changed


@dataclass(frozen=True, slots=True)
class Changed:
    """What is to be written of agents.

    Attributes:
        agents: those who changed, as they stand.
        entered: every state that was entered, in order, as the agent was then.
    """

    agents: tuple[Agent, ...]
    entered: tuple[Agent, ...]

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return bool(self.agents or self.entered)


def write(connection: Connection, engine: str, changed: Changed) -> None:
    """Write agents as they stand, and each state they were in; who is out has no engine."""
    for agent in changed.agents:
        notify(connection, Subject.PEOPLE, to_agent(agent.agent_id))
        is_out = agent.state is AgentState.OUT
        connection.execute(
            update(agents)
            .where(agents.c.id == agent.agent_id)
            .values(
                state=agent.state,
                since=agent.since,
                engine=None if is_out else engine,
                channel_id=None if is_out else agent.channel_id,
                pause=agent.pause,
                next_state=agent.then if agent.state in IN_A_CALL else None,
            )
        )
    if changed.entered:
        connection.execute(
            insert_if_new(connection, agent_states),
            [
                {
                    "agent_id": agent.agent_id,
                    "state": agent.state,
                    "pause": agent.pause if agent.state is AgentState.PAUSED else None,
                    "since": agent.since,
                }
                for agent in changed.entered
            ],
        )


def agents_of(connection: Connection, engine: str) -> tuple[Agent, ...]:
    """Return the agents who were in at an engine when it last wrote."""
    return tuple(
        as_agent(row, channel_id=row.channel_id, state=row.state)
        for row in list_agents(connection)
        if row.engine == engine
    )


def as_agent(
    row: AgentRow, *, channel_id: str | None = None, state: AgentState = AgentState.OUT
) -> Agent:
    """Return an agent as an engine keeps them."""
    return Agent(
        agent_id=row.id,
        name=row.name,
        phone=row.phone,
        state=state,
        since=row.since,
        channel_id=channel_id,
        skills=row.skills,
        languages=row.languages,
        pause=row.pause,
        then=row.next_state or AgentState.READY,
    )
