"""Telephone numbers hidden in what lists and notes say of people; pure.

Who does not dial a number must not read it either, wherever somebody has written it down.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from leads.model import masked

_WRITTEN = re.compile(r"[+(]*\d(?:[ .()/\u00a0\u2010-\u2015-]{0,3}\d)+")
"""Digits of any script, as people part them."""

_SHORTEST = 7
"""Digits of a number without its area that tell whose it is; fewer are anything."""

_TAIL = 8
"""Last digits by which a number is known, whatever stands before them: 0047, +47 (0)."""


def conceal(value: Any, numbers: Collection[str]) -> Any:
    """Return a value in which some numbers, however they are written, are masked.

    Args:
        value: a text, or mappings and sequences with texts in them; anything else stays.
        numbers: E.164.
    """
    if not numbers:
        return value
    if isinstance(value, str):
        return _WRITTEN.sub(lambda found: _concealed(found[0], numbers), value)
    if isinstance(value, Mapping):
        return {key: conceal(one, numbers) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [conceal(one, numbers) for one in value]
    return value


def _concealed(written: str, numbers: Collection[str]) -> str:
    digits = "".join(str(int(sign)) for sign in written if sign.isdecimal())
    local = digits.lstrip("0")
    for number in numbers:
        whole = number.removeprefix("+")
        if whole[-_TAIL:] in digits or (len(local) >= _SHORTEST and whole.endswith(local)):
            return masked(number)
    return written
