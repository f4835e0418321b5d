"""What every command is given: the base, the clock, and where and how to print.

Data goes to stdout and nothing else does, so that a pipe gets data only; narration,
progress and errors go to stderr. With ``--json`` stdout holds exactly one document.
Heavy imports (SQLAlchemy, rich) happen on first use: ``ringbank --help`` needs neither.
"""

import json
import os
import pwd
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What commands need to know of the configuration.

    Attributes:
        region: ISO country of numbers written without a country code, or None.
        registries: the folder with the files of do-not-call registers.
        trunks: name -> the caller ids that may be shown on it.
        engine: the name of the engine that these settings are for.
        rules_folder: the folder with the operator's own rule files, or None.
        own_rules: what the operator asks for besides the law, as `campaigns.rules.own` writes it.
    """

    region: str | None
    registries: Path
    trunks: Mapping[str, Sequence[str]]
    engine: str
    rules_folder: Path | None
    own_rules: Mapping[str, object]


@dataclass(slots=True, kw_only=True)
class Console:
    """The surroundings of one command.

    Attributes:
        json: the user asked for JSON.
        config_file: the configuration that was named, or the default one.
        opener: opens the base that the configuration names.
        settings: reads what the configuration says.
        problems: set by a command that did its work but has something to report (exit 4).
    """

    json: bool
    config_file: Path
    opener: "Callable[[], Engine]"
    settings: Callable[[], Settings]
    problems: bool = False
    _base: "Engine | None" = field(default=None, repr=False)

    def base(self) -> "Engine":
        """Return the base, opened at the first call.

        Raises:
            RingbankError: the configuration or the base cannot be used.
        """
        if self._base is None:
            self._base = self.opener()
        return self._base

    def region(self) -> str | None:
        """Return the ISO country of numbers that are written without one."""
        return self.settings().region

    def region_of(self, given: str | None) -> str | None:
        """Return the country that an option names, or else that of the configuration.

        Raises:
            UsageError: it is no country.
        """
        from leads.phone import known_region

        region = given or self.region()
        return known_region(region) if region else None

    def now(self) -> datetime:
        """Return the machine's time, aware UTC: the one clock of all commands."""
        return datetime.now(UTC)

    def user(self) -> str:
        """Return the operating system's user: who this process is, whatever $USER says."""
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return f"uid {os.getuid()}"  # a container may know no name for its user

    def say(self, text: str) -> None:
        """Tell the person at the terminal something that is not data."""
        print(text, file=sys.stderr, flush=True)

    def document(self, value: object) -> None:
        """Print one JSON document on stdout."""
        self.line(json.dumps(value, ensure_ascii=False, default=_plain))

    def line(self, text: str) -> None:
        """Print one line of data on stdout."""
        print(text, flush=True)

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows: objects with ``--json``, a table on a terminal, else tabs."""
        if self.json:
            self.document([dict(zip(columns, row, strict=True)) for row in rows])
        elif sys.stdout.isatty():
            self._table(columns, rows)
        else:
            for row in (columns, *rows):
                self.line("\t".join(_cell(value) for value in row))

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
        from rich.table import Table

        table = Table(header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        RichConsole(markup=False, emoji=False).print(table)


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
        return ", ".join(map(str, value))
    return str(value)
