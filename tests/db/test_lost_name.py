"""An engine that was held up for so long that another one has its name writes nothing any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy import Engine as Base

from dialer import config, engine, store
from dialer.clock import Clock, elapsed_s
from dialer.engine import Engine
from dialer.live import Work
from dialer.store import EngineTakenError, RequestKind
from leads.db import reading, writing
from leads.errors import LostError
from tests.db.test_engine_store import row, sign_on

HELD_UP_S = 30.0


@pytest.fixture
def first(base: Base, tmp_path: Path) -> Engine:
    """An engine in the middle of its work, which has just shown itself."""
    (tmp_path / "config.toml").write_text("[asterisk]\nport = 1\n")
    ours = Engine(base, config.load(tmp_path / "config.toml", {}))
    with writing(base) as connection:
        ours._presence.sign_on(connection, Clock())
    ours._commit(Work())  # it refreshes
    return ours


def asked(base: Base) -> int:
    with writing(base) as connection:
        return store.ask(connection, "default", RequestKind.READY, now=Clock().now())


def answer(base: Base, request: int) -> str | None:
    with reading(base) as connection:
        return store.answer_to(connection, request).why_not


@pytest.mark.parametrize("how", ["the base is lost", "it waits for the base", "nothing happens"])
def test_whoever_was_held_up_sees_first_whether_the_name_is_theirs(
    base: Base, first: Engine, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    request = asked(base)
    tries = []

    @contextmanager
    def held_up(base: Base) -> Iterator[Connection]:
        tries.append(how)
        if len(tries) == 1 and how != "nothing happens":
            sign_on(base, "another", now=Clock().now())
            monkeypatch.setattr(engine, "elapsed_s", lambda: elapsed_s() + HELD_UP_S)
            if how == "the base is lost":
                raise LostError("the connection was lost")
        with writing(base) as connection:
            yield connection

    monkeypatch.setattr(engine, "writing", held_up)
    work = Work(answers=[(request, "by the first")])
    if how == "nothing happens":
        first._commit(work)
        assert answer(base, request) == "by the first"
        return
    with pytest.raises(EngineTakenError, match="another engine took the name"):
        first._commit(work)
    assert answer(base, request) == "the engine was started again; ask once more"
    assert row(base).token == "another"
