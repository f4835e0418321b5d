"""Where somebody may be: every zone and every jurisdiction that the facts leave open.

What the person said on the telephone replaces every guess. Otherwise the address counts, and
beside it whatever the number suggests: numbers travel, and so do people with old addresses. A
place that names no zone may be in any that it has.

What they said reaches as far as it goes and no further. A zone says nothing of the law. A
subdivision brings all of its zones, or, where those are not known, all of its country's. A
country leaves open what the guesses within it leave open: their zones and subdivisions stay,
and without any there all zones of the country count.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from campaigns.rules.book import RuleBook
from campaigns.rules.model import Place, Placing
from campaigns.rules.subdivisions import subdivision_code
from campaigns.rules.zones import zones_of_country, zones_of_subdivision
from leads.model import NumberId
from leads.phone import AREA_CODE_DIGITS, NORTH_AMERICA


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What is known of where a person and their telephone are; None where nothing is.

    Attributes:
        number: to be called.
        region: ISO 3166 country of the number.
        number_zones: IANA names of every zone the number may be in.
        zone: of the address; `country` and `subdivision` (as written) likewise.
        told_zone: what the person said; `told_country` and `told_subdivision` likewise.
    """

    number: NumberId
    region: str | None
    number_zones: tuple[str, ...]
    zone: str | None = None
    country: str | None = None
    subdivision: str | None = None
    told_zone: str | None = None
    told_country: str | None = None
    told_subdivision: str | None = None

    @property
    def place_key(self) -> tuple[object, ...]:
        """What decides about the placing: people with equal ones are in the same place."""
        area = str(self.number)[: 1 + AREA_CODE_DIGITS] if self.region else ""
        told = (self.told_zone, self.told_country, self.told_subdivision)
        address = (self.zone, self.country, self.subdivision)
        return (self.region, area, self.number_zones, address, told)


def placing_of(known: Whereabouts, book: RuleBook) -> Placing:
    """Return every zone and every place in which the person may be."""
    address_only = book.own.zone_policy == "address"
    return Placing(
        zones=possible_zones(known, address_only=address_only),
        places=_places(known, book, address_only),
    )


def possible_zones(known: Whereabouts, *, address_only: bool = False) -> tuple[str, ...]:
    """Return every zone in which the person may be, sorted; none where one cannot be told.

    `address_only`: the zone of the address, where there is one, counts alone.
    """
    if known.told_zone:
        return (known.told_zone,)
    told = _told(known)
    guessed = _guessed_zones(known, address_only)
    return guessed if told is None else _zones_told(told, guessed)


def told_place(country: str | None, subdivision: str | None) -> Place | None:
    """Return the place that a person told, or None; a subdivision may name its country itself."""
    of_subdivision = subdivision.partition("-")[0] if subdivision else None
    told = country or of_subdivision
    return _place(told, subdivision) if told else None


def zones_of_place(place: Place) -> tuple[str, ...]:
    """Return every zone that a place may be in; empty where they are not known."""
    return zones_of_subdivision(place.subdivision) or zones_of_country(place.country)


def _guessed_zones(known: Whereabouts, address_only: bool) -> tuple[str, ...]:
    if address_only and known.zone:
        return (known.zone,)
    zones = {*known.number_zones, *filter(None, [known.zone])}
    address = _address(known)
    if not known.zone and address is not None:
        suggested = zones and any(_agree(place, address) for place in _of_number(known))
        theirs = () if suggested else zones_of_place(address)
        # Another clock than that of the number, and nobody knows which: none is known.
        zones = zones if suggested else zones | {*theirs} if theirs else set()
    return tuple(sorted(zones))


def _zones_told(told: Place, guessed: tuple[str, ...]) -> tuple[str, ...]:
    if told.subdivision:
        return zones_of_place(told) or guessed
    of_country = zones_of_country(told.country)
    within = tuple(zone for zone in guessed if zone in of_country)
    return within or of_country or guessed


def _places(known: Whereabouts, book: RuleBook, address_only: bool) -> tuple[Place, ...]:
    told = _told(known)
    if told is not None and told.subdivision:
        return (told,)
    guessed = _guessed_places(known, book, address_only)
    if told is None:
        return guessed
    return tuple(place for place in guessed if place.country == told.country) or (told,)


def _guessed_places(known: Whereabouts, book: RuleBook, address_only: bool) -> tuple[Place, ...]:
    address = _address(known)
    found = set() if address is None else {address}
    for place in _of_number(known):
        presumed = book.presumes(place.subdivision)
        if address is None or presumed:
            found.add(place)
        elif place.country == address.country:
            if not address.subdivision:
                found.add(place)
        elif not address_only:
            found.add(place)
    if address is not None and any(_narrows(place, address) for place in found):
        # The subdivisions that the number suggests say more, and their rules are more.
        found.discard(address)
    return tuple(sorted(found))


def _told(known: Whereabouts) -> Place | None:
    """Return where the person said to be; a state without a country is of the one they are in."""
    if known.told_country or "-" in (known.told_subdivision or ""):
        return told_place(known.told_country, known.told_subdivision)
    return _subdivision(known.country or known.region, known.told_subdivision)


def _address(known: Whereabouts) -> Place | None:
    """Return the address; a state without a country is one of the number's own country."""
    if known.country:
        return _place(known.country, known.subdivision)
    return _subdivision(known.region, known.subdivision)


def _subdivision(country: str | None, written: str | None) -> Place | None:
    place = _place(country, written) if country else None
    return place if place is not None and place.subdivision else None


def _place(country: str, subdivision: str | None) -> Place:
    code = subdivision_code(country, subdivision) if subdivision else ""
    return Place(country, code)


def _narrows(one: Place, other: Place) -> bool:
    """Tell whether a place is a part of another one."""
    return one.country == other.country and one.subdivision != "" == other.subdivision


def _agree(one: Place, other: Place) -> bool:
    """Tell whether somebody may be in both places."""
    return one.country == other.country and (
        one.subdivision == other.subdivision or "" in (one.subdivision, other.subdivision)
    )


def _of_number(known: Whereabouts) -> tuple[Place, ...]:
    if known.region is None:
        return ()
    digits = str(known.number)
    codes: tuple[str, ...] = ()
    if digits.startswith(str(NORTH_AMERICA)):
        codes = area_codes().get(digits[1 : 1 + AREA_CODE_DIGITS], ())
    ours = tuple(Place(known.region, code) for code in codes if code.startswith(known.region))
    return ours or (Place(known.region),)


@cache
def area_codes() -> Mapping[str, tuple[str, ...]]:
    """Return the subdivisions that each area code of North America serves."""
    text = resources.files(__package__).joinpath("area_codes.toml").read_text(encoding="utf-8")
    return {code: tuple(served) for code, served in tomllib.loads(text)["area_codes"].items()}
