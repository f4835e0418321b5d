"""Whether a day is a public holiday depends on where the person is."""

import subprocess
import sys
from datetime import date, timedelta

import holidays
import pytest

from campaigns.rules.calendars import holiday_on, known
from campaigns.rules.model import Calendar
from leads.errors import UsageError

GERMANY = Calendar(country="DE", from_address=True)
ANYWHERE_IN_GERMANY = Calendar(country="DE", from_address=True, union=True)
BAVARIA = Calendar(country="DE", subdivision="BY")
EPIPHANY = date(2026, 1, 6)
UNITY = date(2026, 10, 3)


def sundays(year: int) -> list[date]:
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range(365)]
    return [day for day in days if day.weekday() == 6]


@pytest.mark.parametrize(
    ("calendar", "subdivision", "name"),
    [
        (GERMANY, "DE-BW", "Epiphany"),
        (GERMANY, "DE-NW", None),
        (GERMANY, "", None),  # the national days alone
        (ANYWHERE_IN_GERMANY, "DE-BW", "Epiphany"),
        (ANYWHERE_IN_GERMANY, "DE-NW", None),
        (ANYWHERE_IN_GERMANY, "", "Epiphany"),
        # A place that is none in Germany is not known there.
        (ANYWHERE_IN_GERMANY, "DE-XX", "Epiphany"),
        (ANYWHERE_IN_GERMANY, "DE", "Epiphany"),
        (ANYWHERE_IN_GERMANY, "AT-5", "Epiphany"),
        (GERMANY, "US-NW", None),
        (GERMANY, "DE-XX", None),
        # Where the person lives means nothing to a calendar that names the place.
        (BAVARIA, "DE-NW", "Epiphany"),
        (Calendar(country="DE", subdivision="NW"), "DE-BY", None),
        (Calendar(country="DE"), "DE-BY", None),
        (Calendar(country="DE", union=True), "DE-NW", "Epiphany"),
        # It does to one that names a place only for want of the person's.
        (Calendar(country="DE", subdivision="BY", from_address=True), "DE-NW", None),
        (Calendar(country="DE", subdivision="BY", from_address=True), "", "Epiphany"),
        (Calendar(country="DE", subdivision="BY", from_address=True), "DE", "Epiphany"),
    ],
)
def test_epiphany_is_a_holiday_in_some_laender(
    calendar: Calendar, subdivision: str, name: str | None
) -> None:
    assert holiday_on(calendar, subdivision, EPIPHANY) == name


@pytest.mark.parametrize("calendar", [GERMANY, ANYWHERE_IN_GERMANY, BAVARIA])
@pytest.mark.parametrize("subdivision", ["", "DE-NW", "DE-BW", "FR-57"])
def test_a_national_holiday_is_one_everywhere(calendar: Calendar, subdivision: str) -> None:
    assert holiday_on(calendar, subdivision, UNITY) == "German Unity Day"
    assert holiday_on(calendar, subdivision, UNITY - timedelta(days=1)) is None
    assert holiday_on(calendar, subdivision, UNITY + timedelta(days=1)) is None


def test_no_country_has_no_holidays() -> None:
    assert all(
        holiday_on(Calendar(), "NO-03", date(2026, month, day)) is None
        for month in range(1, 13)
        for day in (1, 17, 25)
    )


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("NO", ["2026-04-05", "2026-05-17", "2026-05-24"]),  # Easter, the nation's day, Pentecost
        ("SE", ["2026-04-05", "2026-05-24"]),
        ("DE", []),
    ],
)
def test_a_sunday_is_no_holiday_unless_it_is_one_of_its_own(
    country: str, expected: list[str]
) -> None:
    calendar = Calendar(country=country)
    found = [str(day) for day in sundays(2026) if holiday_on(calendar, "", day)]
    assert found == expected


def test_what_is_observed_on_another_day_counts_on_both() -> None:
    usa = Calendar(country="US")
    assert holiday_on(usa, "", date(2026, 7, 3)) == "Independence Day (observed)"
    assert holiday_on(usa, "", date(2026, 7, 4)) == "Independence Day"
    # New Year's Day of 2028 is a Saturday.
    assert holiday_on(usa, "", date(2027, 12, 31)) == "New Year's Day (observed)"


def test_a_day_that_is_two_holidays_has_both_names() -> None:
    both = holiday_on(Calendar(country="NO"), "", date(2027, 5, 17))
    assert both == "Constitution Day; Pentecost Monday"
    alone = Calendar(country="NO", drop=("Constitution Day",))
    assert holiday_on(alone, "", date(2027, 5, 17)) == "Pentecost Monday"


def test_a_day_that_is_dropped_is_none_by_its_exact_name() -> None:
    state = Calendar(country="US", subdivision="NY")
    assert holiday_on(state, "", date(2026, 10, 12)) == "Columbus Day"
    dropped = Calendar(country="US", subdivision="NY", drop=("Columbus Day",))
    assert holiday_on(dropped, "", date(2026, 10, 12)) is None
    # What a name only begins with stays.
    independence = Calendar(country="US", drop=("Independence Day",))
    assert holiday_on(independence, "", date(2026, 7, 4)) is None
    assert holiday_on(independence, "", date(2026, 7, 3)) == "Independence Day (observed)"


@pytest.mark.parametrize("country", ["", "NO"])
def test_a_day_may_be_added_every_year_or_once(country: str) -> None:
    calendar = Calendar(
        country=country,
        add=(("12-24", "Christmas Eve"), ("2027-01-04", "Some day"), ("02-29", "Leap day")),
    )
    assert holiday_on(calendar, "", date(2026, 12, 24)) == "Christmas Eve"
    assert holiday_on(calendar, "", date(2027, 12, 24)) == "Christmas Eve"
    assert holiday_on(calendar, "", date(2026, 12, 23)) is None
    assert holiday_on(calendar, "", date(2027, 1, 4)) == "Some day"
    assert holiday_on(calendar, "", date(2026, 1, 4)) is None
    assert holiday_on(calendar, "", date(2028, 1, 4)) is None
    assert holiday_on(calendar, "", date(2028, 2, 29)) == "Leap day"
    assert holiday_on(calendar, "", date(2027, 2, 28)) is None
    assert holiday_on(calendar, "", date(2027, 3, 1)) is None


def test_a_day_that_is_added_to_a_holiday_gives_it_one_name_more() -> None:
    calendar = Calendar(country="NO", add=(("12-25", "Closed"), ("12-26", "Boxing Day")))
    assert holiday_on(calendar, "", date(2026, 12, 25)) == "Christmas Day; Closed"
    again = Calendar(country="NO", add=(("12-25", "Christmas Day"),))
    assert holiday_on(again, "", date(2026, 12, 25)) == "Christmas Day"


def test_names_do_not_depend_on_the_language_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", "th")
    theirs = holidays.country_holidays("NO", years=2031)[date(2031, 5, 17)]
    assert theirs not in {"Constitution Day", "Grunnlovsdag"}
    assert holiday_on(Calendar(country="NO"), "", date(2031, 5, 17)) == "Constitution Day"


def test_a_year_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = holidays.country_holidays

    def counting(country: str, **options: object) -> holidays.HolidayBase:
        asked.append(country)
        return real(country, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(holidays, "country_holidays", counting)
    calendar = Calendar(country="NZ", add=(("12-24", "only in this test"),))
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert sum(holiday_on(calendar, "", day) is not None for day in days) > 10
    assert asked == ["NZ"]


@pytest.mark.parametrize(
    ("country", "subdivision", "expected"),
    [
        ("DE", "", True),
        ("DE", "BY", True),
        ("DE", "XX", False),
        ("US", "FL", True),
        ("GB", "SCT", True),
        ("XX", "", False),
        ("XX", "BY", False),
    ],
)
def test_whose_holidays_are_known_can_be_asked(
    country: str, subdivision: str, *, expected: bool
) -> None:
    assert known(country, subdivision) is expected


@pytest.mark.parametrize(
    "calendar", [Calendar(country="XX"), Calendar(country="DE", subdivision="XX")]
)
def test_a_calendar_of_no_known_place_is_a_fault_of_its_file(calendar: Calendar) -> None:
    with pytest.raises(UsageError, match=r"no holidays are known of .*; mend the calendar"):
        holiday_on(calendar, "", EPIPHANY)


def test_nobody_waits_for_the_package_who_needs_no_holidays() -> None:
    script = """
import sys
from datetime import date
import campaigns.timetable
from campaigns.rules.calendars import holiday_on
from campaigns.rules.model import Calendar
assert holiday_on(Calendar(), "DE-BY", date(2026, 1, 6)) is None
assert "holidays" not in sys.modules
assert holiday_on(Calendar(country="NO"), "", date(2026, 5, 17)) == "Constitution Day"
assert "holidays" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
