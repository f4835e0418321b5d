"""How likely people are to answer, learned beside the engine's work and asked in its turns.

A thread reads the ledger every ten minutes, one campaign after the other, with a rest after
each slice; the turns only look up what it found last. Nothing of it is kept: an engine that
starts learns anew within seconds, and places calls without knowing until then.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy import Engine as Base

from campaigns.chance_learning import chances_of, learn
from campaigns.chances import Chances
from campaigns.claims import Claim
from campaigns.model import DialMode
from campaigns.store import StoredCampaign
from leads.errors import DatabaseError

logger = logging.getLogger(__name__)

_EVERY_S = 600.0
_REST_S = 0.03
"""After each slice of the work: the turns get the processor three times as often as it."""
_END_WITHIN_S = 2.0


class _EndedError(Exception):
    """The engine ends: nobody wants to know any more."""


class Learners:
    """What is known of the people of each campaign that an engine dials."""

    def __init__(self, base: Base) -> None:
        """Begin with nothing known; `base` is read only."""
        self._base = base
        self._models: dict[int, Chances | None] = {}
        self._due_s: dict[int, float] = {}
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    def look(self, running: Iterable[StoredCampaign], *, at_s: float) -> None:
        """Begin to learn of the campaign whose turn it is, where none is being learned of."""
        if self._over.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        waiting = [
            (due_s, stored)
            for stored in running
            if stored.campaign.mode is not DialMode.MANUAL
            and (due_s := self._due_s.get(stored.id, 0.0)) <= at_s
        ]
        if not waiting:
            return
        _, stored = min(waiting, key=lambda one: one[0])
        self._due_s[stored.id] = at_s + _EVERY_S
        self._thread = threading.Thread(
            target=self._learn, args=(stored,), name="ringbank-learning", daemon=True
        )
        self._thread.start()

    def _learn(self, stored: StoredCampaign) -> None:
        try:
            self._models[stored.id] = learn(self._base, stored, self._rest)
        except _EndedError:
            pass
        except DatabaseError as error:
            logger.warning("Nothing could be learned of who answers: %s", error)

    def _rest(self) -> None:
        if self._over.wait(_REST_S):
            raise _EndedError

    def end(self) -> None:
        """Learn no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_END_WITHIN_S)

    def chances_of(
        self,
        connection: Connection,
        stored: StoredCampaign,
        taken: Sequence[Claim],
        *,
        now: datetime,
    ) -> list[float | None]:
        """Return how likely people who are claimed are to answer; None where nobody knows."""
        return chances_of(connection, self._models.get(stored.id), taken, now=now)
