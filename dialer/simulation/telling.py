"""Results as cells of a table, as JSON, and as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from dialer.simulation.picture import Panel, picture
from dialer.simulation.results import Figure, Results, clock_text
from dialer.simulation.scenario import Scenario

_NOTHING = "-"
_SHOWN: Mapping[str, str] = {
    "utilisation": "agents busy, % of their time",
    "talk_min_per_agent_hour": "talk, minutes of an agent's hour",
    "wait_s": "wait between two calls, s",
    "abandoned": "abandoned, % of answers",
    "abandoned_worst_half_hour": "abandoned in the worst half hour, %",
    "calls_per_hour": "calls in an hour",
    "calls_in_busiest_hour": "calls in the busiest hour",
    "lines": "trunk lines in use at most",
    "calls": "calls in all",
    "answers": "answers in all",
    "people_left": "people left on the list",
    "resting_min": "minutes in which all of them rested",
    "exhausted_s": "list done at",
}
"""Figure -> its words in the table, in the table's order."""

_IN_PERCENT = frozenset({"utilisation", "abandoned", "abandoned_worst_half_hour"})
_ONE_PLACE = frozenset({"talk_min_per_agent_hour", "wait_s"})

FIGURE_COLUMNS = ("figure", "mean", "lowest", "highest")
HOUR_COLUMNS = ("hour", "agents", "talking", "calls", "answers", "abandoned")
STAFFING_COLUMNS = (
    "busy %",
    "talk min",
    "wait s",
    "aband. %",
    "worst %",
    "calls/h",
    "lines",
    "list done",
)
_STAFFING = (
    "utilisation",
    "talk_min_per_agent_hour",
    "wait_s",
    "abandoned",
    "abandoned_worst_half_hour",
    "calls_per_hour",
    "lines",
    "exhausted_s",
)


def mode_text(scenario: Scenario) -> str:
    """Say how is dialled, and by which of the engine's pacers."""
    limit = f"at most {100 * scenario.abandon_limit:g} % abandoned"
    match scenario.mode:
        case "progressive":
            return "progressive: one call for each free agent"
        case "ratio":
            return f"ratio: {scenario.ratio:g} calls for each free agent, {limit}"
        case _:
            return f"predictive, {limit}"


def figure_rows(scenario: Scenario, results: Results) -> list[tuple[str, str, str, str]]:
    """Return the rows of the table of one scenario."""
    return [
        (
            words,
            _cell(scenario, name, figure, "mean"),
            _cell(scenario, name, figure, "low"),
            _cell(scenario, name, figure, "high"),
        )
        for name, words in _SHOWN.items()
        if (figure := results.figures[name]) is not None
        and (name != "resting_min" or scenario.habits.leads is not None)
    ]


def hour_rows(results: Results) -> list[tuple[str, ...]]:
    """Return a row for each hour of the day."""
    return [
        (
            f"{one.hour:02}:00",
            f"{one.agents:.1f}",
            f"{one.talking:.1f}",
            f"{one.calls:.0f}",
            f"{one.answers:.0f}",
            f"{one.abandoned:.1f}",
        )
        for one in results.hours
    ]


def staffing_row(value: float, scenario: Scenario, results: Results) -> tuple[str, ...]:
    """Return the row of the staffing table of one of the values that are varied."""
    cells = [_cell(scenario, name, results.figures[name], "mean") for name in _STAFFING]
    return (f"{value:g}", *cells)


def _cell(scenario: Scenario, name: str, figure: Figure | None, which: str) -> str:
    if figure is None:
        return _NOTHING
    value: float = getattr(figure, which)
    if name == "exhausted_s":
        return clock_text(scenario, value)
    if name in _IN_PERCENT:
        return f"{100 * value:.1f}"
    return f"{value:.1f}" if name in _ONE_PLACE else f"{value:,.0f}"


def remarks(scenario: Scenario, results: Results) -> list[str]:
    """Return what has to be known to read the figures."""
    said: list[str] = []
    if scenario.habits.leads is not None and results.exhausted_runs < results.runs:
        said.append(
            f"the list was done in {results.exhausted_runs} of {results.runs} runs; "
            "more agents, hours or days would get further"
        )
    calls = results.figures["calls"]
    if calls is not None and results.held_back > max(1.0, 0.01 * calls.mean):
        said.append(
            "the trunk did not take all calls that were wanted: more lines or calls a second "
            "would keep the agents busier"
        )
    return said


def resting_remark(name: str, tried: Sequence[tuple[float, Scenario, Results]]) -> str | None:
    """Return what keeps a larger floor from being busier, where it is the list."""
    rested = [
        (value, figure.mean)
        for value, _, results in tried
        if (figure := results.figures["resting_min"]) is not None and figure.mean >= 1.0
    ]
    if not rested:
        return None
    values = ", ".join(f"{value:g}" for value, _ in rested)
    minutes = ", ".join(f"{mean:.0f}" for _, mean in rested)
    return (
        f"{name} {values}: agents waited {minutes} minutes while everybody on the list rested until "
        "their next try; more people or shorter rests would keep them busy"
    )


# -- JSON -----------------------------------------------------------------------------------


def document(scenario: Scenario, results: Results) -> dict[str, object]:
    """Return results as JSON shows them: shares from 0 to 1, times in seconds of the model."""
    exhausted = results.figures["exhausted_s"]
    return {
        "figures": {
            name: None if figure is None else asdict(figure)
            for name, figure in results.figures.items()
        },
        "list_done_at": None if exhausted is None else clock_text(scenario, exhausted.mean),
        "list_done_in_runs": results.exhausted_runs,
        "calls_held_back": results.held_back,
        "hours": [asdict(one) for one in results.hours],
    }


# -- pictures -------------------------------------------------------------------------------


def day_picture(title: str, scenario: Scenario, results: Results) -> str:
    """Return a picture of the day: agents, calls and abandoned answers by hour."""
    hours = results.hours
    panels = [
        Panel(
            name="agents",
            series=[
                ("in", [one.agents for one in hours]),
                ("talking", [one.talking for one in hours]),
            ],
        ),
        Panel(
            name="calls",
            series=[
                ("placed", [one.calls for one in hours]),
                ("answered", [one.answers for one in hours]),
            ],
        ),
        Panel(
            name="abandoned, % of answers (broken line: the limit of the whole day)",
            series=[
                (
                    "abandoned",
                    [100 * one.abandoned / one.answers if one.answers else None for one in hours],
                )
            ],
            limit=100 * scenario.abandon_limit,
        ),
    ]
    busy, abandoned = results.figures["utilisation"], results.figures["abandoned"]
    said = [mode_text(scenario), f"mean of {results.runs} runs"]
    if busy is not None:
        said.append(f"agents busy {100 * busy.mean:.0f} %")
    if abandoned is not None:
        said.append(f"abandoned {100 * abandoned.mean:.1f} %")
    return picture(title, "; ".join(said), [f"{one.hour:02}" for one in hours], panels)


def staffing_picture(
    title: str, name: str, tried: Sequence[tuple[float, Scenario, Results]]
) -> str:
    """Return a picture of what each value of something comes to."""
    scenario = tried[0][1]

    def means(figure: str, factor: float = 1.0) -> list[float | None]:
        found = [results.figures[figure] for _, _, results in tried]
        return [None if one is None else factor * one.mean for one in found]

    panels = [
        Panel(name="agents busy, % of their time", series=[("busy", means("utilisation", 100))]),
        Panel(
            name="abandoned, % of answers (broken line: the limit)",
            series=[("abandoned", means("abandoned", 100))],
            limit=100 * scenario.abandon_limit,
        ),
        Panel(name="wait between two calls, s", series=[("wait", means("wait_s"))]),
        Panel(name="trunk lines in use at most", series=[("lines", means("lines"))]),
    ]
    runs = tried[0][2].runs
    said = f"{mode_text(scenario)}; mean of {runs} runs; by {name.replace('_', ' ')}"
    return picture(title, said, [f"{value:g}" for value, _, _ in tried], panels)
