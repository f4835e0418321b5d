"""The lab as a whole: two servers, their ports and password, and the file that records them.

Each lab has a folder of its own and free ports of its own, so that a demo, the tests and
a second demo live beside one another. `lab.json` there is all another process needs.
"""

import fcntl
import json
import os
import random
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dialer.asterisk import fragments
from dialer.lab import records
from dialer.lab.install import Installation, Tell, install
from dialer.lab.network import CALLER, HEARD, LINE_OUT
from dialer.lab.scenario import Scenario, parse_scenario
from dialer.lab.server import Server
from dialer.lab.settings import Place, carrier_files, pbx_files, ringbank_config
from leads.errors import RingbankError, UsageError
from leads.problems import refuse

ServerName = Literal["pbx", "carrier"]

TOWN = Path(__file__).with_name("scenarios") / "town.toml"
"""The scenario that is used when none is named."""

USERNAME = "dialer"
"""The manager user of every lab's PBX."""

HOST = "127.0.0.1"
"""Where every lab listens: no other machine can reach it."""

_RTP_PORTS = range(10_000, 26_000)
_RTP_BLOCK = 4_000
_SERVICE_PORTS = range(26_000, 32_000)
"""Below the ports that Linux gives to outgoing connections (32768 and up): a client that
keeps trying to reach a dead server there would in the end be connected to itself."""


class LabError(RingbankError):
    """The lab is not as the command needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """Two servers that know one another, running or not.

    Attributes:
        directory: the lab's folder: `lab.json`, `config.toml`, `ami.secret`, the database.
        token: the value of the PBX's global variable RINGBANK_LAB, unique to this lab; a
            server that answers with it is this lab and nobody's real Asterisk.
        secret: the password of the PBX's manager user.
        pbx: the server that Ringbank drives.
        carrier: the server that plays the telephone network.
    """

    directory: Path
    token: str
    secret: str
    pbx: Server
    carrier: Server

    @classmethod
    def up(
        cls, directory: Path, scenario: Scenario, *, tell: Tell, secret: str | None = None
    ) -> "Lab":
        """Start a new lab in a folder and return it when both servers are ready.

        Asterisk is fetched when the machine has none. A lab that ran in the folder before
        is replaced, its database kept.

        Args:
            directory: the lab's folder, made when it is not there.
            scenario: who answers in the telephone network.
            tell: is given a sentence for each step that takes long.
            secret: the password of the PBX's manager user; None: a new one.

        Raises:
            LabError: a lab is up in that folder.
            RingbankError: Asterisk cannot be had or started.
        """
        installation = install(tell)
        directory = directory.absolute()
        with _locked(directory):
            earlier = cls.find(directory)
            if earlier and earlier.is_up():
                raise LabError(
                    f"the lab in {directory} is up already; end it first with: "
                    f"ringbank lab down --name {directory.name}"
                )
            if earlier:
                earlier.down()
            lab = _planned(directory, installation, secret or fragments.new_secret())
            lab._configure(scenario)
            lab._record()
            try:
                lab.carrier.start()
                lab.pbx.start()
            except BaseException:
                with suppress(RingbankError):
                    lab.down()
                raise
            lab._record()
        return lab

    @classmethod
    def find(cls, directory: Path) -> "Lab | None":
        """Return the lab that a folder records, running or not, or None.

        Raises:
            LabError: the record cannot be read.
        """
        path = directory.absolute() / "lab.json"
        try:
            return _from_json(directory.absolute(), json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LabError(
                f"{path} cannot be read ({error}); end the lab's processes by hand and remove it"
            ) from error

    @property
    def ami_port(self) -> int:
        """Return the TCP port of the PBX's manager interface on 127.0.0.1."""
        return self.pbx.ami_port

    @property
    def config_file(self) -> Path:
        """Return the configuration with which `ringbank --config` dials through this lab."""
        return self.directory / "config.toml"

    @property
    def secret_file(self) -> Path:
        """Return the file that holds the manager user's password and nothing else."""
        return self.directory / "ami.secret"

    @property
    def records_file(self) -> Path:
        """Return the carrier's file of call records."""
        return self.carrier.home / "log" / "cdr-custom" / records.FILE_NAME

    def records(self) -> tuple[records.NetworkRecord, ...]:
        """Return what the carrier has recorded so far, a call at its end.

        Raises:
            RecordsError: the file is there and cannot be read.
        """
        return records.read(self.records_file)

    def heard(self, number: str) -> Path:
        """Return the file of what a telephone of the kind `hums` has heard so far."""
        return self.carrier.home / "spool" / "monitor" / HEARD / f"{number}.wav"

    @property
    def recordings(self) -> Path:
        """Return the folder of the talks that the PBX records."""
        return self.pbx.home / "spool" / "monitor" / "ringbank"

    def is_up(self) -> bool:
        """Tell whether any of the two servers runs."""
        return self.pbx.is_alive() or self.carrier.is_alive()

    def down(self) -> None:
        """End both servers; both are gone on return, their logs and records stay.

        Raises:
            ServerError: a server could not be ended.
        """
        try:
            self.pbx.stop()
        finally:
            self.carrier.stop()

    def remove(self) -> None:
        """End both servers and delete everything of the lab, its database too.

        Raises:
            ServerError: a server could not be ended.
        """
        self.down()
        for folder in (self.pbx.home.parent, self.directory):
            shutil.rmtree(folder, ignore_errors=True)

    def kill(self, which: ServerName) -> None:
        """End one server with SIGKILL, as a crash or a power cut would.

        Raises:
            ServerError: it is still there after ten seconds.
        """
        self._server(which).kill()

    def start(self, which: ServerName) -> None:
        """Start one server again, on the same ports and with the same files.

        Raises:
            LabError: it is running.
            ServerError: it did not start.
        """
        server = self._server(which)
        if server.is_alive():
            raise LabError(f"the lab's {which} is running; end it first with: ringbank lab down")
        server.start()
        self._record()

    def call_in(self, called: str, *, caller: str | None, keys: str = "") -> None:
        """Have a person of the town call a number of ours; return at once.

        Args:
            called: E.164.
            caller: the number that they show, E.164; None: they withhold it.
            keys: what they press once they are answered, w being half a second; then they listen.

        Raises:
            LabError: the network did not take it.
        """
        shown = "0" if caller is None else caller.lstrip("+")
        line = f"Local/{shown}*{called.lstrip('+')}@{LINE_OUT}/n"
        done = self.carrier.cli(f"channel originate {line} extension w{keys}w@{CALLER}")
        if done.returncode:
            raise LabError("the lab's carrier does not answer; start the lab with: ringbank lab up")

    def reload_dialplan(self, which: ServerName = "pbx") -> None:
        """Have one server read its `extensions.conf` again.

        Raises:
            LabError: the server did not take the command.
        """
        done = self._server(which).cli("dialplan reload")
        if done.returncode:
            raise LabError(
                f"the lab's {which} does not answer; start the lab with: ringbank lab up"
            )

    def facts(self) -> Mapping[str, object]:
        """Return what `ringbank lab status` tells; the password is not in it."""
        return {
            "directory": str(self.directory),
            "up": self.pbx.is_alive() and self.carrier.is_alive(),
            "config": str(self.config_file),
            "ami_port": self.ami_port,
            "records": str(self.records_file),
            **{
                f"{server.name}_{what}": value
                for server in (self.pbx, self.carrier)
                for what, value in (
                    ("pid", server.pid() if server.is_alive() else None),
                    ("sip_port", server.sip_port),
                    ("log", str(server.log)),
                )
            },
        }

    def _server(self, which: ServerName) -> Server:
        return {"pbx": self.pbx, "carrier": self.carrier}[which]

    def _configure(self, scenario: Scenario) -> None:
        blocks = range(_RTP_PORTS.start, _RTP_PORTS.stop, _RTP_BLOCK)
        pbx_rtp, carrier_rtp = random.SystemRandom().sample(blocks, 2)
        self.pbx.configure(
            pbx_files(
                _place(self.pbx, pbx_rtp),
                carrier_sip_port=self.carrier.sip_port,
                fragments=fragments.render(username=USERNAME, secret=self.secret),
                token=self.token,
                sounds=str(self.pbx.home / "sounds"),
            )
        )
        self.carrier.configure(
            carrier_files(
                _place(self.carrier, carrier_rtp),
                pbx_sip_port=self.pbx.sip_port,
                scenario=scenario,
            )
        )
        _write_private(self.secret_file, self.secret + "\n")
        _write_private(
            self.config_file,
            ringbank_config(
                database=str(self.directory / "ringbank.db"),
                registries=str(self.directory / "registries"),
                ami_port=self.ami_port,
                username=USERNAME,
                secret_file=str(self.secret_file),
                sounds=str(self.pbx.home / "sounds"),
                sounds_there=self.pbx.installation.seen(self.pbx.home / "sounds"),
            ),
        )

    def _record(self) -> None:
        installation = self.pbx.installation
        document = {
            "host": HOST,
            "ami_port": self.ami_port,
            "username": USERNAME,
            "secret": self.secret,
            "token": self.token,
            "records": str(self.records_file),
            "installation": {
                "argv": installation.argv,
                "root": str(installation.root),
                "modules": installation.modules,
                "data": installation.data,
            },
            "servers": {
                server.name: {
                    "home": str(server.home),
                    "ami_port": server.ami_port,
                    "sip_port": server.sip_port,
                    "pid": server.pid(),
                }
                for server in (self.pbx, self.carrier)
            },
        }
        _write_private(self.directory / "lab.json", json.dumps(document, indent=1) + "\n")


def lab_directory(name: str) -> Path:
    """Return the folder of the lab of a name, in the user's state folder.

    Raises:
        UsageError: the name could be taken for a path.
    """
    if not name or name.startswith(".") or "/" in name:
        raise UsageError("the lab's name must be a plain word; choose another with --name")
    return labs_directory() / name


def labs_directory() -> Path:
    """Return the folder of all labs of this user."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state).absolute() / "ringbank" / "lab"


def load_scenario(path: Path) -> Scenario:
    """Return the scenario of a file.

    Raises:
        UsageError: the file cannot be read, or something in it is wrong; all is told at once.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the scenario {path} cannot be read ({error}); name a TOML file with --scenario"
        ) from error
    scenario, problems = parse_scenario(text)
    refuse(f"the scenario {path} is not usable; correct these settings", problems)
    assert scenario is not None, "a scenario without problems is there"
    return scenario


def _planned(directory: Path, installation: Installation, secret: str) -> Lab:
    home = installation.homes(directory)
    tcp, udp = _free_ports(socket.SOCK_STREAM), _free_ports(socket.SOCK_DGRAM)
    pbx, carrier = (
        Server(
            name=name,
            installation=installation,
            home=home / name,
            ami_port=next(tcp),
            sip_port=next(udp),
        )
        for name in ("pbx", "carrier")
    )
    return Lab(
        directory=directory,
        token=secrets.token_hex(8),
        secret=secret,
        pbx=pbx,
        carrier=carrier,
    )


def _from_json(directory: Path, document: Mapping[str, Any]) -> Lab:
    stored = document["installation"]
    installation = Installation(
        argv=tuple(stored["argv"]),
        root=Path(stored["root"]),
        modules=stored["modules"],
        data=stored["data"],
    )

    def server(name: ServerName) -> Server:
        facts = document["servers"][name]
        return Server(
            name=name,
            installation=installation,
            home=Path(facts["home"]),
            ami_port=facts["ami_port"],
            sip_port=facts["sip_port"],
        )

    return Lab(
        directory=directory,
        token=document["token"],
        secret=document["secret"],
        pbx=server("pbx"),
        carrier=server("carrier"),
    )


def _place(server: Server, rtp_start: int) -> Place:
    return Place(
        home=server.installation.seen(server.home),
        modules=server.installation.modules,
        data=server.installation.data,
        ami_port=server.ami_port,
        sip_port=server.sip_port,
        rtp_start=rtp_start,
        rtp_end=rtp_start + _RTP_BLOCK - 1,
    )


def _free_ports(kind: socket.SocketKind) -> Iterator[int]:
    """Yield ports of 127.0.0.1 that nobody has, in random order: two labs hardly collide."""
    for port in random.SystemRandom().sample(_SERVICE_PORTS, len(_SERVICE_PORTS)):
        with closing(socket.socket(socket.AF_INET, kind)) as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        yield port


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the folder: of two `up` at once the second waits and then finds the first's lab."""
    try:
        directory.mkdir(parents=True, mode=0o700, exist_ok=True)
        lock = (directory / "lab.lock").open("w")
    except OSError as error:
        raise LabError(
            f"the lab's folder {directory} cannot be written ({error.strerror}); "
            "set XDG_STATE_HOME to a folder that can"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
