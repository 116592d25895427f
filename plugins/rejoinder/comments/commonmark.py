"""CommonMark by cmark-gfm, with the extensions that comments have. A leaf.

`cmarkgfm.cmark.markdown_to_html_with_extensions` frees neither the tree nor the HTML, some 20 KB a
comment: too much for a desk that runs for months. This does the same steps and frees both, through
the functions that the library's own shared object exports.
"""

from __future__ import annotations

import ctypes
from functools import cache
from threading import Lock
from typing import Any

from cmarkgfm import cmark
from cmarkgfm.cmark import Options

_lib, _ffi = cmark._cmark.lib, cmark._cmark.ffi
_OPTIONS = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
_ONE_AT_A_TIME = Lock()
"""cmark-gfm keeps what its extensions register in variables of the whole process."""


class _Allocator(ctypes.Structure):
    """`cmark_mem` (cmark.h): how the library gets and frees memory."""

    _fields_ = (
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    )


def _freeing() -> tuple[Any, Any]:
    """What frees a tree, and what frees a text; they do nothing where the shared object hides
    its functions (Windows), where a build's process ends soon anyway."""
    try:
        library = ctypes.CDLL(cmark._cmark.__file__)
        free_tree, allocator = library.cmark_node_free, library.cmark_get_default_mem_allocator
    except (OSError, AttributeError):
        return (lambda _: None), (lambda _: None)
    allocator.restype = ctypes.POINTER(_Allocator)
    free_tree, free_text = (
        _ffi.cast("void (*)(void *)", ctypes.cast(one, ctypes.c_void_p).value)
        for one in (free_tree, allocator().contents.free)
    )
    return free_tree, free_text


_free_tree, _free_text = _freeing()
cmark.core_extensions_ensure_registered()
_EXTENSIONS = {
    name: cmark.find_syntax_extension(name)
    for name in ("table", "autolink", "strikethrough", "tasklist")
}
OF_COMMENTS = ("table", "autolink", "strikethrough")
PLACES = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_SOURCEPOS
"""Line ends are spaces, and each element says where in the text it was (`data-sourcepos`)."""


def to_html(
    text: str, options: int = _OPTIONS, extensions: tuple[str, ...] = OF_COMMENTS
) -> str:  # fmt: skip
    """Markdown as HTML, line ends kept, HTML that somebody wrote let through."""
    if not ("://" in text or "www." in text or "@" in text or "&" in text):
        # Looking for bare addresses takes a quarter of the time, and each has one of these, or a
        # reference to an @ (cmark-gfm's extensions/autolink.c).
        extensions = _without_links(extensions)
    with _ONE_AT_A_TIME:
        # Out while it works: one that could not finish is not used again.
        parser = _parsers.pop((options, extensions), None) or _parser(options, extensions)
        root = html = None
        try:
            data = text.encode()
            _lib.cmark_parser_feed(parser, data, len(data))
            root = _lib.cmark_parser_finish(parser)
            html = _lib.cmark_render_html(
                root, options, _lib.cmark_parser_get_syntax_extensions(parser)
            )
            found = str(_ffi.string(html).decode())
        finally:
            for memory, free in ((html, _free_text), (root, _free_tree)):
                if memory:
                    free(memory)
        _parsers[options, extensions] = parser
        return found


@cache
def _without_links(extensions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in extensions if name != "autolink")


_parsers: dict[tuple[int, tuple[str, ...]], Any] = {}
"""By what they are made with: each text leaves one as it was made."""


def _parser(options: int, extensions: tuple[str, ...]) -> Any:
    parser = _ffi.gc(_lib.cmark_parser_new(options), _lib.cmark_parser_free)
    for name in extensions:
        _lib.cmark_parser_attach_syntax_extension(parser, _EXTENSIONS[name])
    return parser
