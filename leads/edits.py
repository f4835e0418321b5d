"""What somebody wants changed about a lead, read from FIELD=VALUE; pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from leads.errors import UsageError
from leads.model import E164, Phone
from leads.phone import known_region, parse_phone
from leads.problems import Problem

TOLD = ("told_zone", "told_country", "told_subdivision")
"""What the person said of where they are: it replaces what number and address suggest."""

FACTS = ("name", "external_id", "language", "zone", "country", "subdivision", *TOLD)
"""What is known of every lead and may be set by its name; an attribute goes by its own."""

_LANGUAGE = re.compile("[A-Za-z]{2,3}")
_SUBDIVISION = re.compile("[A-Z]{2}-[A-Z0-9]{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What is to be changed; None takes a fact away.

    Attributes:
        facts: by their names in `FACTS`.
        attributes: by the names that the files gave them.
        phones: in their order, pairs of what is done ("=", "+=", "-=") and the number.
    """

    facts: Mapping[str, str | None] = field(default_factory=dict)
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    phones: tuple[tuple[str, Phone], ...] = ()


def read_edits(
    words: Iterable[str], *, attributes: Collection[str], region: str | None
) -> Edits | tuple[Problem, ...]:
    """Return what the words ask for, or everything that is wrong with them.

    Args:
        words: FIELD=VALUE; for numbers also phone+=NUMBER and phone-=NUMBER.
        attributes: the names of attributes that somebody has.
        region: ISO 3166 country of numbers written without one, or None.
    """
    facts: dict[str, str | None] = {}
    others: dict[str, str | None] = {}
    phones: list[tuple[str, Phone]] = []
    problems: list[Problem] = []
    for word in words:
        name, equals, value = word.partition("=")
        value = value.strip()
        if not equals:
            problems.append(Problem(where=word, why="write it as FIELD=VALUE"))
        elif name in ("phone", "phone+", "phone-"):
            phone = parse_phone(value, region=region)
            if isinstance(phone, str):
                why = f"this is no telephone number ({phone}); write it like +4721000000"
                problems.append(Problem(where=word, why=why))
            else:
                phones.append((f"{name.removeprefix('phone')}=", phone))
        elif name in FACTS:
            read = _fact(name, value)
            if isinstance(read, Problem):
                problems.append(read)
            else:
                facts[name] = read or None
        elif name in attributes:
            others[name] = value or None
        else:
            problems.append(_unknown(name, attributes))
    if problems:
        return (*problems,)
    return Edits(facts=facts, attributes=others, phones=(*phones,))


def numbers_after(
    before: Sequence[E164], edits: Iterable[tuple[str, Phone]]
) -> tuple[E164, ...] | tuple[Problem, ...]:
    """Return a lead's numbers after the edits, the one dialled first at the front.

    "=" puts a number in the place of the first one, "+=" adds one at the end, "-=" takes
    one away.
    """
    after = [*before]
    for what, phone in edits:
        e164 = phone.e164
        if what == "-=" and e164 not in after:
            why = f"it is not a number of this lead (they are {', '.join(after) or 'none'})"
            return (Problem(where=f"phone-={e164}", why=why),)
        if what == "=":
            after = [e164, *(one for one in after[1:] if one != e164)]
        elif what == "-=":
            after.remove(e164)
        elif e164 not in after:
            after.append(e164)
    if not after:
        why = "a lead keeps one number at least; to forget the person, run: ringbank leads erase"
        return (Problem(where="phone", why=why),)
    return (*after,)


def _fact(name: str, value: str) -> str | Problem:
    """Return a fact as it is kept, empty for none, or what is wrong with it."""
    if not value:
        return ""
    if name == "language":
        if _LANGUAGE.fullmatch(value):
            return value.lower()
        why = "write the two or three letters of ISO 639, for example nb"
        return Problem(where=f"{name}={value}", why=why)
    if name in ("zone", "told_zone"):
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            why = "no time zone has this name; write it like Europe/Oslo"
            return Problem(where=f"{name}={value}", why=why)
    if name in ("country", "told_country"):
        try:
            return known_region(value)
        except UsageError as error:
            return Problem(where=f"{name}={value}", why=str(error))
    if name == "told_subdivision" and not _SUBDIVISION.fullmatch(value):
        why = "write its code with that of the country, for example US-FL"
        return Problem(where=f"{name}={value}", why=why)
    return value


def _unknown(name: str, attributes: Collection[str]) -> Problem:
    known = [*FACTS, "phone", *attributes]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return Problem(where=name, why=f"no lead has such a field; {hint}")
