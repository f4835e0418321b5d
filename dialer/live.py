"""Calls in flight as an engine keeps them, and what a turn of it leaves to be done."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime

from campaigns.amd import Heard
from campaigns.ledger import Closing, OpenAttempt
from campaigns.model import DialMode, Outcome
from campaigns.recordings import Recorded
from campaigns.store import StoredCampaign
from dialer.actions import Action, RecordInto
from dialer.call import Call, verdict
from dialer.inbound import InboundEffect
from dialer.sounds import Sounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """A person whom an agent has chosen to call, and the request that asks for it."""

    request: int
    agent_id: int
    lease: str


@dataclass(slots=True)
class LiveCall:
    """A call in flight: what is known of it, and what it was placed for."""

    call: Call
    attempt: OpenAttempt
    stored: StoredCampaign
    owner_id: int | None = None
    """The agent who promised the call, and to whom it goes if they are ready."""
    connect_s: float | None = None
    """How long the person waits for an agent at most, or None: as the campaign says."""
    ring_s: int | None = None
    """How long their telephone rings at most, or None: as the campaign says."""
    record: RecordInto | None = None
    """Where its talk is recorded, or None: it is not."""
    sample: str | None = None
    """The file for its first seconds, or None: they are not recorded."""
    sampled: bool = False
    """They are being recorded, or were."""
    sounds: Sounds | None = None
    """What the person is played; None where an earlier process placed the call."""
    moving: bool = False
    """The person is on the way to another number, and may come back to the agent's room."""
    moved: bool = False
    """The person talks to another number: the agent is theirs no more, and owes the result."""
    ending: bool = False
    """Asterisk was asked to end the talk: the result is given."""
    answer_chance: float | None = None
    """How likely an answer was held to be when it was placed; None: nobody knew."""

    @property
    def dialler(self) -> int | None:
        """The agent who had the person called, and the only one who gets them."""
        return self.attempt.agent_id if self.attempt.mode is DialMode.PREVIEW else None


_NOT_WRITTEN = frozenset({"closed_channels", "actions"})
"""Parts of a turn's work that go to Asterisk or wait in memory."""


@dataclass(slots=True)
class Work:
    """What has to be written, and what Asterisk is asked once it is written.

    Attributes:
        chosen: answered calls and the agents chosen for them.
        closings: calls that ended.
        closed_channels: their channel ids.
        answers: requests that are answered: done (None), or why not.
        dials: people whom agents have chosen to call.
        supervised: rows of `supervisions`, and what became of them.
        helped: agents who wanted help, and the supervisor who came.
        recorded: what is known of recordings.
        silenced: attempts whose recording fell silent, when, or (True) hears again.
        let_go: attempts of people who talk elsewhere, and whose result is given.
        returned: calls that came in, and what is to be done about each (`dialer.returned`).
        aside: attempts that turned out to be a machine's after an agent was chosen.
        sampled: attempts whose first seconds are in a file, and its name.
    """

    chosen: list[tuple[OpenAttempt, int]] = field(default_factory=list)
    closings: list[tuple[StoredCampaign, Closing]] = field(default_factory=list)
    closed_channels: list[str] = field(default_factory=list)
    answers: list[tuple[int, str | None]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    dials: list["Dial"] = field(default_factory=list)
    supervised: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    helped: list[tuple[int, int]] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    silenced: list[tuple[int, datetime, bool]] = field(default_factory=list)
    let_go: list[int] = field(default_factory=list)
    returned: list[tuple[str, InboundEffect]] = field(default_factory=list)
    aside: list[OpenAttempt] = field(default_factory=list)
    sampled: list[tuple[OpenAttempt, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return any(getattr(self, one.name) for one in fields(self) if one.name not in _NOT_WRITTEN)

    def by_campaign(self) -> Iterable[tuple[StoredCampaign, list[Closing]]]:
        """Return the closings, those of one campaign together."""
        campaigns = {stored.id: stored for stored, _ in self.closings}
        for campaign_id, stored in campaigns.items():
            yield stored, [c for s, c in self.closings if s.id == campaign_id]


def closing_of(live: LiveCall) -> Closing:
    """Return what the ledger is told of a call that has ended."""
    call = live.call
    assert call.ended_at is not None
    found = verdict(call)
    spoke_from = call.connected_at or call.answered_at
    # Whoever heard a machine for a moment did not have the call, unless they have said of it.
    had = call.connected_at and (call.aside_at is None or live.ending)
    return Closing(
        attempt_id=live.attempt.id,
        lead_id=live.attempt.lead_id,
        number_id=live.attempt.number_id,
        outcome=found.outcome,
        evidence=found.evidence,
        answered_at=call.answered_at,
        connected_at=call.connected_at,
        ended_at=call.ended_at,
        ring_s=_seconds(call.placed_at, call.answered_at or call.ended_at),
        talk_s=_seconds(spoke_from, call.ended_at) if found.outcome is Outcome.CONNECTED else None,
        cause=call.cause,
        sip_code=call.sip_code,
        packets=call.packets,
        key=call.key,
        agent_id=call.agent_id if had else live.dialler,
        amd=None if call.heard is Heard.FAX else call.heard,
        opted_out=call.opted_out,
    )


def _seconds(begin: datetime | None, end: datetime) -> float | None:
    return None if begin is None else max(0.0, round((end - begin).total_seconds(), 3))
