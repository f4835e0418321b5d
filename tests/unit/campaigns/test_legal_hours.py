"""When people may be called by the rules that came with Ringbank; each edge from both sides."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from campaigns.gates import evaluate, explain_document
from campaigns.model import Campaign
from campaigns.rules.model import Place, Placing
from leads.model import Listed
from tests.unit.campaigns.examples import utc
from tests.unit.campaigns.judging import (
    BERLIN,
    BRAZIL,
    BRITAIN,
    BY_HAND,
    CHICAGO,
    DALLAS,
    DEBTS,
    DENVER,
    FIRMS,
    FRANCE,
    GEORGIA,
    GERMANY,
    GIVING,
    INDIA,
    LAWS,
    LONDON,
    MARKETING,
    MIAMI,
    NEW_YORK,
    NORWAY,
    OSLO,
    PANHANDLE,
    PARIS,
    POLAND,
    RING,
    SECOND,
    SURVEY,
    SWEDEN,
    SYDNEY,
    TAIWAN,
    TORONTO,
    TURKEY,
    US_TX,
    UTAH,
    agreed,
    at,
    facts,
    laws,
    listing,
    own_file,
    refusing,
    rule,
)

US_FL = {"country": "US", "subdivision": "FL", "zone": NEW_YORK}

HOURS: Mapping[
    str,
    tuple[Campaign, str, dict[str, str], dict[str, Any], str, str, str, str, set[str], set[str]],
]
HOURS = {
    # who calls, whom, the address, more; the clock, the day, opens, closes; who shuts before, after
    "Florida": (BY_HAND, MIAMI, US_FL, {}, NEW_YORK, "2026-12-01", "08:00", "20:00", {"us.hours", "us-fl.hours"}, {"us-fl.hours"}),
    "Texas": (BY_HAND, DALLAS, US_TX, {}, CHICAGO, "2026-12-01", "09:00", "21:00", {"us-tx.hours"}, {"us.hours", "us-tx.hours"}),
    "Texas, Sunday": (BY_HAND, DALLAS, US_TX, {}, CHICAGO, "2026-12-06", "12:00", "21:00", {"us-tx.hours"}, {"us.hours", "us-tx.hours"}),
    # from nine in Chicago to eight in New York, whichever of the two it is
    "a Floridian number in Texas": (BY_HAND, PANHANDLE, US_TX, {}, CHICAGO, "2026-12-01", "09:00", "19:00", {"us-tx.hours"}, {"us-fl.hours"}),
    "a Texan without a zone on a New York number": (BY_HAND, "+12125551234", {"country": "US", "subdivision": "TX"}, {}, DENVER, "2026-12-01", "09:00", "19:00", {"us-tx.hours"}, {"us.hours", "us-tx.hours"}),
    "Georgia": (BY_HAND, GEORGIA, {}, {}, NEW_YORK, "2026-12-01", "08:00", "21:00", {"us.hours"}, {"us.hours"}),
    "a debt": (DEBTS, GEORGIA, {}, {}, NEW_YORK, "2026-12-06", "08:00", "21:00", {"us.regf.hours"}, {"us.regf.hours"}),
    "Puerto Rico": (BY_HAND, "+17875551234", {}, {}, "America/Puerto_Rico", "2026-12-01", "08:00", "21:00", {"us.hours"}, {"us.hours"}),
    "Utah, Saturday": (BY_HAND, UTAH, {}, {}, DENVER, "2026-12-05", "08:00", "21:00", {"us.hours", "us-ut.hours"}, {"us.hours", "us-ut.hours"}),
    "Germany": (BY_HAND, GERMANY, {}, MARKETING, BERLIN, "2026-12-01", "08:00", "20:00", {"de.hours"}, {"de.hours"}),
    "Germany, Saturday": (BY_HAND, GERMANY, {}, MARKETING, BERLIN, "2026-12-05", "09:00", "18:00", {"de.hours"}, {"de.hours"}),
    "France": (BY_HAND, FRANCE, {}, MARKETING, PARIS, "2026-12-01", "10:00", "13:00", {"fr.hours"}, {"fr.hours"}),
    "France, afternoon": (BY_HAND, FRANCE, {}, MARKETING, PARIS, "2026-12-01", "14:00", "20:00", {"fr.hours"}, {"fr.hours"}),
    "Britain": (BY_HAND, BRITAIN, {}, {}, LONDON, "2026-12-01", "08:00", "21:00", {"gb.dma.hours"}, {"gb.dma.hours"}),
    "Britain, Christmas on a Friday": (BY_HAND, BRITAIN, {}, {}, LONDON, "2026-12-25", "08:00", "21:00", {"gb.dma.hours"}, {"gb.dma.hours"}),
    "Britain, Sunday": (BY_HAND, BRITAIN, {}, {}, LONDON, "2026-12-06", "09:00", "21:00", {"gb.dma.hours"}, {"gb.dma.hours"}),
    "Norway": (BY_HAND, NORWAY, {}, {}, OSLO, "2026-12-01", "09:00", "21:00", {"no.hours"}, {"no.hours"}),
    "Norway, for a charity": (replace(GIVING, caller="nonprofit"), NORWAY, {}, {}, OSLO, "2026-12-01", "09:00", "21:00", {"no.hours"}, {"no.hours"}),
    "Canada": (BY_HAND, TORONTO, {}, {}, "America/Toronto", "2026-12-01", "09:00", "21:30", {"ca.hours"}, {"ca.hours"}),
    "Canada, Saturday": (BY_HAND, TORONTO, {}, {}, "America/Toronto", "2026-12-05", "10:00", "18:00", {"ca.hours"}, {"ca.hours"}),
    "Canada, to a firm": (FIRMS, TORONTO, {}, {}, "America/Toronto", "2026-12-01", "09:00", "21:30", {"ca.hours"}, {"ca.hours"}),
    "Australia, sales": (BY_HAND, SYDNEY, {}, {}, "Australia/Sydney", "2026-12-01", "09:00", "20:00", {"au.hours"}, {"au.hours"}),
    "Australia, sales on Saturday": (BY_HAND, SYDNEY, {}, {}, "Australia/Sydney", "2026-12-05", "09:00", "17:00", {"au.hours"}, {"au.hours"}),
    "Australia, research": (SURVEY, SYDNEY, {}, {}, "Australia/Sydney", "2026-12-01", "09:00", "20:30", {"au.hours_research"}, {"au.hours_research"}),
    "Australia, research on Sunday": (SURVEY, SYDNEY, {}, {}, "Australia/Sydney", "2026-12-06", "09:00", "17:00", {"au.hours_research"}, {"au.hours_research"}),
    "India": (BY_HAND, INDIA, {}, {}, "Asia/Calcutta", "2026-12-06", "10:00", "21:00", {"in.hours"}, {"in.hours"}),
    "India, a debt": (DEBTS, INDIA, {}, {}, "Asia/Calcutta", "2026-12-01", "08:00", "19:00", {"in.rbi.hours"}, {"in.rbi.hours"}),
}  # fmt: skip


@pytest.mark.parametrize("case", HOURS)
def test_the_first_second_and_the_last_one(case: str) -> None:
    asked, number, address, more, zone, day, opens, closes, before, after = HOURS[case]
    opening, closing = (at(f"{day}T{clock}", zone) for clock in (opens, closes))

    def told(now: datetime) -> set[str]:
        return set(refusing(facts(number, now, asked, address=address, **more)))

    assert told(opening - SECOND) == before
    assert told(opening) == set()
    assert told(closing - RING) == set()
    assert told(closing - RING + SECOND) == after
    shut = evaluate(facts(number, opening - SECOND, asked, address=address, **more))
    assert shut.until == opening
    assert {refusal.gate for refusal in shut.refusals} == {"hours"}
    assert all(refusal.source for refusal in shut.refusals)


TEN = "10:00"


@pytest.mark.parametrize(
    ("number", "address", "more", "zone", "day", "shut_by", "opens"),
    [
        (UTAH, {}, {}, DENVER, "2026-12-06", {"us-ut.hours"}, "2026-12-07T08:00"),  # Sunday
        (UTAH, {}, {}, DENVER, "2026-07-24", {"us-ut.hours"}, "2026-07-25T08:00"),  # Pioneer Day
        (UTAH, {}, {"consents": agreed("hours")}, DENVER, "2026-12-06", set(), None),
        (GEORGIA, {}, {}, NEW_YORK, "2026-12-25", set(), None),
        # Epiphany, a Wednesday: a holiday in Bavaria, none in North Rhine-Westphalia
        *(
            (GERMANY, {"country": "DE", "subdivision": land}, MARKETING, BERLIN, "2027-01-06", by, opens)
            for land, by, opens in [
                ("BY", {"de.hours"}, "2027-01-07T08:00"),
                ("Bayern", {"de.hours"}, "2027-01-07T08:00"),
                ("NW", set(), None),
                ("Nordrhein-Westfalen", set(), None),
                ("somewhere", {"de.hours"}, "2027-01-07T08:00"),
                ("", {"de.hours"}, "2027-01-07T08:00"),
            ]
        ),
        (GERMANY, {}, MARKETING, BERLIN, "2027-01-06", {"de.hours"}, "2027-01-07T08:00"),
        (GERMANY, {}, {"consents": agreed("hours", "phone_marketing")}, BERLIN, "2027-01-06", set(), None),
        (FRANCE, {}, MARKETING, PARIS, "2026-12-05", {"fr.hours"}, "2026-12-07T10:00"),  # Saturday
        (FRANCE, {}, MARKETING, PARIS, "2026-12-25", {"fr.hours"}, "2026-12-28T10:00"),
        (NORWAY, {}, {}, OSLO, "2026-12-05", {"no.hours"}, "2026-12-07T09:00"),  # Saturday
        (NORWAY, {}, {}, OSLO, "2027-05-17", {"no.hours"}, "2027-05-18T09:00"),  # a Monday
        (NORWAY, {}, {"consents": agreed("hours", "customer", "phone_marketing")}, OSLO, "2026-12-05", {"no.hours"}, "2026-12-07T09:00"),
        (SYDNEY, {}, {}, "Australia/Sydney", "2026-12-06", {"au.hours"}, "2026-12-07T09:00"),
        (SYDNEY, {}, {"consents": agreed("hours")}, "Australia/Sydney", "2026-12-06", set(), None),
    ],
)  # fmt: skip
def test_sundays_and_holidays(
    number: str,
    address: dict[str, str],
    more: dict[str, Any],
    zone: str,
    day: str,
    shut_by: set[str],
    opens: str | None,
) -> None:
    asked = facts(number, at(f"{day}T{TEN}", zone), BY_HAND, address=address, **more)
    assert set(refusing(asked)) == shut_by
    assert evaluate(asked).until == (opens and at(opens, zone))


@pytest.mark.parametrize(
    ("number", "more"),
    [
        (SWEDEN, {}),
        (POLAND, MARKETING),
        (BRAZIL, {}),
        (TAIWAN, {}),
        (TURKEY, MARKETING | {"registries": [listing("tr-iys", date(2026, 12, 5), Listed.YES)]}),
    ],
)
def test_where_no_law_sets_hours_none_hold_but_those_of_ones_own(
    number: str, more: dict[str, Any]
) -> None:
    night = utc("2026-12-06T02:00")  # a Sunday
    asked = facts(number, night, BY_HAND, **more)
    assert refusing(asked) == []
    assert explain_document(evaluate(asked), asked)["without_hours"] == [
        str(place) for place in asked.placing.places
    ]
    office = facts(number, night, BY_HAND, by=laws(office_hours=True), **more)
    assert refusing(office) == ["own-hours.office"]
    assert office.law.without_hours == office.placing.places, "nobody's law"
    assert facts(NORWAY, night, BY_HAND).law.without_hours == ()


def test_all_that_is_shut_opens_with_the_last_which_tells_when_all_do() -> None:
    """Each is open before: Texas from noon in Denver, an own rule until eleven in Chicago."""
    mornings = rule("hours", 'windows = { mon_sat = [["06:00", "12:00"]], holiday = "as_weekday" }')
    by = laws(own_file(mornings))
    sunday = at("2026-12-06T10:00", CHICAGO)
    asked = facts(DALLAS, sunday, BY_HAND, by=by, address=US_TX)
    untils = {one.rule: one.until for one in evaluate(asked).refusals}
    assert untils == {
        "us-tx.hours": at("2026-12-06T12:00", CHICAGO),
        "ours.one": at("2026-12-07T09:00", CHICAGO),
    }
    assert evaluate(asked).until == at("2026-12-07T09:00", CHICAGO)


def test_the_hours_of_a_rule_that_is_yet_to_come_count_for_the_next_opening() -> None:
    old = rule("hours", 'windows = { all = [] , holiday = [] }\nvalid_until = 2026-12-10', name="old")  # fmt: skip
    new = rule(
        "hours",
        'windows = { all = [["12:00", "13:00"]], holiday = "as_weekday" }\nvalid_from = 2026-12-11',
        name="new",
    )
    asked = facts(SWEDEN, at("2026-12-01T12:00", "Europe/Stockholm"), BY_HAND, by=laws(own_file(old + new)))  # fmt: skip
    assert refusing(asked) == ["ours.old"]
    assert evaluate(asked).until == at("2026-12-11T12:00", "Europe/Stockholm")


def test_a_rule_that_is_shut_in_two_places_is_told_once_with_the_later_end() -> None:
    """On Epiphany Bavaria is shut till the next morning, the rest of Germany till this one."""
    week = rule(
        "hours", "windows = { all = [], holiday = [] }\nvalid_until = 2027-01-07", name="week"
    )
    early = at("2027-01-06T07:00", BERLIN)
    both = Placing(zones=(BERLIN,), places=(Place("DE", "DE-BY"), Place("DE", "DE-NW")))
    for by, others in ((LAWS, {}), (laws(own_file(week)), {"ours.week": "2027-01-08T08:00"})):
        asked = facts(GERMANY, early, BY_HAND, **MARKETING)
        found = evaluate(replace(asked, law=by.of(BY_HAND, both, "fixed", early))).refusals
        assert [(one.rule, one.until) for one in found] == [
            ("de.hours", at("2027-01-07T08:00", BERLIN)),
            *((name, at(until, BERLIN)) for name, until in others.items()),
        ]
