"""A provider's picture of somebody, made a small one of our own."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

SIZE = 96
"""Pixels of its sides: twice what is shown, for screens that are fine."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_MOST_PIXELS = 25_000_000
_QUALITY = 80


class PortraitError(Exception):
    """That is no picture that can be made one."""


def square(picture: bytes) -> bytes:
    """A picture (JPEG, PNG, WebP or GIF) as a square WebP of SIZE pixels, its middle, with nothing
    in it but the picture: no place, no camera, no name. Raises PortraitError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(picture), formats=_FORMATS)
            if image.width * image.height > _MOST_PIXELS:
                raise PortraitError("it has too many pixels")
            image = ImageOps.exif_transpose(image)
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
            image = ImageOps.fit(image, (SIZE, SIZE))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError,
            Image.DecompressionBombWarning, EOFError, MemoryError) as error:  # fmt: skip
        raise PortraitError(str(error)) from error
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    made = io.BytesIO()
    clean.save(made, "WEBP", quality=_QUALITY, method=6)
    return made.getvalue()
