"""A scenario's document as the text of a file; pure."""

from collections.abc import Iterator, Mapping, Sequence

_BARE = frozenset("abcdefghijklmnopqrstuvwxyz_")
_WIDTH = 96


def scenario_text(document: Mapping[str, object], comments: Sequence[str] = ()) -> str:
    """Return a scenario file: what is above all tables, the tables, the shifts.

    Args:
        document: of texts, numbers, lists of them, and tables.
        comments: lines to say at its head.
    """
    lines = [f"# {comment}" for comment in comments]
    tables = {key: value for key, value in document.items() if _is_table(value)}
    lines += [
        f"{_key(key)} = {_value(value)}" for key, value in document.items() if key not in tables
    ]
    for key, value in tables.items():
        if isinstance(value, Mapping):
            lines += ["", *_table(key, value)]
        elif isinstance(value, list):
            for item in value:
                lines += ["", f"[[{_key(key)}]]", *_entries(item)]
    return "\n".join(lines).strip() + "\n"


def _is_table(value: object) -> bool:
    in_list = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    return isinstance(value, Mapping) or in_list


def _table(name: str, table: Mapping[str, object]) -> Iterator[str]:
    yield f"[{_key(name)}]"
    yield from _entries(table)


def _entries(table: Mapping[str, object]) -> Iterator[str]:
    for key, value in table.items():
        written = _value(value)
        if isinstance(value, list) and len(written) > _WIDTH:
            yield f"{_key(key)} = ["
            yield from (f"  {_value(one)}," for one in value)
            yield "]"
        else:
            yield f"{_key(key)} = {written}"


def _value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _text(value)
        case Mapping():
            inner = ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items())
            return f"{{ {inner} }}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return str(value)


def _key(key: str) -> str:
    return key if key and set(key) <= _BARE else _text(key)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in escaped) + '"'
    )
