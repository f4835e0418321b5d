"""Texts folded so that two spellings of one thing become equal; pure.

Used for the headers of lead files and for the question whether two names are one person's.
"""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters that Unicode does not take apart into a plain letter and a mark."""

_APOSTROPHES = frozenset("'’ʼ`´")

_ASCII = str.maketrans(
    {
        letter: "" if letter in _APOSTROPHES else " "
        for letter in map(chr, range(128))
        if not letter.isalnum()
    }
)
"""What most names need, and all of it: ten times as fast as asking for every letter."""


def fold(text: str) -> str:
    """Return a text in lower case, without diacritics, its words parted by one space.

    Whatever is neither letter, digit nor mark parts words, except an apostrophe, which is
    dropped: "Kunde-Nr." gives "kunde nr", "O'Brien" gives "obrien".
    """
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII).split())
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_LETTERS)
    kept = (
        letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " "
        for letter in plain
        if not unicodedata.combining(letter) and letter not in _APOSTROPHES
    )
    return " ".join("".join(kept).split())


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
