"""Word from one process to another that the base has news, so that nobody needs to keep asking.

PostgreSQL carries a notice with the transaction that brings the news: whoever listens gets it
once that is committed, and never of what was rolled back. SQLite has no such thing, and its
processes look again and again. A notice may be lost, with its connection or on the way through a
pooler: it says that looking is worth it now, and whoever waits looks now and then without one.
"""

import logging
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

logger = logging.getLogger(__name__)

LOOK_ANYWAY_S = 2.0
"""How long a listener goes without looking although no notice has come."""

_CONNECT_AGAIN_S = 1.0

EVERYBODY = "*"
"""What a notice of people says that concerns whoever asks for any."""


class Subject(StrEnum):
    """What notices are about; each is a channel of PostgreSQL's."""

    REQUESTS = "ringbank_requests"  # an engine is asked for something: its name
    ANSWERS = "ringbank_answers"  # an engine has answered: the request's id
    PEOPLE = "ringbank_people"  # there may be somebody for an agent now


def to_agent(agent_id: int) -> str:
    """Return what a notice says that concerns one agent."""
    return f"agent {agent_id}"


def in_campaign(campaign_id: int) -> str:
    """Return what a notice says that concerns whoever asks for people of a campaign."""
    return f"campaign {campaign_id}"


def notify(connection: Connection, subject: Subject, says: str) -> None:
    """Give a notice, which goes out when the transaction is committed; on SQLite none.

    Args:
        connection: from `writing`, in which the news is written.
        subject: what it is about.
        says: whom it concerns; the same twice in a transaction is one notice.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY, {"subject": subject.value, "says": says})


_NOTIFY = text("SELECT pg_notify(:subject, :says)")


class Listener:
    """Waits for notices on a connection of its own, which is made when it is first needed.

    Whoever waits for news listens first, then looks, then waits: nothing falls between.
    """

    def __init__(self, base: Engine, subject: Subject, is_meant: Callable[[str], bool]) -> None:
        """Prepare a listener.

        Args:
            base: where notices are given.
            subject: what it listens for.
            is_meant: whether what a notice says concerns it.
        """
        self._base = base
        self._subject = subject
        self._is_meant = is_meant
        self._connection: Connection | None = None
        self._not_before_s = 0.0

    def __enter__(self) -> "Listener":
        """Listen from now on, where there is anything to hear."""
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self.close()

    @property
    def hears(self) -> bool:
        """Tell whether notices reach it at the moment."""
        return self._connection is not None

    def listen(self) -> bool:
        """Listen, if it does not yet; tell whether it began to just now.

        A base that cannot be reached is tried again later: whoever waits looks meanwhile.
        """
        if self._base.dialect.name != "postgresql" or self.hears:
            return False
        if time.monotonic() < self._not_before_s:
            return False
        self._not_before_s = time.monotonic() + _CONNECT_AGAIN_S
        try:
            connection = self._base.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()  # it is not for the next who wants one: it hears things
            self._connection = connection
            connection.exec_driver_sql(f"LISTEN {self._subject.value}")
        except DBAPIError as error:
            self._lose(error)
            return False
        return True

    def wait(self, within_s: float, *, else_every_s: float) -> bool:
        """Wait for a notice; return whether one came, or may have been missed.

        Args:
            within_s: how long, where notices are heard.
            else_every_s: how long where there are none, on SQLite or while the connection is
                lost: the caller looks every so often by itself.
        """
        if self.listen():
            return True  # one that came before is not heard any more
        if self._connection is None:
            time.sleep(min(within_s, else_every_s))
            return False
        driver: Any = self._connection.connection.dbapi_connection
        dbapi: Any = self._base.dialect.dbapi
        until_s = time.monotonic() + within_s
        try:
            while (left_s := until_s - time.monotonic()) > 0:
                # All that has come is taken: else what is left would wake the next wait.
                came = [*driver.notifies(timeout=left_s, stop_after=1)]
                if any(self._is_meant(one.payload) for one in came):
                    return True
        except dbapi.Error as error:
            self._lose(error)
        return False

    def close(self) -> None:
        """Stop listening, if it did."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _lose(self, error: Exception) -> None:
        first = str(error).partition("\n")[0]
        logger.info("Notices are not heard, looking instead: %s", first)
        try:
            self.close()
        except DBAPIError:  # it is broken anyway
            self._connection = None
