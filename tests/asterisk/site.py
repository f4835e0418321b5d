"""An installation of Ringbank at the lab: a base, a configuration, people, and its engine.

Everything is done the way a user does it, with real processes; only the base is read
directly, for what the tests assert.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import Engine, select, update

from campaigns.model import Outcome
from campaigns.tables import agents, attempts, campaign_leads
from dialer.actions import CALL_PREFIX, LINE_PREFIX, SUPERVISOR_PREFIX
from dialer.lab.lab import Lab
from dialer.lab.records import NetworkRecord
from dialer.lab.server import Server
from dialer.reconcile import Booked, Seen, differences
from dialer.tables import engines
from leads.db import connect, reading, writing
from leads.tables import lead_numbers, numbers
from tests.conftest import CHECKOUT
from tests.waiting import until

SHORT_MESSAGE = 'sound = "tt-somethingwrong"'  # 2.6 s, and 3 s more in which to press a key


class Site:
    """One installation that dials through the lab."""

    def __init__(
        self, lab: Lab, folder: Path, url: str, number: Callable[[str], str], engine: str = "site"
    ) -> None:
        self.lab = lab
        self.folder = folder
        self.url = url
        self.engine_name = engine
        self.config = folder / f"{engine}.toml"
        self.number = number
        self.processes: list[EngineProcess] = []
        self._base = connect(url)
        self.configure()

    # -- what a user does -------------------------------------------------------------

    def configure(
        self,
        *,
        max_calls: int = 60,
        max_calls_per_second: int = 20,
        port: int | None = None,
        secret: str | None = None,
        channel: str = "PJSIP/{number}@carrier",
        more: str = "",
    ) -> None:
        """Write the configuration, anew where it is there."""
        (self.folder / "secret").write_text(secret or self.lab.secret)
        self.config.write_text(f"""
[database]
url = "{self.url}"
[engine]
name = "{self.engine_name}"
[asterisk]
port = {port or self.lab.ami_port}
secret_file = "secret"
[trunks.main]
channel = "{channel}"
max_calls = {max_calls}
max_calls_per_second = {max_calls_per_second}
caller_ids = ["+4721000000"]
{more}
""")

    def ringbank(self, *words: str, status: int = 0) -> object:
        """Run a command; return its JSON, or where it fails what it says on stderr."""
        done = self._process("-m", "cli", "--config", str(self.config), "--json", *words)
        assert done.returncode == status, f"ringbank {' '.join(words)}: {done}"
        return done.stderr if status else json.loads(done.stdout)

    def _all(self, *commands: tuple[str, ...]) -> None:
        """Run several commands in one process: half a second is gone with each start."""
        program = (
            "import json, sys; from cli import invoke\n"
            "sys.exit(max(invoke(words) for words in json.loads(sys.argv[1])))"
        )
        words = [["--config", str(self.config), *command] for command in commands]
        done = self._process("-c", program, json.dumps(words))
        assert done.returncode == 0, f"{commands}: {done}"

    def _process(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=50,
            check=False,
        )

    def people(self, *endings: str, to: str = "people") -> list[str]:
        """Import a person for each ending; return their numbers."""
        called = [self.number(ending) for ending in endings]
        file = self.folder / f"{to}-{called[0]}.csv"
        rows = [f"{name_of(one)},{one}\n" for one in called]
        file.write_text("name,phone\n" + "".join(rows))
        self.ringbank("leads", "import", str(file), "--list", to)
        return called

    def campaign(self, mode: str, settings: str = "", *, name: str = "calls") -> None:
        """Create a campaign for the list `people` and start it."""
        file = self.folder / f"{name}.toml"
        file.write_text(f"""
name = "{name}"
lists = ["people"]
mode = "{mode}"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "survey"
audience = "consumer"
{settings}
""")
        self._all(("campaigns", "create", str(file)), ("campaigns", "start", name))

    def broadcast(self, settings: str = "", message: str = SHORT_MESSAGE) -> None:
        """Create and start a broadcast with short rings, its busy ones tried once more."""
        self.campaign(
            "broadcast",
            f"""
[dialing]
ring_s = 5
[retry]
busy = {{ after = "5s", max = 2 }}
[message]
{message}
keys = {{ 1 = "connect", 5 = "answer:support=yes", 8 = "callback", 9 = "do_not_call" }}
[[questions]]
key = "support"
text = "Do you support it?"
type = "choice"
choices = ["yes", "no"]
{settings}
""",
        )

    def add_agent(self, name: str, ending: str = "95") -> str:
        """Add an agent with a telephone of the town; return its number."""
        phone = self.number(ending)
        self.ringbank("agents", "add", name, "--phone", phone)
        return phone

    def supervisor(self, name: str, ending: str = "18") -> str:
        """Add a supervisor with a telephone that hums; return its number."""
        phone = self.add_agent(name, ending)
        with writing(self._base) as connection:
            connection.execute(
                update(agents).where(agents.c.name == name).values(roles=["supervisor"])
            )
        return phone

    def agent_in(self, name: str) -> None:
        """Add an agent and log them in."""
        phone = self.number("95")
        self._all(("agents", "add", name, "--phone", phone), ("agents", "login", name))

    def agent_ready(self, name: str) -> None:
        """Add an agent, log them in and have them take calls."""
        self._all(
            ("agents", "add", name, "--phone", self.number("95")),
            ("agents", "login", name),
            ("agents", "ready", name),
        )

    def next(self, agent: str, *, wait: float = 15, campaign: str = "calls") -> dict:
        """Wait for the person on an agent's line."""
        person = self.ringbank(
            "next", "--campaign", campaign, "--agent", agent, "--wait", str(wait)
        )
        assert person["lease"] is not None, person
        return person

    def result(self, lease: str, disposition: str = "completed", *more: str) -> None:
        """Give the result of a talk."""
        self.ringbank("result", lease, "--disposition", disposition, *more)

    def engine(self, *words: str, connected: bool = True) -> "EngineProcess":
        """Start the engine; return once it has caught up with Asterisk."""
        process = EngineProcess(self, words)
        self.processes.append(process)
        if connected:
            process.until(lambda: self._is_connected(process), 15)
        return process

    @property
    def environment(self) -> dict[str, str]:
        """The processes' surroundings: nothing of the developer's."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(CHECKOUT),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }

    # -- what the tests look at ---------------------------------------------------------

    def attempts(self) -> list[SimpleNamespace]:
        """Return all attempts, in the order in which they were written."""
        return _rows(self._base, select(attempts).order_by(attempts.c.id))

    def attempt(self, phone: str) -> SimpleNamespace:
        """Return the only attempt to a number."""
        found = [one for one in self.attempts() if one.phone == phone]
        assert len(found) == 1, found
        return found[0]

    def leads(self) -> dict[str, SimpleNamespace]:
        """Return where each number's person stands."""
        query = (
            select(campaign_leads, numbers.c.e164)
            .join(lead_numbers, lead_numbers.c.lead_id == campaign_leads.c.lead_id)
            .join(numbers, numbers.c.id == lead_numbers.c.number_id)
        )
        return {row.e164: row for row in _rows(self._base, query)}

    def agent(self, name: str) -> SimpleNamespace:
        """Return an agent as the base has them."""
        return next(one for one in _rows(self._base, select(agents)) if one.name == name)

    def keep_promises(self) -> None:
        """Take everybody out of the work who was promised a call, as if they had got it."""
        promised = campaign_leads.c.state == "callback"
        with writing(self._base) as connection:
            connection.execute(update(campaign_leads).where(promised).values(state="done"))

    def read(self, query) -> list[SimpleNamespace]:
        """Return the rows of any query."""
        return _rows(self._base, query)

    def report(self) -> SimpleNamespace:
        """Return what the engine last said of itself."""
        query = select(engines).where(engines.c.name == self.engine_name)
        return next(iter(_rows(self._base, query)), None)

    def network(self) -> list[NetworkRecord]:
        """Return the network's records of the people who were called, by their beginning."""
        ours = {one.phone for one in self.attempts()}
        found = [one for one in self.lab.records() if one.number in ours]
        return sorted(found, key=lambda one: one.started_at)

    def channels(self) -> list[str]:
        """Return the ids of the calls and agents' lines that live in the PBX."""
        shown = self.lab.pbx.cli("core show channels concise").stdout
        ids = [line.rpartition("!")[2] for line in shown.splitlines()]
        return [one for one in ids if one.startswith((CALL_PREFIX, LINE_PREFIX, SUPERVISOR_PREFIX))]

    def differences(self) -> list[str]:
        """Return everything on which ledger and network do not agree."""
        ledger = [
            Booked(
                attempt_id=one.id,
                number=one.phone,
                at=one.dialed_at,
                outcome=Outcome(one.outcome) if one.outcome else None,
                evidence=one.evidence,
            )
            for one in self.attempts()
        ]
        calls = [
            Seen(
                number=one.number,
                at=one.started_at,
                answered=one.answered_at is not None,
                cause=one.cause,
            )
            for one in self.network()
        ]
        return [f"{one.number}: {one.what}" for one in differences(ledger, calls)]

    # -- the end ------------------------------------------------------------------------

    def leave(self) -> None:
        """End everything, and hold the ledger against the network's records."""
        for process in self.processes:
            process.kill()
            print(f"-- engine {' '.join(process.words)}\n{process.said}")
        try:
            self.end_calls()
            # The network writes a call down a moment after its end.
            deadline = time.monotonic() + 5
            while self.differences() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert self.differences() == []
            self._each_was_written_before_its_call()
        finally:
            self._base.dispose()

    def end_calls(self) -> None:
        """Hang up whoever is on the line still; the network's records are whole then."""
        for server in (self.lab.pbx, self.lab.carrier):
            assert server.is_alive(), f"a test left the {server.name} dead"
            server.cli("channel request hangup all")
            until(partial(_is_silent, server), 10)

    def _each_was_written_before_its_call(self) -> None:
        written: dict[str, list[SimpleNamespace]] = defaultdict(list)
        for one in self.attempts():
            if one.clock == "real" and one.evidence not in ("refused", "no_trace"):
                written[one.phone].append(one)
        calls = [one for one in self.network() if one.number in written]
        for call in calls:
            assert call.started_at >= written[call.number].pop(0).dialed_at, call

    def _is_connected(self, process: "EngineProcess") -> bool:
        told = self.report()
        return bool(told and told.pid == process.pid and told.report)


def name_of(number: str) -> str:
    """Return the name of the person of a number: not the number, which agents may not see."""
    return "Person " + number.translate(str.maketrans("0123456789", "abcdefghij", "+"))


class EngineProcess:
    """``ringbank run`` as a process."""

    def __init__(self, site: Site, words: tuple[str, ...]) -> None:
        self.words = words
        self._log = site.folder / f"engine-{len(site.processes)}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli", "--config", site.config, "run", *words],
                cwd=site.folder,
                env=site.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.pid = self._process.pid

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    @property
    def lives(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def until(self, condition: Callable[[], object], within: float = 20) -> None:
        """Wait for something to become true while the engine runs."""

        def met() -> object:
            alive = self.lives
            found = condition()
            assert found or alive, f"the engine ended: {self.said}"
            return found

        until(met, within)

    def ends(self, within: float = 40) -> int:
        """Wait for its end; return its exit status."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(within)
        raise AssertionError(f"the engine did not end within {within} s: {self.said}")

    def finishes(self, within: float = 40) -> None:
        """Wait for its end, which must be a good one."""
        assert self.ends(within) == 0, self.said
        assert "Traceback" not in self.said, self.said

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait(10)


def _is_silent(server: Server) -> bool:
    return "0 active channels" in server.cli("core show channels count").stdout


def _rows(base: Engine, query) -> list[SimpleNamespace]:
    with reading(base) as connection:
        return [SimpleNamespace(**row._mapping) for row in connection.execute(query)]
