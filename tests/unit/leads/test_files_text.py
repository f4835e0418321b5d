"""Reading CSV files as they come: any delimiter, quoting, line ending and damage."""

import csv
import io
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import UsageError
from leads.files import Row, open_leads


def read(
    path: Path, content: bytes, encoding: str | None = None, delimiter: str | None = None
) -> tuple[tuple[str, ...], list[Row]]:
    file = path / "leads.csv"
    file.write_bytes(content)
    with open_leads(str(file), encoding=encoding, delimiter=delimiter, region=None) as leads:
        return leads.header, list(leads.rows())


@pytest.mark.parametrize("delimiter", ",;\t|")
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ending_are_found(tmp_path: Path, delimiter: str, ending: str) -> None:
    lines = [["Navn", "Telefon"], ["Ola", "22448200"], ["Kari", "22448201"]]
    text = ending.join(delimiter.join(line) for line in lines)
    header, rows = read(tmp_path, text.encode())
    assert header == ("Navn", "Telefon")
    assert rows == [(2, ["Ola", "22448200"]), (3, ["Kari", "22448201"])]


def test_commas_in_the_cells_do_not_outvote_the_header(tmp_path: Path) -> None:
    header, rows = read(tmp_path, b"Navn;Samtykke\nOla;ja, nei, ja, nei\n")
    assert header == ("Navn", "Samtykke")
    assert rows == [(2, ["Ola", "ja, nei, ja, nei"])]


def test_a_row_has_the_line_it_began_in(tmp_path: Path) -> None:
    content = b'name,note\r\n\r\nOla,"one\r\ntwo\nthree"\r\n\r\nKari,x\r\n'
    _, rows = read(tmp_path, content)
    assert rows == [(3, ["Ola", "one\r\ntwo\nthree"]), (7, ["Kari", "x"])]


def test_a_byte_order_mark_is_no_part_of_the_first_header(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        header, _ = read(tmp_path, '"Navn","Telefon"\nOla,1\n'.encode(encoding))
        assert header == ("Navn", "Telefon")
    header, _ = read(tmp_path, '"Navn",x\n'.encode("utf-8-sig"), encoding="utf-8")
    assert header == ("Navn", "x")


def test_bytes_that_are_no_text_are_marked_and_the_rest_is_read(tmp_path: Path) -> None:
    _, rows = read(tmp_path, "n,p\nBjørn,1\nKåre,2\n".encode() + b"Bj\xf8rn,3\nOla,4\n", "utf-8")
    assert rows[:2] == [(2, ["Bjørn", "1"]), (3, ["Kåre", "2"])]
    assert rows[2:] == [(4, ["Bj\udcf8rn", "3"]), (5, ["Ola", "4"])]


def test_an_unknown_byte_late_in_a_big_file_costs_one_row(tmp_path: Path) -> None:
    rows = b"n,p\n" + b"Ola,22448200\n" * 100_000 + b"Bj\xf8rn,22448201\nKari,22448202\n"
    _, read_rows = read(tmp_path, rows)
    assert read_rows[-2:] == [
        (100_002, ["Bj\udcf8rn", "22448201"]),
        (100_003, ["Kari", "22448202"]),
    ]


@pytest.mark.parametrize("content", [b'n,p\nOla,1\nKari,"2\nPer,3\n', b'n,p\nOla,1\nKari,"2'])
def test_a_quote_that_is_never_closed_is_told_by_its_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match="line 3: a quote that is opened there is never closed"):
        read(tmp_path, content)


def test_a_cell_without_end_is_told_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 2: a cell is longer than"):
        read(tmp_path, b'n,p\n"Ola' + b"x\n" * csv.field_size_limit() + b'",1\n')


@pytest.mark.parametrize("content", [b"", b"\n\r\n\n", "\ufeff".encode()])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match="is empty"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "encoding", ["latin-99", "hex", "rot13", "\udcff", "no such", "undefined", "idna"]
)
def test_an_unknown_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UsageError, match="is not an encoding"):
        read(tmp_path, b"n,p\nOla,1\n", encoding)


def test_an_encoding_that_cannot_read_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 1 or later, cannot be read as utf-16; give"):
        read(tmp_path, b"n,p\nOla,1\n", "utf-16", ",")


def test_bytes_left_over_at_the_end_are_marked(tmp_path: Path) -> None:
    _, rows = read(tmp_path, "n,p\nOla,1".encode("utf-16-le") + b"\xf8", "utf-16-le")
    assert rows == [(2, ["Ola", "1\udcf8"])]


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "a", "\0"])
def test_a_delimiter_that_cannot_be_one_is_refused(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(UsageError, match="cannot part columns"):
        read(tmp_path, b"n,p\nOla,1\n", delimiter=delimiter)


def test_a_delimiter_can_be_given_by_name(tmp_path: Path) -> None:
    header, _ = read(tmp_path, b"a,b,c\td\n", delimiter="tab")
    assert header == ("a,b,c", "d")


@pytest.mark.parametrize("name", ["missing.csv", "", "\0"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    path = f"{tmp_path}/{name}"
    with (
        pytest.raises(UsageError, match="name a CSV file"),
        open_leads(path, encoding=None, delimiter=None, region=None),
    ):
        pass


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"n;p\nOla;1\n")))
    with open_leads("-", encoding=None, delimiter=None, region=None) as leads:
        assert leads.source == "standard input"
        assert list(leads.rows()) == [(2, ["Ola", "1"])]


@given(
    rows=st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
            ).map(lambda cell: "x" + cell),
            min_size=2,
            max_size=4,
        ),
        min_size=1,
        max_size=8,
    ),
    delimiter=st.sampled_from(",;\t|"),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str, ending: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(
        [["header", "b"], *rows]
    )
    header, found = read(
        tmp_path_factory.mktemp("any"), text.getvalue().encode(), "utf-8", delimiter
    )
    assert header == ("header", "b")
    assert [row.cells for row in found] == rows
    assert all(1 < row.line <= len(text.getvalue()) for row in found)


@given(
    records=st.lists(
        st.lists(
            st.text(st.sampled_from('ab"\r\n;\u2028\x0b'), max_size=6), min_size=1, max_size=3
        ),
        max_size=30,
    ),
    most=st.integers(1, 7),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_batches_of_any_size_have_the_lines_that_one_record_at_a_time_has(
    tmp_path_factory: pytest.TempPathFactory, records: list[list[str]], most: int, ending: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator=ending).writerows([["a", "b"], *records])
    one_by_one = csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=";")
    expected, line = [], 1
    for cells in one_by_one:
        if cells:
            expected.append((line, cells))
        line = one_by_one.line_num + 1
    file = tmp_path_factory.mktemp("any") / "leads.csv"
    file.write_bytes(text.getvalue().encode())
    with open_leads(str(file), encoding="utf-8", delimiter=";", region=None) as leads:
        batches = list(leads.batches(most))
    assert [row for batch in batches for row in batch] == expected[1:]
    assert all(0 < len(batch) <= most for batch in batches)


def test_a_sample_is_looked_at_and_still_given(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("n;p\n" + "".join(f"x;{number}\n" for number in range(500)))
    with open_leads(str(file), encoding=None, delimiter=None, region=None) as leads:
        sample = leads.sample()
        assert sample[0] == ["x", "0"]
        assert leads.sample() == sample
        batches = list(leads.batches(150))
    assert len(batches[0]) == 150
    assert [row.cells[1] for batch in batches for row in batch] == list(map(str, range(500)))


MEBIBYTE = 1 << 20


@pytest.mark.parametrize("repeated", [b"a;b;", b"\0\0\0\0", b'"a\n";', b"a;\xc3\xb8"])
def test_a_row_without_end_is_told_by_its_line_and_never_held(
    tmp_path: Path, repeated: bytes
) -> None:
    size = 64 * MEBIBYTE
    content = b'n;p\nOla;"1\n2"\n\n' + repeated * (size // len(repeated))
    file = tmp_path / "leads.csv"
    file.write_bytes(content)
    del content
    tracemalloc.start()
    try:
        with (
            pytest.raises(UsageError, match="line 5: the row that begins there is longer than"),
            open_leads(str(file), encoding=None, delimiter=None, region=None) as leads,
        ):
            list(leads.rows())
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def test_long_rows_come_in_smaller_batches(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(b"n;p\n" + b"".join(b"%d;%s\n" % (n, b"x" * 100_000) for n in range(100)))
    with open_leads(str(file), encoding=None, delimiter=None, region=None) as leads:
        batches = list(leads.batches(5000))
    assert max(map(len, batches)) < 60
    assert [row.line for batch in batches for row in batch] == list(range(2, 102))


@pytest.mark.parametrize(
    "content",
    [
        "Kundeliste 2026\n\nNavn;Telefon\nOla;1\nKari;2\n",
        "Kundeliste 2026;\nNavn;Telefon\nOla;1\n",
        "Kundeliste 2026,,,\nNavn,Telefon,By,Gate\n",
    ],
)
def test_a_title_above_the_header_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(UsageError, match="row 1: 'Kundeliste 2026' stands there alone"):
        read(tmp_path, content.encode())


def test_a_file_of_one_column_has_no_title(tmp_path: Path) -> None:
    header, rows = read(tmp_path, b"Telefon\n22448200\n22448201\n")
    assert header == ("Telefon",)
    assert len(rows) == 2


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_first_line_that_excel_reads_names_the_delimiter(
    tmp_path: Path, delimiter: str
) -> None:
    content = f"sep={delimiter}\r\nNavn{delimiter}a|b|c|d\r\nOla{delimiter}1\r\n"
    header, rows = read(tmp_path, content.encode("utf-8-sig"))
    assert header == ("Navn", "a|b|c|d")
    assert rows == [(3, ["Ola", "1"])]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html>\n<html>", "is a web page; open it in a spreadsheet"),
        (b"\xef\xbb\xbf\n <table><tr>", "is a web page"),
        (b'<?xml version="1.0"?>\n<Workbook>', "is an XML file"),
        (b'[{"phone": 1}]', "is a JSON file"),
        (b"BEGIN:VCARD\r\n", "is a file of vCards"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; unpack it"),
        (b"BZh91AY", "is packed with bzip2; unpack it"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        read(tmp_path, content)


def test_more_columns_than_any_list_has_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the header has 20000 columns and 16384 are the most"):
        read(tmp_path, b";".join(b"%d" % number for number in range(20_000)))
