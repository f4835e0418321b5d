"""Moments as people write them: ISO 8601, with an offset or on somebody's own clock; pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from leads.errors import UsageError

_YEARS = range(2000, 2200)
"""Whatever lies outside is a slip, and at the ends of the calendar clocks cannot be changed."""


def read_moment(text: str, *, option: str) -> datetime:
    """Return a moment; it is naive where the text names no offset.

    Args:
        text: as written.
        option: whose value it is, for the error.

    Raises:
        UsageError: it is no moment of this age.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise UsageError(
            f"{option} {text!r} is no moment; write it like 2026-12-01T18:30 or 2026-12-01T17:30Z"
        )
    return moment


def on_clocks(moment: datetime, zones: Sequence[str]) -> tuple[datetime, ...]:
    """Return the different moments at which clocks in the zones show a naive moment."""
    found = {moment.replace(tzinfo=ZoneInfo(zone)).timestamp(): zone for zone in zones}
    return tuple(moment.replace(tzinfo=ZoneInfo(found[at])) for at in sorted(found))
