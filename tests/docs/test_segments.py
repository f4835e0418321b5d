"""Every filter in docs/segments.md can be read, and asks for what there is."""

import re
import shlex
import tomllib

import pytest

from campaigns.segment import _fields
from leads.problems import Problem
from leads.segment_tree import Kind, Words, unknown_words
from leads.segments import parse
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "segments.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
WORDS = Words(
    kinds={name: field.kind for name, field in _fields(None, own=False).items()},
    attributes=["City", "Postnr", "Antall år", "Kunde siden", "Mobil GB"],
    lists=["earlier-borrowers", "existing"],
    campaigns=[],
)


def examples() -> list[str]:
    found = []
    for language, text in BLOCKS:
        if language == "segment":
            found.append(text.strip())
        elif language == "toml":
            found.append(tomllib.loads(text)["where"])
        else:
            words = shlex.split(text)
            found.append(words[words.index("--where") + 1])
    return found


@pytest.mark.parametrize("text", examples())
def test_every_example_means_somebody(text: str) -> None:
    tree = parse(text)
    assert not isinstance(tree, Problem), tree
    assert unknown_words(tree, text, WORDS) == ()


def test_there_are_examples_and_the_three_of_every_week_are_one_line_each() -> None:
    assert len(examples()) >= 8
    weekly = PAGE.split("## ")[1]
    assert len(re.findall(r"^```segment\n.*\n```$", weekly, re.MULTILINE)) == 3


def test_every_field_is_told_of() -> None:
    assert [name for name in WORDS.kinds if f"`{name}`" not in PAGE] == []
    assert {*WORDS.kinds.values()} == {*Kind}
