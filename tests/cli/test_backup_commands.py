"""The base saved and brought back by commands: figures, sentences, and who may."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say
from tests.cli.test_access_commands import ask_for_tokens

Facts = Callable[..., Any]


def test_a_base_is_saved_lost_and_brought_back(office: Path, say: Say, facts: Facts) -> None:
    before = facts("leads count")
    saved = facts("db backup saved.backup")
    assert saved == {
        "file": "saved.backup",
        "bytes": (office / "saved.backup").stat().st_size,
        "schema": "0001_v0.1.0",
        "people": 2,
        "attempts": 0,
        "suppressions": 0,
        "last_attempt_at": None,
    }
    assert stat.S_IMODE((office / "saved.backup").stat().st_mode) == 0o600
    for name in ("ringbank.db", "ringbank.db-wal", "ringbank.db-shm"):
        (office / name).unlink(missing_ok=True)
    done = say("db restore saved.backup")
    assert "people" in done.stdout
    assert "docs/operations.md" in done.stderr
    assert facts("leads count") == before
    assert stat.S_IMODE((office / "ringbank.db").stat().st_mode) == 0o600


def test_what_would_be_lost_is_asked_for(office: Path, say: Say, facts: Facts) -> None:
    say("db backup saved.backup")
    say("dnc add +4722448201 --reason asked")
    refused = say("db restore saved.backup", status=3)
    assert refused.stdout == ""
    assert refused.stderr.startswith("ringbank: the database sqlite:///ringbank.db holds data")
    assert refused.stderr.count("\n") == 1
    assert facts("db restore saved.backup --replace")["suppressions"] == 0
    assert "is there already" in say("db backup saved.backup", status=1).stderr


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        ("db backup nowhere/saved", 1, "nowhere/saved cannot be written"),
        ("db restore missing.backup", 1, "missing.backup cannot be read"),
        ("db restore leads.csv", 1, "leads.csv is no backup of a SQLite base"),
        ("db restore ringbank.db --replace", 1, "ringbank.db is the base itself"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    office: Path, say: Say, line: str, status: int, told: str
) -> None:
    done = say(line, status=status)
    assert done.stderr.startswith(f"ringbank: {told}")
    assert done.stderr.count("\n") == 1


def test_an_address_that_is_none_is_told_as_everywhere(office: Path, say: Say) -> None:
    config = office / "config.toml"
    config.write_text('[database]\nurl = "postgresql+psycopg://user:secret@host:port/base"\n')
    told = say("db backup saved.backup", status=2).stderr
    assert told.startswith("ringbank: database.url is not a database address")
    assert "secret" not in told


def test_where_there_is_no_base_none_is_made(office: Path, say: Say) -> None:
    (office / "ringbank.db").unlink()
    assert "there is no base at ringbank.db" in say("db backup saved.backup", status=2).stderr
    assert not (office / "ringbank.db").exists()


def test_a_new_machine_that_asks_for_tokens_gets_its_managers_from_the_backup(
    office: Path, say: Say
) -> None:
    given = json.loads(say("agents add max --role manager --json").stdout)["token"]
    say("db backup saved.backup")
    ask_for_tokens(office)
    refused = say("db backup another.backup", status=3)
    assert "asks who you are" in refused.stderr
    for name in ("ringbank.db", "ringbank.db-wal", "ringbank.db-shm"):
        (office / name).unlink(missing_ok=True)
    assert "no manager has a token yet" in say("db restore saved.backup").stderr
    assert say("db restore saved.backup --replace", status=3).stdout == ""
    say("db restore saved.backup --replace", environment={"RINGBANK_AGENT_TOKEN": given})
