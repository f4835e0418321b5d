"""Who waits hears of it when there is news: engines, commands, and agents without anybody."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Connection, Engine, event, text

from campaigns import desk as desk_rules
from campaigns.agents import find_agent
from campaigns.model import AgentState, CampaignState
from dialer import asking, desk, floor, store
from dialer.agent import AgentEvent
from dialer.asking import NoEngineError, RefusedError, wait_for_answer
from dialer.bell import Bell
from dialer.desk import Desk
from dialer.floor import Floor
from dialer.store import RequestKind
from leads.db import reading, writing
from leads.notices import EVERYBODY, Listener, Subject, in_campaign, notify, to_agent
from leads.site import Site
from tests.db.desks import Noon, settings_of_tests
from tests.db.people import (
    NOON,
    add_agent,
    create,
    definition,
    import_people,
    phone,
    put,
    started,
)
from tests.waiting import until

LONG_S = 20.0
"""What nobody waits for whom a notice reaches."""

SOON_S = LONG_S / 2
"""Far below what `nobody_looks` leaves between two looks, on a busy machine too."""


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where notices are heard nobody looks without one."""
    monkeypatch.setattr(asking, "LOOK_ANYWAY_S", LONG_S)
    monkeypatch.setattr(desk, "LOOK_ANYWAY_S", LONG_S)


@pytest.fixture
def site(base: Engine) -> Site:
    return Noon(config_file=Path("none"), opener=lambda: base, settings=settings_of_tests)


@pytest.fixture
def only_postgresql(database: str) -> None:
    if database != "postgresql":
        pytest.skip("SQLite has no notices")


@contextmanager
def meanwhile(work: Callable[[], object], *, after_s: float = 0.3) -> Iterator[None]:
    """Have something done a moment later, by somebody else."""

    def later() -> None:
        time.sleep(after_s)
        work()

    thread = Thread(target=later)
    thread.start()
    try:
        yield
    finally:
        thread.join(timeout=10)


@contextmanager
def counted(base: Engine, words: str) -> Iterator[list[str]]:
    """Collect the statements that hold some words."""
    seen: list[str] = []

    def note(_c: Connection, _cursor: object, statement: str, *_: object) -> None:
        if words in statement:
            seen.append(statement)

    event.listen(base, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(base, "before_cursor_execute", note)


def write(base: Engine, *says: str, keep: bool = True) -> None:
    with writing(base) as connection:
        for one in says:
            notify(connection, Subject.PEOPLE, one)
        if not keep:
            connection.rollback()


def listening(base: Engine, *meant: str) -> Listener:
    return Listener(base, Subject.PEOPLE, meant.__contains__)


def kill_listeners(base: Engine) -> int:
    """End the server's side of every connection that listens, and wait until it is gone."""
    theirs = "FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND pid <> pg_backend_pid()"
    with writing(base) as connection:
        found = connection.execute(text(f"SELECT pg_terminate_backend(pid) {theirs}")).all()
    with base.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        until(lambda: connection.scalar(text(f"SELECT count(*) {theirs}")) == 0)
    return len(found)


# Notices


@pytest.mark.usefixtures("only_postgresql")
def test_a_notice_comes_with_the_news_and_not_without(base: Engine):
    with listening(base, "a") as listener:
        write(base, "a", keep=False)
        assert not listener.wait(0.2, else_every_s=LONG_S), "it was rolled back"
        with writing(base) as connection:
            notify(connection, Subject.PEOPLE, "a")
            assert not listener.wait(0.2, else_every_s=LONG_S), "it is not committed"
        assert listener.wait(LONG_S, else_every_s=LONG_S)
        assert not listener.wait(0.2, else_every_s=LONG_S), "one notice wakes once"


@pytest.mark.usefixtures("only_postgresql")
def test_a_notice_for_others_wakes_nobody(base: Engine):
    with listening(base, "a", "c") as listener:
        write(base, "b", "")
        with writing(base) as connection:
            notify(connection, Subject.ANSWERS, "a")
        assert not listener.wait(0.2, else_every_s=LONG_S)
        write(base, "b", "c", "b")
        assert listener.wait(LONG_S, else_every_s=LONG_S)


@pytest.mark.usefixtures("only_postgresql")
def test_a_listener_that_was_cut_off_looks_and_listens_again(base: Engine):
    with listening(base, "a") as listener:
        assert listener.hears
        assert kill_listeners(base) == 1
        assert not listener.wait(LONG_S, else_every_s=LONG_S)
        assert not listener.hears
        write(base, "a")  # nobody hears this one
        until(lambda: listener.wait(0.1, else_every_s=0.1), timeout_s=10)
        assert listener.hears
        write(base, "a")
        assert listener.wait(LONG_S, else_every_s=LONG_S)


def test_without_notices_a_listener_comes_back_to_look(base: Engine, database: str):
    if database == "postgresql":
        pytest.skip("there are notices")
    with listening(base, "a") as listener:
        write(base, "a")
        assert not listener.hears
        began = time.monotonic()
        assert not listener.wait(LONG_S, else_every_s=0.05)
        assert time.monotonic() - began < LONG_S / 2


# Requests and answers


def ask(base: Engine, engine: str = "default") -> int:
    with writing(base) as connection:
        return store.ask(connection, engine, RequestKind.READY, now=NOON)


@pytest.mark.usefixtures("only_postgresql")
def test_the_bell_rings_for_its_own_engine(base: Engine):
    woken: list[str] = []
    bell = Bell(base, "default", wake=lambda: woken.append("by the bell"))
    assert bell.look_every_s < 1, "as long as nothing is heard it is looked often"
    bell.hang()
    try:
        until(lambda: bell.look_every_s > 1)
        until(lambda: len(woken) == 1)  # what was asked before is looked for at once
        assert bell.rang()
        ask(base, "another")
        time.sleep(0.3)
        assert not bell.rang()
        ask(base)
        until(lambda: len(woken) == 2)  # it rings first, and wakes then
        assert bell.rang()
        assert not bell.rang()
    finally:
        bell.take_down()
    ask(base)
    time.sleep(0.2)
    assert not bell.rang()


def test_the_bell_of_a_base_without_notices_does_not_ring(base: Engine, database: str):
    if database == "postgresql":
        pytest.skip("it rings")
    bell = Bell(base, "default", wake=lambda: pytest.fail("woken"))
    bell.hang()
    ask(base)
    assert not bell.rang()
    assert bell.look_every_s < 1
    bell.take_down()


@pytest.mark.usefixtures("nobody_looks")
def test_an_answer_is_heard_at_once_and_hardly_looked_for(base: Engine, site: Site, database: str):
    request = ask(base)

    def answer() -> None:
        with writing(base) as connection:
            store.answer(connection, request, None, now=NOON)

    with counted(base, "FROM requests") as looks, meanwhile(answer, after_s=0.6):
        began = time.monotonic()
        wait_for_answer(site, request, within=timedelta(seconds=LONG_S))
        took_s = time.monotonic() - began
    assert took_s < SOON_S
    assert len(looks) <= 2 if database == "postgresql" else len(looks) > 2


def test_a_refusal_and_a_silence_are_told(base: Engine, site: Site):
    refused, left = ask(base), ask(base)
    with writing(base) as connection:
        store.answer(connection, refused, "she talks", now=NOON)
    with pytest.raises(RefusedError, match="she talks"):
        wait_for_answer(site, refused, within=timedelta(seconds=LONG_S))
    with pytest.raises(NoEngineError, match="did not answer in time"):
        wait_for_answer(site, left, within=timedelta(seconds=0.3))


# Agents who wait for somebody


def let_go_of(base: Engine, campaign: str, agent: str) -> Callable[[], None]:
    """Return what puts the person of an agent back."""

    def release() -> None:
        with writing(base) as connection:
            stored = desk_rules.load_id(connection, campaign_id_of(base, campaign))
            who = find_agent(connection, agent)
            held = desk_rules.lease_of(connection, who.id)
            assert held is not None
            desk_rules.give_back(connection, stored, held)

    return release


def campaign_id_of(base: Engine, name: str) -> int:
    from campaigns.store import load

    with reading(base) as connection:
        return int(load(connection, name).id)


@pytest.mark.usefixtures("nobody_looks")
def test_next_waits_until_another_agent_lets_somebody_go(base: Engine, site: Site, database: str):
    import_people(base, [("Åse", phone(1))])
    started(base, definition(mode="manual"))
    add_agent(base, "anna")
    add_agent(base, "bo")
    desk = Desk(site)
    assert desk.next("spring", "bo")["lease"] is not None
    assert desk.next("spring", "anna")["lease"] is None
    with counted(base, "FROM claims") as looks:
        began = time.monotonic()
        assert desk.next("spring", "anna", wait_s=0.25)["lease"] is None
        assert 0.25 <= time.monotonic() - began < LONG_S
    assert looks
    with meanwhile(let_go_of(base, "spring", "bo"), after_s=0.5):
        began = time.monotonic()
        document = desk.next("spring", "anna", wait_s=LONG_S)
        took_s = time.monotonic() - began
    assert document["lead"]["name"] == "Åse"
    assert took_s < SOON_S


@pytest.mark.usefixtures("only_postgresql")
def test_an_agent_who_waits_hardly_looks(base: Engine, site: Site):
    import_people(base, [("Åse", phone(1))])
    started(base, definition())  # an engine brings them somebody, and none runs
    add_agent(base, "anna")
    with counted(base, "FOR NO KEY UPDATE") as looks:
        assert Desk(site).next("spring", "anna", wait_s=1.0)["lease"] is None
    assert 2 <= len(looks) <= 3, "at first, when it listens, and at the end"


@pytest.mark.usefixtures("only_postgresql")
def test_an_agent_whose_state_changes_is_told(base: Engine):
    agent_id = add_agent(base)
    add_agent(base, "bo")
    with reading(base) as connection:
        agents = Floor(map(floor.as_agent, (find_agent(connection, n) for n in ("anna", "bo"))))
    agents.tell(agent_id, AgentEvent.LOGIN, now=NOON)
    assert agents.agents[agent_id].state is not AgentState.OUT
    with (
        listening(base, to_agent(agent_id)) as hers,
        listening(base, to_agent(agent_id + 1)) as his,
    ):
        with writing(base) as connection:
            floor.write(connection, "default", agents.take_changed())
        assert hers.wait(LONG_S, else_every_s=LONG_S)
        assert not his.wait(0.2, else_every_s=LONG_S)


@pytest.mark.usefixtures("only_postgresql")
def test_what_brings_people_back_is_told(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = create(base, definition(mode="manual"))
    with listening(base, in_campaign(int(stored.id))) as listener:
        put(base, stored, CampaignState.RUNNING)
        assert listener.wait(LONG_S, else_every_s=LONG_S)
    with listening(base, EVERYBODY) as listener:
        import_people(base, [("Kari", phone(3))])
        assert listener.wait(LONG_S, else_every_s=LONG_S)
