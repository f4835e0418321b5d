"""How an engine stands, from its calls, agents and lines; touches nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from campaigns.model import AgentState
from campaigns.store import StoredCampaign
from dialer.idle import Ground, Idle
from dialer.pace_level import Level
from dialer.progress import Progress, limit_of
from dialer.switchboard import Switchboard


def progress_of(
    board: Switchboard,
    running: Sequence[StoredCampaign],
    *,
    ami_down: str | None,
    registry: str | None,
    voices: Mapping[int, str | None],
    rules_problem: str | None,
    stopping: bool,
    lab_clock: datetime | None,
    outcomes: Mapping[int, Mapping[str, int]],
    levels: Mapping[str, Level],
) -> Progress:
    """Return how an engine fares.

    Args:
        board: its calls, agents and lines.
        running: the campaigns that it dials.
        ami_down: why Asterisk cannot be reached, or None.
        registry: why a registry keeps it from calling, or None.
        voices: campaign id -> why its messages cannot be spoken, or None.
        rules_problem: why the rule files on the disk are not in force, or None.
        stopping: it places no more calls.
        lab_clock: what its clock shows, where that is not the machine's.
        outcomes: campaign id -> outcome -> attempts that ended so.
        levels: what the pacing of each campaign comes to.
    """
    counts = {state: board.floor.count(state) for state in AgentState}
    limits = {
        stored.campaign.name: limit_of(
            stored.campaign,
            ami_down=ami_down,
            registry=registry,
            voice=voices.get(stored.id),
            lines=board.lines.get(stored.campaign.trunk),
            agents_in=sum(counts.values()) - counts[AgentState.OUT],
            agents_ready=counts[AgentState.READY],
        )
        for stored in running
    }
    for name, level in levels.items():
        if limits[name] is None and level.held is not None:
            limits[name] = Idle(Ground.BUDGET, level.held)
    in_flight = Counter(live.stored.id for live in board.calls.values())
    return Progress(
        ami_down=ami_down,
        rules_problem=rules_problem,
        stopping=stopping,
        lab_clock=lab_clock,
        calls={stored.campaign.name: in_flight[stored.id] for stored in running},
        outcomes={stored.campaign.name: dict(outcomes.get(stored.id, {})) for stored in running},
        trunks={n: (lines.used, lines.trunk.max_calls) for n, lines in board.lines.items()},
        agents={state.value: count for state, count in counts.items() if count},
        limits={name: why for name, why in limits.items() if why is not None},
        levels=levels,
    )
