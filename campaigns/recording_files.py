"""Files of recorded talks: deleted when their time is over, where their folder is at hand."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from campaigns import recordings
from leads.db import reading, writing
from leads.errors import RingbankError, UsageError
from leads.site import Site


class NoFolderError(RingbankError):
    """The folder of recordings is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What an expiry came to: files that were deleted, were gone already, could not be."""

    deleted: int
    were_gone: int
    failed: int


def expire(site: Site, *, now: datetime) -> Expired:
    """Delete the recordings whose time is over, and write down that they are gone.

    A file is deleted before that is written: what is written as deleted is.

    Args:
        site: its configuration names the folder.
        now: aware.

    Raises:
        UsageError: files are due, and the configuration does not say where they are.
        NoFolderError: the folder that it names is not there, so nobody knows what is.
    """
    with reading(site.base()) as connection:
        due = recordings.due(connection, now.date())
    if not due:
        return Expired(deleted=0, were_gone=0, failed=0)
    folder = _folder(site, len(due))
    gone: list[int] = []
    deleted = failed = 0
    for row in due:
        file = folder / Path(row.file).name
        try:
            file.unlink()
            deleted += 1
        except FileNotFoundError:
            pass
        except OSError as error:
            site.say(f"{file} cannot be deleted ({error.strerror})")
            failed += 1
            continue
        gone.append(row.id)
    with writing(site.base()) as connection:
        recordings.note_deleted(connection, gone, now=now)
    return Expired(deleted=deleted, were_gone=len(gone) - deleted, failed=failed)


def _folder(site: Site, due: int) -> Path:
    folder = site.settings().recordings
    if folder is None:
        raise UsageError(
            f"{due} recordings are due, and where Asterisk keeps them is not known here; name "
            "the folder as recordings in the section [asterisk] of the configuration, or delete "
            "them on Asterisk's machine"
        )
    if not folder.is_dir():
        raise NoFolderError(
            f"{due} recordings are due, and their folder {folder} is not there; run this on "
            "Asterisk's machine, or where its folder is mounted"
        )
    return folder
