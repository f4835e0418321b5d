"""The modelled floor and the real one: the same people, agents and pacing, the same figures."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.lab.lab import Lab, load_scenario
from dialer.simulation.habits import Course
from leads.db import connect
from tests.asterisk.agreement import TOWN, compared, habits, modelled, prepare, seen, work
from tests.asterisk.crowd import ENGINE
from tests.asterisk.site import Site

AGENTS, SECONDS = 10, 25


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("mode", "prefix"), [("progressive", "+4722"), ("predictive", "+4724")])
def test_the_model_agrees_with_the_lab(
    lab: Lab, tmp_path: Path, base_url: str, number: Callable[[str], str], mode: str, prefix: str
):
    # In so short a time some thirty talks are held: the figures of one time differ from those
    # of the next by a tenth. Allowed are four standard deviations of that, which the model's
    # own runs show, and three per cent for signalling and commits, which only the lab has.
    site = Site(lab, tmp_path, base_url, number, engine=ENGINE)
    site.configure(max_calls=200, max_calls_per_second=50)
    base = connect(base_url)
    try:
        prepare(base, tmp_path, mode=mode, agents_there=AGENTS, people=2000, prefix=prefix)
        engine = site.engine()
        begin, gone = work(base, SECONDS)
        engine.until(lambda: all(one.ended_at for one in site.attempts()))
        engine.interrupt()
        assert engine.ends() == 130
        found = seen(base, begin, gone)
    finally:
        base.dispose()
        site.leave()
    lasted_s = (gone - begin).total_seconds()
    floor = habits(load_scenario(TOWN), agents_there=AGENTS, seconds=lasted_s)
    rows = compared(found, modelled(floor, mode))
    print(*rows, sep="\n")
    assert found.talks > AGENTS
    assert [row for row in rows if not row.agrees] == []
    # A floor on which other people live is told from this one.
    for rate in (0.12, 0.7):
        others = replace(floor, answer_rate=Course.steady(rate))
        rows = compared(found, modelled(others, mode))
        assert [row.name for row in rows if not row.agrees] != [], rate
