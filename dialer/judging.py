"""Leads held against the `where` of their campaigns again, some at a time."""

from sqlalchemy import Connection

from campaigns.enrolment import judge_slice
from campaigns.law import Laws
from campaigns.store import StoredCampaign
from dialer.clock import Clock, elapsed_s

_JUDGE_EVERY_S = 600.0
"""Between two beginnings of holding all leads of a campaign against its `where`."""


class Judging:
    """How far the leads of each campaign have been looked at again."""

    def __init__(self, clock: Clock) -> None:
        """Begin with none; `clock` is the engine's."""
        self._clock = clock
        self._judged: dict[int, tuple[int | None, float]] = {}
        """The last lead of each campaign that was looked at, None between two rounds, and when
        the next round may begin."""

    def look(self, connection: Connection, stored: StoredCampaign, laws: Laws) -> None:
        """Look again at a slice of a campaign's leads; at all of them in ten minutes or more."""
        after, round_s = self._judged.get(stored.id, (None, elapsed_s()))
        if after is None and elapsed_s() < round_s:
            return
        if after is None:
            after, round_s = 0, elapsed_s() + _JUDGE_EVERY_S
        last = judge_slice(connection, stored, laws, after_lead_id=after, now=self._clock.now())
        self._judged[stored.id] = (last, round_s)
