"""Exports as files: every format from one base, and nobody's data leave it unrecorded."""

import hashlib
import io
import sys
from array import array
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection, Engine, select

from campaigns.exports import export as exports
from campaigns.exports.export import WHAT, ExportError, export
from campaigns.model import Outcome
from leads.db import writing
from leads.model import number_id
from leads.tables import imports, lead_numbers, lists, numbers
from tests.db.people import (
    NOON,
    call,
    import_people,
    import_text,
    lead_id_of,
    minutes,
    phone,
    started,
)

FIRST = "2026-06-02T10:00:00.000Z"


def two_called(base: Engine) -> None:
    import_text(base, f"Id;Navn;Telefon;By\n17;=1+1;{phone(1)};Oslo\n;Per;{phone(2)};\n")
    stored = started(base)
    call(base, stored, Outcome.BUSY)
    call(base, stored, Outcome.FAILED, cause=None, sip_code=None)


def test_parquet_has_the_values_of_the_base(base: Engine, tmp_path: Path):
    two_called(base)
    file = tmp_path / "out.parquet"
    written = export(base, "leads", output=str(file), now=NOON)
    assert written.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    first, second = parquet.read_table(file).to_pylist()
    assert (first["lead_id"], first["external_id"], first["name"]) == (
        lead_id_of(base, "=1+1"),
        "17",
        "=1+1",
    )
    assert first["last_attempt_at"] == NOON
    assert first["next_call_at"] == datetime(2026, 6, 2, 10, 15, 20, tzinfo=UTC)
    assert (first["attempts"], first["suppressed"], first["attr_By"]) == (1, False, "Oslo")
    assert (second["external_id"], second["attr_By"]) == (None, None)
    export(base, "attempts", output=str(file), now=NOON)
    table = parquet.read_table(file)
    types = {field.name: str(field.type) for field in table.schema}
    assert types["dialed_at"] == types["callback_at"] == "timestamp[us, tz=UTC]"
    assert types["ring_s"] == "double"
    assert types["superseded_by"] == types["hangup_cause"] == "int64"
    assert [row["hangup_cause"] for row in table.to_pylist()] == [17, None]


def test_a_spreadsheet_has_numbers_as_numbers_and_text_as_text(base: Engine, tmp_path: Path):
    two_called(base)
    file = tmp_path / "out.xlsx"
    assert export(base, "leads", output=str(file), now=NOON).rows == 2
    header, first, _ = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    row = dict(zip(header, first, strict=True))
    assert (row["external_id"], row["name"], row["phone"]) == ("17", "=1+1", phone(1))
    assert (row["attempts"], row["last_attempt_at"], row["suppressed"]) == (1.0, FIRST, False)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
@pytest.mark.parametrize("what", WHAT)
def test_an_empty_base_gives_the_columns_in_every_format(
    base: Engine, tmp_path: Path, what: str, ending: str
):
    file = tmp_path / f"out{ending}"
    assert export(base, what, output=str(file), now=NOON).rows == 0
    if ending == ".csv":
        names = file.read_text().strip().split(",")
    elif ending == ".parquet":
        names = parquet.read_schema(file).names
    else:
        (names,) = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert (
        len(names)
        == {
            "attempts": 31,
            "leads": 16,
            "answers": 8,
            "orders": 8,
            "refusals": 9,
            "suppression": 9,
        }[what]
    )


def test_more_rows_than_a_spreadsheet_has_are_refused_before_one_is_written(
    base: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    two_called(base)
    told: list[object] = []
    monkeypatch.setattr(exports, "MOST_XLSX_ROWS", 1)
    for what in ("leads", "attempts"):
        with pytest.raises(ExportError, match=r"at most 1 rows, .* write it as \.csv or \.parquet"):
            export(
                base,
                what,
                output=str(tmp_path / "out.xlsx"),
                now=NOON,
                recorded=lambda *seen: told.append(seen),
            )
    assert told == []
    assert not [*tmp_path.glob("*out.xlsx*")]
    monkeypatch.setattr(exports, "MOST_XLSX_ROWS", 2)
    for what in WHAT:
        export(base, what, output=str(tmp_path / "out.xlsx"), now=NOON)


def test_the_attributes_are_those_of_all_imports_that_stand_the_oldest_first(
    base: Engine, tmp_path: Path
):
    import_text(base, f"Navn;Telefon;By;Alder\nÅse;{phone(1)};Oslo;40\n")
    import_text(base, f"Navn;Telefon;Alder;Plan\nPer;{phone(2)};41;Fibre\n", "second")
    import_text(base, f"Navn;Telefon;Gone\nKari;{phone(3)};x\n", "third")
    with writing(base) as connection:
        third = select(lists.c.id).where(lists.c.name == "third").scalar_subquery()
        connection.execute(
            imports.update().where(imports.c.list_id == third).values(undone_at=NOON)
        )
    export(base, "leads", output=str(tmp_path / "out.csv"), now=NOON)
    header, *_ = (tmp_path / "out.csv").read_text().splitlines()
    assert header.split(",")[16:] == ["attr_By", "attr_Alder", "attr_Plan"]


class Trail:
    """Writes down what it is told, and whether the file had its name already."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.told: list[tuple[list[int], Mapping[str, object], bool]] = []

    def __call__(
        self, connection: Connection, lead_ids: "array[int]", detail: Mapping[str, object]
    ) -> None:
        assert lead_ids.typecode == "q"
        assert connection.get_execution_options()["ringbank_writes"]
        self.told.append((list(lead_ids), detail, self.file.exists()))


def test_whoever_was_exported_is_recorded_before_the_file_has_its_name(
    base: Engine, tmp_path: Path
):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    stored = started(base)
    for now in (NOON, NOON, NOON + minutes(20)):
        call(base, stored, Outcome.BUSY, now=now)
    trail = Trail(tmp_path / "out.csv")
    written = export(
        base, "attempts", output=str(trail.file), campaign="spring", now=NOON, recorded=trail
    )
    people = sorted(lead_id_of(base, name) for name in ("Åse", "Per"))  # Åse twice
    detail = {
        "what": "attempts",
        "filter": None,
        "campaign": "spring",
        "rows": 3,
        "sha256": written.sha256,
    }
    assert trail.told == [(people, detail, False)]
    assert trail.file.exists()


def test_an_export_of_nobody_is_recorded_too(base: Engine, tmp_path: Path):
    trail = Trail(tmp_path / "out.csv")
    export(base, "leads", output=str(trail.file), now=NOON, recorded=trail)
    ((people, detail, _),) = trail.told
    assert (people, detail["rows"]) == ([], 0)


def test_an_export_that_cannot_be_recorded_is_none(base: Engine, tmp_path: Path):
    import_people(base, [("Åse", phone(1))])

    def fails(*_: object) -> None:
        raise ExportError("nobody may know; try again")

    with pytest.raises(ExportError, match="nobody may know"):
        export(base, "leads", output=str(tmp_path / "out.csv"), now=NOON, recorded=fails)
    assert not [*tmp_path.glob("*out.csv*")]


def test_what_a_reader_saw_before_they_left_is_recorded_too(
    base: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import_people(base, [("Åse", phone(1))])

    class Leaves(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    trail = Trail(tmp_path / "none")
    monkeypatch.setattr(sys, "stdout", Leaves())
    with pytest.raises(BrokenPipeError):
        export(base, "leads", output="-", now=NOON, recorded=trail)
    ((people, detail, _),) = trail.told
    assert people == [lead_id_of(base, "Åse")]
    assert detail["what"] == "leads"


def test_two_numbers_and_many_people_keep_together(base: Engine, tmp_path: Path):
    """Further numbers are a second stream; it must not lag or run ahead."""
    import_people(base, [(f"P{n}", phone(n)) for n in range(6)])
    numbered = [lead_id_of(base, f"P{n}") for n in range(6)]
    with writing(base) as connection:
        zone: Any = {"kind": "fixed", "region": "NO", "zones": ["Europe/Oslo"]}
        for position, (n, more) in enumerate([(1, 11), (1, 12), (4, 13), (5, 11)], start=2):
            if not connection.scalar(
                select(numbers.c.id).where(numbers.c.id == number_id(phone(more)))
            ):
                connection.execute(numbers.insert().values(id=number_id(phone(more)), **zone))
            connection.execute(
                lead_numbers.insert().values(
                    lead_id=numbered[n], number_id=number_id(phone(more)), position=position
                )
            )
    export(base, "leads", output=str(tmp_path / "out.parquet"), now=NOON)
    found = [row["phones"] for row in parquet.read_table(tmp_path / "out.parquet").to_pylist()]
    assert found == [
        phone(0),
        f"{phone(1)};{phone(11)};{phone(12)}",
        phone(2),
        phone(3),
        f"{phone(4)};{phone(13)}",
        f"{phone(5)};{phone(11)}",
    ]
