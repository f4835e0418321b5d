"""States, provinces and Länder: the code of ISO 3166-2 for what people write in addresses."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from campaigns.rules.calendars import known
from campaigns.rules.model import Place
from campaigns.rules.zones import zones_of_country

_CODE = re.compile("([A-Za-z]{2})-[A-Za-z0-9]{1,3}")


@lru_cache(maxsize=4096)  # people write what they like
def subdivision_code(country: str, written: str) -> str:
    """Return the code with its country ("US-FL") for a name or code; empty where none is known.

    "Florida", "florida", "FL" and "US-FL" are one. The names are those that the package
    `holidays` knows, in the country's languages.
    """
    word = _folded(written).removeprefix(f"{country.casefold()}-")
    code = _names(country).get(word)
    return f"{country}-{code}" if code else ""


def subdivision_codes(country: str) -> tuple[str, ...]:
    """Return the codes of a country's subdivisions ("US-FL"), sorted; empty if none are known."""
    codes = {code for code in _names(country).values() if code.isalnum()}
    return tuple(sorted(f"{country}-{code}" for code in codes))


def country_of_code(written: str) -> str | None:
    """Return the country of a text such as US-FL, or None where it has no such form."""
    found = _CODE.fullmatch(written.strip())
    return found[1].upper() if found else None


def read_place(country: str | None, subdivision: str | None, *among: str | None) -> Place | None:
    """Return the place that two fields tell, or None where they tell none.

    Args:
        country: ISO 3166, or None where it is not told.
        subdivision: as people write it; one that nobody knows is left out.
        among: where to look for a subdivision without a country that does not name its own.
    """
    if country:
        return Place(country, subdivision_code(country, subdivision) if subdivision else "")
    if not subdivision:
        return None
    named = country_of_code(subdivision)
    codes = (subdivision_code(one, subdivision) for one in (named, *among) if one)
    if code := next(filter(None, codes), ""):
        return Place(code.partition("-")[0], code)
    return Place(named) if named and zones_of_country(named) else None


@cache
def _names(country: str) -> Mapping[str, str]:
    if not known(country):
        return {}
    # Slow to load, and most commands never meet a subdivision.
    from holidays import country_holidays

    calendar = type(country_holidays(country))
    aliases = getattr(calendar, "subdivisions_aliases", {})
    names = {_folded(name): code for name, code in aliases.items()}
    return names | {_folded(code): code for code in calendar.subdivisions}


def _folded(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.strip())
    return "".join(c for c in bare if not unicodedata.combining(c)).casefold()
