"""The desk: what an agent does, a method for each step, for whatever screen they sit at.

What is decided stands in `campaigns`; here it is put together with the base, the engine and
the clock, so that a command, the interactive screen and a page later do the very same.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from campaigns import callbacks, desk, results, store, supervisions, telling
from campaigns.agents import find_agent, list_agents
from campaigns.law import Laws
from campaigns.results import Words
from campaigns.rules_in_force import laws_of
from campaigns.said import asks_for_no_call
from dialer.asking import ANSWER_WITHIN, NoEngineError, engine_time, live_engine, wait_for_answer
from dialer.store import RequestKind, ask
from dialer.supervising import SupervisorDesk
from leads import access
from leads.db import reading, writing
from leads.errors import NotAllowedError
from leads.moments import on_clocks, read_moment
from leads.site import Site


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
            if held.agent_id is not None:
                supervisions.end_help(connection, held.agent_id, now=now)
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

    def help(self, lease: str, note: str | None = None) -> dict[str, object]:
        """Ask for a supervisor at a talk; the same as ``agents help`` for whoever has the lease.

        Raises:
            UsageError: the lease is over.
            NotAllowedError: nobody has it.
        """
        with reading(self._site.base()) as connection:
            held = desk.find_lease(connection, lease)
            who = next((a for a in list_agents(connection) if a.id == held.agent_id), None)
        if who is None:
            raise NotAllowedError(f"no agent has the lease {lease}; help is for a talk in hand")
        return SupervisorDesk(self._site).help(who.name, note)

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
