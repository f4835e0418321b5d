"""Many rows at a time come in as they were given, by whichever way each database has."""

import traceback
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, event, func, select
from sqlalchemy.exc import IntegrityError, StatementError

from leads.db import reading, writing
from leads.sql import add_rows, among_given, insert_many
from leads.tables import accesses, leads, numbers
from tests.db.people import NOON

IN_DELHI = timezone(timedelta(hours=5.5))
AWKWARD = ("Åse", "a\tb", "line\nbreak", "\\N", "\\.", "'; DROP TABLE leads; --", '"', "", "😀")


def access(n: int) -> dict[str, object]:
    said = AWKWARD[n % len(AWKWARD)]
    return {
        "at": NOON.astimezone(IN_DELHI) + timedelta(microseconds=n),
        "who": said,
        "action": "show",
        "lead_id": None if n % 3 == 0 else n,
        "lead_ids": None if n % 2 else b"\x00\xff\\" + bytes([n % 256]),
        "people": n,
        "detail": {"said": said, "n": n, "none": None, "deep": [{"a": said}]},
    }


# 19 rows are inserted one by one on PostgreSQL, 20 and more are copied.
@pytest.mark.parametrize("how_many", [0, 1, 19, 20, 500])
def test_rows_come_out_as_they_went_in(base: Engine, how_many: int) -> None:
    given = [access(n) for n in range(how_many)]
    with writing(base) as connection:
        insert_many(connection, accesses, given)
    with reading(base) as connection:
        rows = connection.execute(select(accesses).order_by(accesses.c.people)).mappings().all()
    assert [{name: row[name] for name in access(0)} for row in rows] == given
    assert len({row["id"] for row in rows}) == how_many, "each has an id of the base's own"
    assert all(isinstance(row["at"], datetime) for row in rows)


def test_columns_that_are_not_given_get_what_the_table_says(base: Engine) -> None:
    with writing(base) as connection:
        insert_many(
            connection,
            accesses,
            [{k: v for k, v in access(n).items() if k != "lead_ids"} for n in range(30)],
        )
    with reading(base) as connection:
        empty = select(func.count()).where(accesses.c.lead_ids.is_(None))
        assert connection.scalar(empty) == 30


def test_a_moment_is_found_by_what_it_is_and_kept_as_before(base: Engine, database: str) -> None:
    whole, later = NOON.replace(microsecond=0), NOON.replace(microsecond=1)
    rows = [access(n) | {"at": at} for n, at in enumerate((later.astimezone(IN_DELHI), whole))]
    with writing(base) as connection:
        insert_many(connection, accesses, rows)
        for at in (whole, later):
            assert connection.scalars(_AT.where(accesses.c.at == at)).all() == [at]
        assert connection.scalars(_AT.order_by(accesses.c.at)).all() == [whole, later]
        if database == "sqlite":  # bases that are there hold moments in this form
            text = connection.exec_driver_sql("SELECT at FROM accesses ORDER BY at").scalars().all()
            assert [datetime.fromisoformat(one).tzinfo for one in text] == [None, None]
            assert text[0] == f"{whole.replace(tzinfo=None):%Y-%m-%d %H:%M:%S}.000000"


def test_a_moment_that_knows_no_zone_is_refused(base: Engine) -> None:
    with writing(base) as connection, pytest.raises(StatementError, match="know its zone"):
        insert_many(connection, accesses, [access(0) | {"at": NOON.replace(tzinfo=None)}])


_AT = select(accesses.c.at)


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
@example({*AWKWARD, "NULL", "{}", "a,b", " ", '\\"', "\\"})
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_for_is_found(base: Engine, asked: set[str]) -> None:
    said = {*asked, *AWKWARD}
    with writing(base) as connection:
        connection.execute(delete(accesses))
        insert_many(connection, accesses, [access(0) | {"who": one} for one in sorted(said)])
        found = connection.scalars(
            _WHO.where(among_given(accesses.c.who, "names")), {"names": asked}
        )
        assert {*found} == asked
        others = connection.scalars(
            _WHO.where(~among_given(accesses.c.who, "names")), {"names": asked}
        )
        assert {*others} == said - asked


_WHO = select(accesses.c.who)


def test_people_are_found_by_an_index_among_any_number(base: Engine, database: str) -> None:
    asked: list[tuple[str, Any]] = []
    query = select(leads.c.name).where(among_given(leads.c.id, "ids"))

    def note(_c: Any, _u: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with reading(base) as connection:
        event.listen(base, "before_cursor_execute", note)
        connection.execute(query, {"ids": range(1000)})
        event.remove(base, "before_cursor_execute", note)
        statement, parameters = asked[-1]  # a BEGIN may go before it
        if database == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN " if database == "sqlite" else "EXPLAIN "
        plan = [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)]
    wanted = "SEARCH leads" if database == "sqlite" else "Index Scan on pk_leads"
    assert any(wanted in line for line in plan), plan


@pytest.mark.parametrize("way", ["rows", "many"])
def test_what_is_refused_is_refused_as_a_whole_and_names_nobody(base: Engine, way: str) -> None:
    kept = [(4721000000 + n, "mobile", "NO", '["Hemmelig"]') for n in range(40)]
    columns = ("id", "kind", "region", "zones")
    with pytest.raises(IntegrityError), writing(base) as connection:  # noqa: PT012
        try:
            if way == "rows":
                add_rows(connection, numbers, columns, [*kept, kept[7]])
            else:
                of_one = [dict(zip(columns, row, strict=True)) for row in (*kept, kept[7])]
                insert_many(connection, numbers, of_one)
        except IntegrityError:
            told = traceback.format_exc()
            raise
    assert "numbers" in told
    assert [one for one in ("4721000007", "Hemmelig") if one in told] == []
    with reading(base) as connection:
        assert connection.scalar(select(func.count()).select_from(numbers)) == 0
