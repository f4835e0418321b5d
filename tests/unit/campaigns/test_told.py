"""What a person says of where they are replaces every guess, as far as it goes."""

from zoneinfo import ZoneInfo

import phonenumbers
import phonenumbers.timezone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.area_codes import area_codes
from campaigns.rules.loading import load
from campaigns.rules.model import Place, Placing
from campaigns.rules.own import Own
from campaigns.rules.placing import Whereabouts, placing_of, possible_zones
from campaigns.rules.subdivisions import subdivision_codes
from campaigns.rules.told import Told, read_places, told_since
from campaigns.rules.zones import (
    all_zones,
    country_names,
    zones_of_country,
    zones_of_subdivision,
)
from leads.model import E164, number_id
from leads.problems import Problem
from tests.unit.campaigns.examples import utc

BOOK = load(None, Own())
MIAMI, BERGEN, TOLL_FREE = "+13052345678", "+4755123456", "+18002345678"
NEW_YORK, CHICAGO, OSLO = "America/New_York", "America/Chicago", "Europe/Oslo"


def known(phone: str, **more: str) -> Whereabouts:
    number = phonenumbers.parse(phone)
    zones = phonenumbers.timezone.time_zones_for_number(number)
    region = phonenumbers.region_code_for_number(number)
    return Whereabouts(
        number=number_id(E164(phone)),
        region=region,
        number_zones=() if phone == TOLL_FREE else tuple(zones),
        **more,
    )


def placing(phone: str, **more: str) -> Placing:
    return placing_of(known(phone, **more), BOOK)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Europe/Oslo", Told(zone=OSLO)),
        ("NO", Told(country="NO")),
        (" no ", Told(country="NO")),
        ("US-FL", Told(country="US", subdivision="US-FL")),
        ("us-fl", Told(country="US", subdivision="US-FL")),
        ("GB", Told(country="GB")),  # a zone is called so, too
        ("US US-FL America/Chicago", Told(zone=CHICAGO, country="US", subdivision="US-FL")),
        ("US-FL US-FL", Told(country="US", subdivision="US-FL")),
    ],
)
def test_a_place_is_a_zone_a_country_or_a_subdivision(words: str, told: Told) -> None:
    given_words = [words] if words.startswith(" ") else words.split(" ")
    assert read_places(given_words) == told


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("Europe/Olso", "did you mean 'Europe/Oslo'?"),
        ("europe/oslo", "did you mean 'Europe/Oslo'?"),
        ("oslo", "did you mean 'Europe/Oslo'?"),
        ("New York", "did you mean 'America/New_York'?"),
        ("Norway", "did you mean 'NO'?"),
        ("ZZ", "write two letters, for example NO"),
        ("US-FF", "did you mean 'US-FL'?"),
        ("IS-1", "no subdivisions of IS are known here; give the country alone"),
        ("qqqqqqqqqqq", "write a time zone (Europe/Oslo), a country (NO) or a subdivision (US-FL)"),
        ("UTC", "write a time zone"),
        ("", "write a time zone"),
    ],
)
def test_a_word_that_is_no_place_is_refused_with_the_nearest(word: str, why: str) -> None:
    problems = read_places([word])
    assert isinstance(problems, tuple)
    (problem,) = problems
    assert why in problem.why


def test_everything_that_is_wrong_is_refused_at_once() -> None:
    problems = read_places(["NO", "SE", "Europe/Olso", "US-FL"])
    assert isinstance(problems, tuple)
    assert [problem.where for problem in problems] == ["SE", "Europe/Olso", "US-FL"]
    assert problems[0] == Problem(
        where="SE", why="a person is in one place, and NO was given already; keep one of them"
    )


@pytest.mark.parametrize(
    ("before", "now", "since"),
    [
        (Told(), Told(zone=OSLO), Told(zone=OSLO)),
        # What was said before stays where it is still possible.
        (Told(country="NO"), Told(zone=OSLO), Told(zone=OSLO, country="NO")),
        (Told(country="US"), Told(zone=OSLO), Told(zone=OSLO)),
        (
            Told(country="US", subdivision="US-FL"),
            Told(zone=CHICAGO),
            Told(zone=CHICAGO, country="US", subdivision="US-FL"),
        ),
        (
            Told(country="US", subdivision="US-FL"),
            Told(zone="America/Denver"),
            Told(zone="America/Denver", country="US"),
        ),
        (Told(zone=OSLO), Told(country="NO"), Told(zone=OSLO, country="NO")),
        (Told(zone=OSLO), Told(country="SE"), Told(country="SE")),
        (
            Told(zone=CHICAGO),
            Told(country="US", subdivision="US-NY"),
            Told(country="US", subdivision="US-NY"),
        ),
        (
            Told(zone=NEW_YORK, country="US", subdivision="US-FL"),
            Told(country="US"),
            Told(zone=NEW_YORK, country="US"),
        ),
        (
            Told(zone=OSLO, country="NO"),
            Told(zone=CHICAGO, country="US"),
            Told(zone=CHICAGO, country="US"),
        ),
    ],
)
def test_what_was_said_before_stays_where_it_is_possible(
    before: Told, now: Told, since: Told
) -> None:
    assert told_since(before, now) == since


# Where the person may be then.


def test_without_a_word_number_and_address_are_guesses_that_add_up() -> None:
    assert placing(BERGEN, zone=NEW_YORK, country="US", subdivision="FL") == Placing(
        zones=(NEW_YORK, OSLO), places=(Place("NO"), Place("US", "US-FL"))
    )


def test_a_zone_that_was_told_is_the_only_one_and_says_nothing_of_the_law() -> None:
    assert placing(MIAMI, told_zone=OSLO) == Placing(zones=(OSLO,), places=(Place("US", "US-FL"),))


def test_a_country_that_was_told_leaves_open_what_is_open_within_it() -> None:
    assert placing(MIAMI, told_country="US") == placing(MIAMI)
    both = placing(MIAMI, zone=OSLO, country="NO", told_country="US")
    assert both == placing(MIAMI)
    moved = placing(MIAMI, told_country="NO")
    assert moved == Placing(zones=(OSLO,), places=(Place("NO"),))


def test_without_a_guess_in_the_country_all_of_its_zones_count() -> None:
    arrived = placing(BERGEN, told_country="US")
    assert arrived == Placing(zones=zones_of_country("US"), places=(Place("US"),))
    assert {NEW_YORK, CHICAGO, "Pacific/Honolulu"} < {*arrived.zones}
    assert placing(TOLL_FREE).zones == ()
    assert placing(TOLL_FREE, told_country="US").zones == zones_of_country("US")


def test_a_subdivision_brings_its_country_and_all_of_its_zones() -> None:
    florida = Placing(zones=(CHICAGO, NEW_YORK), places=(Place("US", "US-FL"),))
    for phone in (MIAMI, BERGEN, TOLL_FREE):
        assert placing(phone, told_subdivision="US-FL") == florida
        assert placing(phone, told_country="US", told_subdivision="US-FL") == florida
    assert placing(BERGEN, told_subdivision="US-FL", told_zone=CHICAGO).zones == (CHICAGO,)


def test_a_subdivision_whose_zones_are_not_known_has_all_of_its_countrys() -> None:
    assert zones_of_subdivision("BR-AM") == ()
    told = placing("+551123456789", told_subdivision="BR-AM")
    assert told.zones == zones_of_country("BR")
    assert "America/Manaus" in told.zones


def test_a_subdivision_of_a_country_with_one_zone_has_that_one() -> None:
    assert placing(MIAMI, told_subdivision="NO-03").zones == (OSLO,)


def test_the_address_alone_may_count_where_the_operator_says_so() -> None:
    where = known(MIAMI, zone="America/Denver", told_country="US")
    assert possible_zones(where, address_only=True) == ("America/Denver",)
    assert possible_zones(where) == ("America/Denver", NEW_YORK)


phones = st.sampled_from([MIAMI, BERGEN, TOLL_FREE, "+14412345678", "+61412345678"])
countries = st.none() | st.sampled_from(["US", "NO", "AU", "BR"])


@given(
    phones, countries, st.none() | st.sampled_from([OSLO, CHICAGO, "Australia/Perth"]), countries
)
def test_a_country_that_was_told_never_leaves_a_person_without_zone_or_law(
    phone: str, country: str | None, zone: str | None, told: str | None
) -> None:
    facts = {"country": country, "zone": zone, "told_country": told}
    found = placing(phone, **{key: value for key, value in facts.items() if value})
    if told is not None:
        assert {place.country for place in found.places} == {told}
        assert found.zones
        assert {*found.zones} <= {*zones_of_country(told)}


# The tables.


def test_every_zone_of_the_tables_is_one_that_the_clock_knows() -> None:
    assert len(all_zones()) > 300
    for zone in all_zones():
        ZoneInfo(zone)
    assert country_names()["norway"] == "NO"


@pytest.mark.parametrize("country", ["US", "CA", "AU"])
def test_the_zones_of_each_subdivision_are_of_its_country(country: str) -> None:
    territories = {f"US-{code}" for code in ("AS", "FM", "GU", "MH", "MP", "PR", "PW", "UM", "VI")}
    codes = {*subdivision_codes(country)} - territories
    assert len(codes) > 7
    for code in codes:
        zones = zones_of_subdivision(code)
        assert zones == tuple(sorted(zones))
        assert {*zones} <= {*zones_of_country(country)}, code
        assert zones, code


ODD = "879"
"""Of Newfoundland, which `phonenumbers` takes for one of the Caribbean, too."""

WINTER, SUMMER = utc("2026-01-15T12:00"), utc("2026-07-15T12:00")


def clock(zone: str) -> tuple[object, object]:
    return WINTER.astimezone(ZoneInfo(zone)).utcoffset(), SUMMER.astimezone(
        ZoneInfo(zone)
    ).utcoffset()


def test_area_codes_within_one_subdivision_show_no_clock_that_it_lacks() -> None:
    checked = 0
    for code, served in area_codes().items():
        zones = phonenumbers.timezone.time_zones_for_number(phonenumbers.parse(f"+1{code}2345678"))
        if code == ODD or len(served) != 1 or "Etc/Unknown" in zones or len(zones) > 4:
            continue
        checked += 1
        clocks = {clock(zone) for zone in zones_of_subdivision(served[0])}
        assert {clock(zone) for zone in zones} <= clocks, (code, served, zones)
    assert checked > 300
