"""What commands ask of the engine, told to its switchboard."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy import Connection

from campaigns import owed
from campaigns.agents import AgentRow, active_agent
from campaigns.model import DispositionKind
from dialer import floor
from dialer.agent import AgentEvent
from dialer.live import Dial, Work
from dialer.store import Request, RequestKind
from dialer.supervision import Supervision
from dialer.switchboard import Switchboard


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the answer to a request depends on besides the switchboard.

    Attributes:
        ami_down: why Asterisk cannot be reached, or None.
        no_calls: why no call may be begun, or None.
        now: on the engine's clock.
        at_s: on its monotonic clock.
    """

    ami_down: str | None
    no_calls: str | None
    now: datetime
    at_s: float


def obey(
    connection: Connection,
    request: Request,
    board: Switchboard,
    supervision: Supervision,
    work: Work,
    around: Surroundings,
) -> None:
    """Do what a command asks, or note why it cannot be done."""
    row = active_agent(connection, request.agent_id)
    if row is None:
        work.answers.append((request.id, "the agent is not active any more"))
        return
    elsewhere = supervision.why_not(request.kind, floor.as_agent(row))
    if elsewhere is not None:
        work.answers.append((request.id, elsewhere))
        return
    if request.kind is RequestKind.RESULT:
        supervision.result_given(request.attempt_id, work)
    if request.kind is RequestKind.LOGIN and around.ami_down is None:
        agent = floor.as_agent(row)
        board.login(agent, request.id, work, now=around.now, at_s=around.at_s)
        return
    board.floor.take_in(floor.as_agent(row))
    why_not = _obey(connection, request, row, board, work, around)
    if request.kind is not RequestKind.DIAL or why_not is not None:
        work.answers.append((request.id, why_not))


def _obey(
    connection: Connection,
    request: Request,
    row: AgentRow,
    board: Switchboard,
    work: Work,
    around: Surroundings,
) -> str | None:
    """Do what concerns an agent; return why not, where it cannot be done."""
    match request.kind:
        case RequestKind.LOGIN:
            return f"Asterisk cannot be reached: {around.ami_down}"
        case RequestKind.RESULT:
            if board.talks_in_another(row.id, request.attempt_id):
                return None  # that talk is over, and its agent in the next
            said = result_event(request.detail.get("kind"))
            return board.tell(row.id, said, work, now=around.now)
        case RequestKind.READY:
            if (lease := owed.unfinished_lease(connection, row.id)) is not None:
                return (
                    f"{row.name} still owes the result of lease {lease}; "
                    f"run: ringbank result {lease} --disposition CODE, or where nobody was "
                    f"called: ringbank release {lease}"
                )
            return board.tell(row.id, AgentEvent.READY, work, now=around.now)
        case RequestKind.PAUSE:
            code = request.detail.get("pause")
            return board.tell(row.id, AgentEvent.PAUSE, work, now=around.now, pause=code)
        case RequestKind.LOGOUT | RequestKind.PREVIEW:
            return board.tell(row.id, AgentEvent[request.kind.name], work, now=around.now)
        case RequestKind.DIAL:
            if around.no_calls is not None:
                return around.no_calls
            why_not = board.tell(row.id, AgentEvent.DIAL, work, now=around.now)
            if why_not is None:
                dial = Dial(
                    request=request.id, agent_id=row.id, lease=str(request.detail.get("lease"))
                )
                work.dials.append(dial)
            return why_not
        case RequestKind.SUPERVISE | RequestKind.END_SUPERVISION | RequestKind.SILENCE:
            raise AssertionError(request.kind)  # `supervision_requests` has these
        case _:
            assert_never(request.kind)


def result_event(kind: object) -> AgentEvent:
    """Return what a result is to its agent, by the kind of its disposition."""
    return AgentEvent.HOSTILE if kind == DispositionKind.HOSTILE else AgentEvent.RESULT
