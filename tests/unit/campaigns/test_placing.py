"""Where somebody may be, by the number, the address and their own words."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.book import RuleBook
from campaigns.rules.model import Place, Placing
from campaigns.rules.placing import Whereabouts, area_codes, placing_of, possible_zones
from campaigns.rules.placing import zones_of_place as zones_of
from campaigns.rules.subdivisions import subdivision_code
from campaigns.rules.zones import zones_of_country
from leads.phone import zones_of_area
from tests.unit.campaigns.judging import LAWS, known_of, laws

BOOK = LAWS.book
ADDRESS_COUNTS = laws(zone_policy="address").book

FLORIDA, GEORGIA, NEW_YORKER, TEXAN = "+18505551234", "+17062345678", "+12125551234", "+12145551234"
MIAMI, TOLL_FREE, CANADIAN, PUERTO_RICAN = (
    "+13055551234",
    "+18005551234",
    "+14165551234",
    "+17875551234",
)
NORWEGIAN, GERMAN, BRITON, AUSTRALIAN = "+4721000099", "+4915112345678", "+442079460000", "+61412345678"  # fmt: skip
NUMBERS = (
    FLORIDA, GEORGIA, NEW_YORKER, TEXAN, MIAMI, TOLL_FREE, CANADIAN, PUERTO_RICAN, NORWEGIAN,
    GERMAN, BRITON, AUSTRALIAN, "+16025551234", "+19285551234", "+19025551234",
)  # fmt: skip

NEW_YORK, CHICAGO, DENVER = "America/New_York", "America/Chicago", "America/Denver"
EAST_AND_CENTRAL = [CHICAGO, NEW_YORK]
OSLO, BERLIN = "Europe/Oslo", "Europe/Berlin"


def placing(number: str, *, book: RuleBook = BOOK, **known: Any) -> Placing:
    return placing_of(known_of(number, **known), book)


def where(found: Placing) -> tuple[list[str], list[str]]:
    return list(found.zones), [str(place) for place in found.places]


# The number alone


@pytest.mark.parametrize(
    ("number", "zones", "places"),
    [
        (FLORIDA, EAST_AND_CENTRAL, ["US-FL"]),  # the panhandle has the clock of Chicago
        ("+14485551234", EAST_AND_CENTRAL, ["US-FL"]),  # 448 is 850
        ("+13645551234", EAST_AND_CENTRAL, ["US-KY"]),  # 364 is 270
        ("+19305551234", EAST_AND_CENTRAL, ["US-IN"]),  # 930 is 812
        ("+18125551234", EAST_AND_CENTRAL, ["US-IN"]),
        ("+12195551234", EAST_AND_CENTRAL, ["US-IN"]),  # Gary has Chicago's clock
        ("+13175551234", [NEW_YORK], ["US-IN"]),  # Indianapolis
        ("+16025551234", ["America/Phoenix"], ["US-AZ"]),
        # the Navajo Nation turns its clocks, the rest of Arizona does not
        ("+19285551234", [DENVER, "America/Phoenix"], ["US-AZ"]),
        (MIAMI, [NEW_YORK], ["US-FL"]),
        (TOLL_FREE, [], ["US"]),
        (PUERTO_RICAN, ["America/Puerto_Rico"], ["PR"]),
        (CANADIAN, ["America/Toronto"], ["CA-ON"]),
        ("+19025551234", ["America/Halifax"], ["CA-NS", "CA-PE"]),
        (GERMAN, [BERLIN], ["DE"]),
        (BRITON, ["Europe/London"], ["GB"]),
        (
            "+447400123456",
            ["Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey", "Europe/London"],
            ["GB"],
        ),
        (
            AUSTRALIAN,
            [
                "Australia/Adelaide",
                "Australia/Brisbane",
                "Australia/Eucla",
                "Australia/Lord_Howe",
                "Australia/Perth",
                "Australia/Sydney",
                "Indian/Christmas",
                "Indian/Cocos",
            ],
            ["AU"],
        ),
        ("+80012345678", [], []),  # of no country at all
    ],
)
def test_a_number_without_an_address(number: str, zones: list[str], places: list[str]) -> None:
    assert where(placing(number)) == (zones, places)


# The address, and the number beside it


@pytest.mark.parametrize(
    ("number", "address", "zones", "places"),
    [
        # one that says it all
        (
            NEW_YORKER,
            {"country": "US", "subdivision": "NY", "zone": NEW_YORK},
            [NEW_YORK],
            ["US-NY"],
        ),
        # the number's state does not count where the address names one, but its clock does
        (
            GEORGIA,
            {"country": "US", "subdivision": "TX", "zone": CHICAGO},
            EAST_AND_CENTRAL,
            ["US-TX"],
        ),
        # but where the law presumes by the area code the number's does too
        (
            FLORIDA,
            {"country": "US", "subdivision": "TX", "zone": CHICAGO},
            EAST_AND_CENTRAL,
            ["US-FL", "US-TX"],
        ),
        ("+14055551234", {"country": "US", "subdivision": "TX"}, [CHICAGO, DENVER], ["US-OK", "US-TX"]),
        ("+12035551234", {"country": "US", "subdivision": "TX"}, [CHICAGO, DENVER, NEW_YORK], ["US-CT", "US-TX"]),
        # and the other way round nothing is presumed
        (TEXAN, {"country": "US", "subdivision": "FL"}, EAST_AND_CENTRAL, ["US-FL"]),
        # a state without a country is of the number's, one that is not there is none
        (GEORGIA, {"subdivision": "TX"}, [CHICAGO, DENVER, NEW_YORK], ["US-TX"]),
        (GERMAN, {"subdivision": "Bayern"}, [BERLIN], ["DE-BY"]),
        (GERMAN, {"subdivision": "Florida"}, [BERLIN], ["DE"]),
        # a country alone leaves its part to the number
        (FLORIDA, {"country": "US"}, EAST_AND_CENTRAL, ["US-FL"]),
        (FLORIDA, {"country": "US", "subdivision": "nonsense"}, EAST_AND_CENTRAL, ["US-FL"]),
        ("+19025551234", {"country": "CA"}, ["America/Halifax"], ["CA-NS", "CA-PE"]),
        (TOLL_FREE, {"country": "US", "zone": DENVER}, [DENVER], ["US"]),
        # another country than the number's: both
        (NORWEGIAN, {"country": "DE", "subdivision": "BY"}, [BERLIN, OSLO], ["DE-BY", "NO"]),
        (
            FLORIDA,
            {"country": "NO", "zone": OSLO},
            [CHICAGO, NEW_YORK, OSLO],
            ["NO", "US-FL"],
        ),
        (PUERTO_RICAN, {"country": "US", "subdivision": "FL"}, [CHICAGO, NEW_YORK, "America/Puerto_Rico"], ["PR", "US-FL"]),
        (FLORIDA, {"country": "PR"}, [CHICAGO, NEW_YORK, "America/Puerto_Rico"], ["PR", "US-FL"]),
        # no region at all: the address is all there is
        ("+80012345678", {"country": "NO"}, ["Arctic/Longyearbyen", OSLO], ["NO"]),
        ("+80012345678", {"subdivision": "TX"}, [], []),
        ("+80012345678", {"zone": OSLO}, [OSLO], []),
    ],
)  # fmt: skip
def test_an_address_and_a_number(
    number: str, address: dict[str, str], zones: list[str], places: list[str]
) -> None:
    assert where(placing(number, **address)) == (zones, places)


@pytest.mark.parametrize(
    ("number", "address", "zones"),
    [
        # eight in the morning in New York is seven in Texas
        (NEW_YORKER, {"country": "US", "subdivision": "Texas"}, [CHICAGO, DENVER, NEW_YORK]),
        (NORWEGIAN, {"country": "AU"}, None),
        (TOLL_FREE, {"country": "US", "subdivision": "TX"}, [CHICAGO, DENVER]),
        # a number of the same state tells where in it
        (MIAMI, {"country": "US", "subdivision": "FL"}, [NEW_YORK]),
        # nobody knows where in the United States that is, so nobody knows what time it is
        (NORWEGIAN, {"country": "US"}, []),
        (CANADIAN, {"country": "US"}, []),
        (NORWEGIAN, {"country": "RU"}, []),
        (TOLL_FREE, {"country": "US"}, []),
        (NORWEGIAN, {"country": "ZZ"}, []),
    ],
)
def test_an_address_without_a_zone_is_in_every_zone_of_its_place(
    number: str, address: dict[str, str], zones: list[str] | None
) -> None:
    expected = [*placing(AUSTRALIAN).zones, OSLO] if zones is None else zones
    assert placing(number, **address).zones == tuple(sorted(expected))


@pytest.mark.parametrize(
    ("place", "zones"),
    [
        (Place("US", "US-FL"), EAST_AND_CENTRAL),
        (Place("US", "US-AZ"), [DENVER, "America/Phoenix"]),
        (Place("US", "US-TX"), [CHICAGO, DENVER]),
        (Place("US", "US-ID"), ["America/Boise", DENVER, "America/Los_Angeles"]),
        (Place("US"), []),
        (Place("US", "US-PR"), []),
        (Place("PR"), ["America/Puerto_Rico"]),
        (Place("DO"), []),
        (Place("NO"), ["Arctic/Longyearbyen", OSLO]),
        (Place("DE", "DE-BY"), [BERLIN]),
        (Place("RU"), []),
        (Place("ZZ"), []),
    ],
)
def test_the_zones_of_a_place(place: Place, zones: list[str]) -> None:
    assert list(zones_of(place)) == zones


# What counts where an operator asks for the address alone


@pytest.mark.parametrize(
    ("number", "address", "zones", "places"),
    [
        (AUSTRALIAN, {"country": "AU", "zone": "Australia/Perth"}, ["Australia/Perth"], ["AU"]),
        (GEORGIA, {"country": "US", "subdivision": "TX", "zone": CHICAGO}, [CHICAGO], ["US-TX"]),
        (NORWEGIAN, {"country": "DE", "zone": BERLIN}, [BERLIN], ["DE"]),
        # what the law presumes an operator cannot choose
        (
            FLORIDA,
            {"country": "US", "subdivision": "TX", "zone": CHICAGO},
            [CHICAGO],
            ["US-FL", "US-TX"],
        ),
        (FLORIDA, {"country": "NO", "zone": OSLO}, [OSLO], ["NO", "US-FL"]),
        # and a country alone says nothing of the state
        (GEORGIA, {"country": "US", "zone": NEW_YORK}, [NEW_YORK], ["US-GA"]),
        # where the address has no clock the number's counts
        (MIAMI, {"country": "US", "subdivision": "FL"}, [NEW_YORK], ["US-FL"]),
        (NEW_YORKER, {"country": "US", "subdivision": "TX"}, [CHICAGO, DENVER, NEW_YORK], ["US-TX"]),
        (AUSTRALIAN, {}, None, ["AU"]),
    ],
)  # fmt: skip
def test_an_operator_may_let_the_clock_of_the_address_count_alone(
    number: str, address: dict[str, str], zones: list[str] | None, places: list[str]
) -> None:
    expected = list(placing(AUSTRALIAN).zones) if zones is None else zones
    assert where(placing(number, book=ADDRESS_COUNTS, **address)) == (expected, places)


# What the person said


TEXAS = {"country": "US", "subdivision": "TX", "zone": CHICAGO}


@pytest.mark.parametrize(
    ("number", "known", "zones", "places"),
    [
        # replaces the number, the address and what the law presumes by the area code
        (
            FLORIDA,
            TEXAS | {"told_country": "NO", "told_zone": OSLO},
            [OSLO],
            ["NO"],
        ),
        (
            FLORIDA,
            TEXAS | {"told_country": "US", "told_subdivision": "Utah", "told_zone": DENVER},
            [DENVER],
            ["US-UT"],
        ),
        # without its clock: that of what agrees, else every one that the place has
        (FLORIDA, TEXAS | {"told_country": "NO"}, ["Arctic/Longyearbyen", OSLO], ["NO"]),
        (FLORIDA, TEXAS | {"told_country": "US", "told_subdivision": "UT"}, [DENVER], ["US-UT"]),
        (FLORIDA, TEXAS | {"told_country": "US", "told_subdivision": "TX"}, [CHICAGO], ["US-TX"]),
        (MIAMI, TEXAS | {"told_country": "US", "told_subdivision": "FL"}, [NEW_YORK], ["US-FL"]),
        (MIAMI, {"zone": CHICAGO, "told_country": "US"}, EAST_AND_CENTRAL, ["US-FL"]),
        # a country does not contradict a state of it: nobody is let off a state's law by it
        (GEORGIA, TEXAS | {"told_country": "US"}, EAST_AND_CENTRAL, ["US-TX"]),
        (FLORIDA, TEXAS | {"told_country": "US"}, EAST_AND_CENTRAL, ["US-FL", "US-TX"]),
        (FLORIDA, {"told_country": "US"}, EAST_AND_CENTRAL, ["US-FL"]),
        (FLORIDA, {"country": "DE", "told_country": "US"}, EAST_AND_CENTRAL, ["US-FL"]),
        (FLORIDA, {"told_country": "US", "told_subdivision": "here"}, EAST_AND_CENTRAL, ["US-FL"]),
        (NORWEGIAN, TEXAS | {"told_country": "US"}, [CHICAGO], ["US-TX"]),
        (TOLL_FREE, {"told_country": "US"}, [], ["US"]),
        # a state without a country is of the address's, else of the number's
        (FLORIDA, {"told_subdivision": "Utah"}, [DENVER], ["US-UT"]),
        (NORWEGIAN, {"country": "DE", "told_subdivision": "BY"}, [BERLIN], ["DE-BY"]),
        (FLORIDA, {"told_subdivision": "nowhere"}, EAST_AND_CENTRAL, ["US-FL"]),
        # the zone of an address that names no country counts where it may be there
        (NORWEGIAN, {"zone": CHICAGO, "told_country": "DE"}, [BERLIN], ["DE"]),
        (NORWEGIAN, {"zone": BERLIN, "told_country": "DE"}, [BERLIN], ["DE"]),
        # a clock alone
        (FLORIDA, {"told_zone": DENVER}, [DENVER], ["US-FL"]),
    ],
)
def test_what_the_person_said_replaces_the_guess(
    number: str, known: dict[str, str], zones: list[str], places: list[str]
) -> None:
    assert where(placing(number, **known)) == (zones, places)


# How people write where they live


@pytest.mark.parametrize(
    ("country", "written", "code"),
    [
        *(("US", text, "US-FL") for text in ("Florida", "FLORIDA", "fl", "FL", " us-fl ", "US-FL")),
        ("US", "District of Columbia", "US-DC"),
        ("US", "Fla.", ""),
        ("US", "nonsense", ""),
        ("US", "", ""),
        ("US", "DE-BY", ""),
        *(("DE", text, "DE-BY") for text in ("Bayern", "bayern", "BY", "de-by")),
        *(("DE", text, "DE-BW") for text in ("Baden-Württemberg", "baden-wurttemberg")),
        ("DE", "Baden-Wu\u0308rttemberg", "DE-BW"),
        ("DE", "Florida", ""),
        ("CA", "Québec", "CA-QC"),
        ("CA", "Quebec", "CA-QC"),
        ("ZZ", "Florida", ""),
    ],
)
def test_a_state_as_people_write_it(country: str, written: str, code: str) -> None:
    assert subdivision_code(country, written) == code


# Whatever is known


def rules_of(book: RuleBook, *places: Place) -> set[str]:
    return {rule.id for place in places for one in book.of_place(place) for rule in one.rules}


@pytest.mark.parametrize(
    "code", sorted({place for all_ in area_codes().values() for place in all_})
)
def test_a_part_of_a_country_has_every_rule_of_the_country(code: str) -> None:
    """Why a bare country may be left out beside a part of it: no rule goes with it."""
    country = Place(code[:2])
    assert rules_of(BOOK, country) <= rules_of(BOOK, Place(code[:2], code))
    assert zones_of(Place(code[:2], code)), "each has a clock of its own"


COUNTRIES = ["US", "CA", "PR", "NO", "DE", "AU", "RU"]
WORDS = ["Florida", "TX", "US-CT", "Bayern", "ON", "nonsense"]
SOME_ZONES = [OSLO, CHICAGO, "Australia/Perth"]


def maybe(values: list[str]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


anybody = st.builds(
    known_of,
    st.sampled_from([*NUMBERS, "+80012345678"]),
    zone=maybe(SOME_ZONES),
    country=maybe(COUNTRIES),
    subdivision=maybe(WORDS),
    told_zone=maybe(SOME_ZONES),
    told_country=maybe(COUNTRIES),
    told_subdivision=maybe(WORDS),
)
untold = anybody.map(
    lambda known: replace(known, told_zone=None, told_country=None, told_subdivision=None)
)
books = st.sampled_from([BOOK, ADDRESS_COUNTS])


@given(known=anybody, book=books)
@settings(max_examples=300)
def test_the_place_that_was_told_wins(known: Whereabouts, book: RuleBook) -> None:
    found = placing_of(known, book)
    if known.told_zone:
        assert found.zones == (known.told_zone,)
    if known.told_country:
        assert {place.country for place in found.places} == {known.told_country}
        code = subdivision_code(known.told_country, known.told_subdivision or "")
        if code:
            assert found.places == (Place(known.told_country, code),)


@given(known=untold)
@settings(max_examples=300)
def test_every_zone_of_number_and_address_is_in_the_answer(known: Whereabouts) -> None:
    """Or none is: where one is missing and nobody knows which, the time there is not known."""
    found = placing_of(known, BOOK)
    zones = {*known.number_zones, *filter(None, [known.zone])}
    assert not found.zones or set(found.zones) >= zones
    if known.zone:
        assert known.zone in found.zones
    assert found.zones == possible_zones(known)


@given(known=untold)
@settings(max_examples=300)
def test_every_place_has_a_clock_in_the_answer(known: Whereabouts) -> None:
    """No law is measured by the clock of another country alone, and no state's by another's."""
    found = placing_of(known, BOOK)
    clocks = {place: zones_of(place) for place in found.places}
    if not known.zone and found.zones:
        for place, zones in clocks.items():
            assert not zones or set(zones) & set(found.zones), place


@given(known=anybody, book=books)
@settings(max_examples=300)
def test_no_bare_country_stands_beside_a_part_of_it(known: Whereabouts, book: RuleBook) -> None:
    places = placing_of(known, book).places
    assert list(places) == sorted(set(places))
    parts = {place.country for place in places if place.subdivision}
    assert not any(place.country in parts for place in places if not place.subdivision)


@given(known=untold, book=books)
@settings(max_examples=300)
def test_no_rule_of_the_address_is_lost_beside_a_number(known: Whereabouts, book: RuleBook) -> None:
    """What holds by the address holds whatever the number says; so does what is presumed."""
    held = rules_of(book, *placing_of(known, book).places)
    alone = replace(known, number=1_800_555_1234, number_zones=())  # toll-free: says no state
    if known.country:
        assert held >= rules_of(book, *placing_of(alone, book).places)
    by_number = replace(known, zone=None, country=None, subdivision=None)
    for place in placing_of(by_number, book).places:
        if book.presumes(place.subdivision):
            assert held >= rules_of(book, place)


@given(known=untold, country=st.sampled_from(COUNTRIES), book=books)
@settings(max_examples=300)
def test_saying_a_country_lets_nobody_off_the_law_of_a_state_in_it(
    known: Whereabouts, country: str, book: RuleBook
) -> None:
    before = [place for place in placing_of(known, BOOK).places if place.country == country]
    told = placing_of(replace(known, told_country=country), book)
    assert rules_of(book, *told.places) >= rules_of(book, *before)


@given(known=anybody, other=anybody, book=books)
@settings(max_examples=300)
def test_people_with_one_key_are_in_one_place(
    known: Whereabouts, other: Whereabouts, book: RuleBook
) -> None:
    twin = replace(known, number=known.number - known.number % 1000 + other.number % 1000)
    assert twin.place_key == known.place_key
    assert placing_of(twin, book) == placing_of(known, book)
    if other.place_key == known.place_key:
        assert placing_of(other, book) == placing_of(known, book)


def test_zones_of_area_codes_and_countries_are_zones_of_numbers() -> None:
    assert zones_of_area("850") == {CHICAGO, NEW_YORK}
    assert zones_of_country("PR") == ("America/Puerto_Rico",)
    assert zones_of_country("US") == ()
