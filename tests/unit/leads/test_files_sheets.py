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


def test_merged_cells_in_the_header_are_told(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "Navn")
    sheet.merge_range(0, 1, 0, 2, "Telefon")
    sheet.write_row(1, 0, ["Ola", 22448200, 22448201])
    book.close()
    assert "row 1: 'Telefon' stands in merged cells (B1:C1); unmerge them and give" in refused(file)


def test_a_merged_title_is_told(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.merge_range(1, 0, 1, 2, "Kundeliste")
    sheet.write_row(2, 0, ["Navn", "Telefon", "By"])
    book.close()
    said = refused(file)
    assert "row 2: 'Kundeliste' stands in merged cells (A2:C2)" in said
    assert said.endswith("delete the rows above the header")


def test_merged_cells_below_the_header_are_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Navn", "Telefon"])
    sheet.merge_range(1, 0, 2, 0, "Ola")
    sheet.write(1, 1, 22448200)
    book.close()
    assert read(file)[1] == [["2", "Ola", "22448200"]]


def test_a_list_may_stand_anywhere_on_its_sheet(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(3, 0, ["Navn", "Telefon"])
    sheet.write_row(4, 0, ["Ola", 22448200])
    book.close()
    assert read(file) == (("Navn", "Telefon"), [["5", "Ola", "22448200"]])


def test_a_hidden_sheet_needs_no_choice_but_can_be_chosen(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(file)
    book.add_worksheet("Liste").write_column(0, 0, ["Telefon", 22448200])
    hidden = book.add_worksheet("Koder")
    hidden.write_column(0, 0, ["Kode", 1])
    hidden.hide()
    book.add_chartsheet()
    book.close()
    assert read(file)[0] == ("Telefon",)
    assert read(file, sheet="Koder")[0] == ("Kode",)


def test_a_cell_far_outside_the_list_ends_a_process_but_not_this_one(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("Liste")
    sheet.write_column(0, 0, ["Telefon", 22448200])
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    said = refused(file)
    assert "sheet Liste, cannot be read" in said
    assert "a cell far outside the list" in said
    assert said.endswith("copy the list alone into a new file, or save it as CSV")


@pytest.mark.parametrize("at", [30, 44, 72])
def test_a_damaged_old_spreadsheet_ends_a_process_but_not_this_one(tmp_path: Path, at: int) -> None:
    data = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))
    data[24:34] = b"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00"
    data[at : at + 8] = b"\xff\xff\xff\x7f" * 2
    file = tmp_path / "people.xls"
    file.write_bytes(data)
    assert "cannot be read" in refused(file) or "can be read" in refused(file)


def children() -> set[str]:
    """Return the processes that this one has started, ended and not waited for included."""
    tasks = Path("/proc/self/task").iterdir()
    return {child for task in tasks for child in (task / "children").read_text().split()}


def test_no_process_is_left_when_the_reader_stops_early(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Telefon"], *([number] for number in range(20_000))]
    others = children()
    with open_leads(
        str(workbook(tmp_path, rows)), encoding=None, delimiter=None, region=None
    ) as opened:
        assert next(opened.rows()) == (2, ["0"])
        assert len(children() - others) == 1
    assert children() - others == set()
