"""The disk is slow: fewer calls are placed, and each of them is in the ledger with its outcome.

At the end of every test `Site.leave` holds each attempt against the network's records.
"""

import time
from collections import Counter

import pytest

from tests.asterisk.site import Site
from tests.faults.slow import SLOW_FILE

ON_A_SLOW_DISK = ("-m", "tests.faults.slow")
LINES = 4
# Each is over within some seconds; most are refused at once, so that the disk is what is waited for.
CROWD = ("40", "50", "40", "65", "40", "40", "50", "66", "40", "75") * 4
EXPECTED = {
    "40": "unallocated",
    "50": "congestion",
    "65": "hung_up_early",
    "66": "connected",
    "75": "connected",
}


def slow(site: Site, commit_s: float) -> None:
    file = site.folder / SLOW_FILE
    (file.with_suffix(".new")).write_text(f"{commit_s}")
    file.with_suffix(".new").replace(file)


def took_s(site: Site, people: list[str]) -> float:
    """Have an engine call people; return how long it took from the first call to the last."""
    site.engine("--until-done", program=ON_A_SLOW_DISK).finishes(120)
    found = [one for one in site.attempts() if one.phone in people]
    assert Counter(one.phone for one in found) == Counter(people), "each is called once"
    for one in found:
        assert one.outcome == EXPECTED[one.phone[-2:]], one
    assert len([one for one in site.network() if one.number in people]) == len(people)
    begun = [one.dialed_at for one in found]
    return (max(begun) - min(begun)).total_seconds()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_slow_disk_slows_dialling_and_loses_nothing(site: Site):
    site.configure(max_calls=LINES, max_calls_per_second=100)
    people = site.people(*CROWD)
    site.broadcast("[breaker]\non = false  # so many who cannot be reached would pause it\n")
    quick_s = took_s(site, people)
    commit_s = 0.8
    slow(site, commit_s)
    late = site.people(*CROWD)
    slow_s = took_s(site, late)
    # A line is free again, and taken, by a commit that says so.
    assert slow_s >= commit_s * (len(CROWD) / LINES - 1)
    assert slow_s > quick_s, "the disk is not what either of them waits for"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_agents_work_on_while_the_disk_is_slow(site: Site):
    site.configure(max_calls=LINES, max_calls_per_second=100)
    engine = site.engine(program=ON_A_SLOW_DISK)
    site.agent_ready("anna")
    slow(site, 0.4)
    site.people("00", "00")
    site.campaign("progressive")
    for _ in range(2):
        lease = site.next("anna")["lease"]
        begun = time.monotonic()
        site.result(lease)
        assert time.monotonic() - begun < 20
        site.ringbank("agents", "ready", "anna")
    engine.until(lambda: all(one.ended_at for one in site.attempts()))
    assert {one.outcome for one in site.attempts()} == {"connected"}
