"""Engines as the base has them, without one that runs; for tests."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from dialer import store
from leads.db import writing
from tests.db.people import NOON


def sign_on(
    base: Engine,
    token: str = "one",
    name: str = "default",
    *,
    now: datetime = NOON,
    pid: int = 17,
    clock_offset: timedelta = timedelta(),
) -> None:
    """Write that an engine has begun at a moment, on a machine called "elsewhere"."""
    with writing(base) as connection:
        store.sign_on(
            connection,
            name=name,
            token=token,
            host="elsewhere",
            pid=pid,
            clock_offset=clock_offset,
            now=now,
        )
