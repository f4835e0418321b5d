"""Nobody steers Asterisk: neither what a lead is called, nor whoever has the manager's password."""

import csv
import json
import re
import time
from contextlib import contextmanager

import pytest

from dialer.lab.lab import Lab, load_scenario
from tests.asterisk.conftest import HERE
from tests.asterisk.site import Site
from tests.waiting import until

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SHELLS = [
    ("System", "touch {}"),
    ("TrySystem", "touch {}"),
    ("Exec", "System(touch {})"),
    ("TryExec", "System(touch {})"),
    ("ExecIf", "1?System:touch {}"),
    ("AGI", "/bin/touch,{}"),
    ("EAGI", "/bin/touch,{}"),
    ("MixMonitor", "a.wav,,touch {}"),
    ("ExternalIVR", "/bin/touch {}"),
    ("Originate", "Local/s@ringbank-tone,app,System,touch {}"),
    ("NoOp", "${{SHELL(touch {})}}"),
    ("NoOp", "${{EVAL(${{SHELL(touch {})}})}}"),
]
"""Every application and function of Asterisk that runs a program. Source: Asterisk's manager.c."""


@pytest.fixture
def forged(lab):
    """A file that is there once somebody has run a program, as Asterisk sees it and as we do."""
    here = lab.pbx.home / f"forged-{time.time_ns()}"
    yield here, lab.pbx.installation.seen(here)
    here.unlink(missing_ok=True)


@pytest.mark.parametrize(("application", "data"), SHELLS)
def test_an_originate_that_runs_a_program_is_refused(link, number, forged, application, data):
    here, there = forged
    answer = link.send(
        "Originate",
        Channel=f"PJSIP/{number('07')}@carrier",
        Application=application,
        Data=data.format(there),
    )
    assert answer["Response"] == "Error"
    assert not here.exists()


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("Command", {"Command": "core show version"}),
        ("ModuleLoad", {"LoadType": "reload"}),
        ("Reload", {}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("DBPut", {"Family": "ringbank", "Key": "x", "Val": "1"}),
        ("DialplanExtensionAdd", {"Context": "x", "Extension": "s", "Priority": "1",
                                  "Application": "System", "ApplicationData": "true"}),
        ("MixMonitor", {"Channel": "PJSIP/x", "File": "x.wav", "Command": "true"}),
        ("ConfbridgeStartRecord", {"Conference": "746499001"}),
    ],
)  # fmt: skip
def test_the_manager_user_is_refused_what_a_dialer_does_not_need(link, action, fields):
    answer = link.send(action, **fields)
    assert answer["Response"] == "Error"
    assert "ermission" in answer["Message"]


@pytest.mark.parametrize(
    "function", ["SHELL(touch {})", "FILE({})", "CONFBRIDGE(bridge,record_command)"]
)
@pytest.mark.parametrize("action", ["Setvar", "Getvar"])
def test_no_function_reaches_beyond_asterisk(link, forged, action, function):
    here, there = forged
    answer = link.send(action, Variable=function.format(there), Value="x")
    assert not answer.get("Value")
    assert not here.exists()


# What a lead file holds is somebody else's. None of it may reach Asterisk but a number in E.164.

NAMES = (
    "Ola & Kari", "Ola|Kari", "Ola,Kari", "x,1,System(touch {})", "${{SHELL(touch {})}}",
    "${{EVAL(${{SHELL(touch {})}})}}", "$[1 + 1]", "^{{SHELL(touch {})}}", "`touch {}`",
    "$(touch {})", "; touch {}", "Ola\r\nAction: Originate\r\nApplication: System\r\nData: touch {}",
    "Ola\nVariable: X=1", "Ola\rKari", 'O"la\'s', "\\", "%s%n", "Åse 🙂 \u202e", "x" * 10_000, "=1+1",
)  # fmt: skip
PHONES = (
    "{}&Local/s@ringbank-tone", "{}|x", "{},1,System(touch f)", "${{{}}}", "${{SHELL(touch f)}}",
    "{}\r\nApplication: System", "{}\n{}", '"{}"', "{}@carrier", "PJSIP/{}@carrier", "{}🙂", "+" + "4" * 10_000,
    "{}%00", "{}/n", "{};ext=x", "Local/{}",
)  # fmt: skip


@on_sqlite
def test_nothing_that_a_lead_file_holds_steers_a_call(site, lab, link, forged, number):
    here, there = forged
    before, logged = len(lab.records()), lab.pbx.log.stat().st_size
    names = {number("00"): name.format(there) for name in NAMES}
    phones = [phone.format(*[number("00")] * 2) for phone in PHONES]
    file = site.folder / "hostile.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["name", "phone", "city"])
        rows.writerows([name, phone, name] for phone, name in names.items())
        rows.writerows(["Ola", phone, "Oslo"] for phone in phones)
    site.ringbank("leads", "import", str(file), "--list", "people", status=4)
    people = site.leads_in("people")
    assert names.keys() <= people, "a strange name makes nobody unreachable"
    assert all(re.fullmatch(r"\+4721\d{6}", one) for one in people)
    site.broadcast()
    engine = site.engine()
    engine.until(
        lambda: [one.outcome for one in site.attempts()].count("connected") == len(people), 40
    )
    engine.interrupt()
    assert engine.ends() == 130
    settled(lab)
    assert not here.exists()
    until(lambda: len(lab.records()) >= before + len(people))
    assert sorted(one.number for one in lab.records()[before:]) == sorted(people)
    said = (
        "\n".join(f"{event}" for event in link.events)
        + lab.pbx.log.read_text()[logged:]
        + engine.said
    )
    assert [name for name in ("Ola", "Kari", "touch", "SHELL", "xxxx", "Åse") if name in said] == []


# Variables of a call can be set by whoever has the password: what the dialplan makes of them may
# not run a program either, or the manager user has a shell after all.


def test_a_forged_recording_runs_nothing(lab, link, number, forged):
    here, there = forged
    room = "746499001"
    agent = link.originate(number("95"), context="ringbank-agent-line", exten=room)
    link.until(Event="ConfbridgeJoin", Conference=room)
    person = link.originate(number("07"), variables={"RINGBANK_CONNECT_S": "9"})
    link.stage(person, "waiting")
    file = f"ringbank/{person}.wav"
    link.send(
        "Setvar", Channel=person, Variable="RINGBANK_RECORD", Value=f"{file},,touch {there} #"
    )
    link.send("Redirect", Channel=person, Context="ringbank-room", Exten=room, Priority=1)
    link.until(Event="ConfbridgeJoin", Conference=room, Uniqueid=person)
    until(lambda: is_recorded(lab, person))
    link.send("Hangup", Channel=person)
    ended = link.stage(person, "ended")
    link.send("Hangup", Channel=agent)
    assert float(ended["Recorded"])  # a recording was begun, with the forged value
    settled(lab)
    assert not here.exists()


def test_a_forged_sample_runs_nothing(lab, link, number, forged):
    here, there = forged
    person = link.originate(number("07"), variables={"RINGBANK_CONNECT_S": "9"})
    link.stage(person, "waiting")
    link.send(
        "Setvar",
        Channel=person,
        Variable="RINGBANK_SAMPLE",
        Value=f"ringbank/s-{person}.wav,,touch {there} #",
    )
    link.send("Redirect", Channel=person, Context="ringbank-answered", Exten="s", Priority=1)
    until(lambda: is_recorded(lab, person))
    link.send("Hangup", Channel=person)
    assert link.stage(person, "ended")["Sampled"] == "1"
    settled(lab)
    assert not here.exists()


@pytest.mark.parametrize(
    "wish", [{"RINGBANK_SAMPLE": "ringbank/x.wav"}, {"RINGBANK_AMD": "joined"}]
)
def test_a_forged_attempt_originates_nothing(lab, link, number, forged, wish):
    here, there = forged
    person = link.originate(number("07"), variables={"RINGBANK_CONNECT_S": "9", **wish})
    link.stage(person, "waiting")
    link.send(
        "Setvar",
        Channel=person,
        Variable="RINGBANK_ATTEMPT",
        Value=f's@ringbank-tone,app,MixMonitor,"x.wav,,touch {there}",1,,a)#',
    )
    link.send("Redirect", Channel=person, Context="ringbank-answered", Exten="s", Priority=1)
    until(lambda: times_waiting(link, person) == 2)
    link.send("Hangup", Channel=person)
    link.hangup(person)
    settled(lab)
    assert not here.exists()


@on_sqlite
def test_doctor_says_when_the_manager_user_may_more_than_calls_need(site, other_rights):
    assert [one for one in site.ringbank("doctor") if not one["ok"]] == []
    with other_rights("write = call,originate,reporting,command,system,config"):
        found = doctor_fails(site)
    (rights,) = (one for one in found if one["what"] == "manager permissions")
    assert "'dialer' may write command, system, config" in rights["why"]
    assert "live_dangerously" not in {one["what"] for one in found}


@on_sqlite
def test_doctor_says_when_everybody_may_read_the_secret(site):
    (site.folder / "secret").chmod(0o644)
    (found,) = doctor_fails(site)
    assert found["why"].endswith("it holds the manager user's secret")
    assert found["remedy"] == f"chmod o= {site.folder}/secret"


@on_sqlite
def test_doctor_says_when_asterisk_opens_its_files_to_manager_users(tmp_path, base_url, number):
    lab = Lab.up(tmp_path / "open", load_scenario(HERE / "town.toml"), tell=print)
    try:
        options = lab.pbx.home / "etc" / "asterisk.conf"
        options.write_text(options.read_text() + "live_dangerously = yes\n")
        lab.kill("pbx")
        lab.start("pbx")
        (found,) = doctor_fails(Site(lab, tmp_path, base_url, number))
    finally:
        lab.remove()
    assert (found["what"], found["remedy"]) == (
        "live_dangerously",
        "set live_dangerously = no in [options] of asterisk.conf",
    )


@pytest.fixture
def other_rights(lab):
    """Give the manager user of the PBX other rights for a while."""
    file = lab.pbx.home / "etc" / "ringbank_manager.conf"
    kept = file.read_text()

    @contextmanager
    def given(line):
        file.write_text(kept.replace("write = call,originate,reporting", line))
        assert file.read_text() != kept
        lab.pbx.cli("manager reload")
        try:
            yield
        finally:
            file.write_text(kept)
            lab.pbx.cli("manager reload")

    return given


def doctor_fails(site):
    """Return what the doctor would have mended."""
    done = site._process("-m", "cli", "--config", str(site.config), "--json", "doctor")
    assert done.returncode == 1, done
    return [one for one in json.loads(done.stdout) if not one["ok"]]


def is_recorded(lab, person):
    """Whether Asterisk records a call; only when that ends a program could be run."""
    return any(lab.pbx.home.glob(f"spool/monitor/ringbank/*{person}*"))


def times_waiting(link, person):
    """How often a call has come to wait for an agent, whatever it says that its attempt is."""
    link.send("Ping")
    return sum(
        event.get("UserEvent") == "Ringbank"
        and event.get("Stage") == "waiting"
        and event.get("Uniqueid") == person
        for event in link.events
    )


def settled(lab):
    """Wait until the PBX has no channel left: what runs at a call's end has run then."""
    until(lambda: "0 active channels" in lab.pbx.cli("core show channels").stdout, timeout_s=15)
    time.sleep(0.5)
