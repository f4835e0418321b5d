"""Processes that are killed: the engine, Asterisk, both."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dialer.lab.lab import Lab
from tests.faults.scene import Fault, Scene, noted


@contextmanager
def asterisk_killed(lab: Lab) -> Iterator[datetime]:
    """The PBX is killed for as long as the block lasts, and up again whatever happens in it."""
    killed_at = datetime.now(UTC)
    lab.kill("pbx")
    try:
        yield killed_at
    finally:
        lab.start("pbx")


def kill_engine(scene: Scene) -> str:
    scene.engine.kill()
    dead_s = scene.random.choice((0.0, scene.random.uniform(0, 4)))
    time.sleep(dead_s)
    return f"dead for {dead_s:.1f} s"


def kill_asterisk(scene: Scene) -> str:
    with noted(scene.outages), asterisk_killed(scene.lab):
        if scene.random.random() < 0.5:
            scene.engine.until(lambda: scene.site.report().report["ami_down"])
    return f"dead for {scene.outages[-1].length_s:.1f} s"


def kill_both(scene: Scene) -> str:
    scene.engine.kill()
    between_s = scene.random.choice((0.0, scene.random.uniform(0, 1.5)))
    time.sleep(between_s)
    with noted(scene.outages), asterisk_killed(scene.lab):
        pass
    return f"the engine, {between_s:.1f} s later Asterisk"


FAULTS = (
    Fault(name="engine_killed", strike=kill_engine),
    Fault(name="asterisk_killed", strike=kill_asterisk),
    Fault(name="both_killed", strike=kill_both),
)
