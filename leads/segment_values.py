"""What the texts in lead files mean as numbers and days, for comparisons; pure.

SQLite asks these functions row by row; `leads.expressions` says the same in PostgreSQL's words,
and the tests hold the two against each other.
"""

import re

NUMBER = "^[+-]?[0-9]{1,15}([.,][0-9]{1,6})?$"
"""A number in a cell; both databases read this pattern."""
ISO_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
"""A day at the beginning of a cell; a time of the day may follow."""
DOTTED_DAY = "^[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}$"

_NUMBER = re.compile(NUMBER)
_ISO_DAY = re.compile(ISO_DAY)
_DOTTED_DAY = re.compile(DOTTED_DAY)


def lower(text: str | None) -> str | None:
    """Return a text in lower case, letters beyond ASCII too."""
    return None if text is None else text.lower()


def number_in(text: str | None) -> float | None:
    """Return the number that a whole cell holds, or None: "12", "-3,5" or "3.5"."""
    if text is None or not _NUMBER.match(text) or text.endswith("\n"):
        return None
    return float(text.replace(",", "."))


def day_in(text: str | None) -> str | None:
    """Return the day a cell holds as "2026-11-01", or None; "1.11.2026" is the same one.

    Whether the calendar has the day is not asked: it only has to have its place in the order.
    """
    if text is None:
        return None
    if _ISO_DAY.match(text):
        return text[: len("2026-11-01")]
    if _DOTTED_DAY.match(text) and not text.endswith("\n"):
        day, month, year = text.split(".")
        return f"{year}-{month:0>2}-{day:0>2}"
    return None
