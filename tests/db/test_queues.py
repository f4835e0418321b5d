"""Queues: who gets into which, and what becomes of people whose queue never opens."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select, update

from campaigns import queues, store, turns
from campaigns.claims import claim
from campaigns.enrolment import enrol
from campaigns.law import Laws
from campaigns.model import CampaignState, DispositionKind, Outcome, Turn
from campaigns.results import record_result
from campaigns.rules.loading import load as load_rules
from campaigns.rules.own import Own
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, rule_sets
from leads import consents
from leads.consent_rules import NewConsent
from leads.db import reading, writing
from leads.model import LeadId
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    call,
    create,
    definition,
    enrolled,
    import_people,
    import_text,
    lead_id_of,
    minutes,
    names_of,
    new_lease,
    phone,
    said,
    started,
    take,
    understood,
)

DAY = timedelta(days=1)
STRICT = Laws(load_rules(None, Own()))
"""The rules that ship, with nobody's leave to call where none are there."""


def changed(base: Engine, stored: StoredCampaign, text: str) -> StoredCampaign:
    with writing(base) as connection:
        problems = store.change(
            connection, stored, understood(text), definition=text, script=None, file=None, now=NOON
        )
        assert problems == ()
        return store.load(connection, stored.campaign.name)


@pytest.fixture
def banned(tmp_path: Path) -> Laws:
    """Rules that forbid every call to Norway until the end of June."""
    (tmp_path / "ban.toml").write_text(BAN)
    return Laws(load_rules(tmp_path, Own()))


BAN = """schema = 1
id = "ban"
name = "A ban for a time"
match = { countries = ["NO"] }
calendar = { country = "NO", subdivision = "" }

[[hours]]
id = "ban.hours"
source = ["the board, 2026-05-01"]
windows = { all = [], holiday = [] }
valid_until = 2026-06-30
"""
AFTER = datetime(2026, 7, 1, 10, tzinfo=UTC)


def taken_by(base: Engine, stored: StoredCampaign, laws: Laws, *, now: datetime) -> list[str]:
    with writing(base) as connection:
        enrol(connection, stored, laws, now=now)
        found = claim(connection, stored, laws, limit=5, now=now, new_lease=new_lease)
    return sorted(names_of(base, found.taken))


def test_people_come_back_when_a_ban_is_over(base: Engine, banned: Laws):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    assert taken_by(base, stored, banned, now=NOON) == []
    assert enrolled(base, stored)["Åse"].held_by == "hours"
    import_people(base, [("Per", phone(2))])
    assert taken_by(base, stored, banned, now=AFTER) == ["Per", "Åse"]


def test_a_start_looks_at_once_at_queues_that_were_shut(base: Engine, banned: Laws):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    # Sixteen days before the ban ends, at midnight in Oslo: so far is looked ahead.
    seen_at = datetime(2026, 6, 14, 22, tzinfo=UTC)
    for minute in (-15, 15):
        assert taken_by(base, stored, banned, now=seen_at + minutes(minute)) == []
        assert enrolled(base, stored)["Åse"].held_by == "hours"
    with writing(base) as connection:
        store.set_state(connection, stored, CampaignState.RUNNING, now=seen_at + minutes(15))
    assert taken_by(base, stored, banned, now=seen_at + minutes(15)) == []
    assert enrolled(base, stored)["Åse"].held_by is None


@pytest.mark.parametrize(
    "spared", ['unless = ["consent:phone_marketing"]', 'applies = { line = ["mobile"] }']
)
def test_whom_a_ban_spares_is_called_all_the_same(base: Engine, tmp_path: Path, spared: str):
    import_people(base, [("Åse", phone(1)), ("Per", "+4791234567")])
    ase = LeadId(lead_id_of(base, "Åse"))
    with writing(base) as connection:
        agreed = NewConsent(kind="phone_marketing", source="web", given_at=NOON - DAY)
        consents.add(connection, ase, agreed, now=NOON - DAY)
    stored = started(base)
    (tmp_path / "ban.toml").write_text(BAN + spared)
    some = Laws(load_rules(tmp_path, Own()))
    assert taken_by(base, stored, some, now=NOON) == ["Åse"]
    assert enrolled(base, stored)["Per"].held_by == "hours"


def test_other_rules_that_let_people_be_called_bring_them_back(base: Engine):
    import_people(base, [("Mads", "+4532123456")])
    stored = started(base)
    with writing(base) as connection:
        enrol(connection, stored, STRICT, now=NOON)
    assert enrolled(base, stored)["Mads"].held_by == "place"
    assert names_of(base, take(base, stored)) == ["Mads"]


def test_a_promise_outlives_that_its_queue_was_shut(base: Engine):
    import_people(base, [("Mads", "+4532123456")])
    stored = started(base)
    talk = call(base, stored, Outcome.CONNECTED, agent_id=add_agent(base))
    later = NOON + 2 * DAY
    promise = said(stored, DispositionKind.CALLBACK, callback_at=later, own_callback=True)
    with writing(base) as connection:
        record_result(connection, stored, talk.id, promise, now=NOON)
        enrol(connection, stored, STRICT, now=NOON)
    assert enrolled(base, stored)["Mads"].state == "done"
    with writing(base) as connection:
        enrol(connection, stored, LAWS, now=NOON)
    mads = enrolled(base, stored)["Mads"]
    assert (mads.state, mads.turn, mads.next_call_at) == ("callback", Turn.CALLBACK, later)


@pytest.mark.parametrize("asked_first", [1, 2, 20])
def test_the_queues_behind_the_first_ones_have_their_turn(
    base: Engine, monkeypatch: pytest.MonkeyPatch, asked_first: int
):
    people = [("Åse", phone(1)), ("Mads", "+4532123456"), ("Kari", "+46701234567")]
    import_people(base, [*people, ("Per", phone(2))])
    stored = started(base)
    monkeypatch.setattr(turns, "_FIRST_GROUPS", asked_first)
    with writing(base) as connection:
        assert len(queues.open_now(connection, stored.id, now=NOON)) == 3
        in_turn = turns.next_rows(connection, stored.id, 9, now=NOON)
        assert len(in_turn) == 4
        assert turns.next_rows(connection, stored.id, 3, now=NOON) == in_turn[:3]
    assert taken_by(base, stored, LAWS, now=NOON) == ["Kari", "Mads", "Per", "Åse"]


def test_another_order_holds_for_whoever_waits_already(base: Engine):
    import_text(base, "Navn;Telefon;Verdi\nÅse;22448201;1\nPer;22448202;5\n")
    stored = started(base)
    stored = changed(base, stored, definition(queue='[queue]\npriority = "Verdi"'))
    assert names_of(base, take(base, stored)) == ["Per"]


def test_whoever_finds_the_hours_out_waits_for_nobody_who_starts_the_campaign(
    base: Engine, database: str
):
    if database == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    with writing(base) as starting, writing(base) as finding:
        store.set_state(starting, stored, CampaignState.RUNNING, now=NOON)
        finding.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
        queues.refresh(finding, stored, STRICT, now=NOON)
    with reading(base) as connection:
        kept = connection.scalars(select(rule_sets.c.hash)).all()
    assert STRICT.rule_set(stored.campaign) in kept
    assert names_of(base, take(base, stored)) == ["Åse"]


@pytest.mark.parametrize("begin", ["start", "change"])
def test_a_campaign_is_written_before_its_people(base: Engine, begin: str):
    """Always: two who start and change it at once would else wait for one another for ever."""
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    written: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        written.extend(re.findall(r"^UPDATE (campaigns|campaign_leads) ", statement))

    event.listen(base, "before_cursor_execute", note)
    if begin == "start":
        with writing(base) as connection:
            store.set_state(connection, stored, CampaignState.RUNNING, now=NOON)
    else:
        changed(base, stored, definition(queue='[queue]\nby = "newest"'))
    event.remove(base, "before_cursor_execute", note)
    assert written[0] == "campaigns"
    assert "campaign_leads" in written
    assert "campaigns" not in written[1:]


def test_a_promise_for_an_hour_that_only_some_agreed_to_is_kept(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    ase = LeadId(lead_id_of(base, "Åse"))
    with writing(base) as connection:
        agreed = NewConsent(kind="phone_marketing", source="web", given_at=NOON - DAY)
        consents.add(connection, ase, agreed, now=NOON - DAY)
    stored = started(base)
    anna = add_agent(base)
    later = NOON + minutes(120)
    for _ in range(2):
        talk = call(base, stored, Outcome.CONNECTED, agent_id=anna)
        promise = said(stored, DispositionKind.CALLBACK, callback_at=later)
        with writing(base) as connection:
            record_result(connection, stored, talk.id, promise, now=NOON + minutes(2))
    morning = BAN.replace("all = []", 'mon_fri = [["09:00", "13:00"]]').replace(
        "valid_until = 2026-06-30", 'unless = ["consent:phone_marketing"]'
    )
    (tmp_path / "ban.toml").write_text(morning)
    laws = Laws(load_rules(tmp_path, Own()))
    assert taken_by(base, stored, laws, now=later - timedelta(seconds=1)) == []
    assert taken_by(base, stored, laws, now=later) == ["Åse"]
    per = enrolled(base, stored)["Per"]
    assert (per.state, per.held_by) == ("callback", "hours")
    assert per.next_call_at == NOON + timedelta(hours=21)


def test_whose_work_ends_while_they_are_placed_stays_out_of_it(
    base: Engine, monkeypatch: pytest.MonkeyPatch
):
    import_people(base, [("Mads", "+4532123456"), ("Lars", "+4532123457")])
    stored = create(base, definition())
    find = queues._ids

    def find_late(connection: Connection, *more: Any, **named: Any) -> Any:
        this = update(campaign_leads).where(campaign_leads.c.lead_id == mads)
        connection.execute(this.values(state="done", held_by="disposition:said_no"))
        return find(connection, *more, **named)

    mads = lead_id_of(base, "Mads")
    monkeypatch.setattr(queues, "_ids", find_late)
    with writing(base) as connection:
        enrol(connection, stored, STRICT, now=NOON)
    held = {name: row.held_by for name, row in enrolled(base, stored).items()}
    assert held == {"Mads": "disposition:said_no", "Lars": "place"}
