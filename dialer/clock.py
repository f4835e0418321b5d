"""The engine's clock: the machine's own, or, in the lab alone, one set to another moment.

A made-up clock decides who may be called, so it is accepted from nobody but our own lab:
`dialer.engine` asks the AMI server for the lab's marker before the first call, and every
attempt made under such a clock is marked ``lab`` in the ledger.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time; `offset` is what it is ahead of the machine's clock."""

    offset: timedelta = timedelta()

    @classmethod
    def set_to(cls, moment: datetime) -> "Clock":
        """Return a clock that shows an aware moment now and runs on from there."""
        return cls(moment - datetime.now(UTC))  # noqa: TID251  (this is the edge)

    @property
    def is_real(self) -> bool:
        """Tell whether it shows the machine's time."""
        return not self.offset

    def now(self) -> datetime:
        """Return the moment, aware UTC."""
        return datetime.now(UTC) + self.offset  # noqa: TID251  (this is the edge)

    def at_epoch(self, seconds: float) -> datetime:
        """Return the moment of a time stamp that Asterisk took from its machine's clock."""
        return datetime.fromtimestamp(seconds, UTC) + self.offset


def elapsed_s() -> float:
    """Return seconds on a clock that never runs back; only differences mean anything."""
    return time.monotonic()
