"""What a result changed in the base, so that it can be taken back.

The rows about the person are looked at before a result is written and once more after it; the
difference is kept with the attempt. Taking it back makes of each row what it was, unless
somebody has changed it since: then theirs stays. Of entries that are never deleted
(`leads.suppression`) the row stays, too, with the reason.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from campaigns.desk_tables import result_traces
from campaigns.examining import put_to_work
from campaigns.moving import take_back as take_back_move
from campaigns.orders.store import withdraw
from campaigns.said import called_since
from campaigns.settling import renumber
from campaigns.tables import answers, attempts, campaign_leads
from leads import consents, suppression
from leads.db import UtcDateTime
from leads.model import SuppressionKind, number_id
from leads.sql import among
from leads.tables import (
    consents as consent_rows,
)
from leads.tables import (
    lead_changes,
    lead_numbers,
    leads,
    suppressions,
)

Values = dict[str, Any]
"""The columns of a row as JSON holds them."""
Look = Mapping[str, Mapping[str, Values]]
"""Table -> key of a row -> its columns."""
Changes = Mapping[str, Mapping[str, Sequence[Values | None]]]
"""Table -> key of a row -> the columns that changed, before and after; None: no such row."""

_WATCHED: Mapping[str, tuple[Table, Column[Any], tuple[str, ...]]] = {
    "leads": (
        leads,
        leads.c.id,
        ("language", "told_zone", "told_country", "told_subdivision", "told_at"),
    ),
    "lead_numbers": (lead_numbers, lead_numbers.c.position, ("number_id",)),
    "campaign_leads": (
        campaign_leads,
        campaign_leads.c.id,
        (
            *("state", "turn", "next_call_at", "held_by", "position", "queue_id", "owner_id"),
            *("owner_until", "last_disposition", "refusal_reason", "came_from"),
        ),
    ),
    "lead_changes": (lead_changes, lead_changes.c.id, ()),
    "suppressions": (suppressions, suppressions.c.id, ("kind", "subject")),
    "answers": (
        answers,
        answers.c.id,
        (
            *("attempt_id", "lead_id", "campaign_id", "question", "answer", "text"),
            *("script_version", "answered_at"),
        ),
    ),
}

NOT_GIVEN: Mapping[str, None] = dict.fromkeys(
    (
        *("disposition", "disposition_kind", "refusal_reason", "refusal_detail", "callback_at"),
        *("language", "note", "wrapped_at", "wrap_s"),
    )
)
"""The columns of an attempt whose result nobody has given."""


def look(connection: Connection, lead_id: int, phone: str, attempt_id: int | None) -> Look:
    """Return the rows that a result about a person may change."""
    about = {
        "leads": leads.c.id == lead_id,
        "lead_numbers": lead_numbers.c.lead_id == lead_id,
        "campaign_leads": campaign_leads.c.lead_id == lead_id,
        "lead_changes": lead_changes.c.lead_id == lead_id,
        "suppressions": and_(
            suppressions.c.subject.in_([str(lead_id), phone]), suppressions.c.removed_at.is_(None)
        ),
        "answers": answers.c.attempt_id == attempt_id,
    }
    return {name: _rows(connection, name, which) for name, which in about.items()}


def _rows(connection: Connection, name: str, which: ColumnElement[bool]) -> dict[str, Values]:
    table, key, columns = _WATCHED[name]
    rows = connection.execute(select(key, *(table.c[one] for one in columns)).where(which))
    return {str(row[0]): {one: _json(row._mapping[one]) for one in columns} for row in rows}


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def keep_trace(connection: Connection, attempt_id: int, before: Look, after: Look) -> None:
    """Keep with an attempt what its result changed."""
    connection.execute(delete(result_traces).where(result_traces.c.attempt_id == attempt_id))
    connection.execute(
        insert(result_traces).values(attempt_id=attempt_id, changes=_changes(before, after))
    )


def _changes(before: Look, after: Look) -> dict[str, dict[str, list[Values | None]]]:
    found: dict[str, dict[str, list[Values | None]]] = {}
    for name, rows in after.items():
        earlier = before[name]
        for key in (*earlier, *(key for key in rows if key not in earlier)):
            was, became = earlier.get(key), rows.get(key)
            if was == became:
                continue
            # An answer is put back as a whole: SQLite gives its id to the one in its place.
            if was is not None and became is not None and name != "answers":
                changed = [one for one in was if was[one] != became[one]]
                was, became = ({one: row[one] for one in changed} for row in (was, became))
            if became is not None and name == "answers":
                became = {}  # what was said is where it belongs, and nowhere else
            found.setdefault(name, {})[key] = [was, became]
    return found


def trace_of(connection: Connection, attempt_id: int) -> Changes:
    """Return what the result of an attempt changed; nothing where none was given."""
    kept: Changes | None = connection.scalar(
        select(result_traces.c.changes).where(result_traces.c.attempt_id == attempt_id)
    )
    return kept or {}


def take_back(
    connection: Connection,
    attempt: Row[Any],
    *,
    own_row: bool,
    spare: Collection[str] = (),
    wish_stays: bool = False,
    order_stays: bool = False,
    why: str,
    now: datetime,
) -> None:
    """Undo everything that the result of an attempt led to, and the result itself.

    Args:
        connection: in a writing transaction that holds the attempt.
        attempt: its row.
        own_row: also what became of the person in the attempt's own campaign; else that is
            for the next result to say.
        spare: kinds of consent that stay.
        wish_stays: the number stays on the do-not-call list.
        order_stays: the next result has an order, too, which is the same one changed.
        why: what entries that keep their rows are to say.
        now: aware.

    Raises:
        NotAllowedError: the order that was taken in the talk is verified.
    """
    changes = trace_of(connection, attempt.id)
    take_back_move(connection, attempt)
    if not order_stays:
        withdraw(connection, attempt.id)
    numbers_fit = _take_back_numbers(connection, attempt.lead_id, changes.get("lead_numbers", {}))
    own = connection.scalar(
        select(campaign_leads.c.id).where(
            campaign_leads.c.campaign_id == attempt.campaign_id,
            campaign_leads.c.lead_id == attempt.lead_id,
        )
    )
    for key, (was, became) in changes.get("campaign_leads", {}).items():
        if was is None or became is None or (int(key) == own and not own_row):
            continue  # whom it sent somewhere was brought back before
        _put_back(connection, "campaign_leads", key, was, None if int(key) == own else became)
    if not numbers_fit:
        renumber(connection, [attempt.lead_id])
    _take_back_facts(connection, changes)
    _take_back_wishes(connection, attempt.lead_id, changes, wish_stays=wish_stays, why=why, now=now)
    _take_back_consents(connection, attempt, spare=spare, why=why, now=now)
    _take_back_answers(connection, changes.get("answers", {}))
    connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(**NOT_GIVEN))
    connection.execute(delete(result_traces).where(result_traces.c.attempt_id == attempt.id))


def _put_back(
    connection: Connection, name: str, key: str, was: Values, became: Values | None
) -> bool:
    """Make of a row what it was; `became`: only where it still is what the result made of it."""
    table, its_key, _ = _WATCHED[name]
    this = update(table).where(its_key == int(key))
    for column, value in _typed(table, became or {}).items():
        this = this.where(table.c[column].is_not_distinct_from(value))
    return connection.execute(this.values(**_typed(table, was))).rowcount > 0


def _typed(table: Table, values: Values) -> Values:
    """Return the values of a row as the base takes them."""
    return {
        name: datetime.fromisoformat(value)
        if value is not None and isinstance(table.c[name].type, UtcDateTime)
        else value
        for name, value in values.items()
    }


def _take_back_numbers(
    connection: Connection, lead_id: int, changed: Mapping[str, Sequence[Values | None]]
) -> bool:
    """Give a lead back the number that it lost; return whether each is in its old place."""
    if not changed:
        return True
    theirs = lead_numbers.c.lead_id == lead_id
    now_there = {
        row.position: row.number_id
        for row in connection.execute(select(lead_numbers).where(theirs))
    }
    was, became = (
        {int(at): pair[side]["number_id"] for at, pair in changed.items() if pair[side]}  # type: ignore[index]
        for side in (0, 1)
    )
    if all(now_there.get(int(at)) == became.get(int(at)) for at in changed):
        connection.execute(
            delete(lead_numbers).where(theirs, lead_numbers.c.position.in_(map(int, changed)))
        )
        put = was
    else:  # they have other numbers by now: it goes behind those
        lost = [one for one in was.values() if one not in {*became.values(), *now_there.values()}]
        put = dict(enumerate(lost, start=max(now_there, default=0) + 1))
    for position, number in put.items():
        connection.execute(
            insert(lead_numbers).values(lead_id=lead_id, position=position, number_id=number)
        )
    return put is was


def _take_back_facts(connection: Connection, changes: Changes) -> None:
    restored = [
        _put_back(connection, "leads", key, was, became)
        for key, (was, became) in changes.get("leads", {}).items()
        if was is not None and became is not None
    ]
    if all(restored):
        made = [int(key) for key, (was, _) in changes.get("lead_changes", {}).items() if not was]
        connection.execute(delete(lead_changes).where(among(connection, lead_changes.c.id, made)))


def _take_back_answers(
    connection: Connection, changed: Mapping[str, Sequence[Values | None]]
) -> None:
    """Put back the answers that were replaced: as others, since their ids may be taken by now."""
    given = [int(key) for key, (_, became) in changed.items() if became is not None]
    connection.execute(delete(answers).where(among(connection, answers.c.id, given)))
    for _, (was, _) in sorted(changed.items(), key=lambda change: int(change[0])):
        if was is not None:
            connection.execute(insert(answers).values(_typed(answers, was)))


def _take_back_wishes(
    connection: Connection,
    lead_id: int,
    changes: Changes,
    *,
    wish_stays: bool,
    why: str,
    now: datetime,
) -> None:
    entries = {
        int(key): became
        for key, (_, became) in changes.get("suppressions", {}).items()
        if became is not None and not (wish_stays and became["kind"] == SuppressionKind.NUMBER)
    }
    suppression.remove_entries(connection, entries, reason=why, now=now)
    phones = [one["subject"] for one in entries.values() if one["kind"] == SuppressionKind.NUMBER]
    if entries:
        on_them = select(lead_numbers.c.lead_id).where(
            lead_numbers.c.number_id.in_(map(number_id, phones))
        )
        put_to_work(
            connection,
            campaign_leads.c.held_by == "suppression",
            or_(campaign_leads.c.lead_id == lead_id, campaign_leads.c.lead_id.in_(on_them)),
        )


def _take_back_consents(
    connection: Connection, attempt: Row[Any], *, spare: Collection[str], why: str, now: datetime
) -> None:
    given = connection.scalars(
        select(consent_rows.c.id).where(
            consent_rows.c.attempt_id == attempt.id, consent_rows.c.kind.not_in([*spare])
        )
    ).all()
    used = called_since(connection, attempt)
    consents.take_back(connection, given, used=used, reason=why, now=now)


def forget_traces(connection: Connection, lead_id: int) -> None:
    """Leave nothing of an erased person in what results changed."""
    of_lead = select(attempts.c.id).where(attempts.c.lead_id == lead_id)
    connection.execute(delete(result_traces).where(result_traces.c.attempt_id.in_(of_lead)))
