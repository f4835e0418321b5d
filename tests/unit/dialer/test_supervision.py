"""Supervisors at talks: who may come, whose the person is then, which lines are used and counted."""

from dataclasses import replace
from itertools import count

import pytest

from campaigns.model import AgentState
from campaigns.supervisions import Begun, SupervisionKind
from dialer.actions import Action, room_of
from dialer.agent import AgentEvent
from dialer.call import AgentJoined
from dialer.recorder import Recorder
from dialer.recovery import Place, Survey
from dialer.store import RequestKind
from dialer.supervision import Order, Supervision
from dialer.switchboard import Work
from dialer.watches import Watch
from tests.unit.dialer.examples import agent, at, attempt
from tests.unit.dialer.test_switchboard import ON_TRUNK, House

K, S = SupervisionKind, AgentState
ANNA, BO, CLEO = 1, 2, 3


class Floor(House):
    """Anna talks to somebody; Bo and Cleo are supervisors."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._rows = count(1)
        self._orders = count(100)
        self.ready(ANNA)
        self.call = self.waiting()
        self.match()
        self.hear(self.call, AgentJoined)
        self.supervision = Supervision(self.board)
        self.fresh()

    def watch(self, by: int = BO) -> Watch:
        found = self.supervision.watches.of(by)
        assert found is not None
        return found

    def fresh(self) -> None:
        self.work = Work()

    def who(self, agent_id: int, phone: str = "PJSIP/x"):
        return agent(agent_id, f"agent-{agent_id}", phone=phone)

    def ask(self, kind: K, by: int = BO, *, call: str = "", **more) -> str | None:
        """Return why not, or None; the request may then still wait for a telephone."""
        phone = more.pop("phone", "PJSIP/x")
        order = Order(
            request=next(self._orders), row=next(self._rows), kind=kind,
            call=call or self.call, supervisor=self.who(by, phone), **more,
        )  # fmt: skip
        self.supervision.obey(order, self.work, now=at(self.now_s), at_s=self.now_s)
        self.last = order
        answers = dict(self.work.answers)
        return answers.get(order.request)

    def told(self, news) -> None:
        super().told(news)
        if hasattr(self, "supervision"):
            self.supervision.tidy(self.work, now=at(self.now_s))

    def say(self, **fields: str) -> None:
        self.supervision.hear(fields, self.work, now=at(self.now_s))

    def arrives(self, by: int = BO) -> None:
        """Have a supervisor's line come to where it was sent."""
        watch = self.watch(by)
        if watch.kind is K.TAKE:
            self.say(event="ConfbridgeJoin", uniqueid=watch.channel_id, conference=room_of(by))
        else:
            self.say(
                event="UserEvent", userevent="RingbankSupervisor",
                uniqueid=watch.channel_id, stage=watch.kind,
            )  # fmt: skip

    def at_talk(self, kind: K, by: int = BO, **more) -> str:
        assert self.ask(kind, by, **more) is None
        channel_id = self.watch(by).channel_id if self.supervision.watches.of(by) else ""
        if channel_id:
            self.arrives(by)
        return channel_id

    def drops(self, channel_id: str) -> None:
        """Have a line hang up, told to the switchboard first as the engine does."""
        agent_ = self.board.floor.of_line(channel_id)
        if agent_ is not None:
            self.line_down(agent_.agent_id)
        self.say(event="Hangup", uniqueid=channel_id)

    def paused(self, agent_id: int) -> None:
        self.login(agent_id)
        self.line_up(agent_id)
        self.fresh()

    @property
    def owner(self) -> int | None:
        return self.board.calls[self.call].call.agent_id


def asked(work: Work) -> list[tuple[str, str]]:
    """Return what Asterisk is asked: action, and where to."""
    return [(action.name, _to(action)) for action in work.actions]


def _to(action: Action) -> str:
    fields = dict(action.fields)
    return fields.get("Context") or fields.get("Variable") or fields["Channel"]


@pytest.mark.parametrize(
    ("kind", "context"),
    [
        (K.LISTEN, "ringbank-listen"),
        (K.WHISPER, "ringbank-whisper"),
        (K.JOIN, "ringbank-step-in"),
        (K.TAKE, "ringbank-agent-line"),
    ],
)
def test_somebody_who_is_not_logged_in_has_their_telephone_rung(kind, context):
    floor = Floor()
    assert floor.ask(kind) is None
    assert asked(floor.work) == [("Originate", context)]
    assert floor.supervision.awaits(floor.last.request)
    floor.arrives()
    assert (floor.last.request, None) in floor.work.answers
    assert not floor.supervision.awaits(floor.last.request)


def test_the_line_moves_from_listening_to_stepping_in_without_a_new_ring():
    floor = Floor()
    channel_id = floor.at_talk(K.LISTEN)
    floor.fresh()
    for kind, context in ((K.WHISPER, "ringbank-whisper"), (K.JOIN, "ringbank-step-in")):
        assert floor.ask(kind) is None
        assert asked(floor.work) == [("Redirect", context)]
        assert dict(floor.work.actions[0].fields)["Channel"] == channel_id
        floor.arrives()
        floor.fresh()


def test_news_of_where_the_line_was_before_does_not_count_as_arrival():
    floor = Floor()
    channel_id = floor.at_talk(K.LISTEN)
    floor.ask(K.WHISPER)
    floor.say(
        event="UserEvent", userevent="RingbankSupervisor", uniqueid=channel_id, stage="listen"
    )
    assert floor.supervision.awaits(floor.last.request)


def test_an_agents_own_line_is_used_only_while_they_are_paused():
    floor = Floor()
    floor.ready(BO)
    assert "ringbank agents pause agent-2" in (floor.ask(K.LISTEN) or "")
    floor.tell(BO, AgentEvent.PAUSE)
    floor.fresh()
    assert floor.ask(K.LISTEN) is None
    assert asked(floor.work) == [("Redirect", "ringbank-listen")]


def test_whoever_is_at_a_talk_cannot_get_ready_until_their_line_is_home():
    floor = Floor()
    floor.paused(BO)
    floor.at_talk(K.LISTEN)
    bo = floor.who(BO)
    assert "supervise end" in (floor.supervision.why_not(RequestKind.READY, bo) or "")
    assert floor.supervision.why_not(RequestKind.PAUSE, bo) is None
    floor.fresh()
    floor.supervision.end(7, bo, floor.work, now=at(1))
    assert asked(floor.work) == [("Redirect", "ringbank-agent-line")]
    assert "on its way" in (floor.supervision.why_not(RequestKind.READY, bo) or "")
    floor.say(event="ConfbridgeJoin", uniqueid=floor.line(BO), conference=room_of(BO))
    assert floor.supervision.why_not(RequestKind.READY, bo) is None


@pytest.mark.parametrize("logged_in", [True, False], ids=["logged in", "rung"])
def test_taking_over_moves_the_person_the_lease_and_the_duty_to_say_what_came_of_it(logged_in):
    floor = Floor()
    if logged_in:
        floor.paused(BO)
    floor.ask(K.TAKE)
    if not logged_in:
        assert floor.owner == ANNA, "not before the room is there"
        assert floor.work.chosen == []
        floor.arrives()
    assert floor.owner == BO
    assert [(one.channel_id, by) for one, by in floor.work.chosen] == [(floor.call, BO)]
    assert asked(floor.work)[-1] == ("Redirect", "ringbank-room")
    assert (floor.state(ANNA), floor.state(BO)) == (S.READY, S.TALKING)
    floor.hang_up(floor.call)
    assert floor.closing().agent_id == BO
    assert (floor.state(ANNA), floor.state(BO)) == (S.READY, S.WRAP_UP)
    floor.tell(BO, AgentEvent.RESULT)
    assert floor.state(BO) is (S.PAUSED if logged_in else S.OUT), "where they were before"


def test_the_person_is_not_moved_when_they_hang_up_before_the_supervisor_is_there():
    floor = Floor()
    floor.ask(K.TAKE)
    watch = floor.watch(BO)
    floor.hang_up(floor.call)
    floor.say(event="ConfbridgeJoin", uniqueid=watch.channel_id, conference=room_of(BO))
    assert floor.work.chosen == []
    assert floor.state(ANNA) is S.WRAP_UP
    assert ("Hangup", watch.channel_id) in asked(floor.work)
    assert (floor.last.request, "the talk is over") in floor.work.answers


def test_taking_over_sends_whisperers_away_and_lets_listeners_listen():
    floor = Floor()
    floor.at_talk(K.WHISPER, BO)
    floor.at_talk(K.LISTEN, CLEO)
    floor.ask(K.TAKE, 4)
    floor.arrives(4)
    assert [one.supervisor.agent_id for one in floor.supervision.watches] == [CLEO]
    assert floor.watch(CLEO).agent_id == 4


def test_whoever_owes_a_result_takes_nobody_over():
    floor = Floor()
    assert "still owes" in (floor.ask(K.TAKE, owes="abc") or "")
    assert floor.owner == ANNA
    assert floor.ask(K.JOIN, owes="abc") is None


def test_the_person_stays_with_who_stepped_in_when_the_agents_telephone_drops():
    floor = Floor()
    channel_id = floor.at_talk(K.JOIN)
    floor.fresh()
    floor.drops(floor.line(ANNA))
    assert (floor.state(ANNA), floor.state(BO)) == (S.OUT, S.TALKING)
    assert floor.owner == BO
    assert [by for _, by in floor.work.chosen] == [BO]
    assert floor.line(BO) == channel_id
    assert "in agent-1's room" in (
        floor.supervision.why_not(RequestKind.LOGIN, floor.who(ANNA)) or ""
    )
    floor.hang_up(floor.call)
    assert floor.closing().agent_id == BO
    assert floor.supervision.why_not(RequestKind.LOGIN, floor.who(ANNA)) is None
    assert ("Redirect", "ringbank-agent-line") in asked(floor.work), "out of Anna's room"


@pytest.mark.parametrize("kind", [K.LISTEN, K.WHISPER])
def test_who_only_listens_or_whispers_keeps_nobody(kind):
    floor = Floor()
    floor.at_talk(kind)
    floor.drops(floor.line(ANNA))
    assert floor.owner == ANNA


def test_a_line_that_hangs_up_is_forgotten_and_one_that_never_came_is_told():
    floor = Floor()
    floor.ask(K.LISTEN)
    channel_id = floor.watch(BO).channel_id
    floor.drops(channel_id)
    assert "was not answered" in (dict(floor.work.answers)[floor.last.request] or "")
    assert [*floor.supervision.watches] == []
    floor.at_talk(K.LISTEN)
    floor.fresh()
    floor.drops(floor.watch(BO).channel_id)
    assert floor.work.answers == []
    ((_, values),) = floor.work.supervised
    assert values == {"ended_at": at(floor.now_s)}


def test_every_line_through_a_trunk_is_counted_until_it_ends():
    floor = Floor()
    used = floor.used
    assert floor.ask(K.LISTEN, phone=ON_TRUNK.format(id=2)) is None
    assert floor.used == used + 1
    channel_id = floor.watch(BO).channel_id
    floor.hang_up(channel_id)
    floor.drops(channel_id)
    assert floor.used == used


def test_nobody_comes_to_a_talk_that_is_over_nor_to_their_own():
    floor = Floor()
    assert "has the person already" in (floor.ask(K.LISTEN, ANNA) or "")
    floor.hang_up(floor.call)
    assert "the talk is over" in (floor.ask(K.LISTEN) or "")
    ((_, first), (_, second)) = floor.work.supervised
    assert first["ended_at"] == second["ended_at"]


def test_a_supervisor_is_at_one_talk_at_a_time():
    floor = Floor()
    floor.at_talk(K.LISTEN)
    floor.ready(CLEO)
    other = floor.waiting()
    floor.match()
    floor.hear(other, AgentJoined)
    assert "first run: ringbank supervise end" in (floor.ask(K.LISTEN, call=other) or "")


# -- another number


def test_a_person_who_is_moved_on_leaves_the_agent_free_once_that_number_answers():
    floor = Floor()
    floor.at_talk(K.LISTEN)
    floor.fresh()
    assert floor.ask(K.TRANSFER, to="+4721000055") is None
    assert [name for name, _ in asked(floor.work)] == ["Hangup", *["Setvar"] * 3, "Redirect"]
    assert [*floor.supervision.watches] == [], "the second level is not listened to"
    assert floor.state(ANNA) is S.TALKING
    used = floor.used
    floor.say(event="UserEvent", userevent="RingbankTransfer", attempt=floor.call, stage="answered")
    assert (floor.last.request, None) in floor.work.answers
    assert floor.state(ANNA) is S.WRAP_UP
    floor.fresh()
    floor.tell(ANNA, AgentEvent.RESULT)
    assert floor.state(ANNA) is S.READY
    assert floor.work.actions == [], "their talk goes on"

    other = floor.waiting()
    floor.match()
    floor.hear(other, AgentJoined)
    floor.hang_up(floor.call)
    assert floor.state(ANNA) is S.TALKING, "the next talk is not ended by the end of the other"
    assert floor.closing().agent_id == ANNA
    assert floor.used == used + 1 - 2


def test_a_person_whose_other_number_fails_is_with_the_agent_again():
    floor = Floor()
    used = floor.used
    floor.ask(K.TRANSFER, to="+4721000055")
    floor.say(
        event="UserEvent", userevent="RingbankTransfer", attempt=floor.call,
        stage="failed", why="BUSY",
    )  # fmt: skip
    assert "(busy)" in (dict(floor.work.answers)[floor.last.request] or "")
    assert floor.state(ANNA) is S.TALKING
    assert floor.used == used
    assert floor.ask(K.LISTEN) is None


def test_nobody_is_moved_twice_at_once_nor_while_the_recording_is_paused():
    floor = Floor()
    assert "paused" in (floor.ask(K.TRANSFER, to="+4721000055", silent=True) or "")
    assert floor.ask(K.TRANSFER, to="PJSIP/desk2") is None
    assert "is being moved" in (floor.ask(K.TRANSFER, to="PJSIP/desk3") or "")
    assert "is being moved" in (floor.ask(K.LISTEN) or "")
    floor.hang_up(floor.call)
    assert (101, "the person hung up") in floor.work.answers


# -- another engine


def begun(floor: Floor, kind: K, channel_id: str | None, *, by: int = BO, began: bool = True):
    return Begun(
        id=50, kind=kind, attempt_id=floor.board.calls[floor.call].attempt.id,
        agent_id=ANNA, supervisor_id=by, channel_id=channel_id,
        began_at=at(0) if began else None,
    )  # fmt: skip


def restarted(floor: Floor, row: Begun, *channels: str, **places: Place) -> Supervision:
    """Have a new process begin; `places` are those of the `call`, or of somebody's `line`."""
    floor.supervision = Supervision(floor.board)
    floor.fresh()
    people = {BO: floor.who(BO)}
    ids = {"call": floor.call, "line": floor.board.floor.agents.get(BO, floor.who(BO)).channel_id}
    found = Survey(
        boot="first",
        channels=dict.fromkeys(channels, "6"),
        places={ids[what] or "": place for what, place in places.items()},
    )
    floor.supervision.catch_up([row], people, found, floor.work, now=at(floor.now_s))
    return floor.supervision


def test_a_new_engine_finds_a_listener_again():
    floor = Floor()
    restarted(floor, begun(floor, K.LISTEN, "rbs-9"), "rbs-9")
    assert floor.watch(BO).channel_id == "rbs-9"
    floor.hang_up(floor.call)
    assert ("Hangup", "rbs-9") in asked(floor.work)


def test_a_new_engine_gives_the_person_to_who_stepped_in_when_the_agent_dropped_meanwhile():
    floor = Floor()
    floor.line_down(ANNA)
    restarted(floor, begun(floor, K.JOIN, "rbs-9"), "rbs-9")
    assert floor.owner == BO


def test_a_new_engine_hangs_up_lines_of_talks_that_are_over_or_that_never_arrived():
    floor = Floor()
    restarted(floor, begun(floor, K.LISTEN, "rbs-9", began=False), "rbs-9")
    assert asked(floor.work) == [("Hangup", "rbs-9")]
    row = replace(begun(floor, K.LISTEN, "rbs-9"), attempt_id=attempt(99).id)
    restarted(floor, row, "rbs-9")
    assert asked(floor.work) == [("Hangup", "rbs-9")]
    restarted(floor, begun(floor, K.LISTEN, "rbs-9"))
    assert floor.work.supervised == [(50, {"ended_at": at(floor.now_s)})]


def test_a_new_engine_remembers_who_talks_to_another_number():
    floor = Floor()
    floor.tell(ANNA, AgentEvent.CALL_OVER)
    restarted(floor, begun(floor, K.TRANSFER, None))
    floor.fresh()
    floor.tell(ANNA, AgentEvent.RESULT)
    assert floor.work.actions == []
    floor.supervision.result_given(floor.board.calls[floor.call].attempt.id, floor.work)
    assert floor.work.let_go == [floor.board.calls[floor.call].attempt.id]


# -- what must not meet


def moved_back(floor: Floor) -> None:
    floor.say(
        event="UserEvent", userevent="RingbankTransfer", attempt=floor.call,
        stage="failed", why="BUSY",
    )  # fmt: skip


def test_whose_line_is_at_a_talk_has_nobody_called():
    floor = Floor()
    floor.paused(BO)
    floor.at_talk(K.LISTEN)
    bo = floor.who(BO)
    assert "supervise end" in (floor.supervision.why_not(RequestKind.DIAL, bo) or "")
    floor.supervision.end(7, bo, floor.work, now=at(1))
    assert "on its way" in (floor.supervision.why_not(RequestKind.DIAL, bo) or "")
    floor.say(event="ConfbridgeJoin", uniqueid=floor.line(BO), conference=room_of(BO))
    assert floor.supervision.why_not(RequestKind.DIAL, bo) is None


@pytest.mark.parametrize("take", [True, False], ids=["taken over", "kept"])
def test_who_looks_at_somebody_and_gets_the_person_of_another_talks(take):
    floor = Floor()
    floor.paused(BO)
    floor.at_talk(K.JOIN)
    floor.tell(BO, AgentEvent.PREVIEW)
    if take:
        floor.ask(K.TAKE)
        floor.arrives()
    else:
        floor.drops(floor.line(ANNA))
    assert (floor.owner, floor.state(BO)) == (BO, S.TALKING)
    floor.hang_up(floor.call)
    floor.tell(BO, AgentEvent.RESULT)
    assert floor.state(BO) is S.PREVIEW, "where they were before"


def test_who_talks_in_another_agents_room_is_not_ready_before_they_are_home():
    floor = Floor()
    floor.paused(BO)
    floor.at_talk(K.JOIN)
    floor.drops(floor.line(ANNA))
    bo = floor.who(BO)
    assert "in another agent's room" in (floor.supervision.why_not(RequestKind.READY, bo) or "")
    floor.hang_up(floor.call)
    assert "on its way" in (floor.supervision.why_not(RequestKind.READY, bo) or "")
    floor.say(event="ConfbridgeJoin", uniqueid=floor.line(BO), conference=room_of(BO))
    assert floor.supervision.why_not(RequestKind.READY, bo) is None


def test_nobody_comes_to_a_talk_that_is_being_ended():
    floor = Floor()
    for kind in (K.LISTEN, K.TAKE, K.TRANSFER):
        assert "the talk is over" in (floor.ask(kind, said=True, to="PJSIP/desk2") or "")
    assert floor.work.actions == []


def test_a_hostile_person_who_hears_the_goodbye_is_kept_for_nobody():
    floor = Floor()
    floor.at_talk(K.JOIN)
    floor.tell(ANNA, AgentEvent.HOSTILE)
    floor.fresh()
    floor.drops(floor.line(ANNA))
    assert floor.owner == ANNA
    assert floor.work.chosen == []
    floor.hang_up(floor.call)
    assert [*floor.supervision.watches] == []


def test_an_agent_whose_person_may_come_back_does_not_log_in_before_that():
    floor = Floor()
    anna = floor.who(ANNA)
    floor.ask(K.TRANSFER, to="+4721000055")
    floor.drops(floor.line(ANNA))
    assert "still on the line" in (floor.supervision.why_not(RequestKind.LOGIN, anna) or "")
    moved_back(floor)
    assert "still on the line" in (floor.supervision.why_not(RequestKind.LOGIN, anna) or "")
    floor.hang_up(floor.call)
    assert floor.supervision.why_not(RequestKind.LOGIN, anna) is None


def test_a_result_on_the_way_to_another_number_does_not_cut_the_person_off():
    floor = Floor()
    floor.ask(K.TRANSFER, to="+4721000055")
    floor.fresh()
    floor.tell(ANNA, AgentEvent.RESULT)
    assert floor.work.actions == []
    assert floor.state(ANNA) is S.TALKING, "they may come back"
    floor.say(event="UserEvent", userevent="RingbankTransfer", attempt=floor.call, stage="answered")
    assert floor.state(ANNA) is S.READY
    assert floor.work.let_go == [floor.board.calls[floor.call].attempt.id]
    assert floor.work.actions == []


def test_a_person_who_comes_back_after_the_result_is_hung_up():
    floor = Floor()
    floor.ask(K.TRANSFER, to="+4721000055")
    floor.tell(ANNA, AgentEvent.RESULT)
    floor.fresh()
    moved_back(floor)
    assert asked(floor.work) == [("Hangup", floor.call)]
    floor.hang_up(floor.call)
    assert floor.state(ANNA) is S.READY


def test_a_hostile_person_on_the_way_to_another_number_hears_the_goodbye():
    floor = Floor()
    floor.ask(K.TRANSFER, to="+4721000055")
    floor.fresh()
    floor.tell(ANNA, AgentEvent.HOSTILE)
    assert asked(floor.work) == [("Redirect", "ringbank-goodbye")]


def test_a_new_engine_knows_in_whose_room_a_listener_hears_somebody_who_was_taken_over():
    floor = Floor()
    floor.at_talk(K.TAKE, CLEO)
    restarted(floor, begun(floor, K.LISTEN, "rbs-9"), "rbs-9")
    assert floor.watch(BO).agent_id == CLEO
    floor.ask(K.WHISPER)
    assert dict(floor.work.actions[-1].fields)["Exten"] == room_of(CLEO)


# -- what Asterisk was not told before the link was lost, or told nobody after


def test_a_new_engine_sees_that_the_other_number_has_answered():
    floor = Floor()
    row = begun(floor, K.TRANSFER, None, began=False)
    restarted(floor, row, call=Place(context="ringbank-transfer", extension="s", bridged=True))
    assert (50, {"began_at": at(floor.now_s)}) in floor.work.supervised
    assert floor.state(ANNA) is S.WRAP_UP
    floor.fresh()
    floor.tell(ANNA, AgentEvent.RESULT)
    assert floor.work.actions == [], "their talk goes on"


def test_a_new_engine_waits_on_for_a_number_that_rings():
    floor = Floor()
    row = begun(floor, K.TRANSFER, None, began=False)
    restarted(floor, row, call=Place(context="ringbank-transfer", extension="s"))
    assert floor.state(ANNA) is S.TALKING
    assert "is being moved" in (floor.ask(K.LISTEN) or "")
    moved_back(floor)
    assert floor.ask(K.LISTEN) is None


@pytest.mark.parametrize("result", [True, False])
def test_a_new_engine_sees_that_the_person_is_back_in_the_room(result):
    floor = Floor()
    floor.ask(K.TRANSFER, to="PJSIP/desk2")
    if result:
        floor.tell(ANNA, AgentEvent.RESULT)
    row = begun(floor, K.TRANSFER, None, began=False)
    restarted(floor, row, call=Place(context="ringbank-room", extension=room_of(ANNA)))
    assert asked(floor.work) == ([("Hangup", floor.call)] if result else [])
    assert floor.state(ANNA) is S.TALKING
    ((_, values),) = floor.work.supervised
    assert "is back" in str(values["detail"])
    floor.fresh()
    assert floor.ask(K.LISTEN) is None


@pytest.mark.parametrize(("room", "moved"), [(ANNA, True), (BO, False)])
def test_a_new_engine_moves_the_person_whom_the_old_one_could_not_hand_over(room, moved):
    floor = Floor()
    floor.paused(BO)
    floor.at_talk(K.TAKE)
    row = begun(floor, K.TAKE, floor.line(BO))
    restarted(floor, row, call=Place(context="ringbank-room", extension=room_of(room)))
    assert asked(floor.work) == ([("Redirect", "ringbank-room")] if moved else [])


def test_a_new_engine_leaves_the_person_where_they_are_when_the_supervisor_is_gone():
    floor = Floor()
    floor.paused(BO)
    floor.at_talk(K.TAKE)
    floor.line_down(BO)
    row = begun(floor, K.TAKE, None)
    restarted(floor, row, call=Place(context="ringbank-room", extension=room_of(ANNA)))
    assert floor.work.actions == []


@pytest.mark.parametrize(
    ("place", "is_away"),
    [
        (Place(context="ringbank-listen", extension=room_of(ANNA)), True),
        (Place(context="ringbank-step-in", extension=room_of(ANNA)), True),
        (Place(context="ringbank-agent-line", extension=room_of(BO)), False),
    ],
)
def test_a_new_engine_sends_a_line_home_that_is_at_a_talk_by_mistake(place, is_away):
    floor = Floor()
    floor.paused(BO)
    floor.at_talk(K.LISTEN)
    floor.supervision.end(7, floor.who(BO), floor.work, now=at(1))
    gone = replace(begun(floor, K.LISTEN, None), attempt_id=attempt(99).id)
    supervision = restarted(floor, gone, line=place)
    assert asked(floor.work) == ([("Redirect", "ringbank-agent-line")] if is_away else [])
    why_not = supervision.why_not(RequestKind.READY, floor.who(BO))
    assert ("on its way" in (why_not or "")) is is_away


# -- who was rung for a talk, and stays


def stays(floor: Floor, wish: AgentEvent) -> str:
    """Have Bo take the person over on a telephone that was rung, and go on working; the line."""
    channel_id = floor.at_talk(K.TAKE)
    floor.tell(BO, wish)
    floor.hang_up(floor.call)
    floor.tell(BO, AgentEvent.RESULT)
    floor.fresh()
    return channel_id


def test_who_took_over_and_wants_more_stays_so_with_a_new_engine():
    floor = Floor()
    channel_id = stays(floor, AgentEvent.READY)
    found = Survey(
        boot="first",
        channels={channel_id: "6"},
        places={channel_id: Place(context="ringbank-agent-line", extension=room_of(BO))},
    )
    floor.supervision.catch_up([], {}, found, floor.work, now=at(floor.now_s))
    floor.tell(ANNA, AgentEvent.PAUSE)
    floor.call = floor.waiting()
    floor.match()
    floor.hear(floor.call, AgentJoined)
    assert floor.state(BO) is S.TALKING
    floor.hang_up(floor.call)
    floor.tell(BO, AgentEvent.RESULT)
    assert floor.state(BO) is S.READY
    assert "Hangup" not in [name for name, _ in asked(floor.work)]


def test_who_took_over_and_pauses_listens_on_that_line_and_keeps_it():
    floor = Floor()
    channel_id = stays(floor, AgentEvent.PAUSE)
    assert floor.state(BO) is S.PAUSED
    floor.call = floor.waiting()
    floor.match()
    floor.hear(floor.call, AgentJoined)
    assert floor.at_talk(K.LISTEN) == channel_id
    floor.fresh()
    floor.supervision.end(7, floor.who(BO), floor.work, now=at(floor.now_s))
    assert asked(floor.work) == [("Redirect", "ringbank-agent-line")]
    assert floor.state(BO) is S.PAUSED


# -- a link that is lost


def test_nobody_waits_for_a_telephone_while_asterisk_is_gone():
    floor = Floor()
    login = floor.login(CLEO)
    floor.ask(K.LISTEN)
    listening = floor.last.request
    other = floor.waiting()
    floor.ready(4)
    floor.match()
    floor.hear(other, AgentJoined)
    floor.ask(K.TRANSFER, call=other, to="PJSIP/desk2")
    moving = floor.last.request
    recorder = Recorder(floor.board)
    recorder.silence(9, floor.call, floor.work, silent=True)
    floor.fresh()
    for waited_for in (floor.board, floor.supervision, recorder):
        waited_for.stop_waiting("lost", floor.work)
    assert sorted(floor.work.answers) == sorted((r, "lost") for r in (login, listening, moving, 9))
    assert not floor.board.awaited(login)
    assert not floor.supervision.awaits(listening)
    assert not floor.supervision.awaits(moving)
    assert not recorder.awaits(9)
    bo = floor.who(BO)
    assert "supervise end" in (floor.supervision.why_not(RequestKind.READY, bo) or ""), (
        "there still"
    )
    floor.fresh()
    floor.line_up(CLEO)
    assert (floor.state(CLEO), floor.work.answers) == (S.PAUSED, []), "picked up after all"
