"""What docs/operations.md names is there, and its scripts save and bring back a base."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dialer.idle import Ground
from dialer.metrics_server import written
from dialer.onlooker import Onlooker
from dialer.progress import Progress
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
MODULES = [*(CHECKOUT / "dialer").glob("*.py")]


def kinds() -> dict[str, str]:
    """Return what is served, by name: gauge, counter or histogram."""
    onlooker = Onlooker()
    onlooker.progress(Progress())
    return dict(re.findall(r"^# TYPE (\S+) (\w+)$", written(onlooker, "default"), re.MULTILINE))


def table(heading: str) -> list[str]:
    """Return the first cells of a table, by the words of its first heading."""
    found = re.search(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert found is not None
    return re.findall(r"^\| (.*?) \|", found[1], re.MULTILINE)


def quoted(cells: list[str]) -> list[str]:
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_metric_is_told_and_no_other() -> None:
    assert quoted(table("metric")) == [*kinds()]


def test_the_alerts_ask_for_metrics_that_there_are() -> None:
    asked = {*re.findall(r"ringbank_\w+", "".join(blocks("yaml")))}
    there = {*kinds()} | {
        f"{name}{ending}"
        for name, kind in kinds().items()
        if kind == "histogram"
        for ending in ("_bucket", "_count", "_sum")
    }
    assert len(asked) > 4
    assert asked <= there


def test_every_reason_is_told() -> None:
    never_a_fault = {Ground.NOT_STARTED, Ground.NO_LEAD, Ground.DONE, Ground.BY_HAND}
    over_http = {"base", "starting", "engine_silent"}
    assert {*quoted(table("reason"))} == {*Ground} - never_a_fault | over_http


def test_every_event_is_told() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in MODULES)
    logged = {*re.findall(r'"event": "(\w+)"', code)} | {*re.findall(r'_tell\(\s*"(\w+)"', code)}
    by_state = {"campaign_started", "campaign_paused", "campaign_stopped", "note"}
    assert len(logged) > 7
    assert {*quoted(table("event"))} == logged | by_state


def test_the_lines_of_the_log_are_json() -> None:
    (sample,) = blocks("json")
    lines = [json.loads(line) for line in sample.splitlines()]
    assert [line["event"] for line in lines] == ["call_placed", "call_answered", "call_ended"]


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """Give the surroundings of the scripts: an office, `ringbank` on the path, a folder."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "backups").mkdir()
    command = tmp_path / "bin" / "ringbank"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n')
    command.chmod(0o755)
    (tmp_path / "config.toml").write_text('[database]\nurl = "sqlite:///ringbank.db"\n')
    (tmp_path / "leads.csv").write_text("Navn;Tlf\nÅse Lunde;+4722448201\nPer;+4722448202\n")
    return {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        "HOME": str(tmp_path),
        "TZ": "UTC",
    }


def play(script: str, folder: Path, environment: dict[str, str], *, status: int = 0) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", script.replace("/var/backups/ringbank", f"{folder}/backups")],
        cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == status, done
    return done.stdout


def test_the_backup_and_the_drill_can_be_played(tmp_path: Path, machine: dict[str, str]) -> None:
    backup, drill = blocks("sh")
    play("ringbank leads import leads.csv --list norway --region NO", tmp_path, machine)
    old = tmp_path / "backups" / "ringbank-2026-01-01T000000Z.backup"
    kept = tmp_path / "backups" / "another.backup"
    for file in (old, kept):
        file.write_text("")
        os.utime(file, (0, 0))
    play(backup, tmp_path, machine)
    assert not old.exists()
    assert kept.exists()
    (saved,) = (tmp_path / "backups").glob("ringbank-*.backup")
    assert saved.stat().st_mode & 0o777 == 0o600
    assert play(drill, tmp_path, machine) == f"{saved} can be restored\n"

    figures = saved.with_name(f"{saved.name}.figures")
    told = figures.read_text()
    assert re.search(r"^people +2$", told, re.MULTILINE)
    figures.write_text(re.sub(r"^(people +)2$", r"\g<1>3", told, flags=re.MULTILINE))
    differing = play(drill, tmp_path, machine, status=1)
    assert [line.split() for line in differing.splitlines()[1:]] == [
        ["<", "people", "3"],
        ["---"],
        [">", "people", "2"],
    ]
