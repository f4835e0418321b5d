"""What ``ringbank doctor`` finds about secrets, encryption, and what the manager user may do."""

import stat
from collections.abc import Iterator

from sqlalchemy import Engine

from dialer.ami.transport import is_loopback
from dialer.config import Config
from dialer.findings import Finding
from dialer.link import Link
from leads.db import SECRET_SETTINGS, address_of, file_of, reading

_TOO_MUCH = {"Command": "command", "ModuleLoad": "system", "UpdateConfig": "config"}
"""An action of each class that can run a shell on Asterisk's machine, and the class."""

_DANGEROUS = "STAT(e,/)"
"""A harmless question that only an Asterisk with live_dangerously = yes answers a manager."""


def private_files(config: Config) -> Iterator[Finding]:
    """Return the files with secrets or people in them that everybody on this machine may read."""
    base = address_of(config.database_url)
    if base is None:
        return  # what is wrong with it is told where the base is opened
    has_password = bool(base.password) or not base.query.keys().isdisjoint(SECRET_SETTINGS)
    files = {
        "the manager user's secret": config.secret_file,
        "the database's password": config.file if has_password else None,
        "people's names and numbers": file_of(base),
    }
    for holds, file in files.items():
        if file is not None and file.exists() and file.stat().st_mode & stat.S_IRWXO:
            yield Finding(
                what=f"file {file}",
                ok=False,
                why=f"everybody on this machine may use it, and it holds {holds}",
                remedy=f"chmod o= {file}",
            )


def asterisk_encryption(config: Config) -> Iterator[Finding]:
    """Tell whether people's numbers cross a network readable on their way to Asterisk."""
    if config.tls:
        yield Finding(what="encryption to Asterisk", ok=True, why="TLS, its certificate checked")
    elif not is_loopback(config.host):
        yield Finding(
            what="encryption to Asterisk",
            ok=False,
            why=f"{config.host} is another machine, and every number crosses the network readable",
            remedy="set asterisk.tls = true: docs/security.md",
        )


def base_encryption(base: Engine) -> Iterator[Finding]:
    """Tell whether the link to another machine's PostgreSQL is encrypted, by what it is now."""
    if base.dialect.name != "postgresql":
        return
    with reading(base) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        encrypted = bool(driver.pgconn.ssl_in_use)
        host = driver.info.host
    checked = str(base.url.query.get("sslmode", "")).startswith("verify-")
    if encrypted:
        how = "its certificate checked" if checked else "and nobody checks whose server it is"
        more = "" if checked else ": add sslmode=verify-full and sslrootcert to database.url"
        yield Finding(what="encryption to the database", ok=True, why=f"TLS, {how}{more}")
    elif host and not host.startswith("/") and not is_loopback(host):
        yield Finding(
            what="encryption to the database",
            ok=False,
            why=f"{host} is another machine, and everybody's data cross the network readable",
            remedy="add ?sslmode=verify-full&sslrootcert=FILE to database.url: docs/security.md",
        )


def manager_rights(link: Link, username: str) -> Iterator[Finding]:
    """Tell what the manager user may do on Asterisk's machine that no call needs."""
    may = {name.lower() for name, _ in link.ask("ListCommands").fields}
    classes = [kind for action, kind in _TOO_MUCH.items() if action.lower() in may]
    if classes:
        yield Finding(
            what="manager permissions",
            ok=False,
            why=f"{username!r} may write {', '.join(classes)}, by which one can run a shell",
            remedy="include ringbank_manager.conf, or leave write = call,originate,reporting",
        )
    if link.ask("Getvar", ("Variable", _DANGEROUS)).get("Value"):
        yield Finding(
            what="live_dangerously",
            ok=False,
            why="Asterisk lets manager users read and write files by functions of the dialplan",
            remedy="set live_dangerously = no in [options] of asterisk.conf",
        )
