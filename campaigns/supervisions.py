"""Supervision in the base: who asked for help, who listened to whom, from when to when."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from campaigns.agents import AgentRow
from campaigns.call_tables import inbound_contacts
from campaigns.cards import refuse_card
from campaigns.desk_tables import supervisions
from campaigns.model import Role
from campaigns.roles import SUPERVISORS
from campaigns.tables import agents, attempts, campaigns, claims
from leads.errors import NotAllowedError, UsageError
from leads.names import did_you_mean
from leads.tables import leads


class SupervisionKind(StrEnum):
    """What somebody does at another one's talk."""

    HELP = "help"
    LISTEN = "listen"
    WHISPER = "whisper"
    JOIN = "join"
    TAKE = "take"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A person on an agent's line."""

    attempt_id: int
    channel_id: str
    lease: str
    engine: str
    agent_id: int
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A supervision that has not ended, as an engine that starts needs it."""

    id: int
    kind: SupervisionKind
    attempt_id: int
    agent_id: int
    supervisor_id: int
    channel_id: str | None
    began_at: datetime | None


def demand_supervisor(agent: AgentRow) -> None:
    """Refuse whoever is neither supervisor nor manager, with a token or without.

    Raises:
        NotAllowedError: they are neither.
    """
    if not agent.roles & SUPERVISORS:
        raise NotAllowedError(
            f"{agent.name} is neither supervisor nor manager; name somebody who is, or have a "
            f"manager give the role: ringbank agents roles {_words(agent)}"
        )


def _words(agent: AgentRow) -> str:
    """Return an agent's name and roles, with the one that is lacking, as a command takes them."""
    return shlex.join([agent.name, *sorted({*agent.roles, Role.SUPERVISOR})])


def find_talk(connection: Connection, word: str) -> Talk:
    """Return the talk of a lease or of an agent.

    Raises:
        UsageError: there is neither such a lease nor such an agent.
        NotAllowedError: nobody is on the line there, or the agent dials by hand.
    """
    named = (claims.c.lease == word) | (agents.c.name == word)
    rows = connection.execute(_TALKS.where(named)).all()
    for row in rows:
        if row.engine is not None and row.ended_at is None and row.agent_id is not None:
            return Talk(**{name: getattr(row, name) for name in Talk.__dataclass_fields__})
    names = connection.scalars(select(agents.c.name)).all()
    if rows or word in names:
        raise NotAllowedError(
            f"nobody is on the line with {word} at the moment; see: ringbank supervise list"
        )
    hint = did_you_mean(word, names, see="supervise list")
    raise UsageError(f"there is no agent and no lease {word!r}; {hint}")


_TALKS = (
    select(
        claims.c.lease,
        claims.c.agent_id,
        agents.c.name.label("agent"),
        attempts.c.id.label("attempt_id"),
        attempts.c.channel_id,
        attempts.c.engine,
        attempts.c.ended_at,
    )
    .select_from(claims)
    .outerjoin(agents, agents.c.id == claims.c.agent_id)
    .outerjoin(attempts, attempts.c.id == claims.c.attempt_id)
)


def ask(
    connection: Connection,
    kind: SupervisionKind,
    *,
    agent_id: int,
    attempt_id: int | None,
    supervisor_id: int | None,
    now: datetime,
    detail: str | None = None,
) -> int:
    """Write what is asked for, before anybody's telephone rings; return the row's id."""
    return int(
        connection.execute(
            insert(supervisions)
            .values(
                kind=kind,
                agent_id=agent_id,
                attempt_id=attempt_id,
                supervisor_id=supervisor_id,
                detail=detail,
                asked_at=now,
            )
            .returning(supervisions.c.id)
        ).scalar_one()
    )


def ask_for_help(
    connection: Connection,
    *,
    agent_id: int,
    attempt_id: int | None,
    note: str | None,
    now: datetime,
) -> None:
    """Write that an agent wants a supervisor; asked again, the newer words stand.

    Raises:
        UsageError: the note holds the number of a payment card.
    """
    refuse_card(note, "--note")
    end_help(connection, agent_id, now=now)
    ask(
        connection,
        SupervisionKind.HELP,
        agent_id=agent_id,
        attempt_id=attempt_id,
        supervisor_id=None,
        detail=note,
        now=now,
    )


def end_help(
    connection: Connection, agent_id: int, *, now: datetime, by: int | None = None
) -> None:
    """Write that help came, from whom where it is known, or is wanted no more."""
    connection.execute(
        update(supervisions)
        .where(
            supervisions.c.kind == SupervisionKind.HELP,
            supervisions.c.agent_id == agent_id,
            supervisions.c.ended_at.is_(None),
        )
        .values(ended_at=now, supervisor_id=by)
    )


def forget_words(connection: Connection, lead_id: int) -> None:
    """Leave nothing of what agents wrote of an erased person when they asked for help.

    Asked before there was a call, it names nobody: of whoever has no lease now, all of it goes.
    """
    talks = select(attempts.c.id).where(attempts.c.lead_id == lead_id)
    has_somebody = select(claims.c.agent_id).where(claims.c.agent_id.is_not(None))
    nobodys = and_(
        supervisions.c.attempt_id.is_(None), supervisions.c.agent_id.not_in(has_somebody)
    )
    connection.execute(
        update(supervisions)
        .where(
            supervisions.c.detail.is_not(None), or_(supervisions.c.attempt_id.in_(talks), nobodys)
        )
        .values(detail=None)
    )


def note(connection: Connection, row_id: int, values: Mapping[str, object]) -> None:
    """Write what became of a supervision; its end, once written, stays."""
    connection.execute(
        update(supervisions)
        .where(supervisions.c.id == row_id, supervisions.c.ended_at.is_(None))
        .values(**values)
    )


def close_over(connection: Connection) -> None:
    """End what is open of talks that are over, with the end of the talk."""
    ended = (
        select(attempts.c.ended_at)
        .where(attempts.c.id == supervisions.c.attempt_id)
        .scalar_subquery()
    )
    over = (
        select(supervisions.c.id)
        .join(attempts, attempts.c.id == supervisions.c.attempt_id)
        .where(supervisions.c.ended_at.is_(None), attempts.c.ended_at.is_not(None))
    )
    ids = connection.scalars(over).all()
    if ids:
        connection.execute(
            update(supervisions).where(supervisions.c.id.in_(ids)).values(ended_at=ended)
        )


def begun(connection: Connection, engine: str) -> tuple[Begun, ...]:
    """Return what an engine's supervisors are doing, as it was last written."""
    rows = connection.execute(
        select(*(supervisions.c[name] for name in Begun.__dataclass_fields__))
        .join(attempts, attempts.c.id == supervisions.c.attempt_id)
        .where(
            attempts.c.engine == engine,
            supervisions.c.ended_at.is_(None),
            supervisions.c.kind != SupervisionKind.HELP,
            supervisions.c.supervisor_id.is_not(None),
        )
        .order_by(supervisions.c.id)
    )
    return tuple(Begun(**{**row._mapping, "kind": SupervisionKind(row.kind)}) for row in rows)


def line_of(connection: Connection, supervisor_id: int) -> tuple[int, int] | None:
    """Return attempt and agent of the talk at which a supervisor is, or None."""
    row = connection.execute(
        select(supervisions.c.attempt_id, supervisions.c.agent_id)
        .where(
            supervisions.c.supervisor_id == supervisor_id,
            supervisions.c.ended_at.is_(None),
            supervisions.c.kind.in_(
                [SupervisionKind.LISTEN, SupervisionKind.WHISPER, SupervisionKind.JOIN]
            ),
        )
        .order_by(supervisions.c.id.desc())
        .limit(1)
    ).one_or_none()
    return (row.attempt_id, row.agent_id) if row is not None else None


def floor_document(connection: Connection) -> list[dict[str, Any]]:
    """Return who is on the line with whom since when, who wants help, who listens."""
    rows = connection.execute(
        select(
            agents.c.id,
            agents.c.name,
            agents.c.state,
            agents.c.since,
            claims.c.lease,
            claims.c.attempt_id,
            attempts.c.ended_at,
            inbound_contacts.c.id.label("contact_id"),
            inbound_contacts.c.ended_at.label("contact_ended_at"),
            campaigns.c.name.label("campaign"),
            leads.c.name.label("person"),
        )
        .select_from(claims)
        .join(agents, agents.c.id == claims.c.agent_id)
        .join(campaigns, campaigns.c.id == claims.c.campaign_id)
        .join(leads, leads.c.id == claims.c.lead_id)
        .outerjoin(attempts, attempts.c.id == claims.c.attempt_id)
        .outerjoin(inbound_contacts, inbound_contacts.c.lease == claims.c.lease)
        .order_by(agents.c.name)
    ).all()
    watching: dict[int, list[dict[str, Any]]] = {}
    wanted: dict[int, dict[str, Any]] = {}
    others = agents.alias("supervisor")
    for row in connection.execute(
        select(supervisions, others.c.name.label("supervisor"))
        .outerjoin(others, others.c.id == supervisions.c.supervisor_id)
        .where(supervisions.c.ended_at.is_(None))
        .order_by(supervisions.c.id)
    ):
        if row.kind == SupervisionKind.HELP:
            wanted[row.agent_id] = {"since": row.asked_at, "note": row.detail}
        else:
            watching.setdefault(row.attempt_id, []).append(
                {
                    "name": row.supervisor,
                    "kind": row.kind,
                    "since": row.began_at,
                    "detail": row.detail,
                }
            )
    return [
        {
            "agent": row.name,
            "state": row.state,
            "since": row.since,
            "lease": row.lease,
            "campaign": row.campaign,
            "person": row.person,
            "live": (row.attempt_id is not None and row.ended_at is None)
            or (row.contact_id is not None and row.contact_ended_at is None),
            "help": wanted.get(row.id),
            "supervisors": watching.get(row.attempt_id, []),
        }
        for row in rows
    ]


def help_wanted(connection: Connection) -> list[dict[str, Any]]:
    """Return the agents who wait for a supervisor, whoever has waited longest first."""
    rows = connection.execute(
        select(agents.c.name, supervisions.c.asked_at, supervisions.c.detail)
        .join(agents, agents.c.id == supervisions.c.agent_id)
        .where(
            supervisions.c.kind == SupervisionKind.HELP,
            supervisions.c.ended_at.is_(None),
        )
        .order_by(supervisions.c.asked_at, supervisions.c.id)
    )
    return [{"agent": row.name, "since": row.asked_at, "note": row.detail} for row in rows]
