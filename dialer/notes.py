"""The dialplan's notes of calls, asked for where the events do not say what became of them.

Events are lost, and two endings look like others without them:

- An `OriginateResponse` says "failure" with our own channel id both for a call that nobody
  answered, whose `Hangup` tells how it ended and may come later, and for one that never had a
  channel: a trunk whose endpoint is gone, a technology that is not loaded. Nothing more is ever
  heard of the second kind, and its line would be taken for ever. The note tells of telephones
  that rang. A call that failed at once leaves the note of one without a channel.
- The `Hangup` of an answered call comes after the dialplan's last word on it. Without that it is
  not known what the person heard and pressed.

The answer is the event that the dialplan sent as it wrote the note (`of_note`): everybody who
hears events takes it for one.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime

from dialer import actions
from dialer.actions import NOTE
from dialer.agent import AgentEvent
from dialer.call import CallState, HungUp, PickedUp, Refused
from dialer.live import Work
from dialer.switchboard import Switchboard
from dialer.translate import News

_SETTLED_AFTER_S = 3.0
"""So late no event of a channel comes that was made, on a server that answers at all; nor does
the answer to a question."""


class Notes:
    """Calls whose end is held up until it is known what the dialplan noted."""

    def __init__(self, board: Switchboard) -> None:
        """Begin with none; `board` has the calls."""
        self._board = board
        self._failed: deque[tuple[float, str]] = deque()
        self._held: dict[str, tuple[float, News]] = {}

    def holds(self, told: News, work: Work, *, at_s: float) -> bool:
        """Tell whether an end is to wait for the note, which is asked for then.

        Args:
            told: what a message told of a call.
            work: takes the question.
            at_s: the moment on the engine's own clock.
        """
        live = self._board.calls.get(told.channel_id)
        kinds = {type(event) for event in told.events}
        if live is None or HungUp not in kinds or live.call.concluded_at is not None:
            return False
        if live.call.answered_at is None and PickedUp not in kinds:
            return False
        if told.channel_id not in self._held:
            self._held[told.channel_id] = at_s, told
            work.actions.append(actions.ask_note(told.channel_id))
        return True

    def hear(self, fields: Mapping[str, str], work: Work, *, now: datetime, at_s: float) -> None:
        """Take in a message of Asterisk, after the switchboard; its names in lower case.

        Args:
            fields: the message.
            work: takes what follows.
            now: the moment.
            at_s: the same on the engine's own clock.
        """
        asked, _, channel_id = fields.get("actionid", "").partition(":")
        match fields.get("event"):
            case "OriginateResponse" if fields.get("response") == "Failure":
                if asked == "originate" and fields.get("uniqueid") == channel_id:
                    self._failed.append((at_s, channel_id))
            case "DBGetResponse" if asked == NOTE:
                self._end(channel_id, work, now=now)
            case None if asked == NOTE and fields.get("response") == "Error":
                self._end(channel_id, work, now=now)

    def settle(self, work: Work, *, now: datetime, at_s: float) -> None:
        """Ask for the notes of calls that failed and of which nothing was heard since.

        All others have gone on or are over. An agent's own line has no note: it is down. Who was
        held up and gets no answer ends by what is known.
        """
        while self._failed and self._failed[0][0] <= at_s - _SETTLED_AFTER_S:
            _, channel_id = self._failed.popleft()
            live = self._board.calls.get(channel_id)
            if live is None:
                self._end(channel_id, work, now=now)
            elif live.call.state is CallState.PLACED:
                self._held[channel_id] = at_s, _refused(channel_id, now)
                work.actions.append(actions.ask_note(channel_id))
        for channel_id, (since_s, _) in tuple(self._held.items()):
            if since_s <= at_s - _SETTLED_AFTER_S:
                self._end(channel_id, work, now=now)

    def _end(self, channel_id: str, work: Work, *, now: datetime) -> None:
        """Let a call end as it was told, or else as one that was never made."""
        _, told = self._held.pop(channel_id, (0.0, _refused(channel_id, now)))
        self._board.hear(told, work, now=now)


def _refused(channel_id: str, now: datetime) -> News:
    return News(channel_id, (Refused(now),), AgentEvent.LINE_DOWN)
