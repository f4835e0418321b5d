"""How much faster than life a floor is played: modelled hours in a second, by agents and mode.

    python bench/simulate.py [--hours 3]

One process, one run each; `ringbank simulate` plays several runs on all processors. A pacer is
asked twice a second of the model. Printed beside it: what share of the time the pacer itself
takes, and the load of the machine.
"""

import argparse
import os
import time
from typing import Any

from dialer.simulation.budgeted import Budgeted
from dialer.simulation.floor import Floor
from dialer.simulation.runs import budgeted
from dialer.simulation.scenario import Scenario, scenario_of

_SIZES = (10, 100)
_MODES = ("predictive", "progressive")


class Timed:
    """A pacer whose time is taken."""

    def __init__(self, pacer: Budgeted) -> None:
        self._pacer = pacer
        self.took_s = 0.0
        self.asked = 0

    def observe(self, now: float, kind: str, call: Any = None, agent: Any = None) -> None:
        """Pass on what happened."""
        began = time.perf_counter()
        self._pacer.observe(now, kind, call=call, agent=agent)
        self.took_s += time.perf_counter() - began

    def calls_to_place(self, now: float) -> int:
        """Ask."""
        began = time.perf_counter()
        calls = self._pacer.calls_to_place(now)
        self.took_s += time.perf_counter() - began
        self.asked += 1
        return calls


def floor_of(agents: int, hours: int, mode: str) -> Scenario:
    """Return a usual floor."""
    found = scenario_of(
        {
            "mode": mode,
            "shifts": [{"agents": agents, "hours": [["09:00", f"{9 + hours:02}:00"]]}],
            "breaks": {"every": "2h", "seconds": {"least": 180, "most": 600}},
            "answers": {"person": 0.25},
            "seconds": {"talk": {"median": 70, "spread": 2.0}},
        }
    )
    assert isinstance(found, Scenario), found
    return found


def main() -> None:
    """Play floors of two sizes in two modes, and print how fast that went."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hours", type=int, default=3, choices=range(1, 13))
    hours = parser.parse_args().hours
    print(f"{'':13}{'agents':>7}{'busy':>7}{'h a second':>12}{'times life':>12}{'pacer':>8}")
    for mode in _MODES:
        for agents in _SIZES:
            scenario = floor_of(agents, hours, mode)
            pacer = Timed(budgeted(scenario))
            began = time.perf_counter()
            run = Floor(scenario.habits, pacer, seed=1).run()
            took_s = time.perf_counter() - began
            print(
                f"{mode:13}{agents:7}{run.utilisation:7.0%}{hours / took_s:12.2f}"
                f"{hours * 3600 / took_s:12,.0f}{pacer.took_s / took_s:8.0%}"
            )
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
