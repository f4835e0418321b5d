"""The screen itself: keys in, seat out, the desk asked in a thread of its own.

Everything that is decided is decided in `keys`, `steps` and `seat`; here it is only carried
between terminal, seat and desk. Nothing of textual that leaves the screen is reachable: no
palette, no screenshots, no links, no suspension, no mouse.
"""

import asyncio
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult

from dialer.screen import errands, keys
from dialer.screen.desk_like import DeskLike
from dialer.screen.draw import draw
from dialer.screen.person import one_line
from dialer.screen.seat import Do, Rest, Seat, Wish, is_by_hand, tell
from dialer.screen.tidying import READS_AFTER_S, Tidying, is_quiet
from dialer.screen.widgets import Line, Script, Words, Work

_KEEP_AFTER = timedelta(seconds=1.5)
"""How long nobody types before what was typed is kept."""

_ASK_EVERY = timedelta(seconds=15)
"""How often somebody who dials themselves is looked for, where nobody is to be called."""

_TICK_S = 0.5

_TOLD_AFTER_S = 0.15
"""How long the desk may take before the screen says that it is at work."""


class DeskScreen(App[int]):
    """`ringbank desk` on a terminal; it returns the exit status.

    Args:
        desk: who is asked.
        seat: where the agent begins.
        clock: the moment, aware.
        heard: takes what the desk has said besides since the last time.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[Any]] = []
    CSS = """
    Screen { layout: vertical; overflow: hidden; }
    #top, #person, #above, #below, #said, #foot { height: auto; width: 100%; }
    #script { height: 1fr; min-height: 3; border-top: solid $foreground-muted;
              border-bottom: solid $foreground-muted; scrollbar-size-vertical: 1; }
    #text { width: 100%; height: auto; }
    #work { height: auto; }
    #line { height: 1; width: 100%; border: none; padding: 0; display: none; }
    """

    def __init__(
        self,
        desk: DeskLike,
        seat: Seat,
        *,
        clock: Callable[[], datetime],
        heard: Callable[[], Sequence[str]],
    ) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self._desk, self._clock, self._heard = desk, clock, heard
        self.seat = seat
        self._pool = ThreadPoolExecutor(1, "desk")  # one after the other, as they were asked
        self._typed_at: datetime | None = None
        self._asked_at = self._pressed_at = clock()
        self._asking = False
        self._tidying = Tidying()
        self._parts = {name: Words(name) for name in _PARTS}
        self._script, self._line = Script(), Line()

    def compose(self) -> ComposeResult:
        """Put the parts below each other."""
        parts = self._parts
        yield parts["top"]
        yield parts["person"]
        yield self._script
        yield Work(parts["above"], self._line, parts["below"])
        yield parts["said"]
        yield parts["foot"]

    def on_mount(self) -> None:
        """Listen to what ends the screen, and ask for the first person."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ended_by, number)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # behind it is a shell
        self.set_interval(_TICK_S, self._tick)
        self._tidying.begin()
        self._show()
        self._ask(Wish(Do.NEXT))

    async def on_event(self, event: events.Event) -> None:
        """Take keys here, in the order in which they were pressed, whatever has the focus."""
        if isinstance(event, events.Key):
            self._pressed(event.key, event.character)
        elif isinstance(event, events.Paste):
            self._edited(lambda: self._line.insert_text_at_cursor(one_line(event.text)))
        elif isinstance(event, events.Resize):
            await super().on_event(event)
            self._show()
        elif not isinstance(event, events.MouseEvent):
            await super().on_event(event)

    def _pressed(self, key: str, character: str | None) -> None:
        self._pressed_at = self._clock()
        if key in ("pageup", "pagedown"):
            self._script.page(1 if key == "pagedown" else -1)
            return
        if self._edited(lambda: self._line.edit(key, character)):
            return
        self.seat, wish = keys.press(self.seat, key, now=self._clock())
        if wish is not None:
            self._ask(wish)
        if self.seat.busy:  # most often it is over before anybody could read it
            self.set_timer(_TOLD_AFTER_S, self._show)
        else:
            self._show()

    def _edited(self, edit: Callable[[], object]) -> bool:
        """Change the line that is typed, where there is one; tell whether it was meant."""
        shown = keys.panel(self.seat, now=self._clock())
        if shown.field is None or edit() is False:
            return False
        self.seat = keys.write_field(self.seat, shown.field.name, self._line.value)
        self._typed_at = self._clock()
        self._show()
        return True

    def _ask(self, wish: Wish) -> None:
        """Have something asked of the desk; the screen goes on meanwhile."""
        self._asking = True
        if wish.do not in (Do.KEEP, Do.LOOK):
            self._asked_at = self._clock()
        if wish.do in (Do.KEEP, Do.ANSWERED):
            self._typed_at = None
        self.run_worker(self._errand(self.seat, wish), group=wish.do.name)

    async def _errand(self, seat: Seat, wish: Wish) -> None:
        loop = asyncio.get_running_loop()
        try:
            done = await loop.run_in_executor(self._pool, errands.run, self._desk, seat, wish)
        finally:
            self._asking = False
        before = self.seat
        self.seat = done.after(before, self._clock())
        besides = errands.heard(self._heard())
        if besides:
            self.seat = tell(self.seat, f"{self.seat.said} {besides}".strip())
        if done.leave:
            self.exit(0)
            return
        self._arrived(before)
        self._show()

    def _arrived(self, before: Seat) -> None:
        """Begin at the top of the script of a new person, with a soft bell if one waited."""
        lease = self.seat.talk and self.seat.talk.person.lease
        if lease is None or (before.talk is not None and before.talk.person.lease == lease):
            return
        self._script.to_top()
        self.set_timer(READS_AFTER_S, self._tidying.tidy)
        if before.rest is Rest.NOBODY:
            self.bell()

    def _tick(self) -> None:
        """Let clocks go on, keep what was typed, and look whether something has changed."""
        now = self._clock()
        self._show()
        if self._asking:
            return
        if is_quiet(pressed_at=self._pressed_at, now=now):
            self._tidying.tidy()
        if self._typed_at is not None and now - self._typed_at > _KEEP_AFTER:
            self._ask(Wish(Do.KEEP))
        elif (wish := self._wish_of_itself(now)) is not None:
            self._ask(wish)

    def _wish_of_itself(self, now: datetime) -> Wish | None:
        """Return what the screen asks for without a key: who comes next, or what is new."""
        seat = self.seat
        if seat.busy or (seat.talk is None and seat.rest is Rest.PAUSED):
            return None
        if seat.talk is None and now - self._asked_at > _ASK_EVERY:
            return Wish(Do.NEXT)
        return None if is_by_hand(seat) else Wish(Do.LOOK)

    def _show(self) -> None:
        """Draw the seat; a part that has not changed is not drawn again."""
        width, height = self.size
        drawn = draw(self.seat, now=self._clock(), width=width, height=height)
        for name in _PARTS:
            self._parts[name].show(getattr(drawn, name))
        self._script.show(drawn.opening, drawn.script)
        self._line.hold(*(drawn.field or (None, "")))

    def keep_now(self) -> None:
        """Keep what was typed, before the process ends."""
        errands.run(self._desk, self.seat, Wish(Do.KEEP))  # nobody is there to be told

    def _ended_by(self, number: int) -> None:
        """End as a signal asks for: the lease stays until it expires, the words are kept."""
        self._pool.submit(self.keep_now)
        self.exit(128 + number)

    def end(self) -> None:
        """Wait until the desk has done what it was asked for."""
        self._pool.shutdown(wait=True)
        self._tidying.end()

    # What textual offers, and what would lead out of the screen or write files.

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Open nothing."""

    def deliver_text(self, *_: Any, **__: Any) -> None:
        """Deliver nothing."""

    def deliver_binary(self, *_: Any, **__: Any) -> None:
        """Deliver nothing."""

    def deliver_screenshot(self, *_: Any, **__: Any) -> None:
        """Deliver nothing."""

    def save_screenshot(self, *_: Any, **__: Any) -> str:
        """Save nothing."""
        return ""

    def action_suspend_process(self) -> None:
        """Stay: behind a suspended screen there is a shell."""

    def _fatal_error(self) -> None:
        """End without textual's traceback: it would show what its variables hold of people."""
        self._close_messages_no_wait()


_PARTS = ("top", "person", "above", "below", "said", "foot")
