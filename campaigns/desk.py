"""The desk: the next person for an agent, and what the agent says of the talk.

The same functions serve the command line now and other screens later. Nothing here talks
to Asterisk; where a result has to end a live call, the caller asks the engine to.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from campaigns import inbound_results, turns
from campaigns.agents import has_gone
from campaigns.by_hand import write_call
from campaigns.claims import claim, release
from campaigns.consequences import hold_numbers
from campaigns.drafts import RunOut
from campaigns.enrolment import enrol
from campaigns.examining import HELD_BY_GATES
from campaigns.law import AGENT_RESERVED, Laws
from campaigns.leases import (
    Lease,
    hold,
    hold_person,
    late_by_hand,
    lease_of,
    over,
    taken_since,
)
from campaigns.model import (
    CALLABLE_STATES,
    FOR_READY_AGENTS,
    Campaign,
    CampaignState,
    DialMode,
)
from campaigns.owed import release_expired
from campaigns.previewing import PREVIEW_LEASE
from campaigns.queues import is_spoken
from campaigns.result_words import Result
from campaigns.results import record_result
from campaigns.said import attempt_row
from campaigns.settling import settle
from campaigns.store import StoredCampaign, load_id
from campaigns.tables import AT_ONCE, agents, campaign_leads, claims, queues
from campaigns.traces import Look, trace_of
from leads.errors import NotAllowedError, UsageError

LEASE_TIME = timedelta(minutes=30)
"""How long a person is held for an agent who dials on their own telephone."""

_TAKES_CALLS = ("ready", "talking")
"""States of an agent to whom the engine may have given somebody."""

_LOOK_AT_MOST = 200
"""People whom the gates may refuse before an agent is told that there is nobody."""


def next_person(
    connection: Connection, stored: StoredCampaign, laws: Laws, agent_id: int, *, now: datetime
) -> Lease | None:
    """Return the person an agent has already, or else the next one, or None.

    Where the engine dials, the person is the one on the agent's line; where the agent
    dials, or says when, the next one is claimed.

    Raises:
        UsageError: the agent has left.
        NotAllowedError: the agent takes calls from an engine, which may come at any moment.
    """
    # Asked twice at one instant, the second asker waits here for the lease of the first.
    agent = connection.execute(
        select(agents).where(agents.c.id == agent_id).with_for_update(key_share=True)
    ).one()
    if not agent.active:  # they left a moment ago, and whoever they held is free again
        raise UsageError(has_gone(agent.name))
    _release_expired(connection, now=now)
    held = lease_of(connection, agent_id)
    if held is not None:
        return held
    _demand_able(agent, stored.campaign)
    mode = stored.campaign.mode
    if mode not in AGENT_RESERVED:
        return None
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
            languages=spoken_by(agent.languages),
            expires_at=now + lease_time,
        )
        if claims_made.taken or not claims_made.refused:
            break
        looked_at += claims_made.refused
    return lease_of(connection, agent_id)


def _release_expired(connection: Connection, *, now: datetime) -> None:
    """End the leases whose time is over in all campaigns: they hold people back in each.

    Where agents dial themselves no engine may run, and nobody else may ask in that campaign.
    """
    over_in = select(claims.c.campaign_id).where(claims.c.expires_at <= now).distinct()
    for campaign_id in sorted(connection.scalars(over_in)):
        try:
            theirs = load_id(connection, campaign_id)
        except UsageError:  # its file is of a version that this one cannot read
            continue
        release_expired(connection, theirs, now=now)


def others_look(
    connection: Connection,
    stored: StoredCampaign,
    agent_id: int,
    *,
    languages: frozenset[str] | None,
    now: datetime,
) -> bool:
    """Tell whether an agent got nobody only because others look at the last people just now."""
    chooses = stored.campaign.mode in AGENT_RESERVED
    if not chooses or stored.state is not CampaignState.RUNNING:
        return False
    return turns.looked_at_by_others(
        connection, stored.id, agent_ids=[agent_id], languages=languages, now=now
    )


def _demand_able(agent: Row[Any], campaign: Campaign) -> None:
    """Refuse an agent who cannot do what the campaign asks."""
    missing = [skill for skill in campaign.skills if skill not in agent.skills]
    if missing:
        raise NotAllowedError(
            f"{agent.name} lacks the skill {missing[0]!r}, which {campaign.name!r} asks of its "
            "agents; a supervisor may give it, see: ringbank agents list"
        )


def spoken_by(languages: Iterable[str]) -> frozenset[str] | None:
    """Return the languages of an agent, or None where nobody has told any: then any will do."""
    return frozenset(languages) or None


def give_result(
    connection: Connection,
    stored: StoredCampaign,
    lease: Lease,
    result: Result,
    *,
    before: Look | None = None,
    now: datetime,
) -> bool:
    """Write an agent's result; return whether a live call has to be ended by the engine.

    `before`: the person as `traces.look` saw them before anything of the talk was written.

    Raises:
        UsageError: the lease is over.
        NotAllowedError: the engine has to call the person first.
    """
    if lease.contact_id is not None:
        hold_numbers(connection, result.disposition.kind)
        return not inbound_results.record(connection, stored, lease, result, now=now)
    kind = result.disposition.kind
    replaced = {} if lease.attempt_id is None else trace_of(connection, lease.attempt_id)
    hold_numbers(connection, None if "lead_numbers" in replaced else kind)
    if lease.run_out is not None:
        return _give_late(connection, stored, lease.run_out, result, before=before, now=now)
    if lease.id is None:
        assert lease.attempt_id is not None
        attempt = attempt_row(connection, lease.attempt_id)
        hold_person(connection, lease.lead_id)  # whoever claims them now is seen, or waits
        if attempt.disposition_kind is not None or taken_since(connection, attempt):
            raise UsageError(over(lease.lease))
        return not record_result(
            connection, stored, lease.attempt_id, result, before=before, now=now
        )
    hold(connection, lease)
    if lease.attempt_id is not None:
        return not record_result(
            connection, stored, lease.attempt_id, result, before=before, now=now
        )
    if stored.campaign.mode is DialMode.PREVIEW:
        raise NotAllowedError(
            f"this person was not called yet; run: ringbank dial {lease.lease}, or let them go: "
            f"ringbank skip {lease.lease} --reason CODE"
        )
    held = connection.execute(
        select(claims.c.rule_set, claims.c.decision).where(claims.c.id == lease.id)
    ).one()
    attempt_id = write_call(
        connection, stored, lease, result, rule_set=held.rule_set, decision=held.decision, at=now
    )
    connection.execute(update(claims).where(claims.c.id == lease.id).values(attempt_id=attempt_id))
    record_result(connection, stored, attempt_id, result, before=before, now=now)
    return False


def _give_late(
    connection: Connection,
    stored: StoredCampaign,
    late: RunOut,
    result: Result,
    *,
    before: Look | None,
    now: datetime,
) -> bool:
    """Write the result of a call by hand whose lease has run out: it was made before that."""
    if stored.campaign.mode is not DialMode.MANUAL:
        raise UsageError(over(late.lease))
    hold_person(connection, late.lead_id)  # whoever claims them now is seen, or waits
    lease = late_by_hand(connection, late)
    attempt_id = write_call(
        connection,
        stored,
        lease,
        result,
        rule_set=late.rule_set,
        decision=late.decision,
        at=late.over_at,
    )
    record_result(connection, stored, attempt_id, result, before=before, now=now)
    return False


def give_back(connection: Connection, stored: StoredCampaign, lease: Lease) -> None:
    """Let go of a person who was not called.

    Raises:
        UsageError: the lease is over.
        NotAllowedError: the person was called; only a result can end that.
    """
    if lease.attempt_id is not None:
        raise NotAllowedError(
            f"this person was called; give the result instead: ringbank result {lease.lease} "
            "--disposition CODE"
        )
    if lease.contact_id is not None:
        raise NotAllowedError(
            f"this person called us; give the result instead: ringbank result {lease.lease} "
            "--disposition CODE"
        )
    hold(connection, lease)
    assert lease.id is not None
    settle(connection, stored, [(lease.lead_id, lease.number_id)])
    release(connection, lease.id)


def why_nobody(
    connection: Connection,
    stored: StoredCampaign,
    *,
    languages: frozenset[str] | None = None,
    now: datetime,
) -> list[dict[str, object]]:
    """Return what keeps a campaign's leads from being next: gate, how many, until when.

    Those who wait for an agent of another language than `languages` are told by themselves,
    as the gate `language`; None: there are none such. Those whom the engine may call, and calls
    when agents are ready, are told as the gate `dialing`; those who are in a call or somebody
    else's, as `state`.
    """
    rows = connection.execute(
        select(
            campaign_leads.c.held_by,
            campaign_leads.c.state,
            queues.c.opens_at,
            queues.c.language,
            func.count().label("people"),
            func.min(campaign_leads.c.next_call_at).label("next_at"),
        )
        .outerjoin(queues, queues.c.id == campaign_leads.c.queue_id)
        .where(campaign_leads.c.campaign_id == stored.id)
        .group_by(
            campaign_leads.c.held_by,
            campaign_leads.c.state,
            queues.c.opens_at,
            queues.c.language,
        )
    )
    found: dict[str, dict[str, Any]] = {}
    runs = stored.state is CampaignState.RUNNING
    dialed = runs and stored.campaign.mode in FOR_READY_AGENTS
    if not runs:
        found["state"] = {"gate": "state", "count": None, "next_at": None}
    for row in rows:
        waits = row.state in CALLABLE_STATES
        shut = waits and row.opens_at is not None and row.opens_at > max(now, row.next_at)
        foreign = waits and not is_spoken(row.language or "", languages)
        gate = "language" if foreign else "hours" if shut else _gate_of(row.held_by)
        if gate == "state" and waits and dialed:
            gate = "dialing"
        reason = found.setdefault(gate, {"gate": gate, "count": 0, "next_at": None})
        if reason["count"] is not None:  # the whole campaign stands still
            reason["count"] += row.people
        next_at = row.opens_at if shut else row.next_at
        if waits and not foreign and next_at > AT_ONCE:
            reason["next_at"] = min(filter(None, (reason["next_at"], next_at)))
    return list(found.values())


def _gate_of(held_by: str | None) -> str:
    """Return the gate to which belongs what holds a lead: outcomes and results are `attempts`."""
    if held_by is None:
        return "state"
    return held_by if held_by in HELD_BY_GATES else "attempts"
