"""What was said in a call, beside its attempt: dispositions, answers, pressed keys.

A key pressed during a message and an agent's word come to the same thing here. When the
lead is called again because of it is `campaigns.settling.settle`'s matter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, select, update

from campaigns.messages import KeyAction
from campaigns.model import AttemptId, Campaign, DispositionKind, Outcome
from campaigns.moving import follow_word
from campaigns.refusals import reason_named
from campaigns.store import StoredCampaign
from campaigns.tables import answers, attempts, campaign_leads
from leads.model import Suppression
from leads.sql import insert_if_new
from leads.suppression import add as suppress


def obey_keys(
    connection: Connection,
    stored: StoredCampaign,
    attempt_id: AttemptId,
    keys: str,
    *,
    opted_out: bool,
    now: datetime,
) -> bool:
    """Do what the keys that somebody pressed stand for, and keep them as answers.

    Args:
        connection: in a writing transaction.
        stored: the campaign.
        attempt_id: the call.
        keys: one for the message and one for each question after it.
        opted_out: the last of them was pressed because no agent was free, and ends all calls.
        now: aware.

    Returns:
        Whether one was a disposition, so that no agent owes one any more.
    """
    attempt = attempt_row(connection, attempt_id)
    message = stored.campaign.message
    meanings = message.meanings(keys) if message is not None else ()
    if message is not None:
        keep_answer(connection, attempt, "message", keys, now=now)
    for meaning in meanings:
        if meaning.action is KeyAction.ANSWER:
            keep_answer(connection, attempt, meaning.question, meaning.answer, now=now)
    last = meanings[-1].action if meanings else None
    if opted_out:
        kind = DispositionKind.DO_NOT_CALL
    elif last in (KeyAction.CALLBACK, KeyAction.DO_NOT_CALL):
        kind = DispositionKind(last.value)
    else:
        return False
    later = {"callback_at": now + _later(stored.campaign)}
    values = later if kind is DispositionKind.CALLBACK else None
    dispose(connection, stored, attempt, kind.value, kind, now=now, source="key", values=values)
    return True


_LATER = timedelta(days=1)
"""When somebody asked by a key to be called later, and the campaign has no rest of its own."""


def _later(campaign: Campaign) -> timedelta:
    rest = campaign.retry.get(Outcome.NO_ANSWER)
    return rest.after if rest is not None else _LATER


def attempt_row(connection: Connection, attempt_id: AttemptId) -> Row[tuple[object, ...]]:
    """Return an attempt's row, held against whoever else wants to write it."""
    return connection.execute(
        select(attempts).where(attempts.c.id == attempt_id).with_for_update()
    ).one()


def called_since(connection: Connection, attempt: Row[tuple[object, ...]]) -> bool:
    """Tell whether the person of a call has been called again."""
    later = select(attempts.c.id).where(
        attempts.c.lead_id == attempt.lead_id, attempts.c.id > attempt.id
    )
    return connection.scalar(later.limit(1)) is not None


def outcome_of(connection: Connection, lease: str) -> str | None:
    """Return how the call of a lease ended, or None while it goes on or was never made."""
    outcome: str | None = connection.scalar(
        select(attempts.c.outcome).where(attempts.c.lease == lease)
    )
    return outcome


def dispose(
    connection: Connection,
    stored: StoredCampaign,
    attempt: Row[tuple[object, ...]],
    code: str,
    kind: DispositionKind,
    *,
    now: datetime,
    source: str,
    reason: str | None = None,
    detail: str | None = None,
    values: Mapping[str, object] | None = None,
) -> None:
    """Write a disposition, the wish not to be called that may lie in it, and what it leads to.

    Args:
        connection: in a writing transaction.
        stored: the campaign.
        attempt: the row of the call.
        code: of the disposition.
        kind: what it does.
        now: aware.
        source: who gave it, as the do-not-call list names sources.
        reason: the code of a refusal's reason.
        detail: what was written down besides.
        values: further columns of the attempt.
    """
    connection.execute(
        update(attempts)
        .where(attempts.c.id == attempt.id)
        .values(
            disposition=code,
            disposition_kind=kind,
            refusal_reason=reason,
            refusal_detail=detail,
            **(values or {}),
        )
    )
    connection.execute(
        update(campaign_leads)
        .where(
            campaign_leads.c.campaign_id == stored.id,
            campaign_leads.c.lead_id == attempt.lead_id,
        )
        .values(last_disposition=code, refusal_reason=reason)
    )
    if asks_for_no_call(stored.campaign, kind, reason):
        suppress(
            connection,
            Suppression(
                subject=attempt.phone,
                reason=f"asked for it in campaign {stored.campaign.name}",
            ),
            source=source,
            now=now,
        )
    follow_word(connection, stored, attempt, kind, reason=reason, detail=detail, now=now)


def asks_for_no_call(campaign: Campaign, kind: DispositionKind, reason: str | None) -> bool:
    """Tell whether somebody who said so must not be called again by anybody."""
    named = reason_named(campaign, reason)
    return kind is DispositionKind.DO_NOT_CALL or (named is not None and named.do_not_call)


def keep_answer(
    connection: Connection,
    attempt: Row[tuple[object, ...]],
    question: str,
    answer: str,
    *,
    now: datetime,
) -> None:
    """Keep an answer to a question; the same answer twice is one."""
    connection.execute(
        insert_if_new(connection, answers).values(
            attempt_id=attempt.id,
            lead_id=attempt.lead_id,
            campaign_id=attempt.campaign_id,
            question=question,
            answer=answer,
            script_version=attempt.script_version,
            answered_at=now,
        )
    )


def keep_answers(
    connection: Connection,
    attempt: Row[tuple[object, ...]],
    given: Mapping[str, Sequence[str]],
    *,
    now: datetime,
) -> None:
    """Keep the answers of a talk, in the place of earlier ones to the same questions."""
    connection.execute(
        delete(answers).where(
            answers.c.attempt_id == attempt.id, answers.c.question.in_(list(given))
        )
    )
    for question, several in given.items():
        for answer in several:
            keep_answer(connection, attempt, question, answer, now=now)
