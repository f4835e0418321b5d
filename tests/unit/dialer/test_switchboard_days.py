"""Any day of agents and callers, whatever happens in it."""

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from campaigns.store import StoredCampaign
from dialer.actions import Action
from dialer.agent import AgentEvent
from dialer.call import (
    AgentJoined,
    AgentMissing,
    AgentWanted,
    CallState,
    PickedUp,
    SorryBegan,
)
from dialer.live import Work
from dialer.pace import Pacers
from dialer.pacing import Pacer
from dialer.switchboard import Switchboard
from dialer.translate import News
from tests.unit.dialer.examples import TRUNK, at
from tests.unit.dialer.house import (
    BROADCAST,
    LOANS,
    ON_PHONE,
    ON_TRUNK,
    PREDICTIVE,
    PRESS_ONE,
    PREVIEW,
    PROGRESSIVE,
    House,
    S,
    channel_of,
    what_of,
)
from tests.unit.dialer.witness import Witness

PACED = (PROGRESSIVE, PREDICTIVE, LOANS, PRESS_ONE)

# -- whatever happens -------------------------------------------------------------------------


class AnyDay(RuleBasedStateMachine):
    """A small Asterisk with three agents, and everything that may happen in any order.

    It keeps its own account of which lines are in use: whatever was asked for and has not
    been told to be over.
    """

    agents = st.sampled_from([1, 2, 3])
    any_call = st.integers(0, 9)
    wishes = st.integers(-3, 6)

    def __init__(self) -> None:
        super().__init__()
        self.house = House({"main": replace(TRUNK, max_calls=4, max_calls_per_second=3)})
        self.people: dict[str, str] = {}  # channel -> where the dialplan has them
        self.lines: dict[str, int] = {}  # agents' channels -> agent
        self.phones = {1: ON_TRUNK, 2: ON_TRUNK, 3: ON_PHONE}
        self.settled: list[int] = []
        self.begin_pacing()

    def begin_pacing(self, kept: dict[int, dict[str, Any]] | None = None) -> None:
        """Have a pacer for each campaign, each told what stands."""
        self.pacers = Pacers(self.board, "default")
        self.hear()
        self.witnesses = {stored.id: Witness() for stored in PACED}
        self.witnesses[PREDICTIVE.id].pacer = Pacer()
        for stored in PACED:
            self.pacers.begin(
                stored,
                (kept or {}).get(stored.id),
                at_s=self.house.now_s,
                pacer=self.witnesses[stored.id],  # type: ignore[arg-type]
            )

    def hear(self) -> None:
        self.pacers.hear(now=at(self.house.now_s), at_s=self.house.now_s)

    @property
    def board(self) -> Switchboard:
        return self.house.board

    def obey(self) -> None:
        """Do what was asked, as far as it shows at once."""
        self.house.now_s += 0.2
        self.settled += [int(closing.attempt_id) for _, closing in self.house.work.closings]
        for action in self.house.work.actions:
            channel_id = channel_of(action)
            if what_of(action) == "Originate" and channel_id.startswith("rba-"):
                self.lines[channel_id] = self._who(action)
        self.house.work = Work()
        self.hear()

    @staticmethod
    def _who(action: Action) -> int:
        return int(dict(action.fields)["Variable"].partition("=")[2])

    def pick(self, number: int, *where: str) -> str | None:
        found = [c for c, place in self.people.items() if not where or place in where]
        return found[number % len(found)] if found else None

    # -- agents

    @initialize(ready=st.sets(agents), skilled=st.booleans())
    def some_are_there(self, ready: set[int], skilled: bool) -> None:
        """Most of what may happen takes somebody who is at work."""
        for agent_id in sorted(ready):
            skills = frozenset({"loans"}) if skilled and agent_id == 1 else frozenset()
            self.house.login(agent_id, phone=self.phones[agent_id], skills=skills)
            self.obey()
            self.house.told(News(self.house.line(agent_id), line=AgentEvent.LINE_UP))
            self.house.tell(agent_id, AgentEvent.READY)
            self.obey()

    @rule(agent_id=agents)
    def log_in(self, agent_id: int) -> None:
        self.house.login(agent_id, phone=self.phones[agent_id])
        self.obey()

    @rule(
        agent_id=agents,
        event=st.sampled_from(
            [
                AgentEvent.READY,
                AgentEvent.READY,
                AgentEvent.PREVIEW,
                AgentEvent.PAUSE,
                AgentEvent.LOGOUT,
            ]
        ),
    )
    def wish(self, agent_id: int, event: AgentEvent) -> None:
        self.house.tell(agent_id, event)
        self.obey()

    @rule(agent_id=agents)
    def give_result(self, agent_id: int) -> None:
        self.house.tell(agent_id, AgentEvent.RESULT)
        self.obey()

    @precondition(lambda self: self.lines)
    @rule(number=any_call)
    def telephone_is_answered(self, number: int) -> None:
        channel_id = sorted(self.lines)[number % len(self.lines)]
        self.house.told(News(channel_id, line=AgentEvent.LINE_UP))
        self.obey()

    @precondition(lambda self: self.lines)
    @rule(number=any_call)
    def line_ends(self, number: int) -> None:
        channel_id = sorted(self.lines)[number % len(self.lines)]
        agent_id = self.lines.pop(channel_id)
        self.house.told(News(channel_id, (), AgentEvent.LINE_DOWN))
        self.obey()
        for caller, where in tuple(self.people.items()):
            if where == f"room {agent_id}":  # nobody is left alone in a room
                self.end(caller)

    # -- people

    @rule(agent_id=agents)
    def have_somebody_called(self, agent_id: int) -> None:
        room = self.board.lines["main"].room(self.house.now_s)
        if agent_id not in self.board.floor.agents or not room:
            return
        if self.house.tell(agent_id, AgentEvent.DIAL) is None:
            self.people[self.house.place(PREVIEW, dialler=agent_id)] = "ringing"
        self.obey()

    @rule(what=st.sampled_from([PROGRESSIVE, PREDICTIVE, LOANS, PRESS_ONE, BROADCAST]), wish=wishes)
    def dial(self, what: StoredCampaign, wish: int) -> None:
        if what.id in self.witnesses:
            self.witnesses[what.id].wish = wish
        self.house.now_s += 0.2  # the pacer is asked anew
        for _ in range(self.pacers.wanted([what], at_s=self.house.now_s).get(what.id, 0)):
            self.people[self.house.place(what)] = "ringing"
        self.obey()

    @rule(number=any_call)
    def message(self, number: int) -> None:
        if caller := self.pick(number, "ringing"):
            self.house.hear(caller, PickedUp)
            self.obey()

    @rule(number=any_call)
    def answer(self, number: int) -> None:
        if caller := self.pick(number, "ringing"):
            self.house.hear(caller, PickedUp, AgentWanted)
            self.people[caller] = "waiting"
            self.obey()

    @rule(number=any_call)
    def join(self, number: int) -> None:
        caller = self.pick(number, "waiting")
        if caller and self.board.calls[caller].call.state is CallState.JOINING:
            agent_id = self.board.calls[caller].call.agent_id
            self.house.hear(caller, AgentJoined)
            self.people[caller] = f"room {agent_id}"
            self.obey()

    @rule(number=any_call, joins=st.booleans())
    def answer_and_be_moved(self, number: int, joins: bool) -> None:
        """All of it in one turn, or without the last step."""
        if caller := self.pick(number, "ringing"):
            self.house.hear(caller, PickedUp, AgentWanted)
            self.people[caller] = "waiting"
            self.house.match()
            live = self.board.calls[caller]
            if joins and live.call.state is CallState.JOINING:
                self.house.hear(caller, AgentJoined)
                self.people[caller] = f"room {live.call.agent_id}"
            self.obey()

    @rule(number=any_call)
    def talk_is_over_and_its_result_given(self, number: int) -> None:
        for agent_id in (1, 2, 3):
            if (caller := self.pick(number, f"room {agent_id}")) is not None:
                self.house.tell(agent_id, AgentEvent.RESULT)
                self.end(caller)
                return

    @rule(number=any_call)
    def apologise(self, number: int) -> None:
        if caller := self.pick(number, "waiting"):
            self.house.hear(caller, SorryBegan)
            self.people[caller] = "sorry"
            self.obey()

    @rule(number=any_call)
    def refuse_the_move(self, number: int) -> None:
        if caller := self.pick(number, "waiting", "sorry"):
            self.house.hear(caller, AgentMissing)
            if self.board.calls[caller].call.state is CallState.SORRY:
                self.people[caller] = "sorry"
            self.obey()

    @rule(number=any_call)
    def hang_up(self, number: int) -> None:
        if caller := self.pick(number):
            self.end(caller)

    def end(self, caller: str) -> None:
        del self.people[caller]
        self.house.hang_up(caller)
        self.house.hang_up(caller)  # told twice
        self.obey()

    @rule()
    def match(self) -> None:
        self.house.match()
        self.obey()

    # -- the link and the process

    @rule(restart=st.booleans(), lost=st.sets(st.integers(0, 9)))
    def listen_again(self, restart: bool, lost: set[int]) -> None:
        """What ended while nobody listened is found out; who was out is known to nobody."""
        for number in sorted(lost):
            if (caller := self.pick(number)) is not None:
                del self.people[caller]
            if self.lines and number % 2:
                agent_id = self.lines.pop(sorted(self.lines)[number % len(self.lines)])
                for caller in [c for c, w in self.people.items() if w == f"room {agent_id}"]:
                    del self.people[caller]
        ringing = ("ringing",)
        channels = {c: "5" if w in ringing else "6" for c, w in self.people.items()}
        marks = {c: self.mark(w) for c, w in self.people.items() if w not in ringing}
        if restart:
            known = {a.channel_id for a in self.board.floor.agents.values() if a.state is not S.OUT}
            self.lines = {c: a for c, a in self.lines.items() if c in known}
        channels |= dict.fromkeys(self.lines, "6")
        kept = {stored.id: self.pacers.document(stored.id) for stored in PACED}
        (self.house.restart if restart else self.house.catch_up)(channels, marks)
        if restart:
            self.begin_pacing(kept)
        self.obey()

    def mark(self, where: str) -> dict[str, str]:
        stage = {"waiting": "waiting", "sorry": "abandoned"}.get(where, "connected")
        joined = {"connected": "1"} if stage == "connected" else {}
        return {"stage": stage, "last": stage, "answered": "0", **joined}

    # -- what always holds

    @invariant()
    def lines_in_use_are_the_calls_and_the_agents_lines(self) -> None:
        through = sum(self.phones[agent_id] == ON_TRUNK for agent_id in self.lines.values())
        assert self.house.used == len(self.people) + through >= 0
        assert set(self.board.calls) == set(self.people)

    @invariant()
    def the_trunk_is_never_overfull(self) -> None:
        assert self.house.used <= 4

    @invariant()
    def no_agent_has_two_people_and_nobody_ready_has_one(self) -> None:
        busy = [
            live.call.agent_id
            for live in self.board.calls.values()
            if live.call.state in (CallState.JOINING, CallState.TALKING)
        ]
        assert len(set(busy)) == len(busy)
        for agent_id in busy:
            assert agent_id is not None
            assert self.house.state(agent_id) is S.TALKING

    @invariant()
    def whoever_talks_has_somebody_on_the_line(self) -> None:
        talking = self.board.floor.count(S.TALKING)
        with_agent = (CallState.JOINING, CallState.TALKING)
        assert talking == sum(c.call.state in with_agent for c in self.board.calls.values())

    @invariant()
    def whoever_dials_waits_for_exactly_one_call(self) -> None:
        for agent_id, one in self.board.floor.agents.items():
            if one.state is S.DIALING:
                waits = [
                    live
                    for live in self.board.calls.values()
                    if live.dialler == agent_id
                    and live.call.state not in (CallState.SORRY, CallState.ENDED)
                ]
                assert len(waits) == 1

    @invariant()
    def nobody_gets_whom_another_agent_had_called(self) -> None:
        for live in self.board.calls.values():
            if live.dialler is not None and live.call.state in (
                CallState.JOINING,
                CallState.TALKING,
            ):
                assert live.call.agent_id == live.dialler

    @invariant()
    def pacers_know_every_call_that_has_no_agent_yet(self) -> None:
        for stored in PACED:
            witness = self.witnesses[stored.id]
            waits = {
                channel_id
                for channel_id, live in self.board.calls.items()
                if live.stored.id == stored.id
                and live.call.state is not CallState.TALKING
                and not live.call.sorry_at
            }
            told = witness.calls.keys() - witness.foreign
            # What was learned before the restart is foreign, and still known.
            assert told <= waits <= witness.calls.keys()

    @invariant()
    def pacers_count_on_whom_is_ready_and_on_nobody_who_wants_to_go(self) -> None:
        for stored in PACED:
            witness = self.witnesses[stored.id]
            may = {
                one.agent_id
                for one in self.board.floor.agents.values()
                if one.state is S.READY
                and not self.board.is_leaving(one.agent_id)
                and self.board.giving.may_take(stored, one)
            }
            joining = {
                live.call.agent_id
                for live in self.board.calls.values()
                if live.call.state is CallState.JOINING
            }
            assert may <= witness.are("ready") <= may | joining
            gone = {one for one in self.board.floor.agents if one not in may | joining}
            assert not gone & witness.are("ready")

    @invariant()
    def nobody_is_called_without_an_agent_or_beyond_the_trunk(self) -> None:
        wanted = self.pacers.wanted(PACED, at_s=self.house.now_s)
        assert wanted == self.pacers.wanted(PACED, at_s=self.house.now_s), "asking changes nothing"
        assert sum(wanted.values()) <= self.board.lines["main"].room(self.house.now_s)
        giving, agents = self.board.giving, self.board.floor.agents
        for stored in (PROGRESSIVE, PREDICTIVE, LOANS):
            there = [
                one
                for one in agents.values()
                if one.state in (S.READY, S.TALKING, S.WRAP_UP)
                and not self.board.is_leaving(one.agent_id)
                and giving.may_take(stored, one)
            ]
            assert there or stored.id not in wanted

    @invariant()
    def the_dial_level_counts_what_is_in_flight(self) -> None:
        levels = self.pacers.levels(PACED)
        for stored in PACED:
            level, witness = levels[stored.campaign.name], self.witnesses[stored.id]
            own = sum(live.stored.id == stored.id for live in self.board.calls.values())
            assert level.decision.ready == len(witness.are("ready"))
            assert level.decision.in_flight <= own
            assert level.calls <= own + max(0, witness.wish)

    @invariant()
    def pacers_know_who_talks(self) -> None:
        for witness in self.witnesses.values():
            for agent_id, channel_id in witness.talks.items():
                live = self.board.calls[channel_id]
                assert (live.call.agent_id, live.call.state) == (agent_id, CallState.TALKING)

    @invariant()
    def nothing_is_settled_twice(self) -> None:
        assert len(set(self.settled)) == len(self.settled)


AnyDay.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_any_day = AnyDay.TestCase
