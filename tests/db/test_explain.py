"""For any number, campaign and moment: which gate allows or forbids the call."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from campaigns.decision import Decision, Facts
from campaigns.explain import explain_number
from campaigns.explain_text import explained
from campaigns.gates import GATES, explain_document
from campaigns.model import CampaignState, Outcome
from campaigns.rules.model import Loosening
from leads.db import reading, writing
from leads.errors import UsageError
from leads.model import SuppressionScope
from leads.tables import leads
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    archive,
    call,
    create,
    definition,
    enrolled,
    import_people,
    import_text,
    lead_id_of,
    minutes,
    phone,
    put,
    started,
    suppress,
    take,
)

SYDNEY_OR_PERTH = "+61412345678"
NOWHERE = "+18002345678"


def explain(
    base: Engine,
    number: str = phone(1),
    campaign: str = "spring",
    *,
    at: str | None = None,
    now: datetime = NOON,
    region: str | None = None,
) -> tuple[Decision, Facts]:
    with reading(base) as connection:
        return explain_number(
            connection,
            number,
            campaign,
            at=at,
            now=now,
            region=region,
            registries=Path("no registries"),
            laws=LAWS,
        )


def gates(decision: Decision) -> list[str]:
    return [refusal.gate for refusal in decision.refusals]


@pytest.fixture
def people(base: Engine) -> Engine:
    """Åse has number 1."""
    import_people(base, [("Åse", phone(1))])
    return base


def test_a_lead_who_waits_for_nothing_may_be_called(people: Engine):
    started(people)
    decision, facts = explain(people)
    assert decision.callable
    assert (facts.number, facts.lead_id, facts.now) == (phone(1), lead_id_of(people, "Åse"), NOON)
    assert (facts.zones, facts.on_list, facts.lead_state) == (("Europe/Oslo",), True, "new")


def test_a_number_is_read_as_it_is_written(people: Engine):
    started(people)
    assert explain(people, "22 00 00 01", region="NO")[1].number == phone(1)
    assert explain(people, "0047 22000001", region="NO")[0].callable
    with pytest.raises(UsageError, match=r"'22' cannot be called \(.*\); write it like \+47"):
        explain(people, "22", region="NO")
    with pytest.raises(UsageError, match="no region is given"):
        explain(people, "22000001")


def test_a_number_on_no_list_is_refused_by_list_and_judged_by_the_rest(people: Engine):
    started(people, definition(hours=OPEN_10_TO_20))
    suppress(people, phone(7))
    decision, facts = explain(people, phone(7), now=NOON + minutes(660))
    assert gates(decision) == ["list", "suppression", "hours"]
    assert (facts.lead_id, facts.on_list) == (None, False)


def test_a_number_of_another_campaign_is_on_no_list_of_this_one(people: Engine):
    import_people(people, [("Per", phone(2))], "sweden")
    started(people)
    started(people, definition("summer", on=["sweden"]))
    assert gates(explain(people, phone(2))[0]) == ["list"]
    assert explain(people, phone(2), "summer")[0].callable


def test_who_is_not_enrolled_yet_is_on_the_list_all_the_same(people: Engine):
    create(people, definition())
    decision, facts = explain(people)
    assert gates(decision) == ["state"]
    assert (facts.on_list, facts.lead_id) == (True, lead_id_of(people, "Åse"))
    archive(people, "norway")
    assert gates(explain(people)[0]) == ["state", "list"]


def test_a_campaign_that_stands_still_refuses(people: Engine):
    put(people, started(people), CampaignState.PAUSED)
    (refusal,) = explain(people)[0].refusals
    assert (refusal.gate, refusal.until) == ("state", None)
    assert "campaign is paused; run: ringbank campaigns start spring" in refusal.why


def test_who_is_held_is_refused_with_their_household(people: Engine):
    import_people(people, [("Per", phone(1))])
    stored = started(people)
    take(people, stored)
    assert [r.rule for r in explain(people)[0].refusals] == ["claimed"]


def test_an_archived_list_refuses(people: Engine):
    started(people)
    archive(people, "norway")
    assert gates(explain(people)[0]) == ["list"]


@pytest.mark.parametrize(
    ("scope", "whose", "reaches"),
    [
        (SuppressionScope.ALL, "", True),
        (SuppressionScope.SELLER, "Example Telecom AS", True),
        (SuppressionScope.SELLER, "Another AS", False),
        (SuppressionScope.CAMPAIGN, "spring", True),
        (SuppressionScope.CAMPAIGN, "summer", False),
    ],
)
def test_a_wish_refuses_as_far_as_it_reaches(
    people: Engine, scope: SuppressionScope, whose: str, reaches: bool
):
    started(people)
    for number in (phone(1), phone(7)):
        suppress(people, number, scope, whose)
        refusals = {r.gate: r.rule for r in explain(people, number)[0].refusals}
        assert refusals.get("suppression") == (f"do_not_call:{scope}" if reaches else None)


def test_a_number_rests_after_an_attempt(people: Engine):
    stored = started(people)
    call(people, stored, Outcome.BUSY)
    (refusal,) = explain(people)[0].refusals
    due = NOON + timedelta(minutes=15, seconds=20)
    assert (refusal.gate, refusal.rule, refusal.until) == ("attempts", "retry:busy", due)
    assert explain(people, at="2026-06-02T10:15:20Z")[0].callable
    assert not explain(people, at="2026-06-02T10:15:19Z")[0].callable


def test_a_number_may_be_called_when_one_of_its_people_may(people: Engine):
    import_people(people, [("Per", phone(1))])
    stored = started(people)
    call(people, stored, Outcome.CONNECTED)
    assert enrolled(people, stored)["Åse"].state == "done"
    decision, facts = explain(people)
    assert decision.callable
    assert facts.lead_id == lead_id_of(people, "Per")
    call(people, stored, Outcome.CONNECTED)
    decision, facts = explain(people)
    assert gates(decision) == ["attempts"]
    assert facts.lead_id == lead_id_of(people, "Åse")


def test_a_moment_without_an_offset_is_the_persons_own(people: Engine):
    started(people, definition(hours=OPEN_10_TO_20))
    for at, meant, allowed in (
        ("2026-06-02T10:00", "2026-06-02T08:00Z", True),
        ("2026-06-02T09:59", "2026-06-02T07:59Z", False),
        ("2026-06-02T19:59:35", "2026-06-02T17:59:35Z", True),
        ("2026-06-02T19:59:36", "2026-06-02T17:59:36Z", False),
        ("2026-06-02T10:00Z", "2026-06-02T10:00Z", True),
        ("2026-06-02T18:00Z", "2026-06-02T18:00Z", False),
        ("2026-06-02T12:00+09:00", "2026-06-02T03:00Z", False),
        ("2026-06-06T12:00", "2026-06-06T10:00Z", False),
        ("2026-12-01T10:00", "2026-12-01T09:00Z", True),
    ):
        decision, facts = explain(people, at=at)
        assert (facts.now, decision.callable) == (datetime.fromisoformat(meant), allowed)


def test_an_hour_that_a_clock_change_leaves_out_is_told_as_their_clock_shows_it(people: Engine):
    started(people)
    told = lines(people, at="2026-03-29T02:30")[0]
    assert "at 2026-03-29 01:30 UTC (Sun 03:30 in Europe/Oslo)" in told


def test_a_moment_is_refused_where_the_persons_zones_disagree(people: Engine):
    started(people)
    with pytest.raises(UsageError, match=r"no offset and \+61412345678 may be in .*Perth.*add one"):
        explain(people, SYDNEY_OR_PERTH, at="2026-06-02T12:00")
    with pytest.raises(UsageError, match="may be in no known zone; add one, like Z"):
        explain(people, NOWHERE, at="2026-06-02T12:00")
    assert explain(people, SYDNEY_OR_PERTH, at="2026-06-02T12:00Z")[1].now == datetime(
        2026, 6, 2, 12, tzinfo=UTC
    )


def test_the_persons_own_time_is_that_of_every_place_they_may_be_in(base: Engine):
    import_text(base, f"Navn;Telefon;Tidssone\nÅse;{phone(1)};America/New_York\n")
    started(base)
    disagree = r"may be in America/New_York, Europe/Oslo; add one"
    with pytest.raises(UsageError, match=disagree):
        explain(base, at="2026-06-02T12:00")
    told = {"told_zone": "America/New_York", "told_country": "US"}
    with writing(base) as connection:
        connection.execute(update(leads).values(told))
    meant = datetime(2026, 6, 2, 16, tzinfo=UTC)
    assert explain(base, at="2026-06-02T12:00")[1].now == meant


def test_zones_of_one_wall_clock_do_not_disagree(base: Engine):
    import_text(base, f"Navn;Telefon;Tidssone\nÅse;{phone(1)};Europe/Stockholm\n")
    started(base)
    decision, facts = explain(base, at="2026-06-02T12:00")
    assert decision.callable
    assert (facts.now, facts.zones) == (NOON, ("Europe/Oslo", "Europe/Stockholm"))


def test_a_number_that_is_not_next_is_judged_as_its_lead(people: Engine):
    import_text(people, f"Navn;Telefon;Mobil\nPer;{phone(2)};{phone(3)}\n", "two")
    stored = started(people, definition(on=["two"]))
    call(people, stored, Outcome.CONNECTED)
    for number in (phone(2), phone(3)):
        decision, facts = explain(people, number)
        assert (facts.lead_id, facts.lead_state) == (lead_id_of(people, "Per"), "done")
        assert gates(decision) == ["attempts"]


def lines(base: Engine, number: str = phone(1), **more: Any) -> list[str]:
    decision, facts = explain(base, number, **more)
    return [*explained(decision, facts)]


def test_the_text_tells_every_gate_and_what_is_behind_a_refusal(people: Engine):
    started(people, definition(hours=OPEN_10_TO_20))
    told = lines(people, now=NOON + minutes(660))
    assert told[0] == (
        "+4722000001 may not be called for spring at 2026-06-02 21:00 UTC "
        "(Tue 23:00 in Europe/Oslo)"
    )
    assert told[1:3] == ["  places: NO", "  zones: Europe/Oslo"]
    verdicts = {line.split()[0]: line.split()[1] for line in told[3:] if line[2:3] != " "}
    assert verdicts == dict.fromkeys((name for name, _ in GATES), "ok") | {"hours": "refused"}
    at = told.index("  hours        refused")
    assert told[at + 1 : at + 3] == [
        "    hours: no call may begin at Tuesday 23:00 in Europe/Oslo",
        "      until 2026-06-03 08:00 UTC; source: campaign file: [hours]",
    ]


def test_the_text_tells_what_is_shown_and_what_is_not_known(people: Engine):
    started(people, definition().replace('"service"', '"sales"'))
    told = lines(people, "+46812345678")
    (shown,) = [line for line in told if line.startswith("  not enforced: se.hours ")]
    assert "(proposed, shown only): " in shown
    unknown = [line for line in told if "no statutory hours are known for SE" in line]
    assert len(unknown) == 1
    assert not any("no statutory hours" in line for line in lines(people))


def test_the_text_tells_who_loosened_a_rule_and_why(people: Engine):
    started(people)
    _, facts = explain(people)
    one = Loosening(rule="no.hours", by="K. Nordmann", reason="agreed in writing")
    loosened = replace(facts, law=replace(facts.law, loosened=(one,)))
    told = [*explained(Decision(()), loosened)]
    assert told[-1] == "  loosened: no.hours by K. Nordmann: agreed in writing"


def test_a_zone_that_a_rule_needs_and_nobody_knows_refuses(people: Engine):
    started(people, definition(hours=OPEN_10_TO_20))
    refusals = {r.gate: r for r in explain(people, NOWHERE)[0].refusals}
    assert refusals["place"].rule == "zone_unknown"
    assert "--set told_zone=" in refusals["place"].why  # as `campaigns unplaced` says


def test_a_text_that_is_no_moment_is_told(people: Engine):
    started(people)
    for at in ("noon", "", "2026-13-01T00:00", "12:00"):
        with pytest.raises(UsageError, match=f"--at '{at}' is no moment; write it like"):
            explain(people, at=at)


def test_an_unknown_campaign_is_named_with_the_nearest(people: Engine):
    started(people)
    with pytest.raises(UsageError, match="no campaign 'sprang'; did you mean 'spring'"):
        explain(people, campaign="sprang")


def test_the_document_tells_all_of_it(people: Engine):
    started(people, definition(hours=OPEN_10_TO_20))
    document = explain_document(*explain(people, now=NOON + minutes(660)))
    assert list(document)[:7] == [
        "number",
        "at",
        "callable",
        "refusals",
        "zones",
        "jurisdictions",
        "rule_set",
    ]
    assert (document["number"], document["at"]) == ("+4722000001", "2026-06-02T21:00:00Z")
    assert (document["callable"], document["zones"]) == (False, ["Europe/Oslo"])
    (refusal,) = document["refusals"]  # type: ignore[misc]
    assert list(refusal) == ["gate", "rule", "why", "source", "until"]
    assert (refusal["gate"], refusal["until"]) == ("hours", "2026-06-03T08:00:00Z")


def test_explaining_changes_nothing(people: Engine):
    stored = started(people, definition(hours=OPEN_10_TO_20))
    before = enrolled(people, stored)
    explain(people, now=NOON + minutes(660))
    assert enrolled(people, stored) == before
