"""The time zones of countries and of their subdivisions; pure.

The one source: the table of the time zone data, and beside it `subdivision_zones.toml`. Both
are read when a place first asks for them, which a number alone does not.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from campaigns.rules.model import Place

_SEASONS = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))


def zones_of_country(country: str) -> tuple[str, ...]:
    """Return the zones of a country, sorted; empty if unknown."""
    return _by_country().get(country, ())


def zones_of_subdivision(code: str) -> tuple[str, ...]:
    """Return the zones of a subdivision such as US-FL, sorted; empty where they are not known.

    A country that has one zone has no other one in any part of it that is not in the table.
    """
    known = _shipped()["zones"].get(code)
    if known is not None:
        return known
    country = zones_of_country(code.partition("-")[0])
    return country if len(country) == 1 else ()


def zones_of_place(place: Place) -> tuple[str, ...]:
    """Return every zone that a place may be in: its subdivision's, else its country's."""
    return zones_of_subdivision(place.subdivision) or zones_of_country(place.country)


def is_zone_of(zone: str, place: Place) -> bool:
    """Tell whether somebody in a place may name this zone for their own.

    Any of its country does that shows the same clock as one of the place. So does a name that
    no country has, such as US/Eastern; one of another country does not.
    """
    theirs = zones_of_place(place)
    if zone in theirs:
        return True
    foreign = zone in all_zones() and zone not in zones_of_country(place.country)
    return not foreign and _clock(zone) in map(_clock, theirs)


@cache
def all_zones() -> frozenset[str]:
    """Return the names of all zones that are of a country."""
    return frozenset(zone for zones in _by_country().values() for zone in zones)


@cache
def country_names() -> Mapping[str, str]:
    """Return the code of each country by its English name, in small letters."""
    return {row[1].casefold(): row[0] for row in _table("iso3166.tab")}


@cache
def _by_country() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for country, _, zone, *_ in _table("zone.tab"):
        found[country].append(zone)
    return _shipped()["countries"] | {
        country: tuple(sorted(zones)) for country, zones in found.items()
    }


def _table(name: str) -> Iterable[list[str]]:
    text = resources.files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _shipped() -> Mapping[str, dict[str, tuple[str, ...]]]:
    file = resources.files(__package__).joinpath("subdivision_zones.toml")
    return {
        section: {code: tuple(zones) for code, zones in entries.items()}
        for section, entries in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }


@cache
def _clock(zone: str) -> tuple[timedelta | None, ...]:
    """Return what the clock of a zone shows against UTC, in winter and in summer."""
    return tuple(moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in _SEASONS)
