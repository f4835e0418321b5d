"""Asterisk's words turned into call events and agent events; pure.

Three sources tell of a call: AMI events, the dialplan's `UserEvent`, and the mark that
the dialplan keeps in Asterisk's database for when nobody listened. The last two carry
the same facts and are read by the same function.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dialer.agent import AgentEvent
from dialer.call import (
    AgentJoined,
    AgentMissing,
    AgentWanted,
    ChannelMade,
    Concluded,
    Event,
    HungUp,
    KeyPressed,
    MessageBegan,
    PickedUp,
    Rang,
    Refused,
    SorryBegan,
    Unanswered,
)

_RINGING, _UP = "5", "6"
"""`ChannelState` of a telephone that rings, and of one that was answered."""
_RANG_OUT = "3"
"""`REASON` of an Originate that timed out while ringing."""

Moment = Callable[[float], datetime]
"""Turns a time stamp of Asterisk's machine into a moment on the engine's clock."""


@dataclass(frozen=True, slots=True)
class News:
    """What one AMI message tells of one channel: call events, or an agent's line event."""

    channel_id: str
    events: tuple[Event, ...] = ()
    line: AgentEvent | None = None


def news(fields: Mapping[str, str], *, at: datetime, moment: Moment) -> News | None:
    """Return what an AMI message tells of a channel, or None when it tells nothing.

    Args:
        fields: keys in lower case.
        at: when the message was read.
        moment: for the time stamps of the dialplan.
    """
    channel_id = fields.get("uniqueid", "")
    match fields.get("event"):
        case "Newchannel":
            return News(channel_id, (ChannelMade(at),))
        case "Newstate":
            return _new_state(channel_id, fields.get("channelstate", ""), at)
        case "Hangup":
            hung_up = HungUp(at, _number(fields, "cause") or 0, _number(fields, "techcause"))
            return News(channel_id, (hung_up,), AgentEvent.LINE_DOWN)
        case "UserEvent":
            return _user_event(channel_id, fields, at, moment)
        case "OriginateResponse" if fields.get("response") == "Failure":
            return _refusal(fields, at)
        case None if fields.get("response") == "Error":
            return _refusal(fields, at)
        case _:
            return None


def mark_events(mark: Mapping[str, str], *, at: datetime, moment: Moment) -> tuple[Event, ...]:
    """Return the events that the dialplan's note of a call stands for, in their order.

    Args:
        mark: its fields: `stage`, `answered`, `message`, `connected`, `key`, `last`,
            `ended`, `reason`.
        at: stands in for a moment that the note does not hold.
        moment: for the time stamps.
    """
    stage = mark.get("stage", "")
    if stage == "failed":
        ended = _moment(mark, "ended", moment) or at
        return (Unanswered(ended, rang_out=mark.get("reason") == _RANG_OUT),)
    reached = mark.get("last") if stage == "ended" else stage
    answered = _moment(mark, "answered", moment) or at
    began = _moment(mark, "message", moment)
    events: list[Event] = [PickedUp(answered)]
    if began:
        events.append(MessageBegan(began))
    if mark.get("key"):
        events.append(KeyPressed(began or answered, mark["key"]))
    if reached in ("waiting", "abandoned", "connected"):
        events.append(AgentWanted(at if stage == "waiting" else answered))
    if connected := _moment(mark, "connected", moment):
        events.append(AgentJoined(connected))
    if reached == "abandoned":
        events.append(SorryBegan(at))
    if stage == "ended":
        ended = _moment(mark, "ended", moment) or at
        played_s = (ended - began).total_seconds() if began else None
        events.append(Concluded(ended, played_s))
    return tuple(events)


def read_mark(text: str) -> dict[str, str]:
    """Return the fields of a mark as the dialplan writes it: ``stage=key|key=5|...``."""
    pairs = (part.partition("=") for part in text.split("|"))
    return {key: value for key, _, value in pairs if value}


def _new_state(channel_id: str, state: str, at: datetime) -> News | None:
    if state == _RINGING:
        return News(channel_id, (Rang(at),))
    if state == _UP:
        return News(channel_id, (PickedUp(at),))
    return None


def _user_event(
    channel_id: str, fields: Mapping[str, str], at: datetime, moment: Moment
) -> News | None:
    match fields.get("userevent"):
        case "Ringbank":
            attempt = fields.get("attempt") or channel_id
            return News(attempt, mark_events(fields, at=at, moment=moment))
        case "RingbankAgent":
            return News(channel_id, line=AgentEvent.LINE_UP)
        case _:
            return None


def _refusal(fields: Mapping[str, str], at: datetime) -> News | None:
    """Match by ActionID alone: the Uniqueid may be that of another, living call.

    An `OriginateResponse` that names our own channel says nothing: the channel was made, and
    its `Hangup` tells how it ended. Under load the two even change places, because Asterisk
    sends the one from the dialling thread and the other through its message bus.
    """
    asked, _, channel_id = fields.get("actionid", "").partition(":")
    if asked == "originate" and fields.get("uniqueid") == channel_id:
        return None
    if asked == "originate":
        return News(channel_id, (Refused(at),), AgentEvent.LINE_DOWN)
    if asked == "redirect":
        return News(channel_id, (AgentMissing(at),))
    return None


def _moment(fields: Mapping[str, str], key: str, moment: Moment) -> datetime | None:
    try:
        return moment(float(fields.get(key, "")))
    except ValueError:
        return None


def _number(fields: Mapping[str, str], key: str) -> int | None:
    text = fields.get(key, "")
    return int(text) if text.isdigit() else None
