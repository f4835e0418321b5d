"""Regular expressions over digits, many at once, run over many numbers at once; pure.

The patterns of `phonenumbers`' metadata know digits, classes, groups, alternatives and
counted repetition, nothing else. One deterministic automaton stands for all patterns of a
calling code: two texts of digits that end in the same state are matched by exactly the
same patterns. Construction: positions (V. M. Glushkov, "The abstract theory of automata",
1961), then sets of positions as states.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PAD = 10
"""What stands in a matrix of digits behind the last digit of a row: the state stays."""

_DIGITS = frozenset(range(10))
_MOST_STATES = 100_000
"""Beyond this a pattern is taken for one that does not fit here, and refused."""


class UnsupportedPatternError(ValueError):
    """A pattern uses more than this module knows; ask `re` instead."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """A table of following states.

    Attributes:
        table: shape (states, 11): the state that follows on each digit and on `PAD`;
            state 0 is the one from which nothing matches any more, 1 the first.
        value: shape (states,): what a run that ends there comes to; see the makers.
    """

    table: NDArray[np.int32]
    value: NDArray[np.int32]

    def run(self, digits: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the value of the state in which each row of digits ends.

        Args:
            digits: shape (rows, width), each row filled up with `PAD`.
        """
        state = np.ones(len(digits), dtype=np.int32)
        flat = self.table.ravel()
        for column in range(digits.shape[1]):
            state = flat[state * (PAD + 1) + digits[:, column]]
        return self.value[state]


def distinguish(patterns: Iterable[str]) -> Automaton:
    """Return an automaton whose value differs wherever any of the patterns' answers do.

    Args:
        patterns: each is taken to match a text as a whole.

    Raises:
        UnsupportedPatternError: a pattern is more than digits, classes and repetition.
    """
    positions = _Positions()
    parts = [_Parser(pattern, positions).parse() for pattern in dict.fromkeys(patterns)]
    first = frozenset().union(*(part.first for part in parts))
    states: dict[frozenset[int], int] = {frozenset(): 0}
    rows: list[list[int]] = [[0] * (PAD + 1), [0] * (PAD + 1)]
    rows[1][PAD] = 1
    waiting: list[tuple[int, frozenset[int]]] = [(1, first)]
    while waiting:
        state, following = waiting.pop()
        for digit in range(10):
            reached = frozenset(at for at in following if digit in positions.digits[at])
            if reached not in states:
                states[reached] = len(rows)
                rows.append([0] * (PAD + 1))
                rows[-1][PAD] = states[reached]
                after = frozenset().union(*(positions.follow[at] for at in reached))
                waiting.append((states[reached], after))
                if len(rows) > _MOST_STATES:
                    raise UnsupportedPatternError("too many states")
            rows[state][digit] = states[reached]
    # Sets of positions tell more than which patterns match: finer than needed, never wrong.
    return Automaton(np.array(rows, dtype=np.int32), np.arange(len(rows), dtype=np.int32))


def longest_prefix(values: Mapping[str, int]) -> Automaton:
    """Return an automaton whose value is that of the longest prefix it knows, or -1."""
    rows: list[list[int]] = [[0] * (PAD + 1), [-1] * PAD + [1]]
    best = [-1, values.get("", -1)]
    nodes = {"": 1}
    for prefix in sorted(values):
        for length in range(1, len(prefix) + 1):
            head = prefix[:length]
            if head not in nodes:
                nodes[head] = len(rows)
                parent = nodes[head[:-1]]
                rows[parent][int(head[-1])] = len(rows)
                best.append(values.get(head, best[parent]))
                rows.append([-1] * PAD + [len(rows)])
    sinks: dict[int, int] = {-1: 0}
    for node in range(1, len(rows)):
        if best[node] not in sinks:
            sinks[best[node]] = len(rows)
            rows.append([len(rows)] * (PAD + 1))
            best.append(best[node])
        rows[node] = [sinks[best[node]] if to < 0 else to for to in rows[node]]
    return Automaton(np.array(rows, dtype=np.int32), np.array(best, dtype=np.int32))


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern: may it be empty, and the positions it begins and ends at."""

    nullable: bool
    first: frozenset[int]
    last: frozenset[int]


_EMPTY = _Part(nullable=True, first=frozenset(), last=frozenset())


class _Positions:
    """Every digit of every pattern: what it may be, and what may come after it."""

    def __init__(self) -> None:
        self.digits: list[frozenset[int]] = []
        self.follow: list[set[int]] = []

    def add(self, digits: frozenset[int]) -> _Part:
        self.digits.append(digits)
        self.follow.append(set())
        at = frozenset({len(self.digits) - 1})
        return _Part(nullable=False, first=at, last=at)

    def one_after_another(self, left: _Part, right: _Part) -> _Part:
        for at in left.last:
            self.follow[at] |= right.first
        return _Part(
            nullable=left.nullable and right.nullable,
            first=left.first | right.first if left.nullable else left.first,
            last=left.last | right.last if right.nullable else right.last,
        )


class _Parser:
    """Reads one pattern; a piece that is repeated is read again for each time."""

    def __init__(self, pattern: str, positions: _Positions) -> None:
        self._text = pattern
        self._at = 0
        self._positions = positions

    def parse(self) -> _Part:
        part = self._alternatives()
        if self._at != len(self._text):
            raise UnsupportedPatternError(self._text)
        return part

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, what: str) -> bool:
        if self._text.startswith(what, self._at):
            self._at += len(what)
            return True
        return False

    def _alternatives(self) -> _Part:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return _Part(
            nullable=any(part.nullable for part in parts),
            first=frozenset().union(*(part.first for part in parts)),
            last=frozenset().union(*(part.last for part in parts)),
        )

    def _sequence(self) -> _Part:
        part = _EMPTY
        while self._next() not in {"", "|", ")"}:
            part = self._positions.one_after_another(part, self._repeated())
        return part

    def _repeated(self) -> _Part:
        begins = self._at
        part = self._atom()
        if self._take("*"):
            self._positions.one_after_another(part, part)
            return _Part(nullable=True, first=part.first, last=part.last)
        least, most = self._count()
        whole = _EMPTY
        after = self._at
        for time in range(most):
            self._at = begins
            again = part if time == 0 else self._atom()
            if time >= least:
                again = _Part(nullable=True, first=again.first, last=again.last)
            whole = self._positions.one_after_another(whole, again)
        self._at = after
        return whole

    def _count(self) -> tuple[int, int]:
        if self._take("?"):
            return 0, 1
        if not self._take("{"):
            if self._next() == "+":
                raise UnsupportedPatternError(self._text)
            return 1, 1
        end = self._text.find("}", self._at)
        least, comma, most = self._text[self._at : end].partition(",")
        self._at = end + 1
        if end < 0 or not least.isdigit() or (comma and not most.isdigit()):
            raise UnsupportedPatternError(self._text)
        return int(least), int(most if comma else least)

    def _atom(self) -> _Part:
        if self._take("(?:") or self._take("("):
            part = self._alternatives()
            if not self._take(")"):
                raise UnsupportedPatternError(self._text)
            return part
        if self._take("["):
            return self._positions.add(self._class())
        return self._positions.add(self._digit())

    def _digit(self) -> frozenset[int]:
        if self._take("\\d"):
            return _DIGITS
        letter = self._next()
        if not (letter.isascii() and letter.isdigit()):
            raise UnsupportedPatternError(self._text)
        self._at += 1
        return frozenset({int(letter)})

    def _class(self) -> frozenset[int]:
        members: set[int] = set()
        while not self._take("]"):
            low = self._digit()
            if self._take("-"):
                high = self._digit()
                members |= set(range(min(low), max(high) + 1))
            else:
                members |= low
        return frozenset(members)
