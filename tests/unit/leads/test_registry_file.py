"""Registers on the disk: what was put in is in it, and nothing else."""

import hashlib
import io
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.registry_file import Builder, Digests, NumbersFile

numbers = st.integers(1, 999_999_999_999_999) | st.integers(4_722_000_000, 4_722_000_050)


def build(folder: Path, batches: list[list[int]], run: int) -> tuple[Path, int, str]:
    builder = Builder(folder, run=run)
    for batch in batches:
        builder.add(np.array(batch, dtype=np.int64))
    content = io.BytesIO()
    count, digest = builder.write(content)
    path = folder / "some.numbers"
    path.write_bytes(content.getvalue())
    return path, count, digest


@given(
    st.lists(st.lists(numbers, max_size=30), max_size=12),
    st.lists(numbers, max_size=30),
    st.integers(1, 200),
)
def test_membership_is_that_of_a_set(batches: list[list[int]], others: list[int], run: int) -> None:
    inside = {number for batch in batches for number in batch}
    with TemporaryDirectory() as name:
        path, count, digest = build(Path(name), batches, run)
        assert count == len(inside)
        assert np.fromfile(path, dtype="<u8").tolist() == sorted(inside)
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert [*Path(name).iterdir()] == [path], "runs leave nothing behind"
        file = NumbersFile(path)
        assert len(file) == len(inside)
        asked = [*others, *inside, *(number + 1 for number in inside)]
        found = file.contains_many(np.array(asked, dtype=np.int64)).tolist()
        assert found == [number in inside for number in asked]
        assert [file.contains(number) for number in asked] == found


@given(st.sets(numbers, min_size=1), st.randoms(), st.integers(1, 50), st.integers(1, 50))
def test_the_digest_depends_on_the_numbers_alone(
    inside: set[int], chance: object, one: int, other: int
) -> None:
    listed = [*inside]
    turned = [*reversed(listed), listed[0]]
    with TemporaryDirectory() as name:
        first = build(Path(name), [listed], one)[1:]
        second = build(Path(name), [[number] for number in turned], other)[1:]
    assert first == second


def test_a_digest_is_computed_again_only_for_a_file_that_changed(tmp_path: Path) -> None:
    path = tmp_path / "some.numbers"
    digests = Digests()
    assert digests.of(path) is None
    path.write_bytes(b"one")
    assert digests.known(path) is None
    first = digests.of(path)
    assert first == digests.known(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert digests.known(path) is None
    assert digests.of(path) == hashlib.sha256(b"two").hexdigest()
    path.unlink()
    assert digests.of(path) is None


def test_a_file_that_is_not_there_is_no_empty_registry(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="some"):
        NumbersFile(tmp_path / "some.numbers")
