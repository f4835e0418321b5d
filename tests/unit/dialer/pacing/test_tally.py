"""How likely it is that too many of several uncertain things happen."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.tally import Tally


def exactly(chances, least):
    """Return how likely at least so many happen, by adding up every number."""
    many = [1.0]
    for chance in chances:
        stay = [share * (1.0 - chance) for share in many] + [0.0]
        rise = [0.0] + [share * chance for share in many]
        many = [one + other for one, other in zip(stay, rise, strict=True)]
    return sum(many[max(0, least) :])


def tally(chances):
    found = Tally()
    for chance in chances:
        found.add(chance)
    return found


@pytest.mark.parametrize(
    ("chances", "least"),
    [
        ([0.14] * 6, 3),  # three agents free, one in seven answers in time
        ([0.05] * 20, 4),
        ([0.3] * 4, 4),
        ([0.1] * 64, 11),
        ([0.2, 0.01, 0.5, 0.05, 0.3] * 4, 9),
        ([0.02] * 2000, 55),
    ],
)
def test_it_is_close_to_what_adding_up_says(chances, least):
    assert tally(chances).reaches(least) == pytest.approx(exactly(chances, least), abs=0.012)


@pytest.mark.parametrize(("least", "chance"), [(3, 1.0), (4, 0.0)])
def test_what_is_certain_is_certain(least, chance):
    assert tally([1.0] * 3).reaches(least) == chance


def test_agents_who_will_be_free_make_it_less_likely():
    answers = tally([0.3] * 5)
    assert answers.less(tally([0.5, 0.5])).reaches(3) < answers.reaches(3)


def test_things_together_are_as_if_they_were_added_one_by_one():
    both = tally([0.2]).plus(tally([0.1]), 3.0)
    assert both.mean == pytest.approx(tally([0.2, 0.1, 0.1, 0.1]).mean)
    assert both.skew == pytest.approx(tally([0.2, 0.1, 0.1, 0.1]).skew)


@given(st.lists(st.floats(0.0, 1.0), max_size=40), st.integers(-5, 45))
def test_it_is_a_chance(chances, least):
    found = tally(chances).reaches(least)
    assert 0.0 <= found <= 1.0
    assert not math.isnan(found)
