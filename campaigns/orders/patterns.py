"""Whether a pattern is one that no text can keep busy for long; pure.

Python tries every way in which a pattern may fit. Here the ways are counted before the
pattern is used: each repetition multiplies them by the number of its lengths, each
alternative by the number of its branches.
"""

import re

LONGEST_MATCHED = 100
"""Letters of a text that is held against a pattern."""

_LONGEST_PATTERN = 200
_MOST_WAYS = 1_000_000
_REPEAT = re.compile(r"[*+?]|\{([0-9]{1,3})(,([0-9]{0,3}))?\}")
_SET_OPERATION = re.compile(r"(?<!\\)\[|--|&&|~~|\|\|")
"""What may come to mean something else within a class of letters."""
_UNUSUAL = re.compile(r"\\[0-9gkuUxN]")


def why_unusable(pattern: str) -> str | None:
    """Return why a pattern cannot be used, or None.

    Args:
        pattern: a regular expression as Python has it.
    """
    if len(pattern) > _LONGEST_PATTERN:
        return f"is longer than {_LONGEST_PATTERN} letters"
    if _UNUSUAL.search(pattern):
        return "may not refer to its own groups or to letters by number"
    try:
        ways = _ways(pattern)
        re.compile(pattern)
    except (re.error, ValueError, OverflowError, RecursionError) as fault:
        return f"is no usable pattern: {fault}"
    if ways > _MOST_WAYS:
        return "can fit in too many ways; use fewer *, + and ? or say how often, like {1,4}"
    return None


def _ways(pattern: str) -> int:
    try:
        return _Counter(pattern).whole()
    except IndexError:  # it ends too early, which the compiler says better
        return 1


class _Counter:
    """Counts the ways in which a pattern may fit a text of the longest kind."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def whole(self) -> int:
        return self._branches()

    def _branches(self) -> int:
        branches, ways = 1, self._row()
        while self._pattern[self._at : self._at + 1] == "|":
            self._at += 1
            branches += 1
            ways = max(ways, self._row())
        return _capped(ways * branches)

    def _row(self) -> int:
        ways = 1
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            ways = _capped(ways * self._repeated(self._one()))
        return ways

    def _one(self) -> int:
        """Read one letter, class or group; return the ways inside."""
        letter = self._pattern[self._at]
        if letter == "(":
            return self._group()
        if letter == "[":
            self._class()
        else:
            self._at += 2 if letter == "\\" else 1
        return 1

    def _group(self) -> int:
        self._at += 1
        if self._pattern[self._at : self._at + 1] == "?":
            if self._pattern[self._at : self._at + 2] != "?:":
                raise ValueError("groups may only begin with ( or (?:")
            self._at += 2
        ways = self._branches()
        self._at += 1
        return ways

    def _class(self) -> None:
        self._at += 1
        if self._pattern[self._at] == "^":
            self._at += 1
        first = self._at
        while self._pattern[self._at] != "]" or self._at == first:
            self._at += 2 if self._pattern[self._at] == "\\" else 1
        if _SET_OPERATION.search(self._pattern[first : self._at]):
            raise ValueError(r"write \[, \- and \& within [ and ]")
        self._at += 1

    def _repeated(self, inside: int) -> int:
        found = _REPEAT.match(self._pattern, self._at)
        if found is None:
            return inside
        self._at = found.end()
        if self._pattern[self._at : self._at + 1] in {"?", "+"}:  # as few, or no way back
            self._at += 1
        low, high = _bounds(found)
        ways = _capped((high - low + 1) * _power(inside, high))
        return max(ways, 1)


def _bounds(found: re.Match[str]) -> tuple[int, int]:
    signs = {"?": (0, 1), "*": (0, LONGEST_MATCHED), "+": (1, LONGEST_MATCHED)}
    if found[0] in signs:
        return signs[found[0]]
    low = int(found[1])
    if found[2] is None:
        return low, low
    return low, int(found[3]) if found[3] else max(low, LONGEST_MATCHED)


def _power(ways: int, times: int) -> int:
    result = 1
    for _ in range(times if ways > 1 else 0):
        result = _capped(result * ways)
    return result


def _capped(ways: int) -> int:
    return min(ways, _MOST_WAYS + 1)
