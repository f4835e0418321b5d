"""Spreadsheets and compressed files as people send them."""

import gzip
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from leads.errors import UsageError
from leads.files import open_leads


def workbook(folder: Path, *sheets: list[list[object]], name: str = "people.xlsx") -> Path:
    """Write a workbook as a spreadsheet program does."""
    file = folder / name
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"})
    for rows in sheets:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return file


def read(file: Path, *, sheet: str | None = None) -> tuple[tuple[str, ...], list[list[str]]]:
    with open_leads(str(file), encoding=None, delimiter=None, region="NO", sheet=sheet) as opened:
        return opened.header, [[str(row.line), *row.cells] for row in opened.rows()]


def refused(file: Path, *, sheet: str | None = None) -> str:
    with pytest.raises(UsageError) as error:
        read(file, sheet=sheet)
    return str(error.value)


HEADER: list[object] = ["Navn", "Telefon", "Født", "Kunde"]


def test_cells_become_the_text_a_csv_file_would_hold(tmp_path: Path) -> None:
    rows = [HEADER, ["Ola", 47912345678.0, date(1980, 5, 17), True], ["Kari", "+47 22", 1.5, ""]]
    assert read(workbook(tmp_path, rows)) == (
        ("Navn", "Telefon", "Født", "Kunde"),
        [
            ["2", "Ola", "47912345678", "1980-05-17", "true"],
            ["3", "Kari", "+47 22", "1.5", ""],
        ],
    )


def test_a_moment_keeps_its_time(tmp_path: Path) -> None:
    rows = [["Telefon", "Ringt"], ["22448200", datetime(2026, 5, 1, 18, 30)]]  # noqa: DTZ001 - sheets know no zones
    assert read(workbook(tmp_path, rows))[1] == [["2", "22448200", "2026-05-01T18:30:00"]]


def test_rows_are_numbered_as_the_program_shows_them(tmp_path: Path) -> None:
    file = workbook(tmp_path, [[], ["Navn", "Telefon"], [], ["Ola", 22448200]])
    assert read(file) == (("Navn", "Telefon"), [["4", "Ola", "22448200"]])


def test_the_only_filled_sheet_is_read(tmp_path: Path) -> None:
    assert read(workbook(tmp_path, [], [["Telefon"], [22448200]]))[1] == [["2", "22448200"]]


def test_several_filled_sheets_need_a_choice(tmp_path: Path) -> None:
    file = workbook(tmp_path, [["Telefon"], [22448200]], [["Telefon"], [22448201]])
    assert "several sheets (Sheet1, Sheet2); say which one with --sheet" in refused(file)
    assert read(file, sheet="Sheet2")[1] == [["2", "22448201"]]
    assert "has no sheet 'Ark1'; it has Sheet1, Sheet2" in refused(file, sheet="Ark1")


def test_a_title_above_the_header_is_told(tmp_path: Path) -> None:
    file = workbook(tmp_path, [["Kundeliste 2026"], ["Navn", "Telefon"], ["Ola", 22448200]])
    assert "row 1: 'Kundeliste 2026' stands there alone" in refused(file)


def test_an_empty_workbook(tmp_path: Path) -> None:
    assert "is empty" in refused(workbook(tmp_path, []))


def test_a_spreadsheet_is_told_by_its_content_not_its_name(tmp_path: Path) -> None:
    file = workbook(tmp_path, [["Telefon"], [22448200]], name="people.csv")
    assert read(file)[1] == [["2", "22448200"]]


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:na'
    'mes:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table '
    'table:name="Ark1"><table:table-row><table:table-cell office:value-type="string"><text:'
    "p>Telefon</text:p></table:table-cell></table:table-row><table:table-row><table:table-c"
    'ell office:value-type="float" office:value="22448200"><text:p>2</text:p></table:table-'
    "cell></table:table-row></table:table></office:spreadsheet></office:body></office:docum"
    "ent-content>"
)


def test_an_opendocument_sheet(tmp_path: Path) -> None:
    file = tmp_path / "people.ods"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            "</manifest:manifest>",
        )
        archive.writestr("content.xml", _ODS)
    assert read(file) == (("Telefon",), [["2", "22448200"]])


def test_a_compressed_file(tmp_path: Path) -> None:
    file = tmp_path / "people.csv.gz"
    file.write_bytes(gzip.compress("Navn;Telefon\nÅse;22448200\n".encode()))
    assert read(file) == (("Navn", "Telefon"), [["2", "Åse", "22448200"]])
    sheet = tmp_path / "people.xlsx.gz"
    sheet.write_bytes(gzip.compress(workbook(tmp_path, [["Telefon"], [22448200]]).read_bytes()))
    assert read(sheet)[1] == [["2", "22448200"]]


def test_progress_of_a_compressed_file_counts_what_lies_on_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "people.csv.gz"
    file.write_bytes(gzip.compress(b"Telefon\n" + b"22448200\n" * 300_000))
    with open_leads(str(file), encoding=None, delimiter=None, region="NO") as opened:
        assert sum(1 for _ in opened.rows()) == 300_000
        assert opened.format == "CSV in gzip"
        assert opened.bytes_read == file.stat().st_size


@pytest.mark.parametrize("keep", [12, 60])
def test_half_a_compressed_file_is_damaged(tmp_path: Path, keep: int) -> None:
    file = tmp_path / "people.csv.gz"
    rows = "".join(f"{number:08}\n" for number in range(2000))
    file.write_bytes(gzip.compress(f"Telefon\n{rows}".encode())[:keep])
    assert "is damaged" in refused(file)


@pytest.mark.parametrize(
    ("begins", "what"),
    [
        (b"%PDF-1.7\n", "is a PDF file"),
        (b"SQLite format 3\0", "is an SQLite database"),
        (b"\xff\xd8\xff\xe0", "is a picture"),
        (b"PK\x03\x04 and no more", "is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is no spreadsheet that can be read"),
    ],
)
def test_what_holds_no_list_is_named(tmp_path: Path, begins: bytes, what: str) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(begins)
    assert what in refused(file)


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    file = workbook(tmp_path, [["Telefon"], [22448200]])
    with (
        pytest.raises(UsageError, match="leave --encoding and --delimiter out"),
        open_leads(str(file), encoding="utf-8", delimiter=None, region=None),
    ):
        pass
    text = tmp_path / "people.csv"
    text.write_text("Telefon\n22448200\n")
    assert "no spreadsheet and has no sheets" in refused(text, sheet="Ark1")
