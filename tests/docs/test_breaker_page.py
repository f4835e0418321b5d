"""The examples in docs/breaker.md are a campaign's, and its table of checks is the code's."""

import re
from math import ceil

from campaigns.breaker import chance
from campaigns.breaker_settings import OwnWindow
from campaigns.breaker_table import TABLE
from campaigns.definition import read_definition
from campaigns.model import Campaign
from tests.conftest import CHECKOUT
from tests.docs.test_retry_page import HEAD

PAGE = (CHECKOUT / "docs" / "breaker.md").read_text(encoding="utf-8")
LIMIT = 0.03


def test_the_examples_are_read_together() -> None:
    examples = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    read = read_definition(HEAD + "".join(examples))
    assert isinstance(read, Campaign), read
    assert len(read.retry) == 2
    assert read.breaker.off == {"unallocated"}
    assert read.breaker.own == {"congestion": OwnWindow(calls=40, share=0.9)}


def test_every_window_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\d[^|]*?) \|$", PAGE, re.MULTILINE)
    told = {
        name: [*map(int, re.findall(r"\d+", words.partition(" at a limit")[0]))]
        for name, words in rows
    }
    expected = {}
    for check in TABLE:
        figures = []
        for window in check.windows:
            faults = ceil(window.share * window.calls)
            if not window.share:
                faults = next(
                    k
                    for k in range(window.calls)
                    if chance(k, window.calls, LIMIT, 0) <= check.trips_at
                )
            figures += [faults] if faults == window.calls else [faults, window.calls]
        expected[check.name] = figures
    assert told == expected
