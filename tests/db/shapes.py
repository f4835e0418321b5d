"""The shape of a base: everything about its tables that decides what can be stored.

Alembic's own comparison sees neither a lost CHECK nor a lost index predicate nor a
constraint of another name; this one is told everything by the database itself.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, MetaData, inspect

_NOTHING = ("", "[]", "None", "False")


def shape(connection: Connection) -> dict[str, str]:
    """Return every column, key, constraint and index, each as one line."""
    return dict(_parts(connection))


def declared(connection: Connection, metadata: MetaData) -> dict[str, str]:
    """Return the shape that declared tables have in an empty database of this kind."""
    metadata.create_all(connection)
    return shape(connection)


def _parts(connection: Connection) -> Iterator[tuple[str, str]]:
    found = inspect(connection)
    for table in found.get_table_names():
        if table == "alembic_version":
            continue
        kinds: dict[str, Any] = {
            "column": found.get_columns(table),
            "primary key": [found.get_pk_constraint(table)],
            "foreign key": found.get_foreign_keys(table),
            "unique": found.get_unique_constraints(table),
            "check": found.get_check_constraints(table),
            "index": found.get_indexes(table),
        }
        for kind, parts in kinds.items():
            for part in parts:
                yield f"{table}: {kind} {part['name']}", _line(part)


def _line(value: Any) -> str:
    """Return reflected facts as text: blanks folded, what is empty or false left out."""
    if isinstance(value, dict):
        lines = {key: _line(value[key]) for key in sorted(value)}
        return ", ".join(f"{key}: {line}" for key, line in lines.items() if line not in _NOTHING)
    if isinstance(value, list):
        return f"[{', '.join(map(_line, value))}]"
    return " ".join(str(value).split())
