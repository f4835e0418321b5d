"""How busy the pacer keeps agents, and how many people it calls for nothing.

    python bench/pacing.py [--agents 3 --agents 10] [--seeds 2] [--only NAME] [--others]
    python bench/pacing.py --decision

Every pacer runs the same shifts with the same seeds, from a cold start, asked twice a second.
The grid is agents x answer rate x length of talks x whether the rate drifts; with `--others`
floors on which nothing was tuned. Utilisation is the share of their time in which agents talk
or wrap up; its interval is over seeds, the floors being the same. A floor is over where more
than 3 % of its answers, all seeds together, found nobody; `excess` is the most calls by which
one run was. Half hours count where they have at least 30 answers, and those of the shift
alone: calls that are in flight when everybody goes home are nobody's pacing. With `--decision`: the time
of one decision with 300 agents and about 2,000 calls in flight.
"""

import argparse
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pacing_field import Adaptive, FreeTimes
from pacing_floors import AGENTS, SHIFT_S, Scene, grid, others, usual

from dialer.pacing import Pacer
from dialer.simulation.floor import Floor, Paced
from dialer.simulation.run import HALF_HOUR_S

LIMIT = 0.03
_ENOUGH_ANSWERS = 30
_DECISION_GOAL_MS, _CROWDED = 2.0, 1800

PACERS: dict[str, Callable[[], Paced]] = {
    "pacer": Pacer,
    "progressive": lambda: FreeTimes(1.0),
    "ratio 2": lambda: FreeTimes(2.0),
    "ratio 3": lambda: FreeTimes(3.0),
    "vicidial-like": Adaptive,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one run came to."""

    scene: Scene
    seed: int
    utilisation: float
    answers: int
    abandoned: int
    worst_half_hour: float
    idle_s: float

    @property
    def excess(self) -> float:
        """Return by how many calls more were abandoned than may be."""
        return self.abandoned - LIMIT * self.answers


def run(scene: Scene, seed: int, new: Callable[[], Paced]) -> Shown:
    """Run one shift."""
    came = Floor(scene.habits, new(), seed=seed, tells_who_left=scene.tells_who_left).run()
    came.half_hours = came.half_hours[: int(SHIFT_S // HALF_HOUR_S)]
    return Shown(
        scene,
        seed,
        came.utilisation,
        int(came.total("answers")),
        int(came.total("abandoned")),
        came.worst_half_hour(_ENOUGH_ANSWERS),
        statistics.fmean(came.idle_s) if came.idle_s else 0.0,
    )


def mean(runs: Iterable[Shown]) -> tuple[float, float]:
    """Return the mean utilisation, and the half width of its 95 % interval."""
    floors: dict[str, list[float]] = defaultdict(list)
    for one in runs:
        floors[one.scene.name].append(one.utilisation)
    spread = sum(
        statistics.variance(seeds) / len(seeds) for seeds in floors.values() if len(seeds) > 1
    )
    average = statistics.fmean(statistics.fmean(seeds) for seeds in floors.values())
    return average, 1.96 * math.sqrt(spread) / len(floors)


def over(runs: Iterable[Shown]) -> tuple[int, int]:
    """Return how many floors are over the limit, and of how many."""
    floors: dict[str, float] = defaultdict(float)
    for one in runs:
        floors[one.scene.name] += one.excess
    return sum(excess > 0.0 for excess in floors.values()), len(floors)


def line(pacer: str, runs: list[Shown]) -> str:
    """Return the line of one pacer."""
    average, interval = mean(runs)
    above, floors = over(runs)
    share = sum(one.abandoned for one in runs) / max(1, sum(one.answers for one in runs))
    worst = [one.worst_half_hour for one in runs]
    return (
        f"  {pacer:<14} {100 * average:6.1f} ±{100 * interval:3.1f} {100 * share:9.2f}"
        f" {above:5d}/{floors:<3d} {max(one.excess for one in runs):6.1f}"
        f" {100 * statistics.median(worst):9.1f} {100 * max(worst):6.1f}"
        f" {statistics.fmean(one.idle_s for one in runs):7.1f}"
    )


def compare(scenes: Iterable[Scene], seeds: Iterable[int], only: list[str]) -> Iterator[str]:
    """Run the pacers; return the table line by line, as it comes."""
    groups: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        groups[scene.group].append(scene)
    for group, members in groups.items():
        yield (
            f"{group:<16} {'busy %':>10} {'abandoned %':>13} {'over':>6} {'excess':>8}"
            f" {'half hour: median, worst %':>17} {'idle s':>7}"
        )
        for pacer in only or list(PACERS):
            runs = [run(scene, seed, PACERS[pacer]) for scene in members for seed in seeds]
            yield line(pacer, runs)


class Timed(Pacer):
    """A pacer that notes how long its decisions take, and with how many calls in flight."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.took: list[tuple[int, float]] = []

    def calls_to_place(self, now: float) -> int:
        """Decide."""
        begin = time.perf_counter()
        calls = super().calls_to_place(now)
        self.took.append((self.explain().in_flight, time.perf_counter() - begin))
        return calls


def decisions() -> str:
    """Run a floor of 300 agents whom few people answer; return what its decisions took."""
    pacer = Timed()
    Floor(usual(300, 0.028, 90.0, shift_s=1200.0), pacer, seed=1).run()
    crowded = [took for took in pacer.took if took[0] >= _CROWDED]
    times = sorted(1000.0 * seconds for _, seconds in crowded)
    calls = statistics.median(in_flight for in_flight, _ in crowded)
    return (
        f"300 agents, {calls:.0f} calls in flight, {len(times)} decisions: median"
        f" {statistics.median(times):.2f} ms, 99 of 100 within {times[len(times) * 99 // 100]:.2f} ms"
        f" (goal: {_DECISION_GOAL_MS:.0f} ms)"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--agents", type=int, action="append", choices=AGENTS)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=list(PACERS), default=[])
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--decision", action="store_true")
    args = parser.parse_args()
    if args.decision:
        print(decisions())
        return
    scenes = others() if args.others else grid()
    chosen = [scene for scene in scenes if scene.agents in (args.agents or AGENTS)]
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    for text in compare(chosen, seeds, args.only):
        print(text, flush=True)


if __name__ == "__main__":
    main()
