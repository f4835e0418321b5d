"""Texts folded so that two spellings of one thing become equal, or cleaned for a screen; pure.

Folding is for the headers of lead files and the question whether two names are one person's.
"""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_LETTERS = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"}
"""Letters that Unicode does not take apart into a plain letter and a mark."""

_APOSTROPHES = frozenset("'’ʼ`´")


class _Folding(dict[int, str]):
    """What becomes of each sign: asked once for every one that occurs."""

    def __missing__(self, point: int) -> str:
        sign = chr(point)
        if unicodedata.combining(sign) or sign in _APOSTROPHES:
            self[point] = ""
        elif sign.isalnum() or unicodedata.category(sign)[0] == "M":
            self[point] = sign
        else:
            self[point] = " "
        return self[point]


_SIGNS = _Folding(str.maketrans(_LETTERS))


def fold(text: str) -> str:
    """Return a text in lower case, without diacritics, its words parted by one space.

    Whatever is neither letter, digit nor mark parts words, except an apostrophe, which is
    dropped: "Kunde-Nr." gives "kunde nr", "O'Brien" gives "obrien".
    """
    plain = text.lower()
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text.casefold()).casefold()
    return " ".join(plain.translate(_SIGNS).split())


MOVING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")
"""What a terminal obeys instead of showing it: control characters, and turns of the direction."""


def printable(text: str) -> str:
    """Return a text without what would move the cursor: files and notes hold what people paste."""
    return MOVING.sub(" ", text)


def printable_lines(text: str) -> str:
    """Return a text with its lines kept, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))


def fold_name(name: str) -> str:
    """Return the key by which the same person is recognised, empty for no name.

    The words of the name are folded and sorted, so that "Nordmann, Ola", "OLA NORDMANN"
    and "Ola Nordmann" are one person. Initials, titles and nicknames are not guessed at.
    """
    return " ".join(sorted(fold(name).split()))


def did_you_mean(name: str, names: Iterable[str], *, see: str) -> str:
    """Return the clause that helps whoever named what does not exist.

    Args:
        name: what they wrote.
        names: what exists.
        see: the command that lists what exists, without "ringbank".
    """
    near = get_close_matches(name, list(names), n=1)
    return f"did you mean {near[0]!r}?" if near else f"see: ringbank {see}"
