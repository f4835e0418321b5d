"""AMI on the wire: bytes to messages, actions to bytes. No socket, no clock, no thread.

A message is a block of ``Key: value`` lines that ends with an empty line. Asterisk writes
a value as it is, so what callers choose (their names) may hold anything but a line end
of its own; `Reader` therefore splits at CR LF and nowhere else.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dialer.ami.errors import UnsafeValueError

MAX_LINE_BYTES = 1022
"""Longest line of an action, in bytes, without its CR LF.

Source: `inbuf` in Asterisk's manager.c, and tried on Asterisk 22.10.1: one byte more, and the
message is cut in two where the line ends, the rest being read as a message of its own.
"""

MAX_LINES = 128
"""Most lines of an action. Source: `AST_MAX_MANHEADERS` in Asterisk's manager.h, and tried."""

MAX_BLOCK_BYTES = 16 * 1024 * 1024
"""Longest message that is waited for to end; Asterisk's longest have some hundred kilobytes."""

_BEFORE_THE_CALLER = frozenset(
    {"event", "response", "actionid", "privilege", "channel", "channelstate", "channelstatedesc"}
)
"""What Asterisk writes before anything that a caller chose.

Source: `ast_manager_build_channel_state_string_prefix` in manager_channels.c, and tried.
"""

_IN_NO_KEY = re.compile(r"[:\r\n\0 ]")
_IN_NO_VALUE = re.compile(r"[\r\n\0]")

_LINE_END = "\r\n"
_BLOCK_END = b"\r\n\r\n"

_Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One AMI block: ordered (key, value) pairs; keys compare without case."""

    fields: _Fields

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of a key, or the default."""
        wanted, length = key.lower(), len(key)
        for name, value in self.fields:
            if len(name) == length and name.lower() == wanted:
                return value
        return default

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value of a key, in the order sent."""
        wanted = key.lower()
        return tuple(value for name, value in self.fields if name.lower() == wanted)

    def facts(self) -> dict[str, str]:
        """Return the values by their keys in lower case, each as Asterisk itself wrote it.

        A caller can put a line end, and so headers, into the number that they show or call. Of a
        key that stands twice the value counts that callers cannot write: the first one where
        Asterisk writes it before those numbers, else the last one.
        """
        found = {name.lower(): value for name, value in self.fields}
        if len(found) == len(self.fields):
            return found
        found.clear()
        for name, value in self.fields:
            key = name.lower()
            if key not in found or key not in _BEFORE_THE_CALLER:
                found[key] = value
        return found

    @property
    def kind(self) -> Literal["event", "response", "other"]:
        """Tell what the first line says the message is.

        Only the first: the event OriginateResponse has a field ``Response``.
        """
        first = self.fields[0][0].lower() if self.fields else ""
        if first == "event":
            return "event"
        return "response" if first == "response" else "other"

    @property
    def name(self) -> str:
        """Return the event's name, the response's status, or "" for anything else."""
        return "" if self.kind == "other" else self.fields[0][1]


def encode(action: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Write an action as Asterisk reads it, or refuse what it would read differently.

    Asterisk splits a header ``Variable`` at commas into several variables; the caller
    answers for that, because other headers may hold commas.

    Raises:
        UnsafeValueError: a key or value holds a line end or a NUL (either lets a lead's
            name add headers or cut one short), a key is empty or holds a colon or space,
            or a line or the whole is longer than Asterisk reads.
    """
    given = (("Action", action), *fields)
    lines = [f"{key}: {value}" for key, value in given]
    if len(lines) > MAX_LINES:
        raise UnsafeValueError(
            f"the action {action!r} has {len(lines)} lines and Asterisk reads {MAX_LINES}; "
            "send fewer variables"
        )
    whole = "\r\n".join((*lines, "", ""))
    if not _is_plain(given, lines, whole):
        for key, value in given:
            _check(key, value)
    return whole.encode(errors="replace")


def _is_plain(given: _Fields, lines: Sequence[str], whole: str) -> bool:
    """Tell whether nothing of an action can be wrong, as it is with nearly every one."""
    return (
        whole.isascii()
        and "\0" not in whole
        and whole.count("\r") == whole.count("\n") == len(lines) + 1
        and max(map(len, lines)) <= MAX_LINE_BYTES
        and all(_is_key(key) for key, _ in given)
    )


@lru_cache(256)
def _is_key(key: str) -> bool:
    return bool(key) and _IN_NO_KEY.search(key) is None


def _check(key: str, value: str) -> None:
    if not _is_key(key):
        raise UnsafeValueError(
            f"{key!r} cannot be the name of an AMI header; use letters, digits and hyphens"
        )
    if _IN_NO_VALUE.search(value):
        raise UnsafeValueError(
            f"the value of {key} holds a line end or a NUL, which Asterisk would read as "
            "further headers; remove it from the value"
        )
    length = len(f"{key}: {value}".encode(errors="replace"))
    if length > MAX_LINE_BYTES:
        raise UnsafeValueError(
            f"the line of {key} has {length} bytes and Asterisk reads {MAX_LINE_BYTES}; "
            "shorten the value"
        )


class Reader:
    """Cut a stream of bytes into messages, wherever the network split it.

    The greeting line that Asterisk sends first is no message; give it only what follows.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes and return the messages they complete, maybe none.

        Bytes that are no UTF-8 become U+FFFD: a name nobody can read must not stop a call.

        Raises:
            ConnectionError: a message has no end within `MAX_BLOCK_BYTES`.
        """
        self._rest += data
        # From where no end of a block was found yet: a long answer is not searched again.
        if self._rest.find(_BLOCK_END, self._searched) < 0:
            self._searched = max(0, len(self._rest) - len(_BLOCK_END) + 1)
            if len(self._rest) > MAX_BLOCK_BYTES:
                raise ConnectionError(f"a message has no end within {MAX_BLOCK_BYTES} bytes")
            return []
        *blocks, self._rest = self._rest.split(_BLOCK_END)
        self._searched = 0
        texts = (block.decode(errors="replace").lstrip(_LINE_END) for block in blocks)
        return [_message(text) for text in texts if text]


def _message(text: str) -> Message:
    fields: list[tuple[str, str]] = []
    for line in text.split(_LINE_END):
        key, colon, value = line.partition(": ")
        if colon:
            fields.append((key, value))
        elif key.endswith(":"):
            fields.append((key[:-1], ""))
        elif fields:
            # A line end inside a value, such as a channel variable of several lines.
            key, value = fields[-1]
            fields[-1] = (key, f"{value}\n{line}")
        else:
            fields.append((line, ""))
    return Message(tuple(fields))
