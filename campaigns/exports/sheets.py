"""How an export is written: CSV, Parquet or XLSX, and a file that appears only when whole.

None of them holds more than a part of the rows in memory. Only CSV defuses formulas: the
other two know text from formulas by themselves.
"""

import csv
import hashlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from campaigns.exports.cells import Column, Kind, Row, csv_rows, moment_text
from leads.drafting import drafted
from leads.errors import RingbankError, UsageError

FORMATS = (".csv", ".parquet", ".xlsx")
STDOUT = "-"

MOST_XLSX_ROWS = (1 << 20) - 1
"""As many as a sheet has, without the header."""

_MOST_XLSX_TEXT = 32_767
_ROW_GROUP = 100_000


class ExportError(RingbankError):
    """The export cannot be written."""


class Sheet(Protocol):
    """Something that takes the rows of an export."""

    def write(self, rows: Sequence[Row]) -> None:
        """Take some more rows; never none."""

    def finish(self) -> str:
        """End after the last row, and return the SHA-256 of what was written."""

    def close(self) -> None:
        """Let go of everything, whether or not it was finished."""


def format_of(output: str, allowed: Sequence[str] = FORMATS) -> str:
    """Return the ending that decides how a file is written; stdout is CSV.

    Raises:
        UsageError: nothing is written into files that end so.
    """
    if output == STDOUT:
        return ".csv"
    ending = Path(output).suffix.lower()
    if ending in allowed and Path(output).stem:
        return ending
    endings = " or ".join((", ".join(allowed[:-1]), allowed[-1])) if allowed[1:] else allowed[0]
    raise UsageError(f"--output {output!r} must end in {endings}, or be - for stdout")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an export goes: a file without its name yet, or stdout.

    Attributes:
        form: one of `FORMATS`.
        draft: what the sheet is written to, in a folder of its own; None for stdout.
    """

    form: str
    draft: Path | None

    @contextmanager
    def sheet(self, columns: Sequence[Column]) -> Iterator[Sheet]:
        """Give the sheet that takes the rows."""
        if self.draft is None:
            yield _Stdout(columns)
            return
        with self.draft.open("w+b") as file:
            sheet = _SHEETS[self.form](file, columns, self.draft.parent)
            try:
                yield sheet
            finally:
                sheet.close()


@contextmanager
def destination(output: str, form: str) -> Iterator[Destination]:
    """Give where to write; a file takes its name when the block is left without an exception.

    Raises:
        ExportError: the file cannot be written.
    """
    if output == STDOUT:
        yield Destination(form, None)
        return
    target = Path(output)
    with drafted(target, ExportError) as draft:
        yield Destination(form, draft)
        draft.replace(target)


class _Csv:
    def __init__(self, file: BinaryIO, columns: Sequence[Column], _: Path) -> None:
        self._file = file
        self._columns = columns
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._rows.writerow([column.name for column in columns])

    def write(self, rows: Sequence[Row]) -> None:
        self._rows.writerows(csv_rows(self._columns, rows))

    def finish(self) -> str:
        self._text.flush()
        return _digest(self._file)

    def close(self) -> None:
        self._text.close()


class _Stdout:
    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._seen = hashlib.sha256()
        self._part = io.StringIO(newline="")
        self._rows = csv.writer(self._part, lineterminator="\n")
        self._rows.writerow([column.name for column in columns])

    def write(self, rows: Sequence[Row]) -> None:
        self._rows.writerows(csv_rows(self._columns, rows))
        self._pass_on()

    def finish(self) -> str:
        self._pass_on()
        return self._seen.hexdigest()

    def close(self) -> None:
        pass

    def _pass_on(self) -> None:
        text = self._part.getvalue()
        self._part.seek(0)
        self._part.truncate()
        self._seen.update(text.encode("utf-8", "backslashreplace"))
        sys.stdout.write(text)


class _Parquet:
    """Typed columns; the rows are gathered into groups, which readers want to be large."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column], _: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        types: dict[Kind, Any] = {
            Kind.WHOLE: pa.int64(),
            Kind.NUMBER: pa.float64(),
            Kind.TEXT: pa.string(),
            Kind.OWN: pa.string(),
            Kind.MOMENT: pa.timestamp("us", tz="UTC"),
            Kind.FLAG: pa.bool_(),
        }
        self._file = file
        self._schema: Any = pa.schema([(column.name, types[column.kind]) for column in columns])
        self._writer: Any = parquet.ParquetWriter(file, self._schema)
        self._batches: list[Any] = []
        self._waiting = 0

    def write(self, rows: Sequence[Row]) -> None:
        import pyarrow as pa

        cells = zip(*rows, strict=True)
        arrays = [
            pa.array(values, field.type) for values, field in zip(cells, self._schema, strict=True)
        ]
        self._batches.append(pa.record_batch(arrays, schema=self._schema))
        self._waiting += len(rows)
        if self._waiting >= _ROW_GROUP:
            self._write_group()

    def finish(self) -> str:
        self._write_group()
        self._writer.close()
        return _digest(self._file)

    def close(self) -> None:
        self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa

        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches, self._schema))
        self._batches = []
        self._waiting = 0


class _Archived:
    """The file of a zip archive, which writes its end again when it is thrown away after a failure.

    By then the file is closed, and Python would print that to whoever is at the terminal.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return len(data) if self._file.closed else self._file.write(data)

    def seek(self, place: int, whence: int = 0) -> int:
        return 0 if self._file.closed else self._file.seek(place, whence)

    def tell(self) -> int:
        return 0 if self._file.closed else self._file.tell()

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()


class _Xlsx:
    """One sheet; every text is written as text, whatever it begins with."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column], folder: Path) -> None:
        from xlsxwriter import Workbook

        options = {"constant_memory": True, "tmpdir": str(folder)}
        self._file = file
        self._columns = columns
        self._book: Any = Workbook(_Archived(file), options)
        self._book.use_zip64()
        self._sheet: Any = self._book.add_worksheet("export")
        self._line = 0
        try:
            for at, column in enumerate(columns):
                self._put_text(at, column.name)
        except ExportError:
            self.close()
            raise

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._line += 1
            for at, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, str):
                    self._put_text(at, value)
                elif isinstance(value, bool):
                    self._sheet.write_boolean(self._line, at, value)
                elif isinstance(value, datetime):
                    self._put_text(at, moment_text(value))
                else:
                    self._sheet.write_number(self._line, at, value)

    def finish(self) -> str:
        self.close()
        return _digest(self._file)

    def close(self) -> None:
        """Write the workbook; there is no other way to let go of its temporary files."""
        from xlsxwriter.exceptions import FileCreateError

        if self._book.fileclosed:
            return
        try:
            self._book.close()
        except FileCreateError as error:
            self._book.fileclosed = True
            with suppress(OSError):
                self._sheet._opt_close()  # the library forgets it where it fails
            reason = error.args[0] if error.args else error
            raise reason if isinstance(reason, OSError) else OSError(str(error)) from error

    def _put_text(self, at: int, text: str) -> None:
        done: int = self._sheet.write_string(self._line, at, text)
        if done == 0:
            return
        row, name = self._line + 1, self._columns[at].name
        if done == -1:
            why = f"has no room for row {row}, column {at + 1} ({name})"
        else:
            why = f"holds at most {_MOST_XLSX_TEXT} letters in a cell; row {row} has more as {name}"
        raise ExportError(f"a spreadsheet {why}; write it as .csv or .parquet")


_SHEETS: dict[str, Callable[[BinaryIO, Sequence[Column], Path], Sheet]] = {
    ".csv": _Csv,
    ".parquet": _Parquet,
    ".xlsx": _Xlsx,
}


def _digest(file: BinaryIO) -> str:
    file.flush()
    file.seek(0)
    seen = hashlib.sha256()
    while part := file.read(1 << 20):
        seen.update(part)
    return seen.hexdigest()
