"""A seed says everything."""

from hypothesis import given
from hypothesis import strategies as st

from tests.faults.plan import EXPECTED, plan_of

NAMES = ("engine_killed", "link_cut", "disk_full")


@given(seed=st.integers(0, 10**9), short=st.booleans())
def test_a_seed_gives_the_same_round_again(seed: int, short: bool) -> None:
    plan = plan_of(seed, NAMES, short=short)
    assert plan == plan_of(seed, NAMES, short=short)
    assert 20 <= len(plan.people) <= 40
    assert {*plan.people} <= {*EXPECTED}
    assert plan.fault in NAMES
    if plan.moment.counted != "seconds":
        assert 1 <= plan.moment.value <= len(plan.people)
    if short and plan.moment.counted == "ended":
        assert plan.moment.value <= len(plan.people) / 2, (
            "else it may be over before anything breaks"
        )


@given(seed=st.integers(0, 10**9))
def test_seeds_in_a_row_give_every_fault_its_turn(seed: int) -> None:
    assert {plan_of(seed + turn, NAMES).fault for turn in range(3)} == {*NAMES}


@given(seed=st.integers(0, 10**9), first=st.sampled_from(NAMES))
def test_with_its_fault_named_a_seed_plays_the_same_round(seed: int, first: str) -> None:
    plan, alone = plan_of(seed, NAMES), plan_of(seed, (first,))
    assert (plan.people, plan.moment) == (alone.people, alone.moment)


@given(seed=st.integers(0, 10**9), short=st.booleans())
def test_what_needs_calls_that_are_still_to_come_breaks_early(seed: int, short: bool) -> None:
    plan = plan_of(seed, NAMES, short=short)
    early = plan.made_early()
    assert early.moment.counted == "placed"
    assert 1 <= early.moment.value <= len(plan.people) // 2
    assert early.people == plan.people
    assert early.made_early() == early
