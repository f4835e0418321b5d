"""Consents: kept for good, brought by files, commands and calls, and asked for by campaigns."""

import csv
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, select

from campaigns import desk, result_words
from campaigns.claims import hold_off_erasing
from campaigns.enrolment import enrol
from campaigns.examining import examine_consents_again
from campaigns.explain import explain_number
from campaigns.model import Campaign, DispositionKind, Outcome
from campaigns.result_words import Words
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from campaigns.undo import undo
from leads import consents
from leads.consent_import import ConsentReport, import_consents
from leads.consent_rules import Consent, NewConsent
from leads.db import reading, writing
from leads.errors import UsageError
from leads.lookup import meant, the_one
from leads.model import LeadId
from leads.tables import imports, leads, merges
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    call,
    close,
    definition,
    dial_next,
    enrolled,
    import_people,
    import_text,
    lead_id_of,
    minutes,
    names_of,
    phone,
    put,
    said,
    started,
    take,
)
from tests.waiting import until

ASKS = 'consent = ["phone_marketing"]'
DAY = timedelta(days=1)


def given(kind: str = "phone_marketing", *, days_ago: float = 9, **more: object) -> NewConsent:
    return NewConsent(kind=kind, source="web form", given_at=NOON - days_ago * DAY, **more)  # type: ignore[arg-type]


def agree(base: Engine, name: str, consent: NewConsent | None = None) -> bool:
    """Record a consent as the command does."""
    lead_id = LeadId(lead_id_of(base, name))
    with writing(base) as connection:
        added = consents.add(connection, lead_id, consent or given(), now=NOON)
        examine_consents_again(connection, [lead_id])
        return added


def withdraw(base: Engine, name: str, kind: str = "phone_marketing", *, days_ago: float = 0) -> int:
    lead_id = LeadId(lead_id_of(base, name))
    with writing(base) as connection:
        return consents.withdraw(
            connection, lead_id, kind, reason="by e-mail", at=NOON - days_ago * DAY
        )


def held(base: Engine, name: str | None = None) -> list[Consent]:
    lead_ids = None if name is None else [lead_id_of(base, name)]
    with reading(base) as connection:
        return list(consents.find(connection, lead_ids=lead_ids))


@pytest.fixture
def people(base: Engine) -> Engine:
    """Åse has number 1; Per and Kari share number 2."""
    rows = "17;Åse;22000001\n18;Per;22000002\n19;Kari;22000002\n"
    import_text(base, f"Kundenr;Navn;Telefon\n{rows}")
    return base


# Kept


def test_a_consent_is_kept_with_all_that_is_known_of_it(people: Engine):
    new = given(wording="Yes", proof="scan-17.pdf", expires_at=NOON + DAY)
    assert agree(people, "Åse", new)
    (found,) = held(people, "Åse")
    assert found == Consent(
        consent_id=found.consent_id,
        lead_id=LeadId(lead_id_of(people, "Åse")),
        kind="phone_marketing",
        wording="Yes",
        source="web form",
        given_at=new.given_at,
        proof="scan-17.pdf",
        expires_at=NOON + DAY,
        import_id=None,
        attempt_id=None,
        recorded_at=NOON,
    )


def test_the_same_consent_twice_is_one(people: Engine):
    assert agree(people, "Åse")
    assert not agree(people, "Åse", given(wording="told once more"))
    others = [given(days_ago=8), given("recording")]
    assert [agree(people, "Åse", other) for other in others] == [True, True]
    assert agree(people, "Per")
    assert len(held(people, "Åse")) == 3
    ase = LeadId(lead_id_of(people, "Åse"))
    with writing(people) as connection:
        twice = [(ase, given(days_ago=2)), (ase, given(days_ago=2)), (ase, given())]
        done = consents.add_many(connection, twice, now=NOON)
    assert (done.added, done.known, done.withdrawn) == (1, 2, 0)
    assert len(held(people, "Åse")) == 4


def test_two_who_record_the_same_consent_at_once_record_one(people: Engine, database: str):
    if database == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    ase = LeadId(lead_id_of(people, "Åse"))
    added: list[bool] = []

    def waits() -> bool:
        with reading(people) as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            return bool(connection.exec_driver_sql(query).scalar_one())

    second = Thread(target=lambda: added.append(agree(people, "Åse")), daemon=True)
    with writing(people) as connection:
        assert consents.add(connection, ase, given(), now=NOON)
        second.start()
        until(waits)
    second.join(timeout=20)
    assert added == [False]
    assert len(held(people, "Åse")) == 1


def test_a_withdrawal_keeps_the_row_and_reaches_all_of_its_kind_given_until_then(people: Engine):
    for consent in (given(), given(days_ago=5), given(days_ago=1), given("recording")):
        agree(people, "Åse", consent)
    assert withdraw(people, "Åse", days_ago=3) == 2
    ends = [(one.kind, one.withdrawn_at, one.withdrawn_reason) for one in held(people, "Åse")]
    withdrawn = ("phone_marketing", NOON - 3 * DAY, "by e-mail")
    assert sorted(ends[:2]) == [withdrawn, ("recording", None, None)]
    assert ends[2:] == [withdrawn, ("phone_marketing", None, None)]
    assert withdraw(people, "Åse", days_ago=3) == 0
    assert withdraw(people, "Per") == 0


def test_a_known_consent_that_comes_withdrawn_is_withdrawn(people: Engine):
    agree(people, "Åse")
    ended = given(withdrawn_at=NOON - DAY, withdrawn_reason="letter")
    assert not agree(people, "Åse", ended)
    (found,) = held(people, "Åse")
    assert (found.withdrawn_at, found.withdrawn_reason) == (NOON - DAY, "letter")
    assert not agree(people, "Åse", given(withdrawn_at=NOON))
    assert held(people, "Åse") == [found]


# A campaign asks for one


def gates(base: Engine, number: str = phone(1)) -> dict[str, str]:
    with reading(base) as connection:
        decision, _ = explain_number(
            connection,
            number,
            "spring",
            at=None,
            now=NOON,
            region=None,
            registries=Path("none"),
            laws=LAWS,
        )
    return {refusal.gate: refusal.rule for refusal in decision.refusals}


def waiting(base: Engine, stored: StoredCampaign) -> dict[str, tuple[str, str | None]]:
    return {name: (row.state, row.held_by) for name, row in enrolled(base, stored).items()}


def test_nobody_is_called_without_the_consent(people: Engine):
    stored = started(people, definition(top=ASKS))
    agree(people, "Kari")
    agree(people, "Per", given("recording"))
    assert names_of(people, take(people, stored, 5)) == ["Kari"]
    found = waiting(people, stored)
    assert (found["Åse"], found["Per"]) == (("done", "consent"), ("done", "consent"))


def test_a_consent_brings_a_person_back_into_every_campaign(people: Engine):
    spring = started(people, definition(top=ASKS))
    summer = started(people, definition("summer", top=ASKS))
    assert take(people, spring, 5) == take(people, summer, 5) == ()
    agree(people, "Åse")
    assert waiting(people, summer)["Per"] == ("done", "consent")
    assert names_of(people, take(people, summer)) == ["Åse"]
    with reading(people) as connection:
        reasons = desk.why_nobody(connection, spring, now=NOON)
    assert {(reason["gate"], reason["count"]) for reason in reasons} >= {("consent", 2)}


def test_a_withdrawal_holds_before_the_next_call(people: Engine):
    stored = started(people, definition(top=ASKS))
    agree(people, "Åse")
    assert "consent" not in gates(people)
    withdraw(people, "Åse")
    assert gates(people)["consent"] == "consent:phone_marketing"
    assert take(people, stored, 5) == ()


def test_a_consent_counts_for_the_person_and_not_for_the_household(people: Engine):
    started(people, definition(top=ASKS))
    agree(people, "Per")
    assert gates(people, phone(2)) == {}
    assert gates(people, phone(1)) == {"consent": "consent:phone_marketing"}


def test_who_is_not_enrolled_yet_is_asked_for_the_consent_too(people: Engine):
    stored = started(people, definition(top=ASKS))
    import_people(people, [("Ola", phone(7)), ("Mona", phone(8))])
    agree(people, "Ola")
    assert gates(people, phone(7)) == {}
    assert gates(people, phone(8)) == {"consent": "consent:phone_marketing"}
    assert gates(people, phone(9)) == {"list": "on_list", "consent": "consent:phone_marketing"}
    assert stored.campaign.consent == ("phone_marketing",)


def test_who_was_called_before_goes_on_waiting_when_the_consent_comes_back(people: Engine):
    stored = started(people, definition(top=ASKS))
    agree(people, "Åse")
    call(people, stored, Outcome.BUSY)
    withdraw(people, "Åse")
    assert take(people, stored, now=NOON + minutes(20)) == ()
    assert waiting(people, stored)["Åse"] == ("done", "consent")
    agree(people, "Åse", given(days_ago=-minutes(21) / DAY))
    assert waiting(people, stored)["Åse"] == ("waiting", None)
    assert names_of(people, take(people, stored, now=NOON + minutes(30))) == ["Åse"]


def brought(base: Engine, *names: str) -> int:
    """Bring consents as an import of a list does; return the import."""
    import_text(base, "Kundenr;Navn;Telefon\n17;Åse;22000001\n", "consenting")
    with writing(base) as connection:
        import_id = connection.scalars(select(imports.c.id).order_by(imports.c.id.desc())).first()
        assert import_id is not None
        pairs = [(LeadId(lead_id_of(base, name)), given()) for name in names]
        consents.add_many(connection, pairs, import_id=import_id, now=NOON)
    return import_id


def test_consents_that_come_with_a_list_are_seen_by_the_campaigns_that_run(people: Engine):
    stored = started(people, definition(top=ASKS))
    assert take(people, stored, 5) == ()
    brought(people, "Åse", "Per")
    with writing(people) as connection:
        enrol(connection, stored, LAWS, now=NOON)
    assert sorted(names_of(people, take(people, stored, 5))) == ["Per", "Åse"]
    found = waiting(people, stored)
    assert found["Kari"] == ("done", "consent")


def test_each_import_of_consents_is_looked_at_once(people: Engine):
    stored = started(people, definition(top=ASKS))
    brought(people, "Åse")
    with writing(people) as connection:
        enrol(connection, stored, LAWS, now=NOON)
    withdraw(people, "Åse")
    assert take(people, stored, 5) == ()
    with writing(people) as connection:
        enrol(connection, stored, LAWS, now=NOON)
    assert waiting(people, stored)["Åse"] == ("done", "consent")
    import_people(people, [("Ola", phone(7))])
    put(people, stored, stored.state)
    assert "Ola" in waiting(people, stored)


def test_an_import_that_is_taken_back_takes_its_consents_with_it(people: Engine):
    stored = started(people, definition(top=ASKS))
    import_id = brought(people, "Åse")
    with writing(people) as connection:
        undo(connection, import_id, now=NOON)
    assert held(people) == []
    assert take(people, stored, 5) == ()


# In a call


def test_what_a_person_agrees_to_in_a_call_is_kept_with_the_call(people: Engine):
    stored = started(people)
    asking = started(people, definition("summer", top='consent = ["recording"]'))
    assert take(people, asking, 5) == ()
    attempt = dial_next(people, stored)
    close(people, stored, attempt, Outcome.CONNECTED, agent_id=add_agent(people),
          connected_at=NOON + minutes(1))  # fmt: skip
    agreed = said(stored, DispositionKind.SUCCESS, consents={"recording": "May we?", "a-b": None})
    for later in (2, 3):
        with writing(people) as connection:
            record_result(connection, stored, attempt.id, agreed, now=NOON + minutes(later))
    found = held(people, "Åse")
    assert [(one.kind, one.wording, one.source, one.attempt_id) for one in found] == [
        ("recording", "May we?", "call", attempt.id),
        ("a-b", None, "call", attempt.id),
    ]
    assert {one.given_at for one in found} == {NOON + minutes(1)}
    assert waiting(people, asking)["Åse"] == ("new", None)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["Yes, please"], "names no kind of consent"),
        (["=yes"], "names no kind of consent"),
        (["recording", "recording=yes"], "is given twice"),
    ],
)
def test_an_agents_words_for_a_consent_have_to_be_words(people: Engine, given: list[str], why: str):
    campaign: Campaign = started(people).campaign
    words = Words(disposition="success", consents=tuple(given))
    with pytest.raises(UsageError, match=why):
        result_words.read_result(campaign, words, now=NOON)


# Files


def import_file(
    base: Engine, folder: Path, text: str, *, dry_run: bool = False, **more: str
) -> tuple[ConsentReport, list[list[str]]]:
    """Import a file of consents; return the report and the rows that were rejected."""
    (folder / "consents.csv").write_text(text, encoding="utf-8")
    rejects = folder / "rejects.csv"
    report = import_consents(
        base,
        file=str(folder / "consents.csv"),
        kind=more.get("kind"),
        source=more.get("source"),
        region="NO",
        mapping=(),
        rejects=rejects,
        dry_run=dry_run,
        now=NOON,
        begun=hold_off_erasing,
        recorded=examine_consents_again,
    )
    if dry_run:
        assert not rejects.exists()
        return report, []
    with rejects.open(encoding="utf-8", newline="") as file:
        return report, list(csv.reader(file))[1:]


def kinds(found: Iterable[Consent]) -> list[str]:
    return [one.kind for one in found]


def test_a_file_of_consents_says_what_became_of_every_row(people: Engine, tmp_path: Path):
    stored = started(people, definition(top=ASKS))
    assert take(people, stored, 5) == ()
    per = lead_id_of(people, "Per")
    text = f"""lead_id,external_id,phone,kind,wording,source,given_at,proof,expires,withdrawn_at
,,22 00 00 01,phone_marketing,Yes,web form,2025-11-03,scan-17.pdf,2027-01-01,
,,22 00 00 01,phone_marketing,Yes,web form,03.11.2025,,,
{per},,,recording,,letter,2025-11-03 14:05,,,
,19,22000002,recording,,letter,2025-11-03,,,2026-01-01
,,22000002,recording,,letter,2025-11-03,,,
,17,22000002,recording,,letter,2025-11-03,,,
,99,,recording,,letter,2025-11-03,,,
99999999999999999999,,,recording,,letter,2025-11-03,,,
,,unknown,recording,,letter,2025-11-03,,,
,17,,Phone marketing,,letter,2025-11-03,,,
,17,,recording,,letter,2027-11-03,,,
,,,recording,,letter,2025-11-03,,,
,17,,,,,,,,
,17,,recording
"""
    report, rejected = import_file(people, tmp_path, text)
    assert (report.read, report.added, report.known, report.rejected) == (14, 3, 1, 10)
    assert [row[-3:] for row in rejected] == [
        ["6", "", "2 people have this number; add the lead_id"],
        ["7", "", "its columns name different people"],
        ["8", "external_id", "nobody has this external id"],
        ["9", "lead_id", "nobody has this id"],
        ["10", "phone", "not a number"],
        ["11", "kind", "'Phone marketing' is no kind of consent; write a short word of a-z, "
         "0-9, _ and -, like phone_marketing"],
        ["12", "given_at", "2027-11-03 is in the future"],
        ["13", "", "names nobody"],
        ["14", "", "says nothing of a consent"],
        ["15", "", "4 cells where the header has 10"],
    ]  # fmt: skip
    assert sum(report.reasons.values()) == 10
    (ase,) = held(people, "Åse")
    assert (ase.wording, ase.proof) == ("Yes", "scan-17.pdf")
    assert kinds(held(people, "Per")) == ["recording"]
    assert [one.withdrawn_at for one in held(people, "Kari")] == [NOON.replace(
        month=1, day=1, hour=0)]  # fmt: skip
    assert names_of(people, take(people, stored, 5)) == ["Åse"]


def test_rejected_rows_come_back_mended(people: Engine, tmp_path: Path):
    text = "phone;given_at\n22000001;03/11/2025\n"
    more = {"kind": "recording", "source": "letter"}
    report, _ = import_file(people, tmp_path, text, **more)
    assert (report.added, report.rejected) == (0, 1)
    mended = (tmp_path / "rejects.csv").read_text(encoding="utf-8").replace("03/11", "03.11", 1)
    mended = mended.replace("03.11/2025", "03.11.2025")
    report, _ = import_file(people, tmp_path, mended, **more)
    assert (report.added, report.rejected) == (1, 0)


def test_a_dry_run_keeps_nothing(people: Engine, tmp_path: Path):
    text = "phone,kind,source,given_at\n22000001,recording,letter,2025-11-03\n"
    report, _ = import_file(people, tmp_path, text, dry_run=True)
    assert (report.added, report.dry_run) == (1, True)
    assert held(people) == []


def test_a_file_that_leaves_the_kind_or_the_source_open_is_refused(people: Engine, tmp_path: Path):
    text = "phone,given_at\n22000001,2025-11-03\n"
    with pytest.raises(UsageError, match="no column kind; say it for all rows with --kind"):
        import_file(people, tmp_path, text)
    with pytest.raises(UsageError, match="no column source; say it for all rows with --source"):
        import_file(people, tmp_path, text, kind="recording")


def test_who_has_been_erased_is_nobody(people: Engine, tmp_path: Path):
    with writing(people) as connection:
        connection.execute(leads.update().values(erased_at=NOON))
    text = "external_id,kind,source,given_at\n17,recording,letter,2025-11-03\n"
    report, _ = import_file(people, tmp_path, text)
    assert report.reasons == {"nobody has this external id": 1}


def test_a_long_file_is_read_whole(people: Engine, tmp_path: Path):
    rows = "".join(f"17,k{number},letter,2025-11-03\n" for number in range(6000))
    report, _ = import_file(people, tmp_path, f"external_id,kind,source,given_at\n{rows}")
    assert report.added == len(held(people, "Åse")) == 6000


# Whom a person at the terminal means


def test_a_number_of_several_people_is_told_with_their_names(people: Engine):
    per, kari = lead_id_of(people, "Per"), lead_id_of(people, "Kari")
    with reading(people) as connection:
        assert meant(connection, "22 00 00 02", region="NO") == (per, kari)
        assert the_one(connection, str(kari), region="NO") == kari
        with pytest.raises(UsageError) as told:
            the_one(connection, "22000002", region="NO")
    assert f"2 people have 22000002: {per} Per, {kari} Kari; give the id" in str(told.value)


def test_the_id_of_a_merged_lead_means_the_one_that_was_kept(people: Engine):
    ase = lead_id_of(people, "Åse")
    with writing(people) as connection:
        connection.execute(
            merges.insert().values(
                kept_id=ase, merged_id=77, merged={}, merged_at=NOON, merged_by="anna"
            )
        )
    with reading(people) as connection:
        assert the_one(connection, "77", region=None) == ase
        with pytest.raises(UsageError, match="no lead has the number or id '78'"):
            the_one(connection, "78", region=None)
