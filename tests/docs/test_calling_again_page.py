"""The examples in docs/calling-again.md are read as they stand, and its words are the code's."""

import re
from datetime import timedelta

from campaigns.definition import read_definition
from campaigns.model import Campaign
from campaigns.refusals import built_in, by_group
from campaigns.result_words import CALLBACK_BY
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "calling-again.md").read_text(encoding="utf-8")
HEAD = """
name = "spring"
lists = ["spring"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "sales"
"""


def test_the_examples_make_a_campaign() -> None:
    examples = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    read = read_definition(HEAD + "\n".join(examples))
    assert isinstance(read, Campaign), read
    assert (read.callbacks.owned, read.callbacks.grace) == (True, timedelta(minutes=15))
    price, bound, never = read.refusal_reasons
    assert price.offer is not None
    assert price.offer.after == timedelta(days=30)
    assert bound.offer is not None
    assert (bound.needs, bound.offer.before) == ("date", timedelta(days=60))
    assert never.hard


def test_the_groups_and_owners_that_are_named_are_there() -> None:
    groups = [*by_group(built_in())]
    (first, last) = re.findall(r"groups from `(\w+)` to `(\w+)`", PAGE)[0]
    assert (groups[0], groups[-1]) == (first, last)
    assert 45 <= len(built_in()) <= 55
    assert set(re.findall(r"`--callback-by (\w+)`", PAGE)) == set(CALLBACK_BY)
