"""The time zones of countries and of their subdivisions; pure."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib import resources


def zones_of_country(country: str) -> tuple[str, ...]:
    """Return the zones of a country, sorted, as the time zone data tells; empty if unknown."""
    return _by_country().get(country, ())


def zones_of_subdivision(code: str) -> tuple[str, ...]:
    """Return the zones of a subdivision such as US-FL, sorted; empty where they are not known.

    A country that has one zone has no other one in any part of it.
    """
    known = _by_subdivision().get(code)
    if known is not None:
        return known
    country = zones_of_country(code.partition("-")[0])
    return country if len(country) == 1 else ()


def all_zones() -> frozenset[str]:
    """Return the names of all zones that are of a country."""
    return frozenset(zone for zones in _by_country().values() for zone in zones)


@cache
def country_names() -> Mapping[str, str]:
    """Return the code of each country by its English name, in small letters."""
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab")
    rows = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
    return {row[1].casefold(): row[0] for row in rows if not row[0].startswith("#")}


@cache
def _by_country() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab")
    for line in table.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country].append(zone)
    return {country: tuple(sorted(zones)) for country, zones in found.items()}


@cache
def _by_subdivision() -> Mapping[str, tuple[str, ...]]:
    text = (
        resources.files(__package__).joinpath("subdivision_zones.toml").read_text(encoding="utf-8")
    )
    return {code: tuple(zones) for code, zones in tomllib.loads(text)["zones"].items()}
