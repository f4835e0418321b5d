"""What a pacer decided, and what it saw; pure."""

from dataclasses import dataclass
from enum import StrEnum


class Bound(StrEnum):
    """What kept a pacer from placing more calls."""

    NOBODY = "nobody"  # no agent is in
    AGENTS = "agents"  # the answers that are due take up the agents who will be free
    BUDGET = "budget"  # too many were called for nothing: one call for each free agent
    LINES = "lines"  # as many calls are in flight as may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer to `calls_to_place`; times in seconds, shares from 0 to 1.

    Attributes:
        calls: how many to place now.
        bound: what kept it from being more.
        ready: agents who are free.
        waiting: people who wait for an agent.
        in_flight: calls of which nothing is known yet.
        answers: how many of those are expected to need an agent within the horizon.
        freed: how many busy agents are expected to be free by then.
        horizon_s: how far ahead was looked; 0 where nothing is predicted.
        answer_rate: the share of calls that a person answers; None where it is not asked for.
        risk: how likely one more answer was allowed to be to find nobody.
        abandoned: the share of answers that found nobody; None while nobody answered.
        limit: the share that may.
    """

    calls: int
    bound: Bound
    ready: int
    waiting: int = 0
    in_flight: int = 0
    answers: float = 0.0
    freed: float = 0.0
    horizon_s: float = 0.0
    answer_rate: float | None = None
    risk: float = 0.0
    abandoned: float | None = None
    limit: float = 0.03

    @property
    def text(self) -> str:
        """Say in one line what was decided and why."""
        if self.bound is Bound.NOBODY:
            return "no calls: no agent is in"
        facts = [_counted(self.ready, "agent", "agents") + " free"]
        if self.waiting:
            facts.append(f"{self.waiting} waiting for one")
        if round(self.freed):
            facts.append(f"{round(self.freed)} expected in {self.horizon_s:.0f} s")
        if self.in_flight:
            due = f", {self.answers:.1f} answers due" if self.horizon_s else ""
            facts.append(f"{self.in_flight} in flight{due}")
        if self.answer_rate is not None:
            facts.append(f"answer rate {self.answer_rate:.0%}".replace("%", " %"))
        used = "" if self.abandoned is None else f"{100 * self.abandoned:.1f} of "
        facts.append(f"budget {used}{100 * self.limit:.1f} %")
        if self.bound is Bound.BUDGET:
            facts.append("spent: one call for each free agent")
        elif self.bound is Bound.LINES:
            facts.append("held back by the lines")
        return f"{_counted(self.calls, 'call', 'calls')}: {', '.join(facts)}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
