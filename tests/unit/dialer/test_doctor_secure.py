"""What the doctor says of encryption and of files, from the configuration alone."""

from pathlib import Path

import pytest

from dialer.config import Config, read_config
from dialer.doctor_secure import asterisk_encryption, private_files


def configured(text: str, file: Path = Path("config.toml")) -> Config:
    found = read_config(text, file=file, environment={})
    assert isinstance(found, Config), found
    return found


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST"])
def test_what_stays_on_the_machine_needs_no_encryption(host: str) -> None:
    assert list(asterisk_encryption(configured(f'[asterisk]\nhost = "{host}"'))) == []


@pytest.mark.parametrize("host", ["10.0.0.7", "pbx", "128.0.0.1", "localhost.example.org", "::2"])
def test_another_machine_is_reached_by_tls(host: str) -> None:
    (found,) = asterisk_encryption(configured(f'[asterisk]\nhost = "{host}"'))
    assert not found.ok
    assert found.why.startswith(f"{host} is another machine")
    assert "asterisk.tls = true" in found.remedy
    (found,) = asterisk_encryption(configured(f'[asterisk]\nhost = "{host}"\ntls = true'))
    assert found.ok


@pytest.mark.parametrize(("mode", "open_to_all"), [(0o600, False), (0o640, False), (0o604, True), (0o622, True)])  # fmt: skip
def test_a_file_with_secrets_or_people_is_not_for_everybody(
    tmp_path: Path, mode: int, open_to_all: bool
) -> None:
    for name in ("config.toml", "ami.secret", "people.db"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    secret = configured('[asterisk]\nsecret_file = "ami.secret"', tmp_path / "config.toml")
    people = configured(f'[database]\nurl = "sqlite:///{tmp_path}/people.db"')
    password = configured(
        '[database]\nurl = "postgresql+psycopg://me:hush@db/x"', tmp_path / "config.toml"
    )
    behind = configured(
        '[database]\nurl = "postgresql+psycopg://me@db/x?password=hush"', tmp_path / "config.toml"
    )
    driven = configured(f'[database]\nurl = "sqlite+pysqlite:///{tmp_path}/people.db"')
    for config, named in (
        (secret, "ami.secret"),
        (people, "people.db"),
        (driven, "people.db"),
        (password, "config.toml"),
        (behind, "config.toml"),
    ):
        told = [one.what for one in private_files(config)]
        assert told == ([f"file {tmp_path / named}"] if open_to_all else [])
    bare = '[database]\nurl = "postgresql+psycopg://me@db/x"'
    assert list(private_files(configured(bare, tmp_path / "config.toml"))) == []


def test_an_address_that_is_none_is_told_elsewhere() -> None:
    assert list(private_files(configured('[database]\nurl = "me:hush@h"'))) == []
