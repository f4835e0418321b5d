"""Parquet files: values as a CSV file would hold them, and files that break readers."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from leads.errors import UsageError
from leads.files import open_leads


def parquet_file(folder: Path, columns: Mapping[str, Any], name: str = "people.parquet") -> Path:
    file = folder / name
    parquet.write_table(pyarrow.table(columns), file)
    return file


def read(file: Path) -> tuple[tuple[str, ...], list[list[str]]]:
    with open_leads(str(file), encoding=None, delimiter=None, region="NO") as opened:
        return opened.header, [[str(row.line), *row.cells] for row in opened.rows()]


def refused(file: Path, **options: str) -> str:
    given: dict[str, str | None] = {"encoding": None, "delimiter": None, **options}
    with pytest.raises(UsageError) as error, open_leads(str(file), region="NO", **given) as opened:
        list(opened.rows())
    return str(error.value)


MOMENTS = [datetime(2026, 5, 1, 18, 30, tzinfo=UTC), None]


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (["+47 22", " Åse "], ["+47 22", "Åse"]),
        ([22448200, None], ["22448200", ""]),
        ([4722448200.0, float("nan")], ["4722448200", ""]),
        ([1.5, None], ["1.5", ""]),
        ([True, None], ["true", ""]),
        ([Decimal("22448200.00"), Decimal("1.50")], ["22448200", "1.5"]),
        ([date(1980, 5, 17), None], ["1980-05-17", ""]),
        ([time(8, 30), None], ["08:30:00", ""]),
        ([b"+4722448200", b"Bj\xf8rn"], ["+4722448200", "Bj\udcf8rn"]),
        (pyarrow.array(MOMENTS, pyarrow.timestamp("ns")), ["2026-05-01T18:30:00", ""]),
        (
            pyarrow.array(MOMENTS, pyarrow.timestamp("us", tz="Europe/Oslo")),
            ["2026-05-01T20:30:00+02:00", ""],
        ),
        (pyarrow.array([date(2026, 5, 1), None]).cast(pyarrow.timestamp("s")), ["2026-05-01", ""]),
        (pyarrow.array(["Oslo", None]).dictionary_encode(), ["Oslo", ""]),
        (pyarrow.array([None, None]), ["", ""]),
    ],
)
def test_values_become_the_text_a_csv_file_would_hold(
    tmp_path: Path, column: Any, texts: list[str]
) -> None:
    file = parquet_file(tmp_path, {"Telefon": ["22448200", "22448201"], "x": column})
    rows = [["2", "22448200", texts[0]], ["3", "22448201", texts[1]]]
    assert read(file) == (("Telefon", "x"), rows)


def test_a_parquet_file_is_told_by_its_content_and_streamed(tmp_path: Path) -> None:
    numbers = [f"{number:08}" for number in range(22_000_000, 22_030_000)]
    file = parquet_file(tmp_path, {"Telefon": numbers}, name="people.csv")
    with open_leads(str(file), encoding=None, delimiter=None, region=None) as opened:
        assert opened.format == "Parquet"
        assert (opened.encoding, opened.delimiter) == ("utf-8", ",")
        batches = opened.batches(1000)
        assert next(batches)[0] == (2, ["22000000"])
        assert 0 < opened.bytes_read < file.stat().st_size
        assert sum(map(len, batches)) == 29_000
        assert opened.bytes_read == file.stat().st_size


def test_rows_without_values_are_no_rows_and_keep_their_number(tmp_path: Path) -> None:
    file = parquet_file(tmp_path, {"Telefon": ["1", None, "2"], "Navn": ["a", None, "b"]})
    assert read(file)[1] == [["2", "1", "a"], ["4", "2", "b"]]


def test_a_file_without_rows_has_a_header(tmp_path: Path) -> None:
    file = parquet_file(tmp_path, {"Telefon": pyarrow.array([], pyarrow.string())})
    assert read(file) == (("Telefon",), [])


def test_lists_in_a_column_are_told_by_its_name(tmp_path: Path) -> None:
    file = parquet_file(tmp_path, {"Telefon": ["1"], "tags": [["a", "b"]]})
    assert "the column 'tags' holds lists or records" in refused(file)


@pytest.mark.parametrize("keep", [4, 50, 300])
def test_a_part_of_a_file_is_refused(tmp_path: Path, keep: int) -> None:
    file = parquet_file(tmp_path, {"Telefon": ["22448200"]})
    file.write_bytes(file.read_bytes()[:keep])
    assert "is no Parquet file that can be read" in refused(file)


@pytest.mark.parametrize("at", range(4, 400, 24))
def test_a_damaged_file_is_read_or_refused_and_never_breaks_anything(
    tmp_path: Path, at: int
) -> None:
    file = parquet_file(tmp_path, {"Telefon": ["22448200", "22448201"]})
    data = bytearray(file.read_bytes())
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    file.write_bytes(data)
    with suppress(UsageError):
        read(file)


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    file = parquet_file(tmp_path, {"Telefon": ["22448200"]})
    assert "is a Parquet file; leave --encoding" in refused(file, encoding="utf-8")
    assert "has no sheets; leave --sheet out" in refused(file, sheet="Ark1")
