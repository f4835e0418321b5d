"""Claims of the next person among a million open leads in 500 queues, on SQLite.

    python bench/claims.py [--people 1000000] [--queues 500] [--languages 1] [--claims 2000]

Each claim is what `ringbank next` and the engine do: find whose turn it is among the queues
that are open, ask every gate, hold the person, commit. The floor in the same run: one row of
the same base changed by its key and committed. About half of the queues are open. With more
than one language the people of each zone speak them all alike, and half of the claims are of
somebody who speaks one of them, half of somebody who takes everybody.
"""

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable

from filled import claim_one, fill, median, p99, timed
from sqlalchemy import Engine, func, select, update

from campaigns import queues
from campaigns.law import Laws
from campaigns.rules.loading import load
from campaigns.rules.own import Own
from campaigns.tables import campaign_leads
from campaigns.tables import queues as queue_table
from dialer import schema
from leads.db import reading, writing


def main() -> int:
    """Build the base, claim, and print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--queues", type=int, default=500)
    parser.add_argument("--languages", type=int, default=1)
    parser.add_argument("--claims", type=int, default=2000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = schema.open_base(f"sqlite:///{folder}/bench.db")
        laws = Laws(load(None, Own()))
        spoken = [f"q{chr(97 + n)}" for n in range(given.languages)] if given.languages > 1 else []
        stored, filling = fill(
            base, laws, people=given.people, how_many=given.queues, spoken=spoken
        )
        print(
            f"enrolled in {filling.enrolled_s:.1f} s, in their queues after {filling.placed_s:.1f} s more; "
            f"longest transaction of {queues.PLACE_AT_ONCE} people {filling.slowest_s * 1000:.0f} ms"
        )
        half = given.claims // 2 if spoken else 0
        claimed = timed(given.claims - half, lambda: claim_one(base, stored, laws, None))
        one = frozenset(spoken[:1])
        of_one = timed(half, lambda: claim_one(base, stored, laws, one))
        floor = timed(given.claims, row_changer(base))
        with reading(base) as connection:
            there = connection.scalar(select(func.count()).select_from(queue_table))
            held = connection.scalar(
                select(func.count()).where(campaign_leads.c.state == "in_call")
            )
        assert held == given.claims, held
        base.dispose()
    print(f"{given.people} people in {there} queues; load {os.getloadavg()[0]:.1f}")
    named = [("claim", claimed), *([("one language", of_one)] if of_one else []), ("floor", floor)]
    for name, took in named:
        print(f"{name:12} median {median(took):6.2f} ms   99th percentile {p99(took):6.2f} ms")
    print(
        f"ratio        median {median(claimed) / median(floor):6.1f}      99th percentile {p99(claimed) / p99(floor):6.1f}"
    )
    return 0


def row_changer(base: Engine) -> Callable[[], None]:
    """Return what changes one row after another and commits each."""
    ids = itertools.count(1)

    def change() -> None:
        with writing(base) as connection:
            connection.execute(
                update(campaign_leads)
                .where(campaign_leads.c.id == next(ids))
                .values(last_outcome="busy")
            )

    return change


if __name__ == "__main__":
    sys.exit(main())
