"""A promised time as it is typed in the middle of a talk."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.screen.when import in_words, understood, written

TUESDAY_NOON = datetime(2026, 12, 1, 12, 0)  # noqa: DTZ001 (the person's own clock)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("18:30", "2026-12-01T18:30"),
        ("18.30", "2026-12-01T18:30"),
        ("12:01", "2026-12-01T12:01"),
        ("12:00", "2026-12-02T12:00"),  # the clock shows it now: the next time is tomorrow's
        ("9:05", "2026-12-02T09:05"),
        ("today 18:30", "2026-12-01T18:30"),
        ("Tomorrow 08:00", "2026-12-02T08:00"),
        ("fri 18:30", "2026-12-04T18:30"),
        ("friday, 18:30", "2026-12-04T18:30"),
        ("tue 18:30", "2026-12-01T18:30"),
        ("tue 11:30", "2026-12-08T11:30"),
        ("+2h", "2026-12-01T14:00"),
        ("+ 45 min", "2026-12-01T12:45"),
        ("+3d", "2026-12-04T12:00"),
        ("24.12. 10:00", "2026-12-24T10:00"),
        ("3.1. 10:00", "2027-01-03T10:00"),
        ("2026-12-05 18:30", "2026-12-05T18:30"),
        ("2026-12-05T18:30", "2026-12-05T18:30"),
        ("2026-12-05T18:30+01:00", "2026-12-05T18:30+01:00"),
        ("25:00", "25:00"),
        ("31.2. 10:00", "31.2. 10:00"),
        ("t 18:30", "t 18:30"),
        ("after work", "after work"),
        ("", ""),
    ],
)
def test_a_time_is_written_out_where_it_is_understood(typed: str, meant: str) -> None:
    assert written(typed, TUESDAY_NOON) == meant


@pytest.mark.parametrize("typed", ["18:30", "tomorrow 18:30", "+2h"])
def test_where_nobody_knows_the_clock_nothing_is_guessed(typed: str) -> None:
    assert written(typed, None) == typed


def test_a_time_is_told_with_its_day() -> None:
    at = understood("tomorrow 18:30", TUESDAY_NOON)
    assert at is not None
    assert in_words(at, TUESDAY_NOON) == "tomorrow, Wednesday 2026-12-02, 18:30 their time"


@given(st.text(max_size=20), st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_whatever_is_typed_is_understood_or_left_alone(text: str, local: datetime) -> None:
    at = understood(text, local)
    assert at is None or at.tzinfo is None
    assert written(written(text, local), local) == written(text, local)
