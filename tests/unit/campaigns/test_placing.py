"""Where somebody may be, by the number, the address and their own words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_REGIONS

from campaigns.rules.area_codes import area_codes
from campaigns.rules.book import RuleBook
from campaigns.rules.model import Place, Placing
from campaigns.rules.placing import Whereabouts, placing_of, possible_zones
from campaigns.rules.subdivisions import read_place, subdivision_code, subdivision_codes
from campaigns.rules.zones import is_zone_of, zones_of_country, zones_of_place
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
OF_GERMANY = [BERLIN, "Europe/Busingen"]


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
        (GERMAN, {"subdivision": "Bayern"}, OF_GERMANY, ["DE-BY"]),
        (GERMAN, {"subdivision": "Florida"}, [BERLIN], ["DE"]),
        # a country alone leaves its part to the number
        (FLORIDA, {"country": "US"}, EAST_AND_CENTRAL, ["US-FL"]),
        (FLORIDA, {"country": "US", "subdivision": "nonsense"}, EAST_AND_CENTRAL, ["US-FL"]),
        ("+19025551234", {"country": "CA"}, ["America/Halifax"], ["CA-NS", "CA-PE"]),
        (TOLL_FREE, {"country": "US", "zone": DENVER}, [DENVER], ["US"]),
        # another country than the number's: both
        (NORWEGIAN, {"country": "DE", "subdivision": "BY"}, [*OF_GERMANY, OSLO], ["DE-BY", "NO"]),
        (
            FLORIDA,
            {"country": "NO", "zone": OSLO},
            [CHICAGO, NEW_YORK, OSLO],
            ["NO", "US-FL"],
        ),
        (PUERTO_RICAN, {"country": "US", "subdivision": "FL"}, [CHICAGO, NEW_YORK, "America/Puerto_Rico"], ["PR", "US-FL"]),
        (FLORIDA, {"country": "PR"}, [CHICAGO, NEW_YORK, "America/Puerto_Rico"], ["PR", "US-FL"]),
        # no region at all: the address is all there is
        ("+80012345678", {"country": "NO"}, [OSLO], ["NO"]),
        ("+80012345678", {"country": "US", "subdivision": "TX"}, [CHICAGO, DENVER], ["US-TX"]),
        ("+80012345678", {"subdivision": "TX"}, [], []),
        ("+80012345678", {"zone": OSLO}, [OSLO], []),
        # a code names its country itself, whatever that of the number is
        (NORWEGIAN, {"subdivision": "US-UT"}, [DENVER, OSLO], ["NO", "US-UT"]),
        (NORWEGIAN, {"subdivision": "us-xx", "zone": DENVER}, [DENVER, OSLO], ["NO", "US"]),
        # what lies overseas has another clock than its country
        (MIAMI, {"country": "US", "subdivision": "PR"}, [NEW_YORK, "America/Puerto_Rico"], ["US-FL", "US-PR"]),
        ("+33142345678", {"country": "FR", "subdivision": "974"}, ["Europe/Paris", "Indian/Reunion"], ["FR-974"]),
        # a zone that the place has not got does not speak for it
        (TOLL_FREE, {"country": "US", "subdivision": "TX", "zone": OSLO}, [CHICAGO, DENVER, OSLO], ["US-TX"]),
        (NORWEGIAN, {"country": "CA", "subdivision": "PE", "zone": "America/Toronto"}, ["America/Halifax", "America/Toronto", OSLO], ["CA-PE", "NO"]),
        (MIAMI, {"country": "US", "zone": OSLO}, [NEW_YORK, OSLO], ["US-FL"]),
        # but one that shows the place's clock under another name does
        (TOLL_FREE, {"country": "US", "subdivision": "TX", "zone": "US/Central"}, ["US/Central"], ["US-TX"]),
        (TOLL_FREE, {"country": "US", "subdivision": "KY", "zone": "America/Kentucky/Louisville"}, ["America/Kentucky/Louisville"], ["US-KY"]),
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
        (TOLL_FREE, {"country": "US", "subdivision": "TX"}, [CHICAGO, DENVER]),
        # a number of Miami may have gone to Pensacola, one of Sydney to Perth
        (MIAMI, {"country": "US", "subdivision": "FL"}, EAST_AND_CENTRAL),
        (
            "+61212345678",
            {"country": "AU", "subdivision": "WA"},
            ["Australia/Eucla", "Australia/Perth", "Australia/Sydney"],
        ),
        # nobody knows where in the country that is
        (NORWEGIAN, {"country": "AU"}, [*zones_of_country("AU"), OSLO]),
        (NORWEGIAN, {"country": "US"}, [*zones_of_country("US"), OSLO]),
        (NORWEGIAN, {"country": "RU"}, [*zones_of_country("RU"), OSLO]),
        (CANADIAN, {"country": "US"}, [*zones_of_country("US"), "America/Toronto"]),
        (TOLL_FREE, {"country": "US"}, zones_of_country("US")),
        ("+79161234567", {"country": "RU"}, zones_of_country("RU")),
        # only a number of that country does
        (MIAMI, {"country": "US"}, [NEW_YORK]),
        ("+61212345678", {"country": "AU"}, ["Australia/Sydney"]),
        # a number that says no zone adds none
        (TOLL_FREE, {"country": "NO"}, [OSLO]),
        (TOLL_FREE, {"zone": OSLO}, [OSLO]),
        ("+79161234567", {"country": "NO"}, [OSLO]),
        ("+79161234567", {}, []),
        # a place of which nobody knows the clock
        (NORWEGIAN, {"country": "ZZ"}, []),
        (NORWEGIAN, {"country": "ZZ", "zone": DENVER}, [DENVER, OSLO]),
    ],
)
def test_an_address_without_a_zone_is_in_every_zone_of_its_place(
    number: str, address: dict[str, str], zones: Sequence[str]
) -> None:
    assert placing(number, **address).zones == tuple(sorted(zones))


@pytest.mark.parametrize(
    ("place", "zones"),
    [
        (Place("US", "US-FL"), EAST_AND_CENTRAL),
        (Place("US", "US-AZ"), [DENVER, "America/Phoenix"]),
        (Place("US", "US-TX"), [CHICAGO, DENVER]),
        (Place("US", "US-ID"), ["America/Boise", "America/Los_Angeles"]),
        (Place("US", "US-PR"), ["America/Puerto_Rico"]),
        (Place("PR"), ["America/Puerto_Rico"]),
        (Place("DO"), ["America/Santo_Domingo"]),
        (Place("NO"), [OSLO]),
        (Place("NO", "NO-03"), [OSLO]),
        (Place("FR"), ["Europe/Paris"]),
        (Place("FR", "FR-974"), ["Indian/Reunion"]),
        (Place("DE", "DE-BY"), OF_GERMANY),
        (Place("XK"), ["Europe/Belgrade"]),
        (Place("ZZ"), []),
    ],
)
def test_the_zones_of_a_place(place: Place, zones: list[str]) -> None:
    assert list(zones_of_place(place)) == zones


def test_a_large_country_has_many_zones() -> None:
    assert len(zones_of_place(Place("US"))) == 29
    assert "America/Puerto_Rico" not in zones_of_place(Place("US"))
    assert {"Europe/Kaliningrad", "Asia/Kamchatka"} < {*zones_of_place(Place("RU"))}


@pytest.mark.parametrize(
    ("zone", "place", "may_be"),
    [
        (CHICAGO, Place("US", "US-TX"), True),
        ("America/Menominee", Place("US", "US-TX"), True),  # shows Chicago's clock
        ("US/Central", Place("US", "US-TX"), True),
        (NEW_YORK, Place("US", "US-TX"), False),
        ("US/Eastern", Place("US", "US-TX"), False),
        ("America/Winnipeg", Place("US", "US-TX"), False),  # the same clock, but of Canada
        (BERLIN, Place("NO"), False),
        ("America/Puerto_Rico", Place("US"), False),
        ("America/Puerto_Rico", Place("US", "US-PR"), True),
        (OSLO, Place("ZZ"), False),
    ],
)
def test_a_zone_is_of_a_place_by_name_or_by_its_clock(
    zone: str, place: Place, may_be: bool
) -> None:
    assert is_zone_of(zone, place) is may_be


def test_every_country_that_has_numbers_has_a_zone() -> None:
    assert {code for code in SUPPORTED_REGIONS if not zones_of_country(code)} == set()


def test_a_part_overseas_has_the_zones_of_what_is_a_country_for_the_zone_table() -> None:
    codes = {
        "US": ["AS", "GU", "MP", "PR", "UM", "VI"],
        "FR": ["BL", "MF", "NC", "PF", "PM", "TF", "WF"],
    }
    for country, parts in codes.items():
        for part in parts:
            code = f"{country}-{part}"
            assert code in subdivision_codes(country)
            assert zones_of_place(Place(country, code)) == zones_of_country(part), code
    numbered = {"971": "GP", "972": "MQ", "973": "GF", "974": "RE", "976": "YT"}
    for number, part in numbered.items():
        assert zones_of_place(Place("FR", f"FR-{number}")) == zones_of_country(part)


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
            EAST_AND_CENTRAL,
            ["US-FL", "US-TX"],
        ),
        (MIAMI, {"country": "NO", "zone": OSLO}, [NEW_YORK, OSLO], ["NO", "US-FL"]),
        # and a country alone says nothing of the state
        (GEORGIA, {"country": "US", "zone": NEW_YORK}, [NEW_YORK], ["US-GA"]),
        # where the address has no clock the number's counts
        (MIAMI, {"country": "US", "subdivision": "FL"}, EAST_AND_CENTRAL, ["US-FL"]),
        (NORWEGIAN, {"country": "DE"}, [*OF_GERMANY, OSLO], ["DE", "NO"]),
        # or one that it cannot have
        (NORWEGIAN, {"country": "DE", "zone": CHICAGO}, [CHICAGO, *OF_GERMANY, OSLO], ["DE", "NO"]),
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
        # without its clock: every one that the place has
        (FLORIDA, TEXAS | {"told_country": "NO"}, [OSLO], ["NO"]),
        (FLORIDA, TEXAS | {"told_country": "US", "told_subdivision": "UT"}, [DENVER], ["US-UT"]),
        (FLORIDA, TEXAS | {"told_country": "US", "told_subdivision": "TX"}, [CHICAGO, DENVER], ["US-TX"]),
        (MIAMI, TEXAS | {"told_country": "US", "told_subdivision": "FL"}, EAST_AND_CENTRAL, ["US-FL"]),
        (MIAMI, {"zone": CHICAGO, "told_country": "US"}, EAST_AND_CENTRAL, ["US-FL"]),
        # a country does not contradict a state of it: nobody is let off a state's law by it
        (GEORGIA, TEXAS | {"told_country": "US"}, EAST_AND_CENTRAL, ["US-TX"]),
        (FLORIDA, TEXAS | {"told_country": "US"}, EAST_AND_CENTRAL, ["US-FL", "US-TX"]),
        (FLORIDA, {"told_country": "US"}, EAST_AND_CENTRAL, ["US-FL"]),
        (FLORIDA, {"country": "DE", "told_country": "US"}, EAST_AND_CENTRAL, ["US-FL"]),
        (FLORIDA, {"told_country": "US", "told_subdivision": "here"}, EAST_AND_CENTRAL, ["US-FL"]),
        (NORWEGIAN, TEXAS | {"told_country": "US"}, [CHICAGO], ["US-TX"]),
        (TOLL_FREE, {"told_country": "US"}, list(zones_of_country("US")), ["US"]),
        # a state without a country is of the address's, else of the number's
        (FLORIDA, {"told_subdivision": "Utah"}, [DENVER], ["US-UT"]),
        (NORWEGIAN, {"country": "DE", "told_subdivision": "BY"}, OF_GERMANY, ["DE-BY"]),
        (FLORIDA, {"told_subdivision": "nowhere"}, EAST_AND_CENTRAL, ["US-FL"]),
        (GERMAN, {"told_subdivision": "Baden-Württemberg"}, OF_GERMANY, ["DE-BW"]),
        (FLORIDA, {"country": "DE", "told_subdivision": "Utah"}, [DENVER], ["US-UT"]),
        (NORWEGIAN, {"told_subdivision": "us-ut"}, [DENVER], ["US-UT"]),
        # what is known within the country that they said is not lost
        (NORWEGIAN, {"subdivision": "US-UT", "told_country": "US"}, [DENVER], ["US-UT"]),
        (NORWEGIAN, {"subdivision": "Utah", "told_country": "US"}, [DENVER], ["US-UT"]),
        # a clock that is called otherwise there is one of the country; another country's is not
        ("+6913201234", {"told_country": "FM"}, ["Pacific/Ponape"], ["FM"]),
        (CANADIAN, {"zone": NEW_YORK, "told_country": "CA"}, ["America/Toronto"], ["CA-ON"]),
        # the zone of an address that names no country counts where it may be there
        (NORWEGIAN, {"zone": CHICAGO, "told_country": "DE"}, OF_GERMANY, ["DE"]),
        (NORWEGIAN, {"zone": BERLIN, "told_country": "DE"}, [BERLIN], ["DE"]),
        # a clock alone
        (FLORIDA, {"told_zone": DENVER}, [DENVER], ["US-FL"]),
    ],
)  # fmt: skip
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
    assert zones_of_place(Place(code[:2], code)), "each has a clock of its own"


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
    assert set(found.zones) >= zones
    assert found.zones == possible_zones(known)


@given(known=anybody.map(lambda known: replace(known, told_zone=None)))
@settings(max_examples=1000)
def test_every_place_has_a_clock_in_the_answer(known: Whereabouts) -> None:
    """No law is kept by the clock of another country alone, and no state's by another's.

    But for a place that only the number suggests: where that says no zone it needs no clock.
    """
    named = {known.told_country, known.country, known.region if known.number_zones else None}
    found = placing_of(known, BOOK)
    for place in found.places:
        if place.country in named:
            assert any(is_zone_of(zone, place) for zone in found.zones), place


@given(known=untold)
@settings(max_examples=1000)
def test_an_operators_choice_leaves_the_clock_of_the_address_and_of_what_is_presumed(
    known: Whereabouts,
) -> None:
    address = read_place(known.country, known.subdivision, known.region)
    found = placing_of(known, ADDRESS_COUNTS)
    assert {*found.zones} <= {*placing_of(known, BOOK).zones}
    for place in found.places:
        if place == address or BOOK.presumes(place.subdivision):
            assert any(is_zone_of(zone, place) for zone in found.zones), place


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
