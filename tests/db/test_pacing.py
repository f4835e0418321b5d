"""Pacers and the base: what is learned outlives the process, budgets come from the ledger."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select

from campaigns import store
from campaigns.call_tables import pacings
from campaigns.model import Outcome
from campaigns.store import StoredCampaign
from dialer.agent import AgentEvent
from dialer.call import AgentJoined
from dialer.pace import Pacers
from leads.db import reading, writing
from tests.db.people import (
    LAWS,
    call,
    definition,
    import_people,
    phone,
    started,
    understood,
)
from tests.unit.dialer.examples import at
from tests.unit.dialer.house import House

MINUTE_S = 60.0


class Engines:
    """The pacers of one engine beside a house and a base, with a clock that is set by hand."""

    def __init__(self, base: Engine, name: str = "default") -> None:
        self.base, self.name = base, name
        self.house = House()
        self.start()

    def start(self) -> None:
        self.pacers = Pacers(self.house.board, self.name)

    def turn(self, *running: StoredCampaign) -> dict[int, int]:
        now = at(self.house.now_s)
        self.pacers.hear(now=now, at_s=self.house.now_s)
        with writing(self.base) as connection:
            self.pacers.refresh(connection, running, LAWS, now=now, at_s=self.house.now_s)
        return self.pacers.wanted(running, at_s=self.house.now_s)

    def talk(self, stored: StoredCampaign, agent_id: int = 1, lasts_s: float = 30) -> None:
        caller = self.house.waiting(stored)
        self.house.match()
        self.house.hear(caller, AgentJoined)
        self.turn(stored)
        self.house.now_s += lasts_s
        self.house.hang_up(caller)
        self.turn(stored)
        self.house.now_s += 5
        self.house.tell(agent_id, AgentEvent.RESULT)
        self.turn(stored)

    def saved(self) -> dict[tuple[int, str], dict]:
        with reading(self.base) as connection:
            rows = connection.execute(select(pacings)).all()
        return {(row.campaign_id, row.engine): row.state for row in rows}


@pytest.fixture
def campaign(base: Engine) -> StoredCampaign:
    import_people(base, [(f"Person {n}", phone(n)) for n in range(1, 9)])
    return started(base, definition(mode="predictive"))


def lives(state: dict) -> float:
    return state["pacer"]["answer_rate"]["lives"][0]


def test_what_is_learned_is_saved_every_minute_and_at_the_end(
    base: Engine, campaign: StoredCampaign
):
    engine = Engines(base)
    engine.house.ready(1)
    engine.turn(campaign)
    engine.talk(campaign, lasts_s=10)
    assert engine.saved() == {}
    engine.house.now_s += MINUTE_S
    engine.turn(campaign)
    key = (campaign.id, "default")
    assert lives(engine.saved()[key]) == pytest.approx(1, abs=0.1)
    engine.talk(campaign, lasts_s=10)
    assert lives(engine.saved()[key]) == pytest.approx(1, abs=0.1), "not before its time"
    engine.pacers.sign_off(base, now=at(engine.house.now_s))
    assert lives(engine.saved()[key]) == pytest.approx(2, abs=0.1)
    assert engine.saved()[key]["learned"] == []

    engine.start()  # the next day
    engine.turn(campaign)
    engine.pacers.sign_off(base, now=at(engine.house.now_s))
    assert lives(engine.saved()[key]) == pytest.approx(2, abs=0.1)


def test_another_engine_begins_with_what_is_known_of_the_people(
    base: Engine, campaign: StoredCampaign
):
    first = Engines(base)
    first.house.ready(1)
    first.turn(campaign)
    first.talk(campaign)
    first.pacers.sign_off(base, now=at(first.house.now_s))
    other = Engines(base, "other")
    other.turn(campaign)
    other.pacers.sign_off(base, now=at(other.house.now_s))
    saved = other.saved()
    assert lives(saved[campaign.id, "other"]) == lives(saved[campaign.id, "default"])


def test_a_campaign_that_stops_is_saved_once_its_calls_are_over(
    base: Engine, campaign: StoredCampaign
):
    engine = Engines(base)
    engine.house.ready(1)
    engine.turn(campaign)
    caller = engine.house.place(campaign)
    engine.turn()
    assert engine.saved() == {}
    engine.house.hang_up(caller, 17)
    engine.turn()
    assert (campaign.id, "default") in engine.saved()
    assert engine.pacers.levels([campaign]) == {}


def test_an_abandoned_call_of_the_ledger_spends_the_budget(base: Engine, campaign: StoredCampaign):
    engine = Engines(base)
    engine.house.ready(*range(1, 9))
    before = engine.turn(campaign)[campaign.id]
    assert before > 8, "more people than agents"
    call(base, campaign, Outcome.ABANDONED, now=at(-60), answered_at=at(-50))
    engine.house.now_s += 3
    assert engine.turn(campaign)[campaign.id] == before, "one call is no reason to panic"
    call(base, campaign, Outcome.ABANDONED, now=at(-60), answered_at=at(-50))
    engine.house.now_s += 3
    assert engine.turn(campaign) == {campaign.id: 8}, "one for each free agent"
    told = engine.pacers.levels([campaign])["spring"].document()
    assert (told["budget"]["spent"], told["bound"]) == (True, "budget")
    assert told["text"].endswith("budget 100.0 of 3.0 %, spent: one call for each free agent")


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        (lambda text: text.replace("predictive", "progressive"), 8),
        (lambda text: text.replace("predictive", "ratio") + "[dialing]\nratio = 1.25\n", 10),
        (lambda text: text + "[dialing]\nabandon_limit = 0.0\n", 8),
        (lambda text: text.replace("predictive", "preview"), None),
    ],
)
def test_a_change_of_the_file_holds_from_the_next_look_on(
    base: Engine, campaign: StoredCampaign, change: Callable[[str], str], calls: int | None
):
    engine = Engines(base)
    engine.house.ready(*range(1, 9))
    assert engine.turn(campaign)[campaign.id] > 8
    text = change(definition(mode="predictive"))
    with writing(base) as connection:
        problems = store.change(
            connection,
            campaign,
            understood(text),
            definition=text,
            script=None,
            file=None,
            now=at(0),
        )
        assert problems == ()
        changed = store.load(connection, "spring")
    engine.house.now_s += 0.5
    assert engine.turn(changed).get(campaign.id) == calls
    engine.house.now_s += 0.5
    assert engine.turn(campaign)[campaign.id] > 8, "and back"
