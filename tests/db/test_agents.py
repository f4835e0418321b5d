"""Agents in the base: their tokens, their roles, and what they leave behind when they go."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select, update

from campaigns import agents as agent_store
from campaigns import desk, drafts, leases, leaving, ledger
from campaigns.agents import AgentRow, agent_of_token, any_agent, find_agent, list_agents
from campaigns.desk_tables import agent_states, tasks
from campaigns.model import AgentState, DispositionKind, LeadState, Outcome, Role
from campaigns.results import Words
from campaigns.store import StoredCampaign
from campaigns.tables import agents, answers, attempts, campaign_leads
from campaigns.tokens import hash_of, token_of
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
    enrolled,
    import_people,
    minutes,
    phone,
    said,
    started,
)

TOKEN = token_of(b"ten bytes!")


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base, "anna")


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A manual campaign that runs, with Åse on its list."""
    import_people(base, [("Åse", phone(1))])
    return started(base, definition(mode="manual"))


def agent(base: Engine, name: str = "anna") -> AgentRow:
    with reading(base) as connection:
        return any_agent(connection, name)


def take(base: Engine, stored: StoredCampaign, agent_id: int) -> leases.Lease:
    with writing(base) as connection:
        lease = desk.next_person(connection, stored, LAWS, agent_id, now=NOON)
    assert lease is not None
    return lease


def leave(base: Engine, name: str = "anna") -> None:
    with writing(base) as connection:
        leaving.deactivate(connection, find_agent(connection, name), now=NOON + minutes(5))


# Who they are


def test_an_agent_is_a_volunteer_without_a_telephone_unless_told_otherwise(base: Engine):
    with writing(base) as connection:
        agent_store.add_agent(connection, "bo", now=NOON)
        agent_store.add_agent(
            connection, "cleo", "PJSIP/cleo", roles={Role.SUPERVISOR, Role.OPERATOR},
            skills={"loans"}, languages={"nb", "tr"}, now=NOON,
        )  # fmt: skip
    bo, cleo = agent(base, "bo"), agent(base, "cleo")
    assert (bo.phone, bo.roles, bo.skills, bo.languages) == (None, {Role.VOLUNTEER}, set(), set())
    assert (cleo.phone, cleo.roles) == ("PJSIP/cleo", {Role.SUPERVISOR, Role.OPERATOR})
    assert (cleo.skills, cleo.languages) == ({"loans"}, {"nb", "tr"})


def test_what_is_changed_replaces_what_was_and_leaves_the_rest(base: Engine, anna: int):
    with writing(base) as connection:
        agent_store.change_agent(connection, anna, languages={"uk"}, roles={Role.ANALYST})
    assert (agent(base).languages, agent(base).roles) == ({"uk"}, {Role.ANALYST})
    assert agent(base).phone == "+4721000099"


def test_a_token_finds_its_agent_and_nobody_else(base: Engine, anna: int):
    add_agent(base, "bo")
    with writing(base) as connection:
        agent_store.change_agent(connection, anna, token_hash=hash_of(TOKEN))
    with reading(base) as connection:
        found = agent_of_token(connection, TOKEN.lower().replace("-", " "))
        assert found is not None
        assert (found.name, found.has_token) == ("anna", True)
        assert agent_of_token(connection, token_of(b"others ten")) is None
        assert agent_of_token(connection, "") is None
        kept = connection.scalars(select(agents.c.token_hash)).all()
    assert TOKEN not in kept
    assert TOKEN.replace("-", "") not in kept


@pytest.mark.parametrize(
    ("roles", "token", "there"),
    [
        ({Role.MANAGER}, TOKEN, True),
        ({Role.MANAGER}, None, False),
        ({Role.SUPERVISOR}, TOKEN, False),
    ],
)
def test_a_manager_counts_who_can_prove_who_they_are(
    base: Engine, anna: int, roles: set[Role], token: str | None, there: bool
):
    with writing(base) as connection:
        kept = token and hash_of(token)
        agent_store.change_agent(connection, anna, roles=roles, token_hash=kept)
    with reading(base) as connection:
        assert agent_store.has_manager(connection) is there


# Leaving


def test_who_has_gone_is_found_no_more_and_can_come_back(base: Engine, anna: int):
    with writing(base) as connection:
        agent_store.change_agent(connection, anna, token_hash=hash_of(TOKEN))
    leave(base)
    with reading(base) as connection:
        assert list_agents(connection) == ()
        assert [one.name for one in list_agents(connection, inactive=True)] == ["anna"]
        assert agent_of_token(connection, TOKEN) is None
        with pytest.raises(UsageError, match="does not work here any more; bring them back with"):
            find_agent(connection, "anna")
    with writing(base) as connection:
        with pytest.raises(UsageError, match="worked here before; bring them back with: ringb"):
            agent_store.add_agent(connection, "anna", now=NOON)
        leaving.activate(connection, any_agent(connection, "anna"))
        assert find_agent(connection, "anna").id == anna
        assert agent_of_token(connection, TOKEN) is None, "whoever comes back gets a new one"


def test_a_person_who_was_not_called_goes_back_into_the_work(
    base: Engine, spring: StoredCampaign, anna: int
):
    lease = take(base, spring, anna)
    leave(base)
    assert claim_rows(base) == []
    person = enrolled(base, spring)["Åse"]
    assert (person.state, person.attempts) == (LeadState.NEW, 0)
    assert take(base, spring, add_agent(base, "bo")).lead_id == lease.lead_id


def test_an_owed_result_ends_as_when_its_time_runs_out(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    talk = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, talk.id, anna)
    close(base, stored, talk, Outcome.CONNECTED, agent_id=anna, talk_s=9.0)
    assert len(claim_rows(base)) == 1, "the result is owed"
    leave(base)
    assert claim_rows(base) == []
    kept = attempt_row(base, talk.id)
    assert (kept.agent_id, kept.outcome, kept.disposition) == (anna, "connected", None)
    assert enrolled(base, stored)["Åse"].state != LeadState.IN_CALL


def test_the_answers_of_an_owed_result_are_kept(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    asked = '[[questions]]\nkey = "why"\ntext = "Why?"\ntype = "text"'
    stored = started(base, definition(asked=asked))
    talk = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, talk.id, anna)
    close(base, stored, talk, Outcome.CONNECTED, agent_id=anna, talk_s=9.0)
    lease = attempt_row(base, talk.id).lease
    words = drafts.typed(Words(answers=("why=cheaper",), note="glad"))
    with writing(base) as connection:
        drafts.keep(
            connection, lease, words, agent_id=anna, campaign_id=stored.id, lead_id=talk.lead_id,
            now=NOON,
        )  # fmt: skip
    leave(base)
    with reading(base) as connection:
        (kept,) = connection.execute(select(answers)).all()
        assert drafts.find(connection, lease).words["note"] == "glad"
    assert (kept.attempt_id, kept.question, kept.answer) == (talk.id, "why", "cheaper")


def test_nobody_leaves_in_the_middle_of_a_call(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    talk = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, talk.id, anna)
    with pytest.raises(NotAllowedError, match=r"anna is in a call .* that has no end yet; let it"):
        leave(base)
    assert agent(base).active
    assert len(claim_rows(base)) == 1


def test_callbacks_and_open_tasks_of_theirs_become_anybodys(
    base: Engine, spring: StoredCampaign, anna: int
):
    lease = take(base, spring, anna)
    promise = said(
        spring, DispositionKind.CALLBACK, callback_at=NOON + timedelta(days=1), own_callback=True
    )
    with writing(base) as connection:
        desk.give_result(connection, spring, lease, promise, now=NOON)
        for done_at in (None, NOON):
            connection.execute(
                insert(tasks).values(
                    {"class": "complaint", "priority": 1, "text": "no technician", "owner_id": anna,
                     "created_at": NOON, "created_by": "anna", "done_at": done_at}
                )
            )  # fmt: skip
    assert enrolled(base, spring)["Åse"].owner_id == anna
    leave(base)
    promised = enrolled(base, spring)["Åse"]
    assert (promised.state, promised.owner_id, promised.owner_until) == ("callback", None, None)
    assert promised.next_call_at == NOON + timedelta(days=1)
    with reading(base) as connection:
        assert connection.scalar(select(attempts.c.agent_id)) == anna
        owners = connection.scalars(select(tasks.c.owner_id).order_by(tasks.c.id)).all()
    assert owners == [None, anna], "what was done keeps its name"


def test_another_agents_callbacks_stay_theirs(base: Engine, spring: StoredCampaign, anna: int):
    bo = add_agent(base, "bo")
    with writing(base) as connection:
        connection.execute(update(campaign_leads).values(owner_id=bo, owner_until=NOON))
    leave(base)
    assert enrolled(base, spring)["Åse"].owner_id == bo


def test_an_agent_whom_a_dead_engine_left_in_is_out_from_then_on(base: Engine, anna: int):
    with writing(base) as connection:
        connection.execute(
            update(agents).values(state="paused", pause="lunch", engine="default", channel_id="x")
        )
    leave(base)
    gone = agent(base)
    assert (gone.state, gone.since) == (AgentState.OUT, NOON + minutes(5))
    assert (gone.pause, gone.engine, gone.channel_id) == (None, None, None)
    with reading(base) as connection:
        (row,) = connection.execute(select(agent_states)).all()
    assert (row.agent_id, row.state, row.since) == (anna, "out", NOON + minutes(5))


def test_who_asked_just_before_they_left_gets_nobody(
    base: Engine, spring: StoredCampaign, anna: int
):
    leave(base)
    with writing(base) as connection, pytest.raises(UsageError, match="does not work here any mo"):
        desk.next_person(connection, spring, LAWS, anna, now=NOON)
    assert claim_rows(base) == []
