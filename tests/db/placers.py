"""Placers for tests: they record nothing, and nobody speaks."""

from sqlalchemy import Engine

from campaigns.law import Laws
from dialer.clock import Clock
from dialer.learning import Learners
from dialer.placing import Placer
from dialer.sampler import Sampler
from dialer.switchboard import Switchboard
from dialer.voices import Speech
from dialer.voicing import Voicing


def placer_for(base: Engine, laws: Laws, *, learners: Learners | None = None) -> Placer:
    """Return one that can write intents; `learners`: know how likely people are to answer."""
    return Placer(
        engine="default",
        clock=Clock(),
        boot="today",
        laws=laws,
        recordings="",
        sampler=Sampler(Switchboard({}, new_id=str, goodbye="vm-goodbye")),
        learners=learners or Learners(base),
        voicing=Voicing(Speech(), sounds="", there="", clock=Clock()),
    )
