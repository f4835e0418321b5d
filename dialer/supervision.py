"""Supervisors at an engine's talks: what follows from their wishes and from what happens.

Like the switchboard it is told what is asked and what happened, and at what moment, and
collects in a `Work` what has to be written and what Asterisk has to be asked. Who hears whom
is the dialplan's doing: a supervisor's line is in one of its contexts, and is moved between
them without a new ring.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.model import AgentState
from campaigns.supervisions import Begun, SupervisionKind
from dialer import actions
from dialer.agent import Agent, AgentEvent
from dialer.call import CallState
from dialer.live import LiveCall, Work
from dialer.recovery import Survey
from dialer.store import RequestKind
from dialer.switchboard import Switchboard
from dialer.transfers import Transfers
from dialer.watches import OVER, Watch, Watches, is_away, place_of

K = SupervisionKind
_AT_A_TALK = frozenset({RequestKind.LOGIN, RequestKind.READY, RequestKind.DIAL})
"""What an agent may not ask while their line is elsewhere: the next person would find nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a supervisor asks, with all that is needed to decide it.

    Attributes:
        request: the command that waits.
        row: in `supervisions`.
        call: the channel id of the person's call.
        supervisor: who asks.
        owes: the lease that they hold already, or None.
        to: for a transfer: E.164, or a channel.
        silent: the recording of the talk is paused.
        said: its result is given: it is being ended.
    """

    request: int
    row: int
    kind: SupervisionKind
    call: str
    supervisor: Agent
    owes: str | None = None
    to: str = ""
    silent: bool = False
    said: bool = False


class Supervision:
    """Who is at whose talk besides its agent."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self.watches = Watches(board)
        self._transfers = Transfers(board)
        self._kept: dict[int, tuple[str, int]] = {}
        """Agent whose telephone dropped -> the call that is still in their room, and who has it."""

    # -- wishes ---------------------------------------------------------------------

    def obey(self, order: Order, work: Work, *, now: datetime, at_s: float) -> None:
        """Do what a supervisor asks, or note why it cannot be done."""
        why_not = self._obey(order, work, now=now, at_s=at_s)
        if why_not is not None:
            work.answers.append((order.request, why_not))
            work.supervised.append((order.row, {"ended_at": now, "detail": why_not}))

    def _obey(self, order: Order, work: Work, *, now: datetime, at_s: float) -> str | None:
        live = self._board.calls.get(order.call)
        who = order.supervisor
        if live is None or live.call.state is not CallState.TALKING or order.said:
            return f"{OVER}; see: ringbank supervise list"
        if order.call in self._transfers:
            return "the person is being moved to another number"
        if order.kind is K.TRANSFER:
            return self._move_on(order, live, work, now=now, at_s=at_s)
        if live.call.agent_id == who.agent_id:
            return f"{who.name} has the person already"
        if order.kind is K.TAKE and order.owes is not None:
            return (
                f"{who.name} still owes the result of lease {order.owes}; "
                f"run: ringbank result {order.owes} --disposition CODE"
            )
        watch = self.watches.of(who.agent_id)
        if watch is None:
            return self._come(order, live, work, now=now, at_s=at_s)
        if watch.call != order.call or not watch.began:
            return f"{who.name} is at a talk; first run: ringbank supervise end --by {who.name}"
        self._change(order, watch, work, now=now)
        return None

    def _come(
        self, order: Order, live: LiveCall, work: Work, *, now: datetime, at_s: float
    ) -> str | None:
        """Bring a supervisor's line to a talk, or return why it cannot be."""
        who = order.supervisor
        assert live.call.agent_id is not None
        known = self._board.floor.agents.get(who.agent_id)
        state = known.state if known is not None else AgentState.OUT
        if state is AgentState.OUT:
            channel_id = self._board.new_channel(actions.SUPERVISOR_PREFIX)
            reached = self._board.reach(who, channel_id, at_s=at_s)
            if isinstance(reached, str):
                return reached
            channel, caller_id = reached
            place = place_of(order.kind, live.call.agent_id, who.agent_id)
            work.actions.append(
                actions.ring_supervisor(channel_id, channel, who.agent_id, caller_id, place)
            )
        elif state is not AgentState.PAUSED or who.agent_id in self.watches.homing:
            return f"{who.name} is {state.value}; first run: ringbank agents pause {who.name}"
        else:
            assert known is not None
            assert known.channel_id is not None
            if order.kind is K.TAKE:  # their line is in their room already
                self._hand_over(live, who, order.row, order.request, work, now=now)
                return None
            channel_id = known.channel_id
            place = place_of(order.kind, live.call.agent_id, who.agent_id)
            work.actions.append(actions.move_line(channel_id, place))
        self.watches.add(
            Watch(
                row=order.row,
                kind=order.kind,
                call=order.call,
                agent_id=live.call.agent_id,
                supervisor=who,
                channel_id=channel_id,
                request=order.request,
            )
        )
        work.supervised.append((order.row, {"channel_id": channel_id}))
        return None

    def _change(self, order: Order, watch: Watch, work: Work, *, now: datetime) -> None:
        """Let a supervisor who is on the line do something else at the same talk."""
        if order.kind is watch.kind:
            work.answers.append((order.request, None))
            work.supervised.append((order.row, {"ended_at": now, "detail": "as before"}))
            return
        work.supervised += [
            (watch.row, {"ended_at": now}),
            (order.row, {"channel_id": watch.channel_id}),
        ]
        watch.row, watch.kind, watch.request = order.row, order.kind, order.request
        watch.began = False
        place = place_of(order.kind, watch.agent_id, watch.supervisor.agent_id)
        work.actions.append(actions.move_line(watch.channel_id, place))

    def end(self, request: int, supervisor: Agent, work: Work, *, now: datetime) -> None:
        """Take a supervisor's line away from the talk it is at."""
        watch = self.watches.of(supervisor.agent_id)
        if watch is None:
            why = f"{supervisor.name} is at nobody's talk; see: ringbank supervise list"
            work.answers.append((request, why))
            return
        self.watches.dismiss(watch, work, now=now)
        work.answers.append((request, None))

    def why_not(self, kind: RequestKind, agent: Agent) -> str | None:
        """Return why an agent cannot have now what they ask, or None.

        An agent whose line is at somebody's talk, and one in whose room a supervisor still
        talks to the person whom they lost, would be given people who find nobody, or two. So
        would one to whose room somebody may come back who is on the way to another number.
        """
        if kind not in _AT_A_TALK:
            return None
        if self.watches.of(agent.agent_id) is not None:
            return f"{agent.name} is at a talk; first run: ringbank supervise end --by {agent.name}"
        if agent.agent_id in self.watches.homing:
            return f"{agent.name}'s line is on its way back to their room; try again"
        if agent.agent_id in self._kept:
            return f"a supervisor still talks to the person in {agent.name}'s room; try again later"
        if any(agent.agent_id == keeper for _, keeper in self._kept.values()):
            return f"{agent.name} talks in another agent's room; first give the result of that talk"
        known = self._board.floor.agents.get(agent.agent_id)
        is_out = known is None or known.state is AgentState.OUT
        if is_out and self._board.talks_in_another(agent.agent_id, None):
            return f"the person whom {agent.name} had is still on the line; try again"
        return None

    def result_given(self, attempt_id: int | None, work: Work) -> None:
        """Free the agent whose person talks to another number, once they have said what of it."""
        for live in self._board.calls.values():
            if live.attempt.id == attempt_id and live.moved:
                work.let_go.append(live.attempt.id)

    def awaits(self, request: int) -> bool:
        """Tell whether a request waits for a telephone."""
        return self._transfers.awaits(request) or any(
            watch.request == request for watch in self.watches
        )

    # -- what happens ---------------------------------------------------------------

    def hear(self, fields: Mapping[str, str], work: Work, *, now: datetime) -> None:
        """Take in a message of Asterisk, after the switchboard has; keys in lower case."""
        channel_id = fields.get("uniqueid", "")
        match fields.get("event"):
            case "UserEvent":
                self._told(fields, channel_id, work, now=now)
            case "ConfbridgeJoin":
                self._in_room(channel_id, fields.get("conference", ""), work, now=now)
            case "Hangup":
                self._line_ended(channel_id, work, now=now)
            case "OriginateResponse" if fields.get("response") == "Failure":
                self._line_ended(_asked_for(fields), work, now=now)
            case None if fields.get("response") == "Error":
                self._line_ended(_asked_for(fields), work, now=now)
            case _:
                pass

    def _told(
        self, fields: Mapping[str, str], channel_id: str, work: Work, *, now: datetime
    ) -> None:
        watch = self.watches.of_line(channel_id)
        match fields.get("userevent"):
            case "RingbankSupervisor" if watch is not None:
                if fields.get("stage") == watch.kind and not watch.began:
                    self.watches.begin(watch, work, now=now)
            case "RingbankAgent" if watch is not None and watch.kind is not K.TAKE:
                # The dialplan has sent it home: there is nobody to listen to any more.
                self.watches.forget(watch, work, why=OVER, now=now)
            case "RingbankTransfer":
                self._transfers.hear(fields, work, now=now)
            case _:
                pass

    def _in_room(self, channel_id: str, room: str, work: Work, *, now: datetime) -> None:
        agent = self._board.floor.of_line(channel_id)
        if agent is not None and room == actions.room_of(agent.agent_id):
            self.watches.homing.discard(agent.agent_id)
        watch = self.watches.of_line(channel_id)
        if (
            watch is not None
            and watch.kind is K.TAKE
            and room == actions.room_of(watch.supervisor.agent_id)
        ):
            live = self._board.calls.get(watch.call)
            if live is None or live.call.state is not CallState.TALKING:
                return  # `tidy` takes the line away
            self.watches.remove(watch)
            self._hand_over(live, _with_line(watch), watch.row, watch.request, work, now=now)

    def _line_ended(self, channel_id: str, work: Work, *, now: datetime) -> None:
        watch = self.watches.of_line(channel_id)
        if watch is not None:
            phone = watch.supervisor.phone
            why = f"{watch.supervisor.name}'s telephone {phone} was not answered; try again"
            self.watches.forget(watch, work, why=why, now=now)
        agent = self._board.floor.of_line(channel_id)
        if agent is not None:
            self.watches.homing.discard(agent.agent_id)
            self._keep(agent.agent_id, work, now=now)

    def _keep(self, agent_id: int, work: Work, *, now: datetime) -> None:
        """Give the person of an agent whose line dropped to a supervisor who had stepped in."""
        for live in self._board.calls.values():
            if live.call.agent_id != agent_id or live.call.state is not CallState.TALKING:
                continue
            stepped_in = [
                watch
                for watch in self.watches.at(live.call.channel_id)
                if watch.kind is K.JOIN and watch.began
            ]
            if not stepped_in or live.moved or live.ending:
                continue
            watch = stepped_in[0]
            self.watches.remove(watch)
            detail = "kept the person when the agent's telephone dropped"
            work.supervised.append((watch.row, {"detail": detail}))
            self._kept[watch.agent_id] = (live.call.channel_id, watch.supervisor.agent_id)
            self._give_to(live, _with_line(watch), work, now=now)

    def tidy(self, work: Work, *, now: datetime) -> None:
        """Take away every line and every note of talks that are over."""
        for watch in self.watches:
            live = self._board.calls.get(watch.call)
            if live is None or live.call.state is not CallState.TALKING:
                self.watches.dismiss(watch, work, now=now)
        for agent_id, (call, keeper) in tuple(self._kept.items()):
            if call not in self._board.calls:
                del self._kept[agent_id]
                self.watches.send_home(keeper, work)
        self._transfers.tidy(work, now=now)

    def catch_up(
        self,
        rows: Iterable[Begun],
        people: Mapping[int, Agent],
        found: Survey,
        work: Work,
        *,
        now: datetime,
    ) -> None:
        """Find the supervisors' lines again after a start or a lost link.

        Args:
            rows: what had not ended when it was last written.
            people: agents by id.
            found: what Asterisk knows.
            work: takes what follows.
            now: the moment.
        """
        self.watches.clear()
        self.watches.homing.clear()
        by_attempt = {live.attempt.id: live for live in self._board.calls.values()}
        for row in rows:
            live = by_attempt.get(row.attempt_id)  # type: ignore[call-overload]
            if live is None:
                self._lone_line(row, found.channels, work, now=now)
            elif row.kind is K.TRANSFER:
                place = found.places.get(live.call.channel_id)
                self._transfers.find(live, row, place, work, now=now)
            elif row.kind is K.TAKE and row.began_at is not None:
                self._bring_over(live, row, found, work)
            elif row.supervisor_id == live.call.agent_id:
                self._kept[row.agent_id] = (live.call.channel_id, row.supervisor_id)
            elif row.channel_id in found.channels and row.began_at is not None:
                self._find_watch(row, live, people)
            else:
                self._lone_line(row, found.channels, work, now=now)
        for agent in tuple(self._board.floor.agents.values()):
            if agent.state is AgentState.OUT:
                self._keep(agent.agent_id, work, now=now)
        self._bring_home(found, work)
        self.tidy(work, now=now)

    def _bring_over(self, live: LiveCall, row: Begun, found: Survey, work: Work) -> None:
        """Move a person to who took them over, where Asterisk could not be told of it."""
        place = found.places.get(live.call.channel_id)
        who = self._board.floor.agents.get(row.supervisor_id)
        if place is None or who is None or who.state is AgentState.OUT:
            return
        elsewhere = place.extension != actions.room_of(who.agent_id)
        is_theirs = live.call.agent_id == who.agent_id
        if is_theirs and elsewhere and place.context == actions.ROOM_CONTEXT:
            work.actions.append(actions.move_to_room(live.call.channel_id, who.agent_id))

    def _bring_home(self, found: Survey, work: Work) -> None:
        """Send lines home from talks that they are at no more, as far as anybody has written."""
        busy = {watch.supervisor.agent_id for watch in self.watches} | self.watches.homing
        busy |= {keeper for _, keeper in self._kept.values()}
        for agent in tuple(self._board.floor.agents.values()):
            place = found.places.get(agent.channel_id or "")
            if agent.agent_id not in busy and place is not None and is_away(place, agent.agent_id):
                self.watches.send_home(agent.agent_id, work)

    def stop_waiting(self, why: str, work: Work) -> None:
        """Answer every request that waits; the lines stay where they are."""
        for watch in self.watches:
            if watch.request is not None:
                work.answers.append((watch.request, why))
                watch.request = None
        self._transfers.stop_waiting(why, work)

    def _find_watch(self, row: Begun, live: LiveCall, people: Mapping[int, Agent]) -> None:
        who = people.get(row.supervisor_id)
        assert row.channel_id is not None
        if who is not None and live.call.agent_id is not None:
            self.watches.add(
                Watch(
                    row=row.id,
                    kind=row.kind,
                    call=live.call.channel_id,
                    # Not the agent of the row: the person may have been taken over since.
                    agent_id=live.call.agent_id,
                    supervisor=who,
                    channel_id=row.channel_id,
                    began=True,
                )
            )

    def _lone_line(
        self, row: Begun, channels: Mapping[str, str], work: Work, *, now: datetime
    ) -> None:
        """End what has no talk any more, or never came to one."""
        work.supervised.append((row.id, {"ended_at": now}))
        if row.channel_id not in channels or row.channel_id is None:
            return
        if self.watches.is_of_agent(row.channel_id):
            self.watches.send_home(row.supervisor_id, work)
        else:
            work.actions.append(actions.hang_up(row.channel_id))

    # -- taking over, moving on ------------------------------------------------------

    def _hand_over(
        self,
        live: LiveCall,
        who: Agent,
        row: int,
        request: int | None,
        work: Work,
        *,
        now: datetime,
    ) -> None:
        """Move a person into a supervisor's room; its line is there, and nobody else is."""
        before = live.call.agent_id
        self._give_to(live, who, work, now=now)
        work.actions.append(actions.move_to_room(live.call.channel_id, who.agent_id))
        work.supervised.append((row, {"began_at": now}))
        if before is not None:
            work.helped.append((before, who.agent_id))
        if request is not None:
            work.answers.append((request, None))
        self._board.free_agent(before, work, now=now)
        for watch in self.watches.at(live.call.channel_id):
            if watch.kind is K.LISTEN:
                watch.agent_id = who.agent_id  # they hear the person, wherever that is
            else:
                self.watches.dismiss(watch, work, now=now)

    def _move_on(
        self, order: Order, live: LiveCall, work: Work, *, now: datetime, at_s: float
    ) -> str | None:
        """Connect a person to another number; nobody listens there."""
        if order.silent:
            return "the recording is paused; first run: ringbank recording resume"
        asked = Work()
        why_not = self._transfers.begin(live, order.to, order.row, order.request, asked, at_s=at_s)
        if why_not is None:
            for watch in self.watches.at(order.call):
                self.watches.dismiss(watch, work, now=now)
            work.actions += asked.actions
        return why_not

    def _give_to(self, live: LiveCall, who: Agent, work: Work, *, now: datetime) -> None:
        """Make a supervisor the agent of a talk: the lease and its one result are theirs."""
        live.call = replace(live.call, agent_id=who.agent_id)
        work.chosen.append((live.attempt, who.agent_id))
        self._board.floor.take_in(who)
        self._board.tell(who.agent_id, AgentEvent.TOOK_OVER, work, now=now)


def _with_line(watch: Watch) -> Agent:
    """Return a supervisor whose line, rung for a talk, becomes theirs as an agent."""
    return replace(watch.supervisor, channel_id=watch.channel_id)


def _asked_for(fields: Mapping[str, str]) -> str:
    """Return the channel that a failed Originate was to make, or an empty word.

    One that names the channel itself says nothing: its `Hangup` does.
    """
    asked, _, channel_id = fields.get("actionid", "").partition(":")
    made = fields.get("uniqueid") == channel_id
    return channel_id if asked == "originate" and not made else ""
