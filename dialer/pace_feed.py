"""What the pacers are told: every step of a call and of an agent once, and what stands.

Nothing here reads a clock, or touches base or Asterisk. A switchboard says which calls there
was news of. `Feed` compares them, and the agents, with what it has told before: the
differences are the events. So nothing is told twice or left out, however the news came in: one
by one, several in a turn, or as what a lost link left behind.

A pacer that is made later (a campaign starts, an engine comes back) is told what stands: the
calls in flight and the agents, each since when it is so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from campaigns.messages import KeyAction
from campaigns.model import FOR_READY_AGENTS, AgentState, DialMode
from campaigns.store import StoredCampaign
from dialer.agent import Agent, comes_back
from dialer.call import CallState
from dialer.live import LiveCall
from dialer.switchboard import Switchboard


def counts_on_agents(stored: StoredCampaign) -> bool:
    """Tell whether people whom a campaign calls may come to need an agent who is ready."""
    campaign = stored.campaign
    if campaign.mode is DialMode.BROADCAST and campaign.message is not None:
        return campaign.message.does(KeyAction.CONNECT)
    return campaign.mode in FOR_READY_AGENTS


def _steps(live: LiveCall, *, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield the steps that a call has taken, in their order, each with its moment."""
    call = live.call
    yield PLACED, call.placed_at
    if call.state is CallState.RINGING:
        yield RINGING, now
    # Who hears a message or is listened to first may need an agent, and may not.
    campaign = live.stored.campaign
    hears_first = campaign.mode is DialMode.BROADCAST or campaign.amd.before
    if call.answered_at is not None and hears_first:
        yield ANSWERED, call.answered_at
    if call.waiting_at is not None:
        yield LIVE, call.waiting_at
    sorry_at, connected_at = call.sorry_at, call.connected_at
    if sorry_at is not None and not (connected_at and connected_at <= sorry_at):
        yield ABANDONED, sorry_at
    elif connected_at is not None and call.agent_id is not None:
        yield CONNECTED, connected_at
    elif call.aside_at is not None:
        yield (MACHINE if call.waiting_at is None else LEFT), call.aside_at
    elif call.state is CallState.ENDED and call.ended_at is not None:
        if call.answered_at is None:
            yield FAILED, call.ended_at
        elif hears_first and call.waiting_at is None:
            yield MACHINE, call.ended_at  # for the pacer: over, and nobody asked for an agent
        else:
            yield LEFT, call.ended_at


@dataclass(frozen=True, slots=True)
class Told:
    """One event, as a pacer is told it.

    Attributes:
        at_s: on the engine's monotonic clock.
        kind: placed, ringing, answered, live, failed, machine, left, abandoned, connected.
        agent: with `connected` alone.
    """

    at_s: float
    kind: str
    call: str
    agent: int | None = None


@dataclass(slots=True)
class Track:
    """A call in flight, as far as it was told.

    Attributes:
        campaign_id: whose call it is.
        chance: how likely it was held to be answered, or None.
        steps: what was told of it, each with the moment at which it was so.
        agent: whom the person talks to, or None.
    """

    campaign_id: int
    chance: float | None = None
    steps: list[Told] = field(default_factory=list)
    agent: int | None = None

    def has(self, kind: str) -> bool:
        """Tell whether a step was told."""
        return any(step.kind == kind for step in self.steps)


PLACED, RINGING, ANSWERED, LIVE = "placed", "ringing", "answered", "live"
CONNECTED, ABANDONED, FAILED, MACHINE, LEFT = "connected", "abandoned", "failed", "machine", "left"
OVER = frozenset({ABANDONED, FAILED, MACHINE, LEFT})

AWAY, READY, WRAP_UP = "away", "ready", "wrapup"
Phase = str | tuple[str]
"""What an agent is to a pacer: away, ready, wrapup, or, as a tuple, the call they talk in."""


@dataclass(slots=True)
class Feed:
    """The calls and agents of one switchboard, as the pacers know them.

    Attributes:
        tracks: the calls in flight that may need an agent, by channel id.
        phases: what each agent is.
        since_s: since when.
    """

    tracks: dict[str, Track] = field(default_factory=dict)
    phases: dict[int, Phase] = field(default_factory=dict)
    since_s: dict[int, float] = field(default_factory=dict)
    _talks: dict[int, str] = field(default_factory=dict)
    _seen: dict[int, tuple[Agent, bool]] = field(default_factory=dict)
    _dirty: set[int] = field(default_factory=set)

    def calls(self, board: Switchboard, *, now: datetime, at_s: float) -> list[tuple[Track, Told]]:
        """Return what is new of the calls, in the order in which it happened.

        Args:
            board: asked for the calls of which there was news.
            now: the moment, aware.
            at_s: the same moment on the monotonic clock.
        """
        new: list[tuple[Track, Told]] = []
        for live in board.take_stirred():
            track = self._track(live)
            if track is None:
                continue
            call_id = live.call.channel_id
            for kind, moment in _steps(live, now=now):
                if track.has(kind) or (kind == ABANDONED and track.agent is not None):
                    continue
                agent = live.call.agent_id if kind == CONNECTED else None
                since_s = at_s - max(0.0, (now - moment).total_seconds())
                if track.steps:  # the network's clock may be another one than ours
                    since_s = max(since_s, track.steps[-1].at_s)
                track.steps.append(Told(since_s, kind, call_id, agent))
                new.append((track, Told(at_s, kind, call_id, agent)))
                if agent is not None:
                    track.agent = agent
                    self._talks[agent] = call_id
                    self._dirty.add(agent)
            if live.call.state is CallState.ENDED:
                self._end(call_id)
        return new

    def agents(self, board: Switchboard, *, now: datetime, at_s: float) -> list[int]:
        """Return the agents who may be something else to a pacer than before, and note what."""
        changed = []
        agents = board.floor.agents
        for agent in agents.values():
            seen = (agent, board.is_leaving(agent.agent_id))
            before = self._seen.get(agent.agent_id)
            same = before is not None and before[0] is agent and before[1] is seen[1]
            if same and agent.agent_id not in self._dirty:
                continue
            self._seen[agent.agent_id] = seen
            phase = self._phase(board, agent)
            if self.phases.get(agent.agent_id) != phase:
                lasts_s = (now - agent.since).total_seconds()
                first = agent.agent_id not in self.phases
                self.since_s[agent.agent_id] = at_s - max(0.0, lasts_s) if first else at_s
                self.phases[agent.agent_id] = phase
            changed.append(agent.agent_id)
        self._dirty.clear()
        return changed

    def _track(self, live: LiveCall) -> Track | None:
        """Return what was told of a call; None: it counts on no agent who is ready."""
        track = self.tracks.get(live.call.channel_id)
        if track is None and live.dialler is None and counts_on_agents(live.stored):
            track = self.tracks[live.call.channel_id] = Track(live.stored.id, live.answer_chance)
        return track

    def _end(self, channel_id: str) -> None:
        track = self.tracks.pop(channel_id)
        if track.agent is not None and self._talks.get(track.agent) == channel_id:
            del self._talks[track.agent]
            self._dirty.add(track.agent)

    def _phase(self, board: Switchboard, agent: Agent) -> Phase:
        """Return what an agent is to a pacer: nobody counts on who wants to go."""
        if board.is_leaving(agent.agent_id):
            return AWAY
        if agent.state is AgentState.READY:
            return READY
        if not comes_back(agent):
            return AWAY
        if agent.state is AgentState.WRAP_UP:
            return WRAP_UP
        talk = board.calls.get(self._talks.get(agent.agent_id, ""))
        # A machine that hears its message, or a person who was moved on, is with them no more.
        if talk is not None and talk.call.state is CallState.TALKING and not talk.moved:
            return (talk.call.channel_id,)
        # Somebody is being moved to them, and waits meanwhile.
        joined = (
            live.call.state is CallState.JOINING
            and live.call.agent_id == agent.agent_id
            and live.call.channel_id in self.tracks
            for live in board.calls.values()
        )
        return READY if any(joined) else AWAY


class Paces(Protocol):
    """What is told to a pacer (`dialer.pacing`)."""

    def observe(
        self,
        now: float,
        kind: str,
        call: str | None = None,
        agent: int | None = None,
        *,
        answer_chance: float | None = None,
        foreign: bool = False,
    ) -> None:
        """Take in an event."""


@dataclass(slots=True)
class Listener:
    """One campaign's pacers, and what they were told.

    Attributes:
        stored: the campaign, as it is now.
        pacers: all are told the same.
        able: the agents who are in and may take its calls.
        calls: those that were told and are with no agent yet.
        agents: what each agent was said to be.
        news: how many events were told.
    """

    stored: StoredCampaign
    pacers: list[Paces]
    able: set[int] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    agents: dict[int, Phase] = field(default_factory=dict)
    news: int = 0

    @property
    def staffed(self) -> bool:
        """Whether somebody is in who has been ready for its calls, on a pause by now or not."""
        return not self.able.isdisjoint(self.agents)

    def hear(self, track: Track, told: Told, phase: Phase, *, related: bool) -> None:
        """Be told a step of a call.

        Args:
            track: the call.
            told: the step.
            phase: what the agent is who is connected with it; away where there is none.
            related: whether a call of another campaign may take an agent of this one.
        """
        if told.kind == PLACED:
            if track.campaign_id == self.stored.id or related:
                self._place(track, told)
        elif told.kind == CONNECTED:
            assert told.agent is not None
            if told.agent in self.able and phase != AWAY:
                if told.call not in self.calls:  # of another campaign, from before they shared it
                    self._place(track, replace(told, kind=PLACED))
                    self._tell(replace(told, kind=LIVE, agent=None))
                self.see(told.agent, (told.call,), told.at_s)
            elif told.call in self.calls:
                # An agent whom this pacer does not count on has the person.
                self._tell(replace(told, kind=LEFT, agent=None))
            self.calls.discard(told.call)
        elif told.call in self.calls:
            self._tell(told)
            if told.kind in OVER:
                self.calls.discard(told.call)

    def see(self, agent_id: int, phase: Phase, at_s: float) -> None:
        """Be told what an agent is now; `phase` away for one who may not take the calls.

        The pacers are told all that leads there from what the agent was.
        """
        before = self.agents.get(agent_id, AWAY)
        if phase == before:
            return
        if phase == WRAP_UP and not isinstance(before, tuple):
            phase = AWAY  # they wrap up a call that this pacer knows nothing of
        if isinstance(before, tuple) and phase != AWAY:
            self._tell(Told(at_s, WRAP_UP, before[0], agent_id))
        if phase not in (AWAY, WRAP_UP) and before != READY:
            self._tell_agent(at_s, READY, agent_id)
        if isinstance(phase, tuple):
            self._tell(Told(at_s, CONNECTED, phase[0], agent_id))
        elif phase == AWAY and before != AWAY:
            self._tell_agent(at_s, AWAY, agent_id)
        self.agents[agent_id] = phase

    def begin(self, feed: Feed, counted: Iterable[str], related: Callable[[int], bool]) -> None:
        """Be told all that stands, in the order in which it came to be so.

        Args:
            feed: what stands.
            counted: own calls whose answer is learned already: they teach nothing more.
            related: tells whether the calls of another campaign may take an agent of this one.
        """
        known = frozenset(counted)
        steps: list[tuple[float, Callable[[], None]]] = []
        for agent_id in self.able:
            phase = feed.phases.get(agent_id, AWAY)
            if phase == READY:
                since_s = feed.since_s[agent_id]
                steps.append((since_s, partial(self.see, agent_id, phase, since_s)))
        for call, track in feed.tracks.items():
            own = track.campaign_id == self.stored.id
            if not own and not related(track.campaign_id):
                continue
            for told in track.steps:
                phase = feed.phases.get(told.agent or 0, AWAY)
                hear = partial(self._hear_again, track, told, phase, taught=call in known)
                steps.append((told.at_s, hear))
        for _, step in sorted(steps, key=lambda one: one[0]):
            step()

    def _hear_again(self, track: Track, told: Told, phase: Phase, *, taught: bool) -> None:
        if told.kind == PLACED:
            self._place(track, told, foreign=taught)
        elif told.kind != CONNECTED or phase == (told.call,):
            self.hear(track, told, phase, related=True)
        else:  # its agent is at something else by now
            self._tell(replace(told, kind=LEFT, agent=None))
            self.calls.discard(told.call)

    def _place(self, track: Track, told: Told, *, foreign: bool = False) -> None:
        foreign = foreign or track.campaign_id != self.stored.id
        self.calls.add(told.call)
        self.news += 1
        for pacer in self.pacers:
            pacer.observe(told.at_s, PLACED, told.call, answer_chance=track.chance, foreign=foreign)

    def _tell(self, told: Told) -> None:
        self.news += 1
        for pacer in self.pacers:
            pacer.observe(told.at_s, told.kind, told.call, told.agent)

    def _tell_agent(self, at_s: float, kind: str, agent_id: int) -> None:
        self.news += 1
        for pacer in self.pacers:
            pacer.observe(at_s, kind, None, agent_id)
