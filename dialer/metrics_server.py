"""``ringbank run --metrics``: /metrics for Prometheus and /health, over HTTP.

Its threads read the snapshot that the engine publishes, and the base by connections of
their own; the engine never waits for them.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import Engine as Base

from dialer.clock import elapsed_s
from dialer.health import Health, unknown
from dialer.health_check import examine, looking
from dialer.metrics import metrics
from dialer.onlooker import Onlooker
from dialer.store import HEARTBEAT_LIMIT
from leads.errors import DatabaseError, RingbankError, UsageError

_LOCAL = "127.0.0.1"
_MOST_PORT = 65535
_PATIENCE_S = 5.0
_MOST_AT_ONCE = 64
"""Who asks and never reads keeps a thread of the engine's process as long as our patience lasts."""

Asked = socket.socket | tuple[bytes, socket.socket]
Page = tuple[HTTPStatus, str, str]
"""Status, content type, text."""


class ServingError(RingbankError):
    """Nobody could listen where metrics are to be served."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def is_local(self) -> bool:
        """Tell whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_address(text: str) -> Address:
    """Return where to listen, of "9464", "0.0.0.0:9464" or "[::1]:9464".

    Raises:
        UsageError: it is none of them.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if colon else _LOCAL
    if not host or not (port.isascii() and port.isdigit()) or int(port) > _MOST_PORT:
        raise UsageError(f"--metrics {text!r} is no port; write one like 9464 or 10.0.0.5:9464")
    return Address(host, int(port))


@contextmanager
def serving(address: Address, onlooker: Onlooker, base: Base, *, engine: str) -> Iterator[Address]:
    """Serve until the block is left; give where, with the port that the system chose for 0.

    Raises:
        ServingError: nobody can listen there.
    """
    one_at_a_time = threading.Lock()
    pages = {
        "/metrics": lambda: _metrics(onlooker, engine),
        "/health": lambda: _health(onlooker, base, one_at_a_time),
    }
    try:
        server = _Server(address, pages)
    except OSError as error:
        raise ServingError(
            f"metrics cannot be served at {address.host}:{address.port} ({error.strerror}); "
            "end what listens there, or give --metrics another port"
        ) from error
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="metrics", daemon=True
    )
    thread.start()
    try:
        yield Address(address.host, server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_PATIENCE_S)


def _metrics(onlooker: Onlooker, engine: str) -> Page:
    return HTTPStatus.OK, CONTENT_TYPE_PLAIN_0_0_4, written(onlooker, engine)


def written(onlooker: Onlooker, engine: str) -> str:
    """Return what is known of an engine, as Prometheus reads it."""
    standing = CollectorRegistry()
    standing.register(_Standing(onlooker, engine))
    return (generate_latest(standing) + generate_latest(onlooker.counted)).decode()


class _Standing(Collector):
    def __init__(self, onlooker: Onlooker, engine: str) -> None:
        self._onlooker, self._engine = onlooker, engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return how the engine stood last."""
        return metrics(self._engine, self._onlooker.began_at, self._onlooker.shown)


def _health(onlooker: Onlooker, base: Base, one_at_a_time: threading.Lock) -> Page:
    shown = onlooker.shown
    if shown is None:
        return _told(unknown("starting", "the engine is starting"))
    silent_s = elapsed_s() - shown.at_s
    if silent_s >= HEARTBEAT_LIMIT.total_seconds():
        why = f"the engine has not told of itself for {silent_s:.0f} s; look at its messages"
        return _told(unknown("engine_silent", why))
    # However many ask: they share the base's few connections with the engine.
    if not one_at_a_time.acquire(timeout=_PATIENCE_S):
        return _told(unknown("base", "the base does not answer; look whether its server runs"))
    try:
        with looking(base) as connection:
            found = examine(connection, shown.progress.document(), now=shown.engine_now)
    except DatabaseError as error:
        return _told(unknown("base", str(error)))
    finally:
        one_at_a_time.release()
    return _told(found)


def _told(found: Health) -> Page:
    status = HTTPStatus.OK if found.ok else HTTPStatus.SERVICE_UNAVAILABLE
    text = json.dumps(found.document(), ensure_ascii=False) + "\n"
    return status, "application/json; charset=utf-8", text


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: Address, pages: dict[str, Callable[[], Page]]) -> None:
        self.pages = pages
        self._seats = threading.Semaphore(_MOST_AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        super().__init__((address.host, address.port), _Handler)

    def server_bind(self) -> None:
        """Listen, and ask no name server what this machine is called: it may take half a minute."""
        TCPServer.server_bind(self)

    def process_request(self, request: Asked, client_address: object) -> None:
        """Answer in a thread, or hang up where too many are answered already."""
        if not self._seats.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Asked, client_address: object) -> None:
        """Answer; the body of such a thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._seats.release()

    def handle_error(self, *_: object) -> None:
        """Say nothing of somebody who hung up half-way."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server_version = "ringbank"
    sys_version = ""
    server: _Server

    def do_GET(self) -> None:
        """Answer with a page."""
        self._answer(with_text=True)

    def do_HEAD(self) -> None:
        """Answer as for the page, without its text."""
        self._answer(with_text=False)

    def _answer(self, *, with_text: bool) -> None:
        page = self.server.pages.get(self.path.partition("?")[0])
        missing = (HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "see /metrics and /health\n")
        status, kind, text = missing if page is None else page()
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_text:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as the base names it)
        """Keep no list of who asked."""
