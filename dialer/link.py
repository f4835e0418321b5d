"""The engine's line to Asterisk: what it says, in order, in a queue that is bounded.

The AMI client's reader thread fills the queue and the engine's one thread empties it. A
full queue makes the reader wait, so TCP makes Asterisk wait: nothing is dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from queue import Empty, Queue

from dialer.actions import Action
from dialer.ami.client import AmiClient
from dialer.ami.wire import Message
from dialer.clock import elapsed_s
from dialer.config import Asterisk

_QUEUE = 20_000
_BATCH = 400
_ANSWERS_WITHIN_S = 1.0
_QUIET_S = 5.0
"""After so much silence Asterisk is asked for a sign of life; after twice as much more,
the link counts as lost, whatever TCP believes."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The link broke; the last thing that comes out of its queue."""

    why: str


class Link:
    """One connection to one Asterisk, from login to loss."""

    def __init__(self, asterisk: Asterisk) -> None:
        self._queue: Queue[Message | Lost] = Queue(_QUEUE)
        self._client = AmiClient(
            asterisk.host,
            asterisk.port,
            username=asterisk.username,
            secret=asterisk.secret,
            on_message=self._queue.put,
            on_lost=lambda why: self._queue.put(Lost(why)),
        )
        self._heard_s = elapsed_s()
        self._asked_s: float | None = None

    def open(self) -> None:
        """Connect and log in.

        Raises:
            RingbankError: no Asterisk answers there, or it refuses the login.
        """
        self._client.open()
        self._heard_s = elapsed_s()

    def close(self) -> None:
        """End the connection; what is in the queue is void."""
        self._client.close()

    def take(self, wait_s: float) -> list[Message | Lost]:
        """Return what has come in, waiting for the first message at most so long."""
        try:
            taken = [self._queue.get(timeout=wait_s)]
        except Empty:
            return self._check_silence()
        self._heard_s, self._asked_s = elapsed_s(), None
        try:
            while len(taken) < _BATCH:
                taken.append(self._queue.get_nowait())
        except Empty:
            pass
        return taken

    def post(self, actions: Iterable[Action]) -> None:
        """Send actions without waiting; their answers come out of `take`."""
        for action in actions:
            self._client.post(action.name, action.fields, action_id=action.action_id)
            self._asked_s = self._asked_s or elapsed_s()

    @property
    def silent(self) -> bool:
        """Whether Asterisk was asked for something and has said nothing since for a second."""
        return self._asked_s is not None and elapsed_s() - self._asked_s > _ANSWERS_WITHIN_S

    def ask(self, name: str, *fields: tuple[str, str]) -> Message:
        """Ask for one answer and wait for it."""
        return self._client.request(name, fields)

    def ask_list(self, name: str, *fields: tuple[str, str]) -> list[Message]:
        """Ask for a list and wait for all of it."""
        return self._client.request_list(name, fields)

    def _check_silence(self) -> list[Message | Lost]:
        silence_s = elapsed_s() - self._heard_s
        if silence_s > 3 * _QUIET_S:
            self.close()
            return [Lost(f"Asterisk has said nothing for {silence_s:.0f} s")]
        if silence_s > _QUIET_S and self._asked_s is None:
            self.post([Action("Ping", ())])
        return []
