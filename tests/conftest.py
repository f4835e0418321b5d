"""Fixtures of all tests: fresh bases on both databases, and Ringbank as a process."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine
from xdist.scheduler import LoadScopeScheduling

from dialer.schema import open_base
from tests.servers import Postgres, missing, postgres_programs

CHECKOUT = Path(__file__).parents[1]

# What a script starts in the background is deaf to Ctrl-C, and so would be whoever it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long one example takes says more about who else uses the machine than about the code.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Have one process run all tests of the lab, and hand out the others one by one.

    While the tests of the lab wait for telephones, the other process works.
    """
    return _OneLab(config, log)


class _OneLab(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return "lab" if nodeid.startswith("tests/asterisk/") else nodeid


_names = (f"test_{number}" for number in count(1))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a running PostgreSQL server of the session's own."""
    programs = postgres_programs()
    if programs is None:
        missing("postgres", "no PostgreSQL server is installed (apt-get install postgresql)")
    server = Postgres(programs)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """Give the name of a current database, to be copied."""
    open_base(postgres.create("migrated")).dispose()
    return "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a current base, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "ringbank.db"
    open_base(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Run the test once on each kind of database."""
    return request.param


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database of each kind."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = next(_names)
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def base_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a fresh, current base of each kind."""
    if database == "sqlite":
        file = tmp_path / "ringbank.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = next(_names)
    yield server.create(name, template=request.getfixturevalue("postgres_template"))
    server.drop(name)


@pytest.fixture
def base(base_url: str) -> Iterator[Engine]:
    """Give a fresh, current base of each kind, open."""
    engine = open_base(base_url)
    yield engine
    engine.dispose()


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_ringbank(tmp_path: Path) -> Run:
    """Give a function that runs the command as a user would, in a folder of its own.

    `config` is the text of the configuration, or None for none. The environment holds
    nothing of the developer's, so that no setting of theirs decides a test.
    """

    def run(
        *args: str | Path,
        config: str | None = None,
        input: str | None = None,  # noqa: A002 (as subprocess names it)
        timeout_s: float = 30,
        environment: dict[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        if config is not None:
            (tmp_path / "config.toml").write_text(config)
        return subprocess.run(
            [sys.executable, "-m", "cli", *map(str, args)],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(CHECKOUT),
                "HOME": str(tmp_path),
                "LANG": "C.UTF-8",
                "TZ": "UTC",
                **(environment or {}),
            },
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout_s,
            check=False,
        )

    return run
