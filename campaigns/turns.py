"""Whose turn it is: callbacks, re-offers, retries, then whoever is new, from open queues.

Nobody fills a list of who is next: each question walks an index from the first open queue on
and stops as soon as it has found enough. Queues come in the order in which they are served,
the highest priority first and then whichever closes soonest, so that people whose window is
about to shut go before those who have all day.

A promised call is due in a queue that is shut, too: it was judged when it was promised, by what
this very person had agreed to, and is judged again now.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from sqlalchemy import Connection, Row, TextClause, bindparam, text

from campaigns import queues
from campaigns.model import CALLABLE_STATES, Turn
from leads.db import UtcDateTime
from leads.sql import Many, given_in


def next_rows(
    connection: Connection,
    campaign_id: int,
    wanted: int,
    *,
    now: datetime,
    agent_ids: Collection[int] = (),
    languages: frozenset[str] | None = None,
    unclaimed: bool = True,
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
        unclaimed: pass over whom somebody has, in another campaign or on the same number. They
            may be more than are wanted, and whoever stands behind them would wait until their
            calls end. Without, the walk is quicker.
    """
    walk = _Walk(connection, campaign_id, now=now, languages=languages, unclaimed=unclaimed)
    due = connection.execute(_DUE, {"campaign": campaign_id, "now": now}).one()
    if not walk.first and not due.callback:
        return []
    on_sqlite = connection.dialect.name == "sqlite"
    given = {"campaign": campaign_id, "now": now, "agents": agent_ids}
    found: dict[int, None] = {}
    if due.callback and agent_ids:
        own = _OWN_SQLITE if on_sqlite else _OWN_POSTGRESQL
        asked = given | {"queues": walk.queues, "wanted": wanted}
        found.update(dict.fromkeys(connection.scalars(own, asked)))
    for turn in Turn:
        missing = wanted - len(found)
        if missing > 0 and (turn is Turn.FRESH or getattr(due, turn.name.lower())):
            asked = given | {"turn": turn.value}
            found.update(dict.fromkeys(walk.in_turn(missing, asked)))
        missing = wanted - len(found)
        if missing > 0 and turn is Turn.CALLBACK and due.callback:
            others = _PROMISED_SQLITE if on_sqlite else _PROMISED_POSTGRESQL
            spoken = None if languages is None else ["", *languages]
            asked = given | {
                "queues": walk.queues,
                "wanted": missing,
                "spoken": spoken,
            }
            found.update(dict.fromkeys(connection.scalars(others, asked)))
    return [*found]


class _Walk:
    """The open queues of a campaign, of which mostly the first hold enough people.

    The base is not asked for the others, and not told of them, before they are needed.
    """

    def __init__(
        self,
        connection: Connection,
        campaign_id: int,
        *,
        now: datetime,
        languages: frozenset[str] | None,
        unclaimed: bool,
    ) -> None:
        self._connection = connection
        self._ask = partial(queues.open_now, connection, campaign_id, now=now, languages=languages)
        of_dialect = _WALKS_SQLITE if connection.dialect.name == "sqlite" else _WALKS_POSTGRESQL
        self._statement = of_dialect[unclaimed]
        self.first = self._ask(at_least=_FIRST_GROUPS)

    @cached_property
    def _rest(self) -> Sequence[tuple[int, ...]]:
        if len(self.first) < _FIRST_GROUPS:
            return ()
        known = {queue for group in self.first for queue in group}
        return [group for group in self._ask() if known.isdisjoint(group)]

    @property
    def queues(self) -> list[int]:
        """Return all open queues."""
        return [queue for group in (*self.first, *self._rest) for queue in group]

    def in_turn(self, wanted: int, asked: Mapping[str, Any]) -> list[int]:
        """Return the rows of one turn, in the order of the groups and then in their own."""
        first = self._in_groups(self.first, wanted, asked)
        if len(first) == wanted or not self._rest:
            return first
        return first + self._in_groups(self._rest, wanted - len(first), asked)

    def _in_groups(
        self, groups: Sequence[tuple[int, ...]], wanted: int, asked: Mapping[str, Any]
    ) -> list[int]:
        """Return the rows of one turn in some groups of queues.

        The walk stops in the queue in which it has found enough. Of a group of several each queue
        is asked for as many, since any of them may hold those who come first.
        """
        place = {queue_id: place for place, group in enumerate(groups) for queue_id in group}
        rows = {row.id: row for row in self._look([*place], wanted, asked)}
        for touched in {place[row.queue_id] for row in rows.values()}:
            for queue_id in groups[touched] if len(groups[touched]) > 1 else ():
                rows.update((row.id, row) for row in self._look([queue_id], wanted, asked))
        in_turn = sorted(rows.values(), key=lambda row: (place[row.queue_id], *row[2:], row.id))
        return [row.id for row in in_turn[:wanted]]

    def _look(
        self, queue_ids: Sequence[int], wanted: int, asked: Mapping[str, Any]
    ) -> Sequence[Row[Any]]:
        of_them = {"queues": queue_ids, "wanted": wanted}
        return self._connection.execute(self._statement, {**asked, **of_them}).all()


_FIRST_GROUPS = 20


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
        "queues": [queue for group in groups for queue in group],
        "now": now,
        "agents": agent_ids,
        "wanted": 1,
    }
    return any(
        connection.execute(_LOOK_POSTGRESQL, given | {"turn": turn.value}).first() is not None
        for turn in Turn
    )


_CALLABLE = ", ".join(f"'{state.value}'" for state in CALLABLE_STATES)
_MAY_BE_CALLED = f"lead.state IN ({_CALLABLE}) AND lead.next_call_at <= :now"

# Asked of each person by itself, by the OFFSET: PostgreSQL would join all claims that there are.
_UNCLAIMED = (
    "NOT EXISTS (SELECT 1 FROM claims WHERE claims.lead_id = lead.lead_id LIMIT 1 OFFSET 0) "
    "AND NOT EXISTS (SELECT 1 FROM lead_numbers JOIN claims "
    "ON claims.number_id = lead_numbers.number_id "
    "WHERE lead_numbers.lead_id = lead.lead_id AND lead_numbers.position = lead.position "
    "LIMIT 1 OFFSET 0)"
)


def _statement(sql: str) -> TextClause:
    statement = text(sql).bindparams(bindparam("now", type_=UtcDateTime))
    many = (bindparam(name, type_=Many) for name in _MANY if f":{name}" in sql)
    return statement.bindparams(*many)


_MANY = ("queues", "agents", "spoken")
"""Parameters for any number of values."""


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


def _of(dialect: str, parameter: str) -> str:
    return given_in(dialect, f":{parameter}", "BIGINT")


def _is_nobody_elses(dialect: str) -> str:
    return (
        f"{_MAY_BE_CALLED} AND (lead.owner_id IS NULL "
        f"OR lead.owner_until <= :now OR lead.owner_id {_of(dialect, 'agents')})"
    )


def _in_queue(dialect: str, *, unclaimed: bool) -> str:
    held = f" AND {_UNCLAIMED}" if unclaimed else ""
    return f"lead.turn = :turn AND {_is_nobody_elses(dialect)}{held}"


_COLUMNS = "lead.id, lead.queue_id, lead.next_call_at, lead.rank"


# Both walk the queues in the order given and stop at the limit. The outer table of a CROSS JOIN
# is SQLite's outer loop, and the index, without which the statement fails, gives the people of
# each queue in their order; PostgreSQL asks a LATERAL once for each row of the outer table.
def _walk_sqlite(*, unclaimed: bool) -> TextClause:
    return _statement(
        f"SELECT {_COLUMNS} FROM json_each(:queues) AS queue CROSS JOIN campaign_leads AS lead "  # noqa: S608 (our own words)
        "INDEXED BY ix_campaign_leads_turn WHERE lead.queue_id = queue.value "
        f"AND {_in_queue('sqlite', unclaimed=unclaimed)} LIMIT :wanted"
    )


def _walk_postgresql(locked: str, *, unclaimed: bool) -> TextClause:
    return _statement(
        f"SELECT lead.* FROM unnest(CAST(:queues AS BIGINT[])) WITH ORDINALITY AS queue (id, place) "  # noqa: S608 (our own words)
        f"CROSS JOIN LATERAL (SELECT {_COLUMNS} FROM campaign_leads AS lead "
        f"WHERE lead.queue_id = queue.id AND {_in_queue('postgresql', unclaimed=unclaimed)} "
        f"ORDER BY lead.next_call_at, lead.rank, lead.id LIMIT :wanted {locked}) AS lead "
        "LIMIT :wanted"
    )


_WALKS_SQLITE = {it: _walk_sqlite(unclaimed=it) for it in (False, True)}
_WALKS_POSTGRESQL = {
    it: _walk_postgresql("FOR UPDATE SKIP LOCKED", unclaimed=it) for it in (False, True)
}
_LOOK_POSTGRESQL = _walk_postgresql("", unclaimed=True)


def _own(dialect: str) -> TextClause:
    return _statement(
        f"SELECT lead.id FROM campaign_leads AS lead "  # noqa: S608 (our own words)
        f"WHERE lead.owner_id {_of(dialect, 'agents')} AND lead.turn = {Turn.CALLBACK.value} "
        f"AND {_MAY_BE_CALLED} AND lead.queue_id {_of(dialect, 'queues')} AND {_UNCLAIMED} "
        "ORDER BY lead.next_call_at, lead.id LIMIT :wanted"
    )


_OWN_SQLITE = _own("sqlite")
_OWN_POSTGRESQL = _own("postgresql")


def _promised(dialect: str) -> TextClause:
    return _statement(
        f"SELECT lead.id FROM campaign_leads AS lead WHERE lead.campaign_id = :campaign "  # noqa: S608 (our own words)
        f"AND lead.turn = {Turn.CALLBACK.value} AND lead.turn != {Turn.FRESH.value} "
        f"AND {_is_nobody_elses(dialect)} AND {_UNCLAIMED} "
        f"AND NOT lead.queue_id {_of(dialect, 'queues')} "
        f"AND (:spoken IS NULL OR EXISTS (SELECT 1 FROM queues WHERE queues.id = lead.queue_id "
        f"AND queues.language {given_in(dialect, ':spoken', 'TEXT')})) "
        "ORDER BY lead.next_call_at, lead.id LIMIT :wanted"
    )


_PROMISED_SQLITE = _promised("sqlite")
_PROMISED_POSTGRESQL = _promised("postgresql")
