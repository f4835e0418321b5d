"""An agent's time by state: what the log of their states adds up to within a day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.working_time import Entered, seconds_in

MORNING = datetime(2026, 6, 2, tzinfo=UTC)


def at(minute: float) -> datetime:
    return MORNING + timedelta(minutes=minute)


def entered(*states: tuple[str, str | None, float]) -> list[Entered]:
    return [Entered(state=s, pause=pause, since=at(minute)) for s, pause, minute in states]


def test_each_state_lasts_until_the_next_and_the_last_until_now():
    log = entered(("paused", "other", 0), ("ready", None, 10), ("talking", None, 15))
    assert seconds_in(log, since=MORNING, now=at(20)) == {
        ("paused", "other"): 600,
        ("ready", None): 300,
        ("talking", None): 300,
    }


def test_the_same_state_adds_up_and_pauses_are_kept_apart():
    log = entered(
        ("paused", "lunch", 0), ("ready", None, 30), ("paused", "break", 60), ("ready", None, 65)
    )
    assert seconds_in(log, since=MORNING, now=at(70)) == {
        ("paused", "lunch"): 1800,
        ("ready", None): 2100,
        ("paused", "break"): 300,
    }


@pytest.mark.parametrize(("began", "counted"), [(-60, 600), (-1, 600), (0, 600), (1, 540)])
def test_of_a_state_that_began_before_the_day_only_the_day_counts(began: float, counted: float):
    log = entered(("ready", None, began))
    assert seconds_in(log, since=MORNING, now=at(10)) == {("ready", None): counted}


def test_without_a_log_there_is_no_time():
    assert seconds_in([], since=MORNING, now=at(10)) == {}


@given(st.lists(st.floats(-100, 200), min_size=1), st.floats(0, 300))
def test_no_minute_counts_twice_and_none_is_lost(minutes: list[float], until: float):
    log = entered(*(("ready", str(n), minute) for n, minute in enumerate(sorted(minutes))))
    total = sum(seconds_in(log, since=MORNING, now=at(until)).values())
    covered = max(0.0, until - max(0.0, min(minutes))) * 60
    assert total == pytest.approx(covered, abs=0.01)
