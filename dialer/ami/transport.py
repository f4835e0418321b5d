"""One TCP or TLS connection to Asterisk: reach it, take bytes, send bytes, cut it.

One thread receives while any number of others send. A socket's own time-out serves both
directions, which is how a quiet line becomes an error; here the socket never blocks and
each call waits for as long as it was told. OpenSSL does not let two threads work on one
connection at the same instant, hence the lock around each single step.
"""

import ipaddress
import select
import socket
import ssl
import threading
import time
from pathlib import Path

from dialer.ami.errors import AsteriskSilentError, AsteriskUnreachableError

_CHUNK_BYTES = 65_536
_KEEPALIVE = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4))
"""A peer that is gone without a word is noticed after 40 s, not after the system's 2 h."""

_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Transport:
    """A connected socket and its waits; made by `reach`."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._step = threading.Lock()
        self._sending = threading.Lock()

    def receive(self, timeout_s: float | None = None) -> bytes:
        """Wait for bytes and return them; b"" means that the other side has ended.

        Raises:
            TimeoutError: nothing came within `timeout_s` seconds (None: wait for ever).
            OSError: the connection broke.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            try:
                with self._step:
                    return self._socket.recv(_CHUNK_BYTES)
            except _NOT_YET as why:
                self._wait(select.POLLIN, why, deadline)

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of the bytes, never between those of another thread.

        After an exception part of them may be sent: the connection is of no more use.

        Raises:
            TimeoutError: the other side did not take all within `timeout_s` seconds.
            OSError: the connection broke.
        """
        left = memoryview(data)
        with self._sending:
            deadline = time.monotonic() + timeout_s
            while left:
                try:
                    with self._step:
                        left = left[self._socket.send(left) :]
                except _NOT_YET as why:
                    self._wait(select.POLLOUT, why, deadline)

    def cut(self) -> None:
        """End the connection; whoever waits in `receive` gets b"" or an OSError."""
        # Under the lock: a TLS socket that is shut down falls back to plain text first.
        with self._step:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it had ended already

    def release(self) -> None:
        """Cut, and give the socket back to the system; for the thread that receives."""
        self.cut()
        with self._sending, self._step:  # nobody may wait for a number that is another's by then
            self._socket.close()

    def _wait(self, direction: int, why: OSError, deadline: float | None) -> None:
        # TLS may have to read before it can write, and the other way round.
        if isinstance(why, ssl.SSLWantReadError):
            direction = select.POLLIN
        elif isinstance(why, ssl.SSLWantWriteError):
            direction = select.POLLOUT
        left_s = None if deadline is None else max(0.0, deadline - time.monotonic())
        poller = select.poll()
        poller.register(self._socket, direction)
        if not poller.poll(None if left_s is None else left_s * 1000):
            raise TimeoutError("it took too long")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself: what is said to it crosses no network."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return how a server is believed: by a certificate for its name that somebody vouches for.

    Args:
        ca_file: the certificates of who may vouch for it; None: whom the system trusts.

    Raises:
        AsteriskUnreachableError: the file cannot be read, or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise AsteriskUnreachableError(
            f"asterisk.ca_file {ca_file} cannot be used ({_words(error)}); name a file with the "
            "certificate of the authority that signed Asterisk's, in PEM"
        ) from error


def reach(host: str, port: int, timeout_s: float, tls: ssl.SSLContext | None = None) -> Transport:
    """Connect to an address of any family, over TLS when a context is given.

    Raises:
        AsteriskUnreachableError: nobody listens there, or TLS failed.
        AsteriskSilentError: no answer within `timeout_s` seconds.
    """
    place = f"{host} port {port}"
    try:
        plain = socket.create_connection((host, port), timeout_s)
    except TimeoutError as error:
        raise AsteriskSilentError(
            f"Asterisk at {place} did not answer within {timeout_s:g} s; "
            "check asterisk.host, and that no firewall drops the connection"
        ) from error
    except OSError as error:
        raise AsteriskUnreachableError(
            f"Asterisk at {place} cannot be reached ({_words(error)}); check that Asterisk runs, "
            "that manager.conf has enabled = yes, and asterisk.host and asterisk.port"
        ) from error
    try:
        _tune(plain)
        return Transport(tls.wrap_socket(plain, server_hostname=host) if tls else plain)
    except TimeoutError as error:
        plain.close()
        raise AsteriskSilentError(
            f"Asterisk at {place} did not begin TLS within {timeout_s:g} s; "
            "check that asterisk.port is the tlsbindaddr of manager.conf"
        ) from error
    except OSError as error:
        plain.close()
        raise AsteriskUnreachableError(
            f"TLS with Asterisk at {place} failed ({_words(error)}); "
            "check tlsenable and the certificate in manager.conf, which must be for this very "
            "host, and asterisk.ca_file"
        ) from error


def _tune(connected: socket.socket) -> None:
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Else the second of two small actions waits for the receipt of the first, up to 40 ms.
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option, value in _KEEPALIVE:
        if hasattr(socket, option):  # macOS names them otherwise
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _words(error: OSError) -> str:
    return error.strerror or str(error)
