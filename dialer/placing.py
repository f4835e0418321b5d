"""Intents written for calls that are about to be placed: the engine's turn, or an agent's wish.

All of it happens in the one transaction of a turn; the calls begin once it is committed.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from campaigns import amd_samples, ledger, recordings
from campaigns import store as campaign_store
from campaigns.abandonment import wait_s
from campaigns.claims import Claim, claim
from campaigns.law import Law, Laws
from campaigns.model import CampaignState
from campaigns.previewing import take_up
from campaigns.recording import is_announced, is_recorded
from campaigns.store import StoredCampaign
from campaigns.tables import claims
from dialer import actions, store
from dialer.call import Call
from dialer.clock import Clock
from dialer.learning import Learners
from dialer.live import Dial, LiveCall
from dialer.sampler import Sampler
from dialer.switchboard import Switchboard
from dialer.voicing import Voicing


@dataclass(frozen=True, slots=True, kw_only=True)
class Placer:
    """Writes the intents of one engine.

    Attributes:
        engine: its name.
        only: the campaigns that it was started for; empty: all of them.
        clock: its clock.
        boot: which run of Asterisk the calls are given to.
        recordings: the folder for recordings; empty: below that of Asterisk itself.
        sampler: says of which calls the first seconds are recorded.
        learners: know how likely people are to answer.
        voicing: what people are played.
    """

    engine: str
    clock: Clock
    boot: str | None
    laws: Laws
    recordings: str
    sampler: Sampler
    learners: Learners
    voicing: Voicing
    only: Collection[str] = ()

    def place(
        self,
        connection: Connection,
        stored: StoredCampaign,
        calls: int,
        ready: Sequence[int],
        *,
        languages: frozenset[str] | None,
        now: datetime,
    ) -> tuple[list[LiveCall], bool]:
        """Claim people and write the intent to call them.

        Args:
            connection: in the writing transaction of the turn.
            stored: the campaign.
            calls: how many at most.
            ready: the agents who can talk now.
            languages: those that they speak, or None: any will do.
            now: aware.

        Returns:
            The calls, and whether there is nobody more to be called at the moment.
        """
        found = claim(
            connection,
            stored,
            self.laws,
            limit=calls,
            now=now,
            new_lease=lambda: secrets.token_hex(6),
            for_agents=ready,
            languages=languages,
            to_call=True,
        )
        dry = len(found.taken) < calls and not found.refused
        return self._intend(connection, stored, found.taken, now=now), dry

    def dial(
        self, connection: Connection, board: Switchboard, dials: Sequence[Dial], *, at_s: float
    ) -> list[LiveCall]:
        """Write the intent to call people whom agents have chosen, and answer their requests.

        Every gate judges again; whoever may not be called goes back.
        """
        placed: list[LiveCall] = []
        for dial in dials:
            now = self.clock.now()
            used = Counter(live.attempt.trunk for live in placed)
            live = self._dial(connection, board, dial, used, now=now, at_s=at_s)
            if isinstance(live, LiveCall):
                placed.append(live)
            why_not, by_rule = (None, False) if isinstance(live, LiveCall) else live
            at = Clock().now()
            store.answer(connection, dial.request, why_not, now=at, by_rule=by_rule)
        return placed

    def _dial(
        self,
        connection: Connection,
        board: Switchboard,
        dial: Dial,
        used: Counter[str],
        *,
        now: datetime,
        at_s: float,
    ) -> LiveCall | tuple[str, bool]:
        """Return the call, or why there is none and whether a rule says so."""
        campaign_id = connection.scalar(
            select(claims.c.campaign_id).where(
                claims.c.lease == dial.lease, claims.c.agent_id == dial.agent_id
            )
        )
        if campaign_id is None:
            return "the lease is over; take the next person with: ringbank next", False
        stored = campaign_store.load_id(connection, campaign_id)
        name = stored.campaign.name
        if self.only and name not in self.only:
            return (
                f"the engine was started without {name}; run: ringbank run --campaign {name}",
                False,
            )
        is_running = stored.state is CampaignState.RUNNING  # else `take_up` says so
        if is_running and (silent := self.voicing.why_not(stored)) is not None:
            return silent, False
        trunk = stored.campaign.trunk
        if trunk not in board.lines:
            return f"trunk {trunk!r} is not in the configuration", False
        if board.lines[trunk].room(at_s) <= used[trunk]:
            return f"trunk {trunk!r} has no free line; try again in a moment", False
        taken = take_up(connection, stored, self.laws, dial.lease, dial.agent_id, now=now)
        if isinstance(taken, str):
            return taken, True
        (live,) = self._intend(connection, stored, [taken], now=now, agent_id=dial.agent_id)
        return live

    def _intend(
        self,
        connection: Connection,
        stored: StoredCampaign,
        taken: Sequence[Claim],
        *,
        now: datetime,
        agent_id: int | None = None,
    ) -> list[LiveCall]:
        chances = self.learners.chances_of(connection, stored, taken, now=now)
        intents = ledger.write_intents(
            connection,
            stored,
            taken,
            new_channel_id=lambda: actions.CALL_PREFIX + secrets.token_hex(8),
            engine=self.engine,
            asterisk_boot=self.boot,
            clock="real" if self.clock.is_real else "lab",
            now=now,
            agent_id=agent_id,
            chances=chances,
        )
        decisions = {
            intent.channel_id: claimed.decision
            for intent, claimed in zip(intents, taken, strict=True)
        }
        sampled = self.sampler.choose(connection, stored, decisions, now=now)
        return [
            LiveCall(
                Call(channel_id=intent.channel_id, placed_at=now),
                intent,
                stored,
                owner_id=claimed.person.owner_id,
                connect_s=wait_s(law.abandonment, stored.campaign.connect_within_s),
                ring_s=law.ring_s,
                record=self._record_into(stored, claimed.decision, intent.channel_id),
                sample=self._sample_into(intent.channel_id)
                if intent.channel_id in sampled
                else None,
                answer_chance=chance,
                sounds=self.voicing.of(stored, intent.language),
            )
            for intent, claimed, chance in zip(intents, taken, chances, strict=True)
            for law in (self._law(stored, claimed, now),)
        ]

    def _law(self, stored: StoredCampaign, claimed: Claim, now: datetime) -> Law:
        """Return what holds for a person wherever they may be."""
        placing = self.laws.placing(claimed.person.whereabouts)
        return self.laws.of(stored.campaign, placing, claimed.person.line, now)

    def _record_into(
        self, stored: StoredCampaign, decision: Mapping[str, object], channel_id: str
    ) -> actions.RecordInto | None:
        """Return where a call's talk is recorded, or None where it is not."""
        recording = stored.campaign.recording
        if recording is None or not is_recorded(decision):
            return None
        notice = recording.sound if is_announced(decision) else ""
        return actions.RecordInto(f"{self._folder}/{recordings.file_of(channel_id)}", notice)

    def _sample_into(self, channel_id: str) -> str:
        return f"{self._folder}/{amd_samples.file_of(channel_id)}"

    @property
    def _folder(self) -> str:
        return self.recordings or _MONITOR_FOLDER


_MONITOR_FOLDER = "ringbank"
"""Below the folder in which Asterisk itself keeps recordings."""
