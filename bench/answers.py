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
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, select

from campaigns import desk, leases, result_words
from campaigns import store as campaign_store
from campaigns.agents import add_agent
from campaigns.definition import read_definition
from campaigns.model import CampaignState
from campaigns.result_words import Words
from campaigns.tables import agents, attempts, claims
from dialer import schema, store
from dialer.clock import Clock
from dialer.lab.lab import Lab
from dialer.lab.scenario import parse_scenario
from dialer.store import RequestKind
from leads.db import reading, writing
from leads.importing import import_leads
from leads.problems import usable

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
_HERE = Path(__file__).parents[1]
_LOGIN_WITHIN_S = 60


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
            engine = subprocess.Popen(
                [sys.executable, "-m", "cli", "--config", str(folder / "bench.toml"), "run"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(_HERE)},
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            try:
                log_in(base)
                work(base, given.seconds)
            finally:
                engine.send_signal(signal.SIGINT)
                engine.send_signal(signal.SIGINT)
                engine.wait(timeout=90)
            tell(base, given.seconds)
            base.dispose()
        finally:
            lab.remove()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0


def prepare(lab: Lab, folder: Path, *, agents_there: int, rate: int, people: int) -> Engine:
    """Make a base with people, agents and a campaign, and the configuration beside it."""
    (folder / "secret").write_text(lab.secret)
    (folder / "bench.toml").write_text(f"""
[database]
url = "sqlite:///{folder}/bench.db"
[engine]
name = "bench"
[asterisk]
port = {lab.ami_port}
secret_file = "secret"
[trunks.main]
channel = "PJSIP/{{number}}@carrier"
max_calls = {2 * agents_there}
max_calls_per_second = {rate}
caller_ids = ["+4721000000"]
""")
    endings = [ending for at in range(15) for ending in (*_BUSY[at * 4 : at * 4 + 4], _TALKS[at])]
    rows = [f"+4722{n // 75 + 1000:04}{endings[n % 75]:02}\n" for n in range(people)]
    (folder / "people.csv").write_text("phone\n" + "".join(rows))
    base = schema.open_base(f"sqlite:///{folder}/bench.db")
    now = Clock().now()
    import_leads(
        base,
        source=str(folder / "people.csv"),
        list_name="bench",
        region=None,
        mapping=(),
        encoding=None,
        delimiter=None,
        rejects=None,
        dry_run=False,
        now=now,
        progress=lambda _: None,
    )
    campaign = usable("the bench's campaign", read_definition(_CAMPAIGN))
    with writing(base) as connection:
        campaign_store.create(
            connection, campaign, definition=_CAMPAIGN, script=None, file=None, now=now
        )
        stored = campaign_store.load(connection, "bench")
        campaign_store.set_state(connection, stored, CampaignState.RUNNING, now=now)
        for number in range(agents_there):
            telephone = f"+4723{number // 5:04}{95 + number % 5}"
            add_agent(connection, f"agent_{number}", telephone, now=now)
    return base


def log_in(base: Engine) -> None:
    """Have every agent's telephone rung, and wait until all take calls."""
    with reading(base) as connection:
        ids = connection.scalars(select(agents.c.id).order_by(agents.c.id)).all()
    until = time.monotonic() + _LOGIN_WITHIN_S
    while True:  # the engine has to be there first
        with reading(base) as connection:
            if store.engine_row(connection, "bench") is not None:
                break
        assert time.monotonic() < until, "the engine did not start"
        time.sleep(0.1)
    for kind, state in ((RequestKind.LOGIN, ("out",)), (RequestKind.READY, ("paused",))):
        left = [*ids]
        while left:
            assert time.monotonic() < until, f"{len(left)} agents are still {state[0]}"
            with writing(base) as connection:
                # A few at a time; whoever was not reached is asked once more.
                for agent_id in left[:10]:
                    store.ask(connection, "bench", kind, agent_id=agent_id, now=Clock().now())
            time.sleep(1.5)
            with reading(base) as connection:
                left = [
                    *connection.scalars(
                        select(agents.c.id).where(agents.c.state.in_(state)).order_by(agents.c.id)
                    )
                ]


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


def give(connection: Any, lease: str) -> None:
    """Write the result of a talk, and tell the engine that its agent has given it."""
    now = Clock().now()
    held = leases.find_lease(connection, lease)
    stored = campaign_store.load_id(connection, held.campaign_id)
    said = result_words.read_result(stored.campaign, Words(disposition="completed"), now=now)
    desk.give_result(connection, stored, held, said, now=now)
    store.ask(
        connection,
        "bench",
        RequestKind.RESULT,
        agent_id=held.agent_id,
        attempt_id=held.attempt_id,
        now=now,
    )


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
