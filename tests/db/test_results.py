"""Results that are taken back, corrected, given late; and what they mean for the person."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from campaigns import desk, drafts, owed, supervisions
from campaigns.desk_tables import drafts as draft_rows
from campaigns.desk_tables import result_changes, result_traces
from campaigns.erasure import erase
from campaigns.merging import merge
from campaigns.owed import WRAP_UP_LIMIT
from campaigns.person import person_document
from campaigns.result_words import Result, Words, read_result
from campaigns.rules.own import Own
from campaigns.store import StoredCampaign
from campaigns.tables import answers
from dialer.desk import Desk
from dialer.tables import requests
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.site import Settings, Site
from leads.tables import lead_changes, lead_numbers, leads, suppressions
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    claim_rows,
    definition,
    enrolled,
    import_text,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
    take,
    understood,
)
from tests.db.talks import (
    ENDED,
    LATER,
    PEOPLE,
    TALK,
    K,
    correct,
    everything,
    give,
    rows_of,
    state,
    talk,
    undo,
)


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A campaign that runs; Åse has two numbers and shares the first with Per."""
    import_text(base, PEOPLE)
    return started(base, definition(talk=TALK))


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
        owed.release_expired(connection, stored, now=now)


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
    monkeypatch.setattr("dialer.results.live_engine", lambda *_: "default")
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
