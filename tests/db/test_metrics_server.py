"""/metrics and /health over HTTP, beside an engine that waits for nobody."""

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from dialer import metrics_server
from dialer.clock import Clock
from dialer.health import Health, judge
from dialer.metrics_server import Address, ServingError, read_address, serving
from dialer.onlooker import Onlooker
from dialer.progress import Progress
from leads.db import reading, writing
from leads.errors import UsageError
from tests.db.people import NOON, import_people, phone, started
from tests.metrics import read
from tests.waiting import until

LOCAL = Address("127.0.0.1", 0)
NOON_CLOCK = Clock.set_to(NOON)


@pytest.fixture
def onlooker() -> Onlooker:
    return Onlooker(NOON_CLOCK)


@pytest.fixture
def served(base: Engine, onlooker: Onlooker) -> Iterator[Address]:
    with serving(LOCAL, onlooker, base, engine="default") as address:
        yield address


def ask(address: Address, path: str, method: str = "GET") -> tuple[HTTPResponse, str]:
    connection = HTTPConnection(address.host, address.port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def health(address: Address) -> tuple[int, dict[str, Any]]:
    answer, told = ask(address, "/health")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    return answer.status, json.loads(told)


def reasons(told: dict[str, Any]) -> list[str]:
    return [one["reason"] for one in told["reasons"]]


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [
        ("9464", "127.0.0.1", 9464),
        ("0.0.0.0:9464", "0.0.0.0", 9464),
        ("[::1]:65535", "::1", 65535),
        ("metrics.example:0", "metrics.example", 0),
    ],
)
def test_where_to_listen(given: str, host: str, port: int) -> None:
    assert read_address(given) == Address(host, port)


@pytest.mark.parametrize("given", ["", "host", ":9464", "9464:", "65536", "-1", "٣", "1.5", "a:b"])
def test_what_is_no_port_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="write one like 9464"):
        read_address(given)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("10.0.0.5", False),
    ],
)
def test_who_can_reach_it(host: str, local: bool) -> None:
    assert Address(host, 1).is_local is local


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestServer:
    def test_metrics_are_what_prometheus_reads(self, served: Address, onlooker: Onlooker) -> None:
        answer, told = ask(served, "/metrics")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert read(told)[("ringbank_up", (("engine", "default"),))] == 0
        onlooker.progress(Progress(trunks={"main": (3, 10)}))
        answer, told = ask(served, "/metrics?name=x")
        assert answer.status == 200
        assert read(told)[("ringbank_lines_in_use", (("trunk", "main"),))] == 3

    def test_there_is_nothing_else(self, served: Address) -> None:
        assert ask(served, "/")[0].status == 404
        assert ask(served, "/metrics/../config.toml")[0].status == 404
        assert ask(served, "/metrics", "POST")[0].status == 501
        head, told = ask(served, "/metrics", "HEAD")
        assert (head.status, told) == (200, "")
        assert int(head.headers["Content-Length"]) > 0
        assert head.headers["Server"].strip() == "ringbank"

    def test_an_engine_that_is_starting_is_not_well_yet(self, served: Address) -> None:
        status, told = health(served)
        assert (status, told["ok"], reasons(told)) == (503, False, ["starting"])

    def test_nothing_to_be_dialled_is_well(self, served: Address, onlooker: Onlooker) -> None:
        onlooker.progress(Progress())
        assert health(served) == (
            200,
            {"ok": True, "dialling": [], "reasons": [], "warnings": []},
        )

    def test_what_keeps_everybody_from_dialling_is_told(
        self, base: Engine, served: Address, onlooker: Onlooker
    ) -> None:
        import_people(base, [("Anna", phone(1))])
        started(base)
        onlooker.progress(Progress(calls={"spring": 0}, agents={"ready": 1}))
        status, told = health(served)
        assert (status, told["dialling"]) == (200, ["spring"])
        onlooker.progress(Progress(calls={"spring": 0}, agents={"paused": 1}))
        status, told = health(served)
        assert (status, reasons(told)) == (503, ["none_ready"])
        onlooker.progress(Progress(calls={"spring": 0}, stopping=True))
        assert reasons(health(served)[1]) == ["stopping"]

    @pytest.mark.parametrize(("age_s", "well"), [(9.9, True), (10.0, False)])
    def test_an_engine_that_says_nothing_for_ten_seconds_is_not_well(
        self,
        served: Address,
        onlooker: Onlooker,
        monkeypatch: pytest.MonkeyPatch,
        age_s: float,
        well: bool,
    ) -> None:
        onlooker.progress(Progress())
        assert onlooker.shown is not None
        then_s = onlooker.shown.at_s
        monkeypatch.setattr("dialer.metrics_server.elapsed_s", lambda: then_s + age_s)
        status, told = health(served)
        assert status == (200 if well else 503)
        assert reasons(told) == ([] if well else ["engine_silent"])

    def test_a_base_that_fails_is_a_reason(
        self, base: Engine, served: Address, onlooker: Onlooker
    ) -> None:
        onlooker.progress(Progress())
        with writing(base) as connection:
            connection.execute(text("ALTER TABLE campaigns RENAME TO gone"))
        status, told = health(served)
        assert (status, reasons(told)) == (503, ["base"])
        assert ask(served, "/metrics")[0].status == 200

    def test_a_base_that_is_damaged_is_a_reason(
        self, base: Engine, served: Address, onlooker: Onlooker
    ) -> None:
        onlooker.progress(Progress())
        with reading(base) as connection:  # it is in the pool from now on, and finds out late
            connection.execute(text("SELECT 1"))
        assert base.url.database is not None
        with Path(base.url.database).open("r+b") as file:
            size = file.seek(0, 2)
            file.seek(4096)
            file.write(b"\xff" * (size - 4096))
        status, told = health(served)
        assert (status, reasons(told)) == (503, ["base"])
        assert "is damaged (database disk image is malformed)" in told["reasons"][0]["text"]

    def test_a_crowd_that_asks_leaves_the_engine_its_connections(
        self,
        base: Engine,
        served: Address,
        onlooker: Onlooker,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The base answers slowly, and more ask than it has connections."""
        busy: list[int] = []
        most: list[int] = []

        def slowly(*_: Any, **__: Any) -> Health:
            busy.append(1)
            most.append(len(busy))
            time.sleep(0.05)
            busy.pop()
            return judge((), {})

        monkeypatch.setattr("dialer.metrics_server.examine", slowly)
        onlooker.progress(Progress())
        with ThreadPoolExecutor(30) as crowd:
            answers = [*crowd.map(lambda _: health(served)[0], range(30))]
        assert answers == [200] * 30
        assert max(most) == 1
        assert len(most) == 30

    def test_a_base_that_hangs_is_told(
        self, served: Address, onlooker: Onlooker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dialer.metrics_server._PATIENCE_S", 0.1)
        goes_on = threading.Event()
        begun = threading.Event()

        def hang(*_: Any, **__: Any) -> Health:
            begun.set()
            goes_on.wait(10)
            return judge((), {})

        monkeypatch.setattr("dialer.metrics_server.examine", hang)
        onlooker.progress(Progress())
        with ThreadPoolExecutor(1) as first:
            hanging = first.submit(health, served)
            assert begun.wait(5)
            status, told = health(served)
            assert (status, reasons(told)) == (503, ["base"])
            goes_on.set()
            assert hanging.result()[0] == 200

    def test_who_asks_and_never_reads_keeps_nobody_waiting(
        self, served: Address, onlooker: Onlooker
    ) -> None:
        onlooker.progress(Progress())
        idle = [socket.create_connection((served.host, served.port)) for _ in range(20)]
        try:
            idle[0].sendall(b"GET /metrics HTTP/1.1\r\n")
            with urllib.request.urlopen(
                f"http://127.0.0.1:{served.port}/health", timeout=3
            ) as page:
                assert page.status == 200
        finally:
            for one in idle:
                one.close()

    def test_who_asks_and_never_reads_gets_no_more_threads_than_are_meant(
        self, base: Engine, onlooker: Onlooker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(metrics_server, "_MOST_AT_ONCE", 3)
        with serving(LOCAL, onlooker, base, engine="default") as address:
            before, most = threading.active_count(), 0
            idle = [socket.create_connection((address.host, address.port)) for _ in range(10)]
            for one in idle:
                one.settimeout(0.05)
            for one in idle * 20:
                most = max(most, threading.active_count())
                with suppress(OSError):
                    one.recv(1)
            assert most == before + 3
            for one in idle:
                one.close()
            until(lambda: threading.active_count() == before)
            assert ask(address, "/metrics")[0].status == 200

    def test_a_port_that_is_taken_is_told_with_the_remedy(
        self, base: Engine, served: Address, onlooker: Onlooker
    ) -> None:
        with (
            pytest.raises(ServingError, match="give --metrics another port"),
            serving(served, onlooker, base, engine="default"),
        ):
            pytest.fail("two listen at one port")

    def test_no_name_server_is_asked_before_the_engine_begins(
        self, base: Engine, onlooker: Onlooker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr("socket.getfqdn", asked.append)
        with serving(LOCAL, onlooker, base, engine="default") as address:
            assert ask(address, "/metrics")[0].status == 200
        assert asked == []

    def test_after_the_engine_nobody_listens(self, base: Engine, onlooker: Onlooker) -> None:
        with serving(LOCAL, onlooker, base, engine="default") as address:
            assert ask(address, "/metrics")[0].status == 200
        with pytest.raises(OSError, match="refused"):
            ask(address, "/metrics")
        assert onlooker.began_at <= Clock().now() + timedelta(seconds=1)
