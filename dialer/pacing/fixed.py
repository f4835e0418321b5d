"""Pacers that do not predict: a fixed number of calls for each free agent; pure.

They learn all the same, so that a campaign may change its mode in the middle of the day.
"""

import math
from typing import Any

from dialer.pacing.pacer import Ahead, Pacer


class Progressive(Pacer):
    """Places one call for each free agent."""

    _ratio = 1.0

    @property
    def _out_of_budget(self) -> bool:
        """Tell whether each free agent gets one call and no more: only if that was said."""
        return self._spent

    def _wish(self, ahead: Ahead) -> int:
        """Return what is missing to the fixed number."""
        del ahead  # nothing is predicted
        return math.floor(self._ratio * max(0, self._books.free)) - len(self._books.flights)


class Ratio(Progressive):
    """Places a fixed number of calls for each free agent; one while the budget is spent."""

    def __init__(self, ratio: float, *limits: float, **words: Any) -> None:
        """Begin as `Pacer` does, with its arguments; `ratio`: calls for each free agent."""
        super().__init__(*limits, **words)
        self._ratio = ratio
