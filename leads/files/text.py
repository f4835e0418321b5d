"""The rows of a text file: CSV with any delimiter, in any encoding, of any size.

Encoding and delimiter are guessed from the first mebibyte unless they are given. The text
passes in blocks of whole lines, so that a file without an end, a line without an end or a
quote without an end costs a few mebibytes and is told by its line.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from operator import itemgetter, length_hint
from typing import BinaryIO, cast

from leads.encodings import guess_encoding
from leads.errors import UsageError
from leads.files.streams import BUFFER_BYTES
from leads.files.table import MOST_CELL, MOST_RECORD, Row, title_above

_HEAD_BYTES = 1 << 20
_DELIMITERS = ",;\t|"
_STEP_CHARACTERS = 4 << 20
"""Text that is read in one step."""

_LINES_BELOW_TITLE = 5
_EXCEL_DELIMITER = "sep="
"""How the first line of some files begins that are made for Excel; the delimiter follows."""

_END = "\0end"
"""A line put after the last one: a quote that is still open there swallows it."""

_BREAK = re.compile("\r\n|\r|\n")


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    odd = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in odd), error.end


_MARK_BYTES = "ringbank-mark-bytes"
codecs.register_error(_MARK_BYTES, _mark_bytes)

_as_row = cast("Callable[[tuple[int, list[str]]], Row]", partial(tuple.__new__, Row))
"""Four times as fast as `Row(line, cells)`, which counts for a million rows."""


class _TooLongError(Exception):
    """A line or a record has no end within bounds."""


class TextFeed:
    """The rows of an open text file, the header first.

    A byte that the encoding has no letter for becomes the surrogate U+DC00 plus the byte,
    so that the row it stands in can be told from the others.

    Attributes:
        encoding: as given or guessed.
        delimiter: one character, as given or guessed.
    """

    def __init__(
        self,
        source: str,
        content: BinaryIO,
        *,
        encoding: str | None,
        delimiter: str | None,
        region: str | None,
    ) -> None:
        self._source = source
        head = content.read(_HEAD_BYTES)
        whole = len(head) < _HEAD_BYTES
        self.encoding = encoding or guess_encoding(head, whole=whole, region=region)
        text = head.decode(self.encoding, "replace").removeprefix("\ufeff")
        named = delimiter is None and _named_delimiter(text)
        self.delimiter = delimiter or named or _guess_delimiter(text)
        if delimiter is None and not named:
            self._refuse_title(text)
        self._decoder = codecs.getincrementaldecoder(self.encoding)(_MARK_BYTES)
        self._numbers = iter(range(0))
        self._given = self._record = self._left = 0
        self._ended = False
        pieces = (head[at : at + BUFFER_BYTES] for at in range(0, len(head), BUFFER_BYTES))
        rest = iter(partial(content.read, BUFFER_BYTES), b"")
        self._reader = csv.reader(
            chain.from_iterable(self._blocks(chain(pieces, rest))),
            delimiter=self.delimiter,
            skipinitialspace=True,
            strict=False,
        )
        if named:
            self.read(1)

    def read(self, most: int) -> list[Row]:
        """Give the next rows, blank ones left out; none at the end.

        Raises:
            UsageError: a quote is never closed, something is longer than any list has it,
                or the encoding cannot read on.
        """
        while not self._ended:
            if rows := self._step(most):
                return rows
        return []

    def _step(self, most: int) -> list[Row]:
        """Read as many records at C speed; what they were is looked at afterwards."""
        first = self._reader.line_num + 1
        self._given = self._record = self._left = 0
        self._numbers = iter(range(first, first + most))
        found: list[Row] = []
        try:
            # What was found before an error is kept, and so its line is known.
            found.extend(map(_as_row, zip(self._numbers, self._reader, strict=False)))
        except (csv.Error, UnicodeError, _TooLongError) as error:
            line = first + sum(1 + _breaks(cells) for _, cells in found)
            raise UsageError(self._why(error, line)) from error
        if self._reader.line_num - first + 1 != len(found):
            found = list(_renumbered(found, first))
        if self._ended:
            line, cells = found.pop()
            if cells != [_END]:
                raise UsageError(
                    f"{self._source}, line {line}: a quote that is opened there is never closed; "
                    "close it or remove it"
                )
        if not all(map(itemgetter(1), found)):
            return [row for row in found if row.cells]
        return found

    def _blocks(self, pieces: Iterator[bytes]) -> Iterator[Iterable[str]]:
        """Give the text in blocks of whole lines; each is asked for when the last is used up."""
        rest = ""
        start = True
        for piece in pieces:
            text = self._decoder.decode(piece)
            if start and text:
                start = False
                text = text.removeprefix("\ufeff")
            text = rest + text
            # A carriage return at the end may be half of a line's end.
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            rest = text[end:]
            if len(rest) > MOST_RECORD:
                raise _TooLongError
            self._keep_pace(end)
            yield io.StringIO(text[:end], newline="")
        rest += self._decoder.decode(b"", final=True)
        yield io.StringIO(rest, newline="")
        self._ended = True
        yield (_END,)

    def _keep_pace(self, characters: int) -> None:
        """End the step when it is much text, and refuse a record that has no end.

        A number is taken for each record that is begun: none taken is none ended.
        """
        left = length_hint(self._numbers)
        self._record = characters + (self._record if left == self._left else 0)
        self._left = left
        if self._record > MOST_RECORD:
            raise _TooLongError
        self._given += characters
        if self._given > _STEP_CHARACTERS:
            deque(self._numbers, maxlen=0)
            self._left = 0

    def _why(self, error: Exception, line: int) -> str:
        where = f"{self._source}, line {line}"
        if isinstance(error, UnicodeError):
            return f"{where} or later, cannot be read as {self.encoding}; give the right --encoding"
        close = "close the quote that was opened there, or give the --delimiter"
        if isinstance(error, csv.Error):
            return f"{where}: a cell is longer than {MOST_CELL} characters; {close}"
        return (
            f"{where}: the row that begins there is longer than {MOST_RECORD} characters; {close} "
            "or --encoding"
        )

    def _refuse_title(self, text: str) -> None:
        """Tell a title above the header, which hides what parts the columns."""
        lines = io.StringIO(text, newline="")
        filled = list(islice(filter(str.strip, lines), 1 + _LINES_BELOW_TITLE))
        below = filled[1:]
        if len(below) > 1 and _width(filled[0], self.delimiter) == 1:
            for delimiter in _DELIMITERS:
                widths = {_width(line, delimiter) for line in below}
                if len(widths) == 1 and widths != {1}:
                    line = text[: text.index(filled[0])].count("\n") + 1
                    raise UsageError(title_above(self._source, line, filled[0].strip()))


def _renumbered(found: Sequence[Row], line: int) -> Iterator[Row]:
    for _, cells in found:
        yield Row(line, cells)
        line += 1 + _breaks(cells)


def _breaks(cells: Sequence[str]) -> int:
    return sum(len(_BREAK.findall(cell)) for cell in cells if "\n" in cell or "\r" in cell)


def _named_delimiter(head: str) -> str | None:
    line = head.split("\n", 1)[0].rstrip("\r")
    delimiter = line.removeprefix(_EXCEL_DELIMITER)
    return delimiter if line != delimiter and delimiter in tuple(_DELIMITERS) else None


def _guess_delimiter(head: str) -> str:
    """Return the delimiter that cuts the header into the most cells."""
    return max(_DELIMITERS, key=lambda delimiter: _width(head, delimiter))


def _width(head: str, delimiter: str) -> int:
    lines = io.StringIO(head, newline="")
    try:
        return len(next(filter(None, csv.reader(lines, delimiter=delimiter)), ()))
    except csv.Error:
        return 0


def check_encoding(encoding: str) -> None:
    """Refuse what is no encoding of texts.

    Raises:
        UsageError: Python knows none of that name.
    """
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)
        b"a,b\n".decode(encoding, "replace")
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"{encoding!r} is not an encoding; say for example utf-8, cp1252, cp1250 or big5"
        ) from error


def one_character(delimiter: str) -> str:
    """Return the delimiter that somebody gave, "tab" by its name.

    Raises:
        UsageError: it is none.
    """
    one = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(one) != 1 or one in '"\r\n\0' or one.isalnum():
        raise UsageError(
            f"{delimiter!r} cannot part columns; give one character, for example ';', or tab"
        )
    return one
