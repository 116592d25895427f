"""Packs the discussion's scripts: the parts of each in one function, with short names.

    invoke scripts

The result is kept beside the parts, since what makes it has no wheels for each machine that builds
a site. Texts stay as the parts ask for them; a build puts them in.
"""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"
PARTS = {"discussion": ("common", "following", "calling"), "replies": ("replies",)}
"""The parts of each script; the second is called by the first."""

MARK = "// Made of script/*.js by `invoke scripts`.\n"


def source(name: str) -> str:
    """The parts of a script as one. The first may run before the page is read, or after; the second
    is a module, which is given what it shares with the first."""
    parts = "".join((STATIC / "script" / f"{part}.js").read_text("utf-8") for part in PARTS[name])
    if name == "replies":
        return parts
    begin = "document.readyState === 'loading' ? addEventListener('DOMContentLoaded', run) : run()"
    return f"(run => {begin})(() => {{\n{parts}}});\n"


def file_of(name: str) -> Path:
    """Where a script is kept, packed."""
    return STATIC / f"{name}.js"


def packed(name: str) -> str:
    """A script, packed. Raises ImportError where the packer is not installed."""
    import minify

    # A text that is asked for is a literal meanwhile, so that no two requests become one:
    # `is ? translate('a') : translate('b')` would be `translate(is ? 'a' : 'b')`.
    text = _ASKED.sub(r"'⟦\1⟧'", source(name))
    made = minify.string("application/javascript", text)
    made = re.sub(r'"⟦([^⟧]*)⟧"', r"translate('\1')", made)
    return f"{MARK}{_CALLED.sub(_quoted, made)}\n"


_ASKED = re.compile(r"\btranslate\('([^']*)'\)")
_CALLED = re.compile(r'\b(translate(?:Count)?\()"([^"]*)"(?:,"([^"]*)")?')


def _quoted(match: re.Match[str]) -> str:
    """A request for a text as builds know it: with single quotes."""
    call, one, many = match.groups()
    return f"{call}'{one}'" + (f",'{many}'" if many else "")


def pack() -> None:
    """Pack all scripts anew. Raises ImportError where the packer is not installed."""
    for each in PARTS:
        file_of(each).write_text(packed(each), "utf-8", newline="\n")
