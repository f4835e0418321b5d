"""From a request to the engine's answer, and how often the base is asked while nothing happens.

    python bench/requests.py [--requests 60] [--idle 10]

Two real Asterisk servers on this machine, an engine as a process of its own and one agent who is
on the line, first on SQLite and then on a PostgreSQL server of this program's own. The agent
asks for ready and pause in turns, from here, as `ringbank agents` does; measured is the time
from the moment before the request is written until the answer has been read. On PostgreSQL the
transactions of the base are counted too: over a while in which nobody asks for anything, and
over the same while with one agent who waits in `ringbank next --wait`.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from threading import Thread

from sqlalchemy import Engine, text

from campaigns.agents import find_agent
from dialer import store
from dialer.asking import wait_for_answer
from dialer.clock import Clock
from dialer.desk import Desk
from dialer.lab.lab import Lab
from dialer.lab.scenario import parse_scenario
from dialer.schema import open_base
from dialer.store import RequestKind
from leads.db import reading, writing
from leads.site import Settings, Site
from tests.asterisk.crowd import ENGINE, base_beside, engine_in, fill, log_in
from tests.db.desks import settings_of_tests
from tests.servers import Postgres, postgres_programs

_CAMPAIGN = """
name = "bench"
lists = ["bench"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Bench"
purpose = "survey"
"""
_WITHIN = timedelta(seconds=10)


def main() -> int:
    """Ask on both kinds of base, and print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--idle", type=float, default=10.0)
    given = parser.parse_args()
    programs = postgres_programs()
    if programs is None:
        print("no PostgreSQL server is installed (apt-get install postgresql)", file=sys.stderr)
        return 1
    scenario, problems = parse_scenario('[endings]\n"00-94" = "busy"\n"95-99" = "agent"\n')
    assert scenario is not None, problems
    server = Postgres(programs)
    with tempfile.TemporaryDirectory() as name:
        lab = Lab.up(Path(name) / "lab", scenario, tell=lambda text: print(text, file=sys.stderr))
        try:
            server.start()
            for kind, url in (("SQLite", None), ("PostgreSQL", server.create("bench"))):
                folder = Path(name) / kind
                folder.mkdir()
                base = base_beside(lab, folder, max_calls=2, calls_per_second=1, url=url)
                fill(base, folder, _CAMPAIGN, ["+4722100000"], agents_there=1)
                with engine_in(folder):
                    log_in(base)
                    answered = ask(base, given.requests)
                    tell(kind, answered)
                    if url is not None:
                        tell_transactions(base, given.idle)
                base.dispose()
        finally:
            lab.remove()
            server.stop()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0


def site_of(base: Engine) -> Site:
    """Return the installation whose engine is asked."""

    def settings() -> Settings:
        return settings_of_tests(engine=ENGINE)

    return Site(config_file=Path("none"), opener=lambda: base, settings=settings)


def ask(base: Engine, how_many: int) -> list[float]:
    """Ask for one thing and its opposite; return the milliseconds until each answer."""
    site = site_of(base)
    with reading(base) as connection:
        agent_id = find_agent(connection, "agent_0").id
    took = []
    for n in range(how_many):
        # At no fixed distance from the engine's turns.
        time.sleep(0.1 + n % 17 / 100)
        began = time.perf_counter()
        with writing(base) as connection:
            request = store.ask(
                connection,
                ENGINE,
                RequestKind.READY if n % 2 else RequestKind.PAUSE,
                agent_id=agent_id,
                now=Clock().now(),
            )
        wait_for_answer(site, request, within=_WITHIN)
        took.append((time.perf_counter() - began) * 1000)
    return took


def tell(kind: str, took: list[float]) -> None:
    """Print how long the answers took."""
    late = statistics.quantiles(took, n=20, method="inclusive")[18]
    print(
        f"{kind:11} request to answer: median {statistics.median(took):.0f} ms, "
        f"95th percentile {late:.0f} ms, longest {max(took):.0f} ms"
    )


def tell_transactions(base: Engine, idle_s: float) -> None:
    """Print how many transactions a second the base has while nothing happens."""
    alone = _transactions(base, idle_s)
    waiting = Thread(target=_wait, args=(base, idle_s + 2))
    waiting.start()
    beside = _transactions(base, idle_s)
    waiting.join()
    print(f"            transactions a second: {alone:.1f} with the engine alone, ", end="")
    print(f"{beside:.1f} with an agent in `next --wait`")


def _wait(base: Engine, wait_s: float) -> None:
    own = open_base(base.url.render_as_string(hide_password=False))
    desk = Desk(site_of(own))
    try:
        desk.next("bench", "agent_0", wait_s=wait_s)
    finally:
        own.dispose()


def _transactions(base: Engine, wait_s: float) -> float:
    counted = text(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database"
        " WHERE datname = current_database()"
    )
    time.sleep(1.5)  # the server adds up with a delay
    with reading(base) as connection:
        before = connection.scalar(counted)
    time.sleep(wait_s)
    with reading(base) as connection:
        after = connection.scalar(counted)
    assert before is not None
    assert after is not None
    return (int(after) - int(before)) / wait_s


if __name__ == "__main__":
    sys.exit(main())
