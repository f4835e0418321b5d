"""The calls to one person, newest first, each with what was said in it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from campaigns.model import AttemptId
from campaigns.tables import agents, answers, attempts, campaigns
from leads.sql import in_chunks
from leads.tables import lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt to reach a person, with what was said in it.

    Attributes:
        outcome: None while it goes on.
        answers: question -> what was answered.
    """

    attempt_id: AttemptId
    dialed_at: datetime
    campaign: str
    list_name: str
    agent: str | None
    phone: str | None
    outcome: str | None
    talk_s: float | None
    disposition: str | None
    refusal_reason: str | None
    refusal_detail: str | None
    reoffer_campaign: str | None
    reoffer_at: datetime | None
    callback_at: datetime | None
    note: str | None
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)


def calls(
    connection: Connection,
    lead_id: int,
    *,
    ended: bool = False,
    limit: int | None = None,
    with_answers: bool = False,
) -> tuple[Call, ...]:
    """Return the attempts to reach a person, newest first.

    Args:
        connection: to the base.
        lead_id: the person.
        ended: leave out those that go on.
        limit: so many at most, or None for all.
        with_answers: also what was answered in them.
    """
    statement = (
        select(
            attempts,
            campaigns.c.name.label("campaign"),
            lists.c.name.label("list"),
            agents.c.name.label("agent"),
        )
        .join(campaigns, campaigns.c.id == attempts.c.campaign_id)
        .join(lists, lists.c.id == attempts.c.list_id)
        .outerjoin(agents, agents.c.id == attempts.c.agent_id)
        .where(attempts.c.lead_id == lead_id)
        .order_by(attempts.c.dialed_at.desc(), attempts.c.id.desc())
        .limit(limit)
    )
    if ended:
        statement = statement.where(attempts.c.ended_at.is_not(None))
    rows = connection.execute(statement).all()
    answered = _answers(connection, [row.id for row in rows]) if with_answers else {}
    return tuple(
        Call(
            attempt_id=AttemptId(row.id),
            dialed_at=row.dialed_at,
            campaign=row.campaign,
            list_name=row.list,
            agent=row.agent,
            phone=row.phone,
            outcome=row.outcome,
            talk_s=row.talk_s,
            disposition=row.disposition,
            refusal_reason=row.refusal_reason,
            refusal_detail=row.refusal_detail,
            reoffer_campaign=row.reoffer_campaign,
            reoffer_at=row.reoffer_at,
            callback_at=row.callback_at,
            note=row.note,
            answers=answered.get(row.id, {}),
        )
        for row in rows
    )


def _answers(
    connection: Connection, attempt_ids: Collection[int]
) -> dict[int, dict[str, list[str]]]:
    found: dict[int, dict[str, list[str]]] = {}
    for chunk in in_chunks(attempt_ids):
        rows = connection.execute(
            select(answers).where(answers.c.attempt_id.in_(chunk)).order_by(answers.c.id)
        )
        for row in rows:
            said = found.setdefault(row.attempt_id, {}).setdefault(row.question, [])
            said.append(row.text or row.answer)
    return found
