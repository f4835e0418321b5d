"""What the base knows that the gates ask for; the one place that gathers it.

Claims, `explain` and the status report all decide on facts from here, so that none of
them can see a lead otherwise than the others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
)

from campaigns.decision import Facts
from campaigns.law import Laws
from campaigns.limits import PastCall
from campaigns.model import DispositionKind, LeadState, Outcome, PastAttempt
from campaigns.rules.placing import Whereabouts, placing_of
from campaigns.segment import matching
from campaigns.store import StoredCampaign, in_use_on
from campaigns.tables import attempts, campaign_leads, campaign_lists, campaigns, claims
from leads import consents
from leads.consent_rules import Consent
from leads.model import E164, NumberId
from leads.registries import listings
from leads.sql import among_given
from leads.suppression import applying
from leads.tables import lead_numbers, leads, list_members, lists, numbers

WHEREABOUTS = (
    numbers.c.id.label("number_id"),
    numbers.c.region,
    numbers.c.zones,
    leads.c.zone,
    leads.c.country,
    leads.c.subdivision,
    leads.c.told_zone,
    leads.c.told_country,
    leads.c.told_subdivision,
)
"""The columns from which `whereabouts` tells where somebody may be."""


def whereabouts(row: Row[*tuple[Any, ...]]) -> Whereabouts:
    """Return what a row with the columns of `WHEREABOUTS` knows of where somebody is."""
    return Whereabouts(
        number=row.number_id,
        region=row.region,
        number_zones=(*row.zones,),
        zone=row.zone,
        country=row.country,
        subdivision=row.subdivision,
        told_zone=row.told_zone,
        told_country=row.told_country,
        told_subdivision=row.told_subdivision,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A lead of a campaign with the number on which it would be called.

    Attributes:
        row_id: of its row in `campaign_leads`.
        line: the kind of number.
        position: which of the lead's numbers it is, from 1.
    """

    row_id: int
    lead_id: int
    list_id: int
    number_id: NumberId
    phone: E164
    line: str
    name_key: str | None
    whereabouts: Whereabouts
    state: LeadState
    next_call_at: datetime
    attempts: int
    on_list: bool
    claimed: bool
    position: int


def claimed(lead_id: ColumnElement[int], number_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that somebody holds the lead or a person of its number."""
    return or_(
        exists(select(claims.c.id).where(claims.c.lead_id == lead_id)),
        exists(select(claims.c.id).where(claims.c.number_id == number_id)),
    )


def is_sent(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """Return the condition that another campaign has sent a person, from a list in use."""
    return and_(
        campaign_leads.c.came_from.is_not(None),
        exists(select(lists.c.id).where(lists.c.id == campaign_leads.c.list_id, in_use_on(today))),
    )


def _candidates() -> Select[tuple[object, ...]]:
    campaign_id: BindParameter[int] = bindparam("of_campaign", type_=campaign_leads.c.id.type)
    today: BindParameter[date] = bindparam("today", type_=lists.c.expires_on.type)
    member = exists(
        select(list_members.c.lead_id)
        .join(campaign_lists, campaign_lists.c.list_id == list_members.c.list_id)
        .join(lists, lists.c.id == list_members.c.list_id)
        .where(
            list_members.c.lead_id == campaign_leads.c.lead_id,
            campaign_lists.c.campaign_id == campaign_id,
            in_use_on(today),
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
            campaign_leads.c.position,
            numbers.c.e164,
            numbers.c.kind,
            leads.c.name_key,
            *WHEREABOUTS,
            or_(member, is_sent(today)).label("on_list"),
            claimed(campaign_leads.c.lead_id, numbers.c.id).label("claimed"),
        )
        .join(
            lead_numbers,
            (lead_numbers.c.lead_id == campaign_leads.c.lead_id)
            & (lead_numbers.c.position == campaign_leads.c.position),
        )
        .join(numbers, numbers.c.id == lead_numbers.c.number_id)
        .join(leads, leads.c.id == campaign_leads.c.lead_id)
    )


CANDIDATES = _candidates()
"""The query for people of a campaign, each with the number that is next.

Made once, with parameters that `candidates_of` gives; which rows of `campaign_leads` are meant
is for the asker to say.
"""


def candidates_of(campaign_id: int, *, now: datetime) -> dict[str, object]:
    """Return the parameters of `CANDIDATES`; `now` decides which lists have expired."""
    return {"of_campaign": campaign_id, "today": now.astimezone(UTC).date()}


def candidate(row: Row[tuple[object, ...]]) -> Candidate:
    """Return a row of `candidates` as a value."""
    return Candidate(
        row_id=row.id,
        lead_id=row.lead_id,
        list_id=row.list_id,
        number_id=row.number_id,
        phone=E164(row.e164),
        line=row.kind,
        name_key=row.name_key,
        whereabouts=whereabouts(row),
        state=LeadState(row.state),
        next_call_at=row.next_call_at,
        attempts=row.attempts,
        on_list=bool(row.on_list),
        claimed=bool(row.claimed),
        position=row.position,
    )


def gather(
    connection: Connection,
    stored: StoredCampaign,
    people: Sequence[Candidate],
    laws: Laws,
    *,
    now: datetime,
) -> tuple[Facts, ...]:
    """Return the facts for each candidate, in their order, with few queries for all."""
    if not people:
        return ()
    campaign = stored.campaign
    suppressed = applying(
        connection,
        [(person.lead_id, person.phone, person.name_key) for person in people],
        seller=campaign.seller,
        campaign=campaign.name,
    )
    registered = listings(connection, [person.number_id for person in people])
    numbers_of = all_numbers(connection, [person.lead_id for person in people])
    history = past_calls(
        connection,
        lead_ids=[person.lead_id for person in people],
        number_ids={number for theirs in numbers_of.values() for number in theirs},
    )
    law_of = [
        laws.of(campaign, placing_of(person.whereabouts, laws.book), person.line, now)
        for person in people
    ]
    kinds = {kind for law in law_of for kind in law.consent_kinds}
    agreed = agreed_to(connection, kinds, [person.lead_id for person in people])
    meant = matching(
        connection, stored.id, campaign, [person.lead_id for person in people], now=now
    )
    return tuple(
        Facts(
            now=now,
            campaign=campaign,
            campaign_state=stored.state,
            number=person.phone,
            number_id=person.number_id,
            law=law,
            rule_set=laws.rule_set(campaign),
            lead_id=person.lead_id,
            lead_state=person.state,
            on_list=person.on_list,
            in_segment=person.lead_id in meant,
            next_call_at=person.next_call_at,
            claimed=person.claimed,
            suppression=entry,
            registries=registered[person.number_id],
            attempts=history.of(person.lead_id, numbers_of[person.lead_id], stored.id),
            calls=history.by_seller(person.lead_id, person.number_id, campaign.seller),
            consents=agreed.get(person.lead_id, ()),
            numbers=len(numbers_of[person.lead_id]),
            position=person.position,
        )
        for person, entry, law in zip(people, suppressed, law_of, strict=True)
    )


def agreed_to(
    connection: Connection, kinds: Iterable[str], lead_ids: Sequence[int]
) -> dict[int, tuple[Consent, ...]]:
    """Return the consents of each lead of some kinds."""
    found: dict[int, tuple[Consent, ...]] = {}
    if wanted := sorted(kinds):
        for one in consents.find(connection, lead_ids=lead_ids, kinds=wanted):
            found[one.lead_id] = (*found.get(one.lead_id, ()), one)
    return found


class History:
    """Earlier calls to some leads and on some numbers, oldest first."""

    def __init__(self, rows: Iterable[Row[tuple[object, ...]]]) -> None:
        self._by_lead: dict[int, set[int]] = defaultdict(set)
        self._by_number: dict[int, set[int]] = defaultdict(set)
        self._rows: dict[int, Row[tuple[object, ...]]] = {}
        for row in rows:
            self._by_lead[row.lead_id].add(row.id)
            self._by_number[row.number_id].add(row.id)
            self._rows[row.id] = row

    def _of(self, lead_id: int | None, number_ids: Iterable[int]) -> list[Row[tuple[object, ...]]]:
        ids = set() if lead_id is None else {*self._by_lead.get(lead_id, ())}
        for number_id in number_ids:
            ids |= self._by_number.get(number_id, set())
        return [self._rows[attempt_id] for attempt_id in sorted(ids)]

    def of(
        self, lead_id: int, number_ids: Sequence[int], campaign_id: int
    ) -> tuple[PastAttempt, ...]:
        """Return the ended attempts of a campaign meant for the lead or made on its numbers.

        `number_ids` are the lead's numbers, the one that is dialled first in front.
        """
        return tuple(
            _past_attempt(row, number_ids)
            for row in self._of(lead_id, number_ids)
            if row.campaign_id == campaign_id and row.ended_at is not None
        )

    def by_seller(self, lead_id: int | None, number_id: int, seller: str) -> tuple[PastCall, ...]:
        """Return a seller's calls of all campaigns to the lead or on the number."""
        return tuple(
            _past_call(row) for row in self._of(lead_id, [number_id]) if row.seller == seller
        )


def _past_attempt(row: Row[tuple[object, ...]], number_ids: Sequence[int]) -> PastAttempt:
    known = row.number_id in number_ids
    return PastAttempt(
        lead_id=row.lead_id,
        position=number_ids.index(row.number_id) + 1 if known else 0,
        outcome=Outcome(row.outcome),
        ended_at=row.ended_at,
        disposition=row.disposition_kind and DispositionKind(row.disposition_kind),
        code=row.disposition,
        callback_at=row.callback_at,
    )


def _past_call(row: Row[tuple[object, ...]]) -> PastCall:
    return PastCall(
        lead_id=row.lead_id,
        number_id=row.number_id,
        campaign=row.campaign,
        seller=row.seller,
        dialed_at=row.dialed_at,
        ended_at=row.ended_at,
        outcome=row.outcome and Outcome(row.outcome),
        disposition=row.disposition_kind and DispositionKind(row.disposition_kind),
    )


def all_numbers(connection: Connection, lead_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return the numbers of each lead, the one that is dialled first in front."""
    found: dict[int, tuple[int, ...]] = dict.fromkeys(lead_ids, ())
    # Ordered here: told to, SQLite would walk the whole table in its order.
    rows = connection.execute(_NUMBERS, {"leads": lead_ids})
    for lead_id, _, number_id in sorted(map(tuple, rows)):
        found[lead_id] += (number_id,)
    return found


def past_calls(
    connection: Connection, *, lead_ids: Collection[int], number_ids: Collection[int]
) -> History:
    """Return all calls to these leads and on these numbers, in every campaign."""
    rows = [
        *connection.execute(_CALLS_TO, {"leads": lead_ids}),
        *connection.execute(_CALLS_ON, {"numbers": number_ids}),
    ]
    return History(rows)


# Statements that are asked before every call, made once.
_NUMBERS = select(lead_numbers.c.lead_id, lead_numbers.c.position, lead_numbers.c.number_id).where(
    among_given(lead_numbers.c.lead_id, "leads")
)
_CALLS = select(
    attempts.c.id,
    attempts.c.lead_id,
    attempts.c.number_id,
    attempts.c.campaign_id,
    campaigns.c.name.label("campaign"),
    attempts.c.seller,
    attempts.c.outcome,
    attempts.c.dialed_at,
    attempts.c.ended_at,
    attempts.c.disposition,
    attempts.c.disposition_kind,
    attempts.c.callback_at,
).join(campaigns, campaigns.c.id == attempts.c.campaign_id)
# One query for each index: an OR over two columns would walk the whole table.
_CALLS_TO = _CALLS.where(among_given(attempts.c.lead_id, "leads"))
_CALLS_ON = _CALLS.where(among_given(attempts.c.number_id, "numbers"))
