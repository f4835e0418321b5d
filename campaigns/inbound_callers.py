"""Who calls us: found by the last call that we made to their number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from campaigns.inbound_words import Standing
from campaigns.store import load_id
from campaigns.tables import attempts
from leads.model import E164, number_id
from leads.suppression import applying
from leads.tables import lead_numbers, leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A call that came in, before anybody knows whose it is.

    Attributes:
        channel_id: Asterisk's.
        caller_id: the number of ours that was called, or what was called in its place.
        caller: who calls; None: withheld, or no number.
    """

    channel_id: str
    engine: str
    caller_id: str
    caller: E164 | None
    began_at: datetime


def row_of(connection: Connection, came: Came) -> dict[str, object]:
    """Return the row of a call that has come in."""
    values: dict[str, object] = {
        "channel_id": came.channel_id,
        "engine": came.engine,
        "caller_id": came.caller_id,
        "began_at": came.began_at,
        "standing": Standing.WITHHELD,
        # Which columns a row has decides the statement, so that all have the same.
        **dict.fromkeys(("phone", "lead_id", "number_id", "campaign_id", "attempt_id")),
    }
    if came.caller is None:
        return values
    last = connection.execute(
        select(attempts)
        .where(
            attempts.c.number_id == number_id(came.caller),
            attempts.c.caller_id == came.caller_id,
        )
        .order_by(attempts.c.dialed_at.desc(), attempts.c.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return values | {"standing": Standing.STRANGER}
    has_it = connection.scalar(
        select(lead_numbers.c.lead_id).where(
            lead_numbers.c.lead_id == last.lead_id, lead_numbers.c.number_id == last.number_id
        )
    )
    if has_it is None:  # whoever calls is somebody else
        return values | {
            "standing": Standing.MOVED,
            "campaign_id": last.campaign_id,
            "attempt_id": last.id,
        }
    return values | {
        "standing": _standing(connection, last, came.caller),
        "phone": came.caller,
        "number_id": last.number_id,
        "lead_id": last.lead_id,
        "campaign_id": last.campaign_id,
        "attempt_id": last.id,
    }


def _standing(connection: Connection, last: Row[Any], caller: E164) -> Standing:
    name_key = connection.scalar(select(leads.c.name_key).where(leads.c.id == last.lead_id))
    (entry,) = applying(
        connection,
        [(last.lead_id, caller, name_key)],
        seller=last.seller,
        campaign=load_id(connection, last.campaign_id).campaign.name,
    )
    return Standing.KNOWN if entry is None else Standing.SUPPRESSED
