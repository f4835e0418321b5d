"""A campaign to start from, and moments in few letters."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from campaigns.dispositions import BUILT_IN
from campaigns.model import Campaign, DialMode, Hours, Outcome, Retry, Window

CAMPAIGN = Campaign(
    name="tariff-switch",
    lists=("bought-base-2026",),
    mode=DialMode.PROGRESSIVE,
    trunk="main",
    caller_id="+4721000000",
    seller="Example Telecom AS",
    purpose="sales",
    audience="consumer",
    retry={
        Outcome.BUSY: Retry(after=timedelta(minutes=15), max=3),
        Outcome.NO_ANSWER: Retry(after=timedelta(hours=4), max=4),
    },
    dispositions=BUILT_IN,
)


def campaign(**changes: object) -> Campaign:
    return replace(CAMPAIGN, **changes)  # type: ignore[arg-type]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def windows(*texts: str) -> tuple[Window, ...]:
    """windows("10:00-20:00") as a campaign file's [["10:00", "20:00"]]."""
    pairs = [text.split("-") for text in texts]
    return tuple((_time(start), _time(end)) for start, end in pairs)


def hours(days: Mapping[int, tuple[Window, ...]] | tuple[Window, ...]) -> Hours:
    """The same windows every day, or those of the days given (Monday is 0)."""
    if isinstance(days, tuple):
        return Hours(days=(days,) * 7)
    return Hours(days=tuple(days.get(day, ()) for day in range(7)))


def _time(text: str) -> time:
    return time.min if text == "24:00" else time.fromisoformat(text)
