"""A person at a terminal: a real pseudo-terminal, what it shows, and keys pressed on it."""

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyte

KEYS = {
    "enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "esc": "\x1b", "backspace": "\x7f",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
    "home": "\x1b[H", "end": "\x1b[F", "pgup": "\x1b[5~", "pgdn": "\x1b[6~",
    "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS", "f5": "\x1b[15~",
    "f6": "\x1b[17~", "f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~", "f10": "\x1b[21~",
    "ctrl+c": "\x03", "ctrl+p": "\x10", "ctrl+q": "\x11", "ctrl+r": "\x12", "ctrl+s": "\x13",
    "ctrl+t": "\x14",
    "ctrl+u": "\x15", "ctrl+z": "\x1a", "ctrl+backslash": "\x1c",
}  # fmt: skip
"""What a terminal sends for a key with a name; other keys are the signs themselves."""

TIMEOUT_S = 20.0

_TITLE = re.compile(rb"\x1b\][012];([^\x07\x1b]*)")


class _Screen(pyte.Screen):
    """An emulator that leaves alone what asks a terminal about its keyboard."""

    def report_device_status(self, mode: int, **_: Any) -> None:
        pass

    def restore_cursor(self) -> None:  # ESC [ ... u also sets a keyboard's mode
        pass


class Terminal:
    """One process on a terminal of its own; a context manager that ends it.

    What is waited for is waited for by what the terminal shows, never by time.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        width: int = 80,
        height: int = 24,
    ) -> None:
        self._master, slave = pty.openpty()
        self._emulator = _Screen(width, height)
        self._stream = pyte.ByteStream(self._emulator)
        self.raw = bytearray()
        self._size(width, height)
        self.before = termios.tcgetattr(slave)
        self._process = subprocess.Popen(
            words, cwd=cwd, env=dict(environment), stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 (no threads)
        )  # fmt: skip
        self._slave = slave  # kept open, so that what was written last can still be read

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for end in (self._master, self._slave):
            if end >= 0:
                os.close(end)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def title(self) -> str:
        """Return what the program wrote into the window's title, all of it ever."""
        return " ".join(map(bytes.decode, _TITLE.findall(bytes(self.raw))))

    @property
    def has_alternate_screen(self) -> bool:
        """Tell whether the program's own screen is open, and not what was there before."""
        return self.raw.rfind(b"\x1b[?1049h") > self.raw.rfind(b"\x1b[?1049l")

    @property
    def left_behind(self) -> str:
        """Return what was written after the program's own screen was closed."""
        return bytes(self.raw).rpartition(b"\x1b[?1049l")[2].decode(errors="replace")

    @property
    def modes(self) -> Any:
        """Return how the terminal takes keys: line by line with an echo, or each at once."""
        return termios.tcgetattr(self._slave)

    def screen(self) -> str:
        """Return what is to be seen, line by line, without blanks at the ends."""
        self._read()
        return "\n".join(line.rstrip() for line in self._emulator.display)

    def lines(self) -> list[str]:
        return self.screen().split("\n")

    def press(self, *keys: str) -> None:
        """Press keys: the names of KEYS, or a text to be typed."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())
            if key == "esc":
                self._settle()  # the next sign would be taken for a part of it

    def shows(self, *texts: str, timeout_s: float = TIMEOUT_S) -> str:
        """Wait until all texts are to be seen at once, over a line's end too; return the screen."""

        def is_there(seen: str) -> bool:
            unbroken = " ".join(seen.split())
            return all(text in seen or text in unbroken for text in texts)

        return self.wait(is_there, texts, timeout_s)

    def key_of(self, label: str) -> str:
        """Return the key that stands before a label, once it is offered."""
        self.shows(label)
        found = re.search(rf"(\S) {re.escape(label)}", self.screen())
        assert found, f"{label} is not offered"
        return found[1]

    def hides(self, text: str, timeout_s: float = TIMEOUT_S) -> str:
        """Wait until a text is not to be seen any more; return the screen."""
        return self.wait(lambda seen: text not in seen, f"without {text}", timeout_s)

    def wait(
        self, condition: Callable[[str], bool], what: object, timeout_s: float = TIMEOUT_S
    ) -> str:
        deadline = time.monotonic() + timeout_s
        while not condition(seen := self.screen()):
            assert time.monotonic() < deadline, f"never seen: {what}\n{seen}"
            assert self._process.poll() is None, f"it has ended: {what}\n{seen}"
            self._read(0.05)
        return seen

    def time_to(self, written: bytes, *keys: str) -> float:
        """Press keys; return the seconds until a text is written, the emulator not counted."""
        self._read()
        had = len(self.raw)
        started = time.perf_counter()
        self.press(*keys)
        deadline = started + TIMEOUT_S
        while written not in self.raw[had:]:
            assert time.perf_counter() < deadline, f"never written: {written!r}"
            if select.select([self._master], [], [], 0.05)[0]:
                self.raw += os.read(self._master, 65536)
        took = time.perf_counter() - started
        self._stream.feed(bytes(self.raw[had:]))
        return took

    def resize(self, width: int, height: int) -> None:
        self._emulator.resize(height, width)
        self._size(width, height)
        os.killpg(self._process.pid, signal.SIGWINCH)

    def signal(self, number: int) -> None:
        os.kill(self._process.pid, number)

    def drop(self) -> None:
        """Tear the terminal away, as a lost connection does."""
        for end in (self._slave, self._master):
            os.close(end)
        self._slave = self._master = -1

    def ends(self, timeout_s: float = TIMEOUT_S) -> int:
        """Wait until the process has ended; return its exit status."""
        deadline = time.monotonic() + timeout_s
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"it goes on\n{self.screen()}"
            self._read(0.02)
        self._read()
        return self._process.returncode

    def _settle(self) -> None:
        """Wait for the answer to an escape: programs wait a moment for what follows it."""
        deadline = time.monotonic() + 1.0
        had = len(self.raw)
        while len(self.raw) == had and time.monotonic() < deadline:
            self._read(0.05)

    def _size(self, width: int, height: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def _read(self, timeout_s: float = 0.0) -> None:
        """Take in what was written, all of it that is there."""
        while self._master >= 0 and select.select([self._master], [], [], timeout_s)[0]:
            try:
                written = os.read(self._master, 65536)
            except OSError as error:
                if error.errno == errno.EIO:
                    return
                raise
            if not written:
                return
            self.raw += written
            self._stream.feed(written)
            timeout_s = 0.0
