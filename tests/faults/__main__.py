"""The long form: many rounds in a lab of their own, a line for each.

Example: python -m tests.faults --rounds 100 --only engine_killed
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from sqlalchemy import make_url

from dialer.lab.lab import Lab, load_scenario
from dialer.schema import open_base
from tests.faults.plan import Plan, plan_of
from tests.faults.round import FAULTS, Played, play
from tests.servers import Postgres, postgres_programs

_TOWN = Path(__file__).parents[1] / "asterisk" / "town.toml"


def main() -> int:
    """Play rounds until one goes wrong; return the exit status."""
    asked = _arguments()
    programs = postgres_programs()
    names = tuple(one for one in asked.only or FAULTS if programs or _on_sqlite(one))
    if not programs:
        print(
            "no PostgreSQL here: its half of the rounds, and what happens there alone, is left out"
        )
    assert names, "nothing is left to play"
    first = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {first}, {asked.rounds} rounds of {', '.join(names)}", flush=True)
    played: list[Played] = []
    with tempfile.TemporaryDirectory(prefix="ringbank-faults-") as folder:
        bases = _Bases(Path(folder), programs)
        lab = Lab.up(Path(folder, "lab"), load_scenario(_TOWN), tell=print)
        number = _numbers()
        began = time.monotonic()
        try:
            for seed in range(first, first + asked.rounds):
                plan = plan_of(seed, names)
                inside = Path(folder, str(seed))
                inside.mkdir()
                url = bases.url(FAULTS[plan.fault].databases, inside, seed)
                try:
                    one = play(plan, lab, inside, url, number)
                except BaseException:
                    print(_again(plan))
                    raise
                print(one, flush=True)
                if one.wrong:
                    print(*one.wrong, one.log, _again(plan), sep="\n")
                    return 1
                played.append(one)
                bases.drop(url)
                shutil.rmtree(inside)
        finally:
            lab.remove()
            bases.close()
    _sum_up(played, time.monotonic() - began)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=100, help="how many; 100 unless told")
    parser.add_argument("--seed", type=int, help="of the first round; the others count on from it")
    parser.add_argument(
        "--only", action="append", choices=FAULTS, help="only this fault; repeat it"
    )
    return parser.parse_args()


def _on_sqlite(fault: str) -> bool:
    return "sqlite" in FAULTS[fault].databases


def _again(plan: Plan) -> str:
    return f"again: python -m tests.faults --rounds 1 --seed {plan.seed} --only {plan.fault}"


def _numbers() -> Callable[[str], str]:
    """Give numbers of a lab of one's own: 9,999 with each ending, and none of them twice.

    Its network keeps the records of every round: a number that came again would have been
    called by somebody else.
    """
    so_far: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
    return lambda ending: f"+4721{next(so_far[ending]):04}{ending}"


def _sum_up(played: list[Played], took_s: float) -> None:
    by_fault = Counter(one.plan.fault for one in played)
    print(
        f"{len(played)} rounds without a difference in {took_s:.0f} s: "
        f"{sum(one.calls for one in played)} calls, {sum(one.unknown for one in played)} unknown"
    )
    for fault, rounds in by_fault.items():
        unknown = sum(one.unknown for one in played if one.plan.fault == fault)
        print(f"  {fault:<20} {rounds:>4} rounds  {unknown:>4} unknown")


class _Bases:
    """Fresh bases of the kinds that this machine has, copied from a migrated one."""

    def __init__(self, folder: Path, programs: Path | None) -> None:
        self._template = folder / "template.db"
        open_base(f"sqlite:///{self._template}").dispose()
        self._postgres = Postgres(programs) if programs else None
        if self._postgres is not None:
            self._postgres.start()
            open_base(self._postgres.create("migrated")).dispose()

    def url(self, kinds: tuple[str, ...], folder: Path, seed: int) -> str:
        """Return the address of a fresh base; seeds take the kinds in turn."""
        if self._postgres and kinds[seed // 7 % len(kinds)] == "postgresql":
            return self._postgres.create(f"round_{seed}", template="migrated")
        shutil.copy(self._template, folder / "ringbank.db")
        return f"sqlite:///{folder / 'ringbank.db'}"

    def drop(self, url: str) -> None:
        """Drop a base whose round is over; one that is a file goes with its folder."""
        address = make_url(url)
        if self._postgres and address.get_backend_name() == "postgresql":
            self._postgres.drop(address.database)

    def close(self) -> None:
        if self._postgres:
            self._postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
