"""What a script may do with a value: filters and tests that can neither fail nor grow; pure."""

from collections.abc import Callable

from campaigns.scripts.values import NOTHING, Nothing, Several, Text

MOST_TURNS = 50
"""How many things a loop goes over."""
_LONGEST_VALUE = 4_000


def _text(value: object) -> str:
    return str(value)[:_LONGEST_VALUE]


def _as_value(text: str) -> object:
    return Text(text[:_LONGEST_VALUE]) if text else NOTHING


def _default(value: object, other: object = "") -> object:
    return value or _as_value(_text(other))


def members(value: object) -> list[object]:
    """Return what a loop over a value goes over."""
    if isinstance(value, Several | list | tuple):
        return [*value][:MOST_TURNS]
    return [] if isinstance(value, Nothing) or not _text(value) else [value]


def _join(value: object, between: object = ", ") -> object:
    return _as_value(_text(between).join(map(_text, members(value)))[:_LONGEST_VALUE])


def _first(value: object) -> object:
    return next(iter(members(value)), NOTHING)


def _last(value: object) -> object:
    return next(iter(members(value)[::-1]), NOTHING)


def _length(value: object) -> object:
    return Text(len(members(value)))


def _by(change: Callable[[str], str]) -> Callable[[object], object]:
    return lambda value: _as_value(change(_text(value)))


FILTERS: dict[str, tuple[Callable[..., object], int]] = {
    "default": (_default, 1),
    "join": (_join, 1),
    "first": (_first, 0),
    "last": (_last, 0),
    "length": (_length, 0),
    "upper": (_by(str.upper), 0),
    "lower": (_by(str.lower), 0),
    "title": (_by(str.title), 0),
    "capitalize": (_by(str.capitalize), 0),
    "trim": (_by(str.strip), 0),
}
"""What a script may do with a value, and with how many words at most; none of it can fail."""

TESTS: dict[str, Callable[[object], bool]] = {
    "defined": bool,
    "undefined": lambda value: not value,
}
"""`lead.city is defined` is what `lead.city` alone says already; people write it."""
