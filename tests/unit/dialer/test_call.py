"""How calls end: every outcome as a story, and what holds for any order of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.amd import Heard
from campaigns.model import Outcome
from dialer.call import (
    EVENTS,
    IGNORED,
    TRANSITIONS,
    UNANSWERED_CAUSES,
    AgentChosen,
    AgentJoined,
    AgentMissing,
    AgentWanted,
    Call,
    CallState,
    ChannelMade,
    Classified,
    Concluded,
    Effect,
    Event,
    Gone,
    HungUp,
    KeyPressed,
    KeyTakenBack,
    MessageBegan,
    OptedOut,
    PickedUp,
    Rang,
    Refused,
    SetAside,
    SorryBegan,
    Unanswered,
    advance,
    follow,
    message_played_s,
    verdict,
)
from tests.unit.dialer.examples import at

ANSWERED = frozenset(
    {
        Outcome.CONNECTED,
        Outcome.MACHINE,
        Outcome.FAX,
        Outcome.ABANDONED,
        Outcome.HUNG_UP_EARLY,
        Outcome.HUNG_UP_WAITING,
        Outcome.UNKNOWN,
    }
)
PROOFS = (
    PickedUp,
    MessageBegan,
    KeyPressed,
    Classified,
    SetAside,
    KeyTakenBack,
    OptedOut,
    AgentWanted,
    AgentJoined,
    SorryBegan,
    Concluded,
)
"""What can only happen to a call that was answered."""

PLACED = Call(channel_id="rb-1", placed_at=at(0))


def event(kind: type[Event], second: float) -> st.SearchStrategy[Event]:
    """Return all events of a kind at a moment."""
    now = at(second)
    match kind.__name__:
        case "KeyPressed":
            return st.sampled_from("0159*#").map(lambda key: KeyPressed(now, key))
        case "Classified":
            return st.sampled_from(Heard).map(lambda heard: Classified(now, heard))
        case "AgentChosen":
            return st.integers(1, 3).map(lambda agent_id: AgentChosen(now, agent_id))
        case "Concluded":
            played = st.none() | st.floats(0, 60)
            return played.map(lambda played_s: Concluded(now, played_s))
        case "Unanswered":
            return st.booleans().map(lambda rang_out: Unanswered(now, rang_out))
        case "HungUp":
            return st.integers(0, 127).map(lambda cause: HungUp(now, cause))
        case "Gone":
            return st.booleans().map(lambda restarted: Gone(now, restarted))
        case _:
            return st.just(kind(now))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    kinds = draw(st.lists(st.sampled_from(EVENTS), max_size=14))
    return [draw(event(kind, second)) for second, kind in enumerate(kinds)]


ends = st.one_of(event(HungUp, 99), event(Gone, 99))


def live_through(*events: Event) -> Call:
    """Return the call after events that are told one by one; the last one ends it."""
    call = PLACED
    for happened in events[:-1]:
        step = advance(call, happened)
        assert step.effect is not Effect.SETTLE
        call = step.call
    step = advance(call, events[-1])
    assert (step.call.state, step.effect) == (CallState.ENDED, Effect.SETTLE)
    return step.call


def outcome(*events: Event) -> tuple[Outcome, str]:
    found = verdict(live_through(*events))
    return found.outcome, found.evidence


RINGING = (ChannelMade(at(0)), Rang(at(1)))
PICKED_UP = (*RINGING, PickedUp(at(5)))
WAITING = (*PICKED_UP, AgentWanted(at(5)))
JOINING = (*WAITING, AgentChosen(at(5.1), 7))
TALKING = (*JOINING, AgentJoined(at(5.2)))
PLAYING = (*PICKED_UP, MessageBegan(at(5)))


# -- the table ---------------------------------------------------------------------------


def test_every_pair_is_decided() -> None:
    for state in CallState:
        decided = frozenset(TRANSITIONS[state])
        assert not decided & IGNORED[state], state
        assert decided | IGNORED[state] == frozenset(EVENTS), state


def test_every_event_that_there_is_stands_in_the_list() -> None:
    assert len(set(EVENTS)) == len(EVENTS)
    # By name: a class with slots leaves a second one of its name behind.
    names = {kind.__name__ for kind in Event.__subclasses__()}
    assert {kind.__name__ for kind in EVENTS} == names


def test_only_the_end_settles() -> None:
    for state, row in TRANSITIONS.items():
        for kind, (after, effect) in row.items():
            assert (after is CallState.ENDED) == (effect is Effect.SETTLE), (state, kind)


# -- any order of events ------------------------------------------------------------------


@given(histories())
def test_a_call_is_settled_at_most_once_and_nothing_changes_after(history: list[Event]) -> None:
    call, settled = PLACED, 0
    for happened in history:
        before = call
        step = advance(call, happened)
        call = step.call
        settled += step.effect is Effect.SETTLE
        if before.state is CallState.ENDED:
            assert (call, step.effect) == (before, None)
    assert settled == (call.state is CallState.ENDED) <= 1


@given(histories(), ends)
def test_whatever_happened_a_call_that_ended_has_one_outcome(
    history: list[Event], end: Event
) -> None:
    call = follow(PLACED, (*history, end)).call
    assert call.state is CallState.ENDED
    assert call.ended_at is not None
    assert isinstance(verdict(call).outcome, Outcome)


@given(histories(), ends)
def test_what_was_answered_is_never_booked_as_unanswered_nor_the_reverse(
    history: list[Event], end: Event
) -> None:
    call, proven = PLACED, False
    for happened in (*history, end):
        if call.state is not CallState.ENDED:
            proven = proven or isinstance(happened, PROOFS)
        call = advance(call, happened).call
    found = verdict(call).outcome
    if proven:
        assert found in ANSWERED
    else:
        assert found not in ANSWERED - {Outcome.UNKNOWN}


@given(histories(), st.integers(0, 127))
def test_a_call_whose_end_was_seen_is_never_unknown(history: list[Event], cause: int) -> None:
    heard = [e for e in history if not isinstance(e, Gone)]
    assert verdict(follow(PLACED, (*heard, HungUp(at(99), cause))).call).outcome is not (
        Outcome.UNKNOWN
    )


@given(histories())
def test_unanswered_and_not_restarted_is_never_unknown(history: list[Event]) -> None:
    heard = [e for e in history if not isinstance(e, (*PROOFS, Gone))]
    ended = follow(PLACED, (*heard, Gone(at(99), restarted=False))).call
    assert verdict(ended).outcome is not Outcome.UNKNOWN


@given(histories())
def test_told_at_once_or_one_by_one_the_call_is_the_same(history: list[Event]) -> None:
    call = PLACED
    for happened in history:
        call = advance(call, happened).call
    assert follow(PLACED, history).call == call


@given(histories())
def test_moments_and_facts_once_known_stay(history: list[Event]) -> None:
    call = PLACED
    firsts = (
        "answered_at",
        "message_at",
        "classified_at",
        "heard",
        "aside_at",
        "waiting_at",
        "connected_at",
        "sorry_at",
        "ended_at",
    )
    for happened in history:
        after = advance(call, happened).call
        for name in firsts:
            known = getattr(call, name)
            assert known is None or getattr(after, name) == known
        call = after


# -- nobody answered ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (17, Outcome.BUSY),
        (18, Outcome.NO_ANSWER),
        (19, Outcome.NO_ANSWER),
        (20, Outcome.NO_ANSWER),
        (1, Outcome.UNALLOCATED),
        (22, Outcome.UNALLOCATED),
        (28, Outcome.UNALLOCATED),
        (34, Outcome.CONGESTION),
        (38, Outcome.CONGESTION),
        (41, Outcome.CONGESTION),
        (42, Outcome.CONGESTION),
        (44, Outcome.CONGESTION),
        (47, Outcome.CONGESTION),
        (21, Outcome.FAILED),  # call rejected
        (27, Outcome.FAILED),  # destination out of order
        (16, Outcome.FAILED),
        (0, Outcome.FAILED),
        (127, Outcome.FAILED),
    ],
)
def test_what_nobody_answered_comes_to_what_its_cause_says(cause: int, expected: Outcome) -> None:
    for before in ((), (ChannelMade(at(0)),), RINGING):
        assert outcome(*before, HungUp(at(9), cause, 486)) == (expected, "hangup")


def test_cause_and_sip_code_are_kept() -> None:
    call = live_through(*RINGING, HungUp(at(9), 17, 486))
    assert (call.cause, call.sip_code, call.ended_at) == (17, 486, at(9))
    assert call.answered_at is None


def test_no_cause_stands_for_an_answered_outcome() -> None:
    assert not ANSWERED & set(UNANSWERED_CAUSES.values())


def test_asterisk_did_not_take_the_call() -> None:
    call = live_through(Refused(at(0.1)))
    assert (verdict(call).outcome, verdict(call).evidence) == (Outcome.FAILED, "refused")
    assert call.ended_at == at(0.1)


def test_a_refusal_under_the_name_of_a_living_call_does_not_end_it() -> None:
    assert outcome(*RINGING, Refused(at(2)), HungUp(at(9), 17)) == (Outcome.BUSY, "hangup")
    assert outcome(*TALKING, Refused(at(6)), HungUp(at(60), 16)) == (Outcome.CONNECTED, "hangup")


# -- a broadcast --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heard_s", "expected"),
    [
        (2.0, Outcome.CONNECTED),
        (1.9, Outcome.HUNG_UP_EARLY),
        (30, Outcome.CONNECTED),
        (0, Outcome.HUNG_UP_EARLY),
    ],
)
def test_two_seconds_of_the_message_count_as_heard(heard_s: float, expected: Outcome) -> None:
    assert outcome(*PLAYING, HungUp(at(5 + heard_s), 16)) == (expected, "hangup")


def test_the_dialplans_clock_decides_how_much_was_heard() -> None:
    """Events travel: the hangup was read late, or early."""
    late = (*PLAYING, Concluded(at(7.5), 1.9), HungUp(at(7.6), 16))
    early = (*PLAYING, Concluded(at(6.8), 2.0), HungUp(at(6.8), 16))
    assert outcome(*late) == (Outcome.HUNG_UP_EARLY, "hangup")
    assert outcome(*early) == (Outcome.CONNECTED, "hangup")


def test_who_hangs_up_before_the_message_hung_up_early() -> None:
    call = live_through(*PICKED_UP, HungUp(at(9), 16))
    assert verdict(call).outcome is Outcome.HUNG_UP_EARLY
    assert message_played_s(call) == 0


def test_a_key_counts_however_little_was_heard_and_the_last_one_is_kept() -> None:
    call = live_through(
        *PLAYING, KeyPressed(at(5.5), "3"), KeyPressed(at(5.8), "9"), HungUp(at(6), 16)
    )
    assert (verdict(call).outcome, call.key) == (Outcome.CONNECTED, "9")


def test_a_key_that_asks_for_an_agent_makes_the_person_wait() -> None:
    story = (*PLAYING, KeyPressed(at(8), "1"), AgentWanted(at(8)))
    assert outcome(*story, HungUp(at(9), 16)) == (Outcome.HUNG_UP_WAITING, "hangup")
    assert outcome(*story, SorryBegan(at(10)), HungUp(at(13), 16)) == (Outcome.ABANDONED, "hangup")


# -- an agent -----------------------------------------------------------------------------


def test_the_person_reaches_an_agent() -> None:
    steps = [advance(follow(PLACED, WAITING).call, AgentChosen(at(5.1), 7))]
    assert steps[0].effect is Effect.MOVE_TO_ROOM
    call = live_through(*TALKING, HungUp(at(65), 16))
    assert (call.agent_id, call.connected_at) == (7, at(5.2))
    assert verdict(call).outcome is Outcome.CONNECTED


def test_a_talk_of_no_length_is_connected() -> None:
    assert outcome(*TALKING, HungUp(at(5.2), 16)) == (Outcome.CONNECTED, "hangup")


@pytest.mark.parametrize("before", [WAITING, JOINING])
def test_nobody_is_free_in_time(before: tuple[Event, ...]) -> None:
    story = (*before, SorryBegan(at(7)), Concluded(at(10)), HungUp(at(10), 16))
    assert outcome(*story) == (Outcome.ABANDONED, "hangup")


@pytest.mark.parametrize("before", [WAITING, JOINING])
def test_the_person_leaves_inside_the_allowed_wait(before: tuple[Event, ...]) -> None:
    assert outcome(*before, HungUp(at(6), 16)) == (Outcome.HUNG_UP_WAITING, "hangup")


def test_the_agents_line_fails_and_the_apology_is_played() -> None:
    step = advance(follow(PLACED, JOINING).call, AgentMissing(at(5.3)))
    assert (step.call.state, step.effect) == (CallState.SORRY, Effect.APOLOGISE)
    story = (*JOINING, AgentMissing(at(5.3)), SorryBegan(at(5.4)), HungUp(at(9), 16))
    assert outcome(*story) == (Outcome.ABANDONED, "hangup")


def test_the_agents_line_fails_and_another_takes_over() -> None:
    step = advance(follow(PLACED, JOINING).call, AgentChosen(at(5.3), 8))
    assert (step.call.agent_id, step.effect) == (8, Effect.MOVE_TO_ROOM)
    story = (*JOINING, AgentChosen(at(5.3), 8), AgentJoined(at(5.5)), HungUp(at(60), 16))
    assert (live_through(*story).agent_id, outcome(*story)[0]) == (8, Outcome.CONNECTED)


def test_who_still_waits_after_the_move_is_moved_once_more() -> None:
    """Asterisk takes a redirect and loses it; or the link was lost with it."""
    step = advance(follow(PLACED, JOINING).call, AgentWanted(at(5.15)))
    assert (step.call.agent_id, step.effect) == (7, Effect.MOVE_TO_ROOM)
    story = (*JOINING, AgentWanted(at(5.15)), AgentJoined(at(5.3)), HungUp(at(60), 16))
    assert outcome(*story) == (Outcome.CONNECTED, "hangup")


def test_who_is_in_the_room_by_now_is_not_moved_again() -> None:
    told_late = (AgentWanted(at(5)), AgentJoined(at(5.2)))
    assert follow(follow(PLACED, JOINING).call, told_late).effect is None


def test_who_hung_up_while_being_moved_was_not_abandoned() -> None:
    """Asterisk refuses to move a channel that is hanging up, and tells its end afterwards."""
    story = (*JOINING, AgentMissing(at(5.3)), Concluded(at(5.2)), HungUp(at(5.4), 16))
    assert outcome(*story) == (Outcome.HUNG_UP_WAITING, "hangup")


def test_who_heard_the_apology_stays_abandoned_though_the_room_was_reached_later() -> None:
    story = (*JOINING, SorryBegan(at(7)), AgentJoined(at(7.1)), HungUp(at(9), 16))
    assert outcome(*story) == (Outcome.ABANDONED, "hangup")


def test_who_ends_all_calls_where_nobody_was_free_is_abandoned_once_and_known_for_it() -> None:
    story = (*WAITING, SorryBegan(at(7)), KeyPressed(at(9), "1"), OptedOut(at(9)))
    call = live_through(*story, HungUp(at(11), 16))
    assert (verdict(call).outcome, call.key, call.opted_out) == (Outcome.ABANDONED, "1", True)
    assert not live_through(*WAITING, SorryBegan(at(7)), HungUp(at(11), 16)).opted_out


def test_a_key_that_was_taken_back_was_not_pressed() -> None:
    back = (*PLAYING, KeyPressed(at(5.5), "9"), KeyTakenBack(at(8)))
    call = follow(PLACED, back).call
    assert (call.state, call.key) == (CallState.MESSAGE, None)
    assert outcome(*back, HungUp(at(6.9), 16)) == (Outcome.HUNG_UP_EARLY, "hangup")
    assert outcome(*back, HungUp(at(7), 16)) == (Outcome.CONNECTED, "hangup")
    again = follow(call, [KeyPressed(at(9), "5")]).call
    assert (again.state, again.key) == (CallState.KEYED, "5")


def test_a_talk_that_ends_in_the_apology_was_a_talk() -> None:
    story = (*TALKING, SorryBegan(at(8)), HungUp(at(9), 16))
    assert outcome(*story) == (Outcome.CONNECTED, "hangup")


def test_an_agent_is_chosen_only_for_somebody_who_waits() -> None:
    for before in ((), RINGING, PICKED_UP, PLAYING, TALKING, (*WAITING, SorryBegan(at(7)))):
        call = follow(PLACED, before).call
        step = advance(call, AgentChosen(at(8), 9))
        assert (step.call, step.effect) == (call, None)


def test_late_news_moves_nobody_who_has_hung_up() -> None:
    step = follow(follow(PLACED, WAITING).call, (AgentChosen(at(6), 7), HungUp(at(6.1), 16)))
    assert step.effect is Effect.SETTLE
    step = follow(PLACED, (*RINGING, HungUp(at(6.1), 17), AgentWanted(at(6.2))))
    assert (step.effect, step.call.answered_at) == (Effect.SETTLE, None)


# -- machine detection --------------------------------------------------------------------

MACHINE = Classified(at(6.7), Heard.MACHINE)
PERSON = Classified(at(6.9), Heard.PERSON)
ASIDE = SetAside(at(6.8))


@pytest.mark.parametrize("before", [PICKED_UP, WAITING, JOINING, TALKING, PLAYING])
def test_a_machine_that_was_hung_up_on_is_one_wherever_it_had_come(
    before: tuple[Event, ...],
) -> None:
    step = advance(advance(follow(PLACED, before).call, MACHINE).call, ASIDE)
    assert (step.call.state, step.effect) == (CallState.ASIDE, None)
    call = live_through(*before, MACHINE, ASIDE, HungUp(at(60), 16))
    assert verdict(call).outcome is Outcome.MACHINE
    assert (call.heard, call.classified_at, call.aside_at) == (Heard.MACHINE, at(6.7), at(6.8))


def test_a_machine_that_heard_the_apology_was_nobody_who_was_abandoned() -> None:
    story = (*WAITING, SorryBegan(at(7)), MACHINE, ASIDE, HungUp(at(9), 16))
    assert outcome(*story) == (Outcome.MACHINE, "hangup")


def test_a_verdict_alone_moves_nobody() -> None:
    for before in (PICKED_UP, WAITING, JOINING, TALKING, PLAYING):
        call = follow(PLACED, before).call
        for found in (MACHINE, PERSON):
            step = advance(call, found)
            assert (step.call.state, step.effect) == (call.state, None)


def test_a_machine_that_is_passed_on_is_connected_to_the_agent() -> None:
    story = (*PICKED_UP, MACHINE, *TALKING[len(PICKED_UP) :], HungUp(at(60), 16))
    call = live_through(*story)
    assert (verdict(call).outcome, call.heard) == (Outcome.CONNECTED, Heard.MACHINE)


def test_a_fax_is_one() -> None:
    story = (*PICKED_UP, Classified(at(6), Heard.FAX), SetAside(at(6)), HungUp(at(6), 16))
    assert outcome(*story) == (Outcome.FAX, "hangup")


def test_who_leaves_before_the_verdict_hung_up_early_and_after_it_while_waiting() -> None:
    assert outcome(*PICKED_UP, HungUp(at(6), 16)) == (Outcome.HUNG_UP_EARLY, "hangup")
    waits = (*PICKED_UP, PERSON, AgentWanted(at(6.9)))
    assert outcome(*waits, HungUp(at(8), 16)) == (Outcome.HUNG_UP_WAITING, "hangup")


def test_a_broadcast_that_a_machine_heard_for_a_while_was_heard_by_nobody() -> None:
    story = (*PLAYING, MACHINE, ASIDE, Concluded(at(20), 15), HungUp(at(20), 16))
    assert outcome(*story) == (Outcome.MACHINE, "hangup")
    unsure = (*PLAYING, Classified(at(9), Heard.UNSURE), HungUp(at(7), 16))
    assert outcome(*unsure) == (Outcome.CONNECTED, "hangup")


def test_no_agent_is_given_a_call_that_was_set_aside() -> None:
    call = follow(PLACED, (*WAITING, MACHINE, ASIDE)).call
    for late in (AgentChosen(at(7), 9), AgentWanted(at(7)), AgentMissing(at(7))):
        step = advance(call, late)
        assert (step.call.state, step.effect) == (CallState.ASIDE, None)


@given(histories(), ends)
def test_what_was_set_aside_is_a_machine_or_a_fax_and_nothing_else_is(
    history: list[Event], end: Event
) -> None:
    call = follow(PLACED, (*history, end)).call
    machines = {Outcome.MACHINE, Outcome.FAX}
    assert (verdict(call).outcome in machines) == (call.aside_at is not None)


# -- nobody listened ----------------------------------------------------------------------


def test_asterisk_died_before_anything_was_known() -> None:
    for before in ((), (ChannelMade(at(0)),), RINGING):
        assert outcome(*before, Gone(at(60), restarted=True)) == (Outcome.UNKNOWN, "lost")


@pytest.mark.parametrize("before", [PICKED_UP, WAITING, PLAYING])
def test_asterisk_died_with_a_person_on_the_line(before: tuple[Event, ...]) -> None:
    assert outcome(*before, Gone(at(60), restarted=True)) == (Outcome.UNKNOWN, "lost")


def test_what_was_certain_before_asterisk_died_stays_certain() -> None:
    gone = Gone(at(60), restarted=True)
    assert outcome(*TALKING, gone)[0] is Outcome.CONNECTED
    assert outcome(*WAITING, SorryBegan(at(7)), gone)[0] is Outcome.ABANDONED
    assert outcome(*RINGING, Unanswered(at(20), rang_out=True), gone) == (
        Outcome.NO_ANSWER,
        "dialplan",
    )


def test_asterisk_ran_on_and_knows_nothing_of_the_call() -> None:
    assert outcome(Gone(at(60), restarted=False)) == (Outcome.FAILED, "no_trace")


@pytest.mark.parametrize(
    ("rang_out", "expected"), [(True, Outcome.NO_ANSWER), (False, Outcome.FAILED)]
)
def test_the_dialplan_noted_that_nobody_answered(rang_out: bool, expected: Outcome) -> None:
    call = live_through(*RINGING, Unanswered(at(25), rang_out), Gone(at(7200), restarted=False))
    assert (verdict(call).outcome, verdict(call).evidence) == (expected, "dialplan")
    assert call.ended_at == at(25)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (PICKED_UP, Outcome.HUNG_UP_EARLY),
        (WAITING, Outcome.HUNG_UP_WAITING),
        ((*WAITING, SorryBegan(at(7))), Outcome.ABANDONED),
        (TALKING, Outcome.CONNECTED),
    ],
)
def test_the_dialplan_noted_how_an_answered_call_ended(
    before: tuple[Event, ...], expected: Outcome
) -> None:
    for restarted in (False, True):
        call = live_through(*before, Concluded(at(40)), Gone(at(7200), restarted))
        assert (verdict(call).outcome, verdict(call).evidence) == (expected, "dialplan")
        assert call.ended_at == at(40)
