"""The bytes of an export, unpacked where it comes packed by gzip (RFC 1952), and as UTF-8 where a
mark says that it is UTF-16, as editors and shells of Windows keep it."""

from __future__ import annotations

import codecs
import zlib
from pathlib import Path

from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Told

_GZIP = b"\x1f\x8b"
_ANY_WINDOW_OF_GZIP = 16 + zlib.MAX_WBITS
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def contents(file: Path, told: Told) -> bytes:
    """What is in a file. Of a packed one that was cut off, what can be unpacked.

    Raises ImportFailed for one that can't be read, is empty, or is packed in another way.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ImportFailed(
            f"the file can't be read: {error.strerror or error}", where=file
        ) from error
    if data[:2] == b"PK":
        raise ImportFailed("the file is a zip archive", where=file, mend="Unpack it first.")
    if data[:2] == _GZIP:
        data = _unpacked(data, told)
    if data.startswith(_UTF_16):
        data = data.decode("utf-16", "replace").encode()
    if not data.strip():
        raise ImportFailed("the file is empty", where=file, mend="Export it again.")
    return data


def _unpacked(data: bytes, told: Told) -> bytes:
    parts = []
    while data[:2] == _GZIP:  # gzip's files may follow one another (2.2)
        unpacker = zlib.decompressobj(_ANY_WINDOW_OF_GZIP)
        try:
            parts.append(unpacker.decompress(data))
        except zlib.error as error:
            told(None, f"the packed file is damaged, and what follows is not read: {error}")
            break
        if not unpacker.eof:
            told(None, "the packed file was cut off; what is there is read")
            break
        data = unpacker.unused_data
    return b"".join(parts)
