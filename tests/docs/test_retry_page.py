"""The example in docs/retry.md is a campaign's, and its table of least rests is the code's."""

import re

from campaigns.definition import read_definition
from campaigns.fields import duration_text
from campaigns.model import Campaign, Outcome
from campaigns.retry import FINAL_KINDS, LEAST_REST
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "retry.md").read_text(encoding="utf-8")
HEAD = """
name = "spring"
lists = ["spring"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "sales"
"""


def test_the_example_is_read_with_every_entry() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    read = read_definition(HEAD + example)
    assert isinstance(read, Campaign), read
    assert len(read.retry) == 4
    assert len(read.retry_dispositions) == 3


def test_every_least_rest_is_that_of_the_code() -> None:
    told = {}
    for outcomes, least in re.findall(r"^\| (`.*?) \| (\w+) \|", PAGE, re.MULTILINE):
        told |= dict.fromkeys(re.findall(r"`(\w+)`", outcomes), least)
    assert told == {outcome.value: duration_text(LEAST_REST[outcome]) for outcome in Outcome}


def test_every_final_kind_is_named() -> None:
    (named,) = re.findall(r"in the campaign after (.*?), whatever", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", named)) == FINAL_KINDS
