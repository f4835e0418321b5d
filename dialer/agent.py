"""The working day of one agent, as a table.

An agent's telephone is rung once, at login, and stays in a room of its own; people are
moved into that room. Nothing here rings, moves or writes: `advance` says what state
follows and what is to be done, or why what was asked cannot be done now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from campaigns.model import AgentState


class AgentEvent(Enum):
    """What can happen to an agent."""

    LOGIN = auto()
    READY = auto()
    PAUSE = auto()
    LOGOUT = auto()
    LINE_UP = auto()  # the telephone was answered and is in its room
    LINE_DOWN = auto()  # the telephone was not answered, or hung up
    GIVEN = auto()  # a person is being moved to them
    TOOK_OVER = auto()  # they took over the person of another agent
    CALL_OVER = auto()
    RESULT = auto()  # the result of the talk was recorded


class AgentEffect(Enum):
    """What the engine has to do about it."""

    RING = auto()
    HANG_UP_LINE = auto()
    HANG_UP_CALL = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent while logged in; `since` is the moment at which the state began.

    Attributes:
        result_given: the result came while the person was still on the line.
        then: what follows the talk in hand: ready, paused or out.
    """

    agent_id: int
    name: str
    phone: str | None
    state: AgentState = AgentState.OUT
    since: datetime
    channel_id: str | None = None
    result_given: bool = False
    then: AgentState = AgentState.READY


@dataclass(frozen=True, slots=True)
class AgentStep:
    """What follows: the agent, what to do, and why not where it cannot be done."""

    agent: Agent
    effect: AgentEffect | None = None
    refusal: str | None = None


S, E = AgentState, AgentEvent
_OUT = "is not logged in; run: ringbank agents login NAME"
_RINGING = "has not answered their telephone yet; try again when it is picked up"

TRANSITIONS: Mapping[AgentState, Mapping[AgentEvent, tuple[AgentState, AgentEffect | None]]] = {
    S.OUT: {
        E.LOGIN: (S.CALLING, AgentEffect.RING),
        E.TOOK_OVER: (S.TALKING, None),
    },
    S.CALLING: {
        E.LINE_UP: (S.PAUSED, None),
        E.LINE_DOWN: (S.OUT, None),
        E.LOGOUT: (S.OUT, AgentEffect.HANG_UP_LINE),
    },
    S.PAUSED: {
        E.READY: (S.READY, None),
        E.TOOK_OVER: (S.TALKING, None),
        E.LOGOUT: (S.OUT, AgentEffect.HANG_UP_LINE),
        E.LINE_DOWN: (S.OUT, None),
    },
    S.READY: {
        E.PAUSE: (S.PAUSED, None),
        E.GIVEN: (S.TALKING, None),
        E.LOGOUT: (S.OUT, AgentEffect.HANG_UP_LINE),
        E.LINE_DOWN: (S.OUT, None),
    },
    S.TALKING: {
        E.CALL_OVER: (S.WRAP_UP, None),
        E.RESULT: (S.TALKING, AgentEffect.HANG_UP_CALL),
        E.READY: (S.TALKING, None),
        E.PAUSE: (S.TALKING, None),
        E.LOGOUT: (S.TALKING, None),
        E.LINE_DOWN: (S.OUT, None),
    },
    S.WRAP_UP: {
        E.RESULT: (S.READY, None),
        E.READY: (S.WRAP_UP, None),
        E.PAUSE: (S.WRAP_UP, None),
        E.LOGOUT: (S.OUT, AgentEffect.HANG_UP_LINE),
        E.LINE_DOWN: (S.OUT, None),
    },
}

REFUSED: Mapping[AgentState, Mapping[AgentEvent, str]] = {
    S.OUT: {E.READY: _OUT, E.PAUSE: _OUT, E.LOGOUT: _OUT},
    S.CALLING: {E.LOGIN: _RINGING, E.READY: _RINGING, E.PAUSE: _RINGING},
    S.PAUSED: {E.LOGIN: "is logged in already"},
    S.READY: {E.LOGIN: "is logged in already"},
    S.TALKING: {E.LOGIN: "is logged in already"},
    S.WRAP_UP: {E.LOGIN: "is logged in already"},
}
"""What somebody may ask for in vain, and the reason they are given."""

IGNORED: Mapping[AgentState, frozenset[AgentEvent]] = {
    S.OUT: frozenset({E.LINE_UP, E.LINE_DOWN, E.GIVEN, E.CALL_OVER, E.RESULT}),
    S.CALLING: frozenset({E.TOOK_OVER, E.GIVEN, E.CALL_OVER, E.RESULT}),
    S.PAUSED: frozenset({E.PAUSE, E.LINE_UP, E.GIVEN, E.CALL_OVER, E.RESULT}),
    S.READY: frozenset({E.TOOK_OVER, E.READY, E.LINE_UP, E.CALL_OVER, E.RESULT}),
    S.TALKING: frozenset({E.LINE_UP, E.GIVEN, E.TOOK_OVER}),
    S.WRAP_UP: frozenset({E.LINE_UP, E.GIVEN, E.TOOK_OVER, E.CALL_OVER}),
}
"""Late news, and wishes that are fulfilled already."""

_WISHES: Mapping[AgentEvent, AgentState] = {
    E.READY: S.READY,
    E.PAUSE: S.PAUSED,
    E.LOGOUT: S.OUT,
}


def advance(agent: Agent, event: AgentEvent, *, now: datetime) -> AgentStep:
    """Return the agent after an event.

    Raises:
        KeyError: nobody decided what this event means in this state.
    """
    if refusal := REFUSED[agent.state].get(event):
        return AgentStep(agent, refusal=f"{agent.name} {refusal}")
    if event in IGNORED[agent.state]:
        return AgentStep(agent)
    state, effect = TRANSITIONS[agent.state][event]
    after = replace(agent, then=_then(agent, event))
    if event is E.RESULT:
        after = replace(after, result_given=True)
    if after.result_given and state in (S.WRAP_UP, S.READY):
        state = after.then
        effect = AgentEffect.HANG_UP_LINE if state is S.OUT else effect
        after = replace(after, result_given=False, then=S.READY)
    if state is not agent.state:
        after = replace(after, state=state, since=now)
    if state is S.OUT:
        after = replace(after, result_given=False, then=S.READY)
    return AgentStep(after, effect)


def _then(agent: Agent, event: AgentEvent) -> AgentState:
    """Return what shall follow the talk in hand."""
    if agent.state in (S.TALKING, S.WRAP_UP) and event in _WISHES:
        return _WISHES[event]
    if event is E.TOOK_OVER and agent.state in (S.OUT, S.PAUSED):
        return agent.state  # they came for this talk, and are afterwards where they were
    return agent.then


def longest_waiting(agents: Iterable[Agent]) -> Agent | None:
    """Return the ready agent who has waited longest, or None when nobody is ready."""
    ready = [agent for agent in agents if agent.state is S.READY]
    return min(ready, key=lambda agent: (agent.since, agent.agent_id), default=None)
