"""Erasing a person: nothing personal is left, and every count stays what it was.

The lead's row stays as an empty stub, and so do its attempts, with outcome and times, its
answers where they were chosen from a list, and its orders and tasks without what they say. Do-not-call entries stay in force as keyed
hashes (`leads.suppression.forget`). Files that were imported or exported are not touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, null, select, update

from campaigns import amd_samples, inbound_history, recordings, supervisions
from campaigns.claims import held_among, stop_claims
from campaigns.desk_tables import drafts, orders, skips, tasks
from campaigns.examining import ERASED
from campaigns.model import Campaign, LeadState, QuestionType
from campaigns.numbers import forget_numbers, used_among
from campaigns.result_changes import forget_changes
from campaigns.store import load_id
from campaigns.tables import AT_ONCE, answers, attempts, campaign_leads
from campaigns.traces import forget_traces
from leads import suppression
from leads.errors import NotAllowedError
from leads.intake import lock_for_import
from leads.model import E164, e164_of, number_id
from leads.names import fold_name
from leads.store import known_lead
from leads.tables import consents, lead_changes, lead_numbers, leads, list_members, merges

_COUNTED = frozenset({QuestionType.CHOICE, QuestionType.MULTI, QuestionType.SCALE})
"""Types of question whose answers say nothing of a person once it is not known whose they are."""

_WITHHELD = "erased"
"""What an answer in somebody's own words becomes: that there was one is a count, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What erasing one person came to.

    Attributes:
        numbers: how many numbers left the base; one that somebody else has stays.
        attempts: how many attempts stay, without number and note.
        recordings: how many of their talks, and of the first seconds of calls, are in files, to
            be deleted with the next expiry.
    """

    lead_id: int
    numbers: int
    attempts: int
    recordings: int = 0


def erase(connection: Connection, lead_id: int, *, now: datetime) -> Erased:
    """Erase one person.

    Args:
        connection: from `writing`.
        lead_id: who.
        now: aware UTC.

    Raises:
        UsageError: there is no such lead, or it was merged or erased before.
        NotAllowedError: somebody holds the person, or is in a call with them.
    """
    lock_for_erasing(connection)
    known_lead(connection, lead_id)
    if held_among(connection, [lead_id]):
        raise NotAllowedError(
            f"the lead {lead_id} is in a call, or an agent has it; "
            "try again when the result has been given, or end it with: ringbank release LEASE"
        )
    return erase_unheld(connection, lead_id, now=now)


def lock_for_erasing(connection: Connection) -> None:
    """Let nobody import, enrol or claim until this transaction ends.

    An import may take long; waiting for it comes first, while nobody waits for this.
    """
    lock_for_import(connection)
    stop_claims(connection)


def erase_unheld(connection: Connection, lead_id: int, *, now: datetime) -> Erased:
    """Erase a person, after `lock_for_erasing`, whom nobody holds and who is not erased yet."""
    befores = _befores(connection, lead_id)
    ever_theirs = _numbers_ever(connection, lead_id, befores)
    ever_called = _names_ever(connection, lead_id, befores)
    _withhold_answers(connection, lead_id)
    forget_traces(connection, lead_id)
    forget_changes(connection, lead_id)
    called = connection.execute(
        update(attempts)
        .where(attempts.c.lead_id == lead_id)
        .values(number_id=None, phone=None, note=None, refusal_detail=None, language=None)
    )
    inbound_history.forget(connection, lead_id)
    _empty_what_was_typed(connection, lead_id, now=now)
    for table in (lead_numbers, list_members, consents, lead_changes):
        connection.execute(delete(table).where(table.c.lead_id == lead_id))
    connection.execute(update(skips).where(skips.c.lead_id == lead_id).values(note=None))
    connection.execute(delete(merges).where(merges.c.kept_id == lead_id))
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.lead_id == lead_id)
        .values(
            state=LeadState.DONE,
            held_by=ERASED,
            next_call_at=AT_ONCE,
            owner_id=None,
            owner_until=None,
        )
    )
    connection.execute(
        update(leads)
        .where(leads.c.id == lead_id)
        .values({column: null() for column in _PERSONAL} | {"attributes": {}, "erased_at": now})
    )
    used = used_among(connection, map(number_id, ever_theirs))
    shared = [e164 for e164 in ever_theirs if number_id(e164) in used]
    only_theirs = [e164 for e164 in ever_theirs if number_id(e164) not in used]
    suppression.forget(connection, lead_id, only_theirs, shared, ever_called, now=now)
    forget_numbers(connection, map(number_id, only_theirs))
    supervisions.forget_words(connection, lead_id)
    return Erased(
        lead_id=lead_id,
        numbers=len(only_theirs),
        attempts=called.rowcount,
        recordings=recordings.expire_those_of(connection, lead_id, now.date())
        + amd_samples.count_of_person(connection, lead_id),
    )


def _empty_what_was_typed(connection: Connection, lead_id: int, *, now: datetime) -> None:
    """Take away what agents typed beside results: what remains is that there was something."""
    connection.execute(
        update(orders).where(orders.c.lead_id == lead_id).values(fields={}, cancel_reason=None)
    )
    connection.execute(delete(drafts).where(drafts.c.lead_id == lead_id))
    this = update(tasks).where(tasks.c.lead_id == lead_id)
    # Nobody could say any more whom an open one is about.
    connection.execute(this.where(tasks.c.done_at.is_(None)).values(done_at=now, done_by=_WITHHELD))
    connection.execute(this.values(text=_WITHHELD, outcome=None))


_PERSONAL = (
    *("external_id", "name", "name_key", "language", "zone", "country", "subdivision"),
    *("told_zone", "told_country", "told_subdivision", "told_at"),
)


def _befores(connection: Connection, lead_id: int) -> list[dict[str, Any]]:
    """Return every set of facts that the lead had before, as another lead included."""
    befores = [
        *connection.scalars(select(lead_changes.c.before).where(lead_changes.c.lead_id == lead_id))
    ]
    for merged in connection.scalars(select(merges.c.merged).where(merges.c.kept_id == lead_id)):
        befores += merged["facts"]
        befores += [change["before"] for change in merged["changes"]]
    return befores


def _numbers_ever(
    connection: Connection, lead_id: int, befores: Sequence[Mapping[str, Any]]
) -> tuple[E164, ...]:
    """Return every number by which a lead is or was reached, those it lost since included."""
    now_theirs = select(lead_numbers.c.number_id).where(lead_numbers.c.lead_id == lead_id)
    called = select(attempts.c.number_id).where(
        attempts.c.lead_id == lead_id, attempts.c.number_id.is_not(None)
    )
    found = [e164_of(one) for query in (now_theirs, called) for one in connection.scalars(query)]
    for before in befores:
        found += map(E164, before.get("phones", ()))
    return (*dict.fromkeys(found),)


def _names_ever(
    connection: Connection, lead_id: int, befores: Sequence[Mapping[str, Any]]
) -> set[str | None]:
    """Return the folded names that a lead has or had; None where it had none."""
    names = {connection.scalar(select(leads.c.name_key).where(leads.c.id == lead_id))}
    # A change that left the name alone says nothing of it.
    names |= {fold_name(before["name"] or "") or None for before in befores if "name" in before}
    return names


def _withhold_answers(connection: Connection, lead_id: int) -> None:
    """Take the words out of the answers that were given in words."""
    kept: set[tuple[int, str]] = set()
    rows = connection.execute(
        select(answers)
        .where(answers.c.attempt_id.in_(select(attempts.c.id).where(attempts.c.lead_id == lead_id)))
        .order_by(answers.c.id)
    ).all()
    for row in rows:
        this = update(answers).where(answers.c.id == row.id)
        if _is_counted(load_id(connection, row.campaign_id).campaign, row):
            connection.execute(this.values(text=None))
        elif (row.attempt_id, row.question) in kept:
            connection.execute(delete(answers).where(answers.c.id == row.id))
        else:
            kept.add((row.attempt_id, row.question))
            connection.execute(this.values(answer=_WITHHELD, text=None))


def _is_counted(campaign: Campaign, answer: Row[tuple[object, ...]]) -> bool:
    """Tell whether an answer was chosen: from a list, on a scale, or by pressing a key.

    A question that the campaign asks no more may have been asked for words.
    """
    if any(one.key == answer.question and one.type in _COUNTED for one in campaign.questions):
        return True
    menus = campaign.message.menus if campaign.message is not None else ()
    return answer.question == "message" or any(
        (one.question, one.answer) == (answer.question, answer.answer)
        for menu in menus
        for one in menu.keys.values()
    )
