"""How long machine detection takes, and what a person notices of it, on the real Asterisk.

    python bench/detection.py [--calls 20] [--agents 4]

Two real Asterisk servers on this machine, an engine as a process of its own, and agents whose
telephones the lab's network plays. As many persons as machines are called without detection, with
the verdict before the agent, and with the person joined at once. The lab's people begin to speak
half a second after they pick up where they hear nothing, and at once where they hear somebody.
Measured is what the ledger has.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, select

from campaigns.tables import attempts, claims
from dialer.clock import Clock
from dialer.lab.lab import Lab
from dialer.lab.scenario import parse_scenario
from leads.db import reading, writing
from tests.asterisk.crowd import base_beside, engine_in, fill, give, log_in, start

_SCENARIO = """
[endings]
"00-49" = { kind = "listens", ring_s = 0.1 }
"50-94" = { kind = "machine", ring_s = 0.1 }
"95-99" = "agent"
"""
_CAMPAIGN = """
name = "bench"
lists = ["bench"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Bench"
purpose = "survey"
[dialing]
amd_samples = 0
"""
_WAYS = {
    "no detection": "",
    "before": 'amd = "detect"\namd_when = "before"\n',
    "joined": 'amd = "detect"\namd_when = "joined"\n',
}
_TALK_S = 2.5
"""So long an agent talks to a person, or to a machine that nobody found out."""


def main() -> int:
    """Call everybody in each of the ways, and print how long it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--agents", type=int, default=4)
    given = parser.parse_args()
    scenario, problems = parse_scenario(_SCENARIO)
    assert scenario is not None, problems
    with tempfile.TemporaryDirectory() as name:
        lab = Lab.up(Path(name) / "lab", scenario, tell=lambda text: print(text, file=sys.stderr))
        try:
            for number, (way, settings) in enumerate(_WAYS.items()):
                folder = Path(name) / str(number)
                folder.mkdir()
                base = prepare(lab, folder, settings, calls=given.calls, agents_there=given.agents)
                tell(way, run(base, folder, 2 * given.calls))
                base.dispose()
        finally:
            lab.remove()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0


def prepare(lab: Lab, folder: Path, settings: str, *, calls: int, agents_there: int) -> Engine:
    """Make a base with people, agents and a campaign, and the configuration beside it."""
    base = base_beside(lab, folder, max_calls=3 * agents_there, calls_per_second=10)
    phones = [f"+4722{1000 + n:04}{n % 45 + kind:02}" for n in range(calls) for kind in (0, 50)]
    fill(base, folder, _CAMPAIGN + settings, phones, agents_there=agents_there)
    start(base, "bench")
    return base


def run(base: Engine, folder: Path, calls: int) -> list[Row[Any]]:
    """Have everybody called; return the attempts."""
    talks = (
        select(claims.c.lease)
        .join(attempts, attempts.c.id == claims.c.attempt_id)
        .where(claims.c.agent_id.is_not(None), attempts.c.disposition_kind.is_(None))
    )
    done: Sequence[Row[Any]] = ()
    with engine_in(folder):
        log_in(base)
        until = time.monotonic() + 10 * calls
        while time.monotonic() < until:
            long_ago = Clock().now() - timedelta(seconds=_TALK_S + 1)
            with reading(base) as connection:
                done = connection.execute(
                    select(attempts).where(attempts.c.ended_at.is_not(None))
                ).all()
                leases = connection.scalars(talks.where(attempts.c.dialed_at < long_ago)).all()
            if len(done) == calls:
                return [*done]
            for lease in leases:
                with writing(base) as connection:
                    give(connection, lease)
            time.sleep(0.1)
    raise AssertionError(f"{len(done)} of {calls} calls came to an end in time")


def tell(way: str, rows: list[Row[Any]]) -> None:
    """Print what a way of detecting took."""
    persons = [row for row in rows if row.phone[-2:] < "50"]
    machines = [row for row in rows if row.phone[-2:] >= "50"]
    print(f"{way}:")
    in_room = [_ms(row.answered_at, row.connected_at) for row in persons if row.connected_at]
    print(f"  person, answer to agent's room: {_spread(in_room)}")
    verdicts = sorted({row.amd or "none" for row in persons})
    print(f"  verdicts on persons: {', '.join(verdicts)}")
    found = [row for row in machines if row.outcome == "machine"]
    print(f"  machines found: {len(found)} of {len(machines)}")
    if found:
        ended = [_ms(row.answered_at, row.ended_at) for row in found]
        print(f"  machine, answer to hanging up: {_spread(ended)}")
    lost = [row.outcome for row in persons if row.outcome != "connected"]
    print(f"  persons who reached nobody: {len(lost)}")


def _ms(since: Any, until: Any) -> float:
    return float((until - since).total_seconds() * 1000)


def _spread(values: list[float]) -> str:
    if not values:
        return "nobody"
    return f"median {statistics.median(values):.0f} ms, longest {max(values):.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
