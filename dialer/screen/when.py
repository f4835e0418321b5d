"""A promised time as it is typed in the middle of a talk: "18:30", "fri 18:30"; pure.

What is not understood goes on as it is: the desk reads every written moment, and says what is
wrong with the rest.
"""

import re
from datetime import datetime, timedelta

_CLOCK = re.compile(r"(?:(.+?)[ ,]+)?(\d{1,2})[:.](\d\d)", re.ASCII)
_IN = re.compile(r"\+\s?(\d{1,3})\s?(h|m|min|d)", re.ASCII)
_DAY_MONTH = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.?", re.ASCII)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY = 2

HINT = "their time: 18:30, tomorrow 18:30, fri 18:30, +2h, 2026-12-01 18:30"


def understood(text: str, local: datetime | None) -> datetime | None:
    """Return what a short form means on the person's own clock, or None.

    Args:
        text: as typed.
        local: the person's wall clock now, naive; None where nobody knows it.
    """
    words = " ".join(text.casefold().split())
    if local is None or not words:
        return None
    if later := _IN.fullmatch(words):
        unit = {"h": timedelta(hours=1), "d": timedelta(days=1)}.get(later[2], timedelta(minutes=1))
        return local.replace(second=0, microsecond=0) + int(later[1]) * unit
    clock = _CLOCK.fullmatch(words)
    if clock is None:
        return None
    try:
        at = local.replace(hour=int(clock[2]), minute=int(clock[3]), second=0, microsecond=0)
        return _on_day(at, clock[1], local)
    except ValueError:
        return None


def written(text: str, local: datetime | None) -> str:
    """Return a typed moment as the desk is told it: ISO 8601 where it was understood."""
    at = understood(text, local)
    return text.strip() if at is None else f"{at:%Y-%m-%dT%H:%M}"


def in_words(at: datetime, local: datetime) -> str:
    """Return a moment on the person's clock with its day, as one would say it."""
    days = (at.date() - local.date()).days
    near = {0: "today", 1: "tomorrow"}.get(days)
    day = f"{at:%A %Y-%m-%d}"
    return f"{near + ', ' if near else ''}{day}, {at:%H:%M} their time"


def _on_day(at: datetime, day: str | None, local: datetime) -> datetime | None:
    """Return a time of day on the day that a word names."""
    if day is None:  # the next time their clock shows it
        return at if at > local else at + timedelta(days=1)
    if day in ("today", "tomorrow"):
        return at + timedelta(days=int(day == "tomorrow"))
    if len(day) >= _SHORTEST_DAY:
        for number, name in enumerate(_DAYS):
            if name.startswith(day):
                ahead = (number - at.weekday()) % 7
                return at + timedelta(days=ahead or (0 if at > local else 7))
    if date := _DAY_MONTH.fullmatch(day):
        found = at.replace(day=int(date[1]), month=int(date[2]))
        return found if found > local else found.replace(year=found.year + 1)
    try:
        named = datetime.fromisoformat(day)
    except ValueError:
        return None
    if named.tzinfo is not None:
        return None
    return at.replace(year=named.year, month=named.month, day=named.day)
