"""What every command is given besides its site: where and how to print.

Data goes to stdout and nothing else does, so that a pipe gets data only; narration,
progress and errors go to stderr. With ``--json`` stdout holds exactly one document. What
lists, scripts and notes hold never reaches the terminal as a command to it.
Heavy imports (SQLAlchemy, rich) happen on first use: ``ringbank --help`` needs neither.
"""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from leads.names import MOVING, printable, printable_lines
from leads.site import Site

if TYPE_CHECKING:
    from rich.progress import Progress


@dataclass(slots=True, kw_only=True)
class Console(Site):
    """The surroundings of one command.

    Attributes:
        json: the user asked for JSON.
        problems: set by a command that did its work but has something to report (exit 4).
        has_printed: something is on stdout by now.
    """

    json: bool
    problems: bool = False
    has_printed: bool = False

    def document(self, value: object) -> None:
        """Print one JSON document on stdout."""
        written = json.dumps(value, ensure_ascii=False, default=_plain)
        self.line(MOVING.sub(lambda found: f"\\u{ord(found[0]):04x}", written))

    def line(self, text: str) -> None:
        """Print one line of data on stdout, or several."""
        self.has_printed = True
        print(printable_lines(text), flush=True)

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows: objects with ``--json``, a table on a terminal, else tabs.

        A terminal that is too narrow for the table gets each row as lines of its own.
        """
        if self.json:
            self.document([dict(zip(columns, row, strict=True)) for row in rows])
        elif sys.stdout.isatty():
            self._table(columns, rows)
        else:
            self.has_printed = True
            for row in (columns, *rows):
                print(*map(_cell, row), sep="\t", flush=True)

    def facts(self, values: Mapping[str, object]) -> None:
        """Print one thing's facts: an object with ``--json``, else a line for each.

        Of several items each has a line of its own.
        """
        if self.json:
            self.document(values)
            return
        width = max(map(len, values), default=0)
        for key, value in values.items():
            items = value if isinstance(value, list | tuple) and value else [value]
            for number, item in enumerate(items):
                self.line(f"{'' if number else key:<{width}}  {_cell(item)}".rstrip())

    def progress(self) -> "AbstractContextManager[Progress]":
        """Return a progress bar on stderr, shown on a terminal only."""
        from rich.console import Console as RichConsole
        from rich.progress import Progress

        out = RichConsole(stderr=True)
        return Progress(console=out, transient=True, disable=not out.is_terminal)

    def _table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        from rich.console import Console as RichConsole
        from rich.measure import Measurement
        from rich.table import Table

        out = RichConsole(markup=False, emoji=False)
        cells = [[_cell(value) for value in row] for row in rows]
        table = Table(header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in cells:
            table.add_row(*row)
        unbounded = out.options.update(max_width=_ANY_WIDTH)
        self.has_printed = True
        if not cells or Measurement.get(out, unbounded, table).maximum <= out.width:
            out.print(table)
            return
        widest = max(map(len, columns))
        for number, row in enumerate(cells):
            if number:
                print()
            for column, cell in zip(columns, row, strict=True):
                if cell:  # what is empty says nothing, and the line is for what does
                    self.folded(f"{column:<{widest}}  ", cell)

    def folded(self, head: str, text: str) -> None:
        """Print a line of data; where the terminal is too narrow it goes on below its head."""
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        if width <= len(head) + _LEAST_FOLDED or len(head) + len(text) <= width:
            self.line(f"{head}{text}".rstrip())
            return
        for number, line in enumerate(
            textwrap.wrap(text, width - len(head), break_on_hyphens=False)
        ):
            self.line(f"{' ' * len(head) if number else head}{line}")


_ANY_WIDTH = 10_000
_LEAST_FOLDED = 20
"""Cells beside a head; where there are fewer a terminal folds better than we do."""


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | tuple):
        return printable(", ".join(map(str, value)))
    return printable(str(value))
