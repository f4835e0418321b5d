"""The way into the base: one engine, one `MetaData`, and two kinds of transaction.

`reading` gives a snapshot, `writing` the only way to change anything. On SQLite a
writer takes its lock at once (`BEGIN IMMEDIATE`), because a reader that turns into a
writer half-way fails with "database is locked" instead of waiting; on PostgreSQL a
reader sees one snapshot (`REPEATABLE READ`), so that the counts of a report add up.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import (
    JSON,
    URL,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    Integer,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from leads.errors import DatabaseError, DoubtfulError, LostError, UsageError
from leads.segment_values import day_in, lower, number_in

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer(), "sqlite")
"""Primary and foreign keys: 64 bits; on SQLite the type that is the row's own id."""

Json = JSON
"""Lists and mappings that the base stores and never searches."""

_BUSY_TIMEOUT_S = 30
"""How long a SQLite writer waits for another one before it gives up."""
_LOCKED_AGAIN_S = 0.02
SECRET_SETTINGS = ("password", "sslpassword")
"""What libpq also takes in an address behind its question mark, and nobody is to read."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware on the way in, UTC in the base, aware UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], object] | None:
        """Return what converts a moment for the driver, for SQLite in one step."""
        return _for_sqlite if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; refuse a naive moment, which is always a bug."""
        return _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    assert value.tzinfo is not None, "a stored moment must know its zone"
    return value.astimezone(UTC)


def _for_sqlite(value: datetime | None) -> str | None:
    """Return a moment as SQLite keeps it: there are several in every row that is written."""
    moment = _in_utc(value)
    return None if moment is None else moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def connect(url: str) -> Engine:
    """Return an engine for a database URL; the base itself is touched at first use.

    Raises:
        UsageError: the URL is no database URL, or names a database Ringbank does not know.
        DatabaseError: the SQLite file cannot be created.
    """
    try:
        logging.getLogger("sqlalchemy.engine.Engine").addFilter(_hide_rows)
        parsed = make_url(url)
        dialect = parsed.get_dialect().name
    except (ArgumentError, NoSuchModuleError, ValueError):
        # Neither the address nor its fault is quoted: a password may stand anywhere in it.
        raise UsageError(
            "database.url is not a database address; "
            'write "sqlite:///ringbank.db" or "postgresql+psycopg://user@host/ringbank"'
        ) from None
    if dialect == "sqlite":
        if not parsed.database:
            raise UsageError(
                "database.url names no file, and everything would be lost; "
                'write "sqlite:///ringbank.db"'
            )
        if (file := file_of(parsed)) is not None:
            _create_private(file)
        engine = create_engine(
            parsed,
            hide_parameters=True,
            connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if dialect == "postgresql":
        if parsed.get_driver_name() != "psycopg":
            raise UsageError(
                "database.url names a driver that Ringbank does not use; "
                "let it begin with postgresql+psycopg://"
            )
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
        event.listen(engine, "handle_error", _hide_detail)
        return engine
    raise UsageError(
        f"database.url names {dialect}, but Ringbank works with SQLite and PostgreSQL only"
    )


def address_of(url: str) -> URL | None:
    """Return a database's address by its parts, or None where it is none: `connect` says why."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        return None


def file_of(address: URL) -> Path | None:
    """Return the file of a SQLite base, or None for any other, and for one in memory."""
    is_file = address.get_backend_name() == "sqlite" and address.database not in {
        None,
        "",
        ":memory:",
    }
    return Path(str(address.database)) if is_file else None


def place_of(engine: Engine) -> str:
    """Return where a base is, for somebody's eyes: no password that stands in its address."""
    return engine.url.difference_update_query(SECRET_SETTINGS).render_as_string(hide_password=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose reads all see the base as of one moment.

    Raises:
        DatabaseError: the base could not be reached or read.
    """
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with _explained(engine), engine.connect().execution_options(**options) as connection:
        yield connection


@contextmanager
def writing(engine: Engine, *, patience_s: float = _BUSY_TIMEOUT_S) -> Iterator[Connection]:
    """Give a connection whose changes are all kept on leaving, or none on an exception.

    `patience_s` is how long SQLite may wait for another writer; PostgreSQL locks rows, not
    the base, and waits for those.

    Raises:
        DoubtfulError: the connection was lost after the changes were made and before it was
            known that they are kept.
        DatabaseError: the base could not be reached, read or written; nothing is kept.
    """
    step = _Step()
    with (
        _explained(engine, step),
        engine.connect().execution_options(
            ringbank_writes=True, ringbank_patience_s=patience_s
        ) as connection,
        connection.begin(),
    ):
        yield connection
        step.is_kept_now = True
    _have_kept.add(engine)


def has_kept(engine: Engine) -> bool:
    """Tell whether any change was kept by way of this engine: what fails now began with it."""
    return engine in _have_kept


_have_kept: WeakSet[Engine] = WeakSet()


def empty_write_ahead_log(engine: Engine) -> bool:
    """Bring everything that was written into SQLite's file itself, and empty its log.

    The log holds older states of what has been changed or deleted since. False when
    somebody is reading just now, so that it could not be emptied; true on PostgreSQL, which
    recycles its log on its own.

    Raises:
        DatabaseError: the base could not be reached or written.
    """
    if engine.dialect.name != "sqlite":
        return True
    with _explained(engine):
        raw = engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_ = cursor.fetchone() or (0,)
            cursor.close()
        finally:
            raw.close()
    return not busy


@dataclass(slots=True)
class _Step:
    """How far a transaction has come; `is_kept_now`: only its commit is left."""

    is_kept_now: bool = False


@contextmanager
def _explained(engine: Engine, step: _Step | None = None) -> Iterator[None]:
    """Turn what the driver says of a failing base into one sentence with a remedy."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            place, said = place_of(engine), _said(error)
            if step is not None and step.is_kept_now:
                raise DoubtfulError(
                    f"the connection to the database {place} was lost while a change was being "
                    f"kept ({said}); it may have been recorded, look before you do it again"
                ) from error
            raise LostError(
                f"the connection to the database {place} was lost ({said}); what was being done "
                "is not recorded, try again"
            ) from error
        if not isinstance(error, OperationalError | ProgrammingError | InternalError):
            raise
        raise DatabaseError(_remedy(engine, error)) from error


def _said(error: DBAPIError) -> str:
    told = str(error.orig).strip()
    return told.splitlines()[0] if told else "no reason given"


def _remedy(engine: Engine, error: DBAPIError) -> str:
    place, said = place_of(engine), _said(error)
    if "certificate" in said or "SSL" in said:
        return (
            f"the database {place} is not trusted, or does not trust us ({said}); "
            "check sslmode and sslrootcert in database.url"
        )
    if "no such table" in said or "does not exist" in said:
        return f"the database {place} lacks a table ({said}); run: ringbank db upgrade"
    if "locked" in said:
        return f"the database {place} is locked by another program; try again when it has finished"
    if "deadlock" in said:
        return f"the database {place} was asked for the same rows by two at once; try again"
    if "full" in said or "No space" in said:
        return f"the disk that holds {place} is full; free some space and start again"
    return f"the database {place} cannot be used ({said}); check database.url in the configuration"


def _hide_rows(record: logging.LogRecord) -> bool:
    """Let no log hold people's data: `hide_parameters` hides what goes in, not what comes out."""
    return record.levelno > logging.DEBUG


def _hide_detail(context: ExceptionContext) -> None:
    """Take out of PostgreSQL's error the line that quotes the row at fault."""
    said, told = context.original_exception, context.sqlalchemy_exception
    first = str(said).partition("\n")[0]
    said.args = (first,)
    if told is not None:
        kind = type(said)
        told.args = (f"({kind.__module__}.{kind.__qualname__}) {first}",)


def _create_private(path: Path) -> None:
    """Create the file with mode 0600: it will hold people's names and numbers."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseError(
            f"the database file {path} cannot be created ({error.strerror}); "
            "check the folder and its permissions, or set database.url"
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.DatabaseError as error:
            # Two who open a new file at once: SQLite does not make the second one wait here.
            if "locked" in str(error) and time.monotonic() < deadline:
                time.sleep(_LOCKED_AGAIN_S)
                continue
            raise DatabaseError(
                f"the database file cannot be opened as SQLite ({error}); "
                "check that database.url names a Ringbank base; if it does, move the file out of "
                "the way, and then run: ringbank db restore BACKUP"
            ) from error
    # FULL: an attempt must be on disk before its telephone rings, power cut or not.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is deleted or replaced is overwritten with zeros: erasing a person means their bytes.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()
    # SQLite's own lower() knows the letters of ASCII only.
    for name, function in (("lower", lower), ("number_in", number_in), ("day_in", day_in)):
        connection.create_function(name, 1, function, deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    options: Any = connection.get_execution_options()
    patience_s = options.get("ringbank_patience_s", _BUSY_TIMEOUT_S)
    if connection.info.get("patience_s", _BUSY_TIMEOUT_S) != patience_s:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(patience_s * 1000)}")
        connection.info["patience_s"] = patience_s
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("ringbank_writes") else "BEGIN")
