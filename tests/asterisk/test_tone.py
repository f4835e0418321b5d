"""A soft tone tells an agent that somebody has come, and the person hears nothing of it."""

import time

import numpy as np
import pytest

from tests.asterisk.listening import FRAME, RATE, Ear, loudness, strength
from tests.asterisk.site import Site

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

TONE_HZ, VOICE_HZ = 700, 250
"""The strongest parts of Asterisk's beep, and of the voice that says hello in the lab."""


def meet(site: Site, *endings: str, talk_s: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Have agents and people meet at the same time; return what each of both sides heard."""
    site.people(*endings)
    engine = site.engine()
    names = [f"agent-{number}" for number, _ in enumerate(endings)]
    for name in names:
        site.agent_in(name)
    ear = Ear(site.lab)
    agents = ear.telephones()
    ear.listen()
    site._all(*(("agents", "ready", name) for name in names))
    site.campaign("progressive", "[dialing]\nring_s = 6\n")
    engine.until(lambda: len(ear.telephones()) == 2 * len(endings))
    ear.listen()
    people = ear.telephones() - agents
    engine.until(lambda: {site.agent(name).state for name in names} == {"talking"})
    time.sleep(talk_s)
    heard = [[ear.heard(one) for one in side] for side in (agents, people)]
    site.end_calls()
    engine.until(lambda: all(one.ended_at for one in site.attempts()))
    assert {one.outcome for one in site.attempts()} == {"connected"}
    engine.interrupt()
    assert engine.ends() == 130
    return heard[0], heard[1]


def test_two_agents_who_get_somebody_at_once_each_hear_a_tone_and_the_people_none(site: Site):
    agents, people = meet(site, "90", "91", talk_s=2)
    assert len(agents) == len(people) == 2
    for sound in people:
        assert len(sound) > RATE, "they were listened to"
        assert not sound.any(), "agents are silent in the lab, and so is everything else"
    for sound in agents:
        tone, voice = (strength(sound, hz) for hz in (TONE_HZ, VOICE_HZ))
        began = np.argmax(tone > 0.01) * FRAME / RATE
        came = np.argmax(voice > 0.05) * FRAME / RATE
        assert tone.max() > 0.02, "there was a tone"
        assert voice.max() > 0.1, "and the person was heard from their first word on"
        assert abs(began - came) < 0.1, f"the tone at {began:.2f} s, the voice at {came:.2f} s"
        assert tone.max() < 0.1, "it is soft: Asterisk's beep as it comes is at 0.2"


def test_after_the_tone_there_is_silence_where_nobody_speaks(site: Site):
    (sound,), _ = meet(site, "93", talk_s=3)
    loud = np.nonzero(loudness(sound) > 0.002)[0]
    assert len(loud), "something was heard"
    assert loud[-1] - loud[0] < 1.5 * RATE / FRAME, "tone and hello, once each"
