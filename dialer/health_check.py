"""The health of an installation, from its base and from what its engine says of itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError as BrokenBase

from campaigns.model import FOR_READY_AGENTS, CampaignState
from campaigns.report import outlook
from campaigns.store import load_all
from dialer.health import Health, Seen, judge
from dialer.presence import is_alive
from dialer.status import idle
from dialer.store import engine_row
from leads.db import place_of, reading
from leads.errors import DatabaseError


@contextmanager
def looking(base: Engine) -> Iterator[Connection]:
    """Give a connection for a check, as `reading` does.

    Raises:
        DatabaseError: the base could not be reached or read, or is damaged.
    """
    try:
        with reading(base) as connection:
            yield connection
    except BrokenBase as error:
        raise DatabaseError(
            f"the database {place_of(base)} is damaged ({error.orig}); stop the engine, move the "
            "file out of the way, and run: ringbank db restore BACKUP"
        ) from error


def check(connection: Connection, engine: str, *, now: datetime) -> Health:
    """Return how an installation is, as a process besides the engine sees it.

    Args:
        connection: from `reading`.
        engine: its name.
        now: on the machine's clock.
    """
    row = engine_row(connection, engine)
    if row is None or not is_alive(row, now):
        return examine(connection, None, now=now)
    return examine(connection, row.report, now=now + row.clock_offset)


def examine(
    connection: Connection, report: Mapping[str, object] | None, *, now: datetime
) -> Health:
    """Return how an installation is.

    Args:
        connection: from `reading`.
        report: what the engine says of itself (`Progress.document`), or None: none runs.
        now: on the engine's clock.
    """
    told: Mapping[str, Any] = report or {}
    in_flight, agents = told.get("calls") or {}, told.get("agents") or {}
    rules = told.get("rules_problem")
    seen = []
    for stored in load_all(connection):
        if stored.state is not CampaignState.RUNNING and stored.tripped is None:
            continue
        ahead = outlook(connection, stored.id, now=now)
        name = stored.campaign.name
        found = idle(stored, ahead, report, now=now)
        seen.append(
            Seen(
                name=name,
                idle=found,
                in_flight=in_flight.get(name, 0),
                for_agents=stored.campaign.mode in FOR_READY_AGENTS,
            )
        )
    warnings = [f"the rules that were in force stay so: {rules}"] if rules else []
    return judge(seen, agents, warnings=warnings)
