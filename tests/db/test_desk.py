"""The desk: one person at a time for each agent, and a result for everybody who was called."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select

from campaigns import desk, desk_document, leases, result_words
from campaigns.definition import read_definition
from campaigns.desk import LEASE_TIME
from campaigns.leases import Lease
from campaigns.ledger import note_agent
from campaigns.model import Campaign, CampaignState, DispositionKind, Outcome
from campaigns.owed import release_expired, unfinished_lease
from campaigns.result_words import Result, Words
from campaigns.store import StoredCampaign
from campaigns.tables import agents, answers, attempts
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.model import masked
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    add_agent,
    archive,
    attempt_row,
    call,
    claim_rows,
    close,
    definition,
    dial_next,
    enrolled,
    import_people,
    import_text,
    lead_id_of,
    minutes,
    phone,
    put,
    said,
    started,
    suppress,
    take,
    understood,
)
from tests.db.talks import rows_of

TALK = '''[[questions]]
key = "provider"
text = "Who is your provider?"
type = "choice"
choices = ["Telia", "other"]

[[questions]]
key = "age"
text = "How old are you?"
type = "number"

[[dispositions]]
code = "sale"
kind = "success"
label = "Sold"

[[dispositions]]
code = "hostile"
hidden = true

[[refusal_reasons]]
code = "price"

[[refusal_reasons]]
code = "time"'''


def by_hand(name: str = "spring", **more: str) -> str:
    return definition(name, mode="manual", talk=TALK, **more)


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A manual campaign that runs, with Åse and Per on its list."""
    import_text(base, f"Id;Navn;Telefon;By\n17;Åse;{phone(1)};Oslo\n18;Per;{phone(2)};Bergen\n")
    return started(base, by_hand(), script="Hello!")


def ask(
    base: Engine, stored: StoredCampaign, agent_id: int, *, now: datetime = NOON
) -> Lease | None:
    with writing(base) as connection:
        return desk.next_person(connection, stored, LAWS, agent_id, now=now)


def given(base: Engine, stored: StoredCampaign, agent_id: int, *, now: datetime = NOON) -> Lease:
    lease = ask(base, stored, agent_id, now=now)
    assert lease is not None
    return lease


def give(
    base: Engine, stored: StoredCampaign, lease: Lease, result: Result, *, now: datetime = NOON
) -> bool:
    with writing(base) as connection:
        return desk.give_result(connection, stored, lease, result, now=now)


def shown(
    base: Engine, stored: StoredCampaign, lease: Lease, *, now: datetime = NOON
) -> dict[str, Any]:
    with reading(base) as connection:
        return desk_document.person_document(connection, stored, LAWS, lease, now=now)


def why(base: Engine, stored: StoredCampaign) -> dict[str, tuple[object, object]]:
    with reading(base) as connection:
        found = desk.why_nobody(connection, stored, now=NOON)
    assert all(set(reason) == {"gate", "count", "next_at"} for reason in found)
    by_gate = {str(reason["gate"]): (reason["count"], reason["next_at"]) for reason in found}
    assert len(by_gate) == len(found)
    return by_gate


# The next person


@pytest.mark.parametrize(("mode", "gate"), [("manual", "state"), ("predictive", "dialing")])
def test_whoever_may_be_called_is_the_dialers_where_it_calls(base: Engine, mode: str, gate: str):
    import_people(base, [("Per", phone(1)), ("Kari", phone(2))])
    stored = started(base, definition("autumn", mode=mode))
    assert why(base, stored) == {gate: (2, None)}


def test_no_dialer_calls_while_the_campaign_is_paused(base: Engine):
    import_people(base, [("Per", phone(1)), ("Kari", phone(2))])
    paused = put(base, started(base, definition("autumn", mode="predictive")), CampaignState.PAUSED)
    assert why(base, paused) == {"state": (None, None)}


def test_the_next_person_is_held_for_the_agent(base: Engine, spring: StoredCampaign, anna: int):
    lease = given(base, spring, anna)
    assert (lease.agent_id, lease.campaign_id) == (anna, spring.id)
    assert lease.lead_id == lead_id_of(base, "Åse")
    assert (lease.attempt_id, lease.engine, lease.live) == (None, None, False)
    assert lease.expires_at == NOON + LEASE_TIME
    with reading(base) as connection:
        assert leases.find_lease(connection, lease.lease) == lease
        assert leases.lease_of(connection, anna) == lease
        assert desk_document.zones_of(connection, lease) == ("Europe/Oslo",)


def test_asked_twice_it_is_the_same_person(base: Engine, spring: StoredCampaign, anna: int):
    first = given(base, spring, anna)
    assert given(base, spring, anna, now=NOON + minutes(5)) == first
    summer = started(base, by_hand("summer"))
    assert given(base, summer, anna) == first
    assert len(claim_rows(base)) == 1


@pytest.mark.parametrize("people", [2, 40])
def test_asked_at_one_instant_it_is_the_same_person(base: Engine, anna: int, people: int):
    import_people(base, [(f"Person {n:02}", phone(n)) for n in range(people)])
    spring = started(base, by_hand())
    leases: list[Lease | None] = []
    threads = [
        Thread(target=lambda: leases.append(ask(base, spring, anna)), daemon=True) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(leases) == 8
    assert len({*leases}) == 1
    assert leases[0] is not None
    assert len(claim_rows(base)) == 1


def test_two_agents_have_two_people(base: Engine, spring: StoredCampaign, anna: int):
    bo = add_agent(base, "bo")
    first, second = given(base, spring, anna), given(base, spring, bo)
    assert first.lead_id != second.lead_id
    assert ask(base, spring, add_agent(base, "cleo")) is None


def test_who_came_onto_the_list_a_moment_ago_can_be_next(
    base: Engine, spring: StoredCampaign, anna: int
):
    take(base, spring, 5)
    import_people(base, [("Kari", phone(3))])
    assert given(base, spring, anna).lead_id == lead_id_of(base, "Kari")


def test_refused_people_do_not_hide_the_one_who_may_be_called(base: Engine, anna: int):
    import_people(base, [(f"Person {n:03}", phone(n)) for n in range(150)] + [("Åse", phone(500))])
    for n in range(150):
        suppress(base, phone(n))
    spring = started(base, by_hand())
    assert given(base, spring, anna).lead_id == lead_id_of(base, "Åse")


def test_a_lease_whose_time_ran_out_is_over(base: Engine, spring: StoredCampaign, anna: int):
    lease = given(base, spring, anna)
    bo = add_agent(base, "bo")
    later = NOON + LEASE_TIME
    assert given(base, spring, bo, now=later).lead_id in {
        lead_id_of(base, "Åse"),
        lead_id_of(base, "Per"),
    }
    with reading(base) as connection:
        assert leases.lease_of(connection, anna) is None
        with pytest.raises(UsageError, match=f"no lease '{lease.lease}'.*ringbank next$"):
            leases.find_lease(connection, lease.lease)


def run_out(base: Engine, stored: StoredCampaign, *, now: datetime) -> None:
    """End the leases whose time is over, as whoever asks next does."""
    with writing(base) as connection:
        assert release_expired(connection, stored, now=now)


def test_a_late_result_of_a_call_by_hand_is_taken_as_one_within_its_time(
    base: Engine, spring: StoredCampaign, anna: int
):
    lease = given(base, spring, anna)
    later = NOON + LEASE_TIME + minutes(60)
    run_out(base, spring, now=later)
    with writing(base) as connection:
        late = leases.find_owed(connection, lease.lease)
        assert (late.agent_id, late.lead_id) == (anna, lease.lead_id)
        assert (late.attempt_id, late.live) == (None, False)
    give(base, spring, late, read(spring.campaign, "sale"), now=later)
    attempt = attempt_row(base, 1)
    assert (attempt.lease, attempt.agent_id) == (lease.lease, anna)
    assert (attempt.disposition, attempt.wrapped_at) == ("sale", later)
    assert attempt.dialed_at == NOON + LEASE_TIME, "it was made before their time was over"
    assert attempt.rule_set is not None
    assert enrolled(base, spring)["Åse"].state == "done"
    with reading(base) as connection, pytest.raises(UsageError, match="ran out"):
        leases.find_owed(connection, lease.lease)


def test_a_late_result_is_refused_where_somebody_came_after(
    base: Engine, spring: StoredCampaign, anna: int
):
    first = given(base, spring, anna)
    bo = add_agent(base, "bo")
    give(base, spring, given(base, spring, bo), read(spring.campaign, "sale"))  # Per
    later = NOON + LEASE_TIME
    second = given(base, spring, bo, now=later)
    assert second.lead_id == first.lead_id
    with writing(base) as connection, pytest.raises(UsageError, match="somebody has this person"):
        leases.find_owed(connection, first.lease)
    give(base, spring, second, read(spring.campaign, "sale"), now=later)
    with writing(base) as connection, pytest.raises(UsageError, match="somebody has this person"):
        leases.find_owed(connection, first.lease)
    assert [row.agent_id for row in rows_of(base, attempts)] == [bo, bo]


def test_who_was_given_the_same_person_once_more_may_use_the_old_name(
    base: Engine, spring: StoredCampaign, anna: int
):
    first = given(base, spring, anna)
    again = given(base, spring, anna, now=NOON + LEASE_TIME)
    assert (again.lead_id, again.lease == first.lease) == (first.lead_id, False)
    with reading(base) as connection:
        assert leases.find_owed(connection, first.lease) == again


def test_two_late_results_of_one_lease_are_one(base: Engine, spring: StoredCampaign, anna: int):
    lease = given(base, spring, anna)
    later = NOON + LEASE_TIME
    run_out(base, spring, now=later)
    with reading(base) as connection:
        owed = [leases.find_owed(connection, lease.lease) for _ in range(2)]
    give(base, spring, owed[0], read(spring.campaign, "sale"), now=later)
    with pytest.raises(UsageError, match="since"):
        give(base, spring, owed[1], read(spring.campaign, "sale"), now=later)


def test_a_mistyped_lease_is_told_to_its_own_agent_only(
    base: Engine, spring: StoredCampaign, anna: int
):
    lease = given(base, spring, anna)
    bo = add_agent(base, "bo")
    mistyped = f"{lease.lease[:-1]}x"
    with reading(base) as connection:
        with pytest.raises(UsageError, match=f"did you mean '{lease.lease}'"):
            leases.find_lease(connection, mistyped, asker_id=anna)
        for other in (bo, None):
            with pytest.raises(UsageError) as told:
                leases.find_lease(connection, mistyped, asker_id=other)
            assert lease.lease not in str(told.value)


def test_a_lease_whose_time_ran_out_holds_nobody_back_in_another_campaign(
    base: Engine, spring: StoredCampaign, anna: int
):
    left = given(base, spring, anna)
    put(base, spring, CampaignState.PAUSED)
    summer = started(base, by_hand("summer"))
    bo = add_agent(base, "bo")
    early = [given(base, summer, bo, now=NOON + LEASE_TIME - timedelta(seconds=1)).lead_id]
    assert left.lead_id not in early
    asked = given(base, summer, anna, now=NOON + LEASE_TIME)
    assert (asked.campaign_id, asked.lead_id) == (summer.id, left.lead_id)
    assert {row.lease for row in claim_rows(base)}.isdisjoint({left.lease})


def test_a_campaign_that_stands_still_gives_nobody(base: Engine, spring: StoredCampaign, anna: int):
    paused = put(base, spring, CampaignState.PAUSED)
    assert ask(base, paused, anna) is None
    assert {row.state for row in enrolled(base, spring).values()} == {"new"}


def test_where_the_engine_dials_the_person_is_the_one_on_the_line(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    spring = started(base)
    assert ask(base, spring, anna) is None
    assert claim_rows(base) == []
    attempt = dial_next(base, spring)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
    lease = given(base, spring, anna)
    assert (lease.attempt_id, lease.engine, lease.live) == (attempt.id, "default", True)
    assert lease.expires_at is None
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    assert given(base, spring, anna) == replace(
        lease, live=False, expires_at=NOON + timedelta(seconds=20) + minutes(10)
    )


def test_who_takes_calls_from_the_engine_does_not_dial_by_hand(
    base: Engine, spring: StoredCampaign, anna: int
):
    with writing(base) as connection:
        connection.execute(agents.update().values(state="ready", engine="default"))
    with pytest.raises(NotAllowedError, match=r"run: ringbank agents pause anna$"):
        ask(base, spring, anna)
    assert claim_rows(base) == []
    with writing(base) as connection:
        connection.execute(agents.update().values(state="paused"))
    lease = given(base, spring, anna)
    with reading(base) as connection:
        assert unfinished_lease(connection, anna) == lease.lease


# What the agent sees


def test_the_agent_sees_all_there_is_to_know(base: Engine, spring: StoredCampaign, anna: int):
    document = shown(base, spring, given(base, spring, anna))
    # What stood here first keeps its place; the rest is there, wherever.
    assert list(document)[:11] == [
        "lease", "expires_at", "campaign", "lead", "phone", "phone_masked", "local_time",
        "script", "questions", "dispositions", "history",
    ]  # fmt: skip
    assert set(document) >= {
        "mode", "live", "practice", "script_version", "opening", "drawer", "order", "draft", "tasks",
    }  # fmt: skip
    assert document["campaign"] == "spring"
    assert document["lead"] == {
        "id": lead_id_of(base, "Åse"),
        "external_id": "17",
        "name": "Åse",
        "attributes": {"By": "Oslo"},
        "language": None,
    }
    assert (document["phone"], document["phone_masked"]) == ("+4722000001", "+4722****01")
    assert (document["local_time"], document["script"]) == ("2026-06-02T12:00", "Hello!")
    assert [(one["key"], one["choices"], one["asked"]) for one in document["questions"]] == [
        ("provider", ["Telia", "other"], True),
        ("age", [], True),
    ]
    assert document["questions"][1] == {
        "key": "age", "text": "How old are you?", "type": "number", "choices": [], "low": 1,
        "high": 5, "required": False, "asked_if": None, "asked": True,
    }  # fmt: skip
    codes = [word["code"] for word in document["dispositions"]]
    assert codes[:2] == ["success", "refusal"]
    (sale,) = (one for one in document["dispositions"] if one["code"] == "sale")
    assert (sale["kind"], sale["label"], sale["form"]) == ("success", "Sold", None)
    assert (sale["effect_kind"], sale["twice"]) == ("final", False)
    assert "hostile" not in codes
    assert document["history"] == []
    assert (document["order"], document["tasks"]) == (None, [])
    assert json.loads(json.dumps(document, default=str))


def test_where_the_engine_dials_the_number_is_masked(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    spring = started(base)
    attempt = dial_next(base, spring)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
    document = shown(base, spring, given(base, spring, anna))
    assert (document["phone"], document["phone_masked"]) == (None, "+4722****01")


def test_a_call_is_not_in_its_own_history(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    spring = started(base)
    attempt = dial_next(base, spring)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
    lease = given(base, spring, anna)
    close(base, spring, attempt, Outcome.CONNECTED)
    assert lease.attempt_id == attempt.id
    assert shown(base, spring, lease)["history"] == []


def test_the_history_is_of_all_campaigns_the_newest_first(
    base: Engine, spring: StoredCampaign, anna: int
):
    summer = started(base, definition("summer"))
    call(base, summer, Outcome.BUSY)
    later = NOON + minutes(60)
    refusal = said(spring, DispositionKind.REFUSAL, reason="price", note="too dear")
    lease = given(base, spring, anna, now=later)
    give(base, spring, lease, refusal, now=later)
    assert shown(base, spring, lease)["history"] == [
        {
            "at": later,
            "campaign": "spring",
            "outcome": "connected",
            "disposition": "refusal",
            "refusal_reason": "price",
            "refusal_detail": None,
            "note": "too dear",
            "returned": False,
        },
        {
            "at": NOON,
            "campaign": "summer",
            "outcome": "busy",
            "disposition": None,
            "refusal_reason": None,
            "refusal_detail": None,
            "note": None,
            "returned": False,
        },
    ]


@pytest.mark.parametrize("number", ["+4722000001", "+12025550123", "+2921234"])
def test_a_masked_number_tells_country_and_two_digits(number: str):
    assert re.fullmatch(r"\+\d{2,4}\*+\d{2}", masked(number))
    assert len(masked(number)) == len(number)


def test_the_clock_is_not_told_where_zones_disagree(base: Engine, anna: int):
    import_people(base, [("Kim", "+61412345678"), ("Lee", "+18002345678")])
    spring = started(base, by_hand())
    lease = given(base, spring, anna)
    assert len({*desk_zones(base, lease)}) > 1
    assert shown(base, spring, lease)["local_time"] is None


def desk_zones(base: Engine, lease: Lease) -> tuple[str, ...]:
    with reading(base) as connection:
        return desk_document.zones_of(connection, lease)


# Results of calls by hand


@pytest.mark.parametrize(
    ("kind", "outcome", "state"),
    [
        (DispositionKind.SUCCESS, "connected", "done"),
        (DispositionKind.REFUSAL, "connected", "done"),
        (DispositionKind.NO_CONTACT, "no_answer", "waiting"),
        (DispositionKind.MACHINE, "machine", "waiting"),
        (DispositionKind.LEFT_MESSAGE, "machine", "waiting"),
        (DispositionKind.WRONG_NUMBER, "connected", "done"),
        (DispositionKind.DO_NOT_CALL, "connected", "suppressed"),
    ],
)
def test_a_call_by_hand_is_what_the_agent_says(
    base: Engine,
    spring: StoredCampaign,
    anna: int,
    kind: DispositionKind,
    outcome: str,
    state: str,
):
    lease = given(base, spring, anna)
    later = NOON + minutes(3)
    assert give(base, spring, lease, said(spring, kind), now=later) is False
    row = attempt_row(base, 1)
    assert (row.outcome, row.evidence, row.hangup_cause) == (outcome, "self_reported", None)
    assert (row.mode, row.agent_id, row.phone) == ("manual", anna, phone(1))
    assert (row.lead_id, row.campaign_id, row.attempt_no) == (lease.lead_id, spring.id, 1)
    assert (row.dialed_at, row.ended_at, row.disposition) == (later, later, kind)
    assert (row.answered_at, row.ring_s, row.talk_s, row.sip_code) == (None, None, None, None)
    lead = enrolled(base, spring)["Åse"]
    assert (lead.state, lead.attempts, lead.last_attempt_at) == (state, 1, later)
    assert (lead.last_outcome, lead.last_disposition) == (outcome, kind)
    assert claim_rows(base) == []


def test_answers_and_reasons_are_kept(base: Engine, spring: StoredCampaign, anna: int):
    result = read(spring.campaign, "refusal", reason="price", given=["provider=Telia", "age=41,50"])
    give(base, spring, given(base, spring, anna), result)
    with reading(base) as connection:
        rows = connection.execute(select(answers).order_by(answers.c.question)).all()
    assert [(row.question, row.answer) for row in rows] == [("age", "41.5"), ("provider", "Telia")]
    assert enrolled(base, spring)["Åse"].refusal_reason == "price"


def test_a_promise_made_by_hand_is_kept(base: Engine, spring: StoredCampaign, anna: int):
    promised = NOON + minutes(60)
    result = read(spring.campaign, "callback", callback_at=promised)
    give(base, spring, given(base, spring, anna), result)
    ase = enrolled(base, spring)["Åse"]
    assert (ase.state, ase.next_call_at) == ("callback", promised)
    give(base, spring, given(base, spring, anna), read(spring.campaign, "sale"))
    assert ask(base, spring, anna, now=promised - minutes(1)) is None
    assert given(base, spring, anna, now=promised).lead_id == ase.lead_id


def test_a_result_ends_the_lease(base: Engine, spring: StoredCampaign, anna: int):
    first = given(base, spring, anna)
    give(base, spring, first, read(spring.campaign, "sale"))
    with reading(base) as connection, pytest.raises(UsageError, match="its result was given"):
        leases.find_lease(connection, first.lease)
    assert given(base, spring, anna).lead_id == lead_id_of(base, "Per")


def test_a_result_says_whether_the_engine_has_to_end_the_call(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    spring = started(base)
    attempt = dial_next(base, spring)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
    live = given(base, spring, anna)
    assert give(base, spring, live, said(spring, DispositionKind.SUCCESS)) is True
    assert given(base, spring, anna) == live
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    assert ask(base, spring, anna) is None


def test_a_result_after_the_call_needs_no_engine(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    spring = started(base)
    attempt = dial_next(base, spring)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    over = given(base, spring, anna)
    assert give(base, spring, over, said(spring, DispositionKind.SUCCESS)) is False
    assert claim_rows(base) == []
    assert attempt_row(base, attempt.id).evidence == "hangup"


# Giving back


def test_who_was_not_called_is_given_back_as_they_were(
    base: Engine, spring: StoredCampaign, anna: int
):
    before = enrolled(base, spring)["Åse"]
    lease = given(base, spring, anna)
    with writing(base) as connection:
        desk.give_back(connection, spring, lease)
    assert claim_rows(base) == []
    after = enrolled(base, spring)["Åse"]
    assert (after.state, after.attempts, after.next_call_at) == (
        before.state,
        before.attempts,
        before.next_call_at,
    )
    assert given(base, spring, add_agent(base, "bo")).lead_id == lease.lead_id


def test_who_was_called_cannot_be_given_back(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    spring = started(base)
    attempt = dial_next(base, spring)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
    lease = given(base, spring, anna)
    with (
        writing(base) as connection,
        pytest.raises(NotAllowedError, match=f"ringbank result {lease.lease} --disposition CODE$"),
    ):
        desk.give_back(connection, spring, lease)
    assert len(claim_rows(base)) == 1


# What an agent's words mean


CAMPAIGN = understood(by_hand())


def read(campaign: Campaign, disposition: str, **more: Any) -> Result:
    at = more.pop("callback_at", None)
    words = Words(disposition=disposition, answers=tuple(more.pop("given", ())), **more)
    return result_words.read_result(campaign, words, callback_at=at, now=NOON)


def test_words_that_can_be_used():
    result = read(CAMPAIGN, "sale", note="glad", given=["provider=other", "age=40"])
    assert (result.disposition.kind, result.note) == (DispositionKind.SUCCESS, "glad")
    assert result.answers == {"provider": ["other"], "age": ["40"]}
    assert read(CAMPAIGN, "refusal", reason="time").reason == "time"
    later = NOON + timedelta(seconds=1)
    assert read(CAMPAIGN, "callback", callback_at=later).callback_at == later


@pytest.mark.parametrize(
    ("disposition", "more", "told"),
    [
        ("sold", {}, "'sold' is no disposition.*choose one of success, .*sale"),
        ("refusal", {}, "a refusal needs its reason; add --reason with one of price, time"),
        ("refusal", {"reason": "prize"}, "one of price, time"),
        ("refusal", {"reason": "prize"}, "the nearest is 'price'"),
        ("sale", {"detail": "2027-03-01"}, "--detail belongs to the reason of a refusal"),
        ("sale", {"callback_by": "me"}, "--callback-by belongs to a disposition of kind callback"),
        (
            "callback",
            {"callback_at": NOON + minutes(1), "callback_by": "you"},
            "--callback-by 'you' is nobody; choose one of me, any",
        ),
        ("sale", {"reason": "price"}, "--reason belongs to a refusal, and 'sale' is none"),
        ("callback", {}, "a callback needs its time; add --callback "),
        ("sale", {"callback_at": NOON + minutes(1)}, "--callback belongs to a disposition of kind"),
        ("sale", {"given": ["provder=Telia"]}, "answers no question; .*one of provider, age"),
        ("sale", {"given": ["provider"]}, "'provider' answers no question; write KEY=VALUE"),
        ("sale", {"given": ["provider=Telenor"]}, "choose one of Telia, other"),
    ],
)
def test_words_that_cannot_be_used_are_told_in_one_sentence(
    disposition: str, more: dict[str, Any], told: str
):
    with pytest.raises(UsageError, match=told) as caught:
        read(CAMPAIGN, disposition, **more)
    message = str(caught.value)
    assert "\n" not in message
    assert not message.endswith(".")
    assert "hostile" not in message


def test_a_campaign_without_reasons_takes_the_built_in_ones():
    bare = read_definition(definition())
    assert isinstance(bare, Campaign)
    assert read(bare, "refusal", reason="no_need").detail is None
    bound = read(bare, "refusal", reason="under_contract_until", detail="1.3.2027")
    assert (bound.reason, bound.detail) == ("under_contract_until", "2027-03-01")
    with pytest.raises(UsageError, match="needs a date; add --detail 2027-03-01"):
        read(bare, "refusal", reason="under_contract_until")
    with pytest.raises(UsageError, match="this campaign asks nothing"):
        read(bare, "refusal", reason="no_need", given=["a=b"])


def test_who_calls_back_is_said_by_the_agent_or_else_by_the_campaign():
    later = {"callback_at": NOON + minutes(60)}
    owned = understood(by_hand(callbacks='[callbacks]\nowner = "agent"'))
    assert read(CAMPAIGN, "callback", **later).own_callback is False
    assert read(CAMPAIGN, "callback", **later, callback_by="me").own_callback is True
    assert read(owned, "callback", **later).own_callback is True
    assert read(owned, "callback", **later, callback_by="any").own_callback is False
    assert read(owned, "sale").own_callback is False


# Why nobody


def test_what_keeps_everybody_from_being_next_is_counted(base: Engine):
    import_people(
        base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3)), ("Ola", phone(4))]
    )
    import_people(base, [("Mona", phone(5))], "sweden")
    spring = started(base, definition(on=["norway", "sweden"]))
    suppress(base, phone(2))
    archive(base, "sweden")
    call(base, spring, Outcome.BUSY)
    take(base, spring)
    call(base, spring, Outcome.FAILED)
    assert take(base, spring, 5) == ()
    assert why(base, spring) == {
        # one who was busy and one whose call failed; one is in a call
        "attempts": (2, NOON + timedelta(minutes=15, seconds=20)),
        "suppression": (1, None),
        "state": (1, None),
        "list": (1, None),
    }


def test_a_closed_window_says_when_it_opens(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    spring = started(base, by_hand(hours=OPEN_10_TO_20))
    assert ask(base, spring, anna, now=NOON + minutes(660)) is None
    assert why(base, spring) == {"hours": (1, NOON + minutes(22 * 60))}


def test_a_campaign_that_stands_still_says_so(base: Engine):
    import_people(base, [("Åse", phone(1))])
    paused = put(base, started(base, by_hand()), CampaignState.PAUSED)
    assert why(base, paused) == {"state": (None, None)}
