"""What an action will be answered: a value that one thread waits for and another fills."""

import time
from collections.abc import Callable

from asterisk.ami.response import FutureResponse

from dialer.ami.wire import Message


class Answer(FutureResponse):  # type: ignore[misc]  # the library has no types
    """The answer to one action, and for a list the events before its end.

    Attributes:
        listing: whether the action asks for a list.
        events: the list's events so far.
        lost: why no answer can come any more, or "".
        expires_at: monotonic time after which nobody waits for it.
    """

    def __init__(
        self,
        callback: Callable[[Message], None] | None,
        timeout_s: float,
        *,
        listing: bool = False,
    ) -> None:
        super().__init__(callback, timeout_s)
        self.listing = listing
        self.events: list[Message] = []
        self.lost = ""
        self.expires_at = time.monotonic() + timeout_s

    def get_response(self) -> Message | None:
        """Wait for the answer; None if nothing of it came for the time-out, or the link ended."""
        with self._lock:
            progress = -1
            while not self._settled() and progress != len(self.events):
                progress = len(self.events)
                self._lock.wait_for(
                    lambda seen=progress: self._settled() or len(self.events) != seen,
                    self._timeout,
                )
            response: Message | None = self._response
            return response

    def set_response(self, response: Message) -> None:
        """Hand the answer to whoever waits, and to the callback."""
        with self._lock:
            self._response = response
            self._lock.notify_all()
        if self._callback is not None:
            self._callback(response)

    response = property(get_response, set_response)

    def add(self, event: Message) -> None:
        """Keep one event of a list."""
        with self._lock:
            self.events.append(event)
            self.expires_at = time.monotonic() + self._timeout
            self._lock.notify_all()

    def lose(self, reason: str) -> None:
        """Tell whoever waits that no answer can come."""
        with self._lock:
            self.lost = reason
            self._lock.notify_all()

    def _settled(self) -> bool:
        return self._response is not None or bool(self.lost)
