"""A few rounds of `tests.faults`: whatever breaks, nobody is called twice, and nothing is lost.

The seed is a fresh one in every run; it is in the failure, and RINGBANK_FAULT_SEED gives it
back. Many rounds, and longer ones: ``python -m tests.faults``.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

import pytest

from dialer.lab.lab import Lab
from tests.faults.plan import plan_of
from tests.faults.round import FAULTS, play

SEED = int(os.environ.get("RINGBANK_FAULT_SEED") or SystemRandom().randrange(10**6))


@pytest.fixture
def database(turn: int) -> str:
    """Give each round a kind of base with which its fault can happen."""
    kinds = FAULTS[plan_of(SEED + turn, tuple(FAULTS)).fault].databases
    return kinds[turn % len(kinds)]


@pytest.mark.parametrize("turn", range(6))
def test_whatever_breaks_ledger_and_network_agree(
    turn: int, lab: Lab, tmp_path: Path, base_url: str, number: Callable[[str], str]
):
    plan = plan_of(SEED + turn, tuple(FAULTS), short=True)
    played = play(plan, lab, tmp_path, base_url, number)
    print(played, played.log, sep="\n")
    assert not played.wrong, f"RINGBANK_FAULT_SEED={SEED} plays it again"
