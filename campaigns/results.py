"""What an agent says of a talk, written to the ledger with all that follows from it."""

from datetime import datetime

from sqlalchemy import Connection, Row, delete, select, update

from campaigns import training
from campaigns.consequences import follow, hold_numbers, keep_consents
from campaigns.model import HAND_DIALLED, AttemptId
from campaigns.orders.store import submit
from campaigns.result_words import Result, hand_outcome
from campaigns.said import attempt_row, dispose, keep_answers
from campaigns.settling import settle
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads, claims
from campaigns.traces import Look, keep_trace, look, take_back


def record_result(
    connection: Connection,
    stored: StoredCampaign,
    attempt_id: AttemptId,
    result: Result,
    *,
    before: Look | None = None,
    now: datetime,
) -> bool:
    """Write an agent's result; return whether the call had ended already.

    A call that still runs keeps its claim until the engine has ended it; a result given
    once more meanwhile replaces the one before, but for a wish not to be called.

    Args:
        connection: in a writing transaction.
        stored: the campaign.
        attempt_id: of the call.
        result: what the agent says.
        before: the person as `traces.look` saw them, where something was written already.
        now: aware.
    """
    kind = result.disposition.kind
    hold_numbers(connection, kind)
    attempt = attempt_row(connection, attempt_id)
    if attempt.disposition_kind is not None:
        take_back(
            connection,
            attempt,
            own_row=True,
            wish_stays=True,
            order_stays=result.order is not None,
            why=_REPLACED,
            now=now,
        )
        attempt = attempt_row(connection, attempt_id)
    before = before or look(connection, attempt.lead_id, attempt.phone, attempt_id)
    ended = attempt.ended_at is not None
    dispose(
        connection,
        stored,
        attempt,
        result.disposition.code,
        kind,
        now=now,
        source="agent",
        reason=result.reason,
        detail=result.detail,
        values={
            "callback_at": result.callback_at,
            "language": result.language,
            "note": result.note,
            "wrapped_at": now,
            "wrap_s": (now - attempt.ended_at).total_seconds() if ended else 0.0,
            **({"outcome": hand_outcome(kind)} if attempt.evidence == HAND_DIALLED else {}),
        },
    )
    name = stored.campaign.name
    follow(connection, attempt, kind, campaign=name, language=result.language, now=now)
    _give_to_owner(connection, stored, attempt, result)
    training.note_result(connection, attempt)
    keep_answers(connection, attempt, result.answers, now=now)
    keep_consents(
        connection,
        attempt.lead_id,
        result.consents,
        given_at=attempt.connected_at or attempt.answered_at or attempt.dialed_at,
        attempt_id=attempt.id,
        now=now,
    )
    submit(connection, attempt, result.order, now=now)
    if ended:
        settle(connection, stored, [(attempt.lead_id, attempt.number_id)])
        connection.execute(delete(claims).where(claims.c.attempt_id == attempt_id))
    after = look(connection, attempt.lead_id, attempt.phone, attempt_id)
    keep_trace(connection, attempt_id, before, after)
    return ended


_REPLACED = "the agent gave another result of the same call"


def _give_to_owner(
    connection: Connection,
    stored: StoredCampaign,
    attempt: Row[tuple[object, ...]],
    result: Result,
) -> None:
    """Write whose callback it is, and until when it is nobody else's.

    A talk after this one has the last word, also where this one is corrected.
    """
    ours = (
        attempts.c.campaign_id == attempt.campaign_id,
        attempts.c.lead_id == attempt.lead_id,
    )
    if connection.scalar(select(attempts.c.id).where(*ours, attempts.c.id > attempt.id).limit(1)):
        return
    own = result.own_callback and result.callback_at is not None
    until = result.callback_at + stored.campaign.callbacks.grace if result.callback_at else None
    connection.execute(
        update(campaign_leads)
        .where(
            campaign_leads.c.campaign_id == stored.id,
            campaign_leads.c.lead_id == attempt.lead_id,
        )
        .values(owner_id=attempt.agent_id if own else None, owner_until=until if own else None)
    )
