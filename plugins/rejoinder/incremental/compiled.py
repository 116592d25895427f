"""Templates as Python compiled them, kept from build to build, and for the press."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

from jinja2 import compiler
from jinja2.bccache import Bucket, BytecodeCache

KIND = "code"
"""The kind under which they are remembered."""

Recall: TypeAlias = Callable[[str, bytes], bytes | None]
"""What is kept under a key, if it is of a source with this checksum, and this Jinja."""


class Compiled(BytecodeCache):
    """Jinja's cache in what builds remember. Of another source, Jinja or Python nothing is
    taken."""

    def __init__(
        self, recall: Recall, keep: Callable[[str, bytes, bytes], object] = lambda *_: None
    ) -> None:
        """Without `keep` nothing is added."""
        self._recall = recall
        self._keep = keep

    def load_bytecode(self, bucket: Bucket) -> None:
        found = self._recall(bucket.key, _mark(bucket))
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._keep(bucket.key, _mark(bucket), bucket.bytecode_to_string())


def _mark(bucket: Bucket) -> bytes:
    return bucket.checksum.encode() + b" " + _jinja()


@cache
def _jinja() -> bytes:
    """Of the compiler's file: to ask for its version takes as long as to render a page."""
    try:
        found = Path(str(compiler.__file__)).stat()
    except OSError:  # it is in an archive
        from importlib.metadata import version

        return version("jinja2").encode()
    return b"%d %d" % (found.st_size, found.st_mtime_ns)
