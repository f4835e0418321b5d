"""Calls, agents and lines together: whom they reach, who is free, what is in use."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from campaigns.ledger import Closing
from campaigns.model import AgentState, DialMode, Outcome
from campaigns.model import Message as BroadcastMessage
from campaigns.store import StoredCampaign
from dialer.actions import Action, room_of
from dialer.agent import AgentEvent
from dialer.call import (
    AgentJoined,
    AgentMissing,
    AgentWanted,
    Call,
    CallState,
    ChannelMade,
    Concluded,
    Event,
    HungUp,
    KeyPressed,
    MessageBegan,
    PickedUp,
    Rang,
    SorryBegan,
)
from dialer.floor import Floor
from dialer.live import LiveCall, Work, closing_of
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
        return self.board.wanted(running or (PROGRESSIVE,), at_s=self.now_s)

    # -- what was to be done

    def awaited_and_answers(self, request: int) -> tuple[bool, list[tuple[int, str | None]]]:
        return self.board.awaited(request), self.work.answers

    def done(self) -> list[tuple[str, str]]:
        """Return what Asterisk was asked since the last time, tones apart: (what, channel)."""
        asked = [
            (_what(action), _channel(action))
            for action in self.work.actions
            if _what(action) != "tone"
        ]
        self.work.actions.clear()
        return asked

    def tones(self) -> list[str]:
        """Return where tones were to be played so far."""
        return [_channel(action) for action in self.work.actions if _what(action) == "tone"]

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


def _what(action: Action) -> str:
    if dict(action.fields).get("Channel", "").startswith("Local/"):
        return "tone"
    if action.name != "Redirect":
        return action.name
    exten = dict(action.fields)["Exten"]
    return f"to room {exten}" if exten.isdigit() else exten


def _channel(action: Action) -> str:
    fields = dict(action.fields)
    return fields.get("ChannelId") or fields["Channel"]


def room(agent_id: int) -> str:
    return f"to room {room_of(agent_id)}"


@pytest.fixture
def house() -> House:
    return House()


# -- how many calls to place ---------------------------------------------------------------


def test_progressive_places_one_call_for_each_free_agent(house: House) -> None:
    assert house.wanted() == {}
    house.ready(1, 2, 3)
    assert house.wanted() == {1: 3}
    house.tell(3, AgentEvent.PAUSE)
    assert house.wanted() == {1: 2}


def test_an_agent_who_is_promised_to_a_call_is_not_free(house: House) -> None:
    house.ready(1, 2)
    first = house.place()
    assert house.wanted() == {1: 1}
    second = house.place()
    for kind in (ChannelMade, Rang, PickedUp, AgentWanted):
        house.hear(first, kind)
        assert house.wanted() == {}, kind
    house.match()
    assert house.wanted() == {}  # one talks, the other is promised
    house.hang_up(second, 17)
    assert house.wanted() == {1: 1}


def test_a_call_that_hears_the_apology_needs_nobody(house: House) -> None:
    caller = house.waiting()
    house.ready(1)
    house.hear(caller, SorryBegan)
    assert house.wanted() == {1: 1}


def test_two_progressive_campaigns_share_the_agents_the_first_one_first(house: House) -> None:
    house.ready(1, 2)
    other = replace(PROGRESSIVE, id=9)  # type: ignore[arg-type]
    assert house.wanted(other, PROGRESSIVE) == {9: 2}
    house.place(other)
    assert house.wanted(PROGRESSIVE, other) == {1: 1}


def test_no_campaign_gets_more_than_its_trunk_has(house: House) -> None:
    house.ready(*range(1, 13))
    assert house.wanted() == {1: 10}
    narrow = House({"main": replace(TRUNK, max_calls=4, max_calls_per_second=3)})
    assert narrow.wanted(BROADCAST) == {2: 3}
    narrow.place(BROADCAST)
    narrow.place(BROADCAST)
    assert narrow.wanted(BROADCAST) == {2: 2}


def test_two_campaigns_on_one_trunk_share_its_room(house: House) -> None:
    house.ready(1, 2, 3)
    assert house.wanted(PROGRESSIVE, BROADCAST) == {1: 3, 2: 7}
    assert house.wanted(BROADCAST, PROGRESSIVE) == {2: 10}


def test_a_campaign_on_a_trunk_that_is_not_configured_places_nothing(house: House) -> None:
    lost = stored(campaign(mode=DialMode.BROADCAST, trunk="gone"), id=3)
    assert house.wanted(lost) == {}


def test_a_manual_campaign_is_left_to_its_agents(house: House) -> None:
    house.ready(1, 2)
    by_hand = stored(campaign(mode=DialMode.MANUAL), id=3)
    assert house.wanted(by_hand) == {}
    assert house.wanted(by_hand, PROGRESSIVE) == {1: 2}


def test_a_call_is_dialled_through_its_trunk(house: House) -> None:
    tried = attempt(7)
    live = LiveCall(Call(channel_id=tried.channel_id, placed_at=at(0)), tried, PROGRESSIVE)
    action = house.board.begin(live, at_s=0)
    assert (_what(action), _channel(action)) == ("Originate", "rb-7")
    assert ("Channel", "PJSIP/+4722000007@carrier") in action.fields


# -- people and agents -----------------------------------------------------------------------


def test_a_person_reaches_the_agent_who_is_chosen_in_the_ledger_too(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    assert house.done() == [(room(1), caller)]
    assert [(tried.channel_id, who) for tried, who in house.work.chosen] == [(caller, 1)]
    house.hear(caller, AgentJoined)
    assert (house.call_state(caller), house.state(1)) == (CallState.TALKING, S.TALKING)
    house.now_s += 60
    house.hang_up(caller)
    assert house.state(1) is S.WRAP_UP
    assert (house.closing().outcome, house.closing().agent_id) == (Outcome.CONNECTED, 1)
    assert house.work.closed_channels == [caller]


def test_the_longest_waiting_person_gets_the_one_agent(house: House) -> None:
    early, late = house.waiting(), house.waiting()
    house.ready(1)
    house.match()
    assert house.done() == [(room(1), early)]
    assert house.call_state(late) is CallState.WAITING
    house.ready(2)
    house.match()
    assert house.done() == [(room(2), late)]


def test_the_longest_waiting_agent_gets_the_person(house: House) -> None:
    house.ready(2, 1)
    caller = house.waiting()
    house.match()
    assert house.done() == [(room(2), caller)]


def test_a_promised_call_goes_to_the_agent_who_promised_it(house: House) -> None:
    house.ready(1, 2)
    caller = house.waiting(owner=2)
    house.match()
    assert house.done() == [(room(2), caller)]


def test_a_promised_call_goes_to_another_agent_where_its_own_is_busy(house: House) -> None:
    house.ready(1, 2)
    first = house.waiting(owner=1)
    house.match()
    second = house.waiting(owner=1)
    house.match()
    assert house.done() == [(room(1), first), (room(2), second)]


def test_whoever_promised_a_call_that_rings_is_kept_for_it_while_others_are_free(
    house: House,
) -> None:
    house.ready(1, 2)
    promised = house.place(owner=1)
    stranger = house.waiting()
    house.match()
    assert house.done() == [(room(2), stranger)]
    another = house.waiting()
    house.match()
    assert house.done() == [(room(1), another)], "nobody waits in vain for the sake of a promise"
    house.hear(promised, PickedUp, AgentWanted)
    house.match()
    assert house.done() == []


def test_nobody_is_moved_twice(house: House) -> None:
    house.ready(1, 2)
    house.waiting()
    house.match()
    house.done()
    house.match()
    assert house.done() == []
    assert house.board.floor.count(S.READY) == 1


def test_the_agents_line_dies_while_a_person_is_moved_and_another_takes_over(house: House) -> None:
    house.ready(1, 2)
    caller = house.waiting()
    house.match()
    house.done()
    house.line_down(1)
    assert house.done() == [(room(2), caller)]
    assert (house.state(1), house.state(2)) == (S.OUT, S.TALKING)
    house.hear(caller, AgentJoined)
    house.hang_up(caller)
    assert (house.closing().agent_id, house.state(2)) == (2, S.WRAP_UP)
    assert [who for _, who in house.work.chosen] == [1, 2]


def test_the_agents_line_dies_and_nobody_else_is_there(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    house.done()
    house.line_down(1)
    assert house.done() == [("sorry", caller)]
    house.hear(caller, SorryBegan)
    house.hang_up(caller)
    assert (house.closing().outcome, house.closing().agent_id) == (Outcome.ABANDONED, None)


def test_a_line_that_dies_concerns_nobody_elses_person(house: House) -> None:
    house.ready(1, 2, 3)
    talks, moved = house.waiting(), house.waiting()
    house.match()
    house.hear(talks, AgentJoined)
    house.done()
    house.line_down(1)
    assert house.done() == []
    assert (house.state(2), house.state(3)) == (S.TALKING, S.READY)
    assert house.board.calls[moved].call.agent_id == 2


def test_a_person_who_hangs_up_while_being_moved_leaves_nothing_to_wrap_up(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    house.hang_up(caller)
    assert house.state(1) is S.READY
    assert (house.closing().outcome, house.closing().agent_id) == (Outcome.HUNG_UP_WAITING, None)


def test_the_wish_of_an_agent_whom_the_person_never_reached_is_kept(house: House) -> None:
    house.ready(1, 2)
    for agent_id, wish, expected in (
        (1, AgentEvent.PAUSE, S.PAUSED),
        (2, AgentEvent.LOGOUT, S.OUT),
    ):
        caller = house.waiting()
        house.match()
        assert house.tell(agent_id, wish) is None
        house.done()
        house.hang_up(caller)
        assert house.state(agent_id) is expected
    assert house.done() == [("Hangup", house.line(2))]


def test_a_refused_move_frees_the_agent_and_the_person_hears_the_apology(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    house.done()
    house.hear(caller, AgentMissing)
    assert house.done() == [("sorry", caller)]
    assert house.state(1) is S.READY
    house.hear(caller, AgentMissing)  # the apology is refused as well
    assert house.done() == []


def test_a_move_refused_because_the_person_hung_up_is_not_an_abandonment(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    house.hear(caller, AgentMissing)
    house.hang_up(caller)
    assert house.closing().outcome is Outcome.HUNG_UP_WAITING


def test_the_end_of_a_refused_move_does_not_take_the_agent_from_the_next_person(
    house: House,
) -> None:
    house.ready(1)
    first, second, third = house.waiting(), house.waiting(), house.waiting()
    house.match()
    house.hear(first, AgentMissing)
    house.match()
    house.hear(second, AgentJoined)
    house.hang_up(first)
    house.match()
    assert house.state(1) is S.TALKING
    assert house.call_state(third) is CallState.WAITING


def test_an_agent_who_came_too_late_is_free_while_the_apology_is_played(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    house.hear(caller, SorryBegan)
    assert house.state(1) is S.READY
    house.hang_up(caller)
    assert (house.state(1), house.closing().outcome) == (S.READY, Outcome.ABANDONED)


def test_a_result_during_the_talk_hangs_up_that_call_and_no_other(house: House) -> None:
    house.ready(1, 2)
    mine, other = house.waiting(), house.waiting()
    house.match()
    house.hear(mine, AgentJoined)
    house.hear(other, AgentJoined)
    house.done()
    house.tell(1, AgentEvent.RESULT)
    assert house.done() == [("Hangup", mine)]
    house.hang_up(mine)
    assert (house.state(1), house.state(2)) == (S.READY, S.TALKING)


@pytest.mark.parametrize("joined", [False, True])
def test_a_late_result_can_be_told_from_one_of_the_talk_in_hand(house: House, joined: bool) -> None:
    house.ready(1, 2)
    caller = house.waiting()
    house.match()
    if joined:
        house.hear(caller, AgentJoined)
    current = house.board.calls[caller].attempt.id
    assert not house.board.talks_in_another(1, current)
    assert house.board.talks_in_another(1, current + 1)
    assert not house.board.talks_in_another(2, current)
    house.hang_up(caller)
    assert not house.board.talks_in_another(1, current + 1)


def test_a_result_that_asterisk_could_not_be_told_of_ends_the_call_later(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    house.hear(caller, AgentJoined)
    house.tell(1, AgentEvent.RESULT)
    house.done()  # lost with the link
    mark = {"stage": "connected", "last": "connected", "answered": "1", "connected": "2"}
    house.catch_up({caller: "6", house.line(1): "6"}, {caller: mark})
    assert house.done() == [("Hangup", caller)]


def test_a_logout_during_the_talk_hangs_the_line_up_after_the_result(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    house.hear(caller, AgentJoined)
    house.done()
    house.tell(1, AgentEvent.LOGOUT)
    house.hang_up(caller)
    assert house.done() == []
    house.tell(1, AgentEvent.RESULT)
    assert house.done() == [("Hangup", house.line(1))]
    assert house.state(1) is S.OUT


def test_news_of_a_channel_nobody_knows_changes_nothing(house: House) -> None:
    house.ready(1)
    house.hang_up("rb-99")
    house.told(News("rba-99", line=AgentEvent.LINE_UP))
    assert (house.state(1), house.used, bool(house.work)) == (S.READY, 0, False)


# -- skills and languages ------------------------------------------------------------------------

SKILLED = frozenset({"loans"})


def test_a_campaign_counts_only_agents_who_have_all_of_its_skills(house: House) -> None:
    house.ready(1, 2)
    house.ready(3, skills=SKILLED)
    assert house.wanted(LOANS) == {4: 1}
    assert house.wanted(LOANS, PROGRESSIVE) == {4: 1, 1: 2}
    assert house.wanted(PROGRESSIVE, LOANS) == {1: 3}, "the first one served first"
    house.place(LOANS)
    assert house.wanted(LOANS, PROGRESSIVE) == {1: 2}


def test_a_call_that_anybody_can_take_leaves_the_only_specialist_free(house: House) -> None:
    house.ready(1, skills=SKILLED)
    house.ready(2)
    house.place()
    assert house.wanted(LOANS) == {4: 1}, "the first call can do with the other agent"
    anybody, loan = house.waiting(), house.waiting(LOANS)
    house.match()
    assert house.done() == [(room(2), anybody), (room(1), loan)], "nobody is left without"


def test_nobody_without_the_skill_is_given_to(house: House) -> None:
    house.ready(1)
    caller = house.waiting(LOANS)
    house.match()
    assert (house.done(), house.state(1)) == ([], S.READY)
    other = house.waiting()
    house.match()
    assert house.done() == [(room(1), other)], "whoever stands behind is not kept waiting"
    house.ready(2, skills=SKILLED)
    house.match()
    assert house.done() == [(room(2), caller)]


def test_the_longest_waiting_who_speaks_the_language_gets_the_person(house: House) -> None:
    house.ready(1, languages=frozenset({"no"}))
    house.ready(2, languages=frozenset({"no", "pl"}))
    house.ready(3)
    first, second = house.waiting(language="pl"), house.waiting(language="pl")
    house.match()
    assert house.done() == [(room(2), first), (room(3), second)]
    third = house.waiting(language="pl")
    house.match()
    assert house.done() == [(room(1), third)], "another language rather than nobody at all"


def test_languages_of_those_who_are_ready(house: House) -> None:
    house.ready(1, languages=frozenset({"no"}), skills=SKILLED)
    house.ready(2, languages=frozenset({"pl"}))
    assert house.board.ready_languages(PROGRESSIVE) == {"no", "pl"}
    assert house.board.ready_languages(LOANS) == {"no"}
    house.ready(3)
    assert house.board.ready_languages(PROGRESSIVE) is None


def test_a_newcomer_who_may_not_call_alone_is_not_counted(house: House) -> None:
    house.ready(1, 2)
    house.board.barred = frozenset({(1, PROGRESSIVE.id)})
    assert house.wanted() == {1: 1}
    caller = house.waiting()
    house.match()
    assert house.done() == [(room(2), caller)]


def test_the_only_specialist_stays_while_a_call_that_rings_needs_them(house: House) -> None:
    house.ready(1, skills=SKILLED)
    house.ready(2)
    house.place(LOANS)
    assert house.tell(1, AgentEvent.PAUSE) is None
    house.match()
    assert house.state(1) is S.READY
    house.tell(2, AgentEvent.PAUSE)
    assert house.state(2) is S.PAUSED, "the call has no use for the other one"


def test_a_held_back_pause_keeps_its_reason(house: House) -> None:
    house.ready(1)
    caller = house.place()
    house.board.tell(1, AgentEvent.PAUSE, house.work, now=at(house.now_s), pause="lunch")
    house.hang_up(caller, 17)
    house.match()
    assert (house.state(1), house.board.floor.agents[1].pause) == (S.PAUSED, "lunch")


# -- agents who choose when to call --------------------------------------------------------------


def test_nobody_is_called_for_an_agent_who_looks(house: House) -> None:
    house.preview(1)
    assert house.wanted(PREVIEW, PROGRESSIVE) == {}
    caller = house.waiting()
    house.match()
    assert (house.done(), house.call_state(caller)) == ([], CallState.WAITING)


def test_the_person_reaches_the_agent_who_had_them_called_and_nobody_else(house: House) -> None:
    house.ready(3)
    house.preview(1, 2)
    theirs, others = house.dial(1), house.dial(2)
    assert house.wanted() == {1: 1}, "the agent who is ready is promised to neither"
    house.hear(others, PickedUp, AgentWanted)
    house.match()
    assert house.done() == [(room(2), others)]
    house.hear(theirs, PickedUp, AgentWanted)
    house.match()
    assert house.done() == [(room(1), theirs)]
    house.hear(theirs, AgentJoined)
    assert (house.state(1), house.state(3)) == (S.TALKING, S.READY)
    house.hang_up(theirs)
    house.tell(1, AgentEvent.RESULT)
    assert (house.state(1), house.closing().agent_id) == (S.PREVIEW, 1)


@pytest.mark.parametrize(("cause", "outcome"), [(17, Outcome.BUSY), (19, Outcome.NO_ANSWER)])
def test_whoever_is_not_reached_is_the_agents_attempt_all_the_same(
    house: House, cause: int, outcome: Outcome
) -> None:
    house.preview(1)
    house.hang_up(house.dial(1), cause)
    assert (house.closing().outcome, house.closing().agent_id) == (outcome, 1)
    assert house.state(1) is S.PREVIEW


@pytest.mark.parametrize("heard", [(), (ChannelMade,), (ChannelMade, Rang)])
def test_a_telephone_that_rings_for_nobody_is_hung_up(
    house: House, heard: tuple[type[Event], ...]
) -> None:
    house.preview(1)
    caller = house.dial(1)
    house.hear(caller, *heard)
    house.done()
    house.line_down(1)
    assert house.done() == [("Hangup", caller)]
    house.hear(caller, Rang)
    assert house.done() == [("Hangup", caller)], "it may not have had a channel before"


def test_who_answers_when_the_agent_is_gone_hears_the_apology(house: House) -> None:
    house.ready(2)
    house.preview(1)
    caller = house.dial(1)
    house.hear(caller, PickedUp, AgentWanted)
    house.match()
    house.done()
    house.line_down(1)
    assert house.done() == [("sorry", caller)], "they were called for nobody else"
    other = House()
    other.preview(1)
    caller = other.dial(1)
    other.hear(caller, PickedUp)
    other.line_down(1)
    other.done()
    other.hear(caller, AgentWanted)
    other.match()
    assert other.done() == [], "the dialplan apologises after its wait"
    other.hear(caller, SorryBegan)
    other.hang_up(caller)
    assert other.closing().outcome is Outcome.ABANDONED


def test_a_result_given_while_the_telephone_rings_hangs_up(house: House) -> None:
    house.preview(1)
    caller = house.dial(1)
    house.done()
    house.tell(1, AgentEvent.RESULT)
    assert house.done() == [("Hangup", caller)]
    house.hang_up(caller)
    assert house.state(1) is S.PREVIEW


def test_an_engine_that_comes_back_gives_the_person_to_who_had_them_called(house: House) -> None:
    house.preview(1)
    house.ready(2)
    caller = house.dial(1)
    lines = {house.line(n): "6" for n in (1, 2)}
    house.restart({caller: "5", **lines}, {})
    assert house.state(1) is S.DIALING
    house.hear(caller, PickedUp, AgentWanted)
    house.match()
    assert house.done() == [(room(1), caller)]
    # It died again before Asterisk was told of the move.
    house.restart({caller: "6", **lines}, {caller: {"stage": "waiting", "answered": "1"}})
    house.match()
    assert house.done() == [(room(1), caller)]
    house.hear(caller, AgentJoined)
    house.restart(
        {caller: "6", **lines},
        {caller: {"stage": "connected", "last": "connected", "answered": "1", "connected": "2"}},
    )
    assert house.state(1) is S.TALKING
    house.hang_up(caller)
    house.tell(1, AgentEvent.RESULT)
    assert house.state(1) is S.PREVIEW


def test_a_call_that_ended_while_nobody_listened_lets_its_agent_choose_again(house: House) -> None:
    house.preview(1)
    caller = house.dial(1)
    mark = {"stage": "failed", "reason": "3", "ended": "27"}
    house.restart({house.line(1): "6"}, {caller: mark})
    assert (house.closing().outcome, house.state(1)) == (Outcome.NO_ANSWER, S.PREVIEW)


def test_an_agent_who_was_dialling_a_call_that_was_never_written_chooses_again(
    house: House,
) -> None:
    house.preview(1)
    assert house.tell(1, AgentEvent.DIAL) is None
    house.restart({house.line(1): "6"}, {})
    assert house.state(1) is S.PREVIEW


# -- hostile -------------------------------------------------------------------------------------


def test_a_hostile_person_hears_the_recorded_line_and_the_agent_pauses(house: House) -> None:
    house.ready(1, 2)
    caller, other = house.waiting(), house.waiting()
    house.match()
    house.hear(caller, AgentJoined)
    house.hear(other, AgentJoined)
    house.done()
    house.tell(1, AgentEvent.HOSTILE)
    assert house.done() == [("s", caller)]
    assert house.work.actions == []
    house.hang_up(caller)
    assert (house.state(1), house.state(2)) == (S.PAUSED, S.TALKING)
    assert house.board.floor.agents[1].pause == "hostile"


def test_whoever_is_given_somebody_hears_a_tone(house: House) -> None:
    house.ready(1, 2)
    first, second = house.waiting(), house.waiting()
    house.match()
    assert house.tones() == [], "the move goes first"
    house.hear(second, AgentJoined)
    house.hear(first, AgentJoined)
    assert house.tones() == [f"Local/{house.line(n)}@ringbank-whisper/n" for n in (2, 1)]
    talks = {"stage": "connected", "last": "connected", "answered": "1", "connected": "2"}
    lines = {house.line(n): "6" for n in (1, 2)}
    house.restart({first: "6", second: "6", **lines}, {first: talks, second: talks})
    assert house.tones() == [], "nobody comes twice"


# -- agents who want to go ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "gone"), [(AgentEvent.PAUSE, S.PAUSED), (AgentEvent.LOGOUT, S.OUT)]
)
def test_nobody_goes_while_a_ringing_telephone_counts_on_them(
    house: House, wish: AgentEvent, gone: AgentState
) -> None:
    house.ready(1)
    caller = house.place()
    assert house.tell(1, wish) is None
    house.match()
    assert house.state(1) is S.READY
    assert house.wanted() == {}
    house.hang_up(caller, 17)
    house.match()
    assert house.state(1) is gone
    assert house.wanted() == {}


def test_who_is_not_counted_on_goes_at_once(house: House) -> None:
    house.ready(1, 2)
    house.place()
    house.tell(1, AgentEvent.PAUSE)
    house.tell(2, AgentEvent.PAUSE)
    assert (house.state(1), house.state(2)) == (S.PAUSED, S.READY)


def test_who_was_held_back_and_got_the_person_goes_after_the_result(house: House) -> None:
    house.ready(1)
    caller = house.place()
    house.tell(1, AgentEvent.PAUSE)
    house.hear(caller, PickedUp, AgentWanted)
    house.match()
    house.hear(caller, AgentJoined)
    house.hang_up(caller)
    house.tell(1, AgentEvent.RESULT)
    assert house.state(1) is S.PAUSED


def test_who_changed_their_mind_stays(house: House) -> None:
    house.ready(1)
    caller = house.place()
    house.tell(1, AgentEvent.LOGOUT)
    house.tell(1, AgentEvent.READY)
    house.hang_up(caller, 17)
    house.match()
    assert house.state(1) is S.READY
    assert house.wanted() == {1: 1}


# -- logging in --------------------------------------------------------------------------------


def test_a_login_is_answered_when_the_telephone_is(house: House) -> None:
    request = house.login(1)
    assert house.awaited_and_answers(request) == (True, [])
    house.line_up(1)
    assert house.awaited_and_answers(request) == (False, [(request, None)])


def test_a_telephone_that_nobody_answers_is_told_of_once(house: House) -> None:
    request = house.login(1)
    house.line_down(1)
    house.line_down(1)
    why = "agent-1's telephone PJSIP/agent-1 was not answered; try again"
    assert house.awaited_and_answers(request) == (False, [(request, why)])
    assert house.state(1) is S.OUT


def test_a_second_login_is_answered_at_once_and_the_first_still_waits(house: House) -> None:
    first, second = house.login(1), house.login(1)
    assert [answer[0] for answer in house.work.answers] == [second]
    assert house.board.awaited(first)


def test_a_login_that_was_taken_back_is_not_answered_as_done(house: House) -> None:
    request = house.login(1)
    house.tell(1, AgentEvent.LOGOUT)
    house.line_up(1)  # picked up in the same moment
    assert house.work.answers == []
    house.line_down(1)
    ((answered, why),) = house.work.answers
    assert answered == request
    assert why is not None


def test_a_line_through_a_trunk_needs_room_there(house: House) -> None:
    full = House({"main": replace(TRUNK, max_calls=1)})
    full.place()
    request = full.login(1, phone=ON_TRUNK)
    why = "no trunk has a free line for agent-1's telephone; try again"
    assert full.work.answers == [(request, why)]
    assert (full.state(1), full.used, full.done()) == (S.OUT, 1, [])
    house.login(1, phone=ON_TRUNK)
    (ring,) = house.work.actions
    assert ("Channel", "PJSIP/+4790000001@carrier") in ring.fields
    assert ("CallerID", "+4721000000") in ring.fields
    assert house.used == 1


def test_without_any_trunk_an_outside_telephone_cannot_be_rung() -> None:
    nowhere = House({})
    nowhere.login(1, phone=ON_TRUNK)
    assert nowhere.state(1) is S.OUT
    nowhere.login(2)
    assert nowhere.state(2) is S.CALLING


def test_a_new_login_before_the_old_line_has_ended_loses_no_line(house: House) -> None:
    house.ready(1, phone=ON_TRUNK)
    old = house.line(1)
    house.tell(1, AgentEvent.LOGOUT)
    house.login(1, phone=ON_TRUNK)
    assert house.used == 2
    house.told(News(old, (), AgentEvent.LINE_DOWN))
    assert (house.used, house.state(1)) == (1, S.CALLING)
    house.line_down(1)
    assert house.used == 0


# -- after a lost link or another process ------------------------------------------------------


def test_a_person_in_an_agents_room_stays_there(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    mark = {"stage": "connected", "last": "connected", "answered": "1", "connected": "2"}
    house.restart({caller: "6", house.line(1): "6"}, {caller: mark})
    assert (house.call_state(caller), house.state(1)) == (CallState.TALKING, S.TALKING)
    house.hang_up(caller)
    assert (house.closing().agent_id, house.state(1)) == (1, S.WRAP_UP)


def test_a_person_whom_the_old_process_did_not_move_in_time_is_moved_now(house: House) -> None:
    house.ready(1)
    caller = house.waiting()
    house.match()
    mark = {"stage": "waiting", "last": "waiting", "answered": "1"}
    house.restart({caller: "6", house.line(1): "6"}, {caller: mark})
    assert house.state(1) is S.READY
    house.match()
    assert house.done() == [(room(1), caller)]


def test_an_agent_freed_by_a_restart_is_not_freed_again_from_the_next_person(house: House) -> None:
    house.ready(1)
    first = house.waiting()
    house.match()
    second = house.waiting()
    marks = {
        first: {"stage": "waiting", "last": "waiting", "answered": "1"},
        second: {"stage": "waiting", "last": "waiting", "answered": "1"},
    }
    house.restart({first: "6", second: "6", house.line(1): "6"}, marks)
    # The one who was chosen before keeps the agent's name in the ledger, the other gets them.
    house.board.calls[first].call = replace(
        house.board.calls[first].call, waiting_at=at(house.now_s + 9)
    )
    house.match()
    assert house.done() == [(room(1), second)]
    house.hang_up(first)
    assert house.state(1) is S.TALKING


def test_what_ended_meanwhile_is_settled_from_what_asterisk_kept(house: House) -> None:
    house.ready(1)
    caller, rang_out, never = house.waiting(), house.place(), house.place()
    house.match()
    marks = {
        caller: {
            "stage": "ended",
            "last": "connected",
            "answered": "1",
            "connected": "2",
            "ended": "32",
        },
        rang_out: {"stage": "failed", "reason": "3", "ended": "27"},
    }
    house.now_s = 600
    house.restart({house.line(1): "6"}, marks)
    closings = {closing.attempt_id: closing for _, closing in house.work.closings}
    told = [(c.outcome, c.evidence, c.ended_at) for c in closings.values()]
    assert told == [
        (Outcome.CONNECTED, "dialplan", at(32)),
        (Outcome.NO_ANSWER, "dialplan", at(27)),
        (Outcome.FAILED, "no_trace", at(600)),
    ]
    assert sorted(house.work.closed_channels) == sorted([caller, rang_out, never])
    assert (closings[1].talk_s, house.state(1), house.used) == (30.0, S.WRAP_UP, 0)  # type: ignore[index]


def test_a_call_is_adopted_once(house: House) -> None:
    house.board.adopt(attempt(1), PROGRESSIVE)
    house.board.adopt(attempt(1), PROGRESSIVE)
    assert (len(house.board.calls), house.used) == (1, 1)


def test_a_call_on_a_trunk_that_is_no_longer_configured_is_followed_to_its_end(
    house: House,
) -> None:
    house.board.adopt(attempt(1, trunk="gone"), PROGRESSIVE)
    house.hang_up("rb-1", 17)
    assert (house.closing().outcome, house.used) == (Outcome.BUSY, 0)


def test_an_agents_line_that_died_meanwhile_leaves_them_out(house: House) -> None:
    house.ready(1, 2, phone=ON_TRUNK)
    request = house.login(3)
    house.catch_up({house.line(1): "6"}, {})
    assert (house.state(1), house.state(2), house.state(3)) == (S.READY, S.OUT, S.OUT)
    assert [answer[0] for answer in house.work.answers] == [request]
    assert house.used == 1


def test_an_agents_telephone_that_was_answered_meanwhile_is_in_its_room(house: House) -> None:
    request = house.login(1)
    house.catch_up({house.line(1): "5"}, {})
    assert (house.state(1), house.work.answers) == (S.CALLING, [])
    house.catch_up({house.line(1): "6"}, {})
    assert (house.state(1), house.work.answers) == (S.PAUSED, [(request, None)])


def test_agents_lines_through_a_trunk_count_after_a_restart_too(house: House) -> None:
    house.ready(1, 2, phone=ON_TRUNK)
    house.ready(3)
    house.restart({house.line(n): "6" for n in (1, 2, 3)}, {})
    assert house.used == 2
    house.catch_up({house.line(n): "6" for n in (1, 2, 3)}, {})
    assert house.used == 2
    house.line_down(1)
    assert house.used == 1


# -- what the ledger is told ------------------------------------------------------------------


def closed(*events: Event) -> Closing:
    house = House()
    channel_id = house.place()
    house.told(News(channel_id, events))
    return house.closing()


def test_ring_and_talk_are_measured_from_answer_and_room() -> None:
    talked = closed(
        PickedUp(at(6)), AgentWanted(at(6)), AgentJoined(at(7.5)), HungUp(at(67.5), 16, 200)
    )
    assert (talked.ring_s, talked.talk_s, talked.cause, talked.sip_code) == (6.0, 60.0, 16, 200)
    assert (talked.answered_at, talked.connected_at, talked.ended_at) == (at(6), at(7.5), at(67.5))
    rang = closed(Rang(at(2)), HungUp(at(25), 19))
    assert (rang.ring_s, rang.talk_s, rang.answered_at) == (25.0, None, None)
    left = closed(PickedUp(at(6)), AgentWanted(at(6)), HungUp(at(7), 16))
    assert (left.ring_s, left.talk_s) == (6.0, None)


def test_a_message_that_was_heard_is_a_talk_from_the_answer_on() -> None:
    heard = closed(
        PickedUp(at(6)),
        MessageBegan(at(6.1)),
        KeyPressed(at(9), "5"),
        Concluded(at(10), 3.9),
        HungUp(at(10), 16),
    )
    assert (heard.talk_s, heard.key, heard.agent_id) == (4.0, "5", None)


def test_clocks_that_differ_make_no_negative_durations() -> None:
    odd = closed(PickedUp(at(-3)), AgentWanted(at(0)), AgentJoined(at(9)), HungUp(at(8), 16))
    assert (odd.ring_s, odd.talk_s) == (0.0, 0.0)


def test_a_call_that_goes_on_has_no_closing() -> None:
    live = LiveCall(Call(channel_id="rb-1", placed_at=at(0)), attempt(1), PROGRESSIVE)
    with pytest.raises(AssertionError):
        closing_of(live)


# -- whatever happens -------------------------------------------------------------------------


class AnyDay(RuleBasedStateMachine):
    """A small Asterisk with three agents, and everything that may happen in any order.

    It keeps its own account of which lines are in use: whatever was asked for and has not
    been told to be over.
    """

    agents = st.sampled_from([1, 2, 3])
    any_call = st.integers(0, 9)

    def __init__(self) -> None:
        super().__init__()
        self.house = House({"main": replace(TRUNK, max_calls=4, max_calls_per_second=3)})
        self.people: dict[str, str] = {}  # channel -> where the dialplan has them
        self.lines: dict[str, int] = {}  # agents' channels -> agent
        self.phones = {1: ON_TRUNK, 2: ON_TRUNK, 3: ON_PHONE}
        self.settled: list[int] = []

    @property
    def board(self) -> Switchboard:
        return self.house.board

    def obey(self) -> None:
        """Do what was asked, as far as it shows at once."""
        self.house.now_s += 0.2
        self.settled += [int(closing.attempt_id) for _, closing in self.house.work.closings]
        for action in self.house.work.actions:
            channel_id = _channel(action)
            if _what(action) == "Originate" and channel_id.startswith("rba-"):
                self.lines[channel_id] = self._who(action)
        self.house.work = Work()

    @staticmethod
    def _who(action: Action) -> int:
        return int(dict(action.fields)["Variable"].partition("=")[2])

    def pick(self, number: int, *where: str) -> str | None:
        found = [c for c, place in self.people.items() if not where or place in where]
        return found[number % len(found)] if found else None

    # -- agents

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

    @rule(what=st.sampled_from([PROGRESSIVE, BROADCAST]))
    def dial(self, what: StoredCampaign) -> None:
        for _ in range(self.board.wanted([what], at_s=self.house.now_s).get(what.id, 0)):
            self.people[self.house.place(what)] = "ringing"
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
        (self.house.restart if restart else self.house.catch_up)(channels, marks)
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
    def nothing_is_settled_twice(self) -> None:
        assert len(set(self.settled)) == len(self.settled)


AnyDay.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_any_day = AnyDay.TestCase
