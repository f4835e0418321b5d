"""Supervision where it meets preview, hostile people, transfers and engines that die."""

import subprocess
import sys

import pytest
from sqlalchemy import select

from campaigns.desk_tables import recordings, supervisions
from campaigns.tables import claims
from dialer.lab.lab import Lab
from tests.asterisk.site import Site, name_of
from tests.asterisk.test_preview import PREVIEW
from tests.asterisk.test_progressive import PROGRESSIVE
from tests.faults.processes import asterisk_killed
from tests.waiting import until

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


def leave(site: Site, engine) -> None:
    """Have whoever still talks hang up, and end the engine."""
    site.lab.pbx.cli("channel request hangup all")
    engine.until(lambda: all(one.ended_at for one in site.attempts()))
    engine.interrupt()
    assert engine.ends() == 130


def in_preview(site: Site):
    """Anna has the first of two people on the line, whom she had called; Bo is a supervisor."""
    people = site.people("16", "00")
    site.campaign("preview", PREVIEW)
    engine = site.engine()
    site.agent_in("anna")
    site.supervisor("bo")
    lease = site.next("anna")["lease"]
    assert site.ringbank("dial", lease, "--wait", "15")["state"] == "talking"
    return engine, people, lease


def test_whoever_had_called_a_person_that_is_taken_over_chooses_the_next(site: Site):
    engine, (called, other), lease = in_preview(site)
    site.ringbank("supervise", "take", "anna", "--by", "bo")
    bo, anna = site.agent("bo"), site.agent("anna")
    assert (bo.state, anna.state) == ("talking", "preview")
    (claim,) = site.read(select(claims))
    assert (claim.lease, claim.agent_id) == (lease, bo.id)
    assert site.attempt(called).agent_id == bo.id

    # Another engine finds the one with Bo and leaves Anna to her choice.
    engine.kill()
    engine = site.engine()
    person = site.next("anna")
    assert person["lead"]["name"] == name_of(other)
    assert site.ringbank("dial", person["lease"], "--wait", "15")["state"] == "talking"
    assert site.attempt(called).ended_at is None
    site.result(lease)
    engine.until(lambda: site.attempt(called).ended_at)
    engine.until(lambda: site.agent("bo").state == "out")
    assert site.agent("anna").state == "talking", "Bo's result is not hers"
    site.result(person["lease"])
    engine.until(lambda: site.agent("anna").state == "preview")
    assert [one.disposition for one in site.attempts()] == ["completed"] * 2
    assert site.read(select(claims)) == []
    leave(site, engine)


def test_a_supervisor_who_listens_has_nobody_called_into_an_empty_room(site: Site):
    engine, (_, other), _ = in_preview(site)
    site.ringbank("agents", "login", "bo")
    site.ringbank("supervise", "listen", "anna", "--by", "bo")
    lease = site.next("bo")["lease"]
    said = site.ringbank("dial", lease, status=1)
    assert "ringbank supervise end --by bo" in said
    assert other not in {one.phone for one in site.attempts()}
    site.ringbank("supervise", "end", "--by", "bo")
    engine.until(lambda: site.agent("bo").state == "preview")
    assert site.ringbank("dial", lease, "--wait", "15")["state"] == "talking"
    assert {one.outcome for one in site.attempts()} == {None}, "two talks, and nobody left alone"
    leave(site, engine)


def in_a_talk(site: Site, settings: str = ""):
    """Anna talks to a person; Bo is a supervisor."""
    (called,) = site.people("16")
    site.campaign("progressive", PROGRESSIVE + settings)
    engine = site.engine()
    site.agent_ready("anna")
    site.supervisor("bo")
    return engine, called, site.next("anna")["lease"]


def test_a_hostile_person_is_sent_off_while_a_supervisor_is_in_the_talk(site: Site):
    engine, called, lease = in_a_talk(site, '\n[recording]\nkeep = "90d"')
    site.ringbank("supervise", "join", "anna", "--by", "bo")
    site.result(lease, "hostile")
    engine.until(lambda: site.attempt(called).ended_at)
    engine.until(lambda: site.agent("anna").state == "paused")
    engine.until(lambda: len(site.channels()) == 1)
    assert (site.agent("anna").pause, site.agent("bo").state) == ("hostile", "out")
    attempt = site.attempt(called)
    assert (attempt.outcome, attempt.disposition_kind) == ("connected", "hostile")
    engine.until(lambda: site.read(select(recordings))[0].bytes)
    assert all(row.ended_at for row in site.read(select(supervisions)))
    leave(site, engine)


def begun(site: Site, *words: str) -> "subprocess.Popen[bytes]":
    """Begin a command that waits for a telephone."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "--config", str(site.config), *words],
        cwd=site.folder,
        env=site.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def moving(site: Site, number: str) -> "subprocess.Popen[bytes]":
    """Begin to move Anna's person to a number; return once that is being called."""
    process = begun(site, "supervise", "move", "anna", "--to", number, "--by", "bo")
    dialling = "s@ringbank-transfer"
    until(lambda: dialling in site.lab.pbx.cli("core show channels").stdout, 15)
    return process


def _is_answered(site: Site) -> bool:
    """Tell whether the number that a person is moved to is on the line with them."""
    lines = site.lab.pbx.cli("core show channels concise").stdout.splitlines()
    return any("!ringbank-transfer!" in line and line.split("!")[12] for line in lines)


def test_a_result_on_the_way_to_another_number_waits_for_it(site: Site, number):
    engine, called, lease = in_a_talk(site)
    process = moving(site, number("91"))
    site.result(lease)
    assert site.attempt(called).ended_at is None
    assert process.wait(20) == 0
    engine.until(lambda: site.agent("anna").state == "ready")
    assert site.attempt(called).ended_at is None, "they talk to the other number"
    assert [one.agent_id for one in site.read(select(claims))] == [None]
    leave(site, engine)
    assert site.attempt(called).disposition == "completed"


def test_an_engine_that_comes_back_sees_that_the_other_number_has_answered(site: Site, number):
    engine, called, lease = in_a_talk(site)
    process = moving(site, number("91"))
    engine.kill()
    until(lambda: _is_answered(site), 15)
    engine = site.engine()
    engine.until(lambda: site.agent("anna").state == "wrap_up")
    process.kill()
    process.wait(10)
    site.result(lease)
    engine.until(lambda: site.agent("anna").state == "ready")
    assert site.attempt(called).ended_at is None, "her result does not end their talk"
    leave(site, engine)


def test_nobody_waits_for_a_telephone_when_asterisk_has_died(site: Site, lab: Lab):
    engine = site.engine()
    site.add_agent("anna", "30")
    process = begun(site, "agents", "login", "anna")
    engine.until(lambda: site.agent("anna").state == "calling")
    with asterisk_killed(lab):
        assert process.wait(12) == 1, "not after the telephone's thirty seconds"
        assert "cannot be reached" in site.ringbank("agents", "login", "anna", status=1)
    engine.until(lambda: site.agent("anna").state == "out")
    leave(site, engine)
