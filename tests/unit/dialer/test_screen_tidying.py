"""When the screen looks for cycles: while the agent reads, never between a key and a person."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dialer.screen.tidying import Tidying, is_quiet

PRESSED = datetime(2026, 9, 1, 12, tzinfo=UTC)


class Knot:
    """Something that holds itself: only a look for cycles frees it."""

    def __init__(self) -> None:
        self.me = self
        self.more = [[] for _ in range(12_000)]  # type: ignore[var-annotated]


@pytest.fixture
def tidying() -> Iterator[Tidying]:
    before = gc.get_threshold()
    gc.collect()
    made = Tidying()
    made.begin()
    yield made
    made.end()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize(("after_s", "quiet"), [(0.3, False), (0.301, True), (5, True)])
def test_a_moment_is_quiet_when_nothing_was_pressed(after_s: float, quiet: bool) -> None:
    assert is_quiet(pressed_at=PRESSED, now=PRESSED + timedelta(seconds=after_s)) is quiet


def test_nothing_is_looked_at_while_a_hundred_thousand_objects_are_made(tidying: Tidying) -> None:
    looks: list[str] = []
    gc.callbacks.append(lambda phase, _: looks.append(phase))
    try:
        kept = [[] for _ in range(100_000)]  # type: ignore[var-annotated]
    finally:
        gc.callbacks.pop()
    assert kept
    assert not looks


def test_a_look_frees_what_the_people_before_left_behind(tidying: Tidying) -> None:
    tidying.tidy()
    assert gc.get_freeze_count() > 0, "what was there at the start is left alone"
    Knot()
    tidying.tidy()
    assert not [one for one in gc.get_objects() if isinstance(one, Knot)]


def test_little_is_left_for_a_later_look(tidying: Tidying) -> None:
    tidying.tidy()
    looks: list[str] = []
    gc.callbacks.append(lambda phase, _: looks.append(phase))
    tidying.tidy()
    gc.callbacks.pop()
    assert not looks
