"""An office as its people find it: configuration, one list, one manual campaign, one agent."""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT, Run

LEADS = """Kundenr;Navn;Tlf;By
17;Åse Lunde;22 44 82 01;Oslo
18;Per Lunde;22 44 82 02;Oslo
"""

CAMPAIGN = """name = "tariff-switch"
lists = ["norway"]
mode = "manual"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "political"

[dialing]
ring_s = 25

[retry]
no_answer = { after = "4h", max = 4 }

[script]
file = "tariff-switch.md"

[[questions]]
key = "provider"
text = "Who is your provider today?"
type = "choice"
choices = ["Telia", "Telenor", "other"]

[[refusal_reasons]]
code = "price"
"""

Say = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs a command line as it is typed, and checks its exit status: `say("...", status=2)`."""


@pytest.fixture(scope="session")
def opened_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of an office, to be copied: made by the commands themselves."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copy(CHECKOUT / "config.toml", folder)
    (folder / "leads.csv").write_text(LEADS, encoding="utf-8")
    (folder / "tariff-switch.toml").write_text(CAMPAIGN, encoding="utf-8")
    (folder / "tariff-switch.md").write_text("Good evening!\n", encoding="utf-8")
    for words in (
        "leads import leads.csv --list norway",
        "campaigns create tariff-switch.toml",
        "agents add anna --phone PJSIP/anna",
    ):
        subprocess.run(
            [sys.executable, "-m", "cli", *words.split()],
            cwd=folder, env={"PYTHONPATH": str(CHECKOUT), "HOME": str(folder)}, check=True,
        )  # fmt: skip
    return folder


@pytest.fixture
def office(opened_office: Path, tmp_path: Path) -> Path:
    """Give an office of the test's own: the folder in which commands run."""
    shutil.copytree(opened_office, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def say(run_ringbank: Run) -> Say:
    """Give a function that runs a typed command line and checks its exit status."""

    def run(line: str, *, status: int = 0, **more: Any) -> "subprocess.CompletedProcess[str]":
        done = run_ringbank(*shlex.split(line), **more)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == status, (done.stdout, done.stderr)
        return done

    return run


@pytest.fixture
def facts(say: Say) -> Callable[..., Any]:
    """Give a function that runs a command line with --json and returns the one document."""

    def run(line: str, *, status: int = 0) -> Any:
        return json.loads(say(f"{line} --json", status=status).stdout)

    return run
