"""The lab itself: two beside one another, crashes, records, and nothing left behind."""

import json
import os
import sqlite3
import stat
import time
import tomllib
from pathlib import Path

import pytest

from dialer.lab.lab import Lab, LabError, load_scenario
from tests.waiting import until

TOWN = Path(__file__).with_name("town.toml")


@pytest.fixture
def other(tmp_path):
    running = Lab.up(tmp_path / "other", load_scenario(TOWN), tell=print)
    yield running
    running.remove()


def record_of(lab, number):
    found = []
    until(lambda: found.extend(one for one in lab.records() if one.number == number) or found)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("ending", "facts"),
    [
        ("20", ("busy", 17, "BUSY")),
        ("40", ("dead", 1, "NO ANSWER")),
        ("50", ("congested", 34, "CONGESTION")),
        ("65", ("hangs_up", 16, "ANSWERED")),
    ],
)
def test_the_carrier_records_each_call_once(lab, link, number, ending, facts):
    called = number(ending)
    link.hangup(link.originate(called))
    record = record_of(lab, called)
    assert (record.kind, record.cause, record.disposition) == facts
    assert (record.answered_at is not None) == (record.disposition == "ANSWERED")
    assert record.caller == "+4721000000"


def test_the_carrier_and_the_pbx_agree_on_an_answered_call(lab, link, number):
    called = number("66")
    attempt = link.originate(called, variables={"RINGBANK_CONNECT_S": "9"})
    link.hangup(attempt)
    mark, record = link.marks()[attempt], record_of(lab, called)
    assert record.answered_at is not None
    assert abs(record.answered_at.timestamp() - float(mark["answered"])) < 0.2
    assert abs(record.ended_at.timestamp() - float(mark["ended"])) < 0.2
    assert 2.3 < (record.ended_at - record.answered_at).total_seconds() < 3.5


def test_the_carrier_records_a_call_that_rang_out(lab, link, number):
    called = number("31")
    link.hangup(link.originate(called, ring_ms=500))
    record = record_of(lab, called)
    assert (record.kind, record.answered_at) == ("rings", None)
    assert 0.3 < (record.ended_at - record.started_at).total_seconds() < 2


def test_a_busy_person_can_be_reached_at_the_second_call(lab, link, number):
    called = number("80")
    assert link.hangup(link.originate(called))["Cause"] == "17"
    link.stage(link.originate(called), "answered")


def test_two_labs_live_beside_one_another(lab, other, link, number, link_to):
    second = link_to(other)
    here, there = number("23"), number("24")
    link.hangup(link.originate(here))
    second.hangup(second.originate(there))
    assert second.send("Getvar", Variable="RINGBANK_LAB")["Value"] == other.token != lab.token
    record_of(lab, here)
    record_of(other, there)
    assert there not in {record.number for record in lab.records()}
    assert here not in {record.number for record in other.records()}


def test_a_killed_pbx_starts_again_and_has_kept_its_marks(other, number, link_to):
    before = link_to(other)
    attempt = before.originate(number("20"))
    before.stage(attempt, "failed")
    # Asterisk commits its database lazily: only what its file holds survives a kill.
    database = other.pbx.home / "lib" / "astdb.sqlite3"
    until(lambda: is_committed(database, attempt))
    other.kill("pbx")
    assert not other.pbx.is_alive()
    assert other.carrier.is_alive()
    other.start("pbx")
    after = link_to(other)
    assert after.marks()[attempt]["stage"] == "failed"
    after.hangup(after.originate(number("20")))


def test_down_ends_both_servers_even_when_one_was_killed(other):
    processes = [other.pbx.pid(), other.carrier.pid()]
    other.kill("carrier")
    other.down()
    assert not other.is_up()
    assert not any(runs(pid) for pid in processes)
    other.down()


def test_a_lab_is_found_again_by_another_process(other):
    found = Lab.find(other.directory)
    assert found == other
    assert found.facts()["up"] is True


def test_a_second_lab_in_the_same_folder_is_refused(other):
    with pytest.raises(LabError, match=r"up already.*ringbank lab down"):
        Lab.up(other.directory, load_scenario(TOWN), tell=print)
    assert other.pbx.is_alive()


def test_the_password_is_the_owners_alone(other):
    recorded = json.loads((other.directory / "lab.json").read_text())
    assert recorded["secret"] == other.secret == other.secret_file.read_text().strip()
    for path in (other.directory / "lab.json", other.secret_file, other.config_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(other.directory.stat().st_mode) == 0o700
    assert other.secret not in json.dumps(other.facts())


def test_the_configuration_names_the_labs_own_server(other):
    config = tomllib.loads(other.config_file.read_text())
    assert config["asterisk"]["port"] == other.ami_port
    assert Path(config["asterisk"]["secret_file"]).read_text().strip() == other.secret
    assert config["database"]["url"] == f"sqlite:///{other.directory}/ringbank.db"


def test_moments_are_right_where_the_process_has_a_time_zone_of_its_own(
    tmp_path, monkeypatch, number, link_to
):
    monkeypatch.setenv("TZ", "XXX-5YYY-6,M3.2.0,M11.1.0")
    elsewhere = Lab.up(tmp_path / "elsewhere", load_scenario(TOWN), tell=print)
    try:
        link = link_to(elsewhere)
        called = number("65")
        attempt = link.originate(called)
        link.hangup(attempt)
        assert abs(float(link.marks()[attempt]["answered"]) - time.time()) < 5
        assert abs(record_of(elsewhere, called).ended_at.timestamp() - time.time()) < 5
    finally:
        elsewhere.remove()


def test_the_dialplan_can_be_read_again(other, link_to):
    extensions = other.pbx.home / "etc" / "extensions.conf"
    text = extensions.read_text()
    extensions.write_text(text.replace(other.token, "changed"))
    other.reload_dialplan()
    link = link_to(other)
    assert link.send("Getvar", Variable="RINGBANK_LAB")["Value"] == "changed"


def is_committed(database, attempt):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as base:
        rows = base.execute("SELECT 1 FROM astdb WHERE key = ?", [f"/ringbank/{attempt}"])
        found = rows.fetchone() is not None
    base.close()
    return found


def runs(pid):
    """A zombie is no running process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
