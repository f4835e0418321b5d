"""Calls, agents and lines of one engine in memory, and what follows from what happens.

It is told what happened (`hear`, `apply`, `tell`) and at what moment, and collects in a
`Work` what has to be written and what Asterisk has to be asked, in that order. It reads
no clock and touches neither the base nor Asterisk: `dialer.engine` does that.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from campaigns.ledger import OpenAttempt
from campaigns.model import AgentState, DialMode
from campaigns.store import StoredCampaign
from dialer import actions
from dialer.actions import Action
from dialer.agent import Agent, AgentEffect, AgentEvent, comes_back
from dialer.call import AgentChosen, AgentMissing, Call, CallState, Effect, Event, follow
from dialer.floor import Floor
from dialer.giving import WITH_AGENT, Giving
from dialer.live import LiveCall, Work, closing_of
from dialer.translate import News
from dialer.trunks import Lines, Trunk

_UNANSWERED = frozenset({CallState.PLACED, CallState.DIALING, CallState.RINGING})


class Switchboard:
    """Who is on the line, who waits, who is free."""

    def __init__(
        self, trunks: Mapping[str, Trunk], *, new_id: Callable[[], str], goodbye: str
    ) -> None:
        """Begin with no call and nobody in.

        Args:
            trunks: by name.
            new_id: gives a name that no channel has had.
            goodbye: the sound that ends a talk with somebody who is hostile.
        """
        self.calls: dict[str, LiveCall] = {}
        self.floor = Floor()
        self.lines = {name: Lines(trunk) for name, trunk in trunks.items()}
        self.barred: Collection[tuple[int, int]] = frozenset()
        """Pairs of agent and campaign: newcomers who may not take its calls alone yet."""
        self.returned: dict[int, str] = {}
        """Agent -> the channel of the person who called us, and whom they have."""
        self._new_id = new_id
        self._goodbye = goodbye
        self._line_trunks: dict[str, Lines] = {}
        self._logins: dict[int, int] = {}  # agent -> the request that waits for an answer
        # Agents who go once no call needs them, the code of their pause, since when they want to.
        self._leaving: dict[int, tuple[AgentEvent, str | None, datetime]] = {}
        self._stirred: dict[str, LiveCall] = {}

    # -- calls ----------------------------------------------------------------------

    def begin(self, live: LiveCall, *, at_s: float) -> Action:
        """Take in a call whose intent is written; return the Originate to send now."""
        lines = self.lines[live.attempt.trunk]
        lines.begin(at_s)
        self.calls[live.call.channel_id] = self._stirred[live.call.channel_id] = live
        channel = actions.dial_string(lines.trunk.channel, live.attempt.phone)
        return actions.call(
            live.call.channel_id,
            channel,
            live.stored.campaign,
            goodbye=self._goodbye,
            connect_s=live.connect_s,
            ring_s=live.ring_s,
            record=live.record,
            sample=live.sample,
            sounds=live.sounds,
        )

    def adopt(self, attempt: OpenAttempt, stored: StoredCampaign) -> None:
        """Take over a call that an earlier process of this engine began."""
        if attempt.channel_id in self.calls:
            return
        call = Call(
            channel_id=attempt.channel_id,
            placed_at=attempt.dialed_at,
            agent_id=attempt.agent_id,
        )
        live = LiveCall(call, attempt, stored)
        self.calls[attempt.channel_id] = self._stirred[attempt.channel_id] = live
        if attempt.trunk in self.lines:
            self.lines[attempt.trunk].adopt()

    def hear(self, told: News, work: Work, *, now: datetime) -> None:
        """Take in what a message told of a call or of an agent's line."""
        live = self.calls.get(told.channel_id)
        if live is not None:
            self.apply(live, told.events, work, now=now)
        elif told.line is not None:
            agent = self.floor.of_line(told.channel_id)
            if agent is not None:
                self.tell(agent.agent_id, told.line, work, now=now)
            if told.line is AgentEvent.LINE_DOWN:
                self._release_line(told.channel_id)

    def apply(self, live: LiveCall, events: Iterable[Event], work: Work, *, now: datetime) -> None:
        """Let a call take its next steps, and note what follows from where they end."""
        before = live.call.state
        step = follow(live.call, events)
        live.call = step.call
        self._stirred[live.call.channel_id] = live
        if before is CallState.JOINING and live.call.state is CallState.TALKING:
            self._sound_tone(live.call.agent_id, work)
        match step.effect:
            case Effect.SETTLE:
                self._settle(live, work, now=now)
            case Effect.MOVE_TO_ROOM:
                assert live.call.agent_id is not None
                work.chosen.append((live.attempt, live.call.agent_id))
                move = actions.move_to_room(live.call.channel_id, live.call.agent_id)
                work.actions.append(move)
            case Effect.APOLOGISE:
                work.actions.append(actions.apologise(live.call.channel_id))
            case None:
                pass
        if live.call.state is CallState.SORRY:
            self.free_agent(live.call.agent_id or live.dialler, work, now=now)
        elif live.call.state is CallState.ASIDE and before is not CallState.ASIDE:
            self._set_aside(live, work, now=now)
        elif live.call.state in _UNANSWERED and live.dialler is not None:
            self._call_off(live, work)

    def _set_aside(self, live: LiveCall, work: Work, *, now: datetime) -> None:
        """Free the agent of a call that is a machine's: they have nothing to wrap up."""
        if live.call.agent_id is not None:
            work.aside.append(live.attempt)
            self.free_agent(live.call.agent_id, work, now=now)

    def _sound_tone(self, agent_id: int | None, work: Work) -> None:
        """Tell an agent that somebody has come: not before, so that nobody's move waits for it."""
        agent = self.floor.agents.get(agent_id or 0)
        if agent is not None and agent.channel_id is not None:
            work.actions.append(actions.sound_tone(agent.channel_id))

    def match(self, work: Work, *, now: datetime) -> None:
        """Give whoever waits longest to the agent who has been ready longest.

        Then let those agents go who asked to and are not needed for a call in flight.
        """
        self._match(work, now=now)
        for agent_id, (wish, pause, since) in tuple(self._leaving.items()):
            if self.giving.can_spare(agent_id, placed_by=since):
                del self._leaving[agent_id]
                self._tell(agent_id, wish, work, now=now, pause=pause)

    def _match(self, work: Work, *, now: datetime) -> None:
        waiting = (c for c in self.calls.values() if c.call.state is CallState.WAITING)
        for live in sorted(waiting, key=lambda c: c.call.waiting_at or c.call.placed_at):
            agent = self.giving.agent_for(live)
            if agent is not None:
                self._give(live, agent, work, now=now)

    @property
    def giving(self) -> Giving:
        """The calls and agents of this moment, as it is decided by who gets whom."""
        leaving = {agent_id: since for agent_id, (_, _, since) in self._leaving.items()}
        return Giving(self.calls, self.floor.agents, self.barred, leaving)

    def take_stirred(self) -> list[LiveCall]:
        """Return the calls of which there was news since the last time, in its order."""
        stirred = list(self._stirred.values())
        self._stirred.clear()
        return stirred

    def is_leaving(self, agent_id: int) -> bool:
        """Tell whether an agent who is ready wants to go and is kept for a call in flight."""
        return agent_id in self._leaving

    def ready_agents(self) -> tuple[int, ...]:
        """Return the agents who are ready and do not want to leave."""
        return tuple(
            agent.agent_id
            for agent in self.floor.agents.values()
            if agent.state is AgentState.READY and agent.agent_id not in self._leaving
        )

    def ready_languages(self, stored: StoredCampaign) -> frozenset[str] | None:
        """Return the languages of the agents whom a campaign calls people for; None: any at all.

        They are ready, or where people are called ahead of that, will be. A broadcast is no
        agent's.
        """
        mode = stored.campaign.mode
        if mode is DialMode.BROADCAST:
            return None
        agents = self.floor.agents
        there = [agents[agent_id] for agent_id in self.ready_agents()]
        if mode is DialMode.PREDICTIVE:
            there += [agent for agent in agents.values() if comes_back(agent)]
        able = [agent for agent in there if self.giving.may_take(stored, agent)]
        if not all(agent.languages for agent in able):
            return None
        return frozenset().union(*(agent.languages for agent in able))

    def _give(self, live: LiveCall, agent: Agent, work: Work, *, now: datetime) -> None:
        self.tell(agent.agent_id, AgentEvent.GIVEN, work, now=now)
        if (leaving := self._leaving.pop(agent.agent_id, None)) is not None:
            self.tell(agent.agent_id, leaving[0], work, now=now, pause=leaving[1])
        self.apply(live, (AgentChosen(now, agent.agent_id),), work, now=now)

    def _settle(self, live: LiveCall, work: Work, *, now: datetime) -> None:
        closing = closing_of(live)
        work.closings.append((live.stored, closing))
        work.closed_channels.append(live.call.channel_id)
        del self.calls[live.call.channel_id]
        if live.attempt.trunk in self.lines:
            self.lines[live.attempt.trunk].end()
        if live.moved:
            pass  # their agent has gone on since
        elif live.call.connected_at and live.call.agent_id is not None and not live.call.aside_at:
            self.tell(live.call.agent_id, AgentEvent.CALL_OVER, work, now=now)
        else:
            self.free_agent(live.call.agent_id or live.dialler, work, now=now)

    def free_agent(self, agent_id: int | None, work: Work, *, now: datetime) -> None:
        """Let an agent go on whom the person never reached: there is nothing to wrap up."""
        agent = self.floor.agents.get(agent_id or 0)
        # They may have been given to somebody else since, or still wait for whom they chose.
        if agent is None or agent.agent_id in self.returned or self.giving.talks(agent.agent_id):
            return
        if self.giving.dialled_by(agent.agent_id):
            return
        if agent.state in (AgentState.DIALING, AgentState.TALKING):
            self.tell(agent.agent_id, AgentEvent.CALL_OVER, work, now=now)
        if agent.state is AgentState.TALKING:
            self.tell(agent.agent_id, AgentEvent.RESULT, work, now=now)

    def _call_off(self, live: LiveCall, work: Work) -> None:
        """Hang up on a ringing telephone for which no agent waits any more."""
        agent = self.floor.agents.get(live.dialler or 0)
        if agent is None or agent.state is AgentState.OUT:
            work.actions.append(actions.hang_up(live.call.channel_id))

    # -- agents ---------------------------------------------------------------------

    def login(self, agent: Agent, request: int, work: Work, *, now: datetime, at_s: float) -> None:
        """Ring an agent's telephone; the request is answered when the telephone is."""
        self.floor.take_in(agent)
        effect, why_not = self.floor.tell(agent.agent_id, AgentEvent.LOGIN, now=now)
        if effect is AgentEffect.RING:
            why_not = self._ring(self.floor.agents[agent.agent_id], work, at_s=at_s)
            if why_not is None:
                self._logins[agent.agent_id] = request
                return
            self.floor.tell(agent.agent_id, AgentEvent.LINE_DOWN, now=now)
        work.answers.append((request, why_not))

    def awaited(self, request: int) -> bool:
        """Tell whether a request waits for a telephone to be answered."""
        return request in self._logins.values()

    def stop_waiting(self, why: str, work: Work) -> None:
        """Answer every login that waits; the telephones ring on, and may yet be picked up."""
        work.answers += [(request, why) for request in self._logins.values()]
        self._logins.clear()

    def tell(
        self,
        agent_id: int,
        event: AgentEvent,
        work: Work,
        *,
        now: datetime,
        pause: str | None = None,
    ) -> str | None:
        """Apply an event to an agent and what follows from it; return why not, if so."""
        if agent_id not in self.floor.agents:
            return None
        if self._must_stay(agent_id, event, pause, now=now):
            return None
        return self._tell(agent_id, event, work, now=now, pause=pause)

    def _tell(
        self, agent_id: int, event: AgentEvent, work: Work, *, now: datetime, pause: str | None
    ) -> str | None:
        effect, why_not = self.floor.tell(agent_id, event, now=now, pause=pause)
        agent = self.floor.agents[agent_id]
        if event is AgentEvent.LINE_UP and agent.state is not AgentState.OUT:
            self._answer_login(agent, None, work)
        elif event is AgentEvent.LINE_DOWN:
            self._line_ended(agent, work, now=now)
        if effect is AgentEffect.HANG_UP_LINE and agent.channel_id:
            work.actions.append(actions.hang_up(agent.channel_id))
        elif effect in (AgentEffect.HANG_UP_CALL, AgentEffect.SAY_GOODBYE):
            self._end_call(agent_id, work, politely=effect is AgentEffect.SAY_GOODBYE)
        return why_not

    def _end_call(self, agent_id: int, work: Work, *, politely: bool) -> None:
        """End the call that an agent is in, but for one whose person goes to another number.

        Those who come back from there are hung up then (`dialer.transfers`).
        """
        end = actions.say_goodbye if politely else actions.hang_up
        for live in self.calls.values():
            talks = live.call.agent_id == agent_id and live.call.state is CallState.TALKING
            if talks and not live.moved and (politely or not live.moving):
                live.ending = True
                work.actions.append(end(live.call.channel_id))
        if agent_id in self.returned:
            work.actions.append(actions.hang_up(self.returned[agent_id]))
        ringing = self.giving.dialled_by(agent_id)
        work.actions += [actions.hang_up(live.call.channel_id) for live in ringing]

    def _must_stay(
        self, agent_id: int, event: AgentEvent, pause: str | None, *, now: datetime
    ) -> bool:
        """Hold back an agent who wants to go while a ringing telephone counts on them.

        Whoever answers would find nobody, and a person called for nothing is what the
        abandonment rules are about. The wish is kept, and fulfilled when it harms nobody:
        calls that are placed from now on do not count on them any more.
        """
        is_ready = self.floor.agents[agent_id].state is AgentState.READY
        if not is_ready or event not in (AgentEvent.READY, AgentEvent.PAUSE, AgentEvent.LOGOUT):
            return False
        _, _, since = self._leaving.pop(agent_id, (event, pause, now))
        if event is AgentEvent.READY or self.giving.can_spare(agent_id, placed_by=since):
            return False
        self._leaving[agent_id] = (event, pause, since)
        return True

    def talks_in_another(self, agent_id: int, attempt_id: int | None) -> bool:
        """Tell whether an agent has somebody on the line in another attempt than this one."""
        if attempt_id is not None and agent_id in self.returned:
            return True
        return any(
            live.call.agent_id == agent_id
            and live.call.state in WITH_AGENT
            and live.attempt.id != attempt_id
            and not live.moved
            for live in self.calls.values()
        )

    def keep_lines(self, channels: Mapping[str, str], work: Work, *, now: datetime) -> None:
        """Compare the agents' lines with the channels that live; free who talks to nobody.

        Args:
            channels: channel id -> Asterisk's `ChannelState`, "6" being answered.
            work: takes what follows.
            now: the moment.
        """
        for channel_id in self._line_trunks.keys() - channels.keys():
            self._release_line(channel_id)
        for agent in tuple(self.floor.agents.values()):
            state = channels.get(agent.channel_id or "")
            if state is not None:
                self._adopt_line(agent)
            if state is None:
                self.tell(agent.agent_id, AgentEvent.LINE_DOWN, work, now=now)
            elif agent.state is AgentState.CALLING and state == "6":
                self.tell(agent.agent_id, AgentEvent.LINE_UP, work, now=now)
            elif agent.result_given:
                # It came while Asterisk could not be told to hang up.
                self.tell(agent.agent_id, AgentEvent.RESULT, work, now=now)
            else:
                self.free_agent(agent.agent_id, work, now=now)

    def _ring(self, agent: Agent, work: Work, *, at_s: float) -> str | None:
        """Have an agent's telephone rung, or return why it cannot be."""
        channel_id = self.new_channel(actions.LINE_PREFIX)
        reached = self.reach(agent, channel_id, at_s=at_s)
        if isinstance(reached, str):
            return reached
        channel, caller_id = reached
        self.floor.set_line(agent.agent_id, channel_id)
        work.actions.append(actions.ring_agent(channel_id, channel, agent.agent_id, caller_id))
        return None

    def new_channel(self, prefix: str) -> str:
        """Return a channel id that no channel has had."""
        return prefix + self._new_id()

    def reach(self, agent: Agent, channel_id: str, *, at_s: float) -> tuple[str, str] | str:
        """Return channel and caller id for somebody's telephone, or why it cannot be rung.

        A line through a trunk is counted from now on until the channel ends.
        """
        if agent.phone is None:
            return f"{agent.name} has no telephone; add one: ringbank agents set {agent.name} --phone NUMBER"
        if not agent.phone.startswith("+"):
            return agent.phone, "ringbank"
        lines = self._trunk_of(agent)
        if lines is None or not lines.room(at_s):
            return f"no trunk has a free line for {agent.name}'s telephone; try again"
        lines.begin(at_s)
        self._line_trunks[channel_id] = lines
        return actions.dial_string(lines.trunk.channel, agent.phone), lines.trunk.caller_ids[0]

    def _line_ended(self, agent: Agent, work: Work, *, now: datetime) -> None:
        why = f"{agent.name}'s telephone {agent.phone} was not answered; try again"
        self._answer_login(agent, why, work)
        self._leaving.pop(agent.agent_id, None)
        for live in self.giving.dialled_by(agent.agent_id):
            if live.call.state in _UNANSWERED:
                self._call_off(live, work)
        for live in tuple(self.calls.values()):
            if live.call.agent_id == agent.agent_id and live.call.state is CallState.JOINING:
                other = None if live.dialler is not None else self.giving.agent_for(live)
                if other is None:
                    self.apply(live, (AgentMissing(now),), work, now=now)
                else:
                    self._give(live, other, work, now=now)

    def _adopt_line(self, agent: Agent) -> None:
        """Count a line through a trunk that an earlier process of this engine began."""
        lines = self._trunk_of(agent)
        if agent.channel_id and agent.channel_id not in self._line_trunks and lines is not None:
            lines.adopt()
            self._line_trunks[agent.channel_id] = lines

    def _trunk_of(self, agent: Agent) -> Lines | None:
        """Return the lines through which an agent's telephone is reached, if any."""
        through_trunk = (agent.phone or "").startswith("+")
        return next(iter(self.lines.values()), None) if through_trunk else None

    def _release_line(self, channel_id: str) -> None:
        lines = self._line_trunks.pop(channel_id, None)
        if lines is not None:
            lines.end()

    def _answer_login(self, agent: Agent, why_not: str | None, work: Work) -> None:
        request = self._logins.pop(agent.agent_id, None)
        if request is not None:
            work.answers.append((request, why_not))
