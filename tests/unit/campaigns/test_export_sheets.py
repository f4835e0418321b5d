"""Whatever a cell holds comes back from every format, and no spreadsheet runs any of it."""

import csv
import hashlib
import io
import resource
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from campaigns.exports.cells import Column, Kind, Row
from campaigns.exports.sheets import ExportError, destination, format_of
from leads.errors import UsageError

NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)

COLUMNS = (
    Column("id", Kind.WHOLE),
    Column("talk_s", Kind.NUMBER),
    Column("name"),
    Column("phone", Kind.OWN),
    Column("at", Kind.MOMENT),
    Column("suppressed", Kind.FLAG),
)

moments = st.integers(0, 2**52).map(lambda us: NOON + timedelta(microseconds=us - 2**51))
texts = st.text(st.characters(exclude_categories=["Cs"]))
people = st.tuples(
    st.none() | st.integers(-(2**53), 2**53),
    st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.none() | texts,
    st.none() | st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
    st.none() | moments,
    st.none() | st.booleans(),
)
tables = st.lists(people, max_size=20)
ONE = (1, 2.5, "Åse", "+4722000001", NOON, True)


def written(
    folder: Path, ending: str, rows: Sequence[Row], columns: Sequence[Column] = COLUMNS
) -> Path:
    """Write rows, two at a time, and return the file."""
    file = folder / f"out{ending}"
    with destination(str(file), ending) as place, place.sheet(columns) as sheet:
        for at in range(0, len(rows), 2):
            sheet.write(rows[at : at + 2])
        digest = sheet.finish()
        assert not file.exists()
    assert list(folder.iterdir()) == [file]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == digest
    return file


def csv_cells(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_bytes().decode(), newline="")))


def sheet_cells(file: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()


def plain(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").replace("\r", "\n")


def stamp(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z" if moment else ""


@settings(deadline=None)
@given(rows=tables)
def test_csv_gives_back_what_it_was_given(rows: list[Row]):
    with tempfile.TemporaryDirectory() as folder:
        header, *cells = csv_cells(written(Path(folder), ".csv", rows))
    assert header == [column.name for column in COLUMNS]
    assert len(cells) == len(rows)
    flags = {None: "", True: "true", False: "false"}
    for (number, talk, name, phone, at, flag), row in zip(rows, cells, strict=True):
        assert row[2].removeprefix("'") == plain(name).removeprefix("'")
        assert row[0] == ("" if number is None else str(number))
        assert row[1] == "" if talk is None else float(row[1]) == talk
        assert row[3:] == [phone or "", stamp(at), flags[flag]]


FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


@settings(deadline=None)
@given(text=texts, begin=st.sampled_from([*FORMULA, ""]))
def test_no_csv_cell_of_somebody_elses_begins_as_a_formula_does(text: str, begin: str):
    with tempfile.TemporaryDirectory() as folder:
        row = (None, None, begin + text, "+4722000001", None, None)
        (_, cells) = csv_cells(written(Path(folder), ".csv", [row]))
    assert not cells[2].startswith(FORMULA)
    assert cells[3] == "+4722000001"
    whole = plain(begin + text)
    assert cells[2] == (f"'{whole}" if (begin + text).startswith(FORMULA) else whole)


@settings(deadline=None)
@given(rows=tables)
def test_parquet_gives_back_values_of_their_types(rows: list[Row]):
    with tempfile.TemporaryDirectory() as folder:
        table = parquet.read_table(written(Path(folder), ".parquet", rows))
    assert [str(field.type) for field in table.schema] == [
        "int64",
        "double",
        "string",
        "string",
        "timestamp[us, tz=UTC]",
        "bool",
    ]
    assert [tuple(row.values()) for row in table.to_pylist()] == rows


@settings(deadline=None, max_examples=50)
@given(rows=tables)
def test_a_spreadsheet_gives_back_what_it_was_given(rows: list[Row]):
    with tempfile.TemporaryDirectory() as folder:
        header, *cells = sheet_cells(written(Path(folder), ".xlsx", rows))
    assert header == [column.name for column in COLUMNS]
    for (number, talk, name, phone, at, flag), row in zip(rows, cells, strict=False):
        given_back = [*row, *[""] * (len(COLUMNS) - len(row))]
        assert given_back[0] == ("" if number is None else number)
        assert given_back[1] == ("" if talk is None else pytest.approx(talk))
        assert plain(given_back[2]) == plain(name)
        assert given_back[3:] == [phone or "", stamp(at), "" if flag is None else flag]


def test_a_spreadsheet_holds_text_and_runs_nothing(tmp_path: Path):
    bad = ["=1+1", "{=1+1}", "https://example.org", "+cmd|' /C calc'!A0", "@SUM(A1)", "007"]
    file = written(tmp_path, ".xlsx", [(None, None, text, None, None, None) for text in bad])
    assert [row[2] for row in sheet_cells(file)[1:]] == bad
    with zipfile.ZipFile(file) as parts:
        assert not any("hyperlink" in name or "rels/sheet" in name for name in parts.namelist())
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_parquet_gathers_rows_into_few_groups(tmp_path: Path):
    file = tmp_path / "out.parquet"
    with destination(str(file), ".parquet") as place, place.sheet(COLUMNS) as sheet:
        for _ in range(21):
            sheet.write([ONE] * 10_000)
        sheet.finish()
    found = parquet.ParquetFile(file).metadata
    assert [found.row_group(at).num_rows for at in range(found.num_row_groups)] == [
        100_000,
        100_000,
        10_000,
    ]


@pytest.mark.parametrize(
    ("columns", "row", "told"),
    [
        (COLUMNS, (1, 2.5, "x" * 32_768, None, None, None), r"row 2 has more as name; write it as"),
        (tuple(Column(f"c{n}") for n in range(16_385)), None, r"no room for .* \(c16384\); write"),
    ],
)
def test_what_does_not_fit_into_a_spreadsheet_is_refused_and_leaves_nothing(
    tmp_path: Path, columns: Sequence[Column], row: Row | None, told: str
):
    with pytest.raises(ExportError, match=told):
        written(tmp_path, ".xlsx", [row] if row else [], columns)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_an_export_that_breaks_off_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, ending: str
):
    file = tmp_path / f"out{ending}"
    file.write_text("the last export")
    with pytest.raises(UnicodeEncodeError):
        written(tmp_path, ending, [ONE, ONE, (1, None, "\ud800", None, None, None), ONE, ONE])
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    assert file.read_text() == "the last export"


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_a_file_is_for_its_owners_eyes_only(tmp_path: Path, ending: str):
    assert written(tmp_path, ending, [ONE]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_a_disk_that_is_full_is_told(tmp_path: Path, ending: str):
    rows = [(n, n / 7, f"{n * 7919}", None, None, True) for n in range(10_000)]
    with pytest.raises(ExportError, match=r"written \(File too large\); free"), little_room():
        written(tmp_path, ending, rows)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def little_room() -> Iterator[None]:
    """Let files grow to one kilobyte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_ending_decides_and_an_unknown_one_is_told():
    assert [format_of(name) for name in ("a.CSV", "a.b.parquet", "x/a.xlsx", "-")] == [
        ".csv",
        ".parquet",
        ".xlsx",
        ".csv",
    ]
    for name in ("a", "a.xls", "a.csv.gz", ".csv", ""):
        with pytest.raises(UsageError, match=r"must end in \.csv, \.parquet or \.xlsx, or be -"):
            format_of(name)
    with pytest.raises(UsageError, match=r"must end in \.csv, or be - for stdout"):
        format_of("a.xlsx", [".csv"])
