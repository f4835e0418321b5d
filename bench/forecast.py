"""The forecast of a campaign over seven days: seconds, against a plain count of the same rows.

    python bench/forecast.py [--people 1000000] [--url sqlite:///file.db | postgresql+psycopg://...]

Makes a base by plain SQL: everybody is in the work, in some 500 queues of a running campaign,
one in four waits for a moment of their own, one in fifty is in a register, one in a hundred
does not want to be called, one in ten gave a consent. An empty database may be named instead
of a SQLite file that is thrown away. The comparison counts the same rows by their queue.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import holidays
from sqlalchemy import Connection, Engine, func, insert, select, text

from campaigns import forecasting, store
from campaigns.law import Laws
from campaigns.queues import write_placing
from campaigns.rules.loading import load
from campaigns.rules.model import Place, Placing
from campaigns.rules.own import Own
from campaigns.tables import campaign_leads, queues
from dialer.schema import open_base
from leads.db import reading, writing

NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)
DAYS = 7
MUST_REACH_S = 20.0

_CAMPAIGN = """name = "spring"
lists = ["all"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "political"

[hours]
mon_fri = [["10:00", "20:00"]]
"""

_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
_STATES = holidays.country_holidays("US").subdivisions


def main() -> None:
    """Make the base, and time the forecast and the count beside it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--url")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = open_base(given.url or f"sqlite:///{folder}/ringbank.db")
        with writing(base) as connection:
            made = _fill(connection, given.people)
        print(f"{given.people:,} people in {made} queues, load {os.getloadavg()[0]:.1f}")
        laws = Laws(load(None, Own()))
        counting, _ = _timed(base, _count)
        seconds, told = _timed(base, lambda connection: _forecast(connection, laws))
        found = told.forecast
        assert found.people == given.people, "the counts must add up"
        print(f"plain count by queue  {counting:7.2f} s")
        print(f"forecast, {DAYS} days      {seconds:7.2f} s, {seconds / counting:.1f} times")
        print(f"{found.callable:,} at some hour, {found.people - found.callable:,} never:")
        for reason in forecasting.reasons(found):
            print(f"{reason['people']:>11,} {reason['gate']}, {reason['rule']}")
        verdict = "reached" if seconds <= MUST_REACH_S else "missed"
        print(f"at most {MUST_REACH_S:.0f} s for a million: {verdict}")
        base.dispose()


def _timed(base: Engine, work: Callable[[Connection], object]) -> "tuple[float, forecasting.Told]":
    started = time.perf_counter()
    with reading(base) as connection:
        done = work(connection)
    return time.perf_counter() - started, done  # type: ignore[return-value]  # a count is not used


def _count(connection: Connection) -> object:
    return connection.execute(
        select(campaign_leads.c.queue_id, func.count()).group_by(campaign_leads.c.queue_id)
    ).all()


def _forecast(connection: Connection, laws: Laws) -> object:
    stored = store.load(connection, "spring")
    return forecasting.of_campaign(connection, stored, laws, now=NOW, days=DAYS)


_COUNT = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :n)",
    "postgresql": "WITH n(i) AS (SELECT generate_series(1, :n))",
}

_ONCE = (
    "INSERT INTO lists (id, name, state, created_at) VALUES (1, 'all', 'active', :now)",
    "INSERT INTO imports (id, list_id, file, encoding, mapping, attributes, started_at, read, "
    "imported, joined, rejected) VALUES (1, 1, 'a.csv', 'utf-8', '{}', '[]', :now, 0, 0, 0, 0)",
    "INSERT INTO campaign_lists (campaign_id, list_id, enrolled_to) VALUES (1, 1, 1)",
    "INSERT INTO registries (id, name, as_of, digest, entries, file, loaded_at) "
    "VALUES (1, 'mine', '2026-06-01', 'd', 1, 'f', :now)",
)

_NUMBER = "12000000000 + i"

_MANY = (
    "INSERT INTO leads (id, name, attributes, import_id) {n} SELECT i, 'Lead ' || i, {empty}, 1 FROM n",
    "INSERT INTO numbers (id, kind, region, zones) {n} SELECT {number}, "
    "CASE WHEN i % 3 = 0 THEN 'fixed' ELSE 'mobile' END, 'US', {none} FROM n",
    "INSERT INTO lead_numbers (lead_id, position, number_id) {n} SELECT i, 1, {number} FROM n",
    "INSERT INTO list_members (list_id, import_id, lead_id) {n} SELECT 1, 1, i FROM n",
    "INSERT INTO registry_verdicts (number_id, registry_id, listed) {n} SELECT {number}, 1, "
    "CASE WHEN i % 50 = 0 THEN 1 ELSE 0 END FROM n",
    "INSERT INTO suppressions (kind, subject, scope, source, created_at) {n} SELECT 'number', "
    "'+' || CAST({number} AS TEXT), 'all', 'command', {moment} FROM n WHERE i % 100 = 1",
    "INSERT INTO consents (lead_id, kind, source, given_at, recorded_at) {n} SELECT i, "
    "CASE WHEN i % 20 = 3 THEN 'customer' ELSE 'phone_marketing' END, 'file', {moment}, {moment} "
    "FROM n WHERE i % 10 = 3",
    "INSERT INTO campaign_leads (campaign_id, lead_id, list_id, state, next_call_at, turn, "
    "queue_id, held_by) {n} SELECT 1, i, 1, CASE WHEN i % 4 = 0 THEN 'waiting' ELSE 'new' END, "
    "CASE WHEN i % 4 = 0 THEN {waits} ELSE {at_once} END, CASE WHEN i % 4 = 0 THEN 3 ELSE 4 END, "
    "1 + i % {queues}, CASE WHEN i % 4 = 0 THEN 'outcome:no_answer' END FROM n",
)

_DIALECTS = {
    "sqlite": {
        "empty": "'{}'",
        "none": "'[]'",
        "moment": "'2026-05-01 10:00:00.000000'",
        "at_once": "'1970-01-01 00:00:00.000000'",
        "waits": "strftime('%Y-%m-%d %H:%M:%S', '2026-06-02 08:00', (i % 700000) || ' seconds') "
        "|| '.000000'",
    },
    "postgresql": {
        "empty": "CAST('{}' AS json)",
        "none": "CAST('[]' AS json)",
        "moment": "timestamptz '2026-05-01 10:00Z'",
        "at_once": "timestamptz '1970-01-01 00:00Z'",
        "waits": "timestamptz '2026-06-02 08:00Z' + make_interval(secs => i % 700000)",
    },
}


def _fill(connection: Connection, people: int) -> int:
    dialect = connection.dialect.name
    connection.execute(
        text(
            "INSERT INTO campaigns (id, name, state, definition, created_at, updated_at) "
            "VALUES (1, 'spring', 'running', :definition, :now, :now)"
        ),
        {"definition": _CAMPAIGN, "now": _moment(dialect)},
    )
    for once in _ONCE:
        connection.execute(text(once), {"now": _moment(dialect)} if ":now" in once else {})
    placings = [
        Placing(zones=zones, places=(Place("US", f"US-{state}"),))
        for state in _STATES
        for n, zone in enumerate(_ZONES)
        for zones in ((zone,), (zone, _ZONES[n - 1]), tuple(sorted(_ZONES)))
    ]
    rows = [
        {"campaign_id": 1, "priority": 0, "placing": write_placing(placing)}
        for placing in dict.fromkeys(placings)
    ]
    connection.execute(insert(queues), rows)
    words = {"n": _COUNT[dialect], "number": _NUMBER, "queues": len(rows)} | _DIALECTS[dialect]
    for many in _MANY:
        connection.execute(text(many.format(**words)), {"n": people})
    if dialect == "postgresql":
        connection.execute(text("ANALYZE"))
    return len(rows)


def _moment(dialect: str) -> datetime:
    return NOW.replace(tzinfo=None) if dialect == "sqlite" else NOW


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    main()
