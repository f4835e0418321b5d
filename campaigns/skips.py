"""People whom an agent looked at and did not want to call: why, how often, and for how long.

Whoever is skipped goes back into the queue for everybody else. The same agent gets them no
more in that campaign for the rest of the working day.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Connection, insert, select

from campaigns.cards import refuse_card
from campaigns.desk_tables import skips
from campaigns.fields import nearest
from leads.errors import NotAllowedError, UsageError

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "know_person": "I know this person",
        "language": "I do not speak their language",
        "too_late": "It is too late or too early for them",
        "wrong_data": "What we know of them is wrong",
        "other": "Another reason",
    }
)
"""Why an agent may skip somebody, in the order in which they are offered."""

PASSED_OVER_FOR = timedelta(hours=12)
"""The rest of a working day, whatever the clock shows where the agent sits."""

MOST_AN_HOUR = 10
"""More skips than these are picking the easy ones: the agent is told, supervisors see them."""


def skip_reason(code: str) -> str:
    """Return the code of a reason.

    Raises:
        UsageError: there is none of that name.
    """
    if code not in REASONS:
        raise UsageError(
            f"{code!r} is no reason to skip, the nearest is {nearest(code, list(REASONS))!r}; "
            f"add --reason with one of {', '.join(REASONS)}"
        )
    return code


def note_skip(
    connection: Connection,
    *,
    campaign_id: int,
    lead_id: int,
    agent_id: int,
    reason: str,
    note: str | None,
    now: datetime,
) -> None:
    """Keep that an agent skipped somebody, and why.

    Raises:
        UsageError: the note holds the number of a payment card.
        NotAllowedError: they have skipped too many in the last hour.
    """
    refuse_card(note, "--note")
    hour = timedelta(hours=1)
    lately = connection.scalars(
        select(skips.c.skipped_at)
        .where(skips.c.agent_id == agent_id, skips.c.skipped_at > now - hour)
        .order_by(skips.c.skipped_at.desc())
        .limit(MOST_AN_HOUR)
    ).all()
    if len(lately) == MOST_AN_HOUR:
        raise NotAllowedError(
            f"{MOST_AN_HOUR} people were skipped within an hour, and no more may be; call this "
            f"one, or skip again from {(lately[-1] + hour).astimezone():%H:%M} on"
        )
    connection.execute(
        insert(skips).values(
            agent_id=agent_id,
            campaign_id=campaign_id,
            lead_id=lead_id,
            reason=reason,
            note=note,
            skipped_at=now,
        )
    )


def passed_over(
    connection: Connection, campaign_id: int, agent_id: int, *, now: datetime
) -> frozenset[int]:
    """Return the leads that an agent has skipped in a campaign and does not get again yet."""
    return frozenset(
        connection.scalars(
            select(skips.c.lead_id).where(
                skips.c.agent_id == agent_id,
                skips.c.campaign_id == campaign_id,
                skips.c.skipped_at > now - PASSED_OVER_FOR,
            )
        )
    )
