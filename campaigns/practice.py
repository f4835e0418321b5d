"""Practice talks: a newcomer, a demo person, and a result that touches nobody.

The agent works with the same screen, script, questions and words as in a call; only the
person is made up, and what is said stays with the talk.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from campaigns import desk_document, leases, training
from campaigns.agents import AgentRow
from campaigns.desk_tables import practice_talks
from campaigns.model import Campaign, PastAttempt
from campaigns.offered import offered, questions_document
from campaigns.orders.documents import form_document
from campaigns.practice_people import DemoPerson, person_after, person_named
from campaigns.refusals import offered_at, reason_named
from campaigns.result_words import Result, hand_outcome
from campaigns.retry import next_try
from campaigns.said import asks_for_no_call
from campaigns.scripts.talk import Answers, to_say
from campaigns.scripts.values import Person
from campaigns.store import StoredCampaign
from campaigns.tables import agents
from campaigns.training_steps import NO_TRAINING, StepKind
from leads.errors import NotAllowedError
from leads.model import masked
from leads.moments import one_clock

_LEASE = "practice-"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeTalk:
    """A talk with a demo person that goes on."""

    id: int
    lease: str
    agent_id: int
    campaign_id: int
    person: DemoPerson


def talk_for(
    connection: Connection, stored: StoredCampaign, agent: AgentRow, *, now: datetime
) -> PracticeTalk | None:
    """Return the practice talk that an agent has or gets, or None: they may have a person.

    Raises:
        NotAllowedError: they call in company only, and nobody accompanies them now.
    """
    if stored.campaign.training == NO_TRAINING:
        return None
    # Asked twice at one instant, the second asker waits here for the talk of the first.
    connection.execute(
        select(agents.c.id).where(agents.c.id == agent.id).with_for_update(key_share=True)
    )
    if leases.lease_of(connection, agent.id) is not None:
        return None  # a person whom they have already is talked to first
    (trained,) = training.training_of(connection, stored, [agent]).values()
    if trained.may_call(now):
        return None
    if trained.step.kind is StepKind.ACCOMPANIED:
        asked = training.supervisors(connection)
        raise NotAllowedError(training.why_not_yet(agent, stored, trained, asked))
    connection.execute(  # of another campaign: nothing is lost with it
        update(practice_talks)
        .where(
            practice_talks.c.agent_id == agent.id,
            practice_talks.c.campaign_id != stored.id,
            practice_talks.c.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    return _open(connection, practice_talks.c.agent_id == agent.id) or _begin(
        connection, stored, agent.id, person_after(trained.practised), now=now
    )


def _begin(
    connection: Connection,
    stored: StoredCampaign,
    agent_id: int,
    person: DemoPerson,
    *,
    now: datetime,
) -> PracticeTalk | None:
    lease = f"{_LEASE}{secrets.token_hex(4)}"
    connection.execute(
        insert(practice_talks).values(
            lease=lease,
            agent_id=agent_id,
            campaign_id=stored.id,
            person=person.code,
            began_at=now,
        )
    )
    return find_talk(connection, lease)


def find_talk(connection: Connection, lease: str, *, to_change: bool = True) -> PracticeTalk | None:
    """Return the practice talk of a lease; None where it is over, or a lease on a person."""
    if not lease.startswith(_LEASE):
        return None
    return _open(connection, practice_talks.c.lease == lease, to_change=to_change)


def _open(
    connection: Connection, which: ColumnElement[bool], *, to_change: bool = True
) -> PracticeTalk | None:
    query = select(practice_talks).where(which, practice_talks.c.ended_at.is_(None))
    if to_change:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return PracticeTalk(
        id=row.id,
        lease=row.lease,
        agent_id=row.agent_id,
        campaign_id=row.campaign_id,
        person=person_named(row.person),
    )


def words_for(
    stored: StoredCampaign, talk: PracticeTalk, *, agent: str, given: Answers, now: datetime
) -> dict[str, object]:
    """Return what is said to a demo person; no country's rules hold for them."""
    demo = talk.person
    person = Person(
        name=demo.name,
        external_id=f"demo-{demo.code}",
        language=demo.language,
        attributes=demo.attributes,
        agent=agent,
        campaign=stored.campaign.name,
        seller=stored.campaign.seller,
        local_time=one_clock(now, [demo.zone]),
        phone_masked=masked(demo.phone),
    )
    return to_say(stored.campaign, stored.script, person, given, (), recorded=False)


def practice_document(
    stored: StoredCampaign, talk: PracticeTalk, *, agent: str, now: datetime
) -> dict[str, object]:
    """Return what an agent sees of a demo person: all that they see of a person, and the role."""
    person = talk.person
    words = words_for(stored, talk, agent=agent, given={}, now=now)
    return {
        "lease": talk.lease,
        "expires_at": None,
        "campaign": stored.campaign.name,
        "lead": {
            "id": None,
            "external_id": f"demo-{person.code}",
            "name": person.name,
            "attributes": dict(person.attributes),
            "language": person.language,
        },
        "phone": None,
        "phone_masked": masked(person.phone),
        "local_time": desk_document.local_time([person.zone], now),
        "script": words.pop("script"),
        "questions": questions_document(stored.campaign, None),
        "dispositions": offered(stored.campaign),
        "history": [],
        "mode": stored.campaign.mode,
        "live": False,
        **words,
        "order": form_document(stored.campaign.order),
        "draft": None,
        "tasks": [],
        "called": True,  # in the agent's mind: the talk begins
        "practice": True,
        "returned": False,
        "character": {"how": person.character, "says": list(person.says)},
    }


def finish(
    connection: Connection,
    stored: StoredCampaign,
    talk: PracticeTalk,
    result: Result,
    *,
    now: datetime,
) -> str:
    """End a practice talk with its result; return what would have followed in a call."""
    kept = {
        "disposition": result.disposition.code,
        "kind": result.disposition.kind,
        "reason": result.reason,
        "detail": result.detail,
        "callback_at": result.callback_at and result.callback_at.isoformat(),
        "note": result.note,
        "answers": {key: list(given) for key, given in result.answers.items()},
        "consents": dict(result.consents),
    }
    connection.execute(
        update(practice_talks)
        .where(practice_talks.c.id == talk.id)
        .values(ended_at=now, result=kept)
    )
    training.note_practice(connection, stored, talk.agent_id)
    return what_would_follow(stored.campaign, talk.person, result, now=now)


def break_off(connection: Connection, talk: PracticeTalk, *, now: datetime) -> None:
    """End a practice talk without a result; it does not count."""
    connection.execute(
        update(practice_talks).where(practice_talks.c.id == talk.id).values(ended_at=now)
    )


def what_would_follow(
    campaign: Campaign, person: DemoPerson, result: Result, *, now: datetime
) -> str:
    """Return what a result would have led to in a first call, by the campaign's own rules."""
    kind = result.disposition.kind
    if asks_for_no_call(campaign, kind, result.reason):
        return "nobody would call this number again, for any campaign"
    call = PastAttempt(
        lead_id=0,
        outcome=hand_outcome(kind),
        ended_at=now,
        disposition=kind,
        callback_at=result.callback_at,
        code=result.disposition.code,
    )
    following = next_try(campaign, [call], lead_id=0, zones=[person.zone])
    if following.at is not None:
        at = desk_document.local_time([person.zone], following.at)
        return f"they would be called again from {at} their time on: {following.why}"
    named = reason_named(campaign, result.reason)
    if named is not None and named.offer is not None:
        day = offered_at(named.offer, result.detail, refused_at=now)
        return (
            f"they would not be called again for this campaign, and be offered "
            f"{named.offer.campaign} from {day:%Y-%m-%d} on"
        )
    return f"they would not be called again for this campaign: {following.why}"
