"""Exports: columns that never move, one row for each thing, and no cell that runs."""

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from campaigns.exports.export import ExportError, export
from campaigns.model import DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from leads.db import writing
from leads.errors import UsageError
from leads.model import SuppressionScope, number_id
from leads.tables import imports, lead_numbers, leads, numbers
from tests.db.people import (
    NOON,
    add_agent,
    attempt_row,
    call,
    definition,
    import_people,
    import_text,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
    suppress,
)


def header(text: str) -> list[str]:
    return text.split(",")


ATTEMPTS = header(
    "attempt_id,campaign,list,lead_id,external_id,phone,agent,mode,caller_id,dialed_at,answered_at,"
    "ended_at,ring_s,talk_s,wrap_s,hangup_cause,sip_code,amd,outcome,disposition,refusal_reason,"
    "callback_at,rule_set,attempt_no,evidence,key_pressed,superseded_by,clock,recording,truth,"
    "answer_chance"
)
LEADS = header(
    "lead_id,external_id,name,phone,phones,list,state,attempts,last_attempt_at,last_outcome,"
    "last_disposition,refusal_reason,next_call_at,suppressed,zone,language"
)


def exported(base: Engine, what: str, folder: Path, campaign: str | None = None) -> list[list[str]]:
    """Return the cells of an export, header first."""
    file = folder / "out.csv"
    written = export(base, what, output=str(file), campaign=campaign, now=NOON)
    text = file.read_bytes().decode("utf-8")
    assert "\r" not in text
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert len(table) == written.rows + 1
    assert hashlib.sha256(file.read_bytes()).hexdigest() == written.sha256
    return table


def rows(
    base: Engine, what: str, folder: Path, campaign: str | None = None
) -> list[dict[str, str]]:
    columns, *cells = exported(base, what, folder, campaign)
    return [dict(zip(columns, row, strict=True)) for row in cells]


def one(base: Engine, what: str, folder: Path, campaign: str | None = None) -> dict[str, str]:
    (row,) = rows(base, what, folder, campaign)
    return row


def talk(base: Engine, stored: StoredCampaign, **more: Any) -> int:
    """Call the next person, have anna talk to them and write a refusal."""
    attempt = call(
        base,
        stored,
        Outcome.CONNECTED,
        answered_at=NOON + minutes(0.1),
        talk_s=14.25,
        ring_s=6.0,
        cause=16,
        sip_code=200,
        agent_id=add_agent(base),
    )
    refusal = said(stored, DispositionKind.REFUSAL, **({"reason": "price"} | more))
    with writing(base) as connection:
        record_result(connection, stored, attempt.id, refusal, now=NOON + minutes(1))
    return attempt.id


def test_an_attempt_is_one_row_with_all_there_is(base: Engine, tmp_path: Path):
    import_text(base, f"Id;Navn;Telefon\n17;Åse;{phone(1)}\n")
    attempt_id = talk(base, started(base))
    assert exported(base, "attempts", tmp_path)[0] == ATTEMPTS
    assert one(base, "attempts", tmp_path) == {
        "attempt_id": str(attempt_id),
        "campaign": "spring",
        "list": "norway",
        "lead_id": str(lead_id_of(base, "Åse")),
        "external_id": "17",
        "phone": "+4722000001",
        "agent": "anna",
        "mode": "progressive",
        "caller_id": "+4721000000",
        "dialed_at": "2026-06-02T10:00:00.000Z",
        "answered_at": "2026-06-02T10:00:06.000Z",
        "ended_at": "2026-06-02T10:00:20.000Z",
        "ring_s": "6.0",
        "talk_s": "14.25",
        "wrap_s": "40.0",
        "hangup_cause": "16",
        "sip_code": "200",
        "amd": "",
        "outcome": "connected",
        "disposition": "refusal",
        "refusal_reason": "price",
        "callback_at": "",
        "rule_set": attempt_row(base, attempt_id).rule_set,
        "attempt_no": "1",
        "evidence": "hangup",
        "key_pressed": "",
        "superseded_by": "",
        "clock": "real",
        "recording": "",
        "truth": "ok",
        "answer_chance": "",
    }


def test_what_is_not_known_is_an_empty_cell_and_a_number_stays_whole(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = started(base)
    call(base, stored, Outcome.BUSY, cause=None, sip_code=486)
    call(base, stored, Outcome.FAILED, cause=27, sip_code=None)
    first, second = rows(base, "attempts", tmp_path)
    assert (first["hangup_cause"], first["sip_code"]) == ("", "486")
    assert (second["hangup_cause"], second["sip_code"]) == ("27", "")
    assert (first["agent"], first["external_id"], first["answered_at"]) == ("", "", "")


def test_a_lead_is_one_row_with_all_there_is(base: Engine, tmp_path: Path):
    import_text(
        base,
        f"Id;Navn;Telefon;Språk;By;Alder\n17;Åse;{phone(1)};nb;Oslo;\n18;Per;{phone(2)};;;40\n",
    )
    stored = started(base)
    talk(base, stored)
    call(base, stored, Outcome.BUSY)
    columns = exported(base, "leads", tmp_path)[0]
    assert columns[: len(LEADS)] == LEADS
    assert sorted(columns[len(LEADS) :]) == ["attr_Alder", "attr_By"]
    ase, per = rows(base, "leads", tmp_path)
    assert ase == {
        "lead_id": str(lead_id_of(base, "Åse")),
        "external_id": "17",
        "name": "Åse",
        "phone": "+4722000001",
        "phones": "+4722000001",
        "list": "norway",
        "state": "done",
        "attempts": "1",
        "last_attempt_at": "2026-06-02T10:00:00.000Z",
        "last_outcome": "connected",
        "last_disposition": "refusal",
        "refusal_reason": "price",
        "next_call_at": "",
        "suppressed": "false",
        "zone": "Europe/Oslo",
        "language": "nb",
        "attr_By": "Oslo",
        "attr_Alder": "",
    }
    assert (per["state"], per["next_call_at"]) == ("waiting", "2026-06-02T10:15:20.000Z")
    assert (per["attr_By"], per["attr_Alder"], per["language"]) == ("", "40", "")


def test_who_waits_for_nothing_has_no_next_call(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(1))])
    started(base)
    row = one(base, "leads", tmp_path)
    assert (row["state"], row["next_call_at"], row["attempts"]) == ("new", "", "0")


def test_all_numbers_of_a_lead_are_told_the_first_one_first(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(2))])
    with writing(base) as connection:
        second = connection.execute(
            select(numbers.c.id).where(numbers.c.e164 == phone(2))
        ).scalar_one()
        connection.execute(
            insert(lead_numbers).values(
                lead_id=lead_id_of(base, "Åse"), number_id=second, position=2
            )
        )
    ase, per, kari = rows(base, "leads", tmp_path)
    assert (ase["phone"], ase["phones"]) == ("+4722000001", "+4722000001;+4722000002")
    assert (per["phones"], kari["phones"]) == ("+4722000002", "+4722000002")


def test_a_lead_of_several_zones_names_them_all(base: Engine, tmp_path: Path):
    import_people(base, [("Kim", "+61412345678"), ("Lee", "+18002345678")])
    kim, lee = rows(base, "leads", tmp_path)
    assert {"Australia/Sydney", "Australia/Perth"} <= {*kim["zone"].split(";")}
    assert lee["zone"] == ""


def test_a_campaign_exports_its_own(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(1))])
    import_people(base, [("Per", phone(2))], "sweden")
    import_people(base, [("Kari", phone(3))], "denmark")
    spring, summer = started(base), started(base, definition("summer", on=["norway", "sweden"]))
    call(base, spring, Outcome.BUSY)
    call(base, summer, Outcome.FAILED)
    assert [row["outcome"] for row in rows(base, "attempts", tmp_path)] == ["busy", "failed"]
    assert one(base, "attempts", tmp_path, "spring")["outcome"] == "busy"
    everybody = rows(base, "leads", tmp_path)
    assert [(row["name"], row["state"], row["list"]) for row in everybody] == [
        ("Åse", "done", "norway"),
        ("Per", "new", "sweden"),
        ("Kari", "", ""),
    ]
    mine = one(base, "leads", tmp_path, "spring")
    assert (mine["name"], mine["state"], mine["last_outcome"]) == ("Åse", "waiting", "busy")
    assert [row["name"] for row in rows(base, "leads", tmp_path, "summer")] == ["Åse", "Per"]


def test_a_wish_counts_as_far_as_it_reaches(base: Engine, tmp_path: Path):
    import_people(base, [(name, phone(n)) for n, name in enumerate(["Åse", "Per", "Kari", "Ola"])])
    started(base)
    suppress(base, phone(0))
    suppress(base, phone(1), SuppressionScope.SELLER, "Example Telecom AS")
    suppress(base, phone(2), SuppressionScope.CAMPAIGN, "another")
    every = [row["suppressed"] for row in rows(base, "leads", tmp_path)]
    ours = [row["suppressed"] for row in rows(base, "leads", tmp_path, "spring")]
    assert every == ["true", "false", "false", "false"]
    assert ours == ["true", "true", "false", "false"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\uff1d"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(base: Engine, tmp_path: Path, begin: str):
    bad = f'{begin}cmd|"/C calc"!A0'
    cell = bad.replace('"', '""')
    import_text(
        base, f'Id;Navn;Telefon;By\n"{cell}";"{cell}";{phone(1)};"{cell}"\n', f"{begin}norway"
    )
    stored = started(base, definition(on=[f"{begin}norway"]))
    talk(base, stored, reason=bad)
    lead, attempt = one(base, "leads", tmp_path), one(base, "attempts", tmp_path)
    for row, columns in (
        (lead, ("external_id", "name", "attr_By", "refusal_reason")),
        (attempt, ("external_id", "refusal_reason")),
    ):
        assert {column: row[column] for column in columns} == dict.fromkeys(columns, f"'{bad}")
        assert row["list"] == f"'{begin}norway"
        assert row["phone"] == "+4722000001"
    assert lead["phones"] == "+4722000001"
    assert attempt["caller_id"] == "+4721000000"


def test_blanks_that_hide_a_formula_are_defused(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(1))])
    for begin in ("\t", "\r", "\r\n"):
        with writing(base) as connection:
            connection.execute(leads.update().values(name=f"{begin}=1+1"))
        name = one(base, "leads", tmp_path)["name"]
        assert (name[0], name[-4:]) == ("'", "=1+1")


def test_whatever_a_cell_holds_it_stays_in_its_cell(base: Engine, tmp_path: Path):
    texts = ['a,"b"', "a\nb", "a\rb", "a\r\nb", "  a ", "NaN", "", "None", "œ🎈", "a=b", "'=1"]
    people = "".join(f"Person {n:02};{phone(n)};x\n" for n in range(len(texts)))
    import_text(base, f"Navn;Telefon;x\n{people}")
    with writing(base) as connection:
        for n, text in enumerate(texts):
            lead = leads.c.name == f"Person {n:02}"
            connection.execute(leads.update().where(lead).values(attributes={"x": text}))
    found = [row["attr_x"] for row in rows(base, "leads", tmp_path)]
    assert found == [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]


def test_an_empty_base_has_a_header(base: Engine, tmp_path: Path):
    assert exported(base, "attempts", tmp_path) == [ATTEMPTS]
    assert exported(base, "leads", tmp_path) == [LEADS]


def test_stdout_gets_the_same(base: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    import_people(base, [("Åse", phone(1))])
    written = export(base, "leads", output="-", campaign=None, now=NOON)
    out = capsys.readouterr().out
    assert written == (1, hashlib.sha256(out.encode()).hexdigest())
    exported(base, "leads", tmp_path)
    assert out == (tmp_path / "out.csv").read_text()


def test_a_file_that_cannot_be_written_is_told(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(1))])
    with pytest.raises(
        ExportError, match=r"gone/out\.csv cannot be written \(No such file.*folder"
    ):
        export(base, "leads", output=str(tmp_path / "gone/out.csv"), campaign=None, now=NOON)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ExportError, match=r"folder\.csv cannot be written"):
        export(base, "leads", output=str(tmp_path / "folder.csv"), campaign=None, now=NOON)
    assert files(tmp_path) == ["folder.csv"]


@pytest.mark.parametrize(("output", "campaign"), [("out.txt", None), ("out.csv", "sprong")])
def test_what_cannot_be_exported_leaves_no_file(
    base: Engine, tmp_path: Path, output: str, campaign: str | None
):
    import_people(base, [("Åse", phone(1))])
    started(base)
    with pytest.raises(
        UsageError, match=r"must end in \.csv, \.parquet or \.xlsx|did you mean 'spring'"
    ):
        export(base, "leads", output=str(tmp_path / output), campaign=campaign, now=NOON)
    assert files(tmp_path) == []


def files(folder: Path) -> list[str]:
    """Return what is in a folder beside the base."""
    return sorted(f.name for f in folder.iterdir() if not f.name.startswith("ringbank.db"))


def test_a_file_that_is_half_written_is_never_left_behind(base: Engine, tmp_path: Path):
    import_text(base, f"Navn;Telefon;x\nÅse;{phone(1)};a\nPer;{phone(2)};b\n")
    (tmp_path / "out.csv").write_text("the last export")
    with writing(base) as connection:
        per = leads.c.name == "Per"
        connection.execute(leads.update().where(per).values(attributes={"x": "\ud800"}))
    with pytest.raises(UnicodeEncodeError):
        export(base, "leads", output=str(tmp_path / "out.csv"), campaign=None, now=NOON)
    assert files(tmp_path) == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "the last export"


def test_many_rows_pass_through_in_parts(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(0))])
    many = range(2, 30_001)
    with writing(base) as connection:
        import_id = connection.execute(select(imports.c.id)).scalar_one()
        shared = {"attributes": {"By": "Oslo"}, "import_id": import_id}
        connection.execute(insert(leads), [{"id": n, "name": f"P {n}"} | shared for n in many])
        number = {"kind": "fixed", "region": "NO", "zones": ["Europe/Oslo"]}
        connection.execute(insert(numbers), [{"id": number_id(phone(n))} | number for n in many])
        connection.execute(
            insert(lead_numbers),
            [{"lead_id": n, "number_id": number_id(phone(n)), "position": 1} for n in many],
        )
    found = exported(base, "leads", tmp_path)
    assert len(found) == 30_001
    assert [row[0] for row in found[1:]] == [str(n) for n in range(1, 30_001)]
