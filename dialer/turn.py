"""A turn of an engine written: what became of calls, agents and callers, in one transaction."""

from datetime import datetime

from sqlalchemy import Connection

from campaigns import amd_samples, ledger
from campaigns.law import Laws
from dialer import store, supervision_requests
from dialer.clock import Clock
from dialer.live import Work
from dialer.returned import ReturnedCalls


def write(
    connection: Connection, work: Work, returned: ReturnedCalls, laws: Laws, *, now: datetime
) -> None:
    """Write what a turn leaves to be written; the same once more changes nothing.

    Ends come first, of our calls and of those that came in: the agent whose talk ended may be
    the one who was chosen for the next person, and holds one person at a time.

    Args:
        connection: in the turn's transaction.
        work: what is to be written.
        returned: the calls that came in.
        laws: the rules, applied.
        now: aware, by the engine's clock.
    """
    for stored, closings in work.by_campaign():
        ledger.close(connection, stored, closings)
    returned.write(connection, work, laws, now=now)
    for attempt, agent_id in work.chosen:
        ledger.note_agent(connection, attempt.id, agent_id)
    for attempt in work.aside:
        ledger.set_aside(connection, attempt.id)
    amd_samples.write(connection, work.sampled)
    supervision_requests.write(connection, work, now=now)
    for request_id, why_not in work.answers:
        store.answer(connection, request_id, why_not, now=Clock().now())
