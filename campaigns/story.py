"""The whole story of a person: imports, calls, consents, wishes, merges, edits; oldest first.

Only look-ups by an index: it must be there at once in a base of millions. Nothing is
written. How it is shown at a terminal is in `campaigns.story_text`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from campaigns import inbound_history, tasks
from campaigns.orders.store import events_of, of_lead
from campaigns.past_calls import Call, calls
from campaigns.result_changes import Change, changes_of
from leads import consents
from leads.consent_rules import Consent, state_of
from leads.model import LeadId
from leads.store import Lead
from leads.suppression import Entry
from leads.tables import imports, lead_changes, leads, list_members, lists, merges


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a person, or that the base came to know of them.

    Attributes:
        at: when, aware UTC.
        what: imported, completed, edited, merged, attempt, called_us, result_undone,
            result_corrected, consent_given, consent_withdrawn, consent_expired, suppressed,
            suppression_removed, order, task, task_done or erased.
        facts: what else there is to say, by names that depend on `what`.
    """

    at: datetime
    what: str
    facts: Mapping[str, object]

    def document(self) -> dict[str, object]:
        """Return the event as one JSON object."""
        return {"at": self.at, "what": self.what, **self.facts}


def story(
    connection: Connection,
    lead: Lead,
    *,
    entries: Iterable[Entry],
    given: Sequence[Consent],
    now: datetime,
) -> tuple[Event, ...]:
    """Return everything that happened to a person, oldest first.

    Args:
        connection: to the base.
        lead: the person.
        entries: the do-not-call entries of their numbers, those taken back included.
        given: their consents, those that ended included.
        now: aware; what expires later has not expired.
    """
    events = [
        *_imported(connection, lead.lead_id),
        *_changed(connection, lead),
        *_merged(connection, lead.lead_id),
        *map(_of_call, calls(connection, lead.lead_id, with_answers=True)),
        *_called_us(connection, lead.lead_id),
        *map(_of_change, changes_of(connection, lead.lead_id)),
        *_of_consents(given, now),
        *_of_entries(entries),
        *_of_orders(connection, lead.lead_id),
        *_of_tasks(connection, lead.lead_id, now),
        *_erased(connection, lead.lead_id),
    ]
    return tuple(sorted(events, key=lambda event: event.at))


def consent_documents(given: Collection[Consent], *, now: datetime) -> list[dict[str, object]]:
    """Return one person's consents as JSON objects, each with where it stands."""
    return [asdict(one) | {"state": state_of(one, given, now=now)} for one in given]


def consents_of(connection: Connection, lead_id: LeadId) -> tuple[Consent, ...]:
    """Return the consents of a person, those that ended included, oldest first."""
    return tuple(consents.find(connection, lead_ids=[lead_id]))


def _imported(connection: Connection, lead_id: LeadId) -> Iterator[Event]:
    rows = connection.execute(
        select(
            imports.c.id,
            imports.c.file,
            imports.c.started_at,
            lists.c.name,
            leads.c.import_id.label("made_by"),
        )
        .select_from(list_members)
        .join(imports, imports.c.id == list_members.c.import_id)
        .join(lists, lists.c.id == list_members.c.list_id)
        .join(leads, leads.c.id == list_members.c.lead_id)
        .where(list_members.c.lead_id == lead_id)
        .order_by(imports.c.id)
    )
    for row in rows:
        facts = {
            "list": row.name,
            "file": row.file,
            "import_id": row.id,
            "new": row.id == row.made_by,
        }
        yield Event(at=row.started_at, what="imported", facts=facts)


def _changed(connection: Connection, lead: Lead) -> Iterator[Event]:
    """Give what imports completed and people edited, newest first."""
    rows = connection.execute(
        select(lead_changes, imports.c.file)
        .outerjoin(imports, imports.c.id == lead_changes.c.import_id)
        .where(lead_changes.c.lead_id == lead.lead_id)
        .order_by(lead_changes.c.id.desc())
    )
    # A row holds what was before it; what came of it is what the next one found, or what is.
    after: dict[str, object] = {
        "external_id": lead.external_id,
        "name": lead.name,
        "language": lead.language,
        "zone": lead.zone,
        "country": lead.country,
        "subdivision": lead.subdivision,
        "told_zone": lead.told_zone,
        "told_country": lead.told_country,
        "told_subdivision": lead.told_subdivision,
        "attributes": lead.attributes,
        "phones": [phone.e164 for phone in lead.phones],
    }
    for row in rows:
        by_import = row.import_id is not None
        who = (
            {"import_id": row.import_id, "file": row.file} if by_import else {"by": row.changed_by}
        )
        yield Event(
            at=row.changed_at,
            what="completed" if by_import else "edited",
            facts={**who, "changes": _differences(row.before, after)},
        )
        after = after | row.before


def _differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, list[object]]:
    """Return what differs, by name: what it was, and what it became where that is known."""
    changes: dict[str, list[object]] = {}
    for name, was in before.items():
        became = after.get(name)
        if name == "name_key" or was == became:
            continue
        if isinstance(was, dict) and isinstance(became, Mapping):
            keys = dict.fromkeys([*was, *became])
            changes |= {
                f"{name}.{key}": [was.get(key), became.get(key)]
                for key in keys
                if was.get(key) != became.get(key)
            }
        else:
            changes[name] = [was, became]
    return changes


def _merged(connection: Connection, lead_id: LeadId) -> Iterator[Event]:
    rows = connection.execute(
        select(merges).where(merges.c.kept_id == lead_id).order_by(merges.c.id)
    )
    for row in rows:
        facts = {"merged_id": row.merged_id, "by": row.merged_by, "merged": row.merged}
        yield Event(at=row.merged_at, what="merged", facts=facts)


def _of_call(call: Call) -> Event:
    facts = asdict(call)
    return Event(at=facts.pop("dialed_at"), what="attempt", facts=facts)


def _called_us(connection: Connection, lead_id: LeadId) -> Iterator[Event]:
    for contact in inbound_history.listed(connection, lead_id=lead_id):
        facts = asdict(contact)
        del facts["lead_id"], facts["name"]
        yield Event(at=facts.pop("began_at"), what="called_us", facts=facts)


def _of_change(change: Change) -> Event:
    facts = {"attempt_id": change.attempt_id, "by": change.by, "why": change.why}
    what = "result_undone" if change.kind == "undo" else "result_corrected"
    return Event(at=change.at, what=what, facts=facts | {"before": dict(change.before)})


def _of_consents(given: Iterable[Consent], now: datetime) -> Iterator[Event]:
    for one in given:
        which = {"consent_id": one.consent_id, "kind": one.kind}
        yield Event(
            at=one.given_at,
            what="consent_given",
            facts={
                **which,
                "source": one.source,
                "wording": one.wording,
                "proof": one.proof,
                "expires_at": one.expires_at,
                "attempt_id": one.attempt_id,
                "import_id": one.import_id,
            },
        )
        end, expiry = one.withdrawn_at, one.expires_at
        if end is not None:
            facts = {**which, "reason": one.withdrawn_reason}
            yield Event(at=end, what="consent_withdrawn", facts=facts)
        if expiry is not None and expiry <= now and (end is None or expiry < end):
            yield Event(at=expiry, what="consent_expired", facts=which)


def _of_entries(entries: Iterable[Entry]) -> Iterator[Event]:
    for entry in entries:
        said = entry.suppression
        which = {
            "kind": said.kind,
            "number": said.subject,
            "scope": said.scope,
            "name": said.scope_name,
        }
        yield Event(
            at=entry.created_at,
            what="suppressed",
            facts={**which, "reason": said.reason, "source": entry.source},
        )
        if entry.removed_at is not None:
            facts = {**which, "reason": entry.removed_reason}
            yield Event(at=entry.removed_at, what="suppression_removed", facts=facts)


def _of_orders(connection: Connection, lead_id: LeadId) -> Iterator[Event]:
    for at, state, facts in events_of(of_lead(connection, lead_id)):
        yield Event(at=at, what="order", facts={"state": state, **facts})


def _of_tasks(connection: Connection, lead_id: LeadId, now: datetime) -> Iterator[Event]:
    for task in tasks.listed(connection, all_=True, lead_id=lead_id, now=now):
        which = {"task_id": task.task_id, "class": task.kind}
        facts = {
            **which,
            "priority": task.priority,
            "text": task.text,
            "due_at": task.due_at,
            "overdue": task.overdue,
            "owner": task.owner,
            "by": task.created_by,
            "open": task.done_at is None,
        }
        yield Event(at=task.created_at, what="task", facts=facts)
        if task.done_at is not None:
            facts = {**which, "by": task.done_by, "outcome": task.outcome}
            yield Event(at=task.done_at, what="task_done", facts=facts)


def _erased(connection: Connection, lead_id: LeadId) -> Iterator[Event]:
    erased_at = connection.scalar(select(leads.c.erased_at).where(leads.c.id == lead_id))
    if erased_at is not None:
        yield Event(at=erased_at, what="erased", facts={})
