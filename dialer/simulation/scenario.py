"""A scenario file: the floor that a manager wants to try, read into habits.

What a file leaves out has the value that `docs/simulate.md` names; the agents, who answers
and how long a talk lasts have to be told. Times of day are those of the floor, and second 0
of the model is the full hour in which its first shift begins.
"""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path

from campaigns.fields import Section, not_toml, shown
from campaigns.windows import read_windows
from dialer.simulation.habits import (
    Breaks,
    Course,
    Fixed,
    Habits,
    LogNormal,
    Seen,
    Shift,
    Spread,
    Uniform,
)
from dialer.simulation.staffing import most_of, scaled
from leads.problems import Problem

EXAMPLE = Path(__file__).with_name("example.toml")
"""The scenario that the documents show and that is tried where none is named."""

MODES = ("predictive", "progressive", "ratio")
HOUR_S, DAY_S = 3600, 86_400
MOST_RUNS, MOST_DAYS, MOST_AGENTS, MOST_LINES = 100, 31, 1000, 10_000
MOST_RATIO = 10
HIGHEST_LIMIT = 0.5
_LONGEST_S = 6 * HOUR_S
_WIDEST = 10
_A_MINUTE = 60
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_A_SPREAD = (
    "a number of seconds, a list of them, { median = 70, spread = 2.0 } or { least = 4, most = 8 }"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A floor to try, and how it is dialled.

    Attributes:
        mode: one of `MODES`.
        ratio: calls for each free agent, in the mode ratio.
        abandon_limit: the share of answers that may find nobody.
        soft_limit: the share to stay below, or None.
        connect_within_s: how long a person waits for an agent.
        begins_s: the time of day at second 0 of the model, in seconds.
        days: how often the day is played.
        runs: how many runs, each with other people.
        seed: of the first run; each of the others has the next.
        habits: how the floor behaves.
    """

    mode: str
    ratio: float
    abandon_limit: float
    soft_limit: float | None
    connect_within_s: float
    begins_s: int
    days: int
    runs: int
    seed: int
    habits: Habits

    @property
    def most_agents(self) -> int:
        """How many agents are in at most."""
        return most_of(self.habits.shifts)

    def with_agents(self, agents: int) -> "Scenario":
        """Return the same floor with so many agents at most, its shifts in proportion."""
        shifts = scaled(self.habits.shifts, agents)
        return replace(self, habits=replace(self.habits, shifts=shifts))


def read_scenario(text: str) -> dict[str, object] | tuple[Problem, ...]:
    """Return the document of a scenario file, or why it is none."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        return (not_toml(fault),)


def merged(under: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Return a document with the keys of another one put over it, table by table."""
    both = dict(under)
    for key, value in over.items():
        below = under.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            both[key] = below | value
        else:
            both[key] = value
    return both


def scenario_of(document: Mapping[str, object]) -> Scenario | tuple[Problem, ...]:
    """Return the scenario that a document describes, or everything that is wrong with it."""
    problems: list[Problem] = []
    scenario = _read(Section(document, problems))
    return tuple(problems) or scenario


def _read(root: Section) -> Scenario:
    mode = root.choice("mode", MODES, default=MODES[0])
    days = root.whole("days", 1, MOST_DAYS, default=1)
    limit = _number(root, "abandon_limit", HIGHEST_LIMIT, default=0.03)
    soft_limit = root.number("soft_limit", limit)
    shifts = _shifts(root)
    begins_s = int(min((one.begins_s for one in shifts), default=0)) // HOUR_S * HOUR_S
    answers, machines = root.section("answers"), root.section("machines")
    seconds, trunk, people = root.section("seconds"), root.section("trunk"), root.section("list")
    detect = machines.flag("detect")
    detection = read_spread(seconds, "detection", Uniform(0.5, 2.5))
    habits = Habits(
        shifts=tuple(_daily(shifts, begins_s, days)),
        answer_rate=_course(answers, begins_s, days),
        breaks=_breaks(root),
        machine_rate=machines.number("share", 1) or 0.0,
        at_once_rate=_number(answers, "at_once", 1, default=0.15),
        pickup=read_spread(seconds, "answer", LogNormal(9.0, math.log(1.5))),
        machine_pickup=read_spread(seconds, "machine_answer", Uniform(14.0, 22.0)),
        at_once=read_spread(seconds, "at_once", Uniform(0.3, 4.0)),
        ring_out_s=_number(seconds, "no_answer", 120, low=1, default=28.0),
        detection=detection if detect else None,
        machine_talk=read_spread(seconds, "machine_talk", Uniform(4.0, 8.0)),
        mistaken=machines.number("mistaken", 1) or 0.0,
        talk=read_spread(seconds, "talk", None),
        wrap_up=read_spread(seconds, "wrap_up", LogNormal(12.0, math.log(1.8))),
        leaves=answers.number("give_up", 1) or 0.0,
        lines=trunk.maybe_whole("lines", 1, MOST_LINES),
        calls_per_s=trunk.number("calls_per_second", 500, low=0.1),
        leads=people.maybe_whole("leads", 1, 100_000_000),
        tries=people.whole("tries", 1, 99, default=1),
        retry_s=people.rest("again_after").total_seconds()
        if people.has("again_after")
        else 4.0 * HOUR_S,
    )
    people.expect(["again_after"])
    _see_shares(answers, habits)
    scenario = Scenario(
        mode=mode,
        ratio=_number(root, "ratio", MOST_RATIO, low=1, default=2.0),
        abandon_limit=limit,
        soft_limit=soft_limit,
        connect_within_s=_number(root, "connect_within_s", 30, low=0.5, default=2.0),
        begins_s=begins_s,
        days=days,
        runs=root.whole("runs", 1, MOST_RUNS, default=5),
        seed=root.whole("seed", 0, 2**31, default=1),
        habits=habits,
    )
    root.close()
    return scenario


def _number(section: Section, key: str, high: float, *, default: float, low: float = 0) -> float:
    value = section.number(key, high, low=low)
    return default if value is None else value


# -- agents ---------------------------------------------------------------------------------


def _shifts(root: Section) -> list[Shift]:
    """Return the shifts of one day by the time of day; a gap in their hours is a break."""
    sections = root.sections("shifts")
    if not sections and not isinstance(root.held("shifts"), list | dict):
        root.refuse("shifts", "is missing; when are how many agents in?")
    shifts: list[Shift] = []
    for section in sections:
        agents = section.whole("agents", 1, MOST_AGENTS)
        windows = read_windows(section, "hours")
        if windows == ():
            section.refuse("hours", 'is missing; write: hours = [["09:00", "17:00"]]')
        for begins, ends in windows or ():
            until_s = _second(ends) or DAY_S
            shifts.append(Shift(agents=agents, begins_s=_second(begins), ends_s=until_s))
    if most_of(shifts) > MOST_AGENTS:
        root.refuse("shifts", f"may have {MOST_AGENTS} agents in at a time, and no more")
    return shifts


def _second(at: time) -> float:
    return float(at.hour * HOUR_S + at.minute * _A_MINUTE)


def _daily(shifts: Sequence[Shift], begins_s: int, days: int) -> Iterator[Shift]:
    for day in range(days):
        at = day * DAY_S - begins_s
        for one in shifts:
            yield Shift(agents=one.agents, begins_s=one.begins_s + at, ends_s=one.ends_s + at)


def _breaks(root: Section) -> Breaks | None:
    section = root.section("breaks")
    if not root.has("breaks"):
        return None
    return Breaks(
        every_s=section.rest("every").total_seconds(),
        length=read_spread(section, "seconds", Uniform(120.0, 900.0)),
    )


# -- people ---------------------------------------------------------------------------------


def _course(answers: Section, begins_s: int, days: int) -> Course:
    """Return who answers, in the time of the model: one share, or one from each time on."""
    if not isinstance(answers.held("person"), dict):
        share = answers.value("person", int | float, "a share, or a table of them", required=True)
        if isinstance(share, int | float):
            return Course.steady(answers.number("person", 1) or 0.0)
        return Course.steady(0.0)
    table = answers.section("person")
    steps: list[tuple[float, float]] = []
    for key in table.names():
        clock = _CLOCK.fullmatch(key)
        share = table.number(key, 1)
        if clock is None:
            table.refuse(key, 'must be a time of day like "09:00"')
        elif share is not None:
            steps.append((_second(time(int(clock[1]), int(clock[2]))), share))
    if not table.names():
        table.refuse_whole('is empty; write: "09:00" = 0.2')
    if not steps:
        return Course.steady(0.0)
    steps.sort()
    if steps[0][0] > begins_s:  # before the first time that is named it is as then
        steps.insert(0, (float(begins_s), steps[0][1]))
    placed = [
        (max(0.0, day * DAY_S + second - begins_s), share)
        for day in range(days)
        for second, share in steps
    ]
    return Course(tuple(placed))


def _see_shares(answers: Section, habits: Habits) -> None:
    most = max(share for _, share in habits.answer_rate.steps)
    if most + habits.machine_rate > 1.0:
        answers.refuse("person", f"and machines.share are {most + habits.machine_rate:g} together")


# -- what lasts -----------------------------------------------------------------------------


def read_spread(section: Section, key: str, default: Spread | None) -> Spread:
    """Return how long something lasts; without a default the key is required."""
    value = section.value(key, int | float | list | dict, _A_SPREAD, required=default is None)
    if isinstance(value, dict):
        return _spread_table(section.section(key))
    if isinstance(value, list):
        seen = [one for one in value if _is_length(one)]
        if not value or len(seen) < len(value):
            wrong = next((one for one in value if not _is_length(one)), None)
            why = f"holds {shown(wrong)}" if value else "is empty"
            section.refuse(key, f"{why}; it must be seconds from 0 to {_LONGEST_S}")
        return Seen(tuple(map(float, seen)) or (0.0,))
    if isinstance(value, int | float):
        return Fixed(_number(section, key, _LONGEST_S, default=0.0))
    return default or Fixed(0.0)


def _spread_table(table: Section) -> Spread:
    if table.has("least") or table.has("most"):
        table.expect(["least", "most"])
        least, most = (_needed(table, key) for key in ("least", "most"))
        if table.has("most") and least > most:
            table.refuse("least", f"is more than most, {most:g}")
        return Uniform(least, most)
    table.expect(["median", "spread"])
    median = _needed(table, "median", low=0.001)
    spread = _number(table, "spread", _WIDEST, low=1, default=1.5)
    return LogNormal(median, math.log(spread))


def _needed(table: Section, key: str, *, low: float = 0) -> float:
    if not table.has(key):
        table.refuse(key, "is missing")
    return _number(table, key, _LONGEST_S, low=low, default=low)


def _is_length(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= float(value) <= _LONGEST_S  # type: ignore[arg-type]
