"""What the columns of a lead file mean, by its header and its values; pure.

Headers are recognised as `leads.headers` knows them, and where none of them names a
telephone the values tell (`leads.lookalikes`); `--map` overrides. A column that means
nothing to Ringbank is an attribute of the lead under its own name.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from leads.headers import TARGETS, key, named, phone_rank, words
from leads.lookalikes import is_phone_column, looks_like_number
from leads.problems import Problem

REJECT_COLUMNS = ("reject_line", "reject_column", "reject_reason")
"""What a rejects file adds to the columns of its original; ignored when it is imported."""

_MOST_LISTED = 40

_ODD = re.compile("[\x00\ud800-\udfff]")
"""A NUL, or a byte that the encoding has no letter for (see `leads.files.text`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What each column of one file means.

    Attributes:
        header: the names of all columns, in the file's order.
        phones: the positions of the columns with numbers, the one to dial first in front.
        targets: for each other thing that was found, the position of its column.
        attributes: the positions of all other columns, those of a rejects file left out.
    """

    header: tuple[str, ...]
    phones: tuple[int, ...]
    targets: Mapping[str, int]
    attributes: tuple[int, ...]

    def mapping(self) -> dict[str, str | list[str]]:
        """Return the column of each thing by name; a list where there are several phones."""
        phones = [self.header[at] for at in self.phones]
        others = {target: self.header[at] for target, at in self.targets.items()}
        return {"phone": phones, **others} if len(phones) > 1 else {**dict(self.pairs())}

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return every thing with its column, as repeated `--map` would say it."""
        phones = [("phone", self.header[at]) for at in self.phones]
        return (*phones, *((target, self.header[at]) for target, at in self.targets.items()))

    def original(self) -> tuple[int, ...]:
        """Return the positions of all columns but those that a rejects file added."""
        return tuple(at for at, name in enumerate(self.header) if name not in REJECT_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One row that cannot be imported.

    Attributes:
        line: where the row began in its file, the header being line 1.
        column: the header of the cell at fault, empty where it is the row.
        reason: one clause.
    """

    line: int
    column: str
    reason: str


def guess_columns(
    header: Sequence[str],
    mapping: Sequence[tuple[str, str]] = (),
    sample: Sequence[Sequence[str]] = (),
    *,
    region: str | None = None,
) -> Columns | tuple[Problem, ...]:
    """Return what the columns mean, or everything that is wrong with them.

    Args:
        header: the first row of the file.
        mapping: pairs of target and column that the user gave; they come before any guess.
            The phone may be given several times, in the order of dialling.
        sample: the cells of some rows below the header.
        region: ISO 3166 country of numbers written without one, in capitals, or None.
    """
    names = tuple(cell.strip() for cell in header)
    if number := _number_for_a_name(names, mapping):
        return (_no_header(number),)
    problems = (*_header_problems(names), *_mapping_problems(names, mapping))
    if problems:
        return problems
    where = {name: at for at, name in enumerate(names)}
    phones = tuple(where[column] for target, column in mapping if target == "phone")
    targets = {target: where[column] for target, column in mapping if target != "phone"}
    given = {*targets.values()}
    phones = phones or _phones_by_header(names, given)
    targets |= _guessed(names, targets, {*phones, *given})
    taken = {*targets.values()}
    if not phones:
        found = _phones_by_values(names, taken, sample, region)
        if len(found) != 1:
            return (_no_phone(names, found),)
        phones = found
    taken |= {*phones}
    return Columns(
        header=names,
        phones=phones,
        targets={target: targets[target] for target in TARGETS if target in targets},
        attributes=tuple(
            at for at, name in enumerate(names) if at not in taken and name not in REJECT_COLUMNS
        ),
    )


def _phones_by_header(names: Sequence[str], given: Container[int]) -> tuple[int, ...]:
    """Return the columns that are named after a telephone, in the order of dialling."""
    ranks = {at: phone_rank(name) for at, name in enumerate(names) if at not in given}
    ranked = sorted((rank, at) for at, rank in ranks.items() if rank is not None)
    return tuple(at for _, at in ranked)


def _phones_by_values(
    names: Sequence[str],
    taken: Container[int],
    sample: Sequence[Sequence[str]],
    region: str | None,
) -> tuple[int, ...]:
    """Return the columns that mean nothing else and whose values are telephone numbers."""
    return tuple(
        at
        for at, name in enumerate(names)
        if at not in taken
        and name not in REJECT_COLUMNS
        and is_phone_column(name, [row[at] for row in sample if at < len(row)], region=region)
    )


def _guessed(
    names: Sequence[str], given: Mapping[str, int], taken: Container[int]
) -> dict[str, int]:
    """Find the targets that were not given among the columns that are not taken."""
    where: dict[str, int] = {}
    exactly: dict[str, int] = {}
    for at, name in enumerate(names):
        if at not in taken:
            where.setdefault(key(name), at)
            exactly.setdefault(named(name) or "", at)
    found = {
        target: next((where[word] for word in words(target) if word in where), exactly.get(target))
        for target in TARGETS
        if target not in given
    }
    parts = ("first_name", "last_name")
    if any(part in given for part in parts):
        found.pop("name", None)
    elif _is_surname(found):
        found["last_name"] = found.pop("name")
    elif "name" in given or found.get("name") is not None:
        found = {target: at for target, at in found.items() if target not in parts}
    return {target: at for target, at in found.items() if at is not None}


def _is_surname(found: Mapping[str, int | None]) -> bool:
    """Tell whether "name" stands beside a first name only, as in "Vorname, Name"."""
    there = {target for target, at in found.items() if at is not None}
    return {"name", "first_name"} <= there and "last_name" not in there


def _header_problems(names: Sequence[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, name in enumerate(names):
        if not name:
            yield Problem(where=f"column {at + 1}", why="its header is empty; give it a name")
        elif odd := _ODD.search(name):
            why = (
                "its header holds a NUL byte; if the file is UTF-16, say --encoding utf-16-le"
                if odd[0] == "\0"
                else "its header holds bytes that are no text; give the right --encoding"
            )
            yield Problem(where=f"column {at + 1}", why=why)
        elif name in seen:
            why = f"the header {name!r} is there already; rename one of the two"
            yield Problem(where=f"column {at + 1}", why=why)
        seen.add(name)


def _mapping_problems(
    names: Sequence[str], mapping: Sequence[tuple[str, str]]
) -> Iterator[Problem]:
    targets: dict[str, str] = {}
    columns: dict[str, str] = {}
    for target, column in mapping:
        where = f"--map {target}={column}"
        if target not in TARGETS:
            near = _nearest(target, TARGETS)
            yield Problem(where=where, why=f"{target!r} is not one of {', '.join(TARGETS)}{near}")
        if column not in names:
            near = _nearest(column, names) or f" (it has {_listed(names)})"
            yield Problem(where=where, why=f"the file has no column {column!r}{near}")
        if target in targets and target != "phone":
            why = f"{target} is mapped already, to {targets[target]!r}; keep one of the two"
            yield Problem(where=where, why=why)
        if column in columns:
            why = f"the column {column!r} is mapped already, to {columns[column]}; keep one"
            yield Problem(where=where, why=why)
        targets.setdefault(target, column)
        columns.setdefault(column, target)
    if "name" in targets and ("first_name" in targets or "last_name" in targets):
        why = "map either name, or first_name and last_name"
        yield Problem(where=f"--map name={targets['name']}", why=why)


def _nearest(word: str, words: Sequence[str]) -> str:
    folded = {key(other): other for other in reversed(words)}
    near = get_close_matches(key(word), folded, n=1, cutoff=0.5)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""


def _number_for_a_name(names: Sequence[str], mapping: Sequence[tuple[str, str]]) -> str | None:
    """Return a telephone number among the names, unless a column is known to hold them."""
    if any(phone_rank(name) for name in names) or any(column in names for _, column in mapping):
        return None
    return next(filter(looks_like_number, names), None)


def _no_header(number: str) -> Problem:
    return Problem(
        where="header",
        why=f"the first row holds no names of columns but a telephone number ({number}); put a "
        "row above it that names the columns, for example: name, phone",
    )


def _no_phone(names: Sequence[str], candidates: Sequence[int]) -> Problem:
    what = (
        f"several columns look like the telephone number ({_listed([names[at] for at in candidates])})"
        if candidates
        else f"no column looks like the telephone number (there are: {_listed(names)})"
    )
    return Problem(where="header", why=f"{what}; say which one it is with --map phone=COLUMN")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    listed = ", ".join(names[:_MOST_LISTED])
    return f"{listed} and {more} more" if more > 0 else listed
