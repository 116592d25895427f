"""Packs the discussion's script: its parts in one function, with short names.

    python -m tools.scripts

The result is kept beside the parts, since what makes it has no wheels for each machine that builds
a site. Texts stay as the parts ask for them; a build puts them in.
"""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).parent.parent / "plugins" / "comments" / "static"
PARTS = ("common", "following", "replies")
PACKED = STATIC / "discussion.js"
MARK = "// Made of script/*.js by `python -m tools.scripts`.\n"


def source() -> str:
    """The parts, as one script, which may run before the page is read or after."""
    parts = ((STATIC / "script" / f"{name}.js").read_text("utf-8") for name in PARTS)
    return (
        "(start => document.readyState === 'loading'"
        " ? addEventListener('DOMContentLoaded', start) : start())(() => {\n'use strict';\n"
        + "".join(parts) + "});\n"
    )  # fmt: skip


def packed() -> str:
    """The script, packed. Raises ImportError where the packer is not installed."""
    import minify

    # A text that is asked for is a literal meanwhile, so that no two requests become one:
    # `is ? translate('a') : translate('b')` would be `translate(is ? 'a' : 'b')`.
    text = _ASKED.sub(r"'⟦\1⟧'", source())
    made = minify.string("application/javascript", text)
    made = re.sub(r'"⟦([^⟧]*)⟧"', r"translate('\1')", made)
    return f"{MARK}{_CALLED.sub(_quoted, made)}\n"


_ASKED = re.compile(r"\btranslate\('([^']*)'\)")
_CALLED = re.compile(r'\b(translate(?:Count)?\()"([^"]*)"(?:,"([^"]*)")?')


def _quoted(match: re.Match[str]) -> str:
    """A request for a text as builds know it: with single quotes."""
    call, one, many = match.groups()
    return f"{call}'{one}'" + (f",'{many}'" if many else "")


if __name__ == "__main__":
    PACKED.write_text(packed(), "utf-8", newline="\n")
    print(f"{PACKED.name}: {PACKED.stat().st_size:,} bytes")
