"""The way to a server, and everything that can happen on it."""

import heapq
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from random import Random

Mangle = Callable[[bytes], Iterable[tuple[float, bytes]]]
"""What becomes of a message: nothing, or messages, each so many seconds later."""

_LARGEST_PIECE = 200
_END = b"\r\n\r\n"


def as_it_is(message: bytes) -> Iterable[tuple[float, bytes]]:
    """Pass a message on at once."""
    return ((0.0, message),)


class Proxy:
    """The way to the manager interface.

    What it passes on it passes on in pieces of any size.

    Attributes:
        port: where it listens.
        largest_piece: how many bytes travel together at most.
        bytes_per_s: how fast; None: as fast as can be.
        opened: how many connections there have been.
        mangle: what becomes of a message of Asterisk's.
    """

    def __init__(self, to_port: int, random: Random) -> None:
        self.largest_piece = _LARGEST_PIECE
        self.bytes_per_s: float | None = None
        self.mangle: Mangle = as_it_is
        self.opened = 0
        self._to_port = to_port
        self._gates: list[threading.Event] = []
        self._new_gate()
        self._random = random
        self._open: list[socket.socket] = []
        self._gate_of: dict[socket.socket, threading.Event] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """End all connections and let nobody in."""
        # Closed under its thread's `accept`, a listener would stay open.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """End all connections; whoever comes again is let in."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def mend(self) -> None:
        """Let people in again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stall(self) -> None:
        """Pass nothing on, and let nobody notice."""
        self._gates[-1].clear()

    def stall_those_open(self) -> None:
        """Pass nothing on of the connections that are there; new ones flow."""
        self.stall()
        self._new_gate()

    def resume(self) -> None:
        """Pass on all that has gathered, and go on."""
        for gate in self._gates:
            gate.set()

    def _new_gate(self) -> None:
        gate = threading.Event()
        gate.set()
        self._gates.append(gate)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._to_port))
                except OSError:  # nobody is there: let them know, and be there for the next
                    near.close()
                    continue
                self._open += [near, far]
                self.opened += 1
                for one in (near, far):  # pieces are to travel at once, each by itself
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for carry, source, sink in ((self._forth, near, far), (self._back, far, near)):
                    self._gate_of[sink] = self._gates[-1]
                    threading.Thread(target=carry, args=(source, sink), daemon=True).start()

    def _forth(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source:
            while data := source.recv(65536):
                self._send(sink, data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def _back(self, source: socket.socket, sink: socket.socket) -> None:
        waiting: list[tuple[float, int, bytes]] = []
        order = count()
        with suppress(OSError), source:
            banner, _, rest = source.recv(65536).partition(b"\r\n")
            self._send(sink, banner + b"\r\n")
            while True:
                *messages, rest = rest.split(_END)
                for message in messages:
                    for later_s, one in self.mangle(message + _END):
                        heapq.heappush(waiting, (time.monotonic() + later_s, next(order), one))
                while waiting and waiting[0][0] <= time.monotonic():
                    self._send(sink, heapq.heappop(waiting)[2])
                if waiting and not select.select([source], [], [], 0.01)[0]:
                    continue
                if not (data := source.recv(65536)):
                    break
                rest += data
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def _send(self, sink: socket.socket, data: bytes) -> None:
        while data:
            self._gate_of[sink].wait()
            size = self._random.randint(1, self.largest_piece)
            sink.sendall(data[:size])
            if self.bytes_per_s is not None:
                time.sleep(size / self.bytes_per_s)
            data = data[size:]
