"""What the pacers have learned, in the base."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from campaigns.call_tables import pacings


def load(connection: Connection, campaign_id: int, engine: str) -> Mapping[str, Any] | None:
    """Return what an engine's pacer of a campaign had learned when it was saved last.

    Where this engine never dialled the campaign, what another one has learned of its people.
    """
    rows = connection.execute(
        select(pacings.c.engine, pacings.c.state)
        .where(pacings.c.campaign_id == campaign_id)
        .order_by(pacings.c.saved_at.desc())
    ).all()
    found = next((row for row in rows if row.engine == engine), rows[0] if rows else None)
    return None if found is None else found.state


def save(
    connection: Connection,
    campaign_id: int,
    engine: str,
    state: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Save what an engine's pacer of a campaign has learned."""
    ours = (pacings.c.campaign_id == campaign_id, pacings.c.engine == engine)
    kept = connection.execute(update(pacings).where(*ours).values(state=state, saved_at=now))
    if not kept.rowcount:
        connection.execute(
            insert(pacings).values(
                campaign_id=campaign_id, engine=engine, state=state, saved_at=now
            )
        )
