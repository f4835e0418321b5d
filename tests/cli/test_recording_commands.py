"""Recordings and supervision on the command line, where nothing runs: what is said, what is left."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say

Facts = Callable[..., Any]


@pytest.fixture
def recorded(office: Path, facts: Facts, say: Say) -> int:
    """A person with a talk in a file; return their id. (By hand nothing is recorded: it is put there.)"""
    say("campaigns start tariff-switch")
    taken = facts("next --campaign tariff-switch --agent anna")
    say(f"result {taken['lease']} --disposition completed")
    with sqlite3.connect(office / "ringbank.db") as base:
        base.execute(
            "INSERT INTO recordings (attempt_id, file, began_at, pauses, bytes, delete_on)"
            " SELECT id, 'rb-1.wav', dialed_at, '[]', 160044, '2999-01-01' FROM attempts"
        )
    return taken["lead"]["id"]


def with_folder(office: Path) -> Path:
    folder = office / "recordings"
    folder.mkdir()
    (folder / "rb-1.wav").touch()
    config = office / "config.toml"
    text = config.read_text().replace(
        'username = "dialer"\n', f'username = "dialer"\nrecordings = "{folder}"\n'
    )
    config.write_text(text)
    return folder


def test_erasing_a_person_deletes_their_recordings_at_once(
    office: Path, recorded: int, facts: Facts
) -> None:
    folder = with_folder(office)
    assert facts("recording list")[0]["seconds"] == 10.0
    assert facts(f"leads erase {recorded} --yes")["recordings"] == 1
    assert [*folder.iterdir()] == []
    assert facts("recording list") == []


def test_erasing_says_plainly_where_the_recordings_cannot_be_reached(
    office: Path, recorded: int, say: Say
) -> None:
    said = say(f"leads erase {recorded} --yes", status=4).stderr
    assert "recordings are left" in said
    assert "name the folder as recordings" in said
    folder = with_folder(office)
    assert "deleted" in say("recording expire").stdout
    assert [*folder.iterdir()] == []


def test_supervision_needs_a_talk_a_role_and_an_engine(
    office: Path, facts: Facts, say: Say
) -> None:
    assert facts("supervise list") == []
    assert (
        "neither supervisor nor manager" in say("supervise listen anna --by anna", status=3).stderr
    )
    assert "there is no agent" in say("supervise listen anna --by nobody", status=2).stderr
    assert "has nobody" in say("agents help anna", status=3).stderr
    assert "there is no lease" in say("recording pause abc", status=2).stderr


def test_help_for_a_talk_by_hand_goes_with_its_result(office: Path, facts: Facts, say: Say) -> None:
    say("campaigns start tariff-switch")
    taken = facts("next --campaign tariff-switch --agent anna")
    assert facts("agents help anna --note 'what is PUK?'")["lease"] == taken["lease"]
    (seen,) = facts("supervise list")
    assert (seen["help"]["note"], seen["live"]) == ("what is PUK?", False)
    assert "wants a supervisor: what is PUK?" in say("status").stdout
    say(f"result {taken['lease']} --disposition completed")
    assert facts("status")["help"] == []
