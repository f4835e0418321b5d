"""How SQL is said so that SQLite and PostgreSQL both take it, and many rows at a time."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Row,
    Select,
    Table,
    Text,
    TypeDecorator,
    any_,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy import table as sql_table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_Value = TypeVar("_Value")

_MOST_PARAMETERS = 500
"""Values in one IN: below the 999 that older builds of SQLite take in a statement."""

_WORTH_COPYING = 20
"""Rows from which on a COPY, which takes two answers more, is the faster way."""


def in_chunks(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """Part values so that each part fits into one IN."""
    rest = iter(values)
    while chunk := list(islice(rest, _MOST_PARAMETERS)):
        yield chunk


def among(
    connection: Connection, column: ColumnElement[Any], values: Iterable[int] | Iterable[str]
) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values, of which there may be any number.

    They are one parameter of the statement, not one each. PostgreSQL sees how many they are, and
    plans for as many: for a great many at once, where `among_given` is for a few, again and again.
    """
    # NumPy's own way gives whole numbers that every driver takes.
    given = values.tolist() if hasattr(values, "tolist") else [*values]
    if connection.dialect.name == "sqlite":
        each = func.json_each(json.dumps(given)).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(literal(given, ARRAY(column.type)))


class Many(TypeDecorator[Any]):
    """Any number of values as the one parameter of a condition of `given_in`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the values as one text, or None for None."""
        if value is None:
            return None
        return json.dumps([*value]) if dialect.name == "sqlite" else _as_array(value)


def _as_array(values: Iterable[object]) -> str:
    """Return values as PostgreSQL writes an array; the driver takes much longer for the same."""
    return "{" + ",".join(map(_as_element, values)) + "}"


def _as_element(value: object) -> str:
    if value is None:
        return "NULL"
    if not isinstance(value, str):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def given_in(dialect: str, parameter: str, kind: str) -> str:
    """Return the SQL that compares with a parameter of the type `Many`, to stand behind a column.

    Args:
        dialect: the database's.
        parameter: as the statement names it.
        kind: the SQL type of one value.
    """
    if dialect == "sqlite":
        return f"IN (SELECT value FROM json_each({parameter}))"  # noqa: S608 (our own words)
    # Not a join with what `unnest` gives: made while a table was small, its plan reads all of it.
    # Not the array itself: PostgreSQL would plan anew each time for as many as there are.
    return f"= ANY (ARRAY(SELECT unnest(CAST({parameter} AS {kind}[]))))"


class _AmongGiven(FunctionElement[bool]):
    # Without a type: SQLite would be asked whether a BOOLEAN is 1, and use no index.
    name = "among_given"
    inherit_cache = True


def among_given(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values of a parameter.

    The statement is the same however many they are, so that it can be made once; the values
    are given when it is executed.
    """
    return _AmongGiven(column, bindparam(parameter, type_=Many))


@compiles(_AmongGiven)
def _among_given(element: _AmongGiven, compiler: SQLCompiler, **how: Any) -> str:
    column, values = element.clauses
    kind = compiler.dialect.type_compiler_instance.process(column.type)
    found = given_in(compiler.dialect.name, compiler.process(values, **how), kind)
    return f"{compiler.process(column, **how)} {found}"


def add_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert many rows in the fastest way that each database has.

    Args:
        connection: from `writing`.
        table: to insert into; what it refuses is an exception, as with any insert.
        columns: the values' columns; all others get their default or null.
        rows: the values as the driver takes them: JSON as text, no moments.
    """
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        if values := [*rows]:
            insert_one = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608
            connection.exec_driver_sql(insert_one, values)
        return
    driver: Any = connection.connection.driver_connection
    copying = f"COPY {table.name} ({names}) FROM STDIN"
    dialect = connection.dialect
    dbapi: Any = dialect.dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)
    except dbapi.Error as error:  # as SQLAlchemy would have raised it
        lost = dialect.is_disconnect(error, driver, None)
        if lost:
            connection.invalidate(error)  # else the rollback to come would fail in its turn
        # The lines below the first quote the row at fault, and no log may hold it.
        error.args = (str(error).partition("\n")[0],)
        raise DBAPIError.instance(
            copying, (), error, dbapi.Error, hide_parameters=True, connection_invalidated=lost
        ) from error


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows of values as Python has them, in the fastest way that each database has.

    Args:
        connection: from `writing`.
        table: to insert into; what it refuses is an exception, as with any insert.
        rows: all with the same columns; the others get their default or null.
    """
    if connection.dialect.name == "sqlite" or len(rows) < _WORTH_COPYING:
        run_many(connection, insert(table), [*rows])
        return
    columns = [*rows[0]]
    of_types = (table.c[name].type.dialect_impl(connection.dialect) for name in columns)
    stored = [kind.bind_processor(connection.dialect) or _as_it_is for kind in of_types]
    add_rows(
        connection,
        table,
        columns,
        ([store(row[name]) for store, name in zip(stored, columns, strict=True)] for row in rows),
    )


def _as_it_is(value: object) -> object:
    return value


def insert_some(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, object]],
    *,
    returning: tuple[str, ...] = (),
    if_new: bool = False,
) -> Sequence[Row[Any]]:
    """Insert some rows and return columns of each that is new, in any order.

    On PostgreSQL by a statement that is the same however many they are: one that grows with its
    rows is cut up by the driver and planned by the server each time.

    Args:
        connection: from `writing`.
        table: to insert into.
        rows: at least one; all with the same columns, the others get their default or null.
        returning: the columns to be returned; none: no rows are.
        if_new: leave out what a unique index has already, which is an exception else.
    """
    statement: Executable
    if connection.dialect.name == "sqlite":
        new = insert_if_new(connection, table) if if_new else insert(table)
        statement = new.returning(*(table.c[name] for name in returning)) if returning else new
        inserted = connection.execute(statement, rows)
    else:
        statement = _insert_some(table, (*rows[0],), returning, if_new=if_new)
        inserted = connection.execute(statement, {"rows": json.dumps(rows, default=_as_text)})
    return inserted.all() if returning else ()


@lru_cache(32)
def _insert_some(
    table: Table, columns: tuple[str, ...], returning: tuple[str, ...], *, if_new: bool
) -> Executable:
    from sqlalchemy.dialects import postgresql

    given = (
        func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
        .table_valued(*(column(name, table.c[name].type) for name in columns))
        .render_derived(with_types=True)
    )
    new = postgresql.insert(table).from_select(columns, select(*given.c))
    if if_new:
        new = new.on_conflict_do_nothing()
    return new.returning(*(table.c[name] for name in returning)) if returning else new


def _as_text(value: object) -> str:
    assert isinstance(value, datetime), f"{value!r} has no place in JSON"
    return value.isoformat()


def insert_if_new(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT that leaves out what a unique index has already."""
    # Of the two only the one that is used: each takes a while to import.
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table).on_conflict_do_nothing()


def unused_ids(connection: Connection, table: Table, how_many: int) -> Sequence[int]:
    """Return ids for rows to come, so that many can be inserted in one go.

    On SQLite the rows are to be inserted before other ids are drawn. No id of a table with
    `sqlite_autoincrement` is ever given twice, be its row there or not.
    """
    if connection.dialect.name == "sqlite":
        last = connection.scalars(_last_id(table)).one()
        return range(last + 1, last + 1 + how_many)
    return connection.scalars(_DRAWN, {"table": table.name, "how_many": how_many}).all()


_DRAWN = text(
    "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :how_many)"
)


@lru_cache(32)
def _last_id(table: Table) -> Select[Any]:
    there: ColumnElement[int] = func.coalesce(select(func.max(table.c.id)).scalar_subquery(), 0)
    if not table.dialect_kwargs.get("sqlite_autoincrement"):
        return select(there)
    sequences = sql_table("sqlite_sequence", column("name"), column("seq"))
    given = select(sequences.c.seq).where(sequences.c.name == table.name).scalar_subquery()
    return select(func.max(there, func.coalesce(given, 0)))


def run_many(
    connection: Connection, statement: Executable, rows: Sequence[Mapping[str, object]]
) -> None:
    """Run a statement once for each row; SQLAlchemy takes an empty list for one row."""
    if rows:
        connection.execute(statement, rows)
