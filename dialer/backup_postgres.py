"""Backups of a PostgreSQL base: its own `pg_dump` and `pg_restore`, as child processes.

They are told everything by their environment, which no other user can read; the list of
processes never shows a password.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo
from sqlalchemy import Engine, text

from dialer.backup import BackupError, Figures, OnProgress, count_in
from dialer.schema import TABLES
from leads.db import reading

_MAGIC = b"PGDMP"
_VERSION_ROWS = re.compile(r"COPY (\S+\.)?alembic_version ")
_LOCK_PATIENCE = "-c lock_timeout=30000"
"""Milliseconds for which a restore waits for somebody who still uses a table."""
_STEPS = {
    "pg_dump": "pg_dump: dumping contents of table",
    "pg_restore": "pg_restore: processing data for table",
}
"""What the programs say at each table, in the language of LC_ALL=C."""


class Postgres:
    """What PostgreSQL's own programs can do for backups."""

    def save(self, base: Engine, draft: Path, on_progress: OnProgress) -> Figures:
        """Write everything as of one moment into a file, read it through, and say what it holds.

        Raises:
            BackupError: `pg_dump` is missing or fails.
        """
        with reading(base) as connection:
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            held = count_in(connection)
            _run(
                ["pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={draft}"],
                base,
                on_progress,
            )
        if self.examine(draft) != held.revision:
            raise BackupError("the copy does not hold what the base does; try once more")
        return held

    def examine(self, file: Path) -> str | None:
        """Read a backup through; return its revision, or None where it holds no base.

        Raises:
            BackupError: it is no dump of `pg_dump`, or damaged, or `pg_restore` is missing.
        """
        with file.open("rb") as opened:
            if opened.read(len(_MAGIC)) != _MAGIC:
                raise BackupError(
                    f"{file} is no backup of a PostgreSQL base; name one, or set database.url to "
                    "the kind of database that it is of"
                )
        _run(["pg_restore", f"--file={os.devnull}", str(file)])
        told = _run(["pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file)])
        lines = iter(told.splitlines())
        for line in lines:
            if _VERSION_ROWS.match(line):
                found = next(lines, "").strip()
                return None if found in {"", "\\."} else found
        return None

    def load(self, base: Engine, file: Path, on_progress: OnProgress) -> None:
        """Put a backup in the place of what the base holds, in one transaction.

        Raises:
            BackupError: `pg_restore` is missing or fails; the base is as it was.
        """
        name = make_conninfo(dbname=base.url.database or "")
        base.dispose()  # a connection of ours must not hold what is to be replaced
        _run(
            [
                "pg_restore",
                "--single-transaction",
                "--clean",
                "--if-exists",
                "--no-owner",
                "--no-privileges",
                f"--dbname={name}",
                str(file),
            ],
            base,
            on_progress,
        )


def _run(
    words: Sequence[str], base: Engine | None = None, on_progress: OnProgress | None = None
) -> str:
    """Run one of PostgreSQL's programs to its end and return what it printed.

    Raises:
        BackupError: it is missing, or fails; nothing is quoted of what the rows hold.
    """
    program = words[0]
    verbose = [] if on_progress is None else ["--verbose"]
    # Whoever is told of the progress gets it from what the program says; it prints nothing then.
    try:
        child = subprocess.Popen(  # noqa: S603 (fixed programs, no shell)
            [program, *verbose, *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if on_progress is None else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment(base),
        )
    except OSError as error:
        raise BackupError(
            f"{program} cannot be started ({error.strerror}); install PostgreSQL's client, such "
            "as the package postgresql-client, of the server's version or a newer one"
        ) from error
    with child:
        try:
            if on_progress is None:
                printed, said = child.communicate()
                complaints = said.splitlines()
            else:
                assert child.stderr is not None
                printed, complaints, done = "", [], 0
                for line in child.stderr:
                    if line.startswith(_STEPS[program]):
                        done = min(done + 1, len(TABLES))
                        on_progress(done, len(TABLES))
                    elif line.startswith(f"{program}: error:"):
                        complaints.append(line.strip())
        except BaseException:
            with suppress(ProcessLookupError):
                child.terminate()
            raise
    if child.returncode:
        mine = [one for one in complaints if one.startswith(f"{program}: error:")]
        why = mine[0].removeprefix(f"{program}: error: ") if mine else f"status {child.returncode}"
        raise BackupError(f"{program} failed ({why}); {_remedy(why)}")
    return printed


def _remedy(why: str) -> str:
    if "version mismatch" in why or "unsupported version" in why:
        return "install PostgreSQL's client of the newest server's version"
    if "lock timeout" in why:
        return "somebody uses the base; leave the desks, and try again"
    if "No space" in why or "could not write" in why:
        return "free some space there, or name another file"
    return "nothing was changed; mend that, and try again"


def environment(base: Engine | None) -> dict[str, str]:
    """Return a child's environment, with everything that the base's address says.

    Args:
        base: whose address, or None for a program that connects to nothing.
    """
    there = {**os.environ, "LC_ALL": "C"}
    if base is None:
        return there
    _, given = base.dialect.create_connect_args(base.url)
    variables = {one.keyword.decode(): one.envvar for one in Conninfo.get_defaults()}
    for key, value in given.items():
        variable = variables.get(key)
        if variable is not None and value is not None:
            there[variable.decode()] = str(value)
    there["PGOPTIONS"] = f"{there.get('PGOPTIONS', '')} {_LOCK_PATIENCE}".strip()
    return there
