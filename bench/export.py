"""Exports of a large base: seconds and memory, against the bare query in csv.writer.

    python bench/export.py [--leads 1000000] [--url sqlite:///file.db | postgresql+psycopg://...]

Makes a base of leads with one number, three attributes and one attempt each by plain SQL; an
empty database may be named instead of a SQLite file that is thrown away. Each export runs in
a process of its own, whose peak memory is what the system says of it. The floor streams the
same query into csv.writer as the driver gives it: no cell is looked at.
"""

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from campaigns.exports.attempts import attempts_content
from campaigns.exports.content import Choice, stream
from campaigns.exports.export import export
from campaigns.exports.leads import leads_content
from dialer.schema import open_base
from leads.db import reading, writing

NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)


def main() -> None:
    """Make the base, and run everything that is to be compared on it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--leads", type=int, default=1_000_000)
    options.add_argument("--url")
    options.add_argument("--xlsx", action="store_true", help="also write spreadsheets")
    options.add_argument("--run", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.run:
        _run(given.run, open_base(given.url))
        return
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{folder}/ringbank.db"
        base = open_base(url)
        with writing(base) as connection:
            _fill(connection, given.leads)
        base.dispose()
        print(f"{given.leads:,} leads, load {os.getloadavg()[0]:.1f}")
        ways = ["floor", ".csv", ".parquet", *([".xlsx"] if given.xlsx else [])]
        print(f"{'':18} {'seconds':>8} {'CPU s':>8} {'times':>6} {'peak MB':>8} {'file MB':>8}")
        for what in ("leads", "attempts"):
            floor = 0.0
            for way in ways:
                seconds, busy, peak, size = _measured(url, f"{what} {way}", folder)
                floor = floor or busy
                times = busy / floor
                print(
                    f"{f'{what} {way}':18} {seconds:8.1f} {busy:8.1f} {times:6.2f} {peak:8.0f} {size:8.0f}"
                )


def _measured(url: str, run: str, folder: str) -> tuple[float, ...]:
    done = subprocess.run(
        [sys.executable, __file__, "--url", url, "--run", run],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE, encoding="utf-8", check=True,
    )  # fmt: skip
    return tuple(map(float, done.stdout.split()))


def _run(run: str, base: Engine) -> None:
    what, way = run.split()
    started, busy = time.perf_counter(), time.process_time()
    if way == "floor":
        file = Path("floor.csv")
        _floor(base, what, file)
    else:
        file = Path(f"out{way}")
        export(base, what, output=str(file), now=NOW, recorded=lambda *_: None)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(seconds, busy, peak, file.stat().st_size / 1e6)
    file.unlink()


def _floor(base: Engine, what: str, file: Path) -> None:
    content = {"leads": leads_content, "attempts": attempts_content}[what]
    with (
        reading(base) as connection,
        file.open("w", encoding="utf-8", newline="") as out,
    ):
        rows = csv.writer(out)
        for part in stream(connection, content(connection, Choice()).query):
            rows.writerows(part)


_COUNT = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :n)",
    "postgresql": "WITH n(i) AS (SELECT generate_series(1, :n))",
}

_ONCE = """
INSERT INTO lists (id, name, state, created_at) VALUES (1, 'all', 'active', :now)
INSERT INTO imports (id, list_id, file, encoding, mapping, attributes, started_at, read, imported,
 joined, rejected) VALUES (1, 1, 'a.csv', 'utf-8', '{}', '["City", "Age", "Plan"]', :now, 0, 0, 0, 0)
INSERT INTO campaigns (id, name, state, definition, created_at, updated_at)
 VALUES (1, 'spring', 'stopped', '', :now, :now)
INSERT INTO suppressions (kind, subject, scope, source, created_at)
 VALUES ('number', '+4720000007', 'all', 'command', :now)
""".strip()

_MANY = """
INSERT INTO leads (id, external_id, name, language, attributes, import_id)
 {n} SELECT i, CAST(i AS TEXT), 'Åse Lunde ' || i, 'nb',
 {json}'{{"City": "Oslo", "Age": "40", "Plan": "Fibre 500"}}'{end}, 1 FROM n
INSERT INTO numbers (id, kind, region, zones)
 {n} SELECT 4720000000 + i, 'mobile', 'NO', {json}'["Europe/Oslo"]'{end} FROM n
INSERT INTO lead_numbers (lead_id, position, number_id) {n} SELECT i, 1, 4720000000 + i FROM n
INSERT INTO campaign_leads (campaign_id, lead_id, list_id, state, next_call_at, attempts,
 last_attempt_at, last_outcome) {n} SELECT 1, i, 1, 'waiting', {moment}, 1, {moment}, 'busy' FROM n
INSERT INTO attempts (id, channel_id, campaign_id, list_id, lead_id, number_id, phone, clock, mode,
 trunk, caller_id, attempt_no, rule_set, dialed_at, ended_at, ring_s, hangup_cause, sip_code,
 outcome, evidence) {n} SELECT i, 'call-' || i, 1, 1, i, 4720000000 + i,
 '+' || CAST(4720000000 + i AS TEXT), 'real', 'progressive', 'main', '+4721000000', 1,
 '0123456789ab', {moment}, {moment}, 20.5, 17, 486, 'busy', 'hangup' FROM n
""".strip()


def _fill(connection: Connection, leads: int) -> None:
    dialect = connection.dialect.name
    is_sqlite = dialect == "sqlite"
    words = {
        "n": _COUNT[dialect],
        "json": "" if is_sqlite else "CAST(",
        "end": "" if is_sqlite else " AS json)",
        "moment": "'2026-06-02 10:00:00.000000'"
        if is_sqlite
        else "timestamptz '2026-06-02 10:00Z'",
    }
    moment = NOW.replace(tzinfo=None) if is_sqlite else NOW
    for once in _statements(_ONCE):
        connection.execute(text(once.replace(": [", ":[")), {"now": moment})
    for many in _statements(_MANY):
        connection.execute(text(many.format(**words).replace('": "', '"\\: "')), {"n": leads})
    if not is_sqlite:
        connection.execute(text("ANALYZE"))


def _statements(script: str) -> list[str]:
    return [f"INSERT{part}" for part in script.split("INSERT")[1:]]


if __name__ == "__main__":
    main()
