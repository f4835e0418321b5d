"""What the lower part of the screen shows: something to choose, or something to type; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", *ascii_lowercase)
"""The keys of what can be chosen, in order; what comes after them has the arrows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that can be chosen.

    Attributes:
        key: what chooses it, or empty.
        chosen: it is chosen already.
    """

    key: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One line that is typed.

    Attributes:
        name: under which the text is kept.
        hint: how to write it.
        fault: what is wrong with it, or empty.
        means: how the text is understood, or empty.
    """

    name: str
    text: str
    hint: str = ""
    fault: str = ""
    means: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One step of the work.

    Attributes:
        mark: which option is highlighted; -1: none.
        told: what is said of the highlighted option, or of the step.
        enter: what Enter does.
        reading: a longer text that takes the place of the script, or None.
    """

    title: str
    options: tuple[Option, ...] = ()
    mark: int = -1
    told: str = ""
    field: Field | None = None
    enter: str = ""
    reading: str | None = None


def keyed(labels: Sequence[str], chosen: Sequence[bool] = ()) -> tuple[Option, ...]:
    """Return things to choose from with the keys of their places."""
    keys = (*KEYS, *[""] * len(labels))
    marks = (*chosen, *[False] * len(labels))
    return tuple(
        Option(key=keys[place], label=label, chosen=marks[place])
        for place, label in enumerate(labels)
    )


def scaled(values: Sequence[str], chosen: Sequence[bool]) -> tuple[Option, ...]:
    """Return the values of a scale: each is its own key where it is one digit."""
    single = all(len(value) == 1 for value in values)
    return tuple(
        Option(key=value if single else "", label=value, chosen=mark)
        for value, mark in zip(values, chosen, strict=True)
    )


def place_of(options: Sequence[Option], key: str) -> int | None:
    """Return which option a key chooses, or None."""
    return next((n for n, option in enumerate(options) if key and option.key == key), None)


def moved(mark: int, key: str, count: int) -> int | None:
    """Return the place of the highlight after an arrow key; None: it is no arrow.

    The ends are not joined: whoever holds the key down stops at the last one.
    """
    steps = {"up": -1, "down": 1, "home": -count, "end": count}
    if key not in steps or not count:
        return None
    return min(max(mark + steps[key], 0), count - 1)
