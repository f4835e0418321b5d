"""Lead files inside others: archives, gzip, a pipe; and those that are made to fill disks."""

import gzip
import io
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from leads.errors import UsageError
from leads.files import Row, open_leads

LIST = "Navn;Telefon\nÅse;22448200\n".encode()
ROWS = (("Navn", "Telefon"), [(2, ["Åse", "22448200"])])


def archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w", method) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return inside.getvalue()


def kept(folder: Path, content: bytes) -> Path:
    file = folder / "people.csv"
    file.write_bytes(content)
    return file


def read(file: Path | str) -> tuple[str, tuple[tuple[str, ...], list[Row]]]:
    with open_leads(str(file), encoding=None, delimiter=None, region="NO") as opened:
        return opened.format, (opened.header, list(opened.rows()))


def refused(file: Path) -> str:
    with pytest.raises(UsageError) as error:
        read(file)
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (archive({"people.csv": LIST}), "CSV in zip"),
        (archive({"a/people": LIST}, zipfile.ZIP_BZIP2), "CSV in zip"),
        (archive({"people.csv.gz": gzip.compress(LIST)}), "CSV in gzip in zip"),
        (gzip.compress(archive({"people.csv": LIST})), "CSV in zip in gzip"),
        (gzip.compress(gzip.compress(LIST)), "CSV in gzip in gzip"),
        (gzip.compress(LIST[:16]) + gzip.compress(LIST[16:]), "CSV in gzip"),
        (archive({"a.zip": archive({"b.zip": archive({"c": LIST})})}), "CSV in zip in zip in zip"),
    ],
    ids=range(7),  # not the bytes: they hold the time of day
)
def test_whatever_it_is_packed_in_the_list_is_read(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    assert read(kept(tmp_path, content)) == (kind, ROWS)


def test_clutter_and_pictures_in_an_archive_do_not_count(tmp_path: Path) -> None:
    files = {
        "__MACOSX/._people.csv": b"x",
        "lists/": b"",
        "lists/.DS_Store": b"x",
        "logo.png": b"\x89PNG\r\n",
        "terms.pdf": b"%PDF-1.7",
        "empty.txt": b"",
        "lists/people.csv": LIST,
    }
    assert read(kept(tmp_path, archive(files))) == ("CSV in zip", ROWS)


def test_several_lists_in_an_archive_are_named(tmp_path: Path) -> None:
    said = refused(kept(tmp_path, archive({"may.csv": LIST, "june.csv": LIST, "x.pdf": b"%PDF"})))
    assert "holds several files (may.csv, june.csv); unpack it" in said


def test_many_lists_in_an_archive_are_not_all_named(tmp_path: Path) -> None:
    said = refused(kept(tmp_path, archive({f"{n:03}.csv": LIST for n in range(50)})))
    assert "(000.csv, " in said
    assert "009.csv and 40 more)" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive({"terms.pdf": b"%PDF-1.7"}), "holds no list (terms.pdf)"),
        (archive({}), "holds no list (nothing)"),
        (archive({"[Content_Types].xml": b"", "word/document.xml": b""}), "a document of text"),
        (archive({"people.csv": LIST * 50})[:-30], "is damaged"),
        (b"PK\x03\x04 and no more", "is damaged"),
    ],
)
def test_an_archive_without_a_list_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refused(kept(tmp_path, content))


def test_a_damaged_list_in_an_archive_is_told(tmp_path: Path) -> None:
    data = bytearray(archive({"people.csv": LIST * 5000}, zipfile.ZIP_STORED))
    data[100_000] ^= 1
    assert "is damaged (Bad CRC-32" in refused(kept(tmp_path, bytes(data)))


def test_a_password_is_told_with_the_file_that_needs_it(tmp_path: Path) -> None:
    data = bytearray(archive({"people.csv": LIST}))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + flags] |= 1
    assert "people.csv needs a password; unpack it" in refused(kept(tmp_path, bytes(data)))


def test_what_is_packed_without_end_is_refused(tmp_path: Path) -> None:
    content = LIST
    for _ in range(4):
        content = gzip.compress(content)
    assert "is packed more than 3 times over" in refused(kept(tmp_path, content))


def test_what_is_made_to_fill_disks_is_refused(tmp_path: Path) -> None:
    lines = gzip.compress((b"Kari;22448201" + b" " * 100_000 + b"\n") * 100)
    assert "unpacks to more than 100 times" in refused(
        kept(tmp_path, gzip.compress(LIST) + lines * 32)
    )


def test_a_spreadsheet_of_any_size_is_not_unpacked(tmp_path: Path) -> None:
    begins = gzip.compress(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    zeros = gzip.compress(bytes(32 << 20))
    assert "more than 256 MiB" in refused(kept(tmp_path, begins + zeros * 9))


def test_progress_of_an_archive_counts_what_lies_on_the_disk(tmp_path: Path) -> None:
    rows = b"".join(b"Ola;%08d\n" % (number * 7919 % 10**8) for number in range(400_000))
    file = kept(tmp_path, archive({"people.csv": b"Navn;Telefon\n" + rows}))
    with open_leads(str(file), encoding=None, delimiter=None, region="NO") as opened:
        batches = opened.batches(1000)
        next(batches)
        assert opened.bytes_read < file.stat().st_size / 2
        assert sum(map(len, batches)) == 399_000
        assert file.stat().st_size / 2 < opened.bytes_read <= file.stat().st_size


@pytest.mark.parametrize(
    "content",
    [LIST, gzip.compress(LIST), archive({"people.csv": LIST})],
    ids=["plain", "gzip", "zip"],
)
@pytest.mark.parametrize("redirected", [True, False])
def test_standard_input_may_be_a_pipe_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, redirected: bool
) -> None:
    if redirected:
        handle = os.open(kept(tmp_path, content), os.O_RDONLY)
    else:
        handle, end = os.pipe()
        os.write(end, content)
        os.close(end)
    with os.fdopen(handle) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert read("-")[1] == ROWS
