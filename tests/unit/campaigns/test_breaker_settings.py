"""The table [breaker] of a campaign file."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.breaker_settings import (
    CHECKS,
    USUAL_BREAKER,
    Breaker,
    OwnWindow,
    read_breaker,
    written_breaker,
)
from campaigns.fields import Section
from leads.problems import Problem


def read(**values: Any) -> tuple[Breaker, list[Problem]]:
    problems: list[Problem] = []
    file = Section({"breaker": values} if values else {}, problems)
    breaker = read_breaker(file)
    file.close()
    return breaker, problems


def test_a_campaign_that_says_nothing_has_every_check():
    assert read() == (USUAL_BREAKER, [])
    assert all(USUAL_BREAKER.asks(check) for check in CHECKS)
    assert written_breaker(USUAL_BREAKER) == {}


def test_it_can_be_off_as_a_whole_or_for_one_check():
    whole, _ = read(on=False)
    assert not any(whole.asks(check) for check in CHECKS)
    one, _ = read(unallocated=False, machines=True)
    assert [check for check in CHECKS if not one.asks(check)] == ["unallocated"]


def test_a_check_can_have_other_numbers():
    breaker, problems = read(congestion={"calls": 40, "share": 0.9}, refused={"calls": 10})
    assert problems == []
    assert breaker.own == {
        "congestion": OwnWindow(calls=40, share=0.9),
        "refused": OwnWindow(calls=10, share=1.0),
    }
    assert written_breaker(breaker) == {
        "breaker.congestion": "{ calls = 40, share = 0.9 }",
        "breaker.refused": "{ calls = 10, share = 1 }",
    }


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"on": "no"}, "breaker.on"),
        ({"congested": False}, "breaker.congested"),
        ({"congestion": 20}, "breaker.congestion"),
        ({"congestion": {"calls": 4}}, "breaker.congestion.calls"),
        ({"congestion": {"calls": 1001}}, "breaker.congestion.calls"),
        ({"congestion": {"share": 0.5}}, "breaker.congestion.calls"),
        ({"congestion": {"calls": 20, "share": 1.1}}, "breaker.congestion.share"),
        ({"congestion": {"calls": 20, "share": 0}}, "breaker.congestion.share"),
        ({"congestion": {"calls": 20, "minutes": 5}}, "breaker.congestion.minutes"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_key(values: dict[str, Any], key: str):
    _, problems = read(**values)
    assert [one.where for one in problems] == [key]


@pytest.mark.parametrize("calls", [5, 1000])
def test_the_first_and_the_last_number_of_calls_may_be_used(calls: int):
    breaker, problems = read(silent={"calls": calls})
    assert (breaker.own["silent"].calls, problems) == (calls, [])


settings = st.fixed_dictionaries(
    {"on": st.booleans()},
    optional={
        check: st.just(False)
        | st.fixed_dictionaries(
            {"calls": st.integers(5, 1000), "share": st.sampled_from([0.01, 0.25, 0.9, 1])}
        )
        for check in CHECKS
    },
)


@given(settings, settings)
def test_two_tables_are_told_apart_exactly_where_they_differ(
    one: dict[str, Any], other: dict[str, Any]
):
    before, after = read(**one)[0], read(**other)[0]
    assert (written_breaker(before) == written_breaker(after)) == (before == after)
