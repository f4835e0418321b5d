"""What an export is made of: its columns, the query, and the rows as a stream.

Rows come in parts from a cursor that the database keeps; several streams of one
connection see the same snapshot and are merged by their keys.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, Select
from sqlalchemy import Row as BaseRow

from campaigns.exports.cells import Column, Row
from campaigns.store import StoredCampaign

Query = Select[*tuple[Any, ...]]
Found = BaseRow[*tuple[Any, ...]]
"""A row as the base gives it."""

CHUNK = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which rows are wanted.

    Attributes:
        campaign: only its rows, or None for those of all.
        where: a condition on the row of `leads`, or None.
    """

    campaign: StoredCampaign | None = None
    where: ColumnElement[bool] | None = None


class Part(NamedTuple):
    """Some rows of an export, and the leads that they are about."""

    rows: Sequence[Row]
    lead_ids: Iterable[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of one export.

    Attributes:
        columns: in the order that users script against.
        query: gives one row for each row of the export, from tables that it names apart from
            its columns, so that others can be asked for.
        parts: the rows, some at a time; nothing is read before it is asked for.
    """

    columns: tuple[Column, ...]
    query: Query
    parts: Iterator[Part]


def stream(connection: Connection, query: Query) -> Iterator[Sequence[Found]]:
    """Give the rows of a query in parts, without holding them all."""
    options = {"stream_results": True, "yield_per": CHUNK}
    with connection.execute(query, execution_options=options) as result:
        yield from result.partitions()


def by_lead(parts: Iterable[Sequence[Row]], place: int) -> Iterator[Part]:
    """Give parts of rows that hold their lead's id at a place."""
    for rows in parts:
        yield Part(rows, [cast("int", row[place]) for row in rows])


class Following:
    """Rows that belong to the ascending keys of another stream; their own first cell is the key."""

    def __init__(self, parts: Iterable[Sequence[Found]]) -> None:
        self._rows = chain.from_iterable(parts)
        self._next = next(self._rows, None)

    def of(self, key: int) -> list[Found]:
        """Return the rows of a key; keys that nobody asked for are passed over."""
        found: list[Found] = []
        while self._next is not None and self._next[0] <= key:
            if self._next[0] == key:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found


def narrowed(query: Query, *conditions: ColumnElement[bool] | None) -> Query:
    """Return a query with those conditions that there are."""
    return query.where(*(one for one in conditions if one is not None))
