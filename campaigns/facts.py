"""What the base knows that the gates ask for; the one place that gathers it.

Claims, `explain` and the status report all decide on facts from here, so that none of
them can see a lead otherwise than the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, or_, select

from campaigns.gates import Facts
from campaigns.model import DispositionKind, LeadState, Outcome, PastAttempt
from campaigns.segment import matching
from campaigns.store import StoredCampaign, in_use
from campaigns.tables import attempts, campaign_leads, campaign_lists, claims
from leads import consents
from leads.consent_rules import Consent
from leads.model import E164, NumberId
from leads.registries import listings
from leads.sql import among
from leads.suppression import applying
from leads.tables import lead_numbers, leads, list_members, lists, numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A lead of a campaign with the number on which it would be called.

    Attributes:
        row_id: of its row in `campaign_leads`.
    """

    row_id: int
    lead_id: int
    list_id: int
    number_id: NumberId
    phone: E164
    name_key: str | None
    zones: tuple[str, ...]
    state: LeadState
    next_call_at: datetime
    attempts: int
    on_list: bool
    claimed: bool


def candidates(campaign_id: int, *, now: datetime) -> Select[tuple[object, ...]]:
    """Return the query for the leads of a campaign, each with its first number.

    `now` decides which lists have expired.
    """
    member = exists(
        select(list_members.c.lead_id)
        .join(campaign_lists, campaign_lists.c.list_id == list_members.c.list_id)
        .join(lists, lists.c.id == list_members.c.list_id)
        .where(
            list_members.c.lead_id == campaign_leads.c.lead_id,
            campaign_lists.c.campaign_id == campaign_id,
            in_use(now),
        )
    )
    return (
        select(
            campaign_leads.c.id,
            campaign_leads.c.lead_id,
            campaign_leads.c.list_id,
            campaign_leads.c.state,
            campaign_leads.c.next_call_at,
            campaign_leads.c.attempts,
            numbers.c.id.label("number_id"),
            numbers.c.e164,
            numbers.c.zones,
            leads.c.name_key,
            leads.c.zone,
            member.label("on_list"),
            claimed(campaign_leads.c.lead_id, numbers.c.id).label("claimed"),
        )
        .join(
            lead_numbers,
            (lead_numbers.c.lead_id == campaign_leads.c.lead_id) & (lead_numbers.c.position == 1),
        )
        .join(numbers, numbers.c.id == lead_numbers.c.number_id)
        .join(leads, leads.c.id == campaign_leads.c.lead_id)
        .where(campaign_leads.c.campaign_id == campaign_id)
    )


def claimed(lead_id: ColumnElement[int], number_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that somebody holds the lead or a person of its number."""
    return or_(
        exists(select(claims.c.id).where(claims.c.lead_id == lead_id)),
        exists(select(claims.c.id).where(claims.c.number_id == number_id)),
    )


def zones_of(of_number: Iterable[str], of_address: str | None) -> tuple[str, ...]:
    """Return every zone the person may be in: those of their number and that of their address."""
    return tuple(sorted({*of_number, *filter(None, [of_address])}))


def candidate(row: Row[tuple[object, ...]]) -> Candidate:
    """Return a row of `candidates` as a value."""
    return Candidate(
        row_id=row.id,
        lead_id=row.lead_id,
        list_id=row.list_id,
        number_id=row.number_id,
        phone=E164(row.e164),
        name_key=row.name_key,
        zones=zones_of(row.zones, row.zone),
        state=LeadState(row.state),
        next_call_at=row.next_call_at,
        attempts=row.attempts,
        on_list=bool(row.on_list),
        claimed=bool(row.claimed),
    )


def gather(
    connection: Connection,
    stored: StoredCampaign,
    people: Sequence[Candidate],
    *,
    now: datetime,
) -> tuple[Facts, ...]:
    """Return the facts for each candidate, in their order, with few queries for all."""
    campaign = stored.campaign
    suppressed = applying(
        connection,
        [(person.lead_id, person.phone, person.name_key) for person in people],
        seller=campaign.seller,
        campaign=campaign.name,
    )
    registered = listings(connection, [person.number_id for person in people])
    history = past_attempts(
        connection,
        stored.id,
        lead_ids=[person.lead_id for person in people],
        number_ids=[person.number_id for person in people],
    )
    agreed = agreed_to(connection, stored, [person.lead_id for person in people])
    meant = matching(
        connection, stored.id, campaign, [person.lead_id for person in people], now=now
    )
    return tuple(
        Facts(
            now=now,
            campaign=campaign,
            campaign_state=stored.state,
            number=person.phone,
            zones=person.zones,
            lead_id=person.lead_id,
            lead_state=person.state,
            on_list=person.on_list,
            in_segment=person.lead_id in meant,
            next_call_at=person.next_call_at,
            claimed=person.claimed,
            suppression=entry,
            registries=registered[person.number_id],
            attempts=history.of(person.lead_id, person.number_id),
            consents=agreed.get(person.lead_id, ()),
        )
        for person, entry in zip(people, suppressed, strict=True)
    )


def agreed_to(
    connection: Connection, stored: StoredCampaign, lead_ids: Sequence[int]
) -> dict[int, tuple[Consent, ...]]:
    """Return the consents of each lead of the kinds that the campaign asks for."""
    found: dict[int, tuple[Consent, ...]] = {}
    if kinds := stored.campaign.consent:
        for one in consents.find(connection, lead_ids=lead_ids, kinds=kinds):
            found[one.lead_id] = (*found.get(one.lead_id, ()), one)
    return found


class History:
    """The ended attempts of some leads and numbers in one campaign, oldest first."""

    def __init__(self, rows: Iterable[Row[tuple[object, ...]]]) -> None:
        self._by_lead: dict[int, set[int]] = defaultdict(set)
        self._by_number: dict[int, set[int]] = defaultdict(set)
        self._attempts: dict[int, PastAttempt] = {}
        for row in rows:
            self._by_lead[row.lead_id].add(row.id)
            self._by_number[row.number_id].add(row.id)
            self._attempts[row.id] = PastAttempt(
                lead_id=row.lead_id,
                outcome=Outcome(row.outcome),
                ended_at=row.ended_at,
                disposition=row.disposition_kind and DispositionKind(row.disposition_kind),
                callback_at=row.callback_at,
            )

    def of(self, lead_id: int, number_id: int) -> tuple[PastAttempt, ...]:
        """Return the attempts meant for the lead or made on the number."""
        ids = self._by_lead.get(lead_id, set()) | self._by_number.get(number_id, set())
        return tuple(self._attempts[attempt_id] for attempt_id in sorted(ids))


def past_attempts(
    connection: Connection,
    campaign_id: int,
    *,
    lead_ids: Sequence[int],
    number_ids: Sequence[int],
) -> History:
    """Return what came of earlier attempts on these leads and numbers in a campaign."""
    rows: list[Row[tuple[object, ...]]] = []
    columns = (
        attempts.c.id,
        attempts.c.lead_id,
        attempts.c.number_id,
        attempts.c.outcome,
        attempts.c.ended_at,
        attempts.c.disposition_kind,
        attempts.c.callback_at,
    )
    # One query for each index: an OR over two columns would walk the whole campaign.
    for column, ids in ((attempts.c.lead_id, lead_ids), (attempts.c.number_id, number_ids)):
        rows += connection.execute(
            select(*columns).where(
                attempts.c.campaign_id == campaign_id,
                among(connection, column, ids),
                attempts.c.ended_at.is_not(None),
            )
        )
    return History(rows)
