"""Whom to ask where they are, and what becomes of the answer in every campaign."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from campaigns import desk, desk_document, leases
from campaigns.editing import edit
from campaigns.enrolment import enrol
from campaigns.erasure import erase
from campaigns.forecasting import of_campaign
from campaigns.leases import Lease
from campaigns.merging import merge
from campaigns.model import CampaignState, DispositionKind, Outcome
from campaigns.person import person_document
from campaigns.queues import read_placing
from campaigns.rules.model import Place, Placing
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, queues
from campaigns.telling import tell_in_talk
from campaigns.unplaced import Unplaced, document, unplaced
from leads.db import reading, writing
from leads.errors import UsageError
from leads.tables import lead_changes, leads
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    close,
    create,
    definition,
    dial,
    enrolled,
    import_people,
    lead_id_of,
    phone,
    put,
    said,
    started,
    take,
)

TOLL_FREE = "+18002345678"
FLORIDA = Placing(zones=("America/Chicago", "America/New_York"), places=(Place("US", "US-FL"),))


def asked(base: Engine, stored: StoredCampaign) -> list[Unplaced]:
    with reading(base) as connection:
        return [*unplaced(connection, stored, LAWS, now=NOON)]


def change(base: Engine, name: str, *words: str, later: int = 0) -> None:
    with writing(base) as connection:
        edit(
            connection,
            lead_id_of(base, name),
            words,
            region="NO",
            registry_folder=Path("none"),
            who="eva",
            now=NOON + timedelta(minutes=later),
        )


def told_of(base: Engine, name: str) -> tuple[object, ...]:
    columns = (leads.c.told_zone, leads.c.told_country, leads.c.told_subdivision, leads.c.told_at)
    with reading(base) as connection:
        return tuple(connection.execute(select(*columns).where(leads.c.name == name)).one())


def placing_of(base: Engine, stored: StoredCampaign, name: str) -> Placing:
    """Where the queue of somebody is, once the engine has looked."""
    with writing(base) as connection:
        enrol(connection, stored, LAWS, now=NOON)
        query = (
            select(queues.c.placing)
            .join(campaign_leads, campaign_leads.c.queue_id == queues.c.id)
            .join(leads, leads.c.id == campaign_leads.c.lead_id)
            .where(campaign_leads.c.campaign_id == stored.id, leads.c.name == name)
        )
        return read_placing(connection.execute(query).scalar_one())


def changes_of(base: Engine) -> list[tuple[object, ...]]:
    with reading(base) as connection:
        rows = connection.execute(select(lead_changes).order_by(lead_changes.c.id))
        return [(row.before, row.changed_by) for row in rows]


# Whom to ask


@pytest.fixture
def some(base: Engine) -> Engine:
    import_people(
        base,
        [("Joe", TOLL_FREE), ("Åse", phone(1)), ("Sat", "+8821612345678"), ("Ice", "+3545551234")],
    )
    return base


def test_those_are_asked_of_whom_a_zone_or_a_country_is_missing(some: Engine):
    stored = create(some, definition())
    fresh = asked(some, stored)
    assert fresh == [
        Unplaced(
            lead_id=lead_id_of(some, "Joe"), external_id=None, name="Joe",
            phone="+1800*****78", list_name="norway", missing=("zone",),
        ),
        Unplaced(
            lead_id=lead_id_of(some, "Sat"), external_id=None, name="Sat",
            phone="+8821*******78", list_name="norway", missing=("zone", "country"),
        ),
    ]  # fmt: skip
    running = put(some, stored, CampaignState.RUNNING)
    assert asked(some, running) == fresh
    with writing(some) as connection:
        connection.execute(update(campaign_leads).values(queue_id=None, state="new", held_by=None))
    assert asked(some, running) == fresh
    assert document(fresh[1])["remedy"] == (
        f"ringbank leads edit {fresh[1].lead_id} --set told_zone=Europe/Oslo --set told_country=NO"
    )


def test_they_are_as_many_as_the_forecast_says(some: Engine):
    stored = started(some)
    with reading(some) as connection:
        found = of_campaign(connection, stored, LAWS, now=NOON, days=1).forecast
    lacking = {reason.rule: people for reason, people in found.never.items()}
    assert lacking == {"zone_unknown": 2, "no_rules:IS": 1}
    assert len(asked(some, stored)) == lacking["zone_unknown"]


def test_the_remedy_brings_them_into_the_work(some: Engine):
    stored = started(some)
    assert [row.state for row in enrolled(some, stored).values()].count("new") == 1
    change(some, "Joe", "told_subdivision=US-FL")
    change(some, "Sat", "told_zone=Europe/Oslo", "told_country=NO")
    assert asked(some, stored) == []
    assert placing_of(some, stored, "Joe") == FLORIDA
    assert placing_of(some, stored, "Sat") == Placing(zones=("Europe/Oslo",), places=(Place("NO"),))
    assert [row.state for row in enrolled(some, stored).values()].count("new") == 3


def test_whom_a_result_ended_is_not_asked(some: Engine):
    stored = started(some, definition(mode="manual"))
    with writing(some) as connection:
        connection.execute(update(campaign_leads).values(state="done", held_by="disposition:sale"))
    assert asked(some, stored) == []


# What they say


def in_talk(base: Engine, stored: StoredCampaign, agent: int) -> Lease:
    with writing(base) as connection:
        lease = desk.next_person(connection, stored, LAWS, agent, now=NOON)
    assert lease is not None
    return lease


def say(base: Engine, lease: Lease, *words: str) -> None:
    with writing(base) as connection:
        tell_in_talk(connection, lease, words, now=NOON)


def test_what_was_said_at_the_desk_counts_in_every_campaign(base: Engine):
    import_people(base, [("Åse", phone(1))])
    summer = started(base, definition("summer"))
    spring = started(base, definition(mode="manual"))
    lease = in_talk(base, spring, add_agent(base))
    say(base, lease, "US-FL")
    assert told_of(base, "Åse") == (None, "US", "US-FL", NOON)
    assert changes_of(base) == [({"told_country": None, "told_subdivision": None}, "anna")]
    assert placing_of(base, summer, "Åse") == FLORIDA
    with reading(base) as connection:
        assert desk_document.zones_of(connection, lease) == FLORIDA.zones
    with writing(base) as connection:
        result = said(spring, DispositionKind.CALLBACK, callback_at=NOON + timedelta(days=1))
        desk.give_result(connection, spring, lease, result, now=NOON)
    assert placing_of(base, spring, "Åse") == FLORIDA


def test_said_in_a_call_that_goes_on_it_counts_once_the_call_has_ended(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    add_agent(base)
    before = placing_of(base, stored, "Åse")
    (claimed,) = take(base, stored)
    (attempt,) = dial(base, stored, claimed)
    with reading(base) as connection:
        lease = leases.find_lease(connection, claimed.lease)
    say(base, lease, "America/Chicago", "US")
    assert enrolled(base, stored)["Åse"].state == "in_call"
    close(base, stored, attempt, Outcome.BUSY)
    after = placing_of(base, stored, "Åse")
    assert before == Placing(zones=("Europe/Oslo",), places=(Place("NO"),))
    assert after == Placing(zones=("America/Chicago",), places=(Place("US"),))


def test_the_same_said_again_is_no_change_but_is_newer(base: Engine):
    import_people(base, [("Åse", phone(1))])
    change(base, "Åse", "told_country=NO")
    stored = started(base, definition(mode="manual"))
    lease = in_talk(base, stored, add_agent(base))
    with writing(base) as connection:
        tell_in_talk(connection, lease, ["NO"], now=NOON + timedelta(hours=1))
    assert told_of(base, "Åse")[1:] == ("NO", None, NOON + timedelta(hours=1))
    assert len(changes_of(base)) == 1


def test_a_word_that_is_no_place_keeps_nothing(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(mode="manual"))
    lease = in_talk(base, stored, add_agent(base))
    with pytest.raises(UsageError, match=r"--place cannot be used:\n  Europe/Olso: .*Europe/Oslo"):
        say(base, lease, "NO", "Europe/Olso")
    assert told_of(base, "Åse") == (None, None, None, None)


# Edits, merges, erasure


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("told_zone=Oslo", "write it like Europe/Oslo"),
        ("told_country=Norway", "write two letters"),
        ("told_subdivision=FL", "for example US-FL"),
        ("told_subdivision=US-ZZ", "US has no such subdivision; did you mean 'US-"),
    ],
)
def test_an_edit_of_what_was_said_is_examined(base: Engine, word: str, why: str):
    import_people(base, [("Åse", phone(1))])
    with pytest.raises(UsageError, match=why):
        change(base, "Åse", "told_country=NO", word)
    assert told_of(base, "Åse") == (None, None, None, None)


def test_an_edit_can_take_it_back(base: Engine):
    import_people(base, [("Åse", phone(1))])
    change(base, "Åse", "told_zone=America/Chicago")
    stored = started(base)
    assert placing_of(base, stored, "Åse").zones == ("America/Chicago",)
    change(base, "Åse", "told_zone=", later=5)
    assert placing_of(base, stored, "Åse").zones == ("Europe/Oslo",)
    assert told_of(base, "Åse") == (None, None, None, NOON + timedelta(minutes=5))


@pytest.mark.parametrize("newer", ["Åse", "Åse L"])
def test_of_two_who_are_one_the_newer_word_counts_as_a_whole(base: Engine, newer: str):
    import_people(base, [("Åse", phone(1)), ("Åse L", phone(2))])
    change(base, "Åse", "told_zone=Europe/Oslo", later=9 if newer == "Åse" else 1)
    change(base, "Åse L", "told_subdivision=US-FL", later=5)
    kept, merged = lead_id_of(base, "Åse"), lead_id_of(base, "Åse L")
    with writing(base) as connection:
        done = merge(connection, kept, merged, who="eva", now=NOON)
    facts = told_of(base, "Åse")
    if newer == "Åse":
        assert facts == ("Europe/Oslo", None, None, NOON + timedelta(minutes=9))
        assert done.filled == ()
    else:
        assert facts == (None, None, "US-FL", NOON + timedelta(minutes=5))
        assert done.filled == ("told_zone", "told_subdivision")


def test_an_erased_person_said_nothing_and_a_person_gets_what_they_said(base: Engine):
    import_people(base, [("Åse", phone(1))])
    change(base, "Åse", "told_zone=Europe/Oslo", "told_country=NO")
    lead_id = lead_id_of(base, "Åse")
    with reading(base) as connection:
        (facts,) = person_document(connection, lead_id)["facts"]  # type: ignore[misc]
    assert (facts["told_zone"], facts["told_country"]) == ("Europe/Oslo", "NO")
    assert facts["told_at"] == "2026-06-02T10:00:00Z"
    with writing(base) as connection:
        erase(connection, lead_id, now=NOON)
    with reading(base) as connection:
        row = connection.execute(select(leads).where(leads.c.id == lead_id)).one()
        assert connection.scalar(select(func.count()).select_from(lead_changes)) == 0
    assert [row.told_zone, row.told_country, row.told_subdivision, row.told_at] == [None] * 4
