"""Where somebody may be: every zone and every place that the facts leave open; pure.

There are three sources. What the person said replaces the guesses that it contradicts. The
address is one guess and the number another: numbers travel, and so do people with old
addresses, so both count.

Zones: the address has its own zone, else every one of its subdivision, else every one of its
country. A zone that its place has not got does not speak for the place: both count. A bare
country says less than a number in it, and leaves its zones to that. A number that says no zone
adds none.

Places: the address, and the number's country where that is another one. Which part of the
country is the number's to say only where the address does not say it, or where a law presumes
that people are where their area code is.
"""

from dataclasses import dataclass, replace

from campaigns.rules.area_codes import places_of_number
from campaigns.rules.book import RuleBook
from campaigns.rules.model import Place, Placing
from campaigns.rules.subdivisions import read_place
from campaigns.rules.zones import is_zone_of, zones_of_place
from leads.model import NumberId
from leads.phone import AREA_CODE_DIGITS


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
    believed = _believed(known)
    suggested = places_of_number(believed.number, believed.region)
    presumed = {one for one in suggested if one.subdivision and book.presumes(one.subdivision)}
    # A law that presumes where people are is kept by the clock there: no choice of an operator's.
    address_only = book.own.zone_policy == "address" and not presumed
    return Placing(
        zones=_zones(believed, address_only),
        places=_places(believed, suggested, presumed, address_only),
    )


def possible_zones(known: Whereabouts, *, address_only: bool = False) -> tuple[str, ...]:
    """Return every zone in which the person may be, sorted; none where one cannot be told.

    Args:
        known: of the person.
        address_only: the number does not count where the address names a zone of its place.
    """
    return _zones(_believed(known), address_only)


def _believed(known: Whereabouts) -> Whereabouts:
    """Return what is known without the guesses that contradict what the person said.

    The place that they told stands where that of the address was.
    """
    address = _address(known)
    country = address.country if address else None
    told = read_place(known.told_country, known.told_subdivision, country, known.region)
    if told is None:
        return known
    if told.subdivision:
        return replace(
            known,
            country=told.country,
            subdivision=told.subdivision,
            zone=None,
            region=None,
            number_zones=(),
        )
    ours = country in (None, told.country)
    number_is = known.region == told.country
    return replace(
        known,
        country=told.country,
        subdivision=known.subdivision if ours else None,
        zone=known.zone if ours and known.zone and is_zone_of(known.zone, told) else None,
        region=known.region if number_is else None,
        number_zones=tuple(
            zone for zone in known.number_zones if number_is and is_zone_of(zone, told)
        ),
    )


def _address(known: Whereabouts) -> Place | None:
    """Return the address; a state without a country is one of the number's own country."""
    return read_place(known.country, known.subdivision, known.region)


def _zones(known: Whereabouts, address_only: bool) -> tuple[str, ...]:
    if known.told_zone:
        return (known.told_zone,)
    says_zone = _says_zone(known)
    of_number = () if address_only and says_zone else known.number_zones
    zones = {*of_number, *filter(None, [known.zone])}
    address = _address(known)
    if address is not None and not says_zone and not _number_says_where_in(address, known):
        theirs = zones_of_place(address)
        # Another clock than that of the number, and nobody knows which: none is known.
        zones = zones.union(theirs) if theirs else set()
    return tuple(sorted(zones))


def _places(
    known: Whereabouts, suggested: tuple[Place, ...], presumed: set[Place], address_only: bool
) -> tuple[Place, ...]:
    address = _address(known)
    if address is None:
        return tuple(sorted(suggested))
    abroad_too = not (address_only and _says_zone(known))
    found = presumed | {
        place
        for place in suggested
        if (not address.subdivision if place.country == address.country else abroad_too)
    }
    if address.subdivision or not any(place.country == address.country for place in found):
        found.add(address)  # else parts of it are there, and have every rule that it has
    return tuple(sorted(found))


def _says_zone(known: Whereabouts) -> bool:
    """Tell whether the address says its zone, and one that may be where the address is."""
    address = _address(known)
    if not known.zone or address is None:
        return bool(known.zone)
    return not zones_of_place(address) or is_zone_of(known.zone, address)


def _number_says_where_in(address: Place, known: Whereabouts) -> bool:
    """Tell whether the address is a bare country, and the number says a zone in it."""
    in_country = bool(known.number_zones) and known.region == address.country
    return in_country and not address.subdivision
