"""Files of registers: any columns, any spelling, and every line accounted for."""

import csv
import gzip
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import registry_source
from leads.errors import UsageError
from leads.registry_lines import UNREADABLE, read_number
from leads.registry_source import read_source


def read(
    path: Path, *mapping: tuple[str, str], region: str | None = "NO"
) -> tuple[list[int], int, list[int]]:
    """Return the numbers, the count of lines and the unreadable lines of a file."""
    found: list[int] = []
    lines, unreadable = 0, []
    for batch in read_source(path, region=region, mapping=mapping):
        found += batch.numbers.tolist()
        lines += batch.lines
        unreadable += batch.unreadable
    return found, lines, unreadable


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "register.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


ASE, PER = 4722448200, 4722448201


@pytest.mark.parametrize(
    ("content", "mapping"),
    [
        ("22448200\n+47 22 44 82 01\n", []),
        ("22448200\r\n22448201", []),
        ("\ufeff22448200\n\n\n22448201\n", []),
        ("number\n22448200\n22448201\n", []),
        ("number,as_of\n22448200,2026-11-01\n22448201,2026-11-01\n", []),
        ("Navn;Telefon;By\nÅse;22448200;Oslo\nPer;22448201;Oslo\n", []),
        ('"Telefon","By"\n"22448200","Oslo"\n"22448201","Oslo"\n', []),
        ('name,phone\n"Lunde, Åse",22448200\n"Lunde\nPer",22448201\n', []),
        ("a,Katalog nr\nx,22448200\ny,22448201\n", [("phone", "katalog NR")]),
        ("x,22448200\ny,22448201\n", [("phone", "2")]),
        ("22;448200\n22;448201\n", [("phone", "2"), ("area", "1")]),
        ("rest\tdistrict\n448200\t22\n448201\t22\n", [("area", "district"), ("phone", "rest")]),
    ],
)
def test_layouts(tmp_path: Path, content: str, mapping: list[tuple[str, str]]) -> None:
    assert read(write(tmp_path, content), *mapping) == ([ASE, PER], 2, [])
    assert read(write(tmp_path, gzip.compress(content.encode())), *mapping)[0] == [ASE, PER]


def test_a_line_without_a_number_is_told_with_its_place(tmp_path: Path) -> None:
    text = "number\n22448200\nunknown\n\n22448201\n1\n"
    assert read(write(tmp_path, text)) == ([ASE, PER], 4, [3, 6])
    short = "name;phone\nx;22448200\ny\nz;22448201;more\n"
    assert read(write(tmp_path, short)) == ([ASE, PER], 3, [3])
    quoted = 'name;phone\n"a;b";22448200\n"c\nd";none\n"e";22448201\n'
    assert read(write(tmp_path, quoted)) == ([ASE, PER], 3, [4])


fields = st.text(st.sampled_from('0123456789 +-";,\nx'), max_size=12)


@given(st.lists(st.tuples(fields, fields), min_size=1, max_size=30), st.integers(8, 64))
def test_quotes_and_blocks_change_nothing(rows: list[tuple[str, str]], block: int) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(["name", "phone"])
    writer.writerows(rows)
    numbers = [read_number(row[1].replace("\n", " "), region="NO") for row in rows]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry_source, "_BLOCK_BYTES", block)
        found, lines, unreadable = read(write(Path(folder), text.getvalue()))
    assert found == [number for number in numbers if number != UNREADABLE]
    assert (lines, len(unreadable)) == (len(rows), numbers.count(UNREADABLE))


@pytest.mark.parametrize(
    ("content", "mapping", "said"),
    [
        (b"PK\x03\x04rest", [], "save it as text or CSV"),
        ("22448200\n".encode("utf-16"), [], "UTF-16"),
        (b"\x1f\x8bdamaged", [], "damaged"),
        ("x,22448200\n", [], "--map phone=1"),
        ("name,phone\nx,1\n", [("phone", "tel")], "it has: name, phone"),
        ("name,phone\nx,1\n", [("fax", "phone")], "write area or phone"),
        ("name,city\nx,1\n", [], "phone"),
    ],
)
def test_what_cannot_be_a_register(
    tmp_path: Path, content: str | bytes, mapping: list[tuple[str, str]], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        read(write(tmp_path, content), *mapping)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_what_is_no_file_of_numbers_is_told(tmp_path: Path) -> None:
    file = write(tmp_path, b"\x8f,\x00\rab,\r\r\xff,x\n" * 50)
    with pytest.raises(UsageError, match=r"name a file of numbers|no column looks like"):
        list(read_source(file, region="NO", mapping=[]))


def test_a_line_without_end_is_told_and_not_held(tmp_path: Path) -> None:
    file = write(tmp_path, b"number\n22448200\n" + b"4" * (40 << 20))
    with pytest.raises(UsageError, match="line 3: the line that begins there is longer than"):
        list(read_source(file, region="NO", mapping=[]))
