"""What a thread's files came to, as bytes: parsed, and rendered. Pure.

A build that finds a thread's folder as it was needs none of its files; where one changed, only that
one is read again.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import NamedTuple

import zstandard

from rejoinder.comments.model import Comment
from rejoinder.comments.render import render

WORDS = "words"
"""The kind under which builds remember whole threads."""


class Shelved(NamedTuple):
    """A comment's file: what tells it from others (b"" of one that may yet change), the digest of
    its bytes, and the comment that it holds."""

    stamp: bytes
    digest: bytes
    comment: Comment


def pack(files: Mapping[str, Shelved]) -> bytes:
    """Files by name, for `unpack`; what isn't rendered yet is."""
    rows = [(name, one.stamp, one.digest, one.comment.packed(render(one.comment)))
            for name, one in files.items()]  # fmt: skip
    return zstandard.compress(pickle.dumps(rows, pickle.HIGHEST_PROTOCOL), 1)


def unpack(blob: bytes) -> dict[str, Shelved]:
    """What `pack` was given."""
    rows = pickle.loads(zstandard.decompress(blob))
    return {name: Shelved(stamp, digest, Comment.unpacked(values))
            for name, stamp, digest, values in rows}  # fmt: skip
