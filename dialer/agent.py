"""The working day of one agent, as a table.

An agent's telephone is rung once, at login, and stays in a room of its own; people are
moved into that room. Whoever is ready gets people from the engine; whoever is in preview
chooses when somebody is called. Nothing here rings, moves or writes: `advance` says what
state follows and what is to be done, or why what was asked cannot be done now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from campaigns.model import AgentState
from campaigns.pauses import HOSTILE


class AgentEvent(Enum):
    """What can happen to an agent."""

    LOGIN = auto()
    READY = auto()
    PREVIEW = auto()  # they look at somebody, and choose when to call
    PAUSE = auto()
    LOGOUT = auto()
    LINE_UP = auto()  # the telephone was answered and is in its room
    LINE_DOWN = auto()  # the telephone was not answered, or hung up
    DIAL = auto()  # the person they chose is being called
    GIVEN = auto()  # a person is being moved to them
    TOOK_OVER = auto()  # they took over the person of another agent
    CALL_OVER = auto()
    RESULT = auto()  # the result of the talk was recorded
    HOSTILE = auto()  # the same, and the person was hostile


class AgentEffect(Enum):
    """What the engine has to do about it."""

    RING = auto()
    HANG_UP_LINE = auto()
    HANG_UP_CALL = auto()
    SAY_GOODBYE = auto()  # end the call by a recorded line


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent while logged in; `since` is the moment at which the state began.

    Attributes:
        skills: what they can do, in the words of campaign files.
        languages: those they speak; empty: they take everybody.
        pause: the code of the pause they are on, or go on after the talk in hand.
        result_given: the result came while the person was still on the line.
        then: what follows the talk in hand: ready, preview, paused or out.
    """

    agent_id: int
    name: str
    phone: str | None
    state: AgentState = AgentState.OUT
    since: datetime
    channel_id: str | None = None
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    pause: str | None = None
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
_IN = "is logged in already"
_TAKES_CALLS = "takes calls from the engine; first run: ringbank agents pause NAME"
_BUSY = "has somebody on the line; give the result of that talk first"

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
        E.PREVIEW: (S.PREVIEW, None),
        E.PAUSE: (S.PAUSED, None),
        E.DIAL: (S.DIALING, None),
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
    S.PREVIEW: {
        E.READY: (S.READY, None),
        E.PAUSE: (S.PAUSED, None),
        E.DIAL: (S.DIALING, None),
        E.TOOK_OVER: (S.TALKING, None),
        E.LOGOUT: (S.OUT, AgentEffect.HANG_UP_LINE),
        E.LINE_DOWN: (S.OUT, None),
    },
    S.DIALING: {
        E.GIVEN: (S.TALKING, None),
        E.CALL_OVER: (S.PREVIEW, None),  # nobody was reached
        E.RESULT: (S.DIALING, AgentEffect.HANG_UP_CALL),
        E.HOSTILE: (S.DIALING, AgentEffect.HANG_UP_CALL),
        E.READY: (S.DIALING, None),
        E.PREVIEW: (S.DIALING, None),
        E.PAUSE: (S.DIALING, None),
        E.LOGOUT: (S.DIALING, None),
        E.LINE_DOWN: (S.OUT, None),
    },
    S.TALKING: {
        E.CALL_OVER: (S.WRAP_UP, None),
        E.RESULT: (S.TALKING, AgentEffect.HANG_UP_CALL),
        E.HOSTILE: (S.TALKING, AgentEffect.SAY_GOODBYE),
        E.READY: (S.TALKING, None),
        E.PREVIEW: (S.TALKING, None),
        E.PAUSE: (S.TALKING, None),
        E.LOGOUT: (S.TALKING, None),
        E.LINE_DOWN: (S.OUT, None),
    },
    S.WRAP_UP: {
        E.RESULT: (S.READY, None),
        E.HOSTILE: (S.READY, None),
        E.READY: (S.WRAP_UP, None),
        E.PREVIEW: (S.WRAP_UP, None),
        E.PAUSE: (S.WRAP_UP, None),
        E.LOGOUT: (S.OUT, AgentEffect.HANG_UP_LINE),
        E.LINE_DOWN: (S.OUT, None),
    },
}

REFUSED: Mapping[AgentState, Mapping[AgentEvent, str]] = {
    S.OUT: dict.fromkeys((E.READY, E.PREVIEW, E.PAUSE, E.LOGOUT, E.DIAL), _OUT),
    S.CALLING: dict.fromkeys((E.LOGIN, E.READY, E.PREVIEW, E.PAUSE, E.DIAL), _RINGING),
    S.PAUSED: {E.LOGIN: _IN},
    S.READY: {E.LOGIN: _IN, E.PREVIEW: _TAKES_CALLS, E.DIAL: _TAKES_CALLS},
    S.PREVIEW: {E.LOGIN: _IN},
    S.DIALING: {E.LOGIN: _IN, E.DIAL: "is calling somebody already"},
    S.TALKING: {E.LOGIN: _IN, E.DIAL: _BUSY},
    S.WRAP_UP: {E.LOGIN: _IN, E.DIAL: "still owes the result of the talk before"},
}
"""What somebody may ask for in vain, and the reason they are given."""

_RESULTS = frozenset({E.RESULT, E.HOSTILE})
_NO_TALK = frozenset({E.LINE_UP, E.CALL_OVER}) | _RESULTS

IGNORED: Mapping[AgentState, frozenset[AgentEvent]] = {
    S.OUT: _NO_TALK | {E.LINE_DOWN, E.GIVEN},
    S.CALLING: _NO_TALK - {E.LINE_UP} | {E.GIVEN, E.TOOK_OVER},
    S.PAUSED: _NO_TALK | {E.GIVEN},
    S.READY: _NO_TALK | {E.READY, E.TOOK_OVER},
    S.PREVIEW: _NO_TALK | {E.PREVIEW, E.GIVEN},
    S.DIALING: frozenset({E.LINE_UP, E.TOOK_OVER}),
    S.TALKING: frozenset({E.LINE_UP, E.GIVEN, E.TOOK_OVER}),
    S.WRAP_UP: frozenset({E.LINE_UP, E.GIVEN, E.TOOK_OVER, E.CALL_OVER}),
}
"""Late news, and wishes that are fulfilled already."""

IN_A_CALL = frozenset({S.DIALING, S.TALKING, S.WRAP_UP})
"""The states in which a wish waits until the call in hand is done with."""

_WISHES: Mapping[AgentEvent, AgentState] = {
    E.READY: S.READY,
    E.PREVIEW: S.PREVIEW,
    E.PAUSE: S.PAUSED,
    E.LOGOUT: S.OUT,
}


def advance(
    agent: Agent, event: AgentEvent, *, now: datetime, pause: str | None = None
) -> AgentStep:
    """Return the agent after an event.

    Args:
        agent: as they stand.
        event: what happens.
        now: when, aware.
        pause: the code of the pause that is asked for.

    Raises:
        KeyError: nobody decided what this event means in this state.
    """
    if refusal := REFUSED[agent.state].get(event):
        told = refusal.replace("NAME", agent.name)
        return AgentStep(agent, refusal=f"{agent.name} {told}")
    if event in IGNORED[agent.state]:
        return AgentStep(agent)
    state, effect = TRANSITIONS[agent.state][event]
    after = _wished(agent, event, pause)
    if event in _RESULTS:
        after = replace(after, result_given=True)
    nobody_reached = agent.state is S.DIALING and event is E.CALL_OVER
    if nobody_reached or (after.result_given and state in (S.WRAP_UP, S.READY)):
        state = after.then
        effect = AgentEffect.HANG_UP_LINE if state is S.OUT else effect
    if state not in IN_A_CALL:
        after = replace(after, result_given=False, then=S.READY)
        after = replace(after, pause=after.pause if state is S.PAUSED else None)
    if state is not agent.state or (state is S.PAUSED and after.pause != agent.pause):
        after = replace(after, state=state, since=now)
    return AgentStep(after, effect)


def _wished(agent: Agent, event: AgentEvent, pause: str | None) -> Agent:
    """Return the agent with what shall follow the call in hand, and the pause they asked for."""
    if event is E.PAUSE:
        agent = replace(agent, pause=pause)
    if event is E.DIAL:
        return replace(agent, then=S.PREVIEW, pause=None)
    if event is E.HOSTILE and agent.then is not S.OUT:
        return replace(agent, then=S.PAUSED, pause=HOSTILE)
    if event is E.TOOK_OVER and agent.state in (S.OUT, S.PAUSED, S.PREVIEW):
        # They came for this talk, and are afterwards where they were.
        return replace(agent, then=agent.state)
    if agent.state in IN_A_CALL and event in _WISHES:
        return replace(agent, then=_WISHES[event])
    return agent


def comes_back(agent: Agent) -> bool:
    """Tell whether an agent is in a call, or wraps one up, and takes the next one then."""
    return agent.state in (S.TALKING, S.WRAP_UP) and agent.then is S.READY


def speaks(agent: Agent, language: str | None) -> bool:
    """Tell whether an agent can talk to somebody of a language, as far as anybody has told."""
    return not agent.languages or language is None or language in agent.languages


def longest_waiting(agents: Iterable[Agent]) -> Agent | None:
    """Return the ready agent who has waited longest, or None when nobody is ready."""
    ready = [agent for agent in agents if agent.state is S.READY]
    return min(ready, key=lambda agent: (agent.since, agent.agent_id), default=None)
