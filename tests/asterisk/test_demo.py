"""The main job in one command: the demo, run as a user runs it."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from dialer.demo import REGISTRY
from dialer.lab.install import cache_folder, install
from dialer.lab.lab import TOWN, load_scenario
from tests.conftest import Run

README = Path(__file__).parents[2] / "README.md"
EXPECTED = {
    "listens": "connected",
    "presses": "connected",
    "machine": "connected",  # amd is off: nobody has told it from a person
    "hangs_up": "hung_up_early",
    "agent": "connected",
    "busy": "busy",
    "rings": "no_answer",
    "dead": "unallocated",
    "congested": "congestion",
}


@pytest.mark.timeout(240)
def test_the_demo_calls_everyone_and_agrees_with_the_network(
    run_ringbank: Run, tmp_path: Path
) -> None:
    install(lambda _: None)
    done = run_ringbank(
        "demo",
        "--json",
        environment={"RINGBANK_LAB_ROOT": str(cache_folder())},
        timeout_s=200,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["differences"] == []
    assert told["attempts"] == told["network_calls"] == sum(told["outcomes"].values())

    with (tmp_path / "demo-attempts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == told["attempts"]
    assert {row["clock"] for row in rows} == {"lab"}
    assert all(row["dialed_at"].startswith("2026-11-17T11:0") for row in rows)

    town = load_scenario(TOWN)
    calls: Counter[str] = Counter()
    for row in rows:
        calls[row["phone"]] += 1
        person = town.kind_of(row["phone"], calls[row["phone"]])
        assert row["outcome"] == EXPECTED[person.kind], row
    assert set(calls.values()) == {1, 2}, "busy ones are tried again, nobody else is"
    answered = sum(bool(row["answered_at"]) for row in rows)
    said = f"{len(rows)} attempts and the network's {len(rows)} call records ({answered} answered)"
    assert said in README.read_text(encoding="utf-8")
    registered = {line.split(",")[0] for line in REGISTRY.read_text().splitlines()[1:]}
    assert not calls.keys() & registered
    assert told["done_by"]["registry"] == len(registered)
