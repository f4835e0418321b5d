"""A scenario file: what can be told, and that every fault is told with its key."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.simulation.habits import Breaks, Fixed, LogNormal, Seen, Shift, Uniform
from dialer.simulation.scenario import (
    DAY_S,
    EXAMPLE,
    Scenario,
    merged,
    read_scenario,
    scenario_of,
)
from dialer.simulation.staffing import most_of, scaled, shifts_of, steps_of
from leads.problems import Problem

LEAST = """
[[shifts]]
agents = 3
hours = [["09:00", "17:00"]]
[answers]
person = 0.25
[seconds]
talk = 60
"""


def scenario(text: str) -> Scenario:
    document = read_scenario(text)
    assert isinstance(document, dict), document
    found = scenario_of(document)
    assert isinstance(found, Scenario), found
    return found


def faults(text: str) -> list[str]:
    document = read_scenario(text)
    found = document if isinstance(document, tuple) else scenario_of(document)
    assert isinstance(found, tuple), found
    return [str(one) for one in found]


def test_the_least_that_has_to_be_told_makes_a_scenario() -> None:
    found = scenario(LEAST)
    assert (found.mode, found.abandon_limit, found.soft_limit) == ("predictive", 0.03, None)
    assert (found.days, found.runs, found.begins_s) == (1, 5, 9 * 3600)
    habits = found.habits
    assert habits.shifts == (Shift(agents=3, begins_s=0.0, ends_s=8 * 3600.0),)
    assert habits.talk == Fixed(60.0)
    assert habits.answer_rate.at(0.0) == 0.25
    assert habits.breaks is None
    assert (habits.lines, habits.calls_per_s, habits.leads) == (None, None, None)
    assert (habits.machine_rate, habits.detection) == (0.0, None)


def test_a_file_without_anything_names_what_is_missing() -> None:
    assert faults("") == [
        "shifts: is missing; when are how many agents in?",
        "answers.person: is missing",
        "seconds.talk: is missing",
    ]


def test_the_example_holds_every_key_that_there_is() -> None:
    found = scenario(EXAMPLE.read_text(encoding="utf-8"))
    assert found.most_agents == 10
    assert found.habits.breaks == Breaks(every_s=7200.0, length=Uniform(180.0, 600.0))
    assert found.habits.lines == 60


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("70", Fixed(70.0)),
        ("[31, 70.5, 200]", Seen((31.0, 70.5, 200.0))),
        ("{ median = 70, spread = 2.0 }", LogNormal(70.0, math.log(2.0))),
        ("{ median = 70 }", LogNormal(70.0, math.log(1.5))),
        ("{ least = 4, most = 8 }", Uniform(4.0, 8.0)),
        ("{ least = 4, most = 4 }", Uniform(4.0, 4.0)),
    ],
)
def test_what_lasts_is_told_in_four_ways(written: str, meant: Any) -> None:
    assert scenario(LEAST.replace("talk = 60", f"talk = {written}")).habits.talk == meant


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("true", "must be a number of seconds, a list of them, { median"),
        ('"long"', "must be a number of seconds"),
        ("-1", "must be from 0 to 21600, not -1"),
        ("21600.5", "must be from 0 to 21600"),
        ("nan", "must be from 0"),
        ("[]", "is empty; it must be seconds"),
        ("[1, -2]", "holds -2; it must be seconds from 0 to 21600"),
        ("[1, true]", "holds true; it must be seconds"),
        ("{ median = 0 }", "must be from 0.001"),
        ("{ median = 70, spread = 0.9 }", "must be from 1 to 10"),
        ("{ median = 70, sprad = 2 }", "nearest known one is 'spread'"),
        ("{ least = 9, most = 8 }", "is more than most, 8"),
        ("{ least = 9 }", "is missing"),
        ("{}", "is missing"),
    ],
)
def test_a_length_that_cannot_be_is_refused(written: str, fault: str) -> None:
    (only,) = faults(LEAST.replace("talk = 60", f"talk = {written}"))
    assert only.startswith("seconds.talk")
    assert fault in only


def test_all_faults_are_told_at_once_with_their_keys() -> None:
    found = faults("""
mode = "predictiv"
abandn_limit = 0.03
[[shifts]]
agents = 0
hours = [["9:00", "17:00"]]
[answers]
person = { "09:00" = 3, "9" = 0.2 }
[seconds]
talk = 60
[list]
again_after = "soon"
""")
    assert [one.partition(": ")[0] for one in found] == [
        "mode",
        "shifts[1].agents",
        "shifts[1].hours[1]",
        "answers.person.09:00",
        "answers.person.9",
        "list.again_after",
        "abandn_limit",
    ]
    assert "the nearest known one is 'abandon_limit'" in found[-1]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("= 3", "line 1"),
        ("shifts = 3", "shifts: must be tables, each under [[shifts]]"),
        (LEAST + "[answers.person]\n", "is not TOML"),
        (LEAST.replace("person = 0.25", "person = {}"), "answers.person: is empty"),
        (LEAST.replace("person = 0.25", 'person = "all"'), "answers.person: must be a share"),
        (LEAST + "[machines]\nshare = 0.76\n", "answers.person: and machines.share are 1.01"),
        (LEAST + "[breaks]\n", "breaks.every: is missing"),
        (LEAST.replace("agents = 3", "agents = 1001"), "shifts[1].agents: must be from 1 to 1000"),
        (LEAST.replace("hours =", "days ="), "shifts[1].hours: is missing"),
    ],
)
def test_what_cannot_be_is_refused(text: str, fault: str) -> None:
    assert any(fault in one for one in faults(text)), faults(text)


def test_shares_that_make_up_the_whole_are_usable() -> None:
    assert scenario(LEAST + "[machines]\nshare = 0.75\n").habits.machine_rate == 0.75


def test_a_gap_in_the_hours_is_a_break_of_the_whole_shift() -> None:
    found = scenario(LEAST.replace('[["09:00", "17:00"]]', '[["09:30","12:00"],["12:30","24:00"]]'))
    assert found.begins_s == 9 * 3600  # the full hour before
    assert [(one.begins_s, one.ends_s) for one in found.habits.shifts] == [
        (1800.0, 3 * 3600.0),
        (3.5 * 3600.0, 15 * 3600.0),
    ]


def test_answers_by_hour_hold_from_their_time_on_and_on_each_day() -> None:
    found = scenario(
        "days = 2\n" + LEAST.replace("person = 0.25", 'person = {"12:00" = 0.2, "08:00" = 0.1}')
    )
    rate = found.habits.answer_rate
    noon = 3 * 3600.0
    for day in (0.0, float(DAY_S)):
        assert rate.at(day) == 0.1
        assert rate.at(day + noon - 1) == 0.1
        assert rate.at(day + noon) == 0.2
    assert rate.at(DAY_S - 3600.0 - 1) == 0.2  # before eight in the morning
    assert len(found.habits.shifts) == 2
    assert found.habits.shifts[1].begins_s == DAY_S


def test_a_rate_holds_from_the_beginning_where_its_first_time_is_later() -> None:
    found = scenario(LEAST.replace("person = 0.25", 'person = {"12:00" = 0.2}'))
    assert found.habits.answer_rate.at(0.0) == 0.2


def test_a_scenario_goes_over_what_the_ledger_told_table_by_table() -> None:
    under = {"mode": "ratio", "seconds": {"talk": [1, 2], "wrap_up": 3}, "shifts": [{"agents": 1}]}
    over = {"seconds": {"talk": {"median": 5}}, "shifts": [{"agents": 2}], "days": 2}
    assert merged(under, over) == {
        "mode": "ratio",
        "seconds": {"talk": {"median": 5}, "wrap_up": 3},
        "shifts": [{"agents": 2}],
        "days": 2,
    }


SHIFTS = st.lists(
    st.builds(
        lambda agents, begin, length: Shift(
            agents=agents, begins_s=begin * 900.0, ends_s=(begin + length) * 900.0
        ),
        st.integers(1, 40),
        st.integers(0, 80),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=12,
)


@given(SHIFTS)
def test_shifts_made_of_steps_have_as_many_agents_in_at_each_time(shifts: list[Shift]) -> None:
    steps = steps_of(shifts)
    assert steps[-1][1] == 0
    assert steps_of(shifts_of(steps)) == steps
    for second, agents in steps:
        there = [one.agents for one in shifts if one.begins_s <= second < one.ends_s]
        assert sum(there) == agents


@given(SHIFTS, st.integers(1, 200))
def test_a_floor_of_another_size_has_so_many_agents_at_most(
    shifts: list[Shift], agents: int
) -> None:
    assert most_of(scaled(shifts, agents)) == agents
    assert scaled(shifts, most_of(shifts)) == tuple(shifts)


def test_a_problem_is_no_document() -> None:
    (only,) = read_scenario("x = [")
    assert isinstance(only, Problem)
    assert read_scenario("x = " + "[" * 5000) != {}
