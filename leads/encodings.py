"""Which encoding the bytes of a lead file are in; pure.

A byte order mark decides, then the zeros of UTF-16, then valid UTF-8. Else every candidate reads the bytes and
the one that makes the most of them letters of its own languages is taken; a region
tips the scales between candidates that read the same bytes equally well.
"""

import codecs
from collections import Counter
from collections.abc import Iterator
from functools import cache

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 stands before UTF-16, whose mark is the beginning of its own."""

_ALPHABETS = {
    "cp1254": "çğıİöşüâîû",
    "cp1252": "æøåäöüßéèêëàáâçñóôúùíîïœãõ",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžäôľĺŕöőüűăâîşţđ",
}
"""Letters that texts in each of the one-byte encodings are expected to have.

Turkish stands first: its letters are in it alone, what it shares with the West is equal.
"""

_HABITS = {
    "cp1250": "AL BA CZ HR HU ME PL RO RS SI SK",
    "cp1254": "AZ CY TR",
    "cp950": "HK MO TW",
    "gb18030": "CN SG",
}
"""Where an encoding was in use before UTF-8; cp1252 everywhere else."""

_HABIT_BONUS = 0.05
"""How much a region tips the scales, as a share of the letters beyond ASCII."""

_ZEROS = 4
"""UTF-16 without a mark has a zero among this many bytes, and so few in the other places."""

_PUNCTUATION = "\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u00a0\u20ac\u00b0\u3000\u3001\u3002"
_FULL_WIDTH = "\uff08\uff09\uff0c\uff1a\uff0d\uff0e\uff0f"


def guess_encoding(head: bytes, *, whole: bool, region: str | None) -> str:
    """Return the name of the encoding that the bytes are most plausibly in.

    Args:
        head: the beginning of the file.
        whole: the head is the whole file; else its last letter may be cut in two.
        region: ISO 3166 country the file is said to come from, or None.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if wide := _without_mark(head):
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        scores = {name: _plausibility(head, name) for name in ("utf-8", *_ALPHABETS, *_GRIDS)}
        scores[_habit(region)] += _HABIT_BONUS if region else 0
        return max(scores, key=scores.__getitem__)
    return "utf-8"


def _without_mark(head: bytes) -> str | None:
    """Return which UTF-16 it is whose every second byte is mostly zero, as of Latin letters."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) < 2 * _ZEROS or max(even, odd) * _ZEROS < len(head):
        return None
    if min(even, odd) * _ZEROS > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _habit(region: str | None) -> str:
    return next((name for name, where in _HABITS.items() if region in where.split()), "cp1252")


def _plausibility(head: bytes, encoding: str) -> float:
    """Return the share of the letters beyond ASCII that one expects, 0 to 1."""
    letters = Counter(head.decode(encoding, "replace"))
    beyond = {letter: count for letter, count in letters.items() if not letter.isascii()}
    if encoding == "utf-8":
        expected = sum(count for letter, count in beyond.items() if letter != "\ufffd")
    else:
        usual = _usual(encoding)
        expected = sum(count for letter, count in beyond.items() if letter in usual)
    return expected / max(1, sum(beyond.values()))


@cache
def _usual(encoding: str) -> frozenset[str]:
    alphabet = _ALPHABETS.get(encoding)
    if alphabet is not None:
        return frozenset(alphabet + alphabet.upper() + _PUNCTUATION)
    return frozenset((*_grid(encoding), *_PUNCTUATION, *_FULL_WIDTH))


_GRIDS = {
    "cp950": (range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF))),
    "gb18030": (range(0xB0, 0xD8), tuple(range(0xA1, 0xFF))),
}
"""The first and second bytes of the characters in common use: level 1 of Big5 and GB 2312.

Text read in the wrong one of the two lands among the rare characters of the rest.
"""


def _grid(encoding: str) -> Iterator[str]:
    firsts, seconds = _GRIDS[encoding]
    for first in firsts:
        for second in seconds:
            yield from bytes((first, second)).decode(encoding, "ignore")
