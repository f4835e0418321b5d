"""The ledger of attempts: an intent before every call, one outcome after it.

An attempt is written before Asterisk hears of the call, and closed once, together with
what follows for the lead. What a talk came to in the agent's words is written beside it;
whichever of the two comes second decides when the lead is called again.

Every function writes `campaign_leads` before `claims`, as a claim does: PostgreSQL keeps a
row locked that a claim had passed over, and in the other order both would wait for ever.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    union,
    update,
)

from campaigns.claims import Claim
from campaigns.drafts import keep_typed_answers
from campaigns.model import (
    AttemptId,
    DialMode,
    Outcome,
)
from campaigns.said import obey_key
from campaigns.settling import settle
from campaigns.store import StoredCampaign
from campaigns.supervisions import end_help
from campaigns.tables import attempts, campaign_leads, claims
from leads.model import E164
from leads.sql import among, in_chunks
from leads.tables import leads

WRAP_UP_LIMIT = timedelta(minutes=10)
"""How long after a talk its result may be given before the claim on the person ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """An attempt that has not ended, as needed to carry on with its call.

    Attributes:
        agent_id: who was chosen for the person, or who had them called.
        asterisk_boot: which run of Asterisk the call was given to.
        mode: who decided when to dial.
        language: the person's, or None.
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
    mode: DialMode = DialMode.PROGRESSIVE
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How one attempt ended; durations in seconds, moments aware.

    Attributes:
        key: the key that the person pressed, or None.
        evidence: on what the outcome rests, as `dialer.call.Verdict` says.
    """

    attempt_id: AttemptId
    lead_id: int
    number_id: int
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


def write_intents(
    connection: Connection,
    stored: StoredCampaign,
    taken: Sequence[Claim],
    *,
    new_channel_id: Callable[[], str],
    engine: str | None,
    asterisk_boot: str | None,
    clock: str,
    now: datetime,
    agent_id: int | None = None,
) -> list[OpenAttempt]:
    """Write the intents to call claimed people; they must be committed before the calls.

    `agent_id` is the agent who has them called, where it is one.
    """
    if not taken:
        return []
    campaign = stored.campaign
    intents = [
        {
            "channel_id": new_channel_id(),
            "lease": claim.lease,
            "agent_id": agent_id,
            "campaign_id": stored.id,
            "list_id": claim.person.list_id,
            "lead_id": claim.person.lead_id,
            "number_id": claim.person.number_id,
            "phone": claim.person.phone,
            "engine": engine,
            "asterisk_boot": asterisk_boot,
            "clock": clock,
            "mode": campaign.mode,
            "trunk": campaign.trunk,
            "caller_id": campaign.caller_id,
            "attempt_no": claim.attempt_no,
            "seller": campaign.seller,
            "rule_set": claim.rule_set,
            "decision": claim.decision,
            "script_version": claim.script_version,
            "dialed_at": now,
        }
        for claim in taken
    ]
    ids = connection.scalars(
        insert(attempts).returning(attempts.c.id, sort_by_parameter_order=True), intents
    ).all()
    connection.execute(
        _COUNT_ATTEMPT,
        [{"row": claim.person.row_id, "made": claim.attempt_no, "at": now} for claim in taken],
    )
    connection.execute(
        _HOLD_FOR_ATTEMPT,
        [
            {"claim": claim.id, "attempt": attempt_id}
            for claim, attempt_id in zip(taken, ids, strict=True)
        ],
    )
    return [
        OpenAttempt(
            id=AttemptId(attempt_id),
            channel_id=str(intent["channel_id"]),
            campaign_id=stored.id,
            lead_id=claim.person.lead_id,
            number_id=claim.person.number_id,
            phone=claim.person.phone,
            trunk=campaign.trunk,
            agent_id=agent_id,
            asterisk_boot=asterisk_boot,
            dialed_at=now,
            mode=campaign.mode,
            language=claim.person.language or None,
        )
        for attempt_id, intent, claim in zip(ids, intents, taken, strict=True)
    ]


_HOLD_FOR_ATTEMPT = (
    update(claims)
    .where(claims.c.id == bindparam("claim"))
    # While the call lives nobody's time runs out.
    .values(attempt_id=bindparam("attempt"), expires_at=None)
)
_COUNT_ATTEMPT = (
    update(campaign_leads)
    .where(campaign_leads.c.id == bindparam("row"))
    .values(attempts=bindparam("made"), last_attempt_at=bindparam("at"))
)


def open_attempts(connection: Connection, engine: str) -> tuple[OpenAttempt, ...]:
    """Return the engine's attempts without an end, oldest first."""
    named = OpenAttempt.__dataclass_fields__.keys() - {"language"}
    rows = connection.execute(
        select(*(attempts.c[name] for name in named), leads.c.language)
        .join(leads, leads.c.id == attempts.c.lead_id)
        .where(attempts.c.engine == engine, attempts.c.ended_at.is_(None))
        .order_by(attempts.c.id)
    )
    return tuple(OpenAttempt(**{**row._mapping, "mode": DialMode(row.mode)}) for row in rows)


def closed_among(connection: Connection, channel_ids: Iterable[str]) -> list[str]:
    """Return those of the channel ids whose attempts have their end in this base."""
    closed: list[str] = []
    for some in in_chunks(channel_ids):
        closed += connection.scalars(
            select(attempts.c.channel_id).where(
                attempts.c.channel_id.in_(some), attempts.c.ended_at.is_not(None)
            )
        )
    return closed


def note_agent(connection: Connection, attempt_id: AttemptId, agent_id: int) -> None:
    """Write which agent was chosen for an answered call, and hold the person for them."""
    connection.execute(
        update(attempts)
        .where(attempts.c.id == attempt_id, attempts.c.ended_at.is_(None))
        .values(agent_id=agent_id)
    )
    # Somebody whom the agent was to get before and did not reach, or who was moved to another
    # number, still on the line.
    unfinished = select(attempts.c.id).where(attempts.c.ended_at.is_(None))
    connection.execute(
        update(claims)
        .where(
            claims.c.agent_id == agent_id,
            claims.c.attempt_id != attempt_id,
            claims.c.attempt_id.in_(unfinished),
        )
        .values(agent_id=None)
    )
    held = claims.alias("held")
    connection.execute(
        update(claims)
        .where(
            claims.c.attempt_id == attempt_id,
            # Whoever took somebody to dial by hand at this very instant keeps that one lease.
            ~exists(select(held.c.id).where(held.c.agent_id == agent_id, held.c.id != claims.c.id)),
        )
        .values(agent_id=agent_id)
    )


def let_go(connection: Connection, attempt_id: AttemptId) -> None:
    """Free the agent of a person who talks to another number, once the result is given.

    The claim itself stays with the call: nobody else may call the person meanwhile.
    """
    said = select(attempts.c.id).where(
        attempts.c.id == attempt_id,
        attempts.c.ended_at.is_(None),
        attempts.c.disposition_kind.is_not(None),
    )
    connection.execute(update(claims).where(claims.c.attempt_id.in_(said)).values(agent_id=None))


def close(connection: Connection, stored: StoredCampaign, closings: Sequence[Closing]) -> None:
    """Write the ends of a campaign's attempts, and what follows for their leads.

    An attempt that has its end already keeps it: when a commit's answer is lost, the same
    ends are written once more.
    """
    still_open = {
        row.id: row
        for row in connection.execute(
            select(attempts.c.id, attempts.c.disposition_kind)
            .where(
                attempts.c.id.in_([closing.attempt_id for closing in closings]),
                attempts.c.ended_at.is_(None),
            )
            .with_for_update()
        )
    }
    ends = [closing for closing in closings if closing.attempt_id in still_open]
    if not ends:
        return
    connection.execute(_END, [_end(closing) for closing in ends])
    over = []
    for closing in ends:
        said = still_open[closing.attempt_id].disposition_kind is not None
        if closing.key is not None and stored.campaign.message is not None:
            said |= obey_key(
                connection, stored, closing.attempt_id, closing.key, now=closing.ended_at
            )
        if closing.outcome is Outcome.CONNECTED and closing.agent_id is not None and not said:
            _hold_for_result(connection, stored, closing)
        else:
            over.append(closing)
    settle(connection, stored, [(closing.lead_id, closing.number_id) for closing in over])
    connection.execute(
        delete(claims).where(claims.c.attempt_id.in_([closing.attempt_id for closing in over]))
    )


_END = (
    update(attempts)
    .where(attempts.c.id == bindparam("attempt"))
    .values(
        {
            name: bindparam(f"its_{name}")
            for name in (
                "outcome",
                "evidence",
                "answered_at",
                "connected_at",
                "ended_at",
                "ring_s",
                "talk_s",
                "hangup_cause",
                "sip_code",
                "key_pressed",
                "agent_id",
            )
        }
    )
)


def _end(closing: Closing) -> dict[str, object]:
    return {
        "attempt": closing.attempt_id,
        "its_outcome": closing.outcome,
        "its_evidence": closing.evidence,
        "its_answered_at": closing.answered_at,
        "its_connected_at": closing.connected_at,
        "its_ended_at": closing.ended_at,
        "its_ring_s": closing.ring_s,
        "its_talk_s": closing.talk_s,
        "its_hangup_cause": closing.cause,
        "its_sip_code": closing.sip_code,
        "its_key_pressed": closing.key,
        "its_agent_id": closing.agent_id,
    }


def _hold_for_result(connection: Connection, stored: StoredCampaign, closing: Closing) -> None:
    """Keep a talk's person for the agent who still owes its result."""
    connection.execute(
        update(campaign_leads)
        .where(
            campaign_leads.c.campaign_id == stored.id,
            campaign_leads.c.lead_id == closing.lead_id,
        )
        .values(last_outcome=closing.outcome)
    )
    connection.execute(
        update(claims)
        .where(claims.c.attempt_id == closing.attempt_id)
        .values(expires_at=closing.ended_at + WRAP_UP_LIMIT)
    )


def release_expired(
    connection: Connection, stored: StoredCampaign, *, now: datetime
) -> tuple[int, ...]:
    """End the claims of a campaign whose time is over; return the agents who held them.

    A talk whose result never came leaves its attempt without a disposition: the lead is
    settled by the outcome alone. What was typed in it stays, and its answers are kept.
    """
    is_over = and_(claims.c.campaign_id == stored.id, claims.c.expires_at <= now)
    ended = connection.execute(select(claims.c.attempt_id, claims.c.lead_id).where(is_over)).all()
    if not ended:
        return ()
    # Before their claims, as whoever ends a lease does; nobody who does so now is waited for.
    calls = [row.attempt_id for row in ended if row.attempt_id is not None]
    held = connection.scalars(
        select(attempts.c.id)
        .where(among(connection, attempts.c.id, calls))
        .order_by(attempts.c.id)
        .with_for_update(skip_locked=True)
    ).all()
    people = connection.scalars(
        select(campaign_leads.c.lead_id)
        .where(
            campaign_leads.c.campaign_id == stored.id,
            among(connection, campaign_leads.c.lead_id, [row.lead_id for row in ended]),
        )
        .with_for_update(skip_locked=True)
    ).all()
    of_held = and_(
        or_(claims.c.attempt_id.is_(None), among(connection, claims.c.attempt_id, held)),
        among(connection, claims.c.lead_id, people),
    )
    rows = connection.execute(
        select(claims).where(is_over, of_held).with_for_update(skip_locked=True)
    ).all()
    keep_typed_answers(connection, stored, rows, now=now)
    settle(connection, stored, [(row.lead_id, row.number_id) for row in rows])
    connection.execute(delete(claims).where(claims.c.id.in_([row.id for row in rows])))
    theirs = tuple(row.agent_id for row in rows if row.agent_id is not None)
    for agent_id in theirs:
        end_help(connection, agent_id, now=now)
    return theirs


def agents_owing_result(connection: Connection) -> frozenset[int]:
    """Return the agents who talk, or have talked, to somebody and have not said what of it.

    Also who talks to somebody whose lease is another's, because they hold one already: else
    their talk would be taken for one of which everything is said.
    """
    unsaid = attempts.c.disposition_kind.is_(None)
    holds = (
        select(claims.c.agent_id)
        .join(attempts, attempts.c.id == claims.c.attempt_id)
        .where(claims.c.agent_id.is_not(None), unsaid)
    )
    talks = select(attempts.c.agent_id).where(
        attempts.c.ended_at.is_(None), attempts.c.agent_id.is_not(None), unsaid
    )
    return frozenset(connection.scalars(union(holds, talks)))


def last_said(connection: Connection, agent_id: int) -> str | None:
    """Return the kind of what an agent said of the last call that they were given, or None."""
    kind: str | None = connection.scalar(
        select(attempts.c.disposition_kind)
        .where(attempts.c.agent_id == agent_id)
        .order_by(attempts.c.id.desc())
        .limit(1)
    )
    return kind


def unfinished_lease(connection: Connection, agent_id: int) -> str | None:
    """Return the lease of which the agent still owes the result, no call being on the line.

    The talk is over, or it is one that they dial by hand or have not had dialled yet.
    """
    lease: str | None = connection.scalar(
        select(claims.c.lease)
        .outerjoin(attempts, attempts.c.id == claims.c.attempt_id)
        .where(
            claims.c.agent_id == agent_id,
            or_(claims.c.attempt_id.is_(None), attempts.c.ended_at.is_not(None)),
        )
    )
    return lease
