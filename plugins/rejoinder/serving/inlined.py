"""Small pictures as addresses that hold them (RFC 2397), so that they cost no request. Pure."""

from __future__ import annotations

from urllib.parse import quote

LARGEST = 1024
"""Bytes; what is larger is better kept by browsers than sent with each page."""

_AS_THEY_ARE = "/:=',();+!*@$?"


def data_url(path: str, data: bytes) -> str:
    """A small SVG as a data: URL, as it may stand in an attribute in double quotes; '' of anything
    else."""
    if not path.lower().endswith(".svg") or len(data) > LARGEST or b"'" in data:
        return ""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    words = " ".join(text.split()).replace('"', "'")
    return f"data:image/svg+xml,{quote(words, safe=_AS_THEY_ARE)}"
