"""Pauses with their reasons, and the one that follows a talk with somebody who was hostile."""

import time
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import select

from campaigns.desk_tables import agent_states
from tests.asterisk.listening import FRAME, RATE, Ear, loudness
from tests.asterisk.site import Site

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

QUICK = "[dialing]\nring_s = 6\n"


def seconds_of_sound(sound: np.ndarray) -> float:
    """Return how long it was from the first to the last that could be heard."""
    loud = np.nonzero(loudness(sound) > 0.002)[0]
    assert len(loud), "something was heard"
    return float(loud[-1] - loud[0]) * FRAME / RATE


def log(site: Site) -> list[tuple[str, str | None]]:
    """Return the states in which the agents were, in their order."""
    rows = site.read(select(agent_states).order_by(agent_states.c.id))
    assert all(one.since <= other.since for one, other in pairwise(rows))
    return [(row.state, row.pause) for row in rows]


def test_a_pause_has_a_reason_and_begins_after_the_talk(site: Site):
    site.people("00")
    site.campaign("progressive", QUICK)
    engine = site.engine()
    site.agent_in("anna")
    why = site.ringbank("agents", "pause", "anna", "--reason", "lunsj", status=2)
    assert "the nearest is 'lunch'" in why
    said = site.ringbank("agents", "pause", "anna", "--reason", "meeting")
    assert (said["state"], said["pause"], said["paid"]) == ("paused", "meeting", True)
    site.ringbank("agents", "ready", "anna")
    lease = site.next("anna")["lease"]
    said = site.ringbank("agents", "pause", "anna", "--reason", "lunch")
    assert said["state"] == "talking"
    # What they asked for outlives the engine, and so does the talk.
    engine.kill()
    engine = site.engine()
    assert site.agent("anna").state == "talking"
    site.result(lease)
    engine.until(lambda: site.agent("anna").state == "paused")
    assert site.agent("anna").pause == "lunch"
    assert [one for one in log(site) if one[0] != "wrap_up"] == [
        ("calling", None), ("paused", None), ("paused", "meeting"), ("ready", None),
        ("talking", None), ("paused", "lunch"),
    ]  # fmt: skip
    engine.interrupt()
    assert engine.ends() == 130


def test_a_line_that_is_gone_when_the_engine_comes_back_leaves_the_agent_out(site: Site, link):
    engine = site.engine()
    site.agent_in("anna")
    engine.kill()
    link.send("Hangup", Channel=site.agent("anna").channel_id)
    engine = site.engine()
    assert site.agent("anna").state == "out"
    assert log(site) == [("calling", None), ("paused", None), ("out", None)]
    engine.interrupt()
    assert engine.ends() == 130


def test_a_hostile_talk_ends_with_a_recorded_line_that_the_agent_does_not_hear(site: Site):
    (called,) = site.people("60")  # speaks without a break
    engine = site.engine()
    site.agent_in("anna")
    ear = Ear(site.lab)
    ear.listen()
    (anna,) = ear.telephones()
    site.ringbank("agents", "ready", "anna")
    site.campaign("progressive", QUICK)
    lease = site.next("anna")["lease"]
    ear.listen()
    (person,) = ear.telephones() - {anna}
    site.result(lease, "hostile")
    time.sleep(0.4)
    told = ear.heard(person)  # the goodbye lasts for 0.9 s
    engine.until(lambda: site.attempt(called).ended_at)
    engine.until(lambda: site.agent("anna").state == "paused")
    assert site.agent("anna").pause == "hostile"
    attempt = site.attempt(called)
    assert (attempt.outcome, attempt.disposition, attempt.hangup_cause) == (
        "connected", "hostile", 16,
    )  # fmt: skip
    assert loudness(told).max() > 0.05, "the person heard the goodbye"
    heard = seconds_of_sound(ear.heard(anna))
    assert heard < attempt.talk_s - 0.5, "the agent heard nothing of the person meanwhile"
    assert ("wrap_up", None) not in log(site)
    engine.interrupt()
    assert engine.ends() == 130
