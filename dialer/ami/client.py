"""The AMI client: asterisk-ami's `AMIClient` with its faults mended.

Of the library stay: what a client is and is told by (`connect`, `send_action`, `login`,
`logoff`, `disconnect`, its listeners, `Action`, the greeting's pattern). Mended are:

- Three quiet seconds ended the reader, because the socket kept its connect time-out;
  `send` wrote once, without a lock. Both are `dialer.ami.transport` now, as are IPv6 and TLS.
- A line end in a value became another header; a repeated key lost all values but the
  last; a name with U+2028 in it was split like a line. Both ways are `dialer.ami.wire` now.
- An exception in a listener ended the reader; here it is logged, and the next message read.
- Futures without an answer stayed for ever, and waited on a method that Python removes.
- Action ids were 0, 1, 2 in every client, though Asterisk tells OriginateResponse, with the
  id of whoever asked, to all of them.
- A failure was a bare exception in a thread that nobody waits for; see `dialer.ami.errors`.

It does not reconnect: what was missed meanwhile is for the engine's recovery to find out.
"""

import contextlib
import hashlib
import itertools
import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from asterisk.ami import Action, AMIClient

from dialer.ami.answer import Answer
from dialer.ami.errors import (
    ActionRefusedError,
    AmiTimeoutError,
    AsteriskSilentError,
    LinkLostError,
    LoginRefusedError,
    NotAnAsteriskError,
)
from dialer.ami.transport import Transport, is_loopback, reach
from dialer.ami.wire import Message, Reader, encode

logger = logging.getLogger(__name__)

_MAX_GREETING_BYTES = 256

Fields = Iterable[tuple[str, str]]


class AmiClient(AMIClient):  # type: ignore[misc]  # the library has no types
    """One login at one Asterisk. Open it again after a loss, or make a new one.

    `on_message` is called in the reader thread, in the order received, for every event and
    for the answers to `post`, the first of them maybe before `open` has returned. While
    it works nothing else is read: TCP then makes Asterisk wait, whose own queue grows, and
    answers to `request` wait too. Hand over what takes long.

    `on_lost` is called once, in the reader thread, when an opened link ends by anything
    but `close`; its argument says why.

    A listener of the library gets a `Message` where the library's own client would give it
    an `Event` or a `Response`, and nothing that `request` was waiting for.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        username: str,
        secret: str,
        on_message: Callable[[Message], None],
        on_lost: Callable[[str], None],
        connect_timeout_s: float = 5.0,
        answer_timeout_s: float = 5.0,
        tls: ssl.SSLContext | bool | None = None,
    ) -> None:
        super().__init__(
            host,
            port,
            timeout=answer_timeout_s,
            on_event=lambda source, event: on_message(event),
            on_response=lambda source, response: on_message(response),
            on_unknown=lambda source, pack: on_message(pack),
        )
        self._username = username
        self._secret = secret
        self._on_lost = on_lost
        self._connect_timeout_s = connect_timeout_s
        self._tls = ssl.create_default_context() if tls is True else tls or None
        self._link: Transport | None = None
        self._open = False
        self._why_ended = ""
        self._lock = threading.Lock()
        self._futures: dict[str, Answer] = {}
        self._ids = itertools.count(1)
        self._own = f"rb-{secrets.token_hex(4)}"

    @property
    def alive(self) -> bool:
        """Whether the client is logged in and the link has not ended."""
        return self._open

    def open(self, events: str = "on") -> None:
        """Connect and log in; `events` is "on", "off" or Asterisk's classes, comma between.

        Raises:
            AsteriskUnreachableError: nobody listens, or TLS failed.
            AsteriskSilentError: no connection or no greeting in time.
            NotAnAsteriskError: what greets is no manager interface.
            LoginRefusedError: user or secret are wrong.
            AmiTimeoutError: the login was not answered in time.
            LinkLostError: the connection ended during the login.
        """
        self.connect()
        try:
            self._log_in(events)
            self._opened()
        except BaseException:
            self.close()
            raise

    def post(self, action: str, fields: Fields, *, action_id: str | None = None) -> str:
        """Send an action and return its ActionID at once; `on_message` gets the answer.

        Raises:
            UnsafeValueError: the action cannot be sent as meant; nothing was sent.
            LinkLostError: there is no link, or it broke while sending.
        """
        action_id = action_id or self.next_action_id()
        self.send(encode(action, [("ActionID", action_id), *fields]))
        return action_id

    def request(self, action: str, fields: Fields = ()) -> Message:
        """Send an action and wait for its answer, which may be an error: look at its name.

        Must not be called from `on_message`: the thread that reads cannot wait.

        Raises:
            UnsafeValueError: the action cannot be sent as meant; nothing was sent.
            AmiTimeoutError: no answer in time.
            LinkLostError: there is no link, or it ended before the answer.
        """
        return self._ask(action, fields, Answer(None, self._timeout))

    def request_list(self, action: str, fields: Fields = ()) -> list[Message]:
        """Send an action that is answered by a list and return the list's events.

        The time-out counts from the last event that came. Must not be called from
        `on_message`.

        Raises:
            UnsafeValueError: the action cannot be sent as meant; nothing was sent.
            ActionRefusedError: Asterisk answered with an error or broke the list off.
            AmiTimeoutError: the list stopped before its end.
            LinkLostError: there is no link, or it ended before the list did.
        """
        answer = Answer(None, self._timeout, listing=True)
        end = self._ask(action, fields, answer)
        refused = end.kind == "response" and end.name.lower() == "error"
        if refused or end.get("EventList").lower() == "cancelled":
            raise ActionRefusedError(
                f"Asterisk refused {action} ({end.get('Message') or 'list cancelled'}); "
                f"check the permissions of {self._username!r} in manager.conf"
            )
        return answer.events

    def close(self) -> None:
        """Log off and end the link; what was posted before is still carried out.

        Waits until Asterisk has hung up, at most the answer time-out. `on_lost` is not
        called. May be called more than once, and from any thread.
        """
        with self._lock:
            was_open, self._open = self._open, False
        if self._link is None:
            return
        reading = self._thread is threading.current_thread()
        if was_open and not reading:
            with contextlib.suppress(LinkLostError):
                self.post("Logoff", [])
            self._thread.join(self._timeout)
        self._link.cut()
        if not reading:
            self._thread.join(self._timeout)

    disconnect = close

    def next_action_id(self) -> str:
        """Return an id that no other client and no other action has."""
        return f"{self._own}-{next(self._ids)}"

    def connect(self) -> None:
        """Connect without logging in; `open` does both.

        Raises:
            AsteriskUnreachableError: nobody listens, or TLS failed.
            AsteriskSilentError: no connection or no greeting in time.
            NotAnAsteriskError: what greets is no manager interface.
        """
        link = reach(self._address, self._port, self._connect_timeout_s, self._tls)
        try:
            received = self._greeting(link)
        except BaseException:
            link.release()
            raise
        with self._lock:
            self._link, self.finished, self._why_ended = link, threading.Event(), ""
        self._thread = threading.Thread(
            target=self.listen, args=(received,), name=f"ami {self._address}", daemon=True
        )
        self._thread.start()
        self._guarded(self._fire_on_connect)

    def send_action(
        self, action: Action, callback: Callable[[Message], None] | None = None
    ) -> Answer:
        """Send one of the library's actions and return what will hold its answer.

        Raises:
            UnsafeValueError: the action cannot be sent as meant; nothing was sent.
            LinkLostError: there is no link, or it broke while sending.
        """
        action_id = str(action.keys.setdefault("ActionID", self.next_action_id()))
        answer, data = Answer(callback, self._timeout), _encoded(action)
        self._expect(action_id, answer)
        self._fire_on_action(action=action)
        self.send(data)
        return answer

    def send(self, pack: Action | bytes) -> None:
        """Send an action whole; bytes are sent as they are and must be whole actions already.

        Raises:
            UnsafeValueError: the action cannot be sent as meant; nothing was sent.
            LinkLostError: there is no link, or it broke while sending.
        """
        data = pack if isinstance(pack, bytes) else _encoded(pack)
        link = self._link
        if link is None or self.finished.is_set():
            raise self._lost()
        try:
            link.send(data, self._timeout)
        except OSError as error:
            # Part of an action may be out: whatever followed would be read as its rest.
            self._why_ended = f"an action could not be sent: {error}"
            link.cut()
            raise self._lost() from error

    def listen(self, received: bytes = b"") -> None:
        """Read until the link ends; the body of the reader thread."""
        link, reader = self._link, Reader()
        assert link is not None
        failure: OSError | None = None
        try:
            while True:
                for message in reader.feed(received):
                    self._guarded(self.fire_recv_pack, pack=message)
                received = link.receive()
                if not received:
                    break
        except OSError as error:
            failure = error
        self._ended(link, failure)

    def fire_recv_pack(self, pack: Message) -> None:
        """Give one message to whoever waits for it, else to the listeners."""
        if self._taken(pack):
            return
        if pack.kind == "event":
            self.fire_recv_event(pack)
        elif pack.kind == "response":
            self._fire_on_response(response=pack)
        else:
            self._fire_on_unknown(pack=pack)

    def _taken(self, message: Message) -> bool:
        action_id = message.get("ActionID") if self._futures else ""
        answer = self._futures.get(action_id)
        if answer is None:
            return False
        in_list = message.get("EventList").lower()
        if message.kind == "event" and not answer.listing:
            return False  # OriginateResponse has the id of its Originate
        if message.kind == "event" and not in_list:
            answer.add(message)
        elif not (answer.listing and in_list == "start"):
            self._futures.pop(action_id, None)
            answer.response = message
        return True

    def _ask(self, action: str, fields: Fields, answer: Answer) -> Message:
        if threading.current_thread() is self._thread:
            raise RuntimeError("the thread that reads AMI messages cannot wait for one")
        action_id = self.next_action_id()
        data = encode(action, [("ActionID", action_id), *fields])
        self._expect(action_id, answer)
        try:
            self.send(data)
            response = answer.get_response()
        finally:
            self._futures.pop(action_id, None)
        if response is not None:
            return response
        if answer.lost:
            raise self._lost()
        raise AmiTimeoutError(
            f"Asterisk did not answer {action} within {self._timeout:g} s; "
            "check that it is not overloaded, and run: ringbank doctor"
        )

    def _expect(self, action_id: str, answer: Answer) -> None:
        now = time.monotonic()
        with self._lock:
            if self._link is None or self.finished.is_set():
                raise self._lost()
            for other_id, other in self._futures.copy().items():
                if other.expires_at < now:
                    self._futures.pop(other_id, None)
            self._futures[action_id] = answer

    def _log_in(self, events: str) -> None:
        challenge = self.request("Challenge", [("AuthType", "MD5")]).get("Challenge")
        if challenge:
            key = hashlib.md5((challenge + self._secret).encode(), usedforsecurity=False)
            proof = [("AuthType", "MD5"), ("Key", key.hexdigest())]
        elif self._tls or is_loopback(self._address):
            proof = [("Secret", self._secret)]
        else:
            raise LoginRefusedError(
                f"Asterisk at {self._place()} offers no challenge login, and the secret is not "
                "sent readable over a network; use TLS: asterisk.tls = true"
            )
        login = [("Username", self._username), *proof, ("Events", events)]
        answer = self.request("Login", login)
        if answer.name.lower() != "success":
            raise LoginRefusedError(
                f"Asterisk at {self._place()} refused the login of {self._username!r} "
                f"({answer.get('Message') or 'no reason given'}); check that user's secret, deny "
                "and permit in manager.conf, asterisk.username, and RINGBANK_ASTERISK_SECRET"
            )

    def _opened(self) -> None:
        with self._lock:
            if self.finished.is_set():
                raise self._lost()
            self._open = True

    def _greeting(self, link: Transport) -> bytes:
        """Read Asterisk's first line and return what came after it."""
        received = b""
        while b"\r\n" not in received and len(received) < _MAX_GREETING_BYTES:
            try:
                more = link.receive(self._connect_timeout_s)
            except TimeoutError as error:
                raise AsteriskSilentError(
                    f"{self._place()} accepts the connection but does not greet within "
                    f"{self._connect_timeout_s:g} s; check asterisk.port, and that Asterisk "
                    "is not overloaded"
                ) from error
            except OSError:
                more = b""
            if not more:
                break
            received += more
        line, _, rest = received.partition(b"\r\n")
        match = self.asterisk_start_regex.match(line.decode(errors="replace"))
        if not match:
            said = repr(line[:60].decode(errors="replace")) if line else "nothing"
            raise NotAnAsteriskError(
                f"{self._place()} is no manager interface of Asterisk, it said {said}; "
                "check asterisk.port (manager.conf: port, usually 5038)"
            )
        self._ami_version = match.group("version")
        return rest

    def _ended(self, link: Transport, failure: OSError | None) -> None:
        link.release()
        with self._lock:
            if link is not self._link:
                return  # closed while a listener was at work, and opened again since
            was_open, self._open = self._open, False
            self._why_ended = self._why_ended or str(failure or "Asterisk closed the connection")
            self.finished.set()
            waiting = tuple(self._futures.values())
            self._futures.clear()
        for answer in waiting:
            answer.lose(self._why_ended)
        self._guarded(self._fire_on_disconnect, error=failure)
        if was_open:
            self._guarded(self._on_lost, self._why_ended)

    def _guarded(self, call: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        try:
            call(*args, **kwargs)
        except Exception:
            logger.exception("a listener failed; reading goes on", extra={"host": self._address})

    def _lost(self) -> LinkLostError:
        return LinkLostError(
            f"there is no link to Asterisk at {self._place()} "
            f"({self._why_ended or 'not connected'}); check that Asterisk runs"
        )

    def _place(self) -> str:
        return f"{self._address} port {self._port}"


def _encoded(action: Action) -> bytes:
    variables = [("Variable", f"{name}={value}") for name, value in action.variables.items()]
    return encode(action.name, [*((k, str(v)) for k, v in action.keys.items()), *variables])
