"""What stands in the cells of an export, and how a CSV file shows it; pure.

Times are ISO 8601 in UTC, durations seconds. A cell of somebody else's text that a
spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV injection").
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

Row = Sequence[object]
"""One row of an export: a value for each column, in the order of the columns."""


class Kind(Enum):
    """What the cells of a column are; every one may also be empty, `None`."""

    WHOLE = auto()
    NUMBER = auto()
    TEXT = auto()
    OWN = auto()
    """Text of our own making, such as E.164, whose plus begins no formula."""
    MOMENT = auto()
    FLAG = auto()


class Column(NamedTuple):
    """One column of an export."""

    name: str
    kind: Kind = Kind.TEXT


def columns(kinds: dict[Kind, str], order: Iterable[str]) -> tuple[Column, ...]:
    """Return columns in an order; `kinds` names those that are not text, parted by blanks."""
    known = {name: kind for kind, names in kinds.items() for name in names.split()}
    return tuple(Column(name, known.get(name, Kind.TEXT)) for name in order)


def csv_rows(shown: Sequence[Column], rows: Sequence[Row]) -> Iterator[Row]:
    """Give rows as a CSV file shows them, column by column: a million rows are many cells."""
    cells = zip(*rows, strict=True)
    return zip(
        *(
            convert(values) if (convert := _SHOWN.get(column.kind)) else values
            for column, values in zip(shown, cells, strict=True)
        ),
        strict=True,
    )


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC as every export shows it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""What a formula begins with, the last four being the same signs in the width of East Asia."""


def _defused(text: str) -> str:
    guarded = f"'{text}" if text.startswith(_FORMULA) else text
    # The CSV writer puts no quotes around a lone CR, and readers take it for a new row.
    return guarded.replace("\r\n", "\n").replace("\r", "\n")


def _texts(values: Iterable[object]) -> list[object]:
    return [_defused(value) if isinstance(value, str) else value for value in values]


def _moments(values: Iterable[object]) -> list[object]:
    return [moment_text(value) if isinstance(value, datetime) else value for value in values]


def _flags(values: Iterable[object]) -> list[object]:
    return [None if value is None else "true" if value else "false" for value in values]


_SHOWN: dict[Kind, Callable[[Iterable[object]], list[object]]] = {
    Kind.TEXT: _texts,
    Kind.MOMENT: _moments,
    Kind.FLAG: _flags,
}
