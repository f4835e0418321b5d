"""Whether cells look like telephone numbers, where no header says what they are; pure.

Careful rather than clever: an id, a postcode, a date or an account that is taken for a
number would have strangers called.
"""

import re
from collections.abc import Sequence

from leads.headers import key
from leads.phone import parse_phone

_SHAPE = re.compile(r"\s*\+?[\d\s\u00a0().\-/]{7,24}\s*", re.ASCII)
_DIGITS = re.compile(r"\d", re.ASCII)
_FEWEST_DIGITS, _MOST_DIGITS = 8, 15

_OTHER_SHAPES = re.compile(
    r"(19|20)\d\d[-./ ]?(0[1-9]|1[0-2])[-./ ]?(0[1-9]|[12]\d|3[01])([ T].*)?"  # 2026-05-17
    r"|\d{1,2}[-./ ]\d{1,2}[-./ ](19|20)?\d\d([ T].*)?"  # 17.05.2026
    r"|(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d\d"  # 17052026
    r"|(19|20)\d\d ?[-/] ?(19|20)\d\d"  # 2025-2026
    r"|\d{5}-\d{3,4}"  # postcodes of Brazil and the United States
    r"|\d+[.,]\d{1,2}"  # an amount of money
)

_OTHER_NAMES = re.compile(
    r"nummer|number|numer|numara|nr|num$|no$|id$|ref|fax|faks|dat|kod|code|zip|post|konto|account"
    r"|fodsel|born|birth|belop|amount|sum|號|号|編|编|傳真|传真|日期|身分|身份"
)
"""What the key of a header holds that names another kind of number."""

_MOST = 0.7
"""The share of the filled cells of a column that must be numbers."""

_ENOUGH_FOR_A_SERIES = 5
_DENSE = 20
"""Ids that are counted up lie closer together than this, numbers of people do not."""


def looks_like_number(text: str) -> bool:
    """Tell whether a text has the shape of a telephone number of some country."""
    if not _SHAPE.fullmatch(text) or _OTHER_SHAPES.fullmatch(text.strip()):
        return False
    return _FEWEST_DIGITS <= len(_DIGITS.findall(text)) <= _MOST_DIGITS


def is_phone_column(name: str, cells: Sequence[str], *, region: str | None) -> bool:
    """Tell whether a column holds telephone numbers, by its values.

    Args:
        name: its header, which may speak against it.
        cells: its cells in the first rows.
        region: ISO 3166 country of numbers written without one, in capitals, or None.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or _OTHER_NAMES.search(key(name)):
        return False
    numbers = [cell for cell in filled if _is_number(cell, region)]
    return len(numbers) >= _MOST * len(filled) and not _is_series(numbers)


def _is_number(text: str, region: str | None) -> bool:
    return looks_like_number(text) and not isinstance(parse_phone(text, region=region), str)


def _is_series(numbers: Sequence[str]) -> bool:
    """Tell whether somebody counted up."""
    values = {int("".join(_DIGITS.findall(number))) for number in numbers if "+" not in number}
    if len(values) < _ENOUGH_FOR_A_SERIES:
        return False
    return max(values) - min(values) < _DENSE * len(values)
