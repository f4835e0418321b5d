"""The next person: claimed, checked by every gate at this moment, held against all others.

One claim holds one lead and one number; the base's unique constraints see to it that
nobody else gets the person or another one of the number, from whichever process they ask.
The engine and an agent who asks for the next number come through the same function.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, text, update

from campaigns import turns
from campaigns.decision import Decision, Facts
from campaigns.examining import place_anew
from campaigns.facts import CANDIDATES, Candidate, candidate, candidates_of, claimed, gather
from campaigns.gates import decision_document, evaluate
from campaigns.law import Laws
from campaigns.model import AttemptId, LeadState
from campaigns.queues import is_spoken, refresh
from campaigns.skips import passed_over
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads, claims, is_callable
from leads.sql import among_given, in_chunks, insert_some, unused_ids
from leads.tables import numbers

_LOOK_AT_MOST = 200
"""Candidates examined in one go: a closed window must not make one transaction endless."""

_LOOKS = ((0, False), (9, True))
_LOOKS_FOR_AGENT = ((0, False), (3, True))
"""Candidates beyond those who are wanted, and whether whoever is held elsewhere is passed over.

The second time only where some of the first could not be had: on PostgreSQL nobody else is given
those who are looked at until the transaction ends. An agent, who asks again at once, makes do with
few more, and an engine finds the rest in its next turn.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A person held for one caller.

    Attributes:
        lease: the name of the claim in commands.
        attempt_no: the number that the next attempt on this lead will carry.
        rule_set: the name of the rules that allowed the call.
        decision: what they were asked (`campaigns.gates.decision_document`).
        script_version: what an agent was shown before the call, or None.
        attempt_id: of the call that is about to begin, or None: nobody calls yet.
    """

    id: int
    lease: str
    person: Candidate
    attempt_no: int
    rule_set: str
    decision: Mapping[str, object]
    script_version: str | None = None
    attempt_id: AttemptId | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """Who was claimed, and how many were looked at in vain.

    Attributes:
        refused: those whom a gate refused, or whom somebody else was given just then.
    """

    taken: tuple[Claim, ...]
    refused: int


def claim(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    *,
    limit: int,
    now: datetime,
    new_lease: Callable[[], str],
    agent_id: int | None = None,
    for_agents: Collection[int] = (),
    languages: frozenset[str] | None = None,
    expires_at: datetime | None = None,
    to_call: bool = False,
) -> Claims:
    """Claim up to `limit` people of a running campaign, in the order of their turn.

    Whom a gate refuses is put back to the moment the gate names, or taken out of the work
    where it names none; `campaign_leads.held_by` says which gate it was.

    Args:
        connection: in a writing transaction.
        stored: the campaign.
        laws: the rules, applied.
        limit: how many at most.
        now: aware.
        new_lease: gives a new name each time.
        agent_id: for whom the person is held, or None where an engine calls.
        for_agents: those who can talk now, where an engine calls: what they promised is due.
        languages: what those who can talk speak together; whoever speaks another one is left
            to others. None: anybody will do.
        expires_at: when the claim ends by itself, aware, or None.
        to_call: all are called at once. Each gets the id of its attempt, which is to be written
            in the same transaction (`campaigns.ledger.write_intents`).
    """
    if limit < 1:
        return Claims((), 0)
    refresh(connection, stored, laws, now=now)
    skipped = frozenset[int]()
    if agent_id is not None:
        skipped = passed_over(connection, stored.id, agent_id, now=now)
    chosen: dict[int, tuple[Candidate, Facts]] = {}
    looked_at: set[int] = set()
    refused = 0
    for more, unclaimed in _LOOKS if agent_id is None else _LOOKS_FOR_AGENT:
        due = _due(
            connection,
            stored,
            wanted=limit + more,
            unclaimed=unclaimed,
            now=now,
            agent_ids=for_agents if agent_id is None else [agent_id],
            but=skipped,
            languages=languages,
        )
        new = [person for person in due if person.row_id not in looked_at]
        looked_at |= {person.row_id for person in new}
        people = [person for person in new if is_spoken(person.language, languages)]
        if elsewhere := [one.row_id for one in new if not is_spoken(one.language, languages)]:
            # Their language is another one than when they were put into their queue.
            place_anew(connection, campaign_leads.c.id.in_(elsewhere))
            refused += len(elsewhere)
        found = gather(connection, stored, people, laws, now=now)
        for person, facts in zip(people, found, strict=True):
            if len(chosen) == limit:
                break
            decision = evaluate(facts)
            if decision.callable:
                chosen.setdefault(person.number_id, (person, facts))
            else:
                refused += 1
                put_back(connection, person, decision)
        if len(chosen) == limit:
            break
    # In the order of their numbers: two claimers that want the same ones then wait for one
    # another in one order, and cannot stand in each other's way for ever.
    taken = _hold(
        connection,
        stored,
        {new_lease(): chosen[number_id] for number_id in sorted(chosen)},
        now=now,
        agent_id=agent_id,
        expires_at=expires_at,
        to_call=to_call,
    )
    turn = [*chosen]
    in_turn = sorted(taken, key=lambda one: turn.index(one.person.number_id))
    return Claims(tuple(in_turn), refused + len(chosen) - len(taken))


def _hold(
    connection: Connection,
    stored: StoredCampaign,
    people: Mapping[str, tuple[Candidate, Facts]],
    *,
    now: datetime,
    agent_id: int | None,
    expires_at: datetime | None,
    to_call: bool,
) -> tuple[Claim, ...]:
    """Write the claims; whoever somebody else got a moment ago is left out."""
    if not people:
        return ()
    decisions = {lease: decision_document(facts) for lease, (_, facts) in people.items()}
    attempt_ids: Sequence[int | None] = [None] * len(people)
    if to_call:
        attempt_ids = unused_ids(connection, attempts, len(people))
    held = insert_some(
        connection,
        claims,
        [
            {
                "lease": lease,
                "campaign_id": stored.id,
                "lead_id": person.lead_id,
                "number_id": person.number_id,
                "agent_id": agent_id,
                "attempt_id": attempt_id,
                "created_at": now,
                "expires_at": expires_at,
                "rule_set": facts.rule_set,
                "decision": decisions[lease],
            }
            for attempt_id, (lease, (person, facts)) in zip(
                attempt_ids, people.items(), strict=True
            )
        ],
        returning=("id", "lease", "attempt_id"),
        if_new=True,
    )
    taken = tuple(
        Claim(
            id=row.id,
            lease=row.lease,
            person=people[row.lease][0],
            attempt_no=people[row.lease][0].attempts + 1,
            rule_set=people[row.lease][1].rule_set,
            decision=decisions[row.lease],
            attempt_id=row.attempt_id,
        )
        for row in held
    )
    if taken:
        rows = {"rows": [claim.person.row_id for claim in taken]}
        if to_call:
            connection.execute(_CALLED, rows | {"at": now})
        else:
            connection.execute(_HELD, rows)
    return taken


_HELD = (
    update(campaign_leads)
    .where(among_given(campaign_leads.c.id, "rows"))
    .values(state=LeadState.IN_CALL, held_by=None)
)
_CALLED = _HELD.values(attempts=campaign_leads.c.attempts + 1, last_attempt_at=bindparam("at"))


def attempt_ids(
    connection: Connection, taken: Sequence[Claim], *, now: datetime
) -> Sequence[AttemptId]:
    """Return the ids of the attempts by which claimed people are called now, one for each.

    Whoever was claimed to be looked at first gets theirs only here. The attempts are to be
    written in the same transaction, before any others.
    """
    looked_at = [one for one in taken if one.attempt_id is None]
    assert len(looked_at) in {0, len(taken)}, "what is drawn already has to be written first"
    new_ids = unused_ids(connection, attempts, len(looked_at)) if looked_at else ()
    of_claim = {one.id: AttemptId(new) for one, new in zip(looked_at, new_ids, strict=True)}
    if of_claim:
        rows = [one.person.row_id for one in looked_at]
        connection.execute(_CALLED, {"rows": rows, "at": now})
        begun = [{"held": claim_id, "its_attempt": new} for claim_id, new in of_claim.items()]
        connection.execute(_BEGIN, begun)
    return [one.attempt_id or of_claim[one.id] for one in taken]


_BEGIN = (
    update(claims)
    .where(claims.c.id == bindparam("held"))
    # While the call lives nobody's time runs out.
    .values(attempt_id=bindparam("its_attempt"), expires_at=None)
)


def stop_claims(connection: Connection) -> None:
    """Let nobody be enrolled, claimed or settled until this transaction ends.

    For the few moments in which people are erased or merged; taken before anything of
    theirs is looked at. On SQLite every writer is alone already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE campaign_leads IN EXCLUSIVE MODE"))


def hold_off_erasing(connection: Connection) -> None:
    """Let nobody be erased or merged until this transaction ends; others go on working.

    For whoever writes about a lead before its rows in campaigns: erasing takes them in the
    other order, and both would wait for one another.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE campaign_leads IN ROW EXCLUSIVE MODE"))


def held_among(connection: Connection, lead_ids: Iterable[int]) -> frozenset[int]:
    """Return which of the leads somebody holds or is in a call with."""
    held: set[int] = set()
    for some in in_chunks(lead_ids):
        held.update(connection.scalars(select(claims.c.lead_id).where(claims.c.lead_id.in_(some))))
        held.update(
            connection.scalars(
                select(attempts.c.lead_id).where(
                    attempts.c.lead_id.in_(some), attempts.c.ended_at.is_(None)
                )
            )
        )
    return frozenset(held)


def release(connection: Connection, claim_id: int) -> None:
    """Let go of a claim; what becomes of the lead is the caller's matter."""
    connection.execute(delete(claims).where(claims.c.id == claim_id))


def _due(
    connection: Connection,
    stored: StoredCampaign,
    *,
    wanted: int,
    unclaimed: bool,
    now: datetime,
    agent_ids: Collection[int],
    but: Collection[int],
    languages: frozenset[str] | None,
) -> Sequence[Candidate]:
    """Return whose turn it is: those of open queues only, in the order of turns.

    Whom the agent has skipped (`but`) may all stand in front of the next one.
    """
    wanted = min(wanted, _LOOK_AT_MOST) + len(but)
    row_ids = turns.next_rows(
        connection,
        stored.id,
        wanted,
        now=now,
        agent_ids=agent_ids,
        languages=languages,
        unclaimed=unclaimed,
    )
    asked = candidates_of(stored.id, now=now) | {"row_ids": row_ids}
    found = {row.id: candidate(row) for row in connection.execute(_UNCLAIMED, asked).all()}
    return [
        found[row_id] for row_id in row_ids if row_id in found and found[row_id].lead_id not in but
    ]


_UNCLAIMED = CANDIDATES.where(
    among_given(campaign_leads.c.id, "row_ids"),
    is_callable,
    ~claimed(campaign_leads.c.lead_id, numbers.c.id),
).with_for_update(of=campaign_leads, skip_locked=True)


def put_back(connection: Connection, person: Candidate, decision: Decision) -> None:
    """Move a refused lead to its next moment, or out of the work."""
    lasting = next((r for r in decision.refusals if r.until is None), None)
    values: dict[str, object]
    if lasting is None:
        last = max(decision.refusals, key=lambda refusal: refusal.until or person.next_call_at)
        values = {"next_call_at": last.until, "held_by": last.gate}
    elif lasting.gate in {"suppression", "registry"}:
        values = {"state": LeadState.SUPPRESSED, "held_by": lasting.gate}
    else:
        values = {"state": LeadState.DONE, "held_by": lasting.gate}
    connection.execute(
        update(campaign_leads).where(campaign_leads.c.id == person.row_id).values(**values)
    )
