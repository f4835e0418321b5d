"""A connection that is lost at each moment of a transaction: what is kept, and what is told."""

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, func, insert, select, text

from campaigns.tables import claims
from dialer import lost
from dialer.asking import ask_engine
from dialer.desk import Desk
from dialer.store import RequestKind
from dialer.tables import requests
from leads.again import again_if_lost
from leads.console import Console
from leads.db import reading, writing
from leads.errors import DatabaseError, DoubtfulError, LostError
from leads.site import Site
from leads.sql import add_rows
from leads.tables import accesses, numbers
from tests.db.cutting import (
    administering,
    cut,
    cut_after_it_is_kept,
    cut_before_it_is_kept,
)
from tests.db.desks import Noon, settings_of_tests
from tests.db.engines import sign_on
from tests.db.people import NOON, add_agent, definition, import_people, phone, started

ROW = {"at": NOON, "who": "anna", "action": "show", "people": 1, "detail": {}}


@pytest.fixture(params=["postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """SQLite has no connections that somebody else could end."""
    return request.param


@pytest.fixture
def site(base: Engine) -> Site:
    return Noon(config_file=Path("none"), opener=lambda: base, settings=settings_of_tests)


Moment = Callable[[Engine], "contextmanager[Event]"]
in_a_commit = pytest.mark.parametrize(
    ("moment", "is_kept"), [(cut_before_it_is_kept, False), (cut_after_it_is_kept, True)]
)


def how_many(base: Engine, table: object) -> int:
    with reading(base) as connection:
        return connection.scalar(select(func.count()).select_from(table))


# Transactions


def test_between_two_transactions_nobody_notices(base: Engine) -> None:
    assert how_many(base, accesses) == 0
    cut(base)
    assert how_many(base, accesses) == 0
    cut(base)
    with writing(base) as connection:
        connection.execute(insert(accesses).values(ROW))
    assert how_many(base, accesses) == 1


def test_what_is_read_is_read_again(base: Engine) -> None:
    tries = []

    def count() -> int:
        with reading(base) as connection:
            tries.append(connection.scalar(select(func.count()).select_from(accesses)))
            if len(tries) == 1:
                cut(base)
            return connection.scalar(select(func.count()).select_from(accesses))

    with pytest.raises(LostError, match="is not recorded, try again"):
        count()
    tries.clear()
    assert again_if_lost(count) == 0
    assert len(tries) == 2


@pytest.mark.parametrize("when", ["before the first statement", "between two", "in a copy"])
def test_before_the_commit_nothing_is_kept(base: Engine, when: str) -> None:
    with pytest.raises(LostError, match="is not recorded, try again"), writing(base) as connection:  # noqa: PT012
        if when != "before the first statement":
            connection.execute(insert(accesses).values(ROW))
        cut(base)
        if when == "in a copy":
            row = (4721000000, "mobile", "NO", "[]")
            add_rows(connection, numbers, ("id", "kind", "region", "zones"), [row])
        else:
            connection.execute(insert(accesses).values(ROW))
    assert how_many(base, accesses) == 0
    assert how_many(base, numbers) == 0


@in_a_commit
def test_in_the_commit_nobody_knows(base: Engine, moment: Moment, is_kept: bool) -> None:
    with moment(base) as was_cut:
        with (
            pytest.raises(DoubtfulError, match="it may have been recorded, look before"),
            writing(base) as connection,
        ):
            connection.execute(insert(accesses).values(ROW))
        assert was_cut.wait(10)
    assert how_many(base, accesses) == is_kept


def test_a_commit_that_is_refused_is_no_doubt(base: Engine) -> None:
    with administering(base) as admin:
        admin.execute(
            text(
                "ALTER TABLE accesses ADD CONSTRAINT once UNIQUE (who) DEFERRABLE INITIALLY DEFERRED"
            )
        )
    with pytest.raises(Exception, match="once") as told, writing(base) as connection:
        connection.execute(insert(accesses), [ROW, ROW])
    assert not isinstance(told.value, DatabaseError)
    assert how_many(base, accesses) == 0


# Commands


@in_a_commit
def test_next_gives_the_same_person_whatever_became_of_its_commit(
    base: Engine, site: Site, moment: Moment, is_kept: bool
) -> None:
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    started(base, definition(mode="manual"))
    add_agent(base)
    desk = Desk(site)
    with moment(base) as was_cut:
        document = desk.next("spring", "anna")
        assert was_cut.wait(10)
    assert document["lease"] is not None
    assert desk.next("spring", "anna")["lease"] == document["lease"]
    assert how_many(base, claims) == 1
    # Whoever was shown is told of each time, the one whose showing nobody saw included.
    assert how_many(base, accesses) == 2 + is_kept


def test_a_request_that_was_lost_in_its_commit_is_not_made_twice(base: Engine, site: Site) -> None:
    sign_on(base, now=site.now())
    agent_id = add_agent(base)
    with cut_after_it_is_kept(base), pytest.raises(DoubtfulError):
        ask_engine(site, RequestKind.READY, agent_id=agent_id)
    assert how_many(base, requests) == 1


@pytest.mark.parametrize("command", ["agents ready", "result", "leads import", "db upgrade"])
def test_whoever_gave_a_command_is_told_where_to_look(base: Engine, command: str) -> None:
    def work() -> None:
        with writing(base) as connection:
            connection.execute(insert(accesses).values(ROW))

    with (
        cut_after_it_is_kept(base),
        pytest.raises(
            DoubtfulError, match=f"before you do it again, with: {lost.look_after(command)}"
        ),
    ):
        lost.given(command, console(base), work)
    assert how_many(base, accesses) == 1, "and it was not done again"


def test_a_loss_after_something_was_kept_is_not_told_as_if_nothing_were(base: Engine) -> None:
    def work() -> None:
        with writing(base) as connection:
            connection.execute(insert(accesses).values(ROW))
        with reading(base) as connection:  # only to show what has become of it
            connection.scalar(select(1))
            cut(base)
            connection.scalar(select(1))

    with pytest.raises(DatabaseError) as told:
        lost.given("agents activate", console(base), work)
    assert "is not recorded" not in str(told.value)
    assert "before you do it again, with: ringbank agents list" in str(told.value)
    assert how_many(base, accesses) == 1


def test_a_loss_before_anything_was_kept_is_told_as_one(base: Engine) -> None:
    def work() -> None:
        with writing(base) as connection:
            connection.execute(insert(accesses).values(ROW))
            cut(base)
            connection.scalar(select(1))

    with pytest.raises(LostError, match="is not recorded, try again"):
        lost.given("agents activate", console(base), work)
    assert how_many(base, accesses) == 0


@pytest.mark.parametrize("printed", [False, True])
def test_a_command_that_reads_begins_again_unless_it_has_printed(
    base: Engine, capsys: pytest.CaptureFixture[str], printed: bool
) -> None:
    here, tries = console(base), []

    def work() -> None:
        with reading(base) as connection:
            tries.append(connection.scalar(select(1)))
            if printed:
                here.line("half of it")
            if len(tries) == 1:
                cut(base)
            connection.scalar(select(1))
        here.line("all of it")

    if printed:
        with pytest.raises(DatabaseError, match="was lost"):
            lost.given("status", here, work)
        assert capsys.readouterr().out == "half of it\n"
    else:
        lost.given("status", here, work)
        assert capsys.readouterr().out == "all of it\n"
    assert len(tries) == 2 - printed


def console(base: Engine) -> Console:
    return Console(
        json=False, config_file=Path("none"), opener=lambda: base, settings=settings_of_tests
    )
