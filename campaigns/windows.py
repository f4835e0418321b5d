"""The windows of a day as files write them, read and written; pure."""

import re
from collections.abc import Mapping
from datetime import time
from itertools import pairwise

from campaigns.fields import Section, shown
from campaigns.model import Window

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DAY_KEYS: Mapping[str, tuple[int, ...]] = {
    "all": (0, 1, 2, 3, 4, 5, 6),
    "mon_sat": (0, 1, 2, 3, 4, 5),
    "mon_fri": (0, 1, 2, 3, 4),
    "sat_sun": (5, 6),
    **{name: (day,) for day, name in enumerate(WEEKDAYS)},
}
"""The keys of days, the widest first: whatever comes later overrides what came before."""

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MIDNIGHT = "24:00"


def read_days(hours: Section) -> tuple[tuple[tuple[Window, ...], ...], bool]:
    """Return the windows of each weekday, and whether every one could be read."""
    days: list[tuple[Window, ...]] = [()] * len(WEEKDAYS)
    understood = True
    for key, covered in DAY_KEYS.items():
        windows = read_windows(hours, key)
        understood = understood and windows is not None
        if hours.has(key):
            for day in covered:
                days[day] = windows or ()
    return tuple(days), understood


def read_windows(hours: Section, key: str) -> tuple[Window, ...] | None:
    """Return the windows of one key in their order, or None if one cannot be used."""
    items = hours.value(key, list, 'a list of windows like [["10:00", "20:00"]]')
    if not isinstance(items, list):
        return None if hours.has(key) else ()
    windows = [
        _window(hours, f"{key}[{number}]", item) for number, item in enumerate(items, start=1)
    ]
    usable = sorted((window for window in windows if window), key=lambda window: window[0])
    for (_, end), (start, _) in pairwise(usable):
        if start < end or end == time.min:
            hours.refuse(key, f"its windows overlap at {start:%H:%M}")
            return None
    return tuple(usable) if len(usable) == len(items) else None


def write_day(windows: tuple[Window, ...]) -> str:
    """Return the windows of a day in words: "08:00-12:00, 14:00-24:00", or "closed"."""
    return ", ".join(map(_written, windows)) or "closed"


def _window(hours: Section, where: str, item: object) -> Window | None:
    match item:
        case [str(first), str(last)] if _CLOCK.fullmatch(first) and (
            last == _MIDNIGHT or _CLOCK.fullmatch(last)
        ):
            if first < last:
                end = time.min if last == _MIDNIGHT else time.fromisoformat(last)
                return time.fromisoformat(first), end
            hours.refuse(where, f"must end after it starts, unlike {first} to {last}")
        case _:
            hours.refuse(where, f'must be like ["10:00", "20:00"], not {shown(item)}')
    return None


def _written(window: Window) -> str:
    start, end = window
    return f"{start:%H:%M}-{_MIDNIGHT if end == time.min else f'{end:%H:%M}'}"
