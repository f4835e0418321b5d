"""The help, the documents and the shipped configuration say what there is, and work."""

import json
import shlex
import subprocess
import sys
from typing import Any

import pytest

import cli
from dialer import config
from tests.conftest import CHECKOUT
from tests.docs.commands import PAGE, Documented, all_commands, page

COMMANDS = [one for one in all_commands() if not one.is_group]
GROUPS = [one for one in all_commands() if len(one.path) == 1]


@pytest.mark.parametrize("one", all_commands(), ids=lambda one: one.name)
def test_help_says_what_a_command_and_each_of_its_words_is_for(one: Documented) -> None:
    assert one.paragraphs[0].endswith(".")
    words = () if one.is_group else one.command.params
    assert [word.name for word in words if not word.help] == []


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: one.name)
def test_the_example_in_the_help_is_a_command_that_can_be_given(one: Documented) -> None:
    assert one.example is not None
    _, rest = cli._surroundings(shlex.split(one.example))
    assert rest[: len(one.path) + 1] == ["ringbank", *one.path]
    # Raises a usage error where a word is wrong or missing; nothing is executed.
    one.command.make_context(one.name, rest[len(one.path) + 1 :])


def test_an_example_with_a_wrong_option_would_be_noticed() -> None:
    (explain,) = (one for one in COMMANDS if one.path == ("explain",))
    with pytest.raises(Exception, match="No such option"):
        explain.command.make_context("explain", ["+4721000001", "--campaing", "x"])


def test_commands_md_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/commands.md is stale: make docs"


def test_commands_md_names_every_command() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [one.name for one in all_commands() if f"`{one.name}`" not in text] == []


def test_every_top_level_word_is_told_of_in_the_readme_or_its_pages() -> None:
    pages = [CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")]
    told = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert "docs/commands.md" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert [one.name for one in GROUPS if one.name not in told] == []


def test_the_shipped_configuration_holds_every_key_with_its_default(tmp_path: Any) -> None:
    shipped = config.load(CHECKOUT / "config.toml", {})
    (tmp_path / "config.toml").write_text("")
    bare = config.load(tmp_path / "config.toml", {})
    for key in ("database_url", "engine", "host", "port", "username"):
        assert getattr(shipped, key) == getattr(bare, key)
    assert list(shipped.trunks) == ["main"]
    assert shipped.region == "NO"


@pytest.mark.parametrize("words", [["--help"], ["leads", "import", "--help"], ["run", "--help"]])
def test_help_waits_for_no_heavy_import(words: list[str]) -> None:
    heavy = ("sqlalchemy", "alembic", "pandas", "phonenumbers", "asterisk")
    program = (
        "import json, sys, cli\n"
        f"status = cli.invoke({words!r})\n"
        f"print(json.dumps([status, [m for m in {heavy!r} if m in sys.modules]]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT, capture_output=True, encoding="utf-8", timeout=30, check=True,
    )  # fmt: skip
    status, imported = json.loads(done.stderr)
    assert status == 0
    assert imported == []
    assert "Usage: ringbank" in done.stdout


def test_importing_the_command_imports_nothing_heavy_at_all() -> None:
    program = (
        "import sys, cli\n"
        "print(*(m for m in sys.modules if m.partition('.')[0] in"
        " ('sqlalchemy', 'alembic', 'pandas', 'phonenumbers', 'rich', 'psycopg', 'numpy')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT, capture_output=True, encoding="utf-8", timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == ""
