"""People whom an engine moves to another number, and who talk there.

The dialplan dials, and brings the person back to the agent's room when nobody answers. Once
somebody has, the agent is free: theirs is the result, and no longer the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.supervisions import Begun
from dialer import actions
from dialer.agent import AgentEvent
from dialer.live import LiveCall, Work
from dialer.recovery import Place
from dialer.switchboard import Switchboard
from dialer.trunks import Lines


@dataclass(slots=True, kw_only=True)
class _Transfer:
    """A person on the way to another number, or there."""

    row: int
    request: int | None
    lines: Lines | None
    answered: bool = False


class Transfers:
    """Who is on the way to another number, or talks there."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._by_call: dict[str, _Transfer] = {}

    def __contains__(self, call: str) -> bool:
        return call in self._by_call

    def begin(
        self, live: LiveCall, to: str, row: int, request: int, work: Work, *, at_s: float
    ) -> str | None:
        """Have a person moved, or return why they cannot be.

        Args:
            live: their call, at an agent.
            to: E.164, through the call's own trunk, or a channel.
            row: in `supervisions`.
            request: the command that waits.
            work: takes what follows.
            at_s: the moment, for the trunk's pace.
        """
        lines, channel = None, to
        if to.startswith("+"):
            lines = self._board.lines.get(live.attempt.trunk)
            if lines is None or not lines.room(at_s):
                return f"trunk {live.attempt.trunk} has no free line; try again"
            channel = actions.dial_string(lines.trunk.channel, to)
            lines.begin(at_s)
        assert live.call.agent_id is not None
        work.actions += actions.transfer(
            live.call.channel_id, channel, live.stored.campaign.caller_id, live.call.agent_id
        )
        self._by_call[live.call.channel_id] = _Transfer(row=row, request=request, lines=lines)
        live.moving = True
        return None

    def awaits(self, request: int) -> bool:
        """Tell whether a request waits for the other number."""
        return any(transfer.request == request for transfer in self._by_call.values())

    def hear(self, fields: Mapping[str, str], work: Work, *, now: datetime) -> None:
        """Take in whether the number that a person is moved to was answered."""
        call = fields.get("attempt", "")
        live, transfer = self._board.calls.get(call), self._by_call.get(call)
        if live is None or transfer is None:
            return
        if fields.get("stage") == "answered" and not transfer.answered:
            self._answered(live, transfer, work, now=now)
        elif fields.get("stage") == "failed":
            self._back(live, fields.get("why", "").lower() or "no answer", work, now=now)

    def tidy(self, work: Work, *, now: datetime) -> None:
        """Forget those whose call is over."""
        for call in tuple(self._by_call):
            if call not in self._board.calls:
                self._end(call, "the person hung up", work, now=now)

    def find(
        self, live: LiveCall, row: Begun, place: Place | None, work: Work, *, now: datetime
    ) -> None:
        """Take over a transfer that was begun before this link, or by an earlier process.

        Args:
            live: the call.
            row: what was written of it.
            place: where the person is now.
            work: takes what follows.
            now: the moment.
        """
        known = self._by_call.get(live.call.channel_id)
        answered = row.began_at is not None
        transfer = _Transfer(
            row=row.id,
            request=None,
            lines=known.lines if known is not None else None,
            answered=answered,
        )
        self._by_call[live.call.channel_id] = transfer
        live.moved, live.moving = answered, not answered
        if answered or place is None:
            return
        if place.context == actions.TRANSFER_CONTEXT and place.bridged:
            self._answered(live, transfer, work, now=now)
        elif place.context == actions.ROOM_CONTEXT:
            self._back(live, "it failed while the link to Asterisk was lost", work, now=now)

    def stop_waiting(self, why: str, work: Work) -> None:
        """Answer every request that waits; the transfers go on."""
        for transfer in self._by_call.values():
            if transfer.request is not None:
                work.answers.append((transfer.request, why))
                transfer.request = None

    def _answered(self, live: LiveCall, transfer: _Transfer, work: Work, *, now: datetime) -> None:
        """Take in that a person talks to the other number, and free their agent."""
        transfer.answered = live.moved = True
        live.moving = False
        work.supervised.append((transfer.row, {"began_at": now}))
        work.let_go.append(live.attempt.id)  # whose result was given on the way there
        if live.call.agent_id is not None:
            self._board.tell(live.call.agent_id, AgentEvent.CALL_OVER, work, now=now)
        if transfer.request is not None:
            work.answers.append((transfer.request, None))
            transfer.request = None

    def _back(self, live: LiveCall, told: str, work: Work, *, now: datetime) -> None:
        """Take in that a person is in the agent's room again; the result may be there by now."""
        why = f"the number was not reached ({told}); the person is back in the agent's room"
        self._end(live.call.channel_id, why, work, now=now)
        live.moving = False
        agent = self._board.floor.agents.get(live.call.agent_id or 0)
        if agent is not None and agent.result_given:
            self._board.tell(agent.agent_id, AgentEvent.RESULT, work, now=now)

    def _end(self, call: str, why: str, work: Work, *, now: datetime) -> None:
        transfer = self._by_call.pop(call)
        if transfer.lines is not None:
            transfer.lines.end()
        ended: dict[str, object] = {"ended_at": now}
        if not transfer.answered:
            ended["detail"] = why
        work.supervised.append((transfer.row, ended))
        if transfer.request is not None:
            work.answers.append((transfer.request, why))
