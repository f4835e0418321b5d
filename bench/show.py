"""The story of a person in a large base: time of its queries against one look-up by key.

    python bench/show.py [--leads 5000000] [--rounds 1000]

A base of its own on SQLite, in a temporary folder, filled with plain SQL: every lead on a
list, every fifth with calls, every tenth with consents, edits and do-not-call entries, so
that those who are looked at have something of everything. Each round looks at another
person, once with one SELECT by primary key and once as ``ringbank leads show`` reads it,
and the two take turns in one process: what the machine does otherwise hits both.
"""

import argparse
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from campaigns.story import consents_of, story
from dialer.schema import open_base
from leads import lookup, store, suppression
from leads.db import reading
from leads.tables import leads

_NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
_EVENTFUL = 10
"""Every so-manyth lead has calls, consents, edits and do-not-call entries."""

_FIRST_NUMBER = 33_610_000_000
"""From here on the next five million numbers, all of them French mobiles, are valid."""

_FILL = """
CREATE TEMP TABLE people AS
  WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < :leads)
  SELECT id, :first + id AS number_id, id % 5 = 0 AS called, id % 10 = 0 AS eventful FROM n;
INSERT INTO lists (id, name, state, created_at) VALUES (1, 'bench', 'active', :now);
INSERT INTO imports (id, list_id, file, encoding, mapping, attributes, started_at,
                     read, imported, joined, rejected)
  SELECT 1, 1, 'bench.csv', 'utf-8', '{}', '[]', :now, :leads, :leads, 0, 0;
INSERT INTO leads (id, external_id, name, name_key, attributes, import_id)
  SELECT id, 'C' || id, 'Person ' || id, 'person ' || id, '{"city": "Oslo"}', 1 FROM people;
INSERT INTO numbers (id, kind, region, zones)
  SELECT number_id, 'mobile', 'FR', '["Europe/Paris"]' FROM people;
INSERT INTO lead_numbers (lead_id, position, number_id) SELECT id, 1, number_id FROM people;
INSERT INTO list_members (list_id, import_id, lead_id) SELECT 1, 1, id FROM people;
INSERT INTO campaigns (id, name, state, definition, created_at, updated_at)
  VALUES (1, 'bench', 'stopped', '', :now, :now);
INSERT INTO agents (id, name, phone, since) VALUES (1, 'anna', 'PJSIP/anna', :now);
INSERT INTO attempts (channel_id, campaign_id, list_id, lead_id, number_id, phone, agent_id,
                      clock, mode, trunk, caller_id, attempt_no, rule_set, dialed_at, ended_at,
                      outcome, evidence, disposition, disposition_kind, refusal_reason, note)
  SELECT 'call-' || id || '-' || t.no, 1, 1, id, number_id, '+' || number_id, 1, 'real',
         'progressive', 'main', '+4721000000', t.no, 'x', :now, :now, 'connected', 'hangup',
         'refusal', 'refusal', 'price', 'too dear'
  FROM people JOIN (SELECT 1 AS no UNION SELECT 2 UNION SELECT 3) AS t WHERE called;
INSERT INTO answers (attempt_id, lead_id, campaign_id, question, answer, answered_at)
  SELECT id, lead_id, 1, 'provider', 'Telia', :now FROM attempts;
INSERT INTO consents (lead_id, kind, source, given_at, recorded_at, withdrawn_at)
  SELECT id, k.kind, 'web form', :now, :now, k.ended
  FROM people JOIN (SELECT 'phone_marketing' AS kind, NULL AS ended
                    UNION SELECT 'recording', :now) AS k WHERE eventful;
INSERT INTO lead_changes (lead_id, before, changed_at, changed_by)
  SELECT id, '{"name": "Somebody"}', :now, 'anna' FROM people WHERE eventful;
INSERT INTO suppressions (kind, subject, scope, scope_name, reason, source, created_at)
  SELECT 'number', '+' || number_id, 'seller', 'Example AS', 'asked', 'command', :now
  FROM people WHERE eventful;
ANALYZE;
"""


def main() -> None:
    """Fill a base, measure both in turns, and print median, p99 and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--leads", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=1000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ringbank.db"
        base = open_base(f"sqlite:///{file}")
        started = time.perf_counter()
        _fill(file, given.leads)
        size = file.stat().st_size / 1e6
        print(f"{given.leads} leads, {size:.0f} MB, in {time.perf_counter() - started:.0f} s")
        chance = random.Random(1)
        by_key: list[float] = []
        told: list[float] = []
        for _ in range(given.rounds):
            lead_id = chance.randrange(1, given.leads // _EVENTFUL + 1) * _EVENTFUL
            with reading(base) as connection:
                by_key.append(_timed(_by_key, connection, lead_id))
            with reading(base) as connection:
                told.append(_timed(_story, connection, lead_id))
        base.dispose()
    for what, times in (("one row by key", by_key), ("whole story", told)):
        median, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(f"{what:<15} median {median * 1e3:6.2f} ms   p99 {p99 * 1e3:6.2f} ms")
    ratio = statistics.median(told) / statistics.median(by_key)
    print(f"{'ratio':<15} median {ratio:6.1f}      load {os.getloadavg()[0]:.1f}")


def _fill(file: Path, how_many: int) -> None:
    """Make the people and what happened to them."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous = OFF")
    values = {"leads": how_many, "first": _FIRST_NUMBER, "now": "2026-06-02 10:00:00.000000"}
    with connection:
        for statement in _FILL.split(";\n"):
            connection.execute(statement, values)
    connection.close()


def _timed(ask: Callable[[Connection, int], None], connection: Connection, lead_id: int) -> float:
    started = time.perf_counter()
    ask(connection, lead_id)
    return time.perf_counter() - started


def _by_key(connection: Connection, lead_id: int) -> None:
    found = connection.execute(select(leads).where(leads.c.id == lead_id)).one()
    assert found.id == lead_id


def _story(connection: Connection, lead_id: int) -> None:
    """Read everything that ``leads show`` reads, from the number on."""
    (found,) = lookup.meant(connection, f"+{_FIRST_NUMBER + lead_id}", region=None)
    lead = store.lead(connection, found)
    assert lead is not None
    assert lead.lead_id == lead_id
    entries = [
        entry for phone in lead.phones for entry in suppression.entries(connection, phone.e164)
    ]
    given = consents_of(connection, lead.lead_id)
    events = story(connection, lead, entries=entries, given=given, now=_NOW)
    assert len(events) >= _EVENTFUL - 1, "something of everything"


if __name__ == "__main__":
    main()
