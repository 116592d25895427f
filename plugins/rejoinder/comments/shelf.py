"""What a thread's files came to, as bytes: parsed, and rendered. Pure.

A build that finds a thread's folder as it was needs none of its files; where one changed, only that
one is parsed and rendered again.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import NamedTuple

from rejoinder.comments.model import Comment
from rejoinder.comments.render import render
from rejoinder.incremental import packed
from rejoinder.incremental.stamps import NO_REFERENCES

WORDS = "words"
"""The kind under which builds remember whole threads."""


class Shelved(NamedTuple):
    """A comment's file: the digest of its bytes, and the comment that it holds."""

    digest: bytes
    comment: Comment


def pack(files: Mapping[str, Shelved]) -> bytes:
    """Files by name, for `unpack`; what isn't rendered yet is."""
    rows = [(name, one.digest, one.comment.packed(render(one.comment)))
            for name, one in files.items()]  # fmt: skip
    return packed.pack(marshal.dumps(rows, NO_REFERENCES))


def unpack(blob: bytes) -> dict[str, Shelved]:
    """What `pack` was given."""
    rows = marshal.loads(packed.unpack(blob))
    return {name: Shelved(digest, Comment.unpacked(values))
            for name, digest, values in rows}  # fmt: skip
