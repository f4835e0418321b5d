"""Who comes into a campaign's work, and into which queue; who goes out again by and by.

An engine asks twice a second whether anybody has come onto the lists, and walks through all
people at a slow rhythm for what nobody notes: people and their lists change while it runs.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    update,
)

from campaigns import queues, segment
from campaigns.examining import GATE_OF_WHERE, is_meant, put_to_work, take_out
from campaigns.facts import is_sent
from campaigns.law import Laws
from campaigns.model import LeadState
from campaigns.store import StoredCampaign, active_lists
from campaigns.tables import AT_ONCE, campaign_leads, campaign_lists
from leads.sql import insert_if_new
from leads.tables import (
    consents,
    lead_numbers,
    leads,
    list_members,
    registries,
    registry_verdicts,
)

ENROL_AT_ONCE = 20_000
"""Members of a list who are looked at in one transaction, some 0.2 s: an engine's turn waits."""


def enrol(connection: Connection, stored: StoredCampaign, laws: Laws, *, now: datetime) -> int:
    """Enrol whoever came onto the campaign's lists since the last time; return how many.

    A great many are enrolled by and by, `ENROL_AT_ONCE` of each list each time
    (`has_newcomers` tells whether anybody is left), and put into their queues likewise,
    `queues.PLACE_AT_ONCE`.

    Whom its `where` does not mean is enrolled too, as one whom the gate `list` took out, so
    that no claim has to walk through them. Whom the gate `consent` had refused is looked at
    again when an import has brought a consent of theirs meanwhile.
    """
    enrolled = 0
    for membership in _memberships(connection, stored.id):
        with_members, with_consents = _newest_imports(connection, membership.list_id)
        if (newest := max(with_members, with_consents)) > membership.enrolled_to:
            enrolled += _enrol_some(connection, stored, membership, newest, now=now)
            if with_consents > membership.enrolled_to:
                _look_at_consents(connection, stored.id, membership.enrolled_to, newest)
    queues.refresh(connection, stored, laws, now=now)
    queues.place_some(connection, stored, laws, now=now)
    return enrolled


def has_newcomers(connection: Connection, campaign_id: int) -> bool:
    """Tell whether there are members of a campaign's lists of whom `enrol` has not heard yet."""
    return any(
        max(_newest_imports(connection, membership.list_id)) > membership.enrolled_to
        for membership in _memberships(connection, campaign_id)
    )


def _memberships(connection: Connection, campaign_id: int) -> Sequence[Row[Any]]:
    return connection.execute(
        select(campaign_lists).where(campaign_lists.c.campaign_id == campaign_id)
    ).all()


def _enrol_some(
    connection: Connection,
    stored: StoredCampaign,
    membership: Row[Any],
    newest: int,
    *,
    now: datetime,
) -> int:
    """Enrol the next members of a list, at most those of the import `newest`; return how many."""
    campaign_id = stored.id
    place = tuple_(list_members.c.import_id, list_members.c.lead_id)
    following = and_(
        list_members.c.list_id == membership.list_id,
        place > tuple_(literal(membership.enrolled_to + 1), literal(membership.enrolled_lead)),
        list_members.c.import_id <= newest,
    )
    last = connection.execute(
        select(list_members.c.import_id, list_members.c.lead_id)
        .where(following)
        .order_by(list_members.c.import_id, list_members.c.lead_id)
        .offset(ENROL_AT_ONCE - 1)
        .limit(1)
    ).one_or_none()
    if last is not None:
        following = and_(following, place <= tuple_(literal(last.import_id), literal(last.lead_id)))
    known = (
        select(campaign_leads.c.id)
        .where(
            campaign_leads.c.campaign_id == campaign_id,
            campaign_leads.c.lead_id == list_members.c.lead_id,
        )
        .exists()
    )
    meant = segment.of_campaign(connection, campaign_id, stored.campaign, now=now)
    left_out = false() if meant is None else leads.c.id.is_(None)
    newcomers = (
        select(
            literal(campaign_id),
            list_members.c.lead_id,
            list_members.c.list_id,
            case((left_out, LeadState.DONE.value), else_=LeadState.NEW.value),
            case((left_out, GATE_OF_WHERE), else_=null()),
            literal(AT_ONCE, campaign_leads.c.next_call_at.type),
        )
        .where(following, ~known)
        .order_by(list_members.c.import_id, list_members.c.lead_id)
    )
    if meant is not None:
        newcomers = newcomers.select_from(list_members).outerjoin(
            leads, and_(leads.c.id == list_members.c.lead_id, meant)
        )
    # Whom the gate `list` had taken out may be on a list again.
    put_to_work(
        connection,
        campaign_leads.c.campaign_id == campaign_id,
        campaign_leads.c.held_by == GATE_OF_WHERE,
        campaign_leads.c.lead_id.in_(select(list_members.c.lead_id).where(following)),
        true() if meant is None else is_meant(meant),
    )
    columns = ["campaign_id", "lead_id", "list_id", "state", "held_by", "next_call_at"]
    added = connection.execute(
        insert_if_new(connection, campaign_leads).from_select(columns, newcomers),
        execution_options={"preserve_rowcount": True},
    )
    reached = (newest, 0) if last is None else (last.import_id - 1, last.lead_id)
    connection.execute(
        update(campaign_lists)
        .where(
            campaign_lists.c.campaign_id == campaign_id,
            campaign_lists.c.list_id == membership.list_id,
        )
        .values(enrolled_to=reached[0], enrolled_lead=reached[1])
    )
    return int(added.rowcount)


def _look_at_consents(
    connection: Connection, campaign_id: int, enrolled_to: int, newest: int
) -> None:
    """Look again at those of whom an import brought a consent that the gate had missed."""
    brought = select(consents.c.lead_id).where(
        consents.c.import_id > enrolled_to, consents.c.import_id <= newest
    )
    put_to_work(
        connection,
        campaign_leads.c.campaign_id == campaign_id,
        campaign_leads.c.held_by == "consent",
        campaign_leads.c.lead_id.in_(brought),
    )


def _newest_imports(connection: Connection, list_id: int) -> tuple[int, int]:
    """Return the newest import with members of a list, and with consents of anybody; or 0.

    Two looks at the ends of indexes, in one statement: this is asked twice a second, and an
    import that ends between two statements would be seen by one and not the other.
    """
    members = select(func.max(list_members.c.import_id)).where(list_members.c.list_id == list_id)
    with_consents = select(func.max(consents.c.import_id))
    row = connection.execute(
        select(
            func.coalesce(members.scalar_subquery(), 0),
            func.coalesce(with_consents.scalar_subquery(), 0),
        )
    ).one()
    return row[0], row[1]


def judge_slice(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    *,
    after_lead_id: int,
    now: datetime,
) -> int | None:
    """Look again at some leads of a campaign; return the last one, or None at the end.

    Those whom its `where` does not mean any more are taken out. Those come back whom the gate
    `list` had taken out and who are on a list and meant again, and those whom a registry had
    held back that says now that it does not list them. Whose address has changed gets into
    another queue. What people are changes while a campaign runs: another import, a call in
    another campaign, or the mere passing of time. Nobody notes what has changed: an engine walks
    through all the leads at a slow rhythm, a slice at a time, so that no transaction is long. A
    slice in which nothing changed is only read. `after_lead_id` is 0 at the beginning.
    """
    meant = segment.of_campaign(connection, stored.id, stored.campaign, now=now)
    ours = campaign_leads.c.campaign_id == stored.id
    following = select(campaign_leads.c.lead_id).where(ours)
    following = following.where(campaign_leads.c.lead_id > after_lead_id)
    following = following.order_by(campaign_leads.c.lead_id)
    last = connection.scalar(following.offset(_SLICE - 1).limit(1))
    of_slice = and_(ours, campaign_leads.c.lead_id > after_lead_id)
    if last is not None:
        of_slice = and_(of_slice, campaign_leads.c.lead_id <= last)
    if meant is not None:
        connection.execute(take_out(of_slice, meant))
    # Those of an archived list would only be refused again by the next claim.
    on_list = exists(
        select(list_members.c.lead_id).where(
            list_members.c.lead_id == campaign_leads.c.lead_id,
            list_members.c.list_id.in_(active_lists(connection, stored.id, now=now)),
        )
    )
    put_to_work(
        connection,
        of_slice,
        campaign_leads.c.state == LeadState.DONE,
        campaign_leads.c.held_by == GATE_OF_WHERE,
        or_(on_list, is_sent(now.astimezone(UTC).date())),
        true() if meant is None else is_meant(meant),
    )
    put_to_work(
        connection,
        of_slice,
        campaign_leads.c.state == LeadState.SUPPRESSED,
        campaign_leads.c.held_by == "registry",
        ~_in_doubt(),
    )
    queues.place_again(connection, stored, laws, after_lead_id=after_lead_id, last=last, now=now)
    return last


def _in_doubt() -> ColumnElement[bool]:
    """Return the condition that a registry in force lists the number that is next, or may."""
    cleared = exists(
        select(registry_verdicts.c.number_id)
        .join(lead_numbers, lead_numbers.c.number_id == registry_verdicts.c.number_id)
        .where(
            lead_numbers.c.lead_id == campaign_leads.c.lead_id,
            lead_numbers.c.position == campaign_leads.c.position,
            registry_verdicts.c.registry_id == registries.c.id,
            registry_verdicts.c.listed == 0,
        )
        .correlate(campaign_leads, registries)
    )
    in_force = select(registries.c.id).where(registries.c.retired_at.is_(None), ~cleared)
    return exists(in_force.correlate(campaign_leads))


_SLICE = 5000
