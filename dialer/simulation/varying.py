"""What is tried with several values: the words of ``--vary``, and the scenarios they make."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from campaigns.fields import nearest
from dialer.simulation.habits import Course
from dialer.simulation.scenario import MOST_AGENTS, MOST_LINES, MOST_RATIO, Scenario
from leads.problems import Problem

MOST_VALUES = 100
_NUMBER = r"([0-9]{1,6}(?:\.[0-9]{1,4})?)"
_SPAN = re.compile(rf"([a-z_]+)={_NUMBER}\.\.{_NUMBER}(?::{_NUMBER})?")
_LIST = re.compile(rf"([a-z_]+)=({_NUMBER}(?:,{_NUMBER})*)")


def _lines(scenario: Scenario, value: float) -> Scenario:
    return replace(scenario, habits=replace(scenario.habits, lines=int(value)))


def _answer_rate(scenario: Scenario, value: float) -> Scenario:
    habits = replace(scenario.habits, answer_rate=Course.steady(value))
    return replace(scenario, habits=habits)


_VARIED: Mapping[str, tuple[Callable[[Scenario, float], Scenario], float, float, float]] = {
    "agents": (lambda scenario, value: scenario.with_agents(int(value)), 1, MOST_AGENTS, 1),
    "answer_rate": (_answer_rate, 0.001, 1, 0.05),
    "ratio": (lambda scenario, value: replace(scenario, ratio=value), 1, MOST_RATIO, 0.5),
    "lines": (_lines, 1, MOST_LINES, 10),
}
"""What can be varied: how, its least and its most, and the step where none is given."""

_WHOLE = frozenset({"agents", "lines"})
Varied = tuple[str, list[tuple[float, Scenario]]]


def vary(scenario: Scenario, words: str) -> Varied | Problem:
    """Return what is varied, and a scenario for each value, or why that cannot be.

    Args:
        scenario: the one to begin from.
        words: "agents=5..40", with a step "agents=5..40:5", or values "agents=5,8,12".
    """
    span, several = _SPAN.fullmatch(words), _LIST.fullmatch(words)
    found = span or several
    if found is None:
        return _wrong("must be like agents=5..40, agents=5..40:5 or ratio=1,1.5,2")
    name = found[1]
    if name not in _VARIED:
        near = nearest(name, tuple(_VARIED))
        return _wrong(f"{name!r} cannot be varied; the nearest that can is {near!r}")
    change, least, most, usual_step = _VARIED[name]
    if span is not None:
        step = float(span[4]) if span[4] else usual_step
        values = _values(float(span[2]), float(span[3]), step)
    else:
        values = [float(value) for value in found[2].split(",")]
    if name in _WHOLE and any(value % 1 for value in values):
        return _wrong(f"{name} must be whole numbers")
    if not values or len(values) > MOST_VALUES:
        return _wrong(f"must name 1 to {MOST_VALUES} values, the lower end first, a step above 0")
    if min(values) < least or max(values) > most:
        return _wrong(f"{name} must be from {least:g} to {most:g}")
    if name == "ratio" and scenario.mode != "ratio":
        return _wrong(f"the mode {scenario.mode} has no ratio; add --mode ratio")
    if name == "answer_rate" and max(values) + scenario.habits.machine_rate > 1:
        share = scenario.habits.machine_rate
        return _wrong(f"answer_rate and machines.share, {share:g}, are more than 1 together")
    return name, [(value, change(scenario, value)) for value in values]


def _values(first: float, last: float, step: float) -> list[float]:
    if step <= 0 or last < first or (last - first) / step >= MOST_VALUES:
        return []
    # A step of 0.1 does not add up in binary: each value is made from the first.
    return [
        round(first + number * step, 6) for number in range(int((last - first) / step + 1e-9) + 1)
    ]


def _wrong(why: str) -> Problem:
    return Problem(where="--vary", why=why)
