"""Supervision in the base: who asks for help, who is at whose talk, whose the one lease is."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from campaigns import desk, leaving, ledger, owed, supervisions
from campaigns.agents import find_agent
from campaigns.claims import release
from campaigns.desk_tables import supervisions as table
from campaigns.erasure import erase
from campaigns.leases import Lease, find_lease, lease_of
from campaigns.ledger import OpenAttempt
from campaigns.model import DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from campaigns.supervisions import SupervisionKind, demand_supervisor, find_talk
from campaigns.tables import agents
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    claim_rows,
    close,
    definition,
    dial_next,
    import_text,
    said,
    started,
)

MINUTE = timedelta(minutes=1)
K = SupervisionKind


@pytest.fixture
def stored(base: Engine) -> StoredCampaign:
    import_text(base, "name;phone\nKari;+4721000001\nOla;+4721000002\n")
    return started(base)


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base, "anna")


@pytest.fixture
def bo(base: Engine, anna: int) -> int:
    return add_agent(base, "bo")


@pytest.fixture
def talk(base: Engine, stored: StoredCampaign, anna: int) -> OpenAttempt:
    """Anna talks to Kari."""
    attempt = dial_next(base, stored)
    chosen(base, attempt, anna)
    return attempt


def chosen(base: Engine, attempt: OpenAttempt, agent_id: int) -> None:
    with writing(base) as connection:
        ledger.note_agent(connection, attempt.id, agent_id)


def ask(base: Engine, kind: K, talk: OpenAttempt, agent: int, by: int | None) -> int:
    with writing(base) as connection:
        return supervisions.ask(
            connection, kind, agent_id=agent, attempt_id=talk.id, supervisor_id=by, now=NOON
        )


def rows(base: Engine):
    with reading(base) as connection:
        return connection.execute(select(table).order_by(table.c.id)).all()


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        ([], False),
        (["volunteer"], False),
        (["operator", "analyst"], False),
        (["supervisor"], True),
        (["operator", "manager"], True),
    ],
)
def test_supervisors_and_managers_may_and_nobody_else(base, anna, roles, may):
    with writing(base) as connection:
        connection.execute(update(agents).where(agents.c.id == anna).values(roles=roles))
        agent = find_agent(connection, "anna")
    if may:
        demand_supervisor(agent)
        return
    with pytest.raises(NotAllowedError, match="neither supervisor nor manager") as refused:
        demand_supervisor(agent)
    assert refused.value.exit_status == 3


def test_a_talk_is_found_by_its_agent_and_by_its_lease(base, stored, talk, anna):
    lease = claim_rows(base)[0].lease
    with reading(base) as connection:
        for word in ("anna", lease):
            found = find_talk(connection, word)
            assert (found.attempt_id, found.agent, found.lease) == (talk.id, "anna", lease)
        with pytest.raises(UsageError, match="no agent and no lease"):
            find_talk(connection, "nobody")
    close(base, stored, talk, Outcome.CONNECTED, agent_id=anna)
    with reading(base) as connection:
        for word in ("anna", lease):
            with pytest.raises(NotAllowedError, match="nobody is on the line"):
                find_talk(connection, word)


def test_help_is_wanted_until_somebody_comes_and_the_newer_words_stand(base, talk, anna, bo):
    for note in ("angry", "wants the manager"):
        with writing(base) as connection:
            supervisions.ask_for_help(
                connection, agent_id=anna, attempt_id=talk.id, note=note, now=NOON
            )
    with reading(base) as connection:
        (wanted,) = supervisions.help_wanted(connection)
        (seen,) = supervisions.floor_document(connection)
    assert (wanted["agent"], wanted["note"]) == ("anna", "wants the manager")
    assert seen["help"]["note"] == "wants the manager"
    with writing(base) as connection:
        supervisions.end_help(connection, anna, by=bo, now=NOON + MINUTE)
        assert supervisions.help_wanted(connection) == []
    assert [(row.supervisor_id, row.ended_at) for row in rows(base)] == [
        (None, NOON),
        (bo, NOON + MINUTE),
    ]


def test_what_is_told_to_a_supervisor_holds_no_card_number(base, talk, anna):
    with writing(base) as connection, pytest.raises(UsageError, match="--note holds what looks"):
        supervisions.ask_for_help(
            connection, agent_id=anna, attempt_id=talk.id, note="4111111111111111", now=NOON
        )
    assert rows(base) == []


@pytest.fixture
def looked_at(base: Engine, stored: StoredCampaign, anna: int) -> tuple[StoredCampaign, Lease]:
    """Anna has Kari's number before her, has not dialled yet, and wants help."""
    manual = started(base, definition("manual", mode="manual"))
    with writing(base) as connection:
        lease = desk.next_person(connection, manual, LAWS, anna, now=NOON)
        assert lease is not None
        supervisions.ask_for_help(
            connection, agent_id=anna, attempt_id=None, note="Kari is my aunt", now=NOON
        )
    return manual, lease


@pytest.mark.parametrize("how", ["expiry", "leaving"])
def test_who_holds_nobody_any_more_wants_no_help(base, looked_at, how):
    manual, _ = looked_at
    with writing(base) as connection:
        assert len(supervisions.help_wanted(connection)) == 1
        if how == "expiry":
            owed.release_expired(connection, manual, now=NOON + desk.LEASE_TIME)
        else:
            leaving.deactivate(connection, find_agent(connection, "anna"), now=NOON)
        assert supervisions.help_wanted(connection) == []


def test_what_was_written_before_there_was_a_call_goes_with_whoever_is_erased(
    base, looked_at, anna, bo
):
    manual, lease = looked_at
    with writing(base) as connection:
        supervisions.ask_for_help(
            connection, agent_id=bo, attempt_id=None, note="they shout", now=NOON
        )
        other = desk.next_person(connection, manual, LAWS, bo, now=NOON)
        assert other is not None
        desk.give_back(connection, manual, lease)
    with writing(base) as connection:
        erase(connection, lease.lead_id, now=NOON)
    assert [(row.agent_id, row.detail) for row in rows(base)] == [(anna, None), (bo, "they shout")]


def test_the_floor_shows_who_is_with_whom_and_who_listens(base, talk, anna, bo):
    row = ask(base, K.LISTEN, talk, anna, bo)
    with writing(base) as connection:
        supervisions.note(connection, row, {"began_at": NOON})
    with reading(base) as connection:
        (seen,) = supervisions.floor_document(connection)
    assert (seen["agent"], seen["person"], seen["campaign"]) == ("anna", "Kari", "spring")
    assert seen["live"] is True
    assert seen["supervisors"] == [{"name": "bo", "kind": "listen", "since": NOON, "detail": None}]


def test_everything_ends_with_the_talk_and_an_end_once_written_stays(base, stored, talk, anna, bo):
    early, late = ask(base, K.LISTEN, talk, anna, bo), ask(base, K.JOIN, talk, anna, bo)
    with writing(base) as connection:
        supervisions.note(connection, early, {"ended_at": NOON + timedelta(seconds=5)})
        supervisions.close_over(connection)
    assert rows(base)[1].ended_at is None, "the talk goes on"
    close(base, stored, talk, Outcome.CONNECTED, agent_id=anna)
    with writing(base) as connection:
        supervisions.close_over(connection)
        supervisions.note(connection, late, {"ended_at": NOON + MINUTE, "detail": "too late"})
    found = rows(base)
    assert [row.ended_at for row in found] == [
        NOON + timedelta(seconds=5),
        attempt_row(base, talk.id).ended_at,
    ]
    assert found[1].detail is None


def test_an_engine_finds_what_had_not_ended(base, talk, anna, bo):
    listening = ask(base, K.LISTEN, talk, anna, bo)
    ask(base, K.HELP, talk, anna, None)
    over = ask(base, K.JOIN, talk, anna, bo)
    with writing(base) as connection:
        supervisions.note(connection, listening, {"channel_id": "rbs-1", "began_at": NOON})
        supervisions.note(connection, over, {"ended_at": NOON})
        (found,) = supervisions.begun(connection, "default")
        assert supervisions.begun(connection, "another") == ()
    assert (found.id, found.kind, found.channel_id) == (listening, K.LISTEN, "rbs-1")


def test_who_takes_a_person_over_has_the_lease_and_gives_the_one_result(
    base, stored, talk, anna, bo
):
    chosen(base, talk, bo)
    with reading(base) as connection:
        assert lease_of(connection, anna) is None
        held = lease_of(connection, bo)
        assert owed.agents_owing_result(connection) == {bo}
    assert held.attempt_id == talk.id
    close(base, stored, talk, Outcome.CONNECTED, agent_id=bo)
    with writing(base) as connection:
        kept = find_lease(connection, held.lease)
        assert kept.agent_id == bo
        record_result(
            connection, stored, talk.id, said(stored, DispositionKind.COMPLETED), now=NOON + MINUTE
        )
    assert attempt_row(base, talk.id).agent_id == bo
    assert claim_rows(base) == []


def test_who_was_moved_on_does_not_stand_in_the_agents_way_once_the_result_is_given(
    base, stored, talk, anna
):
    with writing(base) as connection:
        ledger.let_go(connection, talk.id)
    assert claim_rows(base)[0].agent_id == anna, "the result is owed yet"
    with writing(base) as connection:
        record_result(
            connection, stored, talk.id, said(stored, DispositionKind.COMPLETED), now=NOON
        )
        ledger.let_go(connection, talk.id)
        assert lease_of(connection, anna) is None
    second = dial_next(base, stored)
    chosen(base, second, anna)
    with reading(base) as connection:
        assert lease_of(connection, anna).attempt_id == second.id
    close(base, stored, talk, Outcome.CONNECTED, agent_id=anna)
    assert [row.attempt_id for row in claim_rows(base)] == [second.id]
    with writing(base) as connection:
        release(connection, claim_rows(base)[0].id)
