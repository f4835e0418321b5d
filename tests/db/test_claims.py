"""The next person: everybody once, nobody twice, and nobody whom a gate refuses."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.exc import IntegrityError

from campaigns.claims import Claims, claim, release
from campaigns.model import CampaignState, DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads, claims
from leads.db import reading, writing
from leads.errors import DatabaseError
from leads.model import SuppressionScope
from leads.tables import lead_numbers, numbers
from tests.conftest import CHECKOUT
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    add_agent,
    call,
    claim_rows,
    close,
    definition,
    dial,
    drain,
    enrolled,
    import_people,
    intend,
    minutes,
    names_of,
    new_lease,
    phone,
    put,
    said,
    started,
    suppress,
    take,
)
from tests.waiting import until

NIGHT = NOON + timedelta(hours=11)
NEXT_MORNING = datetime(2026, 6, 3, 8, tzinfo=UTC)


def crowd(how_many: int, *, first: int = 100) -> list[tuple[str, str]]:
    """Return people, every third of whom shares the number of the one before."""
    return [(f"Person {n:03}", phone(first + n - (n % 3 == 2))) for n in range(how_many)]


def test_people_are_claimed_in_the_order_of_their_turn(base: Engine):
    import_people(base, [*crowd(2), ("Kari", phone(3))])
    stored = started(base)
    first = take(base, stored)
    rest = take(base, stored, 5)
    assert names_of(base, first + rest) == ["Person 000", "Person 001", "Kari"]
    assert take(base, stored, 5) == ()
    assert [one.attempt_no for one in first + rest] == [1, 1, 1]


def test_a_claim_holds_the_person_under_its_lease(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    anna = add_agent(base)
    with writing(base) as connection:
        (taken,) = claim(
            connection,
            stored,
            LAWS,
            limit=1,
            now=NOON,
            new_lease=lambda: "abc",
            agent_id=anna,
            expires_at=NIGHT,
        ).taken
    (row,) = claim_rows(base)
    assert (row.id, row.lease, row.lead_id) == (taken.id, "abc", taken.person.lead_id)
    assert (row.agent_id, row.attempt_id) == (anna, None)
    assert (row.created_at, row.expires_at) == (NOON, NIGHT)
    ase = enrolled(base, stored)["Åse"]
    assert (ase.state, ase.held_by, ase.attempts) == ("in_call", None, 0)


def test_nobody_is_claimed_where_nobody_is_wanted(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    assert take(base, stored, 0) == ()
    assert claim_rows(base) == []


def test_a_retry_has_its_turn_when_it_is_due(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = started(base)
    call(base, stored, Outcome.BUSY)
    call(base, stored, Outcome.BUSY, now=NOON + minutes(5))
    due = NOON + timedelta(minutes=15, seconds=20)
    assert take(base, stored, 5, now=due - timedelta(microseconds=1)) == ()
    (again,) = take(base, stored, 5, now=due)
    assert names_of(base, [again]) == ["Åse"]
    assert again.attempt_no == 2


# Households


def test_the_other_person_of_a_number_waits_while_it_is_claimed(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(1)), ("Kari", phone(2))])
    stored = started(base)
    taken = take(base, stored, 5)
    assert names_of(base, taken) == ["Åse", "Kari"]
    assert take(base, stored, 5) == ()
    per = enrolled(base, stored)["Per"]
    assert (per.state, per.held_by) == ("new", None)
    with writing(base) as connection:
        release(connection, taken[0].id)
    assert names_of(base, take(base, stored, 5)) == ["Per"]


def test_the_other_person_waits_for_another_campaign_too(base: Engine):
    import_people(base, [("Åse", phone(1))])
    import_people(base, [("Per", phone(1))], "sweden")
    spring = started(base)
    summer = started(base, definition("summer", on=["sweden"]))
    taken = take(base, spring)
    assert take(base, summer, 5) == ()
    (attempt,) = dial(base, spring, *taken)
    close(base, spring, attempt, Outcome.FAILED)
    assert names_of(base, take(base, summer, 5)) == ["Per"]


@pytest.mark.parametrize("outcome", [Outcome.BUSY, Outcome.NO_ANSWER])
def test_a_number_that_did_not_answer_rests_for_the_whole_household(base: Engine, outcome: Outcome):
    import_people(base, [("Åse", phone(1)), ("Per", phone(1))])
    stored = started(base)
    call(base, stored, outcome)
    assert take(base, stored, 5, now=NOON + minutes(1)) == ()
    rest = {Outcome.BUSY: minutes(15), Outcome.NO_ANSWER: timedelta(hours=4)}[outcome]
    due = NOON + rest + timedelta(seconds=20)
    found = enrolled(base, stored)
    assert [row.next_call_at for row in found.values()] == [due, due]
    assert found["Per"].held_by == "attempts"
    assert names_of(base, take(base, stored, 1, now=due)) == ["Åse"]


# Gates at the moment of the claim


@pytest.mark.parametrize(
    ("scope", "whose"),
    [
        (SuppressionScope.ALL, ""),
        (SuppressionScope.SELLER, "Example Telecom AS"),
        (SuppressionScope.CAMPAIGN, "spring"),
    ],
)
def test_a_wish_made_after_the_enrolment_is_obeyed(
    base: Engine, scope: SuppressionScope, whose: str
):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = started(base)
    suppress(base, phone(1), scope, whose)
    assert names_of(base, take(base, stored, 5)) == ["Per"]
    ase = enrolled(base, stored)["Åse"]
    assert (ase.state, ase.held_by) == ("suppressed", "suppression")


def test_a_wish_that_concerns_somebody_else_holds_nobody_back(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    suppress(base, phone(1), SuppressionScope.SELLER, "Another AS")
    suppress(base, phone(1), SuppressionScope.CAMPAIGN, "summer")
    assert names_of(base, take(base, stored, 5)) == ["Åse"]


def test_nobody_is_looked_at_whose_window_is_shut(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(hours=OPEN_10_TO_20))
    with writing(base) as connection:
        found = claim(connection, stored, LAWS, limit=1, now=NIGHT, new_lease=new_lease)
    assert found == Claims((), 0)
    assert take(base, stored, now=NEXT_MORNING - timedelta(seconds=1)) == ()
    assert names_of(base, take(base, stored, now=NEXT_MORNING)) == ["Åse"]


def test_the_law_of_the_last_day_ends_the_work(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(top="ends = 2026-06-01"))
    assert take(base, stored) == ()
    ase = enrolled(base, stored)["Åse"]
    assert (ase.state, ase.held_by) == ("done", "hours")


def test_whom_a_gate_refuses_keeps_nobody_else_waiting(base: Engine):
    import_people(base, [(f"Person {n:03}", phone(n)) for n in range(200)] + [("Åse", phone(500))])
    for n in range(200):
        suppress(base, phone(n))
    stored = started(base)
    claims_needed = 1
    while not (taken := take(base, stored)):
        claims_needed += 1
        assert claims_needed <= 25
    assert names_of(base, taken) == ["Åse"]


def test_those_behind_come_up_for_those_in_front_who_cannot_be_called(base: Engine):
    import_people(
        base,
        [
            ("Åse", phone(1)),
            ("Refused", phone(2)),
            ("Åse's son", phone(1)),
            ("Per", phone(4)),
            ("Kari", phone(5)),
            ("Ola", phone(6)),
        ],
    )
    stored = started(base)
    suppress(base, phone(2))
    assert names_of(base, take(base, stored, 3)) == ["Åse", "Per", "Kari"]
    stands = {name: row.state for name, row in enrolled(base, stored).items()}
    assert stands["Refused"] == "suppressed"
    assert stands["Åse's son"] == stands["Ola"] == "new"


def test_one_claim_looks_at_so_many_and_no_more(base: Engine):
    import_people(base, [(f"Person {n:03}", phone(n)) for n in range(300)])
    for n in range(300):
        suppress(base, phone(n))
    stored = started(base)
    with writing(base) as connection:
        refused = claim(connection, stored, LAWS, limit=1, now=NOON, new_lease=new_lease).refused
    assert 0 < refused < 50
    held = [row for row in enrolled(base, stored).values() if row.held_by == "suppression"]
    assert len(held) == refused


# At once


def drained(base: Engine, how_many: int, held: list[tuple[str, int, float, float]]) -> None:
    """Check that everybody was called exactly once, and nobody while their number was held."""
    with reading(base) as connection:
        called = Counter(connection.scalars(select(attempts.c.lead_id)))
        by_state = connection.execute(
            select(campaign_leads.c.state, func.count()).group_by(campaign_leads.c.state)
        ).all()
    assert (len(called), called.total()) == (how_many, how_many)
    assert [tuple(row) for row in by_state] == [("done", how_many)]
    assert claim_rows(base) == []
    assert sorted(lead_id for _, lead_id, _, _ in held) == sorted(called)
    spans: dict[str, list[tuple[float, float]]] = {}
    for number, _, begun, ended in held:
        spans.setdefault(number, []).append((begun, ended))
    for of_number in spans.values():
        for (_, ended), (begun, _) in pairwise(sorted(of_number)):
            assert ended <= begun


def test_eight_threads_call_everybody_once(base: Engine):
    import_people(base, crowd(300))
    started(base)
    held: list[tuple[str, int, float, float]] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            drain(base, "spring", lambda *what: held.append(what))
        except Exception as error:  # noqa: BLE001 (whatever it is, the test shall show it)
            failed.append(error)

    together([work] * 8)
    assert failed == []
    drained(base, 300, held)


def together(jobs: list[Callable[[], None]]) -> None:
    threads = [Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=55)
    assert not any(thread.is_alive() for thread in threads)


def test_four_processes_call_everybody_once(base: Engine, base_url: str):
    import_people(base, crowd(300))
    started(base)
    code = (
        "import json, sys; from leads.db import connect; from tests.db.people import drain; "
        f"base = connect({base_url!r}); held = []; print('ready', flush=True); "
        "sys.stdin.readline(); drain(base, 'spring', lambda *what: held.append(what)); "
        "base.dispose(); print(json.dumps(held))"
    )
    callers = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=CHECKOUT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )
        for _ in range(4)
    ]  # fmt: skip
    for caller in callers:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "ready\n"
    for caller in callers:
        assert caller.stdin is not None
        caller.stdin.write("go\n")
        caller.stdin.flush()
    said = [caller.communicate(timeout=55) for caller in callers]
    assert [caller.returncode for caller in callers] == [0] * 4, said
    drained(base, 300, [tuple(held) for out, _ in said for held in json.loads(out)])


def test_two_claims_of_the_same_households_never_wait_for_each_other(base: Engine, database: str):
    """The other person of each number has their turn in the opposite order.

    A third claim of a number that both want makes both wait in the middle of their work.
    """
    if database == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    wanted = [("Åse", phone(1)), ("Third", phone(3)), ("Per", phone(2))]
    others = [("Kari", phone(2)), ("Fourth", phone(3)), ("Ola", phone(1))]
    import_people(base, [*wanted, *others, ("Mona", phone(3))])
    stored = started(base)
    taken: list[str] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            taken.extend(names_of(base, take(base, stored, 3)))
        except DatabaseError as error:
            failed.append(error)

    def waiting() -> int:
        with reading(base) as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            return connection.exec_driver_sql(query).scalar_one()

    with writing(base) as connection:
        row = connection.execute(
            select(campaign_leads.c.lead_id, numbers.c.id)
            .join(lead_numbers, lead_numbers.c.lead_id == campaign_leads.c.lead_id)
            .join(numbers, numbers.c.id == lead_numbers.c.number_id)
            .where(numbers.c.e164 == phone(3))
            .order_by(campaign_leads.c.id.desc())
        ).first()
        assert row is not None
        mona = {"lease": "mona", "campaign_id": stored.id, "lead_id": row.lead_id}
        mona |= {"rule_set": "none", "decision": {}}
        connection.execute(claims.insert().values(number_id=row.id, created_at=NOON, **mona))
        threads = [Thread(target=work, daemon=True) for _ in range(2)]
        for number, thread in enumerate(threads, start=1):
            thread.start()
            until(lambda: waiting() == number)  # noqa: B023 (asked before the next round)
        connection.rollback()
    for thread in threads:
        thread.join(timeout=20)
    assert failed == []
    assert sorted(taken) == ["Per", "Third", "Åse"]


def test_whoever_stands_behind_those_who_are_claimed_is_free_for_others(
    base: Engine, database: str
):
    if database == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    import_people(base, crowd(2))
    stored = started(base)

    def one(connection: Connection) -> list[int]:
        found = claim(connection, stored, LAWS, limit=1, now=NOON, new_lease=new_lease)
        return [claimed.person.lead_id for claimed in found.taken]

    with writing(base) as first, writing(base) as second:
        taken = one(first) + one(second)
        assert len({*taken}) == 2


def test_whom_another_campaign_has_keeps_nobody_else_waiting(base: Engine):
    import_people(base, crowd(30))
    summer = started(base, definition(name="summer"))
    assert len(take(base, summer, 10)) == 10
    assert len(take(base, started(base), 5)) == 5


def test_who_is_claimed_to_be_called_is_kept_with_their_attempt_or_not_at_all(base: Engine):
    import_people(base, crowd(2))
    stored = started(base)

    def claim_and_call_nobody() -> None:
        with writing(base) as connection:
            found = claim(
                connection, stored, LAWS, limit=2, now=NOON, new_lease=new_lease, to_call=True
            )
            assert len({claimed.attempt_id for claimed in found.taken} - {None}) == 2

    with pytest.raises(IntegrityError):
        claim_and_call_nobody()
    assert claim_rows(base) == []
    assert enrolled(base, stored)["Person 000"].attempts == 0


# How the base finds them


@pytest.mark.parametrize("limit", [1, 5])
def test_a_claim_to_call_takes_fourteen_statements_however_many_are_claimed(
    base: Engine, limit: int
):
    import_people(base, [(f"Person {n}", phone(100 + n)) for n in range(9)])
    stored = started(base)
    take(base, stored)  # finds out the hours, which is not asked again
    asked: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with writing(base) as connection:
        event.listen(base, "before_cursor_execute", note)
        found = claim(
            connection, stored, LAWS, limit=limit, now=NOON, new_lease=new_lease, to_call=True
        )
        assert len(intend(connection, stored, found.taken)) == limit
        event.remove(base, "before_cursor_execute", note)
    assert len(asked) == 14, asked  # docs/scale.md tells of it


def test_the_next_people_are_found_through_the_partial_index(base: Engine, database: str):
    import_people(base, crowd(30))
    stored = started(base)
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _u: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "AS lead" in statement and "queue" in statement:
            asked.append((statement, parameters))

    event.listen(base, "before_cursor_execute", note)
    take(base, stored)
    event.remove(base, "before_cursor_execute", note)
    statement, parameters = asked[-1]
    explain = "EXPLAIN QUERY PLAN " if database == "sqlite" else "EXPLAIN "
    with reading(base) as connection:
        if database == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(explain + statement, parameters).all()
    text = "\n".join(str(row[-1]) for row in plan)
    assert "ix_campaign_leads_turn" in text
    if database == "sqlite":
        assert "SCAN lead" not in text
        assert "TEMP B-TREE" not in text


def test_a_campaign_that_stands_still_can_be_started_again(base: Engine):
    """Asked for a paused campaign, the gates refuse everybody; a start brings them back."""
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    paused = put(base, stored, CampaignState.PAUSED)
    assert take(base, paused, 5) == ()
    running: StoredCampaign = put(base, paused, CampaignState.RUNNING)
    assert names_of(base, take(base, running, 5)) == ["Åse"]


def test_promised_calls_come_before_retries_and_these_before_new_people(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    spring = started(base)
    talk = call(base, spring, Outcome.CONNECTED, agent_id=add_agent(base))
    promise = said(spring, DispositionKind.CALLBACK, callback_at=NOON + minutes(30))
    with writing(base) as connection:
        record_result(connection, spring, talk.id, promise, now=NOON + minutes(2))
    call(base, spring, Outcome.BUSY)
    later = NOON + minutes(60)
    order = [names_of(base, take(base, spring, 1, now=later)) for _ in range(3)]
    assert order == [["Åse"], ["Per"], ["Kari"]]


def test_people_whom_another_campaign_has_keep_nobody_else_waiting(base: Engine):
    import_people(base, [(f"Person {n:02}", phone(n)) for n in range(30)])
    spring, summer = started(base), started(base, definition("summer"))
    assert len(take(base, spring, 20)) == 20
    assert names_of(base, take(base, summer)) == ["Person 20"]


def test_a_household_in_a_call_keeps_nobody_else_waiting(base: Engine):
    import_people(base, [(f"Person {n:02}", phone(1)) for n in range(20)] + [("Åse", phone(2))])
    stored = started(base)
    assert names_of(base, take(base, stored)) == ["Person 00"]
    assert names_of(base, take(base, stored)) == ["Åse"]


def test_somebody_in_a_call_keeps_no_other_promise_waiting(base: Engine):
    people = [(f"Person {n:02}", phone(n)) for n in range(12)]
    import_people(base, people)
    spring, summer = started(base), started(base, definition("summer"))
    anna = add_agent(base)
    for _ in people:
        talk = call(base, spring, Outcome.CONNECTED, agent_id=anna)
        promise = said(
            spring, DispositionKind.CALLBACK, callback_at=NOON + minutes(60), own_callback=True
        )
        with writing(base) as connection:
            record_result(connection, spring, talk.id, promise, now=NOON + minutes(2))
    later = NOON + minutes(60)
    assert len(take(base, summer, 11, now=later)) == 11
    with writing(base) as connection:
        theirs = claim(
            connection, spring, LAWS, limit=1, now=later, new_lease=new_lease, for_agents=[anna]
        ).taken
    assert names_of(base, theirs) == ["Person 11"]
