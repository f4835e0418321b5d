"""Who gets whom: skills, languages, agents who choose themselves, people who are hostile."""

import pytest

from campaigns.model import AgentState, Outcome
from dialer.agent import AgentEvent
from dialer.call import (
    AgentJoined,
    AgentWanted,
    CallState,
    ChannelMade,
    Event,
    PickedUp,
    Rang,
    SorryBegan,
)
from tests.unit.dialer.examples import at
from tests.unit.dialer.house import LOANS, PREVIEW, PROGRESSIVE, House, S, room

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
    assert house.tones() == [f"Local/{house.line(n)}@ringbank-tone-line/n" for n in (2, 1)]
    talks = {"stage": "connected", "last": "connected", "answered": "1", "connected": "2"}
    lines = {house.line(n): "6" for n in (1, 2)}
    house.restart({first: "6", second: "6", **lines}, {first: talks, second: talks})
    assert house.tones() == [], "nobody comes twice"
