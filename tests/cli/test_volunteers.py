"""docs/volunteers.md as it stands: a real sshd, a real sudo, and every way out that people try.

It needs root, to make the accounts, and takes them away again.
"""

import contextlib
import itertools
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CAMPAIGN, LEADS
from tests.conftest import CHECKOUT
from tests.servers import free_port, missing
from tests.terminal import Terminal
from tests.waiting import until

PAGE = CHECKOUT / "docs" / "volunteers.md"

PROGRAMS = {
    "sshd": "/usr/sbin/sshd",
    "sudo": "/usr/bin/sudo",
    "ssh": "/usr/bin/ssh",
    "useradd": "/usr/sbin/useradd",
}

ASKED = ["desk", "--campaign", "tariff-switch"]

_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A machine with the recipe on it: its accounts, its folder and its sshd."""

    folder: Path
    service: str
    volunteer: str
    port: int
    token: str
    log: Path

    @property
    def key(self) -> Path:
        return self.folder / "client" / "key"

    @property
    def open_folder(self) -> Path:
        """Return a folder into which everybody may write: what a way out would leave there."""
        return self.folder / "open"

    def options(self) -> list[str]:
        return [
            "-F", "none", "-i", str(self.key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
            "-o", f"UserKnownHostsFile={self.folder}/client/known", "-o", "ConnectTimeout=20",
        ]  # fmt: skip

    def ssh(self, *words: str) -> list[str]:
        return [PROGRAMS["ssh"], "-p", str(self.port), *self.options(), *words]

    @property
    def host(self) -> str:
        return f"{self.volunteer}@127.0.0.1"

    def runs(self) -> list[dict[str, Any]]:
        """Return how Ringbank was started by now: its words, its environment, its user."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def recipe() -> dict[str, str]:
    """Return the files of the page, by their paths."""
    text = PAGE.read_text(encoding="utf-8")
    found = dict(
        re.findall(r"^`(/[^`]+)`[^\n]*:\n\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    )
    assert set(found) == {
        "/usr/local/bin/ringbank-desk",
        "/etc/sudoers.d/ringbank",
        "/etc/ssh/sshd_config.d/50-ringbank.conf",
    }
    return found


def everybody_may_read(path: Path) -> bool:
    return all(one.stat().st_mode & 0o005 == 0o005 for one in (path, *path.parents))


def interpreter() -> str:
    """Return a Python of this very version that another user may start."""
    for program in (Path(sys.executable).resolve(), Path("/usr/bin/python3").resolve()):
        if not program.exists() or not everybody_may_read(program):
            continue
        said = subprocess.run(
            [program, "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        if tuple(map(int, said.split())) == sys.version_info[:2]:
            return str(program)
    missing("sshd", "no Python of this version can be started by another user")
    raise AssertionError


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    for name, program in PROGRAMS.items():
        if not Path(program).exists():
            missing("sshd", f"{name} is not installed (apt-get install openssh-server sudo)")
    if os.geteuid() != 0:
        missing("sshd", "accounts for the test can only be made by root")
    packages = Path(next(path for path in sys.path if path.endswith("site-packages")))
    if not everybody_may_read(CHECKOUT) or not everybody_may_read(packages):
        missing("sshd", "the checkout or its packages cannot be read by another user")
    tag = secrets.token_hex(3)
    # Not below /tmp: sshd trusts no keys in a folder into which everybody may write.
    folder = Path(tempfile.mkdtemp(prefix=f"ringbank-desk-{tag}-", dir="/run"))
    separation = Path("/run/sshd")
    made_separation = not separation.exists()
    service, volunteer, group = f"rbs{tag}", f"rbv{tag}", f"rbg{tag}"
    sudoers = Path(f"/etc/sudoers.d/ringbank-test-{tag}")
    daemon = None
    try:
        folder.chmod(0o755)
        made = Recipe(folder, service, volunteer, group, sudoers)
        made.accounts()
        token = made.office(interpreter(), packages)
        separation.mkdir(mode=0o755, exist_ok=True)
        port = free_port()
        daemon = made.daemon(port)
        yield Place(
            folder=folder, service=service, volunteer=volunteer, port=port, token=token,
            log=folder / "base" / "runs",
        )  # fmt: skip
    finally:
        if daemon is not None:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=10)
        sudoers.unlink(missing_ok=True)
        end_processes_of(service, volunteer)
        for user in (volunteer, service):
            subprocess.run(["userdel", user], check=False, capture_output=True)
        subprocess.run(["groupdel", group], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
        if made_separation:
            shutil.rmtree(separation, ignore_errors=True)


@dataclass(frozen=True)
class Recipe:
    """The page, with this test's own names and paths in the place of those it names."""

    folder: Path
    service: str
    volunteer: str
    group: str
    sudoers: Path

    def text(self, path: str) -> str:
        """Return a file of the page."""
        text = recipe()[path]
        for named, own in (
            ("/usr/local/bin/ringbank-desk", f"{self.folder}/ringbank-desk"),
            ("/opt/ringbank/.venv/bin/ringbank", f"{self.folder}/ringbank"),
            ("/etc/ringbank/config.toml", f"{self.folder}/config.toml"),
            ("/etc/ssh/ringbank-keys", f"{self.folder}/keys"),
            ("/var/lib/ringbank", f"{self.folder}/base"),
            ("ringbank-volunteers", self.group),
            ("!= ringbank ]", f"!= {self.service} ]"),
            ("-u ringbank ", f"-u {self.service} "),
            ("(ringbank)", f"({self.service})"),
        ):
            text = text.replace(named, own)
        return text

    def accounts(self) -> None:
        def make(*words: str | Path) -> None:
            subprocess.run([*map(str, words)], check=True, capture_output=True)

        make("useradd", "--system", "--home-dir", self.folder / "base", "--shell",
             "/usr/sbin/nologin", "--user-group", self.service)  # fmt: skip
        make("groupadd", self.group)
        make("useradd", "--no-create-home", "--home-dir", "/", "--gid", self.group,
             "--shell", self.folder / "ringbank-desk", "--password", "*", self.volunteer)  # fmt: skip
        make("install", "-d", "-m", "0700", "-o", self.service, "-g", self.service,
             self.folder / "base")  # fmt: skip
        make("install", "-d", "-m", "0755", self.folder / "keys")
        make("install", "-d", "-m", "1777", self.folder / "open")
        make("install", "-d", "-m", "0700", self.folder / "client")
        self._write("ringbank-desk", self.text("/usr/local/bin/ringbank-desk"), 0o755)
        self.sudoers.write_text(self.text("/etc/sudoers.d/ringbank"))
        self.sudoers.chmod(0o440)
        make("visudo", "-cf", self.sudoers)

    def _write(self, name: str, text: str, mode: int) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        return file

    def office(self, python: str, packages: Path) -> str:
        """Make a base with a campaign that runs, as the service account; return anna's token."""
        base = self.folder / "base"
        # It notes how it was started, and is Ringbank then.
        self._write(
            "ringbank",
            f"""#!{python} -ES
import json, os, sys
with open("{base}/runs", "a") as log:
    print(json.dumps({{"words": sys.argv[1:], "environment": dict(os.environ),
                       "uid": os.getuid()}}), file=log)
os.environ["PYTHONPATH"] = "{CHECKOUT}:{packages}"
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.execv("{python}", ["{python}", "-m", "cli", *sys.argv[1:]])
""",
            0o755,
        )
        text = (CHECKOUT / "config.toml").read_text(encoding="utf-8")
        config = self._write("config.toml", text, 0o640)
        shutil.chown(config, group=self.service)
        for name, words in (
            ("leads.csv", LEADS),
            ("tariff-switch.toml", CAMPAIGN),
            ("tariff-switch.md", "Good evening!\n"),
        ):
            (base / name).write_text(words, encoding="utf-8")
        given = ""
        for line in (
            "leads import leads.csv --list norway",
            "campaigns create tariff-switch.toml",
            "campaigns start tariff-switch",
            "agents add max --role manager",
            "agents add anna --json",
        ):
            done = subprocess.run(
                [self.folder / "ringbank", "--config", config, *line.split()],
                cwd=base, user=self.service, group=self.service, extra_groups=[],
                env={"HOME": str(base), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                capture_output=True, encoding="utf-8", check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            given = done.stdout
        (base / "runs").unlink()
        config.write_text(text.replace("require_token = false", "require_token = true"))
        return str(json.loads(given)["token"])

    def daemon(self, port: int) -> "subprocess.Popen[bytes]":
        client = self.folder / "client"
        for key in (client / "key", self.folder / "host_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True
            )
        public = (client / "key.pub").read_text()
        self._write(f"keys/{self.volunteer}", public, 0o644)
        host = " ".join((self.folder / "host_key.pub").read_text().split()[:2])
        (client / "known").write_text(f"[127.0.0.1]:{port} {host}\n")
        recipe_for_sshd = self.text("/etc/ssh/sshd_config.d/50-ringbank.conf")
        file = self._write(
            "sshd_config",
            # Besides the recipe what Debian ships: an sftp, and some of the client's environment.
            f"""Port {port}
ListenAddress 127.0.0.1
HostKey {self.folder}/host_key
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server

{recipe_for_sshd}""",
            0o600,
        )
        subprocess.run([PROGRAMS["sshd"], "-t", "-f", file], check=True)
        with (self.folder / "sshd.log").open("wb") as log:
            process = subprocess.Popen(
                [PROGRAMS["sshd"], "-D", "-e", "-f", file],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip

        def answers() -> bool:
            assert process.poll() is None, (self.folder / "sshd.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        until(answers, timeout_s=10)
        return process


# -- helpers ---------------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/root", "TERM": "xterm-256color", **more}


def run(
    words: Sequence[str], *, typed: str = "", env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words, input=typed, env=env or environment(), capture_output=True, encoding="utf-8",
        errors="replace", timeout=40, check=False,
    )  # fmt: skip


def processes_of(*users: str) -> dict[int, str]:
    """Return by id the names of all processes that some users run."""
    uids = {entry.pw_uid for entry in pwd.getpwall() if entry.pw_name in users}
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid in uids:
                found[int(folder.name)] = (folder / "comm").read_text().strip()
        except OSError:
            continue  # it has ended meanwhile
    return found


def end_processes_of(*users: str) -> None:
    """End what is left of connections whose client is gone: no user in use can be removed."""
    for process in processes_of(*users):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    until(lambda: not processes_of(*users), timeout_s=10)


def marked(place: Place) -> tuple[str, Path]:
    """Return a shell's words that leave a file where everybody may, and that file."""
    file = place.open_folder / f"out-{next(_numbers)}"
    return f"echo OUT-$((6*7)); id; touch {file}", file


def assert_kept_in(place: Place, before: int, said: str, file: Path) -> None:
    """Check that nothing ran but, at most, the one command."""
    assert "OUT-42" not in said
    assert "uid=" not in said
    assert not file.exists()
    for one in place.runs()[before:]:
        assert one["words"] == ["--config", f"{place.folder}/config.toml", *ASKED]
        assert one["uid"] == pwd.getpwnam(place.service).pw_uid
    assert list(place.open_folder.iterdir()) == []


# -- the desk --------------------------------------------------------------------------------


@pytest.fixture
def terminal(place: Place, tmp_path: Path) -> Iterator[Terminal]:
    """Give a volunteer's terminal at which the desk asks for their token."""
    with Terminal(place.ssh("-t", place.host), cwd=tmp_path, environment=environment()) as one:
        one.shows("Your token (nothing is shown while you type):")
        yield one
    until(lambda: not processes_of(place.service, place.volunteer), timeout_s=20)


def test_the_desk_opens_in_the_name_of_whoever_typed_the_token(
    place: Place, terminal: Terminal
) -> None:
    terminal.press(place.token.lower(), "enter")
    screen = terminal.shows("Åse Lunde", "Who is your provider today?")
    assert place.token.lower() not in screen
    (seen,) = place.runs()[-1:]
    assert seen["words"] == ["--config", f"{place.folder}/config.toml", *ASKED]
    assert seen["uid"] == pwd.getpwnam(place.service).pw_uid


def test_no_key_opens_a_shell_a_pager_or_an_editor_behind_the_desk(
    place: Place, terminal: Terminal
) -> None:
    terminal.press(place.token, "enter")
    terminal.shows("Åse Lunde")
    words, file = marked(place)
    for keys in (
        ("ctrl+z",), ("ctrl+c",), ("ctrl+backslash",), (f"!{words}", "enter"),
        ("esc", f":!{words}", "enter"), ("esc", "f1"), ("v",), ("esc", "ctrl+p"),
        (f"|{words}", "enter"), ("esc",), ("ctrl+z", words, "enter"),
    ):  # fmt: skip
        terminal.press(*keys)
    terminal.wait(lambda seen: bool(seen.strip()), "the screen")
    running = processes_of(place.service, place.volunteer).values()
    others = [name for name in running if name not in {"sshd", "sudo"}]
    assert others, "the desk goes on"
    assert [name for name in others if "python" not in name and name != "ringbank"] == []
    assert not file.exists()
    assert "OUT-42" not in terminal.screen()


def test_three_wrong_tokens_end_the_connection(place: Place, terminal: Terminal) -> None:
    for asked in (1, 2, 3):  # what is typed before the question is thrown away
        terminal.wait(lambda seen: seen.count("Your token") == asked, f"question {asked}")  # noqa: B023
        terminal.press("K7QF-2MZD-XW4H-9BTR", "enter")
    assert terminal.ends() == 3
    assert "this is no active agent's token" in " ".join(terminal.screen().split())
    assert "Åse" not in terminal.screen()


def test_leaving_the_question_leaves_no_shell(place: Place, terminal: Terminal) -> None:
    terminal.press("ctrl+c")
    assert terminal.ends() != 0


# -- every way out ---------------------------------------------------------------------------


def commands(words: str) -> tuple[str, ...]:
    return words, f"/bin/sh -c '{words}'", f"/bin/bash -i -c '{words}'", f"; {words}"


def test_another_command_is_never_run(place: Place) -> None:
    words, file = marked(place)
    before = len(place.runs())
    for command in commands(words):
        done = run(place.ssh("-T", place.host, command), typed=f"{words}\n\n\n")
        assert done.returncode == 3
        assert "asks who you are" in done.stderr
        assert_kept_in(place, before, done.stdout + done.stderr, file)
    assert len(place.runs()) == before + 4, "it was the desk that answered"


def test_another_command_is_not_run_at_a_terminal_either(place: Place, tmp_path: Path) -> None:
    words, file = marked(place)
    before = len(place.runs())
    for command in commands(words):
        said = at_terminal(place, tmp_path, "-tt", place.host, command)
        assert said.strip().startswith("Your token")
        assert_kept_in(place, before, said, file)
    assert len(place.runs()) == before + 4, "it was the desk that answered"


def at_terminal(place: Place, folder: Path, *words: str, term: str = "xterm-256color") -> str:
    """Connect at a terminal, leave the question that comes, and return all that was shown."""
    with Terminal(place.ssh(*words), cwd=folder, environment=environment(TERM=term)) as one:
        one.shows("Your token (nothing is shown while you type):")
        one.press("ctrl+c")
        assert one.ends() != 0
        return one.screen()


def test_without_a_terminal_the_desk_says_that_it_needs_one(place: Place) -> None:
    done = run(place.ssh("-T", place.host), typed=f"{place.token}\n")
    assert done.returncode == 3
    assert "asks who you are" in done.stderr


def test_what_is_piped_in_is_read_by_no_shell(place: Place) -> None:
    words, file = marked(place)
    before = len(place.runs())
    done = run(place.ssh("-T", place.host), typed=f"{words}\n" * 20)
    assert done.returncode != 0
    assert_kept_in(place, before, done.stdout + done.stderr, file)


def test_no_file_is_copied_in_or_out(place: Place, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("hello")
    port, options, before = str(place.port), place.options(), len(place.runs())
    target = place.open_folder / "copied"
    batch = tmp_path / "batch"
    batch.write_text(f"get {place.folder}/config.toml got\nput in {target}\n")
    for words in (
        ["sftp", "-P", port, *options, "-b", str(batch), place.host],
        ["scp", "-P", port, *options, str(tmp_path / "in"), f"{place.host}:{target}"],
        ["scp", "-O", "-P", port, *options, str(tmp_path / "in"), f"{place.host}:{target}"],
        ["scp", "-P", port, *options, f"{place.host}:/etc/passwd", str(tmp_path / "got")],
        ["scp", "-O", "-P", port, *options, f"{place.host}:/etc/passwd", str(tmp_path / "got")],
        place.ssh("-s", place.host, "sftp"),
        place.ssh("-s", place.host, "/bin/sh"),
    ):
        done = run(words)
        assert done.returncode != 0, words
        assert_kept_in(place, before, done.stdout, target)
    assert not (tmp_path / "got").exists()


@pytest.fixture
def inside() -> Iterator[socket.socket]:
    """Give something that listens on this machine and ought not to be reached."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        yield listener


def test_nothing_is_forwarded_through_the_connection(
    place: Place, inside: socket.socket, tmp_path: Path
) -> None:
    hidden = inside.getsockname()[1]
    through = run(place.ssh("-W", f"127.0.0.1:{hidden}", place.host), typed="hello")
    assert through.returncode != 0
    assert "open failed" in through.stderr
    outward = free_port()
    fails = ["-o", "ExitOnForwardFailure=yes"]
    for backwards in (f"{outward}:127.0.0.1:{hidden}", str(outward)):
        refused = run(place.ssh("-N", *fails, "-R", backwards, place.host))
        assert refused.returncode == 255
        assert "remote port forwarding failed" in refused.stderr
    control = tmp_path / "forward"
    for forward in (f"{outward}:127.0.0.1:{hidden}", f"{outward}:{control}"):
        with subprocess.Popen(
            place.ssh("-N", "-L", forward, place.host), env=environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as client:  # fmt: skip
            try:
                with _connected(outward) as reached:
                    reached.sendall(b"hello")
                    assert _answer(reached) == b"", "the far end has closed it"
            finally:
                client.kill()
    with pytest.raises(BlockingIOError):
        inside.accept()


def _answer(reached: socket.socket) -> bytes:
    try:
        return reached.recv(10)
    except ConnectionResetError:
        return b""


def _connected(port: int) -> socket.socket:
    found: list[socket.socket] = []

    def try_it() -> bool:
        one = socket.socket()
        if one.connect_ex(("127.0.0.1", port)) == 0:
            found.append(one)
            return True
        one.close()
        return False

    until(try_it, timeout_s=20)
    found[0].settimeout(20)
    return found[0]


def test_nothing_of_the_clients_environment_arrives(place: Place, tmp_path: Path) -> None:
    sent = {
        "LD_PRELOAD": "/tmp/x.so", "RINGBANK_CONFIG": "/tmp/x.toml", "PATH": "/tmp",
        "PYTHONPATH": "/tmp", "PYTHONSTARTUP": "/tmp/x.py", "BASH_ENV": "/tmp/x.sh",
        "ENV": "/tmp/x.sh", "RINGBANK_AGENT_TOKEN": place.token, "LC_ALL": "tr_TR.UTF-8",
        "LC_EVIL": "$(id)", "LANG": "de_DE.UTF-8", "PAGER": "/bin/sh", "EDITOR": "/bin/sh",
    }  # fmt: skip
    before = len(place.runs())
    setting = "SetEnv=" + " ".join(f"{name}={value}" for name, value in sent.items())
    for term, arrived in (
        ("screen.xterm-256color", "screen.xterm-256color"),
        ("../../x", "unknown"),
        ("x; id", "xterm"),
    ):
        at_terminal(place, tmp_path, "-tt", "-o", setting, place.host, term=term)
        assert place.runs()[-1]["environment"] == {
            "HOME": f"{place.folder}/base",
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": arrived,
        }
    assert len(place.runs()) == before + 3


# -- the account itself ----------------------------------------------------------------------


def as_volunteer(place: Place, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run something as the volunteer's account would, had it got past sshd and its shell."""
    group = pwd.getpwnam(place.volunteer).pw_gid
    return subprocess.run(
        words, user=place.volunteer, group=group, extra_groups=[group], cwd="/",
        env=environment(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        timeout=40, check=False,
    )  # fmt: skip


def test_the_account_reads_neither_configuration_nor_base(place: Place) -> None:
    for file in ("config.toml", "base/ringbank.db", "base/tariff-switch.toml"):
        assert (place.folder / file).exists()
        refused = as_volunteer(place, "cat", f"{place.folder}/{file}")
        assert refused.returncode != 0
        assert "Permission denied" in refused.stderr
    for file in ("keys", f"keys/{place.volunteer}", "ringbank-desk", "base"):
        assert as_volunteer(place, "test", "-w", f"{place.folder}/{file}").returncode == 1


def test_sudo_starts_the_one_command_and_without_a_word_more(place: Place) -> None:
    command = f"{place.folder}/ringbank-desk"
    for words in (
        ("-u", place.service, "/bin/sh"), ("-u", place.service, f"{place.folder}/ringbank"),
        ("-u", place.service, command, "--help"), (command,), ("-u", "root", command), ("-i",),
        ("-u", place.service, "-E", command), ("-u", place.service, "PYTHONPATH=/tmp", command),
    ):  # fmt: skip
        before = len(place.runs())
        assert as_volunteer(place, "sudo", "-n", *words).returncode != 0, words
        assert len(place.runs()) == before, words


def test_the_login_shell_is_the_desk_too(place: Place) -> None:
    words, file = marked(place)
    before = len(place.runs())
    done = run(["su", "-", place.volunteer, "-c", words])
    assert done.returncode != 0
    assert_kept_in(place, before, done.stdout + done.stderr, file)
    assert len(place.runs()) == before + 1
