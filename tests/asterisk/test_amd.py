"""Machine detection on the real Asterisk: machines and faxes found out, people let through."""

from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import select

from campaigns.call_tables import amd_samples
from campaigns.desk_tables import agent_states
from campaigns.tables import claims
from dialer.lab.lab import Lab
from tests.asterisk.site import SHORT_MESSAGE, EngineProcess, Site, name_of
from tests.asterisk.sound import RATE, samples
from tests.waiting import until

pytestmark = pytest.mark.timeout(150)
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PERSON, MACHINE, BEEPS, GREETS, FAX, SILENT = "00", "60", "61", "62", "63", "64"
FOR_MACHINES = 'on_machine = "message"\n[machine_message]\nsound = "tt-somethingwrong"'
MESSAGE_S = 2.6
"""How long that sound is."""


def detecting(when: str, more: str = "", *, samples: int = 0) -> str:
    return f"""
[dialing]
ring_s = 6
amd = "detect"
amd_when = "{when}"
amd_samples = {samples}
{more}
"""


def ended(site: Site, engine: EngineProcess, *called: str) -> list[SimpleNamespace]:
    """Wait for the ends of the only attempts to some numbers, and return them."""
    engine.until(lambda: {one.phone for one in site.attempts() if one.ended_at} >= {*called}, 40)
    return [site.attempt(one) for one in called]


def leave(engine: EngineProcess) -> None:
    engine.interrupt()
    assert engine.ends() == 130


def times_in(site: Site, name: str, state: str) -> list[timedelta]:
    """Return how long an agent was in a state, each time; the last state is left out."""
    rows = site.read(select(agent_states).order_by(agent_states.c.id))
    theirs = [one for one in rows if one.agent_id == site.agent(name).id]
    return [then.since - one.since for one, then in pairwise(theirs) if one.state == state]


# -- before anybody is wanted ---------------------------------------------------------------


@on_sqlite
def test_a_machine_is_hung_up_on_and_only_the_person_reaches_the_agent(site: Site):
    machine, fax, person = site.people(MACHINE, FAX, PERSON)
    site.campaign("progressive", detecting("before"))
    engine = site.engine()
    site.agent_ready("anna")
    given = site.next("anna", wait=30)
    assert given["lead"]["name"] == name_of(person)
    site.result(given["lease"])
    hung_up_on, faxed, talked = ended(site, engine, machine, fax, person)
    assert (hung_up_on.outcome, hung_up_on.amd, hung_up_on.agent_id) == ("machine", "machine", None)
    assert (hung_up_on.connected_at, hung_up_on.evidence) == (None, "hangup")
    assert (faxed.outcome, faxed.amd, faxed.agent_id) == ("fax", None, None)
    assert (talked.outcome, talked.amd, talked.disposition) == ("connected", "person", "completed")
    assert talked.connected_at - talked.answered_at > timedelta(seconds=1.5), "it took the verdict"
    assert len(times_in(site, "anna", "talking")) == 1, "no machine was given to anybody"
    leave(engine)


@on_sqlite
def test_who_leaves_before_the_verdict_hung_up_early_and_who_is_silent_counts_as_live(site: Site):
    leaves, silent = site.people("65", SILENT)
    site.campaign("progressive", detecting("before"))
    engine = site.engine()
    site.agent_ready("anna")
    given = site.next("anna", wait=30)
    assert given["lead"]["name"] == name_of(silent)
    site.result(given["lease"])
    left, talked = ended(site, engine, leaves, silent)
    assert (left.outcome, left.amd) == ("hung_up_early", None)
    assert (talked.outcome, talked.amd) == ("connected", "unsure")
    leave(engine)


@on_sqlite
def test_a_machine_that_is_passed_on_is_marked(site: Site):
    (machine,) = site.people(MACHINE)
    site.campaign("progressive", detecting("before", 'on_machine = "connect"'))
    engine = site.engine()
    site.agent_ready("anna")
    given = site.next("anna", wait=30)
    site.result(given["lease"], "machine")
    (passed_on,) = ended(site, engine, machine)
    assert (passed_on.outcome, passed_on.amd) == ("connected", "machine")
    assert (passed_on.disposition, passed_on.agent_id) == ("machine", site.agent("anna").id)
    (told,) = site.ringbank("amd", "report")
    assert (told["machine"], told["judged"], told["persons"]) == (1, 1, 0)
    leave(engine)


# -- while the person is joined -------------------------------------------------------------


@on_sqlite
def test_joined_at_once_a_machine_leaves_the_room_and_its_agent_is_free(site: Site):
    machine, fax, person = site.people(MACHINE, FAX, PERSON)
    site.campaign("progressive", detecting("joined"))
    engine = site.engine()
    site.agent_ready("anna")
    engine.until(lambda: site.attempts() and site.attempts()[-1].phone == person, 30)
    given = site.next("anna", wait=30)
    assert given["lead"]["name"] == name_of(person)
    site.result(given["lease"])
    hung_up_on, faxed, talked = ended(site, engine, machine, fax, person)
    for one, outcome, amd in ((hung_up_on, "machine", "machine"), (faxed, "fax", None)):
        assert (one.outcome, one.amd, one.agent_id) == (outcome, amd, None)
        assert one.connected_at - one.answered_at < timedelta(seconds=0.5), "nobody waited"
        assert one.ended_at - one.answered_at < timedelta(seconds=4)
    assert talked.outcome == "connected"
    assert talked.connected_at - talked.answered_at < timedelta(seconds=0.5)
    assert len(times_in(site, "anna", "talking")) == 3
    assert not any(times_in(site, "anna", "wrap_up")), "nothing is owed for a machine"
    assert site.read(select(claims)) == []
    leave(engine)


@on_sqlite
def test_joined_at_once_the_verdict_on_a_person_leaves_their_talk_alone(site: Site, link):
    (person,) = site.people(PERSON)
    site.campaign("progressive", detecting("joined"))
    engine = site.engine()
    site.agent_ready("anna")
    given = site.next("anna")
    channel = site.attempt(person).channel_id
    link.until(UserEvent="RingbankVerdict", Attempt=channel, Amd="person")
    assert site.agent("anna").state == "talking"
    assert channel in site.channels()
    site.result(given["lease"])
    (talked,) = ended(site, engine, person)
    assert (talked.outcome, talked.amd) == ("connected", "person")
    leave(engine)


def detecting_call(link, called: str, **more: str) -> str:
    """Call somebody as an engine does that dies at once; return the attempt."""
    variables = {"RINGBANK_AMD": "joined", "RINGBANK_ON_MACHINE": "hang_up"} | more
    return link.originate(called, variables=variables)


def test_a_machine_for_which_nobody_was_free_is_taken_away_from_the_apology(link, number):
    attempt = detecting_call(
        link, number(MACHINE), RINGBANK_CONNECT_S="0.3", RINGBANK_SORRY="tt-allbusy"
    )
    link.hangup(attempt)
    assert link.stages(attempt) == ["answered", "waiting", "abandoned", "machine", "ended"]
    mark = link.marks()[attempt]
    assert (mark["amd"], mark["last"]) == ("machine", "machine")
    assert mark["aside"] >= mark["classified"] > mark["answered"]


def test_no_machine_is_moved_to_a_room_after_its_verdict(link, number):
    attempt = detecting_call(
        link,
        number(BEEPS),
        RINGBANK_CONNECT_S="10",
        RINGBANK_ON_MACHINE="message",
        RINGBANK_MACHINE_SOUND="auth-thankyou",
    )
    link.stage(attempt, "machine")
    link.send("Redirect", Channel=attempt, Context="ringbank-room", Exten="74647", Priority=1)
    link.hangup(attempt, 40)
    stages = link.stages(attempt)
    assert stages == ["answered", "waiting", "machine", "machine", "leaving", "ended"]


# -- the message ----------------------------------------------------------------------------


def heard_by_machine(lab: Lab, number: str) -> tuple[float, float]:
    """Return when, after its beep, a machine hears the first sound, and for how long; seconds."""
    sound = samples(lab.heard(number))
    loud = np.flatnonzero(np.abs(sound) > 300)
    assert len(loud), "the machine recorded nothing but silence"
    return loud[0] / RATE, (loud[-1] - loud[0]) / RATE


@on_sqlite
@pytest.mark.parametrize("when", ["before", "joined"])
def test_a_machine_records_the_whole_message_after_its_beep(site: Site, when: str):
    (machine,) = site.people(BEEPS)
    site.campaign("progressive", detecting(when, FOR_MACHINES))
    engine = site.engine()
    site.agent_ready("anna")
    engine.until(lambda: site.attempts() and site.agent("anna").state == "ready", 20)
    (told,) = ended(site, engine, machine)
    assert (told.outcome, told.amd, told.agent_id) == ("machine", "machine", None)
    begins_s, lasts_s = heard_by_machine(site.lab, machine)
    assert begins_s > 0.5, "not a word before the beep was over"
    assert lasts_s == pytest.approx(MESSAGE_S, abs=0.5)
    leave(engine)


@on_sqlite
def test_a_broadcast_leaves_machines_their_own_message(site: Site):
    machine, person, key = site.people(BEEPS, PERSON, "75")
    site.campaign(
        "broadcast",
        f"""
{detecting("joined", FOR_MACHINES)}
[message]
{SHORT_MESSAGE.replace("tt-somethingwrong", "tt-allbusy")}
keys = {{ 5 = "answer:support=yes" }}
""",
    )
    engine = site.engine()
    left, heard, pressed = ended(site, engine, machine, person, key)
    assert (left.outcome, left.amd) == ("machine", "machine")
    assert heard_by_machine(site.lab, machine)[1] == pytest.approx(MESSAGE_S, abs=0.5)
    assert (heard.outcome, heard.amd) == ("connected", "person")
    assert (pressed.outcome, pressed.key_pressed) == ("connected", "5")
    leave(engine)


# -- nobody listens -------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("when", ["before", "joined"])
def test_without_an_engine_a_machine_gets_its_message_and_a_person_the_apology(
    site: Site, link, when: str
):
    machine, person = site.people(BEEPS, "90")  # who answers after two seconds
    site.campaign("progressive", detecting(when, FOR_MACHINES))
    engine = site.engine()
    for name in ("anna", "bo"):
        site.agent_in(name)
    # Nobody listens from the answers on: the agents' lines are there, and their engine is not.
    for name in ("anna", "bo"):
        site.ringbank("agents", "ready", name)
    engine.until(lambda: len(site.attempts()) == 2)
    channels = [site.attempt(one).channel_id for one in (machine, person)]
    for channel in channels:
        link.began(channel)
    engine.kill()
    for channel in channels:
        link.hangup(channel, 40)
    until(lambda: heard_by_machine(site.lab, machine)[1] > MESSAGE_S - 0.5, 10)
    engine = site.engine()
    left, sorry = ended(site, engine, machine, person)
    assert (left.outcome, left.amd, left.evidence) == ("machine", "machine", "dialplan")
    assert (sorry.outcome, sorry.amd) == ("abandoned", "person")
    assert sorry.ended_at - sorry.answered_at > timedelta(seconds=3), "they heard it"
    assert {site.agent(name).state for name in ("anna", "bo")} <= {"ready", "wrap_up"}
    leave(engine)


@on_sqlite
def test_an_engine_that_comes_back_during_detection_gives_the_person_to_the_agent(site: Site, link):
    (person,) = site.people(SILENT)  # the verdict takes three seconds
    site.campaign("progressive", detecting("before"))
    engine = site.engine()
    site.agent_ready("anna")
    engine.until(site.attempts)
    channel = site.attempt(person).channel_id
    link.stage(channel, "answered")
    engine.kill()
    engine = site.engine()
    assert link.stages(channel) == ["answered"], "it came back too late for this test"
    given = site.next("anna")
    site.result(given["lease"])
    (talked,) = ended(site, engine, person)
    assert (talked.outcome, talked.amd) == ("connected", "unsure")
    leave(engine)


# -- samples --------------------------------------------------------------------------------


@on_sqlite
def test_the_first_seconds_are_kept_and_judged(site: Site):
    machine, false_positive, third = site.people(MACHINE, GREETS, MACHINE)
    site.campaign("progressive", detecting("before", samples=2))
    engine = site.engine()
    site.agent_ready("anna")
    ended(site, engine, machine, false_positive, third)
    rows = site.read(select(amd_samples))
    sampled = [site.attempt(machine), site.attempt(false_positive)]
    assert [one.attempt_id for one in rows] == [one.id for one in sampled], "two a day"
    listed = site.ringbank("amd", "review")
    assert [(one["attempt"], one["verdict"]) for one in listed] == [
        (one.id, "machine") for one in sampled
    ]
    for one in listed:
        sound = samples(site.lab.recordings / one["file"])
        assert 4 * RATE < len(sound) < 6.5 * RATE
        assert np.abs(sound[: 2 * RATE]).max() > 1000, "the greeting is in it"
    site.ringbank("amd", "review", str(sampled[0].id), "--heard", "machine")
    done = site.ringbank("amd", "review", str(sampled[1].id), "--heard", "person")
    assert (done["verdict"], done["judged"]) == ("machine", "person")
    assert site.ringbank("amd", "review") == []
    (told,) = site.ringbank("amd", "report", "--campaign", "calls")
    assert (told["machine"], told["judged"], told["persons"], told["share"]) == (3, 2, 1, 0.5)
    assert 0.09 < told["low"] < 0.1
    assert 0.9 < told["high"] == told["assumed"] < 0.91
    leave(engine)
