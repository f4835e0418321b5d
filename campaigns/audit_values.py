"""What an audit of past calls comes to, as values; pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.abandonment import Share
from campaigns.decision import Refusal
from campaigns.rules.model import AbandonmentRule


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """A past call that its own rules would not have allowed.

    Attributes:
        judged_at: the moment at which it had to be allowed: when it was dialed, or when the
            agent took the person whom they dialed by hand.
    """

    attempt_id: int
    lead_id: int
    mode: str
    dialed_at: datetime
    judged_at: datetime
    rule_set: str
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandonment:
    """What one rule measures; the shares the worst first."""

    rule: AbandonmentRule
    shares: tuple[Share, ...]


@dataclass(slots=True, kw_only=True)
class Audit:
    """What came out.

    Attributes:
        attempts: how many were looked at: `allowed`, not allowed or not judged.
        not_judged: by why, how many could not be judged.
        unknown: by what, of how many it could not be looked at.
        abandonment: for each rule that concerns the campaign.
        not_measured: answered calls that are in no share, since their rules are not known.
    """

    attempts: int = 0
    allowed: int = 0
    not_allowed: list[NotAllowed] = field(default_factory=list)
    not_judged: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    abandonment: tuple[Abandonment, ...] = ()
    not_measured: int = 0
