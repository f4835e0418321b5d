"""Reads from the base what a campaign's calls and agents were like."""

import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, func, select

from campaigns import store
from campaigns.desk_tables import agent_states
from campaigns.model import HAND_DIALLED, AgentState, Outcome
from campaigns.store import StoredCampaign
from campaigns.tables import agents, attempts, campaign_leads, is_callable
from dialer import config
from dialer.simulation.attendance import Stay
from dialer.simulation.derived import Past, PastCall, derive
from leads.db import reading
from leads.site import Site
from leads.sql import in_chunks

LOOKED_BACK = timedelta(days=28)
MOST_CALLS = 50_000
"""The latest ones; more of them tell nothing new."""

_LONGEST_STAY = timedelta(hours=12)
"""Nobody works as long: the end of it was lost with an engine."""


def from_ledger(site: Site, name: str) -> tuple[dict[str, object], list[str]]:
    """Return the scenario's document of a campaign, and what was assumed.

    Raises:
        RingbankError: there is no such campaign, or the base cannot be read.
    """
    now = site.now()
    trunks = config.load(site.config_file, os.environ).trunks
    with reading(site.base()) as connection:
        stored = store.load(connection, name)
        trunk = trunks.get(stored.campaign.trunk)
        past = past_of(
            connection,
            stored,
            now=now,
            lines=trunk.max_calls if trunk else None,
            calls_per_second=trunk.max_calls_per_second if trunk else None,
        )
    document, assumed = derive(stored.campaign, past, zone=None)
    if not past.calls:
        days = LOOKED_BACK.days
        assumed.insert(0, f"nearly everything: {name} placed no call in the last {days} days")
    return document, assumed


def past_of(
    connection: Connection,
    stored: StoredCampaign,
    *,
    now: datetime,
    lines: int | None,
    calls_per_second: int | None,
) -> Past:
    """Return what the ledger has of a campaign.

    Args:
        connection: to the base.
        stored: the campaign.
        now: aware; the last `LOOKED_BACK` before it counts.
        lines: of its trunk, or None.
        calls_per_second: of its trunk, or None.
    """
    since = now - LOOKED_BACK
    rows = connection.execute(
        select(
            attempts.c.dialed_at,
            attempts.c.outcome,
            attempts.c.answered_at,
            attempts.c.ended_at,
            attempts.c.talk_s,
            attempts.c.wrap_s,
            attempts.c.agent_id,
        )
        .where(
            attempts.c.campaign_id == stored.id,
            attempts.c.dialed_at >= since,
            attempts.c.ended_at.is_not(None),
            attempts.c.outcome != Outcome.UNKNOWN.value,
            func.coalesce(attempts.c.evidence, "") != HAND_DIALLED,
        )
        .order_by(attempts.c.dialed_at.desc(), attempts.c.id.desc())
        .limit(MOST_CALLS)
    ).all()
    ids = {row.agent_id for row in rows if row.agent_id is not None}
    first = min((row.dialed_at for row in rows), default=now)
    people, tried = connection.execute(
        select(func.count(), func.avg(campaign_leads.c.attempts)).where(
            campaign_leads.c.campaign_id == stored.id, is_callable
        )
    ).one()
    return Past(
        calls=[_call(row) for row in reversed(rows)],
        stays=[*_stays(connection, ids, since=first.replace(hour=0, minute=0), now=now)],
        elsewhere=_elsewhere(connection, stored, ids, since=first),
        people=people,
        tried=float(tried or 0),
        lines=lines,
        calls_per_second=calls_per_second,
        on_trunk=_is_on_trunk(connection, ids),
    )


def _call(row: Row[tuple[object, ...]]) -> PastCall:
    answered = row.answered_at
    return PastCall(
        dialed_at=row.dialed_at,
        outcome=Outcome(row.outcome),
        answer_s=(answered - row.dialed_at).total_seconds() if answered else None,
        over_s=max(0.0, (row.ended_at - row.dialed_at).total_seconds()),
        talk_s=row.talk_s,
        wrap_s=row.wrap_s,
    )


def _stays(
    connection: Connection, ids: Collection[int], *, since: datetime, now: datetime
) -> Iterator[Stay]:
    """Yield where agents were since a moment; the last state of each lasts until now."""
    for chunk in in_chunks(ids):
        entered: dict[int, list[tuple[AgentState, datetime]]] = defaultdict(list)
        for row in connection.execute(
            select(agent_states.c.agent_id, agent_states.c.state, agent_states.c.since)
            .where(agent_states.c.agent_id.in_(chunk), agent_states.c.since >= since)
            .order_by(agent_states.c.agent_id, agent_states.c.since, agent_states.c.id)
        ):
            entered[row.agent_id].append((AgentState(row.state), row.since))
        for agent, states in entered.items():
            before: AgentState | None = None
            ends = [*(at for _, at in states[1:]), now]
            for (state, begin), end in zip(states, ends, strict=True):
                if end - begin <= _LONGEST_STAY:
                    yield Stay(agent=agent, state=state, before=before, begin=begin, end=end)
                before = state


def _elsewhere(
    connection: Connection, stored: StoredCampaign, ids: Collection[int], *, since: datetime
) -> int:
    """Return how many of the agents took calls of other campaigns too."""
    return sum(
        connection.execute(
            select(func.count(attempts.c.agent_id.distinct())).where(
                attempts.c.agent_id.in_(chunk),
                attempts.c.campaign_id != stored.id,
                attempts.c.dialed_at >= since,
            )
        ).scalar_one()
        for chunk in in_chunks(ids)
    )


def _is_on_trunk(connection: Connection, ids: Collection[int]) -> bool:
    """Tell whether an agent is reached at an ordinary number, over the trunk as everybody is."""
    return any(
        connection.execute(
            select(func.count()).where(agents.c.id.in_(chunk), agents.c.phone.like("+%"))
        ).scalar_one()
        for chunk in in_chunks(ids)
    )
