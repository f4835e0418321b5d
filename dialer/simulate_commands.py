"""``ringbank simulate``: the pacers of the engine on a floor that only exists on paper."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leads.console import Console
from leads.errors import RingbankError, UsageError

if TYPE_CHECKING:
    from dialer.simulation.results import Results
    from dialer.simulation.scenario import Scenario
    from dialer.simulation.varying import Varied

_PICTURE = ".svg"


def simulate(
    ctx: typer.Context,
    scenario: Annotated[
        Path | None, typer.Argument(help="A scenario file; what it says goes before a campaign.")
    ] = None,
    from_campaign: Annotated[
        str | None, typer.Option(help="Take the floor from what this campaign's ledger has.")
    ] = None,
    vary: Annotated[
        str | None,
        typer.Option(
            help="agents, answer_rate, ratio or lines with several values: agents=5..40:5"
        ),
    ] = None,
    mode: Annotated[str | None, typer.Option(help="predictive, progressive or ratio.")] = None,
    runs: Annotated[
        int | None, typer.Option(help="How many runs, each with other people, 1 to 100.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same runs.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw it: FILE.svg.")] = None,
    write: Annotated[
        Path | None, typer.Option(help="Save the scenario that was tried, as a new file.")
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Print a scenario file to begin with; nothing else.")
    ] = False,
) -> None:
    """Try a floor before it opens: the engine's own pacing on modelled agents and people.

    Tells how busy agents are, how long they wait, how many people find nobody, when the list is
    done and which trunk lines that takes. Without a scenario and a campaign it tries the one that
    --example prints.

    Example: ringbank simulate --vary agents=4..12:4 --runs 2
    """
    console: Console = ctx.obj
    if example:
        from dialer.simulation.scenario import EXAMPLE

        text = EXAMPLE.read_text(encoding="utf-8").rstrip()
        if console.json:
            console.document({"scenario": text})
        else:
            console.line(text)
        return
    for file in filter(None, (picture, write)):
        _see_file(file)
    if picture is not None and picture.suffix.lower() != _PICTURE:
        raise UsageError(f"a picture is drawn as SVG; write: --picture {picture.stem}{_PICTURE}")
    if write is not None and write.exists():
        raise UsageError(f"{write} is there already; name a new file with --write")
    given = {"mode": mode, "runs": runs, "seed": seed}
    document, assumed = _document(console, scenario, from_campaign, given)
    tried, varied = _tried(document, vary)
    if write is not None:
        _save(write, _written(document, from_campaign, assumed))
        console.say(f"the scenario is in {write}")
    for sentence in assumed:
        console.say(f"assumed: {sentence}")
    title = f"{from_campaign or (scenario.stem if scenario else 'the example')}"
    if varied is None:
        results = _play(console, [tried])[0]
        _tell_one(console, tried, results, assumed, picture, title)
    else:
        found = _play(console, [one for _, one in varied[1]])
        _tell_varied(console, varied, found, assumed, picture, title)


# -- what is tried --------------------------------------------------------------------------


def _document(
    console: Console, file: Path | None, campaign: str | None, given: dict[str, Any]
) -> tuple[dict[str, object], list[str]]:
    """Return the document that is tried, and what was assumed where the ledger knew nothing."""
    from dialer.simulation.scenario import EXAMPLE, merged

    document: dict[str, object] = {}
    assumed: list[str] = []
    if campaign is not None:
        from dialer.simulation.ledger import from_ledger

        document, assumed = from_ledger(console, campaign)
    elif file is None:
        file = EXAMPLE
        console.say(
            "no scenario is named: this is the one that `ringbank simulate --example` prints"
        )
    if file is not None:
        document = merged(document, _read(file))
    return document | {key: value for key, value in given.items() if value is not None}, assumed


def _read(file: Path) -> dict[str, object]:
    from dialer.simulation.scenario import read_scenario
    from leads.problems import usable

    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the scenario {file} cannot be read ({error.strerror}); "
            f"for one to begin with: ringbank simulate --example > {file.name}"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the scenario {file} is not UTF-8; save it as UTF-8") from error
    return usable(f"the scenario {file} cannot be used", read_scenario(text))


def _tried(document: dict[str, object], vary: str | None) -> "tuple[Scenario, Varied | None]":
    from dialer.simulation import varying
    from dialer.simulation.scenario import scenario_of
    from leads.problems import Problem, usable

    scenario = usable("the scenario cannot be used", scenario_of(document))
    if vary is None:
        return scenario, None
    varied = varying.vary(scenario, vary)
    if isinstance(varied, Problem):
        raise UsageError(str(varied))
    return scenario, varied


def _written(document: dict[str, object], campaign: str | None, assumed: list[str]) -> str:
    from dialer.simulation.writing import scenario_text

    comments = [f"From the ledger of the campaign {campaign}."] if campaign else []
    return scenario_text(document, [*comments, *(f"Assumed: {one}" for one in assumed)])


def _see_file(file: Path) -> None:
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}; make it, or name another file")


def _save(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RingbankError(
            f"{file} cannot be written ({error.strerror}); name another file"
        ) from error


# -- what comes of it -----------------------------------------------------------------------


def _play(console: Console, scenarios: "list[Scenario]") -> "list[Results]":
    from dialer.simulation.results import results_of
    from dialer.simulation.runs import run_all

    with console.progress() as bar:
        task = bar.add_task("playing", total=sum(one.runs for one in scenarios))
        played = run_all(scenarios, told=lambda: bar.advance(task))
    return [results_of(one, runs) for one, runs in zip(scenarios, played, strict=True)]


def _tell_one(
    console: Console,
    scenario: "Scenario",
    results: "Results",
    assumed: list[str],
    picture: Path | None,
    title: str,
) -> None:
    from dialer.simulation import telling

    if picture is not None:
        _save(picture, telling.day_picture(title, scenario, results))
        console.say(f"the picture is in {picture}")
    if console.json:
        console.document(_head(scenario, assumed) | telling.document(scenario, results))
        return
    console.say(f"{title}: {telling.mode_text(scenario)}; {_runs_text(scenario)}")
    console.rows(telling.FIGURE_COLUMNS, telling.figure_rows(scenario, results))
    console.line("")
    console.rows(telling.HOUR_COLUMNS, telling.hour_rows(results))
    for sentence in telling.remarks(scenario, results):
        console.say(sentence)


def _tell_varied(
    console: Console,
    varied: "Varied",
    found: "list[Results]",
    assumed: list[str],
    picture: Path | None,
    title: str,
) -> None:
    from dialer.simulation import telling

    name, scenarios = varied
    tried = [(value, one, got) for (value, one), got in zip(scenarios, found, strict=True)]
    first = tried[0][1]
    if picture is not None:
        _save(picture, telling.staffing_picture(title, name, tried))
        console.say(f"the picture is in {picture}")
    if console.json:
        rows = [{name: value} | telling.document(one, got) for value, one, got in tried]
        console.document(_head(first, assumed) | {"vary": name, "rows": rows})
        return
    console.say(f"{title}: {telling.mode_text(first)}; {_runs_text(first)}")
    console.rows(
        (name, *telling.STAFFING_COLUMNS),
        [telling.staffing_row(value, one, got) for value, one, got in tried],
    )
    if remark := telling.resting_remark(name, tried):
        console.say(remark)


def _head(scenario: "Scenario", assumed: list[str]) -> dict[str, object]:
    from dialer.simulation.runs import pacer_of

    return {
        "mode": scenario.mode,
        "pacer": type(pacer_of(scenario)).__name__,
        "abandon_limit": scenario.abandon_limit,
        "days": scenario.days,
        "runs": scenario.runs,
        "seed": scenario.seed,
        "assumed": assumed,
    }


def _runs_text(scenario: "Scenario") -> str:
    runs = "1 run" if scenario.runs == 1 else f"{scenario.runs} runs"
    days = "a day" if scenario.days == 1 else f"{scenario.days} days"
    return f"{runs} of {days}, seed {scenario.seed}"
