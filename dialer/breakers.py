"""The circuit breakers of an engine: campaigns whose calls fail pause themselves.

A breaker is asked after every call that ended, before anything is written of it: the pause
stands in the transaction of the call that tripped it, and no further call in that of its
turn. What counts is `campaigns.breaker`'s; here it is held in memory, and read from the
ledger when a campaign or the engine starts.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from campaigns import tripping
from campaigns.breaker import History, Trip, sentence
from campaigns.breaker_settings import USUAL_BREAKER
from campaigns.breaker_table import EndedCall, is_soundless
from campaigns.ledger import Closing
from campaigns.model import DialMode
from campaigns.store import StoredCampaign

logger = logging.getLogger(__name__)


class Breakers:
    """What the calls of the running campaigns came to, and which campaigns pause for it."""

    def __init__(self, only: Collection[str]) -> None:
        """Begin with no campaign; `only` are those that the engine was started for, or none."""
        self._only = frozenset(only)
        self._of_campaign: dict[int, History] = {}
        self._of_trunk: dict[str, History] = {}
        self._begun: dict[int, datetime | None] = {}
        self._trunk_after: dict[str, int] = {}
        self._ran: set[int] = set()
        self._tripped: dict[str, str] = {}

    @property
    def tripped(self) -> dict[str, str]:
        """Return why campaigns stand still that this engine dialled or was started for."""
        return dict(self._tripped)

    def see(
        self, closings: Iterable[tuple[StoredCampaign, Closing]], running: Sequence[StoredCampaign]
    ) -> dict[int, Trip]:
        """Take in calls that ended; return by campaign why it pauses.

        A trunk on which every call fails, whichever campaign's, pauses all campaigns on it
        but those with numbers of their own for that check: each of them would only find out
        the same with calls of its own.
        """
        trips: dict[int, Trip] = {}
        by_id = {int(stored.id): stored for stored in running}
        for was, closing in closings:
            stored = by_id.get(was.id)
            if stored is None or stored.id not in self._of_campaign:
                continue
            for campaign_id, trip in self._hear(stored, closing, running):
                if trips.setdefault(campaign_id, trip) is trip:
                    name = by_id[campaign_id].campaign.name
                    facts = {
                        "campaign": name,
                        "attempt": closing.attempt_id,
                        "lead": closing.lead_id,
                    }
                    logger.error(
                        "Campaign %s pauses itself: %s",
                        name,
                        _told(trip, closing),
                        extra={"event": "campaign_tripped", "facts": facts},
                    )
        return trips

    def _hear(
        self, stored: StoredCampaign, closing: Closing, running: Sequence[StoredCampaign]
    ) -> Iterable[tuple[int, Trip]]:
        """Yield what one call brings about."""
        call, campaign = _ended(closing), stored.campaign
        history = self._of_campaign[stored.id]
        # Another trunk than when it was started: an update of its file.
        together = self._of_trunk.setdefault(campaign.trunk, History())
        history.add(call)
        together.add(call)
        now, limit = call.ended_at, campaign.abandon_limit
        alone = history.judge(campaign.breaker, limit=limit, now=now)
        if alone is not None:
            yield stored.id, alone
        trip = together.judge(USUAL_BREAKER, limit=limit, now=now, trunk=campaign.trunk)
        if trip is None:
            return
        for other in running:
            theirs = other.campaign
            dials = theirs.trunk == campaign.trunk and theirs.mode is not DialMode.MANUAL
            # A manager's own numbers decide alone, whoever else is on the trunk.
            is_asked = theirs.breaker.asks(trip.check) and trip.check not in theirs.breaker.own
            if dials and is_asked:
                yield other.id, trip

    def write(self, connection: Connection, trips: dict[int, Trip], *, now: datetime) -> None:
        """Pause the campaigns in the base; before the ends of their calls are written."""
        tripping.pause(connection, trips, now=now)

    def refresh(
        self,
        connection: Connection,
        known: Iterable[StoredCampaign],
        running: Iterable[StoredCampaign],
    ) -> None:
        """See which campaigns were started, and which have paused themselves."""
        run = {int(stored.id) for stored in running}
        for stored in running:
            if stored.id not in self._of_campaign or self._begun[stored.id] != stored.started_at:
                self._begin(connection, stored)
        for gone in self._of_campaign.keys() - run:
            del self._of_campaign[gone]
        self._ran |= run
        self._tripped = {
            stored.campaign.name: sentence(stored.tripped)
            for stored in known
            if stored.tripped is not None
            and (stored.campaign.name in self._only or stored.id in self._ran)
        }

    def _begin(self, connection: Connection, stored: StoredCampaign) -> None:
        """Read the last calls of a campaign and of its trunk; nothing old trips them again."""
        past = tripping.past(connection, stored)
        # A campaign that is started again places nothing before this moment; the times in the
        # ledger may be those of a clock of the lab.
        after = past.last if stored.id in self._begun else past.after
        self._begun[stored.id] = stored.started_at
        ours = (call for campaign_id, call in past.calls if campaign_id == stored.id)
        self._of_campaign[stored.id] = History(ours, after=after)
        trunk = stored.campaign.trunk
        self._trunk_after[trunk] = max(after, self._trunk_after.get(trunk, 0))
        of_all = (call for _, call in past.calls)
        self._of_trunk[trunk] = History(of_all, after=self._trunk_after[trunk])


def _ended(closing: Closing) -> EndedCall:
    return EndedCall(
        attempt_id=closing.attempt_id,
        number_id=closing.number_id,
        ended_at=closing.ended_at,
        outcome=closing.outcome,
        evidence=closing.evidence,
        sip_code=closing.sip_code,
        talk_s=closing.talk_s,
        soundless=is_soundless(closing.packets, closing.answered_at, closing.ended_at),
    )


def _told(trip: Trip, closing: Closing) -> str:
    return sentence(trip.document(closing.ended_at))
