"""The desk: what an agent does, a method for each step, for whatever screen they sit at.

What is decided stands in `campaigns`; here it is put together with the base, the engine and
the clock, so that a command, the interactive screen and a page later do the very same.
"""

import time
from datetime import datetime

from sqlalchemy import Connection

from campaigns import (
    desk,
    desk_document,
    leases,
    practice,
    skips,
    store,
    supervisions,
    working_time,
)
from campaigns.agents import AgentRow, agent_of, find_agent
from campaigns.law import AGENT_RESERVED
from campaigns.model import AgentState, DialMode
from campaigns.offered import questions_document
from campaigns.pauses import pause_code
from campaigns.said import outcome_of
from campaigns.scripts.shown import note_shown, words_for
from campaigns.scripts.talk import Answers
from dialer.acting import check_own_lease, check_own_name
from dialer.asking import (
    ask_engine,
    engine_time,
    live_engine,
)
from dialer.clock import elapsed_s
from dialer.results import Results
from dialer.store import RequestKind, ask
from dialer.supervising import SupervisorDesk
from leads import access
from leads.again import again_if_lost
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.masking import conceal
from leads.notices import (
    EVERYBODY,
    LOOK_ANYWAY_S,
    Listener,
    Subject,
    in_campaign,
    to_agent,
)

_LOOK_EVERY_S = 0.05

_OTHERS_LOOK_S = 2.0
"""How long an agent waits for people at whom others look just now, and may let go of."""

_LOOK_AGAIN_S = 0.02

_WAIT_S = 0.1
"""How long whoever waits for somebody leaves between two looks, at least."""


class Desk(Results):
    """An agent's desk at one installation."""

    def next(self, campaign: str, agent: str, *, wait_s: float = 0.0) -> dict[str, object]:
        """Return the person an agent has or gets now, or why there is nobody.

        Args:
            campaign: which.
            agent: who asks.
            wait_s: how long to wait for somebody, where there is nobody.

        Raises:
            UsageError: there is no such campaign or agent.
            NotAllowedError: the agent takes calls from an engine, or is not who acts.
        """
        document = self._next_now(campaign, agent)
        until_s = elapsed_s() + wait_s
        if document["lease"] is not None or wait_s <= 0:
            return document
        with self._listener(campaign, agent) as listener:
            while True:
                looked_s = elapsed_s()
                document = self._next_now(campaign, agent)
                left_s = until_s - elapsed_s()
                if document["lease"] is not None or left_s <= 0:
                    return document
                listener.wait(min(left_s, LOOK_ANYWAY_S), else_every_s=_WAIT_S)
                # Notices may come in dozens a second, and each look is a transaction.
                time.sleep(max(0.0, min(until_s, looked_s + _WAIT_S) - elapsed_s()))

    def _listener(self, campaign: str, agent: str) -> Listener:
        """Return what hears of it when there may be somebody for an agent."""
        with reading(self._site.base()) as connection:
            stored = store.load(connection, campaign)
            meant = {to_agent(find_agent(connection, agent).id)}
        if stored.campaign.mode in AGENT_RESERVED:  # elsewhere the engine brings them somebody
            meant |= {in_campaign(int(stored.id)), EVERYBODY}
        return Listener(self._site.base(), Subject.PEOPLE, meant.__contains__)

    def _next_now(self, campaign: str, agent: str) -> dict[str, object]:
        """Return the person an agent has or gets now, or why there is nobody."""
        check_own_name(self._site, agent)
        now = engine_time(self._site)
        give_up_s = elapsed_s() + _OTHERS_LOOK_S
        while True:
            # Whoever has somebody gets the same one: asked twice is asked once.
            document, look_again = again_if_lost(
                lambda: self._next(campaign, agent, now=now), even_in_doubt=True
            )
            if not look_again or elapsed_s() > give_up_s:
                return document
            time.sleep(_LOOK_AGAIN_S)

    def _next(self, campaign: str, agent: str, *, now: datetime) -> tuple[dict[str, object], bool]:
        """Return what `next` does, and whether somebody may be there a moment later."""
        with writing(self._site.base()) as connection:
            stored = store.load(connection, campaign)
            who = find_agent(connection, agent)
            talk = practice.talk_for(connection, stored, who, now=now)
            if talk is not None:
                document = practice.practice_document(stored, talk, agent=who.name, now=now)
                return document, False
            lease = desk.next_person(connection, stored, self._laws, who.id, now=now)
            if lease is None:
                languages = desk.spoken_by(who.languages)
                why = desk.why_nobody(connection, stored, languages=languages, now=now)
                busy = desk.others_look(connection, stored, who.id, languages=languages, now=now)
                return {"lease": None, "why": why}, busy
            theirs = store.load_id(connection, lease.campaign_id)
            document = desk_document.person_document(connection, theirs, self._laws, lease, now=now)
            if theirs.campaign.mode is DialMode.PREVIEW and who.state is AgentState.PAUSED:
                self._tell_preview(connection, who)
            if theirs.campaign.mode in AGENT_RESERVED:  # no call tells whom they have seen
                actor = self._site.actor()
                access.record(
                    connection,
                    who=who.name if actor is None else actor.name,
                    action="next",
                    lead_ids=[lease.lead_id],
                    detail={"campaign": theirs.campaign.name},
                    now=now,
                )
        version = document["script_version"]
        if lease.script_version is None and isinstance(version, str):
            with writing(self._site.base()) as connection:
                note_shown(connection, lease, version)
        return document, False

    def script(self, lease: str, answers: Answers) -> dict[str, object]:
        """Return what is said and asked, with the answers that a person has given by now.

        Args:
            lease: whose.
            answers: question -> what was answered; what the base has does not count.

        Raises:
            UsageError: the lease is over.
        """
        now = engine_time(self._site)
        typed = {"answers": [f"{key}={one}" for key, given in answers.items() for one in given]}
        with reading(self._site.base()) as connection:
            talk = practice.find_talk(connection, lease, to_change=False)
            if talk is not None:
                check_own_lease(self._site, lease, talk.agent_id)
                stored = store.load_id(connection, talk.campaign_id)
                agent = agent_of(connection, talk.agent_id).name
                words = practice.words_for(stored, talk, agent=agent, given=answers, now=now)
            else:
                held = self._lease(connection, lease)
                stored = store.load_id(connection, held.campaign_id)
                hidden = desk_document.hidden_numbers(connection, stored, held)
                words = conceal(
                    words_for(connection, stored, self._laws, held, given=answers, now=now), hidden
                )
        return words | {"questions": questions_document(stored.campaign, typed)}

    def standing(self, campaign: str, agent: str) -> dict[str, object]:
        """Return how an agent stands, in which mode the campaign dials, whether an engine runs.

        Raises:
            UsageError: there is no such campaign or agent.
        """
        check_own_name(self._site, agent)
        with reading(self._site.base()) as connection:
            stored = store.load(connection, campaign)
            who = find_agent(connection, agent)
        engine = live_engine(self._site, who.engine) or live_engine(self._site)
        return {
            "mode": stored.campaign.mode,
            "state": who.state,
            "pause": who.pause,
            "since": who.since,
            "engine": engine is not None,
        }

    def rest(self, agent: str, reason: str | None) -> None:
        """Write that an agent who dials themselves pauses or, without a reason, works again.

        Raises:
            UsageError: there is no such agent or reason.
            NotAllowedError: it is not who acts.
        """
        check_own_name(self._site, agent)
        pauses = self._site.settings().pauses
        code = None if reason is None else pause_code(reason, pauses)
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            working_time.note_rest(connection, find_agent(connection, agent), code, now=now)

    def help(self, lease: str, note: str | None = None) -> dict[str, object]:
        """Ask for a supervisor at a talk; the same as ``agents help`` for whoever has the lease.

        Raises:
            UsageError: the lease is over.
            NotAllowedError: nobody has it.
        """
        with reading(self._site.base()) as connection:
            held = self._lease(connection, lease)
            who = None if held.agent_id is None else agent_of(connection, held.agent_id)
        if who is None:
            raise NotAllowedError(f"no agent has the lease {lease}; help is for a talk in hand")
        return SupervisorDesk(self._site).help(who.name, note)

    def silence(self, lease: str, *, silent: bool) -> dict[str, object]:
        """Make the recording of a talk silent, or let it hear again; raises as supervision does."""
        return SupervisorDesk(self._site).silence(lease, silent=silent)

    def release(self, lease: str) -> None:
        """Let go of a person who was not called.

        Raises:
            UsageError: the lease is over.
            NotAllowedError: the person was called, or the lease is another agent's.
        """
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            talk = self._practice(connection, lease)
            if talk is not None:
                practice.break_off(connection, talk, now=now)
                return
            held = self._lease(connection, lease)
            stored = store.load_id(connection, held.campaign_id)
            desk.give_back(connection, stored, held)
            _want_no_help(connection, held, now=now)

    def skip(self, lease: str, reason: str, *, note: str | None = None) -> dict[str, object]:
        """Let go of a person whom the agent does not want to call; others may get them.

        Args:
            lease: the person's.
            reason: a code of `skips.REASONS`.
            note: in the agent's words.

        Raises:
            UsageError: the lease is over, there is no such reason, or the note holds a card's
                number.
            NotAllowedError: the person was called, or too many were skipped.
        """
        code = skips.skip_reason(reason)
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            held = self._lease(connection, lease)
            if held.agent_id is None:
                raise UsageError(f"nobody holds the lease {lease!r}; see: ringbank status")
            stored = store.load_id(connection, held.campaign_id)
            desk.give_back(connection, stored, held)
            _want_no_help(connection, held, now=now)
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
            held = self._lease(connection, lease)
            if held.contact_id is not None:
                raise NotAllowedError(
                    f"this person called us; give the result: ringbank result {lease} "
                    "--disposition CODE"
                )
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

    def _tell_preview(self, connection: Connection, who: AgentRow) -> None:
        """Have the engine know that an agent looks at somebody; nobody waits for it."""
        engine = None if who.engine is None else live_engine(self._site, who.engine)
        if engine is not None:
            ask(connection, engine.name, RequestKind.PREVIEW, now=self._site.now(), agent_id=who.id)

    def _dialled(self, held: leases.Lease) -> dict[str, object]:
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


def _want_no_help(connection: Connection, held: leases.Lease, *, now: datetime) -> None:
    """End the wish for a supervisor with the lease: help is for somebody whom the agent has."""
    if held.agent_id is not None:
        supervisions.end_help(connection, held.agent_id, now=now)
