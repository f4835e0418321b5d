"""Whether a text is a telephone number, and what is known of a number that is.

`phonenumbers` is the only authority: a number is valid when `is_valid_number` says so,
and its kind, country and zones are that library's answers. Nothing here raises for any
text; what is no number is answered with the reason.
"""

from collections.abc import Collection, Mapping
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import (
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    country_code_for_region,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    number_type,
    parse,
    region_code_for_country_code,
    region_code_for_number,
)
from phonenumbers.timezone import time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

from leads.errors import UsageError
from leads.model import E164, Phone

MOST_ZONES = 10
"""A number that may be in more zones than this is in no known zone.

The widest answers that still come from where a number is (Australian mobiles: 8) stay
below; toll-free and personal numbers of North America (42) and Russian mobiles (16)
are answered with every zone of the country and lie above.
"""

_KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.VOICEMAIL: "voicemail",
}

ZONE_PREFIXES: Mapping[str, tuple[str, ...]] = TIMEZONE_DATA
"""The first digits of numbers, without the plus, and the zones of whoever has one."""

NORTH_AMERICA = 1
AREA_CODE_DIGITS = 3
"""Numbers there are kept when people move within their area code, so that the digits that
follow it tell where a line once was; every zone of the area code is possible."""

OVERLAYS = {
    "236": "250",
    "364": "270",
    "367": "418",
    "448": "850",
    "458": "541",
    "474": "306",
    "531": "402",
    "581": "418",
    "639": "306",
    "672": "250",
    "778": "250",
    "879": "709",
    "930": "812",
    "986": "208",
}
"""Newer area codes of land that another one has already, where that lies in several zones
(North American Numbering Plan Administrator, area code maps); the table of time zones
names one zone only for most of them."""

_NO_COUNTRY = "001"
"""What `phonenumbers` calls the country of numbers that belong to none."""


def parse_phone(text: str, *, region: str | None) -> Phone | str:
    """Return the number that a text holds, or the reason why it holds none.

    Args:
        text: anything at all, in any script.
        region: ISO 3166 country of numbers written without one, in capitals, or None.
    """
    text = text.strip()
    if not text:
        return "empty"
    try:
        number = parse(text, region)
    except NumberParseException as error:
        return _why_unreadable(error.error_type, text, region)
    if not is_valid_number(number):
        return _why_invalid(number, region)
    country = region_code_for_number(number)
    return Phone(
        e164=E164(format_number(number, PhoneNumberFormat.E164)),
        kind=_KINDS.get(number_type(number), "unknown"),
        region=None if country == _NO_COUNTRY else country,
        zones=_zones(number),
    )


def known_region(text: str) -> str:
    """Return an ISO 3166 country in capitals.

    Raises:
        UsageError: no country has this code, or none of its numbers are known.
    """
    region = text.strip().upper()
    if region not in SUPPORTED_REGIONS:
        raise UsageError(
            f"{text!r} is not a country code that numbers are known for; "
            "write two letters, for example NO"
        )
    return region


def _why_unreadable(kind: int, text: str, region: str | None) -> str:
    match kind:
        case NumberParseException.INVALID_COUNTRY_CODE:
            if region is None and not text.startswith("+"):
                return "written without a country code, and no region is given"
            return "no country has this code"
        case NumberParseException.TOO_LONG:
            return "too long"
        case NumberParseException.TOO_SHORT_AFTER_IDD | NumberParseException.TOO_SHORT_NSN:
            return "too short"
        case _:
            return "not a number"


def _why_invalid(number: PhoneNumber, region: str | None) -> str:
    country = _country(number, region)
    match is_possible_number_with_reason(number):
        case ValidationResult.TOO_SHORT:
            return f"too short for {country}"
        case ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return f"too short for {country}, the area code is missing"
        case ValidationResult.TOO_LONG:
            return f"too long for {country}"
        case ValidationResult.INVALID_LENGTH:
            return f"no number in {country} has this length"
        case _:
            return f"no such number in {country} (valid ones look different)"


def _country(number: PhoneNumber, region: str | None) -> str:
    """Name the country a number claims; several share one code (+1), so ask the region."""
    shared = region_code_for_country_code(number.country_code or 0)
    if region is not None and country_code_for_region(region) == number.country_code:
        return region
    return f"+{number.country_code}" if shared == _NO_COUNTRY else shared


def _zones(number: PhoneNumber) -> tuple[str, ...]:
    zones = {*time_zones_for_number(number)}
    if number.country_code == NORTH_AMERICA:
        zones |= _zones_of_area(str(number.national_number)[:AREA_CODE_DIGITS])
    return _usable(zones)


def _usable(zones: Collection[str]) -> tuple[str, ...]:
    if len(zones) > MOST_ZONES or not all(map(_is_zone, zones)):
        return ()
    return tuple(sorted(zones))


@cache
def _zones_of_area(area: str) -> frozenset[str]:
    """Return every zone that numbers of a North American area code may be in."""
    areas = (f"{NORTH_AMERICA}{area}", f"{NORTH_AMERICA}{OVERLAYS.get(area, area)}")
    return frozenset(
        zone
        for prefix, zones in ZONE_PREFIXES.items()
        if prefix.startswith(areas)
        for zone in zones
    )


@cache
def _is_zone(name: str) -> bool:
    """Tell whether this machine knows the zone; a clock that cannot be read is no clock."""
    if name == "Etc/Unknown":
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
