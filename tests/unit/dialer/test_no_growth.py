"""What an engine keeps of its calls while they last, it lets go of when they are over."""

from collections.abc import Callable, Mapping

import pytest

from campaigns.breaker import KEPT_CALLS, History
from campaigns.breaker_table import EndedCall
from campaigns.model import Outcome
from dialer.actions import NOTE
from dialer.agent import AgentEvent
from dialer.call import AgentJoined, AgentWanted, ChannelMade, Gone, PickedUp, Rang, SorryBegan
from dialer.notes import Notes
from dialer.onlooker import Onlooker
from dialer.pace import Pacers
from dialer.recorder import Recorder
from dialer.sampler import Sampler
from dialer.trunks import Trunk
from tests.holding import entries
from tests.unit.dialer.examples import at
from tests.unit.dialer.house import PREDICTIVE, PROGRESSIVE, House

CALLS = 60
WIDE = Trunk(
    name="main",
    channel="PJSIP/{number}@carrier",
    max_calls=200,
    max_calls_per_second=500,
    caller_ids=(),
)


class Shift:
    """A house in which calls of all kinds come to their end, and everybody who hears of them."""

    def __init__(self) -> None:
        self.house = House({"main": WIDE})
        self.house.ready(1, 2, 3)
        board = self.house.board
        self.pacers = Pacers(board, "default")
        for campaign in (PREDICTIVE, PROGRESSIVE):
            self.pacers.begin(campaign, at_s=0)
        self.onlooker = Onlooker()
        self.recorder, self.sampler, self.notes = Recorder(board), Sampler(board), Notes(board)

    def turn(self, *placed: str) -> None:
        """Do what an engine does with what has happened, and let time pass."""
        house = self.house
        house.match()
        self.notes.settle(house.work, now=at(house.now_s), at_s=house.now_s)
        self.pacers.hear(now=at(house.now_s), at_s=house.now_s)
        self.pacers.wanted((PREDICTIVE, PROGRESSIVE), at_s=house.now_s)
        board = house.board
        self.onlooker.turn(house.work, [board.calls[one] for one in placed if one in board.calls])
        house.board.floor.take_changed()
        house.work = type(house.work)()
        house.now_s += 0.5

    def busy(self, channel: str) -> None:
        self.house.hear(channel, ChannelMade, Rang)
        self.turn()
        self.house.hang_up(channel, 17)

    def talk(self, channel: str) -> None:
        self.house.hear(channel, ChannelMade, Rang, PickedUp, AgentWanted)
        self.turn()
        agent = self.house.board.calls[channel].call.agent_id
        assert agent is not None
        self.house.hear(channel, AgentJoined)
        self.turn()
        self.house.hang_up(channel)
        self.turn()
        self.house.tell(agent, AgentEvent.RESULT)

    def abandoned(self, channel: str) -> None:
        for agent in (1, 2, 3):
            self.house.tell(agent, AgentEvent.PAUSE)
        self.house.hear(channel, ChannelMade, PickedUp, AgentWanted)
        self.turn()
        self.house.hear(channel, SorryBegan)
        self.turn()
        self.house.hang_up(channel)
        for agent in (1, 2, 3):
            self.house.tell(agent, AgentEvent.READY)

    def never_made(self, channel: str) -> None:
        failed = {
            "event": "OriginateResponse",
            "response": "Failure",
            "actionid": f"originate:{channel}",
            "uniqueid": channel,
        }
        unknown = {"response": "Error", "actionid": f"{NOTE}:{channel}"}
        for told in (failed, unknown):
            self.notes.hear(told, self.house.work, now=at(self.house.now_s), at_s=self.house.now_s)
            for _ in range(8):
                self.turn()

    def lost(self, channel: str) -> None:
        live = self.house.board.calls[channel]
        gone = (Gone(at(self.house.now_s), restarted=True),)
        self.house.board.apply(live, gone, self.house.work, now=at(self.house.now_s))

    def goes_by(self, calls: int) -> Mapping[str, int]:
        """Have calls placed and ended; return what is held then."""
        endings: list[Callable[[str], None]] = [
            self.busy,
            self.talk,
            self.abandoned,
            self.never_made,
            self.lost,
        ]
        for number in range(calls):
            channel = self.house.place((PREDICTIVE, PROGRESSIVE)[number % 2])
            self.turn(channel)
            assert channel in self.house.board.calls
            endings[number % len(endings)](channel)
            self.turn()
            assert channel not in self.house.board.calls
        for _ in range(10):
            self.turn()
        return {
            name: found
            for part in ("pacers", "onlooker", "recorder", "sampler", "notes")
            for name, found in entries(getattr(self, part), part).items()
        } | entries(self.house.board, "board")


def test_calls_that_are_over_are_held_nowhere() -> None:
    shift = Shift()
    before = shift.goes_by(CALLS)
    assert {"board.calls", "board._stirred", "pacers._feed.tracks"} <= before.keys()
    after = shift.goes_by(4 * CALLS)
    grown = {name: (before.get(name, 0), n) for name, n in after.items() if n > before.get(name, 0)}
    assert grown == {}


@pytest.mark.parametrize("answered", [True, False])
def test_a_breaker_remembers_so_many_calls_and_no_more(answered: bool) -> None:
    history = History()
    for number in range(2 * KEPT_CALLS):
        outcome = Outcome.CONNECTED if answered else Outcome.FAILED
        ended = EndedCall(
            attempt_id=number,
            number_id=number,
            ended_at=at(number),
            outcome=outcome,
            evidence="unanswered",
            sip_code=503,
        )
        history.add(ended)
    held = entries(history, "history")
    assert held["history._calls"] == KEPT_CALLS
    assert max(held.values()) == KEPT_CALLS
