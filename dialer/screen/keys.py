"""Which keys work when, what each does, and how the screen tells of them; pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.model import AgentState, DialMode, DispositionKind
from dialer.screen import steps
from dialer.screen.over import open_over, over_panel, over_press, over_write
from dialer.screen.panel import Panel
from dialer.screen.seat import (
    Do,
    Over,
    Pressed,
    Rest,
    Seat,
    Wish,
    is_by_hand,
    local_now,
    may_let_go,
    may_undo,
    tell,
    work_panel,
)
from dialer.screen.talk import RESULT, goto, is_touched, write


@dataclass(frozen=True, slots=True)
class Hint:
    """A key, and in a word or two what it does now."""

    key: str
    does: str

    def __str__(self) -> str:
        """Return both as the footer shows them."""
        return f"{self.key} {self.does}"


@dataclass(frozen=True, slots=True)
class Function:
    """A key that does the same wherever it works.

    Attributes:
        key: as the terminal names it.
        shown: as people name it.
        works: when it does something.
        does: what, in a word or two.
        act: what becomes of the seat.
    """

    key: str
    shown: str
    works: Callable[[Seat, datetime], bool]
    does: Callable[[Seat], str]
    act: Callable[[Seat], Pressed]


def _over(over: Over) -> Callable[[Seat], Pressed]:
    return lambda seat: (open_over(seat, over), None)


def _always(text: str) -> Callable[[Seat], str]:
    return lambda _seat: text


def _in_talk(seat: Seat, _now: datetime) -> bool:
    return seat.talk is not None


def _to_result(seat: Seat) -> Pressed:
    assert seat.talk is not None, "F2 works in a talk"
    return replace(seat, asked=None, talk=goto(seat.talk, RESULT)), Wish(Do.KEEP)


def hostile_code(seat: Seat) -> str | None:
    """Return the disposition that ends an abusive talk, or None where none is offered."""
    talk = seat.talk
    if talk is None:
        return None
    kind = DispositionKind.HOSTILE
    return next((one.code for one in talk.person.dispositions if one.kind == kind), None)


def _hostile(seat: Seat) -> Pressed:
    assert seat.talk is not None, "F9 works in a talk"
    talk = replace(seat.talk, saving=True)
    return replace(seat, asked=None, talk=talk, busy="ending the call"), Wish(Do.HOSTILE)


def _may_dial(seat: Seat, _now: datetime) -> bool:
    talk = seat.talk
    return talk is not None and talk.person.mode == DialMode.PREVIEW and not talk.called


def _may_skip(seat: Seat, now: datetime) -> bool:
    return _may_dial(seat, now) and bool(seat.skips)


def _may_pause(seat: Seat, _now: datetime) -> bool:
    return bool(seat.pauses) and (seat.talk is not None or seat.rest is not Rest.PAUSED)


def _leave(seat: Seat) -> Pressed:
    talk = seat.talk
    if talk is None or (may_let_go(seat) and not is_touched(talk)):
        return replace(seat, asked=None), Wish(Do.LEAVE)
    return open_over(seat, Over.LEAVE), None


def _help(seat: Seat) -> Pressed:
    return replace(seat, busy="calling a supervisor"), Wish(Do.HELP)


def _must_log_in(seat: Seat) -> bool:
    return seat.standing.state == AgentState.OUT


def _dial(seat: Seat) -> Pressed:
    if _must_log_in(seat):
        return replace(seat, busy="ringing your telephone"), Wish(Do.LOGIN)
    return replace(seat, busy="dialling"), Wish(Do.DIAL)


FUNCTIONS = (
    Function("f1", "F1", _in_talk, _always("answers"), _over(Over.DRAWER)),
    Function("f2", "F2", _in_talk, _always("result"), _to_result),
    Function("f3", "F3", _in_talk, _always("note"), _over(Over.NOTE)),
    Function("f4", "F4", _in_talk, _always("help me"), _help),
    Function(
        "f5", "F5", _may_dial, lambda seat: "log in" if _must_log_in(seat) else "dial", _dial
    ),
    Function("f6", "F6", _may_skip, _always("skip"), _over(Over.SKIP)),
    Function(
        "f6", "F6", lambda seat, now: may_let_go(seat) and not _may_skip(seat, now),
        _always("let go"), _over(Over.LET_GO),
    ),
    Function("f7", "F7", _may_pause, _always("pause"), _over(Over.PAUSE)),
    Function(
        "f9", "F9", lambda seat, _: hostile_code(seat) is not None,
        _always("abusive: end"), _hostile,
    ),
    Function(
        "ctrl+r", "Ctrl-R",
        lambda seat, _: bool(seat.talk and seat.talk.person.live),
        lambda seat: "record again" if seat.recording_off else "stop recording",
        lambda seat: (seat, Wish(Do.RECORD)),
    ),
    Function("ctrl+t", "Ctrl-T", may_undo, _always("take back"), _over(Over.UNDO)),
    Function("ctrl+c", "Ctrl-C", lambda *_: True, _always("leave"), _leave),
)  # fmt: skip
"""The keys of the screen. F8 and F10 stay free: F9 asks nothing more, and must not be hit
by a finger that went astray."""

_ALSO = {"ctrl+q": "ctrl+c"}


def panel(seat: Seat, *, now: datetime) -> Panel:
    """Return what the lower part of the screen shows."""
    if seat.asked is not None:
        return over_panel(seat, seat.asked, now=now)
    return work_panel(seat, now) or _resting(seat)


def _resting(seat: Seat) -> Panel:
    state = seat.standing.state
    if seat.rest is Rest.PAUSED:
        return Panel(title="Pause", enter="go on")
    if seat.rest is Rest.OPENING:
        return Panel(title="One moment, the next person is looked for")
    if not is_by_hand(seat) and state == AgentState.OUT:
        return Panel(title="You are not on the line", enter="log in; your telephone rings")
    if not is_by_hand(seat) and state == AgentState.CALLING:
        return Panel(title="Your telephone rings: pick it up")
    if not is_by_hand(seat) and state == AgentState.PAUSED:
        return Panel(title="You are on the line, and not ready", enter="get ready for calls")
    if not is_by_hand(seat) and state == AgentState.READY:
        return Panel(title="Ready: the next person comes by themselves")
    return Panel(title="Nobody to call at the moment", enter="ask again at once (any key does)")


def press(seat: Seat, key: str, *, now: datetime) -> Pressed:
    """Return the seat after a key, and what the desk is asked for because of it.

    Args:
        seat: as it is.
        key: as the terminal names it.
        now: aware.
    """
    key = _ALSO.get(key, key)
    if seat.busy and key != "ctrl+c":
        return seat, None
    if seat.talk is not None and seat.talk.saving and key != "ctrl+c":
        return seat, None
    if key == "question_mark" and panel(seat, now=now).field is None:
        key = "f1"
    for function in FUNCTIONS:
        if function.key == key and function.works(seat, now):
            return function.act(seat)
    if seat.asked is not None:
        return over_press(seat, seat.asked, key, now=now)
    if seat.talk is None:
        return _press_resting(seat, key)
    before = seat.talk
    talk, then = steps.press(before, key, local=local_now(before.person, now))
    after = replace(seat, talk=talk)
    if talk != before:
        after = tell(after, "")
    if then is steps.Then.SAVE:
        return replace(after, busy="saving"), Wish(Do.SAVE)
    if then is steps.Then.ANSWERED:
        return after, Wish(Do.ANSWERED)
    return after, Wish(Do.KEEP) if talk.place != before.place else None


def write_field(seat: Seat, name: str, text: str) -> Seat:
    """Return the seat after something was typed into a field."""
    if seat.asked is not None:
        return over_write(seat, name, text)
    if seat.talk is None or seat.talk.saving:
        return seat
    return replace(seat, talk=write(seat.talk, name, text))


def _press_resting(seat: Seat, key: str) -> Pressed:
    state = seat.standing.state
    if seat.rest is Rest.PAUSED:
        if key != "enter":
            return seat, None
        if is_by_hand(seat):
            standing = replace(seat.standing, pause=None)
            wish = Wish(Do.RESUME if seat.standing.pause else Do.NEXT)
            return replace(seat, rest=Rest.OPENING, standing=standing), wish
        return replace(seat, busy="getting ready"), Wish(Do.READY)
    if not is_by_hand(seat) and key == "enter":
        if state == AgentState.OUT:
            return replace(seat, busy="ringing your telephone"), Wish(Do.LOGIN)
        if state == AgentState.PAUSED:
            return replace(seat, busy="getting ready"), Wish(Do.READY)
    return seat, Wish(Do.NEXT)


def hints(seat: Seat, *, now: datetime) -> tuple[Hint, ...]:
    """Return the keys that work now besides those of the panel, and what they do."""
    if seat.asked is not None:
        return (Hint("Esc", "back"), Hint("Ctrl-C", "leave"))
    moving = (Hint("Tab", "next"), Hint("Esc", "back"), Hint("PgUp/PgDn", "script"))
    found = (Hint(one.shown, one.does(seat)) for one in FUNCTIONS if one.works(seat, now))
    return (*(moving if seat.talk is not None else ()), *found)
