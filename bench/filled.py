"""A base full of people who wait to be called, as the benches of claims and of starts need it.

The people are written as an import writes them, without the reading of a file; whatever
follows, enrolment and placing, is done by the production code, slice by slice.
"""

import secrets
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import available_timezones

from sqlalchemy import Engine, text

from campaigns import queues, store
from campaigns.claims import Claims, claim
from campaigns.definition import read_definition
from campaigns.enrolment import enrol, has_newcomers
from campaigns.law import Laws
from campaigns.model import CampaignState
from campaigns.store import StoredCampaign
from leads.db import reading, writing
from leads.problems import usable
from leads.sql import add_rows
from leads.tables import lead_numbers, leads, list_members, numbers

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
_FIRST_NUMBER = 4740000000
_ROWS_AT_ONCE = 100_000
_CAMPAIGN = """
name = "bench"
lists = ["bench"]
mode = "{mode}"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "service"
[hours]
all = [["09:00", "21:00"]]
[retry]
busy = {{ after = "1h", max = 3 }}
hung_up_early = {{ after = "24h", max = 3 }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How long it took to fill a base.

    Attributes:
        written_s: people, numbers and list, as an import writes them.
        enrolled_s: until all of them were enrolled; some are in their queues by then.
        placed_s: from then on, until all of them were.
        slowest_s: the longest transaction of placing.
    """

    written_s: float
    enrolled_s: float
    placed_s: float
    slowest_s: float


def fill(
    base: Engine,
    laws: Laws,
    *,
    people: int,
    how_many: int,
    spoken: Sequence[str] = (),
    mode: str = "manual",
    placed_most: int | None = None,
) -> tuple[StoredCampaign, Filling]:
    """Fill the base with people in so many zones, and put them into their queues.

    At most so many are placed by the production code (`placed_most`), of whom there is one in
    each zone at least; the others get the queue of somebody in the same zone.
    """
    began = time.perf_counter()
    _write_people(base, people, how_many, spoken)
    definition = _CAMPAIGN.format(mode=mode)
    campaign = usable("the bench's campaign", read_definition(definition))
    with writing(base) as connection:
        store.create(connection, campaign, definition=definition, script=None, file=None, now=NOW)
        stored = store.load(connection, "bench")
        store.set_state(connection, stored, CampaignState.RUNNING, now=NOW)
    written_s, began = time.perf_counter() - began, time.perf_counter()
    with reading(base) as connection:
        stored = store.load(connection, "bench")
    more = True
    while more:
        with writing(base) as connection:
            if more := has_newcomers(connection, stored.id):
                enrol(connection, stored, laws, now=NOW)
    enrolled_s, began = time.perf_counter() - began, time.perf_counter()
    slowest_s, by_production = 0.0, 0
    while placed_most is None or by_production < placed_most:
        one = time.perf_counter()
        with writing(base) as connection:
            placed = queues.place_some(connection, stored, laws, now=NOW)
        by_production += placed
        slowest_s = max(slowest_s, time.perf_counter() - one)
        if not placed:
            break
    place_rest(base, people, how_many)
    with reading(base) as connection:
        assert queues.count_unplaced(connection, stored.id) == 0
    placed_s = time.perf_counter() - began
    if base.dialect.name == "postgresql":
        # What autovacuum does by itself within some minutes.
        with base.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return stored, Filling(
        written_s=written_s, enrolled_s=enrolled_s, placed_s=placed_s, slowest_s=slowest_s
    )


def place_rest(base: Engine, people: int, how_many: int) -> None:
    """Put everybody who is in no queue into that of the first person of their zone."""
    for first in range(0, people, _ROWS_AT_ONCE):
        with writing(base) as connection:
            connection.execute(
                text(_PLACE), {"zones": how_many, "first": first, "last": first + _ROWS_AT_ONCE}
            )


_PLACE = """
UPDATE campaign_leads SET queue_id = (
    SELECT other.queue_id FROM campaign_leads AS other
    WHERE other.campaign_id = campaign_leads.campaign_id
        AND other.lead_id = (campaign_leads.lead_id - 1) % :zones + 1
)
WHERE lead_id > :first AND lead_id <= :last AND queue_id IS NULL
    AND state IN ('new', 'waiting', 'callback')
"""


def _write_people(base: Engine, people: int, how_many: int, spoken: Sequence[str]) -> None:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and "Etc" not in zone)
    zones = zones[:how_many]
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
    ids = iter(range(1, people + 1))
    while some := [*islice(ids, _ROWS_AT_ONCE)]:
        with writing(base) as connection:
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
                for n in some
            )
            columns = ("id", "name", "zone", "country", "language", "attributes", "import_id")
            add_rows(connection, leads, columns, rows)
            rows = ((_FIRST_NUMBER + n, "mobile", "NO", "[]") for n in some)
            add_rows(connection, numbers, ("id", "kind", "region", "zones"), rows)
            rows = ((n, 1, _FIRST_NUMBER + n) for n in some)
            add_rows(connection, lead_numbers, ("lead_id", "position", "number_id"), rows)
            rows = ((1, 1, n) for n in some)
            add_rows(connection, list_members, ("list_id", "import_id", "lead_id"), rows)


def claim_one(
    base: Engine, stored: StoredCampaign, laws: Laws, languages: frozenset[str] | None = None
) -> Claims:
    """Claim the next person for nobody in particular, in a transaction of its own."""
    with writing(base) as connection:
        return claim(
            connection,
            stored,
            laws,
            limit=1,
            now=NOW,
            new_lease=lambda: secrets.token_hex(6),
            languages=languages,
            expires_at=NOW + timedelta(minutes=30),
        )


def timed(times: int, work: Callable[[], object]) -> list[float]:
    """Return how many milliseconds each time took."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return took


def median(took: Iterable[float]) -> float:
    """Return the time that half of them stayed below."""
    return statistics.median(took)


def p99(took: Iterable[float]) -> float:
    """Return the time that 99 of 100 stayed below."""
    return statistics.quantiles(took, n=100)[98]
