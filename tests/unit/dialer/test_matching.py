"""How many calls a floor can serve: never more than it can, and as many as it can."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from dialer.agent import Agent
from dialer.matching import Seats, has_skills
from tests.unit.campaigns.examples import campaign
from tests.unit.dialer.examples import agent

SKILLS = ("loans", "fibre", "polish")
some = st.frozensets(st.sampled_from(SKILLS), max_size=3)
floors = st.lists(some, max_size=5)
wishes = st.lists(some, max_size=5)


def floor(skills: list[frozenset[str]]) -> list[Agent]:
    return [replace(agent(number), skills=have) for number, have in enumerate(skills, start=1)]


def able(asked: frozenset[str]) -> Callable[[Agent], bool]:
    return lambda one: has_skills(one, campaign(skills=tuple(asked)))


def most_by_trying(skills: list[frozenset[str]], calls: list[frozenset[str]]) -> int:
    """Return the most calls that can be served, by trying every order of agents."""
    seats = [*skills, *[None] * len(calls)]
    return max(
        sum(have is not None and asked <= have for have, asked in zip(order, calls, strict=False))
        for order in permutations(seats, len(calls))
    )


@given(floors, wishes)
def test_as_many_calls_are_served_as_can_be(
    skills: list[frozenset[str]], calls: list[frozenset[str]]
) -> None:
    seats = Seats(floor(skills))
    assert sum(seats.take(able(asked)) for asked in calls) == most_by_trying(skills, calls)


@given(floors, wishes)
def test_a_call_that_was_promised_an_agent_keeps_one(
    skills: list[frozenset[str]], calls: list[frozenset[str]]
) -> None:
    seats = Seats(floor(skills))
    served = [asked for asked in calls if seats.take(able(asked))]
    assert most_by_trying(skills, served) == len(served)


@given(floors, some, st.integers(0, 8))
def test_so_many_and_no_more(
    skills: list[frozenset[str]], asked: frozenset[str], most: int
) -> None:
    fit = sum(asked <= have for have in skills)
    assert Seats(floor(skills)).take_up_to(most, able(asked)) == min(most, fit)


def test_an_agent_needs_all_of_a_campaigns_skills() -> None:
    anna = replace(agent(), skills=frozenset({"loans", "fibre"}))
    assert has_skills(anna, campaign())
    assert has_skills(anna, campaign(skills=("loans",)))
    assert not has_skills(anna, campaign(skills=("loans", "polish")))
