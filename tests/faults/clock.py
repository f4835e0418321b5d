"""The engine's clock, stepped by an hour.

Only the engine's: Asterisk keeps its own, as one on another machine would, so that the two
are an hour apart from then on. What is measured with `elapsed_s` goes on as it did, as on a
machine whose clock is stepped.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.scene import Fault, Ground, Scene
from tests.faults.stepped import STEP_FILE


@contextmanager
def clock_of_its_own(ground: Ground) -> Iterator[None]:
    ground.program = ("-m", "tests.faults.stepped")
    yield


def step(scene: Scene) -> str:
    """Step the clock on for good, or back and in the end on again."""
    file = scene.ground.folder / STEP_FILE
    if scene.random.random() < 0.5:
        file.write_text("3600")
        _is_seen(scene, 3600)
        return "an hour on"
    file.write_text("-3600")
    _is_seen(scene, -3600)
    lasts_s = scene.random.uniform(0.5, 4)
    time.sleep(lasts_s)
    # Who was to be called again would otherwise be so in an hour.
    file.write_text("0")
    return f"an hour back, for {lasts_s:.1f} s"


def _is_seen(scene: Scene, step_s: float) -> None:
    """Wait until the engine's heartbeat shows the other time."""
    before = time.time()

    def shows() -> bool:
        beat = scene.site.report().heartbeat_at.timestamp()
        return abs(beat - before - step_s) < 60

    scene.engine.until(shows, 5)


FAULTS = (Fault(name="clock_stepped", strike=step, prepared=clock_of_its_own),)
