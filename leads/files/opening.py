"""Open a lead file: look what it is, unwrap it, and hand it to whoever reads its kind."""

import gzip
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import IO, BinaryIO

from leads.errors import UsageError
from leads.files.archive import only_list, opened_archive
from leads.files.kinds import LOOK_BYTES, Kind, kind_of, kind_of_archive
from leads.files.process import ChildFeed
from leads.files.streams import Counted, Unpacked, buffered, on_disk, too_large
from leads.files.table import LeadFile
from leads.files.text import TextFeed, check_encoding, one_character

_MOST_WRAPPINGS = 3
_MOST_SHEET_BYTES = 256 << 20
_MOST_DISK_BYTES = 4 << 30


@contextmanager
def open_leads(
    source: str,
    *,
    encoding: str | None,
    delimiter: str | None,
    region: str | None,
    sheet: str | None = None,
) -> Iterator[LeadFile]:
    """Open a lead file for reading.

    Args:
        source: a path, or "-" for standard input.
        encoding: any of Python's text encodings; None to guess.
        delimiter: one character, or "tab"; None to guess.
        region: ISO 3166 country the file comes from, for the guess, or None.
        sheet: which sheet of a spreadsheet; None for the only one that is filled.

    Raises:
        UsageError: the file cannot be read, is empty, or an option is not usable.
        RingbankError: there is no room to unpack it.
    """
    if encoding is not None:
        check_encoding(encoding)
    if delimiter is not None:
        delimiter = one_character(delimiter)
    name = "standard input" if source == "-" else source
    with ExitStack() as stack:
        file = _Wrapped(name, stack.enter_context(_opened(source)), stack)
        kind = file.unwrap()
        if kind is not Kind.SHEET and sheet is not None:
            raise UsageError(f"{name} is no spreadsheet and has no sheets; leave --sheet out")
        if kind is Kind.TEXT:
            text = TextFeed(
                name, file.content, encoding=encoding, delimiter=delimiter, region=region
            )
            yield LeadFile(
                name,
                text,
                file.counted,
                kind=file.described(kind),
                encoding=text.encoding,
                delimiter=text.delimiter,
            )
            return
        if encoding is not None or delimiter is not None:
            what = "a spreadsheet" if kind is Kind.SHEET else "a Parquet file"
            raise UsageError(
                f"{name} is {what}; leave --encoding and --delimiter out, or save it as CSV"
            )
        yield _table(file, kind, sheet, stack)


def _table(file: "_Wrapped", kind: Kind, sheet: str | None, stack: ExitStack) -> LeadFile:
    is_sheet = kind is Kind.SHEET
    disk = file.on_disk(most=_MOST_SHEET_BYTES if is_sheet else _MOST_DISK_BYTES)
    feed = ChildFeed(file.name, disk, kind="sheet" if is_sheet else "parquet", sheet=sheet)
    stack.callback(feed.close)
    described = file.described(kind) + (f", sheet {feed.sheet}" if is_sheet else "")
    return LeadFile(file.name, feed, feed if file.is_plain else file.counted, kind=described)


def _opened(source: str) -> AbstractContextManager[BinaryIO]:
    if source == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(source).open("rb")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"{source} cannot be read ({why}); name a CSV file, or - for standard input"
        ) from error


class _Wrapped:
    """A file as it lies on the disk, and what is in it; the two differ when it is packed.

    Attributes:
        name: what it is called in sentences.
        counted: the file on the disk.
        content: what is in it, from its beginning.
    """

    def __init__(self, name: str, opened: BinaryIO, stack: ExitStack) -> None:
        self.name = name
        self.counted = Counted(opened, name)
        self.content: BinaryIO = buffered(self.counted)
        self._stack = stack
        self._wrappings: list[str] = []
        self._disk = opened if _is_real(opened) else None
        self._disk_is_opened = self._disk is not None

    @property
    def is_plain(self) -> bool:
        """Tell whether the content lies on the disk as it is."""
        return not self._wrappings

    def described(self, kind: Kind) -> str:
        """Return a kind and in what it was wrapped, the innermost first."""
        return " in ".join([kind.value, *reversed(self._wrappings)])

    def unwrap(self) -> Kind:
        """Unwrap the content until it is a list, and return of what kind.

        Raises:
            UsageError: it cannot be unwrapped, or is no list.
        """
        while True:
            kind = kind_of(_look(self.content))
            if kind is Kind.GZIP:
                self._unwrapped(gzip.GzipFile(fileobj=self.content), "gzip")
            elif kind is Kind.ZIP:
                disk = self.on_disk(most=_MOST_DISK_BYTES)
                # Through the counted stream where that is the file itself, for the progress.
                seekable = self.content if self._disk_is_opened else disk
                archive = self._stack.enter_context(opened_archive(seekable, self.name))
                kind = kind_of_archive(archive.namelist())
                if kind is Kind.ZIP:
                    member = only_list(archive, self.name)
                    self._unwrapped(archive.open(member), "zip")
            if isinstance(kind, str):
                raise UsageError(f"{self.name} is {kind}")
            if kind not in {Kind.GZIP, Kind.ZIP}:
                return kind

    def on_disk(self, *, most: int) -> BinaryIO:
        """Return the content as a real file.

        Raises:
            UsageError: there is too much of it.
            RingbankError: there is no room for it.
        """
        if self._disk is None:
            self._disk = self._stack.enter_context(on_disk(self.content, self.name, most=most))
        elif os.fstat(self._disk.fileno()).st_size > most:
            raise UsageError(too_large(self.name, most))
        return self._disk

    def _unwrapped(self, inside: IO[bytes] | gzip.GzipFile, wrapping: str) -> None:
        self._wrappings.append(wrapping)
        if len(self._wrappings) > _MOST_WRAPPINGS:
            raise UsageError(
                f"{self.name} is packed more than {_MOST_WRAPPINGS} times over; "
                "unpack it and import the list in it"
            )
        self.content = buffered(Unpacked(inside, self.counted, self.name))
        self._disk = None
        self._disk_is_opened = False


def _look(content: BinaryIO) -> bytes:
    assert hasattr(content, "peek")
    begins: bytes = content.peek(LOOK_BYTES)[:LOOK_BYTES]
    return begins


def _is_real(opened: BinaryIO) -> bool:
    """Tell whether it is a file that another process can read from its beginning."""
    try:
        return stat.S_ISREG(os.fstat(opened.fileno()).st_mode)
    except (OSError, ValueError):
        return False
