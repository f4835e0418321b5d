"""Runs scenarios with the pacers that the engine uses, on all processors where it pays."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence

from campaigns.budget import slack_of
from campaigns.model import DialMode
from dialer.pacing import Pacer, Progressive, Ratio
from dialer.simulation.budgeted import Budgeted
from dialer.simulation.floor import Floor
from dialer.simulation.run import Run
from dialer.simulation.scenario import Scenario

_WORTH_IT_S = 3.0
"""Further processes take half a second to start."""

Job = tuple[Scenario, int]
"""A scenario, and which of its runs."""


def pacer_of(scenario: Scenario) -> Pacer:
    """Return the pacer of a scenario's mode, as the engine makes it."""
    limit, within = scenario.abandon_limit, scenario.connect_within_s
    match scenario.mode:
        case "progressive":
            return Progressive(limit, within)
        case "ratio":
            return Ratio(scenario.ratio, limit, within)
        case _:
            return Pacer(limit, within)


def budgeted(scenario: Scenario) -> Budgeted:
    """Return a scenario's pacer with the account of its campaign."""
    return Budgeted(
        pacer_of(scenario),
        limit=scenario.abandon_limit,
        soft_limit=scenario.soft_limit,
        slack=slack_of(DialMode(scenario.mode)),
    )


def run_once(job: Job) -> Run:
    """Play one run of a scenario."""
    scenario, number = job
    floor = Floor(
        scenario.habits,
        budgeted(scenario),
        seed=scenario.seed + number,
        connect_within_s=scenario.connect_within_s,
    )
    return floor.run()


def run_all(
    scenarios: Sequence[Scenario], *, told: Callable[[], None] = lambda: None
) -> list[list[Run]]:
    """Play every run of every scenario; return the runs of each.

    Args:
        scenarios: what to play.
        told: called after each run.
    """
    jobs = [(scenario, number) for scenario in scenarios for number in range(scenario.runs)]
    done: list[Run] = []
    for run in _played(jobs):
        done.append(run)
        told()
    runs = iter(done)
    return [[next(runs) for _ in range(scenario.runs)] for scenario in scenarios]


def _played(jobs: Sequence[Job]) -> Iterator[Run]:
    """Yield the runs in their order: the first here, which tells how long the others take."""
    began = time.perf_counter()
    yield run_once(jobs[0])
    took_s = time.perf_counter() - began
    left = jobs[1:]
    processes = min(os.cpu_count() or 1, len(left))
    if processes < 2 or took_s * len(left) < _WORTH_IT_S:  # noqa: PLR2004  (one works here)
        yield from map(run_once, left)
        return
    # Not forked: this process may have threads, the progress bar's for one.
    with multiprocessing.get_context("spawn").Pool(processes, initializer=_leave_to_parent) as pool:
        yield from pool.imap(run_once, left)


def _leave_to_parent() -> None:
    """Let Ctrl-C be the affair of the process that was started by somebody."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
