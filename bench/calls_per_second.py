"""Calls a second through the engine, everything recorded, against a bare loop.

    python bench/calls_per_second.py [--calls 3000] [--rounds 3]

Both sides dial numbers that the lab's network refuses at once (busy), over the same two
Asterisk servers in the same run, taking turns. The bare loop is one connection through
the same AMI client: Originate with ChannelId, the same dialplan and event filter, every
event parsed into a dictionary, no base. The engine does what it always does: claims,
gates, intents, outcomes, in SQLite with synchronous = FULL.

Both are timed from the first call to the end of the last one; what the engine does before and
after, its login and its look for calls left open, counts in what it took of the processor.

On a machine of few processors the Asterisks and the engine share them, and others may be at
work on it. Beside the calls a second stands what a call took of the processor: in this process,
and with both Asterisks. The ratio of the latter is what the calls a second come to where the
processors have nothing else to do and never wait.
"""

import argparse
import gc
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Queue

from sqlalchemy import Engine as Base
from sqlalchemy import func, select

from campaigns import store as campaign_store
from campaigns.definition import read_definition
from campaigns.enrolment import enrol
from campaigns.model import CampaignState
from campaigns.report import outcomes
from campaigns.rules_in_force import RulesInForce
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from dialer import actions, config, schema
from dialer.ami.client import AmiClient
from dialer.ami.wire import Message
from dialer.clock import Clock
from dialer.config import Config
from dialer.engine import Engine
from dialer.lab.lab import Lab
from dialer.lab.scenario import parse_scenario
from leads.db import reading, writing
from leads.importing import import_leads
from leads.problems import usable

_IN_FLIGHT = 60
_SCENARIO = """
seed = 1
[[people]]
kind = "busy"
share = 1
ring_s = 0
"""
_CAMPAIGN = """
name = "bench"
lists = ["bench"]
mode = "broadcast"
trunk = "main"
caller_id = "+4721000000"
seller = "Bench"
purpose = "survey"
[breaker]
on = false
[message]
sound = "tt-allbusy"
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One side of one round."""

    calls_per_s: float
    cpu_ms: float
    """What a call took of the processor in this process, user and system."""
    all_cpu_ms: float
    """The same with both Asterisks."""


def main() -> int:
    """Measure both, in turns, and print the medians and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=3000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lab = busy_lab(Path(folder))
        try:
            rounds = [
                (bare_loop(lab, chosen.calls), through_engine(lab, chosen.calls, Path(folder)))
                for _ in range(chosen.rounds)
            ]
        finally:
            lab.remove()
    for name, runs in zip(("bare loop", "engine"), zip(*rounds, strict=True), strict=True):
        speed = statistics.median(run.calls_per_s for run in runs)
        cpu_ms = statistics.median(run.cpu_ms for run in runs)
        all_cpu_ms = statistics.median(run.all_cpu_ms for run in runs)
        print(
            f"{name} {speed:.0f} calls/s, {cpu_ms:.2f} ms of processor a call, "
            f"{all_cpu_ms:.2f} with both Asterisks (medians)"
        )
    ratios = sorted(engine.calls_per_s / bare.calls_per_s for bare, engine in rounds)
    by_cpu = sorted(bare.all_cpu_ms / engine.all_cpu_ms for bare, engine in rounds)
    for name, some in (("ratio", ratios), ("ratio by processor time", by_cpu)):
        print(f"{name} {statistics.median(some):.2f} ({some[0]:.2f} to {some[-1]:.2f})")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0


def busy_lab(folder: Path) -> Lab:
    """Return a lab in whose network every number is busy at once."""
    scenario, problems = parse_scenario(_SCENARIO)
    assert scenario is not None, problems
    return Lab.up(folder / "lab", scenario, tell=lambda text: print(text, file=sys.stderr))


def _measured(lab: Lab, work: Callable[[], object], calls: int) -> Run:
    before = (time.perf_counter(), time.process_time(), _asterisks_cpu_s(lab))
    work()
    after = (time.perf_counter(), time.process_time(), _asterisks_cpu_s(lab))
    took_s, cpu_s, asterisks_cpu_s = (b - a for a, b in zip(before, after, strict=True))
    return Run(calls / took_s, 1000 * cpu_s / calls, 1000 * (cpu_s + asterisks_cpu_s) / calls)


def _asterisks_cpu_s(lab: Lab) -> float:
    ticks = 0
    for server in (lab.pbx, lab.carrier):
        fields = Path(f"/proc/{server.pid()}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # user and system
    return ticks / os.sysconf("SC_CLK_TCK")


def bare_loop(lab: Lab, calls: int) -> Run:
    """Measure a loop that records nothing."""
    heard: Queue[Message] = Queue()
    client = AmiClient(
        "127.0.0.1",
        lab.ami_port,
        username="dialer",
        secret=lab.secret,
        on_message=heard.put,
        on_lost=print,
    )
    client.open()
    campaign = usable("the bench's campaign", read_definition(_CAMPAIGN))

    def dial() -> None:
        ours: set[str] = set()
        begun = ended = 0
        while ended < calls:
            while begun < calls and begun - ended < _IN_FLIGHT:
                channel_id = actions.CALL_PREFIX + secrets.token_hex(8)
                number = f"+4721{begun:06d}"
                channel = f"PJSIP/{number}@carrier"
                action = actions.call(channel_id, channel, campaign, goodbye="vm-goodbye")
                client.post(action.name, action.fields, action_id=action.action_id)
                ours.add(channel_id)
                begun += 1
            fields = {key.lower(): value for key, value in heard.get(timeout=30).fields}
            if fields.get("event") == "Hangup" and fields.get("uniqueid") in ours:
                ended += 1

    measured = _measured(lab, dial, calls)
    client.close()
    return measured


def through_engine(lab: Lab, calls: int, folder: Path) -> Run:
    """Measure the engine, from its first attempt to its last."""
    base, loaded, stored = ready_to_dial(lab, calls, folder)
    gc.freeze()  # as `ringbank run` does
    measured = _measured(lab, lambda: Engine(base, loaded).run(until_done=True), calls)
    with reading(base) as connection:
        counted = outcomes(connection, stored.id)
        took = select(func.max(attempts.c.ended_at), func.min(attempts.c.dialed_at))
        last, first = connection.execute(took).one()
    assert counted == {"busy": calls}, counted
    base.dispose()
    return replace(measured, calls_per_s=calls / (last - first).total_seconds())


def ready_to_dial(lab: Lab, calls: int, folder: Path) -> tuple[Base, Config, StoredCampaign]:
    """Return a new base with so many people and the campaign that calls each of them once."""
    text = lab.config_file.read_text()
    loaded = usable("config", config.read_config(text, file=lab.config_file, environment={}))
    trunks = {  # more a second than the configuration takes: the loop has no such limit
        name: replace(trunk, max_calls=_IN_FLIGHT, max_calls_per_second=10_000)
        for name, trunk in loaded.trunks.items()
    }
    loaded = replace(loaded, trunks=trunks)
    base = schema.open_base(f"sqlite:///{folder}/bench-{secrets.token_hex(4)}.db")
    people = folder / "people.csv"
    # Norwegian numbers of eight digits that are valid, all different.
    people.write_text(
        "phone\n" + "".join(f"+4722{n:06d}\n" for n in range(100_000, 100_000 + calls))
    )
    import_leads(
        base,
        source=str(people),
        list_name="bench",
        region=None,
        mapping=(),
        encoding=None,
        delimiter=None,
        rejects=None,
        dry_run=False,
        now=Clock().now(),
        progress=lambda _: None,
    )
    campaign = usable("the bench's campaign", read_definition(_CAMPAIGN))
    with writing(base) as connection:
        campaign_store.create(
            connection, campaign, definition=_CAMPAIGN, script=None, file=None, now=Clock().now()
        )
        stored = campaign_store.load(connection, "bench")
        campaign_store.set_state(connection, stored, CampaignState.RUNNING, now=Clock().now())
        laws = RulesInForce(loaded.rules_folder, loaded.own_rules).laws
        enrol(connection, stored, laws, now=Clock().now())
    return base, loaded, stored


if __name__ == "__main__":
    sys.exit(main())
