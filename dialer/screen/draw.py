"""A seat drawn as text: what stands in each part of a screen of a certain size."""

from dataclasses import dataclass
from datetime import datetime

from rich.text import Text

from dialer.screen import telling
from dialer.screen.keys import hints, panel
from dialer.screen.layout import choices, fit, footer, spread, wrapped
from dialer.screen.panel import Panel
from dialer.screen.seat import Seat

_LOW = 30
"""A terminal with fewer lines shows the least of what was before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The parts of the screen, from above to below.

    Attributes:
        opening: what must be said first.
        script: Markdown.
        field: name and text of what is typed, or None.
    """

    top: Text
    person: Text
    opening: str
    script: str
    above: Text
    field: tuple[str, str] | None
    below: Text
    said: Text
    foot: Text


def draw(seat: Seat, *, now: datetime, width: int, height: int) -> Drawn:
    """Return the parts of the screen.

    Args:
        seat: what is to be seen.
        now: aware.
        width: of the terminal, in cells.
        height: its lines.
    """
    shown = panel(seat, now=now)
    opening, script = _reading(seat, shown)
    rows = max(min(height - 16, 12), 3)
    return Drawn(
        top=_top(seat, now, width),
        person=_person(seat, now, width, height),
        opening=opening,
        script=script,
        above=_above(shown, width, rows),
        field=(shown.field.name, shown.field.text) if shown.field else None,
        below=_below(shown, width),
        said=_said(seat, width),
        foot=_lines(footer(hints(seat, now=now), width), "dim"),
    )


def _top(seat: Seat, now: datetime, width: int) -> Text:
    left = f"{seat.campaign} · {seat.agent}"
    state = telling.state_words(seat, now)
    if seat.then_pause is not None:
        state += ", then pause"
    line = Text(spread(left, state, telling.engine_words(seat), width), "reverse")
    if seat.talk is not None and seat.talk.person.practice:
        told = "PRACTICE: this person is made up, and nobody is called"
        line.append("\n")
        line.append(told.center(width), "bold reverse")
    return line


def _person(seat: Seat, now: datetime, width: int, height: int) -> Text:
    if seat.talk is None:
        return Text()
    person = seat.talk.person
    text = Text(fit(person.name, width), "bold", no_wrap=True)
    low = height < _LOW
    lines = [telling.person_facts(person, now)]
    lines += wrapped(telling.attributes(person), width, 1 if low else 3)
    lines += telling.history(person, 2 if low else 6)
    for line in lines:
        text.append("\n" + fit(line, width), "not bold")
    for line in telling.tasks(person, 1 if low else 4):
        text.append("\n" + fit(line, width), "bold")
    return text


def _reading(seat: Seat, shown: Panel) -> tuple[str, str]:
    """Return what is read in the middle: the drawer, the script, or why nobody is there."""
    if shown.reading is not None:
        return "", shown.reading
    if seat.talk is None:
        return "", "\n\n".join(telling.why_nobody(seat.why) if seat.why else ())
    person = seat.talk.person
    role = f"> Who you practise with: {person.role}\n\n" if person.role else ""
    return person.opening, role + person.script


def _above(shown: Panel, width: int, rows: int) -> Text:
    text = _lines(wrapped(shown.title, width, 2), "bold")
    for line in choices(shown, width, rows):
        text.append("\n")
        text.append_text(line)
    return text


def _below(shown: Panel, width: int) -> Text:
    text = Text(no_wrap=True)
    field = shown.field
    parts = [(shown.told, "")]
    if field is not None:
        parts += [(field.means, ""), (f"Wrong: {field.fault}" if field.fault else "", "bold")]
        parts += [("" if field.means or field.fault else field.hint, "dim")]
    parts.append((f"Enter: {shown.enter}" if shown.enter else "", "dim"))
    for words, style in parts:
        for line in wrapped(words, width, 3 if words == shown.told else 2):
            text.append(("\n" if text else "") + line, style)
    return text


def _said(seat: Seat, width: int) -> Text:
    if seat.busy:
        return Text(f"{seat.busy.capitalize()} ...", "dim")
    style = "bold" if seat.wrong else ""
    return _lines(wrapped(seat.said, width, 3 if seat.wrong else 2), style)


def _lines(lines: list[str], style: str) -> Text:
    return Text("\n".join(lines), style, no_wrap=True)
