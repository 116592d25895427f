"""Costs by size as a picture: panels beside each other, both scales by powers of ten. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

_WIDE, _TALL, _LEFT, _TOP = 300.0, 200.0, 52.0, 34.0
_APART = 110.0
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600 }
.grid { stroke: #ddd }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .grid { stroke: #444 } }
"""
_COLOURS = ("#2a78c2", "#c2572a", "#3f9142", "#8250b0")


class Panel(NamedTuple):
    """A title, and lines of (size, cost) points by name."""

    title: str
    lines: Mapping[str, Sequence[tuple[float, float]]]


def plot(panels: Sequence[Panel], across: str) -> str:
    """An SVG file; `across` says what the sizes are."""
    wide = len(panels) * (_LEFT + _WIDE + _APART)
    tall = _TOP + _TALL + 44
    drawn = "".join(
        f'<g transform="translate({number * (_LEFT + _WIDE + _APART) + _LEFT:.0f} {_TOP:.0f})">'
        f"{_panel(panel, across)}</g>"
        for number, panel in enumerate(panels)
    )
    title = escape("; ".join(panel.title for panel in panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {tall:.0f}" '
        f'role="img" aria-label="{title}"><style>{_STYLE}</style>{drawn}</svg>\n'
    )


def _panel(panel: Panel, across: str) -> str:
    points = [point for line in panel.lines.values() for point in line]
    left, right = _decades([size for size, _ in points])
    low, high = _decades([cost for _, cost in points])

    def x(size: float) -> float:
        return _WIDE * (log10(size) - left) / (right - left)

    def y(cost: float) -> float:
        return _TALL * (high - log10(cost)) / (high - low)

    drawn = [_text(0, -14, panel.title, "start", "title"), _text(_WIDE / 2, _TALL + 38, across)]
    for power in range(left, right + 1):
        at = x(10**power)
        drawn += [_grid(at, 0, at, _TALL), _text(at, _TALL + 18, f"{10**power:,}")]
    for power in range(low, high + 1):
        at = y(10.0**power)
        drawn += [_grid(0, at, _WIDE, at), _text(-8, at + 4, f"{10.0**power:,.12g}", "end")]
    taken: list[float] = []
    for (name, line), colour in zip(panel.lines.items(), _COLOURS, strict=False):
        places = [(x(size), y(cost)) for size, cost in line]
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
        drawn.append(f'<path class="line" stroke="{colour}" d="M{path}"/>')
        drawn += [f'<circle r="3" fill="{colour}" cx="{a:.1f}" cy="{b:.1f}"/>' for a, b in places]
        at = places[-1][1] + 4
        while any(abs(at - other) < 15 for other in taken):
            at += 15
        taken.append(at)
        drawn.append(_text(places[-1][0] + 8, at, name, "start"))
    return "".join(drawn)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around some values."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path class="grid" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{escape(text)}</text>'
