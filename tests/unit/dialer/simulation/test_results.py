"""What runs came to: figures with their spread, hours of the day, tables, JSON, pictures."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing import Pacer, Progressive, Ratio
from dialer.simulation import telling
from dialer.simulation.budgeted import Budgeted
from dialer.simulation.floor import Floor
from dialer.simulation.picture import Panel, picture
from dialer.simulation.results import Figure, clock_text, results_of
from dialer.simulation.run import HalfHour, Run
from dialer.simulation.runs import pacer_of, run_all, run_once
from dialer.simulation.scenario import Scenario, scenario_of
from dialer.simulation.writing import scenario_text
from tests.unit.dialer.witness import Witness

SMALL = {
    "runs": 2,
    "shifts": [{"agents": 3, "hours": [["09:00", "10:00"]]}],
    "answers": {"person": 0.4},
    "seconds": {"talk": 60},
}


def scenario(**more: object) -> Scenario:
    found = scenario_of(SMALL | more)
    assert isinstance(found, Scenario), found
    return found


def half(**facts: float) -> HalfHour:
    return HalfHour(**facts)  # type: ignore[arg-type]


QUIET = Run(
    half_hours=[half(calls=40, answers=10, in_s=5400, busy_s=2700, talk_s=1800), half(in_s=600)],
    idle_s=[10.0, 30.0],
    most_lines=6,
    left=70,
)
LIVELY = Run(
    half_hours=[
        half(calls=50, answers=29, abandoned=29, in_s=1800, busy_s=1800, talk_s=1800),
        half(calls=70, answers=30, abandoned=3, in_s=1800, busy_s=1350, talk_s=900),
    ],
    idle_s=[5.0],
    most_lines=9,
    exhausted_s=3000.0,
    left=0,
    held_back=40,
)


def test_each_figure_is_told_with_its_mean_and_its_ends() -> None:
    found = results_of(scenario(), [QUIET, LIVELY])
    assert found.figures["utilisation"] == Figure(mean=0.6625, low=0.45, high=0.875)
    assert found.figures["talk_min_per_agent_hour"] == Figure(mean=31.5, low=18.0, high=45.0)
    assert found.figures["wait_s"] == Figure(mean=12.5, low=5.0, high=20.0)
    assert found.figures["lines"] == Figure(mean=7.5, low=6.0, high=9.0)
    # An hour is reckoned from the half hours in which calls were placed, until the list was done.
    assert found.figures["calls_per_hour"] == Figure(mean=112.0, low=80.0, high=144.0)
    assert found.figures["calls_in_busiest_hour"] == Figure(mean=80.0, low=40.0, high=120.0)
    assert found.figures["people_left"] == Figure(mean=35.0, low=0.0, high=70.0)
    assert (found.exhausted_runs, found.runs, found.held_back) == (1, 2, 20)
    assert found.figures["exhausted_s"] == Figure(mean=3000.0, low=3000.0, high=3000.0)


def test_the_worst_half_hour_is_one_with_enough_answers() -> None:
    assert results_of(scenario(), [QUIET]).figures["abandoned_worst_half_hour"] is None
    # 29 of 29 were abandoned in the other one, which is too few answers to judge by.
    worst = results_of(scenario(), [LIVELY]).figures["abandoned_worst_half_hour"]
    assert worst == Figure(mean=0.1, low=0.1, high=0.1)


def test_nothing_is_divided_by_nothing() -> None:
    found = results_of(scenario(), [Run(half_hours=[HalfHour()])])
    assert [name for name, figure in found.figures.items() if figure is not None] == [
        "calls",
        "calls_in_busiest_hour",
        "answers",
        "lines",
        "resting_min",
    ]
    assert found.hours == ()


def test_hours_are_those_of_the_clock_and_the_mean_of_runs_and_days() -> None:
    halves = [HalfHour() for _ in range(50)]
    halves[1] = half(calls=30, answers=10, abandoned=1, in_s=3600, talk_s=1800)
    halves[48] = half(calls=10, answers=2, in_s=1800, talk_s=900)
    (hour,) = results_of(scenario(days=2), [Run(half_hours=halves)]).hours
    assert (hour.hour, hour.calls, hour.answers, hour.abandoned) == (9, 20.0, 6.0, 0.5)
    assert (hour.agents, hour.talking) == (0.75, 0.375)


@pytest.mark.parametrize(
    ("days", "second", "text"),
    [
        (1, 0.0, "09:00"),
        (1, 3599.9, "09:59"),
        (1, 3600.0, "10:00"),
        (2, 3600.0, "day 1, 10:00"),
        (2, 15 * 3600.0 - 1, "day 1, 23:59"),
        (2, 15 * 3600.0, "day 2, 00:00"),
    ],
)
def test_a_moment_of_the_model_is_told_as_the_floors_clock_shows_it(
    days: int, second: float, text: str
) -> None:
    assert clock_text(scenario(days=days), second) == text


def test_the_tables_say_it_in_words() -> None:
    tried = scenario(list={"leads": 100})
    found = results_of(tried, [QUIET, LIVELY])
    rows = {row[0]: row[1:] for row in telling.figure_rows(tried, found)}
    assert rows["agents busy, % of their time"] == ("66.2", "45.0", "87.5")
    assert rows["list done at"] == ("09:50", "09:50", "09:50")
    assert telling.staffing_row(3, tried, results_of(tried, [QUIET]))[-1] == "-"
    assert telling.remarks(tried, found) == [
        "the list was done in 1 of 2 runs; more agents, hours or days would get further",
        "the trunk did not take all calls that were wanted: more lines or calls a second would "
        "keep the agents busier",
    ]
    assert telling.remarks(scenario(), results_of(tried, [QUIET])) == []
    assert telling.mode_text(tried) == "predictive, at most 3 % abandoned"
    assert "one call for each free agent" in telling.mode_text(scenario(mode="progressive"))
    assert "2.5 calls for each" in telling.mode_text(scenario(mode="ratio", ratio=2.5))
    rests = results_of(tried, [replace(QUIET, resting_s=90.0)])
    remark = telling.resting_remark("agents", [(3, tried, found), (5, tried, rests)])
    assert remark is not None
    assert remark.startswith("agents 5: agents waited 2 minutes")
    assert telling.resting_remark("agents", [(3, tried, found)]) is None
    document = telling.document(tried, found)
    assert document["list_done_at"] == "09:50"
    assert document["figures"]["abandoned_worst_half_hour"] == {  # type: ignore[index]
        "mean": 0.1,
        "low": 0.1,
        "high": 0.1,
    }


def test_each_mode_is_played_by_the_engines_own_pacer() -> None:
    assert type(pacer_of(scenario())) is Pacer
    assert type(pacer_of(scenario(mode="progressive"))) is Progressive
    assert type(pacer_of(scenario(mode="ratio"))) is Ratio


def test_time_in_which_everybody_rests_is_told() -> None:
    tried = scenario(list={"leads": 30, "tries": 2, "again_after": "30m"})
    run = run_once((tried, 0))
    assert 600 < run.resting_s < 1800
    assert run_once((scenario(list={"leads": 30, "tries": 1}), 0)).resting_s == 0


def test_the_budget_holds_a_ratio_that_would_pass_the_limit() -> None:
    tried = scenario(
        mode="ratio", ratio=3, shifts=[{"agents": 5, "hours": [["09:00", "12:00"]]}], runs=1
    )
    kept = run_once((tried, 0))
    freely = Floor(tried.habits, Ratio(3.0), seed=1).run()
    # Those who were being called when it was spent may still find nobody.
    assert kept.total("abandoned") <= 0.03 * kept.total("answers") + 4
    assert freely.abandoned_share > 0.1


def test_the_budget_counts_whom_the_ledger_counts() -> None:
    pacer = Witness()
    floor = Budgeted(pacer, limit=0.03, soft_limit=0.02, slack=0.0)  # type: ignore[arg-type]
    assert pacer.budgets == [(0.0, 0.02, False)]
    floor.observe(0.0, "ready", agent=1)
    ends = {"talks": "connected", "waits": "abandoned", "hangs up": "left", "too": "abandoned"}
    for call, end in ends.items():
        for kind in ("placed", "live", end):
            floor.observe(0.0, kind, call=call, agent=1 if kind == "connected" else None)
    floor.observe(0.0, "placed", call="nobody")
    floor.observe(0.0, "failed", call="nobody")
    assert pacer.budgets[1:] == [
        (0.0, 0.02, False), (1 / 2, 0.02, False), (1 / 3, 0.02, False), (2 / 4, 0.02, True),
    ]  # fmt: skip


def test_the_same_seed_gives_the_same_runs_and_another_one_others() -> None:
    first, second = run_all([scenario(), scenario(seed=2)])
    assert run_once((scenario(), 1)) == first[1]
    assert first[1] == second[0]  # each run has the seed after that of the one before
    assert first[0] != first[1]
    assert first[0].total("answers") > 10


def test_further_processes_play_the_same_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[None] = []
    alone = run_all([scenario(runs=3)])
    monkeypatch.setattr("dialer.simulation.runs._WORTH_IT_S", 0.0)
    assert run_all([scenario(runs=3)], told=lambda: told.append(None)) == alone
    assert len(told) == 3


def test_a_list_that_takes_two_days_goes_on_on_the_second() -> None:
    tried = scenario(days=2, list={"leads": 400, "tries": 2, "again_after": "1m"})
    run = run_once((tried, 0))
    first_day = sum(one.calls for one in run.half_hours[:4])
    assert 0 < first_day < run.total("calls")
    assert sum(one.calls for one in run.half_hours[4:48]) == 0
    one_day = run_once(
        (replace(tried, habits=replace(tried.habits, shifts=tried.habits.shifts[:1])), 0)
    )
    assert run.left is not None
    assert one_day.left is not None
    assert run.left < one_day.left


# -- files ----------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
PLAIN = st.one_of(
    TEXTS, st.booleans(), st.integers(-9, 9**9), st.floats(-1e6, 1e6), st.lists(st.floats(0, 9))
)
TABLES = st.dictionaries(
    TEXTS, st.one_of(PLAIN, st.dictionaries(TEXTS, PLAIN, max_size=3)), max_size=4
)


@given(
    st.dictionaries(
        TEXTS, st.one_of(PLAIN, TABLES, st.lists(TABLES, min_size=1, max_size=3)), max_size=6
    )
)
def test_what_is_written_is_read_again_as_it_was(document: dict[str, object]) -> None:
    import tomllib

    assert tomllib.loads(scenario_text(document, ["Said above."])) == document


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=60),
    st.one_of(st.none(), st.floats(0, 100)),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=20),
)
def test_a_picture_keeps_within_its_edges(
    values: list[float | None], limit: float | None, title: str
) -> None:
    labels = [str(number) for number in range(len(values))]
    panels = [Panel(name="a < b", series=[("in", values), ("talking", values)], limit=limit)] * 2
    root = ET.fromstring(picture(title, "5 & 6", labels, panels))
    wide, tall = float(root.get("width", "0")), float(root.get("height", "0"))
    space = "{http://www.w3.org/2000/svg}"
    bars = [one for one in root.iter(f"{space}rect") if one.find(f"{space}title") is not None]
    assert len(bars) == 4 * sum(bool(value) for value in values)
    for bar in bars:
        x, y = float(bar.get("x", "-1")), float(bar.get("y", "-1"))
        assert x >= 0
        assert x + float(bar.get("width", "1e9")) <= wide
        assert y >= 0
        assert y + float(bar.get("height", "1e9")) <= tall
    for line in root.iter(f"{space}line"):
        assert 0 <= float(line.get("y1", "-1")) <= tall
    names = [one.text for one in root.iter(f"{space}text")]
    assert names.count("a < b") == 2
