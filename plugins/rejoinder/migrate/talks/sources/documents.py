"""JSON as exports and APIs give it: one document, several one after another, or one a line; in a
file or in a folder of files, packed or not. What is broken is left out, and the rest read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Told
from rejoinder.migrate.talks.sources.packed import contents

_ENDINGS = (".json", ".jsonl", ".ndjson", ".gz")
_SPACE = re.compile(r"[\s,]*")
_CONTROLS = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")
_NEXT = re.compile(r"\n(?=[{\[])")
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|[{}\[\]]", re.S)
_DECODER = json.JSONDecoder()


def documents(file: Path, told: Told) -> Iterator[tuple[int, Any]]:
    """Each document and the line it begins at. Of a folder, those of its files by name; one that
    can't be read stops no other. Raises ImportFailed for a file that can't be read."""
    if not file.is_dir():
        yield from _documents(file, told)
        return
    files = sorted(path for path in file.iterdir() if path.suffix.lower() in _ENDINGS)
    if not files:
        raise ImportFailed(f"the folder has no file that ends in {', '.join(_ENDINGS)}", where=file)
    for path in files:

        def of_file(line: int | None, what: str, name: str = path.name) -> None:
            told(line, f"{name}: {what}")

        try:
            yield from _documents(path, of_file)
        except ImportFailed as error:
            of_file(error.line, f"{error.what}; it was left out")


def _documents(file: Path, told: Told) -> Iterator[tuple[int, Any]]:
    data = contents(file, told)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        told(None, "bytes that are not UTF-8 were replaced by \ufffd")
        text = data.decode("utf-8-sig", "replace")
    text = _CONTROLS.sub(" ", text.replace("\r\n", "\n"))
    line, counted = 1, 0
    at = _after_space(text, 0)
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = _DECODER.raw_decode(text, at)
        except RecursionError as error:
            raise ImportFailed("the JSON is nested too deeply", where=file, line=line) from error
        except ValueError as error:
            broken = getattr(error, "pos", at)
            where = line + text.count("\n", at, broken)
            value = _whole(text[at:broken])
            kept = "what is whole before that is read" if value is not None else "it is left out"
            told(where, f"the JSON is broken ({getattr(error, 'msg', error)}), and {kept}")
            following = _NEXT.search(text, broken)
            at = following.end() if following else len(text)
        if value is not None:
            yield line, value
        at = _after_space(text, at)


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _whole(text: str) -> Any:
    """A document that breaks off, up to the last whole element of a list in it, and closed there;
    None without one."""
    opened: list[str] = []
    end, closers = 0, ""
    for token in _TOKEN.finditer(text):
        if token[0] in "{[":
            opened.append(token[0])
        elif token[0] in "}]":
            if not opened:
                return None
            opened.pop()
            if opened and opened[-1] == "[":
                end = token.end()
                closers = "".join("]" if one == "[" else "}" for one in reversed(opened))
    try:
        return json.loads(text[:end] + closers) if end else None
    except (ValueError, RecursionError):
        return None
