"""Rejects of any kind of file: the original columns as text, which can be imported again."""

import csv
import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
import xlsxwriter
from pyarrow import parquet

from leads.columns import Columns, Rejected, guess_columns
from leads.files import open_leads
from leads.rejects import rejects_file

HEADER = ["Navn", "Telefon", "reject_line", "Kunde"]
ROW = ["Åse", 4722448200.0, 7, 17]


def as_csv(file: Path) -> None:
    file.write_text("Navn;Telefon;reject_line;Kunde\nÅse;4722448200;7;17\n")


def as_gzip(file: Path) -> None:
    as_csv(file)
    file.write_bytes(gzip.compress(file.read_bytes()))


def as_archive(file: Path) -> None:
    inside = file.with_suffix(".inside")
    as_csv(inside)
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(inside, "people.csv")


def as_sheet(file: Path) -> None:
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ROW)
    book.close()


def as_parquet(file: Path) -> None:
    columns = {name: [cell] for name, cell in zip(HEADER, ROW, strict=True)}
    parquet.write_table(pyarrow.table(columns), file)


@pytest.mark.parametrize("write", [as_csv, as_gzip, as_archive, as_sheet, as_parquet])
def test_a_rejected_row_is_written_as_it_was(tmp_path: Path, write: Callable[[Path], None]) -> None:
    source, rejects = tmp_path / "people", tmp_path / "rejects.csv"
    write(source)
    with open_leads(str(source), encoding=None, delimiter=None, region="NO") as file:
        columns = guess_columns(file.header, (), file.sample(), region="NO")
        assert isinstance(columns, Columns)
        with rejects_file(
            rejects, source=str(source), columns=columns, delimiter=file.delimiter
        ) as unusable:
            for row in file.rows():
                why = Rejected(line=row.line, column="Telefon", reason="too short")
                unusable.write([(row.cells, why)])
            unusable.finish()
            unusable.publish()
    assert rejects.stat().st_mode & 0o777 == 0o600, "people's numbers are in it"
    with rejects.open(encoding="utf-8", newline="") as written:
        assert list(csv.reader(written)) == [
            ["Navn", "Telefon", "Kunde", "reject_line", "reject_column", "reject_reason"],
            ["Åse", "4722448200", "17", "2", "Telefon", "too short"],
        ]
