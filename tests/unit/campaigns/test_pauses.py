"""Codes of pauses, and the skills that a campaign asks for."""

import pytest

from campaigns.changes import describe_changes
from campaigns.definition import read_definition
from campaigns.fields import Section
from campaigns.pauses import BUILT_IN, pause_code, read_pauses
from leads.errors import UsageError
from leads.problems import Problem
from tests.unit.campaigns.examples import campaign


def read(**pauses: object) -> tuple[dict[str, str], list[Problem]]:
    problems: list[Problem] = []
    root = Section({"pauses": pauses} if pauses else {}, problems)
    found = read_pauses(root)
    root.close()
    return dict(found), problems


def test_a_configuration_that_names_none_has_the_built_in_ones() -> None:
    assert read() == (dict(BUILT_IN), [])
    assert BUILT_IN["lunch"] == "unpaid"


def test_one_that_names_some_has_those_and_the_two_that_are_always_there() -> None:
    found, problems = read(smoke="unpaid", coffee="paid")
    assert problems == []
    assert found == {"smoke": "unpaid", "coffee": "paid", "other": "unpaid", "hostile": "paid"}


def test_whether_a_pause_that_is_always_there_is_paid_may_be_changed() -> None:
    assert read(other="paid")[0] == {"other": "paid", "hostile": "paid"}


@pytest.mark.parametrize(
    ("code", "value"), [("lunch", "half"), ("lunch", True), ("lunch", 30), ("Long Lunch", "paid")]
)
def test_what_cannot_be_used_is_told_with_its_key(code: str, value: object) -> None:
    _, (problem,) = read(**{code: value})
    assert problem.where == f"pauses.{code}"


def test_a_pause_without_a_reason_is_another_one() -> None:
    assert pause_code(None, BUILT_IN) == "other"
    assert pause_code("lunch", BUILT_IN) == "lunch"
    with pytest.raises(UsageError, match=r"nearest is 'lunch'; choose one of break, lunch"):
        pause_code("lunc", BUILT_IN)


def with_agents(table: str) -> str:
    return f"""
name = "loans"
lists = ["all"]
mode = "preview"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Bank AS"
purpose = "sales"
{table}
"""


def test_skills_are_read_and_their_change_is_told() -> None:
    found = read_definition(with_agents('[agents]\nskills = ["loans", "polish"]'))
    assert not isinstance(found, tuple), found
    assert found.skills == ("loans", "polish")
    plain = read_definition(with_agents(""))
    assert not isinstance(plain, tuple)
    assert plain.skills == ()
    (told,) = describe_changes(campaign(), campaign(skills=("loans",)))
    assert told == 'agents.skills: none -> ["loans"]'


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ('[agents]\nskills = "loans"', "agents.skills"),
        ("[agents]\nskills = [1]", "agents.skills"),
        ('[agents]\nskills = ["loans, polish"]', "agents.skills"),
        ('[agents]\nskill = ["loans"]', "agents.skill"),
        ("agents = 3", "agents"),
    ],
)
def test_skills_that_cannot_be_read_are_refused(table: str, where: str) -> None:
    found = read_definition(with_agents(table))
    assert isinstance(found, tuple)
    assert {problem.where for problem in found} == {where}
