"""Is anything dialled that should be, and if not, why not; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from campaigns.model import AgentState
from dialer.idle import Ground, Idle

_NOTHING_TO_DO = frozenset({Ground.NOT_STARTED, Ground.NO_LEAD, Ground.DONE})
_AGENTS_DIAL = frozenset({Ground.BY_HAND})
_PASSES_WITH_CALLS = frozenset({Ground.LINES, Ground.BUDGET, Ground.NONE_READY, Ground.NOT_YET})
"""What is nothing to worry about as long as the campaign has calls in flight."""

_AT_WORK = frozenset(
    {
        AgentState.CALLING,
        AgentState.PREVIEW,
        AgentState.DIALING,
        AgentState.TALKING,
        AgentState.WRAP_UP,
    }
)
_NOBODY_READY = Idle(Ground.NONE_READY, "no agent is ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A campaign at the moment of a check.

    Attributes:
        idle: why it places no call, or None: it may.
        in_flight: its calls.
        for_agents: people are called for agents who are ready.
    """

    name: str
    idle: Idle | None
    in_flight: int = 0
    for_agents: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a check came to.

    Attributes:
        ok: something can be dialled, or nothing is to be.
        dialling: the campaigns that can.
        held: the campaigns that cannot although they should: name -> why.
        warnings: what is wrong besides, and keeps nobody from dialling yet.
        failed: why the check itself could not be made, as a word and a sentence.
    """

    ok: bool
    dialling: Sequence[str]
    held: Mapping[str, Idle]
    warnings: Sequence[str]
    failed: tuple[str, str] | None = None

    def document(self) -> dict[str, object]:
        """Return what programs are told."""
        reasons: list[dict[str, str | None]] = [
            {"campaign": name, "reason": idle.ground.value, "text": idle.text}
            for name, idle in self.held.items()
        ]
        if self.failed is not None:
            word, sentence = self.failed
            reasons.append({"campaign": None, "reason": word, "text": sentence})
        return {
            "ok": self.ok,
            "dialling": [*self.dialling],
            "reasons": reasons,
            "warnings": [*self.warnings],
        }


def judge(
    campaigns: Collection[Seen], agents: Mapping[str, int], *, warnings: Sequence[str] = ()
) -> Health:
    """Return whether anything is dialled that should be.

    A campaign that paused itself should be dialled until somebody has looked at it; one that
    a manager paused or stopped, or whose people are all done, should not. An agent who talks
    or writes a result keeps "no agent is ready" from being a fault.

    Args:
        campaigns: all of the installation.
        agents: state -> how many agents are in it.
        warnings: what is wrong besides.
    """
    at_work = any(agents.get(state.value) for state in _AT_WORK)
    dialling: list[str] = []
    held: dict[str, Idle] = {}
    for seen in campaigns:
        idle = seen.idle
        if idle is None and seen.for_agents and not agents.get(AgentState.READY.value):
            idle = _NOBODY_READY  # a pacer that looks ahead has no such limit of its own
        if idle is None or _goes_on(idle.ground, seen.in_flight, at_work=at_work):
            dialling.append(seen.name)
        elif idle.ground not in _NOTHING_TO_DO:
            held[seen.name] = idle
    return Health(ok=bool(dialling) or not held, dialling=dialling, held=held, warnings=[*warnings])


def unknown(word: str, sentence: str) -> Health:
    """Return what is told where it could not be found out: not well."""
    return Health(ok=False, dialling=(), held={}, warnings=(), failed=(word, sentence))


def _goes_on(ground: Ground, in_flight: int, *, at_work: bool) -> bool:
    if ground in _AGENTS_DIAL or (ground in _PASSES_WITH_CALLS and in_flight):
        return True
    return ground is Ground.NONE_READY and at_work
