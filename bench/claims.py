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
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

from sqlalchemy import Engine, func, select, text, update

from campaigns import queues, store
from campaigns.claims import claim
from campaigns.definition import read_definition
from campaigns.enrolment import enrol
from campaigns.law import Laws
from campaigns.model import CampaignState
from campaigns.rules.loading import load
from campaigns.rules.own import Own
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads
from campaigns.tables import queues as queue_table
from dialer import schema
from leads.db import reading, writing
from leads.problems import usable
from leads.sql import add_rows
from leads.tables import lead_numbers, leads, list_members, numbers

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
_FIRST_NUMBER = 4740000000
_CAMPAIGN = """
name = "bench"
lists = ["bench"]
mode = "manual"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "service"
[hours]
all = [["09:00", "21:00"]]
"""


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
        stored = build(base, laws, people=given.people, how_many=given.queues, spoken=spoken)
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


def build(
    base: Engine, laws: Laws, *, people: int, how_many: int, spoken: Sequence[str]
) -> StoredCampaign:
    """Fill the base with people in so many zones, and put them into their queues."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone and "Etc" not in zone)
    zones = zones[:how_many]
    campaign = usable("the bench's campaign", read_definition(_CAMPAIGN))
    with writing(base) as connection:
        connection.execute(
            text(
                "INSERT INTO lists (id, name, state, created_at) "
                "VALUES (1, 'bench', 'active', '2026-06-01 00:00:00.000000')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO imports (id, list_id, file, encoding, mapping, attributes, "
                "started_at, read, imported, joined, rejected) VALUES (1, 1, 'bench', 'utf-8', "
                "'{}', '[]', '2026-06-01 00:00:00.000000', :people, :people, 0, 0)"
            ),
            {"people": people},
        )
        ids = range(1, people + 1)
        rows: Iterator[tuple[object, ...]]
        rows = (
            (
                n,
                f"Person {n}",
                zones[n % len(zones)],
                "NO",
                spoken[n // len(zones) % len(spoken)] if spoken else None,
                "{}",
                1,
            )
            for n in ids
        )
        columns = ("id", "name", "zone", "country", "language", "attributes", "import_id")
        add_rows(connection, leads, columns, rows)
        rows = ((_FIRST_NUMBER + n, "mobile", "NO", "[]") for n in ids)
        add_rows(connection, numbers, ("id", "kind", "region", "zones"), rows)
        rows = ((n, 1, _FIRST_NUMBER + n) for n in ids)
        add_rows(connection, lead_numbers, ("lead_id", "position", "number_id"), rows)
        add_rows(
            connection, list_members, ("list_id", "import_id", "lead_id"), ((1, 1, n) for n in ids)
        )
        store.create(connection, campaign, definition=_CAMPAIGN, script=None, file=None, now=NOW)
        stored = store.load(connection, "bench")
        store.set_state(connection, stored, CampaignState.RUNNING, now=NOW)
    began = time.perf_counter()
    with writing(base) as connection:
        stored = store.load(connection, "bench")
        enrol(connection, stored, laws, now=NOW)
    enrolled = time.perf_counter() - began
    slowest = 0.0
    while True:
        one = time.perf_counter()
        with writing(base) as connection:
            placed = queues.place_some(connection, stored, laws, now=NOW)
        slowest = max(slowest, time.perf_counter() - one)
        if not placed:
            break
    took = time.perf_counter() - began
    print(
        f"enrolled in {enrolled:.1f} s, in their queues after {took:.1f} s; "
        f"longest transaction of {queues.PLACE_AT_ONCE} people {slowest * 1000:.0f} ms"
    )
    return stored


def claim_one(
    base: Engine, stored: StoredCampaign, laws: Laws, languages: frozenset[str] | None
) -> None:
    """Claim the next person for nobody in particular."""
    with writing(base) as connection:
        found = claim(
            connection,
            stored,
            laws,
            limit=1,
            now=NOW,
            new_lease=lambda: secrets.token_hex(6),
            languages=languages,
            expires_at=NOW + timedelta(minutes=30),
        )
    assert len(found.taken) == 1, found


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


def timed(times: int, work: Callable[[], None]) -> list[float]:
    """Return how many milliseconds each time took."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return took


def median(took: list[float]) -> float:
    """Return the time that half of them stayed below."""
    return statistics.median(took)


def p99(took: list[float]) -> float:
    """Return the time that 99 of 100 stayed below."""
    return statistics.quantiles(took, n=100)[98]


if __name__ == "__main__":
    sys.exit(main())
