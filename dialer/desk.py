"""The desk: what an agent does, a method for each step, for whatever screen they sit at.

What is decided stands in `campaigns`; here it is put together with the base, the engine and
the clock, so that a command, the interactive screen and a page later do the very same.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from campaigns import (
    callbacks,
    desk,
    drafts,
    practice,
    results,
    skips,
    store,
    supervisions,
    taking_back,
    telling,
    traces,
)
from campaigns.agents import AgentRow, agent_name, agent_of, find_agent
from campaigns.consequences import hold_numbers
from campaigns.desk import Lease
from campaigns.law import Laws
from campaigns.model import AgentState, DialMode, Role
from campaigns.offered import questions_document
from campaigns.practice import PracticeTalk
from campaigns.results import Result, Words
from campaigns.rules_in_force import laws_of
from campaigns.said import asks_for_no_call, outcome_of
from campaigns.scripts.shown import note_shown, words_for
from campaigns.scripts.talk import Answers
from campaigns.store import StoredCampaign
from campaigns.traces import Look
from dialer.acting import NotYoursError, check_own_lease, check_own_name, on_whose_word
from dialer.asking import (
    ANSWER_WITHIN,
    NoEngineError,
    ask_engine,
    engine_time,
    live_engine,
    wait_for_answer,
)
from dialer.clock import elapsed_s
from dialer.line import Line
from dialer.store import RequestKind, ask
from dialer.supervising import SupervisorDesk
from leads import access
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.model import e164_of
from leads.moments import on_clocks, read_moment

_LOOK_EVERY_S = 0.05

_OTHERS_LOOK_S = 2.0
"""How long an agent waits for people at whom others look just now, and may let go of."""

_LOOK_AGAIN_S = 0.02


class Desk(Line):
    """An agent's desk at one installation."""

    @cached_property
    def _laws(self) -> Laws:
        return laws_of(self._site)

    def next(self, campaign: str, agent: str) -> dict[str, object]:
        """Return the person an agent has or gets now, or why there is nobody.

        Raises:
            UsageError: there is no such campaign or agent.
            NotAllowedError: the agent takes calls from an engine, or is not who acts.
        """
        check_own_name(self._site, agent)
        now = engine_time(self._site)
        give_up_s = elapsed_s() + _OTHERS_LOOK_S
        while True:
            document, look_again = self._next(campaign, agent, now=now)
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
            document = desk.person_document(connection, theirs, self._laws, lease, now=now)
            if theirs.campaign.mode is DialMode.PREVIEW and who.state is AgentState.PAUSED:
                self._tell_preview(connection, who)
            if document["phone"] is not None:  # in manual mode the agent sees the number
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
                words = words_for(connection, stored, self._laws, held, given=answers, now=now)
        return words | {"questions": questions_document(stored.campaign, typed)}

    def standing(self, campaign: str, agent: str) -> dict[str, object]:
        """Return how an agent stands, in which mode the campaign dials, whether an engine runs.

        Raises:
            UsageError: there is no such campaign or agent.
        """
        check_own_name(self._site, agent)
        engine = live_engine(self._site)
        with reading(self._site.base()) as connection:
            stored = store.load(connection, campaign)
            who = find_agent(connection, agent)
        return {
            "mode": stored.campaign.mode,
            "state": who.state,
            "pause": who.pause,
            "since": who.since,
            "engine": engine is not None,
        }

    def keep(self, lease: str, words: Words) -> None:
        """Keep what an agent has typed so far; `next` shows it again as `draft`.

        Raises:
            UsageError: there is no such lease.
        """
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            if self._practice(connection, lease) is not None:
                return  # what is typed of a demo person is about nobody
            held = desk.find_owed(connection, lease)
            check_own_lease(self._site, lease, held.agent_id)
            _keep(connection, held, words, now=now)

    def give(self, lease: str, words: Words, *, agent: str | None = None) -> dict[str, object]:
        """Write what came of a talk, and have a call that still runs ended; return what was kept.

        Args:
            lease: as `next` named it.
            words: as typed; where they are refused they are kept as a draft.
            agent: who gives it, or None where nobody has to prove it.

        Raises:
            UsageError: the lease is over, or a word cannot be used.
            NotAllowedError: a promise cannot be kept, or the lease is somebody else's.
            NoEngineError: the result is written, and nobody is there to end the call.
        """
        now = engine_time(self._site)
        with self._keeping(lease, words, now=now), writing(self._site.base()) as connection:
            talk = self._practice(connection, lease)
            if talk is not None:
                return _give_in_practice(connection, talk, words, now=now)
            held = desk.find_owed(connection, lease)
            check_own_lease(self._site, lease, held.agent_id)
            _refuse_strangers(connection, held, agent)
            stored = store.load_id(connection, held.campaign_id)
            said, recorded, before = self._read(connection, stored, held, words, now=now)
            desk.give_result(connection, stored, held, said, before=before, now=now)
            self._judge(connection, stored, held, said, now=now)
            drafts.drop(connection, lease)
            if held.agent_id is not None:
                supervisions.end_help(connection, held.agent_id, now=now)
            request = self._ask_to_end(connection, held, said)
        self._wait_for_end(held, request)
        self._tell(stored, said)
        return recorded

    def undo(self, lease: str, *, agent: str | None = None) -> dict[str, object]:
        """Take back a result that was given within the last ten minutes.

        Raises:
            UsageError: there is no such call, or it has no result.
            NotAllowedError: it is too late, the person was called or taken since, or only a
                supervisor may.
        """
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            call = desk.find_call(connection, lease)
            check_own_lease(self._site, lease, call.agent_id)
            _refuse_strangers(connection, call, agent)
            assert call.attempt_id is not None
            stored = store.load_id(connection, call.campaign_id)
            by = agent or agent_name(connection, call.agent_id) or self._site.user()
            until = taking_back.undo(connection, stored, call.attempt_id, by=by, now=now)
        return {"lease": lease, "undone": True, "expires_at": until}

    def correct(
        self, lease: str, words: Words, *, by: str | None, why: str | None
    ) -> dict[str, object]:
        """Give another result in the place of one that stands, whenever it was given.

        Args:
            lease: of the call.
            words: the whole new result, as typed.
            by: the supervisor; None: whoever acts.
            why: in their words, or None.

        Raises:
            UsageError: there is no such call, a word cannot be used, or nobody corrects.
            NotAllowedError: they are no supervisor, a promise cannot be kept, or somebody has
                the person right now.
        """
        now = engine_time(self._site)
        with self._keeping(lease, words, now=now), writing(self._site.base()) as connection:
            by = on_whose_word(self._site, by)
            if by is None:
                raise UsageError("a correction needs to know who corrects; add --by NAME")
            call = desk.find_call(connection, lease)
            check_own_lease(self._site, lease, call.agent_id)
            who = find_agent(connection, by)
            if not who.roles & {Role.SUPERVISOR, Role.MANAGER}:
                raise NotAllowedError(
                    f"only a supervisor or a manager corrects results, and {by} is neither; "
                    f"name one, or give {by} the role: ringbank agents roles {by}"
                )
            assert call.attempt_id is not None
            stored = store.load_id(connection, call.campaign_id)
            said, recorded, _ = self._read(connection, stored, call, words, now=now)
            taking_back.correct(connection, stored, call.attempt_id, said, by=by, why=why, now=now)
            self._judge(connection, stored, call, said, now=now)
            drafts.drop(connection, lease)
        self._tell(stored, said)
        return recorded | {"corrected_by": by}

    def _read(
        self,
        connection: Connection,
        stored: StoredCampaign,
        held: Lease,
        words: Words,
        *,
        now: datetime,
    ) -> tuple[Result, dict[str, object], Look]:
        """Return the result that the words mean, what of it is told, and the person before it."""
        before = traces.look(connection, held.lead_id, e164_of(held.number_id), held.attempt_id)
        if words.places:  # first: a promised hour is one on the clock there
            hold_numbers(connection, None)
            telling.tell_in_talk(connection, held, words.places, now=now)
        at, zones = None, tuple[str, ...]()
        if words.callback is not None:
            zones = desk.zones_of(connection, held)
            at = on_their_clock(words.callback, zones, option="--callback")
        today = desk.day_there(desk.zones_of(connection, held), now) if words.order else None
        said = results.read_result(stored.campaign, words, callback_at=at, today=today, now=now)
        recorded: dict[str, object] = {
            "lease": held.lease,
            "disposition": words.disposition,
            "kind": said.disposition.kind,
        }
        if at is not None:  # they may go by several clocks, and the agent named an hour
            recorded |= {"callback_at": at, "local_time": desk.local_time(zones, at)}
        return said, recorded, before

    def _judge(
        self,
        connection: Connection,
        stored: StoredCampaign,
        held: Lease,
        said: Result,
        *,
        now: datetime,
    ) -> None:
        """Refuse a promise that cannot be kept, with this very call in the base.

        A refusal leaves nothing of the call there.
        """
        if said.callback_at is not None:
            callbacks.judge(connection, stored, self._laws, held.lead_id, said.callback_at, now=now)

    @contextmanager
    def _keeping(self, lease: str, words: Words, *, now: datetime) -> Iterator[None]:
        """Keep the words that are refused inside, when nothing else of them is left."""
        try:
            yield
        except NotYoursError:
            raise
        except (UsageError, NotAllowedError) as refused:
            with writing(self._site.base()) as connection:
                told = _keep_refused(connection, lease, words, now=now)
            raise type(refused)(f"{refused}{told}") from refused

    def _ask_to_end(self, connection: Connection, held: Lease, said: Result) -> int | None:
        """Ask the engine, where one has the call, to end it; return the request."""
        if held.engine is None or held.agent_id is None or live_engine(self._site) is None:
            return None
        return ask(
            connection,
            held.engine,
            RequestKind.RESULT,
            now=self._site.now(),
            agent_id=held.agent_id,
            attempt_id=held.attempt_id,
            detail={"kind": said.disposition.kind},
        )

    def _wait_for_end(self, held: Lease, request: int | None) -> None:
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

    def _tell(self, stored: StoredCampaign, said: Result) -> None:
        if asks_for_no_call(stored.campaign, said.disposition.kind, said.reason):
            self._site.say("the number is on the do-not-call list from now on, for all campaigns")

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
            held = self._lease(connection, lease)
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
            held = self._lease(connection, lease)
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

    def _practice(self, connection: Connection, lease: str) -> PracticeTalk | None:
        """Return the practice talk of a lease, or None where it is one on a person.

        Raises:
            NotAllowedError: it is another agent's, and they may touch their own only.
        """
        talk = practice.find_talk(connection, lease)
        if talk is not None:
            check_own_lease(self._site, lease, talk.agent_id)
        return talk

    def _lease(self, connection: Connection, lease: str) -> Lease:
        """Return a lease that whoever acts may touch.

        Raises:
            UsageError: there is none, or it is over.
            NotAllowedError: it is another agent's, and they may touch their own only.
        """
        held = desk.find_lease(connection, lease)
        check_own_lease(self._site, lease, held.agent_id)
        return held

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


def _refuse_strangers(connection: Connection, held: Lease, agent: str | None) -> None:
    """Refuse an agent whose lease it is not."""
    if agent is not None and find_agent(connection, agent).id != held.agent_id:
        raise NotAllowedError(
            f"the lease {held.lease!r} is not {agent}'s; give the result of your own, which "
            f"ringbank next --agent {agent} shows"
        )


def _keep(connection: Connection, held: Lease, words: Words, *, now: datetime) -> None:
    drafts.keep(
        connection,
        held.lease,
        drafts.typed(words),
        agent_id=held.agent_id,
        campaign_id=held.campaign_id,
        lead_id=held.lead_id,
        now=now,
    )


def _keep_refused(connection: Connection, lease: str, words: Words, *, now: datetime) -> str:
    """Keep words that were refused; return what to add to the reason."""
    kept = f"; what was typed is kept for a supervisor: ringbank drafts show {lease}"
    if (mine := desk.known_lease(connection, lease)) is not None:
        _keep(connection, mine, words, now=now)
        return "" if mine.id is not None else kept
    # A lease that ran out without a call is known by the place that was left for its words.
    return kept if drafts.fill(connection, lease, drafts.typed(words), now=now) else ""


def _give_in_practice(
    connection: Connection, talk: PracticeTalk, words: Words, *, now: datetime
) -> dict[str, object]:
    """Keep what came of a practice talk, read as that of a call; return what would have followed."""
    stored = store.load_id(connection, talk.campaign_id)
    at = None
    if words.callback is not None:
        at = on_their_clock(words.callback, [talk.person.zone], option="--callback")
    said = results.read_result(stored.campaign, words, callback_at=at, now=now)
    return {
        "lease": talk.lease,
        "disposition": words.disposition,
        "kind": said.disposition.kind,
        "practice": True,
        "would_follow": practice.finish(connection, stored, talk, said, now=now),
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
