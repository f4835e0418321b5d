"""Whatever a pacer is told, in whatever order: what it never does."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing import Pacer, Progressive, Ratio

CALL_KINDS = ("placed", "ringing", "answered", "failed", "machine", "left", "live", "abandoned")
AGENT_KINDS = ("connected", "wrapup", "ready", "away")
PACERS = (Pacer, Progressive, lambda **words: Ratio(2.5, **words))

calls = st.one_of(st.none(), st.integers(1, 12))
agents = st.one_of(st.none(), st.sampled_from(["ann", "bo", "cy", "di"]))
chances = st.one_of(st.none(), st.floats(-1.0, 2.0))
events = st.lists(
    st.tuples(
        st.floats(0.0, 70.0),  # seconds since the event before
        st.sampled_from([*CALL_KINDS, *AGENT_KINDS, "unheard of"]),
        calls,
        agents,
        chances,
        st.booleans(),
    ),
    max_size=80,
)
kinds_of_pacer = st.sampled_from(PACERS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def tell(pacer, happened, *, ask=True):
    """Tell a pacer of events; return the moment of the last one, and all that it wished."""
    now, wishes = 0.0, []
    for gap, kind, call, agent, chance, foreign in happened:
        now += gap
        pacer.observe(now, kind, call, agent, answer_chance=chance, foreign=foreign)
        if ask:
            wishes.append(pacer.calls_to_place(now))
    return now, wishes


@given(kinds_of_pacer, events)
def test_without_an_agent_nobody_is_called(new, happened):
    pacer = new()
    now, _ = tell(pacer, happened)
    for agent in ("ann", "bo", "cy", "di"):
        pacer.observe(now, "away", agent=agent)
    assert pacer.calls_to_place(now) <= 0


@given(kinds_of_pacer, events, st.integers(0, 9))
def test_no_more_calls_than_lines_are_in_flight(new, happened, lines):
    pacer = new(max_calls=lines)
    _, wishes = tell(pacer, happened)
    decision = pacer.explain()
    assert not wishes or wishes[-1] <= max(0, lines - decision.in_flight)


@given(kinds_of_pacer, events)
def test_no_more_calls_than_the_agents_of_a_floor_can_ever_need(new, happened):
    _, wishes = tell(new(), happened)
    assert all(0 <= wish <= 4 * 20 for wish in wishes)


@given(kinds_of_pacer, events)
def test_a_spent_budget_never_allows_more_than_one_call_for_each_free_agent(new, happened):
    pacer = new()
    pacer.set_budget(0.05, 0.03, spent=True)
    now, _ = tell(pacer, happened)
    wish = pacer.calls_to_place(now)
    seen = pacer.explain()
    assert wish <= max(0, seen.ready - seen.waiting - seen.in_flight)


@given(kinds_of_pacer, events)
def test_what_is_forgotten_stops_counting(new, happened):
    pacer = new()
    now, _ = tell(pacer, happened, ask=False)
    pacer.calls_to_place(now + 90.5)
    decision = pacer.explain()
    assert (decision.in_flight, decision.waiting) == (0, 0)


@given(kinds_of_pacer, events, events)
def test_the_same_events_bring_the_same_decisions(new, first, then):
    assert tell(new(), first + then) == tell(new(), first + then)


@given(kinds_of_pacer, events)
def test_a_decision_can_always_be_told(new, happened):
    pacer = new()
    tell(pacer, happened)
    assert "call" in pacer.explain().text or "agent" in pacer.explain().text


@given(events)
def test_what_is_saved_is_json_and_comes_back_as_it_was(happened):
    pacer = Pacer()
    tell(pacer, happened)
    saved = json.loads(json.dumps(pacer.save(), allow_nan=False))
    assert Pacer(saved=saved).save() == saved


@settings(max_examples=300)
@given(json_values, st.sampled_from(sorted(Pacer().save())), events)
def test_no_rubbish_that_was_saved_breaks_a_pacer(rubbish, part, happened):
    tell(Pacer(saved=rubbish), happened[:5])
    pacer = Pacer(saved={**Pacer().save(), part: rubbish})
    pacer.observe(0.0, "ready", agent="ann")
    assert pacer.calls_to_place(0.0) >= 1
    tell(pacer, happened)
