"""A script as an agent reads it out: for one person, with the answers so far; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import TemplateError

from campaigns.scripts.template import DRAWER, HEADING, TAGS, compiled, shown_parts
from campaigns.scripts.texts import ScriptTexts
from campaigns.scripts.values import Person, surroundings

_GAP = re.compile(r"\n{3,}")
_TAGS = re.compile(f"{TAGS}\n?")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A question or an objection with its answer, for the drawer."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What an agent has before them beside the opening.

    Attributes:
        text: Markdown, or None where the campaign has no script.
        drawer: questions and objections, in the order of the script.
    """

    text: str | None
    drawer: tuple[Leaf, ...] = ()


def render(
    script: ScriptTexts,
    person: Person,
    answers: Mapping[str, Sequence[str]],
    several: frozenset[str],
) -> Rendered:
    """Return a script for a person; it never fails in the middle of a talk.

    A text that `check` refuses, kept by an older version, is shown as it was written.

    Args:
        script: the campaign's.
        person: what it may know.
        answers: question -> answers given so far.
        several: the questions that take more than one answer.
    """
    source = script.text(person.language)
    if source is None:
        return Rendered(text=None)
    template = compiled(source)
    if isinstance(template, tuple):
        return Rendered(text=source)
    variables = surroundings(person, script.what_about(person.language), answers, several)
    try:
        shown = "".join(shown_parts(template, variables))
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError):
        # Nothing that `allowed` lets through is known to fail; an agent in a talk needs the words.
        return Rendered(text=source)
    return _parted(shown)


def _parted(shown: str) -> Rendered:
    """Part the text and the drawer at the headings that the author wrote."""
    text: list[str] = []
    drawer: list[tuple[str, list[str]]] = []
    into = text
    for line in _TAGS.sub("", shown).split("\n"):
        if line.startswith(DRAWER):
            into = []
            drawer.append((line.removeprefix(DRAWER), into))
            continue
        if line.startswith(HEADING):
            into = text
        into.append(line.removeprefix(HEADING))
    return Rendered(
        text=_tidy(text), drawer=tuple(Leaf(title.strip(), _tidy(lines)) for title, lines in drawer)
    )


def _tidy(lines: Sequence[str]) -> str:
    """Return lines without the gaps that branches not taken have left."""
    return _GAP.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")
