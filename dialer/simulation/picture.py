"""Charts as SVG, drawn by hand: some panels above each other that share their axis; pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT = 760, 64, 16
_TOP, _PANEL, _GAP = 64, 132, 46
_TICKS = 4
_LABELS_AT_MOST = 26
_COLOURS = ("#9db4c0", "#1b6ca8", "#c0392b", "#5a8f3c")
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-size:16px;font-weight:bold}"
    ".name{font-weight:bold}.grid{stroke:#ddd}.axis{stroke:#888}"
    ".limit{stroke:#c0392b;stroke-dasharray:5 4}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart: bars of its series, the later ones before the earlier ones.

    Attributes:
        name: what it shows, and in which unit.
        series: name -> its values, one for each label; None: there is none.
        limit: drawn as a broken line, or None.
    """

    name: str
    series: Sequence[tuple[str, Sequence[float | None]]]
    limit: float | None = None


def picture(title: str, subtitle: str, labels: Sequence[str], panels: Sequence[Panel]) -> str:
    """Return charts as one SVG document.

    Args:
        title: above all.
        subtitle: below it.
        labels: of the places on the axis that all panels share.
        panels: from above.
    """
    height = _TOP + len(panels) * (_PANEL + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(_LEFT, 24, title, "title"),
        _text(_LEFT, 44, subtitle, ""),
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, labels, _TOP + number * (_PANEL + _GAP))
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, labels: Sequence[str], above: float) -> Iterator[str]:
    values = [value for _, series in panel.series for value in series if value is not None]
    step = _step(max([*values, panel.limit or 0.0, 1e-9]))
    most = step * _TICKS
    top, bottom = above + 22, above + _PANEL
    scale = (bottom - top) / most
    yield _text(_LEFT, above + 12, panel.name, "name")
    yield from _legend(panel, above + 12)
    for tick in range(_TICKS + 1):
        y = bottom - tick * step * scale
        kind = "grid" if tick else "axis"
        yield f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(_LEFT - 6, y + 4, f"{tick * step:g}", "", "end")
    slot = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    for number, (name, series) in enumerate(panel.series):
        wide = slot * (0.8 - 0.3 * number)
        for place, value in enumerate(series):
            if value:
                x, tall = _LEFT + (place + 0.5) * slot - wide / 2, value * scale
                yield (
                    f'<rect x="{x:.1f}" y="{bottom - tall:.1f}" width="{wide:.1f}" '
                    f'height="{tall:.1f}" fill="{_COLOURS[number % len(_COLOURS)]}">'
                    f"<title>{escape(f'{labels[place]}, {name}: {value:.4g}')}</title></rect>"
                )
    if panel.limit is not None:
        y = bottom - panel.limit * scale
        yield f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    every = math.ceil(len(labels) / _LABELS_AT_MOST)
    for place, label in enumerate(labels):
        if place % every == 0:
            yield _text(_LEFT + (place + 0.5) * slot, bottom + 16, label, "", "middle")


def _legend(panel: Panel, y: float) -> Iterator[str]:
    """Name the series from the right, where there are several."""
    x = _WIDTH - _RIGHT
    for number, (name, _) in reversed([*enumerate(panel.series)] if panel.series[1:] else []):
        x -= 8 * len(name) + 26
        yield f'<rect x="{x}" y="{y - 10}" width="11" height="11" fill="{_COLOURS[number]}"/>'
        yield _text(x + 16, y, name, "")


def _step(most: float) -> float:
    """Return a round number of which some make up the highest value."""
    least = most / _TICKS
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= least * 0.9999)


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    shape = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{shape}>{escape(text)}</text>'
