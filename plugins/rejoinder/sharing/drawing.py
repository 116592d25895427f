"""Cards as PNG, by Pillow. The same card gives the same bytes.

A card has few colours, so it is drawn in a palette: for each of ink, soft and accent a ramp from
paper to it, which is what the edges of letters need, and the rest for a portrait. Packing the
picture takes most of the time: with few shades zlib's level 3 makes about as few bytes as its
usual level makes of 64, in less than half the time.
"""

from __future__ import annotations

import io
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rejoinder.errors import SiteError

from .card import HEIGHT, WIDTH, Card, Look
from .lines import LINE, cut, fit

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_MARGIN = 84
_BAR = 16
_SITE_AT, _SITE_SIZE = 92, 34
_TITLE_AT, _TITLE_HEIGHT = 166, 310
_TITLE_SIZES = range(80, 39, -4)
_AUTHOR_AT, _AUTHOR_SIZE = 528, 34  # the middle of its line
_PORTRAIT = 88
_RAMP = 16
_INK, _SOFT, _ACCENT, _PICTURE = 0, _RAMP, 2 * _RAMP, 3 * _RAMP
_FACE = 96  # colours of a portrait


def draw(card: Card, look: Look) -> bytes:
    """The card as a PNG of WIDTH × HEIGHT. Raises SiteError for a font that can't be used."""
    from PIL import Image  # it takes long to load, and most builds draw nothing

    canvas = Image.new("L", (WIDTH, HEIGHT), _INK)
    palette = _palette(look)
    width = WIDTH - 2 * _MARGIN
    font = look.font
    if card.site:
        _stamp(canvas, _mark(), _MARGIN, _SITE_AT - 15, _ACCENT)
        site = cut(card.site, lambda part: _measure(font, part, _SITE_SIZE), width - 52)
        _write(canvas, font, site, _SITE_SIZE, (_MARGIN + 52, _SITE_AT), _INK)
    size, lines = fit(card.title, lambda part, at: _measure(font, part, at), width, _TITLE_HEIGHT,
                      _TITLE_SIZES)  # fmt: skip
    for number, line in enumerate(lines):
        middle = _TITLE_AT + round(size * LINE * (number + 0.5))
        _write(canvas, font, line, size, (_MARGIN, middle), _INK)
    left = _MARGIN
    portrait = _portrait(card.portrait, look) if card.portrait else None
    if portrait is not None:
        shown, colours = portrait
        canvas.paste(shown, (_MARGIN, _AUTHOR_AT - _PORTRAIT // 2))
        palette += colours
        left += _PORTRAIT + 24
    if card.author:
        author = cut(card.author, lambda part: _measure(font, part, _AUTHOR_SIZE),
                     WIDTH - _MARGIN - left)  # fmt: skip
        _write(canvas, font, author, _AUTHOR_SIZE, (left, _AUTHOR_AT), _SOFT)
    canvas.paste(_ACCENT + _RAMP - 1, (0, HEIGHT - _BAR, WIDTH, HEIGHT))
    canvas.putpalette(palette)
    into = io.BytesIO()
    canvas.save(into, "PNG", compress_level=3)
    return into.getvalue()


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a picture's file; (0, 0) where that can't be told."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0, 0


@lru_cache(maxsize=4)
def _palette(look: Look) -> bytes:
    paper = _rgb(look.paper)
    ramps = (
        round(paper[one] + (_rgb(colour)[one] - paper[one]) * step / (_RAMP - 1))
        for colour in (look.ink, look.soft, look.accent)
        for step in range(_RAMP) for one in range(3)
    )  # fmt: skip
    return bytes(ramps)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


@lru_cache(maxsize=32)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    try:
        # Whether the other layout is there depends on the machine, and cards must not.
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise SiteError(f"the font can't be used: {error}", where=path,
                        mend="CARDS_FONT names a .ttf or .otf file.") from error  # fmt: skip


def _measure(font: Path, text: str, size: int) -> float:
    return _font(font, size).getlength(text)


def _write(
    canvas: Image.Image, font: Path, text: str, size: int, at: tuple[int, int], colour: int
) -> None:
    """Write a line, from `at`: its left end and the middle of its capitals."""
    from PIL import Image, ImageDraw

    face = _font(font, size)
    box = Image.new("L", (WIDTH - at[0], 2 * size), 0)
    ImageDraw.Draw(box).text((0, round(1.36 * size)), text, fill=255, font=face, anchor="ls")
    _stamp(canvas, box, at[0], at[1] - size, colour)


def _stamp(canvas: Image.Image, shape: Image.Image, left: int, top: int, colour: int) -> None:
    """Put a shape (how far each point is covered, to 255) on the canvas, in a ramp's colours."""
    canvas.paste(shape.point(_shades(colour)), (left, top), shape.point([0] + 255 * [255]))


@cache
def _shades(colour: int) -> list[int]:
    """The place in a ramp for each cover."""
    return [colour + round(cover * (_RAMP - 1) / 255) for cover in range(256)]


@cache
def _mark() -> Image.Image:
    """The theme's sign, an answer's hook."""
    from PIL import Image, ImageDraw

    big = Image.new("L", (4 * 32, 4 * 30), 0)
    pen, line = ImageDraw.Draw(big), 4 * 7
    pen.rectangle((0, 0, line - 1, 48), fill=255)
    pen.arc((0, -24, 4 * 36, 4 * 30 - 1), 90, 180, fill=255, width=line)
    pen.rectangle((72, 4 * 30 - line, 4 * 32, 4 * 30), fill=255)
    return big.reduce(4)


@lru_cache(maxsize=8)
def _portrait(picture: bytes, look: Look) -> tuple[Image.Image, bytes] | None:
    """A picture in a round frame, and the colours that it adds to the palette; None for a file that
    can't be read."""
    from PIL import Image, ImageDraw, ImageOps

    try:
        with Image.open(io.BytesIO(picture)) as opened:
            opened.draft("RGB", (4 * _PORTRAIT, 4 * _PORTRAIT))
            whole = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    size = (_PORTRAIT, _PORTRAIT)
    face = ImageOps.fit(whole, size)
    frame = Image.new("L", (4 * _PORTRAIT, 4 * _PORTRAIT), 0)
    ImageDraw.Draw(frame).ellipse((0, 0, 4 * _PORTRAIT - 1, 4 * _PORTRAIT - 1), fill=255)
    paper = Image.new("RGBA", size, _rgb(look.paper))
    paper.alpha_composite(face)
    shown = Image.new("RGB", size, _rgb(look.paper))
    shown.paste(paper.convert("RGB"), (0, 0), frame.reduce(4))
    few = shown.quantize(_FACE, dither=Image.Dither.NONE)
    places = Image.frombytes("L", size, bytes(_PICTURE + place for place in few.tobytes()))
    return places, bytes(few.getpalette() or b"")[: 3 * _FACE]
