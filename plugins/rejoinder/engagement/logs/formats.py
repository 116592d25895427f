"""Lines of access logs, one at a time, in every format that is known: the obvious way. Pure.

Apache's and nginx's common and combined formats, with and without a virtual host before them;
Caddy's JSON; CloudFront's standard logs (their `#Fields` say what the columns are); Amazon S3's
server access logs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote


class Hit(NamedTuple):
    """One request. `host` is '' where the log doesn't say, `agent` None where it can't."""

    at: datetime
    host: str
    client: str
    method: str
    address: str
    status: int
    referrer: str
    agent: str | None
    prefetch: bool = False


class Format(StrEnum):
    """What a log is written in."""

    COMBINED = "combined"
    VHOST = "combined with a virtual host"
    CADDY = "Caddy's JSON"
    CLOUDFRONT = "CloudFront's"
    S3 = "S3's"


class Parser:
    """Reads the lines of one log. A CloudFront log says in a line of its own what its columns
    are, so lines are to be given in their order."""

    def __init__(self, format: Format, fields: tuple[str, ...] = ()) -> None:
        self.format = format
        self.fields = fields
        self._parse = _PARSERS[format]

    def parse(self, line: bytes) -> Hit | None:
        """The request of a line, with its end or without; None for a note. Raises ValueError for a
        line of another shape."""
        text = line.rstrip(b"\r\n").decode("utf-8", "replace")
        if text.startswith("#"):
            if text.startswith("#Fields:"):
                self.fields = tuple(text[8:].split())
            return None
        try:
            return self._parse(self, text)
        except (
            LookupError, TypeError, OverflowError, OSError, AttributeError, RecursionError
        ) as error:  # fmt: skip
            raise ValueError("the line is of another shape") from error


def recognise(lines: Iterable[bytes]) -> Format:
    """The format that most of some lines are in. Where none tells of a request, objects in JSON are
    Caddy's, which has much to say of itself when it begins."""
    lines = list(lines)
    fits: dict[Format, int] = {}
    for format in Format:
        parser = Parser(format)
        fits[format] = 0
        for line in lines:
            try:
                fits[format] += parser.parse(line) is not None
            except ValueError:
                continue
    objects = sum(line.lstrip().startswith(b"{") for line in lines)
    if not any(fits.values()) and objects * 2 > len(lines):
        return Format.CADDY
    # A line with a host before it has the shape of one whose user's name has a space in it.
    hosted = sum(bool(_HOSTED.match(line)) for line in lines)
    if fits[Format.VHOST] == fits[Format.COMBINED] and hosted * 2 <= len(lines):
        fits[Format.VHOST] = 0
    elif fits[Format.VHOST] and hosted * 2 > len(lines):
        fits[Format.COMBINED] = 0
    return max(Format, key=lambda format: fits[format])


_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_TIME = r"\[([^\]]{20,40})\]"
_AFTER = rf" {_TIME} {_QUOTED} ([0-9]{{3}}) (?:[0-9]+|-)(?: {_QUOTED} {_QUOTED}(?: .*)?)?"
_COMBINED = re.compile(rf"([^ ]+) [^ ]+ [^\[]*?{_AFTER}", re.ASCII)
_VHOST = re.compile(rf"([^ ]+) ([^ ]+) [^ ]+ [^\[]*?{_AFTER}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_HOSTED = re.compile(rb"[^ ]+ [0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+ [^ ]+ [^ ]+ \[")
_S3 = re.compile(
    rf'\S+ (\S+) {_TIME} (\S+) \S+ \S+ (\S+) \S+ (?:{_QUOTED}|-) (\d{{3}}|-) \S+ \S+ \S+ \S+ \S+ '
    rf"(?:{_QUOTED}|-) (?:{_QUOTED}|-)(?: .*)?"
)  # fmt: skip
_ESCAPE = re.compile(r'(?:\\x[0-9A-Fa-f]{2})+|\\["\\]')
_ACCESS = "http.log.access"
_HALF = re.compile("[\ud800-\udfff]")
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
_STAMP = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")


def parse_time(text: str) -> datetime:
    """The instant of '10/Oct/2000:13:55:36 -0700'. Raises ValueError."""
    found = _STAMP.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise ValueError("the time is none")
    day, hour, minute = int(found[1]), int(found[4]), int(found[5])
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    zone = timezone(-offset if found[7] == "-" else offset)
    second = min(int(found[6]), 59)  # a leap second is in the minute before
    return _likely(
        datetime(int(found[3]), _MONTHS[found[2]], day, hour, minute, second, tzinfo=zone)
    )


def _likely(at: datetime) -> datetime:
    """A moment at which there were web servers, and that every zone can write. Raises
    ValueError."""
    if not 1990 <= at.year < 2200:
        raise ValueError("the time is no server's")
    return at


def unescaped(text: str) -> str:
    r"""A quoted field without what Apache (`\"`) and nginx (`\x22`) put into it. Escapes that
    follow each other are one text in UTF-8: `\xC3\xA9` is an é."""
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(found: re.Match[str]) -> str:
    escapes = found[0]
    if len(escapes) == 2:
        return escapes[1]
    return bytes.fromhex(escapes.replace("\\x", "")).decode("utf-8", "replace")


def request_of(text: str) -> tuple[str, str]:
    """Method and address of a request line; '-' of what is none."""
    words = text.split(" ")
    if len(words) not in (2, 3) or not words[0].isalpha():
        return "-", "-"  # what no client that speaks HTTP sends; the server has refused it
    return words[0], words[1]


def _combined(parser: Parser, text: str) -> Hit:
    found = _COMBINED.fullmatch(text)
    if found is None:
        raise ValueError("the line is of another shape")
    client, at, request, status, referrer, agent = found.groups()
    return _hit("", client, at, request, status, referrer, agent)


def _vhost(parser: Parser, text: str) -> Hit:
    found = _VHOST.fullmatch(text)
    if found is None or not is_host_name(found[1]):
        raise ValueError("the line is of another shape")
    host, client, at, request, status, referrer, agent = found.groups()
    return _hit(plain_host(host), client, at, request, status, referrer, agent)


def _hit(
    host: str, client: str, at: str, request: str, status: str, referrer: str | None,
    agent: str | None,
) -> Hit:  # fmt: skip
    method, address = request_of(unescaped(request))
    return Hit(parse_time(at), host, client, method, address, int(status),
               unescaped(referrer or ""), None if agent is None else unescaped(agent))  # fmt: skip


def _whole(value: object) -> str:
    r"""A value as text that can be encoded: JSON can name half of a character, as `\ud800`."""
    return _HALF.sub("\ufffd", str(value))


def _caddy(parser: Parser, text: str) -> Hit | None:
    row = json.loads(text)
    if {"level", "ts", "msg"} <= row.keys() and _is_caddys_own(row):
        return None
    request = row["request"]
    headers = {name.lower(): values for name, values in request.get("headers", {}).items()}

    def header(name: str) -> str:
        values = headers.get(name) or [""]
        return _whole(values[0])

    stamp = row["ts"]
    at = (datetime.fromtimestamp(stamp, UTC) if isinstance(stamp, int | float)
          else datetime.fromisoformat(stamp))  # fmt: skip
    if at.tzinfo is None:
        raise ValueError("the time says no zone")
    purpose = (header("sec-purpose"), header("purpose"), header("x-moz"))
    return Hit(
        _likely(at), plain_host(_whole(request.get("host", ""))),
        _whole(request.get("client_ip") or request["remote_ip"]), _whole(request["method"]),
        _whole(request["uri"]), int(row["status"]), header("referer"), header("user-agent"),
        any("prefetch" in word for word in purpose),
    )  # fmt: skip


def _is_caddys_own(row: dict[str, object]) -> bool:
    """Whether a line tells of Caddy itself. What goes wrong with a request, and where one is passed
    on to, is told so too, beside the access log's own line."""
    is_access = str(row.get("logger", _ACCESS)).startswith(_ACCESS)
    return "request" not in row or not (is_access or row["msg"] == "handled request")


_CLOUDFRONT = ("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)",
               "cs-uri-stem", "sc-status", "cs(Referer)", "cs(User-Agent)")  # fmt: skip


def _cloudfront(parser: Parser, text: str) -> Hit:
    row = dict(zip(parser.fields or _CLOUDFRONT, text.split("\t"), strict=False))
    at = datetime.fromisoformat(f"{row['date']}T{row['time']}+00:00")
    host = row.get("x-host-header", "")  # `cs(Host)` is the distribution's own name, not the site's
    agent = unquote(unquote(row["cs(User-Agent)"]))  # they are encoded twice
    return Hit(_likely(at), plain_host(host), row["c-ip"], row["cs-method"], row["cs-uri-stem"],
               int(row["sc-status"]), unquote(row.get("cs(Referer)", "")), agent)  # fmt: skip


def _s3(parser: Parser, text: str) -> Hit:
    found = _S3.fullmatch(text)
    if found is None:
        raise ValueError("the line is of another shape")
    bucket, at, client, operation, request, status, referrer, agent = found.groups()
    method, address = request_of(unescaped(request or ""))
    if not operation.startswith(("WEBSITE.", "REST.")):
        method = "-"
    path = address.removeprefix(f"/{bucket}/") if address.startswith(f"/{bucket}/") else None
    return Hit(parse_time(at), "", client, method, f"/{path}" if path is not None else address,
               int(status) if status != "-" else 0, unescaped(referrer or ""),
               unescaped(agent or ""))  # fmt: skip


def is_host_name(host: str) -> bool:
    """Whether a name can be a host's, with a port or without."""
    return bool(_HOST.fullmatch(host))


def plain_host(host: str) -> str:
    """A host's name in lower case, without its port and a dot at its end."""
    name = host.lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    return name.rstrip(".")


_PARSERS: dict[Format, Callable[[Parser, str], Hit | None]] = {
    Format.COMBINED: _combined, Format.VHOST: _vhost, Format.CADDY: _caddy,
    Format.CLOUDFRONT: _cloudfront, Format.S3: _s3,
}  # fmt: skip
