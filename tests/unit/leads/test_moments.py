"""Moments as people write them."""

from datetime import UTC, datetime

import pytest

from leads.errors import UsageError
from leads.moments import on_clocks, read_moment, written_moment


def test_an_offset_is_kept_and_none_is_made_up() -> None:
    assert read_moment("2026-12-01T17:30Z", option="--at") == datetime(
        2026, 12, 1, 17, 30, tzinfo=UTC
    )
    assert read_moment("2026-12-01T18:30", option="--at").tzinfo is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-13-01",
        "0001-01-01T00:00",
        "9999-12-31T23:59Z",
        "9999-12-31T23:59-12:00",
    ],
)
def test_a_slip_is_told_with_the_option_it_belongs_to(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--callback .* is no moment; write it like"):
        read_moment(text, option="--callback")


def test_clocks_that_agree_give_one_moment_and_others_several() -> None:
    noon = datetime(2026, 6, 1, 12, 0)  # noqa: DTZ001  (a wall clock)
    (one,) = on_clocks(noon, ["Europe/Oslo", "Europe/Stockholm"])
    assert one == datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
    early, late = on_clocks(noon, ["Europe/Oslo", "Europe/Istanbul"])
    assert (early.utctimetuple().tm_hour, late.utctimetuple().tm_hour) == (9, 10)
    assert on_clocks(noon, []) == ()


@pytest.mark.parametrize(
    ("text", "hour"),
    [("3.6.2026", 0), ("03.06.2026, 14.05", 14), ("2026/6/3 9:05", 9), ("2026-06-03T14:05", 14)],
)
def test_what_lists_hold_is_read_on_the_clock_that_is_named(text: str, hour: int) -> None:
    moment = written_moment(text, zone=UTC)
    assert moment is not None
    assert (moment.date().isoformat(), moment.hour) == ("2026-06-03", hour)


@pytest.mark.parametrize(
    "text", ["", "3/6/2026", "3.6.26", "32.1.2026", "3.6.20266", "2026-06-03x"]
)
def test_what_may_mean_two_days_or_none_is_no_moment(text: str) -> None:
    assert written_moment(text, zone=UTC) is None
