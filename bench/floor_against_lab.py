"""The modelled floor beside the same floor on real Asterisk servers.

    python bench/floor_against_lab.py [--agents 12] [--seconds 120] [--mode progressive ...]

Two Asterisk servers on this machine play the town of the tests; the engine dials it for agents
whose results this program gives a second after each talk. The model is told the same: who
answers, after which ring, how long talks last, how many agents there are and when they go. It
plays the same time two hundred times, which tells how much such a floor differs from one time to
the next; the lab's figures must lie within that. Two lines tell what a model knows that was made
of the lab's own ledger, as `ringbank simulate --from-campaign` makes it.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from dialer.lab.lab import Lab, load_scenario
from tests.asterisk.agreement import (
    RING_S,
    TOWN,
    Compared,
    compared,
    from_ledger,
    habits,
    modelled,
    prepare,
    seen,
    work,
)
from tests.asterisk.crowd import base_beside, engine_in


def _tell(title: str, rows: Sequence[Compared]) -> None:
    print(f"\n{title}\n{'':14}{'lab':>9}{'model':>9}{'one run +-':>12}{'off by':>8}")
    for row in rows:
        print(
            f"{row.name:14}{row.lab:9.3f}{row.mean:9.3f}{row.spread:12.3f}{row.off:8.1f}"
            f"{'' if row.agrees else '   does not agree'}"
        )


def _on_lab(lab: Lab, folder: Path, given: argparse.Namespace, mode: str) -> bool:
    folder.mkdir()
    base = base_beside(lab, folder, max_calls=400, calls_per_second=50)
    prepare(base, folder, mode=mode, agents_there=given.agents, people=9000)
    with engine_in(folder):
        begin, gone = work(base, given.seconds)
        load = os.getloadavg()[0]
        time.sleep(RING_S + 3)  # the last calls end
    lasted_s = (gone - begin).total_seconds()
    floor = habits(load_scenario(TOWN), agents_there=given.agents, seconds=lasted_s)
    found = seen(base, begin, gone)
    rows = compared(found, modelled(floor, mode))
    _tell(f"{mode}, {given.agents} agents, {lasted_s:.0f} s, load {load:.1f}", rows)
    of_ledger = compared(found, modelled(from_ledger(base, floor), mode))
    _tell(f"{mode}, the model made of the lab's ledger", of_ledger)
    base.dispose()
    return all(row.agrees for row in rows)


def main() -> int:
    """Play each mode on both, and print them side by side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--agents", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--mode", nargs="+", default=["progressive", "predictive"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lab = Lab.up(
            Path(name) / "lab", load_scenario(TOWN), tell=lambda text: print(text, file=sys.stderr)
        )
        try:
            agreed = [_on_lab(lab, Path(name) / mode, given, mode) for mode in given.mode]
        finally:
            lab.remove()
    return 0 if all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main())
