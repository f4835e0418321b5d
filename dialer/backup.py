"""A copy of the whole base in one file, made while everything runs, and the way back.

What a kind of database needs for it is in `dialer.backup_sqlite` and
`dialer.backup_postgres`. A backup has its name only once it is whole and was read through;
a restore either brings back everything or leaves the base as it was.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy import Connection, Engine, exists, inspect, select, text
from sqlalchemy.exc import DatabaseError as BrokenBase

from dialer.presence import is_alive
from dialer.schema import REVISIONS, TABLES, made_by, stored_revision
from dialer.store import engine_rows
from dialer.tables import engines, requests
from leads.db import place_of, reading
from leads.drafting import drafted
from leads.errors import DatabaseError, NotAllowedError, RingbankError

OnProgress = Callable[[int, int], None]
"""Told how much is done, of how much."""

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class BackupError(RingbankError):
    """A backup could not be made or used."""


class BaseInUseError(NotAllowedError):
    """The base holds something, or serves somebody, that a restore would take away."""

    exit_status: ClassVar[int] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a base holds, so that a backup and what was restored of it can be compared.

    Attributes:
        revision: of its schema.
        people: leads, merged ones too.
        attempts: calls, those in flight too.
        suppressions: entries of the do-not-call list.
        last_attempt_at: when the latest call began, or None.
    """

    revision: str
    people: int
    attempts: int
    suppressions: int
    last_attempt_at: datetime | None

    def document(self) -> dict[str, object]:
        """Return them under the names that users read."""
        return {
            "schema": self.revision,
            "people": self.people,
            "attempts": self.attempts,
            "suppressions": self.suppressions,
            "last_attempt_at": self.last_attempt_at,
        }


Scalar = Callable[[str], Any]
"""Answers a statement with the one value that it asks for."""


class Kind(Protocol):
    """What a kind of database can do for backups."""

    def save(self, base: Engine, draft: Path, on_progress: OnProgress) -> Figures:
        """Write everything as of one moment into a file, read it through, and say what it holds."""

    def examine(self, file: Path) -> str | None:
        """Read a backup through; return its revision, or None where it holds no base."""

    def load(self, base: Engine, file: Path, on_progress: OnProgress) -> None:
        """Put a backup in the place of what the base holds, all of it or nothing."""


def kind_of(base: Engine) -> Kind:
    """Return what the base's kind of database can do."""
    if base.dialect.name == "sqlite":
        from dialer.backup_sqlite import Sqlite

        return Sqlite()
    from dialer.backup_postgres import Postgres

    return Postgres()


def count(scalar: Scalar) -> Figures:
    """Return what a base holds, in statements that both kinds of database understand."""
    last = scalar("SELECT max(dialed_at) FROM attempts")
    if isinstance(last, str):
        last = datetime.fromisoformat(last)
    if last is not None:
        last = last.replace(tzinfo=UTC) if last.tzinfo is None else last.astimezone(UTC)
    return Figures(
        revision=scalar("SELECT version_num FROM alembic_version"),
        people=scalar("SELECT count(*) FROM leads"),
        attempts=scalar("SELECT count(*) FROM attempts"),
        suppressions=scalar("SELECT count(*) FROM suppressions"),
        last_attempt_at=last,
    )


def count_in(connection: Connection) -> Figures:
    """Return what the base of a connection holds."""
    return count(lambda statement: connection.scalar(text(statement)))


def back_up(base: Engine, file: Path, *, on_progress: OnProgress) -> Figures:
    """Save a base in a new file; engines, agents and imports go on meanwhile.

    Nothing is written to the base, so that no import that takes its time can be in the way.

    Args:
        base: of any revision of Ringbank's.
        file: must not be there yet.
        on_progress: told how far it is.

    Raises:
        BackupError: the file is there, cannot be written, or does not hold what it should.
        DatabaseError: the base cannot be read, holds nothing, or is another program's.
    """
    with reading(base) as connection:
        revision = stored_revision(connection)
    if revision is None:
        place = place_of(base)
        raise DatabaseError(f"the database {place} is empty; see database.url")
    if made_by(revision) is None:
        raise DatabaseError(f"the schema {revision} is not Ringbank's; see database.url")
    with _draft(file) as draft:
        return kind_of(base).save(base, draft, on_progress)


@contextmanager
def _draft(file: Path) -> Iterator[Path]:
    """Give a file to write; it takes its name, and nobody else's, when all went well."""
    if file.is_symlink() or file.exists():
        raise _taken(file)
    with drafted(file, BackupError) as draft:
        yield draft
        _flush(draft)
        _name(draft, file)
        _flush(file.parent)


def _taken(file: Path) -> BackupError:
    return BackupError(
        f"{file} is there already, and no backup is overwritten; name another file, "
        "such as one with the date in it"
    )


def _name(draft: Path, file: Path) -> None:
    """Give a draft its name unless something has it by now."""
    try:
        os.link(draft, file)
    except FileExistsError as error:
        raise _taken(file) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without links, such as a stick's: the name is reserved, then filled.
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError as there:
            raise _taken(file) from there
        draft.replace(file)


def _flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot flush a folder
            raise
    finally:
        os.close(handle)


def restore(
    base: Engine, file: Path, *, replace: bool, now: datetime, on_progress: OnProgress
) -> Figures:
    """Put a backup in the place of what a base holds; return what it holds then.

    Args:
        base: as `leads.db.connect` gives it; its schema need not be there.
        file: of `back_up`.
        replace: what the base holds may go.
        now: aware UTC, on the machine's clock.
        on_progress: told how far it is.

    Raises:
        BackupError: the file is no backup for this kind of database, is damaged, or was made
            by a newer Ringbank.
        BaseInUseError: an engine runs on the base, or it holds data and may not be replaced.
        DatabaseError: the base is another program's, or cannot be written.
    """
    kind = kind_of(base)
    revision = _usable(file, kind)
    try:
        refuse_in_use(base, now=now)
        with reading(base) as connection:
            there = stored_revision(connection)
            held = there is not None and holds_data(connection)
    except BrokenBase as error:
        place = place_of(base)
        raise DatabaseError(
            f"the database {place} is damaged ({error.orig}); move the file out of the way, "
            "and restore once more"
        ) from error
    place = place_of(base)
    if held and not replace:
        raise BaseInUseError(
            f"the database {place} holds data, which would be lost; make a backup of it, then add "
            "--replace; or name an empty one in database.url"
        )
    if base.dialect.name == "postgresql" and there not in {None, revision}:
        # pg_restore takes away the tables that the backup knows, and no others.
        raise BaseInUseError(
            f"the database {place} has schema {there} and the backup {revision}; "
            "create an empty database, and name it in database.url"
        )
    kind.load(base, file, on_progress)
    with reading(base) as connection:
        return count_in(connection)


def _usable(file: Path, kind: Kind) -> str:
    try:
        with file.open("rb") as opened:
            opened.read(1)
    except OSError as error:
        raise BackupError(f"{file} cannot be read ({error.strerror}); name a backup") from error
    revision = kind.examine(file)
    if revision is None:
        raise BackupError(f"{file} holds no base of Ringbank; name one that db backup has made")
    if revision not in REVISIONS:
        version = made_by(revision)
        raise BackupError(
            f"{file} has schema {revision}, which is not Ringbank's; name another backup"
            if version is None
            else f"{file} was made by a newer Ringbank; install version {version} or a newer one"
        )
    return revision


def refuse_in_use(base: Engine, *, now: datetime) -> None:
    """Refuse a base on which an engine runs.

    Raises:
        BaseInUseError: one does.
    """
    with reading(base) as connection:
        if not inspect(connection).has_table(engines.name):
            return
        for row in engine_rows(connection):
            if is_alive(row, now):
                raise BaseInUseError(
                    f"the engine {row.name!r} (process {row.pid} on {row.host}) runs on this base; "
                    "stop it first, and leave the desks"
                )


def holds_data(connection: Connection) -> bool:
    """Tell whether a base holds anything besides the traces of engines."""
    there = {*inspect(connection).get_table_names()}
    kept = (one for one in TABLES if one.name in there and one not in {engines, requests})
    return any(connection.scalar(select(exists().select_from(table))) for table in kept)
