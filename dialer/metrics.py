"""What an engine's snapshot shows to monitoring, as metrics of Prometheus; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily

from campaigns.model import AgentState
from dialer.progress import Progress

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Values of the labels, and of the metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An engine at one moment, for those who look from another thread.

    Attributes:
        at: on the machine's clock.
        at_s: the same on the clock that never runs back.
        engine_now: the same on the engine's clock, which in the lab may be another one.
    """

    at: datetime
    at_s: float
    engine_now: datetime
    progress: Progress


def metrics(engine: str, began_at: datetime, shown: Snapshot | None) -> Iterator[GaugeMetricFamily]:
    """Return how an engine stands; what it has done is counted where it happens.

    Args:
        engine: its name.
        began_at: when its process began to run it.
        shown: the latest snapshot, or None: it has told nothing of itself yet.
    """
    yield _gauge(
        "ringbank_up", "The engine has told of itself.", ["engine"], [((engine,), bool(shown))]
    )
    yield _one("process_start_time_seconds", "When the engine began.", began_at.timestamp())
    if shown is None:
        return
    yield _one(
        "ringbank_snapshot_timestamp_seconds",
        "When the engine told of itself last, twice a second as a rule.",
        shown.at.timestamp(),
    )
    yield from _standing(shown.progress)
    yield from _pacing(shown.progress)


def _standing(progress: Progress) -> Iterator[GaugeMetricFamily]:
    yield _one("ringbank_asterisk_up", "The link to Asterisk is there.", progress.ami_down is None)
    yield _one(
        "ringbank_rules_current",
        "The rule files on the disk are in force.",
        progress.rules_problem is None,
    )
    yield _one("ringbank_stopping", "No more calls are placed.", progress.stopping)
    yield _gauge(
        "ringbank_calls_in_flight",
        "Calls of a running campaign that have not ended.",
        ["campaign"],
        (((name,), count) for name, count in progress.calls.items()),
    )
    yield _gauge(
        "ringbank_campaign_held",
        "A running campaign that something keeps from placing more calls, and what.",
        ["campaign", "reason"],
        (((name, idle.ground.value), 1) for name, idle in progress.limits.items()),
    )
    yield _gauge(
        "ringbank_attempts",
        "Attempts of a running campaign in the ledger, by outcome.",
        ["campaign", "outcome"],
        (
            ((name, outcome), count)
            for name, outcomes in progress.outcomes.items()
            for outcome, count in sorted(outcomes.items())
        ),
    )
    yield _gauge(
        "ringbank_lines_in_use",
        "Lines of a trunk that are taken.",
        ["trunk"],
        (((name,), used) for name, (used, _) in progress.trunks.items()),
    )
    yield _gauge(
        "ringbank_lines",
        "Lines of a trunk, by the configuration.",
        ["trunk"],
        (((name,), most) for name, (_, most) in progress.trunks.items()),
    )
    yield _gauge(
        "ringbank_agents",
        "Agents by state.",
        ["state"],
        (((state.value,), progress.agents.get(state.value, 0)) for state in AgentState),
    )


def _pacing(progress: Progress) -> Iterator[GaugeMetricFamily]:
    levels = progress.levels.items()
    yield _gauge(
        "ringbank_dial_level_calls",
        "Calls that the pacing comes to: in flight, and about to be placed.",
        ["campaign"],
        (((name,), level.calls) for name, level in levels),
    )
    accounts = [(name, level.account) for name, level in levels if level.account is not None]
    yield _gauge(
        "ringbank_abandoned_ratio",
        "Share of answered calls that found nobody, as the rule that decides counts it.",
        ["campaign", "rule"],
        (((name, found.rule), found.rate) for name, found in accounts),
    )
    yield _gauge(
        "ringbank_abandoned_limit_ratio",
        "The share that the rule allows.",
        ["campaign", "rule"],
        (((name, found.rule), found.limit) for name, found in accounts),
    )


def _one(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return _gauge(name, meaning, [], [((), value)])


def _gauge(name: str, meaning: str, labels: list[str], samples: Samples) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
