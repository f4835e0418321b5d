"""Calls that come in, as a table: every order of events, and what the dialplan's notes stand for."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.inbound_words import Facts, InboundOutcome, outcome_of, owes_call
from dialer.inbound import (
    EVENTS,
    IGNORED,
    TRANSITIONS,
    AgentFound,
    AgentLost,
    AgentMet,
    AgentWished,
    CallWished,
    InboundCall,
    InboundEffect,
    InboundEvent,
    InboundGone,
    InboundOver,
    InboundState,
    KeyNoted,
    LeftAlone,
    OptedOut,
    Told,
    advance,
    came_at,
    follow,
    mark_events,
)
from tests.unit.dialer.examples import at

S, E = InboundState, InboundEffect
CAME = InboundCall(channel_id="1764.7", facts=Facts(began_at=at(0)))


def event(kind: type[InboundEvent], second: float) -> st.SearchStrategy[InboundEvent]:
    """Return all events of a kind at a moment."""
    match kind.__name__:
        case "AgentFound":
            return st.integers(1, 3).map(lambda agent_id: AgentFound(at(second), agent_id))
        case "KeyNoted":
            return st.sampled_from("0129*#").map(lambda key: KeyNoted(at(second), key))
        case "InboundGone":
            return st.booleans().map(lambda restarted: InboundGone(at(second), restarted))
        case _:
            return st.just(kind(at(second)))


@st.composite
def histories(draw: st.DrawFn) -> list[InboundEvent]:
    kinds = draw(st.lists(st.sampled_from(EVENTS), max_size=12))
    return [draw(event(kind, second)) for second, kind in enumerate(kinds, 1)]


def after(*events: InboundEvent) -> tuple[InboundCall, list[InboundEffect]]:
    """Return the call after events that are told one by one, and all that was to be done."""
    call, effects = CAME, []
    for happened in events:
        step = advance(call, happened)
        call = step.call
        if step.effect is not None:
            effects.append(step.effect)
    return call, effects


# -- the table --------------------------------------------------------------------------------


def test_every_pair_is_decided() -> None:
    for state in InboundState:
        decided = frozenset(TRANSITIONS[state])
        assert not decided & IGNORED[state], state
        assert decided | IGNORED[state] == frozenset(EVENTS), state


def test_every_event_that_there_is_stands_in_the_list() -> None:
    assert len(set(EVENTS)) == len(EVENTS)
    # By name: a class with slots leaves a second one of its name behind.
    names = {kind.__name__ for kind in InboundEvent.__subclasses__()}
    assert names == {kind.__name__ for kind in EVENTS}


@given(histories())
def test_an_end_is_settled_once_and_nothing_follows_it(events: list[InboundEvent]) -> None:
    ended = any(isinstance(one, InboundOver | InboundGone) for one in events)
    call, effects = after(*events)
    assert (call.state is S.ENDED) == ended
    assert effects.count(E.SETTLE) == ended
    if ended:
        assert effects[-1] is E.SETTLE
        assert call.facts.ended_at is not None


@given(histories())
def test_nobody_is_moved_to_an_agent_who_did_not_ask_for_one(events: list[InboundEvent]) -> None:
    _, effects = after(*events)
    seen: list[InboundEffect] = []
    for effect in effects:
        if effect is E.MOVE_TO_ROOM:
            assert E.HOLD in seen
        seen.append(effect)


@given(histories())
def test_a_wish_not_to_be_called_is_never_lost(events: list[InboundEvent]) -> None:
    before_end: list[InboundEvent] = []
    for one in events:
        if isinstance(one, InboundOver | InboundGone):
            break
        before_end.append(one)
    call, _ = after(*events)
    assert call.facts.opted_out == any(isinstance(one, OptedOut) for one in before_end)
    assert not (call.facts.opted_out and owes_call(call.facts))


@given(histories(), st.integers(0, 12))
def test_told_at_once_it_comes_to_the_same(events: list[InboundEvent], cut: int) -> None:
    one_by_one, _ = after(*events)
    first = follow(CAME, events[:cut]).call
    assert follow(first, events[cut:]).call == one_by_one


# -- stories ----------------------------------------------------------------------------------


def test_who_asks_for_an_agent_talks_to_one() -> None:
    call, effects = after(
        Told(at(1)), KeyNoted(at(4), "1"), AgentWished(at(4)), AgentFound(at(5), 7), AgentMet(at(6))
    )
    assert (call.state, call.agent_id, call.waiting_at) == (S.TALKING, 7, at(4))
    assert effects == [E.HOLD, E.MOVE_TO_ROOM, E.NOTE]
    assert call.facts.connected_at == at(6)


def test_an_agent_who_cannot_have_them_leaves_them_waiting_where_they_were() -> None:
    call, _ = after(AgentWished(at(4)), AgentFound(at(5), 7), AgentLost(at(5)))
    assert (call.state, call.agent_id, call.waiting_at) == (S.WAITING, None, at(4))


def test_an_agent_found_too_late_is_void() -> None:
    call, effects = after(AgentWished(at(4)), CallWished(at(24)), AgentFound(at(24), 7))
    assert (call.state, call.agent_id) == (S.LATER, None)
    assert effects == [E.HOLD, E.BOOK]


@pytest.mark.parametrize(
    ("events", "booked", "outcome"),
    [
        ((), False, InboundOutcome.LEFT),
        ((LeftAlone(at(2)),), False, InboundOutcome.HEARD),
        ((Told(at(1)),), False, InboundOutcome.HEARD),
        ((AgentWished(at(4)),), False, InboundOutcome.NOBODY),
        ((CallWished(at(4)),), True, InboundOutcome.CALLBACK),
        ((CallWished(at(4)),), False, InboundOutcome.NOBODY),
        ((LeftAlone(at(2)), OptedOut(at(4))), False, InboundOutcome.OPTED_OUT),
        ((AgentWished(at(4)), AgentMet(at(5))), False, InboundOutcome.TALKED),
    ],
)
def test_what_came_of_it(
    events: tuple[InboundEvent, ...], booked: bool, outcome: InboundOutcome
) -> None:
    call, _ = after(*events, InboundOver(at(30)))
    assert outcome_of(call.facts, booked=booked) is outcome


def test_a_call_that_died_with_asterisk_is_told_apart() -> None:
    call, _ = after(InboundGone(at(30), restarted=True))
    assert outcome_of(call.facts, booked=False) is InboundOutcome.LOST


# -- the dialplan's notes ---------------------------------------------------------------------


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


STAGES = {
    "came": (S.RINGING, None),
    "alone": (S.ALONE, None),
    "told": (S.TOLD, None),
    "wanted": (S.WAITING, E.HOLD),
    "connected": (S.TALKING, E.NOTE),
    "later": (S.LATER, E.BOOK),
    "booked": (S.LATER, E.BOOK),
    "sorry": (S.LATER, E.BOOK),
    "opted": (S.REMOVED, E.REMOVE),
    "ended": (S.ENDED, E.SETTLE),
}


@pytest.mark.parametrize(("stage", "state", "effect"), [(k, *v) for k, v in STAGES.items()])
def test_a_stage_alone_says_where_the_call_is(
    stage: str, state: InboundState, effect: InboundEffect | None
) -> None:
    mark = {"stage": stage, "last": stage, "came": "1"}
    mark |= {"wanted": "1"} if stage in ("wanted", "connected") else {}
    mark |= {"later": "1"} if stage in ("later", "booked", "sorry") else {}
    mark |= {"connected": "5"} if stage == "connected" else {}
    mark |= {"opted": "1"} if stage == "opted" else {}
    step = follow(CAME, mark_events(mark, at=at(9), moment=moment))
    assert (step.call.state, step.effect) == (state, effect)


def test_the_note_of_an_end_tells_all_that_was_asked_for() -> None:
    mark = {
        "stage": "ended", "last": "opted", "came": "1", "wanted": "1", "opted": "1", "key": "9",
        "ended": "30.5",
    }  # fmt: skip
    facts = follow(CAME, mark_events(mark, at=at(99), moment=moment)).call.facts
    assert (facts.asked, facts.opted_out, facts.key) == (True, True, "9")
    assert facts.ended_at == moment(30.5)
    assert not owes_call(facts)


def test_who_opts_out_of_the_sorry_message_has_not_been_promised_a_call() -> None:
    mark = {"stage": "sorry", "last": "sorry", "came": "1", "key": "9"}
    step = follow(CAME, mark_events(mark, at=at(9), moment=moment))
    assert (step.call.state, step.call.facts.asked) == (S.TOLD, False)


@pytest.mark.parametrize(("told", "began"), [("12.5", moment(12.5)), ("", None), ("soon", None)])
def test_a_note_without_its_beginning_is_none(told: str, began: datetime | None) -> None:
    assert came_at({"came": told}, moment) == began
