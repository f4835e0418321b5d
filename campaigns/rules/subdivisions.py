"""States, provinces and Länder: the code of ISO 3166-2 for what people write in addresses."""

import unicodedata
from collections.abc import Mapping
from functools import cache


@cache
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


@cache
def _names(country: str) -> Mapping[str, str]:
    # Slow to load, and most commands never meet a subdivision.
    import holidays

    try:
        known = holidays.country_holidays(country)
    except NotImplementedError:
        return {}
    aliases = getattr(type(known), "subdivisions_aliases", {})
    names = {_folded(name): code for name, code in aliases.items()}
    return names | {_folded(code): code for code in type(known).subdivisions}


def _folded(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.strip())
    return "".join(c for c in bare if not unicodedata.combining(c)).casefold()
