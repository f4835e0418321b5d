"""What knowing who answers takes and buys.

Usage:
    python -m bench.chances                  some four minutes
    python -m bench.chances --calls 20000 --runs 2

1. A base of so many calls, whose true chances are known, is learned from beside a thread that
   turns all the time, as an engine does: seconds, the longest turn with and without.
2. The model against one share for everybody and against the truth: log-loss on calls of later.
3. The pacer on a modelled floor of 3, 10 and 30 agents, whose people's chances are spread as in
   that base: how busy the agents are, and how many people were called for nothing, without
   chances, with those of the model, with the true ones, and where it is known who answers.
"""

import argparse
import math
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select, text

from campaigns import store
from campaigns.chance_learning import learn
from campaigns.chances import Chances, Levels, levels
from campaigns.definition import read_definition
from campaigns.model import Campaign, Outcome
from campaigns.tables import attempts
from dialer.pacing import Pacer
from dialer.schema import open_base
from dialer.simulation.floor import Floor
from dialer.simulation.habits import Course, Exponential, Habits, LogNormal, Shift
from dialer.simulation.run import Run
from leads.db import reading, writing
from leads.tables import leads, numbers

NOW = datetime(2026, 6, 1, tzinfo=UTC)
REST_S = 0.03
LISTS = 5
AGENTS = (3, 10, 30)
ANSWER_RATE = 0.25
TALK_S = 90.0

CAMPAIGN = """name = "spring"
lists = ["list 0"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "sales"
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A call, how likely it was to be answered, and whether it was."""

    at: datetime
    person: int
    tries: int
    before: "Call | None"
    line: str
    list_id: int
    chance: float
    answered: bool

    def levels(self) -> Levels:
        """Return what is known of it beforehand."""
        before = self.before
        last = "" if before is None else "connected" if before.answered else "no_answer"
        return levels(
            self.at,
            tries=self.tries,
            last=last,
            last_local=None if before is None else before.at,
            line=self.line,
            list_id=self.list_id,
        )


class People:
    """A crowd of which everybody has a habit of their own, besides what can be known of them."""

    def __init__(self, seed: int, people: int) -> None:
        """Make the crowd."""
        self._lot = random.Random(seed)
        self._kinds = self._lot.choices(["mobile", "fixed", "voip"], [60, 30, 10], k=people)
        self._lists = self._lot.choices(range(1, LISTS + 1), k=people)
        self._own = [self._lot.gauss(0.0, 0.8) for _ in range(people)]
        self._last: dict[int, Call] = {}

    def call(self, at: datetime) -> Call:
        """Call somebody who has not answered yet."""
        person = self._lot.randrange(len(self._own))
        before = self._last.get(person)
        while before is not None and before.answered:
            person = self._lot.randrange(len(self._own))
            before = self._last.get(person)
        tries = 0 if before is None else before.tries + 1
        evening, weekend = at.hour >= 17, at.weekday() >= 5
        score = -1.6 + 0.8 * evening + 0.4 * weekend + self._own[person]
        score += {"mobile": -0.1, "fixed": 0.6, "voip": -0.9}[self._kinds[person]]
        score += 0.25 * (self._lists[person] - 3)
        if before is not None and (before.at.hour >= 17) is not evening:
            score += 0.3
        chance = 1 / (1 + math.exp(-score))
        call = Call(
            at,
            person,
            tries,
            before,
            self._kinds[person],
            self._lists[person],
            chance,
            self._lot.random() < chance,
        )
        self._last[person] = call
        return call


def history(calls: int, seed: int = 6) -> list[Call]:
    """Return calls of some months, from nine to nine each day."""
    people = People(seed, max(1000, int(calls / 1.6)))
    a_day = max(500, calls // 60)
    made = []
    for n in range(calls):
        day, of_day = divmod(n, a_day)
        hours = 9 + 12 * of_day / a_day
        made.append(people.call(NOW + timedelta(days=day, hours=hours)))
    return made


def fill(base: Engine, calls: list[Call]) -> None:
    """Write a campaign and its calls by plain SQL."""
    campaign = read_definition(CAMPAIGN)
    assert isinstance(campaign, Campaign)
    people = max(call.person for call in calls) + 1
    kinds = {call.person: call.line for call in calls}
    with writing(base) as connection:
        for once in _ONCE:
            connection.execute(text(once), {"now": f"{NOW:%Y-%m-%d %H:%M:%S.%f}"})
        connection.execute(
            insert(leads), [{"id": n + 1, "attributes": {}, "import_id": 1} for n in range(people)]
        )
        connection.execute(
            insert(numbers),
            [
                {
                    "id": 4722000000 + n,
                    "kind": kinds.get(n, "mobile"),
                    "region": "NO",
                    "zones": ["UTC"],
                }
                for n in range(people)
            ],
        )
        assert not store.create(
            connection, campaign, definition=CAMPAIGN, script=None, file=None, now=NOW
        )
        connection.execute(
            insert(attempts),
            [
                {
                    "channel_id": f"rb-{n}",
                    "campaign_id": 1,
                    "list_id": call.list_id,
                    "lead_id": call.person + 1,
                    "number_id": 4722000000 + call.person,
                    "clock": "real",
                    "mode": "progressive",
                    "trunk": "main",
                    "caller_id": "+4721000000",
                    "attempt_no": call.tries + 1,
                    "seller": "Example Telecom AS",
                    "rule_set": "x",
                    "decision": {"why": "x" * 600},
                    "dialed_at": call.at,
                    "ended_at": call.at + timedelta(seconds=30),
                    "outcome": Outcome.CONNECTED if call.answered else Outcome.NO_ANSWER,
                    "evidence": "hangup",
                }
                for n, call in enumerate(calls)
            ],
        )


_ONCE = (
    *(
        "INSERT INTO lists (id, name, state, created_at) "
        f"VALUES ({n}, 'list {n - 1}', 'active', :now)"
        for n in range(1, LISTS + 1)
    ),
    "INSERT INTO imports (id, list_id, file, encoding, mapping, attributes, started_at, read, "
    "imported, joined, rejected) VALUES (1, 1, 'a.csv', 'utf-8', '{}', '[]', :now, 0, 0, 0, 0)",
)


def turns(base: Engine, while_: Callable[[], bool]) -> list[float]:
    """Turn as an engine does, each time with some statements; return how long each took."""
    took = []
    while while_():
        began = time.perf_counter()
        with reading(base) as connection:
            for _ in range(10):
                connection.execute(select(attempts.c.id).where(attempts.c.id == 1)).all()
        took.append(time.perf_counter() - began)
        time.sleep(0.02)
    return took


def measured(calls: list[Call]) -> Chances:
    """Learn from a base and print what that takes; return what was learned."""
    with tempfile.TemporaryDirectory() as folder:
        base = open_base(f"sqlite:///{folder}/ringbank.db")
        fill(base, calls)
        with reading(base) as connection:
            stored = store.load(connection, "spring")
        until = time.perf_counter() + 4
        alone = turns(base, lambda: time.perf_counter() < until)
        found: list[Chances | None] = []
        thread = threading.Thread(
            target=lambda: found.append(learn(base, stored, lambda: time.sleep(REST_S)))
        )
        began = time.perf_counter()
        thread.start()
        beside = turns(base, thread.is_alive)
        took = time.perf_counter() - began
        resting: list[float] = []
        began = time.perf_counter()
        learn(base, stored, lambda: resting.append(0.0))
        work = time.perf_counter() - began
        base.dispose()
    print(f"learning from {len(calls)} calls: {took:.1f} s beside the turns, {work:.2f} s of work")
    for name, all_of_them in (("alone", alone), ("beside it", beside)):
        worst = sorted(all_of_them)[int(len(all_of_them) * 0.99)]
        print(
            f"    a turn {name}: median {statistics.median(all_of_them) * 1000:.1f} ms, "
            f"99th percentile {worst * 1000:.1f} ms, longest {max(all_of_them) * 1000:.1f} ms"
        )
    assert found[0] is not None
    return found[0]


def foretold(model: Chances, past: list[Call], coming: list[Call]) -> None:
    """Print how well calls of later are foretold."""

    def loss(chance: Callable[[Call], float]) -> float:
        told = ((chance(call), call.answered) for call in coming)
        return sum(-math.log(p if answered else 1 - p) for p, answered in told) / len(coming)

    share = sum(call.answered for call in past) / len(past)
    by_share, by_truth = loss(lambda _: share), loss(lambda call: call.chance)
    by_model = loss(lambda call: model.of(call.levels()))
    print(
        f"log-loss of {len(coming)} later calls: one share for all {by_share:.4f}, "
        f"model {by_model:.4f}, truth {by_truth:.4f} (with everybody's own habit, which nobody "
        f"can know); {(by_share - by_model) / (by_share - by_truth):.0%} of what there is"
    )


Told = Callable[[Call, bool], float | None]


def on_floor(agents: int, calls: list[Call], told: Told, *, seed: int) -> Run:
    """Run the pacer for three hours with people of whom it is told something, or nothing."""
    lot = random.Random(seed)
    mean = statistics.fmean(call.chance for call in calls)

    def placed(_: random.Random, rate: float) -> tuple[float, dict[str, Any]]:
        call = lot.choice(calls)
        chance = min(1.0, call.chance * rate / mean)
        answers = lot.random() < chance
        said = told(call, answers)
        # Decided here, so that "who answers is known" can be told: the floor only carries it out.
        return float(answers), {} if said is None else {"answer_chance": said}

    habits = Habits(
        shifts=(Shift(agents=agents, begins_s=0.0, ends_s=3 * 3600.0),),
        answer_rate=Course.steady(ANSWER_RATE),
        talk=LogNormal.of_mean(TALK_S, 0.7),
        wrap_up=Exponential(6.0 + 0.08 * TALK_S),
    )
    return Floor(habits, Pacer(), seed=seed, placed=placed).run()


def bought(model: Chances, calls: list[Call], runs: int) -> None:
    """Print how busy the agents are with each kind of knowledge."""
    kinds: dict[str, Told] = {
        "no chances": lambda _, __: None,
        "the model's": lambda call, _: model.of(call.levels()),
        "the true ones": lambda call, _: call.chance,
        "who answers is known": lambda _, answers: 0.98 if answers else 0.001,
    }
    print(f"utilisation / abandoned, {runs} runs of 3 hours; 25 % answer, talks of 90 s")
    print("agents".ljust(10) + "".join(name.rjust(24) for name in kinds))
    for agents in AGENTS:
        shown = ""
        for told in kinds.values():
            done = [on_floor(agents, calls, told, seed=seed) for seed in range(runs)]
            busy = statistics.fmean(run.utilisation for run in done)
            lost = sum(run.total("abandoned") for run in done)
            share = lost / (sum(run.total("answers") for run in done) or 1)
            shown += f"{busy:.1%} / {share:.2%}".rjust(24)
        print(str(agents).ljust(10) + shown, flush=True)


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=8)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    made = history(int(options.calls * 1.2))
    past, coming = made[: options.calls], made[options.calls :]
    model = measured(past)
    foretold(model, past, coming)
    bought(model, coming, options.runs)


if __name__ == "__main__":
    main()
