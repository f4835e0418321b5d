"""The pacer: when it places calls, when it does not, and what it forgets."""

from dialer.pacing import Bound, Pacer, Progressive, Ratio


def floor(pacer, *, free, busy=0, at=0.0):
    for agent in range(free + busy):
        pacer.observe(at, "ready", agent=f"agent{agent}")
    for agent in range(busy):
        pacer.observe(at, "connected", call=f"talk{agent}", agent=f"agent{agent}")
    return pacer


def place(pacer, calls, *, at=0.0, name="call"):
    for call in range(calls):
        pacer.observe(at, "placed", call=f"{name}{call}")


def test_without_agents_nobody_is_called():
    pacer = Pacer()
    assert pacer.calls_to_place(0.0) == 0
    assert pacer.explain().bound is Bound.NOBODY
    assert pacer.explain().text == "no calls: no agent is in"


def test_more_than_one_call_is_placed_for_several_free_agents():
    assert floor(Pacer(), free=10).calls_to_place(0.0) > 10


def test_a_free_agent_always_gets_one_call():
    assert floor(Pacer(), free=1, busy=0).calls_to_place(0.0) >= 1


def test_progressive_places_what_is_missing_to_one_call_for_each_free_agent():
    pacer = floor(Progressive(), free=5, busy=3)
    place(pacer, 2)
    assert pacer.calls_to_place(0.0) == 3


def test_ratio_places_so_many_for_each_free_agent():
    pacer = floor(Ratio(2.5), free=3)
    place(pacer, 2)
    assert pacer.calls_to_place(0.0) == 5  # 7.5, rounded down, less those in flight


def test_a_spent_budget_leaves_one_call_for_each_free_agent():
    for pacer in (floor(Pacer(), free=4), floor(Ratio(3.0), free=4)):
        pacer.set_budget(0.031, 0.03, spent=True)
        assert pacer.calls_to_place(0.0) == 4
        assert pacer.explain().bound is Bound.BUDGET


def test_no_more_calls_than_lines():
    pacer = floor(Pacer(max_calls=7), free=20)
    place(pacer, 3)
    assert pacer.calls_to_place(0.0) == 4
    assert pacer.explain().bound is Bound.LINES


def test_a_call_whose_end_never_came_stops_counting():
    pacer = floor(Progressive(), free=2)
    place(pacer, 2)
    assert pacer.calls_to_place(89.0) == 0
    assert pacer.calls_to_place(91.0) == 2


def test_a_person_who_left_unheard_stops_counting():
    pacer = floor(Progressive(), free=0, busy=1)
    place(pacer, 1)
    pacer.observe(5.0, "live", call="call0")
    pacer.observe(6.0, "ready", agent="agent0")
    assert pacer.calls_to_place(7.9) == 0
    assert pacer.calls_to_place(8.1) == 1


def test_a_chance_that_is_known_counts():
    likely, unlikely = floor(Pacer(), free=20), floor(Pacer(), free=20)
    for pacer in (likely, unlikely):
        for call in range(200):  # the average call of this campaign: 20 %
            pacer.observe(0.0, "placed", call=call, answer_chance=0.2)
        for call in range(200):
            pacer.observe(1.0, "live" if call % 5 == 0 else "failed", call=call)
            if call % 5 == 0:
                pacer.observe(1.0, "left", call=call)
    for pacer, chance in ((likely, 0.6), (unlikely, 0.05)):
        for call in range(200, 215):
            pacer.observe(40.0, "placed", call=call, answer_chance=chance)
    few, many = likely.calls_to_place(42.0), unlikely.calls_to_place(42.0)
    assert 0 < few < many - 15, "nine answers are expected of the one, not even one of the other"


def test_what_was_learned_is_there_the_next_day():
    pacer = floor(Pacer(), free=10)
    for call in range(400):
        pacer.observe(call / 10, "placed", call=call)
        pacer.observe(call / 10 + 0.05, "failed", call=call)
    known = Pacer(saved=pacer.save())
    known.calls_to_place(0.0)
    fresh = Pacer()
    fresh.calls_to_place(0.0)
    assert known.explain().answer_rate < fresh.explain().answer_rate / 2


def test_rubbish_in_the_place_of_what_was_saved_is_ignored():
    for rubbish in (
        None,
        7,
        "x",
        {},
        {"version": 1, "answer_rate": {"trials": "many"}},
        {"version": 1, "supply": 3},
    ):
        assert floor(Pacer(saved=rubbish), free=2).calls_to_place(0.0) >= 2


def test_a_lower_limit_is_aimed_at_from_then_on() -> None:
    def answered(limit: float) -> float:
        pacer = Pacer()
        pacer.set_budget(0.0, limit, spent=False)
        for call in range(100):
            pacer.observe(call, "placed", call)
            pacer.observe(call + 0.5, "live", call)
            pacer.observe(call + 0.5, "left", call)
        pacer.observe(200, "ready", agent=1)
        pacer.calls_to_place(200)
        return pacer.explain().risk

    assert answered(0.001) < answered(0.01) < answered(0.03) == answered(0.05)
