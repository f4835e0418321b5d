"""A forecast as lines of a terminal: a day on each, a column for each hour; pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from campaigns.forecast import HOUR, Forecast

_LEVELS = "▁▂▃▄▅▆▇█"
_NOBODY = "·"
_NO_HOUR = " "
_HOURS_A_DAY = 24
_DAY_WIDTH = 10


@dataclass(slots=True)
class _Day:
    """The hours of one day by the hour that clocks show; clocks put back show one twice."""

    hours: dict[int, int] = field(default_factory=dict)

    def add(self, hour: int, people: int) -> None:
        self.hours[hour] = max(people, self.hours.get(hour, 0))

    def bar(self, most: int) -> str:
        return "".join(_cell(self.hours.get(hour), most) for hour in range(_HOURS_A_DAY))

    def words(self) -> str:
        some = [hour for hour, people in self.hours.items() if people]
        if not some:
            return "nobody"
        top = max(self.hours.values())
        at = next(hour for hour in some if self.hours[hour] == top)
        return f"{top:>11,} at {at:02}, from {min(some):02} to {max(some) + 1:02}"


def day_lines(found: Forecast, zone: tzinfo | None) -> Iterator[str]:
    """Yield a bar for each day, all drawn to one scale, at most 80 columns wide.

    Args:
        found: the forecast.
        zone: whose clock the columns show; None: that of the machine.
    """
    days: dict[date, _Day] = defaultdict(_Day)
    for number, people in enumerate(found.hours):
        local = _on_clock(found.begin + number * HOUR, zone)
        days[local.date()].add(local.hour, people)
    most = max(found.hours, default=0)
    yield f"{'':{_DAY_WIDTH}}  {'0     6     12    18':24}  {'most at once':>14}"
    for day, hours in days.items():
        yield f"{day:%a %d %b}  {hours.bar(most)}  {hours.words()}".rstrip()


def _on_clock(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.astimezone(zone)


def _cell(people: int | None, most: int) -> str:
    if people is None:
        return _NO_HOUR
    if not people:
        return _NOBODY
    return _LEVELS[(people * len(_LEVELS) - 1) // most]
