"""``ringbank simulate`` as it is typed: its tables and files, and what it refuses."""

import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from campaigns.model import Role
from campaigns.roles import may
from dialer.simulation.scenario import EXAMPLE
from tests.cli.conftest import Say

FLOOR = """
runs = 2
[[shifts]]
agents = 3
hours = [["09:00", "10:30"]]
[answers]
person = 0.4
[seconds]
talk = 60
[list]
leads = 60
"""


@pytest.fixture
def floor(tmp_path: Path) -> Path:
    """A small scenario in the folder in which commands run."""
    file = tmp_path / "floor.toml"
    file.write_text(FLOOR, encoding="utf-8")
    return file


def test_a_scenario_is_told_in_tables_and_on_stdout_alone(floor: Path, say: Say) -> None:
    floor.write_text(FLOOR.replace("leads = 60", "leads = 340"))
    done = say("simulate floor.toml")
    lines = done.stdout.splitlines()
    assert lines[0].split("\t") == ["figure", "mean", "lowest", "highest"]
    hours = lines[lines.index("") + 1 :]
    assert hours[0].split("\t") == ["hour", "agents", "talking", "calls", "answers", "abandoned"]
    assert [line.partition("\t")[0] for line in hours[1:]] == ["09:00", "10:00"]
    assert sum(float(line.split("\t")[3]) for line in hours[1:]) == 340
    assert re.search(r"list done at\t10:\d\d\t10:\d\d\t10:\d\d", done.stdout)
    assert "floor: predictive, at most 3 % abandoned; 2 runs of a day, seed 1" in done.stderr
    assert all(len(line.expandtabs(4)) <= 80 for line in lines)


def test_json_is_one_document_with_the_spread_over_the_runs(floor: Path, facts: Any) -> None:
    found = facts("simulate floor.toml --mode progressive --seed 7")
    assert (found["mode"], found["pacer"], found["runs"], found["seed"]) == (
        "progressive", "Progressive", 2, 7,
    )  # fmt: skip
    assert found["assumed"] == []
    figures = found["figures"]
    assert figures["calls"] == {"mean": 60, "low": 60, "high": 60}
    assert 0.3 < figures["utilisation"]["low"] <= figures["utilisation"]["high"] <= 1
    assert figures["lines"]["high"] <= 3
    assert found["list_done_in_runs"] == 2
    assert facts("simulate floor.toml --mode progressive --seed 7") == found
    assert facts("simulate floor.toml --mode progressive --seed 8") != found
    ratio = facts("simulate floor.toml --mode ratio")
    assert ratio["figures"]["lines"]["high"] > 3


def test_the_staffing_table_has_a_row_for_each_value(floor: Path, say: Say, facts: Any) -> None:
    found = facts("simulate floor.toml --vary agents=2..6:2")
    assert found["vary"] == "agents"
    assert [row["agents"] for row in found["rows"]] == [2, 4, 6]
    done_s = [row["figures"]["exhausted_s"]["mean"] for row in found["rows"]]
    assert done_s == sorted(done_s, reverse=True)
    told = say("simulate floor.toml --vary agents=2..6:2").stdout.splitlines()
    assert told[0].split("\t") == [
        "agents", "busy %", "talk min", "wait s", "aband. %", "worst %", "calls/h", "lines",
        "list done",
    ]  # fmt: skip
    assert [line.partition("\t")[0] for line in told[1:]] == ["2", "4", "6"]


def test_a_picture_is_drawn_of_the_day_and_of_what_is_varied(floor: Path, say: Say) -> None:
    for words, texts in (
        ("", ["floor", "agents", "calls", "09"]),
        ("--vary lines=2,4", ["floor", "2", "4", "wait between two calls, s"]),
    ):
        say(f"simulate floor.toml {words} --picture floor.svg")
        root = ET.parse(floor.with_name("floor.svg")).getroot()
        written = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
        assert [text for text in texts if text not in written] == []
    say("simulate floor.toml --picture x.png", status=2)


def test_the_example_is_a_file_that_works_and_what_is_tried_without_one(
    tmp_path: Path, say: Say, facts: Any
) -> None:
    printed = say("simulate --example").stdout
    assert printed == EXAMPLE.read_text(encoding="utf-8")
    assert facts("simulate --example")["scenario"] + "\n" == printed
    short = printed.replace('["11:00", "15:00"], ', "").replace('17:00"]', '13:00"]')
    (tmp_path / "mine.toml").write_text(short, encoding="utf-8")
    assert facts("simulate mine.toml --runs 1")["runs"] == 1
    done = say("simulate --runs 1")
    assert "no scenario is named" in done.stderr
    assert "agents busy" in done.stdout


def test_every_fault_of_a_scenario_is_told_at_once(floor: Path, say: Say) -> None:
    floor.write_text(FLOOR.replace("agents = 3", "agent = 3").replace("talk = 60", "talk = -1"))
    told = say("simulate floor.toml", status=2).stderr
    assert "shifts[1].agents: is missing" in told
    assert "shifts[1].agent: unknown key; the nearest known one is 'agents'" in told
    assert "seconds.talk: must be from 0 to 21600, not -1" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("simulate nothing.toml", "ringbank simulate --example > nothing.toml"),
        ("simulate floor.toml --vary agent=1..3", "the nearest that can is 'agents'"),
        ("simulate floor.toml --mode predictve", "must be one of predictive, progressive, ratio"),
        ("simulate floor.toml --runs 0", "runs: must be from 1 to 100, not 0"),
        ("simulate floor.toml --runs 101", "runs: must be from 1 to 100"),
        ("simulate floor.toml --seed -1", "seed: must be from 0"),
        ("simulate floor.toml --picture x.png", "write: --picture x.svg"),
        ("simulate floor.toml --picture no/x.svg", "there is no folder no"),
        ("simulate floor.toml --write floor.toml", "floor.toml is there already"),
        ("simulate floor.toml --from-campaign tarif", "config"),
        ("simulate floor.toml --vary ratio=1..2", "add --mode ratio"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    floor: Path, say: Say, words: str, why: str
) -> None:
    del floor
    done = say(words, status=2)
    assert why in done.stderr
    assert done.stdout == ""


def test_a_campaigns_floor_is_taken_from_its_ledger_and_a_file_goes_before(
    office: Path, say: Say, facts: Any
) -> None:
    (office / "more.toml").write_text(
        'mode = "progressive"\nruns = 1\n[[shifts]]\nagents = 2\nhours = [["10:00", "11:00"]]\n'
    )
    done = say("simulate more.toml --from-campaign tariff-switch --write tried.toml")
    assert "nearly everything: tariff-switch placed no call in the last 28 days" in done.stderr
    assert "progressive: one call for each free agent" in done.stderr
    text = (office / "tried.toml").read_text(encoding="utf-8")
    assert text.startswith("# From the ledger of the campaign tariff-switch.\n# Assumed: nearly")
    tried = tomllib.loads(text)
    assert tried["shifts"] == [{"agents": 2, "hours": [["10:00", "11:00"]]}]
    assert (tried["trunk"]["lines"], tried["mode"]) == (30, "progressive")
    assert (tried["list"], tried["seconds"]["no_answer"]) == (
        {"tries": 5, "again_after": "240m"}, 25.0,
    )  # fmt: skip
    again = facts("simulate tried.toml")
    first = facts("simulate more.toml --from-campaign tariff-switch")
    assert first["assumed"] != []
    assert again["figures"] == first["figures"]
    refused = say("simulate --from-campaign tarif-switch", status=2).stderr
    assert "did you mean 'tariff-switch'" in refused


def test_analysts_and_managers_may_try_a_floor_and_nobody_else() -> None:
    assert {role for role in Role if may([role], "simulate")} == {Role.ANALYST, Role.MANAGER}
