"""PostgreSQL over TLS: what stands in database.url reaches the driver, and a stranger is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.doctor_secure import base_encryption
from dialer.schema import open_base
from leads.db import connect, reading
from leads.errors import DatabaseError
from tests.certificates import Authority
from tests.conftest import Run
from tests.servers import Postgres, missing, postgres_programs


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(authority: Authority) -> Iterator[str]:
    """Give the URL of a base on a server that takes no connection without TLS."""
    programs = postgres_programs()
    if programs is None:
        missing("postgres", "no PostgreSQL server is installed (apt-get install postgresql)")
    server = Postgres(programs, authority.certificate("IP:127.0.0.1"))
    try:
        server.start()
        yield server.create("secured")
    finally:
        server.stop()


def test_a_command_works_over_a_link_whose_server_is_checked(
    secured: str, authority: Authority, run_ringbank: Run
) -> None:
    url = f"{secured}?sslmode=verify-full&sslrootcert={authority.file}"
    config = f'[database]\nurl = "{url}"\n'
    assert run_ringbank("db", "upgrade", config=config).returncode == 0
    counted = run_ringbank("--json", "leads", "count", config=config)
    assert counted.stdout == '{"leads": 0, "numbers": 0, "lists": 0}\n'
    base = open_base(url)
    (found,) = base_encryption(base)
    base.dispose()
    assert (found.ok, found.why) == (True, "TLS, its certificate checked")


def test_an_encrypted_link_to_nobody_in_particular_is_told(secured: str) -> None:
    base = connect(f"{secured}?sslmode=require")
    (found,) = base_encryption(base)
    base.dispose()
    assert found.ok
    assert "nobody checks whose server it is: add sslmode=verify-full" in found.why


@pytest.mark.parametrize(
    ("settings", "host", "told"),
    [
        ("sslmode=disable", "127.0.0.1", "no encryption"),
        ("sslmode=verify-full&sslrootcert={other}", "127.0.0.1", "certificate verify failed"),
        ("sslmode=verify-full&sslrootcert={ours}", "localhost", "does not match host name"),
        ("sslmode=verify-full&sslrootcert={none}", "127.0.0.1", "check sslmode and sslrootcert"),
    ],
)
def test_a_server_that_is_not_the_right_one_is_refused(
    secured: str, authority: Authority, tmp_path: Path, settings: str, host: str, told: str
) -> None:
    files = {
        "ours": authority.file,
        "other": Authority(tmp_path / "other").file,
        "none": tmp_path / "none.pem",
    }
    url = f"{secured}?{settings.format(**files)}".replace("127.0.0.1", host)
    base = connect(url)
    with pytest.raises(DatabaseError, match=told), reading(base):
        pass
    base.dispose()


def test_an_unencrypted_link_to_another_machine_is_to_be_mended(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = connect(f"{postgres.url('postgres')}?sslmode=disable")
    assert list(base_encryption(base)) == []
    monkeypatch.setattr("dialer.doctor_secure.is_loopback", lambda host: host != "127.0.0.1")
    (found,) = base_encryption(base)
    base.dispose()
    assert not found.ok
    assert found.why.startswith("127.0.0.1 is another machine")
    assert "sslmode=verify-full" in found.remedy
