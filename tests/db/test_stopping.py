"""An engine that is to stop, and whose base cannot be written: how long it tries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy import Engine as Base

from dialer import config, engine
from dialer.clock import Clock
from dialer.engine import Engine
from dialer.live import Work
from leads.db import writing
from leads.errors import LostError


@pytest.fixture
def stopping(base: Base, tmp_path: Path) -> Callable[[int], Engine]:
    """Give an engine with a limit, in the middle of its work."""

    def make(stop_limit_s: int) -> Engine:
        file = tmp_path / "config.toml"
        file.write_text(f"[engine]\nstop_limit_s = {stop_limit_s}\n[asterisk]\nport = 1\n")
        ours = Engine(base, config.load(file, {}))
        with writing(base) as connection:
            ours._presence.sign_on(connection, Clock())
        ours._commit(Work())
        return ours

    return make


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have the base fail twice, as it does while somebody else has it; count the tries."""
    made: list[int] = []

    @contextmanager
    def fails_twice(base: Base) -> Iterator[Connection]:
        made.append(len(made))
        if len(made) <= 2:
            raise LostError("the connection was lost")
        with writing(base) as connection:
            yield connection

    monkeypatch.setattr(engine, "writing", fails_twice)
    monkeypatch.setattr(engine, "_RETRY_S", (0.01,))
    return made


def a_turn() -> Work:
    return Work(answers=[(1, "a turn that has to be written")])


def test_it_tries_again_while_nobody_stops_it(
    stopping: Callable[[int], Engine], tries: list[int]
) -> None:
    ours = stopping(0)
    tries.clear()
    ours._commit(a_turn())
    assert len(tries) == 3


def test_it_tries_again_while_its_limit_lasts(
    stopping: Callable[[int], Engine], tries: list[int]
) -> None:
    ours = stopping(60)
    tries.clear()
    ours.stop()
    ours._commit(a_turn())
    assert len(tries) == 3


@pytest.mark.parametrize("told_twice", [True, False])
def test_it_leaves_the_turn_to_the_next_start_after_that(
    stopping: Callable[[int], Engine], tries: list[int], *, told_twice: bool
) -> None:
    ours = stopping(60 if told_twice else 0)
    tries.clear()
    ours.stop()
    if told_twice:
        ours.stop_now()
    with pytest.raises(LostError):
        ours._commit(a_turn())
    assert len(tries) == 1
