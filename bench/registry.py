"""Seconds and memory to load a national register, and to ask it.

    python bench/registry.py [--numbers 50000000] [--spelling digits|plus|csv|spaced]

Loads a made-up register of North American numbers in random order as `ringbank dnc import`
does, base and all, in a process of its own; then asks it for a million numbers. The floors
read the same lines in the same run: numpy's own reader with a sort, all in memory, for plain
digits, and `sort -u`, which is what one would reach for without a program.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

_CHUNK = 1_000_000
_ASKED = 1_000_000
_NAME, _DAY = "bench", date(2026, 11, 1)


def main() -> None:
    """Make the lines, load them, ask, and print everything with its floor."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--numbers", type=int, default=50_000_000)
    options.add_argument(
        "--spelling", choices=["digits", "plus", "csv", "spaced"], default="digits"
    )
    options.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.load is not None:
        _load(given.load, given.spelling)
        return
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines.csv"
        _make(lines, given.numbers, given.spelling)
        print(f"{given.numbers} lines, {lines.stat().st_size >> 20} MiB, {given.spelling}")
        ours = _timed(
            [sys.executable, __file__, "--spelling", given.spelling, "--load", str(lines)]
        )
        print(f"load in all          {ours:7.1f} s with the start of Python")
        _ask(Path(folder))
        if given.spelling == "digits":
            started = time.perf_counter()
            numbers = np.fromfile(lines, dtype=np.int64, sep="\n")
            numbers.sort()
            numbers[np.diff(numbers, prepend=0) > 0].tofile(lines.with_suffix(".np"))
            _compare("numpy in memory", time.perf_counter() - started, ours)
        sort = ["sort", "-u", "-o", str(lines.with_suffix(".sorted")), str(lines)]
        _compare("sort -u", _timed(sort, {**os.environ, "LC_ALL": "C"}), ours)
        print(f"load of the machine  {os.getloadavg()[0]:7.1f}")


def _make(lines: Path, count: int, spelling: str) -> None:
    chance = np.random.default_rng(1)
    with lines.open("wb") as file:
        for at in range(0, count, _CHUNK):
            size = min(_CHUNK, count - at)
            area, office = chance.integers(200, 1000, (2, size))
            line = chance.integers(0, 10_000, size)
            if spelling in {"digits", "plus"}:
                head = "+1" if spelling == "plus" else ""
                numbers = (area * 10_000_000 + office * 10_000 + line).tolist()
                text = "".join(f"{head}{number}\n" for number in numbers)
            else:
                form = "{},{}{:04}\n" if spelling == "csv" else "({}) {}-{:04}\n"
                rows = zip(area.tolist(), office.tolist(), line.tolist(), strict=True)
                text = "".join(form.format(*row) for row in rows)
            file.write(text.encode())


def _load(lines: Path, spelling: str) -> None:
    from dialer.schema import open_base
    from leads.registries import load

    most = [0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], _own_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    base = open_base(f"sqlite:///{lines.parent}/ringbank.db")
    started = time.perf_counter()
    loaded = load(
        base,
        lines.parent / "registries",
        source=lines,
        name=_NAME,
        as_of=_DAY,
        region="US",
        mapping=[("area", "1"), ("phone", "2")] if spelling == "csv" else [],
        older=True,
        now=datetime.now(UTC),
    )
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    mapped = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"load                 {seconds:7.1f} s, {loaded.read / seconds / 1e6:.2f} million lines a "
        f"second, {loaded.registry.entries} entries, {loaded.unreadable} unreadable"
    )
    print(f"memory               {most[0]:7} MiB of its own, {mapped} MiB with mapped files")


def _own_memory() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) >> 10
    return 0


def _ask(folder: Path) -> None:
    from leads.registry_file import NumbersFile

    (path,) = (folder / "registries").glob("*.numbers")
    file = NumbersFile(path)
    asked = np.random.default_rng(2).integers(12_000_000_000, 20_000_000_000, _ASKED)
    file.contains_many(asked)
    started = time.perf_counter()
    found = int(file.contains_many(asked).sum())
    seconds = time.perf_counter() - started
    print(f"ask for a million    {seconds:7.2f} s, {found} are in it")
    single = asked[:10_000].tolist()
    started = time.perf_counter()
    hits = sum(map(file.contains, single))
    each = (time.perf_counter() - started) / len(single)
    print(f"ask for one          {each * 1e6:7.1f} us, {hits} of {len(single)} are in it")
    content = np.fromfile(path, dtype="<i8")
    started = time.perf_counter()
    at = np.searchsorted(content, asked)
    same = int((content[np.minimum(at, len(content) - 1)] == asked).sum())
    floor = time.perf_counter() - started
    assert same == found, "the answers differ"
    print(f"  floor: in memory   {floor:7.2f} s, ratio {seconds / floor:.2f}")


def _timed(command: list[str], environment: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, env=environment)
    return time.perf_counter() - started


def _compare(what: str, floor: float, ours: float) -> None:
    print(f"  floor: {what:<13}{floor:7.1f} s, ratio {ours / floor:.2f}")


if __name__ == "__main__":
    main()
