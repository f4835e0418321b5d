"""The working day of an agent."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.agent import (
    IGNORED,
    REFUSED,
    TRANSITIONS,
    Agent,
    AgentEffect,
    AgentEvent,
    AgentState,
    AgentStep,
    advance,
    longest_waiting,
    speaks,
)
from tests.unit.dialer.examples import agent, at

E, S = AgentEvent, AgentState
TO_READY = (E.LOGIN, E.LINE_UP, E.READY)
TO_TALKING = (*TO_READY, E.GIVEN)
TO_WRAP_UP = (*TO_TALKING, E.CALL_OVER)
TO_PREVIEW = (E.LOGIN, E.LINE_UP, E.PREVIEW)
TO_DIALING = (*TO_PREVIEW, E.DIAL)

anything = st.tuples(
    st.sampled_from([(), TO_READY, TO_TALKING, TO_WRAP_UP, TO_PREVIEW, TO_DIALING]),
    st.lists(st.sampled_from(AgentEvent), max_size=12),
).map(lambda parts: [*parts[0], *parts[1]])


def day(*events: AgentEvent, of: Agent | None = None) -> list[AgentStep]:
    """Return the steps of an agent to whom one thing a second happens."""
    steps = [AgentStep(of or agent())]
    for second, event in enumerate(events, start=1):
        steps.append(advance(steps[-1].agent, event, now=at(second)))
    return steps


def after(*events: AgentEvent) -> AgentStep:
    return day(*events)[-1]


# -- the table ---------------------------------------------------------------------------


def test_every_pair_is_decided_refused_or_ignored_and_only_once() -> None:
    for state in AgentState:
        rooms = (TRANSITIONS[state].keys(), REFUSED[state].keys(), IGNORED[state])
        listed = [event for room in rooms for event in room]
        assert sorted(listed, key=lambda e: e.value) == list(AgentEvent), state


@given(anything)
def test_no_sequence_is_undecided_and_a_refusal_changes_nothing(events: list[AgentEvent]) -> None:
    steps = day(*events)
    for before, step in pairwise(steps):
        if step.refusal:
            assert (step.agent, step.effect) == (before.agent, None)
            assert step.refusal.startswith("anna ")


@given(anything)
def test_the_state_began_when_it_was_entered(events: list[AgentEvent]) -> None:
    steps = day(*events)
    for second, (before, step) in enumerate(pairwise(steps), start=1):
        entered = (step.agent.state, step.agent.pause) != (before.agent.state, before.agent.pause)
        entered &= step.agent.state is not before.agent.state or step.agent.state is S.PAUSED
        assert step.agent.since == (at(second) if entered else before.agent.since)


@given(anything)
def test_nothing_of_one_talk_is_left_for_the_next(events: list[AgentEvent]) -> None:
    for step in day(*events):
        if step.agent.state not in (S.DIALING, S.TALKING, S.WRAP_UP):
            assert (step.agent.result_given, step.agent.then) == (False, S.READY)
            assert step.agent.pause is None or step.agent.state is S.PAUSED


@given(anything)
def test_who_goes_out_while_their_line_is_up_has_it_hung_up(events: list[AgentEvent]) -> None:
    steps = day(*events)
    for event, before, step in zip(events, steps, steps[1:], strict=False):
        left = before.agent.state is not S.OUT and step.agent.state is S.OUT
        by_line = event is E.LINE_DOWN
        assert (left and not by_line) == (step.effect is AgentEffect.HANG_UP_LINE)


# -- stories -----------------------------------------------------------------------------


def test_a_day_without_trouble() -> None:
    steps = day(*TO_WRAP_UP, E.RESULT, E.PAUSE, E.LOGOUT)
    assert [step.agent.state for step in steps] == [
        S.OUT,
        S.CALLING,
        S.PAUSED,
        S.READY,
        S.TALKING,
        S.WRAP_UP,
        S.READY,
        S.PAUSED,
        S.OUT,
    ]
    assert [step.effect for step in steps if step.effect] == [
        AgentEffect.RING,
        AgentEffect.HANG_UP_LINE,
    ]


def test_a_second_login_while_the_telephone_rings_is_refused() -> None:
    step = after(E.LOGIN, E.LOGIN)
    assert step.agent.state is S.CALLING
    assert step.refusal == (
        "anna has not answered their telephone yet; try again when it is picked up"
    )


@pytest.mark.parametrize("event", [E.READY, E.PAUSE, E.LOGOUT])
def test_who_is_not_in_is_told_how_to_come_in(event: AgentEvent) -> None:
    assert after(event).refusal == "anna is not logged in; run: ringbank agents login anna"


@pytest.mark.parametrize("events", [TO_READY[:2], TO_READY, TO_TALKING, TO_WRAP_UP])
def test_who_is_in_is_in_already(events: tuple[AgentEvent, ...]) -> None:
    assert after(*events, E.LOGIN).refusal == "anna is logged in already"


def test_a_telephone_nobody_answers_leaves_the_agent_out() -> None:
    assert after(E.LOGIN, E.LINE_DOWN).agent.state is S.OUT


def test_a_pause_during_a_talk_begins_after_the_result() -> None:
    states = [step.agent.state for step in day(*TO_TALKING, E.PAUSE, E.CALL_OVER, E.RESULT)]
    assert states[-4:] == [S.TALKING, S.TALKING, S.WRAP_UP, S.PAUSED]


def test_a_pause_during_the_wrap_up_begins_after_the_result() -> None:
    assert after(*TO_WRAP_UP, E.PAUSE).agent.state is S.WRAP_UP
    assert after(*TO_WRAP_UP, E.PAUSE, E.RESULT).agent.state is S.PAUSED


def paused(*events: AgentEvent, code: str) -> Agent:
    """Return an agent after some events and the wish for a pause of a code."""
    return advance(after(*events).agent, E.PAUSE, now=at(50), pause=code).agent


def test_a_pause_has_its_code_until_it_ends() -> None:
    lunch = paused(*TO_READY, code="lunch")
    assert (lunch.state, lunch.pause, lunch.since) == (S.PAUSED, "lunch", at(50))
    assert advance(lunch, E.READY, now=at(60)).agent.pause is None
    assert advance(lunch, E.LOGOUT, now=at(60)).agent.pause is None


def test_another_code_is_another_pause_and_the_same_one_goes_on() -> None:
    lunch = paused(*TO_READY, code="lunch")
    meeting = advance(lunch, E.PAUSE, now=at(60), pause="meeting").agent
    assert (meeting.pause, meeting.since) == ("meeting", at(60))
    assert advance(lunch, E.PAUSE, now=at(60), pause="lunch").agent == lunch


def test_a_pause_asked_for_in_a_talk_keeps_its_code_for_after_it() -> None:
    talking = paused(*TO_TALKING, code="lunch")
    assert (talking.state, talking.pause) == (S.TALKING, "lunch")
    (*_, step) = day(E.CALL_OVER, E.RESULT, of=talking)
    assert (step.agent.state, step.agent.pause) == (S.PAUSED, "lunch")
    (*_, step) = day(E.READY, E.CALL_OVER, E.RESULT, of=talking)
    assert (step.agent.state, step.agent.pause) == (S.READY, None)


def test_the_last_wish_counts() -> None:
    assert after(*TO_TALKING, E.PAUSE, E.READY, E.CALL_OVER, E.RESULT).agent.state is S.READY
    assert after(*TO_TALKING, E.LOGOUT, E.PAUSE, E.CALL_OVER, E.RESULT).agent.state is S.PAUSED


def test_a_wish_holds_for_one_talk_only() -> None:
    again = (*TO_TALKING, E.PAUSE, E.CALL_OVER, E.RESULT, E.READY, E.GIVEN, E.CALL_OVER, E.RESULT)
    assert after(*again).agent.state is S.READY


def test_a_result_during_the_talk_ends_the_call_and_needs_no_wrap_up() -> None:
    step = after(*TO_TALKING, E.RESULT)
    assert (step.agent.state, step.effect) == (S.TALKING, AgentEffect.HANG_UP_CALL)
    assert after(*TO_TALKING, E.RESULT, E.CALL_OVER).agent.state is S.READY
    assert after(*TO_TALKING, E.PAUSE, E.RESULT, E.CALL_OVER).agent.state is S.PAUSED


def test_a_logout_during_the_talk_waits_for_the_result() -> None:
    assert after(*TO_TALKING, E.LOGOUT).agent.state is S.TALKING
    assert after(*TO_TALKING, E.LOGOUT, E.CALL_OVER).agent.state is S.WRAP_UP
    for tail in ((E.CALL_OVER, E.RESULT), (E.RESULT, E.CALL_OVER)):
        step = after(*TO_TALKING, E.LOGOUT, *tail)
        assert (step.agent.state, step.effect) == (S.OUT, AgentEffect.HANG_UP_LINE)


def test_a_logout_in_the_wrap_up_is_at_once() -> None:
    step = after(*TO_WRAP_UP, E.LOGOUT)
    assert (step.agent.state, step.effect) == (S.OUT, AgentEffect.HANG_UP_LINE)


def test_a_line_lost_in_the_wrap_up_leaves_the_agent_out_and_the_result_changes_nothing() -> None:
    step = after(*TO_WRAP_UP, E.LINE_DOWN)
    assert (step.agent.state, step.effect) == (S.OUT, None)
    assert after(*TO_WRAP_UP, E.LINE_DOWN, E.RESULT).agent == step.agent


def test_nobody_is_given_a_second_person() -> None:
    for events in (TO_READY[:2], TO_TALKING, TO_WRAP_UP):
        before = after(*events).agent
        assert advance(before, E.GIVEN, now=at(50)).agent == before


# -- who chooses themselves when to call -----------------------------------------------------


def test_a_day_in_preview() -> None:
    steps = day(*TO_DIALING, E.CALL_OVER, E.DIAL, E.GIVEN, E.CALL_OVER, E.RESULT, E.LOGOUT)
    assert [step.agent.state for step in steps[3:]] == [
        S.PREVIEW,
        S.DIALING,
        S.PREVIEW,  # nobody was reached
        S.DIALING,
        S.TALKING,
        S.WRAP_UP,
        S.PREVIEW,  # not ready: nobody is given to them
        S.OUT,
    ]


def test_who_is_paused_may_dial_at_once_and_is_in_preview_then() -> None:
    assert after(E.LOGIN, E.LINE_UP, E.DIAL, E.CALL_OVER).agent.state is S.PREVIEW


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ((), "anna is not logged in; run: ringbank agents login anna"),
        (TO_READY[:1], "anna has not answered their telephone yet"),
        (TO_READY, "anna takes calls from the engine; first run: ringbank agents pause anna"),
        (TO_DIALING, "anna is calling somebody already"),
        (TO_TALKING, "anna has somebody on the line"),
        (TO_WRAP_UP, "anna still owes the result"),
    ],
)
def test_who_cannot_dial_is_told_why(events: tuple[AgentEvent, ...], why: str) -> None:
    step = after(*events, E.DIAL)
    assert step.refusal is not None
    assert step.refusal.startswith(why)


@pytest.mark.parametrize(
    ("wish", "state"), [(E.READY, S.READY), (E.PAUSE, S.PAUSED), (E.LOGOUT, S.OUT)]
)
def test_a_wish_while_a_telephone_rings_waits_for_what_comes_of_it(
    wish: AgentEvent, state: AgentState
) -> None:
    assert after(*TO_DIALING, wish).agent.state is S.DIALING
    assert after(*TO_DIALING, wish, E.CALL_OVER).agent.state is state
    talked = after(*TO_DIALING, wish, E.GIVEN, E.CALL_OVER, E.RESULT)
    assert talked.agent.state is state


def test_a_result_while_the_telephone_rings_ends_the_call() -> None:
    step = after(*TO_DIALING, E.RESULT)
    assert (step.agent.state, step.effect) == (S.DIALING, AgentEffect.HANG_UP_CALL)
    assert after(*TO_DIALING, E.RESULT, E.CALL_OVER).agent.state is S.PREVIEW
    assert after(*TO_DIALING, E.RESULT, E.GIVEN, E.CALL_OVER).agent.state is S.PREVIEW


# -- somebody was hostile --------------------------------------------------------------------


def test_a_hostile_talk_ends_with_the_recorded_line_and_is_followed_by_a_pause() -> None:
    step = after(*TO_TALKING, E.HOSTILE)
    assert (step.agent.state, step.effect) == (S.TALKING, AgentEffect.SAY_GOODBYE)
    over = after(*TO_TALKING, E.HOSTILE, E.CALL_OVER).agent
    assert (over.state, over.pause) == (S.PAUSED, "hostile")


@pytest.mark.parametrize("to", [TO_WRAP_UP, (*TO_DIALING, E.GIVEN, E.CALL_OVER)])
def test_who_hung_up_first_was_hostile_all_the_same(to: tuple[AgentEvent, ...]) -> None:
    step = after(*to, E.HOSTILE)
    assert (step.agent.state, step.agent.pause, step.effect) == (S.PAUSED, "hostile", None)


def test_who_wants_to_go_goes_after_a_hostile_talk_too() -> None:
    assert after(*TO_TALKING, E.LOGOUT, E.HOSTILE, E.CALL_OVER).agent.state is S.OUT


# -- who is next -------------------------------------------------------------------------


def test_the_longest_waiting_is_next_whatever_the_order() -> None:
    anna, berit, carl = (
        agent(1, "anna", S.READY, since_s=30),
        agent(2, "berit", S.READY, since_s=10),
        agent(3, "carl", S.PAUSED, since_s=0),
    )
    for agents in ([anna, berit, carl], [carl, berit, anna]):
        assert longest_waiting(agents) == berit
    assert longest_waiting([carl]) is None
    assert longest_waiting([]) is None


def test_an_agent_of_whose_languages_nothing_is_known_takes_everybody() -> None:
    anna = agent(1, "anna")
    polish = replace(anna, languages=frozenset({"pl", "no"}))
    assert speaks(anna, "pl")
    assert speaks(polish, "pl")
    assert speaks(polish, None), "nobody has told what they speak"
    assert not speaks(polish, "en")


def test_of_two_who_wait_equally_long_it_is_always_the_same_one() -> None:
    two = [agent(2, "berit", S.READY), agent(1, "anna", S.READY)]
    assert longest_waiting(two) == longest_waiting(reversed(two)) == two[1]
