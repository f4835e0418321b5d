"""How many more people may find nobody: a campaign's abandonment budget; pure.

Each rule that counts the campaign's calls has an account over its own period, and the
campaign's own limit has one besides. The account that is nearest to its limit decides.

A few answers prove nothing: one abandoned call among the first ten is ten per cent, and
says little of the share by the end of the day. An account is therefore spent

- where the soft limit is passed by more than chance explains: where the lower end of
  Wilson's interval for the share is above it; `abandoned - n * soft` is then more than
  `Z * sqrt(n * soft * (1 - soft))`, which is the same thing said in calls;
- or where the limit itself is passed, whatever chance explains: the law knows no interval.
  Predictive pacing is let go some calls further in the middle of a period: it makes up for them
  by itself, and a floor of thirty that stops at each of them is busy five points less;
- but never by one call. No share can be kept by whoever answers before the first hundred
  divided by the limit, and a floor that stops for one call learns nothing.

A limit of 0 allows none, and its account is always spent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from campaigns.abandonment import Share
from campaigns.model import FOR_READY_AGENTS, Campaign, DialMode
from campaigns.rules.model import (
    AbandonmentRule,
    AbandonPeriod,
    Confidence,
    Force,
)

Z = 1.645
"""One in twenty accounts that keep their soft limit is held back without need."""

_FORGIVEN = 1.0
_MADE_UP_FOR = 3.0
"""So many calls above the limit predictive pacing may be before it is held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What one rule leaves of its period.

    Attributes:
        rule: its id; `campaign` is the limit of the campaign file.
        abandoned: how many it counts as abandoned.
        answered: how many it divides by.
        limit: the share that may not be passed.
        soft_limit: the share to pace to, at most `limit`.
        slack: calls above the limit that the pacing makes up for by itself.
        estimated: how many of the abandoned are machines that may have been people.
    """

    rule: str
    abandoned: float
    answered: float
    limit: float
    soft_limit: float
    slack: float = 0.0
    estimated: float = 0.0

    @property
    def rate(self) -> float:
        """The share so far; 0 where nobody has answered."""
        return self.abandoned / self.answered if self.answered else 0.0

    @property
    def allowed(self) -> float:
        """How many calls may have been abandoned by now."""
        if not self.soft_limit:
            return 0.0
        soft = self.answered * self.soft_limit
        chance = Z * sqrt(soft * (1 - self.soft_limit))
        return max(_FORGIVEN, min(soft + chance, self.answered * self.limit + self.slack))

    @property
    def left(self) -> float:
        """How many more may be before it is spent; below 0: so many too many."""
        return self.allowed - self.abandoned

    @property
    def spent(self) -> bool:
        """Whether nobody may be called for whom no agent is free."""
        return self.left < 0 or not self.soft_limit

    @property
    def used(self) -> float:
        """What share of its allowance is gone, for comparing accounts."""
        return self.abandoned / self.allowed if self.allowed else 1.0


OWN_LIMIT = AbandonmentRule(
    id="campaign",
    force=Force.GUIDANCE,
    confidence=Confidence.HIGH,
    source=("the campaign file",),
    max_rate=None,
    period=AbandonPeriod.CAMPAIGN_BLOCKS,
    n=30,
    numerator=("abandoned", "connected_late"),
    denominator=("human_answered",),
    connect_within_s=2.0,
)
"""How the limit of a campaign file is measured, as the strictest laws do: in blocks of 30 days.

People whom machine detection took for machines are estimated only where a law says so: without a
test all of them count, and a campaign under no such law would never call ahead of its agents.
"""


def account(rule: AbandonmentRule, campaign: Campaign, share: Share | None) -> Account:
    """Return how a rule's account stands.

    Args:
        rule: one that counts calls of the campaign, or `OWN_LIMIT`.
        campaign: its limits narrow those of the rule.
        share: what the rule measures in the period that goes on; None: nobody answered yet.
    """
    limit = min(_given(rule.max_rate, campaign.abandon_limit), campaign.abandon_limit)
    soft_limit = min(
        limit,
        _given(rule.guard_rate, limit),
        _given(campaign.pace.soft_limit, limit),
    )
    return Account(
        rule=rule.id,
        abandoned=share.numerator if share else 0.0,
        answered=share.denominator if share else 0.0,
        limit=limit,
        soft_limit=soft_limit,
        slack=slack_of(campaign.mode),
        estimated=share.counters.get("amd_false_positive_estimate", 0.0) if share else 0.0,
    )


def slack_of(mode: DialMode) -> float:
    """Return how many calls above the limit a mode makes up for by itself."""
    return _MADE_UP_FOR if mode is DialMode.PREDICTIVE else 0.0


def _given(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def deciding(accounts: Iterable[Account]) -> Account | None:
    """Return the account that is nearest to its limit, or None where there is none.

    Of several that are as near the one with the lowest soft limit.
    """
    return max(accounts, key=lambda one: (one.spent, one.used, -one.soft_limit), default=None)


def has_own_limit(campaign: Campaign) -> bool:
    """Tell whether the limit of the campaign file counts where no rule of law does.

    In a broadcast nobody is called for an agent: whoever presses the key that asks for one
    does so by choice, and it is for the law alone to say that this counts.
    """
    return campaign.mode in FOR_READY_AGENTS
