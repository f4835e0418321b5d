"""Talks, and what agents say of them, as the tests of results have them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from campaigns import desk, leases, taking_back
from campaigns.ledger import note_agent
from campaigns.model import AttemptId, DispositionKind, Outcome
from campaigns.result_words import Result
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from leads.db import metadata, reading, writing
from tests.db.people import (
    NOON,
    close,
    dial_next,
    enrolled,
    minutes,
    phone,
)

K = DispositionKind
ENDED = NOON + timedelta(seconds=20)
GIVEN = NOON + minutes(1)
LATER = NOON + minutes(300)
"""When whoever was not reached may be called again."""

TALK = """[[questions]]
key = "provider"
text = "Who is your provider?"
type = "choice"
choices = ["Telia", "other"]

[[questions]]
key = "why"
text = "Why?"
type = "text"
asked_if = 'provider = "other"'

[[refusal_reasons]]
code = "price"
offer = { campaign = "budget", after = "30d" }

[[refusal_reasons]]
code = "data_deletion_request"
"""
PEOPLE = f"""Id;Navn;Mobil;Telefon
17;Åse;{phone(1)};{phone(3)}
18;Per;{phone(1)};
19;Kari;{phone(2)};
"""


def talk(
    base: Engine,
    stored: StoredCampaign,
    agent_id: int,
    *,
    ended: bool = True,
    now: datetime = NOON,
) -> int:
    """Call the next person, who talks to the agent for 20 s."""
    attempt = dial_next(base, stored, now=now)
    with writing(base) as connection:
        note_agent(connection, attempt.id, agent_id)
    if ended:
        close(base, stored, attempt, Outcome.CONNECTED, agent_id=agent_id, answered_at=now)
    return attempt.id


def give(
    base: Engine, stored: StoredCampaign, attempt_id: int, result: Result, *, now: datetime = GIVEN
) -> None:
    with writing(base) as connection:
        lease = connection.scalar(select(attempts.c.lease).where(attempts.c.id == attempt_id))
        desk.give_result(connection, stored, leases.find_owed(connection, lease), result, now=now)


def undo(base: Engine, stored: StoredCampaign, attempt_id: int, *, now: datetime = GIVEN) -> None:
    with writing(base) as connection:
        taking_back.undo(connection, stored, AttemptId(attempt_id), by="anna", now=now)


def correct(
    base: Engine,
    stored: StoredCampaign,
    attempt_id: int,
    result: Result,
    *,
    why: str = "misheard",
    now: datetime = LATER,
) -> None:
    with writing(base) as connection:
        taking_back.correct(
            connection, stored, AttemptId(attempt_id), result, by="bo", why=why, now=now
        )


ASIDE = {"result_changes", "result_traces", "drafts", "alembic_version"}
"""Tables that are about results themselves, not about what they led to."""


def everything(base: Engine) -> dict[str, list[Mapping[str, Any]]]:
    """Return all rows that are in force, but for what has to be another: ids, a lease's times."""
    found = {}
    with reading(base) as connection:
        for table in metadata.sorted_tables:
            if table.name in ASIDE:
                continue
            rows = [dict(row._mapping) for row in connection.execute(select(table))]
            if table.name == "suppressions":
                rows = [row for row in rows if row["removed_at"] is None]
            for row in rows:
                if table.name in {"claims", "answers", "suppressions", "lead_changes"}:
                    row.pop("id")
                if table.name == "claims":
                    del row["created_at"], row["expires_at"]
            found[table.name] = sorted(rows, key=repr)
    return found


def state(base: Engine, stored: StoredCampaign, name: str = "Åse") -> tuple[str, str | None]:
    row = enrolled(base, stored)[name]
    return row.state, row.held_by


def rows_of(base: Engine, table: Any) -> list[Any]:
    with reading(base) as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))
