"""When the screen looks for cycles among its objects: never while somebody waits for it.

A look takes as long as drawing a person does, and left to itself Python looks exactly when much
is being made: between a key and the next person. So it is done while the agent reads.
"""

import gc
from datetime import datetime, timedelta

READS_AFTER_S = 0.1
"""How long after a new person is drawn the agent is sure to read, and to press nothing."""

_QUIET_AFTER = timedelta(seconds=0.3)

_ENOUGH = 10_000
"""Objects, made and not freed: as many as one or two people leave behind."""

_NEVER_MORE = 1_000_000
"""Objects after which Python looks by itself, should there never be a quiet moment."""


def is_quiet(*, pressed_at: datetime, now: datetime) -> bool:
    """Tell whether nobody waits for a screen whose desk is not at work.

    Args:
        pressed_at: when the last key was pressed, aware.
        now: aware.
    """
    return now - pressed_at > _QUIET_AFTER


class Tidying:
    """The looks of one process, as long as its screen is open."""

    def __init__(self) -> None:
        self._is_begun = False
        self._before = gc.get_threshold()

    def begin(self) -> None:
        """Leave the looking to `tidy`."""
        gc.set_threshold(_NEVER_MORE)

    def tidy(self) -> None:
        """Look, where enough has come together; what was there at the start is not looked at."""
        if not self._is_begun:  # all that was imported, and the first person: it stays
            gc.freeze()
            self._is_begun = True
        elif gc.get_count()[0] >= _ENOUGH:
            gc.collect()

    def end(self) -> None:
        """Leave the looking to Python again."""
        gc.unfreeze()
        gc.set_threshold(*self._before)
