"""The fast way through lines of the combined format: a piece is taken apart into columns, what is
the same in many lines is decided once, and only the different ones are looked at. Pure. It counts
what the obvious way does: a test holds the two together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from rejoinder.engagement.logs.formats import is_host_name, parse_time, plain_host, request_of
from rejoinder.engagement.logs.pages import Asked, Target, target_of
from rejoinder.engagement.logs.referrers import referrer_of
from rejoinder.engagement.logs.software import Reader, Software, software_of
from rejoinder.engagement.logs.tally import (
    ANOTHER_HOST,
    Rules,
    Tally,
    count_seen,
    person,
    why_not,
)

_MOST = 200_000
"""So many different fields of a kind are remembered at once."""

_Value = TypeVar("_Value")

_BEFORE = re.compile(rb"([^ ]+) [^ ]+ [^ \[]+ ")
_BEFORE_HOST = re.compile(rb"([^ ]+) ([^ ]+) [^ ]+ [^ \[]+ ")
_MIDDLE = re.compile(rb" ([0-9]{3}) (?:[0-9]+|-) ")
_SECONDS = frozenset(b":%02d " % second for second in range(60))
_LINE = re.compile(
    rb'(?:[^ "]+ ){3,4}\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}(?::[0-9]{2}){3} [+-][0-9]{4}\] "[^"]*" '
    rb'[0-9]{3} (?:[0-9]+|-) "[^"]*" "[^"]*"(?: [^"]*)?'
)


_NOT_OURS, _ELSEWHERE = -1, b" elsewhere"

_Group = tuple[date, int, int, int]
"""A day, and numbers for software and target, and the status."""


class _Fields(NamedTuple):
    """Columns of a piece: a field of each line."""

    begins: Sequence[bytes]
    clients: Sequence[bytes]
    statuses: Sequence[int]
    requests: Sequence[bytes]
    referrers: Sequence[bytes]
    agents: Sequence[bytes]


class _Known(dict[bytes, _Value], Generic[_Value]):
    """What was made of each field before."""

    def __init__(self, make: Callable[[bytes], _Value]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: bytes) -> _Value:
        found = self[key] = self.make(key)
        return found


class Columns:
    """Counts blocks of one log. What it has decided is kept from block to block."""

    def __init__(self, rules: Rules, *, has_host: bool) -> None:
        self.rules = rules
        self.has_host = has_host
        self._softwares: list[Software] = [Software(Reader.PERSON)]
        self._targets: list[Target | None] = [None]
        self._is_page: list[bool] = [False]
        self._forget()

    def _forget(self) -> None:
        self.agents = _Known(self._software)
        self.requests = _Known(self._target)
        self.statuses = _Known(_status)
        self.clients = _Known(self._client)
        self.referrers = _Known(lambda text: referrer_of(_text(text), self.rules.hosts))
        self._software_ids: dict[Software, int] = {one: i for i, one in enumerate(self._softwares)}
        self._target_ids: dict[Target | None, int] = {one: i for i, one in enumerate(self._targets)}

    def count(self, tally: Tally, lines: Sequence[bytes]) -> list[bytes]:
        """Count what can be counted so; the other lines are given back."""
        kept = (self.agents, self.requests, self.statuses, self.clients, self.referrers)
        if max(len(known) for known in kept) > _MOST or len(self._targets) > _MOST:
            self._softwares, self._targets = [Software(Reader.PERSON)], [None]
            self._is_page = [False]
            self._forget()
        fast, slow = _apart(lines)
        if fast and not self._count(tally, fast):
            odd = [line for line in fast if not self._is_plain(line)]
            fast = [line for line in fast if self._is_plain(line)]
            slow += odd
            if fast and not self._count(tally, fast):
                return [*slow, *fast]
        return slow

    def _count(self, tally: Tally, lines: Sequence[bytes]) -> bool:
        """Count lines, unless one of them is of another shape: then nothing is."""
        parts = [line.split(b'"') for line in lines]
        if {len(part) for part in parts} != {7}:
            return False
        heads, requests, middles, referrers, betweens, agents, afters = zip(*parts, strict=True)
        if set(betweens) != {b" "} or any(text and text[:1] != b" " for text in set(afters)):
            return False
        if not {head[-11:-7] for head in heads} <= _SECONDS:
            return False
        begins = [head[-29:-11] for head in heads]
        zones = {head[-7:] for head in heads}
        clients = list(map(self.clients.__getitem__, [head[:-29] for head in heads]))
        statuses = list(map(self.statuses.__getitem__, middles))
        if len(zones) != 1 or b"" in clients or 0 in statuses:
            return False
        minutes = _minutes(set(begins), zones.pop())
        if minutes is None:
            return False
        fields = _Fields(begins, clients, statuses, requests, referrers, agents)
        self._sum_up(tally, minutes, fields)
        return True

    def _sum_up(self, tally: Tally, minutes: dict[bytes, int], fields: _Fields) -> None:
        for minute in minutes.values():
            tally.meet(minute)
        dates = {begin: self.rules.date_of(minute) for begin, minute in minutes.items()}
        softwares = list(map(self.agents.__getitem__, fields.agents))
        targets = list(map(self.requests.__getitem__, fields.requests))
        days = list(map(dates.__getitem__, fields.begins))
        if self.has_host:
            both = zip(softwares, fields.clients, strict=True)
            softwares = [_NOT_OURS if client.endswith(_ELSEWHERE) else software
                         for software, client in both]  # fmt: skip
        is_page = self._is_page
        columns = zip(days, softwares, targets, fields.statuses, strict=True)
        groups: Counter[_Group] = Counter(columns)
        # Of views by people, the rest of the line counts as well.
        seen = [
            (day, client, agent, referrer)
            for software, status, target, day, client, agent, referrer in zip(
                softwares, fields.statuses, targets, days, fields.clients, fields.agents,
                fields.referrers, strict=True)
            if software == 0 and status == 200 and is_page[target]
        ]  # fmt: skip
        others = self._sum_up_groups(tally, groups)
        closed = self.rules.closed
        for of, client, agent in {row[:3] for row in seen}:
            if of not in closed:
                tally.day(of).people.add(person(client, agent))
        for (of, referrer), number in Counter((row[0], row[3]) for row in seen).items():
            name = self.referrers[referrer]
            if name and of not in closed:
                tally.day(of).referrers[name] += number
        if others:  # readers of feeds, and pages that had not changed: each by itself
            rows = zip(days, softwares, targets, fields.statuses, fields.clients, fields.agents,
                       fields.referrers, strict=True)  # fmt: skip
            for of, software, number, status, client, agent, referrer in rows:
                target = self._targets[number]
                if (of, software, number, status) in others and target is not None:
                    who = person(client, agent)
                    count_seen(tally.day(of), self._softwares[software], target, who,
                               _text(referrer), self.rules)  # fmt: skip

    def _sum_up_groups(self, tally: Tally, groups: Counter[_Group]) -> set[_Group]:
        """Count what is told by day, software, target and status; the groups of which it isn't
        are given back."""
        others = set()
        for (of, software, number, status), count in groups.items():
            if of in self.rules.closed:
                tally.closed += count
                continue
            day = tally.day(of)
            if software == _NOT_OURS:
                day.left_out[ANOTHER_HOST] += count
                continue
            target = self._targets[number]
            if software == 0 and status == 200 and target is not None and self._is_page[number]:
                day.views[target.path] += count
                continue
            why = why_not(self._softwares[software], target, status)
            if why:
                day.left_out[why] += count
            else:
                others.add((of, software, number, status))
        return others

    def _is_plain(self, line: bytes) -> bool:
        return bool(_LINE.fullmatch(line)) and self._moment_is_right(line)

    def _moment_is_right(self, line: bytes) -> bool:
        head, _, _ = line.partition(b'"')
        return (
            bool(self.clients[head[:-29]]) and head[-11:-7] in _SECONDS
            and _minutes({head[-29:-11]}, head[-7:]) is not None
        )  # fmt: skip

    def _client(self, before: bytes) -> bytes:
        """The client of a line, marked where it came to a host that isn't the site's; b'' of
        another shape."""
        found = (_BEFORE_HOST if self.has_host else _BEFORE).fullmatch(before)
        if found is None or not self.has_host:
            return found[1] if found else b""
        host = _text(found[1])
        if not is_host_name(host):
            return b""
        wanted = self.rules.hosts
        if not (self.rules.only_hosts and wanted) or plain_host(host) in wanted:
            return found[2]
        return found[2] + _ELSEWHERE

    def _software(self, agent: bytes) -> int:
        software = software_of(_text(agent))
        number = self._software_ids.setdefault(software, len(self._softwares))
        if number == len(self._softwares):
            self._softwares.append(software)
        return number

    def _target(self, request: bytes) -> int:
        method, address = request_of(_text(request))
        target = target_of(address) if method == "GET" else None
        number = self._target_ids.setdefault(target, len(self._targets))
        if number == len(self._targets):
            self._targets.append(target)
            self._is_page.append(target is not None and target.asked is Asked.PAGE)
        return number


def _apart(lines: Sequence[bytes]) -> tuple[Sequence[bytes], list[bytes]]:
    """Lines of plain ASCII without escapes, and others."""
    if all(map(bytes.isascii, lines)) and not any(b"\\" in line for line in lines):
        return lines, []
    fast = [line for line in lines if line.isascii() and b"\\" not in line]
    return fast, [line for line in lines if not line.isascii() or b"\\" in line]


def _minutes(begins: set[bytes], zone: bytes) -> dict[bytes, int] | None:
    """The minute (since 1970) of each '[10/Oct/2000:13:55', None where one is of another shape;
    `zone` is '+0000] '."""
    found = {}
    for begin in begins:
        if begin[:1] != b"[" or zone[-2:] != b"] ":
            return None
        try:
            moment = parse_time(f"{_text(begin[1:])}:00 {_text(zone[:-2])}")
        except ValueError:
            return None
        found[begin] = int(moment.timestamp()) // 60
    return found


def _status(middle: bytes) -> int:
    """The status in ' 200 1234 '; 0 where there is none."""
    found = _MIDDLE.fullmatch(middle)
    return int(found[1]) if found else 0


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace")
