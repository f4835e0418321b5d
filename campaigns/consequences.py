"""What an agent's word changes of the person, beside their turn: numbers, language, wishes.

All of it holds in every campaign. What it changed is taken back by `campaigns.traces`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, text, update

from campaigns.examining import examine_consents_again, examine_lead_again, place_anew
from campaigns.model import DispositionKind, LeadState
from campaigns.settling import renumber
from campaigns.tables import AT_ONCE, agents, campaign_leads, is_callable
from leads import consents
from leads.consent_rules import NewConsent
from leads.model import LeadId, Suppression, SuppressionKind, e164_of
from leads.suppression import add as suppress
from leads.tables import lead_changes, lead_numbers, leads

_ENDS_FOR_THE_PERSON = {
    DispositionKind.DECEASED: "deceased, as told",
    DispositionKind.HOSTILE: "hostile",
}
"""Kinds after which nobody calls the person, and others of the household are called on."""


def hold_numbers(connection: Connection, kind: DispositionKind | None) -> None:
    """Wait for an import that runs, where a word may take a number from a person.

    Asked before any row is locked: erasing takes numbers first and campaigns after.
    """
    takes = kind in {None, DispositionKind.WRONG_NUMBER}
    if takes and connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE lead_numbers IN ROW EXCLUSIVE MODE"))


def follow(
    connection: Connection,
    attempt: Row[Any],
    kind: DispositionKind,
    *,
    campaign: str,
    language: str | None,
    now: datetime,
) -> None:
    """Do what a disposition means for the person in every campaign.

    Args:
        connection: in a writing transaction, with the disposition written.
        attempt: the row of the call.
        kind: of the disposition.
        campaign: the name of the one in which it was said.
        language: what the person speaks, where agent and person share none; or None.
        now: aware.
    """
    if kind in _ENDS_FOR_THE_PERSON:
        suppress(
            connection,
            Suppression(
                subject=str(attempt.lead_id),
                kind=SuppressionKind.LEAD,
                reason=f"{_ENDS_FOR_THE_PERSON[kind]} in campaign {campaign}",
            ),
            source="agent",
            now=now,
        )
    if kind is DispositionKind.WRONG_NUMBER:
        _end_link(connection, attempt, now=now)
    if language is not None:
        _keep_language(connection, attempt, language, now=now)


def _end_link(connection: Connection, attempt: Row[Any], *, now: datetime) -> None:
    """Take the number that was called from the person; whoever has it is left alone."""
    theirs = lead_numbers.c.lead_id == attempt.lead_id
    had = connection.scalars(
        select(lead_numbers.c.number_id).where(theirs).order_by(lead_numbers.c.position)
    ).all()
    left = [one for one in had if one != attempt.number_id]
    if len(left) == len(had):
        return
    connection.execute(delete(lead_numbers).where(theirs))
    for position, number_id in enumerate(left, start=1):
        connection.execute(
            insert(lead_numbers).values(
                lead_id=attempt.lead_id, position=position, number_id=number_id
            )
        )
    _note(connection, attempt, {"phones": [e164_of(one) for one in had]}, now=now)
    _go_on(connection, attempt.lead_id, left)


def _go_on(connection: Connection, lead_id: int, left: Sequence[int]) -> None:
    """Have every campaign try the numbers that are left, or none where none is."""
    if left:
        renumber(connection, [lead_id])
        examine_lead_again(connection, lead_id)
        return
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.lead_id == lead_id, is_callable)
        .values(
            state=LeadState.DONE,
            held_by=f"disposition:{DispositionKind.WRONG_NUMBER}",
            next_call_at=AT_ONCE,
        )
    )


def keep_consents(
    connection: Connection,
    lead_id: int,
    agreed: Mapping[str, str | None],
    *,
    given_at: datetime,
    attempt_id: int | None = None,
    now: datetime,
) -> None:
    """Record what a person agreed to in a talk; told again, it is the same consent.

    Args:
        connection: in a writing transaction.
        lead_id: who.
        agreed: kind of consent -> its wording, or None.
        given_at: aware.
        attempt_id: the call of ours in which they did, or None.
        now: aware.
    """
    if not agreed:
        return
    whose = LeadId(lead_id)
    given = [
        (whose, NewConsent(kind=kind, source="call", given_at=given_at, wording=wording))
        for kind, wording in agreed.items()
    ]
    consents.add_many(connection, given, attempt_id=attempt_id, now=now)
    examine_consents_again(connection, [whose])


def _keep_language(
    connection: Connection, attempt: Row[Any], language: str, *, now: datetime
) -> None:
    this = leads.c.id == attempt.lead_id
    was = connection.scalar(select(leads.c.language).where(this))
    if was == language:
        return
    connection.execute(update(leads).where(this).values(language=language))
    _note(connection, attempt, {"language": was}, now=now)
    place_anew(connection, campaign_leads.c.lead_id == attempt.lead_id)


def _note(
    connection: Connection, attempt: Row[Any], before: dict[str, object], *, now: datetime
) -> None:
    """Keep what was known of a person before, and on whose word it changed."""
    who = connection.scalar(select(agents.c.name).where(agents.c.id == attempt.agent_id))
    connection.execute(
        insert(lead_changes).values(
            lead_id=attempt.lead_id,
            before=before,
            changed_at=now,
            changed_by=who or "the engine",
        )
    )
