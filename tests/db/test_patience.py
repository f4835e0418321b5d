"""How long a writer waits for another one: as its caller says, and no longer than that."""

import pytest
from sqlalchemy import Connection, Engine

from leads.db import reading, writing


def waits_ms(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())


def test_the_next_writer_is_as_patient_as_it_says_itself(base: Engine, database: str) -> None:
    if database == "postgresql":
        pytest.skip("PostgreSQL locks rows, not the base")
    waited = []
    for patience_s in (30, 0.2, 0.2, 30, 1.5):
        with writing(base, patience_s=patience_s) as connection:
            waited.append(waits_ms(connection))
    with reading(base) as connection:
        waited.append(waits_ms(connection))
    assert waited == [30_000, 200, 200, 30_000, 1_500, 30_000]
