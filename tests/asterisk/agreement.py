"""The same floor on the real lab and in the model, and whether the two agree.

The town of the tests is dialled for agents whose results are given a second after each talk. The
model is told the same: who answers, after which ring, how long talks last, how many agents there
are and when they go. It plays the same time many times over, which tells how much such a floor
differs from one time to the next; the lab's figures must lie within that.
"""

import random
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, select

from campaigns import store as campaign_store
from campaigns.desk_tables import agent_states
from campaigns.model import Outcome
from campaigns.tables import agents, attempts, claims
from dialer import store
from dialer.clock import Clock
from dialer.lab.scenario import Kind
from dialer.lab.scenario import Scenario as Town
from dialer.simulation.derived import derive
from dialer.simulation.floor import Floor
from dialer.simulation.habits import Course, Habits, Seen, Shift, Uniform
from dialer.simulation.ledger import past_of
from dialer.simulation.run import Run
from dialer.simulation.runs import budgeted
from dialer.simulation.scenario import Scenario, scenario_of
from dialer.store import RequestKind
from leads.db import reading, writing
from tests.asterisk.crowd import ENGINE, fill, give, log_in, start

TOWN = Path(__file__).with_name("town.toml")
MIX: Mapping[str, int] = {"94": 3, "66": 2, "67": 1, "20": 4, "21": 4, "30": 3, "31": 3}
"""Of twenty people so many have each ending: three in ten answer, four are busy, three ring on."""

WRAP_UP_S = 1.0
_TO_BE_HEARD_S = 0.25
"""The engine looks for results five times a second."""
RING_S = 5
_ASKED_EVERY_S = 0.1
_RUNS = 200
_ALLOWANCE = 0.03
"""What signalling, commits and a busy machine add to a second of the lab and not of the model."""
NOISE = 4.0
"""So many standard deviations are exceeded by chance once in sixteen thousand times."""

_CAMPAIGN = """
name = "calls"
lists = ["people"]
mode = "{mode}"
trunk = "main"
caller_id = "+4721000000"
seller = "Example"
purpose = "survey"
[dialing]
ring_s = {ring_s}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of a floor; shares from 0 to 1, times in seconds."""

    utilisation: float
    calls: float
    talks: float
    wait_s: float
    abandoned: float


NAMES = ("utilisation", "calls", "talks", "wait_s", "abandoned")


# -- the model ------------------------------------------------------------------------------


def habits(town: Town, *, agents_there: int, seconds: float) -> Habits:
    """Return how the people of the mix behave, as the town's file says."""
    people = [(town.endings[ending].first, share) for ending, share in MIX.items()]
    total = sum(MIX.values())
    talk = [(one, share) for one, share in people if one.kind is Kind.HANGS_UP]
    busy = sum(share for one, share in people if one.kind is Kind.BUSY)
    answer = sum(share for _, share in talk)
    return Habits(
        shifts=(Shift(agents=agents_there, begins_s=0.0, ends_s=seconds, within_s=0.0),),
        answer_rate=Course.steady(answer / total),
        at_once_rate=busy / (total - answer),
        at_once=Uniform(0.05, 0.15),
        pickup=Seen(tuple(one.ring_s for one, share in talk for _ in range(share))),
        ring_out_s=float(RING_S),
        talk=Seen(tuple(one.after_s for one, share in talk for _ in range(share))),
        wrap_up=Uniform(WRAP_UP_S, WRAP_UP_S + _TO_BE_HEARD_S),
    )


def modelled(floor: Habits, mode: str, runs: int = _RUNS) -> list[Figures]:
    """Play a floor many times, with the pacer of a mode."""
    document: dict[str, object] = {
        "mode": mode,
        "shifts": [{"agents": 1, "hours": [["09:00", "10:00"]]}],
        "answers": {"person": 0.5},
        "seconds": {"talk": 1},
    }
    found = scenario_of(document)
    assert isinstance(found, Scenario), found
    scenario = replace(found, habits=floor)
    played = []
    for seed in range(runs):
        pacer = budgeted(scenario)
        played.append(_of_run(Floor(floor, pacer, seed=seed, ask_every_s=_ASKED_EVERY_S).run()))
    return played


def _of_run(run: Run) -> Figures:
    return Figures(
        utilisation=run.utilisation,
        calls=run.total("calls"),
        talks=float(len(run.idle_s)),
        wait_s=statistics.fmean(run.idle_s) if run.idle_s else 0.0,
        abandoned=run.abandoned_share,
    )


# -- the lab --------------------------------------------------------------------------------


def numbers(count: int, prefix: str, seed: int) -> list[str]:
    """Return so many numbers of people of the mix."""
    drawn = random.Random(seed).choices([*MIX], [*MIX.values()], k=count)
    return [f"{prefix}{number:04}{ending}" for number, ending in enumerate(drawn)]


def prepare(
    base: Engine,
    folder: Path,
    *,
    mode: str,
    agents_there: int,
    people: int,
    prefix: str = "+4722",
) -> None:
    """Put people, a campaign that does not run yet, and agents into a base."""
    text = _CAMPAIGN.format(mode=mode, ring_s=RING_S)
    fill(base, folder, text, numbers(people, prefix, 1), agents_there=agents_there)


def work(base: Engine, seconds: float) -> tuple[datetime, datetime]:
    """Let the engine dial for so long; return when it began and when the agents went."""
    log_in(base)
    start(base, "calls")
    begin = _first_call(base)
    stop = time.monotonic() + seconds - (Clock().now() - begin).total_seconds()
    while time.monotonic() < stop:
        _give_results(base)
        time.sleep(0.05)
    gone = Clock().now()
    with writing(base) as connection:
        for agent_id in connection.scalars(select(agents.c.id)).all():
            store.ask(connection, ENGINE, RequestKind.PAUSE, agent_id=agent_id, now=gone)
    until = time.monotonic() + 20
    while _some_are_busy(base):
        assert time.monotonic() < until, "a talk does not end"
        _give_results(base)
        time.sleep(0.05)
    return begin, gone


def _first_call(base: Engine) -> datetime:
    until = time.monotonic() + 20
    while True:
        with reading(base) as connection:
            first = connection.scalar(select(attempts.c.dialed_at).order_by(attempts.c.id).limit(1))
        if first is not None:
            return first
        assert time.monotonic() < until, "no call was placed"
        time.sleep(0.02)


def _give_results(base: Engine) -> None:
    over = (
        select(claims.c.lease, attempts.c.ended_at)
        .join(attempts, attempts.c.id == claims.c.attempt_id)
        .where(
            claims.c.agent_id.is_not(None),
            attempts.c.ended_at.is_not(None),
            attempts.c.disposition_kind.is_(None),
        )
    )
    with reading(base) as connection:
        rows = connection.execute(over).all()
    now = Clock().now()
    for row in rows:
        if (now - row.ended_at).total_seconds() >= WRAP_UP_S:
            with writing(base) as connection:
                give(connection, row.lease)


def _some_are_busy(base: Engine) -> bool:
    with reading(base) as connection:
        return bool(
            connection.scalar(
                select(agents.c.id).where(agents.c.state.in_(["talking", "wrap_up"])).limit(1)
            )
        )


def seen(base: Engine, begin: datetime, gone: datetime) -> Figures:
    """Return what the ledger has of a floor: as the model counts, a talk in hand to its end."""
    with reading(base) as connection:
        calls: list[Row[Any]] = [
            *connection.execute(select(attempts).where(attempts.c.dialed_at <= gone))
        ]
        states: list[Row[Any]] = [
            *connection.execute(
                select(agent_states).order_by(
                    agent_states.c.agent_id, agent_states.c.since, agent_states.c.id
                )
            )
        ]
    busy_s, waits = 0.0, []
    free_s = 0.0
    for one, after in pairwise(states):
        if one.agent_id != after.agent_id or one.since >= gone:
            continue
        end = after.since
        if one.state in ("talking", "wrap_up"):
            busy_s += (end - one.since).total_seconds()
        elif one.state == "ready" and end > begin:
            free = (min(end, gone) - max(one.since, begin)).total_seconds()
            free_s += max(0.0, free)
            if after.state == "talking":
                waits.append(free)
    answered = [one for one in calls if one.answered_at is not None]
    lost = sum(one.outcome == Outcome.ABANDONED for one in answered)
    return Figures(
        utilisation=busy_s / (busy_s + free_s),
        calls=float(len(calls)),
        talks=float(sum(one.connected_at is not None for one in answered)),
        wait_s=statistics.fmean(waits) if waits else 0.0,
        abandoned=lost / len(answered) if answered else 0.0,
    )


def from_ledger(base: Engine, floor: Habits) -> Habits:
    """Return a floor whose people are as the ledger has them, its agents as they were."""
    with reading(base) as connection:
        stored = campaign_store.load(connection, "calls")
        past = past_of(connection, stored, now=Clock().now(), lines=None, calls_per_second=None)
    document, _ = derive(stored.campaign, past, zone=None)
    found = scenario_of(document)
    assert isinstance(found, Scenario), found
    # All of it was in less than an hour: one rate, and the agents of the test.
    rate = found.habits.answer_rate
    assert len({share for _, share in rate.steps}) == 1, rate
    return replace(found.habits, shifts=floor.shifts, answer_rate=rate, leads=None, breaks=None)


# -- both -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure of the lab beside those of the model."""

    name: str
    lab: float
    mean: float
    spread: float

    @property
    def off(self) -> float:
        """By how many standard deviations of one run the lab lies beside the model."""
        return (self.lab - self.mean) / self.spread if self.spread else 0.0

    @property
    def agrees(self) -> bool:
        """Whether chance and the lab's own delays explain the difference."""
        return abs(self.lab - self.mean) <= NOISE * self.spread + _ALLOWANCE * abs(self.mean)


def compared(lab: Figures, model: Sequence[Figures]) -> list[Compared]:
    """Return each figure of the lab beside those of many runs of the model."""
    found = []
    for name in NAMES:
        values = [getattr(one, name) for one in model]
        found.append(
            Compared(
                name=name,
                lab=getattr(lab, name),
                mean=statistics.fmean(values),
                spread=statistics.stdev(values),
            )
        )
    return found
