"""The calls that come in to an engine: who calls is looked up, told, and given to an agent.

Like the switchboard it is told what happened and at what moment, and collects in a `Work` what has
to be written; unlike it, it writes that itself (`write`), in the transaction of the turn, because
what Asterisk is asked next depends on what the base says. Everything is asked after the commit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from campaigns import inbound
from campaigns.inbound import Contact
from campaigns.inbound_callers import Came
from campaigns.inbound_words import KEYS, Facts
from campaigns.law import Laws
from dialer import actions, returned_actions
from dialer.actions import Action
from dialer.agent import AgentEvent
from dialer.call import CallState
from dialer.config import Config
from dialer.inbound import (
    AgentFound,
    AgentLost,
    InboundCall,
    InboundEffect,
    InboundEvent,
    InboundGone,
    InboundOver,
    InboundState,
    came_at,
    follow,
    mark_events,
)
from dialer.live import Work
from dialer.recovery import Survey
from dialer.returned_actions import CONTACT_PREFIX, Telling
from dialer.returned_agents import agent_for, somebody_works
from dialer.returned_numbers import our_numbers
from dialer.switchboard import Switchboard
from dialer.translate import Moment
from dialer.voicing import Voicing
from leads.phone import parse_phone

WAIT_S = 20
"""For how long whoever asked for an agent waits for one."""

_TRY_AGAIN = timedelta(seconds=1)
_BETWEEN_QUESTIONS = timedelta(seconds=5)
_UNTOLD = (InboundState.RINGING, InboundState.ALONE)
_UNANSWERED = (CallState.PLACED, CallState.DIALING, CallState.RINGING)


class _Live:
    """A call that came in, as an engine keeps it."""

    def __init__(self, call: InboundCall, came: Came, trunk: str | None) -> None:
        self.call = call
        self.came = came
        self.trunk = trunk
        self.contact: Contact | None = None
        self.held = False
        self.given = False
        self.busy: set[int] = set()  # agents who have somebody, as the base says
        self.tried_at = came.began_at

    @property
    def may_be_held(self) -> bool:
        """Tell whether somebody else had the caller when they were looked up."""
        return not self.held and self.contact is not None and self.contact.number_id is not None


class ReturnedCalls:
    """Who has called us and is on the line."""

    def __init__(self, board: Switchboard, config: Config, voicing: Voicing) -> None:
        """Begin with nobody on the line.

        Args:
            board: the engine's calls and agents.
            config: has our numbers, and the recordings that callers hear.
            voicing: says who called and why, where a voice is there.
        """
        self._voicing = voicing
        self._board = board
        self._engine = config.engine
        self._numbers = our_numbers(config.trunks.values())
        self._region = config.region
        self._sounds = config.returned
        self._live: dict[str, _Live] = {}
        self._after: list[Action] = []

    @property
    def idle(self) -> bool:
        """Tell whether nobody is on the line."""
        return not self._live

    @property
    def on_the_line(self) -> int:
        """Return how many callers there are."""
        return len(self._live)

    # -- what happens -----------------------------------------------------------------

    def hear(self, fields: Mapping[str, str], work: Work, *, now: datetime, moment: Moment) -> None:
        """Take in a message of Asterisk; keys in lower case."""
        if fields.get("userevent") == "RingbankReturned":
            channel_id = fields.get("contact", "").removeprefix(CONTACT_PREFIX)
            self._note(channel_id, fields, work, now=now, moment=moment)
        elif fields.get("event") == "Hangup" and fields.get("uniqueid") in self._live:
            self._apply(self._live[fields["uniqueid"]], (InboundOver(now),), work, now=now)

    def _note(
        self, channel_id: str, mark: Mapping[str, str], work: Work, *, now: datetime, moment: Moment
    ) -> None:
        """Take in the dialplan's note of a call, told or found again."""
        live = self._live.get(channel_id)
        if live is None:
            began_at = came_at(mark, moment)
            ours = self._numbers.named(mark.get("called", ""))
            if began_at is None or ours is None:
                return  # the number is another installation's, whose engine takes it in
            live = self._begin(channel_id, ours, mark, began_at)
            rings = mark.get("stage") == "came"
            # Whoever was left alone is held, too: nobody calls them while they talk to us.
            effect = InboundEffect.LOOK_UP if rings else InboundEffect.HOLD
            work.returned.append((channel_id, effect))
        events = mark_events(mark, at=now, moment=moment)
        self._apply(live, events, work, now=now)

    def _begin(
        self, channel_id: str, ours: str, mark: Mapping[str, str], began_at: datetime
    ) -> _Live:
        caller = parse_phone(
            mark.get("caller", ""), region=self._region or self._numbers.region(ours)
        )
        came = Came(
            channel_id=channel_id,
            engine=self._engine,
            caller_id=ours,
            caller=None if isinstance(caller, str) else caller.e164,
            began_at=began_at,
        )
        call = InboundCall(channel_id=channel_id, facts=Facts(began_at=began_at))
        live = self._live[channel_id] = _Live(call, came, self._numbers.trunk(ours))
        if live.trunk is not None:
            self._board.lines[live.trunk].adopt()
        return live

    def _apply(
        self, live: _Live, events: Iterable[InboundEvent], work: Work, *, now: datetime
    ) -> None:
        before = live.call
        agent_id = before.agent_id
        step = follow(before, events)
        live.call = step.call
        if before.state is InboundState.JOINING and live.call.state is InboundState.TALKING:
            self._sound_tone(live, work)
        if step.effect is not None:
            work.returned.append((live.call.channel_id, step.effect))
        if live.call.state not in (InboundState.JOINING, InboundState.TALKING):
            self._let_go(agent_id, live, work, now=now)

    def _sound_tone(self, live: _Live, work: Work) -> None:
        agent = self._board.floor.agents.get(live.call.agent_id or 0)
        if agent is not None and agent.channel_id is not None:
            work.actions.append(actions.sound_tone(agent.channel_id))

    def _let_go(self, agent_id: int | None, live: _Live, work: Work, *, now: datetime) -> None:
        """Free the agent of a caller who is gone, or whom they never reached."""
        if agent_id is None or self._board.returned.get(agent_id) != live.call.channel_id:
            return
        del self._board.returned[agent_id]
        if live.call.facts.connected_at is not None:
            self._board.tell(agent_id, AgentEvent.CALL_OVER, work, now=now)
        else:
            self._board.free_agent(agent_id, work, now=now)

    def match(self, work: Work, *, now: datetime) -> None:
        """Give whoever waits longest to an agent, before the switchboard gives its own calls.

        Whom a telephone counts on that still rings stays for it: who answers there was called.
        """
        for live in self._live.values():
            if live.may_be_held and now - live.tried_at >= _TRY_AGAIN:
                live.tried_at = now
                work.returned.append((live.call.channel_id, InboundEffect.HOLD))
        waiting = [
            one for one in self._live.values()
            if one.call.state is InboundState.WAITING and one.held
        ]  # fmt: skip
        for live in sorted(waiting, key=lambda one: one.call.waiting_at or one.came.began_at):
            agent = agent_for(self._board, live.contact, but=live.busy)
            if agent is None:
                continue
            self._board.tell(agent.agent_id, AgentEvent.GIVEN, work, now=now)
            self._board.returned[agent.agent_id] = live.call.channel_id
            self._apply(live, (AgentFound(now, agent.agent_id),), work, now=now)

    # -- writing ----------------------------------------------------------------------

    def write(self, connection: Connection, work: Work, laws: Laws, *, now: datetime) -> None:
        """Write what has happened, in the turn's transaction; the same once more changes nothing."""
        self._after = []
        # Before anybody is claimed in this turn: whose call has ended calls us already.
        over = {closing.number_id for _, closing in work.closings}
        freed = [
            (one.call.channel_id, InboundEffect.HOLD)
            for one in self._live.values()
            if one.may_be_held and one.contact is not None and one.contact.number_id in over
        ]
        for channel_id, effect in (*freed, *work.returned):
            live = self._live.get(channel_id)
            if live is not None:
                self._perform(connection, live, effect, laws, now=now)

    def _perform(
        self,
        connection: Connection,
        live: _Live,
        effect: InboundEffect,
        laws: Laws,
        *,
        now: datetime,
    ) -> None:
        channel_id, facts = live.call.channel_id, live.call.facts
        live.contact = contact = inbound.receive(connection, live.came)
        if contact is None:  # another engine has them
            return
        live.held = contact.lease is not None
        caller = live.came.caller
        match effect:
            case InboundEffect.LOOK_UP:
                self._call_off(contact)
                if live.call.state in _UNTOLD:
                    self._after += returned_actions.tell(channel_id, self._told(contact))
            case InboundEffect.HOLD | InboundEffect.NOTE:
                pass  # `receive` has tried once more to hold them; what is known is noted below
            case InboundEffect.MOVE_TO_ROOM:
                agent_id = live.call.agent_id
                live.given = agent_id is not None and inbound.give(connection, contact.id, agent_id)
                if live.given and agent_id is not None:
                    self._after.append(returned_actions.move_to_room(channel_id, agent_id))
            case InboundEffect.BOOK:
                inbound.take_from(connection, contact.id)
                at = inbound.book(connection, contact.id, laws, now=now)
                say = returned_actions.say_sorry if at is None else returned_actions.say_booked
                self._after.append(say(channel_id))
            case InboundEffect.REMOVE:
                inbound.opt_out(connection, contact.id, caller, now=now)
            case InboundEffect.SETTLE:
                inbound.end(connection, contact.id, facts, caller, laws)
                self._after += actions.forget([returned_actions.note_of(channel_id)])
        if effect is not InboundEffect.SETTLE:
            inbound.note(connection, contact.id, facts)

    def _call_off(self, contact: Contact) -> None:
        """Hang up on the caller's telephone where we are ringing it at this moment."""
        self._after += [
            actions.hang_up(one.call.channel_id)
            for one in self._board.calls.values()
            if one.attempt.number_id == contact.number_id and one.call.state in _UNANSWERED
        ]

    def _told(self, contact: Contact) -> Telling:
        """Return what the dialplan has to know of a caller."""
        sounds, stored = self._sounds, contact.stored
        keys = KEYS[contact.standing]
        if stored is None:
            said = sounds.owner
        else:
            spoken = self._voicing.of(stored, contact.language).returned
            called = spoken or sounds.called
            said = f"{called}&{sounds.menu if keys else sounds.menu_stop}"
        return Telling(
            say=said,
            offer=keys,
            hold=sounds.hold,
            wait_s=WAIT_S if somebody_works(self._board, contact) else 0,
            booked=sounds.booked,
            sorry=sounds.sorry,
            removed=sounds.removed,
        )

    def written(self, work: Work, *, now: datetime) -> list[Action]:
        """Return what Asterisk is asked, once all of it is in the base; forget who is gone."""
        asked, self._after = self._after, []
        further = Work()
        for channel_id, effect in work.returned:
            live = self._live.get(channel_id)
            if live is None:
                continue
            if effect is InboundEffect.MOVE_TO_ROOM and not live.given:
                live.busy.add(live.call.agent_id or 0)
                self._apply(live, (AgentLost(now),), further, now=now)
            if live.call.state is InboundState.ENDED:
                del self._live[channel_id]
                if live.trunk is not None:
                    self._board.lines[live.trunk].end()
        return [*asked, *further.actions]

    # -- after a start or a lost link ---------------------------------------------------

    def catch_up(
        self, rows: Iterable[Contact], found: Survey, work: Work, *, now: datetime, moment: Moment
    ) -> None:
        """Find again who is on the line, and take in what happened while nobody listened.

        Before the agents' lines are looked at: whoever talks to a caller is not free.

        Args:
            rows: the calls that have no end in the base.
            found: what Asterisk knows.
            work: takes what follows.
            now: the moment.
            moment: for Asterisk's time stamps.
        """
        for live in self._live.values():
            if live.trunk is not None:
                self._board.lines[live.trunk].end()
        self._live.clear()
        self._board.returned.clear()
        marks = {
            name.removeprefix(CONTACT_PREFIX): mark
            for name, mark in found.marks.items()
            if name.startswith(CONTACT_PREFIX)
        }
        for row in rows:
            self._find(row, marks.get(row.channel_id, {}))
        for channel_id, mark in marks.items():
            self._note(channel_id, mark, work, now=now, moment=moment)
        for live in tuple(self._live.values()):
            # One that began between the two questions is in the notes alone.
            old = now - live.came.began_at > _BETWEEN_QUESTIONS
            if old and live.call.channel_id not in found.returned:
                self._apply(live, (InboundGone(now, restarted=True),), work, now=now)
        work.actions += [
            returned_actions.keep_sound(of, sound)
            for of, sound in self._said_alone().items()
            if found.sounds.get(of) != sound
        ]

    def _find(self, row: Contact, mark: Mapping[str, str]) -> None:
        """Take over a call that the base has, with the agent whom it names."""
        live = self._begin(row.channel_id, row.caller_id, mark, row.began_at)
        if row.agent_id is not None:
            live.call = replace(live.call, agent_id=row.agent_id)
            self._board.returned[row.agent_id] = row.channel_id

    def _said_alone(self) -> dict[str, str]:
        """Return what callers hear without the engine, by the names that the dialplan has."""
        sounds = self._sounds
        if not self._numbers.by_digits:
            return {}  # it stands in for another engine, whose callers hear what that one says
        owners = {f"number/{digits}": sounds.owner for digits in self._numbers.by_digits}
        return {**owners, "removed": sounds.removed, "sorry": sounds.sorry}
