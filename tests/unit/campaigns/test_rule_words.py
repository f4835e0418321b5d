"""What a rule says is told so that nobody needs to read its file."""

from datetime import date, time

import pytest

from campaigns.rules.hours import statutory_hours
from campaigns.rules.model import (
    AbandonmentRule,
    AbandonPeriod,
    Applies,
    Calendar,
    CapRule,
    Confidence,
    ConnectFrom,
    ConsentRule,
    CooldownRule,
    Counted,
    Duty,
    Event,
    Exempt,
    Force,
    HourRule,
    HoursRule,
    Jurisdiction,
    Need,
    Period,
    RegistryList,
    RegistryRule,
    Relation,
    Rule,
    Status,
)
from campaigns.rules.words import (
    dates,
    holidays,
    in_one_line,
    kind_of,
    places,
    says,
    scope,
    stands,
)
from tests.unit.campaigns.examples import windows

COMMON = {
    "id": "us.rule",
    "force": Force.LAW,
    "confidence": Confidence.HIGH,
    "source": ("an act",),
}
DAY = windows("08:00-21:00")


def hours(**more: object) -> HoursRule:
    days = {"days": (DAY,) * 5 + (windows("09:00-12:00", "13:00-17:00"), ())}
    return HoursRule(**COMMON | days | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "kind", "told"),
    [
        (hours(), "hours", "mon to fri: 08:00-21:00; sat: 09:00-12:00, 13:00-17:00; sun: closed; public holidays: as on the weekday"),
        (hours(days=((),) * 7, holiday=()), "hours", "mon to sun: closed; public holidays: closed"),
        (hours(days=(DAY,) * 7, holiday=((time(10), time.min),)), "hours", "mon to sun: 08:00-21:00; public holidays: 10:00-24:00"),
        (CapRule(**COMMON, max=3, period=Period.ROLLING_HOURS, n=24, key=frozenset({"subject", "person"})), "cap", "at most: 3 attempts in 24 hours; counted for each: person, subject"),
        (CapRule(**COMMON, max=1, period=Period.CONSECUTIVE_DAYS, counted=Counted.CONVERSATIONS), "cap", "at most: 1 conversation in one day; counted for each: person"),
        (CapRule(**COMMON, max=0, period=Period.CALENDAR_WEEK), "cap", "at most: 0 attempts a week, Monday to Sunday; counted for each: person"),
        (CapRule(**COMMON, max=2, period=Period.CAMPAIGN, counted=Counted.ANSWERED), "cap", "at most: 2 answered calls in a campaign; counted for each: person"),
        (CooldownRule(**COMMON, after=Event.NO_ANSWER, period=Period.CONSECUTIVE_DAYS, n=7), "cooldown", "after: no answer; wait: 7 days in a row, the first included; counted for each: person"),
        (CooldownRule(**COMMON, after=Event.REFUSED, period=Period.CALENDAR_DAYS, n=60), "cooldown", "after: refused; wait: 60 whole days after that day; counted for each: person"),
        (CooldownRule(**COMMON, after=Event.ABANDONED, period=Period.FOREVER), "cooldown", "after: abandoned; wait: forever; counted for each: person"),
        (HourRule(**COMMON, days=6), "hour", "after: no answer; wait: not in the same hour of the day for 6 days more"),
        (RegistryRule(**COMMON, registry="us-ndncr", title="National Do Not Call Registry", max_age_days=31), "registry", "register: National Do Not Call Registry, loaded as us-ndncr; who is on it: may not be called; its file: at most 31 days old"),
        (RegistryRule(**COMMON, registry="x", title="X", list=RegistryList.OPT_IN), "registry", "register: X, loaded as x; who is on it: may be called, nobody else"),
        (ConsentRule(**COMMON, need=Need.WRITTEN, kind="automated_calls"), "consent", "consent: written, with its proof, of the kind automated_calls"),
        (ConsentRule(**COMMON, need=Need.EXPRESS, kind="phone_marketing"), "consent", "consent: express, of the kind phone_marketing"),
        (ConsentRule(**COMMON, need=Need.FORBIDDEN), "consent", "consent: such calls are forbidden; no consent allows them"),
        (ConsentRule(**COMMON, need=Need.PRESUMED), "consent", "consent: presumed until the person objects"),
        (Duty(**COMMON, topic="opt_out", says={"apply_within": "10 business days"}), "opt_out", "apply within: 10 business days"),
    ],
)  # fmt: skip
def test_each_kind_of_rule_in_words(rule: Rule, kind: str, told: str) -> None:
    assert kind_of(rule) == kind
    assert in_one_line(rule) == told


def test_an_abandonment_rule_in_words() -> None:
    told = says(
        AbandonmentRule(
            **COMMON,
            max_rate=0.03,
            guard_rate=0.025,
            safe_harbor=True,
            period=AbandonPeriod.CAMPAIGN_BLOCKS,
            n=30,
            group=("campaign",),
            numerator=("abandoned", "connected_late"),
            numerator_minus=("machine_share_of_abandoned",),
            denominator=("human_answered",),
            connect_within_s=2.0,
            connect_from=ConnectFrom.GREETING_END,
            message_required=True,
            message_within_s=2.5,
            message_states=("seller_name",),
            message_opt_out="keypress_or_voice",
            min_ring_s=15,
        )
    )
    assert told == {
        "at most": "3.00%",
        "paced to": "2.50%",
        "safe harbor": "keeping below it protects",
        "measured as": "abandoned + connected late less machine share of abandoned, "
        "of human answered",
        "measured over": "blocks of 30 days from the campaign's start",
        "measured for each": "campaign",
        "an agent is there": "within 2 s from greeting end",
        "message": "required, within 2.5 s, states seller name, opt-out by keypress or voice",
        "rings at least": "15 s",
    }


def test_to_whom_a_rule_applies() -> None:
    rule = hours(
        applies=Applies(audience=frozenset({"consumer"}), mode=frozenset({"ratio", "predictive"})),
        exempt=Exempt(
            caller=frozenset({"nonprofit"}),
            relation=(Relation(kind="customer", months=18), Relation(kind="inquiry", months=0)),
            consent=frozenset({"phone_marketing"}),
        ),
        unless_consent=frozenset({"night_calls"}),
        unless_agent_reserved=True,
    )
    assert scope(rule) == {
        "applies_to": "audience consumer; mode predictive, ratio",
        "spares": "caller nonprofit; customer not older than 18 months; inquiry; "
        "consent phone_marketing",
        "lifted_by": "consent night_calls, an agent waits for this very call",
    }
    assert scope(hours()) == {"applies_to": "", "spares": "", "lifted_by": ""}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "in force"),
        ({"status": Status.PROPOSED}, "proposed, shown only"),
        ({"status": Status.REPEALED}, "repealed, shown only"),
        ({"force": Force.SAFE_HARBOR}, "a safe harbor, shown only"),
    ],
)
def test_whether_a_rule_stands(more: dict[str, object], told: str) -> None:
    assert stands(hours(**more)) == told


def test_dates_and_places_and_holidays() -> None:
    assert dates(hours()) == ""
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    assert dates(hours(valid_from=first, valid_until=last)) == "from 2026-01-01 until 2026-12-31"
    assert dates(hours(valid_until=last)) == "until 2026-12-31"
    file = Jurisdiction(id="us", name="US", countries=frozenset({"US", "PR"}))
    assert places(file) == "PR, US"
    everywhere = Jurisdiction(id="x", name="X", countries=frozenset("*"))
    assert places(everywhere) == "everywhere"
    assert holidays(Calendar()) == "none of its own"
    assert holidays(Calendar(country="US", subdivision="FL")) == "those of US-FL"
    told = holidays(
        Calendar(
            country="US",
            from_address=True,
            union=True,
            add=(("12-24", "Christmas Eve"),),
            drop=("Columbus Day",),
        )
    )
    assert told == (
        "those of US, and of the address's subdivision; of any subdivision where that is not "
        "known, and Christmas Eve (12-24), without Columbus Day"
    )


@pytest.mark.parametrize(
    ("rule", "stated"),
    [
        (hours(), True),
        (hours(force=Force.REGULATION), True),
        (hours(force=Force.CODE), True),
        (hours(force=Force.OWN), False),
        (hours(status=Status.PROPOSED), False),
        (hours(valid_until=date(2026, 11, 27)), True),
        (hours(valid_until=date(2026, 11, 26)), False),
        (CapRule(**COMMON, max=1, period=Period.CAMPAIGN), False),
    ],
)
def test_a_law_or_a_code_in_force_states_hours_and_nothing_of_ones_own(
    rule: Rule, stated: bool
) -> None:
    file = Jurisdiction(id="us", name="US", countries=frozenset({"US"}), rules=(rule,))
    assert statutory_hours([file], date(2026, 11, 27)) is stated
