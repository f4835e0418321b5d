"""A call that somebody makes to us, from the first ring to its end, as a table; pure.

What holds for `dialer.call` holds here: every pair of state and event is decided or listed as
ignored, facts are noted whatever the state, and what Asterisk kept of a call while nobody
listened comes in as the same events, `Gone` last where the channel is no more.

The dialplan plays, waits and hangs up by itself; what is asked of the engine is an `Effect`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from campaigns.inbound_words import Facts
from dialer.translate import Moment, moment_in


class InboundState(Enum):
    """Where a call that came in stands."""

    RINGING = auto()  # the engine looks up who was called
    ALONE = auto()  # no engine came in time: whose number it is, and the key to opt out
    TOLD = auto()  # who called and why, and the keys
    WAITING = auto()  # an agent is wished for
    JOINING = auto()  # one was chosen, the caller is being moved to them
    TALKING = auto()
    LATER = auto()  # nobody was free, or a call is wished for
    REMOVED = auto()  # nobody calls the number any more
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """Something that happened to a call that came in, at an aware moment."""

    at: datetime


class LeftAlone(InboundEvent):
    """The dialplan went on without the engine."""


class Told(InboundEvent):
    """The dialplan began to say who called and why."""


class AgentWished(InboundEvent):
    """The key for an agent was pressed."""


@dataclass(frozen=True, slots=True)
class AgentFound(InboundEvent):
    """The engine chose an agent."""

    agent_id: int


class AgentLost(InboundEvent):
    """The base would not give the caller to the agent who was chosen."""


class AgentMet(InboundEvent):
    """The caller is in the agent's room."""


class CallWished(InboundEvent):
    """Nobody came, or the key for a call later was pressed."""


class OptedOut(InboundEvent):
    """The key not to be called any more was pressed."""


@dataclass(frozen=True, slots=True)
class KeyNoted(InboundEvent):
    """A key was pressed, whatever it means."""

    key: str


class InboundOver(InboundEvent):
    """The call ended."""


@dataclass(frozen=True, slots=True)
class InboundGone(InboundEvent):
    """The channel is no more and its end was not noted; `restarted`: Asterisk died meanwhile."""

    restarted: bool


EVENTS: tuple[type[InboundEvent], ...] = (
    LeftAlone,
    Told,
    AgentWished,
    AgentFound,
    AgentLost,
    AgentMet,
    CallWished,
    OptedOut,
    KeyNoted,
    InboundOver,
    InboundGone,
)


class InboundEffect(Enum):
    """What the engine has to do about a step.

    That somebody waits for an agent is a state: one may become free later.
    """

    LOOK_UP = auto()  # who was called, and tell them (when the call comes in)
    HOLD = auto()  # the caller, if that could not be done before
    MOVE_TO_ROOM = auto()
    NOTE = auto()  # that they talk
    BOOK = auto()  # a call, and tell them
    REMOVE = auto()
    SETTLE = auto()


S, E = InboundState, InboundEffect
_Next = tuple[InboundState, InboundEffect | None]
_ENDINGS: Mapping[type[InboundEvent], _Next] = {
    InboundOver: (S.ENDED, E.SETTLE),
    InboundGone: (S.ENDED, E.SETTLE),
}
_CHOICES: Mapping[type[InboundEvent], _Next] = {
    AgentWished: (S.WAITING, E.HOLD),
    CallWished: (S.LATER, E.BOOK),
    OptedOut: (S.REMOVED, E.REMOVE),
    AgentMet: (S.TALKING, E.NOTE),
    **_ENDINGS,
}
"""What a caller may choose, also where the event before it was missed."""

TRANSITIONS: Mapping[InboundState, Mapping[type[InboundEvent], _Next]] = {
    S.RINGING: {LeftAlone: (S.ALONE, None), Told: (S.TOLD, None), **_CHOICES},
    S.ALONE: {Told: (S.TOLD, None), **_CHOICES},
    S.TOLD: _CHOICES,
    S.WAITING: {
        AgentFound: (S.JOINING, E.MOVE_TO_ROOM),
        AgentMet: (S.TALKING, E.NOTE),
        CallWished: (S.LATER, E.BOOK),
        OptedOut: (S.REMOVED, E.REMOVE),
        **_ENDINGS,
    },
    S.JOINING: {
        AgentLost: (S.WAITING, None),
        AgentMet: (S.TALKING, E.NOTE),
        CallWished: (S.LATER, E.BOOK),
        OptedOut: (S.REMOVED, E.REMOVE),
        **_ENDINGS,
    },
    S.TALKING: _ENDINGS,
    S.LATER: {AgentMet: (S.TALKING, E.NOTE), OptedOut: (S.REMOVED, E.REMOVE), **_ENDINGS},
    S.REMOVED: _ENDINGS,
    S.ENDED: {},
}

_FACTS_ONLY: frozenset[type[InboundEvent]] = frozenset({KeyNoted})
_ENGINES: frozenset[type[InboundEvent]] = frozenset({AgentFound, AgentLost})
"""The engine's own events; late ones are void because the caller does not wait any more."""
_EARLIER: frozenset[type[InboundEvent]] = frozenset({LeftAlone, Told})

IGNORED: Mapping[InboundState, frozenset[type[InboundEvent]]] = {
    S.RINGING: _FACTS_ONLY | _ENGINES,
    S.ALONE: _FACTS_ONLY | _ENGINES | {LeftAlone},
    S.TOLD: _FACTS_ONLY | _ENGINES | _EARLIER,
    S.WAITING: _FACTS_ONLY | _EARLIER | {AgentWished, AgentLost},
    S.JOINING: _FACTS_ONLY | _EARLIER | {AgentWished, AgentFound},
    S.TALKING: frozenset(EVENTS) - {InboundOver, InboundGone},
    S.LATER: _FACTS_ONLY | _ENGINES | _EARLIER | {AgentWished, CallWished},
    S.REMOVED: frozenset(EVENTS) - {InboundOver, InboundGone},
    S.ENDED: frozenset(EVENTS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundCall:
    """One call that came in, and the facts known of it.

    Attributes:
        channel_id: Asterisk's.
        waiting_at: since when they wait for an agent, or None.
        agent_id: who was chosen for them, or None.
    """

    channel_id: str
    facts: Facts
    state: InboundState = InboundState.RINGING
    waiting_at: datetime | None = None
    agent_id: int | None = None


@dataclass(frozen=True, slots=True)
class InboundStep:
    """What one event made of a call, and what is to be done about it."""

    call: InboundCall
    effect: InboundEffect | None


def follow(call: InboundCall, events: Iterable[InboundEvent]) -> InboundStep:
    """Return the call after several events that are told at once, and what is left to do.

    Of earlier steps nothing is left: whoever writes the end writes all that was asked for.
    """
    step = InboundStep(call, None)
    for event in events:
        if step.effect is InboundEffect.SETTLE:
            break
        after = advance(step.call, event)
        moved = after.call.state is not step.call.state
        step = after if moved else replace(step, call=after.call)
    return step


def advance(call: InboundCall, event: InboundEvent) -> InboundStep:
    """Return the call after an event, and the effect to perform.

    Raises:
        KeyError: nobody decided what this event means in this state.
    """
    if call.state is InboundState.ENDED:
        return InboundStep(call, None)
    noted = replace(call, facts=_note(call.facts, event))
    kind = type(event)
    if kind in IGNORED[call.state]:
        return InboundStep(noted, None)
    state, effect = TRANSITIONS[call.state][kind]
    match event:
        case AgentWished(at):
            noted = replace(noted, waiting_at=at)
        case AgentFound(_, agent_id):
            noted = replace(noted, agent_id=agent_id)
        case AgentLost():
            noted = replace(noted, agent_id=None)
        case _:
            pass
    return InboundStep(replace(noted, state=state), effect)


def _note(facts: Facts, event: InboundEvent) -> Facts:
    """Return the facts with what the event tells; a fact once known stays."""
    match event:
        case LeftAlone() | Told():
            return replace(facts, heard=True)
        case AgentWished() | CallWished():
            return replace(facts, heard=True, asked=True)
        case OptedOut():
            return replace(facts, heard=True, opted_out=True)
        case AgentMet(at):
            return replace(facts, heard=True, asked=True, connected_at=facts.connected_at or at)
        case KeyNoted(_, key):
            return replace(facts, key=key)
        case InboundOver(at):
            return replace(facts, ended_at=facts.ended_at or at)
        case InboundGone(at, restarted):
            return replace(facts, ended_at=facts.ended_at or at, lost=restarted)
        case _:
            return facts


def came_at(mark: Mapping[str, str], moment: Moment) -> datetime | None:
    """Return when the call of a mark came in, or None where it does not tell."""
    return moment_in(mark, "came", moment)


def mark_events(
    mark: Mapping[str, str], *, at: datetime, moment: Moment
) -> tuple[InboundEvent, ...]:
    """Return the events that the dialplan's note of a call stands for, in their order.

    Args:
        mark: its fields: `stage`, `came`, `wanted`, `later`, `connected`, `opted`, `key`,
            `last`, `ended`.
        at: stands in for a moment that the note does not hold.
        moment: for the time stamps.
    """
    stage = mark.get("stage", "")
    reached = mark.get("last", "") if stage == "ended" else stage
    events: list[InboundEvent] = []
    if reached == "alone":
        events.append(LeftAlone(at))
    if reached not in ("", "came", "alone"):
        events.append(Told(at))
    if mark.get("key"):
        events.append(KeyNoted(at, mark["key"]))
    if mark.get("wanted"):
        events.append(AgentWished(at))
    if mark.get("later") and reached in ("later", "booked", "sorry"):
        events.append(CallWished(at))
    if connected := moment_in(mark, "connected", moment):
        events.append(AgentMet(connected))
    if mark.get("opted"):
        events.append(OptedOut(at))
    if stage == "ended":
        events.append(InboundOver(moment_in(mark, "ended", moment) or at))
    return tuple(events)
