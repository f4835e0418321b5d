"""Who answers in the lab's telephone network, and how: a scenario file as a value.

The last two digits of a number decide the person behind it, so that any lead list meets
a mixed town, and the same number the same person in every run. Pure: the file is read by
`dialer.lab.lab`, and `dialer.lab.network` makes the carrier's dialplan of it.
"""

import hashlib
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leads.problems import Problem


class Kind(StrEnum):
    """How a person behaves when their telephone rings."""

    LISTENS = "listens"
    PRESSES = "presses"
    HANGS_UP = "hangs_up"
    BUSY = "busy"
    RINGS = "rings"
    DEAD = "dead"
    CONGESTED = "congested"
    MACHINE = "machine"
    VOICEMAIL = "voicemail"
    GREETS = "greets"
    SILENT = "silent"
    FAX = "fax"
    AGENT = "agent"
    HUMS = "hums"


ENDINGS = tuple(f"{number:02}" for number in range(100))
"""The last two digits a number can have."""

_LONGEST_S = 600.0
_KEYS = re.compile(r"[0-9*#](w*[0-9*#])*")
_SETTINGS = frozenset({"kind", "share", "ring_s", "after_s", "key", "hz", "then"})
_AFTER_S = {Kind.PRESSES: 1.5, Kind.HANGS_UP: 0.8}
"""Seconds after the answer when a file does not say; the other kinds do nothing then."""
_RING_S = {Kind.DEAD: 0.0, Kind.CONGESTED: 0.0, Kind.BUSY: 0.0, Kind.AGENT: 0.0, Kind.HUMS: 0.0}
_DEFAULT_RING_S = 1.0
_HZ_FROM, _HZ_TO, _HZ = 200, 3400, 440
"""What a telephone line carries, and the tone of whoever hums when a file does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One way to behave.

    Attributes:
        kind: what the person does.
        ring_s: seconds the telephone rings before that.
        after_s: seconds from the answer to the key or to hanging up; else 0.
        key: the keys that are pressed, each "w" half a second's rest; else empty.
        hz: the tone of a person who hums; else 0.
    """

    kind: Kind
    ring_s: float
    after_s: float = 0.0
    key: str = ""
    hz: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What a number does: at the first call, and from the second on.

    Attributes:
        first: the behaviour at the first call.
        then: the behaviour at every later call.
    """

    first: Person
    then: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole town.

    Attributes:
        endings: the habit for each of the hundred endings.
        numbers: the habit of single numbers, E.164 with the plus; they go first.
    """

    endings: Mapping[str, Habit]
    numbers: Mapping[str, Habit]

    def kind_of(self, number: str, call_no: int) -> Person:
        """Return who takes a call to a number.

        Args:
            number: E.164 with the plus.
            call_no: 1 for the first call to that number.
        """
        habit = self.numbers.get(number) or self.endings[number[-2:]]
        return habit.first if call_no <= 1 else habit.then


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A behaviour whose ringing time may still be a range."""

    kind: Kind
    ring_s: tuple[float, float]
    after_s: float
    key: str
    hz: int
    then: "_Draft | None"
    share: float = 1.0


def parse_scenario(text: str) -> tuple[Scenario | None, tuple[Problem, ...]]:
    """Return the scenario of a file's text, or None and everything that is wrong with it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, (Problem(where="the file", why=f"is not TOML: {error}"),)
    reader = _Reader()
    scenario = reader.scenario(document)
    return (None if reader.problems else scenario), tuple(reader.problems)


class _Reader:
    """Reads a document and gathers what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def scenario(self, document: Mapping[str, Any]) -> Scenario:
        for key in document.keys() - {"seed", "endings", "numbers", "people"}:
            self._wrong(key, "is not known; a scenario has seed, endings, numbers and people")
        seed = document.get("seed", 0)
        if not isinstance(seed, int) or isinstance(seed, bool):
            self._wrong("seed", "must be a whole number")
        explicit = self._endings(self._table(document, "endings"))
        numbers = self._numbers(self._table(document, "numbers"))
        people = self._people(document.get("people", []))
        rest = [ending for ending in ENDINGS if ending not in explicit]
        if rest and not any(person.share for person in people) and not self.problems:
            self._wrong("people", f"is empty, and nobody answers for the ending {rest[0]}")
        drafts = explicit | _deal(rest, people, seed)
        return Scenario(
            endings={ending: _habit(drafts[ending], seed, ending) for ending in sorted(drafts)},
            numbers={number: _habit(draft, seed, number) for number, draft in numbers.items()},
        )

    def _table(self, document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = document.get(key, {})
        if isinstance(value, dict):
            return value
        self._wrong(key, "must be a table")
        return {}

    def _endings(self, table: Mapping[str, Any]) -> dict[str, _Draft]:
        drafts: dict[str, _Draft] = {}
        for key, value in table.items():
            where = f"endings.{key}"
            draft = self._draft(value, where)
            for ending in self._span(key, where):
                if ending in drafts:
                    self._wrong(where, f"gives the ending {ending} a second time")
                elif draft:
                    drafts[ending] = draft
        return drafts

    def _span(self, key: str, where: str) -> Iterator[str]:
        """Yield the endings of "07", "10-19" or "20, 25, 30-34"."""
        for part in key.split(","):
            found = re.fullmatch(r"\s*([0-9]{2})(?:\s*-\s*([0-9]{2}))?\s*", part)
            if not found or int(found[1]) > int(found[2] or found[1]):
                self._wrong(where, 'must be two digits, a range "10-19" or several: "07, 10-19"')
                return
            yield from ENDINGS[int(found[1]) : int(found[2] or found[1]) + 1]

    def _numbers(self, table: Mapping[str, Any]) -> dict[str, _Draft]:
        drafts = {}
        for number, value in table.items():
            where = f"numbers.{number}"
            if not re.fullmatch(r"\+[1-9][0-9]{3,14}", number):
                self._wrong(where, 'must be a full number with its plus: "+4721000000"')
            draft = self._draft(value, where)
            if draft:
                drafts[number] = draft
        return drafts

    def _people(self, value: object) -> list[_Draft]:
        if not isinstance(value, list):
            self._wrong("people", "must be written as [[people]]")
            return []
        drafts = [
            self._draft(entry, f"people[{position}]") for position, entry in enumerate(value, 1)
        ]
        return [draft for draft in drafts if draft]

    def _draft(self, value: object, where: str) -> _Draft | None:
        """Read a behaviour: the kind's name alone, or a table."""
        table = {"kind": value} if isinstance(value, str) else value
        if not isinstance(table, dict):
            self._wrong(where, 'must be a kind, "busy", or a table, { kind = "busy", ring_s = 1 }')
            return None
        for key in table.keys() - _SETTINGS:
            self._wrong(f"{where}.{key}", f"is not known; known are {', '.join(sorted(_SETTINGS))}")
        name = table.get("kind")
        if not isinstance(name, str) or name not in set(Kind):
            self._wrong(f"{where}.kind", f"must be one of {', '.join(Kind)}")
            return None
        kind = Kind(name)
        return _Draft(
            kind=kind,
            ring_s=self._ring(table, kind, where),
            after_s=self._after(table, kind, where),
            key=self._key(table, kind, where),
            hz=self._hz(table, kind, where),
            then=self._draft(table["then"], f"{where}.then") if "then" in table else None,
            share=self._number(table.get("share", 1.0), f"{where}.share"),
        )

    def _ring(self, table: Mapping[str, Any], kind: Kind, where: str) -> tuple[float, float]:
        value = table.get("ring_s", _RING_S.get(kind, _DEFAULT_RING_S))
        ends = value if isinstance(value, list) else [value, value]
        shortest, longest = 0, 1
        if len(ends) != len((shortest, longest)):
            self._wrong(f"{where}.ring_s", "must be seconds, or the shortest and the longest")
            return (0.0, 0.0)
        low, high = (self._number(end, f"{where}.ring_s") for end in ends)
        if low > high:
            self._wrong(f"{where}.ring_s", "must begin with the shorter time")
        return (low, high)

    def _after(self, table: Mapping[str, Any], kind: Kind, where: str) -> float:
        if kind not in _AFTER_S:
            if "after_s" in table:
                self._wrong(f"{where}.after_s", f"means nothing for {kind}")
            return 0.0
        return self._number(table.get("after_s", _AFTER_S[kind]), f"{where}.after_s")

    def _key(self, table: Mapping[str, Any], kind: Kind, where: str) -> str:
        if kind is not Kind.PRESSES:
            if "key" in table:
                self._wrong(f"{where}.key", f"means nothing for {kind}")
            return ""
        key = str(table.get("key", ""))
        if not _KEYS.fullmatch(key):
            self._wrong(
                f"{where}.key",
                "must be a key of a telephone, 0 to 9, * or #, or several of them; w between two "
                "is half a second",
            )
        return key

    def _hz(self, table: Mapping[str, Any], kind: Kind, where: str) -> int:
        if kind is not Kind.HUMS:
            if "hz" in table:
                self._wrong(f"{where}.hz", f"means nothing for {kind}")
            return 0
        hz = table.get("hz", _HZ)
        if isinstance(hz, int) and not isinstance(hz, bool) and _HZ_FROM <= hz <= _HZ_TO:
            return hz
        self._wrong(f"{where}.hz", f"must be a whole number from {_HZ_FROM} to {_HZ_TO}")
        return 0

    def _number(self, value: object, where: str) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        number = float(value) if isinstance(value, int | float) and fits else math.nan
        if 0 <= number <= _LONGEST_S:
            return number
        self._wrong(where, f"must be a number from 0 to {_LONGEST_S:.0f}")
        return 0.0

    def _wrong(self, where: str, why: str) -> None:
        self.problems.append(Problem(where=where, why=why))


def _fraction(seed: object, what: str) -> float:
    """Return a number from 0 to 1 that is random to look at and the same in every run."""
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _deal(endings: list[str], people: list[_Draft], seed: object) -> dict[str, _Draft]:
    """Give each ending to somebody, as near to the shares as whole endings allow."""
    total = sum(person.share for person in people)
    if not total:
        return {}
    exact = [person.share / total * len(endings) for person in people]
    counts = [math.floor(count) for count in exact]
    by_remainder = sorted(range(len(people)), key=lambda at: counts[at] - exact[at])
    for at in by_remainder[: len(endings) - sum(counts)]:
        counts[at] += 1
    hands = [person for person, count in zip(people, counts, strict=True) for _ in range(count)]
    shuffled = sorted(endings, key=lambda ending: _fraction(seed, ending))
    return dict(zip(shuffled, hands, strict=True))


def _habit(draft: _Draft, seed: object, name: str) -> Habit:
    first = _person(draft, seed, name)
    then = _person(draft.then, seed, f"{name} then") if draft.then else first
    return Habit(first=first, then=then)


def _person(draft: _Draft, seed: object, name: str) -> Person:
    low, high = draft.ring_s
    return Person(
        kind=draft.kind,
        ring_s=round(low + (high - low) * _fraction(seed, f"{name} rings"), 2),
        after_s=draft.after_s,
        key=draft.key,
        hz=draft.hz,
    )
