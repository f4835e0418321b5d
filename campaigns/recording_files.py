"""Files of recorded talks: deleted when their time is over, where their folder is at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from campaigns import amd_samples, recordings
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
    """Delete recordings and samples whose time is over, and write down that they are gone.

    A file is deleted before that is written: what is written as deleted is.

    Args:
        site: its configuration names the folder.
        now: aware.

    Raises:
        UsageError: files are due, and the configuration does not say where they are.
        NoFolderError: the folder that it names is not there, so nobody knows what is.
    """
    with reading(site.base()) as connection:
        talks = [(row.id, row.file) for row in recordings.due(connection, now.date())]
        samples = [
            (row.attempt_id, row.file or "") for row in amd_samples.due(connection, now.date())
        ]
    due = len(talks) + len(samples)
    if not due:
        return Expired(deleted=0, were_gone=0, failed=0)
    folder = _folder(site, due)
    gone_talks, deleted_talks = _delete(site, folder, talks)
    gone_samples, deleted_samples = _delete(site, folder, samples)
    with writing(site.base()) as connection:
        recordings.note_deleted(connection, gone_talks, now=now)
        amd_samples.note_deleted(connection, gone_samples)
    gone, deleted = len(gone_talks) + len(gone_samples), deleted_talks + deleted_samples
    return Expired(deleted=deleted, were_gone=gone - deleted, failed=due - gone)


def _delete(site: Site, folder: Path, files: Sequence[tuple[int, str]]) -> tuple[list[int], int]:
    """Return the ids of files that are gone now, and how many of them were there."""
    gone: list[int] = []
    deleted = 0
    for id_, name in files:
        file = folder / Path(name).name
        try:
            file.unlink()
            deleted += 1
        except FileNotFoundError:
            pass
        except OSError as error:
            site.say(f"{file} cannot be deleted ({error.strerror})")
            continue
        gone.append(id_)
    return gone, deleted


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
