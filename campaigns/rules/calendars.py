"""Which days are public holidays where a person is; pure.

The package `holidays` knows the days of a country and of its parts, what it observes on
another day included. It is slow to import, so nobody waits for it who needs no holidays.
"""

from calendar import isleap
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from campaigns.rules.model import Calendar
from leads.errors import UsageError

if TYPE_CHECKING:
    from holidays.holiday_base import HolidayBase

_LANGUAGE = "en_US"
"""Named always: without one `holidays` speaks the language of the environment."""


def holiday_on(calendar: Calendar, subdivision: str, day: date) -> str | None:
    """Return the name of the holiday that a day is, or None where it is none.

    A day that is several holidays has all their names, with "; " between them.

    Args:
        calendar: the holidays of a jurisdiction.
        subdivision: where the person is, ISO 3166-2 such as "DE-BY"; empty when not known.
        day: a day on the calendar of the person.

    Raises:
        UsageError: no holidays are known of the country, or of the subdivision that the
            calendar names: see `known`.
    """
    return _year(calendar, _place(calendar, subdivision), day.year).get(day)


@cache
def known(country: str, subdivision: str = "") -> bool:
    """Tell whether holidays are known of a country, or of a subdivision of it.

    Args:
        country: ISO 3166, two letters.
        subdivision: its code there, without the country; empty: of the country itself.
    """
    try:
        _days(country, subdivision)
    except UsageError:
        return False
    return True


def _days(country: str, subdivision: str, **how: Any) -> "HolidayBase":
    """Return the holidays of a country or of a subdivision of it.

    Raises:
        UsageError: none are known of it.
    """
    from holidays import country_holidays

    try:
        return country_holidays(country, subdiv=subdivision or None, **how)
    except NotImplementedError as error:  # so the package says that it has none
        where = f"{country}-{subdivision}" if subdivision else country
        raise UsageError(
            f"no holidays are known of {where}; mend the calendar of its rule file"
        ) from error


def _place(calendar: Calendar, subdivision: str) -> str:
    """Return the code, without the country, of the subdivision whose holidays count."""
    country, _, code = subdivision.partition("-")
    if calendar.from_address and country == calendar.country and code and known(country, code):
        return code
    return calendar.subdivision


@cache
def _year(calendar: Calendar, place: str, year: int) -> Mapping[date, str]:
    names: dict[date, dict[str, None]] = {}
    for day, name in _civil(calendar, place, year):
        if name not in calendar.drop:
            names.setdefault(day, {})[name] = None
    for when, name in calendar.add:
        added = _added(when, year)
        if added is not None:
            names.setdefault(added, {})[name] = None
    return {day: "; ".join(several) for day, several in names.items()}


def _civil(calendar: Calendar, place: str, year: int) -> Iterator[tuple[date, str]]:
    if not calendar.country:
        return
    parts = [place]
    if calendar.union and not place:
        parts += _days(calendar.country, "").subdivisions
    for part in parts:
        days = _days(calendar.country, part, years=year, expand=False, language=_LANGUAGE)
        for day in days:
            for name in days.get_list(day):
                yield day, name


def _added(when: str, year: int) -> date | None:
    """Return the day that "YYYY-MM-DD" means, or "MM-DD" in a year that has it."""
    if len(when) > len("MM-DD"):
        return date.fromisoformat(when)
    if when == "02-29" and not isleap(year):
        return None
    return date.fromisoformat(f"{year:04}-{when}")
