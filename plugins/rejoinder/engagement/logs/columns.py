"""The fast way through lines of the combined format: a piece is taken apart into columns, what is
the same in many lines is decided once, and only the different ones are looked at. Pure. It counts
what the obvious way does: a test holds the two together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import compress
from typing import Generic, NamedTuple, TypeVar

from rejoinder.engagement.logs.formats import is_host_name, parse_time, plain_host, request_of
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

_BEFORE = re.compile(rb"([^ ]+) [^ ]+ [^ \[]+ ")
_BEFORE_HOST = re.compile(rb"([^ ]+) ([^ ]+) [^ ]+ [^ \[]+ ")
_MIDDLE = re.compile(rb" ([0-9]{3}) (?:[0-9]+|-) ")
_MINUTE = {b"%02d" % minute: minute for minute in range(60)}
_SECONDS = frozenset(b":%02d " % second for second in range(60))
_LINE = re.compile(
    rb'(?:[^ "]+ ){3,4}\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}(?::[0-9]{2}){3} [+-][0-9]{4}\] "[^"]*" '
    rb'[0-9]{3} (?:[0-9]+|-) "[^"]*" "[^"]*"(?: [^"]*)?'
)


_NOT_OURS = -1

_ASKED = (None, *Asked)
_PAGE = _ASKED.index(Asked.PAGE)

_Group = tuple[int, int, int]
"""Numbers for software and for what is asked, and the status."""


class _Fields(NamedTuple):
    """Columns of a piece: a field of each line."""

    begins: Sequence[bytes]
    heads: Sequence[bytes]
    statuses: Sequence[int]
    requests: Sequence[bytes]
    referrers: Sequence[bytes]
    agents: Sequence[bytes]

    def only(self, wanted: Sequence[bool]) -> _Fields:
        """Some of the lines."""
        return _Fields._make(list(compress(column, wanted)) for column in self)


class _Known(dict[_Field, _Value], Generic[_Field, _Value]):
    """What was made of each field before."""

    def __init__(self, make: Callable[[_Field], _Value]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: _Field) -> _Value:
        found = self[key] = self.make(key)
        return found


class Columns:
    """Counts blocks of one log. What it has decided is kept from block to block."""

    def __init__(self, rules: Rules, *, has_host: bool) -> None:
        self.rules = rules
        self.has_host = has_host
        self.seeds = _Known(rules.seed_of)
        self._forget()

    def _forget(self) -> None:
        self.agents = _Known(self._software)
        self.requests = _Known(self._target)
        self.statuses = _Known(_status)
        self.hosts = _Known(self._host)
        self.referrers = _Known(self._referrer)
        person = Software(Reader.PERSON)
        self._softwares, self._software_ids = [person], {person: 0}
        self._kinds, self._paths = [0], [""]
        self._target_ids: dict[Target | None, int] = {None: 0}

    def count(self, tally: Tally, lines: Sequence[bytes], *, is_plain: bool = False) -> list[bytes]:
        """Count what can be counted so; the other lines are given back. `is_plain` says that all
        are ASCII without escapes."""
        kept = (self.agents, self.requests, self.statuses, self.hosts, self.referrers)
        if max(len(known) for known in kept) > _MOST:
            self._forget()
        fast, slow = (lines, []) if is_plain else _apart(lines)
        if fast and not self._count(tally, fast):
            odd = [line for line in fast if not self._is_plain(line)]
            fast = [line for line in fast if self._is_plain(line)]
            slow += odd
            if fast and not self._count(tally, fast):
                return [*slow, *fast]
        return slow

    def _count(self, tally: Tally, lines: Sequence[bytes]) -> bool:
        """Count lines, unless one of them is of another shape: then nothing is."""
        # All at once: what is before the first quote of a line stands behind the last of the one
        # before it, and every sixth part is a new line's beginning.
        piece = b"\n" + b"\n".join(lines)
        parts = piece.split(b'"')
        if len(parts) != 6 * len(lines) + 1 or piece.count(b"\n") != len(lines):
            return False
        heads, last = parts[:-1:6], parts[-1]
        begun = {head[:2] for head in heads}
        if {two[:1] for two in begun} != {b"\n"}:  # more fields behind, without quotes
            afters = [head.partition(b"\n")[0] for head in heads]
            heads = [head[len(after) :] for head, after in zip(heads, afters, strict=True)]
            if any(after and after[:1] != b" " for after in set(afters)):
                return False
            begun = {head[:2] for head in heads}
        if {two[:1] for two in begun} != {b"\n"} or b"\n " in begun or (last and last[:1] != b" "):
            return False
        requests, middles, referrers = parts[1::6], parts[2::6], parts[3::6]
        betweens, agents = parts[4::6], parts[5::6]
        if set(betweens) != {b" "} or {head.count(b" ") for head in heads} != {5 + self.has_host}:
            return False
        for odd, number in ((b"  ", 0), (b"[", 1)):
            found = piece.count(odd)
            if found != number * len(lines) and {head.count(odd) for head in heads} != {number}:
                return False
        begins = [head[-29:-11] for head in heads]
        ends = {head[-11:] for head in heads}  # ':36 +0000] '
        zones = {end[4:] for end in ends}
        statuses = list(map(self.statuses.__getitem__, middles))
        if 0 in statuses or len(zones) != 1 or not {end[:4] for end in ends} <= _SECONDS:
            return False
        minutes = _minutes(set(begins), zones.pop())
        if minutes is None:
            return False
        fields = _Fields(begins, heads, statuses, requests, referrers, agents)
        if self.has_host and None in map(self.hosts.__getitem__, map(_first, heads)):
            return False
        self._sum_up(tally, minutes, fields)
        return True

    def _sum_up(self, tally: Tally, minutes: dict[bytes, int], fields: _Fields) -> None:
        for minute in (min(minutes.values()), max(minutes.values())):
            tally.meet(minute)
        dates = {begin: self.rules.date_of(minute) for begin, minute in minutes.items()}
        different = set(dates.values())
        for of in different:
            some = fields if len(different) == 1 else fields.only(
                [dates[begin] == of for begin in fields.begins]
            )  # fmt: skip
            if of in self.rules.closed:
                tally.closed += len(some.begins)
            else:
                self._sum_up_day(tally.day(of), self.seeds[of], some)

    def _sum_up_day(self, day: Day, seed: int, fields: _Fields) -> None:
        softwares = list(map(self.agents.__getitem__, fields.agents))
        targets = list(map(self.requests.__getitem__, fields.requests))
        kinds = list(map(self._kinds.__getitem__, targets))
        if self.has_host:
            ours = map(self.hosts.__getitem__, map(_first, fields.heads))
            both = zip(softwares, ours, strict=True)
            softwares = [software if is_ours else _NOT_OURS for software, is_ours in both]
        groups = Counter(zip(softwares, kinds, fields.statuses, strict=True))
        others = self._sum_up_groups(day, groups)
        mask = [software == 0 and kind == _PAGE and status == 200
                for software, kind, status in zip(softwares, kinds, fields.statuses, strict=True)
               ]  # fmt: skip
        for number, count in Counter(compress(targets, mask)).items():
            day.views[self._paths[number]] += count
        clients = map(self._client, compress(fields.heads, mask))
        different = set(zip(clients, compress(fields.agents, mask), strict=True))
        day.people |= {person(client, agent, seed) for client, agent in different}
        for referrer, count in Counter(compress(fields.referrers, mask)).items():
            if name := self.referrers[referrer]:
                day.referrers[name] += count
        if others:
            self._sum_up_others(day, seed, others, softwares, kinds, targets, fields)

    def _sum_up_others(
        self, day: Day, seed: int, others: set[_Group], softwares: Sequence[int],
        kinds: Sequence[int], targets: Sequence[int], fields: _Fields,
    ) -> None:  # fmt: skip
        """Readers of feeds, and pages that had not changed: each by itself, but for software that
        says how many it speaks for."""
        odd = {software for software, _, _ in others}
        speakers = {software for software in odd if self._softwares[software].readers}
        if speakers:
            mask = [software in speakers for software in softwares]
            places = softwares, kinds, fields.statuses, targets
            for software, kind, status, number in set(
                zip(*(compress(place, mask) for place in places), strict=True)
            ):
                asked = _ASKED[kind]
                if (software, kind, status) in others and asked is not None:
                    target = Target(asked, self._paths[number])
                    count_seen(day, self._softwares[software], target, 0, "", self.rules)
        odd -= speakers
        mask = [software in odd for software in softwares]
        columns = (softwares, kinds, fields.statuses, targets, fields.heads, fields.agents,
                   fields.referrers)  # fmt: skip
        rows = zip(*(compress(column, mask) for column in columns), strict=True)
        for software, kind, status, number, head, agent, referrer in rows:
            asked = _ASKED[kind]
            if (software, kind, status) in others and asked is not None:
                who = person(self._client(head), agent, seed)
                target = Target(asked, self._paths[number])
                named = self._softwares[software]
                count_seen(day, named, target, who, _text(referrer), self.rules)

    def _sum_up_groups(self, day: Day, groups: Counter[_Group]) -> set[_Group]:
        """Count what is left out; the groups that are to be looked at line by line are given
        back."""
        others = set()
        for group, count in groups.items():
            software, kind, status = group
            if software == _NOT_OURS:
                day.left_out[ANOTHER_HOST] += count
                continue
            asked = _ASKED[kind]
            target = Target(asked) if asked else None
            why = why_not(self._softwares[software], target, status)
            if why:
                day.left_out[why] += count
            elif software or kind != _PAGE or status != 200:
                others.add(group)
        return others

    def _is_plain(self, line: bytes) -> bool:
        """Whether a line is one that `_count` takes."""
        if not _LINE.fullmatch(line):
            return False
        head = line.partition(b'"')[0]
        before = (_BEFORE_HOST if self.has_host else _BEFORE).fullmatch(head[:-29])
        return (
            before is not None and (not self.has_host or self.hosts[before[1]] is not None)
            and head[-11:-7] in _SECONDS and _minutes({head[-29:-11]}, head[-7:]) is not None
        )  # fmt: skip

    def _client(self, head: bytes) -> bytes:
        return head.split(b" ", 2)[1] if self.has_host else head[1 : head.index(b" ")]

    def _host(self, host: bytes) -> bool | None:
        """Whether a host is the site's; None where it is none."""
        name, wanted = _text(host), self.rules.hosts
        if not is_host_name(name):
            return None
        return not (self.rules.only_hosts and wanted) or plain_host(name) in wanted

    def _referrer(self, referrer: bytes) -> str:
        return referrer_of(_text(referrer), self.rules.hosts)

    def _software(self, agent: bytes) -> int:
        software = software_of(_text(agent))
        number = self._software_ids.setdefault(software, len(self._softwares))
        if number == len(self._softwares):
            self._softwares.append(software)
        return number

    def _target(self, request: bytes) -> int:
        method, address = request_of(_text(request))
        target = target_of(address) if method == "GET" else None
        number = self._target_ids.setdefault(target, len(self._paths))
        if number == len(self._paths):
            self._kinds.append(_ASKED.index(target.asked) if target else 0)
            self._paths.append(target.path if target else "")
        return number


def _apart(lines: Sequence[bytes]) -> tuple[Sequence[bytes], list[bytes]]:
    """Lines of plain ASCII without escapes, and others."""
    fast = [line for line in lines if line.isascii() and b"\\" not in line]
    if len(fast) == len(lines):
        return lines, []
    return fast, [line for line in lines if not line.isascii() or b"\\" in line]


def _minutes(begins: set[bytes], zone: bytes) -> dict[bytes, int] | None:
    """The minute (since 1970) of each '[10/Oct/2000:13:55', None where one is of another shape;
    `zone` is '+0000] '."""
    found = {}
    for begin in begins:
        try:
            found[begin] = _hour(begin[:-2], zone) + _MINUTE[begin[-2:]]
        except (KeyError, ValueError):
            return None
    return found


@lru_cache(maxsize=10_000)
def _hour(begin: bytes, zone: bytes) -> int:
    if begin[:1] != b"[" or zone[-2:] != b"] ":
        raise ValueError("the time is elsewhere")
    moment = parse_time(f"{_text(begin[1:])}00:00 {_text(zone[:-2])}")
    return int(moment.timestamp()) // 60


def _status(middle: bytes) -> int:
    """The status in ' 200 1234 '; 0 where there is none."""
    found = _MIDDLE.fullmatch(middle)
    return int(found[1]) if found else 0


def _first(head: bytes) -> bytes:
    """The first word of a line, which stands behind the end of the one before it."""
    return head[1 : head.index(b" ")]


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace")
