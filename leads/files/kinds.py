"""What kind of file some bytes are the beginning of; pure."""

from collections.abc import Sequence
from enum import Enum

LOOK_BYTES = 1024
"""How much of a file it takes to know."""


class Kind(Enum):
    """A kind of file that a list may come in."""

    TEXT = "CSV"
    SHEET = "spreadsheet"
    PARQUET = "Parquet"
    GZIP = "gzip"
    ZIP = "zip"


_KINDS = {
    b"\x1f\x8b": Kind.GZIP,
    b"PK\x03\x04": Kind.ZIP,
    b"PK\x05\x06": Kind.ZIP,
    b"\xd0\xcf\x11\xe0": Kind.SHEET,
    b"PAR1": Kind.PARQUET,
}

_UNPACK = "unpack it and import the list in it"
_SAVE = "save the list as CSV or XLSX"

_NO_TABLES = {
    b"%PDF": f"a PDF file; {_SAVE}",
    b"SQLite format 3": f"an SQLite database; {_SAVE}",
    b"7z\xbc\xaf": f"a 7z archive; {_UNPACK}",
    b"Rar!": f"a RAR archive; {_UNPACK}",
    b"BZh": f"packed with bzip2; {_UNPACK}",
    b"\xfd7zXZ": f"packed with xz; {_UNPACK}",
    b"\x28\xb5\x2f\xfd": f"packed with zstd; {_UNPACK}",
    b"\xff\xd8\xff": f"a picture; {_SAVE}",
    b"\x89PNG": f"a picture; {_SAVE}",
    b"GIF8": f"a picture; {_SAVE}",
    b"\x7fELF": f"a program; {_SAVE}",
    b"{\\rtf": f"a text document; {_SAVE}",
    b"ARROW1": f"an Arrow file; {_SAVE}",
    b"Obj\x01": f"an Avro file; {_SAVE}",
}
"""How files begin that people send by mistake."""

_NO_TABLES_OF_TEXT = {
    b"<!doctype html": f"a web page; open it in a spreadsheet and {_SAVE}",
    b"<html": f"a web page; open it in a spreadsheet and {_SAVE}",
    b"<table": f"a web page; open it in a spreadsheet and {_SAVE}",
    b"<?xml": f"an XML file; open it in a spreadsheet and {_SAVE}",
    b"begin:vcard": f"a file of vCards; {_SAVE}",
    b'{"': f"a JSON file; {_SAVE}",
    b"[{": f"a JSON file; {_SAVE}",
}
"""The same for texts: in lower case, without blanks before it."""


def kind_of(begins: bytes) -> Kind | str:
    """Return the kind of a file, or what else it is and what to do.

    Args:
        begins: the first `LOOK_BYTES` of the file.
    """
    for magic, kind in _KINDS.items():
        if begins.startswith(magic):
            return kind
    text = begins.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for table, found in ((_NO_TABLES, begins), (_NO_TABLES_OF_TEXT, text)):
        for magic, what in table.items():
            if found.startswith(magic):
                return what
    return Kind.TEXT


def kind_of_archive(names: Sequence[str]) -> Kind | str:
    """Return what a zip archive is: a spreadsheet, an archive, or what else and what to do."""
    known = frozenset(names)
    if "[Content_Types].xml" in known:
        if any(name.startswith("xl/") for name in names):
            return Kind.SHEET
        return f"a document of text or slides; {_SAVE}"
    if {"mimetype", "content.xml"} <= known:
        return Kind.SHEET
    return Kind.ZIP
