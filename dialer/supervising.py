"""The supervisor's desk: what a supervisor does at other people's talks, a method for each.

As `dialer.desk` is for agents: a command, a screen and a page later do the very same.
"""

import re
from datetime import timedelta

from sqlalchemy import Connection

from campaigns import recordings, supervisions
from campaigns.agents import AgentRow, find_agent
from campaigns.leases import find_lease, lease_of
from campaigns.supervisions import SupervisionKind, Talk, demand_supervisor, find_talk
from dialer.acting import check_own_lease, check_own_name, on_whose_word
from dialer.asking import (
    ANSWER_WITHIN,
    NoEngineError,
    any_engine_lives,
    ask_engine,
    engine_time,
)
from dialer.store import RequestKind
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.phone import parse_phone
from leads.site import TOKEN_VARIABLE, Site

_TELEPHONE_WITHIN = timedelta(seconds=45)
"""A telephone is rung for thirty seconds."""

_CHANNEL = re.compile(r"PJSIP/[A-Za-z0-9_.+@:-]+")
"""Channels that a supervisor may name: any other kind might lead into a dialplan of its own."""


class SupervisorDesk:
    """What supervisors see and do at one installation."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def floor(self) -> list[dict[str, object]]:
        """Return who is on the line with whom since when, who wants help, who listens."""
        with reading(self._site.base()) as connection:
            return supervisions.floor_document(connection)

    def come(self, kind: SupervisionKind, talk: str, by: str | None) -> dict[str, object]:
        """Have a supervisor listen, whisper, step in, or take a person over.

        Args:
            kind: which of these.
            talk: the agent, or the lease.
            by: the supervisor; None: whoever acts.

        Raises:
            UsageError: there is no such talk or supervisor.
            NotAllowedError: they are no supervisor, or nobody is on the line there.
            RefusedError: the engine cannot do it.
            NoEngineError: none runs.
        """
        with reading(self._site.base()) as connection:
            supervisor = self._who(connection, by)
            demand_supervisor(supervisor)
            found = find_talk(connection, talk)
        self._ask(kind, found, supervisor)
        return _document(kind, found, supervisor)

    def move(self, talk: str, to: str, by: str | None) -> dict[str, object]:
        """Connect a person to another number; if it is not reached they come back.

        An agent may move the person they have to one of the named numbers of the
        configuration; any other number is a supervisor's to choose.

        Raises:
            UsageError: there is no such talk, or the number is none.
            NotAllowedError: they may not move this person, or not there.
            RefusedError: the number was not reached.
            NoEngineError: no engine runs.
        """
        named = self._site.settings().transfers
        with reading(self._site.base()) as connection:
            mover = self._who(connection, by)
            found = find_talk(connection, talk)
        own = found.agent_id == mover.id
        if to not in named or not own:
            demand_supervisor(mover)
        channel = named[to] if to in named else self._destination(to)
        self._ask(SupervisionKind.TRANSFER, found, mover, to=channel, shown=to)
        return {**_document(SupervisionKind.TRANSFER, found, mover), "to": to}

    def _destination(self, to: str) -> str:
        if _CHANNEL.fullmatch(to):
            return to
        parsed = parse_phone(to, region=self._site.region())
        if isinstance(parsed, str):
            named = sorted(self._site.settings().transfers)
            hint = f" or one of {', '.join(named)}" if named else ""
            raise UsageError(
                f"--to {to!r} cannot be dialled ({parsed}); write +4721000000, PJSIP/desk2{hint}"
            )
        return parsed.e164

    def end(self, by: str | None) -> dict[str, object]:
        """Take a supervisor's line away from the talk it is at.

        Raises:
            UsageError: there is no such agent.
            RefusedError: they are at nobody's talk.
            NoEngineError: no engine runs.
        """
        with reading(self._site.base()) as connection:
            supervisor = self._who(connection, by)
            at = supervisions.line_of(connection, supervisor.id)
        demand_supervisor(supervisor)
        ask_engine(
            self._site,
            RequestKind.END_SUPERVISION,
            agent_id=supervisor.id,
            attempt_id=None if at is None else at[0],
        )
        return {"supervisor": supervisor.name, "kind": None}

    def help(self, agent: str, note: str | None = None) -> dict[str, object]:
        """Write that an agent wants a supervisor at the talk they have.

        Raises:
            UsageError: there is no such agent, or the note holds a card's number.
            NotAllowedError: they have nobody.
        """
        check_own_name(self._site, agent)
        with writing(self._site.base()) as connection:
            who = find_agent(connection, agent)
            held = lease_of(connection, who.id)
            if held is None:
                raise NotAllowedError(
                    f"{agent} has nobody on the line or on the desk; help is for a talk in hand"
                )
            supervisions.ask_for_help(
                connection,
                agent_id=who.id,
                attempt_id=held.attempt_id,
                note=note,
                now=engine_time(self._site),
            )
        return {"agent": agent, "lease": held.lease, "help": True, "note": note}

    def silence(self, lease: str, *, silent: bool) -> dict[str, object]:
        """Make the recording of a talk silent, or let it hear again.

        Raises:
            UsageError: there is no such lease.
            NotAllowedError: the talk is not recorded.
            RefusedError: Asterisk does not do it.
            NoEngineError: no engine runs.
        """
        with reading(self._site.base()) as connection:
            held = find_lease(connection, lease)
            check_own_lease(self._site, lease, held.agent_id)
            attempt_id = held.attempt_id
            if attempt_id is None or recordings.of_attempt(connection, attempt_id) is None:
                raise NotAllowedError(f"the talk of lease {lease} is not recorded")
        ask_engine(
            self._site, RequestKind.SILENCE, attempt_id=attempt_id, detail={"silent": silent}
        )
        return {"lease": lease, "recording": "paused" if silent else "recording"}

    def _who(self, connection: Connection, by: str | None) -> AgentRow:
        """Return who does it; a token binds its agent to their own name."""
        name = on_whose_word(self._site, by)
        if name is None:
            raise UsageError(f"say who does it: add --by NAME, or set {TOKEN_VARIABLE}")
        return find_agent(connection, name)

    def _ask(
        self,
        kind: SupervisionKind,
        talk: Talk,
        by: AgentRow,
        *,
        to: str = "",
        shown: str | None = None,
    ) -> None:
        """Write what is asked, and wait until it is done."""
        if not any_engine_lives(self._site):
            raise NoEngineError("no engine runs, and this needs one; start it with: ringbank run")
        with writing(self._site.base()) as connection:
            row = supervisions.ask(
                connection,
                kind,
                agent_id=talk.agent_id,
                attempt_id=talk.attempt_id,
                supervisor_id=by.id,
                detail=shown,
                now=engine_time(self._site),
            )
        ask_engine(
            self._site,
            RequestKind.SUPERVISE,
            agent_id=by.id,
            attempt_id=talk.attempt_id,
            detail={"row": row, "kind": kind.value, "to": to},
            within=max(ANSWER_WITHIN, _TELEPHONE_WITHIN),
        )


def _document(kind: SupervisionKind, talk: Talk, by: AgentRow) -> dict[str, object]:
    return {"supervisor": by.name, "kind": kind, "agent": talk.agent, "lease": talk.lease}
