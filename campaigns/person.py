"""Everything that the base holds of one person, as one document."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from campaigns.call_tables import amd_samples, inbound_contacts
from campaigns.desk_tables import drafts, orders, recordings, result_changes, skips, tasks
from campaigns.tables import agents, answers, attempts, campaign_leads, campaigns
from leads.access import accesses_to
from leads.model import SuppressionKind
from leads.tables import (
    consents,
    imports,
    lead_changes,
    lead_numbers,
    leads,
    list_members,
    lists,
    merges,
    numbers,
    registries,
    registry_verdicts,
    suppressions,
)

_MOST_ACCESSES = 10_000

Rows = list[dict[str, object]]


def person_document(connection: Connection, lead_id: int) -> dict[str, object]:
    """Return everything that is held of a person, for whoever has a right to know it.

    What was merged into them is in it, and who saw their data.
    """
    of_person = everything_of(connection, lead_id)
    trail = accesses_to(connection, lead_id, limit=_MOST_ACCESSES)
    merged = select(merges).where(merges.c.kept_id == lead_id).order_by(merges.c.id)
    return {
        "lead_id": lead_id,
        **of_person,
        "answers": _rows(connection, _ANSWERS.where(attempts.c.lead_id == lead_id)),
        "drafts": _rows(connection, select(drafts).where(_theirs(drafts, lead_id))),
        "result_changes": _rows(
            connection,
            select(result_changes)
            .join(attempts, attempts.c.id == result_changes.c.attempt_id)
            .where(_theirs(attempts, lead_id))
            .order_by(result_changes.c.id),
        ),
        "registry_verdicts": _rows(connection, _VERDICTS.where(_theirs(lead_numbers, lead_id))),
        "merges": _rows(connection, merged),
        "accesses": [plain(asdict(one)) for one in trail.accesses],
        "accesses_complete": trail.examined_from is None,
    }


_ANSWERS = (
    select(answers, campaigns.c.name.label("campaign"))
    .join(attempts, attempts.c.id == answers.c.attempt_id)
    .join(campaigns, campaigns.c.id == answers.c.campaign_id)
    .order_by(answers.c.id)
)

_VERDICTS = (
    select(
        numbers.c.e164,
        registries.c.name.label("registry"),
        registries.c.as_of,
        registry_verdicts.c.listed,
    )
    .select_from(registry_verdicts)
    .join(numbers, numbers.c.id == registry_verdicts.c.number_id)
    .join(registries, registries.c.id == registry_verdicts.c.registry_id)
    .join(lead_numbers, lead_numbers.c.number_id == registry_verdicts.c.number_id)
    .order_by(lead_numbers.c.position, registries.c.id)
)


def everything_of(connection: Connection, lead_id: int) -> dict[str, Rows]:
    """Return the base's rows of one lead by what they are about, ready for JSON."""
    own_numbers = (
        select(numbers.c.e164)
        .join(lead_numbers, lead_numbers.c.number_id == numbers.c.id)
        .where(_theirs(lead_numbers, lead_id))
    )
    return {
        "facts": _rows(connection, select(leads).where(leads.c.id == lead_id)),
        "numbers": _rows(
            connection,
            select(lead_numbers.c.position, numbers)
            .join(numbers)
            .where(_theirs(lead_numbers, lead_id))
            .order_by(lead_numbers.c.position),
        ),
        "lists": _rows(
            connection,
            select(
                lists.c.name.label("list"),
                list_members.c.list_id,
                list_members.c.import_id,
                imports.c.file,
                imports.c.started_at.label("imported_at"),
            )
            .select_from(list_members)
            .join(lists, lists.c.id == list_members.c.list_id)
            .join(imports, imports.c.id == list_members.c.import_id)
            .where(_theirs(list_members, lead_id))
            .order_by(list_members.c.import_id),
        ),
        "changes": _rows(
            connection,
            select(lead_changes).where(_theirs(lead_changes, lead_id)).order_by(lead_changes.c.id),
        ),
        "consents": _rows(
            connection, select(consents).where(_theirs(consents, lead_id)).order_by(consents.c.id)
        ),
        "campaigns": _rows(connection, _of(campaign_leads, lead_id)),
        "attempts": _rows(
            connection,
            select(campaigns.c.name.label("campaign"), agents.c.name.label("agent"), attempts)
            .join(campaigns, campaigns.c.id == attempts.c.campaign_id)
            .outerjoin(agents, agents.c.id == attempts.c.agent_id)
            .where(_theirs(attempts, lead_id))
            .order_by(attempts.c.id),
        ),
        "inbound_contacts": _rows(connection, _of(inbound_contacts, lead_id)),
        "orders": _rows(connection, _of(orders, lead_id)),
        "tasks": _rows(connection, _of(tasks, lead_id)),
        "drafts": _rows(connection, select(drafts).where(_theirs(drafts, lead_id))),
        "result_changes": _rows(
            connection,
            select(result_changes)
            .join(attempts, attempts.c.id == result_changes.c.attempt_id)
            .where(_theirs(attempts, lead_id))
            .order_by(result_changes.c.id),
        ),
        "skips": _rows(connection, _of(skips, lead_id)),
        "recordings": _rows(
            connection,
            select(recordings)
            .where(
                recordings.c.attempt_id.in_(select(attempts.c.id).where(_theirs(attempts, lead_id)))
            )
            .order_by(recordings.c.id),
        ),
        "amd_samples": _rows(
            connection,
            select(amd_samples)
            .join(attempts, attempts.c.id == amd_samples.c.attempt_id)
            .where(_theirs(attempts, lead_id))
            .order_by(amd_samples.c.attempt_id),
        ),
        "suppressions": _rows(
            connection,
            select(suppressions)
            .where(
                or_(
                    and_(
                        suppressions.c.kind == SuppressionKind.LEAD,
                        suppressions.c.subject == str(lead_id),
                    ),
                    and_(
                        suppressions.c.kind == SuppressionKind.NUMBER,
                        suppressions.c.subject.in_(own_numbers),
                    ),
                )
            )
            .order_by(suppressions.c.id),
        ),
    }


def plain(values: Mapping[Any, object]) -> dict[str, object]:
    """Return values with moments and days as ISO 8601 texts, UTC."""
    return {
        str(key): value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else value
        for key, value in values.items()
    }


def _rows(connection: Connection, query: Any) -> Rows:
    return [plain(row._mapping) for row in connection.execute(query)]


def _of(table: Table, lead_id: int) -> Any:
    """Return the query of a person's rows in a table that names the campaign."""
    return (
        select(campaigns.c.name.label("campaign"), table)
        .select_from(table)
        .outerjoin(campaigns, campaigns.c.id == table.c.campaign_id)
        .where(_theirs(table, lead_id))
        .order_by(table.c.id)
    )


def _theirs(table: Table, lead_id: int) -> ColumnElement[bool]:
    return table.c.lead_id == lead_id
