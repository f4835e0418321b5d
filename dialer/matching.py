"""Which agents may serve which calls, and how many calls that is at most; pure."""

from collections.abc import Callable, Iterable

from campaigns.model import Campaign
from dialer.agent import Agent

May = Callable[[Agent], bool]


def has_skills(agent: Agent, campaign: Campaign) -> bool:
    """Tell whether an agent can do everything that a campaign asks of its agents."""
    return agent.skills.issuperset(campaign.skills)


class Seats:
    """Agents who are free, each for one call, filled so that as many calls as can be are served.

    A call takes somebody else's agent where that call can do with another one, so that a
    person who is called for an agent who can do everything leaves the specialists free.
    """

    def __init__(self, agents: Iterable[Agent]) -> None:
        self._agents = tuple(agents)
        self._taken: dict[int, May] = {}

    def take(self, may: May) -> bool:
        """Keep an agent for one more call, beside all earlier ones; tell whether there is one.

        Args:
            may: tells whether an agent may serve it.
        """
        if len(self._taken) == len(self._agents):
            return False
        for agent in self._agents:
            if agent.agent_id not in self._taken and may(agent):
                self._taken[agent.agent_id] = may
                return True
        return self._change_places(may, set())

    def take_up_to(self, most: int, may: May) -> int:
        """Keep agents for up to so many more calls; return for how many there are any."""
        taken = 0
        while taken < most and self.take(may):
            taken += 1
        return taken

    def _change_places(self, may: May, seen: set[int]) -> bool:
        for agent in self._agents:
            if agent.agent_id in seen or not may(agent):
                continue
            seen.add(agent.agent_id)
            theirs = self._taken.get(agent.agent_id)
            if theirs is None or self._change_places(theirs, seen):
                self._taken[agent.agent_id] = may
                return True
        return False
