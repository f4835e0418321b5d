"""SQL that SQLite and PostgreSQL spell differently: folded text, attributes, numbers in text.

Each of these is null where its text is null or has no such thing in it, and never an error.
On SQLite they call Python functions that `leads.db` gives to every connection.
"""

from typing import Any

from sqlalchemy import Column, ColumnElement, Float, Text, cast, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from leads.segment_values import DOTTED_DAY, ISO_DAY, NUMBER


class _Lower(FunctionElement[str]):
    type = Text()
    name = "lower"
    inherit_cache = True


class _NumberIn(FunctionElement[float]):
    type = Float()
    name = "number_in"
    inherit_cache = True


class _DayIn(FunctionElement[str]):
    type = Text()
    name = "day_in"
    inherit_cache = True


class _Attribute(FunctionElement[str]):
    type = Text()
    name = "attribute"
    inherit_cache = True


def lower(text: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a text in lower case, letters beyond ASCII too, compared letter by letter."""
    return _Lower(cast_text(text))


def number_in(text: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the number that a text is (`leads.segment_values.number_in`)."""
    return _NumberIn(cast_text(text))


def day_in(text: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the day that a text is, as "2026-11-01" (`leads.segment_values.day_in`)."""
    return _DayIn(cast_text(text))


def attribute(column: Column[Any], key: str) -> ColumnElement[str]:
    """Return the value under any key, however spelt, in a column of JSON objects of texts."""
    return _Attribute(column, literal(key, Text()))


def cast_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a column as text; one that is text stays as it is."""
    return column if isinstance(column.type, Text) else cast(column, Text)


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, **how: Any) -> list[str]:
    return [compiler.process(clause, **how) for clause in element.clauses]


@compiles(_Lower, "sqlite")
@compiles(_NumberIn, "sqlite")
@compiles(_DayIn, "sqlite")
def _python_function(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    (text,) = _arguments(element, compiler, **how)
    return f"{element.name}({text})"


@compiles(_Lower, "postgresql")
def _lower_postgresql(element: _Lower, compiler: SQLCompiler, **how: Any) -> str:
    # ICU knows every letter whatever the database's locale; "C" compares as SQLite does.
    (text,) = _arguments(element, compiler, **how)
    return f'(lower(({text}) COLLATE "und-x-icu") COLLATE "C")'


@compiles(_NumberIn, "postgresql")
def _number_in_postgresql(element: _NumberIn, compiler: SQLCompiler, **how: Any) -> str:
    (text,) = _arguments(element, compiler, **how)
    number = f"CAST(replace({text}, ',', '.') AS DOUBLE PRECISION)"
    return f"(CASE WHEN ({text}) ~ '{NUMBER}' THEN {number} END)"


@compiles(_DayIn, "postgresql")
def _day_in_postgresql(element: _DayIn, compiler: SQLCompiler, **how: Any) -> str:
    (text,) = _arguments(element, compiler, **how)
    day, month, year = (f"split_part({text}, '.', {part})" for part in (1, 2, 3))
    dotted = f"{year} || '-' || lpad({month}, 2, '0') || '-' || lpad({day}, 2, '0')"
    return (
        f"((CASE WHEN ({text}) ~ '{ISO_DAY}' THEN substr({text}, 1, 10) "
        f"WHEN ({text}) ~ '{DOTTED_DAY}' THEN {dotted} END) COLLATE \"C\")"
    )


@compiles(_Attribute, "sqlite")
def _attribute_sqlite(element: _Attribute, compiler: SQLCompiler, **how: Any) -> str:
    # Not by a path: a path cannot spell every key, and takes those with escapes for others.
    column, key = _arguments(element, compiler, **how)
    return f"(SELECT value FROM json_each({column}) WHERE key = {key})"  # noqa: S608 (parts of SQL)


@compiles(_Attribute, "postgresql")
def _attribute_postgresql(element: _Attribute, compiler: SQLCompiler, **how: Any) -> str:
    column, key = _arguments(element, compiler, **how)
    return f"({column} ->> CAST({key} AS TEXT))"
