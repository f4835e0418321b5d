"""A manager interface that says what a test tells it to, on a real socket."""

import hashlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

from dialer.ami.wire import Message, Reader
from dialer.link import Lost

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
CHALLENGE = "170652455"
SECRET = "lab-only"


def block(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def response(action: Message, status: str, *lines: str) -> bytes:
    return block(f"Response: {status}", f"ActionID: {action.get('ActionID')}", *lines)


def like_asterisk(action: Message) -> bytes:
    """Answer as Asterisk does: a challenge, a login by it, a list, success for the rest."""
    match action.get("Action"):
        case "Challenge":
            return response(action, "Success", f"Challenge: {CHALLENGE}")
        case "Login":
            key = hashlib.md5((CHALLENGE + SECRET).encode()).hexdigest()
            if action.get("Key") == key or action.get("Secret") == SECRET:
                return response(action, "Success", "Message: Authentication accepted")
            return response(action, "Error", "Message: Authentication failed")
        case "Logoff":
            return response(action, "Goodbye", "Message: Thanks for all the fish.")
    return response(action, "Success")


class FakeManagerServer:
    """Accepts one client after another; every action is kept, and answered by `answer`.

    Attributes:
        actions: what clients sent, in order.
        received: bytes of what clients sent.
        connections: how many clients have been greeted.
    """

    def __init__(
        self,
        answer: Callable[[Message], bytes] = like_asterisk,
        *,
        greeting: bytes | None = GREETING,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.actions: list[Message] = []
        self.received = bytearray()
        self.connections = 0
        self._answer = answer
        self._greeting = greeting
        self._tls = tls
        self._client: socket.socket | None = None
        self._ending = False
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def say(self, data: bytes) -> None:
        """Send bytes to the client of the moment."""
        assert self._client is not None
        self._client.sendall(data)

    def hang_up(self) -> None:
        """End the connection of the moment."""
        if self._client is not None:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)

    def named(self, action: str) -> Sequence[Message]:
        """Return the actions of one name."""
        return [m for m in tuple(self.actions) if m.get("Action") == action]

    def _serve(self) -> None:
        for _ in itertools.count():
            try:
                accepted, _address = self._listener.accept()
            except OSError:
                return
            with suppress(OSError), self._secured(accepted) as client:
                self._client = client
                self._talk(client)

    def _secured(self, accepted: socket.socket) -> socket.socket:
        try:
            return self._tls.wrap_socket(accepted, server_side=True) if self._tls else accepted
        except OSError:
            accepted.close()
            raise

    def _talk(self, client: socket.socket) -> None:
        if self._greeting is not None:
            client.sendall(self._greeting)
            self.connections += 1
        reader = Reader()
        while data := client.recv(65_536):
            self.received += data
            for action in reader.feed(data):
                self.actions.append(action)
                client.sendall(self._answer(action))
                if action.get("Action") == "Logoff":
                    return


def event(number: int) -> bytes:
    return block("Event: UserEvent", f"Number: {number}")


def numbers(taken: list[Message | Lost]) -> list[int]:
    return [
        int(one.get("Number")) for one in taken if isinstance(one, Message) and one.get("Number")
    ]
