"""Lines of the combined format as columns. Whether some lines are all of the plain shape is told
of all together, by what they hold in sum: so it takes a few calls, not some for each. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import compress, repeat
from operator import contains, itemgetter
from typing import NamedTuple

from rejoinder.engagement.logs.opening import LONGEST

_WINDOW = LONGEST // 2
_BEFORE_TIME = b" - - ["
_SPACES = 5  # in the plain shape, before the request

_FIELDS = 6  # of a line: before the request, request, status and size, referrer, nothing, agent
_MINUTE = len("10/Oct/2000:13:55")
_TIME = _MINUTE + len(':36 +0000] "\n')

minute_of: Callable[[bytes], bytes] = itemgetter(slice(_MINUTE))
second_of: Callable[[bytes], bytes] = itemgetter(slice(_MINUTE, _TIME))
_who_of: Callable[[bytes], bytes] = itemgetter(slice(_TIME, None))


class Columns(NamedTuple):
    """The fields of lines; `hosts` are none where the log has none. Of `times`, `minute_of` and
    `second_of` take what is wanted."""

    lines: Sequence[bytes]
    times: Sequence[bytes]
    hosts: Sequence[bytes]
    clients: Sequence[bytes]
    requests: Sequence[bytes]
    middles: Sequence[bytes]
    referrers: Sequence[bytes]
    agents: Sequence[bytes]

    def those(self, which: Sequence[object]) -> Columns:
        """Those of the lines for which `which` is true."""
        return Columns(*(list(compress(column, which)) for column in self))


def columns_of(data: bytes, lines: Sequence[bytes], *, has_host: bool) -> Columns | None:
    """The columns of joined lines; None where one is not of the plain shape

        [host ]client - - [10/Oct/2000:13:55:36 +0000] "..." ... "..." "..."

    in ASCII, without escapes. What is in `minute_of` a time and after the request isn't looked at.
    `lines` are what is to be their column."""
    number = len(lines)
    if not lines or not data.isascii() or b"\\" in data or _is_long(data):
        return None
    fields = data.split(b'"')
    if len(fields) != _FIELDS * number + 1 or set(fields[4::_FIELDS]) != {b" "}:
        return None
    heads = fields[::_FIELDS]
    heads[0] = b"\n" + heads[0]
    heads[-1] += b"\n"
    joined = b'"'.join(heads)
    pieces = joined.split(_BEFORE_TIME)
    # With a time and `] "\n` at the beginning of each piece but the first (`second_of` is looked at
    # where times are read), each line has six quotes, and of the spaces that are counted none is
    # elsewhere than in the plain shape.
    if len(pieces) != number + 1 or joined.count(b" ") != (_SPACES + has_host) * number:
        return None
    pieces[0] = b" " * (_TIME - 1) + pieces[0]
    hosts: list[bytes] = []
    clients = list(map(_who_of, pieces[:-1]))
    if has_host:
        parted = [who.partition(b" ") for who in clients]
        hosts, clients = [host for host, _, _ in parted], [client for _, _, client in parted]
    if b"" in clients:
        return None
    return Columns(lines, pieces[1:], hosts, clients, fields[1::_FIELDS], fields[2::_FIELDS],
                   fields[3::_FIELDS], fields[5::_FIELDS])  # fmt: skip


def _is_long(data: bytes) -> bool:
    """Whether a line may be longer than LONGEST."""
    windows = range(0, len(data) - _WINDOW, _WINDOW)
    return any(data.find(b"\n", at, at + _WINDOW) < 0 for at in windows)


_STAMP = rb"\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-5][0-9]:[0-5][0-9] [+-][0-9]{4}\]"
_LIKELY = re.compile(
    rb'[^ "]++(?: [^ "]++)?? - - \[[^"\]]{26}\] "[^"]*+" [0-9 -]++"[^"]*+" "[^"]*+"'
)
_SHAPE = (rb'%%b [^ "\\]++ [^\["\\]*? (%b "[^"\\]*+" [0-9]{3} (?:[0-9]++|-)'
          rb' "[^"\\]*+" "[^"\\]*+")(?: .*)?') % _STAMP  # fmt: skip
_CLIENT = re.compile(_SHAPE % rb'([^ "\\]++)')
_HOST_AND_CLIENT = re.compile(_SHAPE % rb'([^ "\\]++ [^ "\\]++)')


def likely_plain(lines: Sequence[bytes]) -> list[bool]:
    """Which lines are of the plain shape, as far as that can be told in next to no time."""
    found, escapes = map(_LIKELY.fullmatch, lines), map(contains, lines, repeat(b"\\"))
    return [one is not None and not has_escape
            for one, has_escape in zip(found, escapes, strict=True)]  # fmt: skip


def plain(line: bytes, *, has_host: bool) -> bytes:
    """A line without its user and what comes after its agent; b"" for one that can't be brought
    to the plain shape."""
    found = (_HOST_AND_CLIENT if has_host else _CLIENT).fullmatch(line)
    return found[1] + b" - - " + found[2] if found is not None and line.isascii() else b""
