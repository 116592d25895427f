"""Private data where everybody can read it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from ipaddress import ip_address
from pathlib import Path

from rejoinder.check.problem import Problem

_TEXT = frozenset({".md", ".html", ".xml", ".json", ".txt", ".tsv", ".toml", ".css", ".js", ".svg",
                   ".csv", ".jsonl", ".nginx", ""})  # fmt: skip
_MAIL = re.compile(
    r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}"
)
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:]|\.\d)"
)
_SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
}  # fmt: skip
_PRIVATE = re.compile(r"mail|ip$", re.I)
_OWN = ("imports", "crosslinks", "engagement")
_LINKS = re.compile(r"https?://\S+")


def check(content: Path, output: Path | None) -> Iterator[Problem]:
    """Addresses and secrets in the files of `content` and `output`."""
    known = private_values(content.parent / "private")
    for root in filter(None, (content, output)):
        for path in sorted(root.rglob("*")):
            if not path.is_file() or path.suffix.lower() not in _TEXT:
                continue
            text = path.read_text("utf-8", "replace")
            yield from leaks(text, str(path), known)
            if root is content:
                parts = path.relative_to(content).parts
                yield from secrets(text, str(path))
                if parts[0] == "comments":
                    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
                    yield from addresses(head, str(path), 1, is_error=True)
                    start = head.count("\n") + 3
                    yield from addresses(body, str(path), start, is_error=False)
                elif parts[0] in _OWN:
                    yield from addresses(text, str(path), 1, is_error=True)


def private_values(folder: Path) -> set[str]:
    """Every e-mail and IP address that the private side holds, in lower case."""
    values: set[str] = set()
    for path in sorted(folder.rglob("*.jsonl")) if folder.is_dir() else ():
        for line in path.read_text("utf-8", "replace").split("\n"):
            try:
                entry = json.loads(line) if line.strip() else {}
            except ValueError:
                continue
            if isinstance(entry, dict):
                values |= {
                    value.strip().lower()
                    for key, value in entry.items()
                    if isinstance(value, str) and _PRIVATE.search(key)
                }
    return {value for value in values if "@" in value or _is_ip(value)}


def leaks(text: str, where: str, known: Collection[str]) -> Iterator[Problem]:
    """Addresses of the private side that stand in a public text. Pure."""
    for line, found in _found(text):
        if found.lower() in known:
            yield Problem(
                where, line, f"{_masked(found)} is private", "Take it out, and build again."
            )


def addresses(text: str, where: str, first: int, *, is_error: bool) -> Iterator[Problem]:
    """E-mail and IP addresses in a text whose first line is number `first`. Pure."""
    for line, found in _found(_LINKS.sub(lambda m: " " * len(m[0]), text)):
        kind = "an e-mail address" if "@" in found else "an IP address"
        if is_error or "@" in found:
            yield Problem(
                where, line + first - 1, f"{kind}, {_masked(found)}, is public here",
                "Take it out." if is_error else "If its writer didn't mean that, take it out.",
                is_error,
            )  # fmt: skip


def secrets(text: str, where: str) -> Iterator[Problem]:
    """Keys and tokens in a text. Pure."""
    for name, pattern in _SECRETS.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Problem(where, line, f"{name} is public here", "Take it out, and revoke it.")


def _found(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if "@" in line:
            yield from ((number, found) for found in _MAIL.findall(line))
        if "." in line or ":" in line:
            yield from ((number, found) for found in _ADDRESS.findall(line) if _is_ip(found))


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return len(text) > 2  # '::' alone is punctuation


def _masked(value: str) -> str:
    """Enough of an address to find it, and no more: a report is often pasted somewhere."""
    return f"{value[:2]}…{value[-4:]}"
