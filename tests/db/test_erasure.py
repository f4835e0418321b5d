"""An erased person leaves counts and nothing else: no row, no byte of the file."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select

from campaigns import report
from campaigns.desk_tables import drafts, orders, result_changes, tasks
from campaigns.editing import edit
from campaigns.enrolment import enrol
from campaigns.erasure import Erased, erase
from campaigns.merging import merge
from campaigns.model import CampaignState, DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.store import StoredCampaign, change, load
from campaigns.tables import AT_ONCE, answers, attempts, campaign_leads
from dialer.schema import TABLES
from leads import store, suppression
from leads.db import empty_write_ahead_log, reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.model import Suppression, SuppressionKind
from leads.tables import (
    consents,
    lead_changes,
    lead_numbers,
    leads,
    list_members,
    numbers,
    registries,
    registry_verdicts,
    suppressions,
)
from tests.db.people import (
    LAWS,
    NOON,
    attempt_row,
    call,
    claim_rows,
    definition,
    enrolled,
    import_text,
    lead_id_of,
    names_of,
    put,
    said,
    started,
    suppress,
    take,
    understood,
)

QUESTIONS = """[[questions]]
key = "provider"
text = "Who is your provider?"
type = "choice"
choices = ["Telia", "other"]

[[questions]]
key = "why"
text = "Why?"
type = "text"
"""

PEOPLE = """Kundenr;Navn;Telefon;By
K-4711;Åse Hemmelig;22448201;Hemmeligby
K-4712;Per Hemmelig;22448201;Oslo
K-4713;Kari Åpen;22448203;Oslo
"""
SECRETS = (
    *("K-4711", "Åse Hemmelig", "ase hemmelig", "Hemmeligby", "22448299", "likes cats"),
    *("Hemmelig street", "Hemmelig reason", "Hemmelig matter", "Hemmelig outcome"),
    *("Hemmelig draft", "Hemmelig before", "Hemmelig why"),
)


def erase_now(base: Engine, lead_id: int) -> Erased:
    with writing(base) as connection:
        return erase(connection, lead_id, now=NOON)


def everything(base: Engine) -> str:
    with reading(base) as connection:
        rows = [tuple(row) for table in TABLES for row in connection.execute(select(table))]
    return json.dumps(rows, default=str, ensure_ascii=False)


def known_in_every_way(base: Engine) -> tuple[StoredCampaign, int]:
    """Return a campaign that has called Åse, about whom every table has something to say."""
    import_text(base, PEOPLE)
    import_text(base, "Kundenr;Navn;Telefon;Merke\nK-4711;Åse Hemmelig;22448201;Hemmelig\n", "more")
    ase = lead_id_of(base, "Åse Hemmelig")
    with writing(base) as connection:
        connection.execute(
            insert(numbers).values(id=4722448299, kind="fixed", region="NO", zones=["Europe/Oslo"])
        )
        connection.execute(
            insert(lead_numbers).values(lead_id=ase, position=2, number_id=4722448299)
        )
        connection.execute(
            insert(registries).values(
                id=1,
                name="r",
                as_of=NOON.date(),
                digest="",
                entries=1,
                file="",
                loaded_at=NOON,
                retired_at=NOON,
            )
        )
        connection.execute(
            insert(registry_verdicts).values(number_id=4722448299, registry_id=1, listed=1)
        )
        connection.execute(
            insert(consents).values(
                lead_id=ase, kind="call", source="Hemmelig form", given_at=NOON, recorded_at=NOON
            )
        )
    stored = started(base, definition(questions=QUESTIONS))
    attempt = call(base, stored, Outcome.CONNECTED)
    assert attempt.lead_id == ase
    result = said(
        stored,
        DispositionKind.COMPLETED,
        note="likes cats",
        answers={"provider": ["Telia"], "why": ["likes cats", "and dogs"]},
    )
    with writing(base) as connection:
        record_result(connection, stored, attempt.id, result, now=NOON)
    leave_behind(base, stored, ase, attempt.id)
    return stored, ase


def leave_behind(base: Engine, stored: StoredCampaign, lead_id: int, attempt_id: int) -> None:
    """Write of a person what an order, tasks, a draft and a correction say."""
    theirs = {"lead_id": lead_id, "campaign_id": stored.id}
    with writing(base) as connection:
        connection.execute(
            insert(orders).values(
                **theirs,
                attempt_id=attempt_id,
                state="cancelled",
                fields={"address": "Hemmelig street 1", "items": [{"name": "Hemmelig street"}]},
                created_at=NOON,
                cancel_reason="Hemmelig reason",
            )
        )
        for done_at in (None, NOON):
            task = {
                "class": "complaint",
                "priority": 1,
                "text": "Hemmelig matter",
                "outcome": "Hemmelig outcome",
                "created_at": NOON,
                "created_by": "anna",
                "done_at": done_at,
            }
            connection.execute(insert(tasks).values(**theirs, **task))
        connection.execute(
            insert(drafts).values(
                **theirs, lease="l1", words={"note": "Hemmelig draft"}, kept_at=NOON
            )
        )
        connection.execute(
            insert(result_changes).values(
                attempt_id=attempt_id,
                kind="correction",
                before={"note": "Hemmelig before"},
                changed_at=NOON,
                changed_by="maria",
                why="Hemmelig why",
            )
        )


def test_the_person_is_gone_and_the_counts_stay(base: Engine) -> None:
    stored, ase = known_in_every_way(base)
    before = everything(base)
    assert all(one in before for one in SECRETS)
    with reading(base) as connection:
        counted = report.standing(connection, stored.id, now=NOON).outcomes
    done = erase_now(base, ase)
    assert done == Erased(lead_id=ase, numbers=1, attempts=1)
    after = everything(base)
    assert [one for one in SECRETS if one in after] == []
    assert "Per Hemmelig" in after
    assert "+4722448201" in after  # Per's, too
    with reading(base) as connection:
        assert report.standing(connection, stored.id, now=NOON).outcomes == counted
        stub = connection.execute(select(leads).where(leads.c.id == ase)).one()
        assert (stub.erased_at, stub.name, stub.attributes) == (NOON, None, {})
        attempt = connection.execute(select(attempts)).one()
        assert (attempt.outcome, attempt.disposition) == ("connected", "completed")
        assert (attempt.number_id, attempt.phone, attempt.note) == (None, None, None)
        assert [(row.question, row.answer) for row in connection.execute(select(answers))] == [
            ("provider", "Telia"),
            ("why", "erased"),
        ]
        kept = connection.execute(select(tasks.c.text, tasks.c.done_at)).all()
        assert [(row.text, row.done_at) for row in kept] == [("erased", NOON)] * 2
        assert connection.scalars(select(orders.c.state)).all() == ["cancelled"]
        assert connection.scalars(select(result_changes.c.kind)).all() == ["correction"]
        for table in (lead_numbers, list_members, consents, lead_changes, drafts):
            theirs = select(func.count()).where(table.c.lead_id == ase)
            assert connection.scalar(theirs) == 0


def test_the_bytes_are_gone_from_the_file(base: Engine, base_url: str) -> None:
    if not base_url.startswith("sqlite"):
        pytest.skip("PostgreSQL frees them with VACUUM")
    file = Path(base_url.removeprefix("sqlite:///"))
    log = Path(f"{file}-wal")
    _, ase = known_in_every_way(base)
    assert empty_write_ahead_log(base)
    assert all(one.encode() in file.read_bytes() for one in SECRETS)
    erase_now(base, ase)
    assert empty_write_ahead_log(base)
    left = file.read_bytes() + log.read_bytes()
    assert [one for one in SECRETS if one.encode() in left] == []
    assert (4722448299).to_bytes(5, "big") not in left
    assert b"Per Hemmelig" in left


def test_a_do_not_call_wish_outlives_the_person_without_their_number(base: Engine) -> None:
    import_text(base, PEOPLE)
    kari = lead_id_of(base, "Kari Åpen")
    with reading(base) as connection:
        (phone,) = store.known_lead(connection, kari).phones
    suppress(base, phone.e164)
    erase_now(base, kari)
    assert "22448203" not in everything(base)
    with reading(base) as connection:
        (entry,) = connection.execute(select(suppressions)).all()
    assert entry.kind == "number_hash"
    assert entry.removed_at is None
    assert (entry.scope, len(entry.subject)) == ("all", 64)


def test_a_wish_about_a_number_that_somebody_else_has_stays_as_it_is(base: Engine) -> None:
    import_text(base, PEOPLE)
    ase = lead_id_of(base, "Åse Hemmelig")
    with reading(base) as connection:
        (phone,) = store.known_lead(connection, ase).phones
    suppress(base, phone.e164)
    erase_now(base, ase)
    with reading(base) as connection:
        assert suppression.suppressed_everywhere(connection, [phone.e164]) == {phone.e164}


def test_nobody_calls_an_erased_person_whatever_changes(base: Engine) -> None:
    import_text(base, PEOPLE)
    kari = lead_id_of(base, "Kari Åpen")
    stored = started(base)
    erase_now(base, kari)
    text = definition(top="priority = 7")
    with writing(base) as connection:
        problems = change(
            connection, stored, understood(text), definition=text, script=None, file=None, now=NOON
        )
        assert problems == ()
    put(base, stored, CampaignState.STOPPED)
    put(base, stored, CampaignState.RUNNING)
    with reading(base) as connection:
        row = connection.execute(
            select(campaign_leads).where(campaign_leads.c.lead_id == kari)
        ).one()
    assert (row.state, row.held_by, row.next_call_at) == ("done", "erased", AT_ONCE)
    assert kari not in {one.person.lead_id for one in take(base, stored, 9)}


def test_an_erased_person_is_enrolled_nowhere(base: Engine) -> None:
    import_text(base, PEOPLE)
    erase_now(base, lead_id_of(base, "Kari Åpen"))
    stored = started(base)
    with writing(base) as connection:
        assert enrol(connection, load(connection, stored.campaign.name), LAWS, now=NOON) == 0
        enrolled = connection.scalar(select(func.count()).select_from(campaign_leads))
    assert enrolled == 2


def test_who_is_imported_again_is_a_new_lead(base: Engine) -> None:
    import_text(base, PEOPLE)
    kari = lead_id_of(base, "Kari Åpen")
    erase_now(base, kari)
    import_text(base, PEOPLE)
    assert lead_id_of(base, "Kari Åpen") > kari


def test_nobody_is_erased_from_under_a_caller(base: Engine) -> None:
    import_text(base, PEOPLE)
    stored = started(base)
    (held,) = take(base, stored)
    before = everything(base)
    with pytest.raises(NotAllowedError, match="in a call"):
        erase_now(base, held.person.lead_id)
    assert everything(base) == before
    assert len(claim_rows(base)) == 1


def test_nobody_is_erased_twice(base: Engine) -> None:
    import_text(base, PEOPLE)
    kari = lead_id_of(base, "Kari Åpen")
    erase_now(base, kari)
    with pytest.raises(UsageError, match="was erased on 2026-06-02"):
        erase_now(base, kari)
    with pytest.raises(UsageError, match="no lead 99"):
        erase_now(base, 99)


def test_a_number_once_called_is_forgotten_with_the_last_who_was_reached_by_it(
    base: Engine,
) -> None:
    import_text(base, PEOPLE)
    stored = started(base)
    attempt = call(base, stored, Outcome.NO_ANSWER)
    for name in ("Åse Hemmelig", "Per Hemmelig"):
        erase_now(base, lead_id_of(base, name))
    assert "22448201" not in everything(base)
    assert attempt_row(base, attempt.id).outcome == "no_answer"


def wish_about(base: Engine, lead_id: int) -> None:
    entry = Suppression(subject=str(lead_id), kind=SuppressionKind.LEAD, reason="asked")
    with writing(base) as connection:
        suppression.add(connection, entry, source="command", now=NOON)


def test_an_erased_person_stays_suppressed_under_every_name_they_had(base: Engine) -> None:
    import_text(base, "Navn;Telefon\nAnna Old;22448201\nAnne Marie;22448202\n")
    anna, marie = lead_id_of(base, "Anna Old"), lead_id_of(base, "Anne Marie")
    wish_about(base, marie)
    with writing(base) as connection:
        edit(
            connection,
            anna,
            ["name=Anna New"],
            region="NO",
            registry_folder=Path("none"),
            who="anna",
            now=NOON,
        )
        merge(connection, anna, marie, who="anna", now=NOON)
    erase_now(base, anna)
    names = ("Anna Old", "Anna New", "Anne Marie", "Kari")
    import_text(base, "Navn;Telefon\n" + "".join(f"{one};22448202\n" for one in names))
    stored = started(base)
    assert names_of(base, take(base, stored, 9)) == ["Kari"]
    assert {row.state for name, row in enrolled(base, stored).items() if name != "Kari"} == {
        "suppressed"
    }
