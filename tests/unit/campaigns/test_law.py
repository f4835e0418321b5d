"""Which rules hold for whose calls, of those that came with Ringbank and of an operator's."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaigns.law import Law, Laws, concerns
from campaigns.legal_gates import holds_for_some
from campaigns.model import Campaign, DialMode
from campaigns.rules.model import (
    Applies,
    Confidence,
    Duty,
    Exempt,
    Force,
    HoursRule,
    Place,
    Placing,
    Rule,
    Status,
)
from campaigns.rules.placing import placing_of
from tests.unit.campaigns.examples import campaign, hours, utc, windows
from tests.unit.campaigns.judging import (
    BY_HAND,
    DEBTS,
    FIRMS,
    LAWS,
    LONG_AGO,
    MIAMI,
    RECORDED,
    SURVEY,
    WEEKDAY,
    known_of,
    laws,
    own_file,
    rule,
)

FLORIDA, TEXAS, NORWAY = Place("US", "US-FL"), Place("US", "US-TX"), Place("NO")
EAST, CENTRAL = "America/New_York", "America/Chicago"


def law(
    *places: Place,
    asked: Campaign = BY_HAND,
    zones: tuple[str, ...] = (EAST,),
    line: str = "unknown",
    day: str = "2026-12-01",
    by: Laws = LAWS,
) -> Law:
    return by.of(asked, Placing(zones=zones, places=places), line, utc(f"{day}T12:00"))


def ids(found: Law) -> set[str]:
    return {one.id for one in found.rules}


# -- whose calls a rule is about ---------------------------------------------------------------

ANY: dict[str, Any] = {
    "id": "xx.rule",
    "force": Force.LAW,
    "confidence": Confidence.HIGH,
    "source": ("an act",),
}


def words(*them: str) -> frozenset[str]:
    return frozenset(them)


@pytest.mark.parametrize(
    ("applies", "asked", "line", "concerned"),
    [
        ({}, BY_HAND, "mobile", True),
        ({"audience": words("consumer")}, BY_HAND, "mobile", True),
        ({"audience": words("business")}, BY_HAND, "mobile", False),
        ({"purpose": words("sales", "survey")}, SURVEY, "mobile", True),
        ({"purpose": words("sales")}, SURVEY, "mobile", False),
        ({"mode": words("manual")}, BY_HAND, "mobile", True),
        ({"mode": words("broadcast")}, BY_HAND, "mobile", False),
        ({"caller": words("company")}, BY_HAND, "mobile", True),
        ({"caller": words("nonprofit")}, BY_HAND, "mobile", False),
        ({"caller": words("hired")}, replace(BY_HAND, caller="hired"), "mobile", True),
        # a voice is that of a message, and an agent's is none
        ({"voice": words("synthetic")}, replace(RECORDED, voice="synthetic"), "mobile", True),
        ({"voice": words("synthetic")}, RECORDED, "mobile", False),
        ({"voice": words("recorded")}, BY_HAND, "mobile", False),
        # a line of which nobody knows is of either kind
        ({"line": words("mobile")}, BY_HAND, "mobile", True),
        ({"line": words("mobile")}, BY_HAND, "fixed", False),
        ({"line": words("fixed")}, BY_HAND, "mobile", False),
        ({"line": words("mobile")}, BY_HAND, "fixed_or_mobile", True),
        ({"line": words("fixed")}, BY_HAND, "fixed_or_mobile", True),
        ({"line": words("fixed")}, BY_HAND, "unknown", True),
        ({"line": words("mobile")}, BY_HAND, "voip", True),
        # a topic is one that the campaign names
        ({"topic": words("pensions")}, BY_HAND, "mobile", False),
        ({"topic": words("pensions")}, replace(BY_HAND, topics=("books", "pensions")), "fixed", True),
        ({"topic": words("pensions")}, replace(BY_HAND, topics=("books",)), "fixed", False),
        # all of it has to be so
        ({"audience": words("consumer"), "purpose": words("survey")}, BY_HAND, "mobile", False),
    ],
)  # fmt: skip
def test_to_which_calls_a_rule_applies(
    applies: dict[str, Any], asked: Campaign, line: str, concerned: bool
) -> None:
    assert concerns(Rule(**ANY, applies=Applies(**applies)), asked, line) is concerned


@pytest.mark.parametrize(
    ("exempt", "asked", "concerned"),
    [
        ({"caller": words("nonprofit")}, BY_HAND, True),
        ({"caller": words("nonprofit")}, replace(BY_HAND, caller="nonprofit"), False),
        ({"purpose": words("survey")}, BY_HAND, True),
        ({"purpose": words("survey")}, SURVEY, False),
        # whom a person's consent or relation spares is the gates' matter
        ({"consent": words("hours")}, BY_HAND, True),
    ],
)
def test_whose_calls_a_rule_spares(
    exempt: dict[str, Any], asked: Campaign, concerned: bool
) -> None:
    assert concerns(Rule(**ANY, exempt=Exempt(**exempt)), asked, "mobile") is concerned


@pytest.mark.parametrize("mode", DialMode)
def test_an_agent_who_waits_for_this_very_call_is_there_in_two_modes(mode: DialMode) -> None:
    unless = Rule(**ANY, unless_agent_reserved=True)
    waits = mode in {DialMode.MANUAL, DialMode.PREVIEW}
    assert concerns(unless, campaign(mode=mode), "fixed") is not waits
    assert concerns(Rule(**ANY), campaign(mode=mode), "fixed")


# -- where -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "jurisdictions", "hours_of"),
    [
        ((FLORIDA,), ("us", "us-fl"), {"us.hours", "us-fl.hours"}),
        ((TEXAS,), ("us", "us-tx"), {"us.hours", "us-tx.hours"}),
        ((FLORIDA, TEXAS), ("us", "us-fl", "us-tx"), {"us.hours", "us-fl.hours", "us-tx.hours"}),
        ((Place("US"),), ("us",), {"us.hours"}),
        ((Place("PR"),), ("us",), {"us.hours"}),
        ((FLORIDA, NORWAY), ("no", "us", "us-fl"), {"us.hours", "us-fl.hours", "no.hours"}),
        ((Place("RE"),), ("fr",), {"fr.hours"}),
        ((Place("JE"),), ("gb",), {"gb.dma.hours"}),
        ((Place("SE"),), ("se",), set()),
        ((Place("FI"),), (), set()),
        ((), (), set()),
    ],
)
def test_every_place_in_which_a_person_may_be_has_its_rules(
    places: tuple[Place, ...], jurisdictions: tuple[str, ...], hours_of: set[str]
) -> None:
    found = law(*places)
    assert found.jurisdictions == jurisdictions
    assert {one.id for one in found.rules if isinstance(one, HoursRule)} == hours_of
    assert {clause.rule for clause in found.clauses} == hours_of
    assert found.without_hours == tuple(place for place in places if place.country in {"SE", "FI"})


def test_a_country_without_a_file_is_told() -> None:
    found = law(NORWAY, Place("FI"), Place("DK"), by=laws(allow_without_rules=frozenset({"DK"})))
    assert found.unknown == ("FI",)
    assert found.without_rules == ("DK", "FI")


def test_what_holds_everywhere_is_no_law_of_a_country() -> None:
    by = laws(own_file(rule("hours", 'windows = { all = [["09:00", "20:00"]], holiday = [] }')))
    found = law(Place("FI"), by=by)
    assert (found.jurisdictions, found.unknown, found.without_rules) == (
        ("ours",),
        ("FI",),
        ("FI",),
    )
    assert found.without_hours == (Place("FI"),), "a wish of ours is no statute"
    assert ids(found) == {"ours.one"}


def test_a_rule_for_everywhere_has_the_holidays_of_each_place() -> None:
    """Those of the person's own country and part of it; of all parts where that is not known."""
    by = laws(own_file(rule("hours", 'windows = { all = [["09:00", "20:00"]], holiday = [] }')))

    def shut_on(day: str, *places: Place) -> bool:
        found = law(*places, asked=SURVEY, day=day, by=by, zones=("Europe/Berlin",))
        opening = found.timetable().at(utc(f"{day}T12:00"))
        assert {closed.rule for closed in opening.closed} <= {"ours.one"}
        return not opening.open

    bavaria, westphalia, germany = Place("DE", "DE-BY"), Place("DE", "DE-NW"), Place("DE")
    epiphany, national_day = "2027-01-06", "2027-05-17"
    assert [shut_on(epiphany, one) for one in (bavaria, westphalia, germany)] == [True, False, True]
    assert [shut_on(national_day, one) for one in (germany, NORWAY)] == [True, True]  # Whit Monday
    assert not shut_on("2026-05-18", westphalia)
    assert not shut_on("2026-12-28", NORWAY)
    assert shut_on(epiphany, westphalia, bavaria)
    nowhere = Place("ZZ")
    assert not shut_on("2026-12-25", nowhere), "no holidays are known there"


def test_a_file_of_one_country_keeps_its_own_holidays_for_its_islands() -> None:
    """Réunion is no country of the calendar, and has the days of France."""
    clauses = law(Place("FR"), Place("RE"), asked=BY_HAND).clauses
    assert {clause.calendar.country for clause in clauses} == {"FR"}


# -- on which day ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "rules"),
    [
        ("2026-07-01", {"fr.bloctel", "fr.hours_2023", "fr.refused_60"}),
        # a day before and after UTC's is still that day for somebody, and hours are looked up ahead
        ("2026-08-09", {"fr.bloctel", "fr.hours_2023", "fr.hours", "fr.refused_60"}),
        ("2026-08-10", {"fr.bloctel", "fr.hours_2023", "fr.hours", "fr.refused_60", "fr.refused", "fr.consent"}),
        ("2026-08-11", {"fr.bloctel", "fr.hours_2023", "fr.hours", "fr.refused_60", "fr.refused", "fr.consent"}),
        ("2026-08-12", {"fr.hours", "fr.refused", "fr.consent"}),
    ],
)  # fmt: skip
def test_the_rules_of_a_day_are_those_that_hold_somewhere_on_it(day: str, rules: set[str]) -> None:
    found = ids(law(Place("FR"), day=day))
    assert found - {"fr.4in30"} == rules


def test_the_hours_are_known_as_far_ahead_as_an_opening_is_looked_for() -> None:
    assert "fr.hours" not in ids(law(Place("FR"), day="2026-07-24"))
    assert "fr.hours" in ids(law(Place("FR"), day="2026-07-25"))
    assert "fr.consent" not in ids(law(Place("FR"), day="2026-08-09"))


# -- what is kept apart ----------------------------------------------------------------------

EVERY_PLACE = sorted(
    {
        Place(country, part)
        for file in LAWS.book.all()
        for country in file.countries - {"*"}
        for part in ({one for one in file.subdivisions if one[:2] == country} or {""})
    }
)
EVERY_CAMPAIGN = [
    campaign(
        mode=mode, purpose=purpose, audience=audience, topics=("pensions", "energy_renovation")
    )
    for mode in (DialMode.MANUAL, DialMode.PREDICTIVE, DialMode.BROADCAST)
    for purpose in ("sales", "survey", "service", "political", "fundraising", "collections")
    for audience in ("consumer", "business")
]


def test_what_is_not_in_force_is_never_among_the_rules() -> None:
    held, shown = set(), set()
    for place in EVERY_PLACE:
        for asked in EVERY_CAMPAIGN:
            found = law(place, asked=asked)
            for one in found.rules:
                assert one.status is Status.IN_FORCE
                assert one.confidence is not Confidence.LOW
                assert one.force is not Force.SAFE_HARBOR
                assert not isinstance(one, Duty), "which no gate can enforce"
                assert concerns(one, asked, "unknown")
            assert not ids(found) & {one.id for one in found.shown}
            parts = (*found.caps, *found.cooldowns, *found.registries, *found.consents)
            assert {one.id for one in (*parts, *found.abandonment)} <= ids(found)
            held |= ids(found)
            shown |= {one.id for one in found.shown}
    assert len(held) > 80
    assert {"us-fl.dnc", "us.rnd", "se.hours", "in.ncpr", "ca.hours_holidays"} <= shown


def test_every_rule_in_force_holds_for_somebody() -> None:
    """Else a word in a file would be one that no campaign can have."""
    moments = ("2026-07-01", "2026-12-01")
    topics = ("pensions", "energy_renovation", "health_care", "telecom")
    asked = [replace(one, topics=topics) for one in EVERY_CAMPAIGN]
    held = {
        one.id
        for place in EVERY_PLACE
        for day in moments
        for each in asked
        for one in law(place, asked=each, day=day).rules
    }
    expected = {
        one.id
        for file in LAWS.book.all()
        for one in file.rules
        if one.enforced and not isinstance(one, Duty)
    }
    assert expected - held == set()


OFF = """
[[loosen]]
rule = "us-fl.hours"
by = "K. Nordmann"
reason = "Asked counsel in May"
"""


def test_a_rule_that_was_switched_off_is_told_and_does_not_hold() -> None:
    found = law(FLORIDA, by=laws(own_file(OFF)))
    assert [one.rule for one in found.loosened] == ["us-fl.hours"]
    assert "us-fl.hours" not in ids(found) | {clause.rule for clause in found.clauses}
    assert "us.hours" in ids(found)
    assert law(TEXAS, by=laws(own_file(OFF))).loosened == ()
    assert law(FLORIDA, asked=SURVEY, by=laws(own_file(OFF))).loosened == ()


def test_the_consents_on_which_something_depends() -> None:
    asked = replace(BY_HAND, consent=("recording",))
    assert law(Place("SE"), asked=asked).consent_kinds == {
        "recording", "customer", "phone_marketing",
    }  # fmt: skip
    assert law(Place("DE"), asked=FIRMS).consent_kinds == set(), "what is presumed needs no record"
    assert law(Place("US", "US-GA")).consent_kinds == {
        "hours", "customer", "inquiry", "written_permission",
    }  # fmt: skip
    assert law(Place("US", "US-GA"), asked=DEBTS).consent_kinds == {"hours"}


def test_the_registers_that_a_rule_in_force_names_are_the_same_everywhere() -> None:
    named = law(NORWAY).named_registries
    assert named == law(Place("FI")).named_registries == law().named_registries
    assert {"gb-tps", "gb-ctps", "us-ndncr", "tr-iys", "fr-bloctel", "br-nao-me-perturbe"} <= named
    assert not named & {"us-fl-dnc", "in-ncpr", "us-rnd"}, "nobody is asked to ask for those"
    ours = laws(own_file(rule("registry", 'registry = "our-letters"\ntitle = "Letters"')))
    assert law(NORWAY, by=ours).named_registries == named | {"our-letters"}


# -- what is kept ----------------------------------------------------------------------------


def test_an_answer_is_kept_and_is_of_its_campaign_place_line_and_day() -> None:
    by = laws()
    one = law(FLORIDA, by=by)
    assert law(FLORIDA, by=by) is one
    assert law(FLORIDA, by=by, asked=replace(BY_HAND, name="other", priority=9)) is one
    others = [
        law(FLORIDA, by=by, asked=SURVEY),
        law(TEXAS, by=by),
        law(FLORIDA, by=by, zones=(CENTRAL,)),
        law(FLORIDA, by=by, line="mobile"),
        law(FLORIDA, by=by, day="2026-12-02"),
    ]
    assert len({id(found) for found in (one, *others)}) == 1 + len(others)


def test_hours_are_of_the_law_and_of_the_campaign() -> None:
    asked = replace(BY_HAND, hours=hours(windows("10:00-12:00")))
    found = law(FLORIDA, asked=asked)
    assert [clause.rule for clause in found.clauses] == ["us.hours", "us-fl.hours", "hours"]
    assert found.timetable().at(utc("2026-12-01T16:00")).open  # eleven in New York
    assert not found.timetable().at(utc("2026-12-01T14:00")).open


def test_a_timetable_leaves_out_what_was_lifted_and_is_kept() -> None:
    found = law(FLORIDA)
    lifted = frozenset({"us-fl.hours"})
    evening = utc("2026-12-02T01:30")  # half past eight
    assert not found.timetable().at(evening).open
    assert found.timetable(lifted).at(evening).open
    assert found.timetable(lifted) is found.timetable(frozenset({"us-fl.hours"}))
    assert found.timetable() is not found.timetable(lifted)


def test_a_moment_on_another_clock_is_of_the_day_that_it_is_in_utc() -> None:
    place = Placing(zones=(EAST,), places=(FLORIDA,))
    evening = WEEKDAY.replace(hour=1)
    there = evening.astimezone(ZoneInfo(EAST))  # still the day before
    assert LAWS.of(BY_HAND, place, "fixed", evening) is LAWS.of(BY_HAND, place, "fixed", there)
    assert LAWS.of(BY_HAND, place, "fixed", LONG_AGO).rules


def test_a_placing_is_found_once_for_all_who_share_it() -> None:
    mine = laws()
    known, neighbour = known_of(MIAMI), known_of(MIAMI[:-1] + "9")
    assert mine.placing(known) == placing_of(known, mine.book)
    assert mine.placing(neighbour) is mine.placing(known)


@pytest.mark.parametrize(
    ("says", "some"),
    [
        ("windows = { all = [], holiday = [] }", False),
        ('windows = { all = [], holiday = [] }\nunless = ["consent:hours"]', True),
        ('windows = { all = [], holiday = [] }\napplies = { line = ["mobile"] }', True),
    ],
)
def test_a_rule_that_spares_somebody_holds_for_some_only(says: str, some: bool) -> None:
    book = laws(own_file(rule("hours", says))).book
    (ours,) = (one for one in book.all() if one.id == "ours")
    assert holds_for_some(ours.rules[0]) is some
