"""How an engine fares, as it tells it to whoever asks; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.model import FOR_READY_AGENTS, Campaign, DialMode
from dialer.idle import Ground, Idle
from dialer.pace_level import Level
from dialer.trunks import Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One engine at one moment.

    Attributes:
        ami_down: why Asterisk cannot be reached, or None while it can.
        rules_problem: why the rule files on the disk are not in force, or None where they are.
        stopping: no more calls are placed.
        lab_clock: what the engine's clock shows, where it is not the machine's.
        calls: running campaign -> calls in flight.
        outcomes: running campaign -> outcome -> attempts that ended so.
        trunks: name -> (lines in use, lines).
        agents: state -> how many.
        limits: running campaign -> what keeps it from dialling more.
        levels: running campaign -> how many calls its pacing comes to, and why.
    """

    ami_down: str | None = None
    rules_problem: str | None = None
    stopping: bool = False
    lab_clock: datetime | None = None
    calls: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    trunks: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, Idle] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """Return what other processes are told."""
        return {
            "ami_down": self.ami_down,
            "rules_problem": self.rules_problem,
            "stopping": self.stopping,
            "lab_clock": self.lab_clock and self.lab_clock.isoformat(),
            "calls": dict(self.calls),
            "trunks": {
                name: {"used": used, "max_calls": most}
                for name, (used, most) in self.trunks.items()
            },
            "agents": dict(self.agents),
            "limits": {name: idle.text for name, idle in self.limits.items()},
            "grounds": {name: idle.ground.value for name, idle in self.limits.items()},
            "levels": {name: level.document() for name, level in self.levels.items()},
        }


_NOBODY_IN = Idle(Ground.NO_AGENT, "no agent is logged in")


def next_with(campaign: Campaign) -> str:
    """Return the command with which an agent gets the next person of a campaign."""
    return f"ringbank next --campaign {campaign.name} --agent NAME"


def limit_of(
    campaign: Campaign,
    *,
    ami_down: str | None,
    registry: str | None = None,
    voice: str | None = None,
    lines: Lines | None,
    agents_in: int,
    agents_ready: int,
) -> Idle | None:
    """Return what keeps a campaign from dialling more, or None when nothing here does.

    Whether any of its leads may be called is the base's matter, not the engine's.
    """
    if campaign.mode is DialMode.MANUAL:
        told = f"its agents dial by hand; they get the next person with: {next_with(campaign)}"
        return Idle(Ground.BY_HAND, told)
    if ami_down is not None:
        return Idle(Ground.ASTERISK, f"Asterisk cannot be reached: {ami_down}")
    if registry is not None:
        return Idle(Ground.REGISTRY, registry)
    if voice is not None:
        return Idle(Ground.VOICE, voice)
    if lines is None:
        return Idle(Ground.NO_TRUNK, f"trunk {campaign.trunk!r} is not in the configuration")
    if lines.full:
        used = f"{lines.used} of {lines.trunk.max_calls} lines"
        return Idle(Ground.LINES, f"trunk {campaign.trunk!r} is full: {used}")
    if campaign.mode is DialMode.PREVIEW:
        if not agents_in:
            return _NOBODY_IN
        told = (
            f"its agents choose when to call; they get the next person with: {next_with(campaign)}"
        )
        return Idle(Ground.BY_HAND, told)
    if campaign.mode in FOR_READY_AGENTS and not agents_in:
        return _NOBODY_IN
    if campaign.mode in (DialMode.PROGRESSIVE, DialMode.RATIO) and not agents_ready:
        return Idle(Ground.NONE_READY, "no agent is ready")
    return None
