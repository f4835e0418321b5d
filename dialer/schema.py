"""The schema of the base: which tables it has, and how an older base becomes a current one.

Every command opens its base here. Opening a current base costs one SELECT; Alembic is
imported only where there is something to change. The migrations themselves are in
`dialer/migrations/versions`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, inspect, text
from sqlalchemy.exc import OperationalError, ProgrammingError

import campaigns.call_tables
import campaigns.desk_tables
import campaigns.tables
import dialer.tables
import leads.tables
from leads.db import connect, place_of, reading, writing
from leads.errors import DatabaseError

TABLES: tuple[Table, ...] = (
    leads.tables.lists,
    leads.tables.sources,
    leads.tables.imports,
    leads.tables.leads,
    leads.tables.numbers,
    leads.tables.lead_numbers,
    leads.tables.list_members,
    leads.tables.lead_changes,
    leads.tables.merges,
    leads.tables.suppressions,
    leads.tables.registries,
    leads.tables.registry_verdicts,
    leads.tables.consents,
    leads.tables.accesses,
    leads.tables.secrets,
    campaigns.tables.campaigns,
    campaigns.tables.queues,
    campaigns.tables.campaign_lists,
    campaigns.tables.campaign_leads,
    campaigns.tables.agents,
    campaigns.tables.attempts,
    campaigns.tables.claims,
    campaigns.tables.answers,
    campaigns.tables.rule_books,
    campaigns.tables.rule_sets,
    campaigns.desk_tables.agent_states,
    campaigns.desk_tables.skips,
    campaigns.desk_tables.trainings,
    campaigns.desk_tables.practice_talks,
    campaigns.desk_tables.supervisions,
    campaigns.desk_tables.script_versions,
    campaigns.desk_tables.drafts,
    campaigns.desk_tables.result_changes,
    campaigns.desk_tables.result_traces,
    campaigns.desk_tables.orders,
    campaigns.desk_tables.recordings,
    campaigns.desk_tables.tasks,
    campaigns.call_tables.pacings,
    campaigns.call_tables.amd_samples,
    campaigns.call_tables.inbound_contacts,
    dialer.tables.engines,
    dialer.tables.requests,
)
"""Every table, by name: an import that nothing uses is one that a linter takes away."""

REVISIONS: tuple[str, ...] = ("0001_v0.1.0",)
"""The migrations, oldest first: number, then the version of Ringbank that brought it."""

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK = 0x52494E47
"""The advisory lock under which a PostgreSQL base is changed; any constant would do."""


class SchemaOutdatedError(DatabaseError):
    """The base was made by an older Ringbank and has to be upgraded first."""


def open_base(url: str) -> Engine:
    """Return the engine of a base whose schema is current; an empty base gets the schema.

    Raises:
        UsageError: the URL is not one of a database that Ringbank works with.
        SchemaOutdatedError: an older Ringbank made the base.
        DatabaseError: a newer Ringbank or another program made it, or it cannot be used.
    """
    engine = connect(url)
    try:
        _make_current(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the base to the current schema; return the revision it had and the one it has.

    All or nothing, one process at a time: a second one waits and finds the work done.

    Raises:
        DatabaseError: a newer Ringbank or another program made the base, or it cannot be
            used.
    """
    with _changing(engine) as connection:
        before = _judged(engine, stored_revision(connection))
        if before != REVISIONS[-1]:
            _migrate(connection)
    return before, REVISIONS[-1]


def stored_revision(connection: Connection) -> str | None:
    """Return the revision of a base as it stands there, or None for an empty base.

    Raises:
        DatabaseError: another program keeps its tables there.
    """
    tables = inspect(connection).get_table_names()
    found = _read(connection) if "alembic_version" in tables else None
    if found is None and tables:
        raise DatabaseError(
            f"the database {place_of(connection.engine)} is not Ringbank's: it holds "
            f"{', '.join(sorted(tables)[:3])}; name an empty one in database.url"
        )
    return found


def made_by(revision: str) -> str | None:
    """Return the version of Ringbank that a revision came with, or None for another program's."""
    found = re.fullmatch(r"\d{4}_v(.+)", revision)
    return None if found is None else found[1]


def _make_current(engine: Engine) -> None:
    current = _judged(engine, _revision(engine))
    if current is None:
        upgrade(engine)
    elif current != REVISIONS[-1]:
        raise SchemaOutdatedError(
            f"the database {place_of(engine)} was made by an older Ringbank "
            f"(it has schema {current}, this is {REVISIONS[-1]}); run: ringbank db upgrade"
        )


def _revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        try:
            return _read(connection)
        except (OperationalError, ProgrammingError):
            return None  # no such table, most likely; `upgrade` looks closer


def _read(connection: Connection) -> str | None:
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _judged(engine: Engine, revision: str | None) -> str | None:
    """Return the revision, None for a base without any; refuse one from the future."""
    if revision is None or revision in REVISIONS:
        return revision
    newer = made_by(revision)
    if newer is None:
        raise DatabaseError(
            f"the database {place_of(engine)} is not Ringbank's: another program keeps its "
            f"schema {revision} there; name an empty one in database.url"
        )
    raise DatabaseError(
        f"this Ringbank is older than the database {place_of(engine)}; "
        f"install version {newer} or a newer one"
    )


@contextmanager
def _changing(engine: Engine) -> Iterator[Connection]:
    """Give a connection that alone may change the schema."""
    try:
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
    except DatabaseError as error:
        if not isinstance(error.__cause__, ProgrammingError):
            raise
        said = str(error.__cause__.orig).strip().splitlines()[0]
        raise DatabaseError(
            f"the schema of the database {place_of(engine)} cannot be changed ({said}); "
            "let its owner do it, or grant this user the right to create tables"
        ) from error


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
