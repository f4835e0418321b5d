"""What the base knows that the gates ask for; the one place that gathers it.

Claims, `explain` and the status report all decide on facts from here, so that none of
them can see a lead otherwise than the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
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
    literal_column,
    or_,
    select,
)

from campaigns.decision import Facts
from campaigns.history import all_numbers, past_calls
from campaigns.law import Laws
from campaigns.model import LeadState
from campaigns.rules.placing import Whereabouts
from campaigns.segment import matching
from campaigns.store import StoredCampaign, in_use_on
from campaigns.tables import campaign_leads, campaign_lists, claims
from leads import consents
from leads.consent_rules import Consent
from leads.listings import listings
from leads.model import E164, NumberId
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
class Somebody:
    """A number that somebody may be called on, and the person of a campaign whose it is.

    Attributes:
        line: the kind of number.
        lead_id: None for a number that is no lead's.
        state: where the lead stands in the campaign; None when it is not enrolled.
        next_call_at: what it waits for there, or None.
        on_list: the lead is on a list of the campaign that is in use.
        claimed: somebody has the person, or another one of that number, right now.
        position: which of the lead's numbers it is, from 1.
    """

    number_id: NumberId
    phone: E164
    line: str
    whereabouts: Whereabouts
    lead_id: int | None
    name_key: str | None = None
    state: LeadState | None = None
    next_call_at: datetime | None = None
    on_list: bool = False
    claimed: bool = False
    position: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Somebody):
    """A lead of a campaign with the number on which it would be called.

    Attributes:
        row_id: of its row in `campaign_leads`.
        language: the person's, ISO 639; empty where it is not known.
    """

    row_id: int
    list_id: int
    lead_id: int
    state: LeadState
    next_call_at: datetime
    attempts: int
    owner_id: int | None
    language: str


_ONE: ColumnElement[int] = literal_column("1")
_NONE: ColumnElement[int] = literal_column("0")


def claimed(lead_id: ColumnElement[int], number_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that somebody holds the lead or a person of its number."""
    # Asked of each person by itself, by the OFFSET: PostgreSQL would read all claims that there are.
    # Both written out, not as parameters: it would plan anew each time for what they may be.
    return or_(
        *(
            exists(select(claims.c.id).where(held == its_own).limit(_ONE).offset(_NONE))
            for held, its_own in ((claims.c.lead_id, lead_id), (claims.c.number_id, number_id))
        )
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
            campaign_leads.c.owner_id,
            campaign_leads.c.position,
            numbers.c.e164,
            numbers.c.kind,
            leads.c.name_key,
            leads.c.language,
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
        owner_id=row.owner_id,
        language=row.language or "",
        on_list=bool(row.on_list),
        claimed=bool(row.claimed),
        position=row.position,
    )


def gather(
    connection: Connection,
    stored: StoredCampaign,
    people: Sequence[Somebody],
    laws: Laws,
    *,
    now: datetime,
) -> tuple[Facts, ...]:
    """Return the facts for each of the people, in their order, with few queries for all."""
    return gather_at(connection, stored, [(person, now) for person in people], laws)


def gather_at(
    connection: Connection,
    stored: StoredCampaign,
    asked: Sequence[tuple[Somebody, datetime]],
    laws: Laws,
    *,
    registries: Path | None = None,
) -> tuple[Facts, ...]:
    """Return the facts for people of a campaign, each at a moment of its own.

    Args:
        connection: to the base.
        stored: the campaign.
        asked: the people and the moments (aware).
        laws: the rules, applied.
        registries: the folder of their files, for numbers that the base may not have.
    """
    if not asked:
        return ()
    campaign = stored.campaign
    suppressed = applying(
        connection,
        [(person.lead_id, person.phone, person.name_key) for person, _ in asked],
        seller=campaign.seller,
        campaign=campaign.name,
    )
    number_ids = [person.number_id for person, _ in asked]
    if registries is None:
        registered = listings(connection, number_ids)
    else:
        from leads.registries import listings_of  # with all that reads registers

        registered = listings_of(connection, number_ids, registries)
    lead_ids = [person.lead_id for person, _ in asked if person.lead_id is not None]
    numbers_of = all_numbers(connection, lead_ids)
    theirs = [
        (person.number_id,) if person.lead_id is None else numbers_of[person.lead_id]
        for person, _ in asked
    ]
    history = past_calls(
        connection,
        lead_ids=lead_ids,
        number_ids={*number_ids, *(number for some in theirs for number in some)},
    )
    law_of = [
        laws.of(campaign, laws.placing(person.whereabouts), person.line, moment)
        for person, moment in asked
    ]
    kinds = {kind for law in law_of for kind in law.consent_kinds}
    agreed = agreed_to(connection, kinds, lead_ids)
    meant = _meant(connection, stored, asked)
    return tuple(
        Facts(
            now=moment,
            campaign=campaign,
            campaign_state=stored.state,
            number=person.phone,
            number_id=person.number_id,
            law=law,
            rule_set=laws.rule_set(campaign),
            lead_id=person.lead_id,
            lead_state=person.state,
            on_list=person.on_list,
            in_segment=person.lead_id is None or (person.lead_id, moment) in meant,
            next_call_at=person.next_call_at,
            claimed=person.claimed,
            suppression=entry,
            registries=registered[person.number_id],
            attempts=history.of(person.lead_id, numbers, stored.id),
            calls=history.by_seller(person.lead_id, person.number_id, campaign.seller),
            consents=() if person.lead_id is None else agreed.get(person.lead_id, ()),
            numbers=len(numbers),
            position=person.position,
        )
        for (person, moment), numbers, entry, law in zip(
            asked, theirs, suppressed, law_of, strict=True
        )
    )


def _meant(
    connection: Connection, stored: StoredCampaign, asked: Sequence[tuple[Somebody, datetime]]
) -> set[tuple[int, datetime]]:
    """Return which leads the campaign is for, each at the moment that is asked about."""
    at: dict[datetime, list[int]] = defaultdict(list)
    for person, moment in asked:
        if person.lead_id is not None:
            at[moment].append(person.lead_id)
    return {
        (lead_id, moment)
        for moment, lead_ids in at.items()
        for lead_id in matching(connection, stored.id, stored.campaign, lead_ids, now=moment)
    }


def agreed_to(
    connection: Connection, kinds: Iterable[str], lead_ids: Sequence[int]
) -> dict[int, tuple[Consent, ...]]:
    """Return the consents of each lead of some kinds."""
    found: dict[int, tuple[Consent, ...]] = {}
    if wanted := sorted(kinds):
        for one in consents.find(connection, lead_ids=lead_ids, kinds=wanted):
            found[one.lead_id] = (*found.get(one.lead_id, ()), one)
    return found
