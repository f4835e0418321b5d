"""What grows while one engine places calls, counted up to a million of them.

    python bench/million_calls.py [--calls 20000]
    python bench/million_calls.py --trace --calls 12000

One process runs the real engine against two real Asterisk servers, a SQLite base and people
whose lines are all busy, as fast as it goes. Once a second the engine's own thread counts what
the process holds: memory, file handles, threads, the entries of every container that can be
reached from the engine, and of every cache of ours. The servers are counted too: memory, file
handles, and every ten seconds their channels. A server's memory grows by itself as long as the C
library spreads what is asked for over more places: it is told once more after SIP's timers have
run out and the free memory was given back (`malloc trim`).

No run of some minutes shows a million calls. What it shows is a slope: the first half is left out
as warm-up, the rest is cut into blocks of the same length, and a straight line is laid through
their means (blocks, because samples one second apart are no independent ones). The slope is told
for 1,000 calls with twice its standard error, and what that comes to at a million. The people and
their attempts are rows of the base, which is meant to grow: its file is shown beside.

With `--trace` Python itself keeps account of every object that is made, which makes it slower, and
the lines are shown whose objects have become more over the second half. Breakers remember 5,000
calls: a shorter first half shows them still growing.

All calls end at once, and no agent is in: what talks and agents leave behind is not seen here, but
in `tests/unit/dialer/test_no_growth.py`, without Asterisk.
"""

import argparse
import ctypes
import gc
import os
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from calls_per_second import busy_lab, ready_to_dial
from sqlalchemy import Engine as Base

from campaigns.report import outcomes
from dialer.engine import Engine
from dialer.lab.lab import Lab
from dialer.progress import Progress
from leads.db import file_of, reading
from tests.holding import caches, entries

_BLOCKS = 10
_CHANNELS_EVERY_S = 10.0
_SIP_TIMERS_S = 35.0
_MILLION = 1_000_000
_SHOWN = 15
_MB = 1024 * 1024

_GROWS_BY_DESIGN = ("base, MB",)


@dataclass(slots=True)
class Watch:
    """Counts what an engine's process and its servers hold, once a second.

    Attributes:
        calls: how many had ended at each sample.
        counted: the samples of each thing that was counted, by its name; packed, so that
            they do not grow into what they measure.
        channels: of the PBX, as its command line told them.
    """

    lab: Lab
    base: Base
    base_file: Path
    engine: Engine | None = None
    calls: "array[float]" = field(default_factory=lambda: array("d"))
    counted: dict[str, "array[float]"] = field(default_factory=dict)
    channels: list[int] = field(default_factory=list)
    at_call: Callable[[int], None] = lambda _: None
    _next_s: float = 0.0

    def __call__(self, progress: Progress) -> None:
        """Count, where a second has passed; the engine's thread calls this at every refresh."""
        ended = sum(progress.outcomes.get("bench", {}).values())
        self.at_call(ended)
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + 1.0
        self.calls.append(ended)
        for name, value in self._count():
            samples = self.counted.setdefault(name, array("d"))
            samples.extend([0.0] * (len(self.calls) - 1 - len(samples)))
            samples.append(value)

    def _count(self) -> Iterator[tuple[str, float]]:
        yield "memory of the engine, MB", _memory_mb("self")
        yield "file handles of the engine", _handles("self")
        yield "threads of the engine", threading.active_count()
        yield "objects of Python", len(gc.get_objects())
        yield "memory in use by malloc, MB", _given_out_mb()
        yield "memory in use by SQLite, MB", _SQLITE.sqlite3_memory_used() / _MB
        yield "statements that SQLAlchemy keeps", len(self.base._compiled_cache or ())
        for name, server in (("PBX", self.lab.pbx), ("carrier", self.lab.carrier)):
            yield f"memory of the {name}, MB", _memory_mb(server.pid())
            yield f"file handles of the {name}", _handles(server.pid())
        for ending, name in (("", "base"), ("-wal", "base's write-ahead log")):
            file = Path(f"{self.base_file}{ending}")
            yield f"{name}, MB", file.stat().st_size / _MB if file.exists() else 0.0
        yield from entries(self.engine, "engine").items()
        for name, function in caches():
            yield f"cache {name}", function.cache_info().currsize

    def watch_channels(self, over: threading.Event) -> None:
        """Ask the PBX for its channels until the run is over; the body of a thread."""
        while not over.wait(_CHANNELS_EVERY_S):
            self.channels.append(_channels(self.lab))


def _memory_mb(process: object) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


class _MallocState(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


_C = ctypes.CDLL(None)
_C.mallinfo2.restype = _MallocState
_SQLITE = ctypes.CDLL("libsqlite3.so.0")
_SQLITE.sqlite3_memory_used.restype = ctypes.c_int64


def _given_out_mb() -> float:
    state = _C.mallinfo2()
    return float(state.uordblks + state.hblkhd) / _MB


def _handles(process: object) -> int:
    return len(tuple(Path(f"/proc/{process}/fd").iterdir()))


def _channels(lab: Lab) -> int:
    told = lab.pbx.cli("core show channels count").stdout
    return int(next(line.split()[0] for line in told.splitlines() if "active channel" in line))


def settled_mb(lab: Lab) -> tuple[float, float]:
    """Return the memory of both servers once nothing is waited for and nothing free is kept."""
    time.sleep(_SIP_TIMERS_S)
    for server in (lab.pbx, lab.carrier):
        server.cli("malloc trim")
    return _memory_mb(lab.pbx.pid()), _memory_mb(lab.carrier.pid())


@dataclass(frozen=True, slots=True)
class Slope:
    """A straight line: by how much something grows for each call, and how sure that is.

    Attributes:
        per_call: its slope.
        error: twice its standard error.
        mean: of all samples.
    """

    per_call: float
    error: float
    mean: float

    @property
    def is_growth(self) -> bool:
        """Whether it is more than chance makes of one in a hundred and fifty things."""
        return self.per_call > 2 * self.error


def fit(calls: Sequence[float], values: Sequence[float]) -> Slope:
    """Lay a line through the means of blocks."""
    size = len(calls) // _BLOCKS
    blocks = [slice(at * size, (at + 1) * size) for at in range(_BLOCKS)]
    x = [statistics.fmean(calls[block]) for block in blocks]
    y = [statistics.fmean(values[block]) for block in blocks]
    slope, intercept = statistics.linear_regression(x, y)
    spread = sum((one - statistics.fmean(x)) ** 2 for one in x)
    left = sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    error = (left / (_BLOCKS - 2) / spread) ** 0.5
    return Slope(slope, 2 * error, statistics.fmean(y))


def main() -> int:
    """Run an engine, and print what grew; return 1 where channels were left behind."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--calls", type=int, default=20_000, help="at most 900000")
    options.add_argument("--trace", action="store_true", help="show which lines' objects grew")
    options.add_argument("--all", action="store_true", help="show what did not grow as well")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lab = busy_lab(Path(folder))
        try:
            return run(lab, Path(folder), chosen)
        finally:
            lab.remove()


def run(lab: Lab, folder: Path, chosen: argparse.Namespace) -> int:
    """Place the calls in a lab, and print what grew."""
    print(
        f"memory of PBX and carrier before: {_memory_mb(lab.pbx.pid()):.0f} and "
        f"{_memory_mb(lab.carrier.pid()):.0f} MB"
    )
    base, loaded, stored = ready_to_dial(lab, chosen.calls, folder)
    base_file = file_of(base.url)
    assert base_file is not None
    watch = Watch(lab, base, base_file)
    engine = watch.engine = Engine(base, loaded, on_progress=watch)
    tracing = Tracing(chosen.calls) if chosen.trace else None
    if tracing is not None:
        watch.at_call = tracing
    over = threading.Event()
    thread = threading.Thread(target=watch.watch_channels, args=(over,))
    thread.start()
    began_s, cpu_s = time.perf_counter(), time.process_time()
    try:
        engine.run(until_done=True)
    finally:
        over.set()
        thread.join()
    took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    with reading(base) as connection:
        counted = outcomes(connection, stored.id)
    assert counted == {"busy": chosen.calls}, counted
    left = _channels(lab)
    base.dispose()
    settled = settled_mb(lab)
    rate = chosen.calls / took_s
    print(f"{chosen.calls} calls in {took_s:.0f} s: {rate:.0f} calls/s, {cpu_s:.0f} s of processor")
    print(f"a million would take {_MILLION / rate / 3600:.1f} h at that rate")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(f"channels of the PBX: {watch.channels or 'not asked'}, {left} at the end")
    print(
        f"memory of PBX and carrier, once it has settled: {settled[0]:.0f} and {settled[1]:.0f} MB"
    )
    if tracing is not None:
        tracing.tell()
        return 0
    tell(watch, show_all=chosen.all)
    return int(left > 0)


def tell(watch: Watch, *, show_all: bool) -> None:
    """Print the slopes: those of the process, and of all else that grew."""
    first = len(watch.calls) // 2
    calls = watch.calls[first:]
    if len(calls) < 2 * _BLOCKS:
        sys.exit(f"{len(watch.calls)} samples are too few for a line; take more --calls")
    print(
        f"after {calls[0]:.0f} calls of warm-up, {len(calls)} samples in {_BLOCKS} blocks; "
        "the slopes are for 1,000 calls, ± twice their standard error:"
    )
    for name, samples in watch.counted.items():
        samples.extend([0.0] * (len(watch.calls) - len(samples)))
        values = samples[first:]
        found = fit(calls, values)
        grows = found.is_growth and name not in _GROWS_BY_DESIGN
        if grows or show_all or " " in name.removeprefix("cache "):
            print(
                f"  {'GROWS ' if grows else '      '}{name}: {values[0]:.4g} to {values[-1]:.4g}, "
                f"{found.per_call * 1000:+.3g} ± {found.error * 1000:.2g}; "
                f"at a million {found.per_call * _MILLION:+.4g} ± {found.error * _MILLION:.2g}"
            )
    tables = sum(name.startswith("engine.") for name in watch.counted)
    print(f"  {len(watch.counted)} things were counted, {tables} of them tables of the engine")


class Tracing:
    """Two accounts of every object that Python holds: after the warm-up, and near the end."""

    def __init__(self, calls: int) -> None:
        """Begin with the next call."""
        self._from, self._to = calls // 2, calls - 200
        self._taken: list[tuple[int, tracemalloc.Snapshot]] = []
        tracemalloc.start()

    def __call__(self, ended: int) -> None:
        """Take an account when its time has come."""
        due = (self._from, self._to)[len(self._taken)] if len(self._taken) < 2 else None
        if due is not None and ended >= due:
            gc.collect()
            self._taken.append((ended, tracemalloc.take_snapshot()))

    def tell(self) -> None:
        """Print which lines' objects have become more."""
        (before, first), (after, second) = self._taken
        calls = (after - before) / 1000
        grown = second.compare_to(first, "lineno")
        total = sum(one.size_diff for one in grown)
        print(
            f"from call {before} to {after}: {total / calls:+.0f} bytes for 1,000 calls, most in:"
        )
        for one in grown[:_SHOWN]:
            frame = one.traceback[0]
            print(
                f"  {one.size_diff / calls:+9.0f} bytes {one.count_diff / calls:+8.1f} objects  "
                f"{frame.filename}:{frame.lineno}"
            )


if __name__ == "__main__":
    sys.exit(main())
