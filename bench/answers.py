"""From the answer to the agent's room, at the load that the dialer is made for.

    python bench/answers.py [--agents 60] [--rate 50] [--seconds 45] [--talk 5]

Two real Asterisk servers on this machine, the engine as a process of its own, and agents whose
telephones the lab's network plays. Every fifth call is answered, by somebody who hangs up after
the talk; all others are busy at once, so that the rate of calls is what it is said to be. The
agents' results are given as soon as a talk is over, by this program. Measured is what the
ledger has: the moment at which the person was in the agent's room less that of the answer.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, select

from campaigns.tables import attempts, claims
from dialer.lab.lab import Lab
from dialer.lab.scenario import parse_scenario
from leads.db import reading, writing
from tests.asterisk.crowd import base_beside, engine_in, fill, give, log_in, start

_BUSY, _TALKS = range(60), range(80, 95)
"""The last two digits of those who are busy, and of those who talk: every fifth of both."""

_CAMPAIGN = """
name = "bench"
lists = ["bench"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Bench"
purpose = "survey"
"""


def main() -> int:
    """Let everybody work for a while, and print how long people waited."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--agents", type=int, default=60)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=45)
    parser.add_argument("--talk", type=float, default=5.0)
    given = parser.parse_args()
    scenario, problems = parse_scenario(f"""
[endings]
"00-79" = {{ kind = "busy", ring_s = 0 }}
"80-94" = {{ kind = "hangs_up", ring_s = 0.1, after_s = {given.talk} }}
"95-99" = "agent"
""")
    assert scenario is not None, problems
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lab = Lab.up(folder / "lab", scenario, tell=lambda text: print(text, file=sys.stderr))
        try:
            base = prepare(lab, folder, agents_there=given.agents, rate=given.rate,
                           people=given.rate * given.seconds * 2)  # fmt: skip
            with engine_in(folder):
                log_in(base)
                work(base, given.seconds)
            tell(base, given.seconds)
            base.dispose()
        finally:
            lab.remove()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0


def prepare(lab: Lab, folder: Path, *, agents_there: int, rate: int, people: int) -> Engine:
    """Make a base with people, agents and a campaign, and the configuration beside it."""
    base = base_beside(lab, folder, max_calls=2 * agents_there, calls_per_second=rate)
    endings = [ending for at in range(15) for ending in (*_BUSY[at * 4 : at * 4 + 4], _TALKS[at])]
    phones = [f"+4722{n // 75 + 1000:04}{endings[n % 75]:02}" for n in range(people)]
    fill(base, folder, _CAMPAIGN, phones, agents_there=agents_there)
    start(base, "bench")
    return base


def work(base: Engine, seconds: int) -> None:
    """Give the result of every talk that is over, until the time is up."""
    stop = time.monotonic() + seconds
    over = (
        select(claims.c.lease)
        .join(attempts, attempts.c.id == claims.c.attempt_id)
        .where(
            claims.c.agent_id.is_not(None),
            attempts.c.ended_at.is_not(None),
            attempts.c.disposition_kind.is_(None),
        )
    )
    while time.monotonic() < stop:
        with reading(base) as connection:
            leases = connection.scalars(over).all()
        if leases:
            with writing(base) as connection:
                for lease in leases:
                    give(connection, lease)
        time.sleep(0.1)


def tell(base: Engine, seconds: int) -> None:
    """Print how long people waited, and what the load was."""
    with reading(base) as connection:
        rows: list[Row[Any]] = [
            *connection.execute(select(attempts).where(attempts.c.ended_at.is_not(None)))
        ]
    answered = [row for row in rows if row.answered_at is not None]
    waited = sorted(
        (row.connected_at - row.answered_at).total_seconds() * 1000
        for row in answered
        if row.connected_at is not None
    )
    first, last = min(row.dialed_at for row in rows), max(row.dialed_at for row in rows)
    rate = len(rows) / max((last - first).total_seconds(), 1)
    talked = sum(row.talk_s or 0 for row in answered)
    lost = [row.outcome for row in answered if row.connected_at is None]
    print(
        f"{len(rows)} calls in {seconds} s, {rate:.0f} a second, {len(answered) / len(rows):.0%} "
        f"answered; {talked / seconds:.0f} agents in a talk at a time"
    )
    late = statistics.quantiles(waited, n=100, method="inclusive")[98]
    print(
        f"answer to agent in the room: median {statistics.median(waited):.0f} ms, "
        f"99th percentile {late:.0f} ms, longest {waited[-1]:.0f} ms"
    )
    print(f"answered, and no agent: {len(lost)} ({', '.join(sorted(set(lost))) or 'nobody'})")


if __name__ == "__main__":
    sys.exit(main())
