"""Files of data, and the front matter of posts, as plain values: YAML, TOML and JSON.

YAML is read without guessing at types: `yes`, `012` and `2016-08-21` are what somebody wrote, and
what they mean is for the reader of each field to say (`flag`, `listed`, `text`, `dates.spelled`).
Pure.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import yaml

from rejoinder.errors import ImportFailed

ENDINGS = {".yml": "YAML", ".yaml": "YAML", ".json": "JSON", ".toml": "TOML"}
"""The language that a file's ending tells of."""

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml's where it was built
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_TOML_LINE = re.compile(r"at line (\d+)")
_FENCED = re.compile(
    r"(?:---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)|\+\+\+[ \t]*\n(?P<toml>.*?)^\+\+\+)"
    r"[ \t]*(?:\n|\Z)",
    re.S | re.M,
)
_NOTHING = frozenset({"", "~", "null"})
_YES = frozenset({"true", "yes", "on", "1", "y"})
_NO = frozenset({"false", "no", "off", "0", "n"})


@dataclass(frozen=True, slots=True)
class Page:
    """A text with front matter: its fields, by the names they have, and the body, which begins at
    a line from 1."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    line: int = 1


def decoded(data: bytes) -> tuple[str, str]:
    """A file's text with `\\n` line ends, and what was wrong with it, or ''."""
    wrong = ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text, wrong = data.decode("utf-8-sig", "replace"), "bytes that are not UTF-8 were replaced"
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    clean = _CONTROLS.sub("", text)
    return clean, wrong or ("control characters were taken out" if clean != text else "")


def parse(text: str, language: str) -> Any:
    """The value of a text in YAML, TOML or JSON. YAML of several documents is a list of them;
    numbers of YAML stay text. Raises ImportFailed, with the line."""
    try:
        if language == "TOML":
            return tomllib.loads(text)
        if language == "JSON":
            return json.loads(text)
        documents = [one for one in map(_plain, yaml.compose_all(text, Loader=_LOADER)) if one]
        return documents[0] if len(documents) == 1 else documents
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it breaks off"
        line = mark.line + 1 if mark else None
        raise ImportFailed(f"the YAML can't be read: {what}", line=line) from error
    except json.JSONDecodeError as error:
        raise ImportFailed(f"the JSON can't be read: {error.msg}", line=error.lineno) from error
    except tomllib.TOMLDecodeError as error:
        at = _TOML_LINE.search(str(error))
        raise ImportFailed(
            f"the TOML can't be read: {error}", line=int(at[1]) if at else None
        ) from error
    except RecursionError as error:
        raise ImportFailed(f"the {language} is nested too deeply") from error


def _plain(root: yaml.Node) -> Any:
    """What a document of YAML holds, as `yaml.BaseLoader` makes it, in a third of its time. What an
    alias repeats is the same value. Raises YAMLError for what holds itself, and for a name that is
    no scalar."""
    made: dict[int, Any] = {}
    open_nodes: set[int] = set()

    def value(node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return node.value
        number = id(node)
        if number in made:
            return made[number]
        if number in open_nodes:
            raise yaml.MarkedYAMLError(None, None, "it holds itself", node.start_mark)
        open_nodes.add(number)
        if isinstance(node, yaml.SequenceNode):
            made[number] = [value(one) for one in node.value]
        else:
            made[number] = {_name(name): value(one) for name, one in node.value}
        open_nodes.discard(number)
        return made[number]

    return value(root)


def _name(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.MarkedYAMLError(None, None, "a name is no text", node.start_mark)
    return str(node.value)


def page(text: str) -> Page:
    """A text and its front matter, as Jekyll and Hugo write it: YAML between lines of `---`, TOML
    between `+++`, or a JSON object. Without front matter, all of it is body.

    Raises ImportFailed, with the line, for front matter that can't be read or is no table.
    """
    if text.startswith("{"):
        try:
            found, end = json.JSONDecoder().raw_decode(text)
        except ValueError:  # text that begins with a brace, like a tag of Liquid's
            return Page({}, text)
        if not isinstance(found, dict):
            return Page({}, text)
        return _page(found, text, end)
    match = _FENCED.match(text)
    if match is None:
        return Page({}, text)
    language = "TOML" if match["toml"] is not None else "YAML"
    inside = match[language.lower()]
    try:
        found = parse(inside, language)
    except ImportFailed as error:
        line = error.line + 1 if error.line else None
        raise ImportFailed(error.what, line=line, mend=error.mend) from error
    if not found:
        found = {}
    if not isinstance(found, dict):
        raise ImportFailed("the front matter is no table of names and values", line=1)
    return _page(found, text, match.end())


def _page(fields: dict[str, Any], text: str, end: int) -> Page:
    body = text[end:]
    space = len(body) - len(body.lstrip("\n"))
    return Page(fields, body[space:], text.count("\n", 0, end + space) + 1)


def text(value: object) -> str:
    """A scalar as text; '' for none, and for what is no scalar."""
    if isinstance(value, str):
        return "" if value in _NOTHING else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) else ""


def flag(value: object) -> bool | None:
    """Yes or no, as YAML 1.1 knows them; None for anything else."""
    word = text(value).strip().lower()
    return True if word in _YES else False if word in _NO else None


def listed(value: object, part: str = "") -> list[str]:
    """The texts of a list, or of one text, parted by `part` where that is given ('' parts
    nothing); empty ones are left out."""
    if isinstance(value, list):
        found = [text(one) for one in value]
    else:
        found = text(value).split(part) if part else [text(value)]
    return [one.strip() for one in found if one.strip()]
