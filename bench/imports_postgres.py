"""Import into PostgreSQL: COPY against an INSERT for each row, in turns on one server.

    python bench/imports_postgres.py [--rows 200000] [--rounds 3]

The file is that of `bench/imports.py`. It is imported twice into a fresh base: of the first
import nearly everybody is new, of the second, onto another list, everybody is there already.
"Writes" is the part of an import in which rows go to the base; the rest is reading the file and
finding out who is who. The server is the tests' own: on this machine, without waiting for the
disk, so that the way in is measured and not the disk. Both ways run in turns, each in a process of its own.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imports import write_people
from sqlalchemy import Connection, Table, insert

from leads.sql import add_rows, insert_many
from tests.servers import Postgres, postgres_programs

_WAYS = ("insert", "copy")
_LISTS = ("bought", "bought again")
_MEASURED = (
    "everybody new",
    "everybody new, writes",
    "everybody known",
    "everybody known, writes",
)


def main() -> int:
    """Import both ways in turns, and print the medians and their ratios."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        way, file, url = given.child
        _import(way, file, url)
        return 0
    programs = postgres_programs()
    if programs is None:
        print("no PostgreSQL server is installed (apt-get install postgresql)", file=sys.stderr)
        return 1
    server = Postgres(programs)
    took: dict[tuple[str, int], list[float]] = {}
    try:
        server.start()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "people.csv"
            write_people(file, given.rows)
            for turn in range(given.rounds):
                for way in _WAYS:
                    seconds = _timed(way, file, server, f"{way}_{turn}")
                    for at, one in enumerate(seconds):
                        took.setdefault((way, at), []).append(one)
    finally:
        server.stop()
    for at, name in enumerate(_MEASURED):
        by_insert, by_copy = (statistics.median(took[way, at]) for way in _WAYS)
        print(f"{name:26} INSERT {by_insert:6.2f} s   COPY {by_copy:6.2f} s   ", end="")
        print(f"ratio {by_insert / by_copy:.2f}")
    print(f"{given.rows} rows; load {os.getloadavg()[0]:.1f}")
    return 0


def _timed(way: str, file: Path, server: Postgres, database: str) -> list[float]:
    """Return the seconds that a process says its two imports took, and the writing of each."""
    url = server.create(database)
    try:
        command = [sys.executable, __file__, "--child", way, str(file), url]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    finally:
        server.drop(database)
    return [float(word) for word in done.stdout.split()]


def _import(way: str, file: str, url: str) -> None:
    from dialer.schema import open_base
    from leads import consents, intake
    from leads.importing import import_leads

    writes: dict[str, Callable[..., None]] = {"add_rows": add_rows, "insert_many": insert_many}
    if way == "insert":
        writes = {"add_rows": _insert_rows, "insert_many": _insert_many}
    written = _Stopwatch()
    setattr(intake, "add_rows", written.of(writes["add_rows"]))  # noqa: B010 (not exported)
    for module in (intake, consents):
        setattr(module, "insert_many", written.of(writes["insert_many"]))  # noqa: B010
    engine = open_base(url)
    for list_name in _LISTS:
        written.seconds = 0.0
        started = time.perf_counter()
        import_leads(
            engine,
            source=file,
            list_name=list_name,
            region="NO",
            mapping=(),
            encoding=None,
            delimiter=None,
            rejects=None,
            dry_run=False,
            now=datetime.now(UTC),
            progress=lambda _: None,
        )
        print(time.perf_counter() - started, written.seconds)
    engine.dispose()


class _Stopwatch:
    """Adds up the seconds that functions take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def of(self, function: Callable[..., None]) -> Callable[..., None]:
        """Return a function that does the same and is timed."""

        def timed(*given: object) -> None:
            started = time.perf_counter()
            function(*given)
            self.seconds += time.perf_counter() - started

        return timed


def _insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Do what `leads.sql.add_rows` does, by an INSERT that is executed for each row."""
    if values := [*rows]:
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"
        connection.exec_driver_sql(statement, [tuple(row) for row in values])


def _insert_many(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    if rows:
        connection.execute(insert(table), [*rows])


if __name__ == "__main__":
    sys.exit(main())
