"""Engines, what is asked of them, and their agents, as a base holds them."""

from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import Engine

from campaigns import agents as agent_store
from campaigns.agents import find_agent, list_agents
from campaigns.model import AgentState
from dialer import floor, store
from dialer.agent import Agent, AgentEvent
from dialer.floor import Floor
from dialer.store import HEARTBEAT_LIMIT, EngineRow, EngineTakenError, RequestKind
from leads.db import reading, writing
from leads.errors import UsageError
from tests.db.engines import sign_on
from tests.db.people import NOON, add_agent, minutes


def row(base: Engine, name: str = "default") -> EngineRow:
    with reading(base) as connection:
        found = store.engine_row(connection, name)
    assert found is not None
    return found


def beat(base: Engine, token: str, now: datetime, **report: object) -> None:
    with writing(base) as connection:
        store.beat(connection, name="default", token=token, report=report, now=now)


# Engines


def test_an_engine_that_signed_on_is_known(base: Engine):
    with reading(base) as connection:
        assert store.engine_row(connection, "default") is None
    sign_on(base, clock_offset=timedelta(hours=-3.5))
    assert row(base) == EngineRow(
        name="default",
        token="one",
        host="elsewhere",
        pid=17,
        started_at=NOON,
        heartbeat_at=NOON,
        stopped_at=None,
        clock_offset=timedelta(hours=-3.5),
        report={},
    )
    sign_on(base, name="backup")
    with reading(base) as connection:
        assert [engine.name for engine in store.engine_rows(connection)] == ["backup", "default"]


def test_an_engine_lives_while_its_heart_beats(base: Engine):
    sign_on(base)
    assert row(base).lives(NOON + HEARTBEAT_LIMIT - timedelta(seconds=0.1))
    assert not row(base).lives(NOON + HEARTBEAT_LIMIT)
    beat(base, "one", NOON + minutes(1), limits={"spring": "no agent is ready"})
    assert row(base).lives(NOON + minutes(1) + HEARTBEAT_LIMIT / 2)
    assert row(base).report == {"limits": {"spring": "no agent is ready"}}
    assert row(base).started_at == NOON


def test_an_engine_that_signed_off_is_gone_at_once(base: Engine):
    sign_on(base)
    with writing(base) as connection:
        store.sign_off(connection, name="default", token="one", now=NOON + minutes(1))
    assert row(base).stopped_at == NOON + minutes(1)
    assert not row(base).lives(NOON)
    sign_on(base, "two", now=NOON + minutes(2))
    assert row(base).lives(NOON + minutes(2))


def test_the_engine_before_notices_that_its_name_was_taken(base: Engine):
    sign_on(base)
    sign_on(base, "two", now=NOON + minutes(1))
    with pytest.raises(EngineTakenError, match=r"the name 'default'; give each .* engine\.name$"):
        beat(base, "one", NOON + minutes(2))
    with writing(base) as connection:
        store.sign_off(connection, name="default", token="one", now=NOON + minutes(2))
    assert (row(base).token, row(base).stopped_at) == ("two", None)
    assert row(base).heartbeat_at == NOON + minutes(1)
    beat(base, "two", NOON + minutes(3))


# Requests


def ask(base: Engine, kind: RequestKind, engine: str = "default", **whom: int) -> int:
    with writing(base) as connection:
        return store.ask(connection, engine, kind, now=NOON, **whom)


def answer_to(base: Engine, request: int) -> tuple[bool, str | None]:
    with reading(base) as connection:
        answer = store.answer_to(connection, request)
    assert not answer.by_rule
    return answer.done, answer.why_not


def asked(base: Engine, engine: str = "default") -> list[int]:
    with reading(base) as connection:
        return [request.id for request in store.asked(connection, engine)]


def test_a_request_waits_for_its_answer(base: Engine):
    anna = add_agent(base)
    first, second = ask(base, RequestKind.LOGIN, agent_id=anna), ask(base, RequestKind.READY)
    other = ask(base, RequestKind.PAUSE, "backup", agent_id=anna)
    with reading(base) as connection:
        (request, _) = store.asked(connection, "default")
    assert (request.id, request.kind, request.agent_id) == (first, RequestKind.LOGIN, anna)
    assert request.attempt_id is None
    assert asked(base) == [first, second]
    assert asked(base, "backup") == [other]
    assert answer_to(base, first) == (False, None)
    with writing(base) as connection:
        store.answer(connection, first, None, now=NOON)
        store.answer(connection, second, "anna is not logged in", now=NOON)
    assert answer_to(base, first) == (True, None)
    assert answer_to(base, second) == (True, "anna is not logged in")
    assert (asked(base), asked(base, "backup")) == ([], [other])


def test_what_was_asked_of_the_process_before_is_answered_at_sign_on(base: Engine):
    sign_on(base)
    done, stale = ask(base, RequestKind.LOGIN), ask(base, RequestKind.READY)
    other = ask(base, RequestKind.READY, "backup")
    with writing(base) as connection:
        store.answer(connection, done, None, now=NOON)
    sign_on(base, "two", now=NOON + minutes(1))
    assert asked(base) == []
    assert answer_to(base, done) == (True, None)
    answered, why_not = answer_to(base, stale)
    assert answered
    assert why_not is not None
    assert "ask once more" in why_not
    assert asked(base, "backup") == [other]


# Agents


def test_agents_are_added_once_and_found_by_name(base: Engine):
    with writing(base) as connection:
        for name in ("bo", "anna"):
            agent_store.add_agent(connection, name, "+4721000099", now=NOON)
        with pytest.raises(UsageError, match="an agent 'bo' exists already; choose another name"):
            agent_store.add_agent(connection, "bo", "+4721000098", now=NOON)
    with reading(base) as connection:
        anna, bo = list_agents(connection)
        assert find_agent(connection, "bo") == bo
        with pytest.raises(UsageError, match="there is no agent 'cleo'; see: ringbank agents list"):
            find_agent(connection, "cleo")
    assert (anna.name, bo.name, bo.phone) == ("anna", "bo", "+4721000099")
    assert (bo.state, bo.since, bo.engine, bo.channel_id) == (AgentState.OUT, NOON, None, None)


def known(base: Engine, name: str = "anna") -> Agent:
    with reading(base) as connection:
        return floor.as_agent(find_agent(connection, name))


def write(base: Engine, kept: Floor, engine: str = "default") -> None:
    with writing(base) as connection:
        floor.write(connection, engine, kept.take_changed())


def of_engine(base: Engine, engine: str = "default") -> tuple[Agent, ...]:
    with reading(base) as connection:
        return floor.agents_of(connection, engine)


def test_an_agent_who_is_in_is_found_again_by_the_next_process(base: Engine):
    add_agent(base)
    agent = known(base)
    kept = Floor()
    kept.take_in(agent)
    kept.tell(agent.agent_id, AgentEvent.LOGIN, now=NOON)
    kept.set_line(agent.agent_id, "line-1")
    kept.tell(agent.agent_id, AgentEvent.LINE_UP, now=NOON + minutes(1))
    kept.tell(agent.agent_id, AgentEvent.READY, now=NOON + minutes(2))
    write(base, kept)
    (found,) = of_engine(base)
    assert found == kept.agents[agent.agent_id]
    assert (found.state, found.since) == (AgentState.READY, NOON + minutes(2))
    assert found.channel_id == "line-1"
    assert of_engine(base, "backup") == ()
    again = Floor(of_engine(base))
    assert again.ready() == found
    assert again.of_line("line-1") == found
    assert not again.take_changed()


def test_an_agent_who_is_out_belongs_to_no_engine(base: Engine):
    agent_id = add_agent(base)
    kept = Floor([known(base)])
    for event in (AgentEvent.LOGIN, AgentEvent.LINE_UP, AgentEvent.LOGOUT):
        kept.set_line(agent_id, "line-1")
        kept.tell(agent_id, event, now=NOON + minutes(5))
        write(base, kept)
    assert of_engine(base) == ()
    with reading(base) as connection:
        anna = find_agent(connection, "anna")
    assert (anna.state, anna.engine, anna.channel_id) == (AgentState.OUT, None, None)
    assert anna.since == NOON + minutes(5)


def test_two_processes_that_sign_on_at_once_leave_one_owner(base: Engine):
    sign_on(base, "zero")
    threads = [
        Thread(target=sign_on, args=(base, token), kwargs={"now": NOON + minutes(1)}, daemon=True)
        for token in ("one", "two")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    owner = row(base).token
    beat(base, owner, NOON + minutes(2))
    (loser,) = {"one", "two"} - {owner}
    with pytest.raises(EngineTakenError):
        beat(base, loser, NOON + minutes(2))
