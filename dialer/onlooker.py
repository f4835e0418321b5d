"""Who looks at an engine: counts and tells what it does, and keeps a snapshot for others.

The engine's thread calls, and nobody else; other threads read `shown`, which is replaced as
a whole, and the counters, which are Prometheus' own. So nobody waits for anybody.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from campaigns.ledger import Closing
from campaigns.model import CampaignState
from campaigns.store import StoredCampaign
from dialer.clock import Clock, elapsed_s
from dialer.live import LiveCall, Work
from dialer.metrics import Snapshot
from dialer.progress import Progress
from leads.model import masked

logger = logging.getLogger(__name__)

LINK_LOST = {"event": "link_lost"}
LINK_BACK = {"event": "link_back"}

_CONNECT_BOUNDS_S = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Two seconds are what many rules allow somebody to wait for an agent."""


class Onlooker:
    """Looks at one engine from its start to its end.

    Attributes:
        began_at: on the machine's clock.
        shown: how it stood last, or None: it has told nothing of itself yet.
        counted: what it has done since it began.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin with nothing seen; `clock` is the engine's."""
        self._clock = clock or Clock()
        self.began_at = Clock().now()
        self.shown: Snapshot | None = None
        disable_created_metrics()  # type: ignore[no-untyped-call]  # all began with the engine
        self.counted = counted = CollectorRegistry()
        self._placed = Counter(
            "ringbank_calls_placed",
            "Calls that were placed.",
            ["campaign", "trunk"],
            registry=counted,
        )
        self._answered = Counter(
            "ringbank_calls_answered",
            "Calls that somebody or something answered.",
            ["campaign"],
            registry=counted,
        )
        self._ended = Counter(
            "ringbank_calls_ended",
            "Calls that ended, by outcome.",
            ["campaign", "outcome"],
            registry=counted,
        )
        self._link_losses = Counter(
            "ringbank_link_lost", "How often the link to Asterisk was lost.", registry=counted
        )
        self._connect_s = Histogram(
            "ringbank_connect_seconds",
            "How long people who answered waited for their agent.",
            ["campaign"],
            buckets=_CONNECT_BOUNDS_S,
            registry=counted,
        )
        self._unanswered: dict[int, LiveCall] = {}
        self._states: dict[str, CampaignState] = {}

    def turn(self, work: Work, placed: Iterable[LiveCall]) -> None:
        """Take in a turn that was written: calls that begin, were answered, and ended."""
        for live in placed:
            self._unanswered[live.attempt.id] = live
            self._placed.labels(live.stored.campaign.name, live.attempt.trunk).inc()
            facts = {"trunk": live.attempt.trunk, "number": masked(live.attempt.phone)}
            _tell("call_placed", live.stored, live.attempt.id, live.attempt.lead_id, facts)
        for stored, closing in work.closings:
            live_too = self._unanswered.pop(closing.attempt_id, None)
            if live_too is not None and closing.answered_at is not None:
                self._answer(stored, closing.attempt_id, closing.lead_id)
            self._end(stored, closing)
        for live in [one for one in self._unanswered.values() if one.call.answered_at is not None]:
            del self._unanswered[live.attempt.id]
            self._answer(live.stored, live.attempt.id, live.attempt.lead_id)

    def campaigns(self, known: Iterable[StoredCampaign]) -> None:
        """See which campaigns were started, paused or stopped, at the engine's start too."""
        for stored in known:
            name, state = stored.campaign.name, stored.state
            before, self._states[name] = self._states.get(name), state
            if state is before or (before is None and state is not CampaignState.RUNNING):
                continue
            event = "started" if state is CampaignState.RUNNING else state.value
            facts = {"event": f"campaign_{event}", "facts": {"campaign": name}}
            logger.info("Campaign %s is %s", name, state.value, extra=facts)

    def link_lost(self) -> None:
        """Count it: a link that is back at once is in no snapshot."""
        self._link_losses.inc()

    def progress(self, progress: Progress) -> None:
        """Keep how things stand, for whoever asks from another thread."""
        self.shown = Snapshot(
            at=Clock().now(),
            at_s=elapsed_s(),
            engine_now=self._clock.now(),
            progress=progress,
        )

    def _answer(self, stored: StoredCampaign, attempt: int, lead: int) -> None:
        self._answered.labels(stored.campaign.name).inc()
        _tell("call_answered", stored, attempt, lead, {})

    def _end(self, stored: StoredCampaign, closing: Closing) -> None:
        name = stored.campaign.name
        self._ended.labels(name, closing.outcome.value).inc()
        waited_s = _seconds(closing.answered_at, closing.connected_at)
        if waited_s is not None:
            self._connect_s.labels(name).observe(waited_s)
        facts = {
            "outcome": closing.outcome.value,
            "evidence": closing.evidence,
            "ring_s": closing.ring_s,
            "connect_s": waited_s,
            "talk_s": closing.talk_s,
            "cause": closing.cause,
            "sip_code": closing.sip_code,
            "agent": closing.agent_id,
            "opted_out": closing.opted_out or None,
        }
        _tell("call_ended", stored, closing.attempt_id, closing.lead_id, facts)


def _tell(
    event: str, stored: StoredCampaign, attempt: int, lead: int, facts: Mapping[str, object]
) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    about = {"campaign": stored.campaign.name, "attempt": attempt, "lead": lead, **facts}
    logger.info("%s", event, extra={"event": event, "facts": about})


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else max(0.0, (end - begin).total_seconds())
