"""What an engine left that is gone, and the one that stands in for it."""

import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from sqlalchemy import Engine as Base
from sqlalchemy import select, update

from campaigns.tables import agents, attempts, campaign_leads
from dialer import config as configuration
from dialer import store
from dialer.clock import Clock
from dialer.config import Config
from dialer.engine import Engine
from dialer.finishing import Finishers, give_up
from dialer.live import LiveCall
from dialer.presence import Presence, StandIn
from dialer.store import EngineRow, EngineTakenError
from dialer.tables import engines
from leads.db import reading, writing
from leads.errors import NotAllowedError, RingbankError
from tests.db.engines import sign_on
from tests.db.people import NOON, add_agent, dial_next, import_people, minutes, phone, started
from tests.db.test_engine_store import row
from tests.waiting import until

GONE_S = 10.0
"""The heartbeat has stood still for so long."""


class FakeStandIn(Engine):
    """Talks to no Asterisk; remembers for whom it would have."""

    def __init__(self, fault: RingbankError | None = None, left: tuple[Any, ...] = ()) -> None:
        self.fault, self.left = fault, left

    def run(self, *, until_done: bool = False) -> None:
        if self.fault is not None:
            raise self.fault

    def stop_now(self) -> None:
        pass

    @property
    def calls_left(self) -> tuple[LiveCall, ...]:
        return self.left

    @property
    def callers_left(self) -> int:
        return 0


@pytest.fixture
def ours(tmp_path: Path) -> Config:
    (tmp_path / "config.toml").write_text('[engine]\nname = "oslo"\n[asterisk]\nport = 1\n')
    return configuration.load(tmp_path / "config.toml", {})


def left_behind(base: Base, engine: str = "bergen", *, asterisk: str = "pbx2:5038") -> int:
    """Have an engine call somebody and be heard of no more; return the attempt."""
    import_people(base, [("Åse", phone(1))])
    attempt = dial_next(base, started(base))
    sign_on(base, name=engine)
    with writing(base) as connection:
        connection.execute(update(attempts).values(engine=engine))
        connection.execute(
            update(engines).where(engines.c.name == engine).values(asterisk=asterisk)
        )
    return attempt.id


def beats(base: Base, now: datetime, engine: str = "bergen") -> None:
    with writing(base) as connection:
        store.beat(connection, name=engine, token="one", report={}, now=now)


class Watched:
    """Finishers, and whom they stood in for."""

    def __init__(self, base: Base, ours: Config, faults: Sequence[RingbankError] = ()) -> None:
        self.for_whom: list[str] = []
        self._faults = list(faults)
        self._finishers = Finishers(base, ours, Clock(), make=self._make)

    def _make(self, base: Base, config: Config, gone: EngineRow, clock: Clock) -> Engine:
        self.for_whom.append(gone.name)
        return FakeStandIn(self._faults.pop(0) if self._faults else None)

    def look(self, *moments_s: float) -> list[str]:
        for at_s in moments_s:
            self._finishers.look(at_s=at_s)
            until(lambda: not any(t.is_alive() for _, t in self._finishers._running.values()))
        return self.for_whom


def test_whoever_shows_no_more_is_stood_in_for_once_the_heartbeat_has_ended(
    base: Base, ours: Config
) -> None:
    left_behind(base)
    watched = Watched(base, ours)
    assert watched.look(0.0, GONE_S - 0.1) == []
    assert watched.look(GONE_S) == ["bergen"]


def test_a_beating_heart_keeps_others_away_whatever_its_clock_shows(
    base: Base, ours: Config
) -> None:
    left_behind(base)
    watched = Watched(base, ours)
    assert watched.look(0.0) == []
    # Hours behind every other clock, and alive.
    beats(base, NOON - timedelta(hours=5))
    assert watched.look(GONE_S, 2 * GONE_S - 0.1) == []
    assert watched.look(2 * GONE_S) == ["bergen"]


def test_nobody_stands_in_where_nothing_is_left_or_for_themselves(base: Base, ours: Config) -> None:
    left_behind(base, "oslo")
    sign_on(base, name="tromso")
    assert Watched(base, ours).look(0.0, GONE_S, 10 * GONE_S) == []


@pytest.mark.parametrize(("left", "told"), [((), True), (("a call",), False)])
def test_only_what_is_settled_is_said_to_be(
    base: Base,
    ours: Config,
    caplog: pytest.LogCaptureFixture,
    left: tuple[str, ...],
    *,
    told: bool,
) -> None:
    left_behind(base)
    finishers = Finishers(base, ours, Clock(), make=lambda *_: FakeStandIn(left=left))
    for at_s in (0.0, GONE_S):
        finishers.look(at_s=at_s)
    finishers.end()
    assert ("What the engine bergen left is settled" in caplog.text) is told


def test_what_could_not_be_settled_is_tried_again_later_and_told_once(
    base: Base, ours: Config, caplog: pytest.LogCaptureFixture
) -> None:
    left_behind(base)
    watched = Watched(base, ours, [RingbankError("no answer")] * 2)
    assert watched.look(0.0, GONE_S, GONE_S + 29) == ["bergen"]
    assert watched.look(GONE_S + 30) == ["bergen"] * 2
    told = [one for one in caplog.messages if "cannot be settled from here: no answer" in one]
    assert len(told) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_an_asterisk_that_answers_on_its_own_machine_is_not_looked_for_on_ours(
    base: Base, ours: Config, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    left_behind(base, asterisk=f"{host}:5038")
    watched = Watched(base, ours)
    assert watched.look(0.0, GONE_S) == []
    assert "answers on elsewhere alone" in caplog.text
    assert "ringbank engines give-up bergen" in caplog.text
    with writing(base) as connection:
        connection.execute(update(engines).values(host=socket.gethostname()))
    assert watched.look(10 * GONE_S) == ["bergen"]


def test_of_two_who_stand_in_the_second_is_refused(base: Base) -> None:
    left_behind(base)
    gone = row(base, "bergen")
    first, second = (
        Presence("bergen", "pbx2:5038", StandIn(gone, by=by)) for by in ("oslo", "tromso")
    )
    with writing(base) as connection:
        first.sign_on(connection, Clock())
    with writing(base) as connection, pytest.raises(EngineTakenError, match="is back, or another"):
        second.sign_on(connection, Clock())
    assert row(base, "bergen").finished_by == "oslo"


def test_an_engine_that_is_back_is_not_stood_in_for(base: Base) -> None:
    left_behind(base)
    gone = row(base, "bergen")
    beats(base, NOON + timedelta(seconds=11))
    with writing(base) as connection, pytest.raises(EngineTakenError, match="is back"):
        Presence("bergen", "", StandIn(gone, by="oslo")).sign_on(connection, Clock())


def test_the_engine_itself_takes_its_name_from_whoever_stands_in(base: Base) -> None:
    left_behind(base)
    stand_in = Presence("bergen", "pbx2:5038", StandIn(row(base, "bergen"), by="oslo"))
    itself = Presence("bergen", "pbx2:5038")
    with writing(base) as connection:
        stand_in.sign_on(connection, Clock())
    with writing(base) as connection:
        itself.sign_on(connection, Clock())
    assert row(base, "bergen").finished_by is None
    with writing(base) as connection, pytest.raises(EngineTakenError):
        stand_in.beat(connection, {})
    with writing(base) as connection, pytest.raises(EngineTakenError, match="runs already"):
        Presence("bergen").sign_on(connection, Clock())


def test_what_is_given_up_is_unknown_and_its_person_can_be_called_again(
    base: Base, ours: Config
) -> None:
    attempt_id = left_behind(base)
    agent_id = add_agent(base)
    with writing(base) as connection:
        connection.execute(
            update(agents).values(engine="bergen", state="ready", channel_id="rba-1")
        )
    give_up(base, ours, row(base, "bergen"), Clock(), watched_s=0)
    with reading(base) as connection:
        attempt = connection.execute(select(attempts).where(attempts.c.id == attempt_id)).one()
        lead = connection.execute(select(campaign_leads)).one()
        agent = connection.execute(select(agents).where(agents.c.id == agent_id)).one()
    assert attempt.outcome == "unknown"
    assert attempt.ended_at is not None
    assert lead.state == "waiting"
    assert (agent.state, agent.engine) == ("out", None)
    assert row(base, "bergen").stopped_at is not None


def test_an_engine_that_is_back_is_not_given_up(base: Base, ours: Config) -> None:
    left_behind(base)
    gone = row(base, "bergen")
    beating = Timer(0.1, beats, (base, NOON + minutes(1)))
    beating.start()
    with pytest.raises(NotAllowedError, match="is back"):
        give_up(base, ours, gone, Clock(), watched_s=1.0)
    beating.join()
    assert row(base, "bergen").finished_by is None
