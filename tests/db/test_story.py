"""The whole story of a person: nothing of it is left out, and an index finds all of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from campaigns.model import DispositionKind, Outcome
from campaigns.past_calls import calls
from campaigns.results import record_result
from campaigns.story import Event, consent_documents, consents_of, story
from campaigns.story_text import story_lines
from leads import consents, store, suppression
from leads.consent_rules import NewConsent
from leads.db import reading, writing
from leads.model import LeadId, SuppressionScope
from leads.tables import lead_changes, leads, merges
from tests.db.people import (
    NOON,
    add_agent,
    call,
    definition,
    dial,
    import_text,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
    suppress,
    take,
)

HEADER = "Kundenr;Navn;Telefon;By\n"
ASE = f"17;Åse;{phone(1)};Oslo\n"


@pytest.fixture
def people(base: Engine) -> Engine:
    import_text(base, HEADER + ASE + f"18;Per;{phone(2)};Bergen\n")
    return base


def told(base: Engine, name: str = "Åse", *, now: datetime = NOON) -> tuple[Event, ...]:
    with reading(base) as connection:
        lead = store.lead(connection, lead_id_of(base, name))
        assert lead is not None
        entries = [
            entry for held in lead.phones for entry in suppression.entries(connection, held.e164)
        ]
        given = consents_of(connection, lead.lead_id)
        return story(connection, lead, entries=entries, given=given, now=now)


def of(events: Iterable[Event], what: str) -> list[Any]:
    return [event for event in events if event.what == what]


def agree(base: Engine, kind: str, at: datetime, **more: Any) -> None:
    with writing(base) as connection:
        new = NewConsent(kind=kind, source="web form", given_at=at, **more)
        consents.add(connection, LeadId(lead_id_of(base, "Åse")), new, now=NOON)


def test_an_import_is_told_with_its_file_and_whether_it_brought_the_person(people: Engine):
    import_text(people, HEADER + ASE, "second")
    first, second = of(told(people), "imported")
    assert first.at == NOON
    assert [(one.facts["list"], one.facts["new"]) for one in (first, second)] == [
        ("norway", True),
        ("second", False),
    ]
    assert first.facts["file"].endswith("leads.csv")
    assert first.facts["import_id"] < second.facts["import_id"]


def test_a_call_is_told_with_everything_that_was_said(people: Engine):
    stored = started(people)
    agent = add_agent(people)
    talk = call(people, stored, Outcome.CONNECTED, agent_id=agent, talk_s=42.0)
    promise = said(
        stored,
        DispositionKind.CALLBACK,
        callback_at=NOON + timedelta(days=1),
        note="at noon",
        answers={"provider": ["Telia", "other"]},
    )
    with writing(people) as connection:
        record_result(connection, stored, talk.id, promise, now=NOON + minutes(2))
    (attempt,) = of(told(people), "attempt")
    assert attempt.document() == {
        "at": NOON,
        "what": "attempt",
        "attempt_id": talk.id,
        "campaign": "spring",
        "list_name": "norway",
        "agent": "anna",
        "phone": phone(1),
        "outcome": "connected",
        "talk_s": 42.0,
        "disposition": "callback",
        "refusal_reason": None,
        "refusal_detail": None,
        "reoffer_campaign": None,
        "reoffer_at": None,
        "callback_at": NOON + timedelta(days=1),
        "note": "at noon",
        "answers": {"provider": ["Telia", "other"]},
    }
    assert of(told(people, "Per"), "attempt") == []


def test_calls_are_given_newest_first_and_those_that_go_on_only_where_wanted(people: Engine):
    stored = started(people)
    for tried in range(3):
        call(people, stored, Outcome.BUSY, now=NOON + minutes(60 * tried))
        call(people, stored, Outcome.BUSY, now=NOON + minutes(60 * tried))
    with reading(people) as connection:
        ase = lead_id_of(people, "Åse")
        moments = [one.dialed_at for one in calls(connection, ase)]
        assert moments == [NOON + minutes(120), NOON + minutes(60), NOON]
        assert len(calls(connection, ase, limit=2)) == 2
        assert calls(connection, ase, limit=1)[0].dialed_at == NOON + minutes(120)


def test_a_call_that_goes_on_is_told_too(people: Engine):
    stored = started(people)
    dial(people, stored, *take(people, stored))
    (attempt,) = of(told(people), "attempt")
    assert attempt.facts["outcome"] is None
    with reading(people) as connection:
        assert calls(connection, lead_id_of(people, "Åse"), ended=True) == ()
    assert any("goes on now" in line for line in story_lines(told(people), width=80))


def test_a_consent_is_told_when_it_was_given_and_when_it_ended(people: Engine):
    day = timedelta(days=1)
    agree(people, "phone_marketing", NOON - 9 * day, withdrawn_at=NOON - day)
    agree(people, "recording", NOON - 8 * day, expires_at=NOON - 2 * day)
    agree(people, "credit_check", NOON - 7 * day, expires_at=NOON + day)
    agree(people, "late", NOON - 6 * day, expires_at=NOON - day, withdrawn_at=NOON - 3 * day)
    events = [event for event in told(people) if event.what.startswith("consent")]
    assert [(event.what, event.facts["kind"], (NOON - event.at) / day) for event in events] == [
        ("consent_given", "phone_marketing", 9),
        ("consent_given", "recording", 8),
        ("consent_given", "credit_check", 7),
        ("consent_given", "late", 6),
        ("consent_withdrawn", "late", 3),
        ("consent_expired", "recording", 2),
        ("consent_withdrawn", "phone_marketing", 1),
    ]
    with reading(people) as connection:
        given = consents_of(connection, LeadId(lead_id_of(people, "Åse")))
    states = {one["kind"]: one["state"] for one in consent_documents(given, now=NOON)}
    assert states == {
        "phone_marketing": "withdrawn",
        "recording": "expired",
        "credit_check": "in_force",
        "late": "withdrawn",
    }


def test_a_wish_not_to_be_called_is_told_with_its_end(people: Engine):
    suppress(people, phone(1))
    with writing(people) as connection:
        suppression.remove(
            connection, phone(1), SuppressionScope.ALL, "", reason="mistake", now=NOON + minutes(5)
        )
    suppress(people, phone(2))
    events = told(people)
    (begun,), (ended,) = of(events, "suppressed"), of(events, "suppression_removed")
    assert (begun.at, begun.facts["reason"], begun.facts["number"]) == (NOON, "asked", phone(1))
    assert (ended.at, ended.facts["reason"]) == (NOON + minutes(5), "mistake")


def test_what_an_import_completed_is_told_as_what_became_of_it(people: Engine):
    import_text(people, f"Kundenr;Navn;Telefon;Alder\n17;Åse;{phone(1)};44\n", "second")
    (completed,) = of(told(people), "completed")
    assert completed.facts["changes"] == {"attributes.Alder": [None, "44"]}
    assert completed.facts["file"].endswith("leads.csv")


def test_edits_are_told_one_after_the_other(people: Engine):
    ase = lead_id_of(people, "Åse")
    with writing(people) as connection:
        for number, before in enumerate([{"name": "Ase"}, {"name": "Åsa", "language": None}]):
            connection.execute(
                lead_changes.insert().values(
                    lead_id=ase, before=before, changed_at=NOON + minutes(number), changed_by="anna"
                )
            )
        connection.execute(update(leads).where(leads.c.id == ase).values(language="nb"))
    first, second = of(told(people), "edited")
    assert first.facts == {"by": "anna", "changes": {"name": ["Ase", "Åsa"]}}
    assert second.facts["changes"] == {"name": ["Åsa", "Åse"], "language": [None, "nb"]}


def test_merges_and_the_erasure_are_told(people: Engine):
    ase = lead_id_of(people, "Åse")
    with writing(people) as connection:
        connection.execute(
            merges.insert().values(
                kept_id=ase, merged_id=77, merged={"name": "Ase"}, merged_at=NOON, merged_by="anna"
            )
        )
        connection.execute(update(leads).where(leads.c.id == ase).values(erased_at=NOON))
    events = told(people)
    (merged,), (erased,) = of(events, "merged"), of(events, "erased")
    assert (merged.facts["merged_id"], merged.facts["by"]) == (77, "anna")
    assert erased.at == NOON


def test_the_story_is_told_oldest_first_and_fits_the_screen(people: Engine):
    agree(people, "phone_marketing", NOON - timedelta(days=99), wording="Yes, you may. " * 20)
    stored = started(people)
    call(people, stored, Outcome.BUSY, now=NOON + minutes(1))
    suppress(people, phone(1))
    events = told(people)
    assert [event.at for event in events] == sorted(event.at for event in events)
    lines = list(story_lines(events, width=80))
    assert max(map(len, lines)) <= 80
    starts = [line[18:26].strip() for line in lines if line[:1] != " "]
    assert starts == ["consent", "list", "dnc", "call"]
    assert all(line.startswith(" " * 28) for line in lines if line[:1] == " ")


def test_a_note_cannot_move_the_cursor(people: Engine):
    agree(people, "recording", NOON, wording="Yes\x1b[2J\nand\tmore")
    shown = "\n".join(story_lines(told(people), width=80))
    assert "\x1b" not in shown
    assert "and more" in shown


def test_every_look_up_of_a_story_goes_through_an_index(people: Engine, database: str):
    """In a base of five million people a single scan would take longer than all the rest."""
    if database == "postgresql":
        pytest.skip("for tables as small as these its planner prefers a scan")
    call(people, started(people, definition()), Outcome.CONNECTED)
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _u: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            asked.append((statement, parameters))

    ase = lead_id_of(people, "Åse")
    event.listen(people, "before_cursor_execute", note)
    with reading(people) as connection:
        lead = store.lead(connection, ase)
        assert lead is not None
        suppression.entries(connection, lead.phones[0].e164)
        given = consents_of(connection, lead.lead_id)
        story(connection, lead, entries=(), given=given, now=NOON)
    event.remove(people, "before_cursor_execute", note)
    assert len(asked) >= 11
    with reading(people) as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            scans = [row[-1] for row in plan if "SCAN" in row[-1]]
            # What a statement was given as one parameter is walked through, and nothing else.
            assert [one for one in scans if "VIRTUAL TABLE" not in one] == [], statement
