"""The fast way through lines of the combined format: what is the same in many lines is decided
once. Pure. It counts what the obvious way does: a test holds the two together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Generic, TypeVar

from rejoinder.engagement.logs.formats import is_host_name, parse_time, plain_host, request_of
from rejoinder.engagement.logs.opening import LONGEST
from rejoinder.engagement.logs.pages import Asked, Target, target_of
from rejoinder.engagement.logs.referrers import referrer_of
from rejoinder.engagement.logs.software import Reader, Software, software_of
from rejoinder.engagement.logs.tally import (
    ANOTHER_HOST,
    Day,
    Rules,
    Tally,
    count_seen,
    person,
    why_not,
)

_MOST = 200_000
"""So many different fields of a kind are remembered at once."""

_Field = TypeVar("_Field")
_Value = TypeVar("_Value")

# A line's code is the sum of its status, what it asks for and who asks: 200 is a view.
_KIND, _CLASS = 1000, 10_000
_READERS = tuple(Reader)  # a person is the first
_ASKED = (*Asked, None)  # a page is the first
_VIEW = 200
_WINDOW = LONGEST // 2
_SPACE = 32

_MIDDLE = re.compile(rb" ([0-9]{3}) (?:[0-9]+|-) ")
_END = re.compile(rb":[0-5][0-9]( [+-][0-9]{4}\] )")


class _Known(dict[_Field, _Value], Generic[_Field, _Value]):
    """What was made of each field before."""

    def __init__(self, make: Callable[[_Field], _Value]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: _Field) -> _Value:
        found = self[key] = self.make(key)
        return found


class _Here:
    """A day, while its lines are counted: the people met there, and how many lines of each code
    are left out, are brought into it in the end."""

    def __init__(self, day: Day, seed: int) -> None:
        self.day = day
        self.seed = seed
        self.met: set[tuple[bytes, bytes]] = set()
        self.left_out: dict[int, int] = {}
        self.fields = day.views, day.referrers, self.left_out, self.met

    def finish(self, reasons: Mapping[int, str]) -> None:
        self.day.people |= {person(client, agent, self.seed) for client, agent in self.met}
        for code, number in self.left_out.items():
            self.day.left_out[reasons[code]] += number


class Fast:
    """Counts lines of one log. What it has decided is kept from block to block."""

    def __init__(self, rules: Rules, *, has_host: bool) -> None:
        self.rules = rules
        self.has_host = has_host
        self.classes = _Known(_class)
        self.targets = _Known(_target)
        self.kinds = _Known(self._kind)
        self.paths = _Known(self._path)
        self.statuses = _Known(_status)
        self.zones = _Known(_zone)
        self.hosts = _Known(self._host)
        self.referrers = _Known(self._referrer)
        self.reasons = _Known(self._reason)

    def count(self, tally: Tally, lines: Sequence[bytes], *, is_tidy: bool = False) -> list[bytes]:
        """Count what can be counted so; the other lines are given back. `is_tidy` says that the
        block that they are of was looked at (`is_tidy`)."""
        slow: list[bytes] = []
        each = (self.classes, self.targets, self.kinds, self.paths, self.statuses, self.hosts,
                self.referrers)  # fmt: skip
        for known in each:
            if len(known) > _MOST:
                known.clear()
        classes, kinds, statuses, zones = self.classes, self.kinds, self.statuses, self.zones
        has_host, spaces = self.has_host, 6 if self.has_host else 5
        paths, referrers = self.paths, self.referrers
        begin, zone = b"", b""
        here = _Here(Day(), 0)
        views, came, left_out, met = here.fields
        every: dict[date, _Here | None] = {}
        is_open = True
        for line in lines:
            try:
                head, request, middle, referrer, between, agent, after = line.split(b'"')
                now = zones[head[-11:]]
                if head[-29:-11] != begin or now != zone:
                    minute = _minute(head[-29:-11], now)
                    begin, zone = head[-29:-11], now
                    tally.meet(minute)
                    of = self.rules.date_of(minute)
                    if of not in every:
                        every[of] = self._here(tally, of)
                    found = every[of]
                    is_open = found is not None
                    if found is not None and found is not here:
                        here = found
                        views, came, left_out, met = here.fields
                if (
                    between != b" " or head.count(b" ") != spaces or head[0] == _SPACE
                    or b"  " in head or (after and after[:1] != b" ")
                    or not (is_tidy or _is_simple(line, head))
                ):  # fmt: skip
                    slow.append(line)
                    continue
                code = statuses[middle] + kinds[request] + classes[agent]
                is_ours = not has_host or self.hosts[head[: head.index(b" ")]]
            except (ValueError, IndexError):
                slow.append(line)
                continue
            if not is_open:
                tally.closed += 1
            elif not is_ours:
                here.day.left_out[ANOTHER_HOST] += 1
            elif code == _VIEW:
                views[paths[request]] += 1
                met.add((head.split(b" ", 2)[has_host], agent))
                if referrer != b"-" and (name := referrers[referrer]):
                    came[name] += 1
            elif code in left_out:
                left_out[code] += 1
            elif self.reasons[code]:
                left_out[code] = 1
            else:
                target = self.targets[request]
                if target is not None:
                    who = person(head.split(b" ", 2)[has_host], agent, here.seed)
                    software = software_of(_text(agent))
                    count_seen(here.day, software, target, who, _text(referrer), self.rules)
        for one in every.values():
            if one is not None:
                one.finish(self.reasons)
        return slow

    def _here(self, tally: Tally, of: date) -> _Here | None:
        """Where lines of a day are counted; None of one that is closed."""
        if of in self.rules.closed:
            return None
        return _Here(tally.day(of), self.rules.seed_of(of))

    def _reason(self, code: int) -> str:
        """Why lines of a code count for nothing."""
        reader = _READERS[code // _CLASS]
        asked = _ASKED[code % _CLASS // _KIND]
        target = Target(asked) if asked is not None else None
        return why_not(Software(reader), target, code % _KIND)

    def _path(self, request: bytes) -> str:
        target = self.targets[request]
        return target.path if target is not None else ""

    def _kind(self, request: bytes) -> int:
        target = self.targets[request]
        return _ASKED.index(None if target is None else target.asked) * _KIND

    def _referrer(self, referrer: bytes) -> str:
        return referrer_of(_text(referrer), self.rules.hosts)

    def _host(self, host: bytes) -> bool:
        """Whether a host is the site's. Raises ValueError for what is none."""
        name, wanted = _text(host), self.rules.hosts
        if not is_host_name(name):
            raise ValueError("this is no host")
        return not (self.rules.only_hosts and wanted) or plain_host(name) in wanted


def is_tidy(block: bytes) -> bool:
    """Whether all lines of a block are ASCII without escapes, with one bracket in each, none of
    them too long. Asking so of a block takes next to no time; asking each line does."""
    windows = range(0, len(block) - _WINDOW, _WINDOW)
    return (
        block.isascii() and b"\\" not in block and block.count(b"[") == block.count(b"\n")
        and block.endswith(b"\n")
        and all(block.find(b"\n", at, at + _WINDOW) >= 0 for at in windows)
    )  # fmt: skip


def _is_simple(line: bytes, head: bytes) -> bool:
    """The same of one line."""
    return (
        line.isascii() and b"\\" not in line and head.find(b"[") == len(head) - 29
        and len(line) <= LONGEST
    )  # fmt: skip


def _class(agent: bytes) -> int:
    return _READERS.index(software_of(_text(agent)).reader) * _CLASS


def _target(request: bytes) -> Target | None:
    method, address = request_of(_text(request))
    return target_of(address) if method == "GET" else None


def _zone(end: bytes) -> bytes:
    """The ' +0000] ' in ':36 +0000] '. Raises ValueError for another shape."""
    found = _END.fullmatch(end)
    if found is None:
        raise ValueError("the line is of another shape")
    return found[1]


def _minute(begin: bytes, zone: bytes) -> int:
    """The minute (since 1970) of '[10/Oct/2000:13:55' and ' +0000] '. Raises ValueError."""
    minute = begin[-2:]
    if not minute.isdigit() or minute > b"59":
        raise ValueError("the time is none")
    return _hour(begin[:-2], zone) + int(minute)


@lru_cache(maxsize=10_000)
def _hour(begin: bytes, zone: bytes) -> int:
    if begin[:1] != b"[":
        raise ValueError("the time is elsewhere")
    moment = parse_time(f"{_text(begin[1:])}00:00{_text(zone[:-2])}")
    return int(moment.timestamp()) // 60


def _status(middle: bytes) -> int:
    """The status in ' 200 1234 '. Raises ValueError for another shape."""
    found = _MIDDLE.fullmatch(middle)
    if found is None:
        raise ValueError("the line is of another shape")
    return int(found[1])


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace")
