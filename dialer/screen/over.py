"""What lies over the work for a moment: note, drawer, pause, skip, questions of yes or no; pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dialer.screen.panel import Field, Option, Panel, keyed, moved, place_of
from dialer.screen.person import Person
from dialer.screen.seat import (
    Asked,
    Do,
    Over,
    Pressed,
    Rest,
    Seat,
    Wish,
    is_by_hand,
    label_of,
    may_let_go,
    may_undo,
    tell,
    without,
)
from dialer.screen.talk import NOTE, is_touched, write
from dialer.screen.telling import about

ABOUT = "About this person"
"""The last entry of every drawer: all that is known of them, the earlier calls in full."""

NO_PAUSE = "No pause after all"


def open_over(seat: Seat, over: Over) -> Seat:
    """Return the seat with something laid over the work; opened again it is closed."""
    if seat.asked is not None and seat.asked.over is over:
        return replace(seat, asked=None)
    return replace(seat, asked=Asked(over=over))


def over_panel(seat: Seat, asked: Asked, *, now: datetime) -> Panel:
    """Return what is shown of what lies over the work."""
    name = seat.talk.person.name if seat.talk else ""
    match asked.over:
        case Over.NOTE:
            text = seat.talk.typed.get(NOTE, "") if seat.talk else ""
            hint = "in your own words; shown with the next call to this person"
            field = Field(name=NOTE, text=text, hint=hint)
            return Panel(title="Note", field=field, enter="back to the talk; the note is kept")
        case Over.DRAWER:
            return _drawer(seat, asked)
        case Over.PAUSE:
            title = "Pause after this person: why?" if seat.talk else "Pause: why?"
            options = keyed([label for _, label in _pauses(seat)])
            return Panel(title=title, options=options, mark=asked.mark, enter="choose")
        case Over.SKIP:
            options = keyed([label for _, label in seat.skips])
            return Panel(
                title=f"Pass {name} over without a call: why?",
                options=options,
                mark=asked.mark,
                enter="choose",
            )
        case Over.LET_GO:
            told = "Nobody was called; somebody else may get this person."
            typed = seat.talk is not None and is_touched(seat.talk)
            told += " What you typed of them is dropped." if typed else ""
            return _yes_no(asked, f"Let go of {name}?", "Yes, let go", "No, stay", told)
        case Over.UNDO:
            last = seat.last
            what = f"{last.label}, {last.name}, {last.at.astimezone():%H:%M}" if last else ""
            told = "The person comes back to you as if the result had not been given."
            return _yes_no(asked, f"Take back: {what}?", "Yes, take it back", "No, leave it", told)
        case Over.LEAVE:
            return _yes_no(asked, "Leave the desk?", "Yes, leave", "No, stay", _on_leaving(seat))


def over_press(seat: Seat, asked: Asked, key: str, *, now: datetime) -> Pressed:
    """Return the seat after a key, and what the desk is asked for because of it."""
    if key == "escape" or (asked.over is Over.NOTE and key in ("enter", "tab", "shift+tab")):
        wish = Wish(Do.KEEP) if asked.over is Over.NOTE else None
        return replace(seat, asked=None), wish
    shown = over_panel(seat, asked, now=now)
    mark = moved(asked.mark, key, len(shown.options))
    if mark is not None:
        return replace(seat, asked=replace(asked, mark=mark)), None
    if asked.over is Over.DRAWER:
        return (replace(seat, asked=None) if key == "enter" else seat), None
    place = place_of(shown.options, key)
    if place is None and key == "enter" and asked.mark >= 0:
        place = asked.mark
    if place is None:
        return seat, None
    return _chosen(replace(seat, asked=None), asked.over, place, now=now)


def over_write(seat: Seat, name: str, text: str) -> Seat:
    """Return the seat after something was typed into what lies over the work."""
    if name == NOTE and seat.talk is not None:
        return replace(seat, talk=write(seat.talk, NOTE, text))
    if seat.asked is not None and text != seat.asked.text:
        return replace(seat, asked=replace(seat.asked, text=text, mark=-1))
    return seat


def found_in_drawer(person: Person, text: str) -> tuple[tuple[str, str], ...]:
    """Return the entries of the drawer that hold all words of a search, titles first."""
    words = text.casefold().split()
    everything = (*person.drawer, (ABOUT, about(person)))
    in_title = [one for one in everything if _holds(one[0], words)]
    in_text = [one for one in everything if one not in in_title and _holds(" ".join(one), words)]
    return (*in_title, *in_text)


def _holds(text: str, words: Sequence[str]) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)


def _drawer(seat: Seat, asked: Asked) -> Panel:
    entries = found_in_drawer(seat.talk.person, asked.text) if seat.talk else ()
    options = tuple(Option(key="", label=title) for title, _ in entries)
    mark = min(max(asked.mark, 0), len(entries) - 1)
    reading = entries[mark][1] if entries else "Nothing of that is here; ask for help with F4."
    return Panel(
        title="What people ask or object",
        options=options,
        mark=mark,
        field=Field(name="search", text=asked.text, hint="type to search, arrows choose"),
        enter="back to the talk",
        reading=reading,
    )


def _yes_no(asked: Asked, title: str, yes: str, no: str, told: str) -> Panel:
    options = (Option(key="y", label=yes), Option(key="n", label=no))
    return Panel(title=title, options=options, mark=asked.mark, told=told, enter="choose")


def _pauses(seat: Seat) -> tuple[tuple[str, str], ...]:
    undone = (("", NO_PAUSE),) if seat.then_pause is not None else ()
    return (*seat.pauses, *undone)


def _on_leaving(seat: Seat) -> str:
    talk = seat.talk
    if talk is None:
        return ""
    if talk.person.live:
        return "The call goes on without you at the screen; come back, and you have it again."
    if may_let_go(seat) and not is_touched(talk):
        return "Nobody was called; somebody else may get this person."
    return "What you typed is kept; come back, and you have this person again."


def _chosen(seat: Seat, over: Over, place: int, *, now: datetime) -> Pressed:
    """Return the seat after something was chosen, what lay over it being closed."""
    if over is Over.PAUSE:
        return _paused(seat, _pauses(seat)[place][0], now=now)
    if over is Over.SKIP:
        return replace(seat, busy="passing over"), Wish(Do.SKIP, seat.skips[place][0])
    if place != 0:
        return seat, None
    if over is Over.UNDO:
        if not may_undo(seat, now):
            return tell(seat, "it is too late to take that back", wrong=True), None
        return replace(seat, busy="taking back"), Wish(Do.UNDO)
    if over is Over.LET_GO:
        if not may_let_go(seat):
            return tell(seat, "this person is in a call; give its result", wrong=True), None
        return replace(seat, busy="letting go"), Wish(Do.RELEASE)
    return seat, Wish(Do.LEAVE)


def _paused(seat: Seat, code: str, *, now: datetime) -> Pressed:
    """Return the seat before a pause: at once, or after the person who is there."""
    by_hand = is_by_hand(seat)
    if not code:
        return replace(seat, then_pause=None), None if by_hand else Wish(Do.READY)
    wish = None if by_hand else Wish(Do.PAUSE, code)
    if seat.talk is None:
        if by_hand:
            standing = replace(seat.standing, pause=code)
            rests = replace(without(seat, Rest.PAUSED, now=now), standing=standing)
            return rests, Wish(Do.REST, code)
        return replace(seat, busy="pausing"), wish
    told = f"after this person: pause ({label_of(seat.pauses, code)}); F7 changes it"
    return tell(replace(seat, then_pause=code), told), wish
