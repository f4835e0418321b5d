"""How much room a trunk has: its lines and its calls a second; pure but for its own count."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A route out, as the configuration names it.

    Attributes:
        channel: what Asterisk dials, `{number}` standing for E.164 with its plus.
        max_calls: calls at a time, agents' own lines included.
        max_calls_per_second: calls begun in any one second.
        caller_ids: the numbers that may be shown, E.164.
    """

    name: str
    channel: str
    max_calls: int
    max_calls_per_second: int
    caller_ids: tuple[str, ...]


@dataclass(slots=True)
class Lines:
    """The lines of one trunk in use, and when the last ones were begun."""

    trunk: Trunk
    used: int = 0
    _begun: deque[float] = field(default_factory=deque)

    def room(self, at_s: float) -> int:
        """Return how many calls may be begun at this moment of a monotonic clock."""
        while self._begun and self._begun[0] <= at_s - 1.0:
            self._begun.popleft()
        lines = self.trunk.max_calls - self.used
        rate = self.trunk.max_calls_per_second - len(self._begun)
        return max(0, min(lines, rate))

    def begin(self, at_s: float) -> None:
        """Count a call that is begun."""
        self.used += 1
        self._begun.append(at_s)

    def adopt(self) -> None:
        """Count a call that was begun by somebody else and goes on."""
        self.used += 1

    def end(self) -> None:
        """Count a call that is over."""
        self.used -= 1

    @property
    def full(self) -> bool:
        """Tell whether every line is in use."""
        return self.used >= self.trunk.max_calls
