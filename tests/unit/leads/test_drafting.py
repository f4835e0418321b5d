"""A file with people in it is whole or as before, and its owner's alone."""

import os
import stat
from pathlib import Path

import pytest

from leads.drafting import drafted
from leads.errors import RingbankError


class WritingError(RingbankError):
    """What a caller raises."""


def test_a_new_file_is_its_owners_alone_even_in_place_of_an_open_one(tmp_path: Path) -> None:
    place = tmp_path / "people.csv"
    place.write_text("before")
    place.chmod(0o644)
    with drafted(place, WritingError) as draft:
        draft.write_text("after")
        assert place.read_text() == "before"
        draft.replace(place)
    assert (place.read_text(), stat.S_IMODE(place.stat().st_mode)) == ("after", 0o600)
    assert [*tmp_path.iterdir()] == [place]


def write_half(place: Path) -> None:
    with drafted(place, WritingError) as draft:
        draft.write_text("after")
        raise ValueError("half")


def test_what_fails_half_way_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "people.csv"
    place.write_text("before")
    with pytest.raises(ValueError, match="half"):
        write_half(place)
    assert place.read_text() == "before"
    assert [*tmp_path.iterdir()] == [place]


def test_a_full_disk_is_told_as_the_caller_tells_it(tmp_path: Path) -> None:
    with (
        pytest.raises(WritingError, match=r"No space left on device.*; free some space there"),
        drafted(tmp_path / "people.csv", WritingError),
    ):
        raise OSError(28, os.strerror(28))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    place = tmp_path / "no" / "people.csv"
    with pytest.raises(WritingError, match="check the folder"), drafted(place, WritingError):
        pass


def test_nothing_takes_the_place_of_a_device_or_a_folder(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (pipe, tmp_path, Path(os.devnull)):
        with (
            pytest.raises(WritingError, match=r"cannot be written \(it is no file\)"),
            drafted(place, WritingError),
        ):
            pass
    assert pipe.is_fifo()
