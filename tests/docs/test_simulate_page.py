"""Every scenario in docs/simulate.md can be read, and every command in it can be given."""

import re
import shlex
import tomllib

import cli
from dialer.simulation.scenario import EXAMPLE, Scenario, merged, scenario_of
from tests.conftest import CHECKOUT
from tests.docs.commands import all_commands

PAGE = (CHECKOUT / "docs" / "simulate.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_shows_the_example_that_is_printed() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") in [text for _, text in BLOCKS]


def test_every_scenario_can_be_read() -> None:
    texts = [text for language, text in BLOCKS if language == "toml"]
    assert len(texts) == 2
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    for text in texts:
        found = scenario_of(merged(example, tomllib.loads(text)))
        assert isinstance(found, Scenario), found


def test_every_command_can_be_given() -> None:
    (simulate,) = (one for one in all_commands() if one.path == ("simulate",))
    lines = [
        line.partition(" > ")[0]
        for language, text in BLOCKS
        if language == "sh"
        for line in text.splitlines()
    ]
    assert len(lines) > 4
    for line in lines:
        _, words = cli._surroundings(shlex.split(line))
        assert words[:2] == ["ringbank", "simulate"]
        simulate.command.make_context("simulate", words[2:])


def test_every_key_of_a_scenario_is_told_of() -> None:
    keys = [
        "mode",
        "ratio",
        "abandon_limit",
        "soft_limit",
        "connect_within_s",
        "days",
        "runs",
        "seed",
        "shifts",
        "agents",
        "hours",
        "breaks",
        "every",
        "answers",
        "person",
        "at_once",
        "give_up",
        "machines",
        "share",
        "detect",
        "mistaken",
        "seconds",
        "answer",
        "talk",
        "wrap_up",
        "no_answer",
        "machine_answer",
        "machine_talk",
        "detection",
        "trunk",
        "lines",
        "calls_per_second",
        "list",
        "leads",
        "tries",
        "again_after",
    ]
    assert [key for key in keys if not re.search(rf"\b{key}\b", PAGE)] == []
