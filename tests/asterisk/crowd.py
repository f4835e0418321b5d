"""Many agents at once, without a process for each step: they log in, and give their results.

They work at an engine of its own beside the lab, with a base and a configuration of its own.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from campaigns import desk, leases, result_words
from campaigns import store as campaign_store
from campaigns.agents import add_agent
from campaigns.definition import read_definition
from campaigns.model import CampaignState
from campaigns.result_words import Words
from campaigns.tables import agents
from dialer import schema, store
from dialer.clock import Clock
from dialer.lab.lab import Lab
from dialer.store import RequestKind
from leads.db import reading, writing
from leads.importing import import_leads
from leads.problems import usable

ENGINE = "bench"
"""The name of the engine at which they are."""

_LOGIN_WITHIN_S = 60
_HERE = Path(__file__).parents[2]


def base_beside(
    lab: Lab, folder: Path, *, max_calls: int, calls_per_second: int, url: str | None = None
) -> Engine:
    """Make an empty base and, in a folder, the configuration of an engine on the lab beside it.

    `url` is where the base is to be, else in the folder.
    """
    url = url or f"sqlite:///{folder}/bench.db"
    (folder / "secret").write_text(lab.secret)
    (folder / "bench.toml").write_text(f"""
[database]
url = "{url}"
[engine]
name = "{ENGINE}"
stop_limit_s = 60
[asterisk]
port = {lab.ami_port}
secret_file = "secret"
[trunks.main]
channel = "PJSIP/{{number}}@carrier"
max_calls = {max_calls}
max_calls_per_second = {calls_per_second}
caller_ids = ["+4721000000"]
""")
    return schema.open_base(url)


def fill(
    base: Engine, folder: Path, text: str, phones: Iterable[str], *, agents_there: int
) -> None:
    """Put people, a campaign that does not run yet, and agents into a base.

    Args:
        base: an empty one.
        folder: where the file of the people is written.
        text: the campaign's file; the people are on its first list.
        phones: whom it calls.
        agents_there: how many agents there are; their telephones end in 95 to 99.
    """
    now = Clock().now()
    campaign = usable("the campaign", read_definition(text))
    people = folder / "people.csv"
    people.write_text("phone\n" + "".join(f"{phone}\n" for phone in phones))
    import_leads(
        base,
        source=str(people),
        list_name=campaign.lists[0],
        region=None,
        mapping=(),
        encoding=None,
        delimiter=None,
        rejects=None,
        dry_run=False,
        now=now,
        progress=lambda _: None,
    )
    with writing(base) as connection:
        campaign_store.create(
            connection, campaign, definition=text, script=None, file=None, now=now
        )
        for number in range(agents_there):
            telephone = f"+4723{number // 5:04}{95 + number % 5}"
            add_agent(connection, f"agent_{number}", telephone, now=now)


def start(base: Engine, name: str) -> None:
    """Have a campaign run."""
    with writing(base) as connection:
        stored = campaign_store.load(connection, name)
        campaign_store.set_state(connection, stored, CampaignState.RUNNING, now=Clock().now())


@contextmanager
def engine_in(folder: Path) -> Iterator[None]:
    """Have an engine run as a process of its own, by the configuration in a folder."""
    engine = subprocess.Popen(
        [sys.executable, "-m", "cli", "--config", str(folder / "bench.toml"), "run"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(_HERE)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        engine.send_signal(signal.SIGINT)
        engine.send_signal(signal.SIGINT)
        engine.wait(timeout=90)


def log_in(base: Engine) -> None:
    """Have every agent's telephone rung, and wait until all take calls."""
    with reading(base) as connection:
        ids = connection.scalars(select(agents.c.id).order_by(agents.c.id)).all()
    until = time.monotonic() + _LOGIN_WITHIN_S
    while True:  # the engine has to be there first
        with reading(base) as connection:
            if store.engine_row(connection, ENGINE) is not None:
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
                    store.ask(connection, ENGINE, kind, agent_id=agent_id, now=Clock().now())
            time.sleep(1.5)
            with reading(base) as connection:
                left = [
                    *connection.scalars(
                        select(agents.c.id).where(agents.c.state.in_(state)).order_by(agents.c.id)
                    )
                ]


def give(connection: Connection, lease: str) -> None:
    """Write the result of a talk, and tell the engine that its agent has given it."""
    now = Clock().now()
    held = leases.find_lease(connection, lease)
    stored = campaign_store.load_id(connection, held.campaign_id)
    said = result_words.read_result(stored.campaign, Words(disposition="completed"), now=now)
    desk.give_result(connection, stored, held, said, now=now)
    store.ask(
        connection,
        ENGINE,
        RequestKind.RESULT,
        agent_id=held.agent_id,
        attempt_id=held.attempt_id,
        now=now,
    )
