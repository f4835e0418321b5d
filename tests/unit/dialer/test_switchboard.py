"""Calls, agents and lines together: whom they reach, who is free, what is in use."""

from dataclasses import replace

import pytest

from campaigns.model import DialMode, Outcome
from dialer.agent import AgentEvent
from dialer.call import (
    AgentJoined,
    AgentMissing,
    AgentWanted,
    Call,
    CallState,
    ChannelMade,
    PickedUp,
    Rang,
    SetAside,
    SorryBegan,
)
from dialer.live import LiveCall, Work
from dialer.translate import News
from tests.unit.campaigns.examples import campaign
from tests.unit.dialer.examples import TRUNK, at, attempt, stored
from tests.unit.dialer.house import (
    BROADCAST,
    ON_TRUNK,
    PROGRESSIVE,
    House,
    S,
    channel_of,
    room,
    what_of,
)

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
    assert (what_of(action), channel_of(action)) == ("Originate", "rb-7")
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


def test_the_floor_is_staffed_from_the_ringing_of_the_first_line_to_the_last_logout(
    house: House,
) -> None:
    floor = house.board.floor
    assert not floor.staffed
    house.login(1)
    assert floor.staffed
    house.ready(2)
    house.tell(2, AgentEvent.PAUSE)
    house.tell(1, AgentEvent.LINE_DOWN)
    assert floor.staffed
    house.tell(2, AgentEvent.LOGOUT)
    assert not floor.staffed


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


# -- machines ------------------------------------------------------------------------------


def talking(house: House) -> str:
    caller = house.waiting()
    house.ready(1)
    house.match()
    house.hear(caller, AgentJoined)
    house.work = Work()
    return caller


def test_a_machine_in_the_room_frees_its_agent_who_has_nothing_to_wrap_up(house: House) -> None:
    caller = talking(house)
    assert house.state(1) is S.TALKING
    house.hear(caller, SetAside)
    assert house.state(1) is S.READY
    assert [one.channel_id for one in house.work.aside] == [caller]
    assert house.wanted() == {1: 1}, "the next one is called while the machine gets its message"
    house.hang_up(caller)
    assert house.closing().outcome is Outcome.MACHINE
    assert house.closing().agent_id is None
    assert house.state(1) is S.READY


def test_the_end_of_a_machines_call_leaves_the_agents_next_talk_alone(house: House) -> None:
    machine = talking(house)
    house.hear(machine, SetAside)
    person = house.waiting()
    house.match()
    house.hear(person, AgentJoined)
    house.hear(machine, SetAside)  # told once more, with the next note
    house.hang_up(machine)
    assert house.state(1) is S.TALKING


def test_the_wish_of_an_agent_who_had_a_machine_is_kept(house: House) -> None:
    caller = talking(house)
    house.tell(1, AgentEvent.PAUSE)
    house.hear(caller, SetAside)
    assert house.state(1) is S.PAUSED


def test_a_result_that_was_given_before_the_verdict_stays_the_agents(house: House) -> None:
    caller = talking(house)
    house.tell(1, AgentEvent.RESULT)
    house.hear(caller, SetAside)
    assert house.state(1) is S.READY
    house.hang_up(caller)
    assert house.closing().agent_id == 1


def test_a_machine_nobody_was_chosen_for_frees_nobody(house: House) -> None:
    house.ready(1)
    caller = house.place()
    assert house.wanted() == {}
    house.hear(caller, PickedUp, SetAside)
    assert house.work.aside == []
    assert house.wanted() == {1: 1}
