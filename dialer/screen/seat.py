"""An agent at the desk as a value: with a person or without one, and what a key does; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from campaigns.model import UNDO_TIME, AgentState, DialMode
from dialer.screen.panel import Panel
from dialer.screen.person import Person
from dialer.screen.shown import panel
from dialer.screen.talk import (
    RESULT,
    Step,
    Talk,
    begin,
    goto,
    is_touched,
    places,
    typed_name,
)


class Do(Enum):
    """What the desk is asked for because of a key."""

    NEXT = auto()
    LOOK = auto()  # whether there may be anything new: it changes nothing and costs little
    SAVE = auto()
    HOSTILE = auto()
    ANSWERED = auto()
    KEEP = auto()
    RELEASE = auto()
    SKIP = auto()
    DIAL = auto()
    UNDO = auto()
    HELP = auto()
    LOGIN = auto()
    READY = auto()
    PAUSE = auto()
    REST = auto()  # who dials themselves: the engine knows nothing of their pauses
    RESUME = auto()
    RECORD = auto()
    LEAVE = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that is asked of the desk; `text` is the code of a reason where one is asked."""

    do: Do
    text: str = ""


class Over(Enum):
    """What lies over the work for a moment."""

    NOTE = auto()
    DRAWER = auto()
    PAUSE = auto()
    SKIP = auto()
    LET_GO = auto()
    UNDO = auto()
    LEAVE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked over the work; `text` is what was typed to search."""

    over: Over
    mark: int = -1
    text: str = ""


class Rest(Enum):
    """Why there is no person on the screen."""

    OPENING = auto()
    NOBODY = auto()
    PAUSED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The last result that was given: whose, which, and when."""

    lease: str
    name: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How agent and engine stand, as the base knows it.

    Attributes:
        since: when the state began, or None: not known.
        engine: an engine runs.
    """

    mode: str = "manual"
    state: str = AgentState.OUT
    pause: str | None = None
    since: datetime | None = None
    engine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An agent at the desk.

    Attributes:
        rest: why nobody is there, where `talk` is None; PAUSED only where the agent dials.
        since: when the talk or the rest began.
        why: the gates that keep everybody away, as the desk tells them.
        pauses: code and label of the reasons for a pause.
        skips: the same for passing somebody over.
        then_pause: the code of the pause that follows this person, or None.
        said: the line at the bottom.
        wrong: that line tells of something that went wrong.
        busy: what the desk is doing, or empty.
        recording_off: the recording is paused.
    """

    campaign: str
    agent: str
    since: datetime
    pauses: tuple[tuple[str, str], ...] = ()
    skips: tuple[tuple[str, str], ...] = ()
    standing: Standing = Standing()
    talk: Talk | None = None
    rest: Rest = Rest.OPENING
    why: tuple[Mapping[str, Any], ...] = ()
    asked: Asked | None = None
    last: Given | None = None
    then_pause: str | None = None
    said: str = ""
    wrong: bool = False
    busy: str = ""
    recording_off: bool = False


Pressed = tuple[Seat, Wish | None]


def is_by_hand(seat: Seat) -> bool:
    """Tell whether the agent dials on their own telephone."""
    return seat.standing.mode == DialMode.MANUAL


def may_let_go(seat: Seat) -> bool:
    """Tell whether the person on the screen may be given back without a result."""
    talk = seat.talk
    if talk is None or talk.person.live or talk.saving:
        return False
    return talk.person.practice or talk.person.mode in (DialMode.MANUAL, DialMode.PREVIEW)


def may_undo(seat: Seat, now: datetime) -> bool:
    """Tell whether the last result may still be taken back from here."""
    if seat.last is None or now - seat.last.at >= UNDO_TIME:
        return False
    return seat.talk is None or (may_let_go(seat) and not is_touched(seat.talk))


def local_now(person: Person, now: datetime) -> datetime | None:
    """Return the person's wall clock, or None where nobody knows it."""
    if person.local_time is None:
        return None
    started = person.seen_at.replace(second=0, microsecond=0)
    return person.local_time + (now - started)


def label_of(reasons: Sequence[tuple[str, str]], code: str | None) -> str:
    """Return a reason's label, or its code where it has none."""
    return dict(reasons).get(code or "", code or "")


def then_words(seat: Seat) -> str:
    """Return what follows the result, in words."""
    if seat.then_pause is None:
        return "then the next person"
    return f"then pause ({label_of(seat.pauses, seat.then_pause)})"


def work_panel(seat: Seat, now: datetime) -> Panel | None:
    """Return the panel of the talk, or None where there is none."""
    if seat.talk is None:
        return None
    local = local_now(seat.talk.person, now)
    return panel(seat.talk, local=local, then=then_words(seat))


def got(seat: Seat, person: Person, *, now: datetime) -> Seat:
    """Return the seat after the desk has named a person; the one who is there stays as typed."""
    standing = replace(seat.standing, mode=person.mode)
    here = seat.talk
    if here is not None and here.person.lease == person.lease:
        since = now if here.person.live != person.live else seat.since
        told = replace(here.person, live=person.live, expires_at=person.expires_at)
        talk = replace(here, person=told, called=here.called or person.live)
        return replace(seat, talk=talk, standing=standing, since=since)
    return replace(
        seat, talk=begin(person), standing=standing, since=now, why=(), recording_off=False
    )


def without(
    seat: Seat, rest: Rest, *, now: datetime, why: Sequence[Mapping[str, Any]] = ()
) -> Seat:
    """Return the seat without a person, and why; what lay over a person is closed."""
    same = seat.talk is None and seat.rest is rest
    asked = seat.asked
    if asked is not None and asked.over not in (Over.PAUSE, Over.LEAVE):
        asked = None
    since = seat.since if same else now
    return replace(seat, talk=None, rest=rest, why=(*why,), since=since, asked=asked)


def saved(seat: Seat, label: str, said: str, *, now: datetime) -> Seat:
    """Return the seat after the desk has taken a result."""
    talk = seat.talk
    assert talk is not None, "a result is given of somebody"
    person = talk.person
    last = Given(lease=person.lease, name=person.name, label=label, at=now)
    paused = seat.then_pause is not None and is_by_hand(seat)
    after = without(seat, Rest.PAUSED if paused else Rest.OPENING, now=now)
    standing = replace(seat.standing, pause=seat.then_pause) if paused else seat.standing
    return tell(replace(after, last=last, standing=standing, then_pause=None), said)


def tell(seat: Seat, said: str, *, wrong: bool = False) -> Seat:
    """Return the seat with another line at the bottom."""
    return replace(seat, said=said, wrong=wrong)


def refused(seat: Seat, message: str, faults: Mapping[str, str]) -> Seat:
    """Return the seat after the desk has refused a result: all words are there still.

    Args:
        seat: as it asked.
        message: in plain words.
        faults: name of a field -> what is wrong there.
    """
    told = tell(seat, message, wrong=True)
    talk = seat.talk
    if talk is None:
        return told
    talk = replace(talk, saving=False, sure=False, faults={**talk.faults, **faults})
    return replace(told, talk=_at_fault(talk))


def _at_fault(talk: Talk) -> Talk:
    """Return a talk at the first place of its row that is at fault, or at the result."""
    for place in places(talk):
        there = goto(talk, place)
        named = {Step.ORDER: f"order:{place.key}", Step.QUESTION: f"answer:{place.key}"}
        name = named.get(place.step, typed_name(there))
        if name is not None and name in talk.faults:
            return there
    return goto(talk, RESULT)
