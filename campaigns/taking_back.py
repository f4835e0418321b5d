"""Results that are taken back by the agent, or corrected by a supervisor; what stood is kept.

An agent has ten minutes, as long as nobody has called or taken the person since; then the
lease lives again, and the result may be given anew. After that a supervisor gives another
result in the place of the first one. Rows are locked in the order of the ledger.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from campaigns import training
from campaigns.cards import refuse_card
from campaigns.claims import held_among
from campaigns.consequences import hold_numbers
from campaigns.leases import hold_person
from campaigns.model import (
    HAND_DIALLED,
    UNDO_TIME,
    AgentState,
    AttemptId,
    DispositionKind,
    LeadState,
    Outcome,
)
from campaigns.owed import WRAP_UP_LIMIT
from campaigns.result_changes import keep_change, was_corrected
from campaigns.result_words import Result
from campaigns.results import record_result
from campaigns.said import asks_for_no_call, attempt_row, called_since
from campaigns.store import StoredCampaign
from campaigns.tables import agents, attempts, campaign_leads, claims
from campaigns.traces import take_back, trace_of
from leads.errors import NotAllowedError, UsageError
from leads.sql import insert_if_new
from leads.tables import consents


class WaitsForCallError(NotAllowedError):
    """The agent may be given somebody at any moment; once they pause, it goes."""


def undo(
    connection: Connection, stored: StoredCampaign, attempt_id: AttemptId, *, by: str, now: datetime
) -> datetime:
    """Take a result back; return until when it may be given anew under the same lease.

    Args:
        connection: in a writing transaction.
        stored: the campaign.
        attempt_id: of the call.
        by: the agent.
        now: aware.

    Raises:
        UsageError: there is no result.
        NotAllowedError: it is too late, somebody has called or taken the person since, or the
            result is one that only a supervisor takes back.
        WaitsForCallError: the agent waits for the next call; nothing else is in the way.
    """
    attempt = _held(connection, attempt_id)
    _refuse_undo(connection, stored, attempt, now=now)
    keep_change(connection, attempt, "undo", by=by, why=None, now=now)
    take_back(connection, attempt, own_row=True, why=f"{by} took the result back", now=now)
    training.forget_result(connection, attempt)
    if attempt.evidence == HAND_DIALLED:
        # What came of the call followed from the agent's word.
        connection.execute(
            update(attempts).where(attempts.c.id == attempt_id).values(outcome=Outcome.UNKNOWN)
        )
        attempt = attempt_row(connection, attempt_id)
    until = now + WRAP_UP_LIMIT
    if attempt.ended_at is not None:
        _hold_again(connection, attempt, until, now=now)
    return until


def _refuse_undo(
    connection: Connection, stored: StoredCampaign, attempt: Row[Any], *, now: datetime
) -> None:
    lease = attempt.lease
    remedy = f"a supervisor corrects it: ringbank result {lease} --correct --by NAME --why TEXT"
    if attempt.disposition_kind is None or attempt.wrapped_at is None:
        raise UsageError(f"the lease {lease!r} has no result that could be taken back")
    if now - attempt.wrapped_at > UNDO_TIME:
        raise NotAllowedError(f"the ten minutes for taking the result back are over; {remedy}")
    kind = DispositionKind(attempt.disposition_kind)
    if asks_for_no_call(stored.campaign, kind, attempt.refusal_reason):
        raise NotAllowedError(f"a wish not to be called stays until {remedy}")
    if was_corrected(connection, attempt.id):
        raise NotAllowedError(f"a supervisor has corrected this result; {remedy}")
    if called_since(connection, attempt):
        raise NotAllowedError(f"the person has been called since; {remedy}")
    if attempt.ended_at is not None:
        _refuse_ready(connection, attempt)


def _refuse_ready(connection: Connection, attempt: Row[Any]) -> None:
    """Refuse to give a lease back to somebody whom the engine may give another at any moment.

    One agent has one lease: that of the next talk would be nobody's, and its result lost.
    """
    name = connection.scalar(
        select(agents.c.name).where(
            agents.c.id == attempt.agent_id, agents.c.state == AgentState.READY
        )
    )
    if name is not None:
        raise WaitsForCallError(
            f"{name} waits for the next call, which may come at any moment; run: "
            f"ringbank agents pause {name}, and take the result back then"
        )


def _hold_again(
    connection: Connection, attempt: Row[Any], until: datetime, *, now: datetime
) -> None:
    """Let the lease live again; the wrap-up begins anew."""
    connection.execute(
        update(campaign_leads)
        .where(
            campaign_leads.c.campaign_id == attempt.campaign_id,
            campaign_leads.c.lead_id == attempt.lead_id,
        )
        .values(state=LeadState.IN_CALL, held_by=None, last_outcome=attempt.outcome)
    )
    held = connection.scalar(
        insert_if_new(connection, claims)
        .values(
            lease=attempt.lease,
            campaign_id=attempt.campaign_id,
            lead_id=attempt.lead_id,
            number_id=attempt.number_id,
            agent_id=attempt.agent_id,
            attempt_id=attempt.id,
            created_at=now,
            expires_at=until,
            rule_set=attempt.rule_set,
            decision=attempt.decision,
        )
        .returning(claims.c.id)
    )
    if held is None:
        raise NotAllowedError(
            "you have another person by now, or somebody has this one, or the number; give that "
            "result, or release that lease, and take this one back then"
        )


def correct(
    connection: Connection,
    stored: StoredCampaign,
    attempt_id: AttemptId,
    result: Result,
    *,
    by: str,
    why: str,
    now: datetime,
) -> None:
    """Give another result in the place of the one that stands.

    Args:
        connection: in a writing transaction.
        stored: the campaign.
        attempt_id: of the call.
        result: what stands from now on.
        by: the supervisor.
        why: in their words.
        now: aware.

    Raises:
        UsageError: `why` says nothing, or holds the number of a payment card.
        NotAllowedError: somebody is on the line with the person, or has taken them.
    """
    if not why.strip():
        raise UsageError('a correction needs its reason; add --why "what was wrong"')
    refuse_card(why, "--why")
    attempt = _held(connection, attempt_id, result.disposition.kind)
    if held_among(connection, [attempt.lead_id]):
        raise NotAllowedError(
            "somebody has this person right now, or talks to them; correct the result when "
            "theirs is given"
        )
    keep_change(connection, attempt, "correction", by=by, why=why, now=now)
    take_back(
        connection,
        attempt,
        own_row=False,
        spare=_given_again(connection, attempt, result),
        order_stays=result.order is not None,
        why=f"{by} corrected the result",
        now=now,
    )
    record_result(connection, stored, attempt.id, result, now=now)
    times: dict[str, object] = {"wrapped_at": attempt.wrapped_at or now, "wrap_s": attempt.wrap_s}
    connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(**times))
    _say_last_word(connection, attempt)


def _given_again(connection: Connection, attempt: Row[Any], result: Result) -> list[str]:
    """Return the kinds of consent that the new result gives in the same words."""
    rows = connection.execute(
        select(consents.c.kind, consents.c.wording).where(consents.c.attempt_id == attempt.id)
    )
    same = object()
    return [row.kind for row in rows if result.consents.get(row.kind, same) == row.wording]


def _say_last_word(connection: Connection, attempt: Row[Any]) -> None:
    """Write into the person's row what was said last: the corrected talk may be an older one."""
    ours = (
        attempts.c.campaign_id == attempt.campaign_id,
        attempts.c.lead_id == attempt.lead_id,
    )
    last = connection.execute(
        select(attempts.c.disposition, attempts.c.refusal_reason)
        .where(*ours, attempts.c.disposition.is_not(None))
        .order_by(attempts.c.id.desc())
        .limit(1)
    ).one()
    connection.execute(
        update(campaign_leads)
        .where(
            campaign_leads.c.campaign_id == attempt.campaign_id,
            campaign_leads.c.lead_id == attempt.lead_id,
        )
        .values(last_disposition=last.disposition, refusal_reason=last.refusal_reason)
    )


def _held(
    connection: Connection, attempt_id: AttemptId, kind: DispositionKind | None = None
) -> Row[Any]:
    """Return an attempt's row, with its person's rows held against whoever wants to claim.

    `kind`: of the result that comes in the place of this one, or None.
    """
    numbers_change = "lead_numbers" in trace_of(connection, attempt_id)
    hold_numbers(connection, None if numbers_change else kind or DispositionKind.SUCCESS)
    attempt = attempt_row(connection, attempt_id)
    if attempt.number_id is None:
        raise NotAllowedError("this person was erased; what is left of the call stays as it is")
    hold_person(connection, attempt.lead_id)
    return attempt
