"""Three engines on one base, each with an Asterisk and agents of its own, and the death of one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from dialer.lab.lab import Lab, load_scenario
from dialer.lab.records import NetworkRecord
from tests.asterisk.conftest import HERE
from tests.asterisk.site import EngineProcess, Site

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

SETTLED_S = 30
"""Ten seconds without a heartbeat, and the way of a call that is still to end."""


class Branch(Site):
    """An engine of several on one base; the network is that of all of them."""

    labs: Sequence[Lab] = ()

    def network(self) -> list[NetworkRecord]:
        """Return the records of all networks of the people who were called."""
        ours = {one.phone for one in self.attempts()} | self.everybody
        found = [one for lab in self.labs for one in lab.records() if one.number in ours]
        return sorted(found, key=lambda one: one.started_at)


@pytest.fixture(scope="module")
def labs(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Lab]]:
    """Three Asterisks with a network each; their managers have the same password."""
    town = load_scenario(HERE / "town.toml")
    more = []
    try:
        for _ in range(2):
            folder = tmp_path_factory.mktemp("lab")
            more.append(Lab.up(folder, town, tell=print, secret=lab.secret))
        yield [lab, *more]
    finally:
        for one in more:
            one.remove()


@pytest.fixture
def branches(
    labs: list[Lab], tmp_path: Path, base_url: str, number: Callable[[str], str]
) -> Iterator[list[Branch]]:
    """Three installations on one base, whose common ledger must agree with all networks."""
    ours: list[Branch] = []
    for name, lab in zip(("oslo", "bergen", "tromso"), labs, strict=True):
        folder = tmp_path / name
        folder.mkdir()
        ours.append(Branch(lab, folder, base_url, number, engine=name))
        ours[-1].labs = labs
    with ExitStack() as stack:
        for branch in ours:
            stack.callback(branch.leave)
        for branch in ours:
            stack.callback(branch.end_processes)
        yield ours


def of(branch: Branch) -> list:
    """Return the attempts of one engine."""
    return [one for one in branch.attempts() if one.engine == branch.engine_name]


def open_calls(branch: Branch) -> list:
    """Return the attempts of one engine that have no end."""
    return [one for one in of(branch) if one.ended_at is None]


def test_three_engines_share_one_base_through_the_death_of_one(branches: list[Branch]):
    oslo, bergen, _ = branches
    people = oslo.people(*["66", "20", "75", "90", "40", "65", "30", "50", "05", "66"] * 5)
    oslo.broadcast()
    for branch in branches:
        branch.configure(max_calls=4, max_calls_per_second=4)
    first, second, third = (branch.engine("--until-done") for branch in branches)
    second.until(lambda: len(of(bergen)) >= 6 and len(open_calls(bergen)) >= 3)
    oslo.ringbank("dnc", "add", people[-1])
    assert people[-1] not in {one.phone for one in oslo.attempts()}, "nobody had come to them"
    second.kill()
    left = open_calls(bergen)
    assert left, "it died in the middle of calls"
    row = told_of(oslo, "bergen")
    assert (row["lives"], row["calls_open"]) == (False, len(left))

    for engine in (first, third):
        engine.finishes(60)
    found = oslo.attempts()
    assert {one.phone for one in found} == set(people[:-1]), "and to nobody who is suppressed"
    assert all(one.outcome not in (None, "unknown") for one in found)
    assert {one.engine for one in found} == {"oslo", "bergen", "tromso"}
    assert "What the engine bergen left is settled" in first.said + third.said
    assert not bergen.channels()
    twice = [one for one in people if sum(each.phone == one for each in found) > 1]
    assert all(one.endswith("20") for one in twice), "only busy ones are tried again"
    assert max(sum(each.phone == one for each in found) for one in people) == 2, "and once"


def test_a_talk_outlives_its_engine_and_another_one_brings_it_to_its_end(branches: list[Branch]):
    oslo, bergen, _ = branches
    surviving, person, lease = talk_stood_in_for(oslo, bergen)
    assert bergen.attempt(person).ended_at is None, "they talk on"
    bergen.result(lease)
    surviving.until(lambda: bergen.attempt(person).ended_at)
    call = bergen.attempt(person)
    assert (call.outcome, call.disposition) == ("connected", "completed")
    surviving.until(lambda: told_of(oslo, "bergen")["finished_by"] is None, SETTLED_S)
    # The engine of an agent is gone: another one takes them.
    oslo.ringbank("agents", "login", "anna")
    assert oslo.agent("anna").engine == "oslo"


def test_an_engine_that_comes_back_takes_its_calls_from_whoever_stands_in(branches: list[Branch]):
    oslo, bergen, _ = branches
    surviving, person, lease = talk_stood_in_for(oslo, bergen)
    back = bergen.engine()
    assert told_of(oslo, "bergen")["lives"]
    bergen.result(lease)
    back.until(lambda: bergen.attempt(person).outcome == "connected")
    surviving.interrupt()
    assert surviving.ends() == 130
    assert "Traceback" not in surviving.said


def test_what_was_left_at_an_asterisk_that_is_gone_is_given_up_by_hand(branches: list[Branch]):
    oslo, _, tromso = branches
    dying = tromso.engine()
    tromso.agent_ready("anna")
    (person,) = tromso.people("05")
    tromso.campaign("progressive")
    tromso.next("anna")
    refused = oslo.ringbank("engines", "give-up", "tromso", status=3)
    assert str(refused).startswith("ringbank: the engine 'tromso' runs")
    tromso.lab.kill("pbx")
    try:
        dying.kill()
        surviving = oslo.engine("--campaign", "calls")
        surviving.until(lambda: "cannot be settled from here" in surviving.said, SETTLED_S)
        assert tromso.attempt(person).ended_at is None
        told = oslo.ringbank("engines", "give-up", "tromso")
        assert told == {"engine": "tromso", "unknown": 1}
        assert tromso.attempt(person).outcome == "unknown"
        assert (oslo.agent("anna").state, oslo.agent("anna").engine) == ("out", None)
    finally:
        tromso.lab.start("pbx")


def talk_stood_in_for(oslo: Branch, bergen: Branch) -> tuple[EngineProcess, str, str]:
    """Have Bergen's engine die in a talk and Oslo's stand in; return that one, person and lease."""
    dying = bergen.engine()
    bergen.agent_ready("anna")
    (person,) = bergen.people("05")
    bergen.campaign("progressive")
    lease = bergen.next("anna")["lease"]
    surviving = oslo.engine("--campaign", "calls")
    dying.kill()
    surviving.until(lambda: told_of(oslo, "bergen")["finished_by"] == "oslo", SETTLED_S)
    return surviving, person, lease


def told_of(branch: Branch, name: str) -> dict:
    """Return what `ringbank status` tells of an engine."""
    return next(one for one in status(branch)["engines"] if one["name"] == name)


def status(branch: Branch) -> dict:
    """Return what `ringbank status` tells."""
    told = branch.ringbank("status")
    assert isinstance(told, dict)
    return told
