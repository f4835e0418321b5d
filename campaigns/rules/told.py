"""What a person says of where they are, read from an agent's words; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from campaigns.rules.model import Place
from campaigns.rules.subdivisions import (
    country_of_code,
    read_place,
    subdivision_code,
    subdivision_codes,
)
from campaigns.rules.zones import all_zones, country_names, is_zone_of
from leads.errors import UsageError
from leads.phone import known_region
from leads.problems import Problem

PLACE_RULE = "write a time zone (Europe/Oslo), a country (NO) or a subdivision (US-FL)"

_COUNTRY = re.compile("[A-Za-z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Where a person said that they are; None of what they did not say.

    Attributes:
        zone: an IANA name.
        country: ISO 3166.
        subdivision: ISO 3166-2, with its country.
    """

    zone: str | None = None
    country: str | None = None
    subdivision: str | None = None


def read_places(words: Iterable[str]) -> Told | tuple[Problem, ...]:
    """Return what some words say of one place, or everything that is wrong with them."""
    told = Told()
    problems: list[Problem] = []
    for word in words:
        read = _read(word.strip())
        if isinstance(read, Problem):
            problems.append(read)
            continue
        both = _together(told, read)
        if isinstance(both, Told):
            told = both
        else:
            problems.append(Problem(where=word, why=both))
    return tuple(problems) or told


def told_since(before: Told, now: Told) -> Told:
    """Return what is known when a person says something more, or something else.

    What they said before stays where the new words leave it possible.
    """
    place = read_place(now.country, now.subdivision)
    earlier = read_place(before.country, before.subdivision)
    if now.zone is None:
        stays = before.zone and place and is_zone_of(before.zone, place)
        return replace(now, zone=before.zone if stays else None)
    if place is not None or earlier is None:
        return now
    if is_zone_of(now.zone, earlier):
        return replace(now, country=earlier.country, subdivision=before.subdivision)
    stays = is_zone_of(now.zone, Place(earlier.country))
    return replace(now, country=earlier.country if stays else None)


def unknown_subdivision(word: str) -> str | None:
    """Return why a word is no subdivision's code with its country, or None where it is one."""
    country = word.partition("-")[0].upper()
    codes = subdivision_codes(country)
    if not codes:
        return f"no subdivisions of {country} are known here; give the country alone"
    if subdivision_code(country, word) == word:
        return None
    near = get_close_matches(word.upper(), codes, n=1, cutoff=0)
    return f"{country} has no such subdivision; did you mean {near[0]!r}?"


def _read(word: str) -> Told | Problem:
    if _COUNTRY.fullmatch(word):
        try:
            return Told(country=known_region(word))
        except UsageError as error:
            return Problem(where=word, why=str(error))
    if country := country_of_code(word):
        why = unknown_subdivision(word.upper())
        if why is not None:
            return Problem(where=word, why=why)
        return Told(country=country, subdivision=word.upper())
    zones = all_zones()
    if word in zones:
        return Told(zone=word)
    known = {zone.rpartition("/")[2].replace("_", " ").casefold(): zone for zone in zones}
    known |= {zone.replace("_", " ").casefold(): zone for zone in zones}
    known |= country_names()
    near = get_close_matches(word.replace("_", " ").casefold(), sorted(known), n=1)
    hint = f"did you mean {known[near[0]]!r}?" if near else PLACE_RULE
    return Problem(where=word, why=f"no place that is known here is written so; {hint}")


def _together(told: Told, more: Told) -> Told | str:
    """Return both, or why they cannot both be true."""
    for name in ("zone", "country", "subdivision"):
        one, other = getattr(told, name), getattr(more, name)
        if one and other and one != other:
            return f"a person is in one place, and {one} was given already; keep one of them"
    return Told(
        zone=told.zone or more.zone,
        country=told.country or more.country,
        subdivision=told.subdivision or more.subdivision,
    )
