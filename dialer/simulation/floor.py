"""Runs a pacer on a modelled floor: event by event, the same seed giving the same run.

The pacer sees what the engine's would see, and nothing else. Whoever answers gets the agent
who has been ready longest, or the next one within the allowed time, or is abandoned.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from dialer.simulation.habits import Habits, Shift
from dialer.simulation.run import Run

_NIGHT_S = 60.0
"""With nobody in for longer than this, no question is asked until somebody comes."""


class Paced(Protocol):
    """A pacer."""

    def observe(self, now: float, kind: str, call: Any = None, agent: Any = None) -> None:
        """Take in something that happened."""
        ...

    def calls_to_place(self, now: float) -> int:
        """Return how many calls to place now."""
        ...


@dataclass(slots=True)
class _Agent:
    """An agent of the floor."""

    name: int
    goes_s: float
    ready_since: float | None = None
    wants_break: bool = False


@dataclass(slots=True)
class _Call:
    """A call of the floor; `tried`: how often its person was called before."""

    name: int
    tried: int
    is_machine: bool = False


class Floor:
    """One run."""

    def __init__(
        self,
        habits: Habits,
        pacer: Paced,
        *,
        seed: int,
        ask_every_s: float = 0.5,
        connect_within_s: float = 2.0,
        tells_who_left: bool = True,
        placed: Callable[[Random, float], tuple[float, dict[str, Any]]] | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            habits: how the floor behaves.
            pacer: what decides.
            seed: the same one gives the same run.
            ask_every_s: between two questions to the pacer.
            connect_within_s: how long a person waits.
            tells_who_left: the pacer is told of people who hung up while they waited.
            placed: given the random numbers and the answer rate, returns how likely this
                person is to answer and what else the pacer is told with `placed`; None: all
                are alike.
        """
        self._habits = habits
        self._pacer = pacer
        self._random = Random(seed)  # noqa: S311  (a model, no secret)
        self._ask_every_s = ask_every_s
        self._connect_s = connect_within_s
        self._tells_who_left = tells_who_left
        self._placed = placed
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._names = itertools.count(1)
        self._now = 0.0
        self._ends_s = max(shift.ends_s for shift in habits.shifts)
        self._comes: list[float] = []
        self._ready: dict[int, _Agent] = {}  # in the order in which they became so
        self._in: dict[int, _Agent] = {}
        self._waiting: dict[int, _Call] = {}
        self._lines = self._busy = 0
        self._allowed = 0.0
        self._left = habits.leads
        self._again: deque[tuple[float, int]] = deque()
        self._in_flight = 0
        self.run_ = Run.of(self._ends_s)

    def run(self) -> Run:
        """Run until every shift is over, or the list; return what came of it."""
        for shift in self._habits.shifts:
            for _ in range(shift.agents):
                comes_s = shift.begins_s + self._draw_come(shift)
                heapq.heappush(self._comes, comes_s)
                self._at(comes_s, self._come, shift)
        self._at(0.0, self._ask)
        while self._events:
            self._now, _, happens, words = heapq.heappop(self._events)
            if self._is_over:
                break
            happens(*words)
        if self.run_.exhausted_s is not None:
            for agent in self._ready.values():  # nobody waits for calls that cannot come
                self.run_.add("in_s", agent.ready_since or 0.0, self.run_.exhausted_s)
        self.run_.ended_s = self._now
        if self._left is not None:
            self.run_.left = self._left + len(self._again)
        return self.run_

    @property
    def _is_over(self) -> bool:
        if self.run_.exhausted_s is not None and not self._busy and not self._waiting:
            return True
        return self._now > self._ends_s and not self._in

    # -- time ---------------------------------------------------------------------------

    def _at(self, moment: float, happens: Callable[..., None], *words: Any) -> None:
        heapq.heappush(self._events, (moment, next(self._order), happens, words))

    def _after(self, seconds: float, happens: Callable[..., None], *words: Any) -> None:
        self._at(self._now + max(0.0, seconds), happens, *words)

    def _tell(self, kind: str, **words: Any) -> None:
        self._pacer.observe(self._now, kind, **words)

    # -- agents ---------------------------------------------------------------------------

    def _draw_come(self, shift: Shift) -> float:
        return self._random.uniform(0.0, min(shift.within_s, shift.ends_s - shift.begins_s))

    def _come(self, shift: Shift) -> None:
        heapq.heappop(self._comes)
        agent = _Agent(next(self._names), shift.ends_s)
        self._in[agent.name] = agent
        self._at(shift.ends_s, self._end_shift, agent)
        self._plan_break(agent)
        self._become_ready(agent)

    def _plan_break(self, agent: _Agent) -> None:
        if self._habits.breaks is not None:
            wait_s = self._random.expovariate(1.0 / self._habits.breaks.every_s)
            self._after(wait_s, self._want_break, agent)

    def _want_break(self, agent: _Agent) -> None:
        agent.wants_break = True
        if agent.name in self._ready:
            self._go_out(agent)

    def _end_shift(self, agent: _Agent) -> None:
        if agent.name in self._ready:
            self._go_out(agent)

    def _go_out(self, agent: _Agent) -> None:
        """Let an agent leave, for a break or for the day."""
        self._stop_waiting(agent)
        self._tell("away", agent=agent.name)
        if self._now >= agent.goes_s:
            del self._in[agent.name]
        elif self._habits.breaks is not None:
            agent.wants_break = False
            self._after(self._habits.breaks.length.draw(self._random), self._come_back, agent)

    def _come_back(self, agent: _Agent) -> None:
        if self._now >= agent.goes_s:
            del self._in[agent.name]
            return
        self._plan_break(agent)
        self._become_ready(agent)

    def _become_ready(self, agent: _Agent) -> None:
        agent.ready_since = self._now
        self._ready[agent.name] = agent
        self._tell("ready", agent=agent.name)
        if self._waiting:
            self._connect(agent, self._waiting.pop(next(iter(self._waiting))))

    def _stop_waiting(self, agent: _Agent) -> float:
        """Take an agent from the free ones; return how long they were free."""
        since = agent.ready_since
        if self._ready.pop(agent.name, None) is None or since is None:
            return 0.0
        self.run_.add("in_s", since, self._now)
        agent.ready_since = None
        return self._now - since

    # -- calls ----------------------------------------------------------------------------

    def _ask(self) -> None:
        if self._now < self._ends_s:
            self._at(self._next_ask(), self._ask)
        self._allowed = min(
            self._allowed + self._ask_every_s * (self._habits.calls_per_s or 0.0),
            max(1.0, self._habits.calls_per_s or 0.0),
        )
        wanted = self._pacer.calls_to_place(self._now)
        for placed in range(wanted):
            if not self._may_place():
                self.run_.held_back += wanted - placed
                return
            tried = self._next_lead()
            if tried is None:
                self.run_.resting_s += self._ask_every_s if self._again else 0.0
                return
            self._place(tried)

    def _next_ask(self) -> float:
        """Return when the pacer is asked next: in the night there is nothing to ask."""
        comes_s = self._comes[0] if self._comes else self._ends_s
        if self._in or self._in_flight or comes_s - self._now < _NIGHT_S:
            return self._now + self._ask_every_s
        return comes_s

    def _may_place(self) -> bool:
        habits = self._habits
        if habits.lines is not None and self._lines >= habits.lines:
            return False
        if habits.calls_per_s is None:
            return True
        if self._allowed < 1.0:
            return False
        self._allowed -= 1.0
        return True

    def _next_lead(self) -> int | None:
        """Return how often the next person was called before, or None where there is nobody."""
        if self._again and self._again[0][0] <= self._now:
            return self._again.popleft()[1]
        if self._left is None:
            return 0
        if self._left:
            self._left -= 1
            return 0
        return None

    def _place(self, tried: int) -> None:
        habits, random = self._habits, self._random
        call = _Call(next(self._names), tried)
        person = habits.answer_rate.at(self._now)
        words: dict[str, Any] = {}
        if self._placed is not None:
            person, words = self._placed(random, person)
        self.run_.half_hour(self._now).calls += 1
        self._lines += 1
        self._in_flight += 1
        self.run_.most_lines = max(self.run_.most_lines, self._lines)
        self._tell("placed", call=call.name, **words)
        lot = random.random()
        if lot < person:
            self._after(habits.pickup.draw(random), self._pick_up, call)
        elif lot < person + habits.machine_rate:
            call.is_machine = True
            self._after(habits.machine_pickup.draw(random), self._pick_up, call)
        elif random.random() < habits.at_once_rate:
            self._after(habits.at_once.draw(random), self._nobody, call)
        else:
            self._after(habits.ring_out_s, self._nobody, call)

    def _nobody(self, call: _Call) -> None:
        self._tell("failed", call=call.name)
        self._unanswered(call)

    def _unanswered(self, call: _Call) -> None:
        """Let a line go, and the person be called again, or not."""
        self._lines -= 1
        self._in_flight -= 1
        if call.tried + 1 < self._habits.tries:
            self._again.append((self._now + self._habits.retry_s, call.tried + 1))
        self._see_end()

    def _see_end(self) -> None:
        if self._left == 0 and not self._again and not self._in_flight:
            self.run_.exhausted_s = self.run_.exhausted_s or self._now

    def _pick_up(self, call: _Call) -> None:
        detection = self._habits.detection
        if detection is None:
            self._live(call)
            return
        self._tell("answered", call=call.name)
        mistaken = not call.is_machine and self._random.random() < self._habits.mistaken
        known = self._is_machine if call.is_machine or mistaken else self._live
        self._after(detection.draw(self._random), known, call)

    def _is_machine(self, call: _Call) -> None:
        self._tell("machine", call=call.name)
        self._unanswered(call)

    def _live(self, call: _Call) -> None:
        self.run_.half_hour(self._now).answers += 1
        self._in_flight -= 1
        self._see_end()
        self._tell("live", call=call.name)
        if self._ready:
            self._connect(self._ready[next(iter(self._ready))], call)
            return
        self._waiting[call.name] = call
        if self._random.random() < self._habits.leaves:
            self._after(self._random.uniform(0.0, self._connect_s), self._leave, call)
        self._after(self._connect_s, self._abandon, call)

    def _leave(self, call: _Call) -> None:
        if self._waiting.pop(call.name, None) is not None:
            self._lines -= 1
            if self._tells_who_left:
                self._tell("left", call=call.name)

    def _abandon(self, call: _Call) -> None:
        if self._waiting.pop(call.name, None) is not None:
            self._lines -= 1
            self.run_.half_hour(self._now).abandoned += 1
            self._tell("abandoned", call=call.name)

    def _connect(self, agent: _Agent, call: _Call) -> None:
        habits, random = self._habits, self._random
        self._busy += 1
        self.run_.idle_s.append(self._stop_waiting(agent))
        self._tell("connected", call=call.name, agent=agent.name)
        length = (habits.machine_talk if call.is_machine else habits.talk).draw(random)
        self._after(length, self._hang_up, agent, call, self._now)

    def _hang_up(self, agent: _Agent, call: _Call, began: float) -> None:
        self._lines -= 1
        self.run_.add("talk_s", began, self._now)
        self._tell("wrapup", call=call.name, agent=agent.name)
        self._after(self._habits.wrap_up.draw(self._random), self._done, agent, began)

    def _done(self, agent: _Agent, began: float) -> None:
        self.run_.add("busy_s", began, self._now)
        self.run_.add("in_s", began, self._now)
        self._busy -= 1
        if agent.wants_break or self._now >= agent.goes_s:
            self._go_out(agent)
        else:
            self._become_ready(agent)
