"""Start-up, `ringbank status` and claims among ten million leads, beside the same among 100,000.

    python bench/ten_millions.py [--people 10000000] [--beside 100000] [--called 10]
        [--claims 1000] [--starts 3] [--only sqlite|postgresql] [--filled MANY FEW]

Two bases of each kind are filled, one after the other: people and numbers in the rows that an
import writes, enrolment by the production code, which also finds the queues of the first
200,000; the others get, by SQL, the queue that it found for somebody in the same zone. Then one in `--called` of them has
been called once, the day before: attempts and what they left behind, written by SQL. A base
of ten million takes its while; `--filled` names two that this bench has filled before.

A start is the command `ringbank run` as a process of its own, Python's own start included, on a
predictive campaign whose queues all have to be opened anew, as on every morning. Asterisk is a
stand-in that answers at once. The clock runs until the engine's first heartbeat with a report,
which is the end of its first turn; its clock is that of the claims (`--lab-clock`). Then the engine runs on for some seconds: the longest gap
between two heartbeats shows what a refresh, twice a second, comes to. Target: 2 s.

Claims are those of `bench/claims.py`, in turns in the base with many and the one with few.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filled import NOW, Filling, claim_one, fill, median, p99, timed
from sqlalchemy import Engine, bindparam, func, select, text

from campaigns import store as campaign_store
from campaigns.law import Laws
from campaigns.model import Turn
from campaigns.owed import release_expired
from campaigns.rules.loading import load
from campaigns.rules.own import Own
from campaigns.tables import attempts, campaign_leads, claims
from dialer import schema, store
from dialer.actions import LAB_MARKER
from dialer.ami.wire import Message
from leads.db import UtcDateTime, reading, writing
from tests.ami.fake_manager_server import (
    SECRET,
    FakeManagerServer,
    block,
    like_asterisk,
    response,
)
from tests.servers import Postgres, postgres_programs

_HERE = Path(__file__).parents[1]
_QUEUES = 500
_PLACED_MOST = 200_000
_WITHIN_S = 600
_WATCHED_S = 10.0
_ENGINE = "bench"
_KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Place:
    """A filled base, and the folder with the configuration of an engine on it."""

    name: str
    url: str
    folder: Path


def main() -> int:
    """Fill the bases, start engines on them, claim, and print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=10_000_000)
    parser.add_argument("--beside", type=int, default=100_000)
    parser.add_argument("--called", type=int, default=10)
    parser.add_argument("--claims", type=int, default=1000)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--only", choices=_KINDS)
    parser.add_argument("--filled", nargs=2, metavar=("MANY", "FEW"))
    given = parser.parse_args()
    laws = Laws(load(None, Own()))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if given.filled:
            measure(folder, [*given.filled], laws, given)
            return 0
        for kind in _KINDS if given.only is None else (given.only,):
            urls = stack.enter_context(_bases(kind, folder))
            if urls is None:
                print("no PostgreSQL server is installed (apt-get install postgresql)")
                return 1
            for url, people in zip(urls, (given.people, given.beside), strict=True):
                prepare(url, laws, people=people, called=given.called)
            measure(folder, urls, laws, given)
    return 0


@contextmanager
def _bases(kind: str, folder: Path) -> Iterator[list[str] | None]:
    """Give the addresses of two empty bases, for many and for few."""
    if kind == "sqlite":
        yield [f"sqlite:///{folder}/{name}.db" for name in ("many", "few")]
        return
    programs = postgres_programs()
    if programs is None:
        yield None
        return
    server = Postgres(programs)
    try:
        server.start()
        yield [server.create(name) for name in ("many", "few")]
    finally:
        server.stop()


def prepare(url: str, laws: Laws, *, people: int, called: int) -> Filling:
    """Fill a base and tell how long that took."""
    base = schema.open_base(url)
    _, took = fill(
        base, laws, people=people, how_many=_QUEUES, mode="predictive", placed_most=_PLACED_MOST
    )
    began = time.perf_counter()
    call_some(base, laws, called)
    print(
        f"{base.dialect.name}: {people} people written in {took.written_s:.0f} s, "
        f"enrolled in {took.enrolled_s:.0f} s, in their queues after {took.placed_s:.0f} s more; "
        f"one in {called} called in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    base.dispose()
    return took


def call_some(base: Engine, laws: Laws, called: int) -> None:
    """Have one of so many people been called once, the day before; three of ten answered.

    The rows are what the ledger writes of such a call; the decision is that of a real claim.
    """
    with reading(base) as connection:
        stored = campaign_store.load(connection, "bench")
    (one,) = claim_one(base, stored, laws).taken
    release_claims(base)
    asked = {
        "campaign": stored.id,
        "called": called,
        "rule_set": one.rule_set,
        "decision": json.dumps(one.decision),
        "seller": stored.campaign.seller,
        "dialled": NOW.replace(day=1),
    }
    moments = (bindparam("dialled", type_=UtcDateTime),)
    with writing(base) as connection:
        for statement in (_CALLED, _LEFT_BEHIND):
            connection.execute(text(statement).bindparams(*moments), asked)
    if base.dialect.name == "postgresql":
        with base.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


_ANSWERED = "campaign_leads.id / :called % 10 < 3"
_OUTCOME = f"CASE WHEN {_ANSWERED} THEN 'hung_up_early' ELSE 'busy' END"
_CALLED = f"""
INSERT INTO attempts (channel_id, campaign_id, list_id, lead_id, number_id, phone, engine, clock,
    mode, trunk, caller_id, attempt_no, seller, rule_set, decision, dialed_at, answered_at,
    ended_at, ring_s, hangup_cause, outcome, evidence)
SELECT 'rb-bench' || campaign_leads.id, campaign_leads.campaign_id, campaign_leads.list_id,
    campaign_leads.lead_id, numbers.id, numbers.e164, '{_ENGINE}', 'real', 'predictive', 'main',
    '+4721000000', 1, :seller, :rule_set, :decision, :dialled,
    CASE WHEN {_ANSWERED} THEN :dialled END, :dialled, 0, 17, {_OUTCOME}, 'hangup cause 17'
FROM campaign_leads
JOIN lead_numbers ON lead_numbers.lead_id = campaign_leads.lead_id AND lead_numbers.position = 1
JOIN numbers ON numbers.id = lead_numbers.number_id
WHERE campaign_leads.campaign_id = :campaign AND campaign_leads.id % :called = 0
ORDER BY campaign_leads.id
"""
_LEFT_BEHIND = f"""
UPDATE campaign_leads SET state = 'waiting', turn = {Turn.RETRY.value}, attempts = 1,
    last_attempt_at = :dialled, last_outcome = {_OUTCOME}, held_by = {_OUTCOME},
    next_call_at = :dialled
WHERE campaign_id = :campaign AND id % :called = 0
"""


def release_claims(base: Engine) -> None:
    """Let go of everybody who is claimed, as an engine does when the time of a claim is over."""
    with writing(base) as connection:
        stored = campaign_store.load(connection, "bench")
        release_expired(connection, stored, now=NOW.replace(day=NOW.day + 1))


# -- measuring ----------------------------------------------------------------------------------


def measure(folder: Path, urls: Sequence[str], laws: Laws, given: argparse.Namespace) -> None:
    """Start, look and claim, in turns in both bases, and print it."""
    with FakeManagerServer(answer) as asterisk:
        places = [_place(folder, url, asterisk.port) for url in urls]
        counted = [_count(place.url) for place in places]
        print(f"{places[0].url.partition(':')[0]}: {counted[0]} beside {counted[1]}")
        started: dict[str, list[tuple[float, float, float]]] = {place.url: [] for place in places}
        looked: dict[str, list[float]] = {place.url: [] for place in places}
        for _ in range(given.starts):
            for place in places:
                started[place.url].append(start(place))
                looked[place.url] += timed(1, partial(look, place))
    for at, what in enumerate(("start, s", "its CPU, s", "beat gap, s")):
        _tell(what, [[one[at] for one in started[place.url]] for place in places])
    _tell("status, s", [[ms / 1000 for ms in looked[place.url]] for place in places])
    claim_in_turns([place.url for place in places], laws, given.claims)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)


def _tell(what: str, took: Sequence[list[float]]) -> None:
    many, few = (median(some) for some in took)
    print(f"{what:12} median {many:6.2f} beside {few:6.2f}   (all: {_all(took[0])})", flush=True)


def _all(took: Sequence[float]) -> str:
    return ", ".join(f"{one:.2f}" for one in took)


def _count(url: str) -> str:
    base = schema.open_base(url)
    with reading(base) as connection:
        people, calls = (
            connection.scalar(select(func.count()).select_from(table))
            for table in (campaign_leads, attempts)
        )
    base.dispose()
    return f"{people} leads, {calls} attempts"


def _place(folder: Path, url: str, port: int) -> Place:
    where = folder / f"engine-{abs(hash(url))}"
    where.mkdir()
    (where / "secret").write_text(SECRET)
    (where / "bench.toml").write_text(f"""
[database]
url = "{url}"
[engine]
name = "{_ENGINE}"
[asterisk]
port = {port}
secret_file = "secret"
[trunks.main]
channel = "PJSIP/{{number}}@carrier"
max_calls = 60
max_calls_per_second = 20
caller_ids = ["+4721000000"]
""")
    return Place(url.partition(":")[0], url, where)


def answer(action: Message) -> bytes:
    """Answer as an Asterisk on which nothing happens and nothing is missing."""
    mine = f"ActionID: {action.get('ActionID')}"
    match action.get("Action"):
        case "Getvar":
            asked = action.get("Variable")
            value = "1" if "(" in asked or asked == LAB_MARKER else ""
            return response(action, "Success", f"Value: {value}")
        case "CoreSettings":
            return response(action, "Success", "AsteriskVersion: 22.0.0")
        case "CoreStatus":
            return response(
                action, "Success", "CoreStartupDate: 2026-06-01", "CoreStartupTime: 00:00:00"
            )
        case "CoreShowChannels" | "DBGetTree":
            over = block("Event: ListComplete", mine, "EventList: Complete")
            return response(action, "Success", "EventList: start") + over
        case _:
            return like_asterisk(action)


def start(place: Place) -> tuple[float, float, float]:
    """Return the seconds to the end of the first turn, and the longest gap between two beats.

    In between: the seconds of processor that the engine's process took to the end of that turn.
    """
    base = schema.open_base(place.url)
    with writing(base) as connection:
        connection.execute(text("UPDATE queues SET looked_at = NULL"))
        before = store.engine_row(connection, _ENGINE)
    began = time.perf_counter()
    command = _command(place, "run", "--lab-clock", NOW.isoformat())
    engine = subprocess.Popen(
        command, cwd=place.folder, env=_environment(), stderr=subprocess.DEVNULL
    )
    try:
        while True:
            assert engine.poll() is None, "the engine ended"
            assert time.perf_counter() - began < _WITHIN_S, "the engine did not start"
            with reading(base) as connection:
                row = store.engine_row(connection, _ENGINE)
            if row is not None and row.report and (before is None or row.token != before.token):
                break
            time.sleep(0.01)
        first_s = time.perf_counter() - began
        spent = Path(f"/proc/{engine.pid}/stat").read_text().rpartition(")")[2].split()
        cpu_s = sum(map(int, spent[11:13])) / os.sysconf("SC_CLK_TCK")
        gap_s, seen, seen_at = 0.0, row.heartbeat_at, time.perf_counter()
        while time.perf_counter() < began + first_s + _WATCHED_S:
            time.sleep(0.02)
            with reading(base) as connection:
                row = store.engine_row(connection, _ENGINE)
            assert row is not None
            gap_s = max(gap_s, time.perf_counter() - seen_at)
            if row.heartbeat_at != seen:
                seen, seen_at = row.heartbeat_at, time.perf_counter()
    finally:
        for _ in range(2):
            engine.send_signal(signal.SIGINT)
            time.sleep(0.1)
        engine.wait(timeout=_WITHIN_S)
        base.dispose()
    return first_s, cpu_s, gap_s


def look(place: Place) -> None:
    """Run `ringbank status`."""
    command = _command(place, "status")
    subprocess.run(command, cwd=place.folder, env=_environment(), check=True, capture_output=True)


def _command(place: Place, *words: str) -> list[str]:
    return [sys.executable, "-m", "cli", "--config", str(place.folder / "bench.toml"), *words]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_HERE)}


def claim_in_turns(urls: Sequence[str], laws: Laws, how_many: int) -> None:
    """Claim one person after the other, once here and once there, and print what it took."""
    bases = [schema.open_base(url) for url in urls]
    took: list[list[float]] = [[] for _ in bases]
    cpu_s = [0.0 for _ in bases]
    stored = []
    for base in bases:
        with reading(base) as connection:
            stored.append(campaign_store.load(connection, "bench"))
        release_claims(base)  # of a run before this one
        claim_one(base, stored[-1], laws)  # opens the queues anew: once, and not a claim's matter
    for _ in range(how_many):
        for at, base in enumerate(bases):
            began = time.process_time()
            took[at] += timed(1, partial(claim_one, base, stored[at], laws))
            cpu_s[at] += time.process_time() - began
    for base in bases:
        with reading(base) as connection:
            held = connection.scalar(select(func.count()).select_from(claims))
        assert held == how_many + 1, held
        release_claims(base)
        base.dispose()
    many, few = took
    print(
        f"claim, ms    median {median(many):6.2f} beside {median(few):6.2f}   "
        f"99th percentile {p99(many):6.2f} beside {p99(few):6.2f}   "
        f"ratio {median(many) / median(few):.2f} and {p99(many) / p99(few):.2f}; processor "
        f"{cpu_s[0] / how_many * 1000:.1f} beside {cpu_s[1] / how_many * 1000:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
