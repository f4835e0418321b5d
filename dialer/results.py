"""Results at the desk: kept while they are typed, given, taken back, corrected."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from campaigns import (
    callbacks,
    desk,
    desk_document,
    drafts,
    inbound_results,
    leases,
    practice,
    result_words,
    store,
    supervisions,
    taking_back,
    telling,
    traces,
)
from campaigns.agents import agent_name, find_agent
from campaigns.consequences import hold_numbers
from campaigns.law import Laws
from campaigns.leases import Lease
from campaigns.practice import PracticeTalk
from campaigns.result_words import Result, Words
from campaigns.rules_in_force import laws_of
from campaigns.said import asks_for_no_call
from campaigns.store import StoredCampaign
from campaigns.supervisions import demand_supervisor
from campaigns.taking_back import WaitsForCallError
from campaigns.traces import Look
from dialer.acting import NotYoursError, check_own_lease, on_whose_word
from dialer.asking import (
    ANSWER_WITHIN,
    NoEngineError,
    engine_time,
    live_engine,
    wait_for_answer,
)
from dialer.line import Line
from dialer.store import RequestKind, ask
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.model import e164_of
from leads.moments import on_their_clock


class Results(Line):
    """What an agent says of their talks, at one installation."""

    @cached_property
    def _laws(self) -> Laws:
        return laws_of(self._site)

    def keep(self, lease: str, words: Words) -> None:
        """Keep what an agent has typed so far; `next` shows it again as `draft`.

        Raises:
            UsageError: there is no such lease.
        """
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            if self._practice(connection, lease) is not None:
                return  # what is typed of a demo person is about nobody
            held = leases.find_owed(connection, lease, asker_id=self._asker_id)
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
            held = leases.find_owed(connection, lease, asker_id=self._asker_id)
            check_own_lease(self._site, lease, held.agent_id)
            _refuse_strangers(connection, held, agent)
            stored = store.load_id(connection, held.campaign_id)
            if held.contact_id is not None:
                inbound_results.refuse_what_is_not_kept(stored.campaign, words)
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

        An agent who waits for the next call pauses with it: they have this person again.

        Raises:
            UsageError: there is no such call, or it has no result.
            NotAllowedError: it is too late, the person was called or taken since, or only a
                supervisor may.
        """
        try:
            return self._undo(lease, agent)
        except WaitsForCallError:
            if live_engine(self._site) is None:
                raise
        with reading(self._site.base()) as connection:
            whose = leases.find_call(connection, lease).agent_id
            name = agent_name(connection, whose)
        assert name is not None, "somebody waits"
        self.pause(name)
        undone = self._undo(lease, agent)
        self._site.say(f"{name} is paused meanwhile; go on with: ringbank agents ready {name}")
        return undone

    def _undo(self, lease: str, agent: str | None) -> dict[str, object]:
        now = engine_time(self._site)
        with writing(self._site.base()) as connection:
            call = leases.find_call(connection, lease)
            check_own_lease(self._site, lease, call.agent_id)
            _refuse_strangers(connection, call, agent)
            assert call.attempt_id is not None
            stored = store.load_id(connection, call.campaign_id)
            actor = self._site.actor()
            by = actor.name if actor is not None else agent
            by = by or agent_name(connection, call.agent_id) or self._site.user()
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
            why: in their words; without a word of it nothing is corrected.

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
            call = leases.find_call(connection, lease)
            check_own_lease(self._site, lease, call.agent_id)
            demand_supervisor(find_agent(connection, by))
            assert call.attempt_id is not None
            stored = store.load_id(connection, call.campaign_id)
            said, recorded, _ = self._read(connection, stored, call, words, now=now)
            taking_back.correct(
                connection, stored, call.attempt_id, said, by=by, why=why or "", now=now
            )
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
            zones = desk_document.zones_of(connection, held)
            at = on_their_clock(words.callback, zones, option="--callback")
        today = (
            desk_document.day_there(desk_document.zones_of(connection, held), now)
            if words.order
            else None
        )
        said = result_words.read_result(
            stored.campaign, words, callback_at=at, today=today, now=now
        )
        recorded: dict[str, object] = {
            "lease": held.lease,
            "disposition": words.disposition,
            "kind": said.disposition.kind,
        }
        if at is not None:  # they may go by several clocks, and the agent named an hour
            recorded |= {"callback_at": at, "local_time": desk_document.local_time(zones, at)}
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
                told = self._keep_refused(connection, lease, words, now=now)
            raise type(refused)(f"{refused}{told}") from refused

    def _keep_refused(
        self, connection: Connection, lease: str, words: Words, *, now: datetime
    ) -> str:
        """Keep words that were refused; return what to add to the reason.

        Raises:
            NotAllowedError: it is another agent's, and they may touch their own only.
        """
        kept = f"; what was typed is kept for a supervisor: ringbank drafts show {lease}"
        if (held := leases.known_lease(connection, lease)) is not None:
            check_own_lease(self._site, lease, held.agent_id)
            _keep(connection, held, words, now=now)
            return "" if held.id is not None else kept
        # A lease that ran out without a call is known by the place that was left for its words.
        place = drafts.place_of(connection, lease)
        if place is None:
            return ""
        check_own_lease(self._site, lease, place.agent_id)
        drafts.fill(connection, lease, drafts.typed(words), now=now)
        return kept

    def _ask_to_end(self, connection: Connection, held: Lease, said: Result) -> int | None:
        """Ask the engine, where one has the call, to end it; return the request."""
        if held.engine is None or held.agent_id is None:
            return None
        if live_engine(self._site, held.engine) is None:
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

    @property
    def _asker_id(self) -> int | None:
        actor = self._site.actor()
        return None if actor is None else actor.id

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
        held = leases.find_lease(connection, lease, asker_id=self._asker_id)
        check_own_lease(self._site, lease, held.agent_id)
        return held


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


def _give_in_practice(
    connection: Connection, talk: PracticeTalk, words: Words, *, now: datetime
) -> dict[str, object]:
    """Keep what came of a practice talk, read as that of a call; return what would have followed."""
    stored = store.load_id(connection, talk.campaign_id)
    at = None
    if words.callback is not None:
        at = on_their_clock(words.callback, [talk.person.zone], option="--callback")
        if at <= now:
            raise UsageError(f"--callback {words.callback} is past; promise a later time")
    said = result_words.read_result(stored.campaign, words, callback_at=at, now=now)
    return {
        "lease": talk.lease,
        "disposition": words.disposition,
        "kind": said.disposition.kind,
        "practice": True,
        "would_follow": practice.finish(connection, stored, talk, said, now=now),
    }
