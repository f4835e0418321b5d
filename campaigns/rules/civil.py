"""Which countries, subdivisions and public holidays there are; pure.

The packages that know are imported on first use: `holidays` takes hundreds of milliseconds
to import, and a command that reads no calendar must not wait for it.
"""

from functools import cache


def is_country(code: str) -> bool:
    """Tell whether there are telephones or public holidays under an ISO 3166 code."""
    from phonenumbers import SUPPORTED_REGIONS

    return code in SUPPORTED_REGIONS or code in calendar_countries()


@cache
def calendar_countries() -> frozenset[str]:
    """Return the ISO 3166 codes of countries whose public holidays are known."""
    from holidays.registry import COUNTRIES

    return frozenset(codes[1] for codes in COUNTRIES.values())


@cache
def subdivisions(country: str) -> frozenset[str]:
    """Return the codes of a known country's subdivisions, without the country."""
    from holidays import country_holidays

    return frozenset(country_holidays(country).subdivisions)


@cache
def holiday_names(country: str, subdivision: str, years: range) -> frozenset[str]:
    """Return what the public holidays of a country or of one of its subdivisions are called."""
    from holidays import country_holidays

    days = country_holidays(country, subdiv=subdivision or None, years=years)
    return frozenset(name for day in days for name in days.get_list(day))
