"""Where somebody may be: every zone and every jurisdiction that the facts leave open.

What the person said on the telephone replaces every guess. Otherwise the address counts, and
beside it whatever the number suggests: numbers travel, and so do people with old addresses.

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
    """Return every zone in which the person may be, sorted.

    `address_only`: the zone of the address, where there is one, counts alone.
    """
    if known.told_zone:
        return (known.told_zone,)
    if address_only and known.zone:
        guessed: tuple[str, ...] = (known.zone,)
    else:
        guessed = tuple(sorted({*known.number_zones, *filter(None, [known.zone])}))
    told = told_place(known.told_country, known.told_subdivision)
    return guessed if told is None else _zones_told(told, guessed)


def told_place(country: str | None, subdivision: str | None) -> Place | None:
    """Return the place that a person told, or None; a subdivision names its country itself."""
    of_subdivision = subdivision.partition("-")[0] if subdivision else None
    told = country or of_subdivision
    return _place(told, subdivision) if told else None


def _zones_told(told: Place, guessed: tuple[str, ...]) -> tuple[str, ...]:
    of_country = zones_of_country(told.country)
    if told.subdivision:
        return zones_of_subdivision(told.subdivision) or of_country or guessed
    within = tuple(zone for zone in guessed if zone in of_country)
    return within or of_country or guessed


def _places(known: Whereabouts, book: RuleBook, address_only: bool) -> tuple[Place, ...]:
    told = told_place(known.told_country, known.told_subdivision)
    if told is not None and told.subdivision:
        return (told,)
    guessed = _guessed(known, book, address_only)
    if told is None:
        return guessed
    return tuple(place for place in guessed if place.country == told.country) or (told,)


def _guessed(known: Whereabouts, book: RuleBook, address_only: bool) -> tuple[Place, ...]:
    address = _place(known.country, known.subdivision) if known.country else None
    if known.country is None and known.subdivision and known.region:
        # A state without a country is one of the number's own country.
        address = _place(known.region, known.subdivision)
        if not address.subdivision:
            address = None
    if address is not None and address_only:
        return (address,)
    found = set() if address is None else {address}
    settled = address is not None and address.subdivision != ""
    for place in _of_number(known):
        same_country = address is not None and address.country == place.country
        if not (same_country and settled) or book.presumes(place.subdivision):
            found.add(place)
    if len(found) > 1 and address is not None and not settled:
        # The subdivisions that the number suggests say more than the bare country.
        narrower = {place for place in found if place.subdivision}
        if any(place.country == address.country for place in narrower):
            found.discard(address)
    return tuple(sorted(found))


def _place(country: str, subdivision: str | None) -> Place:
    code = subdivision_code(country, subdivision) if subdivision else ""
    return Place(country, code)


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
