"""The campaign in docs/scripts.md can be used as it stands, and the page tells what is so."""

import re
import shutil
from pathlib import Path

import pytest

from campaigns.definition import read_definition
from campaigns.model import Campaign
from campaigns.scripts.check import check
from campaigns.scripts.filters import FILTERS
from campaigns.scripts.opening import sentences
from campaigns.scripts.reach import MOST_COMBINATIONS
from campaigns.scripts.talk import to_say
from campaigns.scripts.template import LONGEST, parse
from campaigns.scripts.texts import texts_of
from campaigns.scripts.values import AGENT, CAMPAIGN, LEAD, TIME, Person
from tests.conftest import CHECKOUT, Run

PAGE = (CHECKOUT / "docs" / "scripts.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.-]+)`:\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def campaign() -> Campaign:
    read = read_definition(FILES["tariff-switch.toml"])
    assert isinstance(read, Campaign), read
    return read


def test_the_campaign_s_script_has_no_mistake() -> None:
    read = campaign()
    assert read.script is not None
    script = texts_of(read.script, FILES.__getitem__)
    assert set(script.texts) == {"", "nb"}
    assert check(script, read, files={}, attributes={"City"}) == ()


def test_it_says_what_the_page_tells() -> None:
    read = campaign()
    assert read.script is not None
    script = texts_of(read.script, FILES.__getitem__)
    person = Person(name="Åse Lunde", agent="anna", seller=read.seller)
    said = to_say(
        read, script, person, {"provider": ["Telia"], "services": ["roaming"]}, (), recorded=False
    )
    assert "so you can keep your number" in str(said["script"])
    assert "the whole of Europe" in str(said["script"])
    assert str(said["script"]).endswith("## To end\nThank you for your time.")
    drawer = said["drawer"]
    assert isinstance(drawer, list)
    assert [leaf["title"] for leaf in drawer] == [
        "It is too expensive",
        "Where did you get my number?",
    ]


def test_the_commands_of_the_page_work(run_ringbank: Run, tmp_path: Path) -> None:
    shutil.copy(CHECKOUT / "config.toml", tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "leads.csv").write_text("Name;Phone;City\nÅse Lunde;+4722448201;Oslo\n")
    done = run_ringbank("leads", "import", "leads.csv", "--list", "norway")
    assert done.returncode == 0, done.stderr
    (block,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.strip().split("\n"):
        done = run_ringbank(*line.split()[1:])
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert "Du er hos Telia" in done.stdout
    assert "Det gjelder mobilabonnementet ditt." in done.stdout


@pytest.mark.parametrize(
    "snippet", re.findall(r"`(\{% (?:if|for).*?%\}(?:.*?\{% endfor %\})?)`", PAGE)
)
def test_every_snippet_is_a_script(snippet: str) -> None:
    whole = snippet if "endfor" in snippet else snippet + "a{% endif %}"
    assert not isinstance(parse(whole), tuple)


def test_the_page_names_every_value_and_every_filter() -> None:
    for name in LEAD:
        assert f"`lead.{name}" in PAGE
    for root, names in (("agent", AGENT), ("campaign", CAMPAIGN)):
        assert all(f"`{root}.{name}`" in PAGE for name in names)
    assert all(f"`.{name}`" in PAGE for name in TIME)
    assert set(re.findall(r"`\| (\w+)", PAGE)) == set(FILTERS)
    assert f"{LONGEST:,} letters" in PAGE
    assert f"up to {MOST_COMBINATIONS:,}" in PAGE
    assert len(sentences()) == 12
