"""What the rows of a lead file say of people, many rows at a time; pure.

A million rows pass here, so everything is done column by column; `leads.columns` has
decided what the columns mean. Nothing in a row is lost: a cell that is not what its column
says (a word that is no language, a further number that is none) is kept as an attribute.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, compress
from json.encoder import encode_basestring
from zoneinfo import available_timezones

import numpy as np
from numpy.typing import NDArray

from leads.columns import Columns, Rejected
from leads.consent_rules import FACTS, NewConsent, from_row
from leads.model import NewLead, Phone
from leads.names import fold_name
from leads.phones import PhoneReader
from leads.problems import Problem

ODD = re.compile("[\x00\ud800-\udfff]")
"""A NUL, or a byte that the encoding has no letter for (see `leads.reader`)."""

_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")

DIGITS_LOST = (
    "a spreadsheet wrote the number as a power of ten and its digits are lost; "
    "format the column as text there and save the file again"
)
"""Why "4.79E+10" is rejected: the library would read the E as a letter on a keypad."""

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})([-_][A-Za-z0-9]+)*")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_HAN = re.compile("[\u3400-\u9fff]+")

Cells = Sequence[str]
Facts = Sequence[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The usable rows of a batch, column by column: each has an entry for every row.

    Attributes:
        lines: where each row began in its file, the header being line 1.
        external_ids: the owner's own keys; None where a row has none, as in all facts.
        name_keys: the folded names.
        zones: IANA names, of the address.
        countries: ISO 3166, of the address.
        attributes: JSON objects as text; empty cells are left out.
        left_out: the columns some of whose cells are attributes only because they are not
            what their column says.
        numbers: for each row the ids of its numbers, first to dial in front, then zeros.
        verdicts: for each of them which verdict of the phone reader it has.
        consents: what the consent columns say; empty where the file has none.
    """

    lines: Sequence[int]
    external_ids: Facts
    names: Facts
    name_keys: Facts
    languages: Facts
    zones: Facts
    countries: Facts
    subdivisions: Facts
    attributes: Sequence[str]
    left_out: Sequence[str]
    numbers: NDArray[np.int64]
    verdicts: NDArray[np.int64]
    consents: Sequence[NewConsent | None]

    def lead(self, at: int, phones: Sequence[Phone]) -> NewLead:
        """Return one row as a value; `phones` are its numbers."""
        return NewLead(
            line=self.lines[at],
            phones=tuple(phones),
            external_id=self.external_ids[at],
            name=self.names[at],
            name_key=self.name_keys[at],
            language=self.languages[at],
            zone=self.zones[at],
            country=self.countries[at],
            subdivision=self.subdivisions[at],
            attributes=json.loads(self.attributes[at]),
        )


Unusable = tuple[Cells, Rejected]
"""The cells of a row that cannot be used, and why."""


def read_rows(
    lines: Sequence[int],
    rows: Sequence[Cells],
    columns: Columns,
    phones: PhoneReader,
    *,
    now: datetime,
) -> tuple[Batch, list[Unusable]]:
    """Return the people in some rows, and the rows that are none, in the file's order.

    Args:
        lines: where each row began in its file.
        rows: their cells, as many as each has.
        columns: what the columns mean.
        phones: of this file.
        now: aware; nobody has consented after it.
    """
    whole, unusable = _whole(lines, rows, columns)
    lines, rows = [*compress(lines, whole)], [*compress(rows, whole)]
    cells: list[Cells] = [*zip(*rows, strict=True)] or [()] * len(columns.header)
    texts = [dialable(cells[at]) for at in columns.phones]
    found = [phones.numbers(text) for text in texts]
    numbers = np.column_stack([ids for ids, _ in found])
    verdicts = np.column_stack([which for _, which in found])
    consents = _consents(cells, columns, now=now)
    callable_ = (numbers != 0).any(axis=1)
    usable = callable_ & np.array([not isinstance(one, Problem) for one in consents] or True)
    if not usable.all():
        for at in np.flatnonzero(~usable).tolist():
            if callable_[at]:
                why = _unproven(lines[at], columns, consents[at])
            else:
                answers = [phones.verdicts[which] for which in verdicts[at].tolist()]
                why = _numberless(lines[at], rows[at], columns, answers)
            unusable.append((rows[at], why))
        unusable.sort(key=lambda one: one[1].line)
        keep = usable.tolist()
        lines = [*compress(lines, keep)]
        cells = [[*compress(column, keep)] for column in cells]
        consents = [*compress(consents, keep)]
        numbers, verdicts = numbers[usable], verdicts[usable]
    given = [None if isinstance(one, Problem) else one for one in consents]
    return _batch(lines, cells, columns, numbers, verdicts, given), unusable


def _consents(
    cells: Sequence[Cells], columns: Columns, *, now: datetime
) -> list[NewConsent | Problem | None]:
    """Return what each row says of a consent; nothing at all where the file has none."""
    names = [name for name in FACTS if name in columns.targets]
    told = zip(*(cells[columns.targets[name]] for name in names), strict=True)
    return [from_row(dict(zip(names, facts, strict=True)), now=now) for facts in told]


def _unproven(line: int, columns: Columns, problem: object) -> Rejected:
    assert isinstance(problem, Problem)
    at = columns.targets.get(problem.where)
    return Rejected(line=line, column="" if at is None else columns.header[at], reason=problem.why)


def _whole(
    lines: Sequence[int], rows: Sequence[Cells], columns: Columns
) -> tuple[list[bool], list[Unusable]]:
    """Tell of each row whether it has a cell for each column and text in all of them."""
    width = len(columns.header)
    whole = [len(cells) == width for cells in rows]
    unusable = [
        (cells, _torn(line, cells, width))
        for line, cells, is_whole in zip(lines, rows, whole, strict=True)
        if not is_whole
    ]
    if ODD.search("".join(chain.from_iterable(rows))):
        for at, (line, cells) in enumerate(zip(lines, rows, strict=True)):
            odd = _odd(line, cells, columns) if whole[at] else None
            if odd is not None:
                whole[at] = False
                unusable.append((cells, odd))
    unusable.sort(key=lambda one: one[1].line)
    return whole, unusable


def _torn(line: int, cells: Cells, width: int) -> Rejected:
    few = "too few" if len(cells) < width else "too many"
    reason = f"{few} cells ({len(cells)} where the header has {width})"
    return Rejected(line=line, column="", reason=reason)


def _odd(line: int, cells: Cells, columns: Columns) -> Rejected | None:
    for name, cell in zip(columns.header, cells, strict=True):
        if odd := ODD.search(cell):
            reason = "holds a NUL byte" if odd[0] == "\0" else "holds bytes that are no text"
            return Rejected(line=line, column=name, reason=reason)
    return None


def dialable(texts: Cells) -> Cells:
    """Return the texts of numbers without those whose digits a spreadsheet has rounded."""
    joined = "".join(texts)
    if "e" not in joined and "E" not in joined:
        return texts
    return ["" if _SCIENTIFIC.fullmatch(text.strip()) else text for text in texts]


def _numberless(
    line: int, cells: Cells, columns: Columns, answers: Sequence[Phone | str]
) -> Rejected:
    """Say why a row has no number: the first of its cells that is not empty tells it."""
    filled = (
        (at, answer)
        for at, answer in zip(columns.phones, answers, strict=True)
        if cells[at].strip()
    )
    at, answer = next(filled, (columns.phones[0], answers[0]))
    lost = _SCIENTIFIC.fullmatch(cells[at].strip())
    return Rejected(
        line=line, column=columns.header[at], reason=DIGITS_LOST if lost else str(answer)
    )


def _batch(
    lines: Sequence[int],
    cells: Sequence[Cells],
    columns: Columns,
    numbers: NDArray[np.int64],
    verdicts: NDArray[np.int64],
    consents: Sequence[NewConsent | None],
) -> Batch:
    rows = len(lines)
    kept = _Kept(columns, [[text.strip() for text in column] for column in cells], rows)
    names = _names(kept)
    languages = kept.checked("language", _language)
    zones = kept.checked("zone", _zone)
    countries = kept.checked("country", _country)
    for at, column in zip(columns.phones, numbers.T, strict=True):
        kept.leave_out(at, (column == 0).tolist())
    numbers, verdicts = _in_order(numbers, verdicts)
    return Batch(
        lines=lines,
        external_ids=kept.facts("external_id"),
        names=names,
        name_keys=[fold_name(name) or None if name else None for name in names],
        languages=languages,
        zones=zones,
        countries=countries,
        subdivisions=kept.facts("subdivision"),
        attributes=kept.attributes(),
        left_out=kept.left_out(),
        numbers=numbers,
        verdicts=verdicts,
        consents=consents,
    )


class _Kept:
    """The cells of a batch, and which of them become attributes."""

    def __init__(self, columns: Columns, cells: Sequence[Cells], rows: int) -> None:
        self._columns = columns
        self._cells = cells
        self._rows = rows
        self._as_attributes = {at: cells[at] for at in columns.attributes}

    def facts(self, target: str) -> Facts:
        """Return the cells of a target, None where there is nothing."""
        at = self._columns.targets.get(target)
        if at is None:
            return [None] * self._rows
        return [cell or None for cell in self._cells[at]]

    def checked(self, target: str, read: Callable[[str], str | None]) -> Facts:
        """Return what a target's cells mean; those that mean nothing become attributes."""
        at = self._columns.targets.get(target)
        if at is None:
            return [None] * self._rows
        known = {cell: read(cell) for cell in {*self._cells[at]}}
        facts = [known[cell] for cell in self._cells[at]]
        self.leave_out(at, [fact is None for fact in facts])
        return facts

    def leave_out(self, at: int, where: Sequence[bool]) -> None:
        """Keep the cells of a column as attributes in the rows in which they mean nothing."""
        if any(where):
            left = [cell if out else "" for cell, out in zip(self._cells[at], where, strict=True)]
            if any(left):
                self._as_attributes[at] = left

    def left_out(self) -> Sequence[str]:
        """Return the headers of the columns that are attributes only in some rows."""
        own = {*self._columns.attributes}
        return [self._columns.header[at] for at in sorted(self._as_attributes) if at not in own]

    def attributes(self) -> Sequence[str]:
        """Return for each row the JSON of its attributes, in the order of the columns."""
        parts = [
            _members(self._columns.header[at], self._as_attributes[at])
            for at in sorted(self._as_attributes)
        ]
        if not parts:
            return ["{}"] * self._rows
        return [f"{{{', '.join(filter(None, row))}}}" for row in zip(*parts, strict=True)]


def _members(name: str, cells: Cells) -> list[str]:
    """Return the cells as members of a JSON object, empty where there is nothing."""
    head = f"{encode_basestring(name)}: "
    return [head + encode_basestring(cell) if cell else "" for cell in cells]


def _in_order(
    numbers: NDArray[np.int64], verdicts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Move what is no number to the end, and what stands in a row twice."""
    if numbers.shape[1] == 1:
        return numbers, verdicts
    numbers = numbers.copy()
    for at in range(1, numbers.shape[1]):
        again = (numbers[:, :at] == numbers[:, at : at + 1]).any(axis=1)
        numbers[again, at] = 0
    order = np.argsort(numbers == 0, axis=1, kind="stable")
    return np.take_along_axis(numbers, order, 1), np.take_along_axis(verdicts, order, 1)


def _names(kept: _Kept) -> Facts:
    whole = kept.facts("name")
    first, last = kept.facts("first_name"), kept.facts("last_name")
    return [
        name or _full_name(given or "", family or "") or None
        for name, given, family in zip(whole, first, last, strict=True)
    ]


def _full_name(first: str, last: str) -> str:
    if _HAN.fullmatch(first) and _HAN.fullmatch(last):
        return last + first
    return f"{first} {last}".strip()


def _language(text: str) -> str | None:
    language = _LANGUAGE.fullmatch(text)
    return language[1].lower() if language else None


def _country(text: str) -> str | None:
    return text.upper() if _COUNTRY.fullmatch(text) else None


def _zone(text: str) -> str | None:
    return text if text in available_timezones() else None
