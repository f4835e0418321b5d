"""For which moments a call may be promised, and which is the nearest of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.decision import Facts
from campaigns.law import Law, Laws
from campaigns.legal_gates import caps, cooldown, hours
from campaigns.limits import PastCall
from campaigns.model import Campaign, CampaignState, DispositionKind, LeadState, Outcome
from campaigns.promises import first_promised, why_not_promised
from campaigns.rules.loading import load
from campaigns.rules.model import Place, Placing
from campaigns.rules.own import Own
from leads.model import E164, NumberId
from tests.unit.campaigns.examples import campaign, windows
from tests.unit.campaigns.examples import hours as opening

NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)
"""Tuesday, twelve o'clock in Oslo."""

WEEKDAYS = campaign(hours=opening(dict.fromkeys(range(5), windows("10:00-20:00"))))
LAWS = Laws(load(None, Own(max_per_day=2)))
OSLO = Placing(zones=("Europe/Oslo",), places=(Place("NO", ""),))
TALK = PastCall(
    lead_id=1,
    number_id=4722000001,
    campaign=WEEKDAYS.name,
    seller=WEEKDAYS.seller,
    dialed_at=NOW - timedelta(minutes=5),
    ended_at=NOW,
    outcome=Outcome.CONNECTED,
    disposition=DispositionKind.CALLBACK,
)


def law_at(moment: datetime) -> Law:
    return LAWS.of(WEEKDAYS, OSLO, "mobile", moment)


def facts(*calls: PastCall, of: Campaign = WEEKDAYS) -> Facts:
    return Facts(
        now=NOW,
        campaign=of,
        campaign_state=CampaignState.RUNNING,
        number=E164("+4722000001"),
        number_id=NumberId(4722000001),
        law=law_at(NOW),
        rule_set="",
        lead_id=1,
        lead_state=LeadState.CALLBACK,
        on_list=True,
        in_segment=True,
        next_call_at=None,
        claimed=False,
        suppression=None,
        registries=(),
        calls=calls,
    )


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("2026-06-02T17:59:35", None),
        ("2026-06-02T17:59:36", "2026-06-02T17:45"),
        ("2026-06-03T07:59:59", "2026-06-03T08:00"),
        ("2026-06-03T08:00", None),
        ("2026-06-03T00:52", "2026-06-02T17:45"),
        ("2026-06-03T00:53", "2026-06-03T08:00"),
    ],
)
def test_the_nearest_of_the_day_before_and_the_day_after(asked: str, nearest: str | None) -> None:
    moment = datetime.fromisoformat(asked).replace(tzinfo=UTC)
    why = why_not_promised(facts(), law_at, moment, now=NOW)
    found = why and why.nearest and f"{why.nearest:%Y-%m-%dT%H:%M}"
    assert found == nearest


ALWAYS = campaign(hours=None, purpose="survey")
"""Its file has no hours, and for a survey Norway's law has none."""


def law_without_hours(moment: datetime) -> Law:
    return LAWS.of(ALWAYS, OSLO, "mobile", moment)


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("2026-06-02T18:59:35", None),
        ("2026-06-02T18:59:36", "2026-06-02T18:45"),
        ("2026-06-03T01:00", "2026-06-03T06:00"),
        ("2026-06-03T05:59:59", "2026-06-03T06:00"),
        ("2026-06-03T06:00", None),
    ],
)
def test_nothing_is_promised_for_the_night_where_nobody_has_named_hours(
    asked: str, nearest: str | None
) -> None:
    moment = datetime.fromisoformat(asked).replace(tzinfo=UTC)
    without = replace(facts(of=ALWAYS), law=law_without_hours(NOW))
    assert law_without_hours(moment).clauses == ()
    why = why_not_promised(without, law_without_hours, moment, now=NOW)
    found = why and why.nearest and f"{why.nearest:%Y-%m-%dT%H:%M}"
    assert found == nearest
    if why is not None:
        assert [refusal.gate for refusal in why.refusals] == ["night"]


def test_the_night_is_open_to_a_campaign_whose_file_says_so() -> None:
    nightly = campaign(hours=opening(windows("00:00-00:00")), purpose="survey")

    def law_then(moment: datetime) -> Law:
        return LAWS.of(nightly, OSLO, "mobile", moment)

    moment = datetime(2026, 6, 3, 1, tzinfo=UTC)
    assert (
        why_not_promised(replace(facts(of=nightly), law=law_then(NOW)), law_then, moment, now=NOW)
        is None
    )


def test_a_cap_that_is_reached_moves_the_promise_to_the_next_day() -> None:
    evening = NOW + timedelta(hours=6)
    assert why_not_promised(facts(TALK), law_at, evening, now=NOW) is None
    why = why_not_promised(facts(TALK, TALK), law_at, evening, now=NOW)
    assert why is not None
    assert [refusal.gate for refusal in why.refusals] == ["caps"]
    assert why.nearest == datetime(2026, 6, 3, 8, tzinfo=UTC)


def test_where_no_time_mends_it_no_other_moment_is_offered() -> None:
    nobody = Laws(load(None, Own(max_per_day=0)))

    def law_then(moment: datetime) -> Law:
        return nobody.of(WEEKDAYS, OSLO, "mobile", moment)

    why = why_not_promised(facts(TALK), law_then, NOW + timedelta(days=1), now=NOW)
    assert why is not None
    assert ([refusal.rule for refusal in why.refusals], why.nearest) == (["own.max_per_day"], None)


@given(
    ahead_s=st.integers(1, 30 * 86_400),
    calls=st.integers(0, 3),
)
def test_what_is_named_can_be_promised_and_what_is_refused_cannot(ahead_s: int, calls: int) -> None:
    moment = NOW + timedelta(seconds=ahead_s)
    given_facts = facts(*[TALK] * calls)
    why = why_not_promised(given_facts, law_at, moment, now=NOW)
    if why is None:
        return
    assert {refusal.gate for refusal in why.refusals} <= {
        gate.__name__ for gate in (caps, cooldown, hours)
    }
    assert why.nearest is not None
    assert why.nearest > NOW
    assert why_not_promised(given_facts, law_at, why.nearest, now=NOW) is None
    # Nothing between the two may be promised, but for less than a quarter of an hour.
    between = abs(why.nearest - moment) - timedelta(minutes=15)
    towards = 1 if why.nearest > moment else -1
    for part in range(1, 8):
        step = between * part / 8
        if step > timedelta():
            assert why_not_promised(given_facts, law_at, moment + towards * step, now=NOW)


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-06-02T17:29:59", "2026-06-02T17:30"),
        ("2026-06-02T17:30", "2026-06-02T17:45"),
        ("2026-06-02T17:45", "2026-06-03T08:00"),
        ("2026-06-03T03:10", "2026-06-03T08:00"),
    ],
)
def test_for_what_is_past_the_first_moment_to_come_is_named(now: str, first: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = first_promised(facts(), law_at, now=moment)
    assert found is not None
    assert f"{found:%Y-%m-%dT%H:%M}" == first


@given(after_s=st.integers(0, 10 * 86_400), calls=st.integers(0, 3))
def test_the_first_moment_to_come_can_be_promised(after_s: int, calls: int) -> None:
    now = NOW + timedelta(seconds=after_s)
    given_facts = facts(*[TALK] * calls)
    found = first_promised(given_facts, law_at, now=now)
    assert found is not None
    assert found > now
    assert why_not_promised(given_facts, law_at, found, now=now) is None
