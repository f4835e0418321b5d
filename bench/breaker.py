"""How often usual traffic trips the circuit breaker, and how soon a fault does.

Run: ``python -m bench.breaker [--days N]``. Each kind of campaign is simulated for many days of
five thousand calls: its shares wander from hour to hour (a correlation of up to 0.05 between
two calls of an hour), dead numbers lie in blocks, and the last tenth of a list is tried again
and again. Then everything is broken at once in the middle of a day.
"""

import argparse
import os
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from campaigns.breaker import History, Trip
from campaigns.breaker_settings import USUAL_BREAKER
from campaigns.breaker_table import EndedCall
from campaigns.model import Outcome

_CALLS_A_DAY, _HOURS = 5_000, 10
_LIMIT = 0.03
_NOON = datetime(2026, 12, 1, 8, tzinfo=UTC)
_LATER = _NOON + timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of campaign: shares of its calls, and how long its people talk."""

    name: str
    answered: float
    machines: float = 0.0
    unallocated: float = 0.05
    congestion: float = 0.03
    failed: float = 0.01
    gone: float = 0.1
    abandoned: float = 0.0
    drift: float = 0.02
    block: int = 1


KINDS = (
    Kind(name="a bought base, progressive", answered=0.25),
    Kind(name="old numbers, 40 % dead", answered=0.15, unallocated=0.4, drift=0.05),
    Kind(name="the same, dead in whole blocks of four", answered=0.15, unallocated=0.4, block=4),
    Kind(name="predictive at its limit", answered=0.3, abandoned=0.028, gone=0.15),
    Kind(name="mobiles by day, machine detection", answered=0.6, machines=0.7, drift=0.05),
    Kind(name="a weak route", answered=0.2, congestion=0.15, failed=0.05, drift=0.05),
)


def _day(kind: Kind, rng: np.random.Generator, first: int) -> list[EndedCall]:
    """Return the calls of one day, the last tenth of them second and third tries."""
    calls: list[EndedCall] = []
    spread = 1 / kind.drift - 1

    def share(mean: float) -> float:
        return float(rng.beta(mean * spread, (1 - mean) * spread)) if mean else 0.0

    a_call = timedelta(hours=_HOURS) / _CALLS_A_DAY
    for _ in range(_HOURS):
        n = _CALLS_A_DAY // _HOURS
        answered, dead = share(kind.answered), share(kind.unallocated)
        congested, failed = share(kind.congestion), share(kind.failed)
        machines, gone = share(kind.machines), share(kind.gone)
        dead_now = np.repeat(rng.random(-(-n // kind.block)) < dead, kind.block)[:n]
        u, v, w = rng.random(n), rng.random(n), rng.random(n)
        for at in range(n):
            outcome, talk_s = Outcome.NO_ANSWER, None
            if u[at] < congested:
                outcome = Outcome.CONGESTION
            elif u[at] < congested + failed:
                outcome = Outcome.FAILED
            elif dead_now[at]:
                outcome = Outcome.UNALLOCATED
            elif v[at] < answered:
                outcome = Outcome.CONNECTED
                if w[at] < machines:
                    outcome = Outcome.MACHINE
                elif rng.random() < kind.abandoned:
                    outcome = Outcome.ABANDONED
                else:
                    talk_s = 1.5 if rng.random() < gone else 60.0
            number = first + len(calls)
            calls.append(
                EndedCall(
                    attempt_id=number,
                    number_id=number,
                    ended_at=_NOON + len(calls) * a_call,
                    outcome=outcome,
                    talk_s=talk_s,
                )
            )
    failing = [c for c in calls if c.outcome in (Outcome.CONGESTION, Outcome.FAILED)]
    tail = [
        EndedCall(
            attempt_id=first + len(calls) + n,
            number_id=failing[n % len(failing)].number_id,
            ended_at=calls[-1].ended_at + n * a_call,
            outcome=failing[n % len(failing)].outcome,
        )
        for n in range(min(500, 3 * len(failing)) if failing else 0)
    ]
    return calls + tail


def _first_trip(history: History, calls: list[EndedCall]) -> tuple[int, Trip] | None:
    for n, call in enumerate(calls):
        history.add(call)
        tripped = history.judge(USUAL_BREAKER, limit=_LIMIT, now=call.ended_at)
        if tripped is not None:
            return n, tripped
    return None


def main() -> None:
    """Print the rate of false trips for each kind, and after how many calls a fault trips."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=200)
    days = parser.parse_args().days
    rng = np.random.default_rng(6)
    print(f"load {os.getloadavg()[0]:.1f}; {days} days of {_CALLS_A_DAY} calls for each kind")
    calls_in_all = seconds = 0.0
    for kind in KINDS:
        false: list[str] = []
        history = History()
        for day in range(days):
            calls = _day(kind, rng, first=1 + day * 10 * _CALLS_A_DAY)
            began = time.perf_counter()
            found = _first_trip(history, calls)
            seconds += time.perf_counter() - began
            calls_in_all += len(calls) if found is None else found[0] + 1
            if found is not None:
                false.append(found[1].check)
                history = History()
        print(f"{kind.name}: {len(false)} of {days} days tripped {dict(Counter(false)) or ''}")
        for fault in (Outcome.FAILED, Outcome.CONGESTION, Outcome.UNALLOCATED, Outcome.MACHINE):
            broken = [
                EndedCall(attempt_id=10**9 + n, number_id=None, ended_at=_LATER, outcome=fault)
                for n in range(1000)
            ]
            history = History(_day(kind, rng, first=1))
            found = _first_trip(history, broken)
            told = f"after {found[0] + 1} calls" if found else "not within 1000 calls"
            print(f"    everything {fault.value}: trips {told}")
    print(f"a call takes {seconds / calls_in_all * 1e6:.1f} us in all")


if __name__ == "__main__":
    main()
