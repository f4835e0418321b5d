"""Claims by 64 processes at once on PostgreSQL, among a million open leads.

    python bench/claims_postgres.py [--leads 1000000] [--processes 64] [--seconds 20]
        [--rate 100] [--batch 20] [--rounds 3] [--called 100000]

The base has been used before: others were called already (`--called`). Every process has a
connection of its own and has claimed some before the clock starts. What is measured is what a
turn of an engine does before it places a call: find whose turn it is, ask every gate, hold the
person, write the intent with its decision, commit.

First at a rate, 100 a second in all, whoever is how slow: each claim is timed from the moment
at which it was to begin, so that one that has to wait for another counts its waiting. Target: 10 ms
for 99 of 100. Then as fast as all can: one person a transaction, and `--batch` of them, as
busy engines take them; beside it `pgbench` with as many clients, in turns on the same server,
which does nothing but UPDATE the next row of a million by SKIP LOCKED. Target: 0.3 of that.

The server is the tests' own: on this machine, without waiting for the disk. At the end nobody
may have been claimed twice, nor any number: else the exit status is 1.
"""

import argparse
import gc
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Barrier
from pathlib import Path

from filled import NOW, fill, median, p99
from sqlalchemy import Engine, func, select, text

from campaigns import ledger, store
from campaigns.claims import claim
from campaigns.law import Laws
from campaigns.rules.loading import load
from campaigns.rules.own import Own
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from campaigns.tables import claims as claim_table
from dialer import schema
from leads.db import connect, reading, writing
from tests.servers import Postgres, postgres_programs

_CALLED = """
INSERT INTO attempts (channel_id, lease, campaign_id, list_id, lead_id, number_id, phone, engine,
    asterisk_boot, clock, mode, trunk, caller_id, attempt_no, seller, rule_set, decision,
    dialed_at, ended_at, ring_s, outcome, evidence)
SELECT 'rb-' || campaign_leads.id, md5(campaign_leads.id::text), campaign_id, list_id,
    campaign_leads.lead_id, number_id, '+' || number_id, 'engine', 'bench', 'real', 'predictive',
    'main', '+4721000000', 1, 'Example Telecom AS', 'bench', '{}', :at, :at, 20, 'no_answer',
    'events'
FROM campaign_leads JOIN lead_numbers USING (lead_id, position)
WHERE campaign_leads.lead_id > :open;
UPDATE campaign_leads SET state = 'done', attempts = 1, last_outcome = 'no_answer',
    last_attempt_at = :at
WHERE lead_id > :open
"""
_QUEUES = 500
_PLACED_MOST = 100_000
_WARM = 8
_WAIT_S = 300
_BARE = """
UPDATE bare SET state = 'in_call' WHERE id = (
    SELECT id FROM bare WHERE state = 'new' ORDER BY next_call_at, id
    FOR UPDATE SKIP LOCKED LIMIT 1
);
"""
_BARE_TABLE = """
DROP TABLE IF EXISTS bare;
CREATE TABLE bare (id BIGINT PRIMARY KEY, state TEXT NOT NULL, next_call_at TIMESTAMPTZ NOT NULL);
INSERT INTO bare SELECT n, 'new', now() - interval '1 day' FROM generate_series(1, {leads}) AS n;
CREATE INDEX ix_bare ON bare (next_call_at, id) WHERE state = 'new';
"""


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is to do once all are there.

    Attributes:
        batch: how many people it claims in one transaction.
        seconds: for how long.
        every_s: how often it begins, or 0: as soon as it is done.
    """

    batch: int
    seconds: float
    every_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it.

    Attributes:
        people: the leads and numbers that were claimed.
        took_ms: of each transaction, from when it was to begin.
        lasted_s: until the last one ended.
        cpu_s: of this process.
    """

    people: tuple[tuple[int, int], ...]
    took_ms: tuple[float, ...]
    lasted_s: float
    cpu_s: float


def main() -> int:
    """Fill the base, claim, and print what it took; 1 where anybody was claimed twice."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--called", type=int, default=100_000)
    given = parser.parse_args()
    programs = postgres_programs()
    if programs is None or not (programs / "pgbench").exists():
        print("no PostgreSQL server with pgbench is installed", file=sys.stderr)
        return 1
    laws = Laws(load(None, Own()))
    # The processes here and the clients of pgbench stay connected side by side.
    server = Postgres(programs, settings={"max_connections": str(2 * given.processes + 20)})
    try:
        server.start()
        base = schema.open_base(server.create("bench"))
        fill(
            base,
            laws,
            people=given.leads + given.called,
            how_many=_QUEUES,
            mode="predictive",
            placed_most=_PLACED_MOST,
        )
        with writing(base) as connection:
            for statement in _CALLED.split(";"):
                connection.execute(
                    text(statement), {"open": given.leads, "at": NOW - timedelta(days=1)}
                )
        print(
            f"{given.leads} open leads in {_QUEUES} queues, {given.called} called before",
            flush=True,
        )
        base.dispose()
        claimers = Claimers(server.url("bench"), laws, given.processes)
        # As the server does by itself within a minute: till then it takes these tables for empty.
        with base.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        try:
            people = measure(claimers, base, server, programs, given)
        finally:
            claimers.end()
        return check(base, people, given.called)
    finally:
        server.stop()


def make_bare_table(base: Engine, leads: int) -> None:
    """Make what pgbench claims from."""
    with writing(base) as connection:
        for statement in _BARE_TABLE.format(leads=leads).split(";"):
            if statement.strip():
                connection.execute(text(statement))
    with base.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE bare"))


def measure(
    claimers: "Claimers",
    base: Engine,
    server: Postgres,
    programs: Path,
    given: argparse.Namespace,
) -> list[tuple[int, int]]:
    """Print latency and rates; return everybody who was claimed."""
    people = [*claimers.warm]
    every_s = given.processes / given.rate
    # Unmeasured: each plans its statements anew once the statistics of the tables are others.
    done = claimers.run(Task(batch=1, seconds=given.seconds / 2, every_s=every_s))
    people += [one for some in done for one in some.people]
    done = claimers.run(Task(batch=1, seconds=given.seconds, every_s=every_s))
    took = [one for some in done for one in some.took_ms]
    people += [one for some in done for one in some.people]
    cpu_s = sum(one.cpu_s for one in done)
    print(
        f"{given.rate:.0f} claims a second by {given.processes} processes: "
        f"median {median(took):.1f} ms, 99th percentile {p99(took):.1f} ms "
        f"(target 10), longest {max(took):.0f} ms; {len(took)} claims, "
        f"{cpu_s / len(took) * 1000:.1f} ms of processor each; {_load()}",
        flush=True,
    )
    rates: dict[str, list[float]] = {"one": [], "batch": [], "bare": []}
    cpu: dict[str, list[float]] = {"one": [], "batch": []}
    for _ in range(given.rounds):
        make_bare_table(base, given.leads)  # anew: pgbench gets through many
        rates["bare"].append(pgbench(programs, server, given.processes, given.seconds / 2))
        for name, batch in (("one", 1), ("batch", given.batch)):
            done = claimers.run(Task(batch=batch, seconds=given.seconds / 2))
            claimed = [one for some in done for one in some.people]
            people += claimed
            rates[name].append(len(claimed) / max(one.lasted_s for one in done))
            cpu[name].append(sum(one.cpu_s for one in done) / len(claimed) * 1000)
    bare = statistics.median(rates["bare"])
    print(f"as fast as they can: pgbench {bare:.0f} a second; {_load()}")
    for name, what in (("one", "one a transaction"), ("batch", f"{given.batch} a transaction")):
        rate = statistics.median(rates[name])
        print(
            f"  {what:18} {rate:6.0f} a second, {rate / bare:.2f} of pgbench (target 0.3); "
            f"{statistics.median(cpu[name]):.1f} ms of processor each"
        )
    return people


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def pgbench(programs: Path, server: Postgres, clients: int, seconds: float) -> float:
    """Return the transactions a second of pgbench with the bare claim."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_BARE)
        script.flush()
        said = subprocess.run(
            [programs / "pgbench", "--no-vacuum", "--client", str(clients), "--jobs", "2",
             "--protocol", "prepared", "--time", str(max(1, round(seconds))), "--file", script.name,
             "--host", "127.0.0.1", "--port", str(server.port), "--username", "ringbank", "bench"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    found = re.search(r"tps = ([0-9.]+) \(without", said)
    assert found is not None, said
    return float(found[1])


def check(base: Engine, people: Sequence[tuple[int, int]], called: int) -> int:
    """Return 1 where a lead or a number was claimed twice, or the base knows of other claims."""
    leads = Counter(lead for lead, _ in people)
    numbers = Counter(number for _, number in people)
    twice = [one for one, count in (leads + numbers).items() if count > 1]
    with reading(base) as connection:
        kept = [
            connection.scalar(select(func.count()).select_from(table))
            for table in (claim_table, attempts)
        ]
    print(f"{len(people)} claims, {len(twice)} leads or numbers twice; in the base {kept[0]}")
    wanted = [len(people), len(people) + called]
    if kept != wanted:
        print(f"the base has {kept[0]} claims and {kept[1]} attempts", file=sys.stderr)
    return 1 if twice or kept != wanted else 0


# -- the processes ------------------------------------------------------------------------------


class Claimers:
    """Processes that claim, each with its connection; they wait for their tasks."""

    def __init__(self, url: str, laws: Laws, how_many: int) -> None:
        """Start them, and wait until each has claimed some (`warm`)."""
        context = get_context("fork")
        self._barrier = context.Barrier(how_many)
        self._pipes: list[Pipe] = []
        self._processes = []
        gc.freeze()  # else each of them would copy all that the collector touches
        for number in range(how_many):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(url, laws, number, how_many, theirs, self._barrier), daemon=True
            )
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)
        self.warm = [one for pipe in self._pipes for one in _received(pipe).people]

    def run(self, task: Task) -> list[Done]:
        """Have all of them do a task at once."""
        for pipe in self._pipes:
            pipe.send(task)
        return [_received(pipe) for pipe in self._pipes]

    def end(self) -> None:
        """End them."""
        for process in self._processes:
            process.terminate()
            process.join()


def _received(pipe: Pipe) -> Done:
    assert pipe.poll(_WAIT_S), "a process does not answer"
    done = pipe.recv()
    assert isinstance(done, Done)
    return done


def _work(url: str, laws: Laws, number: int, how_many: int, pipe: Pipe, barrier: Barrier) -> None:
    base = connect(url)
    with reading(base) as connection:
        stored = store.load(connection, "bench")
    # As an engine that has run for a while: its statements are prepared on the server.
    warm = [one for _ in range(_WARM) for one in _claim(base, stored, laws, 1, number)]
    pipe.send(Done((*warm,), (), 0.0, 0.0))
    while True:
        task: Task = pipe.recv()
        # Spread over the period, in no order that the processor could know.
        first_s = random.Random(number).random() * task.every_s if task.every_s else 0.0
        people: list[tuple[int, int]] = []
        took: list[float] = []
        barrier.wait(_WAIT_S)
        cpu_s, began = time.process_time(), time.perf_counter()
        due = began + first_s
        while due < began + task.seconds:
            if (rest := due - time.perf_counter()) > 0:
                time.sleep(rest)
            people += _claim(base, stored, laws, task.batch, number)
            took.append((time.perf_counter() - due) * 1000)
            due = due + task.every_s if task.every_s else time.perf_counter()
        lasted_s = time.perf_counter() - began
        pipe.send(Done((*people,), (*took,), lasted_s, time.process_time() - cpu_s))


def _claim(
    base: Engine, stored: StoredCampaign, laws: Laws, batch: int, number: int
) -> tuple[tuple[int, int], ...]:
    """Do what an engine's turn does before it places calls; return who was claimed."""
    with writing(base) as connection:
        found = claim(
            connection,
            stored,
            laws,
            limit=batch,
            now=NOW,
            new_lease=lambda: secrets.token_hex(6),
            to_call=True,
        )
        ledger.write_intents(
            connection,
            stored,
            found.taken,
            new_channel_id=lambda: f"rb-{secrets.token_hex(8)}",
            engine=f"engine-{number}",
            asterisk_boot="bench",
            clock="real",
            now=NOW,
        )
    return tuple((one.person.lead_id, one.person.number_id) for one in found.taken)


if __name__ == "__main__":
    sys.exit(main())
