"""The account of people called for nothing; pure.

Each answer pays in the share that may be abandoned, each abandoned call takes out one. What
is in it moves the risk that the pacer takes: so the share comes out right whatever is wrong
in the prediction. It moves it gently: a pacer that reacts to each abandoned call pays for its
jumps with agents who wait, and wins nothing by them.
"""

import math
from collections.abc import Mapping

from dialer.pacing.curves import numbers

_AIM = 0.98
"""Of the limit so much is used."""
_RESERVE, _RESERVE_SHARE = 2.0, 0.2
"""Calls kept back for the end of the day, and what is put aside of each payment until then."""
_MOST = 4.0
"""More is forfeited: a quiet morning does not pay for a bad half hour."""
_GAIN_ABOVE, _GAIN_BELOW = 0.2, 0.6
"""By how much a call too few or too many moves the logarithm of the risk."""
_HIGHEST_RISK = 0.3
_FAR_BELOW, _GAIN_FAR_BELOW = 6.0, 0.1
"""Beyond so many calls too many the risk falls slowly only: it is next to nothing already, and
a floor that stops and starts again abandons more than one that goes on with care."""
_LEAST_RISK = 1e-6
_LOWEST = -20.0
"""No day begins with more to make up for."""


class Account:
    """What may still be abandoned."""

    def __init__(self, limit: float) -> None:
        """Begin with nothing in it."""
        self.limit = limit
        self.balance = 0.0
        self.answered = 0
        self.abandoned = 0
        self._reserve = 0.0

    def answer(self) -> None:
        """Pay in for a person who answered."""
        self.answered += 1
        put_aside = min(_RESERVE - self._reserve, _RESERVE_SHARE * self.limit)
        self._reserve += put_aside
        self.balance = min(_MOST, self.balance + _AIM * self.limit - put_aside)

    def abandon(self) -> None:
        """Take out for a person who found nobody."""
        self.abandoned += 1
        self.balance -= 1.0

    @property
    def overdrawn(self) -> bool:
        """Tell whether no risk may be taken now."""
        return self.risk < _LEAST_RISK

    @property
    def risk(self) -> float:
        """Return how likely the next answer may be to find nobody.

        An empty account takes the limit itself: were the prediction right, no more would be
        abandoned.
        """
        too_few, too_many = max(0.0, self.balance), max(0.0, -self.balance)
        move = _GAIN_ABOVE * too_few - _GAIN_BELOW * min(too_many, _FAR_BELOW)
        move -= _GAIN_FAR_BELOW * max(0.0, too_many - _FAR_BELOW)
        return min(_HIGHEST_RISK, self.limit * math.exp(move))

    def save(self) -> dict[str, float]:
        """Return what is in it."""
        return {"balance": self.balance, "reserve": self._reserve}

    def load(self, saved: object) -> None:
        """Take up what was saved; what cannot be understood is left out."""
        if not isinstance(saved, Mapping):
            return
        for balance in numbers([saved.get("balance")]):
            self.balance = min(_MOST, max(_LOWEST, balance))
        for reserve in numbers([saved.get("reserve")]):
            self._reserve = min(_RESERVE, max(0.0, reserve))
