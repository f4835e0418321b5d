"""One Asterisk server of the lab as a process: started, asked, killed, and surely gone.

Asterisk makes itself a daemon, so a server outlives the command that started it; its pid
file and its ports are how it is found again.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from dialer.lab.install import Installation
from leads.errors import RingbankError

_START_S = 30.0
_STOP_S = 5.0
_KILL_S = 10.0
_STEP_S = 0.02
_FOLDERS = ("etc", "run", "log", "log/cdr-custom", "spool", "lib", "sounds")


class ServerError(RingbankError):
    """A server of the lab did not start or did not stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server, running or not.

    Attributes:
        name: "pbx" or "carrier".
        installation: the Asterisk it runs.
        home: its folder, as this machine sees it.
        ami_port: TCP port of its manager interface on loopback.
        sip_port: UDP port of its SIP on loopback.
    """

    name: str
    installation: Installation
    home: Path
    ami_port: int
    sip_port: int

    @property
    def log(self) -> Path:
        """Return the file with the server's notices, warnings and errors."""
        return self.home / "log" / "messages"

    def configure(self, files: Mapping[str, str]) -> None:
        """Make the server's folder anew, with these files as its configuration.

        Raises:
            ServerError: the folder cannot be written.
        """
        try:
            shutil.rmtree(self.home, ignore_errors=True)
            for folder in _FOLDERS:
                (self.home / folder).mkdir(parents=True, mode=0o700, exist_ok=True)
            for name, text in files.items():
                (self.home / "etc" / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise ServerError(
                f"the lab's folder {self.home} cannot be written ({error.strerror}); "
                "remove it and try again"
            ) from error

    def start(self) -> None:
        """Start the server and return as soon as it answers and is fully booted.

        Raises:
            ServerError: it did not answer within 30 seconds.
        """
        until = time.monotonic() + _START_S
        done = self._asterisk("-F")
        # A process that was just killed may hold its control socket for a moment longer.
        while "already running" in done.stdout and time.monotonic() < until:
            time.sleep(_STEP_S)
            done = self._asterisk("-F")
        while done.returncode == 0 and time.monotonic() < until:
            if self._greets() and self.cli("core waitfullybooted").returncode == 0:
                return
            time.sleep(_STEP_S)
        said = (done.stdout.strip() or self.last_words() or "it left no message").splitlines()[-1]
        raise ServerError(
            f"the lab's {self.name} did not start ({said}); read {self.log} and try again with: "
            "ringbank lab up"
        )

    def stop(self) -> None:
        """End the server: asked, told, killed; it is gone on return.

        Raises:
            ServerError: even a kill did not end it.
        """
        escalation: tuple[tuple[Callable[[], object], float], ...] = (
            (lambda: self.cli("core stop now"), _STOP_S),
            (lambda: self._signal(signal.SIGTERM), _STOP_S),
            (lambda: self._signal(signal.SIGKILL), _KILL_S),
        )
        for act, wait_s in escalation:
            if not self.is_alive():
                return
            act()
            if self._is_gone_within(wait_s):
                return
        raise ServerError(
            f"the lab's {self.name} (process {self.pid()}) does not end; end it by hand"
        )

    def kill(self) -> None:
        """End the server at once with SIGKILL, as a crash would.

        Raises:
            ServerError: it is still there after ten seconds.
        """
        self._signal(signal.SIGKILL)
        if not self._is_gone_within(_KILL_S):
            raise ServerError(
                f"the lab's {self.name} (process {self.pid()}) does not end; end it by hand"
            )

    def cli(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Asterisk's own command line in the server."""
        return self._asterisk("-rx", command)

    def pid(self) -> int | None:
        """Return the number of the server's process, or None when it never started."""
        try:
            return int((self.home / "run" / "asterisk.pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def is_alive(self) -> bool:
        """Tell whether the server's process is there."""
        pid = self.pid()
        if pid is None or not _exists(pid):
            return False
        if not Path("/proc/self/stat").exists():
            # A chroot without /proc: whoever has the number now, only Asterisk has the port.
            return self._greets()
        with contextlib.suppress(OSError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
            return self._configuration().encode() in arguments  # empty for a zombie
        return False

    def last_words(self) -> str:
        """Return the end of the server's log, at most 100 lines."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-100:])
        except OSError:
            return ""

    def _configuration(self) -> str:
        return self.installation.seen(self.home / "etc" / "asterisk.conf")

    def _asterisk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # A file, not a pipe: the daemon would hold a pipe open and the reader would wait for it.
        argv = (*self.installation.argv, "-C", self._configuration(), *arguments)
        with TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            code = subprocess.call(  # noqa: S603 (Asterisk itself, no shell)
                argv,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={name: value for name, value in os.environ.items() if name != "TERM"},
            )
            said.seek(0)
            text = said.read()
        return subprocess.CompletedProcess(argv, code, stdout=text, stderr="")

    def _greets(self) -> bool:
        """Tell whether the manager interface answers with its banner."""
        try:
            with socket.create_connection(("127.0.0.1", self.ami_port), timeout=1) as link:
                return link.recv(64).startswith(b"Asterisk Call Manager")
        except OSError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid()
        if pid is not None and self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _is_gone_within(self, wait_s: float) -> bool:
        until = time.monotonic() + wait_s
        while self.is_alive():
            if time.monotonic() > until:
                return False
            time.sleep(_STEP_S)
        return True


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
