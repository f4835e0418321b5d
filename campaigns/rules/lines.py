"""Where in the text of a TOML file a key stands, which its parser does not tell; pure."""

import re

_STRING = re.compile(
    r"\"\"\"(?:\\.|[^\\])*?\"\"\"(?!\")|'''.*?'''(?!')"
    r"|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|\#[^\n]*",
    re.DOTALL,
)
_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*")
_KEY = re.compile(r"\s*([\w\-. \t\"']+?)\s*=")


def places_of(text: str) -> dict[str, int]:
    """Return the line (from 1) of every table and key of a document that is TOML.

    The names are those of `campaigns.fields.Section`: "hours[2].windows" is the key in the
    second table of hours. What stands inside a value has no place of its own.
    """
    places: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, depth = "", 0
    for number, line in enumerate(_without_insides(text).split("\n"), start=1):
        if depth == 0 and (header := _HEADER.fullmatch(line)):
            table = _table(_path(header[2]), counts, array=header[1] == "[[")
            places.setdefault(table, number)
            continue
        if depth == 0 and (key := _KEY.match(line)):
            path = f"{table}.{_path(key[1])}" if table else _path(key[1])
            places.setdefault(path, number)
        depth += sum(map(line.count, "[{")) - sum(map(line.count, "]}"))
    return places


def line_of(places: dict[str, int], where: str) -> int:
    """Return the line of what a problem names, or of the nearest table around it.

    An array of tables as a whole stands where its first one does, and the document itself
    in its first line.
    """
    where = f"{where}[1]" if f"{where}[1]" in places else where
    while where and where not in places:
        whole = where.rpartition("[") if where.endswith("]") else where.rpartition(".")
        where = whole[0]
    return places.get(where, 1)


def _without_insides(text: str) -> str:
    """Return the text with the lines it has, but no comment and nothing inside a string."""
    return _STRING.sub(_emptied, text)


def _emptied(found: re.Match[str]) -> str:
    """Keep a string that may be a key; of every other one keep its line ends."""
    inside = found[0]
    if re.fullmatch(r"([\"'])[\w\-.]+\1", inside):
        return inside
    return '""' + "\n" * inside.count("\n") if inside[0] != "#" else ""


def _path(written: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in written.split("."))


def _table(path: str, counts: dict[str, int], *, array: bool) -> str:
    """Return a header's name with the number of every array of tables on its way."""
    name = ""
    parts = path.split(".")
    for depth, part in enumerate(parts):
        name = f"{name}.{part}" if name else part
        if array and depth == len(parts) - 1:
            counts[name] = counts.get(name, 0) + 1
        if name in counts:
            name = f"{name}[{counts[name]}]"
    return name
