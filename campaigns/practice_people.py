"""The demo people on whom newcomers practise: made up, and each of another character; pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from campaigns.fields import Section
from leads.model import E164
from leads.problems import Problem

_FILE = Path(__file__).with_name("practice_people.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """Somebody who does not exist.

    Attributes:
        code: what the base keeps of them.
        phone: a number that nobody has.
        character: how whoever plays them behaves.
        says: what they say, in the order of the talk.
    """

    code: str
    name: str
    phone: E164
    zone: str
    language: str
    attributes: Mapping[str, str]
    character: str
    says: tuple[str, ...]


@cache
def demo_people() -> tuple[DemoPerson, ...]:
    """Return the demo people, in the order in which newcomers meet them."""
    problems: list[Problem] = []
    file = Section(tomllib.loads(_FILE.read_text(encoding="utf-8")), problems)
    people = tuple(map(_read, file.sections("people")))
    file.close()
    assert not problems, problems
    return people


def _read(entry: Section) -> DemoPerson:
    attributes = entry.section("attributes")
    return DemoPerson(
        code=entry.code("code"),
        name=entry.text("name"),
        phone=E164(entry.text("phone")),
        zone=entry.text("zone"),
        language=entry.text("language"),
        attributes={name: attributes.text(name) for name in attributes.names()},
        character=entry.text("character"),
        says=entry.texts("says"),
    )


def person_after(talks: int) -> DemoPerson:
    """Return whom somebody meets next who has had so many practice talks."""
    people = demo_people()
    return people[talks % len(people)]


def person_named(code: str) -> DemoPerson:
    """Return the demo person of a code; of one that is there no more, the first."""
    return next((one for one in demo_people() if one.code == code), demo_people()[0])
