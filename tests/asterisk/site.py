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
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import Engine, select, update

from campaigns.call_tables import inbound_contacts
from campaigns.model import Outcome
from campaigns.tables import agents, attempts, campaign_leads
from dialer.actions import CALL_PREFIX, LINE_PREFIX, SUPERVISOR_PREFIX
from dialer.lab.lab import Lab
from dialer.lab.records import NetworkRecord
from dialer.lab.server import Server
from dialer.reconcile import Booked, Seen, differences
from dialer.tables import engines
from leads.db import connect, reading, writing
from leads.tables import lead_numbers, list_members, lists, numbers
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
        self.everybody: set[str] = set()
        self.base = connect(url)
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
        names_sounds: bool = True,
        stop_limit_s: int = 60,
    ) -> None:
        """Write the configuration, anew where it is there."""
        here = self.lab.pbx.home / "sounds"
        sounds = f'sounds = "{here}"\nsounds_there = "{self.lab.pbx.installation.seen(here)}"'
        (self.folder / "secret").touch(0o600)
        (self.folder / "secret").write_text(secret or self.lab.secret)
        self.config.write_text(f"""
[database]
url = "{self.url}"
[engine]
name = "{self.engine_name}"
stop_limit_s = {stop_limit_s}
[asterisk]
port = {port or self.lab.ami_port}
secret_file = "secret"
{sounds if names_sounds else ""}
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
        return json.loads(done.stdout) if status in (0, 4) else done.stderr

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

    def people(self, *endings: str, to: str = "people", languages: Sequence[str] = ()) -> list[str]:
        """Import a person for each ending; return their numbers."""
        called = [self.number(ending) for ending in endings]
        file = self.folder / f"{to}-{called[0]}.csv"
        spoken = dict(zip(called, languages, strict=False))
        rows = [f"{name_of(one)},{one},{spoken.get(one, '')}\n" for one in called]
        file.write_text("name,phone,language\n" + "".join(rows))
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
        with writing(self.base) as connection:
            connection.execute(
                update(agents).where(agents.c.name == name).values(roles=["supervisor"])
            )
        return phone

    def agent_in(self, name: str) -> None:
        """Add an agent and log them in."""
        phone = self.number("95")
        self._all(("agents", "add", name, "--phone", phone), ("agents", "login", name))

    def agent_ready(self, *names: str) -> None:
        """Add agents, log them in and have them take calls."""
        for name in names:
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

    def engine(
        self, *words: str, connected: bool = True, program: tuple[str, ...] = ("-m", "cli")
    ) -> "EngineProcess":
        """Start the engine; return once it has caught up with Asterisk."""
        process = EngineProcess(self, words, program)
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
        return _rows(self.base, select(attempts).order_by(attempts.c.id))

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
        return {row.e164: row for row in _rows(self.base, query)}

    def leads_in(self, name: str) -> set[str]:
        """Return the numbers of a list's people."""
        query = (
            select(numbers.c.e164)
            .join(lead_numbers, lead_numbers.c.number_id == numbers.c.id)
            .join(list_members, list_members.c.lead_id == lead_numbers.c.lead_id)
            .join(lists, lists.c.id == list_members.c.list_id)
            .where(lists.c.name == name)
        )
        return {row.e164 for row in _rows(self.base, query)}

    def agent(self, name: str) -> SimpleNamespace:
        """Return an agent as the base has them."""
        return next(one for one in _rows(self.base, select(agents)) if one.name == name)

    def keep_promises(self) -> None:
        """Take everybody out of the work who was promised a call, as if they had got it."""
        promised = campaign_leads.c.state == "callback"
        with writing(self.base) as connection:
            connection.execute(update(campaign_leads).where(promised).values(state="done"))

    def read(self, query) -> list[SimpleNamespace]:
        """Return the rows of any query."""
        return _rows(self.base, query)

    def report(self) -> SimpleNamespace:
        """Return what the engine last said of itself."""
        query = select(engines).where(engines.c.name == self.engine_name)
        return next(iter(_rows(self.base, query)), None)

    def contacts(self) -> list[SimpleNamespace]:
        """Return the calls that came in, in the order in which they did."""
        return _rows(self.base, select(inbound_contacts).order_by(inbound_contacts.c.id))

    def contact(self, phone: str) -> SimpleNamespace | None:
        """Return the last call that somebody made to us, or None."""
        return next((one for one in reversed(self.contacts()) if one.phone == phone), None)

    def network(self) -> list[NetworkRecord]:
        """Return the network's records of the people who were called, by their beginning.

        A call to one of `everybody` is among them though the ledger knows nothing of it.
        """
        ours = {one.phone for one in self.attempts()} | self.everybody
        found = [one for one in self.lab.records() if one.number in ours]
        return sorted(found, key=lambda one: one.started_at)

    def channels(self) -> list[str]:
        """Return the ids of the calls and agents' lines that live in the PBX."""
        shown = self.lab.pbx.cli("core show channels concise").stdout
        ids = [line.rpartition("!")[2] for line in shown.splitlines()]
        return [one for one in ids if one.startswith((CALL_PREFIX, LINE_PREFIX, SUPERVISOR_PREFIX))]

    def differences(
        self, *, but_for: Collection[int] = (), causes_lost: Collection[str] = ()
    ) -> list[str]:
        """Return everything on which ledger and network do not agree.

        Args:
            but_for: attempts that are not looked at.
            causes_lost: numbers of which the network may not have told why nobody answered.
        """
        ledger = [
            Booked(
                attempt_id=one.id,
                number=one.phone,
                at=one.dialed_at,
                outcome=Outcome(one.outcome) if one.outcome else None,
                evidence=one.evidence,
            )
            for one in self.attempts()
            if one.id not in but_for
        ]
        calls = [
            Seen(
                number=one.number,
                at=one.started_at,
                answered=one.answered_at is not None,
                cause=None if one.number in causes_lost else one.cause,
            )
            for one in self.network()
        ]
        return [f"{one.number}: {one.what}" for one in differences(ledger, calls)]

    # -- the end ------------------------------------------------------------------------

    def leave(self) -> None:
        """End everything, and hold the ledger against the network's records."""
        self.end_processes()
        for process in self.processes:
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
            self.close()

    def end_processes(self) -> None:
        """Kill every engine."""
        for process in self.processes:
            process.kill()

    def close(self) -> None:
        """Leave nothing open, whatever has happened."""
        self.end_processes()
        self.base.dispose()

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

    def __init__(self, site: Site, words: tuple[str, ...], program: tuple[str, ...]) -> None:
        self.words = words
        self._log = site.folder / f"engine-{len(site.processes)}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, *program, "--config", site.config, "run", *words],
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

    @property
    def went_wrong(self) -> str | None:
        """What it did that was neither its work nor asked of it by `kill`; None: nothing."""
        status = self._process.poll()
        if status not in (None, 0, -signal.SIGKILL):
            return f"the engine ended with status {status}"
        return "an exception that nobody caught" if "Traceback" in self.said else None

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

    def terminate(self) -> None:
        """Stop it as a service is stopped."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait(10)


def _is_silent(server: Server) -> bool:
    return "0 active channels" in server.cli("core show channels count").stdout


def _rows(base: Engine, query) -> list[SimpleNamespace]:
    with reading(base) as connection:
        return [SimpleNamespace(**row._mapping) for row in connection.execute(query)]
