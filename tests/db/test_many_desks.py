"""Sixty-four desks, a process each, and one base: nobody is ever given to two of them."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from campaigns.tables import agents, attempts, campaign_leads, claims
from leads.db import reading, writing
from tests.conftest import CHECKOUT
from tests.db import desks
from tests.db.people import NOON, definition, import_people, phone, started

HOUSEHOLDS = 200
"""Two people each, of one number: enough for all desks in every round, and not many more."""


@pytest.fixture
def seen(base: Engine, base_url: str, tmp_path: Path) -> dict[int, list[dict[str, Any]]]:
    """Let all desks ask, and return what each of them saw."""
    import_people(base, [(f"P{n}", phone(n // 2)) for n in range(2 * HOUSEHOLDS)])
    started(base, definition(mode="manual"))
    with writing(base) as connection:
        connection.execute(
            insert(agents),
            [
                {"name": name, "since": NOON}
                for name in ["warm", *map(desks.agent_of, range(desks.AGENTS))]
            ],
        )
    done = subprocess.run(
        [sys.executable, "-m", "tests.db.desks", base_url, str(tmp_path)],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=160,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {
        number: [*map(json.loads, (tmp_path / f"{number}.jsonl").read_text().splitlines())]
        for number in range(desks.DESKS)
    }


@pytest.mark.timeout(180)  # some 20 s where nothing else runs
def test_nobody_is_given_to_two(base: Engine, seen: dict[int, list[dict[str, Any]]]):
    steps = [step for of_one in seen.values() for step in of_one]
    assert [step for step in steps if step["what"] in {"failed", "nobody"}] == []
    staying = {f"agent_{n}" for n in range(desks.AGENTS)} - {*desks.LEAVING}
    for turn in range(desks.ROUNDS):
        held = [step for step in steps if step["what"] == "given" and step["round"] == turn]
        by_agent: dict[str, set[tuple[str, int, str]]] = defaultdict(set)
        for step in held:
            by_agent[step["agent"]].add((step["lease"], step["lead"], step["phone"]))
        # Asked from two desks at one instant, an agent has one person.
        assert all(len(one) == 1 for one in by_agent.values()), by_agent
        if turn != desks.LEAVES_IN:
            assert len(held) == desks.DESKS - (turn > desks.LEAVES_IN) * len(desks.LEAVING)
        assert by_agent.keys() >= staying
        # Whoever was taken from an agent who left may be another one's in the same round.
        stayed = [one for agent, some in by_agent.items() if agent in staying for one in some]
        assert len({lead for _, lead, _ in stayed}) == len(stayed) >= len(staying)
        assert len({number for _, _, number in stayed}) == len(stayed)
    free = [step for step in steps if step.get("round") == desks.ROUNDS]
    assert len([step for step in free if step["what"] == "given"]) == desks.TURNS * len(staying)
    _never_at_once(steps, "phone")
    _never_at_once(steps, "lead")
    with reading(base) as connection:
        assert connection.scalar(select(func.count()).select_from(claims)) == 0
        called = connection.scalars(select(attempts.c.lead_id)).all()
        assert len({*called}) == len(called) == desks.AGENTS
        working = select(func.count()).where(campaign_leads.c.state == "in_call")
        assert connection.scalar(working) == 0
    _who_left_gets_nobody(seen)


def _who_left_gets_nobody(seen: dict[int, list[dict[str, Any]]]) -> None:
    for number in range(desks.AGENTS):
        if desks.agent_of(number) in desks.LEAVING:
            later = [s for s in seen[number] if s.get("round", 0) > desks.LEAVES_IN]
            assert [step["what"] for step in later] == ["refused"] * len(later)
            assert len(later) == desks.ROUNDS - desks.LEAVES_IN - 1 + desks.TURNS


def _never_at_once(steps: list[dict[str, Any]], what: str) -> None:
    """Hold against one another the times for which each person or number was held for certain."""
    until = {step["lease"]: step["until_s"] for step in steps if "until_s" in step}
    spans: dict[object, set[tuple[float, float, str]]] = defaultdict(set)
    for step in steps:
        gone = step["agent"] in desks.LEAVING and step.get("round") == desks.LEAVES_IN
        if step["what"] == "given" and not gone:
            spans[step[what]].add((step["since_s"], until[step["lease"]], step["lease"]))
    overlaps = [
        (one, other)
        for some in spans.values()
        for one, other in pairwise(sorted(some))
        if other[0] < one[1] and one[2] != other[2]
    ]
    assert overlaps == []
    assert sum(len(some) for some in spans.values()) > desks.DESKS
