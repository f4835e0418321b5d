"""The life of one call, from the intent to its outcome.

Rule 1: whatever decides which state a call is in stands in this file, and as much of it
as can be stands in `TRANSITIONS`.
Rule 2: nothing here reads a clock, talks to Asterisk or to the base.
Rule 3: every pair of state and event is either in `TRANSITIONS` or in `IGNORED`. Asterisk
sends events late, twice, and out of order; a pair that nobody thought of is a bug, and
``test_every_pair_is_decided`` finds it.
Rule 4: recovery has no rules of its own. What Asterisk kept of a call while nobody
listened comes in as the same events, and `Gone` when its channel is no more.

An event may also tell a fact (when somebody picked up, which key was pressed). Facts are
noted in every state but the last, whatever the table says of the state: an answered call
can therefore not be booked as unanswered because two events changed places.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from campaigns.amd import Heard
from campaigns.model import Outcome

MESSAGE_HEARD_S = 2.0
"""So much of a broadcast's message must have been played for the call to be `connected`."""


class CallState(Enum):
    """Where a call stands."""

    PLACED = auto()  # Originate is on its way, Asterisk has shown no channel
    DIALING = auto()  # there is a channel
    RINGING = auto()
    ANSWERED = auto()  # somebody picked up, the dialplan begins
    MESSAGE = auto()  # the broadcast's message is played
    KEYED = auto()  # a key was pressed
    WAITING = auto()  # a person waits for an agent
    JOINING = auto()  # an agent was chosen, the person is being moved to them
    TALKING = auto()
    SORRY = auto()  # nobody was free in time, the apology is played
    ASIDE = auto()  # a machine or a fax answered, and no agent is to have it
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a call, at an aware moment."""

    at: datetime


class ChannelMade(Event):
    """Asterisk made the channel."""


class Rang(Event):
    """The telephone rings."""


class PickedUp(Event):
    """The call was answered."""


class MessageBegan(Event):
    """The dialplan began to play the broadcast's message."""


@dataclass(frozen=True, slots=True)
class KeyPressed(Event):
    """The called person pressed a key; `key` holds those that they had pressed before, too."""

    key: str


@dataclass(frozen=True, slots=True)
class Classified(Event):
    """Machine detection came to a verdict; the person may be joined to an agent already."""

    heard: Heard


class SetAside(Event):
    """The dialplan treats the call as a machine's: it is hung up on, or gets its message."""


class KeyTakenBack(Event):
    """The person went back from what they had pressed: it was no key of theirs."""


class OptedOut(Event):
    """Somebody whom no agent reached pressed the key by which nobody calls them any more."""


class AgentWanted(Event):
    """The person is on the line and an agent is to take over."""


@dataclass(frozen=True, slots=True)
class AgentChosen(Event):
    """The engine chose an agent who is ready."""

    agent_id: int


class AgentMissing(Event):
    """The chosen agent's line failed and nobody else is ready, or the move was refused.

    It tells no fact: Asterisk also refuses to move somebody who has just hung up, so that
    a person heard the apology is the dialplan's to say.
    """


class AgentJoined(Event):
    """The person is in the agent's room."""


class SorryBegan(Event):
    """Nobody came in time; the dialplan began to play the apology."""


@dataclass(frozen=True, slots=True)
class Concluded(Event):
    """The dialplan's own last word on an answered call.

    Attributes:
        played_s: how much of a message was played, or None.
        packets: how many packets of sound came from the person, or None.
    """

    played_s: float | None = None
    packets: int | None = None


@dataclass(frozen=True, slots=True)
class Unanswered(Event):
    """The dialplan's own last word on a call that nobody answered."""

    rang_out: bool


class Refused(Event):
    """Asterisk did not take the Originate."""


@dataclass(frozen=True, slots=True)
class HungUp(Event):
    """The channel ended: Q.850 cause, and the SIP code where the server tells it."""

    cause: int
    sip_code: int | None = None


@dataclass(frozen=True, slots=True)
class Gone(Event):
    """The channel is no more and its end was not seen; `restarted`: Asterisk died meanwhile."""

    restarted: bool


EVENTS: tuple[type[Event], ...] = (
    ChannelMade,
    Rang,
    PickedUp,
    MessageBegan,
    KeyPressed,
    Classified,
    SetAside,
    KeyTakenBack,
    OptedOut,
    AgentWanted,
    AgentChosen,
    AgentMissing,
    AgentJoined,
    SorryBegan,
    Concluded,
    Unanswered,
    Refused,
    HungUp,
    Gone,
)


class Effect(Enum):
    """What the engine has to do about a step.

    That somebody waits is a state, not an effect: an agent may become ready later.
    """

    MOVE_TO_ROOM = auto()
    APOLOGISE = auto()
    SETTLE = auto()


S = CallState
_END = (S.ENDED, Effect.SETTLE)
_ENDINGS: Mapping[type[Event], tuple[CallState, Effect | None]] = {HungUp: _END, Gone: _END}
_LEAVINGS: Mapping[type[Event], tuple[CallState, Effect | None]] = {
    SetAside: (S.ASIDE, None),
    **_ENDINGS,
}
"""How a call may stop to be anybody's, wherever it stands."""
_PICKED_UP: Mapping[type[Event], tuple[CallState, Effect | None]] = {
    PickedUp: (S.ANSWERED, None),
    Classified: (S.ANSWERED, None),
}
_ON_THE_LINE: Mapping[type[Event], tuple[CallState, Effect | None]] = {
    MessageBegan: (S.MESSAGE, None),
    KeyPressed: (S.KEYED, None),
    KeyTakenBack: (S.MESSAGE, None),
    OptedOut: (S.SORRY, None),
    AgentWanted: (S.WAITING, None),
    AgentJoined: (S.TALKING, None),
    SorryBegan: (S.SORRY, None),
    **_LEAVINGS,
}
"""What an answered call may do next, also when the event that said so was missed."""

TRANSITIONS: Mapping[CallState, Mapping[type[Event], tuple[CallState, Effect | None]]] = {
    S.PLACED: {
        ChannelMade: (S.DIALING, None),
        Rang: (S.RINGING, None),
        **_PICKED_UP,
        Refused: _END,
        **_ON_THE_LINE,
    },
    S.DIALING: {Rang: (S.RINGING, None), **_PICKED_UP, **_ON_THE_LINE},
    S.RINGING: {**_PICKED_UP, **_ON_THE_LINE},
    S.ANSWERED: _ON_THE_LINE,
    S.MESSAGE: {
        KeyPressed: (S.KEYED, None),
        AgentWanted: (S.WAITING, None),
        AgentJoined: (S.TALKING, None),
        SorryBegan: (S.SORRY, None),
        **_LEAVINGS,
    },
    S.KEYED: {
        KeyTakenBack: (S.MESSAGE, None),
        AgentWanted: (S.WAITING, None),
        AgentJoined: (S.TALKING, None),
        SorryBegan: (S.SORRY, None),
        **_LEAVINGS,
    },
    S.WAITING: {
        AgentChosen: (S.JOINING, Effect.MOVE_TO_ROOM),
        AgentJoined: (S.TALKING, None),
        SorryBegan: (S.SORRY, None),
        **_LEAVINGS,
    },
    S.JOINING: {
        AgentChosen: (S.JOINING, Effect.MOVE_TO_ROOM),
        # Asterisk drops a redirect that comes just as a Gosub returns, and says "Success"; the
        # link may have been lost with one. Whoever still waits is moved once more.
        AgentWanted: (S.JOINING, Effect.MOVE_TO_ROOM),
        AgentMissing: (S.SORRY, Effect.APOLOGISE),
        AgentJoined: (S.TALKING, None),
        SorryBegan: (S.SORRY, None),
        **_LEAVINGS,
    },
    S.TALKING: _LEAVINGS,
    S.SORRY: _LEAVINGS,
    S.ASIDE: _ENDINGS,
    S.ENDED: {},
}

_FACTS_OF_AN_END: frozenset[type[Event]] = frozenset({Concluded, Unanswered})
_FACTS_ONLY: frozenset[type[Event]] = _FACTS_OF_AN_END | {OptedOut}
"""Events that tell what happened and move nothing: the end of the channel does."""

_VERDICT: frozenset[type[Event]] = frozenset({Classified})
"""It moves no answered call: what the dialplan makes of it does."""
_KEYS_GONE: frozenset[type[Event]] = frozenset({KeyTakenBack})
"""Which key counts is a fact; only who had pressed one is back at the message."""

_EARLIER: frozenset[type[Event]] = frozenset({ChannelMade, Rang, PickedUp, Refused})
"""Events that a later state makes old news. `Refused` among them: a second Originate with
the id of a live channel is refused under that channel's name, and must not end its call."""

_AGENTS_TURN: frozenset[type[Event]] = frozenset({AgentChosen, AgentMissing})
"""The engine's own events; late ones are void because the person is no longer waiting."""

IGNORED: Mapping[CallState, frozenset[type[Event]]] = {
    S.PLACED: _FACTS_OF_AN_END | _AGENTS_TURN,
    S.DIALING: _FACTS_OF_AN_END | _AGENTS_TURN | {ChannelMade, Refused},
    S.RINGING: _FACTS_OF_AN_END | _AGENTS_TURN | {ChannelMade, Rang, Refused},
    S.ANSWERED: _FACTS_OF_AN_END | _VERDICT | _AGENTS_TURN | _EARLIER,
    S.MESSAGE: _FACTS_ONLY | _KEYS_GONE | _VERDICT | _AGENTS_TURN | _EARLIER | {MessageBegan},
    S.KEYED: _FACTS_ONLY | _VERDICT | _AGENTS_TURN | _EARLIER | {MessageBegan, KeyPressed},
    S.WAITING: _FACTS_ONLY
    | _KEYS_GONE
    | _VERDICT
    | _EARLIER
    | {MessageBegan, KeyPressed, AgentWanted, AgentMissing},
    S.JOINING: _FACTS_ONLY | _KEYS_GONE | _VERDICT | _EARLIER | {MessageBegan, KeyPressed},
    S.TALKING: frozenset(EVENTS) - {SetAside, HungUp, Gone},
    S.SORRY: frozenset(EVENTS) - {SetAside, HungUp, Gone},
    S.ASIDE: frozenset(EVENTS) - {HungUp, Gone},
    S.ENDED: frozenset(EVENTS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call and the facts known of it; moments are aware, on the engine's clock.

    With machine detection somebody or something picked up from `answered_at` on; from
    `classified_at` on `heard` says what: a machine, or (person, unsure) somebody who counts as
    live. Without it, and until the verdict, `heard` is None.

    Attributes:
        channel_id: the id that Asterisk carries for it.
        placed_at: when the intent was written.
        agent_id: the agent who was chosen for the person, or None.
        heard: the verdict of machine detection, or None.
        aside_at: when the dialplan began to treat it as a machine's or a fax's, or None.
        key: the keys that were pressed, one for each thing that was asked; the last of each
            counts. None: none.
        opted_out: the key that ends all calls was pressed where no agent was free.
        played_s: how much of the message was played, by the dialplan's clock, or None.
        packets: how many packets of sound came from the person; None where nobody counts them.
        rang_out: what the dialplan noted of an unanswered call: True rang out, False failed
            otherwise, None nothing noted.
        cause: Q.850 cause of the end, or None while it is not known.
        sip_code: the network's SIP code, or None.
        refused: Asterisk did not take the Originate.
        lost: the end was not seen; None seen, else whether Asterisk itself died.
    """

    channel_id: str
    placed_at: datetime
    state: CallState = CallState.PLACED
    agent_id: int | None = None
    answered_at: datetime | None = None
    message_at: datetime | None = None
    classified_at: datetime | None = None
    aside_at: datetime | None = None
    waiting_at: datetime | None = None
    connected_at: datetime | None = None
    sorry_at: datetime | None = None
    concluded_at: datetime | None = None
    ended_at: datetime | None = None
    heard: Heard | None = None
    key: str | None = None
    opted_out: bool = False
    played_s: float | None = None
    packets: int | None = None
    rang_out: bool | None = None
    cause: int | None = None
    sip_code: int | None = None
    refused: bool = False
    lost: bool | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What one event made of a call, and what is to be done about it."""

    call: Call
    effect: Effect | None


def follow(call: Call, events: Iterable[Event]) -> Step:
    """Return the call after several events that are told at once, and what is left to do.

    Only the end of a call, or what the last event asks for, is still to be done: news that
    arrived late must not move somebody who has hung up.
    """
    step = Step(call, None)
    for event in events:
        if step.effect is Effect.SETTLE:
            break
        step = advance(step.call, event)
    return step


def advance(call: Call, event: Event) -> Step:
    """Return the call after an event, and the effect to perform.

    Raises:
        KeyError: nobody decided what this event means in this state.
    """
    kind = type(event)
    if call.state is CallState.ENDED:
        return Step(call, None)
    noted = _note(call, event)
    if kind in IGNORED[call.state]:
        return Step(noted, None)
    state, effect = TRANSITIONS[call.state][kind]
    return Step(noted if state is noted.state else replace(noted, state=state), effect)


def _note(call: Call, event: Event) -> Call:  # noqa: PLR0912  (one branch for each event)
    """Return the call with the facts that the event tells; a fact once known stays."""
    match event:
        case PickedUp(at):
            return _answered(call, at)
        case MessageBegan(at):
            return replace(_answered(call, at), message_at=call.message_at or at)
        case KeyPressed(at, key):
            return replace(_answered(call, at), key=key)
        case Classified(at, heard):
            return replace(
                _answered(call, at),
                heard=call.heard or heard,
                classified_at=call.classified_at or at,
            )
        case SetAside(at):
            return replace(_answered(call, at), aside_at=call.aside_at or at)
        case KeyTakenBack(at):
            return replace(_answered(call, at), key=None)
        case OptedOut(at):
            return replace(_answered(call, at), opted_out=True)
        case AgentWanted(at):
            return replace(_answered(call, at), waiting_at=call.waiting_at or at)
        case AgentChosen(_, agent_id) if call.state in (S.WAITING, S.JOINING):
            return replace(call, agent_id=agent_id)
        case AgentJoined(at):
            return replace(_answered(call, at), connected_at=call.connected_at or at)
        case SorryBegan(at):
            return replace(_answered(call, at), sorry_at=call.sorry_at or at)
        case Concluded(at, played_s, packets):
            return replace(_answered(call, at), concluded_at=at, played_s=played_s, packets=packets)
        case Unanswered(at, rang_out):
            return replace(call, rang_out=rang_out, concluded_at=at)
        case Refused(at) if call.state is S.PLACED:
            return replace(call, refused=True, ended_at=call.concluded_at or at)
        case HungUp(at, cause, sip_code):
            return replace(call, cause=cause, sip_code=sip_code, ended_at=at)
        case Gone(at, restarted):
            return replace(call, lost=restarted, ended_at=call.concluded_at or at)
        case _:
            return call


def _answered(call: Call, at: datetime) -> Call:
    return call if call.answered_at else replace(call, answered_at=at)


UNANSWERED_CAUSES: Mapping[int, Outcome] = {
    1: Outcome.UNALLOCATED,  # unallocated number
    17: Outcome.BUSY,  # user busy
    18: Outcome.NO_ANSWER,  # no user responding
    19: Outcome.NO_ANSWER,  # user alerting, no answer
    20: Outcome.NO_ANSWER,  # subscriber absent: the telephone is off or out of reach
    22: Outcome.UNALLOCATED,  # number changed
    28: Outcome.UNALLOCATED,  # invalid number format
    34: Outcome.CONGESTION,  # no circuit available
    38: Outcome.CONGESTION,  # network out of order
    41: Outcome.CONGESTION,  # temporary failure
    42: Outcome.CONGESTION,  # switching equipment congestion
    44: Outcome.CONGESTION,  # requested circuit not available
    47: Outcome.CONGESTION,  # resource unavailable
}
"""What a call that nobody answered came to, by its Q.850 cause; every other cause: `failed`.

Source: ITU-T Q.850 (05/98), table 1; Asterisk hands the value on in `Hangup`, `Cause`.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a call ended, and on what evidence.

    Attributes:
        evidence: `hangup` (its end was seen), `refused` (Asterisk did not take it),
            `dialplan` (kept by Asterisk while nobody listened), `no_trace` (Asterisk ran on
            and knows nothing of it: it was never dialled), `lost` (Asterisk died with it).
    """

    outcome: Outcome
    evidence: str


def verdict(call: Call) -> Verdict:
    """Return the outcome of a call that has ended."""
    assert call.state is CallState.ENDED
    return _answered_verdict(call) if call.answered_at else _unanswered_verdict(call)


def _unanswered_verdict(call: Call) -> Verdict:
    if call.cause is not None:
        return Verdict(UNANSWERED_CAUSES.get(call.cause, Outcome.FAILED), "hangup")
    if call.rang_out:  # there was a telephone, whatever else was said of the call
        return Verdict(Outcome.NO_ANSWER, "dialplan")
    if call.refused:
        return Verdict(Outcome.FAILED, "refused")
    if call.rang_out is not None:
        return Verdict(Outcome.FAILED, "dialplan")
    if call.lost:
        return Verdict(Outcome.UNKNOWN, "lost")
    return Verdict(Outcome.FAILED, "no_trace")


def _answered_verdict(call: Call) -> Verdict:
    evidence = "hangup" if call.cause is not None else "dialplan"
    if call.aside_at:
        # It may have been in an agent's room, or have heard the apology, before that was known.
        return Verdict(Outcome.FAX if call.heard is Heard.FAX else Outcome.MACHINE, evidence)
    if call.sorry_at and not (call.connected_at and call.connected_at <= call.sorry_at):
        return Verdict(Outcome.ABANDONED, evidence)
    if call.connected_at:
        return Verdict(Outcome.CONNECTED, evidence)
    end_known = call.cause is not None or call.concluded_at is not None
    if not end_known:
        # The last facts say nothing of how it went on.
        return Verdict(Outcome.UNKNOWN, "lost")
    if call.waiting_at:
        return Verdict(Outcome.HUNG_UP_WAITING, evidence)
    if call.key or message_played_s(call) >= MESSAGE_HEARD_S:
        return Verdict(Outcome.CONNECTED, evidence)
    return Verdict(Outcome.HUNG_UP_EARLY, evidence)


def message_played_s(call: Call) -> float:
    """Return how much of the message was played, in seconds; 0 where none was.

    The dialplan's own figure where it is known: the events travel, its clock does not.
    """
    if call.played_s is not None:
        return call.played_s
    if call.message_at is None or call.ended_at is None:
        return 0.0
    return (call.ended_at - call.message_at).total_seconds()
