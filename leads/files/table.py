"""What every kind of lead file is to whoever imports it: a header, and rows in batches."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple, Protocol

from leads.errors import UsageError

MOST_COLUMNS = 16_384
"""As many as the widest spreadsheet has."""

MOST_CELL = 131_072
"""Characters of one cell; what Python's csv module allows."""

MOST_RECORD = 1 << 20
"""Characters of one line of text, or of one row of a sheet."""

_SAMPLE_ROWS = 200
_STEP_ROWS = 200
"""Few, so that they are gone before the collector of garbage looks at them."""


class Row(NamedTuple):
    """One record: the line or row it began in, counted from 1, and its cells."""

    line: int
    cells: list[str]


class Feed(Protocol):
    """Where the rows of a file come from."""

    def read(self, most: int) -> list[Row]:
        """Give the next rows, blank ones left out; none at the end."""


class Counting(Protocol):
    """Something that knows how much of a file has been read."""

    @property
    def count(self) -> int:
        """Bytes, as they lie on the disk."""


class LeadFile:
    """An open lead file of any kind.

    Attributes:
        source: the name it was opened by.
        format: what kind of file it is.
        encoding: of a text as given or guessed; else that of a rejects file.
        delimiter: one character, likewise.
        header: the first row that is not blank.
    """

    def __init__(
        self,
        source: str,
        feed: Feed,
        counted: Counting,
        *,
        kind: str,
        encoding: str = "utf-8",
        delimiter: str = ",",
    ) -> None:
        self.source = source
        self.format = kind
        self.encoding = encoding
        self.delimiter = delimiter
        self._feed = feed
        self._counted = counted
        self._ahead: list[Row] = []
        self.header = self._read_header()

    @property
    def bytes_read(self) -> int:
        """Return how much of the file has been read, as it lies on the disk."""
        return self._counted.count

    def sample(self) -> tuple[list[str], ...]:
        """Return the cells of the first rows, which `rows` and `batches` still give.

        Raises:
            UsageError: the file cannot be read on.
        """
        if not self._ahead:
            self._ahead = self._feed.read(_SAMPLE_ROWS)
        return tuple(row.cells for row in self._ahead)

    def batches(self, most: int) -> Iterator[list[Row]]:
        """Give every row after the header; blank lines are no rows.

        Args:
            most: rows in one batch; there are fewer in it where rows are long.

        Raises:
            UsageError: the file cannot be read on; the message names the line.
        """
        ahead, self._ahead = self._ahead, []
        for at in range(0, len(ahead), most):
            yield ahead[at : at + most]
        while batch := self._feed.read(most):
            yield batch

    def rows(self) -> Iterator[Row]:
        """Give every row after the header one by one; `batches` is faster.

        Raises:
            UsageError: the file cannot be read on; the message names the line.
        """
        return chain.from_iterable(self.batches(_STEP_ROWS))

    def _read_header(self) -> tuple[str, ...]:
        first = next(iter(self._feed.read(1)), None)
        if first is None:
            raise UsageError(f"{self.source} is empty; it needs a header and a row for each person")
        filled = [cell for cell in first.cells if cell.strip()]
        if len(filled) == 1 and len(first.cells) > 1:
            raise UsageError(title_above(self.source, first.line, filled[0]))
        if len(first.cells) > MOST_COLUMNS:
            raise UsageError(
                f"{self.source}, line {first.line}: the header has {len(first.cells)} columns and "
                f"{MOST_COLUMNS} are the most; give the right --delimiter"
            )
        return tuple(first.cells)


def title_above(source: str, line: int, title: str) -> str:
    """Return the sentence for a title where the header is expected."""
    return (
        f"{source}, row {line}: {title[:60]!r} stands there alone, as a title does; "
        "delete the rows above the header"
    )
