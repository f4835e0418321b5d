"""An agent leaves: whoever they hold goes back into the work, what they owned is anybody's.

Their name stays on every call that they made.
"""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from campaigns.agents import AgentRow
from campaigns.claims import release
from campaigns.desk_tables import agent_states, practice_talks, tasks, trainings
from campaigns.drafts import keep_typed_answers
from campaigns.leases import Lease, hold, lease_of
from campaigns.model import AgentState
from campaigns.said import attempt_row
from campaigns.settling import settle
from campaigns.store import load_id
from campaigns.supervisions import end_help
from campaigns.tables import agents, campaign_leads, claims
from leads.errors import NotAllowedError, UsageError


def deactivate(connection: Connection, agent: AgentRow, *, now: datetime) -> None:
    """Let an agent be none any more, and nobody be held for them.

    A person whom they have not called goes back into the work; a talk whose result they owe
    counts by its outcome alone, as when their time for it runs out. Their token is forgotten.

    Args:
        connection: from `writing`.
        agent: whom; an engine that keeps their line must have let go of it.
        now: aware.

    Raises:
        NotAllowedError: a call of theirs has no end yet.
    """
    # Whoever asks for their next person at this instant waits, or has that person already.
    connection.execute(
        select(agents.c.id).where(agents.c.id == agent.id).with_for_update(key_share=True)
    )
    lease = lease_of(connection, agent.id)
    held = lease is not None and _is_still_held(connection, agent, lease)
    if lease is not None and held:
        stored = load_id(connection, lease.campaign_id)
        ending = connection.execute(select(claims).where(claims.c.id == lease.id)).all()
        keep_typed_answers(connection, stored, ending, now=now)
        settle(connection, stored, [(lease.lead_id, lease.number_id)])
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.owner_id == agent.id)
        .values(owner_id=None, owner_until=None)
    )
    if lease is not None and lease.id is not None and held:
        release(connection, lease.id)
    end_help(connection, agent.id, now=now)
    connection.execute(
        update(practice_talks)
        .where(practice_talks.c.agent_id == agent.id, practice_talks.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    connection.execute(
        update(trainings)
        .where(trainings.c.supervisor_id == agent.id)
        .values(supervisor_id=None, accompanied_until=None)
    )
    connection.execute(
        update(tasks)
        .where(tasks.c.owner_id == agent.id, tasks.c.done_at.is_(None))
        .values(owner_id=None)
    )
    gone: dict[str, object] = {"active": 0, "token_hash": None}
    if agent.state is not AgentState.OUT:  # the engine that kept them in does not run any more
        gone |= {"state": AgentState.OUT, "since": now, "pause": None, "next_state": None}
        gone |= {"engine": None, "channel_id": None}
        connection.execute(
            insert(agent_states).values(agent_id=agent.id, state=AgentState.OUT, since=now)
        )
    connection.execute(update(agents).where(agents.c.id == agent.id).values(gone))


def _is_still_held(connection: Connection, agent: AgentRow, lease: Lease) -> bool:
    """Hold the call and the claim of a lease, in this order; tell whether they are theirs yet."""
    if lease.attempt_id is not None and attempt_row(connection, lease.attempt_id).ended_at is None:
        raise NotAllowedError(
            f"{agent.name} is in a call (lease {lease.lease}) that has no end yet; let it end, "
            f"and where no engine runs start one: ringbank run; then run: "
            f"ringbank agents deactivate {agent.name}"
        )
    if lease.contact_id is not None and lease.live:
        raise NotAllowedError(
            f"{agent.name} talks to somebody who called us (lease {lease.lease}); let the call "
            f"end, then run: ringbank agents deactivate {agent.name}"
        )
    try:
        hold(connection, lease)
    except UsageError:
        return False
    return True


def activate(connection: Connection, agent: AgentRow) -> None:
    """Let somebody who left work here again; they need a new token."""
    connection.execute(update(agents).where(agents.c.id == agent.id).values(active=1))
