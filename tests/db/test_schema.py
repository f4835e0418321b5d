"""The base has the schema that the tables declare, keeps its promises, and is opened safely."""

import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Engine,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    event,
    insert,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from campaigns.model import Outcome
from campaigns.tables import attempts, campaigns, claims
from dialer.schema import (
    MIGRATIONS,
    REVISIONS,
    TABLES,
    SchemaOutdatedError,
    open_base,
    upgrade,
)
from leads.db import connect, metadata, reading, writing
from leads.errors import DatabaseError
from leads.tables import imports, leads, lists, numbers
from tests.conftest import CHECKOUT
from tests.db.shapes import declared, shape

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


# What the schema is


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = connect(empty_url)
    yield engine
    engine.dispose()


def test_every_declared_table_is_named_in_the_schema():
    assert set(TABLES) == set(metadata.tables.values())


def test_every_migration_is_known_and_the_last_one_is_the_head():
    script = ScriptDirectory(str(MIGRATIONS))
    assert [found.revision for found in reversed([*script.walk_revisions()])] == [*REVISIONS]


def test_migrated_base_has_the_declared_shape(base: Engine, empty: Engine):
    with reading(base) as connection:
        migrated = shape(connection)
    with writing(empty) as connection:
        assert migrated == declared(connection, metadata)


def _copy() -> MetaData:
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in TABLES:
        table.to_metadata(copy)
    return copy


def _lose_check(tables: dict[str, Table]) -> None:
    table = tables["attempts"]
    table.constraints -= {
        part
        for part in table.constraints
        if isinstance(part, CheckConstraint) and "ended_at" in str(part.sqltext)
    }


def _change_check(tables: dict[str, Table]) -> None:
    _lose_check(tables)
    tables["attempts"].append_constraint(
        CheckConstraint("(ended_at IS NULL) = (answered_at IS NULL)", name="end_has_outcome")
    )


def _index(table: Table, name: str) -> Index:
    return next(index for index in table.indexes if index.name == name)


def _lose_predicate(tables: dict[str, Table]) -> None:
    table = tables["campaign_leads"]
    table.indexes.remove(_index(table, "ix_campaign_leads_unplaced"))
    Index("ix_campaign_leads_unplaced", *(table.c[n] for n in ("campaign_id", "id")))


def _lose_uniqueness_of_an_index(tables: dict[str, Table]) -> None:
    _index(tables["attempts"], "uq_attempts_open_lead_id").unique = False


def _lose_unique_constraint(tables: dict[str, Table]) -> None:
    table = tables["campaign_leads"]
    table.constraints -= {part for part in table.constraints if isinstance(part, UniqueConstraint)}


def _lose_column(tables: dict[str, Table]) -> None:
    table = tables["attempts"]
    table._columns.remove(table.c.note)


def _lose_foreign_key(tables: dict[str, Table]) -> None:
    table = tables["answers"]
    table.constraints -= {
        part for part in table.foreign_key_constraints if part.column_keys == ["lead_id"]
    }


def _allow_null(tables: dict[str, Table]) -> None:
    tables["attempts"].c.rule_set.nullable = True


def _lose_default(tables: dict[str, Table]) -> None:
    tables["agents"].c.active.server_default = None


def _change_type(tables: dict[str, Table]) -> None:
    tables["attempts"].c.ring_s.type = attempts.c.attempt_no.type


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (_lose_check, "attempts: check ck_attempts_end_has_outcome"),
        (_change_check, "attempts: check ck_attempts_end_has_outcome"),
        (_lose_predicate, "campaign_leads: index ix_campaign_leads_unplaced"),
        (_lose_uniqueness_of_an_index, "attempts: index uq_attempts_open_lead_id"),
        (_lose_unique_constraint, "campaign_leads: unique uq_campaign_leads_campaign_id_lead_id"),
        (_lose_column, "attempts: column note"),
        (_lose_foreign_key, "answers: foreign key fk_answers_lead_id_leads"),
        (_allow_null, "attempts: column rule_set"),
        (_lose_default, "agents: column active"),
        (_change_type, "attempts: column ring_s"),
    ],
)
def test_the_comparison_notices(
    spoil: Callable[[dict[str, Table]], None], where: str, base: Engine, empty: Engine
):
    other = _copy()
    spoil(dict(other.tables))
    with reading(base) as connection:
        migrated = shape(connection)
    with writing(empty) as connection:
        spoiled = declared(connection, other)
    differing = {part for part in {*migrated, *spoiled} if migrated.get(part) != spoiled.get(part)}
    # A unique constraint is an index too on PostgreSQL.
    assert {part for part in differing if ": index uq_campaign_leads" not in part} == {where}


def test_the_comparison_notices_nothing_where_nothing_is_changed(base: Engine, empty: Engine):
    with reading(base) as connection, writing(empty) as other:
        assert shape(connection) == declared(other, _copy())


# What a base promises


def test_sqlite_file_is_private_and_journalled_and_keeps_its_references(tmp_path: Path):
    file = tmp_path / "ringbank.db"
    engine = open_base(f"sqlite:///{file}")
    try:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with reading(engine) as connection:
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
            assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
            assert stat.S_IMODE(Path(f"{file}-wal").stat().st_mode) == 0o600
    finally:
        engine.dispose()


def _stock(connection: Connection) -> None:
    """Two leads (1, 2), two numbers (1, 2), one list and one campaign (1)."""
    connection.execute(
        insert(lists), {"id": 1, "name": "base", "state": "active", "created_at": NOON}
    )
    connection.execute(
        insert(imports),
        {
            "id": 1,
            "list_id": 1,
            "file": "a.csv",
            "encoding": "utf-8",
            "mapping": {},
            "attributes": [],
        }
        | {"started_at": NOON, "read": 2, "imported": 2, "joined": 0, "rejected": 0},
    )
    for number in (1, 2):
        connection.execute(insert(leads), {"id": number, "attributes": {}, "import_id": 1})
        connection.execute(insert(numbers), {"id": number, "kind": "fixed", "zones": []})
    connection.execute(
        insert(campaigns),
        {"id": 1, "name": "spring", "state": "running", "definition": ""}
        | {"created_at": NOON, "updated_at": NOON},
    )


def _attempt(**changes: Any) -> dict[str, Any]:
    values = {"channel_id": "a", "campaign_id": 1, "list_id": 1, "lead_id": 1, "number_id": 1}
    values |= {"phone": "+4721000001", "clock": "real", "mode": "progressive", "trunk": "main"}
    values |= {"caller_id": "+4721000000", "attempt_no": 1, "rule_set": "none", "dialed_at": NOON}
    values |= {"seller": "Example Telecom AS", "decision": {}}
    return values | changes


def _claim(**changes: Any) -> dict[str, Any]:
    values = {"lease": "a", "campaign_id": 1, "lead_id": 1, "number_id": 1, "created_at": NOON}
    values |= {"rule_set": "none", "decision": {}}
    return values | changes


ENDED = {"ended_at": NOON, "outcome": Outcome.BUSY.value}


@pytest.fixture
def stocked(base: Engine) -> Engine:
    with writing(base) as connection:
        _stock(connection)
    return base


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_attempt(), _attempt(channel_id="b", number_id=2)),
        (_attempt(), _attempt(channel_id="b", lead_id=2)),
        (_attempt(**ENDED), _attempt(**ENDED)),
    ],
    ids=["one lead in two open attempts", "one number in two open attempts", "one channel twice"],
)
def test_refuses_second_attempt(stocked: Engine, first: dict[str, Any], second: dict[str, Any]):
    with writing(stocked) as connection:
        connection.execute(insert(attempts), first)
    with pytest.raises(IntegrityError), writing(stocked) as connection:
        connection.execute(insert(attempts), second)


def test_a_lead_is_dialled_again_once_its_attempt_has_ended(stocked: Engine):
    with writing(stocked) as connection:
        connection.execute(insert(attempts), _attempt(**ENDED))
        connection.execute(insert(attempts), _attempt(channel_id="b"))
        connection.execute(insert(attempts), _attempt(channel_id="c", lead_id=2, number_id=2))


@pytest.mark.parametrize(
    "wrong",
    [
        {"ended_at": NOON},
        {"outcome": "busy"},
        {"ended_at": NOON, "outcome": "sold"},
        {"clock": "sundial"},
        {"lead_id": 99},
    ],
)
def test_refuses_attempt_that_makes_no_sense(stocked: Engine, wrong: dict[str, Any]):
    with pytest.raises(IntegrityError), writing(stocked) as connection:
        connection.execute(insert(attempts), _attempt(**wrong))


@pytest.mark.parametrize(
    "second", [_claim(lease="b", number_id=2), _claim(lease="b", lead_id=2)], ids=["lead", "number"]
)
def test_refuses_second_claim(stocked: Engine, second: dict[str, Any]):
    with writing(stocked) as connection:
        connection.execute(insert(claims), _claim())
    with pytest.raises(IntegrityError), writing(stocked) as connection:
        connection.execute(insert(claims), second)


def test_refuses_import_that_loses_a_row(stocked: Engine):
    with pytest.raises(IntegrityError), writing(stocked) as connection:
        connection.execute(update(imports).values(rejected=1))


# How a base is opened


def _set_revision(url: str, revision: str) -> None:
    engine = connect(url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    engine.dispose()


def test_opening_a_current_base_costs_one_select(base_url: str):
    statements: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        open_base(base_url).dispose()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert [s for s in statements if s.startswith("SELECT")] == [
        "SELECT version_num FROM alembic_version"
    ]


def test_opening_a_current_base_leaves_alembic_alone(base_url: str):
    code = (
        "import sys; from dialer.schema import open_base; "
        f"open_base({base_url!r}).dispose(); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=True)


def test_an_empty_base_gets_the_schema_and_keeps_it(empty_url: str):
    open_base(empty_url).dispose()
    engine = open_base(empty_url)
    try:
        assert upgrade(engine) == (REVISIONS[-1], REVISIONS[-1])
    finally:
        engine.dispose()


def test_upgrading_an_empty_base_tells_that_it_had_nothing(empty: Engine):
    assert upgrade(empty) == (None, REVISIONS[-1])


def test_an_older_base_is_left_alone_and_named(base_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dialer.schema.REVISIONS", (*REVISIONS, "9999_v9.9.9"))
    with pytest.raises(SchemaOutdatedError, match=r"run: ringbank db upgrade$"):
        open_base(base_url)


def test_a_newer_base_names_the_version_that_made_it(base_url: str):
    _set_revision(base_url, "0099_v3.2.1")
    with pytest.raises(DatabaseError, match=r"older than the database.* install version 3\.2\.1"):
        open_base(base_url)


def test_a_base_of_another_program_is_refused(empty: Engine, empty_url: str):
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(DatabaseError, match="not Ringbank's: it holds invoices"):
        open_base(empty_url)
    with reading(empty) as connection:
        assert list(shape(connection)) == ["invoices: column id", "invoices: primary key None"]


def test_a_base_of_another_program_that_migrates_likewise_is_refused(base_url: str):
    _set_revision(base_url, "ae1027a6acf")
    with pytest.raises(DatabaseError, match="not Ringbank's: another program"):
        open_base(base_url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(DatabaseError, match=r"letter\.db|SQLite"):
        open_base(f"sqlite:///{tmp_path}/letter.db")


def test_a_user_who_may_not_create_tables_is_told_so(postgres: Any):
    url = postgres.create("guarded")
    engine = connect(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE ROLE guest LOGIN"))
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    engine.dispose()
    with pytest.raises(DatabaseError, match="the right to create tables"):
        open_base(url.replace("ringbank@", "guest@"))


def test_processes_that_open_a_new_base_at_once_all_succeed(empty_url: str):
    code = (
        "import sys; from dialer.schema import open_base; print('ready', flush=True); "
        f"sys.stdin.readline(); open_base({empty_url!r}).dispose()"
    )
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=CHECKOUT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    for one in crowd:
        assert one.stdout.readline() == "ready\n"
    for one in crowd:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate(timeout=30)[1] for one in crowd]
    assert [one.returncode for one in crowd] == [0] * 4, said
