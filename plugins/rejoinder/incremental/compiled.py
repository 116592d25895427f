"""Templates as Python compiled them, kept from build to build, and for the press."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from jinja2.bccache import Bucket, BytecodeCache

KIND = "code"
"""The kind under which they are remembered."""

Recall: TypeAlias = Callable[[str, bytes], bytes | None]
"""What is kept under a key, if it is of a source with this checksum."""


class Compiled(BytecodeCache):
    """Jinja's cache in what builds remember. Of another Python or another source nothing is taken:
    Jinja looks into both (`jinja2.bccache.Bucket`)."""

    def __init__(
        self, recall: Recall, keep: Callable[[str, bytes, bytes], object] = lambda *_: None
    ) -> None:
        """Without `keep` nothing is added."""
        self._recall = recall
        self._keep = keep

    def load_bytecode(self, bucket: Bucket) -> None:
        found = self._recall(bucket.key, bucket.checksum.encode())
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._keep(bucket.key, bucket.checksum.encode(), bucket.bytecode_to_string())
