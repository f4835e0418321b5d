"""What is found again after a lost link, and what the ledger is told at the end."""

from dataclasses import replace

import pytest

from campaigns.ledger import Closing
from campaigns.model import Outcome
from dialer.call import (
    AgentJoined,
    AgentWanted,
    Call,
    CallState,
    Concluded,
    Event,
    HungUp,
    KeyPressed,
    MessageBegan,
    PickedUp,
    Rang,
)
from dialer.live import LiveCall, closing_of
from dialer.translate import News
from tests.unit.dialer.examples import at, attempt
from tests.unit.dialer.house import ON_TRUNK, PROGRESSIVE, House, S, room

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
