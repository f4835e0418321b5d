"""A backup is whole while others write, and brings everything back or nothing."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text, update

from campaigns.model import Outcome
from campaigns.tables import attempts, campaign_leads, claims
from dialer import store
from dialer.backup import BackupError, BaseInUseError, Figures, back_up, restore
from dialer.backup_postgres import environment
from dialer.clock import Clock
from dialer.schema import REVISIONS, TABLES
from leads.db import connect, metadata, reading, writing
from leads.errors import DatabaseError
from leads.tables import leads
from tests.conftest import CHECKOUT
from tests.db.engines import sign_on
from tests.db.people import NOON, call, dial_next, import_people, phone, started
from tests.waiting import until

WRITER = """
import sys
from dialer.schema import open_base
from leads.db import reading
from campaigns import store
from campaigns.model import Outcome
from tests.db.people import call, take
base = open_base(sys.argv[1])
with reading(base) as connection:
    stored = store.load(connection, "spring")
print("begun", flush=True)
while True:
    call(base, stored, Outcome.FAILED)
    take(base, stored)
"""
"""Claims two people at a time and calls one of them, until it is ended."""


def save(base: Engine, file: Path) -> Figures:
    return back_up(base, file, on_progress=lambda *_: None)


def bring_back(base: Engine, file: Path, *, replace: bool = False) -> Figures:
    return restore(base, file, replace=replace, now=Clock().now(), on_progress=lambda *_: None)


def everything(base: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with reading(base) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in TABLES
        }


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = connect(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "saved.backup"


def fill(base: Engine, people: int = 5) -> None:
    """Some people, of whom the first was called, the second is being called."""
    import_people(base, [(f"Person {n}", phone(n)) for n in range(people)])
    stored = started(base)
    call(base, stored, Outcome.NO_ANSWER)
    dial_next(base, stored)


def test_what_is_restored_is_what_was_saved(base: Engine, empty: Engine, file: Path):
    fill(base)
    saved = save(base, file)
    assert (saved.people, saved.attempts, saved.suppressions) == (5, 2, 0)
    assert saved.last_attempt_at == NOON
    assert saved.revision == REVISIONS[-1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir() if "saved" in one.name] == [file.name]
    assert bring_back(empty, file) == saved
    before = everything(base)
    assert before["attempts"]
    assert everything(empty) == before


def test_a_backup_while_another_process_claims_and_calls(
    base_url: str, base: Engine, empty: Engine, file: Path
):
    import_people(base, [(f"Person {n}", phone(n)) for n in range(3000)])
    stored = started(base)

    def called() -> int:
        with reading(base) as connection:
            return int(connection.scalar(select(func.count()).select_from(attempts)) or 0)

    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, base_url], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "begun\n"
        until(lambda: called() > 3)
        before = called()
        saved = save(base, file)
        at_end = called()
        until(lambda: called() > at_end)  # nobody was kept from writing
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.communicate()
    assert before <= saved.attempts <= called()
    assert saved.people == 3000
    assert bring_back(empty, file) == saved
    with reading(empty) as connection:
        # Whoever is claimed and not yet called, as of the one moment: each claim has its person.
        held = connection.execute(
            select(claims.c.lead_id, attempts.c.id)
            .select_from(claims)
            .join(
                campaign_leads,
                (campaign_leads.c.campaign_id == claims.c.campaign_id)
                & (campaign_leads.c.lead_id == claims.c.lead_id),
            )
            .outerjoin(attempts, attempts.c.id == claims.c.attempt_id)
        ).all()
        assert len(held) == connection.scalar(select(func.count()).select_from(claims)) > 0
        open_attempts = connection.scalar(
            select(func.count()).select_from(attempts).where(attempts.c.ended_at.is_(None))
        )
        assert open_attempts == sum(1 for one in held if one.id is not None)
    assert stored.id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_step_of_the_copy_is_not_begun_again_by_writers(
    base: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
):
    """With a page a step, a writer between each two of them: the copy is of the first moment."""
    monkeypatch.setattr("dialer.backup_sqlite._PAGES", 1)
    fill(base)
    steps: list[int] = []

    def write(done: int, _: int) -> None:
        steps.append(done)
        with writing(base) as connection:
            connection.execute(update(leads).values(name=f"Step {len(steps)}"))

    saved = back_up(base, file, on_progress=write)
    assert steps == sorted(steps)
    assert len(steps) > 10
    assert saved.people == 5
    with closing(sqlite3.connect(file)) as copy:
        assert {name for (name,) in copy.execute("SELECT name FROM leads")} == {
            f"Person {n}" for n in range(5)
        }
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_long_import_is_not_in_the_way(base: Engine, file: Path):
    fill(base)
    with writing(base) as connection:
        connection.execute(update(leads).values(name="Half imported"))
        assert save(base, file).people == 5


def test_no_file_is_overwritten(base: Engine, file: Path):
    fill(base)
    file.write_text("last year's accounts")
    with pytest.raises(BackupError, match=r"is there already.* name another file"):
        save(base, file)
    assert file.read_text() == "last year's accounts"


def test_nor_one_that_came_meanwhile(base: Engine, file: Path):
    fill(base)

    def come(_: int, __: int) -> None:
        file.write_text("the other backup")

    with pytest.raises(BackupError, match="is there already"):
        back_up(base, file, on_progress=come)
    assert file.read_text() == "the other backup"
    assert not [one for one in file.parent.iterdir() if one.name.startswith(".saved")]


def test_a_disk_without_links_gets_the_file_as_well(
    base: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    fill(base)
    monkeypatch.setattr(os, "link", refuse)
    assert save(base, file).people == 5
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_told(base: Engine, tmp_path: Path):
    fill(base)
    with pytest.raises(BackupError, match=r"cannot be written .*check the folder"):
        save(base, tmp_path / "nowhere" / "saved")


def test_an_empty_database_has_nothing_to_save(empty: Engine, file: Path):
    with pytest.raises(DatabaseError, match="is empty"):
        save(empty, file)
    assert not file.exists()


def test_a_base_that_holds_data_is_replaced_only_when_that_is_said(base: Engine, file: Path):
    fill(base)
    saved = save(base, file)
    import_people(base, [("Late", phone(99))], "later")
    with pytest.raises(BaseInUseError, match=r"holds data.* add --replace") as refused:
        bring_back(base, file)
    assert refused.value.exit_status == 3
    with reading(base) as connection:
        assert connection.scalar(select(func.count()).select_from(leads)) == 6
    assert bring_back(base, file, replace=True) == saved
    with reading(base) as connection:
        assert connection.scalar(select(func.count()).select_from(leads)) == 5
    import_people(base, [("Next", phone(98))], "later")  # it is a base that can be worked with


def test_a_base_that_was_only_looked_at_needs_no_permission(
    base: Engine, empty: Engine, file: Path
):
    fill(empty_with_schema(empty))
    saved = save(empty, file)
    assert bring_back(base, file) == saved


def empty_with_schema(engine: Engine) -> Engine:
    from dialer.schema import upgrade

    upgrade(engine)
    return engine


@pytest.mark.parametrize(("age_s", "lives"), [(0, True), (8, True), (10, False), (60, False)])
def test_no_base_is_replaced_under_an_engine(base: Engine, file: Path, age_s: int, lives: bool):
    fill(base)
    saved = save(base, file)
    sign_on(base, now=Clock().now() - timedelta(seconds=age_s))
    if not lives:
        assert bring_back(base, file, replace=True) == saved
        return
    with pytest.raises(BaseInUseError, match=r"engine 'default' .*stop it first"):
        bring_back(base, file, replace=True)
    with reading(base) as connection:
        assert store.engine_row(connection, "default") is not None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_engine_that_starts_at_the_last_moment_keeps_its_base(
    base: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
):
    fill(base)
    save(base, file)
    sign_on(base, now=Clock().now())
    monkeypatch.setattr(
        "dialer.backup.refuse_in_use", lambda *_, **__: None
    )  # it was not there yet
    before = everything(base)
    with pytest.raises(BaseInUseError, match="engine 'default'"):
        bring_back(base, file, replace=True)
    assert everything(base) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_restore_waits_for_a_writer_and_not_for_ever(
    base: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dialer.backup_sqlite._PATIENCE_S", 0.2)
    fill(base)
    save(base, file)
    before = everything(base)
    with writing(base) as connection:
        connection.execute(update(leads).values(name="Changed"))
        with pytest.raises(DatabaseError, match="being written by another program"):
            bring_back(base, file, replace=True)
    assert everything(base) != before


def test_a_damaged_backup_is_refused_and_the_base_stays(base: Engine, file: Path):
    fill(base, people=400)
    save(base, file)
    before = everything(base)
    whole = file.read_bytes()
    half = len(whole) // 2
    for spoiled in (
        whole[:half],
        whole[:half] + b"\0" * 3000 + whole[half + 3000 :],
        b"",
        b"Hello",
    ):
        file.write_bytes(spoiled)
        with pytest.raises(BackupError):
            bring_back(base, file, replace=True)
        assert everything(base) == before


def test_a_backup_of_the_other_kind_of_database_is_told_so(base: Engine, file: Path):
    fill(base)
    other = b"PGDMP" if base.dialect.name == "sqlite" else b"SQLite format 3\0"
    file.write_bytes(other + b"\0" * 4000)
    with pytest.raises(BackupError, match=r"no backup of a .* set database\.url"):
        bring_back(base, file, replace=True)


@pytest.mark.parametrize(
    ("revision", "told"),
    [
        ("9999_v9.9.9", "made by a newer Ringbank; install version 9.9.9"),
        ("ae1027a6acf", "which is not Ringbank's"),
    ],
)
def test_a_backup_of_another_schema_is_refused(
    base: Engine, empty: Engine, file: Path, revision: str, told: str
):
    fill(base)
    with writing(base) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    if "v" not in revision:
        with pytest.raises(DatabaseError, match="not Ringbank's"):
            save(base, file)
        return
    save(base, file)
    with pytest.raises(BackupError, match=told):
        bring_back(empty, file)


def test_a_base_of_another_program_is_neither_saved_nor_replaced(
    base: Engine, empty: Engine, file: Path, tmp_path: Path
):
    fill(base)
    save(base, file)
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(DatabaseError, match="not Ringbank's: it holds invoices"):
        save(empty, tmp_path / "other")
    with pytest.raises(DatabaseError, match="not Ringbank's: it holds invoices"):
        bring_back(empty, file, replace=True)
    with reading(empty) as connection:
        assert connection.scalar(text("SELECT count(*) FROM invoices")) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_base_itself_is_no_backup(base: Engine):
    fill(base)
    with pytest.raises(BackupError, match="is the base itself"):
        bring_back(base, Path(str(base.url.database)), replace=True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_damaged_base_is_moved_out_of_the_way_first(base: Engine, file: Path, tmp_path: Path):
    fill(base, people=400)
    save(base, file)
    damaged = tmp_path / "damaged.db"
    content = file.read_bytes()
    damaged.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    engine = connect(f"sqlite:///{damaged}")
    with pytest.raises(DatabaseError, match="move the file out of"):
        bring_back(engine, file, replace=True)
    engine.dispose()
    damaged.unlink()
    fresh = connect(f"sqlite:///{damaged}")
    assert bring_back(fresh, file).people == 400
    fresh.dispose()


# PostgreSQL's own programs


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_missing_program_is_told_with_what_to_install(
    base: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
):
    fill(base)
    monkeypatch.setenv("PATH", str(file.parent))
    with pytest.raises(BackupError, match=r"pg_dump cannot be started.*postgresql-client"):
        save(base, file)
    assert not file.exists()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_password_is_among_the_words_of_a_program(
    base_url: str, base: Engine, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each program is replaced by one that notes its words and then does its work."""
    fill(base)
    for name in ("pg_dump", "pg_restore"):
        real = shutil.which(name)
        stub = tmp_path / name
        stub.write_text(f'#!/bin/sh\necho {name} "$@" >>{tmp_path}/words\nexec {real} "$@"\n')
        stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    guarded = connect(base_url.replace("ringbank@", "ringbank:s3cret%40@"))
    save(guarded, file)
    bring_back(guarded, file, replace=True)
    assert environment(guarded)["PGPASSWORD"] == "s3cret@"
    guarded.dispose()
    words = (tmp_path / "words").read_text()
    assert words.count("pg_dump") == 1
    assert words.count("pg_restore") >= 3
    assert "s3cret" not in words


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_refusal_shows_a_password_behind_the_question_mark(
    base_url: str, base: Engine, empty_url: str, file: Path
):
    fill(base)
    save(base, file)
    guarded, bare = (connect(f"{url}?password=s3cret") for url in (base_url, empty_url))
    for refuse in (lambda: save(bare, file.with_name("other")), lambda: bring_back(guarded, file)):
        with pytest.raises((DatabaseError, BaseInUseError), match=r"the database \S+ ") as refused:
            refuse()
        assert "s3cret" not in str(refused.value)
    guarded.dispose()
    bare.dispose()


def test_the_address_goes_to_the_programs_as_their_environment():
    url = (
        "postgresql+psycopg://anna:pass@db.example:6432/office"
        "?sslmode=verify-full&sslrootcert=/ca.pem&options=-c%20work_mem%3D1MB"
    )
    engine = connect(url)
    found = environment(engine)
    assert {
        "PGHOST": "db.example",
        "PGPORT": "6432",
        "PGUSER": "anna",
        "PGPASSWORD": "pass",
        "PGDATABASE": "office",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/ca.pem",
        "PGOPTIONS": "-c work_mem=1MB -c lock_timeout=30000",
        "LC_ALL": "C",
    }.items() <= found.items()
    assert "PGPASSWORD" not in environment(None) or "PGPASSWORD" in os.environ


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_restore_that_fails_half_way_changes_nothing_and_quotes_nobody(base: Engine, file: Path):
    fill(base)
    save(base, file)
    with writing(base) as connection:
        # Something of another's that hangs on a table: it cannot be dropped.
        connection.execute(text("CREATE VIEW report AS SELECT name FROM leads"))
    before = everything(base)
    with pytest.raises(BackupError, match=r"pg_restore failed .*nothing was changed") as failed:
        bring_back(base, file, replace=True)
    assert "Person" not in str(failed.value)
    assert everything(base) == before


def test_every_table_is_in_the_comparison():
    assert {one.name for one in TABLES} == {*metadata.tables}
