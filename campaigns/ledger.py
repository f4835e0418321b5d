"""The ledger of attempts: an intent before every call, one outcome after it.

An attempt is written before Asterisk hears of the call, and closed once, together with
what follows for the lead. What a talk came to in the agent's words is written beside it;
whichever of the two comes second decides when the lead is called again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, insert, select, update

from campaigns.claims import Claim, release
from campaigns.facts import past_attempts
from campaigns.gates import rule_set
from campaigns.model import (
    AttemptId,
    Disposition,
    DispositionKind,
    KeyAction,
    KeyMeaning,
    Outcome,
)
from campaigns.retry import next_try
from campaigns.store import AT_ONCE, StoredCampaign
from campaigns.tables import answers, attempts, campaign_leads, claims
from leads.db import insert_new
from leads.model import E164, Suppression, SuppressionScope
from leads.suppression import add as suppress

WRAP_UP_LIMIT = timedelta(minutes=10)
"""How long after a talk its result may be given before the claim on the person ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """An attempt that has not ended, as needed to carry on with its call.

    Attributes:
        asterisk_boot: which run of Asterisk the call was given to.
    """

    id: AttemptId
    channel_id: str
    campaign_id: int
    lead_id: int
    number_id: int
    phone: E164
    trunk: str
    agent_id: int | None
    asterisk_boot: str | None
    dialed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How one attempt ended; durations in seconds, moments aware.

    Attributes:
        key: the key that the person pressed, or None.
        evidence: on what the outcome rests, as `dialer.call.Verdict` says.
    """

    attempt_id: AttemptId
    outcome: Outcome
    evidence: str
    answered_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime
    ring_s: float | None
    talk_s: float | None
    cause: int | None
    sip_code: int | None
    key: str | None
    agent_id: int | None


def open_attempt(
    connection: Connection,
    stored: StoredCampaign,
    claim: Claim,
    *,
    channel_id: str,
    engine: str | None,
    asterisk_boot: str | None,
    clock: str,
    now: datetime,
) -> OpenAttempt:
    """Write the intent to call a claimed person; it must be committed before the call."""
    campaign, person = stored.campaign, claim.person
    attempt_id = AttemptId(
        connection.execute(
            insert(attempts)
            .values(
                channel_id=channel_id,
                campaign_id=stored.id,
                list_id=person.list_id,
                lead_id=person.lead_id,
                number_id=person.number_id,
                phone=person.phone,
                engine=engine,
                asterisk_boot=asterisk_boot,
                clock=clock,
                mode=campaign.mode,
                trunk=campaign.trunk,
                caller_id=campaign.caller_id,
                attempt_no=claim.attempt_no,
                rule_set=rule_set(campaign),
                dialed_at=now,
            )
            .returning(attempts.c.id)
        ).scalar_one()
    )
    connection.execute(update(claims).where(claims.c.id == claim.id).values(attempt_id=attempt_id))
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.id == person.row_id)
        .values(attempts=claim.attempt_no, last_attempt_at=now)
    )
    return OpenAttempt(
        id=attempt_id,
        channel_id=channel_id,
        campaign_id=stored.id,
        lead_id=person.lead_id,
        number_id=person.number_id,
        phone=person.phone,
        trunk=campaign.trunk,
        agent_id=None,
        asterisk_boot=asterisk_boot,
        dialed_at=now,
    )


def open_attempts(connection: Connection, engine: str) -> tuple[OpenAttempt, ...]:
    """Return the engine's attempts without an end, oldest first."""
    rows = connection.execute(
        select(*(attempts.c[name] for name in OpenAttempt.__dataclass_fields__))
        .where(attempts.c.engine == engine, attempts.c.ended_at.is_(None))
        .order_by(attempts.c.id)
    )
    return tuple(OpenAttempt(**row._mapping) for row in rows)


def note_agent(connection: Connection, attempt_id: AttemptId, agent_id: int) -> None:
    """Write which agent was chosen for an answered call, and hold the person for them."""
    connection.execute(
        update(attempts).where(attempts.c.id == attempt_id).values(agent_id=agent_id)
    )
    connection.execute(
        update(claims).where(claims.c.attempt_id == attempt_id).values(agent_id=agent_id)
    )


def close(connection: Connection, stored: StoredCampaign, closing: Closing) -> None:
    """Write the end of an attempt, and what follows for the lead, in one transaction."""
    attempt = connection.execute(
        update(attempts)
        .where(attempts.c.id == closing.attempt_id, attempts.c.ended_at.is_(None))
        .values(
            outcome=closing.outcome,
            evidence=closing.evidence,
            answered_at=closing.answered_at,
            connected_at=closing.connected_at,
            ended_at=closing.ended_at,
            ring_s=closing.ring_s,
            talk_s=closing.talk_s,
            hangup_cause=closing.cause,
            sip_code=closing.sip_code,
            key_pressed=closing.key,
            agent_id=closing.agent_id,
        )
        .returning(attempts)
    ).one()
    message = stored.campaign.message
    if closing.key and message is not None:
        _obey_key(connection, stored, attempt, message.keys.get(closing.key), closing)
    wraps_up = (
        closing.outcome is Outcome.CONNECTED
        and closing.agent_id is not None
        and attempt.disposition_kind is None
    )
    if wraps_up:
        _hold_for_result(connection, closing)
        return
    connection.execute(delete(claims).where(claims.c.attempt_id == closing.attempt_id))
    settle_lead(connection, stored, lead_id=attempt.lead_id, number_id=attempt.number_id)


def settle_lead(
    connection: Connection, stored: StoredCampaign, *, lead_id: int, number_id: int
) -> None:
    """Write when a lead is called again, or that it is not, from all its attempts."""
    history = past_attempts(connection, stored.id, lead_ids=[lead_id], number_ids=[number_id]).of(
        lead_id, number_id
    )
    following = next_try(stored.campaign, history, lead_id=lead_id)
    own = [attempt for attempt in history if attempt.lead_id == lead_id]
    values: dict[str, object] = {
        "state": following.state,
        "next_call_at": following.at or AT_ONCE,
        "held_by": following.rule,
    }
    if own:
        values["last_outcome"] = own[-1].outcome
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.campaign_id == stored.id, campaign_leads.c.lead_id == lead_id)
        .values(**values)
    )


def _hold_for_result(connection: Connection, closing: Closing) -> None:
    connection.execute(
        update(claims)
        .where(claims.c.attempt_id == closing.attempt_id)
        .values(expires_at=closing.ended_at + WRAP_UP_LIMIT)
    )
    lead_id = select(claims.c.lead_id).where(claims.c.attempt_id == closing.attempt_id)
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.lead_id == lead_id.scalar_subquery())
        .values(last_outcome=closing.outcome)
    )


def _obey_key(
    connection: Connection,
    stored: StoredCampaign,
    attempt: Row[tuple[object, ...]],
    meaning: KeyMeaning | None,
    closing: Closing,
) -> None:
    """Do what a key pressed during a message stands for, and keep it as an answer."""
    _answer(connection, attempt, "message", closing.key or "", now=closing.ended_at)
    if meaning is None or meaning.action is KeyAction.CONNECT:
        return
    if meaning.action is KeyAction.ANSWER:
        _answer(connection, attempt, meaning.question, meaning.answer, now=closing.ended_at)
        return
    kind = DispositionKind(meaning.action.value)
    _dispose(connection, stored, attempt, kind.value, kind, now=closing.ended_at, source="key")


def _dispose(
    connection: Connection,
    stored: StoredCampaign,
    attempt: Row[tuple[object, ...]],
    code: str,
    kind: DispositionKind,
    *,
    now: datetime,
    source: str,
    values: Mapping[str, object] | None = None,
) -> None:
    """Write a disposition and the wish not to be called that may lie in it."""
    connection.execute(
        update(attempts)
        .where(attempts.c.id == attempt.id)
        .values(disposition=code, disposition_kind=kind, **(values or {}))
    )
    connection.execute(
        update(campaign_leads)
        .where(
            campaign_leads.c.campaign_id == stored.id,
            campaign_leads.c.lead_id == attempt.lead_id,
        )
        .values(last_disposition=code)
    )
    if kind is DispositionKind.DO_NOT_CALL:
        suppress(
            connection,
            Suppression(
                e164=E164(attempt.phone),
                scope=SuppressionScope.ALL,
                reason=f"asked for it in campaign {stored.campaign.name}",
            ),
            source=source,
            now=now,
        )


def _answer(
    connection: Connection,
    attempt: Row[tuple[object, ...]],
    question: str,
    answer: str,
    *,
    now: datetime,
) -> None:
    connection.execute(
        insert_new(connection, answers).values(
            attempt_id=attempt.id,
            lead_id=attempt.lead_id,
            campaign_id=attempt.campaign_id,
            question=question,
            answer=answer,
            answered_at=now,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an agent says of a talk.

    Attributes:
        reason: the refusal reason's code, for a refusal only.
        callback_at: the promised moment, aware, for a callback only.
        answers: question key -> answers given.
    """

    disposition: Disposition
    reason: str | None = None
    callback_at: datetime | None = None
    note: str | None = None
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)


def record_result(
    connection: Connection,
    stored: StoredCampaign,
    attempt_id: AttemptId,
    result: Result,
    *,
    now: datetime,
) -> bool:
    """Write an agent's result; return whether the call had ended already.

    A call that still runs keeps its claim until the engine has ended it.
    """
    attempt = connection.execute(
        select(attempts).where(attempts.c.id == attempt_id).with_for_update()
    ).one()
    ended = attempt.ended_at is not None
    details = {
        "refusal_reason": result.reason,
        "callback_at": result.callback_at,
        "note": result.note,
        "wrapped_at": now,
        "wrap_s": (now - attempt.ended_at).total_seconds() if ended else 0.0,
    }
    _dispose(
        connection,
        stored,
        attempt,
        result.disposition.code,
        result.disposition.kind,
        now=now,
        source="agent",
        values=details,
    )
    for question, given in result.answers.items():
        for answer in given:
            _answer(connection, attempt, question, answer, now=now)
    if ended:
        connection.execute(delete(claims).where(claims.c.attempt_id == attempt_id))
        settle_lead(connection, stored, lead_id=attempt.lead_id, number_id=attempt.number_id)
    return ended


def release_expired(
    connection: Connection, stored: StoredCampaign, *, now: datetime
) -> tuple[int, ...]:
    """End the claims of a campaign whose time is over; return the agents who held them.

    A talk whose result never came leaves its attempt without a disposition: the lead is
    settled by the outcome alone.
    """
    rows = connection.execute(
        select(claims).where(claims.c.campaign_id == stored.id, claims.c.expires_at <= now)
    ).all()
    for row in rows:
        release(connection, row.id)
        settle_lead(connection, stored, lead_id=row.lead_id, number_id=row.number_id)
    return tuple(row.agent_id for row in rows if row.agent_id is not None)


def unfinished_lease(connection: Connection, agent_id: int) -> str | None:
    """Return the lease of a talk that is over and whose result the agent still owes."""
    lease: str | None = connection.scalar(
        select(claims.c.lease)
        .join(attempts, attempts.c.id == claims.c.attempt_id)
        .where(claims.c.agent_id == agent_id, attempts.c.ended_at.is_not(None))
    )
    return lease
