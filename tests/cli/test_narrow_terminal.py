"""Lists and the status on a real terminal of 80 columns: no line is longer, nothing is lost."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.conftest import CHECKOUT
from tests.terminal import Terminal

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def printed(office: Path, words: str, *, width: int = 80) -> list[str]:
    """Run a command on a terminal of its own; return the lines that it wrote."""
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(office),
        "LANG": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color",
    }  # fmt: skip
    command = [sys.executable, "-m", "cli", *words.split()]
    with Terminal(command, cwd=office, environment=environment, width=width) as terminal:
        assert terminal.ends() == 0
        terminal.screen()
        return [_CONTROL.sub("", line) for line in terminal.raw.decode().split("\r\n")]


@pytest.fixture
def full(office: Path, say: Say) -> Path:
    """Have agents, tasks and calls with everything that may be said of them."""
    skills = " ".join(f"--skill skill_{number}" for number in range(4))
    say(f"agents add maria-of-the-evening --role supervisor --role operator {skills}")
    say(f"agents add bo --phone PJSIP/bo-at-the-window --language nb --language pl {skills}")
    text = "the technician did not come, and nobody has told them why, for the second time now"
    say(f"tasks add --lead 1 --class technician --due 2d --owner bo --text '{text}'")
    say("tasks add --lead 2 --class complaint --text 'twice'")
    say("campaigns start tariff-switch")
    return office


@pytest.mark.parametrize("words", ["agents list", "tasks list", "recording list", "status"])
def test_no_line_is_longer_than_the_terminal(full: Path, words: str) -> None:
    lines = printed(full, words)
    assert max(map(len, lines)) <= 80, max(lines, key=len)


def test_a_row_that_does_not_fit_has_a_line_for_each_thing(full: Path) -> None:
    lines = printed(full, "tasks list")
    assert [line.split() for line in lines if line.startswith("task_id")] == [
        ["task_id", "1"], ["task_id", "2"]
    ]  # fmt: skip
    whole = " ".join(" ".join(lines).split())
    assert "the technician did not come, and nobody has told them why, for the second" in whole
    assert not [line for line in lines if line.startswith("done_at")], "it is empty"


def test_a_terminal_that_is_wide_enough_has_a_table(full: Path) -> None:
    (head,) = [line for line in printed(full, "tasks list", width=250) if "task_id" in line]
    assert "due_at" in head
    assert "text" in head
