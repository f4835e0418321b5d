"""Calls a second through the engine, everything recorded, against a bare loop.

    python bench/calls_per_second.py [--calls 3000] [--rounds 3]

Both sides dial numbers that the lab's network refuses at once (busy), over the same two
Asterisk servers in the same run, taking turns. The bare loop is one connection through
the same AMI client: Originate with ChannelId, the same dialplan and event filter, every
event parsed into a dictionary, no base. The engine does what it always does: claims,
gates, intents, outcomes, in SQLite with synchronous = FULL.
"""

import argparse
import os
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path
from queue import Queue

from campaigns import store as campaign_store
from campaigns.definition import read_definition
from campaigns.enrolment import enrol
from campaigns.model import CampaignState
from campaigns.report import outcomes
from campaigns.rules_in_force import RulesInForce
from dialer import actions, config, schema
from dialer.ami.client import AmiClient
from dialer.ami.wire import Message
from dialer.clock import Clock
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
[message]
sound = "tt-allbusy"
"""


def main() -> int:
    """Measure both, in turns, and print the medians and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=3000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    scenario, problems = parse_scenario(_SCENARIO)
    assert scenario is not None, problems
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab.up(Path(folder) / "lab", scenario, tell=lambda text: print(text, file=sys.stderr))
        try:
            rounds = [
                (bare_loop(lab, chosen.calls), through_engine(lab, chosen.calls, Path(folder)))
                for _ in range(chosen.rounds)
            ]
        finally:
            lab.remove()
    bare, engine = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratios = sorted(e / b for b, e in rounds)
    print(f"bare loop {bare:.0f} calls/s, engine {engine:.0f} calls/s (medians)")
    print(f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0


def bare_loop(lab: Lab, calls: int) -> float:
    """Return the calls a second of a loop that records nothing."""
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
    ours: set[str] = set()
    begun = ended = 0
    started = time.perf_counter()
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
    took = time.perf_counter() - started
    client.close()
    return calls / took


def through_engine(lab: Lab, calls: int, folder: Path) -> float:
    """Return the calls a second of the engine, from its first attempt to its last."""
    text = lab.config_file.read_text().replace("max_calls = 60", f"max_calls = {_IN_FLIGHT}")
    text = text.replace("max_calls_per_second = 20", "max_calls_per_second = 500")
    loaded = usable("config", config.read_config(text, file=lab.config_file, environment={}))
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
    started = time.perf_counter()
    Engine(base, loaded).run(until_done=True)
    took = time.perf_counter() - started
    with reading(base) as connection:
        counted = outcomes(connection, stored.id)
    assert counted == {"busy": calls}, counted
    base.dispose()
    return calls / took


if __name__ == "__main__":
    sys.exit(main())
