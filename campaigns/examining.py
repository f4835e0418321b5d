"""Looking again at people whom a gate had taken out of the work, or put off.

The gates are asked only when somebody's turn comes. Whatever may change their answer for the
better, a consent, an edit, a start, says so here, and they are asked anew.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    update,
)

from campaigns import segment
from campaigns.model import Campaign, CampaignId, DispositionKind, LeadState, Turn
from campaigns.tables import AT_ONCE, attempts, campaign_leads, is_callable, queues
from leads.db import UtcDateTime
from leads.notices import EVERYBODY, Subject, notify
from leads.sql import among
from leads.tables import leads

ERASED = "erased"
"""`campaign_leads.held_by` of a person whose data are gone: nothing brings them back."""

HELD_BY_GATES = (
    "state",
    "list",
    "suppression",
    "registry",
    "consent",
    "place",
    "hours",
    "caps",
    "cooldown",
    "attempts",
)
"""`campaign_leads.held_by` of leads that a gate, not a result, took out of the work."""

GATE_OF_WHERE = "list"

GATES_OF_QUEUES = ("place", "hours")
"""Gates that shut a whole queue: whoever comes back from them is looked for a queue anew."""


def examine_again(
    connection: Connection,
    campaign_id: CampaignId,
    campaign: Campaign,
    *,
    now: datetime,
    everybody: bool = False,
) -> None:
    """Let the gates look again at the leads that a gate had refused.

    `everybody`: after a change of the rules also at those whom an outcome made wait or ended;
    what an agent or the person said stays, and so does a promised callback. Whom the
    campaign's `where` does not mean is left where they are, or taken out of the work.
    """
    held_by = campaign_leads.c.held_by
    by_gate = held_by.in_(HELD_BY_GATES)
    by_outcome = and_(
        literal(everybody),
        campaign_leads.c.state != LeadState.CALLBACK,
        held_by.not_like("disposition:%"),
        held_by.not_like("reoffer:%"),
        held_by != ERASED,
    )
    ours = campaign_leads.c.campaign_id == campaign_id
    # Whoever comes back must not find their queue shut by what held when it was last looked at.
    connection.execute(
        update(queues)
        .where(queues.c.campaign_id == campaign_id, queues.c.held_by.is_not(None))
        .values(looked_at=None)
    )
    meant = segment.of_campaign(connection, campaign_id, campaign, now=now)
    if meant is not None:
        connection.execute(take_out(ours, meant))
    put_to_work(
        connection,
        ours,
        or_(by_gate, by_outcome),
        true() if meant is None else is_meant(meant),
    )


def examine_registries_again(connection: Connection) -> None:
    """Let the gates of all campaigns look again at whom a registry held back."""
    put_to_work(connection, campaign_leads.c.held_by == "registry")


def examine_consents_again(connection: Connection, lead_ids: Iterable[int]) -> None:
    """Let the gates of all campaigns look again at those whom the gate `consent` had refused.

    Asked whenever people gave a consent. A withdrawal needs nothing: the gates are asked
    before every call.
    """
    put_to_work(
        connection,
        campaign_leads.c.held_by == "consent",
        among(connection, campaign_leads.c.lead_id, lead_ids),
    )


def examine_lead_again(connection: Connection, lead_id: int) -> None:
    """Let the gates of every campaign look again at a lead that a gate had refused.

    Where the person is may have changed: they are looked for their queues anew.
    """
    place_anew(connection, campaign_leads.c.lead_id == lead_id)
    put_to_work(
        connection,
        campaign_leads.c.lead_id == lead_id,
        campaign_leads.c.held_by.in_(HELD_BY_GATES),
    )


def place_anew(connection: Connection, which: ColumnElement[bool]) -> None:
    """Have some people looked for their queues anew, whoever is in a call when it has ended."""
    at_work = or_(is_callable, campaign_leads.c.state == LeadState.IN_CALL)
    connection.execute(update(campaign_leads).where(which, at_work).values(queue_id=None))


def put_to_work(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Have the gates asked again about some people, at once and in their turn."""
    held_by = campaign_leads.c.held_by
    not_tried = campaign_leads.c.attempts == 0
    sent = campaign_leads.c.came_from.is_not(None)
    promised_for = _promised_for()
    turn = case(
        (is_callable, campaign_leads.c.turn),
        (promised_for.is_not(None), Turn.CALLBACK.value),
        (and_(not_tried, sent), Turn.REOFFER.value),
        (not_tried, Turn.FRESH.value),
        else_=Turn.RETRY.value,
    )
    queue_id = case((held_by.in_(GATES_OF_QUEUES), null()), else_=campaign_leads.c.queue_id)
    back_in_work = case(
        (is_callable, campaign_leads.c.state),
        (promised_for.is_not(None), LeadState.CALLBACK.value),
        (and_(not_tried, ~sent), LeadState.NEW.value),
        else_=LeadState.WAITING.value,
    )
    # Whoever was sent here is called no earlier for having been out of the work meanwhile.
    sent_for = (
        select(attempts.c.reoffer_at)
        .where(attempts.c.id == campaign_leads.c.came_from, not_tried)
        .correlate(campaign_leads)
        .scalar_subquery()
    )
    back = connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.state != LeadState.IN_CALL, *which)
        .values(
            state=back_in_work,
            turn=turn,
            queue_id=queue_id,
            next_call_at=func.coalesce(promised_for, sent_for, literal(AT_ONCE, UtcDateTime())),
            held_by=None,
        )
    )
    if back.rowcount:
        notify(connection, Subject.PEOPLE, EVERYBODY)


def _promised_for() -> ColumnElement[datetime | None]:
    """Return when a call was promised to a row's person in the last talk, or null."""
    return (
        select(
            case(
                (
                    attempts.c.disposition_kind == DispositionKind.CALLBACK.value,
                    attempts.c.callback_at,
                )
            )
        )
        .where(
            campaign_leads.c.attempts > 0,
            attempts.c.campaign_id == campaign_leads.c.campaign_id,
            attempts.c.lead_id == campaign_leads.c.lead_id,
        )
        .order_by(attempts.c.ended_at.desc(), attempts.c.id.desc())
        .limit(1)
        .correlate(campaign_leads)
        .scalar_subquery()
    )


def take_out(which: ColumnElement[bool], meant: ColumnElement[bool]) -> Update:
    """Return the statement that takes out of the work whom a `where` does not mean."""
    return (
        update(campaign_leads)
        .where(which, is_callable, ~is_meant(meant))
        .values(state=LeadState.DONE, held_by=GATE_OF_WHERE)
    )


def is_meant(meant: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a row in a campaign is of somebody whom its `where` means."""
    lead = select(leads.c.id).where(leads.c.id == campaign_leads.c.lead_id, meant)
    return exists(lead.correlate(campaign_leads))
