"""The page about truth says what the code does."""

import re
import tomllib

from campaigns.checks import USUAL, Checks, read_checks
from campaigns.fields import Section
from campaigns.model import DispositionKind
from campaigns.truth import DEAD_NUMBER, Mark
from leads.problems import Problem
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "truth.md").read_text(encoding="utf-8")


def test_the_example_can_be_read_and_names_every_threshold():
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    problems: list[Problem] = []
    file = Section(tomllib.loads(example), problems)
    checks = read_checks(file)
    file.close()
    assert problems == []
    named = {line.partition(" ")[0] for line in example.splitlines() if "=" in line}
    assert named == {*Checks.__dataclass_fields__}
    # All but the first, which is changed, are the usual ones.
    assert checks == Checks(success_talk_s=45)


def test_every_kind_mark_and_code_is_told():
    for word in (*DispositionKind, *(mark.word for mark in Mark), *DEAD_NUMBER):
        assert f"`{word}`" in PAGE, word
    assert f"a talk of {USUAL.success_talk_s} s" in PAGE
