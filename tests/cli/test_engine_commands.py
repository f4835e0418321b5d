"""``ringbank engines`` and what ``status`` tells of several engines, at the command line."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from campaigns.call_tables import inbound_contacts
from dialer.tables import engines
from leads.db import connect, writing
from tests.cli.conftest import Say
from tests.db.engines import sign_on

Facts = Callable[..., Any]
ELSEWHERE = timedelta(hours=1)


@pytest.fixture
def base(office: Path) -> Iterator[Engine]:
    """The office's base, in which engines of other machines have shown themselves."""
    opened = connect(f"sqlite:///{office / 'ringbank.db'}")
    now = datetime.now(UTC)
    sign_on(opened, name="bergen", now=now)
    sign_on(opened, name="oslo", now=now - ELSEWHERE)
    yield opened
    opened.dispose()


def test_engines_are_listed_with_what_each_left(office: Path, base: Engine, facts: Facts) -> None:
    found = {one["name"]: one for one in facts("engines list")}
    assert (found["bergen"]["state"], found["oslo"]["state"]) == ("runs", "gone")
    assert {one["calls_open"] for one in found.values()} == {0}
    with writing(base) as connection:
        connection.execute(
            update(engines).where(engines.c.name == "bergen").values(finished_by="tromso")
        )
    (bergen, _) = facts("engines list")
    assert bergen["state"] == "finished by tromso"


def test_a_living_engine_is_not_given_up_and_one_that_never_was_is_not_known(
    office: Path, base: Engine, say: Say, facts: Facts
) -> None:
    assert (
        "'bergen' runs (process 17 on elsewhere)" in say("engines give-up bergen", status=3).stderr
    )
    assert "see: ringbank engines list" in say("engines give-up tromso", status=2).stderr
    assert facts("engines give-up oslo") == {"engine": "oslo", "unknown": 0}


def test_another_engine_on_the_base_dials_too(office: Path, base: Engine, say: Say) -> None:
    """The office's own engine, `default`, never ran: those of other machines do."""
    file = office / "tariff-switch.toml"
    file.write_text(file.read_text().replace("manual", "broadcast") + '[message]\nsound = "hi"\n')
    say("campaigns update tariff-switch.toml")
    started = say("campaigns start tariff-switch")
    assert "no engine runs" not in started.stderr
    shown = say("status")
    assert "no engine runs" not in shown.stdout + shown.stderr
    assert "engine bergen runs" in shown.stdout
    assert "engine oslo does not run" in shown.stdout


def test_status_says_who_settles_what_an_engine_left(office: Path, base: Engine, say: Say) -> None:
    with writing(base) as connection:
        connection.execute(
            update(engines).where(engines.c.name == "bergen").values(finished_by="tromso")
        )
    assert "tromso brings what it left to its end (0 open)" in say("status").stdout


def test_who_called_us_and_was_left_is_what_an_engine_left(base: Engine) -> None:
    from dialer.store import with_something_open
    from leads.db import reading

    with writing(base) as connection:
        connection.execute(
            insert(inbound_contacts).values(
                channel_id="17.1",
                engine="oslo",
                caller_id="+4721000000",
                began_at=datetime.now(UTC),
                standing="unknown",
            )
        )
    with reading(base) as connection:
        assert [one.name for one in with_something_open(connection)] == ["oslo"]
