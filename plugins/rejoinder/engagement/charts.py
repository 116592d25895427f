"""Charts as inline SVG, drawn at build time: words and numbers in, markup out. Pure. Colours
come from classes, so that a stylesheet decides them, light and dark; every chart has a table beside
it that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

from markupsafe import Markup

WIDTH = 640
_HOUR = 3600
_TICKS = ((60, "1 min"), (_HOUR, "1 h"), (6 * _HOUR, "6 h"), (24 * _HOUR, "1 day"),
          (168 * _HOUR, "1 week"), (720 * _HOUR, "30 days"), (8760 * _HOUR, "1 year"))  # fmt: skip


def svg(title: str, height: float, inner: str, width: float = WIDTH, more: str = "") -> Markup:
    """A picture with a name that is read out."""
    return Markup(
        f'<svg class="chart{more}" viewBox="0 0 {_n(width)} {_n(height)}" role="img" '
        f'aria-label="{escape(title)}" preserveAspectRatio="xMinYMin meet">{inner}</svg>'
    )


def curve(title: str, lines: Sequence[tuple[str, str, Sequence[tuple[float, float]]]]) -> Markup:
    """Steps of the share that still waits (1 to 0) after so many seconds, on a scale of powers.
    `lines` are a name, a class and (seconds, share) rows."""
    left, right, top, bottom = 44, WIDTH - 92, 12, 220
    longest = max((row[-1][0] for _, _, row in lines if row), default=24 * _HOUR)
    ticks = [tick for tick in _TICKS if tick[0] <= longest * 2][-5:] or list(_TICKS[:2])
    first, last = log10(ticks[0][0] / 2), log10(max(longest, ticks[-1][0]) * 1.2)

    def x(seconds: float) -> float:
        part = (log10(max(seconds, 1)) - first) / (last - first)
        return left + (right - left) * min(1.0, max(0.0, part))

    def y(share: float) -> float:
        return top + (bottom - top) * (1 - share)

    drawn = [
        _line(left, y(share), right, y(share), "grid") + _text(left - 8, y(share) + 4, name, "end")
        for share, name in ((0, "none"), (0.5, "half"), (1, "all"))
    ]
    drawn += [
        _line(x(at), top, x(at), bottom, "grid") + _text(x(at), bottom + 18, name, "middle")
        for at, name in ticks
    ]
    used: list[float] = []
    for name, kind, rows in lines:
        if not rows:
            continue
        path, before = [f"M{_n(left)} {_n(y(1))}"], 1.0
        at = 0.0
        for seconds, share in rows:
            here = x(seconds)
            if here - at >= 0.5 or share in (rows[-1][1], 0):  # finer can't be seen
                at = here
                path.append(f"H{_n(at)}V{_n(y(share))}")
            before = share
        path.append(f"H{_n(right)}")
        drawn.append(f'<path class="line {kind}" d="{"".join(path)}"/>')
        place = y(before) + 4
        while any(abs(place - other) < 15 for other in used):
            place -= 15
        used.append(place)
        drawn.append(_text(right + 8, place, name, "start", kind))
    return svg(title, bottom + 28, "".join(drawn))


def bars(
    title: str,
    stacks: Sequence[tuple[str, Sequence[int]]],
    labels: Sequence[tuple[int, str]],
    height: int = 150,
) -> Markup:
    """Bars side by side, each of pieces on top of each other: a class and a number for each
    bar. `labels` are a bar's place and its word."""
    left, right, top, bottom = 44, WIDTH - 8, 10, height
    count = max((len(values) for _, values in stacks), default=0)
    sums = [sum(values[i] for _, values in stacks) for i in range(count)]
    highest = nice(max(sums, default=0))
    wide = (right - left) / max(count, 1)
    drawn = [_line(left, _up(share, top, bottom), right, _up(share, top, bottom), "grid")
             + _text(left - 8, _up(share, top, bottom) + 4, short(highest * share), "end")
             for share in (0, 0.5, 1) if share != 0.5 or highest > 1]  # fmt: skip
    base = [0] * count
    for kind, values in stacks:
        for i, value in enumerate(values):
            if not value:
                continue
            tall = (bottom - top) * value / highest
            at = bottom - (bottom - top) * base[i] / highest - tall
            base[i] += value
            drawn.append(
                f'<rect class="{kind}" x="{_n(left + i * wide + wide * 0.12)}" '
                f'y="{_n(at)}" width="{_n(wide * 0.76)}" height="{_n(tall)}"/>'
            )
    drawn += [_text(left + (i + 0.5) * wide, bottom + 17, word, "middle") for i, word in labels]
    return svg(title, bottom + 26, "".join(drawn))


def heat(
    title: str, rows: Sequence[tuple[str, Sequence[int]]], columns: Sequence[str], label: int = 210
) -> Markup:
    """Rows of cells, darker with their number, which stands in them."""
    cell = min(44.0, (WIDTH - label) / max(len(columns), 1))
    tall, top = 26, 24 if all(len(word) <= 4 for word in columns) else 92
    highest = max((value for _, values in rows for value in values), default=0) or 1
    drawn = []
    for i, word in enumerate(columns):
        at = label + (i + 0.5) * cell
        if top == 24:
            drawn.append(_text(at, top - 8, word, "middle"))
        else:
            turn = f' transform="rotate(-45 {_n(at)} {top - 8})"'
            drawn.append(_text(at, top - 8, cut(word, 16), "start", more=turn))
    for j, (name, values) in enumerate(rows):
        y = top + j * tall
        drawn.append(_text(label - 10, y + 17, cut(name, int(label / 7.2)), "end"))
        for i, value in enumerate(values):
            if not value:
                continue
            step = 1 + min(4, int(5 * (value / highest) ** 0.6 - 1e-9))
            x = label + i * cell
            drawn.append(
                f'<rect class="heat{step}" x="{_n(x + 1)}" y="{_n(y + 1)}" '
                f'width="{_n(cell - 2)}" height="{tall - 2}" rx="3"/>'
            )
            drawn.append(_text(x + cell / 2, y + 17, short(value), "middle", f"on{step}"))
    return svg(title, top + len(rows) * tall + 4, "".join(drawn))


def sparkline(title: str, values: Sequence[int]) -> Markup:
    """A small line of numbers, for a table's cell."""
    wide, tall = 96.0, 22.0
    highest = max(values, default=0)
    if not highest:
        return Markup("")
    step = wide / max(len(values) - 1, 1)
    points = " ".join(f"{_n(i * step)},{_n(tall - 2 - (tall - 4) * value / highest)}"
                      for i, value in enumerate(values))  # fmt: skip
    return svg(title, tall, f'<polyline class="line now" points="{points}"/>', wide, " spark")


def nice(value: float) -> int:
    """The next of 1, 2, 5, 10, 20 … that is not below a value."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= value:
                return factor * step
        step *= 10


def short(value: float) -> str:
    """A number in few characters: 950, 1.2k, 35k."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:.1f}M".replace(".0M", "M")
    if value >= 10_000:
        return f"{value / 1000:.0f}k"
    if value >= 1000:
        return f"{value / 1000:.1f}k".replace(".0k", "k")
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def cut(text: str, length: int) -> str:
    """A text that is too long for its place, with its end left out."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _up(share: float, top: float, bottom: float) -> float:
    return bottom - (bottom - top) * share


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "", more: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return (f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"{named}{more}>'
            f"{escape(text, quote=False)}</text>")  # fmt: skip
