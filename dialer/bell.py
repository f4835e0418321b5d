"""The engine's bell: somebody asks it for something, and it need not wait to look.

A thread of its own waits for the notice, since the engine's one thread waits for Asterisk; all
it does is to say so. Where no notices are heard the engine looks five times a second.
"""

from collections.abc import Callable
from threading import Event, Thread

from sqlalchemy import Engine

from leads.notices import LOOK_ANYWAY_S, Listener, Subject

_LOOK_EVERY_S = 0.2
_LISTEN_S = 0.5
"""How long the thread waits before it sees whether it shall end."""


class Bell:
    """Rings when somebody has written a request to an engine."""

    def __init__(self, base: Engine, engine: str, *, wake: Callable[[], None]) -> None:
        """Prepare the bell; nothing is touched before `hang`.

        Args:
            base: where requests are written.
            engine: whom they are for.
            wake: called by the bell's thread each time that it rings.
        """
        self._listener = Listener(base, Subject.REQUESTS, lambda says: says == engine)
        self._has_notices = base.dialect.name == "postgresql"
        self._wake = wake
        self._rang = Event()
        self._over = Event()
        self._thread: Thread | None = None

    def hang(self) -> None:
        """Listen from now on, where there is anything to hear."""
        if self._has_notices:
            self._thread = Thread(target=self._listen, name="bell", daemon=True)
            self._thread.start()

    def rang(self) -> bool:
        """Tell whether it rang since the last time; it is silent then until the next."""
        if not self._rang.is_set():
            return False
        self._rang.clear()
        return True

    @property
    def look_every_s(self) -> float:
        """How often to look for requests although it does not ring."""
        return LOOK_ANYWAY_S if self._listener.hears else _LOOK_EVERY_S

    def take_down(self) -> None:
        """Stop listening."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * _LISTEN_S)

    def _listen(self) -> None:
        while not self._over.is_set():
            if self._listener.wait(_LISTEN_S, else_every_s=_LISTEN_S):
                self._rang.set()
                self._wake()
        self._listener.close()
