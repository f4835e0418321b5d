"""Which agent gets somebody who called us; told by the switchboard alone."""

from collections.abc import Collection

from campaigns.inbound import Contact
from campaigns.model import AgentState
from dialer.agent import Agent, longest_waiting, speaks
from dialer.call import CallState
from dialer.giving import Giving
from dialer.switchboard import Switchboard

_MAY_BE_FREE = (AgentState.READY, AgentState.TALKING, AgentState.WRAP_UP)


def agent_for(board: Switchboard, contact: Contact | None, *, but: Collection[int]) -> Agent | None:
    """Return who gets a caller now: the longest waiting who may, and who speaks their language.

    Whom a telephone counts on that still rings stays for it. A call of ours that waits for an
    agent does not: the caller goes first.

    Args:
        board: the engine's.
        contact: the caller.
        but: agents who cannot have them.
    """
    if contact is None or contact.stored is None:
        return None
    ringing = {
        channel_id: one
        for channel_id, one in board.calls.items()
        if one.call.state is not CallState.WAITING
    }
    giving = Giving(ringing, board.floor.agents, board.barred)
    able = [
        board.floor.agents[agent_id]
        for agent_id in board.ready_agents()
        if agent_id not in but
        and giving.may_take(contact.stored, board.floor.agents[agent_id])
        and giving.can_spare(agent_id)
    ]
    fluent = [one for one in able if speaks(one, contact.language)]
    return longest_waiting(fluent or able)


def somebody_works(board: Switchboard, contact: Contact) -> bool:
    """Tell whether any agent may take a caller, now or in a while."""
    giving = Giving(board.calls, board.floor.agents, board.barred)
    return contact.stored is not None and any(
        one.state in _MAY_BE_FREE and giving.may_take(contact.stored, one)
        for one in board.floor.agents.values()
    )
