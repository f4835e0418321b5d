"""Which calls have their first seconds recorded, so that somebody can judge the verdicts."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from campaigns import amd_samples
from campaigns.recording import SAMPLE, is_recorded
from campaigns.store import StoredCampaign
from dialer.live import LiveCall, Work
from dialer.switchboard import Switchboard


class Sampler:
    """How many calls of each campaign were sampled today, and which may yet be."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._done: dict[tuple[int, date], int] = {}
        self._asked: dict[int, set[str]] = {}

    def choose(
        self,
        connection: Connection,
        stored: StoredCampaign,
        decisions: Mapping[str, Mapping[str, Any]],
        *,
        now: datetime,
    ) -> Collection[str]:
        """Return which of some calls are sampled once they are answered.

        The first calls of a day (of UTC) are, so many as the campaign asks for.

        Args:
            connection: to the base.
            stored: the campaign.
            decisions: channel id of a call that is about to be placed -> why it is allowed.
            now: aware.
        """
        amd = stored.campaign.amd
        if not amd.detect or not amd.samples:
            return ()
        day = (stored.id, now.astimezone(UTC).date())
        if day not in self._done:
            self._done = {one: n for one, n in self._done.items() if one[0] != stored.id}
            self._done[day] = amd_samples.count_of_day(connection, stored.id, day[1])
        asked = self._asked.get(stored.id, set()) & self._board.calls.keys()
        left = max(0, amd.samples - self._done[day] - len(asked))
        allowed = [call for call, decision in decisions.items() if is_recorded(decision, SAMPLE)]
        self._asked[stored.id] = asked | set(allowed[:left])
        return allowed[:left]

    def hear(self, fields: Mapping[str, str], work: Work) -> None:
        """Take in a message of Asterisk, before the switchboard does; keys in lower case."""
        if fields.get("userevent") == "Ringbank":
            live = self._board.calls.get(fields.get("attempt", ""))
            if live is not None:
                self.note(live, fields, work)

    def note(self, live: LiveCall, mark: Mapping[str, str], work: Work) -> None:
        """Take in the dialplan's note of a call, told or found again."""
        if mark.get("sampled") != "1" or live.sampled:
            return
        live.sampled = True
        self._asked.get(live.stored.id, set()).discard(live.call.channel_id)
        for day in self._done:
            if day[0] == live.stored.id:
                self._done[day] += 1
        work.sampled.append((live.attempt, amd_samples.file_of(live.call.channel_id)))
