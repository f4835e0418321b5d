"""Waiting for something to become true, never for a time to pass."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Return as soon as the condition holds; fail when it has not in `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not true within {timeout_s} s"
        time.sleep(0.01)
