"""The next person at an agent's desk: `ringbank next` as a process, and a desk that stays open.

    python bench/next.py [--people 2000] [--rounds 15] [--turns 500]

The process is held against `python -c 'import sqlalchemy'`, in turns in the same run: wall clock
and processor seconds of each, and the difference. The desk that stays open does what the
interactive screen does at each key: take the next person with their whole document, in one
process, by `Desk.next`; between two of them the person is let go. `ringbank --help` is held
against a Typer app of one command.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from campaigns.agents import add_agent
from dialer import config
from dialer.desk import Desk
from dialer.schema import open_base
from leads.db import writing
from leads.site import Settings, Site

_HERE = Path(__file__).parents[1]
_CAMPAIGN = """
name = "bench"
lists = ["bench"]
mode = "manual"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "political"
[script]
file = "bench.md"
"""
_TYPER = """
import typer
app = typer.Typer(add_completion=False)
@app.command()
def one() -> None: ...
app()
"""


def main() -> int:
    """Measure in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--turns", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, people=given.people)
        ringbank = [sys.executable, "-m", "cli"]
        asked = [*ringbank, "next", "--campaign", "bench", "--agent", "anna", "--json"]
        bare = [sys.executable, "-c", "import sqlalchemy"]
        site = site_of(folder)
        desk = Desk(site)

        def let_go() -> None:
            desk.release(str(desk.next("bench", "anna")["lease"]))

        compare("ringbank next", asked, bare, folder, rounds=given.rounds, after=let_go)
        helped = [*ringbank, "--help"]
        compare("ringbank --help", helped, [sys.executable, "-c", _TYPER, "--help"], folder,
                rounds=given.rounds, after=lambda: None)  # fmt: skip
        took = []
        for _ in range(given.turns):
            began = time.perf_counter()
            lease = str(desk.next("bench", "anna")["lease"])
            took.append((time.perf_counter() - began) * 1000)
            desk.release(lease)
        site.base().dispose()
    print(f"a desk that stays open: median {statistics.median(took):.1f} ms, ", end="")
    print(f"99th percentile {statistics.quantiles(took, n=100)[98]:.1f} ms")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0


def prepare(folder: Path, *, people: int) -> None:
    """Make an office with one list, one campaign that runs and one agent."""
    (folder / "config.toml").write_text((_HERE / "config.toml").read_text(encoding="utf-8"))
    (folder / "bench.toml").write_text(_CAMPAIGN)
    (folder / "bench.md").write_text("Good evening!\n")
    rows = "".join(f"Person {n};+4722{n:06}\n" for n in range(100_000, 100_000 + people))
    (folder / "bench.csv").write_text(f"Navn;Telefon\n{rows}")
    for words in (
        "leads import bench.csv --list bench",
        "campaigns create bench.toml",
        "campaigns start bench",
    ):
        run([sys.executable, "-m", "cli", *words.split()], folder)
    site = site_of(folder)
    with writing(site.base()) as connection:
        add_agent(connection, "anna", None, now=site.now())
    site.base().dispose()


def site_of(folder: Path) -> Site:
    """Return the office as one process uses it."""
    file = folder / "config.toml"
    loaded = config.load(file, {})
    return Site(
        config_file=file,
        opener=lambda: open_base(f"sqlite:///{folder}/ringbank.db"),
        settings=lambda: Settings(
            region=loaded.region,
            registries=loaded.registries,
            trunks={},
            engine=loaded.engine,
            rules_folder=loaded.rules_folder,
            require_token=False,
            pauses={},
            own_rules=loaded.own_rules.document(),
        ),
    )


def compare(
    name: str,
    command: list[str],
    floor: list[str],
    folder: Path,
    *,
    rounds: int,
    after: Callable[[], None],
) -> None:
    """Run a command and its floor in turns, and print what it takes beyond it."""
    whole: list[tuple[float, float]] = []
    least: list[tuple[float, float]] = []
    for _ in range(rounds):
        whole.append(run(command, folder))
        after()
        least.append(run(floor, folder))
    for what, at in (("wall clock", 0), ("processor", 1)):
        own, of_floor = (statistics.median(one[at] for one in some) for some in (whole, least))
        print(
            f"{name:16} {what:10} {own:.3f} s, floor {of_floor:.3f} s, "
            f"difference {own - of_floor:.3f} s"
        )


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command; return its seconds by the wall clock and on the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(_HERE)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    took = time.perf_counter() - began
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
