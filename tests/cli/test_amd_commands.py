"""Machine detection on the command line: what its law is told of, what is listened to and judged."""

import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CAMPAIGN, Say
from tests.conftest import CHECKOUT
from tests.terminal import Terminal

Facts = Callable[..., Any]


@pytest.fixture
def sampled(office: Path, facts: Facts, say: Say) -> list[int]:
    """Two samples of calls that were taken for machines; return the attempts' ids."""
    say("campaigns start tariff-switch")
    for _ in range(2):
        lease = facts("next --campaign tariff-switch --agent anna")["lease"]
        say(f"result {lease} --disposition completed")
    with sqlite3.connect(office / "ringbank.db") as base:
        base.execute("UPDATE attempts SET amd = 'machine', outcome = 'machine'")
        base.execute(
            "INSERT INTO amd_samples (attempt_id, file) SELECT id, 'amd-' || id || '.wav' FROM attempts"
        )
        return [row[0] for row in base.execute("SELECT id FROM attempts ORDER BY id")]


def test_samples_are_listed_judged_and_reported(sampled: list[int], facts: Facts, say: Say) -> None:
    first, second = sampled
    listed = facts("amd review")
    assert [(one["attempt"], one["verdict"], one["judged"]) for one in listed] == [
        (first, "machine", None),
        (second, "machine", None),
    ]
    assert listed[0]["file"] == f"amd-{first}.wav"
    done = facts(f"amd review {first} --heard person")
    assert done == {"attempt": first, "verdict": "machine", "judged": "person"}
    assert [one["attempt"] for one in facts("amd review")] == [second]
    assert len(facts("amd review --all")) == 2
    assert facts("amd review --campaign tariff-switch")[0]["attempt"] == second
    (told,) = facts("amd report --campaign tariff-switch")
    assert (told["machine"], told["judged"], told["persons"], told["share"]) == (2, 1, 1, 1.0)
    assert told["high"] == told["assumed"] == 1.0
    assert 0.2 < told["low"] < 0.21
    assert facts("amd report") == [], "of campaigns that detect"


def test_what_cannot_be_judged_is_told(sampled: list[int], say: Say) -> None:
    assert (
        "person|machine|unsure, not 'fax'"
        in say(f"amd review {sampled[0]} --heard fax", status=2).stderr
    )
    assert "--heard person|machine|unsure" in say(f"amd review {sampled[0]}", status=2).stderr
    assert "ringbank amd review ATTEMPT" in say("amd review --heard person", status=2).stderr
    assert "has no sample" in say("amd review 999 --heard person", status=2).stderr
    assert "no campaign 'x'" in say("amd review --campaign x", status=2).stderr


def test_at_a_terminal_one_key_judges_and_the_verdict_is_not_told_before(
    office: Path, sampled: list[int], facts: Facts
) -> None:
    first, second = sampled
    surroundings = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(office),
        "LANG": "C.UTF-8", "TZ": "UTC", "TERM": "xterm",
    }  # fmt: skip
    words = [sys.executable, "-m", "cli", "amd", "review", "--player", "echo it plays"]
    with Terminal(words, cwd=office, environment=surroundings) as terminal:
        seen = terminal.shows(f"1 of 2: tariff-switch, amd-{first}.wav", "p person")
        assert f"it plays amd-{first}.wav" in seen
        assert "verdict" not in seen
        terminal.press("x", "a")
        terminal.wait(lambda screen: screen.count("it plays") == 2, "played again")
        terminal.press("p")
        terminal.shows(f"2 of 2: tariff-switch, amd-{second}.wav")
        terminal.press("q")
        assert terminal.ends() == 0
    judged = {one["attempt"]: one["judged"] for one in facts("amd review --all")}
    assert judged == {first: "person", second: None}


DETECTING = CAMPAIGN.replace('"manual"', '"progressive"').replace(
    "ring_s = 25", 'ring_s = 25\namd = "detect"\namd_when = "WHEN"'
)


@pytest.mark.parametrize(("when", "told"), [("before", True), ("joined", False)])
def test_create_update_and_start_say_where_an_agent_would_come_too_late(
    office: Path, say: Say, when: str, told: bool
) -> None:
    (office / "gb.csv").write_text("name,phone\nJo,+442079460001\n", encoding="utf-8")
    say("leads import gb.csv --list london")
    text = DETECTING.replace("WHEN", when).replace('"norway"', '"london"')
    (office / "gb.toml").write_text(text.replace('name = "tariff-switch"', 'name = "gb"'))
    for command in ("campaigns create gb.toml", "campaigns update gb.toml", "campaigns start gb"):
        done = say(command)
        assert ("gb.ofcom.guard" in done.stderr) is told, command
        assert "gb.ofcom" not in done.stdout
