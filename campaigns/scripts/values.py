"""What a script may speak of: the person, the agent, the campaign, the answers so far; pure.

Whatever is missing of one person is `NOTHING`: it is written as nothing, counts as no, and
no comparison with it holds or fails with an error. A number is one whether a list or an agent
wrote it as text, so that `answers.support >= 4` and `lead.age > 60` mean what they say.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_LONGEST = 4_000
"""Letters of one value in a script; a longer one is cut."""
_MOST_DIGITS = 40


def one_line(text: str) -> str:
    """Return a value as a script may show it: one line, no control character, not endless."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:_LONGEST]).split())


def number(value: object) -> Decimal | None:
    """Return the number that a value is or is written as, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | str) and len(str(value)) <= _MOST_DIGITS:
        try:
            found = Decimal(str(value).strip().replace(",", "."))
        except InvalidOperation:
            return None
        return found if found.is_finite() else None
    return None


class Text(str):
    """A value: text that equals and orders like a number where both sides are one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Compare as numbers with a number, else as text."""
        if isinstance(other, int | float):
            mine, its = number(self), number(other)
            return mine is not None and mine == its
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        """Tell the opposite."""
        return not self == other

    __hash__ = str.__hash__

    def __lt__(self, other: object) -> bool:
        """Order as numbers where both are, as text where neither is."""
        return _ordered(self, other, lambda a, b: a < b)

    def __le__(self, other: object) -> bool:
        """Order likewise."""
        return _ordered(self, other, lambda a, b: a <= b)

    def __gt__(self, other: object) -> bool:
        """Order likewise."""
        return _ordered(self, other, lambda a, b: a > b)

    def __ge__(self, other: object) -> bool:
        """Order likewise."""
        return _ordered(self, other, lambda a, b: a >= b)

    def __contains__(self, part: object) -> bool:
        """Tell whether a text is in it; nothing else is."""
        return isinstance(part, str) and str.__contains__(self, part)


def _ordered(mine: str, other: object, how: Callable[[Any, Any], bool]) -> bool:
    first, second = number(mine), number(other)
    if first is not None and second is not None:
        return how(first, second)
    if first is None and second is None and isinstance(other, str):
        return how(str(mine), str(other))
    return False


class _Odd:
    """What is no text: only equality of its own kind holds, no order does."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        """Hold never."""
        return False

    __le__ = __gt__ = __ge__ = __lt__


class Nothing(_Odd):
    """What is not there of this person."""

    __slots__ = ()

    def __str__(self) -> str:
        """Write nothing."""
        return ""

    def __bool__(self) -> bool:
        """Count as no."""
        return False

    def __eq__(self, other: object) -> bool:
        """Equal what is empty, so that `== ""` asks for it."""
        return other is NOTHING or other == "" or other is None

    def __hash__(self) -> int:
        """Hash as what is empty."""
        return hash("")

    def __len__(self) -> int:
        """Count nothing."""
        return 0

    def __iter__(self) -> Iterator[object]:
        """Yield nothing."""
        return iter(())

    def __contains__(self, part: object) -> bool:
        """Hold nothing."""
        return False


NOTHING = Nothing()


class Several(_Odd):
    """The answers to a question that takes more than one."""

    __slots__ = ("_items",)

    def __init__(self, items: Sequence[str]) -> None:
        self._items = tuple(Text(one_line(item)) for item in items)

    def __str__(self) -> str:
        """Write them as a sentence lists them."""
        return ", ".join(self._items)

    def __len__(self) -> int:
        """Count them."""
        return len(self._items)

    def __iter__(self) -> Iterator[object]:
        """Yield them in the order in which they were given."""
        return iter(self._items)

    def __contains__(self, part: object) -> bool:
        """Tell whether something is among them."""
        return part in self._items

    def __eq__(self, other: object) -> bool:
        """Equal the same answers."""
        return [*self] == [*other] if isinstance(other, Several | list | tuple) else False

    __hash__ = None  # type: ignore[assignment]  # as lists have it


class Facts(_Odd):
    """Named values; a name that is not there is `NOTHING`.

    The exact name counts, and else the one that differs by capitals only.
    """

    __slots__ = ("_values",)

    __iter__ = None  # a script asks for names it knows, and never for all there are

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __contains__(self, part: object) -> bool:
        """Hold nothing: it is no list."""
        return False

    def __getitem__(self, name: object) -> object:
        """Return a value, or `NOTHING`."""
        return self._values[found] if (found := named(name, self._values)) else NOTHING

    def __str__(self) -> str:
        """Write nothing: a script writes values, not all of them at once."""
        return ""


def named(name: object, names: Mapping[str, object] | Sequence[str]) -> str | None:
    """Return the one of some names that a script means, or None."""
    if not isinstance(name, str):
        return None
    if name in names:
        return str(name)
    folded = name.casefold()
    return next((one for one in names if one.casefold() == folded), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Everything that a script may know when it is shown.

    Attributes:
        language: the person's, or None.
        attributes: what their list says besides.
        agent: the name of who reads it out.
        campaign: name and seller by these keys.
        local_time: aware, on the person's own clock; None where nobody knows it.
        phone_masked: the number without its middle.
    """

    name: str | None = None
    external_id: str | None = None
    language: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    agent: str = ""
    campaign: str = ""
    seller: str = ""
    local_time: datetime | None = None
    phone_masked: str = ""


LEAD = ("name", "first_name", "external_id", "language", "attributes")
AGENT = ("name",)
CAMPAIGN = ("name", "seller", "about")
TIME = ("hour", "minute", "weekday", "date", "part")
"""What `local_time` knows of itself; written as it is, it is the wall clock, "18:05"."""

ROOTS: Mapping[str, tuple[str, ...] | None] = {
    "lead": None,
    "agent": AGENT,
    "campaign": CAMPAIGN,
    "answers": None,
    "local_time": TIME,
    "phone_masked": (),
}
"""The names that every script knows, each with those in it; None where they are the campaign's."""

WHOLE = frozenset({"local_time", "phone_masked"})
"""Those of them that can be shown as they are."""

_NOON, _EVENING = 12, 17


def surroundings(
    person: Person, about: str, answers: Mapping[str, Sequence[str]], several: frozenset[str]
) -> dict[str, object]:
    """Return the variables of a script.

    Args:
        person: whom it is for.
        about: what the calls are about.
        answers: question -> answers given so far.
        several: the questions that take more than one answer.
    """
    attributes = Facts({key: _value(value) for key, value in person.attributes.items()})
    lead = {key: _value(value) for key, value in person.attributes.items()} | {
        "name": _value(person.name),
        "first_name": _value(first_name(person.name)),
        "external_id": _value(person.external_id),
        "language": _value(person.language),
        "attributes": attributes,
    }
    said: dict[str, object] = {key: _value(given[0]) for key, given in answers.items() if given}
    said |= {key: Several(answers.get(key, ())) for key in several}
    return {
        "lead": Facts(lead),
        "agent": Facts({"name": _value(person.agent)}),
        "campaign": Facts(
            {
                "name": _value(person.campaign),
                "seller": _value(person.seller),
                "about": _value(about),
            }
        ),
        "answers": Facts(said),
        "local_time": Clock(person.local_time),
        "phone_masked": _value(person.phone_masked),
    }


class Clock(Facts):
    """The person's own time, or nothing where nobody knows it."""

    __slots__ = ("_shown",)

    def __init__(self, at: datetime | None) -> None:
        super().__init__({} if at is None else _parts_of(at))
        self._shown = "" if at is None else f"{at:%H:%M}"

    def __str__(self) -> str:
        """Write the wall clock."""
        return self._shown

    def __bool__(self) -> bool:
        """Tell whether it is known."""
        return bool(self._shown)


def _parts_of(at: datetime) -> dict[str, object]:
    part = "morning" if at.hour < _NOON else "afternoon" if at.hour < _EVENING else "evening"
    return {
        "hour": Text(at.hour),
        "minute": Text(at.minute),
        "weekday": Text(at.isoweekday()),
        "date": Text(at.date().isoformat()),
        "part": Text(part),
    }


def _value(value: object) -> object:
    text = "" if value is None else one_line(str(value))
    return Text(text) if text else NOTHING


_SHORTEST, _MOST_PARTS = 2, 4


def first_name(name: str | None) -> str | None:
    """Return the name by which somebody is addressed, or None where that cannot be told.

    A name in which the family comes first, a title, an initial or a firm gives none.
    """
    if not name or "," in name or not name.isprintable():
        return None
    parts = name.split()
    first = parts[0] if parts else ""
    plain = first.replace("-", "").replace("'", "").replace("’", "")
    if not _SHORTEST <= len(parts) <= _MOST_PARTS or not plain.isalpha() or len(plain) < _SHORTEST:
        return None
    if first.isupper() or not first[0].isupper() or parts[-1].rstrip(".").upper() in _FIRMS:
        return None
    # Where names are written without small and capital letters the family comes first.
    return None if first.casefold() in _TITLES else first


_WRITTEN_TITLES = "mr mrs ms miss dr prof herr frau fru hr pan pani sr sra mme bay den det"
_TITLES = frozenset(_WRITTEN_TITLES.split())
_WRITTEN_FIRMS = "AS ASA AB APS A/S GMBH AG LTD LLC INC PLC OY OYJ SA SPA SRL BV KG UB"
_FIRMS = frozenset(_WRITTEN_FIRMS.split())
