"""SQL is written by us alone: no statement is put together from texts of others."""

import ast
from collections.abc import Iterator

import pytest

from tests.conftest import CHECKOUT

RAW = {"text", "exec_driver_sql", "literal_column", "execute", "executemany"}
"""Whatever takes a statement as text. A table, a query or a constant may be given to them."""

OURS = {
    "leads/db.py": "PRAGMA busy_timeout = {int(patience_s * 1000)}",
    "leads/intake.py": "PRAGMA cache_size = -{_CACHE_KIB}",
    "leads/notices.py": "LISTEN {self._subject.value}",
}
"""PRAGMA and LISTEN take no parameters: these hold whole numbers and names of our own."""
SOURCES = [
    file
    for room in ("leads", "campaigns", "dialer")
    for file in sorted((CHECKOUT / room).rglob("*.py"))
    if "migrations" not in file.parts
]


def pieced(source: str) -> Iterator[str]:
    """Yield the statements that are put together where they are given to the base."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        given = node.args[0]
        is_built = isinstance(given, ast.JoinedStr | ast.BinOp) or (
            isinstance(given, ast.Call)
            and isinstance(given.func, ast.Attribute)
            and given.func.attr in ("format", "join")
        )
        if name in RAW and is_built:
            yield ast.unparse(given)


@pytest.mark.parametrize(
    "call",
    [
        "text(f'SELECT {x}')",
        "c.exec_driver_sql('SELECT ' + x)",
        "c.execute('{}'.format(x))",
        "sa.text('a %s' % x)",
    ],
)
def test_a_statement_in_pieces_is_noticed(call: str) -> None:
    assert len(list(pieced(call))) == 1
    assert list(pieced("c.execute(text('SELECT :x'), {'x': x})")) == []


def test_no_statement_is_put_together_from_texts() -> None:
    assert len(SOURCES) > 200
    found = {
        str(file.relative_to(CHECKOUT)): statement
        for file in SOURCES
        for statement in pieced(file.read_text(encoding="utf-8"))
    }
    assert {name: said.strip("f'\"") for name, said in found.items()} == OURS
