"""Spreadsheets and Parquet files, read by a process of their own (`leads.files.child`)."""

import json
import os
import signal
import subprocess
import sys
from typing import Any, BinaryIO

from leads.errors import UsageError
from leads.files.child import CPU_S
from leads.files.table import Row

_MOST_MESSAGE = 32 << 20


class ChildFeed:
    """The rows of a spreadsheet or a Parquet file, the header first.

    Attributes:
        sheet: the name of the sheet that is read; empty where there are none.
    """

    def __init__(self, source: str, disk: BinaryIO, *, kind: str, sheet: str | None) -> None:
        self._source = source
        self._rows: list[Row] = []
        self._reading = ""
        self._size = os.fstat(disk.fileno()).st_size
        self._given = 0
        self._total = 0
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "leads.files.child", kind, json.dumps(sheet)],
            stdin=disk,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": paths,
                # Memory that is set aside for threads counts, whether it is used or not.
                "MALLOC_ARENA_MAX": "2",
                "OPENBLAS_NUM_THREADS": "1",
                "ARROW_DEFAULT_MEMORY_POOL": "system",
            },
        )
        try:
            facts = self._message("table")[0]
        except BaseException:
            self.close()
            raise
        self.sheet: str = facts.get("sheet", "")
        self._total = facts.get("rows", 0)

    @property
    def count(self) -> int:
        """Return how much of the file has been read, as far as one can tell from the rows."""
        if not self._total:
            return self._size
        return self._size * min(self._given, self._total) // self._total

    def read(self, most: int) -> list[Row]:
        """Give the next rows, blank ones left out; none at the end.

        Raises:
            UsageError: the file cannot be read on.
        """
        while len(self._rows) < most and (facts := self._message("rows")):
            self._rows.extend(Row(line, cells) for line, cells in facts[0])
        rows, self._rows = self._rows[:most], self._rows[most:]
        if rows:
            self._given = rows[-1].line
        return rows

    def close(self) -> None:
        """End the process, wherever it is."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _message(self, wanted: str) -> list[Any]:
        """Return the facts of the next message of a kind; none at the end.

        Raises:
            UsageError: the process refuses the file, or broke.
        """
        assert self._process.stdout is not None
        while self._process.returncode is None:
            line = self._process.stdout.readline(_MOST_MESSAGE)
            if not line.endswith(b"\n"):
                raise UsageError(self._broken())
            what: str
            facts: list[Any]
            what, *facts = json.loads(line)
            match what:
                case "refused":
                    raise UsageError(f"{self._source}{facts[0]}")
                case "reading":
                    self._reading = f", sheet {facts[0]},"
                case "end":
                    self.close()
                case _ if what == wanted:
                    return facts
        return []

    def _broken(self) -> str:
        status = self._process.wait()
        if status in {-signal.SIGXCPU, -signal.SIGKILL}:
            why = f"it takes more than {CPU_S // 60} minutes or too much memory"
        else:
            why = "its reader broke down, as over a damaged file or a cell far outside the list"
        return (
            f"{self._source}{self._reading} cannot be read: {why}; copy the list alone into a new "
            "file, or save it as CSV"
        )
