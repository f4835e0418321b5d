"""The one list in a zip archive."""

import zipfile
from typing import BinaryIO

from leads.errors import UsageError
from leads.files.kinds import LOOK_BYTES, Kind, kind_of
from leads.files.streams import DAMAGED, damaged

_MOST_MEMBERS = 1000
_MOST_NAMED = 10
_ENCRYPTED = 1
_SYSTEM_FOLDERS = ("__MACOSX/",)


def opened_archive(content: BinaryIO, source: str) -> zipfile.ZipFile:
    """Return an archive whose table of contents can be read.

    Raises:
        UsageError: it cannot.
    """
    try:
        return zipfile.ZipFile(content)
    except (*DAMAGED, ValueError, OSError) as error:
        raise UsageError(damaged(source, error)) from error


def only_list(archive: zipfile.ZipFile, source: str) -> zipfile.ZipInfo:
    """Return the only file in an archive that may hold a list.

    Raises:
        UsageError: there is none, there are several, or it needs a password.
    """
    files = [one for one in archive.infolist() if not one.is_dir() and not _is_clutter(one)]
    if len(files) > _MOST_MEMBERS:
        raise UsageError(f"{source} holds {len(files)} files; {_REMEDY}")
    lists = [one for one in files if _kind(archive, one, source)]
    if not lists:
        named = _names(files) or "nothing"
        raise UsageError(f"{source} holds no list ({named}); {_REMEDY}")
    if len(lists) > 1:
        raise UsageError(f"{source} holds several files ({_names(lists)}); {_REMEDY}")
    return lists[0]


_REMEDY = "unpack it and import the list in it"


def _names(files: list[zipfile.ZipInfo]) -> str:
    named = ", ".join(one.filename for one in files[:_MOST_NAMED])
    more = len(files) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _is_clutter(one: zipfile.ZipInfo) -> bool:
    """Tell what file managers put into archives unasked."""
    return one.filename.startswith(_SYSTEM_FOLDERS) or one.filename.rsplit("/", 1)[-1].startswith(
        "."
    )


def _kind(archive: zipfile.ZipFile, one: zipfile.ZipInfo, source: str) -> Kind | None:
    """Return what a file in the archive is, or nothing where it can hold no list."""
    if one.flag_bits & _ENCRYPTED:
        raise UsageError(f"{source}: {one.filename} needs a password; {_REMEDY}")
    try:
        with archive.open(one) as file:
            begins = file.read(LOOK_BYTES)
    except (*DAMAGED, OSError) as error:
        raise UsageError(damaged(source, error)) from error
    kind = kind_of(begins)
    return kind if isinstance(kind, Kind) and begins else None
