"""The audit trail: who saw or exported the data of which people, and when.

Only ids are kept, of many people packed into one value, so that an export of everybody is
one row. What is noted beside them (`detail`) must hold nothing of a person: no name, no
number, no text that was looked for; the trail outlives the person's erasure.
"""

import struct
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, insert, or_, select

from leads.db import writing
from leads.errors import DatabaseError
from leads.tables import accesses, merges

if TYPE_CHECKING:
    import numpy as np

_PATIENCE_S = 3
"""How long a command that only looks waits for an import to finish before it gives up."""

_LOOK_AT_MOST = 2000
"""Accesses to many people that are unpacked in one go, the newest: a few seconds' work."""

_RANGE = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One look at somebody's data.

    Attributes:
        who: the operating system's user, or an agent.
        action: the command, such as show or next.
        people: how many people's data were seen at once.
        detail: what else is known of it; nothing personal.
    """

    at: datetime
    who: str
    action: str
    people: int
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Who saw a person's data, newest first.

    Attributes:
        examined_from: earlier accesses were not looked at; None when all were.
    """

    accesses: tuple[Access, ...]
    examined_from: datetime | None


def record(
    connection: Connection,
    *,
    who: str,
    action: str,
    lead_ids: Collection[int],
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """Write who saw whose data; nothing when nobody's were.

    Args:
        connection: from `writing`.
        who: the operating system's user (`Console.user`), or an agent's name.
        action: the command.
        lead_ids: whose data; an iterable of a million ids is one row.
        detail: nothing personal.
        now: aware UTC.
    """
    distinct = {*lead_ids}
    if not distinct:
        return
    alone = next(iter(distinct)) if len(distinct) == 1 else None
    connection.execute(
        insert(accesses).values(
            at=now,
            who=who,
            action=action,
            lead_id=alone,
            lead_ids=pack(distinct) if alone is None else None,
            people=len(distinct),
            detail=dict(detail),
        )
    )


def record_look(
    engine: Engine,
    *,
    who: str,
    action: str,
    lead_ids: Collection[int],
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """Write who is about to see whose data, in a transaction of its own.

    For commands that only read: whoever cannot be written down sees nothing.

    Raises:
        DatabaseError: it could not be written; the caller must not show the data.
    """
    try:
        with writing(engine, patience_s=_PATIENCE_S) as connection:
            record(connection, who=who, action=action, lead_ids=lead_ids, detail=detail, now=now)
    except DatabaseError as error:
        raise DatabaseError(
            f"the access could not be recorded, and so nothing is shown: {error}"
        ) from error


def accesses_to(connection: Connection, lead_id: int, *, limit: int = 100) -> Trail:
    """Return who saw a person's data, as the lead they are or as one merged into it.

    At most `limit` accesses, and the work is bounded: where very many accesses to many
    people lie between, the older ones are not looked at.
    """
    merged = connection.scalars(select(merges.c.merged_id).where(merges.c.kept_id == lead_id))
    theirs = frozenset({lead_id, *merged})
    rows = connection.execute(
        select(accesses)
        .where(or_(accesses.c.lead_id.in_(theirs), accesses.c.lead_ids.is_not(None)))
        .order_by(accesses.c.id.desc()),
        execution_options={"yield_per": 50},
    )
    found: list[Access] = []
    unpacked = 0
    for row in rows:
        if len(found) == limit or unpacked == _LOOK_AT_MOST:
            rows.close()
            return Trail(accesses=(*found,), examined_from=row.at)
        if row.lead_ids is not None:
            unpacked += 1
            if not holds(row.lead_ids, theirs):
                continue
        found.append(
            Access(at=row.at, who=row.who, action=row.action, people=row.people, detail=row.detail)
        )
    return Trail(accesses=(*found,), examined_from=None)


def pack(ids: Iterable[int]) -> bytes:
    """Return ids as bytes: the lowest, the highest, and compressed how far each is apart."""
    import numpy as np

    ordered = np.unique(np.fromiter(ids, dtype="<u8"))
    apart = np.diff(ordered, prepend=ordered[:1])
    return _RANGE.pack(int(ordered[0]), int(ordered[-1])) + zlib.compress(apart.tobytes())


def unpack(packed: bytes) -> list[int]:
    """Return the ids that were packed, lowest first."""
    return _ids(packed).tolist()


def holds(packed: bytes, wanted: Collection[int]) -> bool:
    """Tell whether one of the wanted ids is among the packed ones."""
    import numpy as np

    lowest, highest = _RANGE.unpack_from(packed)
    within = [one for one in wanted if lowest <= one <= highest]
    return bool(within) and bool(np.isin(np.array(within, dtype="<u8"), _ids(packed)).any())


def _ids(packed: bytes) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    import numpy as np

    (lowest, _) = _RANGE.unpack_from(packed)
    apart = np.frombuffer(zlib.decompress(packed[_RANGE.size :]), dtype="<u8")
    return np.cumsum(apart, dtype=np.uint64) + np.uint64(lowest)
