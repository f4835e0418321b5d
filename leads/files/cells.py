"""A value of a spreadsheet or a Parquet file as the text that a CSV file would hold; pure."""

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal

Value = None | int | float | str | bool | bytes | Decimal | time | date | datetime | timedelta
"""What such a file can hold in one cell."""


def text_of(value: Value) -> str:
    """Return a value as text; a telephone number is often a float, a missing one NaN."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return str(value).lower()
        case float() | Decimal():
            return _number(value)
        case datetime() if value.timetz() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "surrogateescape").strip()
        case _:
            return str(value)


def _number(value: float | Decimal) -> str:
    if math.isnan(value):
        return ""
    if math.isfinite(value) and value == int(value):
        return str(int(value))
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
