"""The table [checks] of a campaign file."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.checks import USUAL, Checks, describe_checks, read_checks
from campaigns.fields import Section
from leads.problems import Problem


def read(**values: Any) -> tuple[Checks, list[Problem]]:
    problems: list[Problem] = []
    file = Section({"checks": values} if values else {}, problems)
    checks = read_checks(file)
    file.close()
    return checks, problems


def test_a_campaign_that_names_none_has_the_usual_ones() -> None:
    assert read() == (USUAL, [])
    assert (USUAL.success_talk_s, USUAL.completed_talk_s, USUAL.refusal_talk_s) == (90, 20, 3)
    assert (USUAL.results_per_hour, USUAL.share_times, USUAL.share_results) == (60, 3, 20)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"success_talk_s": -1}, "checks.success_talk_s"),
        ({"success_talk_s": 3600.5}, "checks.success_talk_s"),
        ({"refusal_talk_s": "3s"}, "checks.refusal_talk_s"),
        ({"refusal_talk": 3}, "checks.refusal_talk"),
        ({"results_per_hour": 0}, "checks.results_per_hour"),
        ({"share_times": 0.9}, "checks.share_times"),
        ({"share_results": 1.5}, "checks.share_results"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_key(values: dict[str, Any], key: str) -> None:
    _, problems = read(**values)
    assert [one.where for one in problems] == [key]


thresholds = st.fixed_dictionaries(
    {},
    optional={
        field.name: st.integers(1, 3600) if field.type == "int" else st.floats(1, 100)
        for field in fields(Checks)
    }
    | {
        "results_per_hour": st.integers(1, 10_000),
        "share_results": st.integers(1, 100_000),
    },
)


@given(thresholds)
def test_what_is_read_is_what_was_written_and_told_where_it_is_not_the_usual(
    values: dict[str, Any],
) -> None:
    checks, problems = read(**values)
    assert problems == []
    assert checks == Checks(**values)
    unusual = {key for key, value in values.items() if value != getattr(USUAL, key)}
    assert describe_checks(checks).keys() == {f"checks.{key}" for key in unusual}
