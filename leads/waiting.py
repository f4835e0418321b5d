"""The numbers of an import that have not been written yet, in the order of their digits; pure.

A list has its numbers in no order. Written as they come, each would land in another page of
the base, and ten million of them would write every page again and again. So they wait here,
some 24 bytes each, and go into the base sorted, every page once.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_WAITING = 12_000_000
"""Numbers that may wait before they have to be written: some 300 MB."""

_ROW = np.dtype([("number", "<i8"), ("lead", "<i8"), ("verdict", "<i4"), ("position", "<i4")])

Rows = NDArray[Any]
"""Records of number, lead, verdict and position, sorted by number."""


class Waiting:
    """Numbers of new leads; no two leads have the same one here."""

    def __init__(self) -> None:
        self._rows: Rows = np.empty(0, dtype=_ROW)

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        numbers: NDArray[np.int64],
        verdicts: NDArray[np.int64],
        lead_ids: NDArray[np.int64],
    ) -> None:
        """Let the numbers of some leads wait.

        Args:
            numbers: a row for each lead, the number to dial first in front, then zeros.
            verdicts: for each of them which verdict of the phone reader it has.
            lead_ids: of the leads.
        """
        rows, columns = np.nonzero(numbers)
        new = np.empty(len(rows), dtype=_ROW)
        new["number"] = numbers[rows, columns]
        new["verdict"] = verdicts[rows, columns]
        new["lead"] = lead_ids[rows]
        new["position"] = columns + 1
        new = new[np.argsort(new["number"])]
        places = np.searchsorted(self._rows["number"], new["number"])
        self._rows = np.insert(self._rows, places, new)

    def has(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of the numbers wait here."""
        known = self._rows["number"]
        places = np.searchsorted(known, numbers)
        found = np.zeros(len(numbers), dtype=np.bool_)
        inside = places < len(known)
        found[inside] = known[places[inside]] == numbers[inside]
        return found

    def take(self, numbers: NDArray[np.int64]) -> Rows:
        """Return, and forget, the leads that have these numbers, with all of their numbers."""
        places = np.searchsorted(self._rows["number"], numbers)
        theirs = np.isin(self._rows["lead"], self._rows["lead"][places])
        taken = self._rows[theirs]
        if len(taken):
            self._rows = self._rows[~theirs]
        return taken

    def take_all(self) -> Rows:
        """Return, and forget, everything."""
        taken, self._rows = self._rows, np.empty(0, dtype=_ROW)
        return taken
