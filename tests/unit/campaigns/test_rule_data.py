"""What the shipped rule files say, against tables of the law written by hand.

The tables are no copy of the files: they were written from the texts that the rules name.
Each is complete: a rule in a file that no row expects fails as a row without a rule does.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

import campaigns.rules
from campaigns.rules.model import (
    AbandonmentRule,
    CapRule,
    Confidence,
    ConsentRule,
    CooldownRule,
    Duty,
    Force,
    HoursRule,
    Jurisdiction,
    Need,
    RegistryRule,
    Rule,
    Status,
)
from campaigns.rules.reading import read_jurisdiction
from tests.unit.campaigns.examples import windows

FOLDER = Path(campaigns.rules.__file__).parent
NO_RULES = {"area_codes.toml", "subdivision_zones.toml"}
FILES = sorted(file.name for file in FOLDER.glob("*.toml") if file.name not in NO_RULES)

LIVE = {"manual", "preview", "progressive", "ratio", "predictive"}
DIALED = {"progressive", "ratio", "predictive"}
RECORDED = {"broadcast"}
SALES, GIVING = {"sales"}, {"sales", "fundraising"}
CAUSES = {"sales", "fundraising", "political"}
PERSON, FIRM, ANYBODY = {"consumer"}, {"business"}, set[str]()
MARKETING, AUTOMATED = "phone_marketing", "automated_calls"

R = TypeVar("R", bound=Rule)


@cache
def jurisdiction(file: str) -> Jurisdiction:
    found = read_jurisdiction((FOLDER / file).read_text(encoding="utf-8"), file=file)
    assert isinstance(found, Jurisdiction), [str(problem) for problem in found]
    return found


def every_rule() -> Iterator[Rule]:
    for file in FILES:
        yield from jurisdiction(file).rules


def rules(kind: type[R], *, enforced: bool = True) -> dict[str, R]:
    return {
        rule.id: rule
        for rule in every_rule()
        if isinstance(rule, kind) and (rule.enforced or not enforced)
    }


def expect_all(kind: type[R], table: Mapping[str, object]) -> None:
    assert set(rules(kind)) == set(table)


# Every file


EXPECTED_FILES = {
    "us",
    "gb",
    "de",
    "fr",
    "no",
    "se",
    "pl",
    "tr",
    "ca",
    "au",
    "in",
    "br",
    "tw",
    "own-hours",
    "us-fl",
    "us-ok",
    "us-md",
    "us-wa",
    "us-ma",
    "us-ct",
    "us-tx",
    "us-ut",
    "us-ri",
    "us-al",
    "us-la",
    "us-ms",
    "us-ky",
    "us-nv",
    "us-mi",
    "us-mn",
    "us-nm",
    "us-ne",
    "us-nj",
    "us-va",
    "us-in",
    "us-wy",
    "us-sd",
    "us-pa",
    "us-il",
    "us-me",
    "us-ca",
    "us-de",
    "us-mt",
    "us-nh",
    "us-or",
}


def test_there_is_a_file_for_each_jurisdiction() -> None:
    assert {file.removesuffix(".toml") for file in FILES} == EXPECTED_FILES


@pytest.mark.parametrize("file", FILES)
def test_a_shipped_file_reads_without_a_problem(file: str) -> None:
    found = jurisdiction(file)
    assert found.id == file.removesuffix(".toml")
    assert found.name
    assert found.rules
    assert found.checked is not None
    assert not found.own
    assert not found.loosened


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_a_state_holds_for_that_state_only(file: str) -> None:
    found = jurisdiction(file)
    country, _, state = found.id.upper().partition("-")
    if found.id == "own-hours":
        assert found.countries == {"*"}
    elif state:
        assert (found.countries, found.subdivisions) == ({country}, {f"{country}-{state}"})
        assert (found.calendar.country, found.calendar.subdivision) == (country, state)
    else:
        assert country in found.countries
        assert not found.subdivisions
        assert found.calendar.country == country


def test_ids_are_unique_and_begin_with_their_file() -> None:
    ids = [rule.id for rule in every_rule()]
    assert sorted(ids) == sorted(set(ids))
    for file in FILES:
        for rule in jurisdiction(file).rules:
            assert rule.id.startswith(f"{jurisdiction(file).id}."), rule.id


def test_every_rule_names_its_sources() -> None:
    for rule in every_rule():
        assert rule.source, rule.id
        assert all(text.strip() for text in rule.source), rule.id


def test_what_is_unsure_is_never_in_force_and_the_rest_is_unless_no_caller_could_keep_it() -> None:
    shown_only = {
        rule.id
        for rule in every_rule()
        if rule.status is not Status.IN_FORCE and rule.confidence is not Confidence.LOW
    }
    assert shown_only == {"in.ncpr", "us-me.rnd"}
    unsure = [rule for rule in every_rule() if rule.confidence is Confidence.LOW]
    assert {file.split(".")[0] for file in (rule.id for rule in unsure)} >= {"us-wy", "se", "br"}
    for rule in unsure:
        assert rule.status is Status.PROPOSED, rule.id
        assert not rule.enforced, rule.id


def test_only_the_hours_to_choose_are_nobodys_law() -> None:
    assert {rule.id for rule in every_rule() if rule.force is Force.OWN} == {"own-hours.office"}


def test_three_states_take_an_area_code_for_a_residence() -> None:
    presuming = {file for file in FILES if jurisdiction(file).presume_by_area_code}
    assert presuming == {"us-fl.toml", "us-ok.toml", "us-ct.toml"}


@pytest.mark.parametrize(
    ("file", "countries"),
    [
        ("gb.toml", {"GB", "IM", "JE", "GG"}),
        ("us.toml", {"US", "PR", "VI", "GU", "AS", "MP"}),
        ("au.toml", {"AU", "CX", "CC"}),
        ("fr.toml", {"FR", "GP", "MQ", "GF", "RE", "YT"}),
    ],
)
def test_a_country_takes_its_islands_along(file: str, countries: set[str]) -> None:
    assert jurisdiction(file).countries == countries


def test_a_german_of_an_unknown_land_has_the_holidays_of_all_and_an_australian_the_nations() -> (
    None
):
    german, australian = jurisdiction("de.toml").calendar, jurisdiction("au.toml").calendar
    assert (german.from_address, german.union) == (True, True)
    assert (australian.from_address, australian.union) == (False, False)


@pytest.mark.parametrize("year", [2027, 2028, 2029, 2030])
def test_louisianas_movable_days_fall_where_its_statute_puts_them(year: int) -> None:
    added = dict(jurisdiction("us-la.toml").calendar.add)
    (columbus,) = (
        day for day, name in added.items() if name.startswith("Col") and str(year) in day
    )
    (acadian,) = (day for day, name in added.items() if name.startswith("Aca") and str(year) in day)
    monday, friday = date.fromisoformat(columbus), date.fromisoformat(acadian)
    assert (monday.weekday(), monday.month, (monday.day - 1) // 7) == (0, 10, 1)
    thanksgiving = friday - timedelta(days=1)
    assert (thanksgiving.weekday(), thanksgiving.month, (thanksgiving.day - 1) // 7) == (3, 11, 3)
    assert added["01-08"] == "Battle of New Orleans"
    assert added["08-30"] == "Huey P. Long Day"
    assert added["11-01"] == "All Saints' Day"


@pytest.mark.parametrize("file", ["us-ri.toml", "us-la.toml"])
def test_two_states_rest_on_the_day_of_a_general_election(file: str) -> None:
    added = jurisdiction(file).calendar.add
    days = [date.fromisoformat(day) for day, name in added if name == "Election Day"]
    assert [day.year for day in days] == [2028, 2030]
    for day in days:
        monday = day - timedelta(days=1)
        assert (monday.weekday(), monday.month, (monday.day - 1) // 7) == (0, 11, 0)


def test_rhode_island_has_an_independence_day_of_its_own() -> None:
    added = dict(jurisdiction("us-ri.toml").calendar.add)
    assert added["05-04"] == "Rhode Island Independence Day"
    sundays = [year for year in range(2027, 2031) if date(year, 5, 4).weekday() == 6]
    assert not sundays  # the Monday after a Sunday would be one more day to add


# Hours: Monday to Friday, Saturday, Sunday, public holiday; "" is closed, "=" as on its weekday

EIGHT_TO_NINE = ("08:00-21:00", "08:00-21:00", "08:00-21:00", "=")
EIGHT_TO_EIGHT = ("08:00-20:00", "08:00-20:00", "08:00-20:00", "=")
NINE_TO_NINE = ("09:00-21:00", "09:00-21:00", "09:00-21:00", "=")
NINE_TO_EIGHT = ("09:00-20:00", "09:00-20:00", "09:00-20:00", "=")
NO_SUNDAY = ("08:00-20:00", "08:00-20:00", "", "")
FRENCH = ("10:00-13:00 14:00-20:00", "", "", "")

HOURS = {
    "us.hours": EIGHT_TO_NINE,
    "us.regf.hours": EIGHT_TO_NINE,
    "gb.dma.hours": ("08:00-21:00", "09:00-21:00", "09:00-21:00", "="),
    "de.hours": ("08:00-20:00", "09:00-18:00", "", ""),
    "fr.hours_2023": FRENCH,
    "fr.hours": FRENCH,
    "no.hours": ("09:00-21:00", "", "", ""),
    "ca.hours": ("09:00-21:30", "10:00-18:00", "10:00-18:00", "="),
    "au.hours": ("09:00-20:00", "09:00-17:00", "", ""),
    "au.hours_research": ("09:00-20:30", "09:00-17:00", "09:00-17:00", ""),
    "in.hours": ("10:00-21:00", "10:00-21:00", "10:00-21:00", "="),
    "in.rbi.hours": ("08:00-19:00", "08:00-19:00", "08:00-19:00", "="),
    "own-hours.office": ("09:00-20:00", "", "", ""),
    "us-fl.hours": EIGHT_TO_EIGHT,
    "us-ok.hours": EIGHT_TO_EIGHT,
    "us-ok.hours_recorded": NINE_TO_NINE,
    "us-md.hours": EIGHT_TO_EIGHT,
    "us-wa.hours": EIGHT_TO_EIGHT,
    "us-ma.hours": EIGHT_TO_EIGHT,
    "us-ct.hours": NINE_TO_EIGHT,
    "us-tx.hours": ("09:00-21:00", "09:00-21:00", "12:00-21:00", "="),
    "us-ut.hours": ("08:00-21:00", "08:00-21:00", "", ""),
    "us-ri.hours": ("09:00-18:00", "10:00-17:00", "", ""),
    "us-al.hours": NO_SUNDAY,
    "us-la.hours": NO_SUNDAY,
    "us-ms.hours": NO_SUNDAY,
    "us-ky.hours": ("10:00-21:00", "10:00-21:00", "10:00-21:00", "="),
    "us-nv.hours": NINE_TO_EIGHT,
    "us-mi.hours": NINE_TO_NINE,
    "us-mn.hours": NINE_TO_NINE,
    "us-nm.hours": NINE_TO_NINE,
    "us-ne.hours_recorded": ("08:00-21:00", "08:00-21:00", "13:00-21:00", "13:00-21:00"),
}


def test_every_rule_of_hours_in_force_is_in_the_table() -> None:
    expect_all(HoursRule, HOURS)


@pytest.mark.parametrize("rule_id", HOURS)
def test_hours(rule_id: str) -> None:
    rule = rules(HoursRule)[rule_id]
    weekday, saturday, sunday, holiday = HOURS[rule_id]
    week = [weekday] * 5 + [saturday, sunday]
    for day, (found, expected) in enumerate(zip(rule.days, week, strict=True)):
        assert found == windows(*expected.split()), f"{rule_id}, day {day}"
    if holiday == "=":
        assert rule.holiday is None
    else:
        assert rule.holiday == windows(*holiday.split())


HOURS_BIND = {
    "us.hours": GIVING,
    "us.regf.hours": {"collections"},
    "gb.dma.hours": GIVING,
    "de.hours": SALES,
    "fr.hours": SALES,
    "no.hours": GIVING,
    "ca.hours": CAUSES,
    "au.hours": GIVING,
    "au.hours_research": {"survey", "political"},
    "in.rbi.hours": {"collections"},
}


@pytest.mark.parametrize("rule_id", HOURS_BIND)
def test_whose_calls_the_hours_bind(rule_id: str) -> None:
    assert rules(HoursRule)[rule_id].applies.purpose == HOURS_BIND[rule_id]


def test_the_hours_of_the_states_bind_sales_calls_to_consumers() -> None:
    states = {i: rule.applies for i, rule in rules(HoursRule).items() if i.startswith("us-")}
    recorded = {"us-ok.hours_recorded", "us-ne.hours_recorded"}
    assert recorded < set(states)
    for rule_id, applies in states.items():
        assert applies.audience == PERSON, rule_id
        assert applies.purpose == (GIVING if rule_id == "us-ne.hours_recorded" else SALES), rule_id
        assert applies.mode == (RECORDED if rule_id in recorded else set()), rule_id


def test_whom_the_hours_of_other_countries_protect() -> None:
    whom = {i: rule.applies.audience for i, rule in rules(HoursRule).items() if "us-" not in i}
    anybody = {"ca.hours", "au.hours", "au.hours_research", "in.hours", "own-hours.office"}
    assert {rule_id for rule_id, audience in whom.items() if not audience} == anybody
    assert {audience for audience in whom.values() if audience} == {frozenset(PERSON)}


def test_nothing_lifts_the_hours_of_norway_and_no_customer_is_spared_anywhere() -> None:
    for rule in rules(HoursRule).values():
        assert not rule.exempt.relation, rule.id
    norway = rules(HoursRule)["no.hours"]
    assert not norway.unless_consent
    assert not norway.exempt.caller


LIFTED_BY_A_CONSENT_TO_THE_HOUR = {
    "us.hours",
    "us.regf.hours",
    "us-ut.hours",
    "gb.dma.hours",
    "de.hours",
    "au.hours",
    "au.hours_research",
    "in.hours",
}


def test_which_hours_a_consent_to_the_hour_lifts() -> None:
    lifted = {rule.id: rule.unless_consent for rule in rules(HoursRule).values()}
    assert {rule_id for rule_id, kinds in lifted.items() if kinds == {"hours"}} == (
        LIFTED_BY_A_CONSENT_TO_THE_HOUR
    )
    assert lifted["fr.hours_2023"] == {"hours", "phone_marketing"}
    assert not lifted["fr.hours"]


def test_a_charity_that_calls_itself_is_out_of_the_us_hours_and_in_those_of_australia() -> None:
    hours = rules(HoursRule)
    assert hours["us.hours"].exempt.caller == {"nonprofit"}
    assert not hours["au.hours"].exempt.caller
    assert not hours["ca.hours"].exempt.caller


# Caps: how many, over what, whose calls are counted together

CAPS = {
    "us.regf.7in7": (7, "consecutive_days", 7, {"person", "debt"}),
    "us.fcc.exempt_recorded": (3, "consecutive_days", 30, {"number", "seller"}),
    "us.fcc.health_day": (1, "calendar_days", 1, {"number", "seller"}),
    "us.fcc.health_week": (3, "consecutive_days", 7, {"number", "seller"}),
    "us-fl.3in24": (3, "rolling_hours", 24, {"person", "subject"}),
    "us-ok.3in24": (3, "rolling_hours", 24, {"number", "subject"}),
    "us-md.3in24": (3, "rolling_hours", 24, {"person", "subject"}),
    "fr.4in30": (4, "calendar_days", 30, {"person", "seller"}),
    "de.day": (3, "calendar_days", 1, {"number", "campaign"}),
    "de.week": (15, "calendar_week", 1, {"number", "campaign"}),
    "de.campaign": (30, "campaign", 1, {"number", "campaign"}),
}


def test_every_cap_in_force_is_in_the_table() -> None:
    expect_all(CapRule, CAPS)


@pytest.mark.parametrize("rule_id", CAPS)
def test_caps(rule_id: str) -> None:
    rule = rules(CapRule)[rule_id]
    assert (rule.max, rule.period, rule.n, rule.key) == CAPS[rule_id]
    assert rule.counted == "attempts"


HEALTH = {"us.fcc.health_day", "us.fcc.health_week"}
CAPS_BIND = {
    **dict.fromkeys(CAPS, SALES),
    **{rule_id: {"service"} for rule_id in HEALTH},
    "us.regf.7in7": {"collections"},
    "us.fcc.exempt_recorded": {"survey", "service", "political", "fundraising"},
}


@pytest.mark.parametrize("rule_id", CAPS)
def test_which_calls_are_capped(rule_id: str) -> None:
    rule = rules(CapRule)[rule_id]
    assert rule.applies.purpose == CAPS_BIND[rule_id]
    assert rule.applies.audience == (set() if rule_id.startswith("de.") else PERSON)
    recorded = rule_id.startswith("us.fcc.")
    assert rule.applies.mode == (RECORDED if recorded else set())
    assert rule.applies.line == ({"fixed"} if recorded else set())
    assert rule.applies.topic == ({"health_care"} if rule_id in HEALTH else set())
    assert rule.unless_consent == ({AUTOMATED} if recorded else set())


COOLDOWNS = {
    "us.regf.after_conversation": ("conversation", "consecutive_days", 7, {"person", "debt"}),
    "us-wa.refused": ("refused", "calendar_days", 366, {"number", "seller"}),
    "gb.72h": ("abandoned", "rolling_hours", 72, {"number"}),
    "gb.amd24h": ("amd_machine", "rolling_hours", 24, {"number"}),
    "fr.refused_60": ("refused", "calendar_days", 60, {"person", "seller"}),
    "fr.refused": ("refused", "forever", 1, {"person", "seller"}),
}


def test_every_cool_down_in_force_is_in_the_table() -> None:
    expect_all(CooldownRule, COOLDOWNS)


@pytest.mark.parametrize("rule_id", COOLDOWNS)
def test_cool_downs(rule_id: str) -> None:
    rule = rules(CooldownRule)[rule_id]
    assert (rule.after, rule.period, rule.n, rule.key) == COOLDOWNS[rule_id]
    assert rule.unless_agent_reserved == rule_id.startswith("gb.")
    assert not rule.applies.mode
    if rule_id.startswith("gb."):
        assert not rule.applies.purpose
    else:
        assert rule.applies.purpose == ({"collections"} if "regf" in rule_id else SALES)


# Registers: name, list, oldest file in days, whom it protects, from which calls

REGISTRIES = {
    "us.ndncr": ("us-ndncr", "opt_out", 31, {"consumer"}, SALES),
    "us-tx.dnc": ("us-tx-dnc", "opt_out", 92, {"consumer"}, SALES),
    "us-ma.dnc": ("us-ma-dnc", "opt_out", 92, {"consumer"}, SALES),
    "gb.tps": ("gb-tps", "opt_out", 28, {"consumer"}, CAUSES),
    "gb.ctps": ("gb-ctps", "opt_out", 28, {"business"}, CAUSES),
    "fr.bloctel": ("fr-bloctel", "opt_out", 30, {"consumer"}, SALES),
    "no.reservasjon": ("no-reservasjon", "opt_out", 31, {"consumer"}, GIVING),
    "se.nix": ("se-nix", "opt_out", 31, {"consumer"}, GIVING),
    "ca.dncl": ("ca-dncl", "opt_out", 31, {"consumer"}, SALES),
    "au.dncr": ("au-dncr", "opt_out", 30, {"consumer"}, SALES),
    "tr.iys": ("tr-iys", "opt_in", 3, {"consumer"}, SALES),
    "tr.iys_business": ("tr-iys-business", "opt_out", 3, {"business"}, SALES),
    "br.nao_me_perturbe": ("br-nao-me-perturbe", "opt_out", 30, {"consumer"}, SALES),
}


def test_every_register_in_force_is_in_the_table() -> None:
    expect_all(RegistryRule, REGISTRIES)


@pytest.mark.parametrize("rule_id", REGISTRIES)
def test_registers(rule_id: str) -> None:
    rule = rules(RegistryRule)[rule_id]
    found = (
        rule.registry,
        rule.list,
        rule.max_age_days,
        rule.applies.audience,
        rule.applies.purpose,
    )
    assert found == REGISTRIES[rule_id]


RELATIONS = {
    "us.ndncr": {("customer", 18), ("inquiry", 3)},
    "ca.dncl": {("customer", 18), ("inquiry", 6)},
    "no.reservasjon": {("customer", 0)},
    "se.nix": {("customer", 0)},
    "fr.bloctel": {("customer", 0)},
}


@pytest.mark.parametrize("rule_id", REGISTRIES)
def test_which_customers_a_register_leaves_to_their_seller(rule_id: str) -> None:
    found = rules(RegistryRule)[rule_id].exempt.relation
    assert {(one.kind, one.months) for one in found} == RELATIONS.get(rule_id, set())


def test_charities_are_out_of_three_registers() -> None:
    spared = {rule.id for rule in rules(RegistryRule).values() if "nonprofit" in rule.exempt.caller}
    assert spared == {"us.ndncr", "ca.dncl", "au.dncr"}


@pytest.mark.parametrize("rule_id", ["us.rnd", "us-me.rnd", "in.ncpr", "us-fl.dnc"])
def test_a_register_that_nobody_can_load_or_is_sure_of_stops_no_call(rule_id: str) -> None:
    rule = rules(RegistryRule, enforced=False)[rule_id]
    assert not rule.enforced
    assert rule.list == ("reassigned" if rule_id.endswith("rnd") else "opt_out")
    ages = {"us.rnd": 31, "us-me.rnd": 31, "us-fl.dnc": 92}
    assert rule.max_age_days == ages.get(rule_id)


def test_brazils_register_is_of_two_trades() -> None:
    topics = rules(RegistryRule)["br.nao_me_perturbe"].applies.topic
    assert topics == {"telecom", "consumer_credit"}


# Consent: how much, of what kind, from whom, for which calls, in which modes

OTHERS = {"survey", "service", "political", "fundraising", "collections"}

CONSENTS = {
    "us.tcpa.written": ("written", AUTOMATED, PERSON, SALES, RECORDED),
    "us.tcpa.express": ("express", AUTOMATED, ANYBODY, OTHERS, RECORDED),
    "us-fl.ftsa": ("written", MARKETING, PERSON, SALES, DIALED),
    "us-fl.ftsa_recorded": ("written", AUTOMATED, PERSON, SALES, RECORDED),
    "us-ok.consent": ("written", MARKETING, PERSON, SALES, DIALED),
    "us-ok.consent_recorded": ("written", AUTOMATED, PERSON, SALES, RECORDED),
    "us-md.consent": ("written", MARKETING, PERSON, SALES, DIALED),
    "us-md.consent_recorded": ("written", AUTOMATED, PERSON, SALES, RECORDED),
    "us-ct.consent": ("written", MARKETING, PERSON, SALES, LIVE),
    "us-ct.consent_recorded": ("written", AUTOMATED, PERSON, SALES, RECORDED),
    "us-ma.recorded": ("forbidden", "", PERSON, SALES, RECORDED),
    "gb.automated": ("express", AUTOMATED, ANYBODY, CAUSES, RECORDED),
    "gb.claims_pensions": ("express", MARKETING, ANYBODY, SALES, LIVE),
    "de.consent": ("express", MARKETING, PERSON, SALES, LIVE),
    "de.consent_business": ("presumed", "", FIRM, SALES, LIVE),
    "de.consent_recorded": ("express", AUTOMATED, ANYBODY, GIVING, RECORDED),
    "fr.consent": ("express", MARKETING, PERSON, SALES, LIVE),
    "fr.forbidden": ("forbidden", "", PERSON, SALES, set()),
    "fr.consent_recorded": ("express", AUTOMATED, ANYBODY, GIVING, RECORDED),
    "no.consent_recorded": ("express", AUTOMATED, PERSON, GIVING, RECORDED),
    "se.consent_recorded": ("express", AUTOMATED, ANYBODY, GIVING, RECORDED),
    "pl.consent": ("express", MARKETING, ANYBODY, SALES, LIVE),
    "pl.consent_recorded": ("express", AUTOMATED, ANYBODY, GIVING, RECORDED),
    "tr.consent": ("express", MARKETING, PERSON, SALES, LIVE),
    "tr.consent_recorded": ("express", AUTOMATED, ANYBODY, SALES, RECORDED),
    "ca.adad": ("express", AUTOMATED, ANYBODY, CAUSES, RECORDED),
}


def test_every_consent_in_force_is_in_the_table() -> None:
    expect_all(ConsentRule, CONSENTS)


@pytest.mark.parametrize("rule_id", CONSENTS)
def test_consents(rule_id: str) -> None:
    rule = rules(ConsentRule)[rule_id]
    applies = rule.applies
    found = (rule.need, rule.kind, applies.audience, applies.purpose, applies.mode)
    assert found == CONSENTS[rule_id]


def test_only_where_the_law_says_so_a_customer_needs_no_consent() -> None:
    spared = {
        rule.id: {(one.kind, one.months) for one in rule.exempt.relation}
        for rule in rules(ConsentRule).values()
        if rule.exempt.relation
    }
    customer = {("customer", 0)}
    assert spared == {
        "us-fl.ftsa": customer,
        "us-fl.ftsa_recorded": customer,
        "fr.consent": customer,
    }


def test_no_consent_to_sales_calls_is_asked_where_people_opt_out() -> None:
    asking = {
        rule.id.split(".")[0]
        for rule in rules(ConsentRule).values()
        if rule.kind == MARKETING and not rule.applies.topic and rule.need is Need.EXPRESS
    }
    assert asking == {"de", "fr", "pl", "tr"}


# Days on which the law changes


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2023, 2, 28), {"fr.bloctel"}),
        (date(2023, 3, 1), {"fr.hours_2023", "fr.4in30", "fr.refused_60", "fr.bloctel"}),
        (date(2026, 8, 10), {"fr.hours_2023", "fr.4in30", "fr.refused_60", "fr.bloctel"}),
        (date(2026, 8, 11), {"fr.hours", "fr.4in30", "fr.refused", "fr.consent"}),
        (date(2036, 8, 11), {"fr.hours", "fr.4in30", "fr.refused", "fr.consent"}),
    ],
)
def test_france_turns_from_opting_out_to_opting_in(day: date, in_force: set[str]) -> None:
    dated = {
        rule.id: rule
        for rule in jurisdiction("fr.toml").rules
        if rule.enforced and (rule.valid_from or rule.valid_until)
    }
    assert {rule_id for rule_id, rule in dated.items() if rule.valid_on(day)} == in_force


def test_poland_asks_for_consent_since_its_new_code() -> None:
    for rule_id in ("pl.consent", "pl.consent_recorded"):
        rule = rules(ConsentRule)[rule_id]
        assert not rule.valid_on(date(2024, 11, 9))
        assert rule.valid_on(date(2024, 11, 10))


# Abandoned calls: share, pacing, harbour, period, days, seconds, from when, ring

ABANDONMENT = {
    "us.fcc.abandon": (0.03, None, False, "campaign_blocks", 30, 2.0, "greeting_end", 15, None),
    "us.ftc.abandon": (0.03, None, True, "campaign_blocks", 30, 2.0, "greeting_end", 15, None),
    "gb.ofcom.guard": (0.03, 0.01, False, "calendar_day", 1, 2.0, "greeting_start", 15, None),
    "ca.abandon": (0.05, None, False, "calendar_month", 1, 2.0, "answer", None, None),
    "de.ring": (None, None, False, "calendar_day", 1, None, "answer", 15, 40),
}


def test_every_limit_of_abandoned_calls_in_force_is_in_the_table() -> None:
    expect_all(AbandonmentRule, ABANDONMENT)


@pytest.mark.parametrize("rule_id", ABANDONMENT)
def test_abandoned_calls(rule_id: str) -> None:
    rule = rules(AbandonmentRule)[rule_id]
    found = (
        rule.max_rate,
        rule.guard_rate,
        rule.safe_harbor,
        rule.period,
        rule.n,
        rule.connect_within_s,
        rule.connect_from,
        rule.min_ring_s,
        rule.max_ring_s,
    )
    assert found == ABANDONMENT[rule_id]
    assert not rule.message_marketing


def test_what_an_abandoned_call_is_a_share_of() -> None:
    found = rules(AbandonmentRule)
    for rule_id in ("us.fcc.abandon", "us.ftc.abandon", "ca.abandon"):
        assert set(found[rule_id].numerator) == {
            "abandoned",
            "connected_late",
            "amd_false_positive_estimate",
        }
        assert found[rule_id].denominator == ("human_answered",)
        assert not found[rule_id].numerator_minus
    ofcom = found["gb.ofcom.guard"]
    assert set(ofcom.numerator) == {"abandoned", "amd_false_positive_estimate"}
    assert ofcom.numerator_minus == ("machine_share_of_abandoned",)
    assert set(ofcom.denominator) == {"abandoned", "passed_to_agent_human"}


def test_who_is_out_of_the_rules_on_abandoned_calls() -> None:
    found = rules(AbandonmentRule)
    assert found["us.fcc.abandon"].applies.purpose == SALES
    assert found["us.ftc.abandon"].applies.purpose == GIVING
    assert found["us.ftc.abandon"].exempt.caller == {"nonprofit"}
    assert not found["gb.ofcom.guard"].applies.purpose
    assert not found["gb.ofcom.guard"].exempt.caller


MESSAGES = {
    "us.fcc.abandon": (
        2.0,
        {"seller_name", "callback_phone", "telemarketing_purpose"},
        "keypress_or_voice",
    ),
    "us.ftc.abandon": (2.0, {"seller_name", "callback_phone"}, ""),
    "gb.ofcom.guard": (2.0, {"seller_name", "opt_out_phone"}, ""),
    "de.ring": (None, {"seller_name"}, ""),
}


@pytest.mark.parametrize("rule_id", ABANDONMENT)
def test_what_an_abandoned_person_hears(rule_id: str) -> None:
    rule = rules(AbandonmentRule)[rule_id]
    assert rule.message_required == (rule_id in MESSAGES)
    within_s, states, opt_out = MESSAGES.get(rule_id, (None, set(), ""))
    found = (rule.message_within_s, set(rule.message_states), rule.message_opt_out)
    assert found == (within_s, states, opt_out)


# What is only shown


def duties(topic: str) -> dict[str, Duty]:
    return {rule.id: rule for rule in rules(Duty).values() if rule.topic == topic}


KEPT = {
    "us.opt_out.fcc": "5 years",
    "us.opt_out.ftc": "forever",
    "us-wa.opt_out": "at least 1 year",
    "us-va.opt_out": "10 years",
    "ca.opt_out": "3 years and 14 days",
    **dict.fromkeys([f"{land}.opt_out" for land in ("gb", "de", "fr", "no", "se")], "forever"),
    **dict.fromkeys([f"{land}.opt_out" for land in ("pl", "tr", "au")], "forever"),
    "us.retain.tsr": "5 years",
    "us.retain.regf": "3 years",
    "gb.retain.ofcom": "6 months",
    "gb.retain.consent": "while used, and 6 years of limitation",
    "de.retain.consent": "5 years",
    "ca.retain": "3 years",
    "ca.retain.consent": "3 years",
    "fr.retain.consent": "3 years",
    "tr.retain.consent": "3 years",
    "au.retain": "while relied on",
}


def test_how_long_refusals_and_records_are_kept() -> None:
    kept = {**duties("opt_out"), **duties("retain")}
    assert {
        rule_id: rule.says["keep"] for rule_id, rule in kept.items() if "keep" in rule.says
    } == (KEPT)


def test_in_which_places_everybody_must_agree_to_a_recording() -> None:
    parties = {
        rule.id.removesuffix(".recording"): rule.says["parties"]
        for rule in duties("recording").values()
        if "parties" in rule.says
    }
    all_of_them = {place for place, word in parties.items() if word == "all"}
    states = {"ca", "de", "fl", "il", "md", "ma", "mt", "nv", "nh", "pa", "wa", "ct", "mi", "or"}
    assert all_of_them == {*(f"us-{state}" for state in states), "de", "au"}
    assert {place for place, word in parties.items() if word == "one"} == {"us", "gb", "fr", "ca"}
