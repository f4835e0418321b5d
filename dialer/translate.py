"""Asterisk's words turned into call events and agent events; pure.

Three sources tell of a call: AMI events, the dialplan's `UserEvent`, and the mark that
the dialplan keeps in Asterisk's database for when nobody listened. The last two carry
the same facts and are read by the same function.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.amd import Heard
from dialer.actions import NOTE
from dialer.agent import AgentEvent
from dialer.call import (
    AgentJoined,
    AgentMissing,
    AgentWanted,
    ChannelMade,
    Classified,
    Concluded,
    Event,
    HungUp,
    KeyPressed,
    KeyTakenBack,
    MessageBegan,
    OptedOut,
    PickedUp,
    Rang,
    Refused,
    SetAside,
    SorryBegan,
    Unanswered,
)

_RINGING, _UP = "5", "6"
"""`ChannelState` of a telephone that rings, and of one that was answered."""
_RANG_OUT = "3"
"""`REASON` of an Originate that timed out while ringing."""

_WHOLE = re.compile("[0-9]{1,9}")
"""What the base's columns hold; Asterisk says nothing larger."""

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
            hung_up = HungUp(at, whole_in(fields, "cause") or 0, whole_in(fields, "techcause"))
            # What was up had been answered, also where nobody heard of it at the time.
            was_up = fields.get("channelstate") == _UP
            events = (PickedUp(at), hung_up) if was_up else (hung_up,)
            return News(channel_id, events, AgentEvent.LINE_DOWN)
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
        mark: its fields: `stage`, `answered`, `message`, `connected`, `key`, `back`,
            `stop`, `last`, `ended`, `reason`, `amd`, `classified`, `aside`,
            `packets`.
        at: stands in for a moment that the note does not hold.
        moment: for the time stamps.
    """
    stage = mark.get("stage", "")
    if stage == "failed":
        ended = moment_in(mark, "ended", moment) or at
        return (Unanswered(ended, rang_out=mark.get("reason") == _RANG_OUT),)
    reached = mark.get("last") if stage == "ended" else stage
    answered = moment_in(mark, "answered", moment) or at
    began = moment_in(mark, "message", moment)
    events: list[Event] = [PickedUp(answered), *_verdict(mark, at, moment)]
    if began:
        events.append(MessageBegan(began))
    if mark.get("back"):
        events.append(KeyTakenBack(began or answered))
    if mark.get("key"):
        events.append(KeyPressed(began or answered, mark["key"]))
    if reached in ("waiting", "abandoned", "stopped", "connected"):
        events.append(AgentWanted(at if stage == "waiting" else answered))
    if connected := moment_in(mark, "connected", moment):
        events.append(AgentJoined(connected))
    if reached in ("abandoned", "stopped"):
        events.append(SorryBegan(at))
    if aside := moment_in(mark, "aside", moment):
        events.append(SetAside(aside))
    if mark.get("stop"):
        events.append(OptedOut(at))
    if stage == "ended":
        ended = moment_in(mark, "ended", moment) or at
        played_s = (ended - began).total_seconds() if began else None
        events.append(Concluded(ended, played_s, whole_in(mark, "packets")))
    return tuple(events)


def _verdict(mark: Mapping[str, str], at: datetime, moment: Moment) -> tuple[Event, ...]:
    heard = mark.get("amd", "")
    if heard not in set(Heard):
        return ()
    return (Classified(moment_in(mark, "classified", moment) or at, Heard(heard)),)


def of_note(fields: Mapping[str, str]) -> Mapping[str, str]:
    """Return the event that a note which was asked for stands for; of another message itself."""
    asked, _, channel_id = fields.get("actionid", "").partition(":")
    if fields.get("event") != "DBGetResponse" or asked != NOTE:
        return fields
    mark = read_mark(fields.get("val", ""))
    return dict(mark, event="UserEvent", userevent="Ringbank", attempt=channel_id)


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
        case "RingbankVerdict":
            return News(fields.get("attempt", ""), _verdict(fields, at, moment))
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


def moment_in(fields: Mapping[str, str], key: str, moment: Moment) -> datetime | None:
    """Return the moment of a time stamp among some fields, or None where there is none."""
    try:
        return moment(float(fields.get(key, "")))
    except (ValueError, OverflowError, OSError):  # no number, or of no year that there is
        return None


def whole_in(fields: Mapping[str, str], key: str) -> int | None:
    """Return the whole number among some fields, or None where there is none."""
    text = fields.get(key, "")
    return int(text) if _WHOLE.fullmatch(text) else None
