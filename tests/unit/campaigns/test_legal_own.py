"""What an operator adds to the law and switches off, and what is only shown."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns.gates import decision_document, evaluate, explain_document
from campaigns.model import Campaign, DialMode, Outcome
from tests.unit.campaigns.examples import campaign, utc
from tests.unit.campaigns.judging import (
    BRAZIL,
    BY_HAND,
    CHICAGO,
    DALLAS,
    DAY,
    GEORGIA,
    HOUR,
    INDIA,
    MACHINE,
    MIAMI,
    MOSCOW,
    NORWAY,
    OSLO,
    PANHANDLE,
    PROVEN,
    RECORDED,
    SECOND,
    SURVEY,
    SWEDEN,
    TAIWAN,
    TORONTO,
    WEEKDAY,
    agreed,
    at,
    facts,
    laws,
    listed,
    loaded,
    own_file,
    past,
    refusing,
    rule,
)

# -- the operator's own ----------------------------------------------------------------------


@pytest.mark.parametrize("number", [NORWAY, SWEDEN, DALLAS])
def test_the_operators_floor_holds_everywhere(number: str) -> None:
    by = laws(max_per_day=2, max_per_week=3, other_hour=True)
    now = WEEKDAY.replace(hour=16)
    yesterday, today = past(number, now - DAY - HOUR), past(number, now - 2 * HOUR)
    answered = past(number, now - DAY, Outcome.CONNECTED)

    def told(*calls: Any) -> list[str]:
        return refusing(facts(number, now, BY_HAND, by=by, calls=calls))

    assert told() == []
    assert told(today) == []
    assert told(today, today) == ["own.max_per_day"]
    assert told(today, today, yesterday) == ["own.max_per_day", "own.max_per_week"]
    assert told(today, yesterday, yesterday) == ["own.max_per_week"]
    assert told(past(number, now - 5 * DAY)) == ["own.other_hour"]
    assert told(answered) == []


def test_a_day_of_the_floor_is_one_of_the_persons_calendar() -> None:
    by = laws(max_per_day=1)
    evening = at("2026-12-01T20:30", OSLO)
    calls = (past(NORWAY, evening),)
    asked = facts(NORWAY, evening + 15 * timedelta(minutes=1), BY_HAND, by=by, calls=calls)
    assert refusing(asked) == ["own.max_per_day"]
    assert evaluate(asked).until == at("2026-12-02T00:00", OSLO)
    assert refusing(facts(NORWAY, at("2026-12-02T09:00", OSLO), BY_HAND, by=by, calls=calls)) == []


def test_a_day_of_the_floor_is_one_on_every_calendar_that_may_be_theirs() -> None:
    """Ten past midnight in Chicago is another day; the call before it was of today in New York."""
    by = laws(max_per_day=1)
    calls = (past(PANHANDLE, at("2026-12-01T23:50", CHICAGO)),)
    asked = facts(PANHANDLE, at("2026-12-02T00:10", CHICAGO), SURVEY, by=by, calls=calls)
    assert refusing(asked) == ["own.max_per_day"]
    assert evaluate(asked).until == at("2026-12-03T00:00", CHICAGO) - HOUR


def test_who_allows_no_call_allows_not_even_the_first() -> None:
    asked = facts(NORWAY, WEEKDAY, BY_HAND, by=laws(max_per_day=0))
    assert refusing(asked) == ["own.max_per_day"]
    assert evaluate(asked).until is None


def test_a_country_without_rules_is_called_only_where_the_operator_says_so() -> None:
    finn = "+358912345678"
    assert refusing(facts(finn, WEEKDAY, BY_HAND)) == ["no_rules:FI"]
    allowed = facts(finn, WEEKDAY, BY_HAND, by=laws(allow_without_rules=frozenset({"FI"})))
    assert refusing(allowed) == []
    assert decision_document(allowed)["without_rules"] == ["FI"]
    assert "without_rules" not in decision_document(facts(NORWAY, WEEKDAY, BY_HAND))
    ruled = own_file(rule("cap", 'max = 1\nper = { kind = "rolling_hours", n = 24 }'), 'countries = ["FI"]')  # fmt: skip
    named = facts(finn, WEEKDAY, BY_HAND, by=laws(ruled))
    assert refusing(named) == []
    assert "without_rules" not in decision_document(named)
    # one of two possible countries is enough to refuse
    both = facts(finn, WEEKDAY, BY_HAND, address={"country": "NO", "zone": OSLO})
    assert refusing(both) == ["no_rules:FI"]


@pytest.mark.parametrize(
    ("mode", "more", "shut_by"),
    [
        (DialMode.MANUAL, {}, []),
        (DialMode.PREVIEW, {}, []),
        (DialMode.PROGRESSIVE, {}, ["zone_unknown"]),
        (DialMode.PREDICTIVE, {}, ["zone_unknown"]),
        (DialMode.BROADCAST, {}, ["zone_unknown"]),
        (DialMode.MANUAL, {"office_hours": True}, ["zone_unknown"]),
    ],
)
def test_who_may_be_in_any_zone_is_called_only_by_a_person_and_where_no_hours_hold(
    mode: DialMode, more: dict[str, Any], shut_by: list[str]
) -> None:
    by = laws(allow_without_rules=frozenset({"RU"}), **more)
    asked = facts(MOSCOW, WEEKDAY, campaign(mode=mode), by=by)
    assert asked.zones == ()
    assert refusing(asked) == shut_by


def test_a_person_of_whom_nothing_is_known_is_not_called() -> None:
    asked = facts("+80012345678", WEEKDAY, BY_HAND)
    assert refusing(asked) == ["country_unknown"]
    assert refusing(facts("+80012345678", WEEKDAY, MACHINE)) == ["zone_unknown", "country_unknown"]


# -- what is shown and what was switched off -------------------------------------------------


def test_a_rule_that_was_switched_off_refuses_nobody_and_is_told_with_who_did_so_and_why() -> None:
    off = '\n[[loosen]]\nrule = "no.hours"\nby = "K. Nordmann"\nreason = "Asked counsel in May"\n'
    night = at("2026-12-05T23:00", OSLO)
    assert refusing(facts(NORWAY, night, BY_HAND)) == ["no.hours"]
    asked = facts(NORWAY, night, BY_HAND, by=laws(own_file(off)))
    assert refusing(asked) == []
    told = [{"rule": "no.hours", "by": "K. Nordmann", "reason": "Asked counsel in May"}]
    assert decision_document(asked)["loosened"] == told
    assert explain_document(evaluate(asked), asked)["loosened"] == told
    assert "no.hours" not in decision_document(asked)["rules"]  # type: ignore[operator]
    assert "loosened" not in decision_document(facts(NORWAY, WEEKDAY, BY_HAND))
    # a register of a rule that was switched off is not the operator's own for that
    register = laws(own_file(off.replace("no.hours", "no.reservasjon")))
    listed_there = listed(facts(NORWAY, WEEKDAY, BY_HAND, by=register), "no-reservasjon")
    assert refusing(listed_there) == []


@pytest.mark.parametrize(
    ("number", "zone", "ends"),
    [
        (NORWAY, OSLO, "2026-12-06T00:00"),
        (DALLAS, CHICAGO, "2026-12-06T00:00"),
        ("+64211234567", "Pacific/Auckland", "2026-12-06T00:00"),
    ],
)
def test_a_rule_is_switched_off_until_the_end_of_the_last_day_where_the_person_is(
    number: str, zone: str, ends: str
) -> None:
    night = rule("hours", "windows = { all = [], holiday = [] }")
    off = (
        '\n[[loosen]]\nrule = "ours.one"\nby = "K. Nordmann"\nreason = "Asked counsel"\n'
        "valid_until = 2026-12-05\n"
    )
    by = laws(own_file(night + off), allow_without_rules=frozenset({"NZ"}), zone_policy="address")
    address = {"zone": zone}
    end = at(ends, zone)
    for now, shut in ((end - SECOND, False), (end, True)):
        asked = facts(number, now, replace(SURVEY, ring_s=1), by=by, address=address)
        assert ("ours.one" in refusing(asked)) == shut


def test_where_no_zone_is_known_a_rule_is_on_again_when_the_day_is_over_anywhere() -> None:
    off = (
        rule("cap", 'max = 0\nper = { kind = "rolling_hours", n = 24 }')
        + '\n[[loosen]]\nrule = "ours.one"\nby = "K. Nordmann"\nreason = "Asked counsel"\n'
        "valid_until = 2026-12-05\n"
    )
    by = laws(own_file(off), allow_without_rules=frozenset({"RU"}))
    for now, told in (("2026-12-04T23:59:59", []), ("2026-12-05T00:00", ["ours.one"])):
        assert refusing(facts(MOSCOW, utc(now), BY_HAND, by=by)) == told


def test_of_two_zones_the_one_in_which_the_day_is_over_decides() -> None:
    off = (
        rule("cap", 'max = 0\nper = { kind = "rolling_hours", n = 24 }')
        + '\n[[loosen]]\nrule = "ours.one"\nby = "K. Nordmann"\nreason = "Asked counsel"\n'
        "valid_until = 2026-12-05\n"
    )
    by = laws(own_file(off), allow_without_rules=frozenset({"NZ"}))
    over, kiwi = at("2026-12-06T00:00", "Pacific/Auckland"), "+6493701234"
    for address, told in (({}, []), ({"zone": "Pacific/Chatham"}, ["ours.one"])):
        assert refusing(facts(kiwi, over - SECOND, SURVEY, by=by, address=address)) == told
    assert refusing(facts(kiwi, over, SURVEY, by=by)) == ["ours.one"]


def test_where_no_zone_is_known_a_rule_of_tomorrow_holds_today() -> None:
    for valid in ("valid_from = 2026-12-06", "valid_until = 2026-12-04"):
        text = rule("consent", f'need = "forbidden"\n{valid}')
        by = laws(own_file(text), allow_without_rules=frozenset({"RU"}))
        assert refusing(facts(MOSCOW, utc("2026-12-05T12:00"), SURVEY, by=by)) == ["ours.one"]
        outside = "2026-12-04T23:00" if "from" in valid else "2026-12-06T00:00"
        assert refusing(facts(MOSCOW, utc(outside), SURVEY, by=by)) == []


@pytest.mark.parametrize(
    ("number", "asked", "shown"),
    [
        (MIAMI, BY_HAND, {"us-fl.dnc"}),
        (GEORGIA, replace(RECORDED, mode=DialMode.PREDICTIVE), {"us.rnd"}),  # protects only
        (SWEDEN, BY_HAND, {"se.hours"}),
        (TAIWAN, replace(BY_HAND, topics=("banking",)), {"tw.banks"}),
        (BRAZIL, BY_HAND, {"br.bill"}),
        ("+12155551234", BY_HAND, {"us-pa.hours", "us-pa.dnc"}),
        ("+13175551234", RECORDED, {"us-in.hours_recorded", "us-in.dnc", "us.rnd"}),
        (INDIA, BY_HAND, {"in.ncpr"}),
        (TORONTO, BY_HAND, {"ca.hours_holidays"}),
    ],
)
def test_what_is_proposed_unsure_or_a_safe_harbour_is_shown_and_refuses_nobody(
    number: str, asked: Campaign, shown: set[str]
) -> None:
    consents = agreed("automated_calls", "phone_marketing", **PROVEN)
    calls = tuple(past(number, WEEKDAY - n * timedelta(minutes=1), Outcome.BUSY) for n in range(9))
    for hour in range(24):
        judged = facts(number, WEEKDAY.replace(hour=hour), asked, consents=consents, calls=calls)
        assert shown <= {rule.id for rule in judged.law.shown}
        assert not shown & set(refusing(judged))
        assert not shown & {rule.id for rule in judged.law.rules}
    assert set(explain_document(evaluate(judged), judged)["not_enforced"]) >= shown  # type: ignore[call-overload]


def test_the_helpers_load_every_register_that_is_asked_for() -> None:
    """Else the tables above would tell of a missing file only."""
    asked = facts(MIAMI, WEEKDAY, BY_HAND)
    assert [one.registry.name for one in asked.registries] == ["us-ndncr"]
    assert asked.registries == loaded(asked.law, WEEKDAY)
