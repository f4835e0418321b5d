"""An engine's calls that come in: told, given to agents, found again; with a real base, no Asterisk."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, Row, select, update

from campaigns import desk, inbound, leases
from campaigns.call_tables import inbound_contacts
from campaigns.claims import claim
from campaigns.ledger import OpenAttempt
from campaigns.model import AgentState, DispositionKind, Outcome
from campaigns.store import StoredCampaign
from dialer import turn
from dialer.actions import Action, room_of
from dialer.agent import Agent, AgentEvent
from dialer.call import AgentWanted, Call, PickedUp, Rang
from dialer.clock import Clock
from dialer.config import Config, read_config
from dialer.floor import Floor
from dialer.live import LiveCall, Work
from dialer.recovery import Survey
from dialer.returned import WAIT_S, ReturnedCalls
from dialer.switchboard import Switchboard
from dialer.voicing import Voicing
from leads.db import reading, writing
from leads.tables import leads
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    call,
    claim_rows,
    dial_next,
    import_people,
    minutes,
    phone,
    said,
    started,
    suppress,
)

CALLED_AT = NOON + minutes(5)
OURS = "4721000000"
CHANNEL = "1764.7"
S = AgentState


def config(name: str = "default") -> Config:
    found = read_config(
        f"""
[engine]
name = "{name}"
[trunks.main]
channel = "PJSIP/{{number}}@carrier"
max_calls = 10
max_calls_per_second = 10
caller_ids = ["+4721000000"]
[returned]
owner = "our/owner"
called = "our/called"
""",
        file=Path("config.toml"),
        environment={},
    )
    assert isinstance(found, Config), found
    return found


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@dataclass
class Exchange:
    """An engine without Asterisk: what is asked of it stands in `asked`."""

    base: Engine
    name: str = "default"
    now: datetime = CALLED_AT
    asked: list[Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = Switchboard(
            config(self.name).trunks, new_id=lambda: str(next(_ids)), goodbye="vm-goodbye"
        )
        settings = config(self.name)
        mute = Voicing(settings.speech, sounds="", there="", clock=Clock())
        self.calls = ReturnedCalls(self.board, settings, mute)
        self.work = Work()

    def ready(self, *agent_ids: int, language: str | None = None) -> None:
        for agent_id in agent_ids:
            self.board.floor.agents[agent_id] = Agent(
                agent_id=agent_id,
                name=f"agent-{agent_id}",
                phone="PJSIP/x",
                state=S.READY,
                since=self.now,
                channel_id=f"rba-{agent_id}",
                languages=frozenset({language} if language else ()),
            )
            self.now += timedelta(seconds=1)

    def state(self, agent_id: int) -> AgentState:
        return self.board.floor.agents[agent_id].state

    def hear(self, stage: str, channel_id: str = CHANNEL, **facts: str) -> None:
        told = mark(stage, **facts)
        fields = {"event": "UserEvent", "userevent": "RingbankReturned", **told}
        self.calls.hear(
            fields | {"contact": f"rbi-{channel_id}"}, self.work, now=self.now, moment=moment
        )

    def turn(self, *, tries: int = 1) -> list[Action]:
        """Finish a turn; `tries` of writing it. Returns what Asterisk is asked."""
        self.calls.match(self.work, now=self.now)
        self.board.match(self.work, now=self.now)
        for _ in range(tries):
            with writing(self.base) as connection:
                turn.write(connection, self.work, self.calls, LAWS, now=self.now)
        asked = [*self.work.actions, *self.calls.written(self.work, now=self.now)]
        self.work = Work()
        self.now += timedelta(seconds=0.05)
        self.asked += asked
        return asked

    def catch_up(self, found: Survey) -> list[Action]:
        with reading(self.base) as connection:
            rows = inbound.open_contacts(connection, self.name)
        self.calls.catch_up(rows, found, self.work, now=self.now, moment=moment)
        self.board.keep_lines(found.channels, self.work, now=self.now)
        return self.turn()

    def out(self, stored: StoredCampaign, attempt: OpenAttempt) -> LiveCall:
        """Take in a call of ours that rings."""
        placed = Call(channel_id=attempt.channel_id, placed_at=self.now)
        live = LiveCall(placed, attempt, stored)
        self.board.begin(live, at_s=0.0)
        self.board.apply(live, [Rang(self.now)], self.work, now=self.now)
        return live


_ids = count(1)


def mark(stage: str, caller: str = phone(1), called: str = OURS, **facts: str) -> dict[str, str]:
    """Return what the dialplan notes at a stage."""
    came = str(CALLED_AT.timestamp())
    base = {"stage": stage, "last": stage, "came": came, "caller": caller, "called": called}
    return base | facts


def places(asked: list[Action]) -> list[tuple[str, str]]:
    """Return where channels are sent."""
    sent = [dict(one.fields) for one in asked if one.name == "Redirect"]
    return [(one["Context"], one["Exten"]) for one in sent]


def set_on(asked: list[Action]) -> dict[str, str]:
    """Return the variables that are set on channels."""
    given = [dict(one.fields) for one in asked if one.name == "Setvar"]
    return {one["Variable"]: one["Value"] for one in given if "Channel" in one}


def contact(base: Engine) -> Row:
    with reading(base) as connection:
        return connection.execute(select(inbound_contacts)).one()


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = started(base)
    call(base, stored, Outcome.BUSY)
    return stored


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base, "anna")


@pytest.fixture
def bo(base: Engine) -> int:
    return add_agent(base, "bo")


@pytest.fixture
def exchange(base: Engine, spring: StoredCampaign) -> Iterator[Exchange]:
    return Exchange(base)


# -- told -------------------------------------------------------------------------------------


def test_who_calls_back_is_told_who_called_and_may_have_an_agent(exchange: Exchange, anna: int):
    exchange.ready(anna)
    exchange.hear("came")
    asked = exchange.turn(tries=2)
    assert places(asked) == [("ringbank-returned-told", "s")], "once, however often it is written"
    told = set_on(asked)
    assert told["RINGBANK_SAY"].startswith("our/called&")
    assert (told["RINGBANK_OFFER"], told["RINGBANK_WAIT_S"]) == ("12", str(WAIT_S))
    assert exchange.board.lines["main"].used == 1, "a call that comes in takes a line"


def test_where_nobody_works_nobody_waits(exchange: Exchange):
    exchange.hear("came")
    assert set_on(exchange.turn())["RINGBANK_WAIT_S"] == "0"


@pytest.mark.parametrize(("caller", "said"), [("", "our/owner"), (phone(9), "our/owner")])
def test_a_stranger_hears_whose_number_it_is(exchange: Exchange, caller: str, said: str):
    exchange.hear("came", caller=caller)
    told = set_on(exchange.turn())
    assert (told["RINGBANK_SAY"], told["RINGBANK_OFFER"]) == (said, "")


def test_who_is_not_to_be_called_hears_who_called_and_is_offered_nothing(exchange: Exchange):
    suppress(exchange.base, phone(1))
    exchange.hear("came")
    told = set_on(exchange.turn())
    assert told["RINGBANK_SAY"].startswith("our/called&")
    assert told["RINGBANK_OFFER"] == ""


def test_a_number_of_another_installation_is_left_alone(exchange: Exchange):
    exchange.hear("came", called="4721000001")
    assert exchange.turn() == []
    assert exchange.calls.idle


def test_of_two_engines_one_has_the_caller(exchange: Exchange, anna: int):
    other = Exchange(exchange.base, name="second")
    for one in (exchange, other):
        one.ready(anna)
        one.hear("came")
        one.turn()
        one.hear("wanted", wanted="1")
        one.turn()
    assert places(exchange.asked) == [
        ("ringbank-returned-told", "s"), ("ringbank-returned-room", room_of(anna)),
    ]  # fmt: skip
    assert places(other.asked) == []
    assert other.state(anna) is S.READY


def test_our_own_call_to_them_is_called_off(exchange: Exchange, spring: StoredCampaign, anna: int):
    exchange.now = NOON + minutes(60)
    attempt = dial_next(exchange.base, spring, now=exchange.now)
    live = exchange.out(spring, attempt)
    other = dial_next(exchange.base, spring, now=exchange.now)
    exchange.out(spring, other)
    exchange.hear("came", caller=attempt.phone)
    asked = exchange.turn()
    hung_up = [dict(one.fields)["Channel"] for one in asked if one.name == "Hangup"]
    assert hung_up == [live.call.channel_id]


# -- given to agents --------------------------------------------------------------------------


def wants_agent(exchange: Exchange) -> list[Action]:
    exchange.hear("came")
    exchange.turn()
    exchange.hear("wanted", wanted="1")
    exchange.turn()
    return exchange.turn()


def test_they_are_moved_to_the_agent_who_waited_longest(exchange: Exchange, anna: int, bo: int):
    exchange.ready(bo, anna)
    wants_agent(exchange)
    assert places(exchange.asked)[-1] == ("ringbank-returned-room", room_of(bo))
    assert (exchange.state(bo), exchange.state(anna)) == (S.TALKING, S.READY)
    (held,) = claim_rows(exchange.base)
    assert held.agent_id == bo
    exchange.hear("connected", wanted="1", connected=str(exchange.now.timestamp()))
    assert [one.name for one in exchange.turn()] == ["Originate"], "the agent hears a tone"
    assert contact(exchange.base).connected_at is not None
    exchange.hear(
        "ended", last="connected", wanted="1", connected=str(exchange.now.timestamp()),
        ended=str(exchange.now.timestamp()),
    )  # fmt: skip
    exchange.turn()
    assert exchange.state(bo) is S.WRAP_UP
    assert (contact(exchange.base).outcome, exchange.calls.idle) == ("talked", True)
    assert exchange.board.lines["main"].used == 0


def test_who_gives_the_result_ends_the_call(exchange: Exchange, anna: int):
    exchange.ready(anna)
    wants_agent(exchange)
    exchange.hear("connected", wanted="1", connected="9")
    exchange.turn()
    assert exchange.board.talks_in_another(anna, 17), "a late word of an earlier call"
    assert not exchange.board.talks_in_another(anna, None)
    exchange.board.tell(anna, AgentEvent.RESULT, exchange.work, now=exchange.now)
    (hang_up,) = exchange.turn()
    assert (hang_up.name, dict(hang_up.fields)["Channel"]) == ("Hangup", CHANNEL)
    exchange.hear("ended", last="connected", connected="9", ended="30")
    exchange.turn()
    assert exchange.state(anna) is S.READY


def test_whoever_waits_at_the_end_of_the_talk_is_held_for_its_agent(
    exchange: Exchange, spring: StoredCampaign, anna: int
):
    exchange.ready(anna)
    wants_agent(exchange)
    exchange.hear("connected", wanted="1", connected="9")
    exchange.turn()
    live = exchange.out(spring, dial_next(exchange.base, spring, now=exchange.now))
    exchange.board.apply(
        live, [PickedUp(exchange.now), AgentWanted(exchange.now)], exchange.work, now=exchange.now
    )
    with writing(exchange.base) as connection:
        lease = leases.find_owed(connection, contact(exchange.base).lease)
        desk.give_result(
            connection, spring, lease, said(spring, DispositionKind.COMPLETED), now=exchange.now
        )
    exchange.board.tell(anna, AgentEvent.RESULT, exchange.work, now=exchange.now)
    exchange.hear("ended", last="connected", connected="9", ended="30")
    exchange.turn()
    assert live.call.agent_id == anna, "in the turn in which the other talk ended"
    (held,) = claim_rows(exchange.base)
    assert (held.attempt_id, held.agent_id) == (live.attempt.id, anna)


def test_they_go_before_a_call_of_ours_that_waits(
    exchange: Exchange, spring: StoredCampaign, anna: int
):
    live = exchange.out(spring, dial_next(exchange.base, spring, now=exchange.now))
    exchange.hear("came")
    exchange.turn()
    exchange.hear("wanted", wanted="1")
    exchange.board.apply(
        live, [PickedUp(exchange.now), AgentWanted(exchange.now)], exchange.work, now=exchange.now
    )
    exchange.turn()
    exchange.ready(anna)
    exchange.turn()
    assert places(exchange.asked)[-1] == ("ringbank-returned-room", room_of(anna))


def test_a_telephone_that_rings_keeps_its_agent(
    exchange: Exchange, spring: StoredCampaign, anna: int, bo: int
):
    exchange.ready(anna)
    exchange.out(spring, dial_next(exchange.base, spring, now=exchange.now))
    wants_agent(exchange)
    assert exchange.state(anna) is S.READY, "whoever answers there was called by us"
    exchange.ready(bo)
    exchange.turn()
    assert sorted([exchange.state(anna), exchange.state(bo)]) == [S.READY, S.TALKING]


def test_who_speaks_their_language_goes_first_and_anybody_before_nobody(
    exchange: Exchange, anna: int, bo: int
):
    with writing(exchange.base) as connection:
        connection.execute(update(leads).values(language="pl"))
    exchange.ready(anna, language="nb")
    exchange.ready(bo, language="pl")
    wants_agent(exchange)
    assert exchange.state(bo) is S.TALKING


def test_somebody_new_to_the_campaign_does_not_get_them(
    exchange: Exchange, spring: StoredCampaign, anna: int
):
    exchange.board.barred = {(anna, spring.id)}
    exchange.ready(anna)
    wants_agent(exchange)
    assert exchange.state(anna) is S.READY


def test_an_agent_whom_they_did_not_reach_is_free_again(exchange: Exchange, anna: int):
    exchange.ready(anna)
    wants_agent(exchange)
    exchange.hear("ended", last="wanted", wanted="1", ended=str(exchange.now.timestamp()))
    exchange.turn()
    assert exchange.state(anna) is S.READY
    kept = contact(exchange.base)
    assert (kept.outcome, kept.agent_id) == ("callback", None), "they had asked, and got nobody"
    assert claim_rows(exchange.base) == []


def test_an_agent_who_holds_somebody_else_in_the_base_is_not_given_two(
    exchange: Exchange, spring: StoredCampaign, anna: int
):
    exchange.ready(anna)
    with writing(exchange.base) as connection:
        claim(
            connection, spring, LAWS, limit=1, now=exchange.now, new_lease=lambda: "by-hand",
            agent_id=anna, expires_at=NOON + minutes(60),
        )  # fmt: skip
    exchange.hear("came")
    exchange.turn()
    exchange.hear("wanted", wanted="1")
    exchange.turn()
    exchange.turn()
    assert ("ringbank-returned-room", room_of(anna)) not in places(exchange.asked)
    assert {one.lease: one.agent_id for one in claim_rows(exchange.base)}["by-hand"] == anna
    assert exchange.state(anna) is S.READY
    since = exchange.board.floor.agents[anna].since
    exchange.turn()
    assert exchange.board.floor.agents[anna].since == since, "nor tried again and again"


# -- a call later -----------------------------------------------------------------------------


def test_who_finds_nobody_free_is_promised_a_call_and_told(exchange: Exchange):
    wants_agent(exchange)
    exchange.hear("later", wanted="1", later="1")
    assert places(exchange.turn(tries=2)) == [("ringbank-returned-later", "booked")]
    assert contact(exchange.base).callback_at > exchange.now


def test_where_no_call_may_be_promised_they_are_told_that(exchange: Exchange):
    exchange.hear("came")
    exchange.turn()
    suppress(exchange.base, phone(1))
    exchange.hear("later", later="1")
    assert places(exchange.turn()) == [("ringbank-returned-later", "sorry")]


# -- after a start or a lost link --------------------------------------------------------------


def again(exchange: Exchange, **found: object) -> Exchange:
    """Return the next process of the engine, with the agents as they were."""
    process = Exchange(exchange.base, now=exchange.now + timedelta(seconds=10))
    agents = exchange.board.floor.agents.values()
    process.board.floor = Floor(replace(one) for one in agents)
    process.board.lines["main"].used = 0
    lines = {f"rba-{one.agent_id}": "6" for one in agents}
    process.asked = process.catch_up(Survey(boot="first", channels=lines, **found))  # type: ignore[arg-type]
    return process


def test_who_waits_gets_an_agent_from_the_next_process(exchange: Exchange, anna: int):
    exchange.ready(anna)
    wants_agent(exchange)
    assert exchange.state(anna) is S.TALKING
    # The old process died before Asterisk was asked to move them.
    marks = {f"rbi-{CHANNEL}": mark("wanted", wanted="1")}
    process = again(exchange, marks=marks, returned=frozenset({CHANNEL}))
    process.turn()
    assert ("ringbank-returned-room", room_of(anna)) in places(process.asked)
    assert process.state(anna) is S.TALKING
    assert len(claim_rows(exchange.base)) == 1


def test_a_talk_goes_on_and_its_agent_is_not_free(exchange: Exchange, anna: int):
    exchange.ready(anna)
    wants_agent(exchange)
    exchange.hear("connected", wanted="1", connected="9")
    exchange.turn()
    marks = {f"rbi-{CHANNEL}": mark("connected", wanted="1", connected="9")}
    process = again(exchange, marks=marks, returned=frozenset({CHANNEL}))
    assert process.state(anna) is S.TALKING
    assert process.board.lines["main"].used == 1
    process.hear("ended", last="connected", wanted="1", connected="9", ended="30")
    process.turn()
    assert process.state(anna) is S.WRAP_UP


def test_a_talk_that_ended_meanwhile_owes_its_result(exchange: Exchange, anna: int):
    exchange.ready(anna)
    wants_agent(exchange)
    exchange.hear("connected", wanted="1", connected="9")
    exchange.turn()
    ended = mark("ended", last="connected", wanted="1", connected="9", ended="30")
    process = again(exchange, marks={f"rbi-{CHANNEL}": ended})
    assert process.state(anna) is S.WRAP_UP
    assert contact(exchange.base).outcome == "talked"
    assert ("Variable", f"RINGBANK_FORGET=rbi-{CHANNEL}") in [
        field for one in process.asked for field in one.fields
    ]
    assert process.calls.idle


def test_a_call_that_died_with_asterisk_ends(exchange: Exchange):
    exchange.hear("came")
    exchange.turn()
    process = again(exchange)
    assert contact(exchange.base).outcome == "lost"
    assert (claim_rows(exchange.base), process.calls.idle) == ([], True)


def test_a_call_that_began_between_two_questions_is_not_dead(exchange: Exchange):
    began = exchange.now + timedelta(seconds=9)
    marks = {f"rbi-{CHANNEL}": mark("came") | {"came": str(began.timestamp())}}
    process = again(exchange, marks=marks)
    assert contact(exchange.base).ended_at is None
    assert ("ringbank-returned-told", "s") in places(process.asked)


def test_what_nobody_listened_to_is_taken_in_once(exchange: Exchange):
    ended = mark("ended", last="opted", opted="1", key="9", ended=str(exchange.now.timestamp()))
    for _ in range(2):
        again(exchange, marks={f"rbi-{CHANNEL}": ended})
        assert contact(exchange.base).outcome == "opted_out"


def test_the_dialplan_keeps_what_is_said_without_an_engine(exchange: Exchange):
    process = again(exchange, sounds={f"number/{OURS}": "our/owner", "removed": "old"})
    kept = [dict(one.fields) for one in process.asked if one.name == "Originate"]
    asked = [
        [value for name, value in one.fields if name == "Variable"]
        for one in process.asked
        if one.name == "Originate"
    ]
    assert kept
    assert ["RINGBANK_OF=removed", "RINGBANK_SOUND=num-was-successfully&removed"] in asked
    assert not any(f"RINGBANK_OF=number/{OURS}" in one for one in asked), "that one is there"
    assert any("RINGBANK_OF=number/21000000" in one for one in asked)
