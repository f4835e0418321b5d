"""Pacers beside the switchboard: what they are told, and what becomes of what they wish for."""

from dataclasses import replace
from typing import Any

import pytest

from campaigns.budget import Account
from campaigns.model import DialMode
from campaigns.pace_settings import PaceSettings
from campaigns.store import StoredCampaign
from dialer.agent import AgentEvent
from dialer.call import (
    AgentJoined,
    AgentMissing,
    AgentWanted,
    ChannelMade,
    PickedUp,
    Rang,
    Refused,
    SetAside,
    SorryBegan,
)
from dialer.pace import Pacers
from tests.unit.campaigns.examples import campaign
from tests.unit.dialer.examples import TRUNK, at, stored
from tests.unit.dialer.house import (
    BROADCAST,
    LOANS,
    PREDICTIVE,
    PRESS_ONE,
    PREVIEW,
    PROGRESSIVE,
    House,
    S,
)
from tests.unit.dialer.witness import Witness

SKILLED = frozenset({"loans"})
OTHER = stored(campaign(name="other", mode=DialMode.PREDICTIVE), id=8)
NARROW = stored(campaign(name="skilled", mode=DialMode.PREDICTIVE, skills=("loans",)), id=9)


class Paced:
    """A house whose campaigns are paced by witnesses."""

    def __init__(self, house: House, *running: StoredCampaign) -> None:
        self.house = house
        self.running = running
        self.start()

    def start(self, kept: dict[int, dict[str, Any]] | None = None) -> None:
        self.pacers = Pacers(self.house.board, "default")
        self.hear()
        self.witnesses = {one.id: Witness() for one in self.running}
        for one in self.running:
            self.pacers.begin(
                one,
                (kept or {}).get(one.id),
                at_s=self.house.now_s,
                pacer=self.witnesses[one.id],  # type: ignore[arg-type]
            )

    def hear(self) -> None:
        self.pacers.hear(now=at(self.house.now_s), at_s=self.house.now_s)

    def wish(self, calls: int, what: StoredCampaign = PREDICTIVE) -> dict[int, int]:
        self.witnesses[what.id].wish = calls
        return self.wanted()

    def wanted(self) -> dict[int, int]:
        self.house.now_s += 2
        self.hear()
        return self.pacers.wanted(self.running, at_s=self.house.now_s)

    def told(self, what: StoredCampaign = PREDICTIVE) -> list[tuple[str, str | int | None]]:
        """Return what a pacer was told since the last time: what, of whom."""
        self.hear()
        events = self.witnesses[what.id].events
        new = [(kind, agent if call is None else call) for _, kind, call, agent in events]
        events[:] = [(events[-1][0], "", None, None)] if events else []
        return [one for one in new if one[0]]


@pytest.fixture
def paced(house: House) -> Paced:
    """One predictive campaign."""
    return Paced(house, PREDICTIVE)


# -- calls and agents, each step once --------------------------------------------------------


def test_a_call_is_told_step_by_step(house: House, paced: Paced) -> None:
    house.ready(1)
    assert paced.told() == [("ready", 1)]
    caller = house.place(PREDICTIVE)
    assert paced.told() == [("placed", caller)]
    house.hear(caller, ChannelMade)
    assert paced.told() == []
    house.hear(caller, Rang)
    house.hear(caller, Rang)
    assert paced.told() == [("ringing", caller)]
    house.hear(caller, PickedUp, AgentWanted)
    assert paced.told() == [("live", caller)]
    house.match()
    assert paced.told() == [], "they wait until they are in the room"
    assert paced.witnesses[5].are("ready") == {1}
    house.hear(caller, AgentJoined)
    assert paced.told() == [("connected", caller)]
    house.hang_up(caller)
    assert paced.told() == [("wrapup", caller)]
    house.tell(1, AgentEvent.RESULT)
    assert paced.told() == [("ready", 1)]
    house.tell(1, AgentEvent.PAUSE)
    assert paced.told() == [("away", 1)]


def test_what_comes_in_one_turn_is_told_in_its_order(house: House, paced: Paced) -> None:
    house.ready(1)
    caller = house.waiting(PREDICTIVE)
    house.match()
    house.hear(caller, AgentJoined)
    house.tell(1, AgentEvent.RESULT)
    house.hang_up(caller)
    second = house.waiting(PREDICTIVE)
    house.match()
    house.hear(second, AgentJoined)
    told = paced.told()
    assert [one for one in told if one[1] == caller] == [
        ("placed", caller), ("live", caller), ("connected", caller), ("wrapup", caller),
    ]  # fmt: skip
    assert [one for one in told if one[1] == second] == [
        ("placed", second), ("live", second), ("connected", second),
    ]  # fmt: skip
    assert paced.witnesses[5].talks == {1: second}


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (lambda house, caller: house.hang_up(caller, 17), ["failed"]),
        (lambda house, caller: house.hear(caller, Refused), ["failed"]),
        (lambda house, caller: _end(house, caller, PickedUp), ["left"]),
        (lambda house, caller: _end(house, caller, PickedUp, AgentWanted), ["live", "left"]),
        (
            lambda house, caller: _end(house, caller, PickedUp, AgentWanted, SorryBegan),
            ["live", "abandoned"],
        ),
    ],
)
def test_how_a_call_without_an_agent_ends(
    house: House, paced: Paced, ends: Any, told: list[str]
) -> None:
    caller = house.place(PREDICTIVE)
    ends(house, caller)
    assert [kind for kind, _ in paced.told()] == ["placed", *told]
    assert paced.told() == []


def _end(house: House, caller: str, *heard: Any) -> None:
    house.hear(caller, *heard)
    house.hang_up(caller)


def test_a_person_whose_agent_was_lost_on_the_way_is_abandoned(house: House, paced: Paced) -> None:
    house.ready(1)
    caller = house.waiting(PREDICTIVE)
    house.match()
    paced.told()
    house.hear(caller, AgentMissing)
    assert paced.told() == [], "they may have hung up: the dialplan says what they heard"
    house.hear(caller, SorryBegan)
    assert paced.told() == [("abandoned", caller)]
    assert paced.witnesses[5].are("ready") == {1}
    house.hang_up(caller)
    assert paced.told() == []


@pytest.mark.parametrize("ends", ["set aside", "moved"])
def test_an_agent_has_nothing_more_of_a_call_that_goes_on_without_them(
    house: House, paced: Paced, ends: str
) -> None:
    house.ready(1)
    first = house.waiting(PREDICTIVE)
    house.match()
    house.hear(first, AgentJoined)
    paced.told()
    if ends == "set aside":
        house.hear(first, SetAside)  # a machine, which hears its message
    else:
        house.board.calls[first].moved = True  # the person talks to another number
        house.tell(1, AgentEvent.CALL_OVER)
        house.tell(1, AgentEvent.RESULT)
    assert paced.told() == [("wrapup", first), ("ready", 1)]
    second = house.waiting(PREDICTIVE)
    house.match()
    assert paced.told() == [("placed", second), ("live", second)]
    house.hear(second, AgentJoined)
    assert paced.told() == [("connected", second)]
    assert first in house.board.calls


def test_whoever_listens_to_a_message_needs_nobody_until_they_say_so(house: House) -> None:
    paced = Paced(house, PRESS_ONE)
    asks, listens = house.place(PRESS_ONE), house.place(PRESS_ONE)
    house.hear(asks, PickedUp)
    house.hear(listens, PickedUp)
    house.place(BROADCAST)
    assert paced.told(PRESS_ONE) == [
        ("placed", asks), ("answered", asks), ("placed", listens), ("answered", listens),
    ]  # fmt: skip
    house.hear(asks, AgentWanted)
    house.hang_up(listens)
    assert paced.told(PRESS_ONE) == [("live", asks), ("machine", listens)]


def test_an_agent_who_looks_at_people_is_nobody_to_count_on(house: House, paced: Paced) -> None:
    house.preview(1)
    caller = house.dial(1)
    house.hear(caller, PickedUp, AgentWanted)
    house.match()
    house.hear(caller, AgentJoined)
    assert paced.told() == []


def test_nobody_counts_on_whom_the_next_call_will_not_find(house: House, paced: Paced) -> None:
    house.ready(1)
    caller = house.waiting(PREDICTIVE)
    house.match()
    house.hear(caller, AgentJoined)
    paced.told()
    house.tell(1, AgentEvent.PAUSE)  # after this talk
    assert paced.told() == [("away", 1)]
    house.hang_up(caller)
    house.tell(1, AgentEvent.RESULT)
    assert (paced.told(), house.state(1)) == ([], S.PAUSED)
    house.tell(1, AgentEvent.READY)
    assert paced.told() == [("ready", 1)]


# -- several campaigns -------------------------------------------------------------------------


def test_a_call_of_another_campaign_is_told_as_such_where_agents_are_shared(house: House) -> None:
    paced = Paced(house, PREDICTIVE, OTHER)
    house.ready(1)
    paced.hear()
    own, foreign = house.place(PREDICTIVE), house.place(OTHER)
    paced.hear()
    first, second = paced.witnesses[5], paced.witnesses[8]
    assert (first.foreign, second.foreign) == ({foreign}, {own})
    house.hear(foreign, PickedUp, AgentWanted)
    house.match()
    house.hear(foreign, AgentJoined)
    paced.hear()
    assert first.talks == second.talks == {1: foreign}
    assert (first.told["connected"], second.told["connected"]) == (0, 1)


def test_campaigns_without_an_agent_in_common_hear_nothing_of_each_other(house: House) -> None:
    paced = Paced(house, PREDICTIVE, NARROW)
    house.ready(1)
    paced.hear()
    house.place(NARROW)
    assert paced.told(PREDICTIVE) == [("ready", 1)]
    house.ready(2, skills=SKILLED)
    caller = house.place(NARROW)
    assert paced.told(PREDICTIVE) == [("placed", caller), ("ready", 2)]
    assert paced.told(NARROW)[-1] == ("ready", 2)


def test_a_newcomer_who_is_barred_is_away_and_comes_back(house: House, paced: Paced) -> None:
    house.ready(1)
    assert paced.told() == [("ready", 1)]
    house.board.barred = frozenset({(1, PREDICTIVE.id)})
    house.board.floor.agents[1] = replace(house.board.floor.agents[1])  # looked up again
    assert paced.told() == [("away", 1)]
    house.board.barred = frozenset()
    house.board.floor.agents[1] = replace(house.board.floor.agents[1])
    assert paced.told() == [("ready", 1)]


# -- what stands ----------------------------------------------------------------------------


def test_a_campaign_that_starts_is_told_what_stands_and_since_when(house: House) -> None:
    house.ready(1, 2)  # at 0 and 1 s
    talks = house.waiting(OTHER)
    house.match()
    house.now_s += 5
    house.hear(talks, AgentJoined)
    house.now_s += 10
    rings = house.place(OTHER)
    house.now_s += 7
    paced = Paced(house, OTHER, PREDICTIVE)
    begun = house.now_s
    for witness in paced.witnesses.values():
        ages = [(round(begun - when, 1), kind) for when, kind, _, _ in witness.events]
        assert ages == [
            (23.1, "ready"), (22.1, "placed"), (22.1, "live"), (17.0, "ready"),
            (17.0, "connected"), (7.0, "placed"),
        ]  # fmt: skip
        assert witness.talks == {1: talks}
        assert set(witness.calls) == {rings}
    assert paced.witnesses[5].foreign == {talks, rings}


def test_a_restart_tells_what_stands_and_teaches_no_call_twice(house: House) -> None:
    paced = Paced(house, PREDICTIVE)
    house.ready(1, 2)
    talks = house.waiting(PREDICTIVE)
    house.match()
    house.hear(talks, AgentJoined)
    rings, answered_since = house.place(PREDICTIVE), house.place(PREDICTIVE)
    paced.hear()
    kept = {5: paced.pacers.document(5)}
    assert kept[5]["learned"] == [talks]
    marks = {
        talks: {"stage": "connected", "last": "connected", "answered": "1", "connected": "2"},
        answered_since: {"stage": "waiting", "last": "waiting", "answered": "9"},
    }
    lines = {house.line(1): "6", house.line(2): "6"}
    house.restart({talks: "6", rings: "5", answered_since: "6", **lines}, marks)
    paced.start(kept)
    witness = paced.witnesses[5]
    assert witness.foreign == {talks}
    assert witness.talks == {1: talks}
    assert witness.told == {"placed": 2, "ringing": 1, "live": 1}
    assert set(witness.calls) == {rings, answered_since}
    assert witness.are("ready") == {2}


def test_a_lost_link_is_no_news_but_for_what_happened_meanwhile(house: House, paced: Paced) -> None:
    house.ready(1)
    rings, gone = house.place(PREDICTIVE), house.place(PREDICTIVE)
    house.hear(rings, Rang)
    paced.told()
    house.now_s += 9
    house.catch_up({rings: "5", house.line(1): "6"}, {gone: {"stage": "failed", "ended": "4"}})
    assert paced.told() == [("failed", gone)]
    house.catch_up({rings: "5", house.line(1): "6"}, {})
    assert paced.told() == []


# -- how many are placed --------------------------------------------------------------------


def test_a_pacer_gets_what_it_wishes_as_far_as_the_trunk_goes(house: House) -> None:
    house = House({"main": replace(TRUNK, max_calls=4, max_calls_per_second=3)})
    paced = Paced(house, PREDICTIVE)
    house.ready(1)
    assert paced.wish(0) == paced.wish(-3) == {}
    assert paced.wish(2) == {5: 2}
    assert paced.pacers.levels([PREDICTIVE])["ahead"].limit is None
    assert paced.wish(9) == {5: 3}
    level = paced.pacers.levels([PREDICTIVE])["ahead"]
    assert level.limit == "limited by trunk 'main': 3 of 9 more"
    house.place(PREDICTIVE)
    house.place(PREDICTIVE)
    assert paced.wish(9) == {5: 2}


def test_campaigns_that_share_agents_are_served_one_in_a_turn(house: House) -> None:
    paced = Paced(house, PREDICTIVE, OTHER)
    house.ready(1, 2)
    paced.witnesses[8].wish = 3
    assert paced.wish(2) == {5: 2}
    assert paced.wish(0) == {8: 3}


def test_campaigns_of_different_agents_are_served_together(house: House) -> None:
    paced = Paced(house, PREDICTIVE, NARROW)
    house.board.barred = frozenset({(2, PREDICTIVE.id)})
    house.ready(1)
    house.ready(2, skills=SKILLED)
    paced.witnesses[9].wish = 3
    assert paced.wish(2) == {5: 2, 9: 3}


def test_surplus_calls_take_nobody_from_another_campaign(house: House) -> None:
    paced = Paced(house, NARROW, PROGRESSIVE)
    house.ready(1, skills=SKILLED)
    house.ready(2, 3)
    assert paced.wish(4, NARROW) == {9: 4, 1: 2}, "four people are called for the one agent"
    for _ in range(4):
        house.place(NARROW)
    assert paced.wish(0, NARROW) == {1: 2}
    loan = house.waiting(LOANS)
    house.match()
    assert house.board.calls[loan].call.agent_id == 1


def test_a_broadcast_without_agents_takes_what_room_there_is(house: House) -> None:
    paced = Paced(house, PRESS_ONE)
    assert paced.wanted() == {6: 10}
    house.login(1)
    house.line_up(1)
    assert paced.wanted() == {6: 10}, "a supervisor, perhaps: they have taken no call"
    house.tell(1, AgentEvent.READY)
    assert paced.wish(2, PRESS_ONE) == {6: 2}
    house.tell(1, AgentEvent.PAUSE)
    assert paced.wish(0, PRESS_ONE) == {}, "the lunch of the agents is no reason to hurry"
    house.tell(1, AgentEvent.LOGOUT)
    assert paced.wanted() == {6: 10}
    ours = paced.pacers._paced[6]
    ours.account = Account(
        rule="us.ftc.abandon", abandoned=1, answered=90, limit=0.03, soft_limit=0.03
    )
    assert paced.wanted() == {}, "nobody knows yet what the rest of the ledger holds"
    ours.books.whole = True
    assert paced.wanted() == {6: 10}
    ours.account = replace(ours.account, abandoned=9)
    assert paced.wanted() == {}, "the law counts who asked for an agent in vain"


def test_a_campaign_that_was_not_told_what_stands_waits(house: House) -> None:
    paced = Paced(house)
    house.ready(1)
    paced.running = (PREDICTIVE, PREVIEW)
    assert paced.wanted() == {}


# -- leaving ---------------------------------------------------------------------------------


def test_a_stream_of_calls_holds_nobody_who_wants_to_go(house: House, paced: Paced) -> None:
    house.ready(1, 2)
    early = [house.place(PREDICTIVE) for _ in range(3)]
    house.now_s += 1
    paced.told()
    house.tell(1, AgentEvent.PAUSE)
    assert house.state(1) is S.READY
    assert paced.told()[-1] == ("away", 1), "at once"
    for caller in early:
        house.now_s += 1
        for _ in range(2):
            house.place(PREDICTIVE)
        house.match()
        assert house.state(1) is S.READY
        house.hang_up(caller, 17)
        if caller != early[0]:
            break
    house.match()
    assert house.state(1) is S.PAUSED, "one early call is left, and one other agent"
    assert paced.told()[-1] != ("ready", 1)


def test_asking_twice_to_go_is_asking_once(house: House, paced: Paced) -> None:
    house.ready(1)
    early = house.place(PREDICTIVE)
    house.now_s += 1
    house.tell(1, AgentEvent.PAUSE)
    house.now_s += 1
    late = house.place(PREDICTIVE)
    house.now_s += 1
    house.tell(1, AgentEvent.LOGOUT)
    house.hang_up(early, 17)
    house.match()
    assert house.state(1) is S.OUT
    assert late in house.board.calls


def test_a_wish_that_is_taken_back_is_forgotten(house: House, paced: Paced) -> None:
    house.ready(1)
    early = house.place(PREDICTIVE)
    house.tell(1, AgentEvent.PAUSE)
    paced.told()
    house.tell(1, AgentEvent.READY)
    assert paced.told() == [("ready", 1)]
    house.hang_up(early, 17)
    house.match()
    assert house.state(1) is S.READY


def test_whoever_wants_to_go_is_spared_a_later_call_while_there_is_somebody(house: House) -> None:
    house.ready(1, 2)
    house.place(PREDICTIVE)
    house.place(PREDICTIVE)
    house.now_s += 1
    house.tell(1, AgentEvent.PAUSE)
    house.now_s += 1
    later, last = house.waiting(PREDICTIVE), house.waiting(PREDICTIVE)
    house.match()
    assert house.board.calls[later].call.agent_id == 2
    assert house.board.calls[last].call.agent_id == 1, "rather than nobody"
    house.hear(last, AgentJoined)
    house.hang_up(last)
    house.tell(1, AgentEvent.RESULT)
    assert house.state(1) is S.PAUSED


# -- modes -------------------------------------------------------------------------------------


def test_a_ratio_decides_while_the_mode_says_so_and_the_pacer_goes_on_learning(
    house: House,
) -> None:
    paced = Paced(house, PREDICTIVE)
    house.ready(1, 2)
    house.place(PREDICTIVE)
    assert paced.wish(7) == {5: 7}
    doubled = replace(
        PREDICTIVE,
        campaign=replace(PREDICTIVE.campaign, mode=DialMode.RATIO, pace=PaceSettings(ratio=2.0)),
    )
    paced.running = (doubled,)
    paced.pacers.change(doubled)
    assert paced.wanted() == {5: 3}, "two agents, twice as many calls, and one is there"
    caller = house.place(doubled)
    assert paced.wanted() == {5: 2}
    assert paced.witnesses[5].calls[caller] == "placed", "it learns on"
    paced.running = (PREDICTIVE,)
    paced.pacers.change(PREDICTIVE)
    assert paced.wanted() == {5: 7}
