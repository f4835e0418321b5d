"""The numbers of a register's own file: one a line or CSV with any columns, gzip or not.

The file passes in blocks of some megabytes and is cut into cells with numpy; only where
quotes hide delimiters the csv module takes over. What a cell means is decided in
`leads.registry_lines`.
"""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from leads.columns import guess_columns
from leads.errors import UsageError
from leads.names import fold
from leads.problems import usable
from leads.registry_lines import UNREADABLE, Bytes, Cells, Counts, LineReader

_BLOCK_BYTES = 1 << 20
_ROWS = 50_000
_NEWLINE, _RETURN, _QUOTE = ord("\n"), ord("\r"), ord('"')
_DELIMITERS = ",;\t|"
_GZIP = b"\x1f\x8b"
_NOT_TEXT = {
    b"PK\x03\x04": "a spreadsheet or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    b"%PDF": "a PDF file",
}
_TARGETS = ("area", "phone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What some lines of a file came to.

    Attributes:
        numbers: those that were read, as they stand in the file.
        lines: how many lines there were, blank ones and the header left out.
        unreadable: the lines that hold no number, the first of the file being 1.
    """

    numbers: Counts
    lines: int
    unreadable: Sequence[int]


def read_source(
    path: Path,
    *,
    region: str | None,
    mapping: Sequence[tuple[str, str]],
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Batch]:
    """Give the numbers of a file, batch by batch.

    Args:
        path: of the file.
        region: ISO 3166 country of numbers written without one, or None.
        mapping: pairs of `area` or `phone` and the name or place of its column; several are
            joined, area first.
        progress: told how many bytes of the file have been read.

    Raises:
        UsageError: the file cannot be read, or its columns are not known.
    """
    reader = LineReader(region=region)
    try:
        with _opened(path) as (raw, content):
            for cells, numbers in _Cutter(path, content, mapping).cells():
                found = reader.read(cells)
                good = found != UNREADABLE
                progress(raw.tell())
                yield Batch(
                    numbers=found[good], lines=len(found), unreadable=numbers[~good].tolist()
                )
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UsageError(f"{path} is damaged ({error}); fetch it again") from error
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read ({error}); name a file of numbers") from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        yield raw, io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the numbers are: the byte between columns, the columns, is the first line a header."""

    delimiter: str
    columns: tuple[int, ...]
    headed: bool


_LONGEST_LINE = 1 << 20
_LINE_END = b"\n"

_NUMBER = frozenset(["number", "numbers", "nummer", "numer", "numara", "號碼", "号码"])
"""What a registry calls its one kind of number; in a lead file it might be of a house."""


class _Cutter:
    """Cuts a file into the cells that hold numbers, together with their line numbers."""

    def __init__(self, path: Path, content: BinaryIO, mapping: Sequence[tuple[str, str]]) -> None:
        self._path = path
        self._content = content
        self._mapping = mapping
        self._line = 1  # of the next block's first line

    def cells(self) -> Iterator[tuple[list[Cells], Counts]]:
        """Give the cells of many lines, a list entry for each column, and their lines."""
        rest = self._content.read(_BLOCK_BYTES)
        for magic, what in _NOT_TEXT.items():
            if rest.startswith(magic):
                raise UsageError(f"{self._path} is {what}; save it as text or CSV in UTF-8")
        rest = rest.removeprefix(codecs.BOM_UTF8)
        layout: _Layout | None = None
        more = True
        while more:
            block = self._content.read(_BLOCK_BYTES)
            more = bool(block)
            text = rest + block
            cut = text.rfind(b"\n") + 1 if more else len(text)
            text, rest = text[:cut], text[cut:]
            if more and len(rest) > _LONGEST_LINE:
                raise UsageError(
                    f"{self._path}, line {self._line + text.count(_LINE_END)}: the line that "
                    f"begins there is longer than {_LONGEST_LINE} characters; name a file with a "
                    "number on each line"
                )
            if layout is None and text.strip():
                layout = self._layout(text)
                if layout.headed:
                    header = len(text) - len(text.lstrip(b"\r\n"))
                    end = text.find(b"\n", header) + 1 or len(text)
                    self._line += text.count(b"\n", 0, end)
                    text = text[end:]
            if layout is None or not text:
                continue
            data = np.frombuffer(text, dtype=np.uint8)
            if _hides(data, layout):
                yield from self._by_csv(text + rest, layout)
                return
            yield self._cut(data, layout)

    def _cut(self, data: Bytes, layout: _Layout) -> tuple[list[Cells], Counts]:
        ends = np.flatnonzero(data == _NEWLINE)
        newlines = len(ends)
        if not newlines or ends[-1] != len(data) - 1:
            ends = np.append(ends, len(data))
        starts = np.concatenate(([0], ends[:-1] + 1))
        lines = np.arange(len(ends), dtype=np.int64) + self._line
        self._line += newlines
        ends = ends - ((ends > starts) & (data[np.maximum(ends - 1, 0)] == _RETURN))
        filled = ends > starts
        if not filled.all():
            starts, ends, lines = starts[filled], ends[filled], lines[filled]
        if not layout.delimiter:
            return [Cells(data, starts, ends)], lines
        at = np.append(np.flatnonzero(data == ord(layout.delimiter)), len(data))
        first, last = np.searchsorted(at, starts), np.searchsorted(at, ends)
        return [_column(data, starts, ends, at, first, last, c) for c in layout.columns], lines

    def _by_csv(self, text: bytes, layout: _Layout) -> Iterator[tuple[list[Cells], Counts]]:
        """Cut what is left with the csv module, because quotes hide delimiters or line ends."""
        raw = io.BufferedReader(_Joined(text, self._content))
        with io.TextIOWrapper(raw, "utf-8", errors="replace", newline="") as decoded:
            reader = csv.reader(decoded, delimiter=layout.delimiter)
            before = self._line - 1
            rows = ((reader.line_num, row) for row in reader if row)
            while batch := list(islice(rows, _ROWS)):
                lines = np.array([line for line, _ in batch], dtype=np.int64) + before
                yield [_written([r for _, r in batch], c) for c in layout.columns], lines

    def _layout(self, text: bytes) -> _Layout:
        first = text.lstrip(b"\r\n").partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r")
        delimiter = max(_DELIMITERS, key=first.count)
        cells = next(csv.reader([first], delimiter=delimiter), [""])
        if len(cells) == 1 and not self._mapping:
            return _Layout("", (0,), headed=not _has_digit(cells[0]))
        columns = _mapped(str(self._path), cells, self._mapping)
        if not columns:
            if any(map(_has_digit, cells)):
                raise UsageError(
                    f"{self._path} has {len(cells)} columns and no header; say which one holds the "
                    "numbers, for example: --map phone=1"
                )
            columns = (self._guessed(cells),)
        headed = not any(_has_digit(cells[column]) for column in columns)
        return _Layout(delimiter if len(cells) > 1 else "", columns, headed=headed)

    def _guessed(self, header: Sequence[str]) -> int:
        named = [at for at, name in enumerate(header) if fold(name) in _NUMBER]
        if len(named) == 1:
            return named[0]
        columns = guess_columns(header, ())
        return usable(str(self._path), columns).phones[0]


def _mapped(
    source: str, cells: Sequence[str], mapping: Sequence[tuple[str, str]]
) -> tuple[int, ...]:
    unknown = sorted({target for target, _ in mapping} - {*_TARGETS})
    if unknown:
        raise UsageError(f"--map {unknown[0]}=... is no part of a number; write area or phone")
    names = [fold(cell) for cell in cells]
    columns = []
    for target in _TARGETS:
        for column in (column for name, column in mapping if name == target):
            if fold(column) in names:
                columns.append(names.index(fold(column)))
            elif column.isdecimal() and 1 <= int(column) <= len(cells):
                columns.append(int(column) - 1)
            else:
                raise UsageError(f"{source} has no column {column!r}; it has: {', '.join(cells)}")
    return tuple(columns)


def _column(
    data: Bytes, starts: Counts, ends: Counts, at: Counts, first: Counts, last: Counts, column: int
) -> Cells:
    """Return the cells of a column; a line that is too short has an empty one at its end."""
    opens, closes = first + column - 1, first + column
    begins = starts
    if column:
        begins = np.where(opens < last, at[np.minimum(opens, len(at) - 1)] + 1, ends)
    stops = np.where(closes < last, at[np.minimum(closes, len(at) - 1)], ends)
    return Cells(data, begins, np.maximum(stops, begins))


def _written(rows: Sequence[Sequence[str]], column: int) -> Cells:
    texts = [row[column].encode() if column < len(row) else b"" for row in rows]
    ends = np.cumsum([len(text) for text in texts])
    return Cells(
        np.frombuffer(b"".join(texts), dtype=np.uint8),
        np.concatenate(([0], ends[:-1])),
        ends,
    )


def _hides(data: Bytes, layout: _Layout) -> bool:
    """Tell whether a delimiter or the end of a line stands inside quotes."""
    if not layout.delimiter:
        return False
    quotes = data == _QUOTE
    if not quotes.any():
        return False
    borders = (data == _NEWLINE) | (data == ord(layout.delimiter))
    return bool((np.cumsum(quotes, dtype=np.int64)[borders] % 2).any())


def _has_digit(text: str) -> bool:
    return any(sign.isdecimal() for sign in text)


class _Joined(io.RawIOBase):
    """Some bytes and the rest of a file, as one stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        data = self._head.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
