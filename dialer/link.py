"""The engine's line to Asterisk: what it says, in order, in a queue that is bounded.

The AMI client's reader thread fills the queue and the engine's one thread empties it. A
full queue makes the reader wait, so TCP makes Asterisk wait: nothing is dropped. An engine that
stands still for longer is cut off by Asterisk (`writetimeout` in its manager.conf) and finds
`Lost` behind what it had been told; what it was not told, its recovery asks for.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue

from dialer.actions import Action
from dialer.ami.client import AmiClient
from dialer.ami.errors import UnsafeValueError
from dialer.ami.transport import trust
from dialer.ami.wire import Message, encode
from dialer.clock import elapsed_s
from dialer.config import Asterisk

logger = logging.getLogger(__name__)

_QUEUE = 20_000
_BATCH = 400
_PACK_BYTES = 16_384
"""Actions of about so many bytes go out together: each write costs Asterisk and us a wake-up."""
_ANSWERS_WITHIN_S = 1.0
_QUIET_S = 5.0
"""After so much silence Asterisk is asked for a sign of life; after twice as much more,
the link counts as lost, whatever TCP believes."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The link broke; the last thing that comes out of its queue."""

    why: str


class Link:
    """One connection to one Asterisk, from login to loss.

    Raises:
        AsteriskUnreachableError: the certificates that may vouch for Asterisk cannot be read.
    """

    def __init__(self, asterisk: Asterisk) -> None:
        self._queue: Queue[Message | Lost | None] = Queue(_QUEUE)  # None: it was woken
        self._client = AmiClient(
            asterisk.host,
            asterisk.port,
            username=asterisk.username,
            secret=asterisk.secret,
            on_message=self._take_in,
            on_lost=lambda why: self._take_in(Lost(why)),
            tls=trust(asterisk.ca_file) if asterisk.tls else None,
        )
        self._is_void = False
        self._heard_s = elapsed_s()
        self._asked_s: float | None = None
        self._unsent: list[Message | Lost] = []

    def open(self) -> None:
        """Connect and log in.

        Raises:
            RingbankError: no Asterisk answers there, or it refuses the login.
        """
        self._is_void = False
        self._client.open()
        self._heard_s = elapsed_s()

    def close(self) -> None:
        """End the connection; what is in the queue is void."""
        self._is_void = True
        with suppress(Empty):  # the reader may wait for room, and could not end before it has any
            while True:
                self._queue.get_nowait()
        self._client.close()

    def take(self, wait_s: float, *, apart_s: float = 0.0) -> list[Message | Lost]:
        """Return what has come in, waiting for the first message at most so long.

        So long after the last time that anything was taken, at least (`apart_s`): what comes one by
        one is taken together.
        """
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            return unsent
        if (early_s := self._heard_s + apart_s - elapsed_s()) > 0:
            time.sleep(early_s)
        came: list[Message | Lost | None] = []
        with suppress(Empty):
            came.append(self._queue.get(timeout=wait_s))
            while len(came) < _BATCH:
                came.append(self._queue.get_nowait())
        taken = [one for one in came if one is not None]
        if not taken:
            return self._check_silence()
        self._heard_s, self._asked_s = elapsed_s(), None
        return taken

    def wake(self) -> None:
        """Have `take` return at once, as if something had come in; for another thread."""
        with suppress(Full):  # then it does not wait anyway
            self._queue.put_nowait(None)

    def post(self, actions: Iterable[Action]) -> None:
        """Send actions without waiting; their answers come out of `take`.

        One that cannot be sent as it is meant counts as refused by Asterisk: the others are
        other people's calls.

        Raises:
            LinkLostError: there is no link, or it broke while sending.
        """
        pack = b""
        for action in actions:
            action_id = action.action_id or self._client.next_action_id()
            try:
                pack += encode(action.name, [("ActionID", action_id), *action.fields])
            except UnsafeValueError as error:
                logger.warning("An action could not be sent: %s", error)
                self._unsent.append(_refusal(action, str(error)))
            if len(pack) >= _PACK_BYTES:
                self._send(pack)
                pack = b""
        if pack:
            self._send(pack)

    def _send(self, pack: bytes) -> None:
        self._client.send(pack)
        self._asked_s = self._asked_s or elapsed_s()

    @property
    def silent(self) -> bool:
        """Whether Asterisk was asked for something and has said nothing since for a second."""
        return self._asked_s is not None and elapsed_s() - self._asked_s > _ANSWERS_WITHIN_S

    def ask(self, name: str, *fields: tuple[str, str]) -> Message:
        """Ask for one answer and wait for it.

        A reader that waits for room in the queue cannot bring it: the link is of no use then.

        Raises:
            AmiTimeoutError: no answer came in time.
            LinkLostError: there is no link, or it ended before the answer.
        """
        return self._client.request(name, fields)

    def ask_list(self, name: str, *fields: tuple[str, str]) -> list[Message]:
        """Ask for a list and wait for all of it."""
        return self._client.request_list(name, fields)

    def _take_in(self, one: Message | Lost) -> None:
        """Put something into the queue, once there is room; the reader's thread calls this."""
        if not self._is_void:
            self._queue.put(one)

    def _check_silence(self) -> list[Message | Lost]:
        silence_s = elapsed_s() - self._heard_s
        if silence_s > 3 * _QUIET_S:
            self.close()
            return [Lost(f"Asterisk has said nothing for {silence_s:.0f} s")]
        if silence_s > _QUIET_S and self._asked_s is None:
            self.post([Action("Ping", ())])
        return []


def _refusal(action: Action, why: str) -> Message:
    """Return the answer that Asterisk gives to an action that it refuses."""
    answered = (("Response", "Error"), ("ActionID", action.action_id or ""), ("Message", why))
    return Message(answered)
