"""A pacer on a modelled floor is told what is left of its budget, as the engine tells its own."""

from typing import Any

from campaigns.budget import OWN_LIMIT, Account
from dialer.pacing import Pacer


class Budgeted:
    """A pacer and the account of its campaign: all days of a run are one period of it."""

    def __init__(
        self, pacer: Pacer, *, limit: float, soft_limit: float | None, slack: float
    ) -> None:
        """Begin with nobody answered.

        Args:
            pacer: what decides.
            limit: the share of answers that may find nobody.
            soft_limit: the share to stay below, or None: that limit.
            slack: calls above the limit that the pacer makes up for by itself.
        """
        self._pacer = pacer
        self._limit = limit
        self._soft_limit = limit if soft_limit is None else min(limit, soft_limit)
        self._slack = slack
        self._answered = self._abandoned = 0
        self._tell()

    def observe(self, now: float, kind: str, call: Any = None, agent: Any = None) -> None:
        """Pass on what happened; count everybody who answered, as the ledger does."""
        self._pacer.observe(now, kind, call=call, agent=agent)
        if kind in ("connected", "abandoned", "left"):
            self._answered += 1
            self._abandoned += kind == "abandoned"
            self._tell()

    def calls_to_place(self, now: float) -> int:
        """Ask the pacer."""
        return self._pacer.calls_to_place(now)

    def _tell(self) -> None:
        account = Account(
            rule=OWN_LIMIT.id,
            abandoned=self._abandoned,
            answered=self._answered,
            limit=self._limit,
            soft_limit=self._soft_limit,
            slack=self._slack,
        )
        self._pacer.set_budget(account.rate, account.soft_limit, spent=account.spent)
