"""The ledger of attempts: an intent before every call, one outcome after it.

An attempt is written before Asterisk hears of the call, and closed once, together with
what follows for the lead. What a talk came to in the agent's words is written beside it;
whichever of the two comes second decides when the lead is called again.

Every function writes `campaign_leads` before `claims`, as a claim does: PostgreSQL keeps a
row locked that a claim had passed over, and in the other order both would wait for ever.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    select,
    update,
)

from campaigns.amd import Heard
from campaigns.claims import Claim, attempt_ids
from campaigns.model import (
    AttemptId,
    DialMode,
    Outcome,
)
from campaigns.owed import WRAP_UP_LIMIT
from campaigns.said import obey_keys
from campaigns.settling import settle
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads, claims
from leads.model import E164
from leads.sql import among_given, in_chunks, insert_some
from leads.tables import leads


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
        key: the keys that the person pressed, or None.
        opted_out: the last of them was that by which nobody calls them any more.
        evidence: on what the outcome rests, as `dialer.call.Verdict` says.
        amd: the verdict of machine detection, or None.
        packets: how many packets of sound came from the person; None where nobody counted.
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
    amd: Heard | None = None
    opted_out: bool = False
    packets: int | None = None


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
    chances: Sequence[float | None] = (),
) -> list[OpenAttempt]:
    """Write the intents to call claimed people; they must be committed before the calls.

    `agent_id` is the agent who has them called, where it is one; `chances` say how likely each
    is to answer, as far as that is known.
    """
    campaign = stored.campaign
    written = []
    intents = []
    ids = attempt_ids(connection, taken, now=now)
    for attempt_id, claim, chance in zip_longest(ids, taken, chances):
        intent = OpenAttempt(
            id=attempt_id,
            channel_id=new_channel_id(),
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
        written.append(intent)
        intents.append(
            {
                "id": intent.id,
                "channel_id": intent.channel_id,
                "lease": claim.lease,
                "agent_id": agent_id,
                "campaign_id": stored.id,
                "list_id": claim.person.list_id,
                "lead_id": intent.lead_id,
                "number_id": intent.number_id,
                "phone": intent.phone,
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
                "answer_chance": chance,
            }
        )
    if intents:
        insert_some(connection, attempts, intents)
    return written


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


def set_aside(connection: Connection, attempt_id: AttemptId) -> None:
    """Free the agent of a call that turned out to be a machine's, unless they have said of it.

    The claim itself stays with the call, which may go on to leave a message.
    """
    unsaid = and_(
        attempts.c.id == attempt_id,
        attempts.c.ended_at.is_(None),
        attempts.c.disposition_kind.is_(None),
    )
    freed = connection.execute(update(attempts).where(unsaid).values(agent_id=None))
    if freed.rowcount:
        connection.execute(
            update(claims).where(claims.c.attempt_id == attempt_id).values(agent_id=None)
        )


def close(connection: Connection, stored: StoredCampaign, closings: Sequence[Closing]) -> None:
    """Write the ends of a campaign's attempts, and what follows for their leads.

    An attempt that has its end already keeps it: when a commit's answer is lost, the same
    ends are written once more.
    """
    still_open = {
        row.id: row
        for row in connection.execute(
            _STILL_OPEN, {"ids": [closing.attempt_id for closing in closings]}
        )
    }
    ends = [closing for closing in closings if closing.attempt_id in still_open]
    if not ends:
        return
    connection.execute(_END, [_end(closing) for closing in ends])
    over = []
    for closing in ends:
        said = still_open[closing.attempt_id].disposition_kind is not None
        if closing.key is not None:
            said |= obey_keys(
                connection,
                stored,
                closing.attempt_id,
                closing.key,
                opted_out=closing.opted_out,
                now=closing.ended_at,
            )
        if closing.outcome is Outcome.CONNECTED and closing.agent_id is not None and not said:
            _hold_for_result(connection, stored, closing)
        else:
            over.append(closing)
    settle(connection, stored, [(closing.lead_id, closing.number_id) for closing in over])
    connection.execute(_LET_GO, {"ids": [closing.attempt_id for closing in over]})


# Statements of every turn, made once.
_STILL_OPEN = (
    select(attempts.c.id, attempts.c.disposition_kind)
    .where(among_given(attempts.c.id, "ids"), attempts.c.ended_at.is_(None))
    .with_for_update()
)
_LET_GO = delete(claims).where(among_given(claims.c.attempt_id, "ids"))
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
                "amd",
                "rtp_packets",
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
        "its_amd": closing.amd,
        "its_rtp_packets": closing.packets,
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
