"""Editing a lead by hand: what it was before stays, with who changed it and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, delete, insert, select, update

from campaigns.examining import examine_lead_again
from campaigns.numbers import forget_numbers
from campaigns.rules.told import unknown_subdivision
from campaigns.settling import renumber
from leads import intake, registries
from leads.edits import TOLD, Edits, numbers_after, read_edits
from leads.model import E164, LeadId, number_id
from leads.names import fold_name
from leads.problems import Problem, refuse, usable
from leads.store import Lead, known_lead
from leads.tables import imports, lead_changes, lead_numbers, leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What an edit came to: the fields that changed, as they were and as they are."""

    lead_id: LeadId
    before: Mapping[str, object]
    after: Mapping[str, object]


def edit(
    connection: Connection,
    lead_id: int,
    words: Sequence[str],
    *,
    region: str | None,
    registry_folder: Path,
    who: str,
    now: datetime,
) -> Edited:
    """Change facts, attributes and numbers of a lead.

    A campaign whose gates had refused the person looks again.

    Args:
        connection: from `writing`.
        lead_id: whom.
        words: FIELD=VALUE, see `leads.edits`.
        region: ISO 3166 country of numbers written without one, or None.
        registry_folder: where the files of registries are, for new numbers.
        who: on whose word.
        now: aware UTC.

    Raises:
        UsageError: there is no such lead, or a word cannot be used; nothing is changed then.
    """
    intake.lock_for_import(connection)
    lead = known_lead(connection, lead_id)
    known = {*lead.attributes}.union(*connection.scalars(select(imports.c.attributes)))
    refused = f"the lead {lead_id} cannot be changed so"
    edits = usable(refused, read_edits(words, attributes=sorted(known), region=region))
    refuse(refused, _problems_of_told(edits))
    facts_before, facts_after = _edit_facts(connection, lead, edits, now=now)
    numbers_before, new_numbers = _edit_numbers(connection, lead, edits, registry_folder)
    kept: dict[str, object] = dict(facts_before)
    if numbers_before != new_numbers:
        kept["phones"] = [*numbers_before]
        facts_after["phones"] = [*new_numbers]
        renumber(connection, [lead_id])
    if kept:
        connection.execute(
            insert(lead_changes).values(
                lead_id=lead_id, before=kept, changed_at=now, changed_by=who
            )
        )
        examine_lead_again(connection, lead_id)
    return Edited(lead_id=lead.lead_id, before=kept, after=facts_after)


def _problems_of_told(edits: Edits) -> Iterator[Problem]:
    code = edits.facts.get("told_subdivision")
    why = unknown_subdivision(code) if code else None
    if why is not None:
        yield Problem(where=f"told_subdivision={code}", why=why)


def _edit_facts(
    connection: Connection, lead: Lead, edits: Edits, *, now: datetime
) -> tuple[dict[str, object], dict[str, object]]:
    """Write facts and attributes; return those that changed, as they were and as they are."""
    row = connection.execute(select(leads).where(leads.c.id == lead.lead_id)).one()._mapping
    wanted: dict[str, object] = dict(edits.facts)
    if "name" in edits.facts:
        wanted["name_key"] = fold_name(edits.facts["name"] or "") or None
    if edits.attributes:
        together = {**lead.attributes, **edits.attributes}
        wanted["attributes"] = {key: value for key, value in together.items() if value is not None}
    after = {name: value for name, value in wanted.items() if row[name] != value}
    before = {name: row[name] for name in after}
    if after:
        told = {"told_at": now} if after.keys() & {*TOLD} else {}
        this = update(leads).where(leads.c.id == lead.lead_id)
        connection.execute(this.values(**after, **told))
    return before, after


def _edit_numbers(
    connection: Connection, lead: Lead, edits: Edits, registry_folder: Path
) -> tuple[tuple[E164, ...], tuple[E164, ...]]:
    """Write the numbers; return them as they were and as they are."""
    before = tuple(phone.e164 for phone in lead.phones)
    if not edits.phones:
        return before, before
    wanted = numbers_after(before, edits.phones)
    refuse(
        f"the lead {lead.lead_id} cannot be changed so",
        [one for one in wanted if not isinstance(one, str)],
    )
    after = tuple(one for one in wanted if isinstance(one, str))
    added = {phone.e164: phone for _, phone in edits.phones if phone.e164 in after}
    intake.add_phones(connection, [*added.values()])
    ids = np.array([*map(number_id, added)], dtype=np.int64)
    registries.scrub_new(connection, registry_folder, ids)
    connection.execute(delete(lead_numbers).where(lead_numbers.c.lead_id == lead.lead_id))
    connection.execute(
        insert(lead_numbers),
        [
            {"lead_id": lead.lead_id, "position": position, "number_id": number_id(e164)}
            for position, e164 in enumerate(after, start=1)
        ],
    )
    forget_numbers(connection, [number_id(e164) for e164 in before if e164 not in after])
    return before, after
