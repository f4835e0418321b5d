"""The past calls of a campaign, judged once more by the rules that were kept with them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from campaigns import desk, erasure
from campaigns.audit import audit
from campaigns.audit_values import Audit
from campaigns.law import GATES_VERSION, Laws
from campaigns.model import DispositionKind, Outcome
from campaigns.queues import refresh
from campaigns.rules.loading import load
from campaigns.rules.own import Own
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, rule_books, rule_sets
from leads import consents, suppression
from leads.consent_rules import NewConsent
from leads.db import reading, writing
from leads.model import LeadId, Suppression, SuppressionKind, SuppressionScope
from leads.tables import lead_numbers, leads, registries
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    add_agent,
    attempt_row,
    call,
    close,
    definition,
    dial,
    dial_next,
    import_people,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
    take,
)

NIGHT = datetime(2026, 6, 2, 19, tzinfo=UTC)  # 21:00 in Oslo
SECOND = timedelta(seconds=1)


def audited(
    base: Engine, stored: StoredCampaign, first: date | None = None, last: date | None = None
) -> Audit:
    with reading(base) as connection:
        return audit(connection, stored, first=first, last=last)


def wrong(base: Engine, stored: StoredCampaign) -> dict[int, list[tuple[str, str]]]:
    """Return by attempt by which gates and rules it was not allowed; the sums add up."""
    found = audited(base, stored)
    judged = found.allowed + len(found.not_allowed)
    assert found.attempts == judged + sum(found.not_judged.values())
    return {
        one.attempt_id: [(refusal.gate, refusal.rule) for refusal in one.refusals]
        for one in found.not_allowed
    }


def change(base: Engine, attempt_id: int, **values: Any) -> None:
    with writing(base) as connection:
        connection.execute(update(attempts).where(attempts.c.id == attempt_id).values(**values))


def write_by_hand(base: Engine, like: int, **values: Any) -> int:
    """Write an attempt into the ledger that no gate was asked about."""
    with writing(base) as connection:
        row = connection.execute(select(attempts).where(attempts.c.id == like)).one()._asdict()
        row["lease"] = None  # a name is one talk's
        del row["id"]
        row |= {"channel_id": "by-hand", "ended_at": values["dialed_at"]} | values
        return int(
            connection.execute(insert(attempts).values(**row).returning(attempts.c.id)).scalar_one()
        )


@pytest.fixture
def people(base: Engine) -> Engine:
    """Åse, Per and Kari have the numbers 1, 2 and 3."""
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    return base


@pytest.fixture
def campaign(people: Engine) -> StoredCampaign:
    return started(people, definition(hours=OPEN_10_TO_20))


def test_what_the_gates_allowed_is_allowed_still(people: Engine, campaign: StoredCampaign):
    call(people, campaign, Outcome.BUSY)
    call(people, campaign, Outcome.NO_ANSWER, now=NOON + minutes(1))
    again = call(people, campaign, Outcome.CONNECTED, now=NOON + minutes(16))
    assert attempt_row(people, again.id).attempt_no == 2
    dial_next(people, campaign, now=NOON + minutes(17))
    found = audited(people, campaign)
    assert (found.attempts, found.allowed, found.not_allowed) == (4, 4, [])
    assert not found.not_judged
    assert not found.unknown


def test_a_call_at_night_is_found(people: Engine, campaign: StoredCampaign):
    allowed = call(people, campaign, Outcome.BUSY)
    broken = write_by_hand(people, allowed.id, dialed_at=NIGHT)
    found = audited(people, campaign)
    (one,) = found.not_allowed
    assert (one.attempt_id, one.lead_id) == (broken, lead_id_of(people, "Åse"))
    (refusal,) = one.refusals
    assert (refusal.gate, refusal.rule, refusal.source) == (
        "hours",
        "hours",
        "campaign file: [hours]",
    )
    assert "Tuesday 21:00 in Europe/Oslo" in refusal.why
    assert (found.allowed, one.dialed_at, one.judged_at) == (1, NIGHT, NIGHT)


def test_the_last_second_of_the_hours_is_in(people: Engine, campaign: StoredCampaign):
    first = call(people, campaign, Outcome.BUSY)
    last = datetime(2026, 6, 2, 17, 59, 35, tzinfo=UTC)
    change(people, first.id, dialed_at=last, ended_at=last)
    assert wrong(people, campaign) == {}
    change(people, first.id, dialed_at=last + SECOND, ended_at=last + SECOND)
    assert wrong(people, campaign) == {first.id: [("hours", "hours")]}


def test_a_call_before_its_number_had_rested_is_found(people: Engine, campaign: StoredCampaign):
    first = call(people, campaign, Outcome.BUSY)
    soon = NOON + minutes(5)
    assert wrong(people, campaign) == {}
    second = write_by_hand(people, first.id, dialed_at=soon)
    assert wrong(people, campaign) == {second: [("attempts", "retry:busy")]}


def test_only_what_was_called_before_counts(people: Engine, campaign: StoredCampaign):
    first = call(people, campaign, Outcome.BUSY)
    earlier = write_by_hand(people, first.id, dialed_at=NOON - minutes(5))
    assert wrong(people, campaign) == {first.id: [("attempts", "retry:busy")]}
    change(people, earlier, dialed_at=NOON - minutes(16), ended_at=NOON - minutes(15))
    assert wrong(people, campaign) == {}


@pytest.mark.parametrize(
    ("made", "taken_back", "counts"),
    [
        (-SECOND, None, True),
        (0 * SECOND, None, False),
        (SECOND, None, False),
        (-2 * SECOND, SECOND, True),
        (-2 * SECOND, -SECOND, False),
        (-2 * SECOND, 0 * SECOND, False),
    ],
)
def test_a_wish_counts_from_when_it_was_entered_until_it_was_taken_back(
    people: Engine,
    campaign: StoredCampaign,
    made: timedelta,
    taken_back: timedelta | None,
    counts: bool,
):
    attempt = call(people, campaign, Outcome.BUSY)
    entry = Suppression(subject=phone(1), reason="asked")
    with writing(people) as connection:
        suppression.add(connection, entry, source="command", now=NOON + made)
        if taken_back is not None:
            assert suppression.remove(
                connection, phone(1), SuppressionScope.ALL, "", reason=None, now=NOON + taken_back
            )
    expected = {attempt.id: [("suppression", "do_not_call:all")]} if counts else {}
    assert wrong(people, campaign) == expected


@pytest.mark.parametrize(
    ("kind", "subject", "scope", "whose", "counts"),
    [
        (SuppressionKind.PREFIX, "+4722", SuppressionScope.ALL, "", True),
        (SuppressionKind.PREFIX, "+4723", SuppressionScope.ALL, "", False),
        (SuppressionKind.NUMBER, "+4722", SuppressionScope.ALL, "", False),
        (SuppressionKind.NUMBER, phone(1), SuppressionScope.CAMPAIGN, "spring", True),
        (SuppressionKind.NUMBER, phone(1), SuppressionScope.CAMPAIGN, "summer", False),
        (SuppressionKind.NUMBER, phone(1), SuppressionScope.SELLER, "Example Telecom AS", True),
        (SuppressionKind.LEAD, "1", SuppressionScope.ALL, "", True),
        (SuppressionKind.LEAD, "2", SuppressionScope.ALL, "", False),
    ],
)
def test_a_wish_counts_as_far_as_it_reaches(
    people: Engine,
    campaign: StoredCampaign,
    kind: SuppressionKind,
    subject: str,
    scope: SuppressionScope,
    whose: str,
    counts: bool,
):
    attempt = call(people, campaign, Outcome.BUSY)
    assert lead_id_of(people, "Åse") == 1
    entry = Suppression(subject=subject, scope=scope, scope_name=whose, kind=kind)
    with writing(people) as connection:
        suppression.add(connection, entry, source="command", now=NOON - minutes(1))
    expected = {attempt.id: [("suppression", f"do_not_call:{scope}")]} if counts else {}
    assert wrong(people, campaign) == expected


def test_the_wish_that_a_call_came_to_is_not_held_against_it(
    people: Engine, campaign: StoredCampaign
):
    attempt = call(people, campaign, Outcome.CONNECTED)
    entry = Suppression(subject=phone(1), reason="said so")
    with writing(people) as connection:
        suppression.add(connection, entry, source="agent", now=NOON + 20 * SECOND)
    assert wrong(people, campaign) == {}
    later = write_by_hand(people, attempt.id, dialed_at=NOON + minutes(60))
    assert ("suppression", "do_not_call:all") in wrong(people, campaign)[later]


def test_consents_count_as_they_stood(people: Engine):
    lead_id = LeadId(lead_id_of(people, "Åse"))
    with writing(people) as connection:
        given = NewConsent(kind="marketing", source="web", given_at=NOON - minutes(60))
        consents.add(connection, lead_id, given, now=NOON - minutes(30))
    campaign = started(people, definition(top='consent = ["marketing"]'))
    attempt = call(people, campaign, Outcome.BUSY)
    assert wrong(people, campaign) == {}
    with writing(people) as connection:
        consents.withdraw(connection, lead_id, "marketing", reason=None, at=NOON + minutes(5))
    assert wrong(people, campaign) == {}
    later = write_by_hand(people, attempt.id, dialed_at=NOON + minutes(16))
    early = write_by_hand(people, attempt.id, dialed_at=NOON - minutes(31), channel_id="early")
    missing = [("consent", "consent:marketing")]
    assert wrong(people, campaign) == {early: missing, later: missing}


def test_a_registry_is_asked_as_the_attempt_says(people: Engine):
    with writing(people) as connection:
        connection.execute(
            insert(registries).values(
                name="us-ndncr",
                as_of=date(2026, 5, 30),
                digest="",
                entries=0,
                file="",
                loaded_at=NOON - minutes(60),
                retired_at=NOON + minutes(60),
            )
        )
    campaign = started(people)
    attempt = call(people, campaign, Outcome.BUSY)
    decision = attempt_row(people, attempt.id).decision
    asked = decision | {"registries": {"us-ndncr": "2026-05-30"}}
    change(people, attempt.id, decision=asked)
    found = audited(people, campaign)
    assert (found.allowed, [*found.unknown]) == (
        1,
        ["whether the registry us-ndncr as of 2026-05-30 listed the number"],
    )


def test_rules_that_are_not_kept_are_told_and_not_held_against_the_call(
    people: Engine, campaign: StoredCampaign
):
    attempt = call(people, campaign, Outcome.BUSY)
    name = attempt_row(people, attempt.id).rule_set
    change(people, attempt.id, rule_set="000000000000")
    found = audited(people, campaign)
    assert (found.attempts, found.allowed, found.not_allowed) == (1, 0, [])
    assert found.not_judged == {"the rules 000000000000 are not kept in this base": 1}
    change(people, attempt.id, rule_set=name)

    with writing(people) as connection:
        connection.execute(update(rule_sets).values(gates_version=GATES_VERSION - 1))
    ((why, count),) = audited(people, campaign).not_judged.items()
    assert count == 1
    assert why == (
        f"the rules {name} were applied by gates of version {GATES_VERSION - 1}, "
        f"and these are of version {GATES_VERSION}"
    )


def test_rules_that_somebody_changed_are_told(people: Engine, campaign: StoredCampaign):
    attempt = call(people, campaign, Outcome.BUSY)
    name = attempt_row(people, attempt.id).rule_set
    with writing(people) as connection:
        loosened = campaign.definition.replace("20:00", "24:00")
        connection.execute(update(rule_sets).values(definition=loosened))
    (why,) = audited(people, campaign).not_judged
    assert why == f"what is kept as the rules {name} is not what the name stands for"
    with writing(people) as connection:
        connection.execute(update(rule_sets).values(definition="name = 1"))
    (why,) = audited(people, campaign).not_judged
    assert why.startswith(f"the campaign file kept with the rules {name} cannot be read")
    with writing(people) as connection:
        connection.execute(update(rule_sets).values(definition=campaign.definition))
    assert audited(people, campaign).allowed == 1


def test_each_call_is_judged_by_the_rules_of_its_time(people: Engine, campaign: StoredCampaign):
    old = call(people, campaign, Outcome.BUSY)
    strict = Laws(load(None, Own(max_per_day=1)))
    with writing(people) as connection:
        refresh(connection, campaign, strict, now=NOON + minutes(1))
    new = write_by_hand(
        people,
        old.id,
        dialed_at=NOON + minutes(30),
        rule_set=strict.rule_set(campaign.campaign),
    )
    assert wrong(people, campaign) == {new: [("caps", "own.max_per_day")]}
    change(people, new, rule_set=LAWS.rule_set(campaign.campaign))
    assert wrong(people, campaign) == {}


def test_campaigns_of_the_same_rules_are_told_apart(people: Engine, campaign: StoredCampaign):
    import_people(people, [("Ola", phone(4))], "others")
    other = started(people, definition("summer", on=["others"], hours=OPEN_10_TO_20))
    call(people, campaign, Outcome.BUSY)
    attempt = call(people, other, Outcome.BUSY)
    with reading(people) as connection:
        assert len(connection.execute(select(rule_sets)).all()) == 1
    entry = Suppression(subject=phone(4), scope=SuppressionScope.CAMPAIGN, scope_name="summer")
    with writing(people) as connection:
        suppression.add(connection, entry, source="command", now=NOON - minutes(1))
    assert wrong(people, other) == {attempt.id: [("suppression", "do_not_call:campaign")]}


def test_only_the_days_that_are_asked_for(people: Engine, campaign: StoredCampaign):
    first = call(people, campaign, Outcome.BUSY)
    write_by_hand(people, first.id, dialed_at=datetime(2026, 6, 2, 23, 59, 59, tzinfo=UTC))
    write_by_hand(
        people, first.id, dialed_at=datetime(2026, 6, 3, tzinfo=UTC), channel_id="next day"
    )
    second, third = date(2026, 6, 2), date(2026, 6, 3)
    assert audited(people, campaign, second, second).attempts == 2
    assert audited(people, campaign, third).attempts == 1
    assert audited(people, campaign, None, second).attempts == 2
    assert audited(people, campaign, date(2026, 6, 4)).attempts == 0


def test_a_call_by_hand_is_judged_when_its_person_was_taken(people: Engine):
    campaign = started(people, definition(mode="manual", hours=OPEN_10_TO_20))
    anna = add_agent(people)
    last = datetime(2026, 6, 2, 17, 59, 35, tzinfo=UTC)
    with writing(people) as connection:
        lease = desk.next_person(connection, campaign, LAWS, anna, now=last)
        assert lease is not None
    told_at = last + minutes(3)
    with writing(people) as connection:
        result = said(campaign, DispositionKind.DO_NOT_CALL)
        desk.give_result(connection, campaign, lease, result, now=told_at)
    found = audited(people, campaign)
    assert (found.attempts, found.allowed) == (1, 1)
    with reading(people) as connection:
        row = connection.execute(select(attempts)).one()
    assert row.dialed_at == told_at
    change(people, row.id, decision={**row.decision, "at": "2026-06-02T17:59:36Z"})
    (one,) = audited(people, campaign).not_allowed
    assert one.judged_at == last + SECOND
    assert [refusal.gate for refusal in one.refusals] == ["hours"]


def test_an_erased_person_is_judged_by_what_is_left(people: Engine, campaign: StoredCampaign):
    attempt = call(people, campaign, Outcome.CONNECTED)
    with writing(people) as connection:
        erasure.erase(connection, attempt.lead_id, now=NOON + minutes(60))
    found = audited(people, campaign)
    assert found.allowed == 1
    assert found.unknown == {"what an erased person wished and agreed to": 1}
    change(people, attempt.id, dialed_at=NIGHT, ended_at=NIGHT)
    assert wrong(people, campaign) == {attempt.id: [("hours", "hours")]}


def test_where_the_person_was_must_be_kept(people: Engine, campaign: StoredCampaign):
    attempt = call(people, campaign, Outcome.CONNECTED)
    change(people, attempt.id, decision={"rules": []})
    found = audited(people, campaign)
    assert found.not_judged == {"where the person was is not kept with it": 1}
    assert found.allowed == 0


def test_more_attempts_than_are_read_at_once(base: Engine):
    import_people(base, [(f"Person {n}", phone(n)) for n in range(1200)])
    campaign = started(base, definition(hours=OPEN_10_TO_20))
    row = attempt_row(base, call(base, campaign, Outcome.CONNECTED).id)._asdict()
    del row["id"]
    with writing(base) as connection:
        others = connection.execute(
            select(leads.c.id, lead_numbers.c.number_id)
            .join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
            .where(leads.c.id != row["lead_id"])
        ).all()
        values = [
            row
            | {"channel_id": f"copy-{n}", "lease": None}
            | {"lead_id": other.id, "number_id": other.number_id}
            for n, other in enumerate(others)
        ]
        values[700] |= {"dialed_at": NIGHT}
        connection.execute(insert(attempts), values)
    told: list[float] = []
    with reading(base) as connection:
        found = audit(connection, campaign, first=None, last=None, progress=told.append)
    assert (found.attempts, found.allowed) == (1200, 1199)
    assert [one.lead_id for one in found.not_allowed] == [others[700].id]
    assert sorted(told) == told
    assert told[-1] == 1.0


# Abandoned calls


LONDON = "+442079460001"


@pytest.fixture
def floor(base: Engine) -> StoredCampaign:
    """Four people in London, whom Ofcom's guidance is about."""
    import_people(base, [(f"Caller {n}", f"+44207946000{n}") for n in range(1, 5)], "london")
    return started(base, definition(on=["london"]))


def test_abandoned_calls_are_measured_by_the_definition_of_their_country(
    base: Engine, floor: StoredCampaign
):
    anna = add_agent(base)
    for outcome, more in (
        (Outcome.CONNECTED, {"agent_id": anna, "connected_at": NOON + SECOND}),
        (Outcome.CONNECTED, {"agent_id": anna, "connected_at": NOON + 3 * SECOND}),
        (Outcome.ABANDONED, {}),
        (Outcome.NO_ANSWER, {}),
    ):
        attempt = dial_next(base, floor)
        answered = {} if outcome is Outcome.NO_ANSWER else {"answered_at": NOON}
        close(base, floor, attempt, outcome, **more, **answered)
    found = audited(base, floor)
    assert (found.attempts, found.not_allowed, found.not_measured) == (4, [], 0)
    (measured,) = found.abandonment
    assert measured.rule.id == "gb.ofcom.guard"
    (share,) = measured.shares
    assert (share.begins, share.ends) == (date(2026, 6, 2), date(2026, 6, 2))
    assert (share.numerator, share.denominator, share.kept) == (1, 3, False)

    with writing(base) as connection:
        heard = attempts.c.connected_at == NOON + SECOND
        connection.execute(update(attempts).where(heard).values(disposition_kind="machine"))
    (measured,) = audited(base, floor).abandonment
    (share,) = measured.shares
    assert (share.numerator, share.denominator) == (0.5, 2)
    assert share.counters["machine_share_of_abandoned"] == 0.5


def test_whole_periods_are_measured_that_reach_into_the_days(base: Engine, floor: StoredCampaign):
    call(base, floor, Outcome.ABANDONED)
    call(base, floor, Outcome.ABANDONED, now=NOON + timedelta(days=1))
    days = [date(2026, 6, 2), date(2026, 6, 3)]
    for first, last, told in (
        (None, None, days),
        (days[1], None, days[1:]),
        (None, days[0], days[:1]),
        (date(2026, 6, 4), None, []),
    ):
        found = audited(base, floor, first, last).abandonment
        assert [share.begins for one in found for share in one.shares] == told


def test_calls_whose_rules_are_not_known_are_in_no_share(base: Engine, floor: StoredCampaign):
    call(base, floor, Outcome.ABANDONED)
    with writing(base) as connection:
        connection.execute(delete(rule_sets))
        connection.execute(delete(rule_books))
    found = audited(base, floor)
    assert (found.abandonment, found.not_measured) == ((), 1)


def test_who_is_called_where_no_rule_is_about_abandoned_calls_is_not_measured(
    people: Engine, campaign: StoredCampaign
):
    call(people, campaign, Outcome.ABANDONED)
    found = audited(people, campaign)
    assert (found.abandonment, found.not_measured) == ((), 0)


def test_taking_many_keeps_one_decision_for_each(people: Engine, campaign: StoredCampaign):
    calls = dial(people, campaign, *take(people, campaign, 3))
    for one in calls:
        decision = attempt_row(people, one.id).decision
        assert decision["at"] == "2026-06-02T10:00:00Z"
        assert (decision["places"], decision["zones"]) == (["NO"], ["Europe/Oslo"])
    assert audited(people, campaign).allowed == 3
