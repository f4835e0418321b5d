"""What agents have typed of a talk and what was not taken, or not given, as its result.

It is kept by the name of the lease, and shown again with the person. Where a talk broke off
and no result came, its answers that can be used are kept as such.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from campaigns.cards import without_card_numbers
from campaigns.desk_tables import drafts
from campaigns.questions import usable_answers
from campaigns.said import keep_answers
from campaigns.store import StoredCampaign
from campaigns.tables import agents, attempts, campaigns
from leads.errors import UsageError
from leads.sql import insert_if_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed of one talk.

    Attributes:
        agent: whose talk it was, or None.
        words: as typed, by the names of `campaigns.result_words.Words`.
        attempt_id: the call, or None where none is written down.
        given: the call has a result.
    """

    lease: str
    agent: str | None
    campaign: str
    lead_id: int
    words: Mapping[str, Any]
    kept_at: datetime
    attempt_id: int | None
    given: bool


def typed(words: Any) -> dict[str, Any]:
    """Return what was typed, of a dataclass of words, without what was left empty.

    Of the number of a payment card no digit is left: it must stand nowhere in the base.
    """
    found = {one.name: getattr(words, one.name) for one in fields(words)}
    return {
        name: _fit(value) for name, value in found.items() if value not in (None, "", (), False)
    }


def _fit(value: Any) -> Any:
    """Return a value as JSON holds it and as it may be kept."""
    if isinstance(value, tuple):
        return [_fit(one) for one in value]
    return without_card_numbers(value) if isinstance(value, str) else value


def keep(
    connection: Connection,
    lease: str,
    words: Mapping[str, Any],
    *,
    agent_id: int | None,
    campaign_id: int,
    lead_id: int,
    now: datetime,
) -> None:
    """Keep what was typed, in the place of what was typed of the same talk before."""
    if not fill(connection, lease, words, now=now):
        connection.execute(
            insert(drafts).values(
                lease=lease,
                agent_id=agent_id,
                campaign_id=campaign_id,
                lead_id=lead_id,
                words=dict(words),
                kept_at=now,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOut:
    """A lease that ran out without a call that anybody knows of.

    Attributes:
        taken_at: when it began, aware.
        over_at: when its time was over, aware.
    """

    lease: str
    agent_id: int
    campaign_id: int
    lead_id: int
    number_id: int
    rule_set: str | None
    decision: Mapping[str, Any] | None
    script_version: str | None
    taken_at: datetime
    over_at: datetime


_HELD = ("number_id", "rule_set", "decision", "script_version")
_TIMES = {"taken_at": "created_at", "over_at": "expires_at"}


def remember(connection: Connection, claim: Row[Any], *, now: datetime) -> None:
    """Keep what a lease held that is over without a call: what is typed later has a place."""
    held = {name: claim._mapping[name] for name in _HELD}
    held |= {name: claim._mapping[column].isoformat() for name, column in _TIMES.items()}
    place = update(drafts).where(drafts.c.lease == claim.lease).values(held=held)
    if connection.execute(place).rowcount:
        return
    connection.execute(
        insert_if_new(connection, drafts).values(
            lease=claim.lease,
            agent_id=claim.agent_id,
            campaign_id=claim.campaign_id,
            lead_id=claim.lead_id,
            words={},
            held=held,
            kept_at=now,
        )
    )


def run_out(connection: Connection, lease: str) -> RunOut | None:
    """Return a lease that ran out without a call, or None where it was no such lease."""
    place = place_of(connection, lease)
    if place is None or place.held is None or place.agent_id is None:
        return None
    return RunOut(
        lease=lease,
        agent_id=place.agent_id,
        campaign_id=place.campaign_id,
        lead_id=place.lead_id,
        taken_at=datetime.fromisoformat(place.held["taken_at"]),
        over_at=datetime.fromisoformat(place.held["over_at"]),
        **{name: place.held[name] for name in _HELD},
    )


def fill(connection: Connection, lease: str, words: Mapping[str, Any], *, now: datetime) -> bool:
    """Keep what was typed where there is a place for it already; return whether there is."""
    changed = connection.execute(
        update(drafts).where(drafts.c.lease == lease).values(words=dict(words), kept_at=now)
    )
    return changed.rowcount > 0


def place_of(connection: Connection, lease: str) -> Row[Any] | None:
    """Return what is kept under a lease, words or only a place for them, or None."""
    return connection.execute(select(drafts).where(drafts.c.lease == lease)).one_or_none()


def drop(connection: Connection, lease: str) -> None:
    """Forget what was typed: its result was taken."""
    connection.execute(delete(drafts).where(drafts.c.lease == lease))


def words_of(connection: Connection, lease: str) -> dict[str, Any] | None:
    """Return what was typed of a talk, or None where nothing was."""
    words: dict[str, Any] | None = connection.scalar(
        select(drafts.c.words).where(drafts.c.lease == lease)
    )
    return words or None


def find(connection: Connection, lease: str) -> Draft:
    """Return what was typed under a lease.

    Raises:
        UsageError: nothing was.
    """
    row = connection.execute(_DRAFTS.where(drafts.c.lease == lease)).one_or_none()
    if row is None or not row.words:
        raise UsageError(f"nothing was typed under a lease {lease!r}; see: ringbank drafts list")
    return _draft(row)


def listed(connection: Connection) -> tuple[Draft, ...]:
    """Return everything that was typed and not taken, the oldest first."""
    rows = connection.execute(_DRAFTS.order_by(drafts.c.kept_at, drafts.c.lease))
    return tuple(_draft(row) for row in rows if row.words)


_DRAFTS = (
    select(
        drafts,
        agents.c.name.label("agent"),
        campaigns.c.name.label("campaign"),
        attempts.c.id.label("attempt_id"),
        attempts.c.disposition,
    )
    .join(campaigns, campaigns.c.id == drafts.c.campaign_id)
    .outerjoin(agents, agents.c.id == drafts.c.agent_id)
    .outerjoin(attempts, attempts.c.lease == drafts.c.lease)
)


def _draft(row: Row[Any]) -> Draft:
    return Draft(
        lease=row.lease,
        agent=row.agent,
        campaign=row.campaign,
        lead_id=row.lead_id,
        words=row.words,
        kept_at=row.kept_at,
        attempt_id=row.attempt_id,
        given=row.disposition is not None,
    )


def keep_typed_answers(
    connection: Connection, stored: StoredCampaign, broken_off: Iterable[Row[Any]], *, now: datetime
) -> None:
    """Make answers of what was typed in talks whose results never came.

    Args:
        connection: in a writing transaction that holds the attempts.
        stored: their campaign.
        broken_off: the claims that ended.
        now: aware.
    """
    for claim in broken_off:
        if claim.attempt_id is None:
            remember(connection, claim, now=now)
            continue
        given = (words_of(connection, claim.lease) or {}).get("answers", ())
        found = usable_answers(stored.campaign.questions, given)
        if found:
            attempt = connection.execute(
                select(attempts).where(attempts.c.id == claim.attempt_id)
            ).one()
            keep_answers(connection, attempt, found, now=now)
