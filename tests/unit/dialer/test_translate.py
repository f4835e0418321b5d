"""What Asterisk really said, from its bytes to the outcome; and each message on its own."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from campaigns.model import Outcome
from dialer.agent import AgentEvent
from dialer.ami.wire import Message, Reader
from dialer.call import (
    AgentMissing,
    Call,
    CallState,
    ChannelMade,
    Event,
    HungUp,
    PickedUp,
    Rang,
    Refused,
    follow,
    verdict,
)
from dialer.translate import News, news
from tests.unit.dialer.examples import at

RECORDINGS = Path(__file__).parents[2] / "data" / "ami"


def recorded(name: str) -> list[Message]:
    greeted = (RECORDINGS / f"{name}.txt").read_bytes().split(b"\r\n", 2)[2]
    return Reader().feed(greeted)


def told(fields: Mapping[str, str], second: float = 0) -> News | None:
    return news(fields, at=at(second), moment=at)


def heard(messages: Iterable[Message], channel_id: str) -> list[Event]:
    """Return what is told of a channel, one message a second."""
    events: list[Event] = []
    for second, message in enumerate(messages):
        found = told(message.facts(), second)
        if found is not None and found.channel_id == channel_id:
            events += found.events
    return events


def replayed(name: str, channel_id: str) -> Call:
    placed = Call(channel_id=channel_id, placed_at=at(0))
    return follow(placed, heard(recorded(name), channel_id)).call


# -- recorded sessions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "outcome", "cause", "sip_code"),
    [
        ("busy", Outcome.BUSY, 17, 486),
        ("unallocated", Outcome.UNALLOCATED, 1, 404),
        ("congestion", Outcome.CONGESTION, 34, 503),
        ("rang_out", Outcome.NO_ANSWER, 19, 480),
    ],
)
def test_a_recorded_call_that_nobody_answered(
    name: str, outcome: Outcome, cause: int, sip_code: int
) -> None:
    call = replayed(name, f"rb-{name}")
    assert call.state is CallState.ENDED
    assert (call.cause, call.sip_code, call.answered_at) == (cause, sip_code, None)
    assert verdict(call).outcome is outcome
    assert verdict(call).evidence == "hangup"


@pytest.mark.parametrize(
    ("name", "channel_id"), [("answered", "rb-answered"), ("agent_room", "rb-lead")]
)
def test_a_recorded_call_that_somebody_answered(name: str, channel_id: str) -> None:
    kinds = [type(event) for event in heard(recorded(name), channel_id)]
    assert kinds == [ChannelMade, Rang, PickedUp, PickedUp, HungUp], "its end says it was up, too"
    call = replayed(name, channel_id)
    assert (call.state, call.cause, call.sip_code) == (CallState.ENDED, 16, None)
    assert call.answered_at is not None
    assert verdict(call).outcome is Outcome.HUNG_UP_EARLY


def test_the_recorded_events_of_two_calls_are_kept_apart() -> None:
    agents_line = heard(recorded("agent_room"), "rb-agent")
    assert [type(event) for event in agents_line] == [ChannelMade, PickedUp]


def test_a_failed_originate_of_a_living_channel_leaves_the_end_to_its_hangup() -> None:
    """The recorded response comes before the hangup; under load it comes first or last."""
    messages = recorded("rang_out")
    response = next(m for m in messages if m.name == "OriginateResponse")
    fields = {key.lower(): value for key, value in response.fields}
    assert told(fields | {"actionid": "originate:rb-rang_out"}) is None


# -- one message -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("5", Outcome.FAILED), ("6", Outcome.HUNG_UP_EARLY), (None, Outcome.FAILED)],
)
def test_the_end_of_a_call_tells_whether_it_had_been_answered(
    state: str | None, outcome: Outcome
) -> None:
    """Also where every event between its beginning and its end was lost."""
    fields = {"event": "Hangup", "uniqueid": "rb-1", "cause": "16"}
    found = told(fields if state is None else fields | {"channelstate": state}, 3)
    assert found is not None
    call = follow(Call(channel_id="rb-1", placed_at=at(0)), found.events).call
    assert verdict(call).outcome is outcome


@pytest.mark.parametrize(
    ("state", "events"), [("5", (Rang(at(3)),)), ("6", (PickedUp(at(3)),))]
)  # fmt: skip
def test_a_new_state_rings_or_answers(state: str, events: tuple[Event, ...]) -> None:
    found = told({"event": "Newstate", "uniqueid": "rb-1", "channelstate": state}, 3)
    assert found == News("rb-1", events)


@pytest.mark.parametrize("state", ["0", "3", "4", ""])
def test_other_states_tell_nothing(state: str) -> None:
    assert told({"event": "Newstate", "uniqueid": "rb-1", "channelstate": state}) is None


def test_a_hangup_ends_a_call_or_an_agents_line() -> None:
    found = told({"event": "Hangup", "uniqueid": "rb-1", "cause": "17", "techcause": "486"}, 3)
    assert found == News("rb-1", (HungUp(at(3), 17, 486),), AgentEvent.LINE_DOWN)


@pytest.mark.parametrize("odd", ["", "SIP 486", "-1", "4.5"])
def test_a_hangup_without_readable_numbers_ends_the_call_all_the_same(odd: str) -> None:
    found = told({"event": "Hangup", "uniqueid": "rb-1", "cause": odd, "techcause": odd}, 3)
    assert found is not None
    assert found.events == (HungUp(at(3), 0, None),)


@pytest.mark.parametrize("uniqueid", ["<null>", "", "1765-1.4"])
def test_an_originate_that_made_no_channel_is_refused(uniqueid: str) -> None:
    failure = {
        "event": "OriginateResponse",
        "response": "Failure",
        "actionid": "originate:rb-1",
        "uniqueid": uniqueid,
    }
    assert told(failure, 3) == News("rb-1", (Refused(at(3)),), AgentEvent.LINE_DOWN)


def test_an_originate_that_succeeded_tells_nothing_more() -> None:
    success = {"event": "OriginateResponse", "response": "Success", "actionid": "originate:rb-1"}
    assert told(success) is None
    assert told({"response": "Success", "actionid": "originate:rb-1"}) is None


def test_an_error_answers_what_was_asked_and_nothing_else() -> None:
    error = {"response": "Error", "message": "Extension does not exist."}
    refused = told(error | {"actionid": "originate:rb-1"}, 3)
    assert refused == News("rb-1", (Refused(at(3)),), AgentEvent.LINE_DOWN)
    moved = told(error | {"actionid": "redirect:rb-1"}, 3)
    assert moved == News("rb-1", (AgentMissing(at(3)),))
    assert told(error | {"actionid": "rb-17"}) is None
    assert told(error) is None


def test_the_agents_telephone_reports_its_room() -> None:
    joined = {"event": "UserEvent", "userevent": "RingbankAgent", "uniqueid": "rba-1", "agent": "1"}
    assert told(joined) == News("rba-1", line=AgentEvent.LINE_UP)


def test_the_failed_extension_tells_of_the_attempt_and_not_of_its_own_channel() -> None:
    failed = {
        "event": "UserEvent",
        "userevent": "Ringbank",
        "uniqueid": "1765.9",
        "attempt": "rb-1",
        "stage": "failed",
        "reason": "3",
    }
    found = told(failed)
    assert found is not None
    assert found.channel_id == "rb-1"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event": "FullyBooted"},
        {"event": "UserEvent", "userevent": "Amd", "uniqueid": "rb-1"},
        {"event": "ConfbridgeJoin", "uniqueid": "rb-1"},
    ],
)
def test_what_is_none_of_our_business_tells_nothing(fields: dict[str, str]) -> None:
    assert told(fields) is None
