"""Typed reading of a parsed TOML document: every fault collected, none raised.

A `Section` is asked for its keys one by one. A value that cannot be used becomes a
`Problem` with the key's full name, and a harmless placeholder is returned, so that the
reading goes on to the next fault; whoever started the reading looks at the problems
before using any value. Items of an array are counted from 1: "questions[1].key" is the
first question's. `campaigns.definition` is the reader that uses this.
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
_CODE = re.compile(r"[a-z0-9_]+")
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

    def text(self, key: str, *, required: bool = True, lines: bool = False) -> str:
        """Return a text that is not blank and, but for `lines`, fits on one line."""
        value = self.value(key, str, "a text in quotes", required=required)
        if not isinstance(value, str):
            return ""
        if not value.strip():
            self.refuse(key, "must not be empty")
        elif not lines and (not value.isprintable() or value != value.strip()):
            self.refuse(key, "must be one line without control characters or outer blanks")
        return value

    def code(self, key: str) -> str:
        """Return a required name made of a-z, 0-9 and _."""
        value = self.text(key)
        if value.strip() and not _CODE.fullmatch(value):
            self.refuse(key, f"may only hold a-z, 0-9 and _, unlike {shown(value)}")
        return value

    def choice(
        self, key: str, words: Sequence[str], *, default: str | None = None, likely: str = ""
    ) -> str:
        """Return one of the words; without a default the key is required.

        `likely` is the placeholder to go on reading with where there is neither.
        """
        value = self.value(key, str, "a text in quotes", required=default is None)
        if isinstance(value, str) and value not in words:
            self.refuse(key, f"must be one of {', '.join(words)}, not {shown(value)}")
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

    def share(self, key: str, high: float) -> float:
        """Return a share from 0 to `high`, and `high` where the key is absent."""
        return self.number(key, 0, high, default=high)

    def number(self, key: str, low: float, high: float, *, default: float) -> float:
        """Return a number from low to high, and the default where the key is absent."""
        value = self.value(key, int | float, "a number")
        if isinstance(value, int | float) and not low <= value <= high:
            self.refuse(key, f"must be from {low} to {high}, not {shown(value)}")
            value = None
        return float(value) if isinstance(value, int | float) else default

    def flag(self, key: str) -> bool:
        """Return true or false, and false where the key is absent."""
        return self.value(key, bool, "true or false") is True

    def day(self, key: str) -> date | None:
        """Return a date, or None where the key is absent."""
        value = self.value(key, date, "a date without quotes, like 2026-12-01")
        if isinstance(value, date) and not _FIRST_DAY <= value <= _LAST_DAY:
            self.refuse(key, f"must be from {_FIRST_DAY} to {_LAST_DAY}, not {value}")
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

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Return a list of different texts, not empty where it is required."""
        value = self.value(key, list, "a list of texts", required=required)
        if not isinstance(value, list):
            return ()
        texts = tuple(item for item in value if isinstance(item, str) and item.strip())
        if len(texts) != len(value) or not texts:
            self.refuse(key, "must be a list of texts, none of them empty")
        elif len(set(texts)) != len(texts):
            self.refuse(key, "names something twice")
        return texts

    def section(self, key: str) -> "Section":
        """Return the table of that key, an empty one where there is none."""
        value = self.value(key, dict, "a table")
        # A table of the wrong type has been told of; what is missing in it need not be.
        silent = self.has(key) and value is None
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
