"""The table of area codes knows every code that `phonenumbers` knows, and the same places."""

import re
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType
from phonenumbers.geodata import GEOCODE_DATA

import campaigns.rules

FILE = Path(campaigns.rules.__file__).parent / "area_codes.toml"
TABLE: dict[str, list[str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["area_codes"]

PLACELESS = {
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.VOIP,
}
NOT_YET_KNOWN = {
    "357",
    "436",
    "457",
    "465",
    "471",
    "483",
    "621",
    "624",
    "679",
    "729",
    "837",
    "861",
    "924",
}


def country(code: str) -> str | None:
    """The country of a code that says where its numbers are."""
    number = phonenumbers.parse(f"+1{code}2345678")
    if phonenumbers.number_type(number) in PLACELESS:
        return None
    return phonenumbers.region_code_for_number(number)


COUNTRIES = {str(code): country(str(code)) for code in range(200, 1000)}


def test_every_code_of_the_us_and_canada_is_in_the_table_and_no_other() -> None:
    known = {code for code, where in COUNTRIES.items() if where in {"US", "CA"}}
    assert len(known) > 400
    assert known - set(TABLE) == set()
    assert set(TABLE) - known == NOT_YET_KNOWN


def test_a_code_that_has_become_known_is_no_longer_an_exception() -> None:
    assert {code for code in NOT_YET_KNOWN if COUNTRIES[code]} == set()


def test_a_code_names_subdivisions_of_its_country() -> None:
    for code, places in TABLE.items():
        assert places == sorted(set(places)), code
        for place in places:
            assert re.fullmatch("(US|CA)-[A-Z]{2}", place), code
            assert COUNTRIES[code] in {place[:2], None}, code


def test_the_places_are_those_that_the_exchanges_of_a_code_name() -> None:
    """The table was made of the codes' own places: those of the exchanges check it."""
    named: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for prefix, texts in GEOCODE_DATA.items():
        town = re.search(r", ([A-Z]{2})$", texts.get("en", ""))
        code = prefix[1:4] if prefix.startswith("1") and len(prefix) > len("1850") else ""
        if town and COUNTRIES.get(code) in {"US", "CA"}:
            named[code][town[1]] += 1
    assert len(named) > 250
    for code, states in named.items():
        # an exchange on a border is no reason to count a state: below one in twenty
        often = {state for state, times in states.items() if times * 20 > states.total()}
        assert {place[3:] for place in TABLE[code]} == often, code


def test_every_state_and_province_has_a_code() -> None:
    states = {place for places in TABLE.values() for place in places}
    assert len({place for place in states if place.startswith("US-")}) == 51
    assert len({place for place in states if place.startswith("CA-")}) == 13


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ("850", ["US-FL"]),
        ("448", ["US-FL"]),
        ("364", ["US-KY"]),
        ("930", ["US-IN"]),
        ("326", ["US-OH"]),
        ("686", ["US-VA"]),
        ("983", ["US-CO"]),
        ("202", ["US-DC"]),
        ("203", ["US-CT"]),
        ("959", ["US-CT"]),
        ("572", ["US-OK"]),
        ("905", ["CA-ON"]),
        ("902", ["CA-NS", "CA-PE"]),
        ("867", ["CA-NT", "CA-NU", "CA-YT"]),
    ],
)
def test_codes_and_overlays(code: str, places: list[str]) -> None:
    assert TABLE[code] == places


@pytest.mark.parametrize("code", ["787", "939", "340", "671", "684", "670", "441", "876"])
def test_a_code_of_another_country_is_not_in_the_table(code: str) -> None:
    assert code not in TABLE


@pytest.mark.parametrize("code", ["800", "888", "900", "500", "600", "622"])
def test_a_code_without_a_place_is_not_in_the_table(code: str) -> None:
    assert code not in TABLE
