"""What comes of holding results against the records of their calls, as values; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from campaigns.truth import Mark, Verdict
from campaigns.truth_findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A result that somebody should look at."""

    attempt_id: int
    campaign: str
    agent: str
    lead_id: int
    dialed_at: datetime
    disposition: str
    outcome: str
    talk_s: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What came of holding results against the records of their calls.

    Attributes:
        counted: agent -> mark -> how many results.
        marked: those that are not `ok`, in the order of their calls; none dialled by hand.
        not_judged: results whose calls go on.
    """

    counted: Mapping[str, Mapping[Mark, int]]
    marked: tuple[Marked, ...]
    findings: tuple[Finding, ...]
    not_judged: int

    @property
    def suspect(self) -> bool:
        """Something is there that somebody has to look into."""
        return bool(self.findings) or any(one.verdict.mark is Mark.SUSPECT for one in self.marked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A call of an agent of which the base has no result."""

    attempt_id: int
    dialed_at: datetime
    outcome: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody says elsewhere of an agent's day, beside what is recorded.

    Attributes:
        claimed: how many results they say there were.
        recorded: how many there are.
        by_hand: how many of these were dialled by hand.
        unmatched: the agent's calls of that day without a result.
    """

    agent: str
    on: date
    claimed: int
    recorded: int
    by_hand: int
    unmatched: tuple[Unmatched, ...]

    @property
    def difference(self) -> int:
        """How many more are claimed than recorded."""
        return self.claimed - self.recorded
