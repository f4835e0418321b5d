"""docs/results.md says of questions and dispositions what is so."""

import re

from campaigns.definition import read_definition
from campaigns.dispositions import BUILT_IN
from campaigns.model import Campaign, QuestionType
from campaigns.questions import asked
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "results.md").read_text(encoding="utf-8")


def test_the_campaign_file_can_be_used_and_asks_as_the_page_says() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    campaign = read_definition(text)
    assert isinstance(campaign, Campaign), campaign
    answers = {"provider": ["Telia"], "support": ["2"], "why": ["speed", "price"]}
    assert len(asked(campaign.questions, answers)) == len(campaign.questions) == 4
    assert len(asked(campaign.questions, answers | {"support": ["3"]})) == 2


def test_every_type_has_its_row() -> None:
    (table,) = re.findall(r"\| type \|.*?\n\n", PAGE, re.DOTALL)
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [*QuestionType]


def test_the_built_in_dispositions_are_told_as_agents_see_them() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (yes|if named) \|$", PAGE, re.MULTILINE)
    assert rows == [
        (one.code, one.definition, "if named" if one.hidden else "yes") for one in BUILT_IN
    ]
