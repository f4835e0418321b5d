"""Typed reading of a parsed TOML document: every fault collected, none raised.

A `Section` is asked for its keys one by one. A value that cannot be used becomes a
`Problem` with the key's full name, and a harmless placeholder is returned, so that the
reading goes on to the next fault; whoever started the reading looks at the problems
before using any value. Items of an array are counted from 1: "questions[1].key" is the
first question's. Campaign files, rule files and the configuration are read with it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from types import UnionType

from leads.problems import Problem

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""The units of a duration, in seconds."""

_DURATION = re.compile(r"([0-9]{1,6})([smhdw])")
_SHOWN_AT_MOST = 40
_SOUND = re.compile(r"[A-Za-z0-9_./-]+")
CODE = re.compile(r"[a-z0-9_]+")
"""What a word of the operator's own looks like that programs compare."""

_SHORTEST_REST = timedelta(seconds=1)
LONGEST_REST = timedelta(days=366)
"""The longest that anybody is told to wait."""

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


def parse_duration(text: str) -> timedelta | None:
    """Return the time that "10s", "15m", "4h", "30d" or "2w" means, or None.

    One whole number of at most six digits and one unit; nothing is added up, nothing is
    negative.
    """
    match = _DURATION.fullmatch(text)
    return timedelta(seconds=int(match[1]) * UNITS_S[match[2]]) if match else None


def duration_text(duration: timedelta) -> str:
    """Return a duration of whole seconds in the largest unit that holds it: "15m"."""
    seconds = int(duration.total_seconds())
    unit = max((unit for unit in UNITS_S if seconds % UNITS_S[unit] == 0), key=UNITS_S.__getitem__)
    return f"{seconds // UNITS_S[unit]}{unit}"


def nearest(word: str, words: Sequence[str]) -> str:
    """Return the one of `words` (at least one) that is spelt most like `word`."""
    return (get_close_matches(word, words, n=1, cutoff=0.0) or [words[0]])[0]


def shown(value: object) -> str:
    """Return a value as a problem quotes it: short, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = str(value) if isinstance(value, date | time) else repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number that is too long"
    return text if len(text) <= _SHOWN_AT_MOST else f"{text[:_SHOWN_AT_MOST]}..."


def not_toml(fault: Exception) -> Problem:
    """Return what is wrong with a text that `tomllib` could not parse, with its line."""
    if isinstance(fault, RecursionError):
        return Problem(where="file", why="is nested too deeply")
    place = re.fullmatch(r"(.*) \(at (line \d+), (column \d+)\)", str(fault), re.DOTALL)
    if place is None:
        return Problem(where="file", why=f"is not TOML: {fault}")
    return Problem(where=f"{place[2]}, {place[3]}", why=f"is not TOML: {place[1]}")


class Section:
    """One table of a document, with the full name of every key in it."""

    def __init__(
        self, values: Mapping[str, object], problems: list[Problem], *, path: str = ""
    ) -> None:
        self._values = values
        self._problems = problems
        self._path = path
        self._known: list[str] = []
        self._children: list[Section] = []

    def where(self, key: str) -> str:
        """Return the full name of a key."""
        return f"{self._path}.{key}" if self._path else key

    def refuse(self, key: str, why: str) -> None:
        """Note that the value of a key cannot be used."""
        self._problems.append(Problem(where=self.where(key), why=why))

    def refuse_whole(self, why: str) -> None:
        """Note that this table as a whole cannot be used."""
        self._problems.append(Problem(where=self._path, why=why))

    def has(self, key: str) -> bool:
        """Tell whether the document holds the key."""
        return key in self._values

    def held(self, key: str) -> object:
        """Return what the document holds under a key, unjudged, or None."""
        return self._values.get(key)

    def names(self) -> tuple[str, ...]:
        """Return the keys that the document holds here, in its order."""
        return tuple(self._values)

    def expect(self, keys: Iterable[str]) -> None:
        """Count these keys as known, whether they are asked for or not."""
        self._known.extend(keys)

    def close(self) -> None:
        """Note every key, here and further in, that nothing has asked for."""
        for key in self._values:
            if key not in self._known:
                near = nearest(key, self._known)
                self.refuse(key, f"unknown key; the nearest known one is {near!r}")
        for child in self._children:
            child.close()

    def value(
        self, key: str, kind: type | UnionType, name: str, *, required: bool = False
    ) -> object:
        """Return the value if it is of the kind (`name` in plain words), else None."""
        self._known.append(key)
        value = self._values.get(key)
        if value is None:
            if required:
                self.refuse(key, "is missing")
            return None
        # A TOML boolean is no number, and a date with a time is no date.
        strange = isinstance(value, datetime) or (isinstance(value, bool) and kind is not bool)
        if strange or not isinstance(value, kind):
            self.refuse(key, f"must be {name}, not {shown(value)}")
            return None
        return value

    def text(
        self, key: str, *, required: bool = True, lines: bool = False, empty: bool = False
    ) -> str:
        """Return a text that, but for `empty`, is not blank and, but for `lines`, is one line."""
        value = self.value(key, str, "a text in quotes", required=required)
        if not isinstance(value, str):
            return ""
        if not value.strip():
            if value or not empty:
                self.refuse(key, "must not be empty")
        elif not lines and (not value.isprintable() or value != value.strip()):
            self.refuse(key, "must be one line without control characters or outer blanks")
        return value

    def code(self, key: str) -> str:
        """Return a required name made of a-z, 0-9 and _."""
        value = self.text(key)
        if value.strip() and not CODE.fullmatch(value):
            self.refuse(key, f"may only hold a-z, 0-9 and _, unlike {shown(value)}")
        return value

    def sound(self, key: str, *, required: bool = True) -> str:
        """Return the name of a sound file of Asterisk's, without its ending."""
        value = self.text(key, required=required)
        if value.strip() and not _SOUND.fullmatch(value):
            self.refuse(key, "may only hold letters, digits and _ . / -")
        return value

    def choice(
        self, key: str, words: Sequence[str], *, default: str | None = None, likely: str = ""
    ) -> str:
        """Return one of the words; without a default the key is required.

        `likely` is the placeholder to go on reading with where there is neither.
        """
        value = self.value(key, str, "a text in quotes", required=default is None)
        if isinstance(value, str) and value not in words:
            there = ", ".join(filter(None, words))
            self.refuse(key, f"must be one of {there}, not {shown(value)}")
            value = None
        return value if isinstance(value, str) else default or likely or words[0]

    def whole(self, key: str, low: int, high: int, *, default: int | None = None) -> int:
        """Return a whole number from low to high; without a default it is required."""
        value = self.value(key, int, "a whole number", required=default is None)
        if isinstance(value, int) and not low <= value <= high:
            self.refuse(key, f"must be from {low} to {high}, not {shown(value)}")
            value = None
        if isinstance(value, int):
            return value
        return low if default is None else default

    def maybe_whole(self, key: str, low: int, high: int) -> int | None:
        """Return a whole number from low to high, or None where the key is absent."""
        self.expect([key])
        return self.whole(key, low, high) if self.has(key) else None

    def number(self, key: str, high: float, *, low: float = 0) -> float | None:
        """Return a number from low to high, or None where the key is absent."""
        value = self.value(key, int | float, "a number")
        if isinstance(value, int | float) and not low <= value <= high:
            self.refuse(key, f"must be from {low} to {high}, not {shown(value)}")
            value = None
        return float(value) if isinstance(value, int | float) else None

    def share(self, key: str, high: float) -> float:
        """Return a share from 0 to `high`, and `high` where the key is absent."""
        value = self.number(key, high)
        return high if value is None else value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return true or false, and the default where the key is absent."""
        value = self.value(key, bool, "true or false")
        return value if isinstance(value, bool) else default

    def day(self, key: str, *, required: bool = False, first: date = _FIRST_DAY) -> date | None:
        """Return a date not before `first`, or None where the key is absent."""
        value = self.value(key, date, "a date without quotes, like 2026-12-01", required=required)
        if isinstance(value, date) and not first <= value <= _LAST_DAY:
            self.refuse(key, f"must be from {first} to {_LAST_DAY}, not {value}")
            value = None
        return value if isinstance(value, date) else None

    def rest(self, key: str, least: timedelta = _SHORTEST_REST) -> timedelta:
        """Return a required duration from `least` to a year."""
        value = self.value(key, str, 'a duration in quotes, like "15m"', required=True)
        if not isinstance(value, str):
            return least
        duration = parse_duration(value)
        if duration is None:
            self.refuse(
                key,
                f'must be a duration like "10s", "15m", "4h", "30d" or "2w", not {shown(value)}',
            )
        elif not least <= duration <= LONGEST_REST:
            ends = f"{duration_text(least)} to {duration_text(LONGEST_REST)}"
            self.refuse(key, f"must be from {ends}, not {value}")
        else:
            return duration
        return least

    def texts(self, key: str, *, required: bool = True, empty: bool = False) -> tuple[str, ...]:
        """Return a list of different texts, not empty but where `empty` allows it."""
        value = self.value(key, list, "a list of texts", required=required)
        if not isinstance(value, list):
            return ()
        texts = tuple(item for item in value if isinstance(item, str) and item.strip())
        if len(texts) != len(value) or not (texts or empty):
            self.refuse(key, "must be a list of texts, none of them empty")
        elif len(set(texts)) != len(texts):
            self.refuse(key, "names something twice")
        return texts

    def words(
        self, key: str, words: Sequence[str], *, default: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """Return a list of some of the words, or the default where the key is absent."""
        texts = self.texts(key, required=False)
        for text in texts:
            if text not in words:
                self.refuse(
                    key, f"{shown(text)} is not known; the nearest is {nearest(text, words)!r}"
                )
        return tuple(text for text in texts if text in words) or default

    def rest_of_it(self) -> dict[str, object]:
        """Return every key that nothing has asked for: keys that its author may choose.

        Each is a text, a number, true or false, a date, a list of texts, or a table of such.
        """
        free = {key: value for key, value in self._values.items() if key not in self._known}
        self.expect(free)
        for key, value in free.items():
            inner = value if isinstance(value, dict) else {key: value}
            if not all(_is_plain(one) for one in inner.values()):
                self.refuse(key, f"must be a text, a number, a list of texts, not {shown(value)}")
        return free

    def section(self, key: str, *, required: bool = False) -> "Section":
        """Return the table of that key, an empty one where there is none."""
        value = self.value(key, dict, "a table", required=required)
        # A table of the wrong type has been told of; what is missing in it need not be.
        silent = value is None and (required or self.has(key))
        return self._child(value or {}, self.where(key), [] if silent else self._problems)

    def sections(self, key: str) -> list["Section"]:
        """Return the tables of an array of tables."""
        value = self.value(key, list, f"tables, each under [[{key}]]")
        items = value if isinstance(value, list) else []
        if not all(isinstance(item, dict) for item in items):
            self.refuse(key, f"must be tables, each under [[{key}]]")
            return []
        return [
            self._child(item, f"{self.where(key)}[{number}]", self._problems)
            for number, item in enumerate(items, start=1)
        ]

    def unsupported(self, key: str, *, but: object = None) -> None:
        """Refuse a key that this version does not act on, unless it says `but`."""
        self._known.append(key)
        if self.has(key) and (but is None or self._values[key] != but):
            instead = "leave it out" if but is None else f"use {shown(but)}"
            self.refuse(key, f"is not supported by this version yet; {instead}")

    def _child(self, values: object, path: str, problems: list[Problem]) -> "Section":
        child = Section(values if isinstance(values, dict) else {}, problems, path=path)
        self._children.append(child)
        return child


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) and item.strip() for item in value)
    return isinstance(value, bool | int | float | date) or (
        isinstance(value, str) and bool(value.strip())
    )
