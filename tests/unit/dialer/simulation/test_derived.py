"""A scenario made of a campaign's past: what it takes over, what it assumes and says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.definition import read_definition
from campaigns.model import AgentState, Campaign, Outcome
from dialer.pacing import Progressive
from dialer.simulation.attendance import Stay
from dialer.simulation.derived import FEW_CALLS, FEW_TIMES, Past, PastCall, condensed, derive
from dialer.simulation.floor import Floor
from dialer.simulation.results import results_of
from dialer.simulation.runs import run_all
from dialer.simulation.scenario import Scenario, scenario_of

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
TEXT = """
name = "calls"
lists = ["people"]
mode = "{mode}"
trunk = "main"
caller_id = "+4721000000"
seller = "Example"
purpose = "survey"
[dialing]
ring_s = 22
max_attempts = 5
abandon_limit = 0.02
[retry]
no_answer = {{ after = "3h", max = 3 }}
"""
NOTHING = Past(
    calls=(),
    stays=(),
    elsewhere=0,
    people=0,
    tried=0.0,
    lines=None,
    calls_per_second=None,
    on_trunk=False,
)


def campaign(mode: str = "predictive") -> Campaign:
    found = read_definition(TEXT.format(mode=mode))
    assert isinstance(found, Campaign), found
    return found


def call(outcome: Outcome, at: datetime = NINE, **times: Any) -> PastCall:
    told = {"answer_s": None, "over_s": 20.0, "talk_s": None, "wrap_s": None} | times
    return PastCall(dialed_at=at, outcome=outcome, **told)


def stay(begin: datetime, hours: float, state: AgentState = AgentState.READY, **more: Any) -> Stay:
    told = {"agent": 1, "before": None} | more
    return Stay(state=state, begin=begin, end=begin + hours * HOUR, **told)


def derived(past: Past, mode: str = "predictive") -> tuple[dict[str, Any], str]:
    document, assumed = derive(campaign(mode), past, zone=UTC)
    found = scenario_of(document)
    assert isinstance(found, Scenario), found
    return document, "\n".join(assumed)


def test_a_campaign_that_never_called_is_assumed_to_be_usual_and_says_so() -> None:
    document, assumed = derived(NOTHING, "preview")
    assert document["mode"] == "predictive"
    assert document["shifts"] == [{"agents": 5, "hours": [["09:00", "17:00"]]}]
    assert document["answers"]["person"] == 0.25
    assert document["seconds"]["no_answer"] == 22.0
    assert (document["abandon_limit"], document["list"]["tries"]) == (0.02, 4)
    for word in ("preview calls for no ready agents", "5 agents", "0 calls", "no trunk 'main'",
                 "nobody is left", "a talk lasts", "people answer after"):  # fmt: skip
        assert word in assumed, word


@pytest.mark.parametrize("mode", ["progressive", "predictive"])
def test_the_campaigns_own_mode_is_kept(mode: str) -> None:
    document, assumed = derived(NOTHING, mode)
    assert document["mode"] == mode
    assert "dialling" not in assumed


def test_agents_are_those_of_a_mean_day_by_half_hours() -> None:
    day = timedelta(days=1)
    stays = [
        *(stay(NINE, 3, agent=agent) for agent in range(4)),
        *(stay(NINE + day, 3, agent=agent) for agent in range(2)),
        stay(NINE + 2.5 * HOUR, 2, AgentState.TALKING, agent=9),
        stay(NINE + day + 2.5 * HOUR, 2, AgentState.PAUSED, agent=9),
        stay(NINE + 2 * day, 0.1),  # somebody who only tried it
        stay(NINE - 3 * HOUR, 3, AgentState.OUT),
        stay(NINE - 3 * HOUR, 3, AgentState.CALLING),
    ]
    document, assumed = derived(replace(NOTHING, stays=stays, elsewhere=2))
    assert document["shifts"] == [
        {"agents": 3, "hours": [["09:00", "12:00"]]},
        {"agents": 1, "hours": [["11:30", "13:30"]]},
    ]
    assert "all hours of 2 agents" in assumed


def test_hours_are_those_of_the_floors_clock() -> None:
    past = replace(NOTHING, stays=[stay(NINE, 2)])
    document, _ = derive(campaign(), past, zone=ZoneInfo("Asia/Kolkata"))
    assert document["shifts"] == [{"agents": 1, "hours": [["14:30", "16:30"]]}]


def test_breaks_are_pauses_out_of_the_work() -> None:
    ready, paused = AgentState.READY, AgentState.PAUSED
    taken = [stay(NINE + n * HOUR, 0.1, paused, before=ready) for n in range(3)]
    at_login = [stay(NINE, 0.5, paused, before=AgentState.CALLING)]
    short = [stay(NINE, 59 / 3600, paused, before=AgentState.WRAP_UP)]
    work = [stay(NINE, 6)]
    document, _ = derived(replace(NOTHING, stays=[*work, *taken, *at_login, *short]))
    assert document["breaks"] == {"every": "120m", "seconds": [360.0, 360.0, 360.0]}
    without, _ = derived(replace(NOTHING, stays=[*work, *taken[:2], *at_login, *short]))
    assert "breaks" not in without


def test_answer_rates_are_those_of_hours_with_enough_calls() -> None:
    nine = [call(Outcome.CONNECTED)] * 10 + [call(Outcome.NO_ANSWER)] * (FEW_CALLS - 10)
    ten = [call(Outcome.ABANDONED, NINE + HOUR)] * (FEW_CALLS - 1)
    past = replace(NOTHING, calls=[*nine, *ten], stays=[stay(NINE, 2)])
    document, assumed = derived(past)
    overall = round((10 + FEW_CALLS - 1) / (2 * FEW_CALLS - 1), 3)
    assert document["answers"]["person"] == {"09:00": 0.2, "10:00": overall}
    assert "in the hours 10: each had fewer than 50 calls" in assumed
    one_more = replace(past, calls=[*past.calls, call(Outcome.BUSY, NINE + HOUR)])
    assert derived(one_more)[0]["answers"]["person"] == {"09:00": 0.2, "10:00": 0.98}


def test_who_did_not_answer_is_told_from_who_could_not() -> None:
    calls = [
        *[call(Outcome.CONNECTED)] * 20,
        *[call(Outcome.BUSY)] * 3,
        *[call(Outcome.UNALLOCATED)] * 2,
        *[call(Outcome.NO_ANSWER)] * 20,
        *[call(Outcome.MACHINE)] * 5,
        *[call(Outcome.ABANDONED)] * 15,
        *[call(Outcome.HUNG_UP_WAITING)] * 5,
    ]
    document, assumed = derived(replace(NOTHING, calls=calls, stays=[stay(NINE, 1)]))
    assert document["answers"] == {
        "person": {"09:00": round(40 / 70, 3)},
        "at_once": 0.2,
        "give_up": 0.25,
    }
    assert document["machines"] == {"share": round(5 / 70, 3), "detect": True}
    assert "machine detection takes" in assumed


def test_times_are_those_of_the_calls_where_there_are_enough() -> None:
    seen = [
        call(Outcome.CONNECTED, answer_s=float(n), over_s=99.0, talk_s=10.0 + n, wrap_s=2.0)
        for n in range(FEW_TIMES)
    ]
    few = [call(Outcome.BUSY, over_s=1.0)] * (FEW_TIMES - 1)
    calls = [*seen, *few, *[call(Outcome.NO_ANSWER, over_s=25.0)] * FEW_TIMES]
    document, assumed = derived(replace(NOTHING, calls=calls))
    seconds = document["seconds"]
    assert seconds["answer"] == [float(n) for n in range(FEW_TIMES)]
    assert seconds["talk"] == [10.0 + n for n in range(FEW_TIMES)]
    assert (seconds["wrap_up"], seconds["no_answer"]) == ([2.0] * FEW_TIMES, 25.0)
    assert "at_once" not in seconds
    assert "over at once last 0.3 to 4 s, because only 19 calls tell of it" in assumed
    enough, _ = derived(replace(NOTHING, calls=[*calls, call(Outcome.FAILED, over_s=1.0)]))
    assert enough["seconds"]["at_once"] == [1.0] * FEW_TIMES


def test_the_trunk_and_the_list_are_what_is_left_of_them() -> None:
    past = replace(
        NOTHING, stays=[stay(NINE, 2)], people=900, tried=1.6, lines=30, calls_per_second=5
    )
    document, _ = derived(past)
    assert document["trunk"] == {"lines": 30, "calls_per_second": 5}
    assert document["list"] == {"leads": 900, "tries": 2, "again_after": "180m"}
    shared, assumed = derived(replace(past, on_trunk=True))
    assert shared["trunk"]["lines"] == 29
    assert "29 of 30 lines are for calls" in assumed
    worn, _ = derived(replace(past, tried=9.0))
    assert worn["list"]["tries"] == 1


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=400))
def test_some_values_stand_for_many_with_the_same_mean(values: list[float]) -> None:
    found = condensed(values)
    assert len(found) <= 60
    assert found == sorted(found)
    assert min(values) - 0.01 <= found[0]
    assert found[-1] <= max(values) + 0.01
    if len(values) <= 60 or len(values) % 60 == 0:
        assert abs(sum(found) / len(found) - sum(values) / len(values)) < 0.01


# -- a floor that is derived from another one behaves as that did ---------------------------


class Watched(Progressive):
    """A pacer that writes down what a ledger would have."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[PastCall] = []
        self.stays: list[Stay] = []
        self._placed: dict[object, float] = {}
        self._answered: dict[object, tuple[float, float]] = {}
        self._talks: dict[object, tuple[object, float]] = {}
        self._since: dict[object, tuple[AgentState, float]] = {}
        self._over: dict[object, tuple[object, float, float]] = {}

    def observe(  # type: ignore[override]
        self, now: float, kind: str, call: Any = None, agent: Any = None, **words: Any
    ) -> None:
        super().observe(now, kind, call, agent, **words)
        match kind:
            case "placed":
                self._placed[call] = now
            case "live":
                self._answered[call] = (self._placed.pop(call), now)
            case "failed":
                self._end(Outcome.NO_ANSWER, self._placed.pop(call), None, now)
            case "abandoned":
                self._end(Outcome.ABANDONED, *self._answered.pop(call), now)
            case "connected":
                self._talks[agent] = (call, now)
                self._enter(agent, AgentState.TALKING, now)
            case "wrapup":
                talk, began = self._talks.pop(agent)
                self._over[agent] = (talk, began, now)
                self._enter(agent, AgentState.WRAP_UP, now)
            case "ready" | "away":
                if agent in self._over:
                    talk, began, ended = self._over.pop(agent)
                    times = {"talk_s": ended - began, "wrap_s": now - ended}
                    self._end(Outcome.CONNECTED, *self._answered.pop(talk), ended, **times)
                self._enter(agent, AgentState.READY if kind == "ready" else AgentState.PAUSED, now)

    def _end(
        self, outcome: Outcome, placed: float, answered: float | None, now: float, **times: float
    ) -> None:
        at_once = outcome is Outcome.NO_ANSWER and now - placed < 5
        self.calls.append(
            call(
                Outcome.BUSY if at_once else outcome,
                NINE + placed * SECOND,
                answer_s=None if answered is None else answered - placed,
                over_s=now - placed,
                **times,
            )
        )

    def _enter(self, agent: object, state: AgentState, now: float) -> None:
        before, since = self._since.get(agent, (None, now))
        if before is not None:
            begin = NINE + since * SECOND
            hours = (now - since) / 3600
            earlier = AgentState.TALKING if before is AgentState.PAUSED else None
            self.stays.append(stay(begin, hours, before, agent=agent, before=earlier))
        self._since[agent] = (state, now)


def test_a_floor_derived_from_a_floor_comes_to_the_same_figures() -> None:
    first = scenario_of(
        {
            "runs": 2,
            "mode": "progressive",  # in which no account of abandoned calls makes runs differ
            "shifts": [{"agents": 8, "hours": [["09:00", "12:00"]]}],
            "breaks": {"every": "1h", "seconds": {"least": 120, "most": 500}},
            "answers": {"person": {"09:00": 0.2, "11:00": 0.4}, "at_once": 0.3},
            "seconds": {"talk": {"median": 50, "spread": 2.0}, "answer": {"median": 8}},
        }
    )
    assert isinstance(first, Scenario)
    watched = Watched()
    Floor(first.habits, watched, seed=5).run()
    past = replace(NOTHING, calls=watched.calls, stays=watched.stays)
    document, _ = derive(campaign("progressive"), past, zone=UTC)
    second = scenario_of(document | {"runs": 2})
    assert isinstance(second, Scenario)
    assert second.most_agents == 8
    assert second.habits.breaks is not None
    known, found = (
        results_of(one, runs)
        for one, runs in zip((first, second), run_all([first, second]), strict=True)
    )
    for name, near in (("utilisation", 0.05), ("calls_per_hour", 0.12), ("wait_s", 0.2),
                       ("talk_min_per_agent_hour", 0.08)):  # fmt: skip
        one, other = known.figures[name], found.figures[name]
        assert one is not None
        assert other is not None
        assert abs(other.mean / one.mean - 1) < near, (name, one, other)
