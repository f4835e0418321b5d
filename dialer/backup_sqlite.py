"""Backups of a SQLite base: a SQLite file, copied page by page by SQLite itself."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from dialer.backup import BackupError, Figures, OnProgress, count, refuse_in_use
from dialer.clock import Clock
from leads.db import empty_write_ahead_log, place_of
from leads.errors import DatabaseError

_MAGIC = b"SQLite format 3\0"
_PAGES = 4096
"""Pages a step, 16 MB: often enough for a progress bar."""
_PATIENCE_S = 30.0
_WAIT_S = 0.05
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Sqlite:
    """What SQLite can do for backups."""

    def save(self, base: Engine, draft: Path, on_progress: OnProgress) -> Figures:
        """Write everything as of one moment into a file, read it through, and say what it holds.

        Raises:
            BackupError: the file cannot be written or does not hold what it should.
        """
        with _driver(base) as source, closing(sqlite3.connect(draft)) as target, _told(draft):
            # One snapshot for all steps: a copy that others' writing starts over never ends.
            source.execute("BEGIN")
            try:
                held = _figures(source)
                source.backup(
                    target,
                    pages=_PAGES,
                    progress=lambda _, left, all_: on_progress(all_ - left, all_),
                )
            finally:
                source.execute("ROLLBACK")
            # One file, without a log beside it.
            target.execute("PRAGMA journal_mode = DELETE")
            _check(target, draft)
            found = _figures(target)
        if found != held:
            raise BackupError(f"the copy holds {found} instead of {held}; try once more")
        return found

    def examine(self, file: Path) -> str | None:
        """Read a backup through; return its revision, or None where it holds no base.

        Raises:
            BackupError: it is no SQLite file, or damaged.
        """
        with _opened(file) as source:
            _check(source, file)
            known = source.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
            ).fetchone()
            found = known and source.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found[0]) if found else None

    def load(self, base: Engine, file: Path, on_progress: OnProgress) -> None:
        """Put a backup in the place of what the base holds, in one transaction.

        Raises:
            BackupError: the file is the base itself.
            BaseInUseError: an engine has started meanwhile.
            DatabaseError: somebody else writes and does not end.
        """
        if base.url.database and Path(base.url.database).samefile(file):
            raise BackupError(f"{file} is the base itself; name a backup")
        deadline_s = time.monotonic() + _PATIENCE_S
        held = False

        def step(status: int, left: int, all_: int) -> None:
            nonlocal held
            if status in _BUSY:
                if time.monotonic() > deadline_s:
                    place = place_of(base)
                    raise DatabaseError(
                        f"the database {place} is being written by another program; "
                        "end it, and restore once more"
                    )
                return
            if not held:
                # From the first page on nobody else can write: no engine can start any more.
                held = True
                refuse_in_use(base, now=Clock().now())
            on_progress(all_ - left, all_)

        with _opened(file) as source, _driver(base) as target:
            target.execute(
                "PRAGMA busy_timeout = 0"
            )  # `step` is told, and waits no longer than it may
            # Two steps at least: what is copied in a single one is in force before it is told.
            (pages,) = source.execute("PRAGMA page_count").fetchone()
            some = min(_PAGES, max(1, pages // 2))
            source.backup(target, pages=some, progress=step, sleep=_WAIT_S)
        base.dispose()
        empty_write_ahead_log(base)


@contextmanager
def _driver(base: Engine) -> Iterator[sqlite3.Connection]:
    raw = base.raw_connection()
    try:
        connection: Any = raw.driver_connection
        yield connection
    finally:
        raw.close()


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Give a backup to read, and nothing but to read."""
    with file.open("rb") as opened:
        if opened.read(len(_MAGIC)) != _MAGIC:
            raise BackupError(
                f"{file} is no backup of a SQLite base; name one, or set database.url to the "
                "kind of database that it is of"
            )
    with (
        _told(file),
        closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        yield connection


def _check(connection: sqlite3.Connection, file: Path) -> None:
    """Have SQLite read everything through.

    Raises:
        BackupError: something is damaged.
    """
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok" or connection.execute("PRAGMA foreign_key_check").fetchone():
        raise _damaged(file, found if found != "ok" else "rows refer to nothing")


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise BackupError(
            f"{file} cannot be written or read ({error}); check the disk, or name another file"
        ) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(file, error) from error


def _damaged(file: Path, why: object) -> BackupError:
    return BackupError(f"{file} is damaged ({why}); use another backup")


def _figures(connection: sqlite3.Connection) -> Figures:
    return count(lambda statement: connection.execute(statement).fetchone()[0])
