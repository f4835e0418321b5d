"""The desk: the next person for an agent, and what the agent says of the talk.

The same functions serve the command line now and other screens later. Nothing here talks
to Asterisk; where a result has to end a live call, the caller asks the engine to.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, insert, select, update

from campaigns import facts
from campaigns.claims import claim, release
from campaigns.enrolment import enrol
from campaigns.examining import HELD_BY_GATES
from campaigns.law import AGENT_RESERVED, Laws
from campaigns.ledger import release_expired
from campaigns.model import (
    CALLABLE_STATES,
    AttemptId,
    Campaign,
    CampaignState,
    DialMode,
    Disposition,
    DispositionKind,
    Outcome,
)
from campaigns.previewing import PREVIEW_LEASE
from campaigns.refusals import by_group
from campaigns.results import Result, record_result
from campaigns.rules.placing import possible_zones
from campaigns.said import attempt_row
from campaigns.settling import settle
from campaigns.store import StoredCampaign
from campaigns.story import calls
from campaigns.tables import AT_ONCE, agents, attempts, campaign_leads, claims, queues
from leads.errors import NotAllowedError, UsageError
from leads.model import e164_of
from leads.tables import leads, numbers

LEASE_TIME = timedelta(minutes=30)
"""How long a person is held for an agent who dials on their own telephone."""

_TAKES_CALLS = ("ready", "talking")
"""States of an agent to whom the engine may have given somebody."""

_LOOK_AT_MOST = 200
"""People whom the gates may refuse before an agent is told that there is nobody."""

_CALLS_SHOWN = 20
"""Earlier calls that an agent sees of a person, the newest of them."""

_NOBODY_REACHED: Mapping[DispositionKind, Outcome] = {
    DispositionKind.NO_CONTACT: Outcome.NO_ANSWER,
    DispositionKind.MACHINE: Outcome.MACHINE,
    DispositionKind.LEFT_MESSAGE: Outcome.MACHINE,
}
"""The outcome of a hand-dialled call by what the agent said; every other kind: connected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A person held for one agent.

    Attributes:
        attempt_id: the call the engine made, or None where the agent dials.
        engine: the engine that made it, or None.
        live: the call goes on.
    """

    id: int
    lease: str
    agent_id: int | None
    campaign_id: int
    lead_id: int
    number_id: int
    attempt_id: AttemptId | None
    engine: str | None
    live: bool
    expires_at: datetime | None


def next_person(
    connection: Connection, stored: StoredCampaign, laws: Laws, agent_id: int, *, now: datetime
) -> Lease | None:
    """Return the person an agent has already, or else the next one, or None.

    Where the engine dials, the person is the one on the agent's line; where the agent
    dials, or says when, the next one is claimed.

    Raises:
        NotAllowedError: the agent takes calls from an engine, which may come at any moment.
    """
    # Asked twice at one instant, the second asker waits here for the lease of the first.
    agent = connection.execute(
        select(agents).where(agents.c.id == agent_id).with_for_update(key_share=True)
    ).one()
    release_expired(connection, stored, now=now)
    held = lease_of(connection, agent_id)
    mode = stored.campaign.mode
    if held is not None or mode not in AGENT_RESERVED:
        return held
    if stored.state is not CampaignState.RUNNING:
        return None
    if agent.state in _TAKES_CALLS:
        raise NotAllowedError(
            f"{agent.name} takes calls from the engine and cannot dial by hand meanwhile; "
            f"run: ringbank agents pause {agent.name}"
        )
    lease_time = PREVIEW_LEASE if mode is DialMode.PREVIEW else LEASE_TIME
    enrol(connection, stored, laws, now=now)
    looked_at = 0
    while looked_at < _LOOK_AT_MOST:
        claims_made = claim(
            connection,
            stored,
            laws,
            limit=1,
            now=now,
            new_lease=lambda: secrets.token_hex(6),
            agent_id=agent_id,
            expires_at=now + lease_time,
        )
        if claims_made.taken or not claims_made.refused:
            break
        looked_at += claims_made.refused
    return lease_of(connection, agent_id)


def lease_of(connection: Connection, agent_id: int) -> Lease | None:
    """Return the lease that an agent holds, or None."""
    row = connection.execute(_LEASES.where(claims.c.agent_id == agent_id)).one_or_none()
    return _lease(row) if row is not None else None


def find_lease(connection: Connection, lease: str) -> Lease:
    """Return a lease by its name.

    Raises:
        UsageError: there is none, or it is over.
    """
    row = connection.execute(_LEASES.where(claims.c.lease == lease)).one_or_none()
    if row is None:
        near = get_close_matches(lease, connection.scalars(select(claims.c.lease)).all(), 1, 0.8)
        if near:
            raise UsageError(f"there is no lease {lease!r}; did you mean {near[0]!r}?")
        raise UsageError(_over(lease))
    return _lease(row)


def _over(lease: str) -> str:
    return (
        f"there is no lease {lease!r}: it was released, its result was given, or its time "
        "ran out; take the next person with: ringbank next"
    )


_LEASES = select(claims, attempts.c.engine, attempts.c.ended_at).outerjoin(
    attempts, attempts.c.id == claims.c.attempt_id
)


def _lease(row: Row[tuple[object, ...]]) -> Lease:
    return Lease(
        id=row.id,
        lease=row.lease,
        agent_id=row.agent_id,
        campaign_id=row.campaign_id,
        lead_id=row.lead_id,
        number_id=row.number_id,
        attempt_id=row.attempt_id,
        engine=row.engine,
        live=row.attempt_id is not None and row.ended_at is None,
        expires_at=row.expires_at,
    )


def person_document(
    connection: Connection, stored: StoredCampaign, lease: Lease, *, now: datetime
) -> dict[str, object]:
    """Return what an agent sees of the person they have."""
    lead = connection.execute(select(leads).where(leads.c.id == lease.lead_id)).one()
    number = connection.execute(select(numbers).where(numbers.c.id == lease.number_id)).one()
    campaign = stored.campaign
    by_hand = campaign.mode is DialMode.MANUAL
    return {
        "lease": lease.lease,
        "expires_at": lease.expires_at,
        "campaign": campaign.name,
        "lead": {
            "id": lead.id,
            "external_id": lead.external_id,
            "name": lead.name,
            "attributes": lead.attributes,
        },
        "phone": number.e164 if by_hand else None,
        "phone_masked": masked(number.e164),
        "local_time": local_time(zones_of(connection, lease), now),
        "script": stored.script,
        "questions": [
            {"key": q.key, "text": q.text, "type": q.type, "choices": list(q.choices)}
            for q in campaign.questions
        ],
        "dispositions": [_offered(campaign, d) for d in campaign.dispositions if not d.hidden],
        "history": _history(connection, lease.lead_id),
        "mode": campaign.mode,
        "live": lease.live,
        "called": lease.attempt_id is not None,
    }


def _offered(campaign: Campaign, disposition: Disposition) -> dict[str, object]:
    """Return a disposition as an agent is offered it, a refusal with its reasons."""
    offered: dict[str, object] = {
        "code": disposition.code,
        "kind": disposition.kind,
        "label": disposition.label,
    }
    if disposition.kind is DispositionKind.REFUSAL:
        offered["reasons"] = [
            {"code": reason.code, "label": reason.label, "group": group, "needs": reason.needs}
            for group, reasons in by_group(campaign.refusal_reasons).items()
            for reason in reasons
        ]
    return offered


def zones_of(connection: Connection, lease: Lease) -> tuple[str, ...]:
    """Return the zones in which the leased person may be."""
    row = connection.execute(
        select(*facts.WHEREABOUTS)
        .select_from(leads)
        .join(numbers, numbers.c.id == lease.number_id)
        .where(leads.c.id == lease.lead_id)
    ).one()
    return possible_zones(facts.whereabouts(row))


def masked(e164: str) -> str:
    """Return a number of which only the country's beginning and the last two digits show."""
    return f"{e164[:5]}{'*' * (len(e164) - 7)}{e164[-2:]}"


def local_time(zones: Sequence[str], now: datetime) -> str | None:
    """Return the person's wall clock, or None where their zones disagree or are unknown."""
    clocks = {now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") for zone in zones}
    return clocks.pop() if len(clocks) == 1 else None


def _history(connection: Connection, lead_id: int) -> list[dict[str, object]]:
    return [
        {
            "at": past.dialed_at,
            "campaign": past.campaign,
            "outcome": past.outcome,
            "disposition": past.disposition,
            "refusal_reason": past.refusal_reason,
            "refusal_detail": past.refusal_detail,
            "note": past.note,
        }
        for past in calls(connection, lead_id, ended=True, limit=_CALLS_SHOWN)
    ]


def give_result(
    connection: Connection,
    stored: StoredCampaign,
    lease: Lease,
    result: Result,
    *,
    now: datetime,
) -> bool:
    """Write an agent's result; return whether a live call has to be ended by the engine.

    Raises:
        UsageError: the lease is over.
        NotAllowedError: the engine has to call the person first.
    """
    if lease.attempt_id is not None:
        attempt_row(connection, lease.attempt_id)  # before the claim, as the engine does
    still_held = connection.scalar(
        select(claims.c.id).where(claims.c.id == lease.id).with_for_update()
    )
    if still_held is None:
        raise UsageError(_over(lease.lease))
    if lease.attempt_id is not None:
        return not record_result(connection, stored, lease.attempt_id, result, now=now)
    if stored.campaign.mode is DialMode.PREVIEW:
        raise NotAllowedError(
            f"this person was not called yet; run: ringbank dial {lease.lease}, or let them go: "
            f"ringbank skip {lease.lease} --reason CODE"
        )
    attempt_id = _by_hand(connection, stored, lease, result, now=now)
    connection.execute(update(claims).where(claims.c.id == lease.id).values(attempt_id=attempt_id))
    record_result(connection, stored, attempt_id, result, now=now)
    return False


def _by_hand(
    connection: Connection,
    stored: StoredCampaign,
    lease: Lease,
    result: Result,
    *,
    now: datetime,
) -> AttemptId:
    """Write the attempt of a call that the agent dialled: their word is all there is."""
    campaign = stored.campaign
    held = connection.execute(
        select(claims.c.rule_set, claims.c.decision).where(claims.c.id == lease.id)
    ).one()
    enrolled = connection.execute(
        select(campaign_leads.c.id, campaign_leads.c.list_id, campaign_leads.c.attempts).where(
            campaign_leads.c.campaign_id == stored.id, campaign_leads.c.lead_id == lease.lead_id
        )
    ).one()
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.id == enrolled.id)
        .values(attempts=enrolled.attempts + 1, last_attempt_at=now)
    )
    inserted = connection.execute(
        insert(attempts)
        .values(
            channel_id=f"hand-{lease.lease}",
            lease=lease.lease,
            campaign_id=stored.id,
            list_id=enrolled.list_id,
            lead_id=lease.lead_id,
            number_id=lease.number_id,
            phone=e164_of(lease.number_id),
            agent_id=lease.agent_id,
            clock="real",
            mode=campaign.mode,
            trunk=campaign.trunk,
            caller_id=campaign.caller_id,
            attempt_no=enrolled.attempts + 1,
            seller=campaign.seller,
            rule_set=held.rule_set,
            decision=held.decision,
            dialed_at=now,
            ended_at=now,
            outcome=_NOBODY_REACHED.get(result.disposition.kind, Outcome.CONNECTED),
            evidence="self_reported",
        )
        .returning(attempts.c.id)
    )
    return AttemptId(inserted.scalar_one())


def give_back(connection: Connection, stored: StoredCampaign, lease: Lease) -> None:
    """Let go of a person who was not called.

    Raises:
        NotAllowedError: the person was called; only a result can end that.
    """
    if lease.attempt_id is not None:
        raise NotAllowedError(
            f"this person was called; give the result instead: ringbank result {lease.lease} "
            "--disposition CODE"
        )
    settle(connection, stored, [(lease.lead_id, lease.number_id)])
    release(connection, lease.id)


def why_nobody(
    connection: Connection, stored: StoredCampaign, *, now: datetime
) -> list[dict[str, object]]:
    """Return what keeps a campaign's leads from being next: gate, how many, until when."""
    rows = connection.execute(
        select(
            campaign_leads.c.held_by,
            campaign_leads.c.state,
            queues.c.opens_at,
            func.count().label("people"),
            func.min(campaign_leads.c.next_call_at).label("next_at"),
        )
        .outerjoin(queues, queues.c.id == campaign_leads.c.queue_id)
        .where(campaign_leads.c.campaign_id == stored.id)
        .group_by(campaign_leads.c.held_by, campaign_leads.c.state, queues.c.opens_at)
    )
    found: dict[str, dict[str, Any]] = {}
    if stored.state is not CampaignState.RUNNING:
        found["state"] = {"gate": "state", "count": None, "next_at": None}
    for row in rows:
        waits = row.state in CALLABLE_STATES
        shut = waits and row.opens_at is not None and row.opens_at > max(now, row.next_at)
        gate = "hours" if shut else _gate_of(row.held_by)
        reason = found.setdefault(gate, {"gate": gate, "count": 0, "next_at": None})
        if reason["count"] is not None:  # the whole campaign stands still
            reason["count"] += row.people
        next_at = row.opens_at if shut else row.next_at
        if waits and next_at > AT_ONCE:
            reason["next_at"] = min(filter(None, (reason["next_at"], next_at)))
    return list(found.values())


def _gate_of(held_by: str | None) -> str:
    """Return the gate to which belongs what holds a lead: outcomes and results are `attempts`."""
    if held_by is None:
        return "state"
    return held_by if held_by in HELD_BY_GATES else "attempts"
