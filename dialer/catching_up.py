"""What the parts of an engine are told after a start or a lost link: what Asterisk knows, as events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy import Engine as Base

from campaigns import inbound, ledger, supervisions
from campaigns import store as campaign_store
from campaigns.ledger import OpenAttempt
from campaigns.store import StoredCampaign
from dialer import supervision_requests
from dialer.call import Gone
from dialer.clock import Clock
from dialer.live import Work
from dialer.recorder import Recorder
from dialer.recovery import Survey, missed
from dialer.returned import ReturnedCalls
from dialer.sampler import Sampler
from dialer.supervision import Supervision
from dialer.switchboard import Switchboard
from leads.db import reading


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchingUp:
    """Settles what is open in the base under an engine's name; nothing is written here.

    Attributes:
        base: holds what was open when the engine wrote last.
        engine: its name.
        clock: its clock.
        board: its calls and agents; so the others for what else there is.
    """

    base: Base
    engine: str
    clock: Clock
    board: Switchboard
    recorder: Recorder
    sampler: Sampler
    returned: ReturnedCalls
    supervision: Supervision

    def open_attempts(self) -> tuple[OpenAttempt, ...]:
        """Return the attempts without an end."""
        with reading(self.base) as connection:
            return ledger.open_attempts(connection, self.engine)

    def settle(self, found: Survey) -> Work:
        """Return what follows, once every open call has heard what it missed.

        Args:
            found: what Asterisk knows.
        """
        with reading(self.base) as connection:
            attempts, by_id = self._open(connection)
            begun = supervisions.begun(connection, self.engine)
            people = supervision_requests.people(connection)
            returned = inbound.open_contacts(connection, self.engine)
        for attempt in attempts:
            self.board.adopt(attempt, by_id[attempt.campaign_id])
        now, moment = self.clock.now(), self.clock.at_epoch
        work = Work()
        for live in tuple(self.board.calls.values()):
            events = missed(
                found, live.call.channel_id, boot=live.attempt.asterisk_boot, at=now, moment=moment
            )
            mark = found.marks.get(live.call.channel_id, {})
            self.recorder.note(live, mark, work, moment=moment)
            self.sampler.note(live, mark, work)
            self.board.apply(live, events, work, now=now)
        self.returned.catch_up(returned, found, work, now=now, moment=moment)
        self.board.keep_lines(found.channels, work, now=now)
        self.supervision.catch_up(begun, people, found, work, now=now)
        return work

    def settle_undialled(self, work: Work) -> None:
        """Settle intents that a commit wrote although its answer was lost: nobody dialled them.

        Args:
            work: takes what follows.
        """
        with reading(self.base) as connection:
            written, by_id = self._open(connection)
        now = self.clock.now()
        for attempt in written:
            if attempt.channel_id not in self.board.calls:
                self.board.adopt(attempt, by_id[attempt.campaign_id])
                live = self.board.calls[attempt.channel_id]
                self.board.apply(live, (Gone(now, restarted=False),), work, now=now)

    def _open(
        self, connection: Connection
    ) -> tuple[Sequence[OpenAttempt], Mapping[int, StoredCampaign]]:
        """Return the attempts without an end, and all campaigns by id."""
        campaigns = {int(stored.id): stored for stored in campaign_store.load_all(connection)}
        return ledger.open_attempts(connection, self.engine), campaigns
