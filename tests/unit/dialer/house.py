"""A house of agents and callers around one switchboard, for the tests of this folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from campaigns.ledger import Closing
from campaigns.messages import KeyAction, KeyMeaning
from campaigns.messages import Message as BroadcastMessage
from campaigns.model import AgentState, DialMode
from campaigns.store import StoredCampaign
from dialer.actions import Action, room_of
from dialer.agent import AgentEvent
from dialer.call import (
    AgentWanted,
    Call,
    CallState,
    Event,
    HungUp,
    PickedUp,
)
from dialer.floor import Floor
from dialer.live import LiveCall, Work
from dialer.pace import Pacers
from dialer.recovery import Survey, missed
from dialer.switchboard import Switchboard
from dialer.translate import News
from dialer.trunks import Trunk
from tests.unit.campaigns.examples import campaign
from tests.unit.dialer.examples import TRUNK, agent, at, attempt, stored

PROGRESSIVE = stored()
BROADCAST = stored(
    campaign(
        name="reminder", mode=DialMode.BROADCAST, message=BroadcastMessage(sound="tt-allbusy")
    ),
    id=2,
)
PREVIEW = stored(campaign(name="looked-at", mode=DialMode.PREVIEW), id=3)
LOANS = stored(campaign(name="loans", skills=("loans",)), id=4)
PREDICTIVE = stored(campaign(name="ahead", mode=DialMode.PREDICTIVE), id=5)
PRESS_ONE = stored(
    campaign(
        name="asks",
        mode=DialMode.BROADCAST,
        message=BroadcastMessage(
            sound="tt-allbusy", keys={"1": KeyMeaning(action=KeyAction.CONNECT)}
        ),
    ),
    id=6,
)
S = AgentState
ON_PHONE, ON_TRUNK = "PJSIP/{name}", "+4790000{id:03}"


@dataclass
class House:
    """A switchboard and what it wanted done, with a clock that is set by hand."""

    trunks: Mapping[str, Trunk] = field(default_factory=lambda: {"main": TRUNK})
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self._ids = count(1)
        self._numbers = count(1)
        self._requests = count(1)
        self.work = Work()
        self.board = self._new_board()

    def _new_board(self) -> Switchboard:
        return Switchboard(self.trunks, new_id=lambda: str(next(self._ids)), goodbye="vm-goodbye")

    # -- agents

    def login(self, agent_id: int, *, phone: str = ON_PHONE, **abilities: frozenset[str]) -> int:
        name = f"agent-{agent_id}"
        who = agent(agent_id, name, phone=phone.format(name=name, id=agent_id), since_s=self.now_s)
        who = replace(who, **abilities)  # type: ignore[arg-type]
        request = next(self._requests)
        self.board.login(who, request, self.work, now=at(self.now_s), at_s=self.now_s)
        return request

    def ready(self, *agent_ids: int, phone: str = ON_PHONE, **abilities: frozenset[str]) -> None:
        """Have agents log in and ready, one a second."""
        for agent_id in agent_ids:
            self.login(agent_id, phone=phone, **abilities)
            self.line_up(agent_id)
            self.tell(agent_id, AgentEvent.READY)
            self.now_s += 1
        self.work = Work()

    def line(self, agent_id: int) -> str:
        channel_id = self.board.floor.agents[agent_id].channel_id
        assert channel_id is not None
        return channel_id

    def line_up(self, agent_id: int) -> None:
        self.told(News(self.line(agent_id), line=AgentEvent.LINE_UP))

    def line_down(self, agent_id: int) -> None:
        self.told(News(self.line(agent_id), (HungUp(at(self.now_s), 16),), AgentEvent.LINE_DOWN))

    def tell(self, agent_id: int, event: AgentEvent) -> str | None:
        return self.board.tell(agent_id, event, self.work, now=at(self.now_s))

    def state(self, agent_id: int) -> AgentState:
        return self.board.floor.agents[agent_id].state

    # -- calls

    def place(
        self,
        what: StoredCampaign = PROGRESSIVE,
        owner: int | None = None,
        *,
        dialler: int | None = None,
        language: str | None = None,
    ) -> str:
        tried = replace(
            attempt(next(self._numbers), agent_id=dialler),
            dialed_at=at(self.now_s),
            mode=what.campaign.mode,
            language=language,
        )
        call = Call(channel_id=tried.channel_id, placed_at=at(self.now_s))
        self.board.begin(LiveCall(call, tried, what, owner_id=owner), at_s=self.now_s)
        return tried.channel_id

    def preview(self, *agent_ids: int) -> None:
        """Have agents log in and look at somebody."""
        for agent_id in agent_ids:
            self.login(agent_id)
            self.line_up(agent_id)
            self.tell(agent_id, AgentEvent.PREVIEW)
        self.work = Work()

    def dial(self, agent_id: int) -> str:
        """Have the person called whom an agent has chosen."""
        assert self.tell(agent_id, AgentEvent.DIAL) is None
        return self.place(PREVIEW, dialler=agent_id)

    def waiting(
        self,
        what: StoredCampaign = PROGRESSIVE,
        owner: int | None = None,
        language: str | None = None,
    ) -> str:
        """Have somebody answer who now waits for an agent."""
        channel_id = self.place(what, owner, language=language)
        self.hear(channel_id, PickedUp, AgentWanted)
        self.now_s += 0.1
        return channel_id

    def told(self, news: News) -> None:
        self.board.hear(news, self.work, now=at(self.now_s))

    def hear(self, channel_id: str, *kinds: type[Event]) -> None:
        for kind in kinds:
            self.told(News(channel_id, (kind(at(self.now_s)),)))

    def hang_up(self, channel_id: str, cause: int = 16) -> None:
        hung_up = (HungUp(at(self.now_s), cause),)
        self.told(News(channel_id, hung_up, AgentEvent.LINE_DOWN))

    def match(self) -> None:
        self.board.match(self.work, now=at(self.now_s))

    def call_state(self, channel_id: str) -> CallState:
        return self.board.calls[channel_id].call.state

    def wanted(self, *running: StoredCampaign) -> dict[int, int]:
        self.now_s += 2
        pacers = Pacers(self.board, "default")
        return pacers.wanted(running or (PROGRESSIVE,), at_s=self.now_s)

    # -- what was to be done

    def awaited_and_answers(self, request: int) -> tuple[bool, list[tuple[int, str | None]]]:
        return self.board.awaited(request), self.work.answers

    def done(self) -> list[tuple[str, str]]:
        """Return what Asterisk was asked since the last time, tones apart: (what, channel)."""
        asked = [
            (what_of(action), channel_of(action))
            for action in self.work.actions
            if what_of(action) != "tone"
        ]
        self.work.actions.clear()
        return asked

    def tones(self) -> list[str]:
        """Return where tones were to be played so far."""
        return [channel_of(action) for action in self.work.actions if what_of(action) == "tone"]

    def closing(self) -> Closing:
        ((_, closing),) = self.work.closings
        return closing

    @property
    def used(self) -> int:
        return self.board.lines["main"].used

    # -- engines come and go

    def restart(self, channels: Mapping[str, str], marks: Mapping[str, Mapping[str, str]]) -> None:
        """Have a new process take over what the base holds and Asterisk knows."""
        old = self.board
        self.board, self.work = self._new_board(), Work()
        self.board.floor = Floor(
            replace(a, result_given=False)
            for a in old.floor.agents.values()
            if a.state is not S.OUT
        )
        for live in old.calls.values():
            tried = replace(live.attempt, agent_id=live.call.agent_id or live.dialler)
            self.board.adopt(tried, live.stored)
        self.catch_up(channels, marks)

    def catch_up(self, channels: Mapping[str, str], marks: Mapping[str, Mapping[str, str]]) -> None:
        found = Survey(boot="first", channels=channels, marks=marks)
        now = at(self.now_s)
        for live in tuple(self.board.calls.values()):
            events = missed(found, live.call.channel_id, boot="first", at=now, moment=at)
            self.board.apply(live, events, self.work, now=now)
        self.board.keep_lines(channels, self.work, now=now)


def what_of(action: Action) -> str:
    if dict(action.fields).get("Channel", "").startswith("Local/"):
        return "tone"
    if action.name != "Redirect":
        return action.name
    exten = dict(action.fields)["Exten"]
    return f"to room {exten}" if exten.isdigit() else exten


def channel_of(action: Action) -> str:
    fields = dict(action.fields)
    return fields.get("ChannelId") or fields["Channel"]


def room(agent_id: int) -> str:
    return f"to room {room_of(agent_id)}"
