"""An engine's name in the base: one live process has it, and shows that it lives."""

import logging
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine

from dialer import store
from dialer.clock import Clock
from leads.db import writing
from leads.errors import DatabaseError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who settles what an engine left that is gone.

    Attributes:
        gone: the engine, as it showed itself last.
        by: the name of the engine that does it.
    """

    gone: store.EngineRow
    by: str


@dataclass(frozen=True, slots=True)
class Presence:
    """This process under the name of an engine; heartbeats are on the machine's clock.

    Attributes:
        asterisk: host and port of the manager interface, for whoever stands in some day.
        stand_in: this process only settles what was left under the name; None: it dials.
    """

    name: str
    asterisk: str = ""
    stand_in: StandIn | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def sign_on(self, connection: Connection, clock: Clock) -> None:
        """Take the name; whoever only stands in for it makes way.

        Raises:
            EngineTakenError: a live engine has it.
        """
        now = Clock().now()
        other = store.engine_row(connection, self.name, lock=True)
        if self.stand_in is not None:
            self._demand_unchanged(other, self.stand_in.gone)
        elif other is not None and other.finished_by is None and is_alive(other, now):
            raise store.EngineTakenError(
                f"an engine {self.name!r} runs already (process {other.pid} on {other.host}); "
                "stop it, or give this one another engine.name"
            )
        store.sign_on(
            connection,
            name=self.name,
            token=self.token,
            host=socket.gethostname(),
            pid=os.getpid(),
            clock_offset=clock.offset,
            now=now,
            asterisk=self.asterisk,
            finished_by=None if self.stand_in is None else self.stand_in.by,
        )

    def _demand_unchanged(self, found: store.EngineRow | None, gone: store.EngineRow) -> None:
        """Stand in only for an engine that has not shown itself again, nor has a stand-in."""
        if found is None or (found.token, found.heartbeat_at) != (gone.token, gone.heartbeat_at):
            raise store.EngineTakenError(
                f"the engine {self.name!r} is back, or another engine settles what it left; "
                "see: ringbank status"
            )

    def beat(self, connection: Connection, report: Mapping[str, object]) -> None:
        """Show that the engine lives, and how it fares.

        Raises:
            EngineTakenError: another process took the name.
        """
        store.beat(connection, name=self.name, token=self.token, report=report, now=Clock().now())

    def sign_off(self, base: Engine) -> None:
        """Give the name back; a base that fails by now does not matter any more."""
        try:
            with writing(base) as connection:
                store.sign_off(connection, name=self.name, token=self.token, now=Clock().now())
        except DatabaseError as error:
            logger.warning("The engine could not sign off: %s", error)


def is_alive(row: store.EngineRow, now: datetime) -> bool:
    """Tell whether an engine runs: of a crash on this very host nobody has to wait to hear."""
    return row.lives(now) and _process_lives(row)


def _process_lives(row: store.EngineRow) -> bool:
    """Tell whether an engine's process may still live; of another host it may."""
    if row.host != socket.gethostname():
        return True
    try:
        os.kill(row.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
