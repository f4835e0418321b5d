"""The faults of asterisk-ami 0.1.7, each shown on the plain library and mended in ours."""

import itertools
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asterisk.ami import Action, AMIClient, SimpleAction

from dialer.ami.client import AmiClient
from dialer.ami.errors import (
    ActionRefusedError,
    AmiTimeoutError,
    AsteriskSilentError,
    AsteriskUnreachableError,
    LinkLostError,
    LoginRefusedError,
    NotAnAsteriskError,
    UnsafeValueError,
)
from dialer.ami.wire import Message
from leads.errors import RingbankError
from tests.ami.fake_manager_server import (
    SECRET,
    FakeManagerServer,
    block,
    like_asterisk,
    response,
)
from tests.waiting import until

QUICK_S = 0.15


class Heard:
    """What a client told: the messages, and why the link ended."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.lost: list[str] = []

    def names(self) -> list[str]:
        return [message.name for message in tuple(self.messages)]


def made(server: Any, heard: Heard, **settings: Any) -> AmiClient:
    given: dict[str, Any] = {
        "username": "dialer",
        "secret": SECRET,
        "on_message": heard.messages.append,
        "on_lost": heard.lost.append,
    }
    return AmiClient(server.host, server.port, **(given | settings))


@contextmanager
def opened(server: FakeManagerServer, heard: Heard, **settings: Any) -> Iterator[AmiClient]:
    client = made(server, heard, **settings)
    client.open()
    try:
        yield client
    finally:
        client.close()


@contextmanager
def plain(server: FakeManagerServer, **settings: Any) -> Iterator[AMIClient]:
    client = AMIClient(server.host, server.port, **settings)
    client.connect()
    until(lambda: server.connections == 1)
    try:
        yield client
    finally:
        client.finished.set()
        server.hang_up()
        client._thread.join(5)
        client._socket.close()


@pytest.fixture
def server() -> Iterator[FakeManagerServer]:
    with FakeManagerServer() as running:
        yield running


@pytest.fixture
def heard() -> Heard:
    return Heard()


def unanswered(*names: str) -> Callable[[Message], bytes]:
    """Answer like Asterisk, but say nothing to some actions."""
    return lambda action: b"" if action.get("Action") in names else like_asterisk(action)


# A quiet line


def test_plain_takes_a_quiet_line_for_a_lost_one(server):
    ended: list[object] = []
    with plain(server, timeout=QUICK_S) as client:
        client.add_listener(on_disconnect=lambda source, error: ended.append(error))
        until(lambda: ended)
    assert isinstance(ended[0], TimeoutError)


def test_a_quiet_line_stays(server, heard):
    with opened(server, heard, connect_timeout_s=QUICK_S, answer_timeout_s=QUICK_S) as client:
        time.sleep(3 * QUICK_S)
        assert client.alive
        server.say(block("Event: Newchannel"))
        until(lambda: "Newchannel" in heard.names())
    assert heard.lost == []


# Sending


class Sink:
    """A manager interface that reads only when told to, and then everything."""

    def __init__(self) -> None:
        self.host = "127.0.0.1"
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.client: socket.socket | None = None
        self.received = bytearray()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        self.client, _ = self._listener.accept()
        self.client.sendall(b"Asterisk Call Manager/11.0.0\r\n")

    def read_all(self) -> None:
        self._accepting.join(5)
        while data := self.client.recv(1 << 16):
            self.received += data

    def close(self) -> None:
        self._accepting.join(5)
        self.client.close()
        self._listener.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    running = Sink()
    yield running
    running.close()


BIG = "x" * (1 << 24)


def test_plain_sends_a_part_and_says_nothing(sink):
    client = AMIClient(sink.host, sink.port)
    client.connect()
    client.send(BIG)
    client.finished.set()
    client._socket.shutdown(socket.SHUT_WR)
    sink.read_all()
    assert 0 < len(sink.received) < len(BIG)
    sink.client.shutdown(socket.SHUT_RDWR)
    client._thread.join(5)
    client._socket.close()


def test_all_is_sent_however_slowly_the_other_side_reads(sink, heard):
    client = made(sink, heard)
    client.connect()
    reading = threading.Thread(target=sink.read_all)
    reading.start()
    client.send(BIG.encode())
    client.close()
    reading.join(10)
    assert len(sink.received) == len(BIG)


def test_what_many_threads_send_does_not_mix(sink, heard):
    client = made(sink, heard)
    client.connect()
    sizes = dict.fromkeys("abcd", 1 << 22)
    reading = threading.Thread(target=sink.read_all)
    sending = [
        threading.Thread(target=client.send, args=((k * n).encode(),)) for k, n in sizes.items()
    ]
    for thread in (*sending, reading):
        thread.start()
    for thread in sending:
        thread.join(10)
    client.close()
    reading.join(10)
    runs = [(sign, len(list(run))) for sign, run in itertools.groupby(sink.received.decode())]
    assert len(runs) == len(sizes)
    assert dict(runs) == sizes


def test_a_peer_that_takes_nothing_loses_the_link(sink, heard):
    client = made(sink, heard, answer_timeout_s=QUICK_S)
    client.connect()
    with pytest.raises(LinkLostError, match="could not be sent"):
        client.send(BIG.encode())
    with pytest.raises(LinkLostError):
        client.post("Ping", [])
    client.close()


# What may be sent

FORGED = "Ola\r\nApplication: System\r\nData: reboot"


def test_plain_lets_a_lead_name_forge_an_application(server):
    with plain(server) as client:
        client.send_action(SimpleAction("Originate", CallerID=FORGED))
        until(lambda: server.named("Originate"))
    assert server.named("Originate")[0].get("Application") == "System"


@pytest.mark.parametrize(
    "action",
    [
        SimpleAction("Originate", CallerID=FORGED),
        Action("Originate", variables={"NAME": FORGED}),
        Action("Originate", variables={FORGED: "x"}),
        Action("Originate", keys={FORGED: "x"}),
        Action(f"Ping\r\n\r\nAction: {FORGED}"),
    ],
    ids=["value", "variable", "variable's name", "key", "action"],
)
def test_a_lead_name_forges_nothing(server, heard, action):
    with opened(server, heard) as client:
        with pytest.raises(UnsafeValueError) as refused:
            client.send_action(action)
        assert isinstance(refused.value, RingbankError)
        for send in (client.post, client.request, client.request_list):
            with pytest.raises(UnsafeValueError):
                send("Originate", [("CallerID", FORGED)])
        assert client.request("Ping").name == "Success"
        assert client._futures == {}
    assert b"System" not in server.received


# Listeners


def test_plain_stops_reading_when_a_listener_fails(server):
    heard: list[str] = []

    def fail(event: Any, source: Any) -> None:
        heard.append(event.name)
        raise ValueError(event.name)

    with plain(server) as client:
        client.add_event_listener(fail)
        server.say(block("Event: A") + block("Event: B"))
        until(lambda: not client._thread.is_alive())
    assert heard == ["A"]


def test_a_failing_listener_is_logged_and_reading_goes_on(server, heard, caplog):
    def fail(message: Message) -> None:
        heard.messages.append(message)
        raise ValueError(message.name)

    with opened(server, heard, on_message=fail) as client:
        server.say(block("Event: A") + block("Event: B"))
        until(lambda: heard.names() == ["A", "B"])
        assert client.request("Ping").name == "Success"
        assert client.alive
    failures = [r for r in caplog.records if r.name == "dialer.ami.client" and r.exc_info]
    assert [str(r.exc_info[1]) for r in failures[:2]] == ["A", "B"]


def test_a_listener_of_the_library_is_told_too(server, heard):
    told: list[str] = []
    with opened(server, heard) as client:
        client.add_event_listener(lambda event, source: told.append(event.name))
        server.say(block("Event: A"))
        until(lambda: told == ["A"])


# Repeated keys


def test_plain_keeps_the_last_of_repeated_keys(server):
    got: list[Any] = []
    with plain(server) as client:
        client.add_event_listener(lambda event, source: got.append(event))
        server.say(block("Event: X", "Variable: A=1", "Variable: B=2"))
        until(lambda: got)
    assert got[0].keys["Variable"] == "B=2"


def test_all_of_repeated_keys_are_kept_both_ways(server, heard):
    with opened(server, heard) as client:
        server.say(block("Event: X", "Variable: A=1", "Variable: B=2"))
        until(lambda: heard.messages)
        assert heard.messages[0].all("Variable") == ("A=1", "B=2")
        client.post("Originate", [("Variable", "A=1"), ("Variable", "B=2")])
        until(lambda: server.named("Originate"))
    assert server.named("Originate")[0].all("Variable") == ("A=1", "B=2")


# Answers


def test_plain_keeps_a_future_without_an_answer_for_ever():
    with FakeManagerServer(unanswered("Ping")) as server, plain(server, timeout=QUICK_S) as client:
        future = client.send_action(SimpleAction("Ping"))
        assert future.response is None
        client.send_action(SimpleAction("Ping"))
        assert len(client._futures) == 2


def test_plain_answers_by_a_method_that_python_removes(server):
    with plain(server) as client:
        with pytest.warns(DeprecationWarning, match="notifyAll"):
            answer = client.send_action(SimpleAction("Ping")).response
        assert answer.status == "Success"


def test_an_answer_that_does_not_come_is_told_and_forgotten(heard):
    with (
        FakeManagerServer(unanswered("Ping", "Originate")) as server,
        opened(server, heard, answer_timeout_s=QUICK_S) as client,
    ):
        with pytest.raises(AmiTimeoutError, match=r"Ping.*ringbank doctor"):
            client.request("Ping")
        assert client._futures == {}
        answer = client.send_action(SimpleAction("Ping"))
        assert answer.response is None
        until(lambda: time.monotonic() > answer.expires_at)
        client.request("CoreStatus")
        assert client._futures == {}
        assert client.alive


def test_the_library_actions_are_answered(server, heard):
    called: list[Message] = []
    with opened(server, heard) as client:
        assert client.send_action(SimpleAction("Ping"), called.append).response.name == "Success"
        until(lambda: called)
    assert server.named("Ping")[0].get("ActionID").startswith("rb-")


def test_the_answer_to_a_post_comes_as_a_message_and_to_a_request_does_not(server, heard):
    with opened(server, heard) as client:
        posted = client.post("Originate", [("Async", "true")])
        chosen = client.post("Originate", [], action_id="attempt-7")
        assert chosen == "attempt-7"
        assert client.request("Ping").get("ActionID") not in (posted, chosen)
        assert [m.get("ActionID") for m in heard.messages] == [posted, chosen]


def test_the_event_about_a_requested_originate_is_no_answer(heard):
    def event_first(action: Message) -> bytes:
        if action.get("Action") != "Originate":
            return like_asterisk(action)
        action_id = f"ActionID: {action.get('ActionID')}"
        return block("Event: OriginateResponse", action_id) + response(action, "Success")

    with FakeManagerServer(event_first) as server, opened(server, heard) as client:
        assert client.request("Originate").kind == "response"
        assert heard.names() == ["OriginateResponse"]


def test_two_clients_never_use_the_same_action_id(server, heard):
    ids = {made(server, heard).next_action_id() for _ in range(50)}
    assert len(ids) == 50
    assert [AMIClient().next_action_id() for _ in range(2)] == ["0", "0"]


def test_a_request_from_the_reader_thread_is_a_bug_and_told_as_one(server, heard):
    wrong: list[BaseException] = []

    def ask(_message: Message) -> None:
        try:
            client.request("Ping")
        except RuntimeError as error:
            wrong.append(error)

    with opened(server, heard, on_message=ask) as client:
        server.say(block("Event: A"))
        until(lambda: wrong)


# Lists


def listing(*parts: str, end: str | None = "Complete") -> Callable[[Message], bytes]:
    def answer(action: Message) -> bytes:
        if action.get("Action") != "DBGetTree":
            return like_asterisk(action)
        mine = f"ActionID: {action.get('ActionID')}"
        out = response(action, "Success", "EventList: start")
        for key in parts:
            out += block("Event: Hangup", f"Uniqueid: {key}")
            out += block("Event: DBGetTreeResponse", f"Key: {key}", mine)
        if end:
            out += block("Event: DBGetTreeComplete", mine, f"EventList: {end}")
        return out

    return answer


@pytest.mark.parametrize("keys", [(), ("a",), ("a", "b", "c")])
def test_a_list_is_collected_and_other_events_pass_by(heard, keys):
    with FakeManagerServer(listing(*keys)) as server, opened(server, heard) as client:
        found = client.request_list("DBGetTree", [("Family", "ringbank")])
        assert [m.get("Key") for m in found] == list(keys)
        assert [m.get("Uniqueid") for m in heard.messages] == list(keys)


def test_a_list_without_its_end_is_not_taken_for_a_whole_one(heard):
    with (
        FakeManagerServer(listing("a", end=None)) as server,
        opened(server, heard, answer_timeout_s=QUICK_S) as client,
        pytest.raises(AmiTimeoutError),
    ):
        client.request_list("DBGetTree")


def test_a_list_that_asterisk_breaks_off_is_refused(heard):
    with (
        FakeManagerServer(listing("a", end="cancelled")) as server,
        opened(server, heard) as client,
        pytest.raises(ActionRefusedError, match=r"DBGetTree.*manager\.conf"),
    ):
        client.request_list("DBGetTree")


def test_an_error_instead_of_a_list_is_refused(heard):
    def denied(action: Message) -> bytes:
        if action.get("Action") == "DBGetTree":
            return response(action, "Error", "Message: Permission denied")
        return like_asterisk(action)

    with (
        FakeManagerServer(denied) as server,
        opened(server, heard) as client,
        pytest.raises(ActionRefusedError, match="Permission denied"),
    ):
        client.request_list("DBGetTree")


def test_a_long_list_may_take_longer_than_the_time_out_as_long_as_it_goes_on(heard):
    ids: list[str] = []

    def start(action: Message) -> bytes:
        if action.get("Action") != "DBGetTree":
            return like_asterisk(action)
        ids.append(action.get("ActionID"))
        return response(action, "Success", "EventList: start")

    with FakeManagerServer(start) as server, opened(server, heard, answer_timeout_s=0.6) as client:

        def go_on() -> None:
            until(lambda: ids)
            for number in range(5):
                time.sleep(0.2)  # the pace of the list is what is tested
                server.say(block("Event: Item", f"ActionID: {ids[0]}", f"Key: {number}"))
            server.say(block("Event: End", f"ActionID: {ids[0]}", "EventList: Complete"))

        talking = threading.Thread(target=go_on)
        talking.start()
        assert len(client.request_list("DBGetTree")) == 5
        talking.join(5)


# The address and TLS


def test_plain_knows_no_ipv6():
    with FakeManagerServer(host="::1") as server:
        client = AMIClient(server.host, server.port)
        with pytest.raises(OSError, match="family"):
            client.connect()
        client._socket.close()


@pytest.mark.parametrize("name", ["::1", "localhost"])
def test_an_address_of_any_family_is_reached(heard, name):
    with FakeManagerServer(host="::1" if name == "::1" else "127.0.0.1") as server:
        server.host = name
        with opened(server, heard) as client:
            assert client.request("Ping").name == "Success"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = shutil.which("openssl")
    assert program, "these tests need the program openssl"
    folder = tmp_path_factory.mktemp("tls")
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", folder / "pem", "-out", folder / "crt"]
    subprocess.run([program, *make.split(), *subject, *files], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "pem").read_text() + (folder / "crt").read_text())
    return both


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[FakeManagerServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with FakeManagerServer(tls=context) as running:
        running.host = "localhost"
        yield running


def test_tls_carries_everything_in_both_directions_at_once(tls_server, certificate, heard):
    trust = ssl.create_default_context(cafile=certificate)
    with opened(tls_server, heard, tls=trust) as client:
        fill = [("Variable", f"FILL={'x' * 900}")] * 50

        def work() -> None:
            for _ in range(50):
                client.post("Originate", fill)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        until(lambda: len(heard.messages) == 150)
        assert client.request("Ping").name == "Success"
    assert {len(m.fields) for m in tls_server.named("Originate")} == {52}


def test_a_certificate_nobody_vouches_for_is_refused(tls_server, heard):
    with pytest.raises(AsteriskUnreachableError, match=r"certificate.*manager\.conf"):
        made(tls_server, heard, tls=True).open()


def test_tls_with_a_server_that_does_not_speak_it_fails_with_a_remedy(server, heard):
    with pytest.raises(AsteriskUnreachableError, match="tlsenable"):
        made(server, heard, tls=True).open()


# Logging in


def test_the_secret_does_not_cross_the_wire(server, heard):
    with opened(server, heard) as client:
        assert client.alive
    assert SECRET.encode() not in server.received
    assert server.named("Login")[0].get("Events") == "on"


def test_without_a_challenge_the_secret_is_sent_on_loopback_only(heard, monkeypatch):
    def old(action: Message) -> bytes:
        if action.get("Action") == "Challenge":
            return response(action, "Error", "Message: Must specify AuthType")
        return like_asterisk(action)

    with FakeManagerServer(old) as server:
        with opened(server, heard):
            assert server.named("Login")[0].get("Secret") == SECRET
        monkeypatch.setattr("dialer.ami.client.is_loopback", lambda host: False)
        with pytest.raises(LoginRefusedError, match="TLS"):
            made(server, heard).open()
    assert len(server.named("Login")) == 1


def test_a_wrong_secret_is_told_with_its_remedy_and_without_the_secret(server, heard):
    client = made(server, heard, secret="guessed")
    with pytest.raises(LoginRefusedError, match=r"'dialer'.*RINGBANK_ASTERISK_SECRET") as refused:
        client.open()
    assert "guessed" not in str(refused.value)
    assert not client.alive
    assert heard.lost == []


def test_a_closed_port_is_told(heard):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = AmiClient("127.0.0.1", port, username="d", secret="s", on_message=print, on_lost=print)
    with pytest.raises(AsteriskUnreachableError, match=r"enabled = yes") as refused:
        client.open()
    assert not isinstance(refused.value, AsteriskSilentError)


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"x" * 5000])
def test_something_else_at_the_port_is_told(heard, greeting):
    with (
        FakeManagerServer(greeting=greeting) as server,
        pytest.raises(NotAnAsteriskError, match=r"asterisk\.port"),
    ):
        made(server, heard).open()


def test_a_server_that_says_nothing_is_told(heard):
    with (
        FakeManagerServer(greeting=None) as server,
        pytest.raises(AsteriskSilentError, match="does not greet"),
    ):
        made(server, heard, connect_timeout_s=QUICK_S).open()


def test_a_login_without_an_answer_is_told(heard):
    with (
        FakeManagerServer(unanswered("Login")) as server,
        pytest.raises(AmiTimeoutError, match="Login"),
    ):
        made(server, heard, answer_timeout_s=QUICK_S).open()


# The end of a link


def test_a_lost_link_is_told_once_and_to_whoever_waits(heard):
    with FakeManagerServer(unanswered("Ping")) as server, opened(server, heard) as client:
        failed: list[Exception] = []

        def wait() -> None:
            try:
                client.request("Ping")
            except LinkLostError as error:
                failed.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        until(lambda: server.named("Ping"))
        server.hang_up()
        waiting.join(2)
        until(lambda: heard.lost)
        assert "Asterisk closed the connection" in str(failed[0])
        assert not client.alive
        for send in (client.post, client.request, client.request_list):
            with pytest.raises(LinkLostError):
                send("Ping", [])
        client.close()
    assert heard.lost == ["Asterisk closed the connection"]


def test_a_closed_link_is_not_a_lost_one_and_what_was_posted_arrives(heard):
    def slowly(action: Message) -> bytes:
        time.sleep(0.005)  # Asterisk still has work to do when the client closes
        return like_asterisk(action)

    with FakeManagerServer(slowly) as server:
        client = made(server, heard)
        client.open()
        for number in range(50):
            client.post("Hangup", [("Channel", str(number))])
        client.close()
        client.close()
    assert [m.get("Channel") for m in server.named("Hangup")] == [str(n) for n in range(50)]
    assert heard.lost == []
    assert not client.alive


def test_a_listener_still_at_work_on_a_closed_link_does_not_end_the_next_one(server, heard):
    at_work, done = threading.Event(), threading.Event()

    def work(message: Message) -> None:
        if message.name == "Slow":
            at_work.set()
            done.wait(5)

    with opened(server, heard, on_message=work, answer_timeout_s=QUICK_S) as client:
        server.say(block("Event: Slow"))
        assert at_work.wait(5)
        first = client._thread
        client.close()
        client.open()
        done.set()
        first.join(5)
        assert client.alive
        assert client.request("Ping").name == "Success"
    assert heard.lost == []


def test_a_link_closed_by_a_listener_ends_without_waiting_for_itself(server, heard):
    with opened(server, heard, on_message=lambda _: client.close()) as client:
        server.say(block("Event: A"))
        until(lambda: not client._thread.is_alive())
    assert heard.lost == []


def test_a_lost_client_can_be_opened_again(server, heard):
    with opened(server, heard) as client:
        server.hang_up()
        until(lambda: heard.lost)
        client.open()
        assert client.alive
        assert client.request("Ping").name == "Success"
    assert len(heard.lost) == 1


def test_a_link_that_ends_during_the_login_is_an_exception_and_no_loss(heard):
    def hang_up(action: Message) -> bytes:
        if action.get("Action") == "Login":
            server.hang_up()
        return like_asterisk(action)

    with FakeManagerServer(hang_up) as server, pytest.raises(LinkLostError):
        made(server, heard).open()
    assert heard.lost == []


def test_closing_before_opening_does_nothing(server, heard):
    client = made(server, heard)
    client.close()
    with pytest.raises(LinkLostError, match="not connected"):
        client.post("Ping", [])
