"""Stylesheets and scripts without what only people need in them: comments, spaces. Pure."""

from __future__ import annotations

from rcssmin import cssmin
from rjsmin import jsmin

_HOW = {".css": cssmin, ".js": jsmin}


def smaller(path: str, data: bytes) -> bytes:
    """The content of a file, smaller where its ending says that it is a stylesheet or a script.
    What is no UTF-8 stays as it is."""
    how = _HOW.get(path[path.rfind(".") :].lower())
    if how is None:
        return data
    try:
        return str(how(data.decode("utf-8"))).encode("utf-8")
    except UnicodeDecodeError:
        return data
