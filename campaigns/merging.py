"""Two leads that are one person become one, on somebody's word; everything is kept.

The kept lead gets what only the other knew, and everything that was ever done with it. What
the other was is one document in `merges`; there is no command that takes a merge apart.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, exists, func, insert, select, update

from campaigns.call_tables import inbound_contacts
from campaigns.claims import held_among
from campaigns.desk_tables import drafts, orders, skips, tasks
from campaigns.erasure import lock_for_erasing
from campaigns.examining import examine_lead_again
from campaigns.model import LeadState
from campaigns.moving import hold_to_no, said_no
from campaigns.person import everything_of
from campaigns.settling import settle
from campaigns.store import load_id
from campaigns.tables import AT_ONCE, answers, attempts, campaign_leads, campaign_lists
from leads.edits import TOLD
from leads.errors import NotAllowedError, UsageError
from leads.model import LeadId, SuppressionKind
from leads.store import known_lead
from leads.tables import (
    consents,
    lead_changes,
    lead_numbers,
    leads,
    list_members,
    merges,
    suppressions,
)

_FACTS = ("external_id", "name", "name_key", "language", "zone", "country", "subdivision", *TOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge came to; the counts are of what was the merged lead's only.

    Attributes:
        filled: the facts that only the merged lead knew.
        campaigns: how many campaigns the merged lead was enrolled in.
    """

    kept_id: LeadId
    merged_id: LeadId
    filled: tuple[str, ...]
    numbers: int
    lists: int
    attempts: int
    campaigns: int


def merge(
    connection: Connection, kept_id: int, merged_id: int, *, who: str, now: datetime
) -> Merged:
    """Make one lead of two.

    Args:
        connection: from `writing`.
        kept_id: the lead that stays; what it knows comes before what the other knows.
        merged_id: the lead that is no more afterwards.
        who: on whose word.
        now: aware UTC.

    Raises:
        UsageError: they are the same, or one is not there, merged or erased.
        NotAllowedError: somebody holds one of them, or is in a call with them.
    """
    if kept_id == merged_id:
        raise UsageError(f"{kept_id} and {merged_id} are the same lead; name two")
    lock_for_erasing(connection)
    known_lead(connection, kept_id)
    known_lead(connection, merged_id)
    held = held_among(connection, [kept_id, merged_id])
    if held:
        raise NotAllowedError(
            f"the lead {min(held)} is in a call, or an agent has it; "
            "try again when the result has been given, or end it with: ringbank release LEASE"
        )
    whole = everything_of(connection, merged_id)
    filled = _fill(connection, kept_id, merged_id, who=who, now=now)
    added = _add_numbers(connection, kept_id, merged_id)
    joined = _move_memberships(connection, kept_id, merged_id)
    called = connection.execute(_moved(attempts, kept_id, merged_id)).rowcount
    for table in (answers, consents, inbound_contacts, orders, tasks, drafts, skips):
        connection.execute(_moved(table, kept_id, merged_id))
    _move_suppressions(connection, kept_id, merged_id)
    enrolled = _unite_enrolments(connection, kept_id, merged_id)
    if said_no(connection, kept_id):
        hold_to_no(connection, kept_id)
    connection.execute(delete(lead_changes).where(lead_changes.c.lead_id == merged_id))
    connection.execute(update(merges).where(merges.c.kept_id == merged_id).values(kept_id=kept_id))
    connection.execute(delete(leads).where(leads.c.id == merged_id))
    connection.execute(
        insert(merges).values(
            kept_id=kept_id, merged_id=merged_id, merged=whole, merged_at=now, merged_by=who
        )
    )
    examine_lead_again(connection, kept_id)
    return Merged(
        kept_id=LeadId(kept_id),
        merged_id=LeadId(merged_id),
        filled=filled,
        numbers=added,
        lists=joined,
        attempts=called,
        campaigns=enrolled,
    )


def _moved(table: Table, kept_id: int, merged_id: int) -> Any:
    return update(table).where(table.c.lead_id == merged_id).values(lead_id=kept_id)


def _fill(
    connection: Connection, kept_id: int, merged_id: int, *, who: str, now: datetime
) -> tuple[str, ...]:
    """Write into the kept lead what only the other knew; return which facts those are."""
    both = {
        row.id: row
        for row in connection.execute(select(leads).where(leads.c.id.in_([kept_id, merged_id])))
    }
    kept, merged = both[kept_id], both[merged_id]
    # A name and the key made of it go together, and so do the parts of an address.
    after: dict[str, object] = {
        fact: kept._mapping[fact] or merged._mapping[fact]
        for fact in ("external_id", "language", "zone", "country")
    }
    named = kept if kept.name_key else merged
    placed = kept if kept.country or kept.subdivision else merged
    # What a person said last of where they are is what counts, all of it together.
    told = max((kept, merged), key=lambda row: row.told_at or AT_ONCE)
    after |= {fact: told._mapping[fact] for fact in (*TOLD, "told_at")}
    after |= {
        "name": named.name,
        "name_key": named.name_key,
        "country": placed.country,
        "subdivision": placed.subdivision,
        "attributes": {**merged.attributes, **kept.attributes},
    }
    before = {fact: kept._mapping[fact] for fact in (*_FACTS, "attributes")}
    filled = [fact for fact in _FACTS if fact != "name_key" and after[fact] != before[fact]]
    filled += [key for key in merged.attributes if key not in kept.attributes]
    if not filled:
        return ()
    connection.execute(
        insert(lead_changes).values(
            lead_id=kept_id, before=before, changed_at=now, changed_by=f"{who} (merge)"
        )
    )
    connection.execute(update(leads).where(leads.c.id == kept_id).values(**after))
    return (*filled,)


def _add_numbers(connection: Connection, kept_id: int, merged_id: int) -> int:
    """Put the merged lead's numbers behind those of the kept one; return how many are new."""
    query = select(lead_numbers.c.number_id).order_by(lead_numbers.c.position)
    of = {
        lead_id: connection.scalars(query.where(lead_numbers.c.lead_id == lead_id)).all()
        for lead_id in (kept_id, merged_id)
    }
    last = connection.scalar(
        select(func.max(lead_numbers.c.position)).where(lead_numbers.c.lead_id == kept_id)
    )
    new = [number_id for number_id in of[merged_id] if number_id not in of[kept_id]]
    connection.execute(delete(lead_numbers).where(lead_numbers.c.lead_id == merged_id))
    for position, number_id in enumerate(new, start=(last or 0) + 1):
        connection.execute(
            insert(lead_numbers).values(lead_id=kept_id, position=position, number_id=number_id)
        )
    return len(new)


def _move_memberships(connection: Connection, kept_id: int, merged_id: int) -> int:
    """Make the kept lead a member where only the other was; return of how many lists."""
    on_already = select(list_members.c.list_id).where(list_members.c.lead_id == kept_id)
    connection.execute(
        delete(list_members).where(
            list_members.c.lead_id == merged_id, list_members.c.list_id.in_(on_already)
        )
    )
    # Where a list is being enrolled at this moment, the kept lead may stand before the others.
    connection.execute(
        update(campaign_lists).where(campaign_lists.c.enrolled_lead > 0).values(enrolled_lead=0)
    )
    return connection.execute(_moved(list_members, kept_id, merged_id)).rowcount


def _move_suppressions(connection: Connection, kept_id: int, merged_id: int) -> None:
    """Let wishes about the merged lead be about the kept one."""
    twin = suppressions.alias()
    theirs = (
        suppressions.c.kind == SuppressionKind.LEAD,
        suppressions.c.subject == str(merged_id),
    )
    said_already = exists(
        select(twin.c.id).where(
            twin.c.kind == SuppressionKind.LEAD,
            twin.c.subject == str(kept_id),
            twin.c.scope == suppressions.c.scope,
            twin.c.scope_name == suppressions.c.scope_name,
            twin.c.removed_at.is_(None),
        )
    )
    connection.execute(
        delete(suppressions).where(*theirs, suppressions.c.removed_at.is_(None), said_already)
    )
    connection.execute(update(suppressions).where(*theirs).values(subject=str(kept_id)))


def _unite_enrolments(connection: Connection, kept_id: int, merged_id: int) -> int:
    """Leave one row in each campaign, and let the rules decide anew from all the attempts."""
    number_id = connection.scalar(
        select(lead_numbers.c.number_id)
        .where(lead_numbers.c.lead_id == kept_id)
        .order_by(lead_numbers.c.position)
        .limit(1)
    )
    merged_rows = connection.execute(
        select(campaign_leads).where(campaign_leads.c.lead_id == merged_id)
    ).all()
    for merged in merged_rows:
        kept = connection.execute(
            select(campaign_leads).where(
                campaign_leads.c.lead_id == kept_id,
                campaign_leads.c.campaign_id == merged.campaign_id,
            )
        ).one_or_none()
        this = update(campaign_leads).where(campaign_leads.c.id == (kept or merged).id)
        if kept is None:
            connection.execute(this.values(lead_id=kept_id))
        else:
            connection.execute(delete(campaign_leads).where(campaign_leads.c.id == merged.id))
            connection.execute(this.values(**_united(kept, merged)))
        stored = load_id(connection, merged.campaign_id)
        settle(connection, stored, [(kept_id, number_id or 0)])
    return len(merged_rows)


def _united(kept: Row[Any], merged: Row[Any]) -> dict[str, object]:
    """Return what the two rows of one campaign come to, but for what `settle` decides."""
    tried = [row for row in (merged, kept) if row.last_attempt_at is not None]
    last = max(tried, key=lambda row: row.last_attempt_at, default=kept)
    # The state of a row that was out of the work is one of its attempts, or a gate's, which
    # looks again; so nothing of it has to be carried over here.
    return {
        "attempts": kept.attempts + merged.attempts,
        "last_attempt_at": last.last_attempt_at,
        "last_outcome": last.last_outcome,
        "last_disposition": last.last_disposition,
        "refusal_reason": last.refusal_reason,
        "owner_id": kept.owner_id or merged.owner_id,
        "owner_until": kept.owner_until or merged.owner_until,
    } | (_sent(merged) if kept.state == LeadState.NEW and merged.came_from else {})


def _sent(row: Row[Any]) -> dict[str, object]:
    """Return what lets somebody who is new wait for the moment for which they were sent."""
    columns = ("state", "turn", "next_call_at", "held_by", "came_from", "list_id")
    return {name: row._mapping[name] for name in columns}
