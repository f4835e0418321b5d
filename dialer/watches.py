"""Supervisors' lines at an engine's talks: where each is, and how it comes home.

A supervisor who is logged in as an agent uses the line of their room, which goes back there;
anybody else's telephone is rung, and hung up at the end of the talk.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.model import AgentState
from campaigns.supervisions import SupervisionKind
from dialer import actions
from dialer.agent import Agent
from dialer.live import Work
from dialer.recovery import Place
from dialer.switchboard import Switchboard

K = SupervisionKind
_CONTEXTS: Mapping[K, str] = {
    K.LISTEN: "ringbank-listen",
    K.WHISPER: "ringbank-whisper",
    K.JOIN: "ringbank-step-in",
    K.TAKE: "ringbank-agent-line",
}
"""Where a supervisor's line has to be for what they do."""

OVER = "the talk is over"


def is_away(place: Place, agent_id: int) -> bool:
    """Tell whether a line is at somebody's talk, and not in the room of its own agent."""
    at_home = (place.context, place.extension) == place_of(K.TAKE, agent_id, agent_id)
    return place.context in _CONTEXTS.values() and not at_home


@dataclass(slots=True, kw_only=True)
class Watch:
    """A supervisor's line at one talk, or on its way there.

    Attributes:
        row: in `supervisions`.
        call: the channel id of the person's call.
        agent_id: in whose room the talk is.
        request: the command that waits for it, or None.
        began: the line is where it should be.
    """

    row: int
    kind: SupervisionKind
    call: str
    agent_id: int
    supervisor: Agent
    channel_id: str
    request: int | None = None
    began: bool = False


def place_of(kind: SupervisionKind, agent_id: int, supervisor_id: int) -> tuple[str, str]:
    """Return context and extension where a supervisor's line has to be."""
    room = supervisor_id if kind is K.TAKE else agent_id
    return _CONTEXTS[kind], actions.room_of(room)


class Watches:
    """The lines of all who are at somebody's talk."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._by_supervisor: dict[int, Watch] = {}
        self.homing: set[int] = set()
        """Agents whose line is on its way back to their room."""

    def __iter__(self) -> Iterator[Watch]:
        return iter(tuple(self._by_supervisor.values()))

    def of(self, supervisor_id: int) -> Watch | None:
        """Return where a supervisor is, or None."""
        return self._by_supervisor.get(supervisor_id)

    def at(self, call: str) -> list[Watch]:
        """Return who is at a talk, who came first before the others."""
        return [watch for watch in self if watch.call == call]

    def of_line(self, channel_id: str) -> Watch | None:
        """Return the supervisor whose line a channel is, or None."""
        return next((watch for watch in self if watch.channel_id == channel_id), None)

    def add(self, watch: Watch) -> None:
        """Note that a supervisor's line is at a talk, or on its way."""
        self._by_supervisor[watch.supervisor.agent_id] = watch

    def remove(self, watch: Watch) -> None:
        """Note no more than that the line is at no talk."""
        self._by_supervisor.pop(watch.supervisor.agent_id, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._by_supervisor.clear()

    def begin(self, watch: Watch, work: Work, *, now: datetime) -> None:
        """Take in that a line is where it was sent."""
        watch.began = True
        work.supervised.append((watch.row, {"began_at": now}))
        work.helped.append((watch.agent_id, watch.supervisor.agent_id))
        if watch.request is not None:
            work.answers.append((watch.request, None))
            watch.request = None

    def forget(self, watch: Watch, work: Work, *, why: str, now: datetime) -> None:
        """Take in that a line is at the talk no more, and answer who waits for it."""
        self.remove(watch)
        ended: dict[str, object] = {"ended_at": now}
        if not watch.began:
            ended["detail"] = why
        work.supervised.append((watch.row, ended))
        if watch.request is not None:
            work.answers.append((watch.request, why))

    def dismiss(self, watch: Watch, work: Work, *, now: datetime) -> None:
        """Send a supervisor's line home, or hang it up."""
        self.forget(watch, work, why=OVER, now=now)
        if not self.is_of_agent(watch.channel_id):
            work.actions.append(actions.hang_up(watch.channel_id))
        elif watch.kind is not K.TAKE:  # that one is on its way already
            self.send_home(watch.supervisor.agent_id, work)

    def is_of_agent(self, channel_id: str) -> bool:
        """Tell whether a line is that of an agent who is logged in.

        One that was rung for a talk is so too, once its supervisor took somebody over and
        stays.
        """
        agent = self._board.floor.of_line(channel_id)
        return agent is not None and agent.state is not AgentState.OUT

    def send_home(self, agent_id: int, work: Work) -> None:
        """Have an agent's line go back into its own room."""
        agent = self._board.floor.agents.get(agent_id)
        if agent is not None and agent.state is not AgentState.OUT and agent.channel_id:
            self.homing.add(agent_id)
            place = place_of(K.TAKE, agent_id, agent_id)
            work.actions.append(actions.move_line(agent.channel_id, place))
