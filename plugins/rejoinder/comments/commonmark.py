"""CommonMark by cmark-gfm, with the extensions that comments have. A leaf.

`cmarkgfm.cmark.markdown_to_html_with_extensions` frees neither the tree nor the HTML, some 20 KB a
comment: too much for a desk that runs for months. This does the same steps and frees both, through
the functions that the library's own shared object exports.
"""

from __future__ import annotations

import ctypes
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
    free_tree.argtypes, free_tree.restype = [ctypes.c_void_p], None
    allocator.restype = ctypes.POINTER(_Allocator)
    return free_tree, allocator().contents.free


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
    with _ONE_AT_A_TIME:
        parser = _lib.cmark_parser_new(options)
        root = html = None
        try:
            for name in extensions:
                extension = _EXTENSIONS[name]
                _lib.cmark_parser_attach_syntax_extension(parser, extension)
            cmark.parser_feed(parser, text)
            root = _lib.cmark_parser_finish(parser)
            html = _lib.cmark_render_html(
                root, options, _lib.cmark_parser_get_syntax_extensions(parser)
            )
            return str(_ffi.string(html).decode("utf-8"))
        finally:
            for memory, free in ((html, _free_text), (root, _free_tree)):
                if memory:
                    free(int(_ffi.cast("uintptr_t", memory)))
            _lib.cmark_parser_free(parser)
