"""What ``--vary`` means, and what it refuses."""

import pytest

from dialer.simulation.scenario import EXAMPLE, Scenario, read_scenario, scenario_of
from dialer.simulation.varying import vary
from leads.problems import Problem


def example(**more: object) -> Scenario:
    document = read_scenario(EXAMPLE.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    found = scenario_of(document | more)
    assert isinstance(found, Scenario)
    return found


def values(words: str, **more: object) -> list[float]:
    found = vary(example(**more), words)
    assert not isinstance(found, Problem), found
    return [value for value, _ in found[1]]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("agents=5..8", [5, 6, 7, 8]),
        ("agents=5..40:5", [5, 10, 15, 20, 25, 30, 35, 40]),
        ("agents=5..12:5", [5, 10]),
        ("agents=5..5", [5]),
        ("agents=12,3", [12, 3]),
        ("lines=10..30", [10, 20, 30]),
        ("answer_rate=0.1..0.4:0.1", [0.1, 0.2, 0.3, 0.4]),
        ("answer_rate=0.85", [0.85]),
    ],
)
def test_values_are_told_by_their_ends_or_one_by_one(words: str, meant: list[float]) -> None:
    assert values(words) == meant


def test_each_value_makes_a_scenario_of_its_own() -> None:
    agents = vary(example(), "agents=5,20")
    lines = vary(example(), "lines=7")
    rate = vary(example(), "answer_rate=0.5")
    ratio = vary(example(mode="ratio"), "ratio=1..2")
    for found in (agents, lines, rate, ratio):
        assert not isinstance(found, Problem)
    assert [one.most_agents for _, one in agents[1]] == [5, 20]
    assert [one.habits.lines for _, one in lines[1]] == [7]
    assert [one.habits.answer_rate.at(30_000.0) for _, one in rate[1]] == [0.5]
    assert [one.ratio for _, one in ratio[1]] == [1.0, 1.5, 2.0]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("agents", "must be like agents=5..40"),
        ("agents=", "must be like"),
        ("agents=-1..4", "must be like"),
        ("agents=5..40:5:5", "must be like"),
        ("agent=5..40", "'agent' cannot be varied; the nearest that can is 'agents'"),
        ("agents=5..6:0.5", "must be whole numbers"),
        ("agents=0..4", "must be from 1 to 1000"),
        ("agents=990..1001:5,", "must be like"),
        ("agents=1001", "must be from 1 to 1000"),
        ("agents=9..5", "the lower end first"),
        ("agents=5..9:0", "a step above 0"),
        ("agents=1..101", "1 to 100 values"),
        ("ratio=1..3", "the mode predictive has no ratio; add --mode ratio"),
        ("answer_rate=0..0.5", "must be from 0.001 to 1"),
        ("answer_rate=0.86", "answer_rate and machines.share, 0.15, are more than 1 together"),
    ],
)
def test_what_cannot_be_varied_is_refused(words: str, why: str) -> None:
    found = vary(example(), words)
    assert isinstance(found, Problem), found
    assert found.where == "--vary"
    assert why in found.why


def test_a_hundred_values_are_the_most() -> None:
    assert len(values("agents=1..100")) == 100
