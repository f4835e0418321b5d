"""How an engine fares, as it tells it to whoever asks; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.model import Campaign, DialMode
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
    """

    ami_down: str | None = None
    rules_problem: str | None = None
    stopping: bool = False
    lab_clock: datetime | None = None
    calls: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    trunks: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)

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
            "limits": dict(self.limits),
        }


_NOBODY_IN = "no agent is logged in"


def next_with(campaign: Campaign) -> str:
    """Return the command with which an agent gets the next person of a campaign."""
    return f"ringbank next --campaign {campaign.name} --agent NAME"


def limit_of(
    campaign: Campaign,
    *,
    ami_down: str | None,
    registry: str | None = None,
    lines: Lines | None,
    agents_in: int,
    agents_ready: int,
) -> str | None:
    """Return what keeps a campaign from dialling more, or None when nothing here does.

    Whether any of its leads may be called is the base's matter, not the engine's.
    """
    if campaign.mode is DialMode.MANUAL:
        return f"its agents dial by hand; they get the next person with: {next_with(campaign)}"
    if ami_down is not None:
        return f"Asterisk cannot be reached: {ami_down}"
    if registry is not None:
        return registry
    if lines is None:
        return f"trunk {campaign.trunk!r} is not in the configuration"
    if lines.full:
        return f"trunk {campaign.trunk!r} is full: {lines.used} of {lines.trunk.max_calls} lines"
    if campaign.mode is DialMode.PREVIEW:
        return (
            f"its agents choose when to call; they get the next person with: {next_with(campaign)}"
            if agents_in
            else _NOBODY_IN
        )
    if campaign.mode is DialMode.PROGRESSIVE and not agents_in:
        return _NOBODY_IN
    if campaign.mode is DialMode.PROGRESSIVE and not agents_ready:
        return "no agent is ready"
    return None
