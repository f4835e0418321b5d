"""Whatever is known of a person and their calls: what more is asked never lets a call through."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.decision import Facts
from campaigns.gates import GATES, decision_document, evaluate, explain_document
from campaigns.law import Laws
from campaigns.limits import PastCall
from campaigns.model import (
    Campaign,
    CampaignState,
    DialMode,
    DispositionKind,
    GiveUp,
    LeadState,
    MoveTo,
    Outcome,
    PastAttempt,
    Retry,
)
from campaigns.rules.model import Place, Placing
from leads.consent_rules import Consent
from leads.model import E164, Listed, Listing, NumberId, Suppression, SuppressionScope
from tests.unit.campaigns.examples import campaign, hours, utc, windows
from tests.unit.campaigns.judging import (
    LAWS,
    LEAD,
    OTHER_LEAD,
    consent,
    laws,
    listing,
    own_file,
    rule,
)

NUMBER, OTHER_NUMBER = 4721000099, 12125551234
ZONES = [
    "America/New_York", "America/Chicago", "America/Denver", "Europe/Oslo", "Europe/Berlin",
    "Europe/Paris", "Europe/London", "Australia/Sydney",
]  # fmt: skip
PLACES = [
    Place(country, part and f"{country}-{part}")
    for country, parts in {
        "US": ("", "FL", "TX", "UT", "OK", "LA"),
        "DE": ("", "BY", "NW"),
        "FR": ("",),
        "GB": ("",),
        "NO": ("",),
        "CA": ("", "ON"),
        "AU": ("",),
        "SE": ("",),
        "TR": ("",),
        "FI": ("",),
    }.items()
    for part in parts
]
REGISTERS = sorted(LAWS.book.registries() | {"our-letters", "us-fl-dnc"})
KINDS = ["phone_marketing", "automated_calls", "hours", "customer", "inquiry", "written_permission"]
SPAN_S = int(timedelta(days=200).total_seconds())

moments = st.integers(0, SPAN_S).map(lambda s: utc("2026-07-10T00:00") + timedelta(seconds=s))


def some(values: list[Any], least: int = 1, most: int = 3) -> st.SearchStrategy[Any]:
    chosen = st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True)
    return chosen.map(lambda them: tuple(sorted(them)))


placings = st.builds(
    lambda zones, places: Placing(zones=zones, places=places), some(ZONES), some(PLACES)
)
campaigns = st.builds(
    campaign,
    mode=st.sampled_from([DialMode.MANUAL, DialMode.PROGRESSIVE, DialMode.BROADCAST]),
    purpose=st.sampled_from(["sales", "sales", "survey", "fundraising", "collections"]),
    audience=st.sampled_from(["consumer", "consumer", "business"]),
    caller=st.sampled_from(["company", "nonprofit"]),
    topics=st.sampled_from([(), ("pensions", "telecom")]),
    hours=st.sampled_from([None, hours(windows("08:00-20:00"))]),
)


@st.composite
def consents_of(draw: st.DrawFn, now: datetime) -> tuple[Consent, ...]:
    kinds = draw(some(KINDS, least=0, most=len(KINDS)))
    return tuple(
        consent(
            kind,
            given_at=now - timedelta(days=draw(st.integers(0, 700))),
            proof=draw(st.sampled_from([None, "form 17"])),
        )
        for kind in kinds
    )


@st.composite
def registers_of(draw: st.DrawFn, now: datetime) -> tuple[Listing, ...]:
    """Most of them there and new, and the number on few: else nobody could ever be called."""
    return tuple(
        listing(
            name,
            now.date() - timedelta(days=draw(st.sampled_from([0, 0, 3, 29, 99]))),
            draw(st.sampled_from([Listed.NO] * 8 + [*Listed])),
        )
        for name in REGISTERS
        if name not in {"our-letters", "us-fl-dnc"} or draw(st.booleans())
    )


@st.composite
def calls_before(draw: st.DrawFn, now: datetime) -> tuple[PastCall, ...]:
    def one() -> PastCall:
        began = now - timedelta(seconds=draw(st.sampled_from([1, 60, 3600, 7200, 50_000, 90_000, 600_000])))  # fmt: skip
        outcome = draw(st.sampled_from([None, *Outcome]))
        return PastCall(
            lead_id=draw(st.sampled_from([LEAD, LEAD, LEAD, OTHER_LEAD, None])),
            number_id=draw(st.sampled_from([NUMBER, NUMBER, NUMBER, OTHER_NUMBER, None])),
            campaign=draw(st.sampled_from(["tariff-switch", "other"])),
            seller=draw(st.sampled_from([*[campaign().seller] * 4, "Another AS"])),
            dialed_at=began,
            ended_at=None if outcome is None else began,
            outcome=outcome,
            disposition=draw(st.sampled_from([None, None, *DispositionKind])) if outcome else None,
        )

    return tuple(one() for _ in range(draw(st.sampled_from([0, 0, 2, 8]))))


@st.composite
def people(draw: st.DrawFn, where: st.SearchStrategy[Placing] = placings) -> Facts:
    """Whom only the law may keep from being called."""
    now, asked, placing = draw(moments), draw(campaigns), draw(where)
    line = draw(st.sampled_from(["mobile", "fixed", "fixed_or_mobile"]))
    return Facts(
        now=now,
        campaign=asked,
        campaign_state=CampaignState.RUNNING,
        number=E164(f"+{NUMBER}"),
        number_id=NumberId(NUMBER),
        law=LAWS.of(asked, placing, line, now),
        rule_set=LAWS.rule_set(asked),
        lead_id=LEAD,
        lead_state=LeadState.NEW,
        on_list=True,
        in_segment=True,
        next_call_at=None,
        claimed=False,
        suppression=None,
        registries=draw(registers_of(now)),
        calls=draw(calls_before(now)),
        consents=draw(consents_of(now)),
    )


def judged_by(asked: Facts, by: Laws, placing: Placing | None = None) -> Facts:
    """The same by other rules, or elsewhere, on a line of which nobody knows: of either kind."""
    return replace(asked, law=by.of(asked.campaign, placing or asked.placing, "unknown", asked.now))


def test_the_people_below_are_of_every_sort() -> None:
    """Some may be called and some not, each gate of the law refuses some: nothing is vacuous."""
    seen: Counter[str] = Counter()

    @given(people())
    @settings(max_examples=2000, database=None, derandomize=True)
    def look(asked: Facts) -> None:
        decision = evaluate(asked)
        seen["callable"] += decision.callable
        seen["ends"] += decision.until is not None
        seen.update({refusal.gate for refusal in decision.refusals})

    look()
    assert {name for name, times in seen.items() if times >= 5} == {
        "callable", "ends", "registry", "consent", "place", "hours", "caps", "cooldown",
    }, seen  # fmt: skip


@given(people())
@settings(max_examples=300)
def test_who_may_be_called_in_the_whole_may_be_in_each_place_and_zone(asked: Facts) -> None:
    whole = judged_by(asked, LAWS)
    each = [
        evaluate(judged_by(asked, LAWS, Placing(zones=(zone,), places=(place,)))).callable
        for zone, place in product(asked.zones, asked.placing.places)
    ]
    assert evaluate(whole).callable <= all(each)


@given(people(), some(ZONES, least=0), some(PLACES, least=0))
@settings(max_examples=300)
def test_another_possible_place_or_zone_lets_no_call_through(
    asked: Facts, zones: tuple[str, ...], places: tuple[Place, ...]
) -> None:
    more = Placing(
        zones=tuple(sorted({*asked.zones, *zones})),
        places=tuple(sorted({*asked.placing.places, *places})),
    )
    less, wider = evaluate(judged_by(asked, LAWS)), evaluate(judged_by(asked, LAWS, more))
    assert wider.callable <= less.callable
    # and each that refused still does
    assert {one.rule for one in less.refusals} <= {one.rule for one in wider.refusals}
    if wider.until is not None and less.until is not None:
        assert wider.until >= less.until


HOURS_AND_LIMITS = [
    rule("hours", says)
    for says in (
        'windows = { all = [], holiday = "as_weekday" }',
        'windows = { mon_fri = [["09:00", "12:00"]], holiday = [] }',
        'windows = { all = [["00:00", "24:00"]], holiday = [] }\nunless = ["consent:hours"]',
        'windows = { all = [["09:00", "20:00"]], holiday = [] }\nvalid_from = 2026-09-01',
    )
] + [
    rule(kind, says)
    for kind, says in (
        ("cap", 'max = 0\nper = { kind = "rolling_hours", n = 1 }'),
        ("cap", 'max = 1\nper = { kind = "calendar_days", n = 3 }'),
        ("cap", 'max = 1\nper = { kind = "campaign" }\ncount = "answered"\nkey = ["number"]'),
        ("cooldown", 'after = "refused"\nwait = { kind = "forever" }'),
        ("cooldown", 'after = "no_answer"\nwait = { kind = "rolling_hours", n = 30 }'),
        ("registry", 'registry = "gb-tps"\ntitle = "TPS"\nmax_age_days = 2'),
        ("registry", 'registry = "tr-iys"\ntitle = "IYS"\nlist = "opt_in"'),
        ("registry", 'registry = "nobodys"\ntitle = "A list that was never loaded"'),
        ("consent", 'need = "written"\nkind = "phone_marketing"'),
        ("consent", 'need = "forbidden"\napplies = { purpose = ["survey"] }'),
        ("consent", 'need = "presumed"'),
    )
]
STRICTER = [laws(own_file(text)) for text in HOURS_AND_LIMITS] + [
    laws(office_hours=True),
    laws(max_per_day=1, max_per_week=2),
    laws(other_hour=True),
]


@given(people(), st.sampled_from(STRICTER))
@settings(max_examples=400)
def test_another_rule_lets_no_call_through(asked: Facts, by: Laws) -> None:
    less, more = evaluate(judged_by(asked, LAWS)), evaluate(judged_by(asked, by))
    assert more.callable <= less.callable
    assert {one.rule for one in less.refusals} <= {one.rule for one in more.refusals}
    if more.until is not None and less.until is not None:
        assert more.until >= less.until


@pytest.mark.parametrize("by", STRICTER, ids=range(len(STRICTER)))
def test_each_of_these_rules_but_the_presumption_keeps_somebody_from_being_called(by: Laws) -> None:
    """What the property above adds, adds something."""
    place = Placing(zones=("Europe/Oslo",), places=(Place("NO"),))
    now = utc("2026-12-01T15:10")
    calls = (
        PastCall(
            lead_id=LEAD, number_id=NUMBER, campaign="tariff-switch", seller=campaign().seller,
            dialed_at=now - timedelta(seconds=2), ended_at=now, outcome=outcome, disposition=said,
        )
        for outcome, said in (
            (Outcome.CONNECTED, DispositionKind.REFUSAL), (Outcome.NO_ANSWER, None),
        )
    )  # fmt: skip
    everything = tuple(calls)
    refused = False
    for purpose, moment in product(("service", "survey"), (now, utc("2026-12-06T22:00"), utc("2026-12-25T12:00"))):  # fmt: skip
        mine = campaign(mode=DialMode.MANUAL, purpose=purpose)
        asked = Facts(
            now=moment, campaign=mine, campaign_state=CampaignState.RUNNING,
            number=E164(f"+{NUMBER}"), number_id=NumberId(NUMBER),
            law=LAWS.of(mine, place, "unknown", moment), rule_set="", lead_id=LEAD,
            lead_state=LeadState.NEW, on_list=True, in_segment=True, next_call_at=None,
            claimed=False, suppression=None, registries=(), calls=everything,
        )  # fmt: skip
        assert evaluate(asked).callable
        refused |= not evaluate(judged_by(asked, by)).callable
    presumed = "presumed" in json.dumps(by.book.document["own"])
    assert refused is not presumed


TIMED = {"hours", "caps", "cooldown"}


@given(people(), st.sampled_from([LAWS, *STRICTER]), st.floats(0, 1))
@settings(max_examples=500)
def test_a_decision_ends_when_the_last_of_its_reasons_does(
    asked: Facts, by: Laws, share: float
) -> None:
    judged = judged_by(asked, by)
    decision = evaluate(judged)
    if decision.until is None:
        return
    assert {refusal.gate for refusal in decision.refusals} <= TIMED
    assert decision.until > judged.now
    assert all(one.until is not None and one.until <= decision.until for one in decision.refusals)
    # not too late: until then there is always something that forbids the call
    between = judged.now + (decision.until - judged.now) * share
    if between < decision.until:
        assert not evaluate(later(judged, by, between)).callable
    # not too early: what had refused does not any more, and what only hours had shut is open
    then = evaluate(later(judged, by, decision.until))
    rules = {one.rule for one in decision.refusals if one.gate != "hours"}
    assert not (rules - {"own.other_hour"}) & {one.rule for one in then.refusals}
    if {one.gate for one in decision.refusals} == {"hours"}:
        assert "hours" not in {one.gate for one in then.refusals}


def later(asked: Facts, by: Laws, now: datetime) -> Facts:
    """The same person at another moment, if nothing else happens: no file grows old."""
    return replace(
        judged_by(replace(asked, now=now), by),
        registries=tuple(
            Listing(replace(one.registry, as_of=one.registry.as_of + (now - asked.now)), one.listed)
            for one in asked.registries
        ),
    )


# Every combination of facts

retries = st.sampled_from(
    [
        {},
        dict.fromkeys(Outcome, Retry(after=timedelta(hours=1), max=2)),
        dict.fromkeys(Outcome, Retry(after=timedelta(hours=1), max=1, then=MoveTo("other"))),
        dict.fromkeys(Outcome, Retry(after=timedelta(hours=1), max=1, then=GiveUp("never_there"))),
        dict.fromkeys(
            Outcome,
            Retry(after=timedelta(hours=1), max=9, other_number=True, other_daypart=True),
        ),
    ]
)
anywhere = st.builds(
    lambda zones, places: Placing(zones=zones, places=places),
    some(ZONES, least=0),
    some([*PLACES, Place("ZZ"), Place("US", "US-ZZ"), Place("")], least=0),
)


@st.composite
def anybody(draw: st.DrawFn) -> Facts:
    asked = draw(people(anywhere))
    now = asked.now
    offsets = st.sampled_from([-90_000, -1, 0, 1, 90_000]).map(lambda s: now + timedelta(seconds=s))
    attempts = st.builds(
        PastAttempt,
        lead_id=st.sampled_from([LEAD, OTHER_LEAD]),
        outcome=st.sampled_from([*Outcome]),
        ended_at=offsets.filter(lambda moment: moment <= now),
        disposition=st.sampled_from([None, *DispositionKind]),
        callback_at=st.none() | offsets,
        position=st.integers(0, 3),
    )
    mine: Campaign = replace(
        asked.campaign,
        retry=draw(retries),
        consent=draw(some(KINDS, least=0)),
        max_attempts=draw(st.integers(1, 6)),
        where=draw(st.sampled_from([None, 'city = "Oslo"'])),
    )
    by = draw(st.sampled_from([LAWS, *STRICTER]))
    return replace(
        asked,
        campaign=mine,
        law=by.of(mine, asked.placing, "unknown", now),
        campaign_state=draw(st.sampled_from([*CampaignState])),
        lead_id=draw(st.sampled_from([LEAD, None])),
        lead_state=draw(st.sampled_from([None, *LeadState])),
        on_list=draw(st.booleans()),
        in_segment=draw(st.booleans()),
        next_call_at=draw(st.none() | offsets),
        claimed=draw(st.booleans()),
        suppression=draw(
            st.none()
            | st.builds(
                lambda scope: Suppression(subject=asked.number, scope=scope, scope_name="x"),
                st.sampled_from([*SuppressionScope]),
            )
        ),
        attempts=tuple(draw(st.lists(attempts, max_size=3))),
        numbers=draw(st.integers(1, 3)),
        position=1,
    )


@given(anybody())
@settings(max_examples=600)
def test_every_combination_of_facts_is_decided_and_told(asked: Facts) -> None:
    decision = evaluate(asked)
    names = [name for name, _ in GATES]
    for refusal in decision.refusals:
        assert refusal.gate in names
        assert refusal.rule
        assert refusal.why
        assert refusal.source
        assert refusal.until is None or refusal.until > asked.now
    order = [names.index(refusal.gate) for refusal in decision.refusals]
    assert order == sorted(order)
    document = json.loads(json.dumps(explain_document(decision, asked)))
    assert document["callable"] is decision.callable
    assert len(document["refusals"]) == len(decision.refusals)
    assert json.dumps(decision_document(asked))
    rules = [refusal.rule for refusal in decision.refusals if refusal.gate != "attempts"]
    assert len(rules) == len(set(rules)), "no rule is told twice"
