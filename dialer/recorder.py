"""The recordings of an engine's talks: what the dialplan tells of them, and their pauses.

A pause is told to the agent as done only when Asterisk has said that it is: a card number
must not be read out to a recording that still hears.
"""

from collections.abc import Mapping
from datetime import datetime

from campaigns.recordings import Recorded
from dialer import actions
from dialer.live import LiveCall, Work
from dialer.switchboard import Switchboard
from dialer.translate import Moment, moment_in, whole_in

_ASKED = "silence:"


class Recorder:
    """What is recorded at this moment, and who waits for a pause."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._waiting: dict[str, tuple[int, str, bool]] = {}
        """Action id -> the request, the call, and whether it hears again."""

    def silence(self, request: int, call: str, work: Work, *, silent: bool) -> None:
        """Ask Asterisk to make a talk's recording silent, or to let it hear again."""
        if call not in self._board.calls:
            work.answers.append((request, "the talk is over, and so is its recording"))
            return
        action_id = f"{_ASKED}{request}"
        self._waiting[action_id] = (request, call, not silent)
        work.actions.append(actions.silence_recording(call, action_id, silent=silent))

    def awaits(self, request: int) -> bool:
        """Tell whether a request waits for Asterisk's answer."""
        return any(request == waiting for waiting, _, _ in self._waiting.values())

    def hear(self, fields: Mapping[str, str], work: Work, *, now: datetime, moment: Moment) -> None:
        """Take in a message of Asterisk, before the switchboard does; keys in lower case."""
        if fields.get("userevent") == "Ringbank":
            live = self._board.calls.get(fields.get("attempt", ""))
            if live is not None:
                self.note(live, fields, work, moment=moment)
            return
        asked = self._waiting.pop(fields.get("actionid", ""), None)
        if asked is None:
            return
        request, call, hears = asked
        live = self._board.calls.get(call)
        if fields.get("response") != "Success":
            why = fields.get("message", "no reason given").lower()
            work.answers.append((request, f"Asterisk does not record this talk ({why})"))
        elif live is not None:
            work.silenced.append((live.attempt.id, now, hears))
            work.answers.append((request, None))

    def note(self, live: LiveCall, mark: Mapping[str, str], work: Work, *, moment: Moment) -> None:
        """Take in the dialplan's note of a call, told or found again."""
        began_at = moment_in(mark, "recorded", moment)
        if began_at is None:
            return  # nothing was recorded
        size = None
        if mark.get("stage") == "ended":
            size = whole_in(mark, "bytes") or 0
        work.recorded.append(
            Recorded(
                attempt_id=live.attempt.id,
                channel_id=live.call.channel_id,
                began_at=began_at,
                size=size,
            )
        )

    def stop_waiting(self, why: str, work: Work) -> None:
        """Answer who waited for an answer of Asterisk that will not come any more."""
        work.answers += [(request, why) for request, _, _ in self._waiting.values()]
        self._waiting.clear()
