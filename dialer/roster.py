"""The roster: agents added, changed and shown, their tokens, their training, and their leaving.

Like `dialer.desk` it serves whatever screen asks: a method a step, returning plain documents.
"""

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from campaigns import agents, leases, leaving, store, training, working_time
from campaigns.abilities import is_newcomer, read_languages, read_roles, read_skills
from campaigns.agents import AgentRow
from campaigns.model import AgentState, Role
from campaigns.store import StoredCampaign
from campaigns.tokens import SECRET_BYTES, hash_of, token_of
from campaigns.training_steps import NO_TRAINING
from dialer import asking
from dialer.acting import on_whose_word
from dialer.asking import ask_engine, engine_time
from dialer.presence import is_alive
from dialer.store import RequestKind, engine_row
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.phone import parse_phone
from leads.site import Site

_CHANNEL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.+@:/*#!=-]{1,150}")
"""A channel that AMI, and the dialplan of one's own, read as it is written."""


class Roster:
    """The agents of one installation."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def add(
        self,
        name: str,
        *,
        phone: str | None,
        roles: Sequence[str],
        skills: Sequence[str],
        languages: Sequence[str],
    ) -> dict[str, object]:
        """Add an agent; return who they are, with the token that is never shown again.

        Raises:
            UsageError: the name is taken, or a word cannot be used.
        """
        token = token_of(secrets.token_bytes(SECRET_BYTES))
        dialled = self._phone(phone) if phone else None
        with writing(self._site.base()) as connection:
            agents.add_agent(
                connection,
                name,
                dialled,
                roles=read_roles(roles or [Role.VOLUNTEER]),
                skills=read_skills(skills),
                languages=read_languages(languages),
                token_hash=hash_of(token),
                now=self._site.now(),
            )
            added = agents.find_agent(connection, name)
        return _who(added) | {"token": token}

    def token(self, name: str) -> dict[str, object]:
        """Give an agent a new token; the one before is none any more.

        Raises:
            UsageError: there is no such active agent.
        """
        token = token_of(secrets.token_bytes(SECRET_BYTES))
        with writing(self._site.base()) as connection:
            agent = agents.find_agent(connection, name)
            agents.change_agent(connection, agent.id, token_hash=hash_of(token))
        return {"agent": name, "token": token}

    def change(
        self,
        name: str,
        *,
        phone: str | None = None,
        roles: Sequence[str] = (),
        skills: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> dict[str, object]:
        """Replace what is given of an agent, an empty word meaning none; return who they are.

        Raises:
            UsageError: there is no such active agent, nothing is given, or a word cannot be used.
        """
        values: dict[str, Collection[str] | str | None] = {}
        if phone is not None:
            values["phone"] = self._phone(phone) if phone else None
        if roles:
            values["roles"] = read_roles(roles)
        if skills:
            values["skills"] = read_skills([word for word in skills if word])
        if languages:
            values["languages"] = read_languages([word for word in languages if word])
        if not values:
            raise UsageError("nothing is to be changed; add --phone, --skill or --language")
        with writing(self._site.base()) as connection:
            agent = agents.find_agent(connection, name)
            agents.change_agent(connection, agent.id, **values)
            return _who(agents.find_agent(connection, name))

    def deactivate(self, name: str) -> dict[str, object]:
        """Let an agent be none any more; an engine at which they are in logs them out first.

        Raises:
            UsageError: there is no such active agent.
            NotAllowedError: a call of theirs has no end yet.
            RingbankError: the engine could not log them out.
        """
        with reading(self._site.base()) as connection:
            agent = agents.find_agent(connection, name)
        if agent.state is not AgentState.OUT and agent.engine is not None:
            self._log_out(agent, agent.engine)
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            agent = agents.find_agent(connection, name)
            leaving.deactivate(connection, agent, now=now)
            return _who(agents.any_agent(connection, name))

    def _log_out(self, agent: AgentRow, engine: str) -> None:
        """Have a living engine let go of an agent's line; a dead one holds none."""
        with reading(self._site.base()) as connection:
            row = engine_row(connection, engine)
        if row is None or not is_alive(row, self._site.now()):
            return
        ask_engine(self._site, RequestKind.LOGOUT, agent_id=agent.id, within=asking.ANSWER_WITHIN)
        with reading(self._site.base()) as connection:
            state = agents.find_agent(connection, agent.name).state
        if state is not AgentState.OUT:
            raise NotAllowedError(
                f"{agent.name} is {state} and goes out after the call in hand; when it is over, "
                f"run once more: ringbank agents deactivate {agent.name}"
            )

    def activate(self, name: str) -> dict[str, object]:
        """Bring back an agent who left; return who they are, with a new token.

        Raises:
            UsageError: there never was one of the name, or they are active.
        """
        with writing(self._site.base()) as connection:
            agent = agents.any_agent(connection, name)
            if agent.active:
                raise UsageError(f"{name} is active; see: ringbank agents show {name}")
            leaving.activate(connection, agent)
            back = _who(agents.find_agent(connection, name))
        return back | self.token(name)

    def listed(self, *, inactive: bool) -> list[dict[str, object]]:
        """Return the agents by name, and those who left, too, where they are asked for."""
        with reading(self._site.base()) as connection:
            found = agents.list_agents(connection, inactive=inactive)
        return [_who(agent) for agent in found]

    def show(self, name: str, *, day: datetime) -> dict[str, object]:
        """Return all there is to know of an agent.

        Args:
            name: active or not.
            day: the moment at which the day began, aware.

        Raises:
            UsageError: there never was one of the name.
        """
        now = engine_time(self._site)
        with reading(self._site.base()) as connection:
            agent = agents.any_agent(connection, name)
            lease = leases.lease_of(connection, agent.id)
            held = None
            if lease is not None:
                held = {
                    "lease": lease.lease,
                    "campaign": store.load_id(connection, lease.campaign_id).campaign.name,
                    "live": lease.live,
                    "expires_at": lease.expires_at,
                }
            return _who(agent) | {
                "training": _trained(connection, agent, now=now),
                "today": working_time.told(
                    connection,
                    agent,
                    since=day,
                    now=now,
                    pauses=self._site.settings().pauses,
                ),
                "lease": held,
            }

    def accompany(
        self, name: str, *, campaign: str, by: str | None, time: timedelta | None
    ) -> dict[str, object]:
        """Write who sits beside a newcomer and how long, or that nobody does any more.

        Args:
            name: the newcomer.
            campaign: in which.
            by: the supervisor; None: whoever acts.
            time: how long from now on; None: it ends.

        Raises:
            UsageError: there is no such campaign or agent, or the time cannot be used.
            NotAllowedError: `by` is no supervisor, or not who acts.
        """
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            stored = store.load(connection, campaign)
            newcomer = _newcomer(connection, name)
            if time is None:
                training.leave_alone(connection, stored, newcomer)
            else:
                beside = self._supervisor(connection, by)
                training.accompany(connection, stored, newcomer, beside, until=now + time, now=now)
            return _standing(connection, stored, newcomer, now=now)

    def let_call_alone(self, name: str, *, campaign: str, by: str | None) -> dict[str, object]:
        """Let a newcomer call alone from now on, on a supervisor's word.

        Raises:
            UsageError: there is no such campaign or agent.
            NotAllowedError: `by` is no supervisor, or not who acts.
        """
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            stored = store.load(connection, campaign)
            newcomer = _newcomer(connection, name)
            beside = self._supervisor(connection, by)
            training.let_call_alone(connection, stored, newcomer, beside, now=now)
            return _standing(connection, stored, newcomer, now=now)

    def _supervisor(self, connection: Connection, by: str | None) -> AgentRow:
        """Return the supervisor who is named, or else who acts."""
        named = on_whose_word(self._site, by)
        if named is None:
            raise UsageError("whose word is it? add --by with the supervisor's name")
        return agents.find_agent(connection, named)

    def _phone(self, phone: str) -> str:
        return agent_phone(phone, self._site.region())


def agent_phone(phone: str, region: str | None) -> str:
    """Return an agent's telephone as it is stored: E.164, or a channel word for word.

    Raises:
        UsageError: it is neither.
    """
    if "/" in phone:
        if not _CHANNEL.fullmatch(phone):
            raise UsageError(f"--phone {phone!r} is no channel; write it like PJSIP/anna")
        return phone
    parsed = parse_phone(phone, region=region)
    if isinstance(parsed, str):
        raise UsageError(
            f"--phone {phone!r} cannot be dialled ({parsed}); write +4721000000 or PJSIP/anna"
        )
    return parsed.e164


def _who(agent: AgentRow) -> dict[str, object]:
    return {
        "agent": agent.name,
        "active": agent.active,
        "phone": agent.phone,
        "roles": sorted(agent.roles),
        "skills": sorted(agent.skills),
        "languages": sorted(agent.languages),
        "state": agent.state,
        "since": agent.since,
        "pause": agent.pause,
        "engine": agent.engine,
        "has_token": agent.has_token,
    }


def _newcomer(connection: Connection, name: str) -> AgentRow:
    agent = agents.find_agent(connection, name)
    if not is_newcomer(agent.roles):
        raise UsageError(f"{name} supervises others and calls alone already")
    return agent


def _trained(
    connection: Connection, agent: AgentRow, *, now: datetime
) -> list[Mapping[str, object]]:
    """Return how an agent stands in each campaign that asks for training."""
    return [
        _standing(connection, stored, agent, now=now)
        for stored in store.load_all(connection)
        if stored.campaign.training != NO_TRAINING
    ]


def _standing(
    connection: Connection, stored: StoredCampaign, agent: AgentRow, *, now: datetime
) -> dict[str, object]:
    (trained,) = training.training_of(connection, stored, [agent]).values()
    beside = trained.in_company(now)
    return {
        "agent": agent.name,
        "campaign": stored.campaign.name,
        "step": trained.step.kind,
        "why": trained.step.why,
        "practised": trained.practised,
        "supervised": trained.supervised,
        "accompanied_by": trained.supervisor if beside else None,
        "accompanied_until": trained.until if beside else None,
        "released_at": trained.released_at,
        "released_by": trained.released_by,
    }
