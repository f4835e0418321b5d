"""Predictive pacing: as many calls as the agents who will be free can take; pure.

Three things are weighed against each other each time: how many agents are free or will soon
be (`supply`), how many answers the calls in flight will still bring (`answers`, `curves`),
and how likely one more answer may be to find nobody (`tally`), which the account of people
called for nothing decides (`account`). No clock is read: every moment comes in as an argument, in
seconds of any clock that never runs back.
"""

import math
from bisect import bisect_left
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from dialer.pacing.account import Account
from dialer.pacing.answers import AnswerRate
from dialer.pacing.books import Books, Flight, Waiting
from dialer.pacing.decision import Bound, Decision
from dialer.pacing.demand import CALL_S, Demand
from dialer.pacing.odds import Odds
from dialer.pacing.supply import Supply
from dialer.pacing.tally import Tally

_VERSION = 1
_REBUILD_S, _REBUILD_AT_START_S, _START_S = 60.0, 15.0, 600.0
_PER_AGENT = 20
"""As many calls may be in flight for each agent who is in."""
_PER_AGENT_AT_START = 3
_FEW_ANSWERS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What is expected within the time looked ahead.

    Attributes:
        rate: the share of calls that a person answers.
        answers: how many of the calls in flight will be answered by then.
        freed: how many of the busy agents will be free by then.
        risk: how likely an answer may be to find nobody.
    """

    rate: float
    answers: Tally
    freed: Tally
    risk: float


class Pacer:
    """Decides how many calls to place."""

    def __init__(
        self,
        abandon_limit: float = 0.03,
        connect_within: float = 2.0,
        *,
        max_calls: int | None = None,
        saved: object = None,
    ) -> None:
        """Begin with no call, nobody in and a guess at everything else.

        Args:
            abandon_limit: the share of answers that may find nobody.
            connect_within: how long a person waits for an agent, in seconds.
            max_calls: as many calls may be in flight; None: any number.
            saved: what `save` of an earlier pacer returned; what is no such thing is ignored.
        """
        self._limit = abandon_limit
        self._account = Account(abandon_limit)
        self._books = Books(connect_within)
        self._connect_s = connect_within
        self._max_calls = math.inf if max_calls is None else max_calls
        self._rate = AnswerRate(CALL_S)
        self._odds = Odds()
        self._demand = Demand()
        self._supply = Supply()
        self._began: float | None = None
        self._rebuild_at = -math.inf
        self._answers = self._ended = 0
        self._spent = False
        self._share: tuple[float, float] | None = None
        self._decision = Decision(calls=0, bound=Bound.NOBODY, ready=0, limit=abandon_limit)
        self._load(saved)

    # -- what happens ------------------------------------------------------------------

    def observe(
        self,
        now: float,
        kind: str,
        call: Hashable = None,
        agent: Hashable = None,
        *,
        answer_chance: float | None = None,
        foreign: bool = False,
    ) -> None:
        """Take in something that happened; a kind that is not known is ignored.

        Args:
            now: in seconds.
            kind: placed, answered, live, machine, failed, left, connected, abandoned, wrapup,
                ready or away.
            call: which call.
            agent: which agent.
            answer_chance: with placed: how likely a person is to answer, if that is known.
            foreign: with placed: another campaign's, whose answers take the same agents.
        """
        if self._began is None:
            self._began = now
        self._rate.pass_time(now, self._demand.delay)
        match kind:
            case "placed":
                odds = self._odds.of(answer_chance)
                if not foreign:
                    self._odds.see(answer_chance, odds)
                    self._rate.place(odds)
                self._books.place(call, Flight(now, odds=odds, foreign=foreign))
            case "answered":
                self._books.pick_up(call, now)
            case "live":
                self._on_live(now, call)
            case "machine" | "failed":
                self._on_nobody(now, call)
            case "left":
                self._books.waiting.pop(call, None)
                self._books.land(call)
            case "abandoned":
                self._on_abandoned(call)
            case _:
                self._on_agent(now, kind, call, agent)

    def _on_live(self, now: float, call: Hashable) -> None:
        if call in self._books.waiting:
            return
        flight = self._books.land(call)
        foreign = flight is not None and flight.foreign
        self._books.waiting[call] = Waiting(now, foreign)
        if foreign:
            return
        self._answers += 1
        self._ended += 1
        self._rate.answer()
        self._account.answer()
        if flight is not None:
            self._demand.answered(flight, now)
            if flight.answered_at is not None:
                self._odds.classified(person=True)

    def _on_nobody(self, now: float, call: Hashable) -> None:
        self._books.waiting.pop(call, None)
        flight = self._books.land(call)
        if flight is not None and not flight.foreign:
            self._ended += 1
            self._demand.unanswered(flight, now)
            if flight.answered_at is not None:
                self._odds.classified(person=False)

    def _on_abandoned(self, call: Hashable) -> None:
        waiting = self._books.waiting.pop(call, None)
        self._books.land(call)
        if waiting is None or not waiting.foreign:
            self._account.abandon()

    def _on_agent(self, now: float, kind: str, call: Hashable, agent: Hashable) -> None:
        books, supply = self._books, self._supply
        if kind in ("connected", "wrapup"):
            if call in books.flights:
                self._on_live(now, call)  # which was not heard
            books.waiting.pop(call, None)
        if agent is None or (kind == "wrapup" and not books.knows(agent)):
            return
        if kind == "connected":
            books.busy(agent, now)
        elif kind in ("wrapup", "ready", "away"):
            talked_since, wrapped_since = books.talking.get(agent), books.wrapping.get(agent)
            if wrapped_since is not None and kind != "wrapup":
                supply.wrap.see(now - wrapped_since)
            elif talked_since is not None and kind == "wrapup":
                supply.talk.see(now - talked_since)
            books.leave(agent)
            if kind == "ready":
                books.ready.add(agent)
            elif kind == "wrapup":
                books.wrapping[agent] = now

    def set_budget(self, abandoned: float, limit: float, *, spent: bool) -> None:
        """Take in what the ledger says of the period that the law measures.

        Args:
            abandoned: the share of answers that found nobody.
            limit: the share that may; from now on no more than this is aimed at.
            spent: no more risk may be taken: one call for each free agent.
        """
        self._share = (abandoned, limit)
        self._account.limit = min(self._limit, limit)
        self._spent = spent

    # -- what to do --------------------------------------------------------------------

    def calls_to_place(self, now: float) -> int:
        """Return how many calls to place now, in seconds; 0: none."""
        self._rate.pass_time(now, self._demand.delay)
        self._books.forget(now)
        if now >= self._rebuild_at:
            self._rebuild(now)
        self._decision = self._decide(now)
        return self._decision.calls

    def explain(self) -> Decision:
        """Return what was decided last, and what was seen then."""
        return self._decision

    def _rebuild(self, now: float) -> None:
        self._demand.rebuild()
        self._supply.rebuild(self._demand.look_s + round(self._connect_s))
        starting = self._began is None or now - self._began < _START_S
        self._rebuild_at = now + (_REBUILD_AT_START_S if starting else _REBUILD_S)

    def _decide(self, now: float) -> Decision:
        books = self._books
        in_flight = len(books.flights)
        ahead = self._look_ahead(now)
        calls, bound = 0, Bound.NOBODY
        if books.agents:
            safe = max(0, books.free - in_flight)
            calls, bound = safe, Bound.BUDGET
            if not self._out_of_budget:
                calls, bound = max(safe, self._wish(ahead)), Bound.AGENTS
            most = min(self._most(), self._max_calls) - in_flight
            if calls > most:
                calls, bound = max(0, int(most)), Bound.LINES
        abandoned, limit = self._shares()
        return Decision(
            calls=calls,
            bound=bound,
            ready=len(books.ready),
            waiting=len(books.waiting),
            in_flight=in_flight,
            answers=ahead.answers.mean,
            freed=ahead.freed.mean,
            horizon_s=self._demand.look_s,
            answer_rate=ahead.rate,
            risk=ahead.risk,
            abandoned=abandoned,
            limit=limit,
        )

    @property
    def _out_of_budget(self) -> bool:
        """Tell whether each free agent gets one call and no more."""
        return self._spent or self._account.overdrawn

    def _most(self) -> int:
        """Return how many calls may be in flight, however many the agents could take.

        While hardly anybody has answered, the answers to come can be guessed at only: then
        each call that is over makes room for one more than before, and no faster.
        """
        agents = self._books.agents
        if self._answers < _FEW_ANSWERS:
            return min(_PER_AGENT * agents, _PER_AGENT_AT_START * agents + self._ended)
        return _PER_AGENT * agents

    def _look_ahead(self, now: float) -> Ahead:
        rate = self._rate.rate
        talking, wrapping = self._books.talking.values(), self._books.wrapping.values()
        return Ahead(
            rate=rate,
            answers=self._demand.due(self._books, self._odds, rate, now),
            freed=self._supply.of(talking, wrapping, now),
            risk=self._account.risk,
        )

    def _shares(self) -> tuple[float | None, float]:
        """Return the share of answers that found nobody, and the share that may."""
        if self._share is not None:
            return self._share
        account = self._account
        return (account.abandoned / account.answered if account.answered else None), self._limit

    def _wish(self, ahead: Ahead) -> int:
        """Return how many calls to place until the next answer would be too likely in vain."""
        demand, free = ahead.answers.less(ahead.freed), self._books.free
        usual = Tally()
        usual.add(self._demand.new(ahead.rate, self._odds.usual))

        def too_risky(calls: int) -> bool:
            return demand.plus(usual, calls).reaches(free) > ahead.risk

        return bisect_left(range(_PER_AGENT * self._books.agents), True, key=too_risky)

    # -- from one day to the next ---------------------------------------------------------

    def save(self) -> dict[str, object]:
        """Return what was learned, as JSON can hold it."""
        return {
            "version": _VERSION,
            "answer_rate": self._rate.save(),
            "demand": self._demand.save(),
            "supply": self._supply.save(),
            "odds": self._odds.save(),
            "account": self._account.save(),
        }

    def _load(self, saved: object) -> None:
        if not isinstance(saved, Mapping) or saved.get("version") != _VERSION:
            return
        self._rate.load(saved.get("answer_rate"))
        self._demand.load(saved.get("demand"))
        self._supply.load(saved.get("supply"))
        self._odds.load(saved.get("odds"))
        self._account.load(saved.get("account"))
