"""Who of the agents gets whom, and whom the calls in flight leave free; touches nothing.

A call counts on an agent from the moment at which it is placed: whoever answers must find
somebody who has the skills of the campaign. Where more people are called than there are
agents, only as many of the calls count as there are agents for: the ones beyond are surplus,
and take nobody away from another campaign.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from campaigns.model import FOR_READY_AGENTS, AgentState
from campaigns.store import StoredCampaign
from dialer.agent import Agent, longest_waiting, speaks
from dialer.call import CallState
from dialer.live import LiveCall
from dialer.matching import Seats, has_skills

BEFORE_AGENT = frozenset(CallState) - {
    CallState.JOINING,
    CallState.TALKING,
    CallState.SORRY,
    CallState.ASIDE,
    CallState.ENDED,
}
"""States of a call that may yet need a ready agent."""

WITH_AGENT = (CallState.JOINING, CallState.TALKING)
"""States of a call that takes up the agent who was chosen for it."""


def needs_ready_agent(live: LiveCall) -> bool:
    """Tell whether a call may yet need any agent who is ready.

    Whoever had the person called is its one agent. In a broadcast nobody counts on an agent
    who has not asked for one.
    """
    if live.dialler is not None or live.call.state not in BEFORE_AGENT:
        return False
    return live.attempt.mode in FOR_READY_AGENTS or live.call.state is CallState.WAITING


@dataclass(frozen=True, slots=True)
class Giving:
    """The calls and agents of one moment.

    Attributes:
        calls: by channel id.
        agents: by id.
        barred: pairs of agent and campaign that do not go together yet.
        leaving: agents who want to go, and since when.
    """

    calls: Mapping[str, LiveCall]
    agents: Mapping[int, Agent]
    barred: Collection[tuple[int, int]]
    leaving: Mapping[int, datetime] = field(default_factory=dict)

    def may_take(self, stored: StoredCampaign, agent: Agent) -> bool:
        """Tell whether an agent may take the calls of a campaign."""
        return has_skills(agent, stored.campaign) and (agent.agent_id, stored.id) not in self.barred

    def needy(self) -> list[LiveCall]:
        """Return the calls in flight that may yet need an agent who is ready now."""
        return [live for live in self.calls.values() if needs_ready_agent(live)]

    def seats(self, agent_ids: Collection[int]) -> Seats:
        """Return some agents as seats, those taken that the calls in flight need."""
        seats = Seats(self.agents[agent_id] for agent_id in agent_ids)
        self._fill(seats, self.needy())
        return seats

    def can_spare(self, agent_id: int, *, placed_by: datetime | None = None) -> bool:
        """Tell whether all calls that can be served are so without an agent too.

        Only those count that were placed by a moment, if one is given: whoever is called later
        is called for others.
        """
        needy = [
            live for live in self.needy() if placed_by is None or live.call.placed_at <= placed_by
        ]
        return self._served(needy, without=agent_id) == self._served(needy)

    def agent_for(self, live: LiveCall) -> Agent | None:
        """Return who gets an answered call, or None while there is nobody.

        Whoever had it dialled, whoever promised it, or else the longest waiting of those who
        have the skills and speak the language; somebody without the language rather than
        nobody. Whoever promised a call that is still ringing is kept for it while there is
        another, and whoever wants to go is spared a call that was placed since.
        """
        if live.dialler is not None:
            return self._dialler_of(live)
        if live.owner_id is not None:
            owner = self.agents.get(live.owner_id)
            if owner is not None and owner.state is AgentState.READY:
                return owner
        kept = {
            other.owner_id
            for other in self.calls.values()
            if other is not live and other.call.state in BEFORE_AGENT
        }
        able = [
            one
            for one in self.agents.values()
            if one.state is AgentState.READY and self.may_take(live.stored, one)
        ]
        able = [one for one in able if self._is_there_for(one, live)] or able
        free = [one for one in able if one.agent_id not in kept]
        fluent = [one for one in free if speaks(one, live.attempt.language)]
        return self._least_missed(fluent or free or able, live)

    def talks(self, agent_id: int | None) -> bool:
        """Tell whether somebody is on an agent's line, or being moved there."""
        return any(
            live.call.agent_id == agent_id and live.call.state in WITH_AGENT and not live.moved
            for live in self.calls.values()
        )

    def dialled_by(self, agent_id: int) -> list[LiveCall]:
        """Return the calls that an agent had dialled and waits for."""
        return [
            live
            for live in self.calls.values()
            if live.dialler == agent_id and live.call.state in BEFORE_AGENT
        ]

    def _is_there_for(self, agent: Agent, live: LiveCall) -> bool:
        since = self.leaving.get(agent.agent_id)
        return since is None or live.call.placed_at <= since

    def _dialler_of(self, live: LiveCall) -> Agent | None:
        """Return the agent who had a person called, while they wait for nobody else."""
        agent = self.agents.get(live.dialler or 0)
        waits = agent is not None and agent.state in (AgentState.DIALING, AgentState.TALKING)
        return agent if waits and not self.talks(live.dialler) else None

    def _least_missed(self, able: Collection[Agent], live: LiveCall) -> Agent | None:
        """Return the longest waiting of those without whom most other calls can be served.

        Whoever waits goes before whoever may yet answer.
        """
        others = [one for one in self.needy() if one is not live]
        if not any(one.stored.campaign.skills for one in others) and not self.barred:
            return longest_waiting(able)
        waiting = [one for one in others if one.call.state is CallState.WAITING]
        alike: dict[tuple[object, ...], tuple[int, int]] = {}
        for one in able:
            if (kind := self._kind(one)) not in alike:
                alike[kind] = (
                    self._served(waiting, without=one.agent_id),
                    self._served(others, without=one.agent_id),
                )
        most = max(alike.values(), default=None)
        return longest_waiting(one for one in able if alike[self._kind(one)] == most)

    def _kind(self, agent: Agent) -> tuple[object, ...]:
        """Return what agents have in common who may take the same calls."""
        shut_out = frozenset(campaign for who, campaign in self.barred if who == agent.agent_id)
        return agent.skills, shut_out

    def _served(self, calls: Collection[LiveCall], *, without: int | None = None) -> int:
        """Return how many calls the ready agents can serve, but for one of them."""
        seats = Seats(
            agent
            for agent in self.agents.values()
            if agent.state is AgentState.READY and agent.agent_id != without
        )
        return self._fill(seats, calls)

    def _fill(self, seats: Seats, calls: Collection[LiveCall]) -> int:
        """Take a seat for each call while there is one; return how many were taken."""
        campaigns = {live.stored.id: live.stored for live in calls}
        counts = Counter(live.stored.id for live in calls)
        return sum(
            seats.take_up_to(count, partial(self.may_take, campaigns[campaign_id]))
            for campaign_id, count in counts.items()
        )
