"""The carrier: it stands still for a while, or dies with all its calls and comes back."""

import os
import signal
import time

from tests.faults.scene import RING_S, Fault, Scene, noted


def stand_still(scene: Scene) -> str:
    """Stop it for less than telephones ring.

    A carrier that goes on later than that answers calls that were given up: it reads them
    before it reads that they are over. Nobody on our side could ever know.
    """
    lasts_s = scene.random.uniform(0.5, RING_S - 1.5)
    pid = scene.lab.carrier.pid()
    with noted(scene.carrier_outages):
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(lasts_s)
        finally:
            os.kill(pid, signal.SIGCONT)
    return f"stood still for {lasts_s:.1f} s"


def die(scene: Scene) -> str:
    """Kill it: it forgets the calls that it had, and has no record of them."""
    dead_s = scene.random.uniform(0, 2 if scene.short else 6)
    with noted(scene.carrier_outages):
        scene.lab.kill("carrier")
        try:
            time.sleep(dead_s)
        finally:
            scene.lab.start("carrier")
    return f"dead for {dead_s:.1f} s"


FAULTS = (
    Fault(name="carrier_stands_still", strike=stand_still),
    Fault(name="carrier_killed", strike=die),
)
