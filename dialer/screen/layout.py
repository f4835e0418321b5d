"""Words put into the cells of a terminal: how wide they are there, where a line may end."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from dialer.screen.keys import Hint
from dialer.screen.panel import Option, Panel

_GAP = 2
_MOST_COLUMNS = 4
_ELLIPSIS = "..."


def fit(text: str, width: int) -> str:
    """Return a text that is at most so many cells wide; one that was cut ends with dots."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - len(_ELLIPSIS), 0)).rstrip() + _ELLIPSIS[:width]


def spread(left: str, middle: str, right: str, width: int) -> str:
    """Return three texts in one line: left, in the middle, right; the left one gives way."""
    room = width - cell_len(middle) - cell_len(right) - 2 * _GAP
    left = fit(left, max(room, 0))
    free = max(width - cell_len(left) - cell_len(middle) - cell_len(right), 0)
    return fit(f"{left}{' ' * (free - free // 2)}{middle}{' ' * (free // 2)}{right}", width)


def wrapped(text: str, width: int, at_most: int) -> list[str]:
    """Return a text in lines of so many cells, between words where there are any.

    What does not fit into `at_most` lines ends with dots.
    """
    lines: list[str] = []
    line = ""
    for word in text.split():
        fits = cell_len(word) <= width  # of a sign without a width nothing would be left
        for number, part in enumerate([word] if fits else chop_cells(word, width)):
            longer = f"{line} {part}" if line and not number else line + part
            if cell_len(longer) <= width:
                line = longer
            else:
                lines.append(line)
                line = part
    lines = [*lines, line] if line else lines
    if len(lines) <= at_most:
        return lines
    rest = " ".join(lines[at_most - 1 :])
    return [*lines[: at_most - 1], fit(rest, width)]


def footer(hints: Iterable[Hint], width: int) -> list[str]:
    """Return the keys in as many lines as they need; no hint is ever torn apart."""
    lines: list[str] = []
    for hint in map(str, hints):
        longer = f"{lines[-1]}{' ' * _GAP}{hint}" if lines else hint
        if lines and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(fit(hint, width))
    return lines


def choices(panel: Panel, width: int, rows: int) -> list[Text]:
    """Return what can be chosen in columns, read downwards, the highlighted one in view.

    Args:
        panel: whose options.
        width: of the terminal.
        rows: the most lines there are for them; more options have pages.
    """
    if not panel.options:
        return []
    words = [_words(option, place == panel.mark) for place, option in enumerate(panel.options)]
    widest = min(max(map(cell_len, words)) + _GAP, width)
    is_scale = all(option.key == option.label for option in panel.options)
    columns = max(min(width // widest, len(words) if is_scale else _MOST_COLUMNS), 1)
    page_size = columns * rows
    page = max(panel.mark, 0) // page_size
    shown = list(enumerate(words))[page * page_size : (page + 1) * page_size]
    height = min(rows, -(-len(shown) // columns))
    lines = [
        _line([cell for cell in across if cell is not None], panel.mark, width // columns)
        for across in zip_longest(
            *(shown[top : top + height] for top in range(0, len(shown), height))
        )
    ]
    pages = -(-len(words) // page_size)
    if pages > 1:
        lines.append(Text(f"  page {page + 1} of {pages}; the arrows go on", "dim"))
    return lines


def _words(option: Option, marked: bool) -> str:
    chosen = " (chosen)" if option.chosen else ""
    label = "" if option.label == option.key else f" {option.label}"
    return f"{'>' if marked else ' '} {option.key or ' '}{label}{chosen}"


def _line(cells: Sequence[tuple[int, str]], mark: int, width: int) -> Text:
    line = Text(no_wrap=True)
    for place, words in cells:
        cell = fit(words, width - 1)
        line.append(cell, "reverse" if place == mark else "")
        line.append(" " * (width - cell_len(cell)))
    line.rstrip()
    return line
