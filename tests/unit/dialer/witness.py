"""A pacer that decides nothing and believes nothing: it holds every event against what it knows."""

from collections import Counter

from dialer.pacing import Bound, Decision, Pacer

_CALL_STEPS = {
    None: {"placed"},
    "placed": {"ringing", "answered", "live", "failed", "left", "abandoned"},
    "ringing": {"answered", "live", "failed", "left", "abandoned"},
    "answered": {"live", "machine", "left", "abandoned"},
    "live": {"connected", "abandoned", "left"},
}
_AGENT_STEPS = {
    "away": {"ready"},
    "ready": {"connected", "away"},
    "connected": {"wrapup", "away"},
    "wrapup": {"ready", "away"},
}


class Witness:
    """Keeps where every call and agent stands, and refuses what cannot follow.

    Attributes:
        calls: those that are with no agent yet, and the step they took last.
        foreign: those of them that it was told are another campaign's.
        agents: what each agent is.
        talks: who talks in which call.
        pacer: the one that is believed in what it wishes for; None: `wish` is what it wishes.
        told: how often each kind of event came, foreign ones apart.
    """

    def __init__(self, wish: int = 0, pacer: Pacer | None = None) -> None:
        self.wish = wish
        self.pacer = pacer
        self.calls: dict[str, str] = {}
        self.foreign: set[str] = set()
        self.agents: dict[int, str] = {}
        self.talks: dict[int, str] = {}
        self.told: Counter[str] = Counter()
        self.over: set[str] = set()
        self.events: list[tuple[float, str, str | None, int | None]] = []
        self.budgets: list[tuple[float, float, bool]] = []

    def observe(
        self,
        now: float,
        kind: str,
        call: str | None = None,
        agent: int | None = None,
        *,
        answer_chance: float | None = None,
        foreign: bool = False,
    ) -> None:
        assert not self.events or now >= self.events[-1][0], "the clock ran back"
        self.events.append((now, kind, call, agent))
        if self.pacer is not None:
            self.pacer.observe(now, kind, call, agent, answer_chance=answer_chance, foreign=foreign)
        if call is not None and kind != "wrapup":
            assert call not in self.over, f"{kind} of {call}, which is over"
            assert kind in _CALL_STEPS[self.calls.get(call)], (kind, call, self.calls.get(call))
            if foreign:
                self.foreign.add(call)
            self.calls[call] = kind
            if call not in self.foreign:
                self.told[kind] += 1
            if kind in {"failed", "machine", "left", "abandoned", "connected"}:
                del self.calls[call]
                self.over.add(call)
        if agent is not None:
            before = self.agents.get(agent, "away")
            assert kind in _AGENT_STEPS[before], (kind, agent, before)
            if kind == "connected":
                assert call is not None
                self.talks[agent] = call
            else:
                talk = self.talks.pop(agent, None)
                assert kind != "wrapup" or talk == call, (talk, call)
            self.agents[agent] = kind

    def calls_to_place(self, now: float) -> int:
        if self.pacer is not None:
            self.wish = self.pacer.calls_to_place(now)
        return self.wish

    def save(self) -> dict[str, int]:
        return dict(self.told)

    def set_budget(self, abandoned: float, limit: float, *, spent: bool) -> None:
        self.budgets.append((abandoned, limit, spent))

    def explain(self) -> Decision:
        return Decision(
            calls=self.wish,
            bound=Bound.AGENTS,
            ready=len(self.are("ready")),
            waiting=sum(step == "live" for step in self.calls.values()),
            in_flight=sum(step != "live" for step in self.calls.values()),
        )

    def are(self, kind: str) -> set[int]:
        """Return the agents of whom it was told that they are so."""
        return {agent for agent, state in self.agents.items() if state == kind}
