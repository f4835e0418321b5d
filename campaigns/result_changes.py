"""What stood before a result was taken back or corrected: the whole of it, and who changed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from campaigns.desk_tables import orders, result_changes
from campaigns.tables import answers, attempts
from leads.tables import consents

_SHOWN = (
    *("disposition", "disposition_kind", "refusal_reason", "refusal_detail", "callback_at"),
    *("language", "note", "reoffer_campaign", "reoffer_at", "wrapped_at", "outcome"),
)
_COUNTED = ("disposition", "disposition_kind", "refusal_reason", "wrapped_at", "outcome")
"""What stays of a result once it is not known any more whose it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A result that was taken back or corrected.

    Attributes:
        kind: undo or correction.
        before: what stood until then.
        by: who changed it.
    """

    attempt_id: int
    kind: str
    before: Mapping[str, Any]
    at: datetime
    by: str
    why: str | None


def was_corrected(connection: Connection, attempt_id: int) -> bool:
    """Tell whether it was a correction that changed a result last."""
    last = connection.scalar(
        select(result_changes.c.kind)
        .where(result_changes.c.attempt_id == attempt_id)
        .order_by(result_changes.c.id.desc())
        .limit(1)
    )
    return last == "correction"


def forget_changes(connection: Connection, lead_id: int) -> None:
    """Leave of an erased person's earlier results only what is counted."""
    of_lead = select(attempts.c.id).where(attempts.c.lead_id == lead_id)
    rows = connection.execute(
        select(result_changes).where(result_changes.c.attempt_id.in_(of_lead))
    ).all()
    for row in rows:
        counted = {name: value for name, value in row.before.items() if name in _COUNTED}
        connection.execute(
            update(result_changes)
            .where(result_changes.c.id == row.id)
            .values(before=counted, why=None)
        )


def keep_change(
    connection: Connection, attempt: Row[Any], kind: str, *, by: str, why: str | None, now: datetime
) -> None:
    """Keep the result that stands, before it is changed."""
    connection.execute(
        insert(result_changes).values(
            attempt_id=attempt.id,
            kind=kind,
            before=_standing(connection, attempt),
            changed_at=now,
            changed_by=by,
            why=why,
        )
    )


def _standing(connection: Connection, attempt: Row[Any]) -> dict[str, Any]:
    """Return the whole result of an attempt as JSON holds it."""
    values = {name: attempt._mapping[name] for name in _SHOWN}
    before = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }
    said: dict[str, list[str]] = {}
    for row in connection.execute(
        select(answers).where(answers.c.attempt_id == attempt.id).order_by(answers.c.id)
    ):
        said.setdefault(row.question, []).append(row.text or row.answer)
    agreed = connection.execute(
        select(consents.c.kind, consents.c.wording).where(consents.c.attempt_id == attempt.id)
    )
    order = connection.scalar(select(orders.c.fields).where(orders.c.attempt_id == attempt.id))
    return before | {
        "answers": said,
        "consents": {row.kind: row.wording for row in agreed},
        **({} if order is None else {"order": order}),
    }


def changes_of(connection: Connection, lead_id: int) -> tuple[Change, ...]:
    """Return what was taken back or corrected of the calls to a person, oldest first."""
    rows = connection.execute(
        select(result_changes)
        .join(attempts, attempts.c.id == result_changes.c.attempt_id)
        .where(attempts.c.lead_id == lead_id)
        .order_by(result_changes.c.id)
    )
    return tuple(
        Change(
            attempt_id=row.attempt_id,
            kind=row.kind,
            before=row.before,
            at=row.changed_at,
            by=row.changed_by,
            why=row.why,
        )
        for row in rows
    )
