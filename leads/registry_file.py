"""The numbers of a register on the disk: sorted, each once, eight bytes a number.

The content is little-endian 64-bit integers, the digits of E.164. It is built in bounded
memory: runs of some millions of numbers are sorted and put aside, then merged range by
range. Reading maps the file and needs no memory of its own. Nothing here knows the base.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

_ON_DISK = np.dtype("<i8")
"""Signed, because numpy would turn both sides into floats to compare signed with unsigned;
fifteen digits never reach the sign, and the bytes are the same."""

_RUN = 1 << 22
"""Numbers sorted in one go: 32 MiB."""

_BLOCK = 1 << 22
"""Bytes of one read while a file is hashed."""


class Builder:
    """Collects numbers in any order, and writes them sorted and each once."""

    def __init__(self, folder: Path, *, run: int = _RUN) -> None:
        """Begin without numbers.

        Args:
            folder: where runs are put aside, in files without a name.
            run: how many numbers are sorted in one go.
        """
        self._folder = folder
        self._run = run
        self._waiting: list[Numbers] = []
        self._held = 0
        self._runs: list[Numbers] = []

    def add(self, numbers: Numbers) -> None:
        """Take numbers in."""
        self._waiting.append(numbers)
        self._held += len(numbers)
        if self._held >= self._run:
            self._put_aside()

    def write(self, target: BinaryIO) -> tuple[int, str]:
        """Write all numbers; return how many different ones there are, and the digest."""
        digest = hashlib.sha256()
        count = 0
        for part in self._merged():
            content = part.astype(_ON_DISK, copy=False).tobytes()
            target.write(content)
            digest.update(content)
            count += len(part)
        return count, digest.hexdigest()

    def _sorted(self) -> Numbers:
        run = _each_once(np.concatenate(self._waiting)) if self._waiting else _NONE
        self._waiting, self._held = [], 0
        return run

    def _put_aside(self) -> None:
        run = self._sorted()
        # The mapping keeps the file alive, which has no name and goes with the process.
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        with file:
            run.tofile(file)
            file.flush()
            self._runs.append(_mapped(file))

    def _merged(self) -> Iterator[Numbers]:
        runs = self._runs
        if self._held or not runs:
            runs = [*runs, self._sorted()]
        if len(runs) == 1:
            yield runs[0]
            return
        begins = [0] * len(runs)
        for border in _borders(runs, self._run):
            ends = [int(np.searchsorted(run, border)) for run in runs]
            yield _union(runs, begins, ends)
            begins = ends
        yield _union(runs, begins, [len(run) for run in runs])


_NONE: Numbers = np.empty(0, dtype=np.int64)


def _borders(runs: Sequence[Numbers], size: int) -> Numbers:
    """Return values that cut all runs into ranges of about `size` numbers together."""
    step = max(size // (4 * len(runs)), 1)
    samples = np.sort(np.concatenate([run[::step] for run in runs]))
    return np.unique(samples[:: max(size // step, 1)][1:])


def _union(runs: Sequence[Numbers], begins: Sequence[int], ends: Sequence[int]) -> Numbers:
    parts = [run[begin:end] for run, begin, end in zip(runs, begins, ends, strict=True)]
    return _each_once(np.concatenate(parts))


def _each_once(numbers: Numbers) -> Numbers:
    """Return the numbers sorted and without repetition; `numpy.unique` would hash them first."""
    numbers.sort()
    if len(numbers) < 2:  # noqa: PLR2004
        return numbers
    return numbers[np.concatenate(([True], numbers[1:] != numbers[:-1]))]


def _mapped(file: Any) -> Numbers:
    return np.asarray(np.memmap(file, dtype=_ON_DISK, mode="r"))


class NumbersFile:
    """The numbers of a file, for questions."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            OSError: it cannot be read.
        """
        self._numbers = _mapped(path) if path.stat().st_size else _NONE

    def __len__(self) -> int:
        """Return how many numbers it holds."""
        return len(self._numbers)

    def contains(self, number: int) -> bool:
        """Tell whether a number is in it."""
        at = int(np.searchsorted(self._numbers, number))
        return at < len(self._numbers) and int(self._numbers[at]) == number

    def contains_many(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Tell for each of the numbers, in any order, whether it is in the file."""
        found = np.zeros(len(numbers), dtype=np.bool_)
        if not len(self._numbers) or not len(numbers):
            return found
        # In their order the search goes through the file once, instead of jumping about.
        order = np.argsort(numbers)
        asked = numbers[order]
        at = np.searchsorted(self._numbers, asked)
        inside = at < len(self._numbers)
        found[order[inside]] = self._numbers[at[inside]] == asked[inside]
        return found


class Digests:
    """The SHA-256 digests of files, each computed once as long as the file stays as it is."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int, int], str] = {}

    def known(self, path: Path) -> str | None:
        """Return the digest if it was computed before; None: it was not, or there is no file."""
        mark = self._mark(path)
        return None if mark is None else self._known.get(mark)

    def of(self, path: Path) -> str | None:
        """Return the digest of a file, or None where there is none to read."""
        mark = self._mark(path)
        if mark is None:
            return None
        if mark not in self._known:
            try:
                self._known[mark] = _digest(path)
            except OSError:
                return None
        return self._known[mark]

    @staticmethod
    def _mark(path: Path) -> tuple[str, int, int, int] | None:
        try:
            found = path.stat()
        except OSError:
            return None
        return str(path), found.st_size, found.st_mtime_ns, found.st_ino


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
