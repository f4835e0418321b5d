"""Read the rows of a spreadsheet: XLSX, XLS and ODS files.

A sheet is held in memory as a whole; whoever has more rows than that is well served by CSV.
"""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO, NamedTuple, Protocol

from leads.errors import UsageError

MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How spreadsheets begin: .xlsx and .ods are zip archives, .xls is a compound file."""

_MOST_BYTES = 256 << 20


class Row(NamedTuple):
    """One record: the line or row it began in, counted from 1, and its cells."""

    line: int
    cells: list[str]


class _Counting(Protocol):
    count: int


class SheetFile:
    """An open spreadsheet, one sheet of it.

    Attributes:
        source: the name it was opened by.
        format: "spreadsheet" with the name of the sheet.
        encoding: of a rejects file, which is text.
        delimiter: of a rejects file.
        header: the first row that is not blank.
    """

    encoding = "utf-8"
    delimiter = ","

    def __init__(
        self, source: str, content: BinaryIO, counted: _Counting, *, sheet: str | None
    ) -> None:
        self.source = source
        self._counted = counted
        data = content.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise UsageError(f"{source} is too large for a spreadsheet; save it as CSV")
        name, rows = _sheet(source, data, sheet)
        self.format = f"spreadsheet, sheet {name}"
        self._records = _records(rows)
        first = next(self._records, None)
        if first is None:
            raise UsageError(f"{source} is empty; it needs a header and a row for each person")
        filled = [cell for cell in first.cells if cell]
        if len(filled) == 1 and len(first.cells) > 1:
            raise UsageError(
                f"{source}, row {first.line}: {filled[0]!r} stands there alone, as a title does; "
                "delete the rows above the header"
            )
        self.header = tuple(first.cells)

    @property
    def bytes_read(self) -> int:
        """Return how much of the file has been read, as it lies on the disk."""
        return self._counted.count

    def rows(self) -> Iterator[Row]:
        """Give every row after the header; blank rows are no rows."""
        return self._records


_Cell = int | float | str | bool | time | date | datetime | timedelta


def _sheet(source: str, data: bytes, wanted: str | None) -> tuple[str, list[list[_Cell]]]:
    """Return the name and the cells of the sheet that is wanted, or of the only filled one."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        if wanted is not None and wanted not in names:
            raise UsageError(f"{source} has no sheet {wanted!r}; it has {', '.join(names)}")
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in names
            if wanted in {None, name}
        }
    except (CalamineError, OSError) as error:
        raise UsageError(
            f"{source} is no spreadsheet that can be read ({error}); save the list as CSV "
            "without a password, and unpack an archive first"
        ) from error
    filled = [name for name, rows in sheets.items() if wanted or any(map(any, rows))]
    if len(filled) > 1:
        raise UsageError(
            f"{source} has several sheets ({', '.join(filled)}); say which one with --sheet"
        )
    return (filled[0], sheets[filled[0]]) if filled else ("", [])


def _records(rows: list[list[_Cell]]) -> Iterator[Row]:
    texts = ([_text(cell) for cell in row] for row in rows)
    width = 0
    for line, cells in enumerate(texts, start=1):
        if any(cells):
            if not width:  # the header; a sheet may be wider than what is written in it
                width = max(
                    (at for row in rows for at, cell in enumerate(row, start=1) if cell != ""),
                    default=0,
                )
            yield Row(line, cells[:width])


def _text(cell: _Cell) -> str:
    """Return a cell as a CSV file would have it; a telephone number is often a float."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip()
