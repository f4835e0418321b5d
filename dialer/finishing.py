"""What engines left that are gone, brought to its end by one that reaches their Asterisk.

Beside every engine a thread looks for others that have calls without an end and have not shown
themselves for a while. It then runs an engine under that one's name that dials nobody: what
Asterisk knows is fed back as after any lost link, talks go on, and their ends are written. When
the engine itself comes back it takes its name again, and the stand-in makes way.

Whether somebody is gone is told by their heartbeat standing still, not by its time: clocks of
two machines need not agree.
"""

import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread

from sqlalchemy import Engine as Base

from dialer import store
from dialer.clock import Clock, elapsed_s
from dialer.config import Config
from dialer.engine import Engine
from dialer.presence import StandIn
from dialer.store import HEARTBEAT_LIMIT, EngineRow, EngineTakenError
from leads.db import reading
from leads.errors import DatabaseError, NotAllowedError, RingbankError

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
_TRY_AGAIN_S = 30.0
_STOPS_WITHIN_S = 5.0
_HERE_ALONE = ("127.0.0.1", "::1", "localhost")
_GIVE_UP = "where that Asterisk is gone for good, run: ringbank engines give-up"


@contextmanager
def finishing(base: Base, config: Config, clock: Clock) -> Iterator[None]:
    """Settle, as long as an engine of this configuration runs, what others leave."""
    finishers = Finishers(base, config, clock)
    thread = Thread(target=finishers.work, name="finishers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finishers.end()
        thread.join(_STOPS_WITHIN_S)


def give_up(
    base: Base, config: Config, gone: EngineRow, clock: Clock, *, watched_s: float = 2.0
) -> None:
    """Book what an engine left as unknown: its Asterisk is gone for good.

    Args:
        base: that all engines share.
        config: an installation's of that base.
        gone: the engine.
        clock: the machine's.
        watched_s: for how long its heart may not beat; a living one shows itself twice a second,
            whatever the clocks of the two machines show.

    Raises:
        NotAllowedError: the engine is there, or another one settles what it left.
    """
    time.sleep(watched_s)
    try:
        _stand_in(base, config, gone, clock).give_up()
    except EngineTakenError as taken:
        raise NotAllowedError(str(taken)) from taken


class Finishers:
    """The engines that stand in for others, each in a thread of its own."""

    def __init__(
        self,
        base: Base,
        config: Config,
        clock: Clock,
        *,
        make: Callable[[Base, Config, EngineRow, Clock], Engine] | None = None,
    ) -> None:
        """Begin with none.

        Args:
            base: that all engines share.
            config: of the engine beside which they run; its manager user logs in everywhere.
            clock: the engine's.
            make: another way to make a stand-in.
        """
        self._base = base
        self._config = config
        self._clock = clock
        self._make = make or _stand_in
        self._over = Event()
        self._seen: dict[str, tuple[object, float]] = {}  # a heartbeat, and since when it stands
        self._again_s: dict[str, float] = {}
        self._told: dict[str, str] = {}
        self._running: dict[str, tuple[Engine, Thread]] = {}

    def work(self) -> None:
        """Look for engines that are gone until `end`."""
        while not self._over.wait(_LOOK_EVERY_S):
            try:
                self.look(at_s=elapsed_s())
            except DatabaseError as error:
                logger.warning("What other engines left could not be read: %s", error)

    def end(self) -> None:
        """Leave what is not settled by now to others."""
        self._over.set()
        for engine, _ in tuple(self._running.values()):
            engine.stop_now()
        for _, thread in tuple(self._running.values()):
            thread.join(_STOPS_WITHIN_S)

    def look(self, *, at_s: float) -> None:
        """Stand in for every engine whose heartbeat has stood still for too long."""
        self._running = {n: (e, t) for n, (e, t) in self._running.items() if t.is_alive()}
        with reading(self._base) as connection:
            rows = store.with_something_open(connection)
        others = {row.name: row for row in rows if row.name != self._config.engine}
        for row in self._gone(others, at_s=at_s):
            if row.name not in self._running and self._again_s.get(row.name, 0.0) <= at_s:
                self._again_s[row.name] = at_s + _TRY_AGAIN_S
                self._begin(row)

    def _gone(self, others: Mapping[str, EngineRow], *, at_s: float) -> Iterator[EngineRow]:
        for name in self._seen.keys() - others.keys():
            del self._seen[name]
            self._told.pop(name, None)
        for name, row in others.items():
            beat = (row.token, row.heartbeat_at)
            if name not in self._seen or self._seen[name][0] != beat:
                self._seen[name] = (beat, at_s)
            elif at_s - self._seen[name][1] >= HEARTBEAT_LIMIT.total_seconds():
                yield row

    def _begin(self, gone: EngineRow) -> None:
        if (why_not := _out_of_reach(gone)) is not None:
            self._tell(gone, why_not)
            return
        engine = self._make(self._base, self._config, gone, self._clock)
        name = f"finisher of {gone.name}"
        thread = Thread(target=self._finish, args=(engine, gone), name=name, daemon=True)
        self._running[gone.name] = (engine, thread)
        thread.start()

    def _finish(self, engine: Engine, gone: EngineRow) -> None:
        try:
            engine.run()
        except EngineTakenError as taken:
            logger.info("%s", taken)
        except NotAllowedError as refused:
            self._tell(gone, f"{refused}; {_GIVE_UP} {gone.name}")
        except RingbankError as error:
            self._tell(gone, str(error))
        else:
            if not engine.calls_left and not engine.callers_left:  # else it was told to stop
                logger.warning("What the engine %s left is settled", gone.name)

    def _tell(self, gone: EngineRow, why_not: str) -> None:
        """Say once why something cannot be settled from here."""
        if self._told.get(gone.name) != why_not:
            self._told[gone.name] = why_not
            logger.warning(
                "The engine %s is gone, and its calls cannot be settled from here: %s",
                gone.name,
                why_not,
            )


def _out_of_reach(gone: EngineRow) -> str | None:
    """Return why the Asterisk of an engine cannot be reached from here, or None."""
    host, _, port = gone.asterisk.rpartition(":")
    if not host or not port.isdigit():
        return "it never said where its Asterisk is"
    if host in _HERE_ALONE and gone.host != socket.gethostname():
        return (
            f"its Asterisk answers on {gone.host} alone ({gone.asterisk}); start the engine "
            f"there, or {_GIVE_UP} {gone.name}"
        )
    return None


def _stand_in(base: Base, config: Config, gone: EngineRow, clock: Clock) -> Engine:
    host, _, port = gone.asterisk.rpartition(":")
    # It has no trunk: those of the engine that is gone are its own matter.
    theirs = replace(
        config,
        engine=gone.name,
        host=host or config.host,
        port=int(port) if port.isdigit() else config.port,
        trunks={},
    )
    return Engine(base, theirs, clock=clock, stand_in=StandIn(gone, by=config.engine))
