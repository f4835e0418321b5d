"""The parts of the screen, from above to below; each is given text and nothing else."""

from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Static


class Words(Static):
    """A few lines of text; markup in it means nothing, and it is never focused."""

    can_focus = False

    def __init__(self, name: str) -> None:
        super().__init__(id=name, markup=False)
        self._shown: object = None

    def show(self, text: Text) -> None:
        """Show a text; the same once more costs nothing."""
        if text != self._shown:
            self._shown = text
            self.update(text)


class Script(VerticalScroll):
    """What is said, longer than the screen perhaps; the keys that scroll it are the app's."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(id="script")
        self._shown: object = None
        self._text = Static(id="text", markup=False)

    def compose(self) -> ComposeResult:
        """Hold one text."""
        yield self._text

    def show(self, opening: str, text: str) -> None:
        """Show what must be said first, marked, and the script in Markdown.

        A script that only went on by an answer stays where it was scrolled to.
        """
        if (opening, text) == self._shown:
            return
        self._shown = (opening, text)
        self._text.update(Said(opening, text))

    def to_top(self) -> None:
        """Show the beginning: somebody else is there now."""
        self.scroll_home(animate=False)

    def page(self, pages: int) -> None:
        """Scroll so many pages down, or up."""
        (self.scroll_page_down if pages > 0 else self.scroll_page_up)(animate=False)


class Said:
    """The opening and the script, as rich draws them; links are words and lead nowhere."""

    def __init__(self, opening: str, text: str) -> None:
        self._opening, self._text = opening, text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them."""
        if self._opening:
            yield Text("SAY FIRST, THE LAW ASKS FOR IT:", "bold")
            yield Text(self._opening, "bold")
            yield Text("")
        yield Markdown(self._text, hyperlinks=False, inline_code_lexer=None)


class Line(Input):
    """The one line that is typed into; keys reach it through the app, one after the other."""

    KEYS = {  # noqa: RUF012 (a table, never written to)
        "backspace": "delete_left",
        "delete": "delete_right",
        "left": "cursor_left",
        "right": "cursor_right",
        "home": "home",
        "end": "end",
        "ctrl+a": "home",
        "ctrl+e": "end",
        "ctrl+left": "cursor_left_word",
        "ctrl+right": "cursor_right_word",
        "ctrl+w": "delete_left_word",
        "ctrl+u": "delete_left_all",
        "ctrl+k": "delete_right_all",
    }

    def __init__(self) -> None:
        super().__init__(id="line", select_on_focus=False, compact=True)
        self._field: str | None = None

    def hold(self, name: str | None, text: str) -> None:
        """Become the line of a field with its text, or go away."""
        if name != self._field:
            self._field = name
            self.display = name is not None
            if name is None:
                self.blur()
            else:
                self.focus()
        if name is not None and self.value != text:
            self.value = text
            self.cursor_position = len(text)

    def edit(self, key: str, character: str | None) -> bool:
        """Do what a key does to the text; tell whether it does anything here."""
        if key in self.KEYS:
            getattr(self, f"action_{self.KEYS[key]}")()
            return True
        if character is None or not character.isprintable():
            return False
        self.insert_text_at_cursor(character)
        return True


class Work(Vertical):
    """The lower part: what is asked, and what is typed."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts, id="work")
