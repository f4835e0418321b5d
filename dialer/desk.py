"""The desk: what an agent does, a method for each step, for whatever screen they sit at.

What is decided stands in `campaigns`; here it is put together with the base, the engine and
the clock, so that a command, the interactive screen and a page later do the very same.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection

from campaigns import callbacks, desk, results, skips, store, telling
from campaigns.agents import AgentRow, agent_of, find_agent
from campaigns.law import Laws
from campaigns.model import AgentState, DialMode
from campaigns.pauses import pause_code
from campaigns.results import Words
from campaigns.rules_in_force import laws_of
from campaigns.said import asks_for_no_call, outcome_of
from dialer.asking import (
    ANSWER_WITHIN,
    NoEngineError,
    ask_engine,
    engine_time,
    live_engine,
    wait_for_answer,
)
from dialer.store import RequestKind, ask
from leads import access
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.moments import on_clocks, read_moment
from leads.site import Site

_LOGIN_WITHIN = timedelta(seconds=45)
_LOOK_EVERY_S = 0.05


class Desk:
    """An agent's desk at one installation."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @cached_property
    def _laws(self) -> Laws:
        return laws_of(self._site)

    def next(self, campaign: str, agent: str) -> dict[str, object]:
        """Return the person an agent has or gets now, or why there is nobody.

        Raises:
            UsageError: there is no such campaign or agent.
            NotAllowedError: the agent takes calls from an engine.
        """
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            stored = store.load(connection, campaign)
            who = find_agent(connection, agent)
            lease = desk.next_person(connection, stored, self._laws, who.id, now=now)
            if lease is None:
                return {"lease": None, "why": desk.why_nobody(connection, stored, now=now)}
            theirs = store.load_id(connection, lease.campaign_id)
            document = desk.person_document(connection, theirs, lease, now=now)
            if theirs.campaign.mode is DialMode.PREVIEW and who.state is AgentState.PAUSED:
                self._tell_preview(connection, who)
            if document["phone"] is not None:  # in manual mode the agent sees the number
                access.record(
                    connection,
                    who=who.name,
                    action="next",
                    lead_ids=[lease.lead_id],
                    detail={"campaign": theirs.campaign.name},
                    now=now,
                )
            return document

    def give(self, lease: str, words: Words) -> dict[str, object]:
        """Write what came of a talk, and have a call that still runs ended; return what was kept.

        Raises:
            UsageError: the lease is over, or a word cannot be used.
            NotAllowedError: a promise cannot be kept.
            NoEngineError: the result is written, and nobody is there to end the call.
        """
        now = engine_time(self._site)
        engine = live_engine(self._site)
        request = None
        with writing(self._site.base()) as connection:
            held = desk.find_lease(connection, lease)
            stored = store.load_id(connection, held.campaign_id)
            if words.places:  # first: a promised hour is one on the clock there
                telling.tell_in_talk(connection, held, words.places, now=now)
            at, zones = None, tuple[str, ...]()
            if words.callback is not None:
                zones = desk.zones_of(connection, held)
                at = on_their_clock(words.callback, zones, option="--callback")
            said = results.read_result(stored.campaign, words, callback_at=at, now=now)
            desk.give_result(connection, stored, held, said, now=now)
            if said.callback_at is not None:
                # Judged with this very call in the base; a refusal leaves nothing of it there.
                callbacks.judge(
                    connection, stored, self._laws, held.lead_id, said.callback_at, now=now
                )
            if held.engine is not None and held.agent_id is not None and engine is not None:
                request = ask(
                    connection,
                    held.engine,
                    RequestKind.RESULT,
                    now=self._site.now(),
                    agent_id=held.agent_id,
                    attempt_id=held.attempt_id,
                    detail={"kind": said.disposition.kind},
                )
        if request is not None:
            try:
                wait_for_answer(self._site, request, within=ANSWER_WITHIN)
            except NoEngineError as error:
                raise NoEngineError(f"the result is recorded, but {error}") from error
        elif held.live:
            raise NoEngineError(
                "the result is recorded, but no engine runs that could end the call; "
                "start it with: ringbank run"
            )
        kind = said.disposition.kind
        if asks_for_no_call(stored.campaign, kind, said.reason):
            self._site.say("the number is on the do-not-call list from now on, for all campaigns")
        recorded: dict[str, object] = {
            "lease": lease,
            "disposition": words.disposition,
            "kind": kind,
        }
        if at is not None:  # they may go by several clocks, and the agent named an hour
            recorded |= {"callback_at": at, "local_time": desk.local_time(zones, at)}
        return recorded

    def release(self, lease: str) -> None:
        """Let go of a person who was not called.

        Raises:
            UsageError: the lease is over.
            NotAllowedError: the person was called.
        """
        with writing(self._site.base()) as connection:
            held = desk.find_lease(connection, lease)
            stored = store.load_id(connection, held.campaign_id)
            desk.give_back(connection, stored, held)

    def skip(self, lease: str, reason: str, *, note: str | None = None) -> dict[str, object]:
        """Let go of a person whom the agent does not want to call; others may get them.

        Args:
            lease: the person's.
            reason: a code of `skips.REASONS`.
            note: in the agent's words.

        Raises:
            UsageError: the lease is over, or there is no such reason.
            NotAllowedError: the person was called, or too many were skipped.
        """
        code = skips.skip_reason(reason)
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            held = desk.find_lease(connection, lease)
            if held.agent_id is None:
                raise UsageError(f"nobody holds the lease {lease!r}; see: ringbank status")
            stored = store.load_id(connection, held.campaign_id)
            desk.give_back(connection, stored, held)
            skips.note_skip(
                connection,
                campaign_id=held.campaign_id,
                lead_id=held.lead_id,
                agent_id=held.agent_id,
                reason=code,
                note=note,
                now=now,
            )
        return {"lease": lease, "skipped": True, "reason": code}

    def dial(self, lease: str, *, wait_s: float = 0.0) -> dict[str, object]:
        """Have the person of a lease called, and moved to the agent once they answer.

        Args:
            lease: the person's, in preview mode.
            wait_s: how long to wait for what comes of it.

        Returns:
            Lease, agent, the agent's state, and the call's outcome once it is over.

        Raises:
            UsageError: the lease is over, or its agent dials themselves.
            NotAllowedError: a rule forbids the call now; the person was put back.
            NoEngineError: no engine runs.
            RefusedError: the agent is not in, or no line is free.
        """
        with reading(self._site.base()) as connection:
            held = desk.find_lease(connection, lease)
            campaign = store.load_id(connection, held.campaign_id).campaign
            if campaign.mode is not DialMode.PREVIEW:
                raise UsageError(
                    f"in a campaign of mode {campaign.mode} nobody is called by dial; "
                    + (
                        "dial the number on your own telephone, then give the result"
                        if campaign.mode is DialMode.MANUAL
                        else "its engine decides when; see: ringbank next"
                    )
                )
        ask_engine(
            self._site,
            RequestKind.DIAL,
            agent_id=held.agent_id,
            detail={"lease": lease},
        )
        deadline = time.monotonic() + wait_s
        while (found := self._dialled(held))["state"] == AgentState.DIALING:
            if time.monotonic() >= deadline:
                break
            time.sleep(_LOOK_EVERY_S)
        return found

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

    def _tell_preview(self, connection: Connection, who: AgentRow) -> None:
        """Have the engine know that an agent looks at somebody; nobody waits for it."""
        engine = live_engine(self._site)
        if engine is not None and engine.name == who.engine:
            ask(connection, engine.name, RequestKind.PREVIEW, now=self._site.now(), agent_id=who.id)

    def _dialled(self, held: desk.Lease) -> dict[str, object]:
        """Return how the call of a lease stands."""
        with reading(self._site.base()) as connection:
            outcome = outcome_of(connection, held.lease)
            who = agent_of(connection, held.agent_id) if held.agent_id is not None else None
        return {
            "lease": held.lease,
            "agent": who and who.name,
            "state": who and who.state,
            "outcome": outcome,
        }


def on_their_clock(text: str, zones: Sequence[str], *, option: str) -> datetime:
    """Return a promised moment; without an offset it is the person's own clock.

    Args:
        text: as written.
        zones: where the person may be.
        option: whose value it is, for the error.

    Raises:
        UsageError: it is no moment.
        NotAllowedError: nobody knows what time it is where the person is.
    """
    moment = read_moment(text, option=option)
    if moment.tzinfo is not None:
        return moment
    moments = on_clocks(moment, zones)
    if not moments:
        raise NotAllowedError(
            "where this person is, is not known; ask them, and give "
            f"{option} an offset, like +01:00"
        )
    return moments[-1]  # of several possible zones the last: not earlier than promised
