"""Taking an import back: as long as nobody of it was called, it leaves no trace but its row.

What later imports have built on an import stands in the way of taking it back, and so the
later one goes first. The list stays, empty or not, and so do do-not-call entries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from campaigns.desk_tables import drafts, skips, tasks
from campaigns.erasure import lock_for_erasing
from campaigns.numbers import forget_numbers
from campaigns.settling import renumber
from campaigns.tables import attempts, campaign_leads, claims
from leads.errors import NotAllowedError, UsageError
from leads.model import SuppressionKind, number_id
from leads.sql import among, run_many
from leads.tables import (
    consents,
    imports,
    lead_changes,
    lead_numbers,
    leads,
    list_members,
    lists,
    merges,
    suppressions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking an import back came to.

    Attributes:
        removed: leads that only this import had brought.
        restored: leads that are again as they were before it.
        left: memberships of the list that ended, those of removed leads included.
    """

    import_id: int
    list_name: str
    removed: int
    restored: int
    left: int


def undo(connection: Connection, import_id: int, *, now: datetime) -> Undone:
    """Take an import back.

    Args:
        connection: from `writing`.
        import_id: as `ringbank lists show` names it.
        now: aware UTC.

    Raises:
        UsageError: there is no such import, or it was undone before.
        NotAllowedError: somebody of it was called, is held, was merged, edited or erased since,
            has a consent, a task or a do-not-call wish of their own, or a later import needs it.
    """
    lock_for_erasing(connection)
    row = connection.execute(
        select(imports, lists.c.name).join(lists).where(imports.c.id == import_id)
    ).one_or_none()
    if row is None:
        raise UsageError(f"there is no import {import_id}; see: ringbank lists show NAME")
    if row.undone_at is not None:
        raise UsageError(f"the import {import_id} of {row.file} was undone before")
    of_import = _OfImport(row.list_id, import_id)
    _check_nobody_was_called(connection, of_import, since=row.started_at)
    _check_nobody_was_changed_by_hand(connection, of_import, since=row.started_at)
    _check_nobody_spoke(connection, of_import)
    _check_nothing_was_built_on(connection, of_import)
    restored = _restore(connection, of_import)
    brought = of_import.brought()
    theirs = connection.scalars(
        select(lead_numbers.c.number_id).where(lead_numbers.c.lead_id.in_(brought))
    ).all()
    connection.execute(delete(consents).where(consents.c.import_id == import_id))
    for table in (drafts, skips):  # of people who were looked at and not called
        connection.execute(delete(table).where(table.c.lead_id.in_(brought)))
    connection.execute(delete(campaign_leads).where(campaign_leads.c.lead_id.in_(brought)))
    connection.execute(delete(lead_numbers).where(lead_numbers.c.lead_id.in_(brought)))
    left = connection.execute(delete(list_members).where(*of_import.members))
    removed = connection.execute(delete(leads).where(leads.c.import_id == import_id))
    forget_numbers(connection, theirs)
    connection.execute(update(imports).where(imports.c.id == import_id).values(undone_at=now))
    return Undone(
        import_id=import_id,
        list_name=row.name,
        removed=removed.rowcount,
        restored=restored,
        left=left.rowcount,
    )


@dataclass(frozen=True, slots=True)
class _OfImport:
    """Which rows are an import's: found by the key of the list's members, in any base quickly."""

    list_id: int
    import_id: int

    @property
    def members(self) -> tuple[ColumnElement[bool], ...]:
        return (
            list_members.c.list_id == self.list_id,
            list_members.c.import_id == self.import_id,
        )

    def came(self) -> Select[int]:
        """Return whom the import brought onto its list, known before or not."""
        return select(list_members.c.lead_id).where(*self.members)

    def brought(self) -> Select[int]:
        """Return the leads that were new with the import."""
        return (
            select(leads.c.id)
            .join(list_members, list_members.c.lead_id == leads.c.id)
            .where(*self.members, leads.c.import_id == self.import_id)
        )


def _check_nobody_was_called(
    connection: Connection, of_import: _OfImport, *, since: datetime
) -> None:
    came = of_import.came()
    held = connection.scalar(select(func.count()).where(claims.c.lead_id.in_(came)))
    called = connection.scalar(
        select(func.count(attempts.c.lead_id.distinct())).where(
            attempts.c.lead_id.in_(came),
            or_(
                attempts.c.dialed_at >= since,
                exists(
                    select(leads.c.id).where(
                        leads.c.id == attempts.c.lead_id,
                        leads.c.import_id == of_import.import_id,
                    )
                ),
            ),
        )
    )
    if held or called:
        what = f"{called} of its people have been called" if called else "somebody has one of them"
        raise NotAllowedError(
            f"the import {of_import.import_id} cannot be undone, because {what}; "
            "archive its list to have nobody else of it called"
        )


def _check_nothing_was_built_on(connection: Connection, of_import: _OfImport) -> None:
    """Refuse where a later import joined a lead of this one, or changed one it had changed."""
    import_id = of_import.import_id
    brought = of_import.brought()
    changed = select(lead_changes.c.lead_id).where(lead_changes.c.import_id == import_id)
    later = connection.scalar(
        select(func.max(list_members.c.import_id)).where(
            list_members.c.import_id > import_id, list_members.c.lead_id.in_(brought)
        )
    )
    again = connection.scalar(
        select(func.max(lead_changes.c.import_id)).where(
            lead_changes.c.import_id > import_id,
            or_(lead_changes.c.lead_id.in_(brought), lead_changes.c.lead_id.in_(changed)),
        )
    )
    # Whoever is on the list already keeps the membership of the first import; which of its
    # people a later one met again is not written down, so each that met anybody may have.
    joined = connection.scalar(
        select(func.max(imports.c.id)).where(
            imports.c.id > import_id,
            imports.c.list_id == of_import.list_id,
            imports.c.joined > 0,
            imports.c.undone_at.is_(None),
        )
    )
    if later or again or joined:
        raise NotAllowedError(
            f"the import {import_id} cannot be undone, because a later one has, or may have, the "
            f"same people; undo that one first: "
            f"ringbank leads undo {max(later or 0, again or 0, joined or 0)}"
        )


def _check_nobody_was_changed_by_hand(
    connection: Connection, of_import: _OfImport, *, since: datetime
) -> None:
    """Refuse where a person merged, edited or erased somebody of the import since."""
    came = of_import.came()
    completed = select(lead_changes.c.lead_id).where(
        lead_changes.c.import_id == of_import.import_id
    )
    theirs = (came, completed)
    edited = connection.scalar(
        select(func.count(lead_changes.c.lead_id.distinct())).where(
            lead_changes.c.import_id.is_(None),
            lead_changes.c.changed_at >= since,
            or_(*(lead_changes.c.lead_id.in_(some) for some in theirs)),
        )
    )
    erased = connection.scalar(
        select(func.count()).where(
            leads.c.import_id == of_import.import_id, leads.c.erased_at.is_not(None)
        )
    )
    kept = {
        *connection.scalars(
            select(merges.c.kept_id).where(
                or_(*(merges.c.kept_id.in_(some) for some in theirs)), merges.c.merged_at >= since
            )
        )
    }
    documents = connection.execute(
        select(merges.c.kept_id, merges.c.merged).where(merges.c.merged_at >= since),
        execution_options={"yield_per": 100},
    )
    merged = sum(
        row.kept_id in kept or of_import.import_id in _imports_of(row.merged) for row in documents
    )
    for count, done in ((merged, "merged"), (edited, "edited"), (erased, "erased")):
        if count:
            raise NotAllowedError(
                f"the import {of_import.import_id} cannot be undone, because {count} of its "
                f"people {'has' if count == 1 else 'have'} been {done} since; "
                "archive its list to have nobody else of it called"
            )


def _check_nobody_spoke(connection: Connection, of_import: _OfImport) -> None:
    """Refuse where a person would be deleted who has said something that has to be kept."""
    brought = of_import.brought()
    agreed = connection.scalar(
        select(func.count(consents.c.lead_id.distinct())).where(
            consents.c.lead_id.in_(brought),
            consents.c.import_id.is_distinct_from(of_import.import_id),
        )
    )
    # A wish about a person names their id, which nobody gets again: the next import of the
    # same person would be called.
    ids = brought.with_only_columns(cast(leads.c.id, Text))
    refused = connection.scalar(
        select(func.count(suppressions.c.subject.distinct())).where(
            suppressions.c.kind == SuppressionKind.LEAD,
            suppressions.c.removed_at.is_(None),
            suppressions.c.subject.in_(ids),
        )
    )
    asked = connection.scalar(
        select(func.count(tasks.c.lead_id.distinct())).where(tasks.c.lead_id.in_(brought))
    )
    for count, said in (
        (refused, "a do-not-call wish of their own"),
        (agreed, "given a consent"),
        (asked, "a task of their own"),
    ):
        if count:
            raise NotAllowedError(
                f"the import {of_import.import_id} cannot be undone, because {count} of its "
                f"people {'has' if count == 1 else 'have'} {said}; "
                "archive its list to have nobody else of it called"
            )


def _imports_of(merged: Mapping[str, Sequence[Mapping[str, object]]]) -> set[object]:
    """Return the imports that a merged lead came with, or was completed by."""
    return {one.get("import_id") for part in ("facts", "lists", "changes") for one in merged[part]}


def _restore(connection: Connection, of_import: _OfImport) -> int:
    """Make the leads that the import completed what they were before it; return how many."""
    rows = connection.execute(
        select(lead_changes)
        .where(lead_changes.c.import_id == of_import.import_id)
        .order_by(lead_changes.c.id.desc())
    )
    # A lead may have been completed in several batches: the oldest of them is read last.
    before = {row.lead_id: row.before for row in rows}
    connection.execute(delete(lead_changes).where(lead_changes.c.import_id == of_import.import_id))
    had = {lead_id: {*map(number_id, facts.pop("phones"))} for lead_id, facts in before.items()}
    run_many(
        connection,
        update(leads).where(leads.c.id == bindparam("changed_id")),
        [{"changed_id": lead_id, **facts} for lead_id, facts in before.items()],
    )
    came = [
        {"changed_id": row.lead_id, "came_id": row.number_id}
        for row in connection.execute(
            select(lead_numbers).where(among(connection, lead_numbers.c.lead_id, before))
        )
        if row.number_id not in had[row.lead_id]
    ]
    its = lead_numbers.c.lead_id == bindparam("changed_id")
    run_many(
        connection,
        delete(lead_numbers).where(its, lead_numbers.c.number_id == bindparam("came_id")),
        came,
    )
    renumber(connection, {int(pair["changed_id"]) for pair in came})
    forget_numbers(connection, [pair["came_id"] for pair in came])
    brought = of_import.brought().where(among(connection, leads.c.id, before))
    return len(before) - len(connection.scalars(brought).all()) if before else 0
