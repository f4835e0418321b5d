"""Calls whose end events alone do not tell: the dialplan's note is asked for."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from campaigns.model import AgentState, Outcome
from dialer.actions import ask_note
from dialer.agent import AgentEvent
from dialer.call import CallState, ChannelMade, HungUp, Unanswered
from dialer.notes import Notes
from dialer.translate import News, news, of_note
from tests.unit.dialer.examples import at
from tests.unit.dialer.house import BROADCAST, House


def failure(channel_id: str, **more: str) -> dict[str, str]:
    return {
        "event": "OriginateResponse",
        "response": "Failure",
        "actionid": f"originate:{channel_id}",
        "uniqueid": channel_id,
    } | more


@pytest.fixture
def notes(house: House) -> Notes:
    return Notes(house.board)


def no_note(channel_id: str) -> dict[str, str]:
    return {
        "response": "Error",
        "actionid": f"note:{channel_id}",
        "message": "Database entry not found",
    }


def note(channel_id: str, text: str) -> dict[str, str]:
    return {
        "event": "DBGetResponse",
        "actionid": f"note:{channel_id}",
        "family": "ringbank",
        "key": channel_id,
        "val": text,
    }


def moment(epoch_s: float) -> datetime:
    return at(epoch_s - at(0).timestamp())


def hear(house: House, notes: Notes, fields: Mapping[str, str], at_s: float = 0) -> None:
    """Have a message heard as the engine hears it."""
    told = news(of_note(fields), at=at(at_s), moment=moment)
    if told is not None and not notes.holds(told, house.work, at_s=at_s):
        house.told(told)
    notes.hear(fields, house.work, now=at(at_s), at_s=at_s)


def settle(house: House, notes: Notes, at_s: float) -> None:
    notes.settle(house.work, now=at(at_s), at_s=at_s)


@pytest.mark.parametrize(("at_s", "asked"), [(12.999, 0), (13, 1)])
def test_after_three_seconds_the_note_of_a_call_is_asked_for(
    house: House, notes: Notes, at_s: float, asked: int
):
    channel_id = house.place()
    hear(house, notes, failure(channel_id), at_s=10)
    settle(house, notes, at_s)
    assert house.work.actions == [ask_note(channel_id)] * asked
    assert channel_id in house.board.calls
    assert dict(ask_note(channel_id).fields) == {"Family": "ringbank", "Key": channel_id}


def test_a_call_without_a_note_never_had_a_channel(house: House, notes: Notes):
    channel_id = house.place()
    hear(house, notes, failure(channel_id), at_s=10)
    settle(house, notes, 13)
    hear(house, notes, no_note(channel_id), at_s=13)
    assert channel_id not in house.board.calls
    closing = house.closing()
    assert (closing.outcome, closing.evidence) == (Outcome.FAILED, "refused")
    assert house.used == 0


@pytest.mark.parametrize(("at_s", "over"), [(15.999, False), (16, True)])
def test_a_question_without_an_answer_does_not_hold_a_line_for_ever(
    house: House, notes: Notes, at_s: float, over: bool
):
    channel_id = house.place()
    hear(house, notes, failure(channel_id), at_s=10)
    settle(house, notes, 13)
    settle(house, notes, at_s)
    assert (channel_id not in house.board.calls) is over
    assert house.used == (0 if over else 1)


@pytest.mark.parametrize(
    ("reason", "outcome", "evidence"),
    [("3", Outcome.NO_ANSWER, "dialplan"), ("0", Outcome.FAILED, "refused")],
)
def test_a_call_that_rang_by_its_note_was_on_the_network(
    house: House, notes: Notes, reason: str, outcome: Outcome, evidence: str
):
    channel_id = house.place()
    hear(house, notes, failure(channel_id), at_s=10)
    settle(house, notes, 13)
    ended = at(9.5).timestamp()
    noted = f"stage=failed|answered=|last=failed|ended={ended:.3f}|reason={reason}"
    hear(house, notes, note(channel_id, noted), at_s=13)
    closing = house.closing()
    assert (closing.outcome, closing.evidence) == (outcome, evidence)
    assert closing.ended_at == at(9.5)
    assert house.used == 0


def test_whoever_is_on_the_line_by_the_note_stays_there(house: House, notes: Notes):
    channel_id = house.place()
    hear(house, notes, failure(channel_id))
    settle(house, notes, 3)
    answered = at(1).timestamp()
    noted = f"stage=waiting|answered={answered:.3f}|last=waiting"
    hear(house, notes, note(channel_id, noted), at_s=3)
    assert house.call_state(channel_id) is CallState.WAITING
    assert house.work.closings == []


def test_what_the_dialplan_told_counts_where_its_note_is_gone(house: House, notes: Notes):
    channel_id = house.place()
    house.told(News(channel_id, (Unanswered(at(2), rang_out=True),)))
    hear(house, notes, failure(channel_id))
    settle(house, notes, 3)
    hear(house, notes, no_note(channel_id), at_s=3)
    closing = house.closing()
    assert (closing.outcome, closing.evidence) == (Outcome.NO_ANSWER, "dialplan")


def test_an_end_that_is_heard_meanwhile_counts(house: House, notes: Notes):
    channel_id = house.place()
    hear(house, notes, failure(channel_id))
    settle(house, notes, 3)
    house.told(News(channel_id, (HungUp(at(3), 17),)))
    hear(house, notes, no_note(channel_id), at_s=3)
    hear(house, notes, note(channel_id, "stage=failed|reason=3"), at_s=3)
    assert house.closing().outcome is Outcome.BUSY


def test_a_call_that_had_one_ends_with_its_hangup(house: House, notes: Notes):
    channel_id = house.place()
    hear(house, notes, failure(channel_id), at_s=0)
    house.told(News(channel_id, (ChannelMade(at(1)),)))
    settle(house, notes, 10)
    assert house.work.actions == []
    assert house.board.calls[channel_id].call.state is CallState.DIALING
    house.told(News(channel_id, (HungUp(at(11), 17),)))
    assert [closing.outcome for _, closing in house.work.closings] == [Outcome.BUSY]


def test_a_call_that_is_over_already_stays_so(house: House, notes: Notes):
    channel_id = house.place()
    house.told(News(channel_id, (ChannelMade(at(0)), HungUp(at(1), 34))))
    hear(house, notes, failure(channel_id), at_s=1)
    settle(house, notes, 10)
    assert [closing.outcome for _, closing in house.work.closings] == [Outcome.CONGESTION]


def test_an_agents_line_that_could_not_be_made_is_down(house: House, notes: Notes):
    house.login(1)
    hear(house, notes, failure(house.line(1)), at_s=0)
    settle(house, notes, 3)
    assert house.state(1) is AgentState.OUT
    assert len(house.work.answers) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"response": "Success"},
        {"uniqueid": "another"},
        {"event": "Newchannel"},
        {"actionid": "redirect:rb-1"},
    ],
)
def test_other_messages_say_nothing_of_it(house: House, notes: Notes, more: dict[str, str]):
    channel_id = house.place()
    notes.hear(failure(channel_id, **more), house.work, now=at(0), at_s=0)
    settle(house, notes, 100)
    assert house.work.actions == []
    assert channel_id in house.board.calls


def test_an_agent_whose_line_is_another_one_by_now_keeps_it(house: House, notes: Notes):
    house.login(1)
    first = house.line(1)
    hear(house, notes, failure(first), at_s=0)
    house.line_down(1)
    house.login(1)
    house.line_up(1)
    settle(house, notes, 3)
    assert house.tell(1, AgentEvent.READY) is None
    assert house.state(1) is AgentState.READY


# Answered calls that end without the dialplan's last word


def hangup(channel_id: str, *, up: bool = True, cause: str = "16") -> dict[str, str]:
    return {
        "event": "Hangup",
        "uniqueid": channel_id,
        "channelstate": "6" if up else "5",
        "cause": cause,
    }


def ended(**more: str) -> str:
    facts = {"stage": "ended", "answered": f"{at(1).timestamp()}", "last": "message"} | more
    return "|".join(f"{key}={value}" for key, value in facts.items())


def last_word(channel_id: str, text: str) -> Mapping[str, str]:
    """Return the event that the dialplan sends as it writes a note."""
    return of_note(note(channel_id, text)) | {"attempt": channel_id}


def test_an_end_waits_for_what_the_dialplan_noted(house: House, notes: Notes):
    channel_id = house.place(BROADCAST)
    hear(house, notes, hangup(channel_id), at_s=9)
    assert house.work.closings == []
    assert house.work.actions == [ask_note(channel_id)]
    text = ended(message=f"{at(2).timestamp()}", key="5", ended=f"{at(8).timestamp()}")
    hear(house, notes, note(channel_id, text), at_s=9)
    closing = house.closing()
    assert (closing.outcome, closing.evidence) == (Outcome.CONNECTED, "hangup")
    assert (closing.key, closing.answered_at, closing.cause) == ("5", at(1), 16)


def test_nobody_asks_where_the_last_word_was_heard(house: House, notes: Notes):
    channel_id = house.place(BROADCAST)
    hear(house, notes, last_word(channel_id, ended(key="5")), at_s=8)
    hear(house, notes, hangup(channel_id), at_s=9)
    assert house.work.actions == []
    assert house.closing().outcome is Outcome.CONNECTED


def test_nobody_asks_of_a_call_that_was_not_answered(house: House, notes: Notes):
    channel_id = house.place(BROADCAST)
    hear(house, notes, hangup(channel_id, up=False, cause="17"), at_s=9)
    assert house.work.actions == []
    assert house.closing().outcome is Outcome.BUSY


def test_an_end_that_is_told_twice_is_asked_about_once(house: House, notes: Notes):
    channel_id = house.place(BROADCAST)
    for _ in range(2):
        hear(house, notes, hangup(channel_id), at_s=9)
    assert house.work.actions == [ask_note(channel_id)]
    hear(house, notes, no_note(channel_id), at_s=9)
    assert house.closing().outcome is Outcome.HUNG_UP_EARLY, "it hung up before the dialplan began"
    hear(house, notes, no_note(channel_id), at_s=9)
    assert len(house.work.closings) == 1


@pytest.mark.parametrize(("at_s", "over"), [(11.999, False), (12, True)])
def test_an_end_does_not_wait_for_ever(house: House, notes: Notes, at_s: float, over: bool):
    channel_id = house.place(BROADCAST)
    hear(house, notes, hangup(channel_id), at_s=9)
    settle(house, notes, at_s)
    assert (channel_id not in house.board.calls) == over
    assert house.used == (not over)
