"""Moments as people write them: ISO 8601, or day first with dots; pure.

Those that name no offset are on somebody's own clock, and the caller says whose.
"""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from leads.errors import NotAllowedError, UsageError

_YEARS = range(2000, 2200)
"""Whatever lies outside is a slip, and at the ends of the calendar clocks cannot be changed."""

_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)(.*)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?!\d)(.*)", re.ASCII)
_CLOCK = re.compile(r"(?:T|,?\s+)(\d{1,2})[:.](\d\d)(.*)", re.ASCII)


def written_moment(text: str, *, zone: tzinfo) -> datetime | None:
    """Return the aware moment that a text means, or None where it is none of this age.

    It reads ISO 8601 in full, and looser what lists hold: "3.11.2025", "03.11.2025 14:05",
    "2025/11/03 9:05". A date alone is the start of that day. With slashes and the year
    last nobody knows which is the month, and so that is no moment.

    Args:
        text: as written.
        zone: whose clock shows a moment that names no offset.
    """
    moment = _iso(text.strip())
    if moment is None or moment.year not in _YEARS:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _iso(text: str) -> datetime | None:
    if day_first := _DAY_FIRST.fullmatch(text):
        day, month, year, rest = day_first.groups()
    elif year_first := _YEAR_FIRST.fullmatch(text):
        year, month, day, rest = year_first.groups()
    else:
        return _parsed(text)
    if clock := _CLOCK.fullmatch(rest):
        hour, minute, finer = clock.groups()
        rest = f"T{hour:0>2}:{minute}{finer}"
    return _parsed(f"{year}-{month:0>2}-{day:0>2}{rest}")


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def read_moment(text: str, *, option: str) -> datetime:
    """Return a moment; it is naive where the text names no offset.

    Args:
        text: as written.
        option: whose value it is, for the error.

    Raises:
        UsageError: it is no moment of this age.
    """
    moment = _parsed(text)
    if moment is None or moment.year not in _YEARS:
        raise UsageError(
            f"{option} {text!r} is no moment; write it like 2026-12-01T18:30 or 2026-12-01T17:30Z"
        )
    return moment


def on_clocks(moment: datetime, zones: Sequence[str]) -> tuple[datetime, ...]:
    """Return the different moments at which clocks in the zones show a naive moment."""
    found = {moment.replace(tzinfo=ZoneInfo(zone)).timestamp(): zone for zone in zones}
    return tuple(moment.replace(tzinfo=ZoneInfo(found[at])) for at in sorted(found))


def one_clock(now: datetime, zones: Sequence[str]) -> datetime | None:
    """Return a moment on the clock of the zones, or None where they disagree or there is none."""
    clocks = {at.replace(tzinfo=None): at for at in (now.astimezone(ZoneInfo(z)) for z in zones)}
    return next(iter(clocks.values())) if len(clocks) == 1 else None


def here(moment: datetime) -> str:
    """Return an aware moment as whoever sits at this machine reads it: "2026-12-01 18:30"."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def on_their_clock(text: str, zones: Sequence[str], *, option: str) -> datetime:
    """Return a promised moment; without an offset it is the person's own clock.

    Args:
        text: as written.
        zones: where the person may be.
        option: whose value it is, for the error.

    Raises:
        UsageError: it is no moment.
        NotAllowedError: nobody knows what time it is where the person is.
    """
    moment = read_moment(text, option=option)
    if moment.tzinfo is not None:
        return moment
    moments = on_clocks(moment, zones)
    if not moments:
        raise NotAllowedError(
            "where this person is, is not known; ask them, and give "
            f"{option} an offset, like +01:00"
        )
    return moments[-1]  # of several possible zones the last: not earlier than promised
