"""Files with people in them, written beside their place: there, or there as before, never half."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leads.errors import RingbankError


@contextmanager
def drafted(place: Path, failure: type[RingbankError]) -> Iterator[Path]:
    """Give an empty file that is its owner's alone, in a folder of its own beside a place.

    Whoever has written it moves it to its place before the block ends; what stays is deleted.

    Args:
        place: where it is to be; what stands there is not touched here.
        failure: what is raised where the disk or the folder fails, in the block too.

    Raises:
        RingbankError: a `failure`: something that is no file stands there, or nothing can be
            written.
    """
    if place.exists() and not place.is_file():
        # Moved onto a device, the draft would take its place for everybody.
        raise failure(f"{place} cannot be written (it is no file); name another one")
    try:
        folder = tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.")
    except OSError as error:
        raise failure(
            f"{place} cannot be written ({error.strerror}); check the folder, or name another file"
        ) from error
    with folder as name:
        draft = Path(name) / "draft"
        try:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            yield draft
        except OSError as error:
            raise failure(
                f"{place} cannot be written ({error.strerror or error}); free some space there, "
                "or name another file"
            ) from error
