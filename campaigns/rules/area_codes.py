"""The states and provinces that the area codes of North America serve; pure."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from campaigns.rules.model import Place
from leads.model import NumberId
from leads.phone import AREA_CODE_DIGITS, NORTH_AMERICA


def places_of_number(number: NumberId, region: str | None) -> tuple[Place, ...]:
    """Return the places that a number suggests: subdivisions, or else its country.

    Args:
        number: with its country code.
        region: ISO 3166 country of the number; None where it is of none.
    """
    if region is None:
        return ()
    digits = str(number)
    served: tuple[str, ...] = ()
    if digits.startswith(str(NORTH_AMERICA)):
        served = area_codes().get(digits[1 : 1 + AREA_CODE_DIGITS], ())
    places = tuple(Place(region, code) for code in served if code.startswith(f"{region}-"))
    return places or (Place(region),)


@cache
def area_codes() -> Mapping[str, tuple[str, ...]]:
    """Return the subdivisions that each area code of North America serves."""
    text = resources.files(__package__).joinpath("area_codes.toml").read_text(encoding="utf-8")
    return {code: tuple(served) for code, served in tomllib.loads(text)["area_codes"].items()}
