"""Promised calls: judged before they are promised, listed, moved and cancelled.

A promise stands in the attempt in which it was made (`attempts.callback_at`), or in the contact
of whoever called us (`inbound_contacts`); everything else follows from it. Who is called first
because of one is `campaigns.turns`'s matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, literal, select, union_all, update

from campaigns.call_tables import inbound_contacts
from campaigns.cards import refuse_card
from campaigns.desk_document import local_time
from campaigns.facts import (
    CANDIDATES,
    WHEREABOUTS,
    candidate,
    candidates_of,
    gather,
    whereabouts,
)
from campaigns.law import Law, Laws
from campaigns.model import DispositionKind, LeadState
from campaigns.promises import Unlawful, first_promised, why_not_promised
from campaigns.rules.placing import possible_zones
from campaigns.settling import settle
from campaigns.store import StoredCampaign
from campaigns.tables import agents, attempts, campaign_leads, campaigns
from leads.errors import NotAllowedError, UsageError
from leads.model import masked
from leads.suppression import suppressed_everywhere
from leads.tables import lead_numbers, leads, numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A promised call.

    Attributes:
        at: when it comes, aware UTC.
        local_time: the same on the person's clock; None where their zones disagree.
        owner: the agent whose it is until `owner_until`, or None: whoever is free.
        promised_by: the agent who promised it, or None where a key was pressed.
        overdue: its time has passed.
    """

    campaign: str
    lead_id: int
    name: str | None
    phone_masked: str
    at: datetime
    local_time: str | None
    owner: str | None
    owner_until: datetime | None
    promised_by: str | None
    overdue: bool


def listed(
    connection: Connection,
    *,
    campaign: StoredCampaign | None,
    agent_id: int | None,
    now: datetime,
) -> tuple[Callback, ...]:
    """Return the promised calls that are to come or overdue, the earliest first.

    Those to numbers that nobody may call any more are left out: they will not be made.

    Args:
        connection: to the base.
        campaign: only of this one.
        agent_id: only those that are this agent's own.
        now: aware.
    """
    promiser = agents.alias("promiser")
    last = (
        select(_PROMISES.c.agent_id)
        .where(
            _PROMISES.c.campaign_id == campaign_leads.c.campaign_id,
            _PROMISES.c.lead_id == campaign_leads.c.lead_id,
        )
        .order_by(_PROMISES.c.ended_at.desc())
        .limit(1)
        .correlate(campaign_leads)
        .scalar_subquery()
    )
    query = (
        select(
            campaigns.c.name.label("campaign"),
            campaign_leads.c.lead_id,
            campaign_leads.c.next_call_at,
            campaign_leads.c.owner_until,
            leads.c.name,
            numbers.c.e164,
            agents.c.name.label("owner"),
            promiser.c.name.label("promised_by"),
            *WHEREABOUTS,
        )
        .select_from(campaign_leads)
        .join(campaigns, campaigns.c.id == campaign_leads.c.campaign_id)
        .join(leads, leads.c.id == campaign_leads.c.lead_id)
        .join(
            lead_numbers,
            (lead_numbers.c.lead_id == campaign_leads.c.lead_id)
            & (lead_numbers.c.position == campaign_leads.c.position),
        )
        .join(numbers, numbers.c.id == lead_numbers.c.number_id)
        .outerjoin(agents, agents.c.id == campaign_leads.c.owner_id)
        .outerjoin(promiser, promiser.c.id == last)
        .where(campaign_leads.c.state == LeadState.CALLBACK)
        .order_by(campaign_leads.c.next_call_at, campaign_leads.c.id)
    )
    if campaign is not None:
        query = query.where(campaign_leads.c.campaign_id == campaign.id)
    if agent_id is not None:
        query = query.where(campaign_leads.c.owner_id == agent_id)
    rows = connection.execute(query).all()
    unwanted = suppressed_everywhere(connection, {row.e164 for row in rows})
    return tuple(
        Callback(
            campaign=row.campaign,
            lead_id=row.lead_id,
            name=row.name,
            phone_masked=masked(row.e164),
            at=row.next_call_at,
            local_time=local_time(possible_zones(whereabouts(row)), row.next_call_at),
            owner=row.owner,
            owner_until=row.owner_until if row.owner else None,
            promised_by=row.promised_by,
            overdue=row.next_call_at < now,
        )
        for row in rows
        if row.e164 not in unwanted
    )


def judge(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    lead_id: int,
    moment: datetime,
    *,
    now: datetime,
) -> None:
    """Refuse a promise that the rules would not let anybody keep.

    Args:
        connection: to the base, in which the call that made the promise is written.
        stored: the campaign.
        laws: the rules, applied.
        lead_id: whom to call.
        moment: when, aware.
        now: aware.

    Raises:
        UsageError: the moment is past.
        NotAllowedError: hours, a cap or a cool-down forbid a call at that moment.
    """
    row = connection.execute(
        CANDIDATES.where(_row_of(stored, lead_id)), candidates_of(stored.id, now=now)
    ).one()
    person = candidate(row)
    (facts,) = gather(connection, stored, [person], laws, now=now)

    def law_at(at: datetime) -> Law:
        return laws.of(stored.campaign, facts.placing, person.line, at)

    if moment <= now:
        nearest = first_promised(facts, law_at, now=now)
        raise UsageError(f"{_clock(moment, facts.zones)} is past; {_advised(nearest, facts.zones)}")
    unlawful = why_not_promised(facts, law_at, moment, now=now)
    if unlawful is not None:
        raise NotAllowedError(_told(unlawful, moment, facts.zones))


def _told(unlawful: Unlawful, moment: datetime, zones: Sequence[str]) -> str:
    why = "; ".join(f"{refusal.why} ({refusal.source})" for refusal in unlawful.refusals)
    advice = _advised(unlawful.nearest, zones)
    return f"no call may be promised for {_clock(moment, zones)}: {why}; {advice}"


def _advised(nearest: datetime | None, zones: Sequence[str]) -> str:
    if nearest is None:
        return "no time that is allowed was found near it"
    return f"the nearest time that is allowed is {_clock(nearest, zones)}"


def _clock(moment: datetime, zones: Sequence[str]) -> str:
    """Return a moment as `--callback` takes it: the person's clock, or with an offset."""
    return local_time(zones, moment) or f"{moment.isoformat(timespec='minutes')}"


def move(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    lead_id: int,
    moment: datetime,
    *,
    now: datetime,
) -> None:
    """Promise a call for another moment; whose it is stays.

    Raises:
        UsageError: no call is promised to the person, or the moment is past.
        NotAllowedError: somebody has the person, or the rules forbid the moment.
    """
    promise = _promise(connection, stored, lead_id)
    _change(connection, promise, callback_at=moment)
    settle(connection, stored, [(lead_id, promise.number_id)])
    connection.execute(
        update(campaign_leads)
        .where(_row_of(stored, lead_id), campaign_leads.c.owner_id.is_not(None))
        .values(owner_until=moment + stored.campaign.callbacks.grace)
    )
    judge(connection, stored, laws, lead_id, moment, now=now)


def cancel(
    connection: Connection, stored: StoredCampaign, lead_id: int, *, reason: str | None
) -> LeadState:
    """Take a promise back; return where the person stands then.

    The talk counts as one that reached nobody: by [retry] they are called again, or not.

    Raises:
        UsageError: no call is promised to the person, or the reason holds a card's number.
        NotAllowedError: somebody has the person.
    """
    refuse_card(reason, "--reason")
    promise = _promise(connection, stored, lead_id)
    told = f"callback cancelled: {reason}" if reason else "callback cancelled"
    note = "; ".join(filter(None, (promise.note, told)))
    _change(connection, promise, callback_at=None, note=note)
    settle(connection, stored, [(lead_id, promise.number_id)])
    left = connection.execute(select(campaign_leads.c.state).where(_row_of(stored, lead_id)))
    return LeadState(left.scalar_one())


def zones_of(
    connection: Connection, stored: StoredCampaign, lead_id: int, *, now: datetime
) -> tuple[str, ...]:
    """Return the zones in which somebody of a campaign may be.

    Raises:
        UsageError: the person is not in the campaign.
    """
    row = connection.execute(
        CANDIDATES.where(_row_of(stored, lead_id)), candidates_of(stored.id, now=now)
    ).one_or_none()
    if row is None:
        raise UsageError(_unpromised(stored, lead_id))
    return possible_zones(whereabouts(row))


def _promise(connection: Connection, stored: StoredCampaign, lead_id: int) -> Row[Any]:
    """Return the attempt, or the contact, in which a call was promised that is still to come."""
    state = connection.scalar(
        select(campaign_leads.c.state).where(_row_of(stored, lead_id)).with_for_update()
    )
    if state == LeadState.IN_CALL:
        raise NotAllowedError(
            f"somebody has the lead {lead_id} right now; give the result of that call instead"
        )
    promise = connection.execute(
        select(_PROMISES)
        .where(_PROMISES.c.campaign_id == stored.id, _PROMISES.c.lead_id == lead_id)
        .order_by(_PROMISES.c.ended_at.desc())
        .limit(1)
    ).one_or_none()
    if state != LeadState.CALLBACK or promise is None:
        raise UsageError(_unpromised(stored, lead_id))
    return promise


_PROMISES = union_all(
    *(
        select(
            table.c.id,
            table.c.campaign_id,
            table.c.lead_id,
            table.c.number_id,
            table.c.agent_id,
            table.c.note,
            table.c.ended_at,
            literal(table.name).label("of"),
        ).where(
            table.c.disposition_kind == DispositionKind.CALLBACK,
            table.c.callback_at.is_not(None),
            table.c.ended_at.is_not(None),
        )
        for table in (attempts, inbound_contacts)
    )
).subquery("promises")
"""Every promise that was made and not taken back, by whom and in which call."""


def _change(connection: Connection, promise: Row[Any], **values: object) -> None:
    """Write into the attempt, or the contact, in which a call was promised."""
    table = attempts if promise.of == attempts.name else inbound_contacts
    connection.execute(update(table).where(table.c.id == promise.id).values(values))


def _row_of(stored: StoredCampaign, lead_id: int) -> ColumnElement[bool]:
    return and_(campaign_leads.c.campaign_id == stored.id, campaign_leads.c.lead_id == lead_id)


def _unpromised(stored: StoredCampaign, lead_id: int) -> str:
    name = stored.campaign.name
    return (
        f"no call is promised to the lead {lead_id} in {name}; "
        f"see: ringbank callbacks list --campaign {name}"
    )
