"""Import of a million people: seconds and memory, against the least that storing them costs.

    python bench/imports.py [--rows 1000000] [--rounds 5] [--ten-times]

The file has eight columns, numbers of twelve countries in mixed spellings, 3 % of them wrong,
2 % of the rows once more. The floor is `pandas.read_csv(dtype=str)`, one `executemany` into
one SQLite table with an integer key and the file's columns, one index on the number, one
transaction. Import and floor run in turns, each in a process of its own on a fresh base.
`--ten-times` imports ten times the rows once more and prints the ratio of the seconds.
"""

import argparse
import csv
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from spellings import spelt

_HEADER = ("Kundenr", "Navn", "Telefon", "Adresse", "Postnr", "By", "Leverandør", "Samtykke")
_FIRST = [
    "Anna",
    "Lars",
    "Ingrid",
    "Olav",
    "Kari",
    "Göran",
    "Åsa",
    "Paweł",
    "Zofia",
    "Ayşe",
    "Mehmet",
    "Hans",
    "Grete",
    "Ole",
    "Liv",
]
_LAST = [
    "Hansen",
    "Nygård",
    "Bakke",
    "Lindström",
    "Åkesson",
    "Wójcik",
    "Zieliński",
    "Yıldız",
    "Çelik",
    "Schmidt",
    "Berg",
]
_TOWNS = [
    "Oslo",
    "Bergen",
    "Trondheim",
    "Stavanger",
    "Malmö",
    "Göteborg",
    "Warszawa",
    "Kraków",
    "İstanbul",
    "Berlin",
]
_STREETS = ["Storgata", "Kirkeveien", "Strandgata", "Skolegata", "Bakkegata", "Havnegata"]
_OTHERS = ("Fjordkraft", "Tibber", "Fortum", "")
_SMALL = 10_000


def main() -> None:
    """Measure both in turns, and print the medians and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--ten-times", action="store_true")
    options.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        what, file, base = given.child
        {"floor": _floor, "import": _import}[what](file, base)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        write_people(file, given.rows)
        floor: list[float] = []
        full: list[float] = []
        memory = 0
        for _ in range(given.rounds):
            floor.append(_timed("floor", file, Path(folder))[0])
            seconds, kib = _timed("import", file, Path(folder))
            full.append(seconds)
            memory = max(memory, kib)
        least, median = statistics.median(floor), statistics.median(full)
        print(f"floor    {least:8.2f} s for {given.rows} rows")
        print(f"import   {median:8.2f} s, {median / given.rows * 1e6:.1f} us a row")
        print(f"ratio    {median / least:8.2f}   load {os.getloadavg()[0]:.1f}")
        print(f"memory   {memory / 1024:8.0f} MiB at most")
        if given.ten_times:
            write_people(file, given.rows * 10)
            seconds, kib = _timed("import", file, Path(folder))
            print(
                f"ten times the rows {seconds:.1f} s, {seconds / median:.2f} times as long, ",
                end="",
            )
            print(f"{kib / 1024:.0f} MiB")


def _timed(what: str, file: Path, folder: Path) -> tuple[float, int]:
    """Return the seconds that a process says its work took, and its peak memory in KiB."""
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        command = [sys.executable, __file__, "--child", what, str(file), f"{fresh}/base.db"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, kib = done.stdout.split()
    return float(seconds), int(kib)


def _say(started: float) -> None:
    seconds = time.perf_counter() - started
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _floor(file: str, base: str) -> None:
    import pandas as pd

    started = time.perf_counter()
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    connection = sqlite3.connect(base)
    connection.execute("PRAGMA journal_mode = WAL")
    columns = ", ".join(f'"{name}" TEXT' for name in frame.columns)
    connection.execute(f"CREATE TABLE people (id INTEGER PRIMARY KEY, {columns})")
    connection.execute('CREATE INDEX ix_people_phone ON people ("Telefon")')
    marks = ", ".join("?" * (len(frame.columns) + 1))
    rows = frame.itertuples(index=True, name=None)
    connection.executemany(f"INSERT INTO people VALUES ({marks})", rows)
    connection.commit()
    connection.close()
    _say(started)


def _import(file: str, base: str) -> None:
    from dialer.schema import open_base
    from leads.importing import import_leads

    engine = open_base(f"sqlite:///{base}")
    started = time.perf_counter()
    import_leads(
        engine,
        source=file,
        list_name="bought",
        region="NO",
        mapping=(),
        encoding=None,
        delimiter=None,
        rejects=None,
        dry_run=False,
        now=datetime.now(UTC),
        progress=lambda _: None,
    )
    engine.dispose()
    _say(started)


def write_people(file: Path, rows: int) -> None:
    """Write a file of so many rows; the same number gives the same file."""
    chance = random.Random(1)
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(_HEADER)
        lines.writerows(_people(chance, rows))


def _people(chance: random.Random, rows: int) -> Iterator[list[str]]:
    recent: list[list[str]] = []
    for number in range(rows):
        if recent and chance.random() < 0.02:
            yield chance.choice(recent)
            continue
        row = [
            f"K-{number}",
            f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
            spelt(chance),
            f"{chance.choice(_STREETS)} {chance.randrange(1, 200)}",
            f"{chance.randrange(10_000):04}",
            chance.choice(_TOWNS),
            chance.choice(_OTHERS),
            f"ja {chance.randrange(2020, 2027)}-{chance.randrange(1, 13):02}-01, nettskjema",
        ]
        if len(recent) < _SMALL:
            recent.append(row)
        else:
            recent[chance.randrange(_SMALL)] = row
        yield row


if __name__ == "__main__":
    main()
