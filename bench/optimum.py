"""How far the pacer stays from the best that anybody could do who knew all about a floor.

    python bench/optimum.py [--seeds 6] [--hours 6]

On a floor without memory (every call ends, and every talk, after an exponential time; one share
of the calls is answered) the state is how many agents are busy and how many calls are in flight.
The best share of busy agents at which at most 3 % of the answers find nobody is then a linear
programme, solved here by value iteration with a price on abandoned calls; the price that makes
the bound lowest is searched. The pacer runs on the same floor from a cold start, beside one call
for each free agent, and is held to the same 3 % at the end of the shift.
"""

import argparse
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dialer.pacing import Pacer, Progressive
from dialer.simulation.floor import Floor, Paced
from dialer.simulation.habits import Course, Exponential, Fixed, Habits, Shift

LIMIT = 0.03
WAIT_S = 2.0
_PRICES = (0.0, 400.0)
"""Between these the price of an abandoned call lies, in seconds of one agent's time."""


@dataclass(frozen=True, slots=True)
class Memoryless:
    """A floor; times in seconds."""

    agents: int
    answer_rate: float
    talk_s: float
    call_s: float = 10.0

    def habits(self, hours: float) -> Habits:
        """Return it as the simulator has it; a wrap-up that takes time would be memory."""
        return Habits(
            shifts=(Shift(agents=self.agents, begins_s=0.0, ends_s=3600.0 * hours),),
            answer_rate=Course.steady(self.answer_rate),
            pickup=Exponential(self.call_s),
            at_once_rate=1.0,
            at_once=Exponential(self.call_s),
            ring_out_s=60.0,
            talk=Exponential(self.talk_s),
            wrap_up=Fixed(0.01),
        )


FLOORS = (
    Memoryless(3, 0.25, 104.0),
    Memoryless(10, 0.25, 104.0),
    Memoryless(3, 0.1, 104.0),
    Memoryless(10, 0.1, 104.0),
    Memoryless(10, 0.5, 39.0),
)


def best(floor: Memoryless) -> float:
    """Return the highest share of busy agents at which the limit is kept, from 0 to 1."""
    low, high = _PRICES
    for _ in range(40):  # the bound is convex in the price
        third = (high - low) / 3
        if _gain(floor, low + third) < _gain(floor, high - third):
            high -= third
        else:
            low += third
        if high - low < 0.05:
            break
    price = (low + high) / 2
    assert _PRICES[0] + 1 < price < _PRICES[1] - 1, "the best price is beyond those looked at"
    return _gain(floor, price)


def _gain(floor: Memoryless, price_s: float) -> float:
    """Return the busy share, less the price of what is abandoned beyond the limit."""
    n, most = floor.agents, int(1.5 * floor.agents / floor.answer_rate) + 10
    busy, calls = np.arange(n + 1)[:, None], np.arange(most + 1)[None, :]
    ends, resolved = busy / floor.talk_s, calls / floor.call_s
    rate = n / floor.talk_s + most / floor.call_s
    stays = rate - ends - resolved
    price = price_s / n
    answered = resolved * floor.answer_rate
    # Whoever finds nobody waits a little: then the talk that ends first gives way to theirs.
    lost = math.exp(-WAIT_S * n / floor.talk_s)
    reward = busy / n + answered * price * (LIMIT - lost * (busy == n))
    value = np.zeros((n + 1, most + 1))
    while True:
        # Calls may be placed at any moment: the best number in flight, at least those there are.
        after = np.maximum.accumulate(value[:, ::-1], axis=1)[:, ::-1]
        fewer = np.concatenate([after[:, :1], after[:, :-1]], axis=1)
        freed = np.concatenate([after[:1], after[:-1]])
        joined = np.concatenate([fewer[1:], fewer[-1:]])
        expected = (
            ends * freed
            + resolved * (floor.answer_rate * joined + (1 - floor.answer_rate) * fewer)
            + stays * after
        )
        new = (reward + expected) / rate
        step = (new - value) * rate
        value = new - new[0, 0]
        if step.max() - step.min() < 1e-6:
            return float(step.mean())


def run(floor: Memoryless, new: Callable[[], Paced], *, seeds: int, hours: float) -> str:
    """Return what a pacer comes to, as words."""
    runs = [Floor(floor.habits(hours), new(), seed=seed).run() for seed in range(1, seeds + 1)]
    busy = statistics.fmean(one.utilisation for one in runs)
    share = sum(one.total("abandoned") for one in runs) / sum(one.total("answers") for one in runs)
    return f"{100 * busy:6.1f} ({100 * share:4.2f})"


def main() -> None:
    """Print a line for each floor."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--hours", type=float, default=6.0)
    args = parser.parse_args()
    print(
        f"{'agents':>6} {'answer %':>9} {'talk s':>7} {'one a free agent':>17} {'pacer':>15} best"
    )
    for floor in FLOORS:
        alone, pacer = (
            run(floor, new, seeds=args.seeds, hours=args.hours) for new in (Progressive, Pacer)
        )
        print(
            f"{floor.agents:6d} {100 * floor.answer_rate:9.0f} {floor.talk_s:7.0f} {alone:>17}"
            f" {pacer:>15} {100 * best(floor):.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
