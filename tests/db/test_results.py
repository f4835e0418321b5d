"""Results that are taken back, corrected, given late; and what they mean for the person."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from campaigns import desk, drafts, leases, ledger, supervisions, taking_back
from campaigns.desk_tables import drafts as draft_rows
from campaigns.desk_tables import result_changes, result_traces
from campaigns.erasure import erase
from campaigns.ledger import WRAP_UP_LIMIT, note_agent
from campaigns.merging import merge
from campaigns.model import AttemptId, CampaignState, DispositionKind, Outcome
from campaigns.person import person_document
from campaigns.result_words import Result, Words, read_result
from campaigns.rules.own import Own
from campaigns.store import StoredCampaign
from campaigns.tables import agents, answers, attempts
from campaigns.taking_back import UNDO_TIME
from dialer.desk import Desk
from dialer.tables import requests
from leads.db import metadata, reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.site import Settings, Site
from leads.tables import consents, lead_changes, lead_numbers, leads, suppressions
from tests.conftest import CHECKOUT
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    claim_rows,
    close,
    create,
    definition,
    dial,
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
    take,
    understood,
)

K = DispositionKind
ENDED = NOON + timedelta(seconds=20)
GIVEN = NOON + minutes(1)
LATER = NOON + minutes(300)
"""When whoever was not reached may be called again."""

TALK = """[[questions]]
key = "provider"
text = "Who is your provider?"
type = "choice"
choices = ["Telia", "other"]

[[questions]]
key = "why"
text = "Why?"
type = "text"
asked_if = 'provider = "other"'

[[refusal_reasons]]
code = "price"
offer = { campaign = "budget", after = "30d" }

[[refusal_reasons]]
code = "data_deletion_request"
"""
PEOPLE = f"""Id;Navn;Mobil;Telefon
17;Åse;{phone(1)};{phone(3)}
18;Per;{phone(1)};
19;Kari;{phone(2)};
"""


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A campaign that runs; Åse has two numbers and shares the first with Per."""
    import_text(base, PEOPLE)
    return started(base, definition(talk=TALK))


def talk(
    base: Engine,
    stored: StoredCampaign,
    agent_id: int,
    *,
    ended: bool = True,
    now: datetime = NOON,
) -> int:
    """Call the next person, who talks to the agent for 20 s."""
    attempt = dial_next(base, stored, now=now)
    with writing(base) as connection:
        note_agent(connection, attempt.id, agent_id)
    if ended:
        close(base, stored, attempt, Outcome.CONNECTED, agent_id=agent_id, answered_at=now)
    return attempt.id


def give(
    base: Engine, stored: StoredCampaign, attempt_id: int, result: Result, *, now: datetime = GIVEN
) -> None:
    with writing(base) as connection:
        lease = connection.scalar(select(attempts.c.lease).where(attempts.c.id == attempt_id))
        desk.give_result(connection, stored, leases.find_owed(connection, lease), result, now=now)


def undo(base: Engine, stored: StoredCampaign, attempt_id: int, *, now: datetime = GIVEN) -> None:
    with writing(base) as connection:
        taking_back.undo(connection, stored, AttemptId(attempt_id), by="anna", now=now)


def correct(
    base: Engine,
    stored: StoredCampaign,
    attempt_id: int,
    result: Result,
    *,
    why: str = "misheard",
    now: datetime = LATER,
) -> None:
    with writing(base) as connection:
        taking_back.correct(
            connection, stored, AttemptId(attempt_id), result, by="bo", why=why, now=now
        )


ASIDE = {"result_changes", "result_traces", "drafts", "alembic_version"}
"""Tables that are about results themselves, not about what they led to."""


def everything(base: Engine) -> dict[str, list[Mapping[str, Any]]]:
    """Return all rows that are in force, but for what has to be another: ids, a lease's times."""
    found = {}
    with reading(base) as connection:
        for table in metadata.sorted_tables:
            if table.name in ASIDE:
                continue
            rows = [dict(row._mapping) for row in connection.execute(select(table))]
            if table.name == "suppressions":
                rows = [row for row in rows if row["removed_at"] is None]
            for row in rows:
                if table.name in {"claims", "answers", "suppressions", "lead_changes"}:
                    row.pop("id")
                if table.name == "claims":
                    del row["created_at"], row["expires_at"]
            found[table.name] = sorted(rows, key=repr)
    return found


def state(base: Engine, stored: StoredCampaign, name: str = "Åse") -> tuple[str, str | None]:
    row = enrolled(base, stored)[name]
    return row.state, row.held_by


# What is taken back

WORDS: list[tuple[K, dict[str, Any]]] = [
    *((kind, {}) for kind in K if kind is not K.DO_NOT_CALL),
    (K.REFUSAL, {"reason": "price"}),
    (K.CALLBACK, {"callback_at": NOON + minutes(300), "own_callback": True}),
    (K.LANGUAGE, {"language": "pl"}),
    (
        K.SUCCESS,
        {
            "note": "glad",
            "answers": {"provider": ["other"], "why": ["cheaper"]},
            "consents": {"phone_marketing": "yes, do call"},
        },
    ),
]


@pytest.fixture
def budget(base: Engine, spring: StoredCampaign) -> StoredCampaign:
    """Another campaign, for whoever finds the first too dear, with a list of its own."""
    import_people(base, [("Ola", phone(9))], "other")
    return create(base, definition("budget", on=["other"]))


@pytest.mark.parametrize("listed", [True, False], ids=["enrolled there", "not enrolled there"])
@pytest.mark.parametrize("live", [False, True], ids=["after the call", "during the call"])
def test_whatever_was_said_is_taken_back_as_if_it_had_never_been(
    base: Engine, spring: StoredCampaign, anna: int, live: bool, listed: bool
):
    import_people(base, [("Ola", phone(9))], "other")
    budget = create(base, definition("budget", on=["norway"] if listed else ["other"]))
    put(base, budget, CampaignState.RUNNING)
    attempt_id = talk(base, spring, anna, ended=not live)
    before = everything(base)
    for kind, more in WORDS:
        give(base, spring, attempt_id, said(spring, kind, **more))
        assert everything(base) != before
        undo(base, spring, attempt_id)
        after = everything(base)
        for table, rows in before.items():
            assert after[table] == rows, (kind, table)
    with reading(base) as connection:
        kept = connection.execute(select(result_changes)).all()
        assert connection.execute(select(result_traces)).all() == []
    assert [row.before["disposition"] for row in kept] == [kind for kind, _ in WORDS]
    assert kept[-1].before["answers"] == {"provider": ["other"], "why": ["cheaper"]}
    assert kept[-1].before["consents"] == {"phone_marketing": "yes, do call"}


def test_a_result_of_a_hand_dialled_call_is_taken_back_and_the_call_stays(base: Engine, anna: int):
    import_text(base, PEOPLE)
    spring = started(base, definition(mode="manual", talk=TALK))
    with writing(base) as connection:
        lease = desk.next_person(connection, spring, LAWS, anna, now=NOON)
        assert lease is not None
        desk.give_result(connection, spring, lease, said(spring, K.NO_CONTACT), now=GIVEN)
    (attempt_id,) = (row.id for row in rows_of(base, attempts))
    undo(base, spring, attempt_id)
    row = attempt_row(base, attempt_id)
    assert (row.lease, row.outcome, row.disposition) == (lease.lease, "unknown", None)
    assert enrolled(base, spring)["Åse"].last_outcome == "unknown"
    for kind, more in WORDS:
        give(base, spring, attempt_id, said(spring, kind, **more))
        reached = kind not in {K.NO_CONTACT, K.MACHINE, K.LEFT_MESSAGE}
        assert (attempt_row(base, attempt_id).outcome == "connected") is reached
        undo(base, spring, attempt_id)
    give(base, spring, attempt_id, said(spring, K.SUCCESS))
    assert state(base, spring) == ("done", "disposition:success")
    assert enrolled(base, spring)["Åse"].attempts == 1


def rows_of(base: Engine, table: Any) -> list[Any]:
    with reading(base) as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def test_the_lease_lives_again_and_its_result_may_be_another(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.REFUSAL, reason="price"))
    assert claim_rows(base) == []
    undo(base, spring, attempt_id, now=GIVEN + minutes(2))
    (held,) = claim_rows(base)
    assert (held.agent_id, held.attempt_id) == (anna, attempt_id)
    assert held.lease == attempt_row(base, attempt_id).lease
    assert held.expires_at == GIVEN + minutes(2) + WRAP_UP_LIMIT
    give(base, spring, attempt_id, said(spring, K.SUCCESS), now=GIVEN + minutes(3))
    assert (attempt_row(base, attempt_id).refusal_reason, claim_rows(base)) == (None, [])
    assert state(base, spring) == ("done", "disposition:success")


def test_ten_minutes_are_the_limit(base: Engine, spring: StoredCampaign, anna: int):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.REFUSAL))
    second = timedelta(seconds=1)
    with pytest.raises(NotAllowedError, match=r"ten minutes .* --correct --by NAME"):
        undo(base, spring, attempt_id, now=GIVEN + UNDO_TIME + second)
    undo(base, spring, attempt_id, now=GIVEN + UNDO_TIME)
    with pytest.raises(UsageError, match="no result that could be taken back"):
        undo(base, spring, attempt_id, now=GIVEN + UNDO_TIME)


@pytest.mark.parametrize("word", [(K.DO_NOT_CALL, None), (K.REFUSAL, "data_deletion_request")])
def test_a_wish_not_to_be_called_is_a_supervisors_to_take_back(
    base: Engine, spring: StoredCampaign, anna: int, word: tuple[K, str | None]
):
    kind, reason = word
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, kind, reason=reason))
    assert state(base, spring)[0] in {"suppressed", "done"}
    with pytest.raises(NotAllowedError, match="a wish not to be called stays"):
        undo(base, spring, attempt_id)
    assert [row.removed_at for row in rows_of(base, suppressions)] == [None]
    assert take(base, spring)[0].person.lead_id == lead_id_of(base, "Kari")  # Per's number, too
    assert state(base, spring, "Per") == ("suppressed", "suppression")
    correct(base, spring, attempt_id, said(spring, K.CALLBACK, callback_at=NOON + minutes(300)))
    (entry,) = rows_of(base, suppressions)
    assert entry.removed_reason == "bo corrected the result"
    assert state(base, spring) == ("callback", "disposition:callback")
    assert state(base, spring, "Per")[0] == "new"


def test_who_was_called_or_taken_since_is_not_taken_back(
    base: Engine, spring: StoredCampaign, anna: int
):
    summer = started(base, definition("summer"))
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.NO_CONTACT))
    taken = take(base, summer)
    assert taken[0].person.lead_id == lead_id_of(base, "Åse")
    with pytest.raises(NotAllowedError, match="somebody has this one"):
        undo(base, spring, attempt_id)
    with pytest.raises(NotAllowedError, match="somebody has this person right now"):
        correct(base, spring, attempt_id, said(spring, K.SUCCESS))
    assert attempt_row(base, attempt_id).disposition == "no_contact"
    (call,) = dial(base, summer, *taken)
    close(base, summer, call, Outcome.BUSY)
    with pytest.raises(NotAllowedError, match="has been called since"):
        undo(base, spring, attempt_id)
    with pytest.raises(UsageError, match="--why holds what looks like the number of a payment"):
        correct(base, spring, attempt_id, said(spring, K.SUCCESS), why="4111 1111 1111 1111")
    correct(base, spring, attempt_id, said(spring, K.SUCCESS))
    assert state(base, spring) == ("done", "disposition:success")
    assert state(base, summer) == ("waiting", "retry:busy")


def test_an_agent_who_has_somebody_else_by_now_gives_that_result_first(
    base: Engine, spring: StoredCampaign, anna: int
):
    first = talk(base, spring, anna)
    give(base, spring, first, said(spring, K.SUCCESS))
    before = everything(base)
    second = talk(base, spring, anna)
    with pytest.raises(NotAllowedError, match="you have another person by now"):
        undo(base, spring, first)
    give(base, spring, second, said(spring, K.SUCCESS))
    undo(base, spring, first)
    assert everything(base)["suppressions"] == before["suppressions"]
    assert [row.attempt_id for row in claim_rows(base)] == [first]


@pytest.mark.parametrize(
    ("now_so", "may"), [("ready", False), ("paused", True), ("wrap_up", True), ("out", True)]
)
def test_whoever_may_be_given_the_next_person_pauses_before_they_take_back(
    base: Engine, spring: StoredCampaign, anna: int, now_so: str, may: bool
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.SUCCESS))
    with writing(base) as connection:
        connection.execute(update(agents).values(state=now_so))
    if may:
        undo(base, spring, attempt_id)
        assert [row.agent_id for row in claim_rows(base)] == [anna]
        return
    with pytest.raises(NotAllowedError, match="run: ringbank agents pause anna, and take"):
        undo(base, spring, attempt_id)
    second = talk(base, spring, anna)
    (held,) = claim_rows(base)
    assert (held.agent_id, held.attempt_id) == (anna, second), "that result is theirs to give"


# Corrections


def test_a_correction_stands_in_the_place_of_the_result_and_both_are_kept(
    base: Engine, spring: StoredCampaign, budget: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.REFUSAL, reason="price", note="too dear"))
    assert "Åse" in enrolled(base, budget)
    before = attempt_row(base, attempt_id)
    agreed = said(spring, K.SUCCESS, answers={"provider": ["Telia"]})
    correct(base, spring, attempt_id, agreed, now=GIVEN + timedelta(days=3))
    row = attempt_row(base, attempt_id)
    assert (row.disposition, row.refusal_reason, row.note) == ("success", None, None)
    assert (row.wrapped_at, row.wrap_s) == (before.wrapped_at, before.wrap_s)
    assert row.reoffer_campaign is None
    assert "Åse" not in enrolled(base, budget)
    lead = enrolled(base, spring)["Åse"]
    assert (lead.state, lead.last_disposition, lead.refusal_reason) == ("done", "success", None)
    (change,) = rows_of(base, result_changes)
    assert (change.kind, change.changed_by, change.why) == ("correction", "bo", "misheard")
    assert (change.before["refusal_reason"], change.before["note"]) == ("price", "too dear")
    with pytest.raises(NotAllowedError, match="supervisor"):
        undo(base, spring, attempt_id, now=GIVEN + minutes(1))


def test_a_corrected_older_talk_leaves_the_last_word_what_it_is(
    base: Engine, spring: StoredCampaign, anna: int
):
    first = talk(base, spring, anna)
    give(base, spring, first, said(spring, K.NO_CONTACT))
    second = talk(base, spring, anna, now=LATER)
    assert attempt_row(base, second).lead_id == attempt_row(base, first).lead_id
    give(base, spring, second, said(spring, K.SUCCESS), now=LATER + minutes(1))
    correct(base, spring, first, said(spring, K.LEFT_MESSAGE), now=LATER + minutes(9))
    lead = enrolled(base, spring)["Åse"]
    assert (lead.state, lead.last_disposition) == ("done", "success")
    assert attempt_row(base, first).disposition == "left_message"


def test_a_consent_on_which_calls_rested_is_withdrawn_and_else_never_was(
    base: Engine, spring: StoredCampaign, anna: int
):
    agreed = said(spring, K.NO_CONTACT, consents={"phone_marketing": "yes"})
    first = talk(base, spring, anna)
    give(base, spring, first, agreed)
    correct(base, spring, first, agreed)
    assert len(rows_of(base, consents)) == 1  # told again, it stays the same one
    second = talk(base, spring, anna, now=LATER)
    assert attempt_row(base, second).lead_id == attempt_row(base, first).lead_id
    give(base, spring, second, said(spring, K.NO_CONTACT), now=LATER + minutes(1))
    correct(base, spring, first, said(spring, K.NO_CONTACT), now=LATER + minutes(9))
    (one,) = rows_of(base, consents)
    assert one.withdrawn_reason == "bo corrected the result"


# What words mean for the person


def test_a_wrong_number_is_this_number_and_this_person_alone(
    base: Engine, spring: StoredCampaign, anna: int
):
    ase = lead_id_of(base, "Åse")
    attempt_id = talk(base, spring, anna)
    assert attempt_row(base, attempt_id).phone == phone(1)
    give(base, spring, attempt_id, said(spring, K.WRONG_NUMBER))
    assert rows_of(base, suppressions) == []
    mine = [row.number_id for row in rows_of(base, lead_numbers) if row.lead_id == ase]
    assert mine == [int(phone(3)[1:])]
    row = enrolled(base, spring)["Åse"]
    assert (row.state, row.position) == ("waiting", 1)
    (change,) = rows_of(base, lead_changes)
    assert (change.before, change.changed_by) == ({"phones": [phone(1), phone(3)]}, "anna")
    later = NOON + minutes(30)
    taken = {one.person.lead_id: one.person.phone for one in take(base, spring, 5, now=later)}
    assert taken[ase] == phone(3)
    assert taken[lead_id_of(base, "Per")] == phone(1)


def test_a_person_without_a_number_left_is_done_everywhere(
    base: Engine, spring: StoredCampaign, anna: int
):
    summer = started(base, definition("summer"))
    for moment in (NOON, LATER):
        attempt_id = talk(base, spring, anna, now=moment)
        assert attempt_row(base, attempt_id).lead_id == lead_id_of(base, "Åse")
        give(base, spring, attempt_id, said(spring, K.WRONG_NUMBER), now=moment + minutes(1))
    over = ("done", "disposition:wrong_number")
    assert (state(base, spring), state(base, summer)) == (over, over)
    undo(base, spring, attempt_id, now=LATER + minutes(1))
    assert state(base, summer)[0] == "new"
    assert claim_rows(base)[0].number_id == int(phone(3)[1:])


@pytest.mark.parametrize("kind", [K.DECEASED, K.HOSTILE])
def test_nobody_calls_the_person_again_and_the_household_stays(
    base: Engine, spring: StoredCampaign, anna: int, kind: K
):
    summer = started(base, definition("summer"))
    give(base, spring, talk(base, spring, anna), said(spring, kind))
    (entry,) = rows_of(base, suppressions)
    assert (entry.kind, entry.subject, entry.scope) == ("lead", str(lead_id_of(base, "Åse")), "all")
    names = {one.person.lead_id for one in take(base, summer, 5)}
    assert names == {lead_id_of(base, "Per"), lead_id_of(base, "Kari")}
    assert state(base, summer) == ("suppressed", "suppression")


def test_a_language_is_kept_and_the_person_comes_back(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.LANGUAGE, language="pl"))
    row = enrolled(base, spring)["Åse"]
    assert (row.state, row.held_by) == ("waiting", "retry:disposition:language")
    assert row.next_call_at == ENDED + minutes(15)
    with reading(base) as connection:
        ase = lead_id_of(base, "Åse")
        assert connection.scalar(select(leads.c.language).where(leads.c.id == ase)) == "pl"
    (change,) = rows_of(base, lead_changes)
    assert change.before == {"language": None}


def test_without_the_language_nobody_can_be_found_for_them(
    base: Engine, spring: StoredCampaign, anna: int
):
    give(base, spring, talk(base, spring, anna), said(spring, K.LANGUAGE))
    assert state(base, spring) == ("done", "disposition:language")


def test_a_corrected_older_talk_leaves_a_promise_to_whoever_made_it(
    base: Engine, spring: StoredCampaign, anna: int
):
    first = talk(base, spring, add_agent(base, "bo"))
    give(base, spring, first, said(spring, K.NO_CONTACT))
    second = talk(base, spring, anna, now=LATER)
    assert attempt_row(base, second).lead_id == attempt_row(base, first).lead_id
    due = LATER + minutes(60)
    promise = said(spring, K.CALLBACK, callback_at=due, own_callback=True)
    give(base, spring, second, promise, now=LATER + minutes(1))
    before = enrolled(base, spring)["Åse"]
    assert (before.state, before.owner_id) == ("callback", anna)
    earlier = said(spring, K.CALLBACK, callback_at=due + minutes(9), own_callback=True)
    for word in (said(spring, K.LEFT_MESSAGE), earlier):
        correct(base, spring, first, word, now=LATER + minutes(9))
        lead = enrolled(base, spring)["Åse"]
        assert (lead.state, lead.owner_id, lead.next_call_at, lead.owner_until) == (
            "callback", anna, due, before.owner_until,
        )  # fmt: skip


# Talks that broke off


def expire(base: Engine, stored: StoredCampaign, now: datetime) -> None:
    with writing(base) as connection:
        ledger.release_expired(connection, stored, now=now)


def type_in(base: Engine, stored: StoredCampaign, attempt_id: int, **words: Any) -> str:
    row = attempt_row(base, attempt_id)
    with writing(base) as connection:
        drafts.keep(
            connection,
            row.lease,
            drafts.typed(Words(**words)),
            agent_id=row.agent_id,
            campaign_id=stored.id,
            lead_id=row.lead_id,
            now=NOON,
        )
    return str(row.lease)


def test_the_answers_of_a_talk_without_a_result_are_kept_and_the_rest_stays_typed(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    lease = type_in(
        base,
        spring,
        attempt_id,
        note="was glad",
        answers=("why=cheaper", "provider=other", "provider=Tele2", "age=3"),
    )
    expire(base, spring, ENDED + WRAP_UP_LIMIT - timedelta(seconds=1))
    assert rows_of(base, answers) == []
    expire(base, spring, ENDED + WRAP_UP_LIMIT)
    kept = [(row.attempt_id, row.question, row.answer) for row in rows_of(base, answers)]
    assert kept == [(attempt_id, "provider", "other"), (attempt_id, "why", "cheaper")]
    assert attempt_row(base, attempt_id).disposition is None
    with reading(base) as connection:
        assert drafts.find(connection, lease).words["note"] == "was glad"


def test_a_late_result_is_taken_as_long_as_nobody_has_the_person(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    late = ENDED + WRAP_UP_LIMIT + minutes(5)
    expire(base, spring, late)
    assert state(base, spring) == ("done", "outcome:connected")
    give(
        base, spring, attempt_id, said(spring, K.CALLBACK, callback_at=late + minutes(60)), now=late
    )
    assert state(base, spring) == ("callback", "disposition:callback")
    with pytest.raises(UsageError, match="its result was given"):
        give(base, spring, attempt_id, said(spring, K.SUCCESS), now=late)


def test_answers_of_a_broken_talk_come_back_when_a_late_result_is_taken_back(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    type_in(base, spring, attempt_id, answers=("provider=other", "why=cheaper"))
    late = ENDED + WRAP_UP_LIMIT
    expire(base, spring, late)
    again = {"why": ["cheaper"], "provider": ["Telia"]}
    give(base, spring, attempt_id, said(spring, K.SUCCESS, answers=again), now=late)
    other = talk(base, spring, anna, now=late)
    given = said(spring, K.PARTIAL, answers={"provider": ["Telia"]})
    give(base, spring, other, given, now=late + minutes(1))
    undo(base, spring, attempt_id, now=late + minutes(2))
    kept = {(row.attempt_id, row.question, row.answer) for row in rows_of(base, answers)}
    assert kept == {
        (attempt_id, "provider", "other"),
        (attempt_id, "why", "cheaper"),
        (other, "provider", "Telia"),
    }


def test_a_late_result_is_refused_once_somebody_has_the_person(
    base: Engine, spring: StoredCampaign, anna: int
):
    summer = started(base, definition("summer"))
    attempt_id = talk(base, spring, anna)
    late = ENDED + WRAP_UP_LIMIT
    expire(base, spring, late)
    taken = take(base, summer, 3)
    assert lead_id_of(base, "Åse") in {one.person.lead_id for one in taken}
    with pytest.raises(UsageError, match="its time ran out"):
        give(base, spring, attempt_id, said(spring, K.SUCCESS), now=late)


def test_a_lease_that_ran_out_without_a_call_has_a_place_for_what_is_typed(base: Engine, anna: int):
    import_text(base, PEOPLE)
    spring = started(base, definition(mode="manual", talk=TALK))
    with writing(base) as connection:
        lease = desk.next_person(connection, spring, LAWS, anna, now=NOON)
        assert lease is not None
    expire(base, spring, NOON + desk.LEASE_TIME)
    with writing(base) as connection:
        assert drafts.listed(connection) == ()
        assert drafts.fill(connection, lease.lease, {"note": "late"}, now=NOON)
        assert not drafts.fill(connection, "nobody's", {"note": "late"}, now=NOON)
    (row,) = rows_of(base, draft_rows)
    assert (row.agent_id, row.lead_id, row.words) == (anna, lease.lead_id, {"note": "late"})


# At once

AT_ONCE = """
import json, sys
from datetime import datetime
from campaigns import desk, leases, store, taking_back
from campaigns.model import DispositionKind
from leads.db import writing
from leads.errors import RingbankError
from dialer.schema import open_base
from tests.db.people import LAWS, claim, new_lease, said

url, what, lease, now = sys.argv[1:]
base = open_base(url)
print("ready", flush=True)
sys.stdin.readline()
now = datetime.fromisoformat(now)
try:
    with writing(base) as connection:
        spring = store.load(connection, "spring")
        if what == "undo":
            call = leases.find_call(connection, lease)
            taking_back.undo(connection, spring, call.attempt_id, by="anna", now=now)
        elif what == "claim":
            summer = store.load(connection, "summer")
            taken = claim(connection, summer, LAWS, limit=5, now=now, new_lease=new_lease)
            what = str(len(taken.taken))
        else:
            held = leases.find_owed(connection, lease)
            word = said(spring, DispositionKind(what))
            desk.give_result(connection, spring, held, word, now=now)
    print(json.dumps(what))
except RingbankError as error:
    print(json.dumps({"refused": str(error)}))
base.dispose()
"""


def at_once(base_url: str, *whats: tuple[str, str, Any]) -> list[Any]:
    """Do several things in processes of their own, at the same instant."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE, base_url, what, lease, now.isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        )
        for what, lease, now in whats
    ]  # fmt: skip
    for one in processes:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return [json.loads(one.communicate(timeout=60)[0]) for one in processes]


def test_of_two_results_at_one_instant_one_is_taken(
    base: Engine, base_url: str, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    lease = attempt_row(base, attempt_id).lease
    done = at_once(base_url, ("success", lease, GIVEN), ("hostile", lease, GIVEN))
    taken = [one for one in done if isinstance(one, str)]
    assert len(taken) == 1, done
    assert attempt_row(base, attempt_id).disposition == taken[0]
    assert len(rows_of(base, suppressions)) == (taken[0] == "hostile")
    assert claim_rows(base) == []


def test_of_an_undo_and_a_claim_at_one_instant_one_has_the_person(
    base: Engine, base_url: str, anna: int
):
    import_people(base, [("Åse", phone(1))])
    spring = started(base, definition(talk=TALK))
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.NO_CONTACT))
    started(base, definition("summer"))
    lease = attempt_row(base, attempt_id).lease
    undone, claimed = at_once(base_url, ("undo", lease, GIVEN), ("claim", lease, GIVEN))
    (held,) = claim_rows(base)
    if undone == "undo":
        assert (held.lease, claimed) == (lease, "0")
    else:
        assert "somebody has this one" in undone["refused"]
        assert (held.lease == lease, claimed) == (False, "1")


# Words

CAMPAIGN = definition(
    talk=TALK + '[[questions]]\nkey = "age"\ntext = "Age?"\ntype = "number"\nrequired = true\n'
)


@pytest.fixture(scope="module")
def campaign() -> Any:
    return understood(CAMPAIGN)


def read(campaign: Any, disposition: str, **words: Any) -> Result:
    return read_result(campaign, Words(disposition=disposition, **words), now=NOON)


@pytest.mark.parametrize(
    ("disposition", "words", "told"),
    [
        ("", {}, "needs its disposition; add --disposition with one of success, refusal"),
        ("deceased", {}, "did somebody tell you so.* once more with --sure"),
        ("success", {}, "'success' needs an answer to age; add --answer age="),
        ("completed", {"answers": ("provider=Telia",)}, "needs an answer to age"),
        ("partial", {"answers": ("age=old",)}, "write a number"),
        ("partial", {"answers": ("why=cheaper",)}, "why is only asked if provider = \"other\""),
        ("success", {"language": "pl", "answers": ("age=3",)}, "--language belongs to"),
        ("language", {"language": "polish"}, "no code of ISO 639-1"),
        ("partial", {"note": "4111 1111 1111 1111"}, "--note: holds what looks like"),
        ("refusal", {"reason": "price", "detail": "4111-1111-1111-1111"}, "--detail: holds what"),
        ("partial", {"consents": ("sms=4111111111111111",)}, "--consent sms: holds what"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_meant(campaign: Any, disposition: str, words: Any, told: str):
    with pytest.raises(UsageError, match=told) as refused:
        read(campaign, disposition, **words)
    assert "4111" not in str(refused.value)


def test_words_that_can_be_meant(campaign: Any):
    assert read(campaign, "partial").answers == {}
    assert read(campaign, "deceased", sure=True).disposition.kind is K.DECEASED
    assert read(campaign, "language", language=" PL ").language == "pl"
    assert read(campaign, "language").language is None
    assert read(campaign, "success", answers=("age=41,0",)).answers == {"age": ["41"]}


def test_what_was_typed_is_kept_as_it_was_typed():
    words = Words(note="hi", answers=("a=b",), sure=True)
    assert drafts.typed(words) == {"note": "hi", "answers": ["a=b"], "sure": True}
    assert drafts.typed(Words()) == {}
    card = drafts.typed(Words(note="card 4111 1111 1111 1111", answers=("a=4111111111111111",)))
    assert card == {"note": "card **** **** **** ****", "answers": ["a=****************"]}


# The desk


@pytest.fixture
def office(base: Engine, tmp_path: Path) -> Desk:
    """A desk on the base, where no engine runs."""
    file = tmp_path / "config.toml"
    file.write_text("")
    settings = Settings(
        region="NO",
        registries=tmp_path,
        trunks={},
        engine="default",
        rules_folder=None,
        own_rules=Own(allow_without_rules=frozenset()).document(),
        require_token=False,
        pauses={},
    )
    return Desk(Site(config_file=file, opener=lambda: base, settings=lambda: settings))


def test_what_is_typed_while_the_talk_goes_on_is_shown_again(
    base: Engine, spring: StoredCampaign, anna: int, office: Desk
):
    lease = attempt_row(base, talk(base, spring, anna, ended=False)).lease
    office.keep(lease, Words(answers=("provider=other",), note="glad"))
    shown = office.next("spring", "anna")
    assert shown["draft"] == {"answers": ["provider=other"], "note": "glad"}
    questions = shown["questions"]
    assert isinstance(questions, list)
    assert [one["asked"] for one in questions] == [True, True]
    office.keep(lease, Words(answers=("provider=Telia",)))
    assert office.next("spring", "anna")["draft"] == {"answers": ["provider=Telia"]}
    with pytest.raises(UsageError, match="there is no lease"):
        office.keep("1f0c9a7be2d4", Words(note="glad"))


def test_words_for_a_lease_that_is_over_are_kept_and_the_message_says_so(
    base: Engine, spring: StoredCampaign, anna: int, office: Desk
):
    attempt_id = talk(base, spring, anna)
    lease = attempt_row(base, attempt_id).lease
    give(base, spring, attempt_id, said(spring, K.SUCCESS))
    before = everything(base)
    with pytest.raises(UsageError, match=f"kept for a supervisor: ringbank drafts show {lease}"):
        office.give(lease, Words(disposition="hostile", note="loud"))
    assert everything(base) == before
    with reading(base) as connection:
        (draft,) = drafts.listed(connection)
    assert (draft.lease, draft.agent, draft.given) == (lease, "anna", True)
    assert draft.words == {"disposition": "hostile", "note": "loud"}


@pytest.mark.parametrize("how", ["release", "skip", "give"])
def test_with_the_lease_ends_the_wish_for_a_supervisor(
    base: Engine, anna: int, office: Desk, how: str
):
    import_text(base, PEOPLE)
    manual = started(base, definition(mode="manual", talk=TALK))
    with writing(base) as connection:
        lease = desk.next_person(connection, manual, LAWS, anna, now=NOON)
        assert lease is not None
    office.help(lease.lease, "does not know what to say")
    with reading(base) as connection:
        (wanted,) = supervisions.help_wanted(connection)
    assert wanted["note"] == "does not know what to say"
    match how:
        case "release":
            office.release(lease.lease)
        case "skip":
            office.skip(lease.lease, "other")
        case _:
            office.give(lease.lease, Words(disposition="partial"))
    with reading(base) as connection:
        assert supervisions.help_wanted(connection) == []


def test_the_engine_is_told_the_kind_of_what_was_said(
    base: Engine, spring: StoredCampaign, anna: int, office: Desk, monkeypatch: pytest.MonkeyPatch
):
    lease = attempt_row(base, talk(base, spring, anna, ended=False)).lease
    monkeypatch.setattr("dialer.results.live_engine", lambda _: "default")
    monkeypatch.setattr("dialer.results.wait_for_answer", lambda *_, **__: None)
    office.give(lease, Words(disposition="hostile"))
    (request,) = rows_of(base, requests)
    assert (request.kind, request.detail) == ("result", {"kind": "hostile"})


def test_an_erased_person_leaves_nothing_in_drafts_traces_and_what_stood_before(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    secret = said(spring, K.LANGUAGE, language="pl", note="likes cats", answers={"why": ["cats"]})
    give(base, spring, attempt_id, secret)
    correct(base, spring, attempt_id, said(spring, K.LANGUAGE, language="ur"))
    type_in(base, spring, attempt_id, note="likes cats")
    ase = lead_id_of(base, "Åse")
    with reading(base) as connection:
        whole = json.dumps(person_document(connection, ase), default=str)
    assert whole.count("likes cats") == 2
    with writing(base) as connection:
        erase(connection, ase, now=LATER)
    assert rows_of(base, draft_rows) == rows_of(base, result_traces) == []
    (change,) = rows_of(base, result_changes)
    assert change.before["disposition"] == "language"
    assert change.before.keys().isdisjoint({"note", "answers", "consents", "language"})
    assert (change.why, attempt_row(base, attempt_id).language) == (None, None)
    with pytest.raises(NotAllowedError, match="erased"):
        correct(base, spring, attempt_id, said(spring, K.SUCCESS))


def test_a_merged_person_takes_what_was_typed_along_and_is_corrected_as_before(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.WRONG_NUMBER))
    type_in(base, spring, attempt_id, note="glad")
    ase, kari = lead_id_of(base, "Åse"), lead_id_of(base, "Kari")
    with writing(base) as connection:
        merge(connection, kari, ase, who="bo", now=LATER)
    assert [row.lead_id for row in rows_of(base, draft_rows)] == [kari]
    correct(base, spring, attempt_id, said(spring, K.SUCCESS))
    assert state(base, spring, "Kari") == ("done", "disposition:success")
    numbers = [row.number_id for row in rows_of(base, lead_numbers) if row.lead_id == kari]
    assert numbers == [int(one[1:]) for one in (phone(2), phone(3), phone(1))]
