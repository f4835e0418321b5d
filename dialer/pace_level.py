"""The dial level of a campaign: how many calls, why so many, what is left; pure."""

from dataclasses import dataclass, replace
from typing import Any

from campaigns.budget import Account
from dialer.pacing import Bound, Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What a campaign's pacing comes to at one moment.

    Attributes:
        decision: what its pacer decided last, and what it saw.
        granted: for how many of the calls that it wants there is room.
        trunk: the one through which they go.
        account: the budget account that decides, or None: no limit holds.
        counted: the budget is counted up to now; before that it allows no risk.
        is_broadcast: people hear a message, and may ask for an agent.
    """

    decision: Decision
    granted: int
    trunk: str
    account: Account | None = None
    counted: bool = True
    is_broadcast: bool = False

    @property
    def calls(self) -> int:
        """How many calls there are to be: in flight, and about to be placed."""
        return self.decision.in_flight + self.granted

    @property
    def limit(self) -> str | None:
        """What keeps the campaign from as many calls as its pacer would place, or None."""
        if not self.counted:
            return "the budget is still being counted: one call for each free agent"
        if self.granted < self.decision.calls:
            wanted = self.decision.calls
            return f"limited by trunk {self.trunk!r}: {self.granted} of {wanted} more"
        return None

    @property
    def held(self) -> str | None:
        """Why a broadcast calls nobody at all, or None: too many asked for an agent in vain."""
        account = self.account
        if not self.is_broadcast or account is None or not account.spent:
            return None
        if self.decision.bound is not Bound.NOBODY:
            return None
        return (
            f"{account.abandoned:g} of {account.answered:g} who answered asked for an agent and "
            f"found none, and rule {account.rule} allows {100 * account.soft_limit:g} %; have an "
            "agent take calls: ringbank agents login NAME"
        )

    def __str__(self) -> str:
        """Return it in one line, as `status` shows it."""
        told = replace(self.decision, calls=self.calls).text
        if self.account is not None and self.account.spent and self.account.estimated:
            told += (
                f" ({self.account.estimated:.3g} of {self.account.abandoned:.3g} abandoned are machines "
                "that may have been people, until some are judged: ringbank amd review)"
            )
        return told if self.limit is None else f"{told}, {self.limit}"

    def document(self) -> dict[str, Any]:
        """Return what other processes are told."""
        seen = self.decision
        return {
            "calls": self.calls,
            "in_flight": seen.in_flight,
            "bound": "trunk" if self.granted < seen.calls else seen.bound.value,
            "agents_free": max(0, seen.ready - seen.waiting),
            "agents_expected": round(seen.freed, 2),
            "answers_expected": round(seen.answers, 2),
            "horizon_s": round(seen.horizon_s, 1),
            "answer_rate": None if seen.answer_rate is None else round(seen.answer_rate, 4),
            "budget": self.account and _budget(self.account),
            "budget_counted": self.counted,
            "text": str(self),
        }


def _budget(account: Account) -> dict[str, Any]:
    return {
        "rule": account.rule,
        "abandoned": round(account.abandoned, 2),
        "answered": round(account.answered, 2),
        "rate": round(account.rate, 5),
        "soft_limit": account.soft_limit,
        "limit": account.limit,
        "left": round(account.left, 2),
        "estimated": round(account.estimated, 2),
        "spent": account.spent,
    }
