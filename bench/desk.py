"""The desk's screen on a real terminal: from the key to the next person's name.

    python bench/desk.py [--leads 3000] [--rounds 200] [--reading 0.2]

An office of its own in a temporary folder: a list, a manual campaign, one agent. The screen
runs as a process on a pseudo-terminal. In each round Enter saves a result and brings the next
person; and, after somebody was let go, Enter brings the next person alone. Beside them stands
what `Desk.next` and `Desk.give` take by themselves on the same base, without any screen, and
how long the screen takes to open, against the import of SQLAlchemy alone. The agent of the bench
looks at each person for a moment, far shorter than anybody who reads a script.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cli
from campaigns.result_words import Words
from dialer.desk import Desk
from tests.terminal import Terminal

_CHECKOUT = Path(__file__).parents[1]
_FIRST = 33_610_000_000
"""From here on the next million numbers, all of them French mobiles, are valid."""

_CAMPAIGN = """name = "bench"
lists = ["bench"]
mode = "manual"
trunk = "main"
caller_id = "+4721000000"
seller = "Example AS"
purpose = "political"

[retry]
no_answer = { after = "4h", max = 4 }

[script]
file = "bench.md"

[[questions]]
key = "provider"
text = "Who is your provider today?"
type = "choice"
choices = ["Telia", "Telenor", "other"]
"""
_SCRIPT = "# Good evening!\n\n" + "\n\n".join(
    f"Paragraph {number}, with **words** enough for a line or even for two of them." * 2
    for number in range(12)
)
_DESK = ("desk", "--campaign", "bench", "--agent", "anna")


def main() -> None:
    """Make the office, measure, and print median and p99 of everything."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--leads", type=int, default=3000)
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--reading", type=float, default=0.2, help="seconds before a key")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _office(folder, given.leads)
        _print("import sqlalchemy", [_timed(_import_sqlalchemy) for _ in range(5)])
        _print("screen opens", [_opens(folder) for _ in range(5)])
        with _screen(folder) as terminal:
            for what, press in (("key: save and next", _save), ("key: next", _next)):
                _print(what, [press(terminal, given.reading) for _ in range(given.rounds)])
            terminal.press("ctrl+c")
            terminal.ends()
        os.chdir(folder)
        console, _ = cli._surroundings([])
        desk = Desk(console)
        next_s: list[float] = []
        give_s: list[float] = []
        for _ in range(given.rounds):
            started = time.perf_counter()
            lease = str(desk.next("bench", "anna")["lease"])
            between = time.perf_counter()
            desk.give(lease, Words(disposition="no_contact"))
            next_s.append(between - started)
            give_s.append(time.perf_counter() - between)
        _print("Desk.next alone", next_s)
        _print("Desk.give alone", give_s)
        console.base().dispose()
    print(f"load {os.getloadavg()[0]:.1f}")


def _office(folder: Path, leads: int) -> None:
    lines = [f"P{n};Person {n:06};+{_FIRST + n}" for n in range(leads)]
    (folder / "leads.csv").write_text("\n".join(["external id;name;phone", *lines]) + "\n")
    (folder / "bench.toml").write_text(_CAMPAIGN)
    (folder / "bench.md").write_text(_SCRIPT)
    (folder / "config.toml").write_text((_CHECKOUT / "config.toml").read_text())
    for words in (
        "leads import leads.csv --list bench",
        "campaigns create bench.toml",
        "agents add anna --phone PJSIP/anna",
        "campaigns start bench",
    ):
        subprocess.run(
            [sys.executable, "-m", "cli", *words.split()],
            cwd=folder, env=_environment(folder), check=True, capture_output=True,
        )  # fmt: skip


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(_CHECKOUT),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }


def _screen(folder: Path) -> Terminal:
    terminal = Terminal(
        [sys.executable, "-m", "cli", *_DESK], cwd=folder, environment=_environment(folder)
    )
    terminal.shows("Question 1 of 1")
    return terminal


def _timed(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def _import_sqlalchemy() -> None:
    subprocess.run([sys.executable, "-c", "import sqlalchemy"], check=True)


def _opens(folder: Path) -> float:
    started = time.perf_counter()
    with _screen(folder) as terminal:
        took = time.perf_counter() - started
        terminal.press("ctrl+c")
        terminal.ends()
    return took


def _save(terminal: Terminal, reading_s: float) -> float:
    time.sleep(reading_s)
    terminal.press("f2", "6")
    terminal.shows("> 6 No contact")
    return terminal.time_to(b"Question 1 of 1", "enter")


def _next(terminal: Terminal, reading_s: float) -> float:
    time.sleep(reading_s)
    terminal.press("f6")
    terminal.shows("Yes, let go")
    terminal.press("y")
    terminal.shows("Enter: go on")
    return terminal.time_to(b"Question 1 of 1", "enter")


def _print(what: str, times: Sequence[float]) -> None:
    median = statistics.median(times)
    p99 = statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]
    print(f"{what:<20} median {median * 1e3:7.1f} ms   p99 {p99 * 1e3:7.1f} ms", flush=True)


if __name__ == "__main__":
    main()
