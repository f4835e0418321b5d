"""Rows a second: a CSV file as leads are read from it, against Python's csv module alone.

    python bench/files.py [--rows 1000000] [--rounds 5]

Rows of eight columns. The two take turns, so that a machine that is busy at times is so for
both; the medians count.
"""

import argparse
import csv
import statistics
import tempfile
import time
from pathlib import Path

from leads.files import open_leads

_HEADER = "Kundenr;Navn;Telefon;E-post;Gate;Postnr;By;Merknad"
_BATCH = 200


def main() -> None:
    """Measure both in turns, and print the medians and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        with file.open("w", encoding="utf-8") as written:
            written.write(f"{_HEADER}\n")
            written.writelines(
                f"{n};Åse Nordmann {n};+4722{n % 10**6:06};a{n}@example.org;Storgata {n % 100};"
                f"{n % 9999:04};Oslo;ring etter kl 17\n"
                for n in range(given.rows)
            )
        bare: list[float] = []
        ours: list[float] = []
        for _ in range(given.rounds):
            started = time.perf_counter()
            with file.open(encoding="utf-8", newline="") as text:
                assert sum(1 for _ in csv.reader(text, delimiter=";")) == given.rows + 1
            bare.append(time.perf_counter() - started)
            started = time.perf_counter()
            with open_leads(str(file), encoding=None, delimiter=None, region=None) as leads:
                assert sum(map(len, leads.batches(_BATCH))) == given.rows
            ours.append(time.perf_counter() - started)
    theirs, our = statistics.median(bare), statistics.median(ours)
    print(f"csv.reader  {theirs / given.rows * 1e6:6.2f} us a row")
    print(f"lead file   {our / given.rows * 1e6:6.2f} us a row")
    print(f"ratio       {our / theirs:6.2f}")


if __name__ == "__main__":
    main()
