"""What a person says of where they are, kept for all campaigns; what they said before stays, too."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from campaigns.claims import hold_off_erasing
from campaigns.examining import examine_lead_again
from campaigns.leases import Lease, hold
from campaigns.rules.told import Told, read_places, told_since
from campaigns.said import attempt_row
from campaigns.tables import agents
from leads.edits import TOLD
from leads.problems import usable
from leads.tables import lead_changes, leads


def tell_in_talk(
    connection: Connection, lease: Lease, words: Iterable[str], *, now: datetime
) -> None:
    """Keep what a person said in a talk, in an agent's words, before its result is written.

    Raises:
        UsageError: a word names no place, or the lease is over; nothing is kept then.
        NotAllowedError: the person was called since the lease was read.
    """
    told = usable("--place cannot be used", read_places(words))
    # In the order in which results and the engine take them: nobody then waits for ever.
    if lease.id is not None:
        hold(connection, lease)
    elif lease.attempt_id is not None:
        attempt_row(connection, lease.attempt_id)
    who = connection.scalar(select(agents.c.name).where(agents.c.id == lease.agent_id))
    keep_told(connection, lease.lead_id, told, who=who or "the engine", now=now)


def keep_told(connection: Connection, lead_id: int, told: Told, *, who: str, now: datetime) -> None:
    """Write what a person said of where they are; every campaign looks for their hours anew.

    Args:
        connection: from `writing`.
        lead_id: who said it.
        told: all that they said in one talk.
        who: on whose word.
        now: aware UTC.
    """
    hold_off_erasing(connection)
    columns = [leads.c[name] for name in TOLD]
    row = connection.execute(select(*columns).where(leads.c.id == lead_id)).one()
    since = told_since(
        Told(zone=row.told_zone, country=row.told_country, subdivision=row.told_subdivision),
        told,
    )
    after = dict(zip(TOLD, (since.zone, since.country, since.subdivision), strict=True))
    before = {name: row._mapping[name] for name in TOLD if row._mapping[name] != after[name]}
    connection.execute(update(leads).where(leads.c.id == lead_id).values(**after, told_at=now))
    if before:
        connection.execute(
            insert(lead_changes).values(
                lead_id=lead_id, before=before, changed_at=now, changed_by=who
            )
        )
        examine_lead_again(connection, lead_id)
