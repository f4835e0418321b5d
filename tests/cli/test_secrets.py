"""Passwords and tokens: shown once where they are made, and nowhere else."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from campaigns.tokens import hash_of
from tests.cli.conftest import Say
from tests.conftest import CHECKOUT
from tests.docs.commands import all_commands
from tests.waiting import until

AMI = "hush-of-the-manager"
SHOWING = (
    "agents list", "agents show anna", "status", "doctor", "leads show 1", "leads access 1", "lists list",
    "campaigns show tariff-switch", "campaigns list", "rules show", "export attempts --output -",
    "export leads --output -", "export suppression --output -", "leads export-person 1", "scripts list",
    "asterisk config --output fragments",
)  # fmt: skip


def test_no_option_of_any_command_takes_a_secret() -> None:
    """Whoever is on the machine reads the words of every process."""
    words = [word for one in all_commands() for word in one.command.params]
    assert len(words) > 200
    taken = [word.name for word in words if any(part in str(word.name) for part in ("secret", "password", "token"))]  # fmt: skip
    assert taken == []


def test_nothing_that_is_shown_or_exported_holds_a_secret(office: Path, say: Say) -> None:
    token = json.loads(say("--json agents token anna").stdout)["token"]
    hashed = hash_of(token)
    assert hashed
    said = all_said([*SHOWING, *(f"--json {line}" for line in SHOWING if "--output -" not in line)], office,
                    RINGBANK_ASTERISK_SECRET=AMI, RINGBANK_AGENT_TOKEN=token)  # fmt: skip
    assert "Traceback" not in said
    assert said.count("Lunde") > 3, "people were shown"
    assert [one for one in (AMI, token, hashed) if one in said] == []
    with sqlite3.connect(office / "ringbank.db") as base:
        assert not [line for line in base.iterdump() if AMI in line or token in line]


def all_said(lines: list[str], folder: Path, **environment: str) -> str:
    """Give several commands in one process, as half a second is gone with each; return all they say."""
    program = (
        "import json, sys; from cli import invoke; [invoke(one) for one in json.loads(sys.argv[1])]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps([line.split() for line in lines])],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(folder), **environment},
        encoding="utf-8", check=False,
    )  # fmt: skip
    return done.stdout


def test_the_list_of_processes_and_what_an_engine_says_hold_no_secret(office: Path) -> None:
    engine: Any = subprocess.Popen(
        [sys.executable, "-m", "cli", "run"],
        cwd=office, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(office),
             "RINGBANK_ASTERISK_SECRET": AMI},
    )  # fmt: skip
    shown = Path(f"/proc/{engine.pid}/cmdline")
    until(lambda: b"run" in shown.read_bytes())
    words = shown.read_bytes()
    said, _ = engine.communicate(timeout=30)
    assert AMI.encode() not in words
    assert b"asterisk" in said.lower()
    assert AMI.encode() not in said
