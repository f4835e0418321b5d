"""``explain --batch``: a file of numbers and moments, answered row by row as it is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from campaigns.explain import Address, Answer, Explainer, Question, unusable_number
from campaigns.fields import nearest
from campaigns.rules import civil
from leads.errors import UsageError
from leads.files import LeadFile, Row
from leads.model import Phone
from leads.moments import read_moment
from leads.phones import PhoneReader
from leads.rows import ODD

NEEDED = ("number", "at")
OPTIONAL = ("address_zone", "country", "subdivision")

_ROWS = 500
"""Answered together: enough for queries not to count, few enough to be seen at once."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that could not be read.

    Attributes:
        line: where it began, the header being line 1.
        error: why.
    """

    line: int
    error: str


def read_columns(file: LeadFile) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """Return where the columns of a batch stand, and the names of those that mean nothing.

    Raises:
        UsageError: one that is needed is missing, or one stands there twice.
    """
    names = [name.strip().lower() for name in file.header]
    for name in (*NEEDED, *OPTIONAL):
        if names.count(name) > 1:
            raise UsageError(f"{file.source} has the column {name} twice; keep one of them")
    for name in NEEDED:
        if name not in names:
            near = f"; the nearest is {nearest(name, names)!r}" if any(names) else ""
            raise UsageError(
                f"{file.source} has no column {name}{near}; its header has to name "
                f"{', '.join(NEEDED)} and may name {', '.join(OPTIONAL)}"
            )
    known = {name: names.index(name) for name in (*NEEDED, *OPTIONAL) if name in names}
    return known, tuple(
        file.header[at] for at, name in enumerate(names) if name and name not in known
    )


def answers(
    explainer: Explainer, file: LeadFile, columns: Mapping[str, int], *, region: str | None
) -> Iterator[Answer | Unread]:
    """Yield the answer to each row, in their order; a few rows are held at a time.

    Args:
        explainer: of the campaign.
        file: open.
        columns: as `read_columns` returned them.
        region: ISO country of numbers that are written without one.
    """
    phones = PhoneReader(region=region)
    for rows in file.batches(_ROWS):
        read = _read(rows, len(file.header), columns, phones)
        asked = [question for question in read if isinstance(question, Question)]
        told = iter(explainer.answers(asked))
        for row, question in zip(rows, read, strict=True):
            if isinstance(question, Unread):
                yield question
                continue
            answer = next(told)
            if isinstance(answer, str):
                yield Unread(row.line, f"at {row.cells[columns['at']].strip()!r} {answer}")
            else:
                yield answer


def _read(
    rows: Sequence[Row], width: int, columns: Mapping[str, int], phones: PhoneReader
) -> list[Question | Unread]:
    """Return what each row asks, or why it asks nothing."""
    faults = [_fault(row.cells, width) for row in rows]
    texts = [
        "" if fault else row.cells[columns["number"]]
        for row, fault in zip(rows, faults, strict=True)
    ]
    read: list[Question | Unread] = []
    for row, fault, phone in zip(rows, faults, phones.read(texts), strict=True):
        if fault is not None:
            read.append(Unread(row.line, fault))
            continue
        try:
            read.append(_question({n: row.cells[at].strip() for n, at in columns.items()}, phone))
        except UsageError as error:
            read.append(Unread(row.line, str(error)))
    return read


def _fault(cells: Sequence[str], width: int) -> str | None:
    if len(cells) != width:
        return f"has {len(cells)} cells where the header has {width}; write the empty ones too"
    return "holds bytes that are no text" if any(map(ODD.search, cells)) else None


def _question(cells: Mapping[str, str], phone: Phone | str) -> Question:
    """Return what the cells of a row ask.

    Raises:
        UsageError: they ask nothing that can be answered.
    """
    if isinstance(phone, str):
        raise UsageError(unusable_number(cells["number"], phone))
    moment = read_moment(cells["at"], option="at")
    zone, country, subdivision = (cells.get(name) or None for name in OPTIONAL)
    if zone is None and country is None and subdivision is None:
        return Question(phone=phone, at=moment)
    if zone is not None and zone not in _zones():
        raise UsageError(f"address_zone {zone!r} is no time zone; write it like Europe/Oslo")
    if country is not None:
        country = country.upper()
        if not civil.is_country(country):
            raise UsageError(f"country {country!r} is no country; write two letters such as NO")
    address = Address(zone=zone, country=country, subdivision=subdivision)
    return Question(phone=phone, at=moment, address=address)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
