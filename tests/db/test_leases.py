"""Several who end one lease at the same instant: one does, nobody waits for ever.

Each meeting is staged: the one stops in the middle, holding what they hold by then, until the
other waits for a lock or is through.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from campaigns import desk, leases, leaving, ledger, owed, taking_back, telling
from campaigns.agents import find_agent
from campaigns.claims import Claim, claim, stop_claims
from campaigns.leases import Lease
from campaigns.model import AttemptId, DispositionKind, Outcome
from campaigns.previewing import take_up
from campaigns.store import StoredCampaign
from leads.db import reading, writing
from leads.errors import NotAllowedError, RingbankError
from leads.intake import lock_for_import
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    claim_rows,
    close,
    definition,
    dial_next,
    enrolled,
    import_people,
    intend,
    new_lease,
    phone,
    said,
    started,
)

K = DispositionKind
Doing = Callable[[Connection], object]
OVER = NOON + timedelta(hours=1)
"""When any lease of noon has run out."""


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


def campaign(base: Engine, mode: str) -> StoredCampaign:
    import_people(base, [("Åse", phone(1))])
    return started(base, definition(mode=mode))


def look(base: Engine, stored: StoredCampaign, agent_id: int) -> Lease:
    with writing(base) as connection:
        lease = desk.next_person(connection, stored, LAWS, agent_id, now=NOON)
    assert lease is not None
    return lease


class Other:
    """Somebody who does something in a transaction of their own, at the same time."""

    def __init__(self, base: Engine, doing: Doing) -> None:
        self._base, self._doing = base, doing
        self._refused: list[str] = []
        self._thread = threading.Thread(target=self._do)

    def _do(self) -> None:
        try:
            with writing(self._base) as connection:
                self._doing(connection)
        except RingbankError as error:
            self._refused.append(f"{type(error).__name__}: {error}")

    def come(self) -> None:
        """Begin, and go on until they wait for a lock or are through."""
        if self._thread.ident is not None:
            return
        self._thread.start()
        if self._base.dialect.name == "sqlite":
            return  # every writer is alone
        waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        deadline = time.monotonic() + 10
        while self._thread.is_alive() and time.monotonic() < deadline:
            with reading(self._base) as connection:
                if connection.scalar(waits):
                    return
            time.sleep(0.01)

    def refused(self) -> list[str]:
        """Wait for their end; return why they were refused, if they were."""
        assert self._thread.ident is not None, "they never came"
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self._refused


def come_before(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, other: Other) -> None:
    """Let somebody come when a function of a module is about to be called."""
    whole = getattr(where, name)

    def come_then(*args: Any, **more: Any) -> object:
        other.come()
        return whole(*args, **more)

    monkeypatch.setattr(where, name, come_then)


def release(stored: StoredCampaign, lease: str) -> Doing:
    def do(connection: Connection) -> None:
        desk.give_back(connection, stored, leases.find_lease(connection, lease))

    return do


ENDS = ["expiry", "result", "telling", "leaving"]


@pytest.mark.parametrize("by", ENDS)
def test_a_release_while_the_lease_ends_otherwise_is_told_so(
    base: Engine, anna: int, monkeypatch: pytest.MonkeyPatch, by: str
):
    stored = campaign(base, "manual")
    lease = look(base, stored, anna)
    other = Other(base, release(stored, lease.lease))
    where, name = {
        "expiry": (owed, "settle"),
        "result": (desk, "record_result"),
        "telling": (telling, "keep_told"),
        "leaving": (leaving, "settle"),
    }[by]
    come_before(monkeypatch, where, name, other)
    with writing(base) as connection:
        match by:
            case "expiry":
                assert owed.release_expired(connection, stored, now=OVER) == (anna,)
            case "result" | "telling":
                if by == "telling":
                    telling.tell_in_talk(connection, lease, ["Europe/Paris"], now=NOON)
                desk.give_result(connection, stored, lease, said(stored, K.SUCCESS), now=NOON)
            case _:
                leaving.deactivate(connection, find_agent(connection, "anna"), now=NOON)
    (refusal,) = other.refused()
    assert refusal.startswith("UsageError: there is no lease")
    assert claim_rows(base) == []
    assert enrolled(base, stored)["Åse"].state == ("done" if by in {"result", "telling"} else "new")


@pytest.mark.parametrize("by", ENDS)
def test_whatever_ends_a_lease_while_it_is_released_finds_it_over(
    base: Engine, anna: int, monkeypatch: pytest.MonkeyPatch, by: str
):
    stored = campaign(base, "manual")
    lease = look(base, stored, anna)

    def end(connection: Connection) -> None:
        match by:
            case "expiry":
                assert owed.release_expired(connection, stored, now=OVER) == ()
            case "result" | "telling":
                if by == "telling":
                    telling.tell_in_talk(connection, lease, ["Europe/Paris"], now=NOON)
                desk.give_result(connection, stored, lease, said(stored, K.SUCCESS), now=NOON)
            case _:
                leaving.deactivate(connection, find_agent(connection, "anna"), now=NOON)

    other = Other(base, end)
    come_before(monkeypatch, desk, "release", other)
    with writing(base) as connection:
        desk.give_back(connection, stored, lease)
    refused = [one.partition(":")[0] for one in other.refused()]
    assert refused == (["UsageError"] if by in {"result", "telling"} else [])
    assert claim_rows(base) == []
    person = enrolled(base, stored)["Åse"]
    assert (person.state, person.attempts) == ("new", 0)


def test_whoever_is_dialled_at_that_moment_is_not_let_go(base: Engine, anna: int):
    stored = campaign(base, "preview")
    lease = look(base, stored, anna)

    def dial(connection: Connection) -> None:
        taken = take_up(connection, stored, LAWS, lease.lease, anna, now=NOON)
        assert isinstance(taken, Claim)
        intend(connection, stored, [taken], agent_id=anna)

    with writing(base) as connection:
        dial(connection)
    with writing(base) as connection, pytest.raises(NotAllowedError, match="give the result"):
        desk.give_back(connection, stored, lease)  # as it was read before the call
    (held,) = claim_rows(base)
    assert (held.lease, held.attempt_id is not None) == (lease.lease, True)
    assert enrolled(base, stored)["Åse"].state == "in_call"


def test_a_late_result_sees_whoever_claims_the_person_at_that_moment(base: Engine, anna: int):
    stored = campaign(base, "progressive")
    summer = started(base, definition("summer"))
    call = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, call.id, anna)
    close(base, stored, call, Outcome.CONNECTED, agent_id=anna, answered_at=NOON)
    with writing(base) as connection:
        owed.release_expired(connection, stored, now=OVER)
        late = leases.find_owed(connection, attempt_row(base, call.id).lease)

    def give(connection: Connection) -> None:
        desk.give_result(connection, stored, late, said(stored, K.DECEASED), now=OVER)

    other = Other(base, give)
    with writing(base) as connection:
        assert len(claim(connection, summer, LAWS, limit=1, now=OVER, new_lease=new_lease).taken)
        other.come()
    (refusal,) = other.refused()
    assert refusal.startswith("UsageError: there is no lease")
    assert attempt_row(base, call.id).disposition is None
    assert enrolled(base, summer)["Åse"].state == "in_call"


def test_a_correction_to_a_wrong_number_waits_for_whoever_erases_before_it_holds_anything(
    base: Engine, anna: int
):
    stored = campaign(base, "progressive")
    call = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, call.id, anna)
    close(base, stored, call, Outcome.CONNECTED, agent_id=anna, answered_at=NOON)
    with writing(base) as connection:
        lease = leases.find_owed(connection, attempt_row(base, call.id).lease)
        desk.give_result(connection, stored, lease, said(stored, K.PARTIAL), now=NOON)

    def correct(connection: Connection) -> None:
        taking_back.correct(
            connection, stored, AttemptId(call.id), said(stored, K.WRONG_NUMBER),
            by="bo", why="misheard", now=OVER,
        )  # fmt: skip

    other = Other(base, correct)
    with writing(base) as connection:
        lock_for_import(connection)
        other.come()
        stop_claims(connection)
    assert other.refused() == []
    assert attempt_row(base, call.id).disposition == "wrong_number"
