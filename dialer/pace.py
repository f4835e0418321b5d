"""How many calls each campaign may place now: a pacer for each, and the budget it keeps to.

`Pacers` tells the pacers what happens (`dialer.pace_feed`), asks them, and holds what they
wish for against agents and trunks. Campaigns are served in their order. Those that share
agents see each other's calls; while one of them is given calls the next one waits for a
turn, so that nobody counts on an agent of whom the other does not know yet.

What a pacer has learned is kept in the base, for its next start.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import Engine as Base

from campaigns.budget_books import Books
from campaigns.law import AGENT_RESERVED, Laws
from campaigns.model import AgentState, DialMode
from campaigns.store import StoredCampaign
from dialer import pacings
from dialer.matching import May, Seats
from dialer.pace_feed import AWAY, LIVE, PLACED, Feed, Listener, counts_on_agents
from dialer.pace_level import Level
from dialer.paced import Paced
from dialer.pacing import Pacer, Ratio
from dialer.switchboard import Switchboard
from leads.db import writing
from leads.errors import DatabaseError

logger = logging.getLogger(__name__)

_BOOKS_EVERY_S = 2.0
_SAVED_EVERY_S = 60.0


class Pacers:
    """The pacers of one engine."""

    def __init__(self, board: Switchboard, engine: str) -> None:
        """Begin with none.

        Args:
            board: the engine's calls, agents and lines.
            engine: its name, under which it keeps what its pacers have learned.
        """
        self._board = board
        self._engine = engine
        self._feed = Feed()
        self._paced: dict[int, Paced] = {}

    # -- what happens ---------------------------------------------------------------

    def hear(self, *, now: datetime, at_s: float) -> None:
        """Tell the pacers what the switchboard has heard since the last time."""
        new = self._feed.calls(self._board, now=now, at_s=at_s)
        changed = self._feed.agents(self._board, now=now, at_s=at_s)
        giving, agents, phases = self._board.giving, self._board.floor.agents, self._feed.phases
        for agent_id in changed:
            agent = agents[agent_id]
            for paced in self._paced.values():
                may = agent.state is not AgentState.OUT and giving.may_take(paced.stored, agent)
                (paced.listener.able.add if may else paced.listener.able.discard)(agent_id)
        placed: dict[int, int] = {}
        for track, told in new:
            for paced in self._paced.values():
                paced.listener.hear(
                    track,
                    told,
                    phases.get(told.agent or 0, AWAY),
                    related=self._related(paced, track.campaign_id),
                )
            if told.kind == PLACED:
                placed[track.campaign_id] = placed.get(track.campaign_id, 0) + 1
        for agent_id in changed:
            for paced in self._paced.values():
                phase = phases[agent_id] if agent_id in paced.listener.able else AWAY
                paced.listener.see(agent_id, phase, at_s)
        for campaign_id, calls in placed.items():
            self._begun(campaign_id, calls)

    def _related(self, paced: Paced, campaign_id: int) -> bool:
        """Tell whether a call of a campaign may take an agent of another one."""
        other = self._paced.get(campaign_id)
        return other is not None and not other.listener.able.isdisjoint(paced.listener.able)

    def _begun(self, campaign_id: int, calls: int) -> None:
        """Log which calls were placed, and on what grounds."""
        paced = self._paced.get(campaign_id)
        if paced is None:
            return
        paced.begun(calls)
        if logger.isEnabledFor(logging.DEBUG):
            level = paced.level(self._feed)
            name = paced.stored.campaign.name
            facts = {"event": "pacing", "facts": {"campaign": name, "placed": calls}}
            logger.debug("%s: placed %d; %s", name, calls, level, extra=facts)

    # -- decisions ------------------------------------------------------------------

    def wanted(
        self,
        running: Iterable[StoredCampaign],
        *,
        at_s: float,
        taken: Mapping[str, int] | None = None,
    ) -> dict[int, int]:
        """Return how many calls each campaign may place now, the first ones served first.

        A broadcast in which nobody can ask for an agent takes what room its trunk has, and so
        does any other one while nobody is in who has taken calls: whoever asks for an agent
        then hears the apology, as far as the law's budget goes. A progressive campaign places one call for
        each agent who is ready, may take it and is not promised to a call already in flight;
        the others as many as their pacer says. Where agents are reserved before the call, they
        say themselves when somebody is called.

        Args:
            running: the campaigns.
            at_s: the moment on a monotonic clock.
            taken: trunk -> calls that are about to be begun besides.
        """
        room = {name: lines.room(at_s) for name, lines in self._board.lines.items()}
        for name, calls in (taken or {}).items():
            room[name] = max(0, room[name] - calls)
        seats = _SeatsWhenNeeded(self._board)
        asked: list[Collection[int]] = []
        wanted: dict[int, int] = {}
        for paced in self._paced.values():
            paced.wish = paced.granted = 0
        for stored in running:
            mode, trunk = stored.campaign.mode, stored.campaign.trunk
            if mode in AGENT_RESERVED:
                continue
            may = partial(self._board.giving.may_take, stored)
            calls = room.get(trunk, 0)
            if mode is DialMode.PROGRESSIVE:
                calls = seats.take(calls, may)
            elif counts_on_agents(stored):
                calls = self._wished(stored, calls, asked, at_s=at_s)
                seats.take_later(calls, may)
            if not calls:
                continue
            wanted[stored.id] = calls
            room[trunk] -= calls
            if stored.id in self._paced:
                asked.append(self._paced[stored.id].listener.able)
        return wanted

    def _wished(
        self, stored: StoredCampaign, room: int, asked: Iterable[Collection[int]], *, at_s: float
    ) -> int:
        """Return how many calls a pacer wants and its trunk has room for."""
        paced = self._paced.get(stored.id)
        if paced is None:
            return 0  # it has not been told yet what stands
        if stored.campaign.mode is DialMode.BROADCAST and not paced.listener.staffed:
            return 0 if paced.spent else room
        if any(not paced.listener.able.isdisjoint(agents) for agents in asked):
            return 0
        paced.wish = paced.ask(at_s)
        paced.granted = min(paced.wish, room)
        return paced.granted

    # -- campaigns come, change and go ------------------------------------------------

    def refresh(
        self,
        connection: Connection,
        running: Iterable[StoredCampaign],
        laws: Laws,
        *,
        now: datetime,
        at_s: float,
    ) -> None:
        """See what the campaigns have become, keep up with their budgets, save what is learned.

        Args:
            connection: in the engine's writing transaction.
            running: the campaigns that dial.
            laws: the rules in force.
            now: the moment, aware.
            at_s: the same moment on the monotonic clock.
        """
        paced_now = {stored.id: stored for stored in running if counts_on_agents(stored)}
        busy = {track.campaign_id for track in self._feed.tracks.values()}
        for campaign_id in self._paced.keys() - paced_now.keys() - busy:
            self._save(connection, campaign_id, now=now)
            del self._paced[campaign_id]
        for stored in paced_now.values():
            if stored.id not in self._paced:
                saved = pacings.load(connection, stored.id, self._engine)
                self.begin(stored, saved, at_s=at_s)
            self.change(stored)
            paced = self._paced[stored.id]
            if at_s >= paced.read_at_s + _BOOKS_EVERY_S or not paced.books.whole:
                paced.books.read(connection, stored, laws, now=now)
                paced.read_at_s = at_s
            paced.set_budget(now=now)
            if at_s >= paced.saved_at_s + _SAVED_EVERY_S:
                self._save(connection, stored.id, now=now)
                paced.saved_at_s = at_s

    def sign_off(self, base: Base, *, now: datetime) -> None:
        """Save what every pacer has learned; a base that fails by now has what it had."""
        try:
            with writing(base) as connection:
                for campaign_id in self._paced:
                    self._save(connection, campaign_id, now=now)
        except DatabaseError as error:
            logger.warning("What the pacing has learned could not be saved: %s", error)

    def begin(
        self,
        stored: StoredCampaign,
        saved: Mapping[str, Any] | None = None,
        *,
        at_s: float,
        pacer: Pacer | None = None,
    ) -> None:
        """Pace a campaign from now on; its pacer is told what stands.

        Args:
            stored: the campaign.
            saved: what was kept of its pacing (`document`), or None.
            at_s: the moment on the monotonic clock.
            pacer: another one than would be made.
        """
        kept = saved or {}
        # Its limit is set with the budget: a file that is changed may allow more than before.
        pacer = pacer or Pacer(
            connect_within=stored.campaign.connect_within_s, saved=kept.get("pacer")
        )
        giving, agents = self._board.giving, self._board.floor.agents
        able = {
            agent.agent_id
            for agent in agents.values()
            if agent.state is not AgentState.OUT and giving.may_take(stored, agent)
        }
        paced = Paced(Listener(stored, [pacer], able), pacer, Books(stored.id), saved_at_s=at_s)
        self._paced[stored.id] = paced
        self._set_ratio(paced)
        paced.listener.begin(self._feed, kept.get("learned", ()), partial(self._related, paced))

    def change(self, stored: StoredCampaign) -> None:
        """Pace a campaign as it is now; what was learned of it stays."""
        paced = self._paced[stored.id]
        paced.listener.stored = stored
        self._set_ratio(paced)

    def document(self, campaign_id: int) -> dict[str, Any]:
        """Return what is kept of a campaign's pacing: what it learned, and from which calls."""
        learned = [
            call
            for call, track in self._feed.tracks.items()
            if track.campaign_id == campaign_id and track.has(LIVE)
        ]
        return {"pacer": self._paced[campaign_id].pacer.save(), "learned": learned}

    def _set_ratio(self, paced: Paced) -> None:
        """Have a fixed ratio decide where the campaign says so."""
        campaign, listener = paced.stored.campaign, paced.listener
        wanted = campaign.pace.ratio if campaign.mode is DialMode.RATIO else None
        if wanted == paced.ratio_is:
            return
        paced.ratio_is, paced.ratio = wanted, None
        listener.pacers = [paced.pacer]
        if wanted is not None:
            paced.ratio = Ratio(wanted)
            if listener.news:  # else it hears with the other one what stands
                fresh = Listener(paced.stored, [paced.ratio], set(listener.able))
                fresh.begin(self._feed, (), partial(self._related, paced))
            listener.pacers.append(paced.ratio)
        listener.news += 1

    def _save(self, connection: Connection, campaign_id: int, *, now: datetime) -> None:
        pacings.save(connection, campaign_id, self._engine, self.document(campaign_id), now=now)

    # -- what is told ---------------------------------------------------------------

    def levels(self, running: Iterable[StoredCampaign]) -> dict[str, Level]:
        """Return the dial level of each campaign that is paced, by its name."""
        return {
            stored.campaign.name: paced.level(self._feed)
            for stored in running
            if (paced := self._paced.get(stored.id)) is not None
        }


@dataclass(slots=True)
class _SeatsWhenNeeded:
    """The agents who are ready as seats: many calls make that dear, and not everyone asks."""

    board: Switchboard
    _seats: Seats | None = None
    _later: list[tuple[int, May]] = field(default_factory=list)

    def take(self, most: int, may: May) -> int:
        """Take up to so many seats beside those that the calls in flight need."""
        if self._seats is None:
            self._seats = self.board.giving.seats(self.board.ready_agents())
        for calls, its_may in self._later:
            self._seats.take_up_to(calls, its_may)
        self._later.clear()
        return self._seats.take_up_to(most, may)

    def take_later(self, calls: int, may: May) -> None:
        """Take seats for calls, as far as there are any, before the next one asks."""
        self._later.append((calls, may))
