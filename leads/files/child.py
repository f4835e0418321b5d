"""The process that reads a spreadsheet or a Parquet file, for `leads.files.process`.

It is started as `python -m leads.files.child KIND SHEET` with the file as its standard input
and writes messages to its standard output, one JSON list a line. A damaged file, or a cell
far outside the list, makes the libraries take hundreds of gigabytes or break; then this
process ends, and its parent says so in a sentence.

A sheet is held in memory as a whole; of a Parquet file no more than some thousand rows.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from leads.files.cells import Value, text_of
from leads.files.table import MOST_CELL, MOST_COLUMNS, MOST_RECORD

if TYPE_CHECKING:
    import pyarrow
    from python_calamine import CalamineSheet, CalamineWorkbook

_MOST_MEMORY = 4 << 30
_FREE_MEMORY = 1 << 30
_MEMORY_FOR_A_BYTE = 64
"""A million rows of eight columns need a third of this; a small file that asks for much is
damaged, and is found to be so sooner."""

CPU_S = 600
_BLOCK_ROWS = 500
_PARQUET_ROWS = 2000
_LETTERS = 26

_Numbered = tuple[int, list[str]]


class _RefusedError(Exception):
    """The file cannot be used; the message is the end of a sentence that begins with its name."""


def main() -> None:
    """Read the file on standard input and write what is in it."""
    kind, sheet = sys.argv[1], json.loads(sys.argv[2])
    memory = _set_bounds()
    file = os.fdopen(0, "rb")
    file.seek(0)
    try:
        rows = _sheet_rows(file, sheet) if kind == "sheet" else _parquet_rows(file)
        for block in _blocks(rows):
            _tell("rows", block)
        _tell("end")
    except _RefusedError as error:
        _tell("refused", str(error))
    except MemoryError:
        _tell("refused", f" needs more than {memory >> 20} MiB of memory; save it as CSV")


def _set_bounds() -> int:
    """Bound memory and time, and return the most memory in bytes."""
    size = os.fstat(0).st_size
    memory = min(_MOST_MEMORY, _FREE_MEMORY + _MEMORY_FOR_A_BYTE * size)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 10))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold people's numbers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and ends this one
    return memory


def _tell(what: str, *facts: Any) -> None:
    sys.stdout.write(json.dumps([what, *facts]))
    sys.stdout.write("\n")
    sys.stdout.flush()


def _blocks(rows: Iterable[_Numbered]) -> Iterator[list[_Numbered]]:
    """Put rows together; the header alone, and never many long ones."""
    block: list[_Numbered] = []
    size = 0
    most = 1
    for line, cells in rows:
        length = sum(map(len, cells))
        if length > MOST_CELL and (
            length > MOST_RECORD or any(len(cell) > MOST_CELL for cell in cells)
        ):
            raise _RefusedError(
                f", row {line}: a cell is longer than {MOST_CELL} characters, or the row than "
                f"{MOST_RECORD}; shorten it"
            )
        block.append((line, cells))
        size += length
        if len(block) >= most or size > MOST_RECORD:
            yield block
            block, size, most = [], 0, _BLOCK_ROWS
    if block:
        yield block


def _sheet_rows(file: BinaryIO, wanted: str | None) -> Iterator[_Numbered]:
    """Give the rows of the sheet that is wanted, or of the only filled one."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(file)
        name, sheet, width = _choose(book, wanted)
        _tell("table", {"sheet": name})
        if sheet is None:
            return
        merged = sheet.merged_cell_ranges or []
    except (CalamineError, OSError) as error:
        raise _RefusedError(
            f" is no spreadsheet that can be read ({error}); save the list as CSV "
            "without a password"
        ) from error
    header = True
    for line, row in enumerate(_all_rows(sheet), start=1):
        cells = [text_of(cell) for cell in row[:width]]
        if any(cells):
            if header:
                _refuse_merged(merged, line, cells)
                header = False
            yield line, cells


def _choose(
    book: "CalamineWorkbook", wanted: str | None
) -> tuple[str, "CalamineSheet | None", int]:
    """Return the name of the sheet to read, the sheet, and how wide its list is."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    names = [one.name for one in sheets]
    if wanted is not None and wanted not in names:
        raise _RefusedError(f" has no sheet {wanted!r}; it has {', '.join(names)}")
    filled = []
    for one in sheets:
        if wanted in {None, one.name}:
            _tell("reading", one.name)
            sheet = book.get_sheet_by_name(one.name)
            if width := _width(sheet):
                shown = one.visible == SheetVisibleEnum.Visible
                filled.append((not shown, one.name, sheet, width))
    shown_ones = [one for one in filled if not one[0]] or filled
    if len(shown_ones) > 1:
        several = ", ".join(one[1] for one in shown_ones)
        raise _RefusedError(f" has several sheets ({several}); say which one with --sheet")
    if not shown_ones:
        return wanted or "", None, 0
    _, name, sheet, width = shown_ones[0]
    return name, sheet, width


def _all_rows(sheet: "CalamineSheet") -> Iterator[Sequence[Value]]:
    """Give every row from the first one on, as the program shows them."""
    yield from sheet.iter_rows()


def _width(sheet: "CalamineSheet") -> int:
    """Return how many columns hold something; a sheet may be wider than what is written in it."""
    width = 0
    for row in _all_rows(sheet):
        if len(row) > width and any(cell != "" for cell in row[width:]):
            width = max(at for at, cell in enumerate(row, start=1) if cell != "")
    return width


def _refuse_merged(
    merged: Iterable[tuple[tuple[int, int], tuple[int, int]]], line: int, header: list[str]
) -> None:
    """Refuse a header of merged cells, which names some columns twice and others not at all."""
    for (top, left), (bottom, right) in merged:
        if top <= line - 1 <= bottom and left < len(header):
            cells = f"{_column(left)}{top + 1}:{_column(right)}{bottom + 1}"
            alone = sum(map(bool, header)) == 1
            remedy = (
                "delete the rows above the header"
                if alone
                else "give every column a name of its own"
            )
            raise _RefusedError(
                f", row {line}: {header[left]!r} stands in merged cells ({cells}); unmerge them "
                f"and {remedy}"
            )


def _column(at: int) -> str:
    """Return how a spreadsheet calls a column: A, B, ... Z, AA."""
    name = ""
    at += 1
    while at:
        at, letter = divmod(at - 1, _LETTERS)
        name = chr(ord("A") + letter) + name
    return name


def _parquet_rows(file: BinaryIO) -> Iterator[_Numbered]:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    pyarrow.set_cpu_count(1)
    try:
        parquet = ParquetFile(file)
        schema = parquet.schema_arrow
        if len(schema.names) > MOST_COLUMNS:
            raise _RefusedError(f" has {len(schema.names)} columns; {MOST_COLUMNS} are the most")
        _refuse_nested(schema)
        _tell("table", {"rows": parquet.metadata.num_rows})
        yield 1, list(schema.names)
        line = 2
        for batch in parquet.iter_batches(batch_size=_PARQUET_ROWS, use_threads=False):
            columns = [_texts(column) for column in batch.columns]
            for cells in zip(*columns, strict=True):
                if any(cells):
                    yield line, list(cells)
                line += 1
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, MemoryError):
            raise
        why = str(error).split("\n", 1)[0].rstrip(".")
        raise _RefusedError(
            f" is no Parquet file that can be read ({why}); fetch it again, or save it as CSV"
        ) from error


def _refuse_nested(schema: "pyarrow.Schema") -> None:
    from pyarrow import types

    nested = [field.name for field in schema if types.is_nested(field.type)]
    if nested:
        raise _RefusedError(
            f": the column {', '.join(map(repr, nested))} holds lists or records, not one value "
            "in each row; leave it out or write it as text"
        )


def _texts(column: "pyarrow.Array") -> list[str]:
    import pyarrow
    from pyarrow import compute, types

    kind = column.type
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pyarrow.timestamp("us", tz=kind.tz), safe=False)
    elif types.is_time64(kind):
        column = column.cast(pyarrow.time64("us"), safe=False)
    elif types.is_duration(kind):
        column = column.cast(pyarrow.duration("us"), safe=False)
    elif types.is_string(kind) or types.is_large_string(kind):
        return list(compute.utf8_trim_whitespace(column).fill_null("").to_pylist())
    elif types.is_integer(kind):
        return list(column.cast(pyarrow.string()).fill_null("").to_pylist())
    return list(map(text_of, column.to_pylist()))


if __name__ == "__main__":
    main()
