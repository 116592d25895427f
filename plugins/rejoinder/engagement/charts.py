"""Charts, drawn at build time: words and numbers in, markup out. Pure. Lines and bars are inline
SVG, heat maps are tables. Colours and sizes come from classes, so that a stylesheet decides them,
light and dark; every line and bar has a table beside it that says the same.

Charts are as wide as their place: what lies along it is in percent of its width, while type and
height stay as they are. So they can be read on a phone as on a desk, and nothing is drawn twice.
What names a line or a step of a scale stands in the margins, which the stylesheet gives."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

from markupsafe import Markup

from rejoinder.languages.texts import ENGLISH, Texts, message

_HOUR = 3600
_MOMENTS = (
    (60, message("1 min")), (_HOUR, message("1 h")), (6 * _HOUR, message("6 h")),
    (24 * _HOUR, message("1 day")), (168 * _HOUR, message("1 week")),
    (720 * _HOUR, message("30 days")), (8760 * _HOUR, message("1 year")),
)  # fmt: skip
_SHARES = (0, message("none")), (0.5, message("half")), (1, message("all"))
_TOPS = ((10, 2), (12, 3), (15, 3), (20, 2), (25, 5), (30, 3), (40, 2), (50, 5), (60, 3), (80, 2))
"""Where a scale may end, in tenths of a power of ten, and in how many equal parts."""

_TOP, _TALL, _BELOW = 10.0, 190.0, 28.0
"""Of a chart: room above, height, and room for the words below, in pixels."""

_FINE = 1000.0
"""So many parts has the width of what is drawn as a path."""

_NARROW = 0.19
"""This part of the width of a phone is as wide as a word below a curve."""


def svg(title: str, size: str, inner: str, kind: str = "chart") -> Markup:
    """A picture with a name that is read out. `size` are the attributes that say it."""
    return Markup(
        f'<svg class="{kind}" {size} role="img" aria-label="{escape(title)}">{inner}</svg>'
    )


def curve(
    title: str,
    lines: Sequence[tuple[str, str, Sequence[tuple[float, float]]]],
    texts: Texts = ENGLISH,
) -> Markup:
    """Steps of the share that still waits (1 to 0) after so many seconds, on a scale of powers.
    `lines` are a name, a class and (seconds, share) rows."""
    ends = [(rows[0][0], rows[-1][0]) for _, _, rows in lines if rows]
    shortest = min((first for first, _ in ends), default=_HOUR)
    longest = max((last for _, last in ends), default=24 * _HOUR)
    begin = min(max(shortest / 2, 30), _HOUR)
    moments = [one for one in _MOMENTS if begin < one[0] <= max(longest * 2, 12 * _HOUR)]
    first, last = log10(begin), log10(max(longest, moments[-1][0]) * 1.2)

    def x(seconds: float) -> float:
        return min(1.0, max(0.0, (log10(max(seconds, 1)) - first) / (last - first)))

    def y(share: float) -> float:
        return _TOP + _TALL * (1 - share)

    drawn = [_across(y(share), texts.say(word)) for share, word in _SHARES]
    beside = 2.0
    for moment, word in reversed(moments):
        at = x(moment)
        place, kind = _percent(at), "" if beside - at >= _NARROW else "other"
        drawn.append(
            f'<line class="grid" x1="{place}" x2="{place}" y1="{_n(_TOP)}" y2="{_n(y(0))}"/>'
        )
        drawn.append(_text(place, y(0) + 19, texts.say(word), "middle", kind))
        beside = beside if kind else at
    used: list[float] = []
    paths = []
    for name, kind, rows in lines:
        if not rows:
            continue
        path, before = [f"M0 {_n(y(1) - _TOP)}"], 1.0
        at = 0.0
        for seconds, share in rows:
            here = _FINE * x(seconds)
            if here - at >= 1 or share in (rows[-1][1], 0):  # finer can't be seen
                at = here
                path.append(f"H{_n(at)}V{_n(y(share) - _TOP)}")
            before = share
        path.append(f"H{_n(_FINE)}")
        paths.append(f'<path class="line {kind}" d="{"".join(path)}"/>')
        place_of_name = y(before) + 4
        aside = 16 if before > 0.5 else -16
        while any(abs(place_of_name - other) < 16 for other in used):
            place_of_name += aside
        used.append(place_of_name)
        drawn.append(_text("100%", place_of_name, name, "start", kind, ' dx="8"'))
    drawn.append(
        f'<svg y="{_n(_TOP)}" width="100%" height="{_n(_TALL)}" '
        f'viewBox="0 0 {_n(_FINE)} {_n(_TALL)}" '
        f'preserveAspectRatio="none">{"".join(paths)}</svg>'
    )
    return _chart(title, drawn, "chart curve")


def bars(
    title: str,
    stacks: Sequence[tuple[str, Sequence[int]]],
    labels: Sequence[tuple[int, str]],
    texts: Texts = ENGLISH,
) -> Markup:
    """Bars side by side, each of pieces on top of each other: a class and a number for each
    bar. `labels` are a bar's place and its word; where it is narrow, every other one is shown."""
    count = max((len(values) for _, values in stacks), default=0)
    sums = [sum(values[i] for _, values in stacks) for i in range(count)]
    scale = ticks(max(sums, default=0))
    wide, each = 1 / max(count, 1), _TALL / scale[-1]
    bottom = _TOP + _TALL
    drawn = [_across(bottom - each * step, texts.manner.compact(step)) for step in scale]
    base = [0] * count
    for kind, values in stacks:
        for i, value in enumerate(values):
            if not value:
                continue
            base[i] += value
            drawn.append(
                f'<rect class="{kind}" x="{_percent((i + 0.12) * wide)}" '
                f'y="{_n(bottom - each * base[i])}" width="{_percent(0.76 * wide)}" '
                f'height="{_n(each * value)}"/>'
            )
    drawn += [
        _text(_percent((i + 0.5) * wide), bottom + 19, word, "middle", "other" if n % 2 else "")
        for n, (i, word) in enumerate(labels)
    ]
    return _chart(title, drawn)


def heat(
    title: str,
    rows: Sequence[tuple[str, Sequence[int]]],
    columns: Sequence[str],
    texts: Texts = ENGLISH,
) -> Markup:
    """A table of cells, darker with their number, which stands in them. `columns` begin with that
    of the rows' names. Long names of columns are written upwards."""
    highest = max((value for _, values in rows for value in values), default=0) or 1
    kind = "heat" if all(len(word) <= 4 for word in columns[1:]) else "heat upwards"
    head = "".join(
        f'<th scope="col"><bdi>{escape(word, quote=False)}</bdi></th>' for word in columns
    )
    lines = []
    for name, values in rows:
        cells = []
        for value in values:
            step = 1 + min(4, int(5 * (value / highest) ** 0.6 - 1e-9))
            said = texts.manner.compact(value)
            cells.append(f'<td class="heat{step}">{said}</td>' if value else "<td></td>")
        named = f'<th scope="row"><bdi>{escape(name, quote=False)}</bdi></th>'
        lines.append(f"<tr>{named}{''.join(cells)}</tr>")
    return Markup(
        f'<table class="{kind}" aria-label="{escape(title)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def sparkline(title: str, values: Sequence[int]) -> Markup:
    """A small line of numbers, for a table's cell."""
    wide, tall = 96.0, 22.0
    highest = max(values, default=0)
    if not highest:
        return Markup("")
    step = wide / max(len(values) - 1, 1)
    points = " ".join(f"{_n(i * step)},{_n(tall - 2 - (tall - 4) * value / highest)}"
                      for i, value in enumerate(values))  # fmt: skip
    size = f'viewBox="0 0 {_n(wide)} {_n(tall)}"'
    return svg(title, size, f'<polyline class="line now" points="{points}"/>', "spark")


def ticks(value: int) -> list[int]:
    """The steps of a scale from 0 to a round number that is not far above a value: equal, whole,
    and few."""
    size = 1
    while True:
        for top, parts in _TOPS:
            highest, rest = divmod(top * size, 10)
            if highest >= value and not rest:
                parts = parts if highest % parts == 0 else 1
                return [highest * i // parts for i in range(parts + 1)]
        size *= 10


def _chart(title: str, drawn: Sequence[str], kind: str = "chart") -> Markup:
    return svg(title, f'height="{_n(_TOP + _TALL + _BELOW)}"', "".join(drawn), kind)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _across(y: float, name: str) -> str:
    """A line of the grid, named at its left."""
    line = f'<line class="grid" x2="100%" y1="{_n(y)}" y2="{_n(y)}"/>'
    return line + _text("0", y + 4, name, "end", more=' dx="-8"')


def _text(x: str, y: float, text: str, anchor: str, kind: str = "", more: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return (f'<text x="{x}" y="{_n(y)}" text-anchor="{anchor}"{named}{more}>'
            f"{escape(text, quote=False)}</text>")  # fmt: skip
