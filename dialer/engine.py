"""The engine: hears Asterisk, lets pure code decide, writes, and only then acts.

One thread does everything, in turns. A turn takes what has come in, applies it, writes all
that follows from it in one transaction together with the intents of new calls, and after
the commit tells Asterisk what to do. So every call is in the ledger before its telephone
rings, and many calls share one flush to the disk.

No rule lives here: what an event means stands in `dialer.call` and `dialer.agent`, what
follows from it in `dialer.switchboard`, who may be called in `campaigns.gates`, what a
lost link left behind in `dialer.recovery`.
"""

import itertools
import logging
import math
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping

from sqlalchemy import Connection
from sqlalchemy import Engine as Base

from campaigns import ledger, owed, report, supervisions, training
from campaigns import store as campaign_store
from campaigns.agents import list_agents
from campaigns.enrolment import enrol
from campaigns.examining import examine_registries_again
from campaigns.model import CampaignState
from campaigns.rules_in_force import RulesInForce
from campaigns.store import StoredCampaign
from dialer import actions, floor, store, supervision_requests, turn
from dialer.agent import AgentEvent
from dialer.ami.errors import AmiError, LinkLostError, LoginRefusedError
from dialer.asterisk.readiness import demand_ready
from dialer.bell import Bell
from dialer.breakers import Breakers
from dialer.catching_up import CatchingUp
from dialer.clock import Clock, elapsed_s
from dialer.config import Config
from dialer.floor import Floor
from dialer.judging import Judging
from dialer.learning import Learners
from dialer.link import Link, Lost
from dialer.live import LiveCall, Work
from dialer.notes import Notes
from dialer.onlooker import LINK_BACK, LINK_LOST, Onlooker
from dialer.pace import Pacers
from dialer.placing import Placer
from dialer.presence import Presence, StandIn
from dialer.progress import Progress
from dialer.recorder import Recorder
from dialer.recovery import (
    Survey,
    demand_lab,
    demand_same_run,
    gone_for_good,
    may_still_show,
    survey,
)
from dialer.registry_files import RegistryFiles
from dialer.requests import Surroundings, obey, result_event
from dialer.returned import ReturnedCalls
from dialer.sampler import Sampler
from dialer.standing import progress_of
from dialer.supervision import Supervision
from dialer.switchboard import Switchboard
from dialer.translate import news, of_note
from dialer.voicing import Voicing
from leads.db import reading, writing
from leads.errors import DatabaseError, RingbankError

logger = logging.getLogger(__name__)

_TURN_S = 0.05
_GATHER_S = 0.03
"""From one turn to the next under load: what comes meanwhile is written together."""
_REFRESH_EVERY_S = 0.5
_FORGET_AFTER_S, _FORGET_WITHIN_S = 2.0, 4.0
_SURVEY_AGAIN_S = 0.5
_RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_GIVE_UP_ON_BASE = 60
"""Tries to write a turn before the engine ends: with the waits above some five minutes."""
_LOST_MEANWHILE = "the link to Asterisk was lost meanwhile; see how it stands, and ask once more"


class Engine:
    """Places and follows the calls of the running campaigns until it is stopped."""

    def __init__(
        self,
        base: Base,
        config: Config,
        *,
        only: Collection[str] = (),
        clock: Clock | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        onlooker: Onlooker | None = None,
        stand_in: StandIn | None = None,
    ) -> None:
        """Prepare an engine; nothing is touched before `run`.

        Args:
            base: with the schema in place.
            config: the installation.
            only: the campaigns to dial; empty means every running one.
            clock: another one than the machine's, for the lab alone.
            on_progress: told at every refresh how things stand.
            onlooker: told what happens, for logs and metrics.
            stand_in: it dials nobody, and only brings the calls to their end that an engine of
                the configuration's name left; None: it dials.
        """
        self._base = base
        self._config = config
        self._only = frozenset(only)
        self._clock = clock or Clock()
        self._on_progress = on_progress
        self._onlooker = onlooker or Onlooker()
        asterisk = stand_in.gone.asterisk if stand_in else f"{config.host}:{config.port}"
        self._presence = Presence(config.engine, asterisk, stand_in)
        self._registries = RegistryFiles(config.registries)
        self._rules = RulesInForce(config.rules_folder, config.own_rules)
        self._board = Switchboard(
            config.trunks, new_id=lambda: secrets.token_hex(8), goodbye=config.goodbye
        )
        self._supervision = Supervision(self._board)
        self._recorder = Recorder(self._board)
        self._pacers = Pacers(self._board, config.engine)
        self._judging = Judging(self._clock)
        self._sampler = Sampler(self._board)
        self._breakers = Breakers(only)
        self._notes = Notes(self._board)
        self._learners = Learners(base)
        self._voicing = Voicing(
            config.speech, sounds=config.sounds, there=config.sounds_there, clock=self._clock
        )
        self._returned = ReturnedCalls(self._board, config, self._voicing)
        self._catching_up = CatchingUp(
            base=base,
            engine=config.engine,
            clock=self._clock,
            board=self._board,
            recorder=self._recorder,
            sampler=self._sampler,
            returned=self._returned,
            supervision=self._supervision,
        )
        self._link: Link | None = None
        self._bell = Bell(base, config.engine, wake=self._wake)
        self._ami_down: str | None = "not connected yet"
        self._boot: str | None = None
        self._campaigns: tuple[StoredCampaign, ...] = ()
        self._work_left: bool | None = None
        self._look_again_s: dict[int, float] = {}
        self._outcomes: dict[int, Counter[str]] = {}
        self._forget: deque[tuple[float, str]] = deque()
        self._refresh_s = 0.0
        self._requests_s = 0.0
        # A stand-in stops from the beginning, and gives the calls all the time they need.
        self._stop_at_s: float | None = math.inf if self._stands_in else None
        self._doubtful = False  # a commit may have been carried out whose answer was lost

    # -- life -----------------------------------------------------------------------

    def run(self, *, until_done: bool = False) -> None:
        """Dial until stopped, or until no lead can become callable again.

        Raises:
            RingbankError: the base or the configuration cannot be used, Asterisk cannot be
                reached at the start, or refuses the login at any time.
        """
        self._sign_on()
        self._registries.check()
        self._bell.hang()
        try:
            self._connect()
            while True:
                try:
                    self._dial(until_done=until_done)
                except LinkLostError as lost:
                    self._reconnect(lost)
                else:
                    return
        finally:
            self._close_link()
            self._bell.take_down()
            self._pacers.sign_off(self._base, now=self._clock.now())
            self._learners.end()
            self._presence.sign_off(self._base)

    def _sign_on(self) -> None:
        with writing(self._base) as connection:
            self._presence.sign_on(connection, self._clock)
            self._board.floor = Floor(floor.agents_of(connection, self._config.engine))
            self._registries.see(connection)

    def give_up(self) -> None:
        """Settle what was left as calls of an Asterisk that is gone for good: nobody knows more.

        Raises:
            EngineTakenError: the engine is back.
        """
        self._sign_on()
        try:
            self._settle(gone_for_good())
        finally:
            self._presence.sign_off(self._base)

    def stop(self) -> None:
        """Place no more calls and end when the last one is over, or after a limit."""
        if self._stop_at_s is None:
            self._stop_at_s = elapsed_s() + self._config.stop_limit_s

    def stop_now(self) -> None:
        """End at once; calls in flight are settled at the next start."""
        self._stop_at_s = 0.0

    @property
    def calls_left(self) -> tuple[LiveCall, ...]:
        """Return the calls that are in flight."""
        return tuple(self._board.calls.values())

    @property
    def callers_left(self) -> int:
        """Return how many people are on the line who called us."""
        return self._returned.on_the_line

    @property
    def tripped(self) -> dict[str, str]:
        """Return why campaigns paused themselves, by their names."""
        return self._breakers.tripped

    def _finished(self) -> bool:
        if self._stop_at_s is None:
            return False
        # What a stand-in leaves in Asterisk nobody may come to take away.
        left = self._on_the_line or (self._stands_in and self._forget)
        return not left or self._waits_no_more

    @property
    def _stands_in(self) -> bool:
        """Tell whether it only settles what another process left under its name."""
        return self._presence.stand_in is not None

    @property
    def _waits_no_more(self) -> bool:
        """Tell whether it ends whatever goes on: its limit is over, or it was told twice."""
        return self._stop_at_s is not None and elapsed_s() > self._stop_at_s

    @property
    def _on_the_line(self) -> bool:
        """Tell whether anybody is: called by us, or one who called us."""
        return bool(self._board.calls) or not self._returned.idle

    # -- the link -------------------------------------------------------------------

    def _connect(self) -> None:
        """Log in to Asterisk and settle everything that was missed.

        Raises:
            AmiError: Asterisk cannot be reached or lacks something, or the link broke again.
            NotAllowedError: the clock is not the machine's, and this is not our lab.
        """
        link = Link(self._config.asterisk())
        try:
            link.open()
            if not self._clock.is_real:
                demand_lab(link)
            demand_ready(link, self._config.trunks.values())
            self._voicing.see(link)
            self._link = link
            self._ami_down = None
            self._catch_up(link)
        except BaseException:
            self._link = None
            link.close()
            raise

    def _reconnect(self, lost: LinkLostError) -> None:
        """Connect again, however long it takes, or until the engine is stopped."""
        why: RingbankError = lost
        self._onlooker.link_lost()
        tries = 0
        work = Work()
        for waited_for in (self._board, self._supervision, self._recorder):
            waited_for.stop_waiting(_LOST_MEANWHILE, work)
        self._commit(work, place=False)
        while not self._finished():
            self._ami_down = str(why)
            logger.warning("The link to Asterisk is down: %s", why, extra=LINK_LOST)
            self._close_link()
            self._wait_without_link(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
            try:
                self._connect()
            except LoginRefusedError:
                raise
            except (AmiError, DatabaseError) as error:  # either may take a while to come back
                why, tries = error, tries + 1
            else:
                logger.warning("The link to Asterisk is up again", extra=LINK_BACK)
                return

    def _wake(self) -> None:
        """Have the turn begin that hears requests; the bell's thread calls this."""
        if (link := self._link) is not None:
            link.wake()

    def _close_link(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _wait_without_link(self, wait_s: float) -> None:
        """Keep heartbeat and requests going while Asterisk cannot be reached."""
        until_s = elapsed_s() + wait_s
        while not self._finished() and elapsed_s() < until_s:
            work = Work()
            self._hear_requests(work)
            self._commit(work)
            time.sleep(_TURN_S)

    def _catch_up(self, link: Link) -> None:
        """Ask Asterisk what it knows, and settle every open attempt by it.

        Raises:
            NotAllowedError: it stands in, and this Asterisk is not the one that had the calls.
        """
        open_attempts = self._catching_up.open_attempts()
        opened_at = self._clock.now()
        found = survey(link)
        if self._stands_in:
            demand_same_run(found, open_attempts)
        while may_still_show(found, open_attempts, opened_at=opened_at, now=self._clock.now()):
            time.sleep(_SURVEY_AGAIN_S)
            found = survey(link)
        self._settle(found)

    def _settle(self, found: Survey) -> None:
        """Feed back what Asterisk knows of the calls that are open in the base."""
        self._boot = found.boot
        self._commit(self._catching_up.settle(found), place=False)
        with reading(self._base) as connection:
            # Only what this base has closed: another one's calls may be on the same Asterisk.
            closed = ledger.closed_among(connection, found.marks)
        self._forget.extend((elapsed_s(), channel_id) for channel_id in closed)

    # -- turns ----------------------------------------------------------------------

    def _dial(self, *, until_done: bool) -> None:
        while not self._finished():
            assert self._link is not None
            work = Work()
            # Before anything is heard: what has ended by then is not written, and not unknown.
            self._settle_undialled(work)
            lost = None
            # Where agents are in, people who answered may wait for them.
            apart_s = 0.0 if self._board.floor.staffed else _GATHER_S
            messages = self._link.take(_TURN_S, apart_s=apart_s)
            now, at_s = self._clock.now(), elapsed_s()
            for message in messages:
                if isinstance(message, Lost):
                    lost = message
                    break
                facts = message.facts()
                fields = of_note(facts)
                self._recorder.hear(fields, work, now=now, moment=self._clock.at_epoch)
                self._returned.hear(fields, work, now=now, moment=self._clock.at_epoch)
                self._sampler.hear(fields, work)
                told = news(fields, at=now, moment=self._clock.at_epoch)
                if told is not None and not self._notes.holds(told, work, at_s=at_s):
                    self._board.hear(told, work, now=now)
                self._supervision.hear(fields, work, now=now)
                self._notes.hear(facts, work, now=now, at_s=at_s)
            if lost is not None:
                self._commit(work, place=False)
                raise LinkLostError(lost.why)
            self._hear_requests(work)
            self._supervision.tidy(work, now=self._clock.now())
            self._returned.match(work, now=self._clock.now())
            self._notes.settle(work, now=self._clock.now(), at_s=elapsed_s())
            self._board.match(work, now=self._clock.now())
            self._commit(work)
            self._forget_old()
            if until_done and self._work_left is False and not self._on_the_line:
                return

    def _settle_undialled(self, work: Work) -> None:
        """Settle intents that a commit wrote although its answer was lost: nobody dialled them."""
        if not self._doubtful:
            return
        try:
            self._catching_up.settle_undialled(work)
        except DatabaseError:
            return  # later, then
        self._doubtful = False

    def _hear_requests(self, work: Work) -> None:
        if not self._bell.rang() and elapsed_s() < self._requests_s:
            return
        self._requests_s = elapsed_s() + self._bell.look_every_s
        try:
            with reading(self._base) as connection:
                around = Surroundings(
                    ami_down=self._ami_down,
                    no_calls=self._why_no_calls(),
                    now=self._clock.now(),
                    at_s=elapsed_s(),
                )
                answered = {request for request, _ in work.answers}  # not written yet
                for request in store.asked(connection, self._config.engine):
                    if request.id not in answered and not self._is_awaited(request.id):
                        self._obey(connection, request, work, around)
        except DatabaseError as error:
            logger.warning("Requests could not be read: %s", error)

    def _is_awaited(self, request: int) -> bool:
        """Tell whether a request waits for a telephone, or for Asterisk."""
        return any(
            one(request)
            for one in (self._board.awaited, self._supervision.awaits, self._recorder.awaits)
        )

    def _obey(
        self, connection: Connection, request: store.Request, work: Work, around: Surroundings
    ) -> None:
        if request.kind in supervision_requests.KINDS:
            supervision_requests.obey(
                connection, request, self._supervision, self._recorder, work, around
            )
        else:
            obey(connection, request, self._board, self._supervision, work, around)

    def _why_no_calls(self) -> str | None:
        """Return why no agent may have somebody called at the moment."""
        if self._ami_down is not None:
            return f"Asterisk cannot be reached: {self._ami_down}"
        if not self._hears():
            return "Asterisk does not answer at the moment; try again"
        if self._stop_at_s is not None:
            return "the engine is stopping; start it again with: ringbank run"
        return self._registries.why_not()

    # -- writing and placing ----------------------------------------------------------

    def _commit(self, work: Work, *, place: bool = True) -> None:
        """Write a turn's work in one transaction, then do what it asks of Asterisk.

        A base that fails is tried again with the same work: nothing is done before it is
        written, and nothing that was heard is dropped.
        """
        changed = self._board.floor.take_changed()
        self._pacers.hear(now=self._clock.now(), at_s=elapsed_s())
        # The engine itself may come back any moment: a stand-in sees first whether it has.
        refresh = elapsed_s() >= self._refresh_s or (self._stands_in and bool(work or changed))
        if refresh:
            self._registries.check()
            self._see_rules()
        trips = self._breakers.see(work.closings, self._campaigns)
        self._campaigns = tuple(c for c in self._campaigns if c.id not in trips)
        may_place = place and self._hears() and self._stop_at_s is None
        wants = may_place and bool(self._wanted())
        # What is counted only now, in the base, counts this turn's ends already.
        counted = frozenset(self._outcomes)
        dialled: list[LiveCall] = []
        placed: list[LiveCall] = []
        tries = itertools.count()
        while work or changed or refresh or wants:
            try:
                with writing(self._base) as connection:
                    self._breakers.write(connection, trips, now=self._clock.now())
                    floor.write(connection, self._config.engine, changed)
                    turn.write(
                        connection, work, self._returned, self._rules.laws, now=self._clock.now()
                    )
                    dialled = self._placer().dial(
                        connection, self._board, work.dials, at_s=elapsed_s()
                    )
                    # Whoever was held up may have lost the name meanwhile: the heartbeat tells.
                    if refresh := refresh or elapsed_s() >= self._refresh_s:
                        self._refresh(connection, work)
                    # Counted anew: a campaign may just have got another mode or trunk.
                    taken = Counter(live.attempt.trunk for live in dialled)
                    wanted = self._wanted(taken) if may_place else {}
                    placed = self._place(connection, wanted)
                break
            except DatabaseError as error:
                tried = next(tries)
                if tried == _GIVE_UP_ON_BASE or self._waits_no_more:
                    raise
                logger.warning("The base cannot be written, trying again: %s", error)
                self._doubtful = True
                time.sleep(_RETRY_S[min(tried, len(_RETRY_S) - 1)])
        returned = self._returned.written(work, now=self._clock.now())
        begun = [self._board.begin(live, at_s=elapsed_s()) for live in (*dialled, *placed)]
        self._post([*work.actions, *returned, *begun])
        self._onlooker.turn(work, (*dialled, *placed))
        called = {live.dialler for live in dialled}
        for dial in work.dials:
            if dial.agent_id not in called:  # a gate or the trunk said no: they choose again
                self._board.tell(dial.agent_id, AgentEvent.CALL_OVER, Work(), now=self._clock.now())
        self._count(work, among=counted)
        closed_s = elapsed_s()
        self._forget.extend((closed_s, channel_id) for channel_id in work.closed_channels)
        if refresh:
            self._refresh_s = elapsed_s() + _REFRESH_EVERY_S
            self._learners.look(self._campaigns, at_s=elapsed_s())
            self._onlooker.progress(progress := self._progress())
            self._on_progress(progress)

    def _count(self, work: Work, *, among: Collection[int]) -> None:
        """Count how calls of some campaigns ended."""
        for stored, closing in work.closings:
            if stored.id in among:
                self._outcomes[stored.id][closing.outcome] += 1

    def _hears(self) -> bool:
        """Tell whether Asterisk takes what it is asked: else every call would be a guess."""
        return self._link is not None and not self._link.silent

    def _wanted(self, taken: Mapping[str, int] | None = None) -> dict[int, int]:
        """Return how many calls to place for each campaign that has somebody to call.

        `taken` counts by trunk the calls that are about to be begun besides.
        """
        at_s = elapsed_s()
        if self._registries.why_not() is not None:
            return {}
        campaigns = [
            c
            for c in self._campaigns
            if self._look_again_s.get(c.id, 0.0) <= at_s and self._voicing.why_not(c) is None
        ]
        return self._pacers.wanted(campaigns, at_s=at_s, taken=taken)

    def _place(self, connection: Connection, wanted: dict[int, int]) -> list[LiveCall]:
        """Claim people and write the intent to call them."""
        placed = []
        now = self._clock.now()
        placer, ready = self._placer(), self._board.ready_agents()
        for stored in self._campaigns:
            calls, dry = placer.place(
                connection,
                stored,
                wanted.get(stored.id, 0),
                ready,
                languages=self._board.ready_languages(stored),
                now=now,
            )
            if dry:
                self._look_again_s[stored.id] = elapsed_s() + _REFRESH_EVERY_S
            placed += calls
        return placed

    def _placer(self) -> Placer:
        return Placer(
            engine=self._config.engine,
            only=self._only,
            clock=self._clock,
            boot=self._boot,
            laws=self._rules.laws,
            recordings=self._config.recordings,
            sampler=self._sampler,
            learners=self._learners,
            voicing=self._voicing,
        )

    def _post(self, todo: Iterable[actions.Action]) -> None:
        """Send actions; a link that breaks meanwhile says so in its queue."""
        if self._link is None:
            return
        try:
            self._link.post(todo)
        except AmiError as error:
            logger.warning("An action could not be sent: %s", error)

    def _forget_old(self) -> None:
        """Have the dialplan's notes deleted that the ledger has, once no more can follow.

        Those of a while together: it takes Asterisk a call to nobody.
        """
        at_s = elapsed_s()
        if not self._forget or self._forget[0][0] > at_s - _FORGET_WITHIN_S:
            return
        old = []
        while self._forget and self._forget[0][0] < at_s - _FORGET_AFTER_S:
            old.append(self._forget.popleft()[1])
        self._post(actions.forget(old))

    def _refresh(self, connection: Connection, work: Work) -> None:
        """Show the heartbeat, and see what the campaigns have become."""
        now = self._clock.now()
        known = campaign_store.load_all(connection)
        running = [
            stored
            for stored in known
            if stored.state is CampaignState.RUNNING
            and not self._stands_in
            and (not self._only or stored.campaign.name in self._only)
        ]
        self._onlooker.campaigns(known)
        self._campaigns = tuple(sorted(running, key=lambda stored: -stored.campaign.priority))
        self._breakers.refresh(connection, known, self._campaigns)
        self._voicing.prepare(connection, self._campaigns, self._rules.laws)
        self._board.barred = training.barred(connection, running, self._board.floor.agents, now=now)
        for stored in known:
            owed.release_expired(connection, stored, now=now)
        supervisions.close_over(connection)
        if self._registries.see(connection):
            # Whoever was judged by the version before while the new one was being loaded.
            examine_registries_again(connection)
        for stored in self._campaigns:
            if stored.id not in self._outcomes:
                self._outcomes[stored.id] = Counter(report.outcomes(connection, stored.id))
                del self._outcomes[stored.id]["open"]
            if enrol(connection, stored, self._rules.laws, now=now):
                self._look_again_s.pop(stored.id, None)
            self._judging.look(connection, stored, self._rules.laws)
        self._pacers.refresh(
            connection, self._campaigns, self._rules.laws, now=now, at_s=elapsed_s()
        )
        # A result may also have come while no engine ran, or its time may have run out.
        owing = owed.agents_owing_result(connection)
        for agent_id in self._board.floor.busy() - owing:
            said = result_event(owed.last_said(connection, agent_id))
            self._board.tell(agent_id, said, work, now=now)
        self._board.floor.learn(list_agents(connection))
        self._work_left = any(report.work_left(connection, c.id) for c in self._campaigns)
        self._presence.beat(connection, self._progress().document())

    def _see_rules(self) -> None:
        """Read rule files that have changed; what cannot be used is told and not taken."""
        before = self._rules.problem
        self._rules.look()
        if self._rules.problem not in {None, before}:
            logger.error("The rules that were in force stay so: %s", self._rules.problem)

    def _progress(self) -> Progress:
        """Return how things stand."""
        return progress_of(
            self._board,
            self._campaigns,
            ami_down=self._ami_down,
            registry=self._registries.why_not(),
            voices={stored.id: self._voicing.why_not(stored) for stored in self._campaigns},
            rules_problem=self._rules.problem,
            stopping=self._stop_at_s is not None,
            lab_clock=None if self._clock.is_real else self._clock.now(),
            outcomes=self._outcomes,
            levels=self._pacers.levels(self._campaigns),
        )
