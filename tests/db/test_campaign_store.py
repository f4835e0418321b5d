"""Campaigns are kept as their files say, and everybody on their lists is enrolled once."""

import pytest
from sqlalchemy import Engine

from campaigns import enrolment, store
from campaigns.model import CampaignState, DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from campaigns.tables import AT_ONCE
from leads.db import reading, writing
from leads.errors import UsageError
from leads.model import SuppressionScope
from leads.problems import Problem
from leads.store import list_named
from leads.suppression import remove
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    archive,
    call,
    create,
    definition,
    enrolled,
    import_people,
    minutes,
    names_of,
    phone,
    put,
    said,
    started,
    suppress,
    take,
    texts,
    understood,
)

ASE, PER, KARI = ("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))
OLA, LIV = ("Ola", phone(4)), ("Liv", phone(5))


def change(base: Engine, stored: StoredCampaign, text: str) -> tuple[Problem, ...]:
    with writing(base) as connection:
        return store.change(
            connection,
            stored,
            understood(text),
            definition=text,
            script=texts("new words"),
            file="/spring.toml",
            now=NOON + minutes(5),
        )


def enrol(base: Engine, stored: StoredCampaign) -> int:
    with writing(base) as connection:
        return enrolment.enrol(connection, stored, LAWS, now=NOON)


def load(base: Engine, name: str = "spring") -> StoredCampaign:
    with reading(base) as connection:
        return store.load(connection, name)


def test_a_campaign_is_stored_word_for_word_and_stands_still(base: Engine):
    import_people(base, [ASE])
    text = "# why we call\n" + definition()
    stored = create(base, text, script="Hello!")
    assert load(base) == stored
    assert (stored.definition, stored.script, stored.file) == (text, texts("Hello!"), None)
    assert (stored.state, stored.started_at) == (CampaignState.STOPPED, None)
    assert stored.campaign == understood(text)


def test_a_name_is_taken_once(base: Engine):
    import_people(base, [ASE])
    stored = create(base, definition())
    with writing(base) as connection:
        (problem,) = store.create(
            connection, stored.campaign, definition="x", script=None, file=None, now=NOON
        )
    assert problem.where == "name"
    assert "campaigns update" in problem.why
    assert load(base) == stored


def test_unknown_lists_are_named_with_the_nearest(base: Engine):
    import_people(base, [ASE], "norway-2026")
    campaign = understood(definition(on=["norway-2025", "norway-2026", "xyz"]))
    with writing(base) as connection:
        problems = store.create(
            connection, campaign, definition="x", script=None, file=None, now=NOON
        )
        assert store.load_all(connection) == ()
    assert problems == (
        Problem(
            where="lists[1]",
            why="there is no list 'norway-2025'; did you mean 'norway-2026'?",
        ),
        Problem(where="lists[3]", why="there is no list 'xyz'; import it first"),
    )


def test_an_unknown_campaign_is_named_with_the_nearest(base: Engine):
    import_people(base, [ASE])
    create(base, definition("spring"))
    with pytest.raises(UsageError, match="no campaign 'sprong'; did you mean 'spring'"):
        load(base, "sprong")
    with pytest.raises(UsageError, match="see: ringbank campaigns list"):
        load(base, "xyz")


def test_campaigns_are_listed_by_name_and_state(base: Engine):
    import_people(base, [ASE])
    for name in ("summer", "autumn", "spring"):
        create(base, definition(name))
    put(base, load(base), CampaignState.RUNNING)
    with reading(base) as connection:
        every = store.load_all(connection)
        running = [s for s in store.load_all(connection) if s.state is CampaignState.RUNNING]
        assert store.load_id(connection, every[2].id) == every[2]
    assert [stored.campaign.name for stored in every] == ["autumn", "spring", "summer"]
    assert [stored.campaign.name for stored in running] == ["spring"]


def test_the_start_is_remembered_and_a_pause_keeps_it(base: Engine):
    import_people(base, [ASE])
    stored = started(base)
    assert (stored.state, stored.started_at) == (CampaignState.RUNNING, NOON)
    paused = put(base, stored, CampaignState.PAUSED)
    assert (paused.state, paused.started_at) == (CampaignState.PAUSED, NOON)


def test_who_is_on_two_lists_is_enrolled_once(base: Engine):
    import_people(base, [ASE, PER])
    import_people(base, [PER, KARI], "sweden")
    stored = create(base, definition(on=["norway", "sweden"]))
    assert enrol(base, stored) == 3
    found = enrolled(base, stored)
    assert {name: row.list for name, row in found.items() if name != "Per"} == {
        "Åse": "norway",
        "Kari": "sweden",
    }
    assert {(row.state, row.next_call_at, row.attempts) for row in found.values()} == {
        ("new", AT_ONCE, 0)
    }
    assert enrol(base, stored) == 0
    assert len(enrolled(base, stored)) == 3


def test_who_is_imported_after_the_start_is_enrolled_too(base: Engine):
    import_people(base, [ASE])
    import_people(base, [KARI], "sweden")
    stored = started(base)
    import_people(base, [ASE, PER])
    assert enrol(base, stored) == 1
    assert set(enrolled(base, stored)) == {"Åse", "Per"}


def has_newcomers(base: Engine, stored: StoredCampaign) -> bool:
    with reading(base) as connection:
        return enrolment.has_newcomers(connection, stored.id)


def test_a_great_many_are_enrolled_by_and_by(base: Engine, monkeypatch: pytest.MonkeyPatch):
    import_people(base, [ASE, PER])
    import_people(base, [KARI], "sweden")
    import_people(base, [KARI, OLA, LIV])  # Kari joins the list, older than who is new on it
    stored = create(base, definition(on=["norway"]))
    monkeypatch.setattr(enrolment, "ENROL_AT_ONCE", 2)
    counts = []
    while has_newcomers(base, stored):
        counts.append(enrol(base, stored))
    assert counts == [2, 2, 1]
    assert set(enrolled(base, stored)) == {"Åse", "Per", "Kari", "Ola", "Liv"}
    assert enrol(base, stored) == 0


def test_the_last_of_an_import_may_fill_a_round(base: Engine, monkeypatch: pytest.MonkeyPatch):
    import_people(base, [ASE, PER])
    stored = create(base, definition())
    monkeypatch.setattr(enrolment, "ENROL_AT_ONCE", 2)
    assert enrol(base, stored) == 2
    import_people(base, [KARI])
    assert enrol(base, stored) == 1
    assert not has_newcomers(base, stored)
    assert set(enrolled(base, stored)) == {"Åse", "Per", "Kari"}


def test_campaigns_enrol_for_themselves(base: Engine):
    import_people(base, [ASE])
    spring, summer = started(base), started(base, definition("summer"))
    call(base, spring, Outcome.BUSY)
    assert enrolled(base, spring)["Åse"].state == "waiting"
    assert enrolled(base, summer)["Åse"].state == "new"


def test_an_update_replaces_the_definition_and_adds_and_removes_lists(base: Engine):
    import_people(base, [ASE])
    import_people(base, [PER], "sweden")
    stored = started(base)
    text = definition(on=["sweden"], dialing="[dialing]\nring_s = 40")
    assert change(base, stored, text) == ()
    changed = load(base)
    assert (changed.definition, changed.script, changed.file) == (
        text,
        texts("new words"),
        "/spring.toml",
    )
    assert (changed.campaign.ring_s, changed.state) == (40, CampaignState.RUNNING)
    assert enrol(base, changed) == 1
    assert names_of(base, take(base, changed, 5)) == ["Per"]
    ase = enrolled(base, changed)["Åse"]
    assert (ase.state, ase.held_by) == ("done", "list")


def test_a_list_that_comes_back_brings_its_people_back(base: Engine):
    import_people(base, [ASE])
    import_people(base, [PER], "sweden")
    stored = started(base)
    change(base, stored, definition(on=["sweden"]))
    assert names_of(base, take(base, load(base), 5)) == ["Per"]
    assert enrolled(base, stored)["Åse"].held_by == "list"
    change(base, stored, definition(on=["norway", "sweden"]))
    enrol(base, stored)
    assert names_of(base, take(base, load(base), 5)) == ["Åse"]
    assert len(enrolled(base, stored)) == 2


def test_an_update_with_an_unknown_list_changes_nothing(base: Engine):
    import_people(base, [ASE])
    stored = started(base)
    (problem,) = change(base, stored, definition(on=["norwya"]))
    assert "did you mean 'norway'?" in problem.why
    assert load(base) == stored
    assert names_of(base, take(base, stored, 5)) == ["Åse"]


def test_people_of_an_archived_list_are_refused(base: Engine):
    import_people(base, [ASE, PER])
    import_people(base, [PER], "sweden")
    stored = started(base, definition(on=["norway", "sweden"]))
    archive(base, "norway")
    assert names_of(base, take(base, stored, 5)) == ["Per"]
    ase = enrolled(base, stored)["Åse"]
    assert (ase.state, ase.held_by) == ("done", "list")
    with reading(base) as connection:
        (active,) = store.active_lists(connection, stored.id, now=NOON)
        sweden = list_named(connection, "sweden")
    assert sweden is not None
    assert active == sweden.list_id


def test_a_start_looks_again_at_whom_a_gate_had_refused(base: Engine):
    import_people(base, [ASE, PER])
    suppress(base, ASE[1])
    stored = started(base)
    call(base, stored, Outcome.BUSY)
    assert enrolled(base, stored)["Åse"].state == "suppressed"
    with writing(base) as connection:
        remove(connection, ASE[1], SuppressionScope.ALL, "", reason="mistake", now=NOON)
    assert take(base, stored, 5) == ()
    waiting = enrolled(base, stored)["Per"]
    stored = put(base, stored, CampaignState.RUNNING)
    assert names_of(base, take(base, stored, 5)) == ["Åse"]
    assert enrolled(base, stored)["Per"] == waiting


def test_a_start_leaves_new_and_promised_leads_what_they_are(base: Engine):
    import_people(base, [ASE, PER])
    stored = started(base, definition())
    at_nine = NOON + minutes(9 * 60)
    talk = call(base, stored, Outcome.CONNECTED, agent_id=add_agent(base))
    promise = said(stored, DispositionKind.CALLBACK, callback_at=at_nine)
    with writing(base) as connection:
        record_result(connection, stored, talk.id, promise, now=NOON + minutes(2))
    put(base, stored, CampaignState.RUNNING)
    after = {"Åse": ("callback", at_nine), "Per": ("new", AT_ONCE)}
    assert {n: (r.state, r.next_call_at) for n, r in enrolled(base, stored).items()} == after


def test_a_start_takes_nobody_out_of_a_call(base: Engine):
    import_people(base, [ASE])
    stored = started(base)
    take(base, stored)
    put(base, stored, CampaignState.RUNNING)
    assert enrolled(base, stored)["Åse"].state == "in_call"


def test_a_change_of_the_retries_reaches_those_whom_the_old_ones_had_ended(base: Engine):
    import_people(base, [ASE, PER])
    stored = started(base, definition(retry='[retry]\nbusy = { after = "15m", max = 1 }'))
    call(base, stored, Outcome.BUSY)
    assert enrolled(base, stored)["Åse"].state == "done"
    refusal = call(base, stored, Outcome.CONNECTED, agent_id=add_agent(base))
    with writing(base) as connection:
        said_no = said(stored, DispositionKind.REFUSAL)
        record_result(connection, stored, refusal.id, said_no, now=NOON + minutes(2))
    text = definition(retry='[retry]\nbusy = { after = "15m", max = 3 }')
    assert change(base, stored, text) == ()
    later = NOON + minutes(16)
    assert names_of(base, take(base, load(base), 5, now=later)) == ["Åse"]
    assert enrolled(base, stored)["Per"].state == "done", "what a person said stays"
