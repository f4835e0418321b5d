"""Reads the whole base for people who may be one; only their keys stay in memory.

A key is 16 bytes for each lead and thing it may share, some 50 MB for a million leads.
Whoever shares one is then read again, block by block, and compared (`leads.duplicates`).
"""

import heapq
from array import array
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice

import numpy as np
from sqlalchemy import ColumnElement, Connection, select

from leads.duplicates import Suspect, Suspicion, address_of, keys_of, pairs_of, suspicion
from leads.model import LeadId, ListId
from leads.sql import in_chunks
from leads.tables import lead_numbers, leads, list_members

_AT_ONCE = 5_000
"""Leads that are read and held at a time."""

Keys = np.ndarray[tuple[int], np.dtype[np.uint64]]
Ids = np.ndarray[tuple[int], np.dtype[np.int64]]


def suspected(
    connection: Connection,
    *,
    list_id: ListId | None,
    min_score: int,
    limit: int,
    progress: Callable[[float], None],
) -> tuple[Suspicion, ...]:
    """Return the pairs most suspected to be one person, the surest first.

    Args:
        connection: from `reading`, so that both passes see the same people.
        list_id: at least one of each pair is on this list; None for anybody.
        min_score: 0 to 100.
        limit: the most pairs to return.
        progress: is told which share of the work is done, 0 to 1.
    """
    keys, owners = _keys(connection, progress=lambda share: progress(share / 2))
    on_list = None if list_id is None else _members(connection, list_id)
    best: list[tuple[int, int, int, Suspicion]] = []
    seen: set[tuple[int, int]] = set()
    blocks = _blocks(keys, owners, on_list)
    done = 0
    for some in _by_people(blocks):
        people = _read(connection, {owner for block in some for owner in block})
        for block in some:
            done += len(block)
            for pair in pairs_of([people[owner] for owner in block]):
                if on_list is not None and on_list.isdisjoint(one.lead_id for one in pair):
                    continue
                found = suspicion(*pair)
                if found is None or found.score < min_score:
                    continue
                ids = found.first.lead_id, found.second.lead_id
                if ids in seen:
                    continue
                seen.add(ids)
                entry = (found.score, -ids[0], -ids[1], found)
                if len(best) < limit:
                    heapq.heappush(best, entry)
                else:
                    heapq.heappushpop(best, entry)
        progress(0.5 + done / max(1, 2 * len(keys)))
    return tuple(entry[3] for entry in sorted(best, reverse=True))


def _keys(connection: Connection, *, progress: Callable[[float], None]) -> tuple[Keys, Ids]:
    """Return the hashes of all keys, and beside each whose it is."""
    keys, owners = array("Q"), array("q")
    for people in _everybody(connection, progress):
        for one in people:
            for key in keys_of(one.name_key, one.numbers, one.address):
                digest = blake2b(key.encode(), digest_size=8).digest()
                keys.append(int.from_bytes(digest, "little"))
                owners.append(one.lead_id)
    return np.frombuffer(keys, dtype=np.uint64), np.frombuffer(owners, dtype=np.int64)


def _everybody(
    connection: Connection, progress: Callable[[float], None]
) -> Iterator[Iterable[Suspect]]:
    last = connection.scalar(select(leads.c.id).order_by(leads.c.id.desc()).limit(1)) or 0
    at = 0
    while at < last:
        yield _read_range(connection, at, at + _AT_ONCE)
        at += _AT_ONCE
        progress(min(1.0, at / last))


def _members(connection: Connection, list_id: ListId) -> frozenset[int]:
    return frozenset(
        connection.scalars(select(list_members.c.lead_id).where(list_members.c.list_id == list_id))
    )


def _blocks(
    keys: Keys,
    owners: Ids,
    on_list: frozenset[int] | None,
) -> Iterator[list[int]]:
    """Return the leads of each key that several have, one of whom is on the list."""
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    begins = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1]])
    ends = np.r_[begins[1:], len(sorted_keys)]
    for begin, end in zip(begins, ends, strict=True):
        if end - begin > 1:
            block = sorted({*owners[order[begin:end]].tolist()})
            if len(block) > 1 and (on_list is None or not on_list.isdisjoint(block)):
                yield block


def _by_people(blocks: Iterator[list[int]]) -> Iterator[list[list[int]]]:
    """Put blocks together until there are enough people to read at once."""
    while some := list(islice(blocks, 1)):
        size = len(some[0])
        while size < _AT_ONCE and (following := next(blocks, None)) is not None:
            some.append(following)
            size += len(following)
        yield some


def _read(connection: Connection, lead_ids: set[int]) -> dict[int, Suspect]:
    found: dict[int, Suspect] = {}
    for chunk in in_chunks(sorted(lead_ids)):
        for one in _suspects(connection, leads.c.id.in_(chunk), lead_numbers.c.lead_id.in_(chunk)):
            found[one.lead_id] = one
    return found


def _read_range(connection: Connection, after: int, to: int) -> Iterator[Suspect]:
    return _suspects(
        connection,
        (leads.c.id > after) & (leads.c.id <= to),
        (lead_numbers.c.lead_id > after) & (lead_numbers.c.lead_id <= to),
    )


def _suspects(
    connection: Connection, those: ColumnElement[bool], their_numbers: ColumnElement[bool]
) -> Iterator[Suspect]:
    """Read people; who is erased has nothing to be compared by."""
    of: dict[int, list[int]] = {}
    for lead_id, number_id in connection.execute(
        select(lead_numbers.c.lead_id, lead_numbers.c.number_id).where(their_numbers)
    ):
        of.setdefault(lead_id, []).append(number_id)
    columns = (
        leads.c.id, leads.c.name, leads.c.name_key, leads.c.external_id, leads.c.attributes,
    )  # fmt: skip
    for row in connection.execute(select(*columns).where(those)):
        yield Suspect(
            lead_id=LeadId(row.id),
            name=row.name,
            name_key=row.name_key or "",
            external_id=row.external_id,
            numbers=frozenset(of.get(row.id, ())),
            address=address_of(row.attributes),
        )
