"""The link to Asterisk: cut, stalled, slowed, its bytes split anywhere."""

import time

from tests.faults.scene import Fault, Scene

LATE_S = 1.0
"""So long after a new link is there something may still be on its way.

The engine waits twice as long; what is left is for a machine that is slow to let go of it.
"""


def cut(scene: Scene) -> str:
    since = time.monotonic()
    scene.proxy.cut()
    scene.engine.until(lambda: scene.site.report().report["ami_down"])
    time.sleep(scene.random.uniform(0, 3))
    scene.proxy.mend()
    return f"cut for {time.monotonic() - since:.1f} s"


def stall(scene: Scene) -> str:
    """Let nothing through: shortly, or until the engine gives the link up."""
    since = time.monotonic()
    scene.proxy.stall()
    if scene.short or scene.random.random() < 0.5:
        time.sleep(scene.random.uniform(0.5, 4))
    else:
        scene.engine.until(lambda: scene.site.report().report["ami_down"], 30)
    # What Asterisk was asked for meanwhile reaches it now.
    scene.proxy.resume()
    return f"stalled for {time.monotonic() - since:.1f} s"


def stall_and_kill_engine(scene: Scene) -> str:
    """Kill the engine while what it asked for is on its way, and have its successor be faster.

    What the first one asked for reaches Asterisk when the second one is about to look, or has
    looked, at what there is: nothing of it may be taken for never dialled.
    """
    site = scene.site
    scene.proxy.stall_those_open()
    before = len(site.attempts())
    until_s = time.monotonic() + 1
    while len(site.attempts()) < before + 2 and time.monotonic() < until_s:
        time.sleep(0.005)
    on_its_way = len(site.attempts()) - before
    scene.engine.kill()
    opened = scene.proxy.opened
    scene.engine = site.engine("--until-done", connected=False, program=scene.ground.program)
    scene.engine.until(lambda: scene.proxy.opened > opened)
    time.sleep(scene.random.uniform(0, LATE_S))
    scene.proxy.resume()
    return f"{on_its_way} calls on their way to Asterisk"


def slow(scene: Scene) -> str:
    scene.proxy.bytes_per_s = scene.random.choice((2_000, 5_000, 10_000))
    lasts_s = scene.random.uniform(1, 3 if scene.short else 6)
    told = f"{scene.proxy.bytes_per_s} bytes a second for {lasts_s:.1f} s"
    time.sleep(lasts_s)
    scene.proxy.bytes_per_s = None
    return told


def split(scene: Scene) -> str:
    """Send byte after byte to the end of the campaign."""
    scene.proxy.largest_piece = scene.random.choice((1, 2, 5))
    return f"pieces of up to {scene.proxy.largest_piece} bytes"


FAULTS = (
    Fault(name="link_cut", strike=cut),
    Fault(name="link_stalled", strike=stall),
    Fault(name="stalled_and_engine_killed", strike=stall_and_kill_engine),
    Fault(name="link_slowed", strike=slow),
    Fault(name="link_split", strike=split),
)
