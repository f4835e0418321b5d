"""One lab for the whole run, a plain AMI link to it, and beside a failure all that is known."""

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialer.actions import CALL_PREFIX
from dialer.lab.lab import Lab, load_scenario
from tests.asterisk.site import Site

HERE = Path(__file__).parent
_BOOTSTRAP_S = 600
_numbers = itertools.count(1)
_attempts = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test may have to fetch Asterisk."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(_BOOTSTRAP_S))
            break


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.failed and lab is not None:
        for server in (lab.pbx, lab.carrier):
            report.sections.append((f"log of the {server.name}", server.last_words()))
            if call.when == "call" and server.is_alive():
                lived = server.cli("core show channels verbose").stdout
                report.sections.append((f"channels of the {server.name}", lived))
        if call.when == "call" and (site := item.funcargs.get("site")) is not None:
            calls = [*site.attempts(), *site.network()]
            report.sections.append(("calls", "\n".join(str(one) for one in calls)))
    return report


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab of this run, with the people of `town.toml`."""
    directory = tmp_path_factory.mktemp("lab")
    running = Lab.up(directory, load_scenario(HERE / "town.toml"), tell=print)
    yield running
    running.remove()


@pytest.fixture
def number() -> Callable[[str], str]:
    """Gives a number with an ending, never the same twice in a run."""
    return lambda ending: f"+4721{next(_numbers):04}{ending}"


@pytest.fixture
def site(lab: Lab, tmp_path: Path, base_url: str, number: Callable[[str], str]) -> Iterator[Site]:
    """An installation that dials through the lab; its ledger must agree with the network."""
    ours = Site(lab, tmp_path, base_url, number)
    yield ours
    ours.leave()


@pytest.fixture
def link(lab: Lab) -> Iterator["Link"]:
    """A logged-in AMI link; whatever still talks when the test ends is hung up."""
    opened = Link(lab)
    yield opened
    opened.send("Hangup", Channel="/^PJSIP/.*/")
    opened.close()


@pytest.fixture
def link_to() -> Iterator[Callable[[Lab], "Link"]]:
    """Opens further links, to any lab."""
    opened: list[Link] = []

    def open_link(to: Lab) -> "Link":
        opened.append(Link(to))
        return opened[-1]

    yield open_link
    for one in opened:
        one.close()


class Link:
    """A manager connection with nothing clever in it: what the server said, in order."""

    def __init__(self, lab: Lab) -> None:
        self.events: list[dict[str, str]] = []
        self._answers: dict[str, dict[str, str]] = {}
        self._ids = itertools.count(1)
        self._socket = socket.create_connection(("127.0.0.1", lab.ami_port), timeout=10)
        self._buffer = b""
        self._read_until(b"\r\n")
        assert self.send("Login", Username="dialer", Secret=lab.secret)["Response"] == "Success"

    def close(self) -> None:
        self._socket.close()

    def send(self, action: str, **fields: object) -> dict[str, str]:
        """Send an action and return its answer; a list gives a header for each member."""
        action_id = f"test-{next(self._ids)}"
        headers = [("Action", action), ("ActionID", action_id)]
        for name, value in fields.items():
            headers += [(name, one) for one in (value if isinstance(value, list) else [value])]
        self._socket.sendall(
            "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n"
        )
        until = time.monotonic() + 10
        while action_id not in self._answers:
            self._read(until)
        return self._answers.pop(action_id)

    def originate(self, number: str, *, context: str = "ringbank-answered", **settings) -> str:
        """Call a number as the engine does; return the attempt's id."""
        attempt = f"{CALL_PREFIX}{next(_attempts)}-{time.time_ns()}"
        variables = {
            "RINGBANK_ATTEMPT": attempt,
            "RINGBANK_MODE": "agent",
            "RINGBANK_SOUND_1": "tt-allbusy",
            "RINGBANK_CONNECT_KEYS_1": "1",
            "RINGBANK_ANSWER_KEYS_1": "5",
            "RINGBANK_LATER_KEYS_1": "8",
            "RINGBANK_NEVER_KEYS_1": "9",
            "RINGBANK_THANKS": "auth-thankyou",
            "RINGBANK_LATER": "auth-thankyou",
            "RINGBANK_NEVER": "auth-thankyou",
            "RINGBANK_CONNECT_S": "1.0",
            "RINGBANK_SORRY": "auth-thankyou",
        } | settings.get("variables", {})
        answer = self.send(
            "Originate",
            Channel=f"PJSIP/{number}@carrier",
            Context=context,
            Exten=settings.get("exten", "s"),
            Priority=1,
            Async="true",
            ChannelId=attempt,
            Timeout=settings.get("ring_ms", 5000),
            CallerID="+4721000000",
            Variable=[f"{name}={value}" for name, value in variables.items()],
        )
        assert answer["Response"] == "Success", answer
        return attempt

    def until(self, within: float = 15, **facts: str) -> dict[str, str]:
        """Return the first event, earlier or still to come, that has these facts."""
        until = time.monotonic() + within
        seen = 0
        while True:
            for event in self.events[seen:]:
                if all(event.get(name) == value for name, value in facts.items()):
                    return event
            seen = len(self.events)
            self._read(until, f"no event with {facts} in {within} s")

    def stage(self, attempt: str, stage: str, within: float = 15) -> dict[str, str]:
        """Wait for an attempt's stage."""
        return self.until(within, UserEvent="Ringbank", Attempt=attempt, Stage=stage)

    def began(self, attempt: str, within: float = 15) -> dict[str, str]:
        """Wait for an attempt's channel: its intent is in the base before Asterisk is asked."""
        return self.until(within, Event="Newchannel", Uniqueid=attempt)

    def hangup(self, attempt: str, within: float = 15) -> dict[str, str]:
        """Wait for the end of an attempt's channel."""
        return self.until(within, Event="Hangup", Uniqueid=attempt)

    def stages(self, attempt: str) -> list[str]:
        """Return an attempt's stages so far, in order."""
        return [
            event["Stage"]
            for event in self.events
            if event.get("UserEvent") == "Ringbank" and event.get("Attempt") == attempt
        ]

    def marks(self) -> dict[str, dict[str, str]]:
        """Return what Asterisk itself has kept, by attempt."""
        answer = self.send("DBGetTree", Family="ringbank")
        if answer["Response"] != "Success":
            return {}
        self.until(Event="DBGetTreeComplete", ActionID=answer["ActionID"])
        return {
            event["Key"].rpartition("/")[2]: dict(
                fact.split("=", 1) for fact in event["Val"].split("|")
            )
            for event in self.events
            if event.get("Event") == "DBGetTreeResponse"
            and event.get("ActionID") == answer["ActionID"]
        }

    def _read(self, until: float, complaint: str = "Asterisk does not answer") -> None:
        message = self._read_until(b"\r\n\r\n", until, complaint).decode()
        fields = dict(line.split(": ", 1) for line in message.split("\r\n") if ": " in line)
        if "Response" in fields:
            self._answers[fields["ActionID"]] = fields
        else:
            self.events.append(fields)

    def _read_until(self, end: bytes, until: float | None = None, complaint: str = "") -> bytes:
        while end not in self._buffer:
            left = 10.0 if until is None else until - time.monotonic()
            if left <= 0:
                raise AssertionError(complaint)
            self._socket.settimeout(left)
            try:
                received = self._socket.recv(65536)
            except TimeoutError:
                continue
            if not received:
                raise ConnectionError("Asterisk closed the link")
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(end)
        return message
