"""How a campaign stands: counts that add up, and whether anything is left to do."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from campaigns import report
from campaigns.ledger import note_agent
from campaigns.model import Outcome
from campaigns.report import Standing
from campaigns.store import StoredCampaign
from campaigns.tables import AT_ONCE
from leads.db import reading, writing
from tests.db.people import (
    NOON,
    OPEN_10_TO_20,
    add_agent,
    call,
    close,
    create,
    definition,
    dial,
    dial_next,
    import_people,
    minutes,
    phone,
    started,
    suppress,
    take,
)


def standing(base: Engine, stored: StoredCampaign) -> Standing:
    with reading(base) as connection:
        return report.standing(connection, stored.id, now=NOON)


def work_left(base: Engine, stored: StoredCampaign) -> bool:
    with reading(base) as connection:
        return report.work_left(connection, stored.id)


@pytest.fixture
def crowd(base: Engine) -> Engine:
    import_people(base, [(f"Person {n}", phone(n)) for n in range(6)])
    return base


def test_a_campaign_without_anybody_has_no_work(crowd: Engine):
    stored = create(crowd, definition())
    nothing = Standing(
        leads={},
        outcomes={},
        next_call_at=None,
        held_by=None,
        done_by={},
        orders={"submitted": 0, "verified": 0, "cancelled": 0},
        successes=0,
    )
    assert standing(crowd, stored) == nothing
    assert not work_left(crowd, stored)


def test_all_leads_and_attempts_are_counted(crowd: Engine):
    stored = started(crowd)
    started(crowd, definition("summer"))
    suppress(crowd, phone(5))
    for outcome in (Outcome.BUSY, Outcome.FAILED, Outcome.CONNECTED):
        call(crowd, stored, outcome)
    call(crowd, stored, Outcome.BUSY, now=NOON + minutes(1))
    dial(crowd, stored, *take(crowd, stored, 2))
    found = standing(crowd, stored)
    assert found.leads == {"waiting": 2, "done": 2, "in_call": 1, "suppressed": 1}
    assert found.outcomes == {"busy": 2, "failed": 1, "connected": 1, "open": 1}
    assert found.done_by == {"outcome:failed": 1, "outcome:connected": 1, "suppression": 1}
    assert found.next_call_at == NOON + timedelta(minutes=15, seconds=20)
    assert found.held_by == "retry:busy"


def test_whoever_waits_for_nothing_is_next_at_once(crowd: Engine):
    stored = started(crowd)
    call(crowd, stored, Outcome.BUSY)
    found = standing(crowd, stored)
    assert (found.next_call_at, found.held_by) == (AT_ONCE, None)


def test_a_closed_window_is_named_with_its_opening(crowd: Engine):
    stored = started(crowd, definition(hours=OPEN_10_TO_20))
    take(crowd, stored, 9, now=NOON + minutes(660))
    found = standing(crowd, stored)
    assert (found.next_call_at, found.held_by) == (NOON + minutes(22 * 60), "hours")
    assert work_left(crowd, stored)


def test_there_is_work_until_nobody_is_called_and_nobody_can_be(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    assert work_left(base, stored)
    attempt = dial_next(base, stored)
    assert work_left(base, stored)
    close(base, stored, attempt, Outcome.BUSY)
    assert work_left(base, stored)
    call(base, stored, Outcome.FAILED, now=NOON + minutes(20))
    assert not work_left(base, stored)


def test_there_is_work_while_a_result_is_owed(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    attempt = dial_next(base, stored)
    anna = add_agent(base)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
    close(base, stored, attempt, Outcome.CONNECTED, agent_id=anna)
    assert work_left(base, stored)


def test_whether_work_is_left_is_not_asked_of_everybody(base: Engine, database: str):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = started(base)
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _u: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with reading(base) as connection:
        event.listen(base, "before_cursor_execute", note)
        assert report.work_left(connection, stored.id)
        event.remove(base, "before_cursor_execute", note)
        if database == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        statement, parameters = asked[-1]
        explain = "EXPLAIN QUERY PLAN " if database == "sqlite" else "EXPLAIN "
        plan = connection.exec_driver_sql(explain + statement, parameters).all()
    text = "\n".join(str(row[-1]) for row in plan)
    assert "ix_campaign_leads_turn" in text
    assert "uq_campaign_leads" not in text
    assert "autoindex_campaign_leads" not in text
