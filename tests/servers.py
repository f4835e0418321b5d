"""Real servers for the tests: started on a free port, torn down whatever happens."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL

from tests.waiting import until

OLDEST_POSTGRES = 13


def missing(server: str, why: str) -> None:
    """Skip the test, or fail it where the environment's REQUIRE names the server."""
    if server in os.environ.get("REQUIRE", "").split(","):
        pytest.fail(f"{server} is required: {why}", pytrace=False)
    pytest.skip(why)


def postgres_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server's programs, or None."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin")]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    by_version = {_version(folder): folder for folder in folders if (folder / "initdb").exists()}
    newest = max(by_version, default=0)
    return by_version[newest] if newest >= OLDEST_POSTGRES else None


def _version(folder: Path) -> int:
    said = subprocess.run(
        [folder / "initdb", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(re.search(r"\d+", said)[0])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Postgres:
    """A PostgreSQL server of one's own: a new cluster, loopback only, nothing kept.

    With a certificate and its key it speaks TLS, and takes no connection without. `settings` are
    the server's own, besides or instead of those of all tests.
    """

    def __init__(
        self,
        programs: Path,
        certificate: tuple[Path, Path] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self._certificate = certificate
        self._settings = settings or {}
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="ringbank-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        identity = self._unprivileged()
        subprocess.run(
            [self._programs / "initdb", "--pgdata", self._data, "--username", "ringbank",
             "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, **identity,
        )  # fmt: skip
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "timezone": "Asia/Tokyo",  # whoever forgets to ask for UTC shall notice
            **self._settings,
        }
        if self._certificate is not None:
            settings |= self._demand_tls(*self._certificate)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data]
                + [f"--{name}={value}" for name, value in settings.items()],
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **identity,
            )  # fmt: skip
        until(self._answers, timeout_s=30)

    def stop(self) -> None:
        """Ask politely, then firmly, then not at all."""
        if self._process is not None:
            for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                self._process.send_signal(request)
                try:
                    self._process.wait(timeout=10)
                    break
                except subprocess.TimeoutExpired:
                    continue
        shutil.rmtree(self._folder, ignore_errors=True)

    def create(self, database: str, *, template: str = "template0") -> str:
        """Create a database and return its URL."""
        self._administer(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        self._administer(f'DROP DATABASE "{database}" WITH (FORCE)')

    def url(self, database: str) -> str:
        return URL.create(
            "postgresql+psycopg", "ringbank", None, "127.0.0.1", self.port, database
        ).render_as_string()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _demand_tls(self, certificate: Path, key: Path) -> dict[str, str]:
        owner = self._data.stat()
        for name, file in (("server.crt", certificate), ("server.key", key)):
            shutil.copyfile(file, self._data / name)
            os.chown(self._data / name, owner.st_uid, owner.st_gid)
            (self._data / name).chmod(0o600)
        access = self._data / "pg_hba.conf"
        access.write_text(re.sub(r"(?m)^host\b", "hostssl", access.read_text()))
        return {"ssl": "on"}

    def _unprivileged(self) -> dict[str, Any]:
        """Return what makes a process run as somebody else: PostgreSQL refuses root."""
        if os.geteuid() != 0:
            return {}
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        user = known.get("postgres") or known["nobody"]
        os.chown(self._folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        try:
            self._administer("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _administer(self, statement: str) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="ringbank", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)
