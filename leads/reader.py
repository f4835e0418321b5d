"""Read the rows of a lead file with a header, from a path or standard input.

What a file is, its first bytes say, not its name. CSV files, compressed with gzip or not,
pass as a stream: encoding and delimiter are guessed from the first mebibyte unless they
are given, and only that much is ever held. Spreadsheets are read in `leads.sheets`. What
the cells mean for a lead is decided in `leads.columns`.
"""

import codecs
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from leads.encodings import guess_encoding
from leads.errors import UsageError
from leads.sheets import MAGIC, Row, SheetFile

_HEAD_BYTES = 1 << 20
_DELIMITERS = ",;\t|"
_GZIP = b"\x1f\x8b"
_NO_TABLES = {
    b"%PDF": "a PDF file",
    b"SQLite format 3": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\xff\xd8\xff": "a picture",
    b"\x89PNG": "a picture",
}
"""How files begin that people send by mistake."""

_END = "\0end"
"""A line put after the last one: a quote that is still open there swallows it."""


class TextFile:
    """An open lead file of text: CSV with any delimiter.

    A byte that the encoding has no letter for becomes the surrogate U+DC00 plus the byte,
    so that the row it stands in can be told from the others.

    Attributes:
        source: the name it was opened by.
        format: what kind of file it is.
        encoding: as given or guessed.
        delimiter: one character, as given or guessed.
        header: the first row that is not blank.
    """

    def __init__(
        self,
        source: str,
        stream: "_Stream",
        *,
        encoding: str | None,
        delimiter: str | None,
        region: str | None,
    ) -> None:
        self.source = source
        self.format = "CSV in gzip" if stream.compressed else "CSV"
        try:
            head = stream.content.read(_HEAD_BYTES)
        except _DAMAGED as error:
            raise UsageError(_damaged(source, error)) from error
        whole = len(head) < _HEAD_BYTES
        self.encoding = encoding or guess_encoding(head, whole=whole, region=region)
        self._stream = stream
        text = io.TextIOWrapper(
            io.BufferedReader(_Rejoined(head, stream.content)),
            self.encoding,
            errors=_MARK_BYTES,
            newline="",
        )
        self.delimiter = delimiter or _guess_delimiter(head.decode(self.encoding, "replace"))
        self._reader = csv.reader(
            _lines(text), delimiter=self.delimiter, skipinitialspace=True, strict=False
        )
        self._records = self._read()
        first = next(self._records, None)
        if first is None:
            raise UsageError(f"{source} is empty; it needs a header and a row for each person")
        self.header = tuple(first.cells)

    @property
    def bytes_read(self) -> int:
        """Return how much of the file has been read, as it lies on the disk."""
        return self._stream.file.count

    def rows(self) -> Iterator[Row]:
        """Give every row after the header; blank lines are no rows.

        Raises:
            UsageError: a quote is never closed, or the encoding cannot read on.
        """
        return self._records

    def _read(self) -> Iterator[Row]:
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except csv.Error as error:
                raise UsageError(
                    f"{self.source}, line {line}: a cell is longer than {csv.field_size_limit()} "
                    "characters; close the quote that was opened there, or give the --delimiter"
                ) from error
            except UnicodeError as error:
                raise UsageError(
                    f"{self.source}, line {line} or later, cannot be read as {self.encoding}; "
                    "give the right --encoding"
                ) from error
            except _DAMAGED as error:
                raise UsageError(_damaged(self.source, error)) from error
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise UsageError(
                    f"{self.source}, line {line}: a quote that is opened there is never closed; "
                    "close it or remove it"
                )
            if cells:
                yield Row(line, cells)


LeadFile = TextFile | SheetFile
"""An open lead file of any kind."""


@contextmanager
def open_leads(
    source: str,
    *,
    encoding: str | None,
    delimiter: str | None,
    region: str | None,
    sheet: str | None = None,
) -> Iterator[LeadFile]:
    """Open a lead file for reading.

    Args:
        source: a path, or "-" for standard input.
        encoding: any of Python's text encodings; None to guess.
        delimiter: one character, or "tab"; None to guess.
        region: ISO 3166 country the file comes from, for the guess, or None.
        sheet: which sheet of a spreadsheet; None for the only one that is filled.

    Raises:
        UsageError: the file cannot be read, is empty, or an option is not usable.
    """
    if encoding is not None:
        _check_encoding(encoding)
    if delimiter is not None:
        delimiter = _one_character(delimiter)
    name = "standard input" if source == "-" else source
    with _opened(source) as opened:
        stream = _Stream(opened)
        begins = stream.begins
        for magic, what in _NO_TABLES.items():
            if begins.startswith(magic):
                raise UsageError(f"{name} is {what}; save the list as CSV or XLSX")
        if begins.startswith(MAGIC):
            if encoding is not None or delimiter is not None:
                raise UsageError(
                    f"{name} is a spreadsheet; leave --encoding and --delimiter out, or save it as CSV"
                )
            yield SheetFile(name, stream.content, stream.file, sheet=sheet)
        elif sheet is not None:
            raise UsageError(f"{name} is no spreadsheet and has no sheets; leave --sheet out")
        else:
            yield TextFile(name, stream, encoding=encoding, delimiter=delimiter, region=region)


def _opened(source: str) -> AbstractContextManager[BinaryIO]:
    if source == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(source).open("rb")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"{source} cannot be read ({why}); name a CSV file, or - for standard input"
        ) from error


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    odd = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in odd), error.end


_MARK_BYTES = "ringbank-mark-bytes"
codecs.register_error(_MARK_BYTES, _mark_bytes)


_DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)


def _damaged(source: str, error: Exception) -> str:
    return f"{source} is damaged ({error}); fetch it again, or unpack it yourself"


class _Counted(io.RawIOBase):
    """A file that counts what has been read of it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self.count = 0
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


class _Stream:
    """A file as it lies on the disk, and what is in it; the two differ when it is compressed."""

    def __init__(self, opened: BinaryIO) -> None:
        self.file = _Counted(opened)
        buffered = io.BufferedReader(self.file)
        self.begins = buffered.peek(16)[:16]
        self.compressed = self.begins.startswith(_GZIP)
        self.content: BinaryIO = buffered
        if self.compressed:
            unpacked = io.BufferedReader(gzip.GzipFile(fileobj=buffered))
            self.content = unpacked
            try:
                self.begins = unpacked.peek(16)[:16]
            except _DAMAGED:
                self.begins = b""  # said by whoever reads it


class _Rejoined(io.RawIOBase):
    """The head that was read for the guess and the rest, as one stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    yield next(text, "").removeprefix("\ufeff")
    yield from chain(text, [_END])


def _guess_delimiter(head: str) -> str:
    """Return the delimiter that cuts the header into the most cells."""
    return max(_DELIMITERS, key=lambda delimiter: _width(head, delimiter))


def _width(head: str, delimiter: str) -> int:
    lines = io.StringIO(head.removeprefix("\ufeff"), newline="")
    try:
        return len(next(filter(None, csv.reader(lines, delimiter=delimiter)), ()))
    except csv.Error:
        return 0


def _check_encoding(encoding: str) -> None:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)
        b"a,b\n".decode(encoding, "replace")
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"{encoding!r} is not an encoding; say for example utf-8, cp1252, cp1250 or big5"
        ) from error


def _one_character(delimiter: str) -> str:
    one = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(one) != 1 or one in '"\r\n\0' or one.isalnum():
        raise UsageError(
            f"{delimiter!r} cannot part columns; give one character, for example ';', or tab"
        )
    return one
