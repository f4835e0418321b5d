"""Streams of bytes under a lead file: counted, unpacked within bounds, laid on the disk."""

import gzip
import io
import lzma
import tempfile
import zipfile
import zlib
from contextlib import ExitStack
from typing import IO, Any, BinaryIO

from leads.errors import RingbankError, UsageError

BUFFER_BYTES = 1 << 16

_FREE_BYTES = 256 << 20
"""What may be unpacked of any file."""

_MOST_RATIO = 100
"""What may be unpacked beyond that, for each byte of the file; lists shrink to a fifth or so."""

DAMAGED = (
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,  # of `zipfile`: encrypted, or packed in a way that Python does not know
)
"""What Python's unpackers raise where the bytes are not what they ought to be."""


class Counted(io.RawIOBase):
    """A file that knows how far it has been read."""

    def __init__(self, file: BinaryIO, source: str) -> None:
        super().__init__()
        self.count = 0
        self._file = file
        self._source = source

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Tell whether it is a file on a disk."""
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go somewhere else."""
        self.count = self._file.seek(offset, whence)
        return self.count

    def readinto(self, buffer: Any) -> int:
        """Read on.

        Raises:
            UsageError: the disk or the pipe failed.
        """
        try:
            data = self._file.read(len(buffer))
        except OSError as error:
            raise UsageError(
                f"{self._source} cannot be read ({error.strerror}); copy it to another place first"
            ) from error
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


class Unpacked(io.RawIOBase):
    """What is in a packed file, as long as that is not out of all proportion to it."""

    def __init__(self, packed: IO[bytes] | gzip.GzipFile, file: Counted, source: str) -> None:
        super().__init__()
        self._packed = packed
        self._file = file
        self._source = source
        self._given = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack on.

        Raises:
            UsageError: the file is damaged, or made to fill disks.
        """
        try:
            data = self._packed.read(min(len(buffer), BUFFER_BYTES))
        except DAMAGED as error:
            raise UsageError(damaged(self._source, error)) from error
        self._given += len(data)
        if self._given > _FREE_BYTES + _MOST_RATIO * self._file.count:
            raise UsageError(
                f"{self._source} unpacks to more than {_MOST_RATIO} times its size, which lists "
                "do not; if it is one, unpack it yourself and import that"
            )
        buffer[: len(data)] = data
        return len(data)


def buffered(raw: io.RawIOBase) -> io.BufferedReader:
    """Return a stream that can be looked into."""
    return io.BufferedReader(raw, BUFFER_BYTES)


def damaged(source: str, error: Exception) -> str:
    """Return the sentence for a packed file that cannot be unpacked."""
    return f"{source} is damaged ({error}); fetch it again, or unpack it yourself"


def on_disk(content: BinaryIO, source: str, *, most: int) -> BinaryIO:
    """Return a nameless file on the disk with the rest of a stream.

    Raises:
        UsageError: there is more of it than `most` bytes.
        RingbankError: the disk is full.
    """
    try:
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile())
            size = 0
            while block := content.read(BUFFER_BYTES):
                size += len(block)
                if size > most:
                    raise UsageError(too_large(source, most))
                file.write(block)
            file.seek(0)
            stack.pop_all()  # the caller closes it
    except OSError as error:
        raise RingbankError(
            f"{source} could not be unpacked into {tempfile.gettempdir()} ({error.strerror}); "
            "free some space there, or set TMPDIR to another folder"
        ) from error
    return file


def too_large(source: str, most: int) -> str:
    """Return the sentence for a file that would have to be held as a whole."""
    return (
        f"{source} holds more than {most >> 20} MiB in a format that is not read as a stream; "
        "save the list as CSV"
    )
