"""The rejects file: every row that was not imported, as it was, with the reason.

UTF-8 with commas, the original columns in order and name, then line, column and reason.
It is written under a temporary name and appears only when its import has been kept.
"""

import csv
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from leads.columns import REJECT_COLUMNS, Columns, Rejected
from leads.errors import RingbankError, UsageError


class RejectsFile:
    """A rejects file that is being written; nothing is left of it until `publish`."""

    def __init__(
        self, path: Path, stream: TextIO, temporary: Path, columns: Columns, delimiter: str
    ) -> None:
        self._path = path
        self._stream = stream
        self._temporary = temporary
        self._original = columns.original()
        self._width = len(columns.header)
        self._delimiter = delimiter
        names = (columns.header[at] for at in self._original)
        self._rows = csv.writer(stream, lineterminator="\n")
        self._rows.writerow([*names, *REJECT_COLUMNS])

    def write(self, rows: Sequence[tuple[Sequence[str], Rejected]]) -> None:
        """Write rows with the reasons; cells too many are kept in the last one.

        Raises:
            RingbankError: the disk is full or gone.
        """
        with _explained(self._path):
            for cells, rejected in rows:
                last = self._width - 1
                kept = [*cells[:last], self._delimiter.join(cells[last:])]
                kept += [""] * (self._width - len(kept))
                original = [kept[at] for at in self._original]
                self._rows.writerow([*original, rejected.line, rejected.column, rejected.reason])

    def finish(self) -> None:
        """Bring everything to disk, before the import is kept.

        Raises:
            RingbankError: the disk is full or gone.
        """
        with _explained(self._path):
            self._stream.close()

    def publish(self) -> None:
        """Give the finished file its name, now that the import has been kept.

        Raises:
            RingbankError: the folder has become read-only or is gone.
        """
        with _explained(self._path):
            self._temporary.replace(self._path)


@contextmanager
def rejects_file(
    path: Path, *, source: str, columns: Columns, delimiter: str
) -> Iterator[RejectsFile]:
    """Open a rejects file.

    Args:
        path: the name that it will have.
        source: the file that is being imported, which must not be overwritten.
        columns: the columns of that file.
        delimiter: what parts them there.

    Raises:
        UsageError: no file can be written under that name.
    """
    if path.exists() and (not path.is_file() or (source != "-" and path.samefile(source))):
        raise UsageError(f"the rejects cannot be written to {path}; name a file of their own")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise UsageError(
            f"the rejects file {path} cannot be written ({error.strerror}); "
            "name one in a folder that exists and is yours"
        ) from error
    temporary = Path(name)
    # A byte that could not be decoded is a lone surrogate, which UTF-8 cannot write either.
    stream = os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="")
    try:
        with stream:
            yield RejectsFile(path, stream, temporary, columns, delimiter)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RingbankError(
            f"the rejects file {path} could not be written ({error.strerror}); "
            "free some space there, or name another with --rejects"
        ) from error
