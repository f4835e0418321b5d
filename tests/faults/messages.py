"""Events of Asterisk that come twice, late, or not at all."""

import re
import time
from collections.abc import Callable, Iterable

from tests.faults.proxy import as_it_is
from tests.faults.scene import RING_S, Fault, Scene

_ORIGINATED = b"Event: OriginateResponse"
_FAILED = b"\r\nResponse: Failure\r\n"
_AT_ONCE = b"\r\nReason: 0\r\n"

_TAKEN_FOR_UNMADE_S = 4.0
"""A little longer than the engine waits for more than that an Originate failed."""

Touched = Callable[[bytes], Iterable[tuple[float, bytes]]]


def twice(scene: Scene) -> str:
    """Repeat events, some of them long after."""

    def again(event: bytes) -> Iterable[tuple[float, bytes]]:
        return ((0.0, event), (scene.random.choice((0.0, scene.random.uniform(0, 3))), event))

    return _some(scene, again, "came twice")


def late(scene: Scene) -> str:
    """Hold events up, so that others overtake them."""

    def later(event: bytes) -> Iterable[tuple[float, bytes]]:
        return ((scene.random.uniform(0, 2), event),)

    return _some(scene, later, "came late")


def missing(scene: Scene) -> str:
    """Lose events, and start the engine again: only then can it know.

    What says that an Originate failed at once is lost with them, always: where it comes, and
    no event of the channel does, nothing tells the call from one that had no channel.
    """
    told = _some(scene, lambda _: (), "never came", always=_failed_at_once)
    scene.engine.kill()
    return told


def unheard(scene: Scene) -> str:
    """Lose every event of some channels but the one that says that they rang for too long.

    Nothing else is ever heard of a call for which there was no channel either. The engine is
    left the time to take one for the other, and is then started again: it does not know of
    those who answered.
    """
    lost: dict[bytes, bool] = {}
    failed: set[bytes] = set()
    share = scene.random.uniform(0.4, 1)

    def mangle(message: bytes) -> Iterable[tuple[float, bytes]]:
        channel = _channel(message)
        if channel is None or not _is_news(message):
            return as_it_is(message)
        if channel not in lost:  # one of which something was heard before is not meant
            begins = _kind(message) == b"Event: Newchannel"
            lost[channel] = begins and scene.random.random() < share
        if not lost[channel]:
            return as_it_is(message)
        if _kind(message) != _ORIGINATED or _failed_at_once(message):
            return ()
        if _FAILED in message:
            failed.add(channel)
        return as_it_is(message)

    scene.proxy.mangle = mangle
    scene.engine.until(lambda: any(lost.values()), 10)
    time.sleep(RING_S + scene.random.uniform(0, 1))
    settled = len(failed)
    time.sleep(_TAKEN_FOR_UNMADE_S)
    scene.engine.kill()
    scene.proxy.mangle = as_it_is
    return f"{sum(lost.values())} calls unheard of, but for the failure of {settled}"


def _some(
    scene: Scene,
    touch: Touched,
    what: str,
    *,
    always: Callable[[bytes], bool] = lambda _: False,
) -> str:
    """Do it to some of the events for some seconds, and to all of one kind."""
    touched = 0
    share = scene.random.uniform(0.2, 0.8)

    def mangle(message: bytes) -> Iterable[tuple[float, bytes]]:
        nonlocal touched
        spared = not always(message) and scene.random.random() > share
        if spared or not _is_news(message):
            return as_it_is(message)
        touched += 1
        return touch(message)

    scene.proxy.mangle = mangle
    time.sleep(scene.random.uniform(1, 4))
    # Where nothing happened meanwhile the round would prove nothing.
    scene.engine.until(lambda: touched, 10)
    scene.proxy.mangle = as_it_is
    return f"{touched} events {what}"


def _is_news(message: bytes) -> bool:
    """Tell an event from an answer, and from the lines of a list that was asked for."""
    kind = _kind(message)
    return kind.startswith(b"Event: ") and (kind == _ORIGINATED or b"\r\nActionID: " not in message)


def _kind(message: bytes) -> bytes:
    return message.partition(b"\r\n")[0]


def _failed_at_once(message: bytes) -> bool:
    return _kind(message) == _ORIGINATED and _FAILED in message and _AT_ONCE in message


def _channel(message: bytes) -> bytes | None:
    """Return the call of ours that an event is of; the dialplan tells of it from other channels."""
    found = re.search(rb"\r\n(?:Attempt|Uniqueid): (rb-[^\r]*)\r\n", message)
    return found and found[1]


FAULTS = (
    Fault(name="events_twice", strike=twice),
    Fault(name="events_late", strike=late),
    Fault(name="events_missing", strike=missing),
    Fault(name="channels_unheard", strike=unheard, early=True),
)
