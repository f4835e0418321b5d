"""What docs/rules.md tells an operator to paste can be pasted."""

import re
from pathlib import Path

from campaigns.rules import loading
from campaigns.rules.book import RuleBook
from campaigns.rules.common import Common
from campaigns.rules.kinds import DUTIES, KEYS, KINDS
from campaigns.rules.model import Counted, Event, Force, Jurisdiction, Need, Period, Status
from campaigns.rules.own import Own
from campaigns.rules.reading import read_jurisdiction
from dialer.config import Config, read_config
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
FILES = {
    f"{found[1]}.toml": block for block in BLOCKS if (found := re.search(r'^id = "(.*)"', block, re.MULTILINE))
}  # fmt: skip
(CONFIGURATION,) = (block for block in BLOCKS if block.startswith("[rules]"))


def test_the_configuration_can_be_pasted() -> None:
    found = read_config(CONFIGURATION, file=Path("config.toml"), environment={})
    assert isinstance(found, Config), found
    assert found.rules_folder == Path("rules")
    assert found.own_rules == Own(
        allow_without_rules=frozenset({"SE"}),
        office_hours=True,
        max_per_day=2,
        max_per_week=5,
        other_hour=True,
        zone_policy="address",
    )


def test_there_is_a_file_that_tightens_and_one_that_loosens() -> None:
    found = {
        name: read_jurisdiction(text, file=name, own=True, thorough=True)
        for name, text in FILES.items()
    }
    assert sorted(found) == ["counsel.toml", "house.toml"]
    for file in found.values():
        assert isinstance(file, Jurisdiction), file
    house, counsel = found["house.toml"], found["counsel.toml"]
    assert isinstance(house, Jurisdiction)
    assert isinstance(counsel, Jurisdiction)
    assert [rule.enforced for rule in house.rules] == [True, True, True]
    assert [one.rule for one in counsel.loosened] == ["us-fl.hours"]


def test_the_files_can_be_put_beside_those_that_came_with_ringbank() -> None:
    found = RuleBook.build(loading.shipped_texts(), FILES, Own(), thorough=True)
    assert isinstance(found, RuleBook), found


def test_the_page_names_every_key_and_word() -> None:
    words = [*Common.__annotations__, *KINDS, *DUTIES, *KEYS]
    for kind in (Counted, Event, Force, Need, Period, Status):
        words += list(kind)
    told = set(re.findall(r"\w+", PAGE))
    written_otherwise = {"unless_consent", "unless_agent_reserved", "file"}
    assert set(map(str, words)) - written_otherwise <= told
