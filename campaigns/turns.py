"""Whose turn it is: callbacks, re-offers, retries, then whoever is new, from open queues.

Nobody fills a list of who is next: each question walks an index from the first open queue on
and stops as soon as it has found enough. Queues come in the order in which they are served,
the highest priority first and then whichever closes soonest, so that people whose window is
about to shut go before those who have all day.

A promised call is due in a queue that is shut, too: it was judged when it was promised, by what
this very person had agreed to, and is judged again now.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, text

from campaigns import queues
from campaigns.model import CALLABLE_STATES, Turn
from leads.db import UtcDateTime


def next_rows(
    connection: Connection,
    campaign_id: int,
    wanted: int,
    *,
    now: datetime,
    agent_ids: Collection[int] = (),
    languages: frozenset[str] | None = None,
) -> list[int]:
    """Return the rows of `campaign_leads` whose turn it is, in their order.

    Args:
        connection: in a writing transaction.
        campaign_id: whose.
        wanted: how many at most.
        now: aware.
        agent_ids: whose promised callbacks go before all others. A callback that another agent
            promised is nobody else's until its time of grace is over.
        languages: those in which somebody can talk to them; whoever's language is not known is
            among them always. None: any.
    """
    groups = queues.open_now(connection, campaign_id, now=now, languages=languages)
    due = connection.execute(_DUE, {"campaign": campaign_id, "now": now}).one()
    on_sqlite = connection.dialect.name == "sqlite"
    if not groups and not due.callback:
        return []
    given = {
        "campaign": campaign_id,
        "queues": _many(connection, [queue for group in groups for queue in group]),
        "now": now,
        "agents": _many(connection, agent_ids),
    }
    found: dict[int, None] = {}
    if due.callback and agent_ids:
        own = _OWN_SQLITE if on_sqlite else _OWN_POSTGRESQL
        found.update(dict.fromkeys(connection.scalars(own, given | {"wanted": wanted})))
    for turn in Turn:
        missing = wanted - len(found)
        if missing > 0 and (turn is Turn.FRESH or getattr(due, turn.name.lower())):
            asked = given | {"turn": turn.value}
            found.update(dict.fromkeys(_in_turn(connection, groups, missing, asked)))
        missing = wanted - len(found)
        if missing > 0 and turn is Turn.CALLBACK and due.callback:
            others = _PROMISED_SQLITE if on_sqlite else _PROMISED_POSTGRESQL
            spoken = None if languages is None else _many(connection, ["", *languages])
            asked = given | {"wanted": missing, "spoken": spoken}
            found.update(dict.fromkeys(connection.scalars(others, asked)))
    return [*found]


def _in_turn(
    connection: Connection,
    groups: Sequence[tuple[int, ...]],
    wanted: int,
    asked: Mapping[str, Any],
) -> list[int]:
    """Return the rows of one turn, in the order of the groups of queues and then in their own.

    Mostly the first queues hold enough people, and the base need not be told of all others.
    """
    first = _in_groups(connection, groups[:_FIRST_GROUPS], wanted, asked)
    rest = groups[_FIRST_GROUPS:]
    if len(first) == wanted or not rest:
        return first
    return first + _in_groups(connection, rest, wanted - len(first), asked)


_FIRST_GROUPS = 20


def _in_groups(
    connection: Connection,
    groups: Sequence[tuple[int, ...]],
    wanted: int,
    asked: Mapping[str, Any],
) -> list[int]:
    """Return the rows of one turn in some groups of queues.

    The walk stops in the queue in which it has found enough. Of a group of several each queue
    is asked for as many, since any of them may hold those who come first.
    """
    statement = _WALK_SQLITE if connection.dialect.name == "sqlite" else _WALK_POSTGRESQL
    place = {queue_id: place for place, group in enumerate(groups) for queue_id in group}
    asked = {**asked, "queues": _many(connection, [*place]), "wanted": wanted}
    rows = {row.id: row for row in connection.execute(statement, asked)}
    for touched in {place[row.queue_id] for row in rows.values()}:
        for queue_id in groups[touched] if len(groups[touched]) > 1 else ():
            of_one = {**asked, "queues": _many(connection, [queue_id])}
            rows.update((row.id, row) for row in connection.execute(statement, of_one))
    in_turn = sorted(rows.values(), key=lambda row: (place[row.queue_id], *row[2:], row.id))
    return [row.id for row in in_turn[:wanted]]


def looked_at_by_others(
    connection: Connection,
    campaign_id: int,
    *,
    now: datetime,
    agent_ids: Collection[int] = (),
    languages: frozenset[str] | None = None,
) -> bool:
    """Tell whether somebody of an open queue is due whom `next_rows` passes over at this moment.

    Whoever asks looks at a few people, of whom they take one: on PostgreSQL, where several ask
    at once, the last people of a campaign may all be looked at by others for a moment.
    """
    if connection.dialect.name == "sqlite":
        return False
    groups = queues.open_now(connection, campaign_id, now=now, languages=languages)
    given = {
        "queues": _many(connection, [queue for group in groups for queue in group]),
        "now": now,
        "agents": _many(connection, agent_ids),
        "wanted": 1,
    }
    return any(
        connection.execute(_LOOK_POSTGRESQL, given | {"turn": turn.value}).first() is not None
        for turn in Turn
    )


def _many(connection: Connection, values: Collection[int] | Collection[str]) -> object:
    """Return several values as the one parameter that each database takes for them."""
    return json.dumps([*values]) if connection.dialect.name == "sqlite" else [*values]


_CALLABLE = ", ".join(f"'{state.value}'" for state in CALLABLE_STATES)
_MAY_BE_CALLED = f"lead.state IN ({_CALLABLE}) AND lead.next_call_at <= :now"

# Here and not only afterwards: those whom another campaign has, or a household in a call, may
# be more than are asked for, and whoever stands behind them would wait until their calls end.
_UNCLAIMED = (
    "NOT EXISTS (SELECT 1 FROM claims WHERE claims.lead_id = lead.lead_id) "
    "AND NOT EXISTS (SELECT 1 FROM lead_numbers JOIN claims "
    "ON claims.number_id = lead_numbers.number_id "
    "WHERE lead_numbers.lead_id = lead.lead_id AND lead_numbers.position = lead.position)"
)


def _statement(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("now", type_=UtcDateTime))


def _is_due(turn: Turn) -> str:
    # Both conditions on the turn: SQLite uses a partial index only where it sees its words.
    return (
        "EXISTS (SELECT 1 FROM campaign_leads AS lead WHERE lead.campaign_id = :campaign "  # noqa: S608 (our own words)
        f"AND lead.turn = {turn.value} AND lead.turn != {Turn.FRESH.value} AND {_MAY_BE_CALLED})"
    )


_DUE = _statement(
    f"SELECT {_is_due(Turn.CALLBACK)} AS callback, {_is_due(Turn.REOFFER)} AS reoffer, "
    f"{_is_due(Turn.RETRY)} AS retry"
)
"""In which turns but the last somebody's time has come: most of them are empty mostly."""


def _among(parameter: str, dialect: str, kind: str = "BIGINT") -> str:
    if dialect == "sqlite":
        return f"IN (SELECT value FROM json_each(:{parameter}))"  # noqa: S608 (our own words)
    return f"= ANY(CAST(:{parameter} AS {kind}[]))"


def _is_free(dialect: str) -> str:
    return (
        f"{_MAY_BE_CALLED} AND (lead.owner_id IS NULL "
        f"OR lead.owner_until <= :now OR lead.owner_id {_among('agents', dialect)}) "
        f"AND {_UNCLAIMED}"
    )


def _in_queue(dialect: str) -> str:
    return f"lead.turn = :turn AND {_is_free(dialect)}"


_COLUMNS = "lead.id, lead.queue_id, lead.next_call_at, lead.rank"

# Both walk the queues in the order given and stop at the limit. The outer table of a CROSS JOIN
# is SQLite's outer loop, and the index, without which the statement fails, gives the people of
# each queue in their order; PostgreSQL asks a LATERAL once for each row of the outer table.
_WALK_SQLITE = _statement(
    f"SELECT {_COLUMNS} FROM json_each(:queues) AS queue CROSS JOIN campaign_leads AS lead "  # noqa: S608 (our own words)
    "INDEXED BY ix_campaign_leads_turn WHERE lead.queue_id = queue.value "
    f"AND {_in_queue('sqlite')} LIMIT :wanted"
)
_LOOK = (
    f"SELECT lead.* FROM unnest(CAST(:queues AS BIGINT[])) WITH ORDINALITY AS queue (id, place) "  # noqa: S608 (our own words)
    f"CROSS JOIN LATERAL (SELECT {_COLUMNS} FROM campaign_leads AS lead "
    f"WHERE lead.queue_id = queue.id AND {_in_queue('postgresql')} "
    "ORDER BY lead.next_call_at, lead.rank, lead.id LIMIT :wanted {locked}) AS lead LIMIT :wanted"
)
_WALK_POSTGRESQL = _statement(_LOOK.format(locked="FOR UPDATE SKIP LOCKED"))
_LOOK_POSTGRESQL = _statement(_LOOK.format(locked=""))


def _own(dialect: str) -> TextClause:
    return _statement(
        f"SELECT lead.id FROM campaign_leads AS lead "  # noqa: S608 (our own words)
        f"WHERE lead.owner_id {_among('agents', dialect)} AND lead.turn = {Turn.CALLBACK.value} "
        f"AND {_MAY_BE_CALLED} AND lead.queue_id {_among('queues', dialect)} AND {_UNCLAIMED} "
        "ORDER BY lead.next_call_at, lead.id LIMIT :wanted"
    )


_OWN_SQLITE = _own("sqlite")
_OWN_POSTGRESQL = _own("postgresql")


def _promised(dialect: str) -> TextClause:
    any_language = ":spoken IS NULL" if dialect == "sqlite" else "CAST(:spoken AS TEXT[]) IS NULL"
    return _statement(
        f"SELECT lead.id FROM campaign_leads AS lead WHERE lead.campaign_id = :campaign "  # noqa: S608 (our own words)
        f"AND lead.turn = {Turn.CALLBACK.value} AND lead.turn != {Turn.FRESH.value} "
        f"AND {_is_free(dialect)} AND NOT lead.queue_id {_among('queues', dialect)} "
        f"AND ({any_language} OR EXISTS (SELECT 1 FROM queues WHERE queues.id = lead.queue_id "
        f"AND queues.language {_among('spoken', dialect, 'TEXT')})) "
        "ORDER BY lead.next_call_at, lead.id LIMIT :wanted"
    )


_PROMISED_SQLITE = _promised("sqlite")
_PROMISED_POSTGRESQL = _promised("postgresql")
