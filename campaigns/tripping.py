"""Campaigns that paused themselves, in the base, and the calls from which they may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from campaigns.breaker import Trip
from campaigns.breaker_table import EndedCall, is_soundless
from campaigns.model import CampaignState, DialMode, Outcome
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaigns

_LOOK_BACK = 10_000
"""So many of the last attempts of the base are looked through: an engine starts at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the ledger knows of a trunk's last calls.

    Attributes:
        calls: pairs of campaign id and call, in the order in which they ended.
        after: the campaign's last attempt of before it was started; 0: there is none.
        last: the last attempt of all.
    """

    calls: tuple[tuple[int, EndedCall], ...]
    after: int
    last: int


def past(connection: Connection, stored: StoredCampaign) -> Past:
    """Return the last calls on the trunk of a campaign, its own among them."""
    last = connection.scalar(select(func.max(attempts.c.id))) or 0
    rows = connection.execute(
        select(
            attempts.c.id,
            attempts.c.campaign_id,
            attempts.c.number_id,
            attempts.c.dialed_at,
            attempts.c.answered_at,
            attempts.c.rtp_packets,
            attempts.c.ended_at,
            attempts.c.outcome,
            attempts.c.evidence,
            attempts.c.sip_code,
            attempts.c.talk_s,
        )
        .where(
            attempts.c.id > last - _LOOK_BACK,
            attempts.c.trunk == stored.campaign.trunk,
            attempts.c.mode != DialMode.MANUAL,
        )
        .order_by(attempts.c.id)
    ).all()
    began = stored.started_at
    before = [
        row.id
        for row in rows
        if row.campaign_id == stored.id and began is not None and row.dialed_at < began
    ]
    calls = tuple(
        (
            row.campaign_id,
            EndedCall(
                attempt_id=row.id,
                number_id=row.number_id,
                ended_at=row.ended_at,
                outcome=Outcome(row.outcome),
                evidence=row.evidence,
                sip_code=row.sip_code,
                talk_s=row.talk_s,
                soundless=is_soundless(row.rtp_packets, row.answered_at, row.ended_at),
            ),
        )
        for row in sorted(
            (row for row in rows if row.ended_at is not None), key=lambda row: row.ended_at
        )
    )
    return Past(calls=calls, after=max(before, default=0), last=last)


def pause(connection: Connection, trips: Mapping[int, Trip], *, now: datetime) -> None:
    """Pause campaigns, by id, because of their own calls.

    Whichever a person has paused or stopped meanwhile stays as it is. The campaigns' rows are
    written before those of their people, as everybody does who writes both.
    """
    for campaign_id, trip in sorted(trips.items()):
        connection.execute(
            update(campaigns)
            .where(campaigns.c.id == campaign_id, campaigns.c.state == CampaignState.RUNNING)
            .values(state=CampaignState.PAUSED, updated_at=now, tripped=trip.document(now))
        )
