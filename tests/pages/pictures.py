"""Pictures of pages, kept and compared.

A baseline is one PNG for each kind of page: wide and on a phone, in light and dark, side by side,
at a quarter of the size and in few colours. What is compared is smaller still: cells as high as a
line, in which letters are grey, so that it hardly matters how a font is drawn.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

FOLDER = Path(__file__).parent / "baselines"
TAKE = "REJOINDER_BASELINES"
"""The variable that says that baselines are to be taken anew ("take"), not compared."""

COLOURS = 128
CELL = 6
"""Pixels of a picture in a cell."""

FAINT = 20
"""The least difference of a cell, of 255 in any channel, that people see."""

BAND = 8 * CELL
"""Pixels from the top to the bottom of what is judged together."""

DRIFT = 2
"""How many pixels a band may be higher or lower than it was."""

MOST = 0.03
"""The share of a band's cells that may differ."""

Panels: TypeAlias = dict[tuple[int, str], Image.Image]
"""Pictures of one page, by the width of the window and the scheme."""


def are_there() -> bool:
    """Whether baselines are kept, or are just to be taken."""
    return FOLDER.exists() or os.environ.get(TAKE) == "take"


def judge(name: str, panels: Panels, spare: Path) -> list[str]:
    """How the pictures of a page differ from its baseline; nothing where people would call them the
    same. Those that differ are left in the folder `spare`. Takes the baseline where it is to be."""
    path = FOLDER / f"{name}.png"
    if os.environ.get(TAKE) == "take":
        save(path, panels)
        return []
    if not path.exists():
        return ["there is no baseline; invoke test --pictures takes it"]
    before = load(path)
    wrong = [f"{width} {scheme}: {found}" for (width, scheme), panel in panels.items()
             if (found := differs(before[width, scheme], panel))]  # fmt: skip
    if wrong:
        save(spare / path.name, panels)
        wrong.append(f"it is now {spare / path.name}; invoke test --pictures keeps that")
    return wrong


def save(path: Path, panels: Panels) -> None:
    """Write the panels side by side, in few colours."""
    wide, tall = sum(p.width for p in panels.values()), max(p.height for p in panels.values())
    whole, left = Image.new("RGB", (wide, tall), "white"), 0
    for panel in panels.values():
        whole.paste(panel, (left, 0))
        left += panel.width
    method = Image.Quantize.MAXCOVERAGE  # what is small keeps its colour too
    said = PngInfo()
    said.add_text("panels", json.dumps([[*key, *p.size] for key, p in panels.items()]))
    path.parent.mkdir(exist_ok=True)
    whole.quantize(COLOURS, method=method, dither=Image.Dither.NONE).save(
        path, optimize=True, pnginfo=said
    )


def load(path: Path) -> Panels:
    """The panels of a picture that `save` wrote."""
    found: Panels = {}
    with Image.open(path) as whole:
        left = 0
        for width, scheme, wide, tall in json.loads(whole.text["panels"]):
            found[width, scheme] = whole.crop((left, 0, left + wide, tall)).convert("RGB")
            left += wide
    return found


def differs(before: Image.Image, after: Image.Image) -> str:
    """How one picture of a page differs from another as wide, in words; '' where people would call
    them the same."""
    tall = max(before.height, after.height)
    if abs(before.height - after.height) > max(2 * CELL, tall * 0.02):
        return f"{after.height} high, and was {before.height}"
    old, new = (_as_tall(one, tall) for one in (before, after))
    worst, where = 0.0, 0
    for top in range(0, tall, BAND):
        box = (0, top, new.width, min(top + BAND, tall))
        steps = range(max(-DRIFT, -top), min(DRIFT, tall - box[3]) + 1)
        share = min(_share(_cells(old, box, step), _cells(new, box, 0)) for step in steps)
        worst, where = max((worst, where), (share, top))
    if worst <= MOST:
        return ""
    return f"{worst:.0%} of it differs around {where / tall:.0%} of its height"


def _as_tall(image: Image.Image, tall: int) -> Image.Image:
    """The same picture, which goes on as it ends."""
    whole = Image.new("RGB", (image.width, tall), image.getpixel((0, image.height - 1)))
    whole.paste(image, (0, 0))
    return whole


def _cells(image: Image.Image, box: tuple[int, int, int, int], step: int) -> Image.Image:
    """The mean colour of each cell in a box that is moved down."""
    left, top, right, bottom = box
    return image.crop((left, top + step, right, bottom + step)).reduce(CELL)


def _share(old: Image.Image, new: Image.Image) -> float:
    """The share of cells that differ."""
    red, green, blue = ImageChops.difference(old, new).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return sum(most.histogram()[FAINT:]) / (new.width * new.height)
