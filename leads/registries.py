"""National do-not-call registers: which version is in force, and who of the base is listed.

A register of millions lies in a file of its own (`leads.registry_file`); the base knows its
name, date and digest, and for each of its own numbers whether the current version lists it.
A new version takes the old one's place in one transaction, together with all verdicts.
"""

import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import (
    Connection,
    Engine,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from leads import intake
from leads.db import reading, writing
from leads.errors import RingbankError, UsageError
from leads.listings import current, listings, registry_of
from leads.model import E164, Listed, Listing, NumberId, Registry, Suppression, number_id
from leads.problems import Problem
from leads.registry_file import Builder, Digests, Numbers, NumbersFile
from leads.registry_source import read_source
from leads.sql import among, insert_if_new
from leads.suppression import Entry
from leads.tables import numbers, registries, registry_verdicts

_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SCRUB = 50_000
_TOLD_LINES = 20
_JUDGED_EARLY = 1_000_000
"""Lines after which a file of which most cannot be read is not read to its end."""

_EARLIEST_ZONE = timedelta(hours=14)
"""Where a day begins first, it begins so long before it does in UTC."""


class RegistryError(RingbankError):
    """The folder of the registries cannot be used."""


@dataclass(slots=True, kw_only=True)
class Loaded:
    """What became of a registry's file.

    Attributes:
        registry: the version that is in force now.
        read: lines, blank ones left out.
        unreadable: how many of them hold no number.
        lines: the first of those.
        listed: how many numbers of the base it lists.
    """

    registry: Registry
    read: int
    unreadable: int
    lines: Sequence[int]
    listed: int


def path_of(registry: Registry, folder: Path) -> Path:
    """Return where the numbers of a version are kept."""
    return folder / (f"{registry.name}-{registry.as_of.isoformat()}-{registry.digest[:12]}.numbers")


# -- loading ------------------------------------------------------------------------------


def load(
    engine: Engine,
    folder: Path,
    *,
    source: Path,
    name: str,
    as_of: date,
    region: str | None,
    mapping: Sequence[tuple[str, str]] = (),
    older: bool = False,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
    afterwards: Callable[[Connection], None] = lambda _: None,
) -> Loaded:
    """Put a new version of a registry in force, for all numbers of the base at once.

    Args:
        engine: the base.
        folder: where the files of registries are.
        source: the registry as its keeper sends it.
        name: of the registry.
        as_of: the day its keeper says it is of.
        region: ISO 3166 country of numbers written without one, or None.
        mapping: see `read_source`.
        older: take it whatever its date is.
        now: aware UTC.
        progress: told how many bytes of the source have been read.
        afterwards: what else has to happen in the same transaction.

    Raises:
        UsageError: the name, the date or the file cannot be used.
        RegistryError: the folder cannot be written.
        DatabaseError: the base failed; the version before is in force.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a registry; use letters, digits, - and _, "
            "for example norway"
        )
    with reading(engine) as connection:
        _check_date(_current_named(connection, name), name, as_of, older=older, now=now)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-", suffix=".loading")
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        with os.fdopen(handle, "wb") as target:
            builder = Builder(folder)
            read = _read_into(builder, source, region, mapping, progress)
            entries, digest = builder.write(target)
            target.flush()
            os.fsync(target.fileno())
        made = Registry(
            registry_id=0,
            name=name,
            as_of=as_of,
            digest=digest,
            entries=entries,
            file=str(source),
            loaded_at=now,
        )
        Path(temporary).replace(path_of(made, folder))
        _sync_folder(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return _put_in_force(engine, folder, made, read, older=older, afterwards=afterwards)


@dataclass(slots=True)
class _Read:
    lines: int = 0
    unreadable: int = 0
    first: list[int] = field(default_factory=list)

    @property
    def mostly_unreadable(self) -> bool:
        return self.unreadable * 2 > self.lines


def _read_into(
    builder: Builder,
    source: Path,
    region: str | None,
    mapping: Sequence[tuple[str, str]],
    progress: Callable[[int], None],
) -> _Read:
    read = _Read()
    for batch in read_source(source, region=region, mapping=mapping, progress=progress):
        builder.add(batch.numbers)
        read.lines += batch.lines
        read.unreadable += len(batch.unreadable)
        read.first += batch.unreadable[: _TOLD_LINES - len(read.first)]
        if read.lines >= _JUDGED_EARLY and read.mostly_unreadable:
            break
    if not read.lines:
        raise UsageError(
            f"{source} lists no number; an empty registry would let everybody be called"
        )
    if read.mostly_unreadable:
        where = ", ".join(map(str, read.first))
        raise UsageError(
            f"{read.unreadable} of {read.lines} lines of {source} hold no number (lines {where}); "
            "give the right --region, or the column with --map phone=COLUMN"
        )
    return read


def _check_date(
    known: Registry | None, name: str, as_of: date, *, older: bool, now: datetime
) -> None:
    if older:
        return
    if as_of > (now + _EARLIEST_ZONE).date():
        raise UsageError(
            f"--as-of {as_of.isoformat()} is still to come; give the day the registry is of, "
            "or add --older to take it with this date"
        )
    if known is not None and as_of < known.as_of:
        raise UsageError(
            f"{name} is known as of {known.as_of.isoformat()} already, and {as_of.isoformat()} is "
            "before that; fetch a newer file, or add --older to go back"
        )


def _put_in_force(
    engine: Engine,
    folder: Path,
    made: Registry,
    read: _Read,
    *,
    older: bool,
    afterwards: Callable[[Connection], None],
) -> Loaded:
    path = path_of(made, folder)
    with writing(engine) as connection:
        # Nobody adds numbers, or loads another version, until the verdicts are there.
        intake.lock_for_import(connection)
        before = _current_named(connection, made.name)
        _check_date(before, made.name, made.as_of, older=older, now=made.loaded_at)
        if before is not None:
            retired = registries.c.id == before.registry_id
            connection.execute(update(registries).where(retired).values(retired_at=made.loaded_at))
        registry_id = connection.execute(
            insert(registries)
            .values(
                name=made.name,
                as_of=made.as_of,
                digest=made.digest,
                entries=made.entries,
                file=made.file,
                loaded_at=made.loaded_at,
            )
            .returning(registries.c.id)
        ).scalar_one()
        listed = _scrub_everybody(connection, registry_id, NumbersFile(path))
        if before is not None:
            connection.execute(
                delete(registry_verdicts).where(
                    registry_verdicts.c.registry_id == before.registry_id
                )
            )
        afterwards(connection)
    if before is not None and path_of(before, folder) != path:
        path_of(before, folder).unlink(missing_ok=True)
    with reading(engine) as connection:
        row = connection.execute(select(registries).where(registries.c.id == registry_id)).one()
    return Loaded(
        registry=registry_of(row),
        read=read.lines,
        unreadable=read.unreadable,
        lines=read.first,
        listed=listed,
    )


def _unwritable(folder: Path, error: OSError) -> RegistryError:
    return RegistryError(
        f"the folder {folder} cannot be written ({error.strerror}); check it and the space on its "
        "disk, or set leads.registries in the configuration"
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- verdicts -----------------------------------------------------------------------------


def _scrub_everybody(connection: Connection, registry_id: int, file: NumbersFile) -> int:
    """Write a verdict for every number of the base; return how many are listed."""
    last, listed = 0, 0
    while True:
        ids = np.array(
            connection.scalars(
                select(numbers.c.id).where(numbers.c.id > last).order_by(numbers.c.id).limit(_SCRUB)
            ).all(),
            dtype=np.int64,
        )
        if not len(ids):
            return listed
        found = ids[file.contains_many(ids)].tolist()
        on_it = among(connection, numbers.c.id, found) if found else literal(value=False)
        connection.execute(
            insert(registry_verdicts).from_select(
                _VERDICT,
                select(numbers.c.id, literal(registry_id), case((on_it, 1), else_=0)).where(
                    numbers.c.id > last, numbers.c.id <= int(ids[-1])
                ),
            )
        )
        last = int(ids[-1])
        listed += len(found)


_VERDICT = ["number_id", "registry_id", "listed"]


def scrub_new(connection: Connection, folder: Path, number_ids: Numbers) -> set[int]:
    """Write verdicts for numbers that an import has added; return those that are listed.

    Numbers that have a verdict keep it. A registry whose file is not here, or is another
    one, gives no verdict: the gate then refuses, and `file_problems` says why.
    """
    listed: set[int] = set()
    if not len(number_ids):
        return listed
    for registry in current(connection):
        path = path_of(registry, folder)
        if _DIGESTS.of(path) != registry.digest:
            continue
        found = number_ids[NumbersFile(path).contains_many(number_ids)].tolist()
        on_it = among(connection, numbers.c.id, found) if found else literal(value=False)
        connection.execute(
            insert_if_new(connection, registry_verdicts).from_select(
                _VERDICT,
                select(
                    numbers.c.id, literal(registry.registry_id), case((on_it, 1), else_=0)
                ).where(among(connection, numbers.c.id, number_ids.tolist())),
            )
        )
        listed.update(found)
    return listed


def file_problems(
    connection: Connection, folder: Path, *, digests: Digests | None = None
) -> tuple[Problem, ...]:
    """Return for each current registry whose file is not here, or not the right one, why."""
    digests = digests or _DIGESTS
    return tuple(
        problem
        for registry in current(connection)
        if (problem := file_problem(registry, folder, digests.of(path_of(registry, folder))))
    )


def file_problem(registry: Registry, folder: Path, digest: str | None) -> Problem | None:
    """Return what is wrong with the file of a registry, given its digest, or None.

    Args:
        registry: the current version.
        folder: where its file belongs.
        digest: of the file; None where there is none.
    """
    if digest == registry.digest:
        return None
    what = "is not here" if digest is None else "is not the one that was loaded"
    return Problem(
        where=f"registry {registry}",
        why=f"its file {path_of(registry, folder)} {what}; copy it there from where it was loaded, "
        f"or {registry.remedy}",
    )


_DIGESTS = Digests()
"""Of this process: an import asks for each batch of rows."""


def entries(listing: Iterable[Listing], e164: E164) -> tuple[Entry, ...]:
    """Return the registries that list a number, in the form of do-not-call entries."""
    return tuple(
        Entry(
            suppression=Suppression(subject=e164),
            source=f"registry {one.registry}",
            created_at=one.registry.loaded_at,
            removed_at=None,
            removed_reason=None,
        )
        for one in listing
        if one.listed is Listed.YES
    )


def of_number(connection: Connection, e164: E164, folder: Path) -> tuple[Listing, ...]:
    """Return what every current registry says of one number, which the base need not have."""
    number = number_id(e164)
    return listings_of(connection, [number], folder)[number]


def listings_of(
    connection: Connection, number_ids: Collection[NumberId], folder: Path
) -> dict[NumberId, tuple[Listing, ...]]:
    """Return for each number what every current registry says of it.

    Of a number that the base does not have, its verdicts say nothing; the files do.
    """
    found = listings(connection, number_ids)
    if not any(found.values()):
        return found
    here = {*connection.scalars(select(numbers.c.id).where(among(connection, numbers.c.id, found)))}
    away = [number for number in found if number not in here]
    if away:
        looked_up = [_looked_up(one, away, folder) for one in current(connection)]
        found |= {
            number: tuple(told)
            for number, told in zip(away, zip(*looked_up, strict=True), strict=True)
        }
    return found


def _looked_up(registry: Registry, number_ids: Sequence[NumberId], folder: Path) -> list[Listing]:
    """Return what the file of a registry says of each number."""
    path = path_of(registry, folder)
    digest = _DIGESTS.of(path)
    if digest != registry.digest:
        unlike = Listed.UNKNOWN if digest is None else Listed.OTHER_FILE
        return [Listing(registry, unlike)] * len(number_ids)
    listed = NumbersFile(path).contains_many(np.array(number_ids, dtype=np.int64)).tolist()
    return [Listing(registry, Listed.YES if one else Listed.NO) for one in listed]


def listed_count(connection: Connection, registry_id: int) -> int:
    """Return how many numbers of the base a version lists."""
    return (
        connection.scalar(
            select(func.count())
            .select_from(registry_verdicts)
            .where(registry_verdicts.c.registry_id == registry_id, registry_verdicts.c.listed == 1)
        )
        or 0
    )


def _current_named(connection: Connection, name: str) -> Registry | None:
    return next((one for one in current(connection) if one.name == name), None)
