"""An agent's line: their working day on the telephone, asked of the engine."""

from collections.abc import Mapping
from datetime import timedelta

from campaigns.agents import find_agent
from campaigns.model import AgentState
from campaigns.pauses import pause_code
from dialer.acting import check_own_name
from dialer.asking import ANSWER_WITHIN, ask_engine
from dialer.store import RequestKind
from leads.db import reading
from leads.site import Site

_LOGIN_WITHIN = timedelta(seconds=45)


class Line:
    """The telephone of an agent of one installation, as far as they work with it."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def login(self, agent: str) -> dict[str, object]:
        """Ring an agent's telephone and keep it on the line; return where they stand then.

        Raises:
            UsageError: there is no such agent.
            NoEngineError: no engine runs.
            RefusedError: the telephone was not answered, or they are in already.
        """
        return self._ask(agent, RequestKind.LOGIN, within=_LOGIN_WITHIN)

    def ready(self, agent: str) -> dict[str, object]:
        """Have an agent take calls from now on; raises as `login` does."""
        return self._ask(agent, RequestKind.READY)

    def pause(self, agent: str, reason: str | None = None) -> dict[str, object]:
        """Have an agent take no more calls; raises as `login` does.

        Args:
            agent: who.
            reason: a code of the configuration's ``[pauses]``.
        """
        code = pause_code(reason, self._site.settings().pauses)
        return self._ask(agent, RequestKind.PAUSE, detail={"pause": code})

    def logout(self, agent: str) -> dict[str, object]:
        """Hang up an agent's own line, after the talk in hand; raises as `login` does."""
        return self._ask(agent, RequestKind.LOGOUT)

    def _ask(
        self,
        name: str,
        kind: RequestKind,
        *,
        detail: Mapping[str, object] | None = None,
        within: timedelta = ANSWER_WITHIN,
    ) -> dict[str, object]:
        """Ask the engine for something that concerns an agent; return where they stand then."""
        check_own_name(self._site, name)
        with reading(self._site.base()) as connection:
            agent = find_agent(connection, name)
        ask_engine(self._site, kind, agent_id=agent.id, detail=detail, within=within)
        with reading(self._site.base()) as connection:
            agent = find_agent(connection, name)
        at_rest = agent.state in (AgentState.PAUSED, AgentState.OUT)
        if kind in (RequestKind.PAUSE, RequestKind.LOGOUT) and not at_rest:
            self._site.say("this takes effect after the call in hand")
        return {
            "agent": name,
            "state": agent.state,
            "since": agent.since,
            "pause": agent.pause,
            "paid": None if agent.pause is None else self._is_paid(agent.pause),
        }

    def _is_paid(self, pause: str) -> bool | None:
        """Tell whether a pause is working time; None for a code that is no more configured."""
        paid = self._site.settings().pauses.get(pause)
        return None if paid is None else paid == "paid"
