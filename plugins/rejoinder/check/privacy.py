"""Private data where everybody can read it."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from pathlib import Path

from rejoinder.check.addresses import Known, canonical_ip, guess
from rejoinder.check.problem import Problem, problem_at
from rejoinder.comments.store import FOLDER as COMMENTS

_SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
}  # fmt: skip
_PRIVATE_KEY = re.compile(r"mail|addr|(?:^|[^a-z])ip(?![a-z])")  # of an entry, in snake_case
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[\s,;<>()]+")
_BEGINNING = 1 << 16  # bytes
_OWN = ("imports", "crosslinks", "engagement", "mentions")


def check(content: Path, output: Path | None) -> Iterator[Problem]:
    """Addresses and secrets in the text files of `content` and `output`: those without a NUL.
    A secret of the content is not told again for the output that it comes to."""
    try:
        known = Known(private_values(content.absolute().parent / "private"))
    except OSError as error:
        known = Known(())
        yield problem_at(Path(error.filename), error)
    told: set[str] = set()
    for root in filter(None, (content, output)):
        for path in sorted(root.rglob("*")):
            if not path.is_file():
                continue
            try:
                data = _text(path)
            except OSError as error:
                yield problem_at(path, error)
                continue
            if data is None:
                continue
            text = data.decode("utf-8", "replace").replace("\r\n", "\n")
            yield from leaks(text, str(path), known)
            yield from secrets(text, str(path), told if root is output else set())
            told.update(_secret_values(text))
            if root is content:
                yield from unwanted(text, str(path), path.relative_to(content).parts[0])


def private_values(folder: Path) -> set[str]:
    """Every e-mail and IP address that the private side's JSON lines hold under a key that is
    named for them, like `email`, `author_IP` or `ipAddress`, at whatever depth. Raises OSError."""
    values: set[str] = set()
    for path in sorted(folder.rglob("*.jsonl")) if folder.is_dir() else ():
        for line in path.read_text("utf-8", "replace").split("\n"):
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            for text in _named_private(entry):
                values |= {v for v in _BETWEEN.split(text) if "@" in v or canonical_ip(v)}
    return values


def _named_private(entry: object) -> Iterator[str]:
    waiting: list[tuple[object, bool]] = [(entry, False)]
    while waiting:
        value, private = waiting.pop()
        if isinstance(value, dict):
            waiting += [
                (inner, private or bool(_PRIVATE_KEY.search(_HUMP.sub("_", key).lower())))
                for key, inner in value.items()
            ]
        elif isinstance(value, list):
            waiting += [(inner, private) for inner in value]
        elif private and isinstance(value, str):
            yield value


def leaks(text: str, where: str, known: Known) -> Iterator[Problem]:
    """Addresses of the private side that stand in a public text. Pure."""
    for number, line in enumerate(text.split("\n") if known else (), start=1):
        for found in known.find(line):
            yield Problem(
                where, number, f"{_masked(found)} is private", "Take it out, and build again."
            )


def unwanted(text: str, where: str, folder: str) -> Iterator[Problem]:
    """Addresses in a file of the content's top folder `folder`, where that is one whose files
    hold none; in the words of a comment, an e-mail address is the writer's own affair. Pure."""
    if folder == COMMENTS:
        head, _, body = text.partition("\n\n")
        yield from addresses(head, where, 1, is_error=True)
        yield from addresses(body, where, head.count("\n") + 3, is_error=False)
    elif folder in _OWN:
        yield from addresses(text, where, 1, is_error=True)


def addresses(text: str, where: str, first: int, *, is_error: bool) -> Iterator[Problem]:
    """E-mail and IP addresses in a text whose first line is number `first`; as notes, e-mail
    alone. Pure."""
    for number, line in enumerate(text.split("\n"), start=first):
        for found in guess(line):
            kind = "an e-mail address" if "@" in found else "an IP address"
            if is_error or "@" in found:
                yield Problem(
                    where, number, f"{kind}, {_masked(found)}, is public here",
                    "Take it out." if is_error else "If its writer didn't mean that, take it out.",
                    is_error,
                )  # fmt: skip


def secrets(text: str, where: str, told: Container[str] = ()) -> Iterator[Problem]:
    """Keys and tokens in a text, but for those `told` already. Pure."""
    for name, pattern in _SECRETS.items():
        for match in pattern.finditer(text):
            if match[0] not in told:
                line = text.count("\n", 0, match.start()) + 1
                yield Problem(where, line, f"{name} is public here", "Take it out, and revoke it.")


def _secret_values(text: str) -> Iterator[str]:
    return (match[0] for pattern in _SECRETS.values() for match in pattern.finditer(text))


def _text(path: Path) -> bytes | None:
    """What a file holds, None where it is no text; of a film, the beginning says so."""
    with path.open("rb") as file:
        data = file.read(_BEGINNING)
        if b"\0" not in data:
            data += file.read()
    return None if b"\0" in data else data


def _masked(value: str) -> str:
    """Enough of an address to find it, and no more: a report is often pasted somewhere."""
    return f"{value[:2]}…{value[-4:]}"
