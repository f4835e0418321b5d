"""Who of the agents gets whom, and whom the calls in flight leave free; touches nothing.

A call counts on an agent from the moment at which it is placed: whoever answers must find
somebody who has the skills of the campaign.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from campaigns.model import AgentState, DialMode
from campaigns.store import StoredCampaign
from dialer.agent import Agent, longest_waiting, speaks
from dialer.call import CallState
from dialer.live import LiveCall
from dialer.matching import Seats, has_skills

BEFORE_AGENT = frozenset(CallState) - {
    CallState.JOINING,
    CallState.TALKING,
    CallState.SORRY,
    CallState.ENDED,
}
"""States of a call that may yet need a ready agent."""

WITH_AGENT = (CallState.JOINING, CallState.TALKING)
"""States of a call that takes up the agent who was chosen for it."""


@dataclass(frozen=True, slots=True)
class Giving:
    """The calls and agents of one moment.

    Attributes:
        calls: by channel id.
        agents: by id.
        barred: pairs of agent and campaign that do not go together yet.
    """

    calls: Mapping[str, LiveCall]
    agents: Mapping[int, Agent]
    barred: Collection[tuple[int, int]]

    def may_take(self, stored: StoredCampaign, agent: Agent) -> bool:
        """Tell whether an agent may take the calls of a campaign."""
        return has_skills(agent, stored.campaign) and (agent.agent_id, stored.id) not in self.barred

    def needy(self) -> list[LiveCall]:
        """Return the calls in flight that may yet need an agent who is ready now."""
        return [
            live
            for live in self.calls.values()
            if live.call.state in BEFORE_AGENT
            and live.stored.campaign.mode is DialMode.PROGRESSIVE
            and live.dialler is None
        ]

    def seats(self, agent_ids: Collection[int]) -> Seats:
        """Return some agents as seats, those taken that the calls in flight need."""
        seats = Seats(self.agents[agent_id] for agent_id in agent_ids)
        for live in self.needy():
            seats.take(partial(self.may_take, live.stored))
        return seats

    def can_spare(self, agent_id: int) -> bool:
        """Tell whether all calls in flight that can be served are so without an agent too."""
        needy = self.needy()
        return self._served(needy, without=agent_id) == self._served(needy)

    def agent_for(self, live: LiveCall) -> Agent | None:
        """Return who gets an answered call, or None while there is nobody.

        Whoever had it dialled, whoever promised it, or else the longest waiting of those who
        have the skills and speak the language; somebody without the language rather than
        nobody. Whoever promised a call that is still ringing is kept for it while there is
        another.
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
        served = {
            one.agent_id: (
                self._served(waiting, without=one.agent_id),
                self._served(others, without=one.agent_id),
            )
            for one in able
        }
        most = max(served.values(), default=None)
        return longest_waiting(one for one in able if served[one.agent_id] == most)

    def _served(self, calls: Collection[LiveCall], *, without: int | None = None) -> int:
        """Return how many calls the ready agents can serve, but for one of them."""
        seats = Seats(
            agent
            for agent in self.agents.values()
            if agent.state is AgentState.READY and agent.agent_id != without
        )
        return sum(seats.take(partial(self.may_take, live.stored)) for live in calls)
