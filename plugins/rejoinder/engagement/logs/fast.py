"""The fast way through lines of the combined format: what is the same in many lines is decided
once, and what is done with each is done to whole columns. Pure. It counts what the obvious way
does: a test holds the two together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import compress, repeat
from operator import add, not_
from typing import Generic, TypeAlias, TypeVar

from rejoinder.engagement.logs.columns import (
    Columns,
    columns_of,
    likely_plain,
    minute_of,
    plain,
    second_of,
)
from rejoinder.engagement.logs.formats import is_host_name, parse_time, plain_host, request_of
from rejoinder.engagement.logs.pages import Asked, Target, target_of
from rejoinder.engagement.logs.portions import Portion, portions_of
from rejoinder.engagement.logs.referrers import referrer_of
from rejoinder.engagement.logs.software import Reader, Software, software_of
from rejoinder.engagement.logs.tally import (
    ANOTHER_HOST,
    Day,
    Rules,
    Tally,
    count_feed,
    people,
    status_why,
    why_not,
)

_MOST = 200_000
"""So many different fields of a kind are remembered at once."""

_Field = TypeVar("_Field")
_Value = TypeVar("_Value")

# A line's code is one byte: the sum of who asks, for what, and how it was answered.
_READERS = tuple(Reader)
_ASKED = (*Asked, None)
_ANSWERS = {status_why(status): status for status in (200, 301, 404, 403, 500, 206)}
_OF_ASKED, _OF_ANSWER = len(_READERS), len(_READERS) * len(_ASKED)
_REASONS = [
    why_not(Software(reader), Target(asked) if asked else None, status)
    for status in _ANSWERS.values() for asked in _ASKED for reader in _READERS
]  # fmt: skip
_FOREIGN = len(_REASONS)
_REASONS.append(ANOTHER_HOST)
_ODD = _OF_ANSWER * (len(_ANSWERS) + 1)
"""A code from this on is that of a line that isn't counted here."""


def _table(codes: Iterable[int]) -> bytes:
    """What makes of codes whether they are among some."""
    return bytes(code in frozenset(codes) for code in range(256))


_VIEW = _READERS.index(Reader.PERSON) + _OF_ASKED * _ASKED.index(Asked.PAGE)
_IS_VIEW = _table([_VIEW])
_IS_FEED = _table([code for code, why in enumerate(_REASONS) if not why and code != _VIEW])
_IS_ODD = _table(range(_ODD, 256))

_MIDDLE = re.compile(rb" ([0-9]{3}) (?:[0-9]+|-) ")
_END = re.compile(rb':[0-5][0-9]( [+-][0-9]{4})\] "\n')


class _Known(dict[_Field, _Value], Generic[_Field, _Value]):
    """What was made of each field before."""

    def __init__(self, make: Callable[[_Field], _Value]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: _Field) -> _Value:
        found = self[key] = self.make(key)
        return found


class _Met:
    """What was met on a day, as it is in the lines."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.codes = bytearray()
        self.views: Counter[bytes] = Counter()  # by request
        self.referrers: Counter[bytes] = Counter()
        self.people: set[int] = set()
        # Clients, by request and agent.
        self.feeds: defaultdict[tuple[bytes, bytes], set[bytes]] = defaultdict(set)


_Days: TypeAlias = "dict[date, _Met]"
_Written: TypeAlias = "tuple[bytes, bytes]"  # '10/Oct/2000:13:55', ' +0000'
_Moment: TypeAlias = "tuple[int, date]"  # the minute (since 1970), and the site's day


class Fast:
    """Counts lines of one log. What it has decided is kept from one count to the next."""

    def __init__(self, rules: Rules, *, has_host: bool) -> None:
        self.rules = rules
        self.has_host = has_host
        self.readers = _Known(_reader)
        self.targets = _Known(self._target)
        self.asked = _Known(self._asked)
        self.answers = _Known(_answer)
        self.zones = _Known(_zone)
        self.moments = _Known(self._moment)
        self.hosts = _Known(self._host)
        self.referrers = _Known(self._referrer)

    def count(self, tally: Tally, portions: Iterable[Portion]) -> list[bytes]:
        """Count what can be counted so; the other lines are given back."""
        self._forget()
        days: _Days = {}
        odd: list[bytes] = []
        are_mixed = False
        for portion in portions:
            lines = portion.lines
            if not are_mixed:
                left = self._count(tally, days, portion.data, lines)
                are_mixed = len(left) == len(lines)
            if are_mixed:
                likely = likely_plain(lines)
                left = list(compress(lines, map(not_, likely)))
                are_mixed = bool(left)
                lines = list(compress(lines, likely))
                left += self._count(tally, days, b"\n".join(lines), lines)
            odd += left
        slow: list[bytes] = []
        for lines, _ in portions_of(odd):
            made = [plain(line, has_host=self.has_host) for line in lines]
            slow += compress(lines, map(not_, made))
            data = b"\n".join(filter(None, made))
            slow += self._count(tally, days, data, list(compress(lines, made)))
        for on, met in days.items():
            self._add(tally.day(on), met)
        return slow

    def _forget(self) -> None:
        if len(self.asked) > _MOST:
            self.targets.clear()
        for known in (self.readers, self.asked, self.answers, self.zones, self.moments, self.hosts,
                      self.referrers):  # fmt: skip
            if len(known) > _MOST:
                known.clear()

    def _count(
        self, tally: Tally, days: _Days, data: bytes, lines: Sequence[bytes]
    ) -> Sequence[bytes]:
        """Count joined lines; those of `lines` that can't be counted so are given back."""
        columns = columns_of(data, lines, has_host=self.has_host)
        if columns is None:
            return lines
        try:
            moments = self._moments(columns.times)
        except ValueError:
            return lines
        for minute, _ in moments.values():
            tally.meet(minute)
        dates = {date for _, date in moments.values()}
        if len(dates) == 1:
            return self._count_day(tally, days, dates.pop(), columns)
        each = [moments[self._written(time)][1] for time in columns.times]
        odd: list[bytes] = []
        for on in dates:
            of_date = columns.those([one == on for one in each])
            odd += self._count_day(tally, days, on, of_date)
        return odd

    def _moments(self, times: Sequence[bytes]) -> dict[_Written, _Moment]:
        """What the times come to. Raises ValueError where one is none."""
        zones = {self.zones[end] for end in set(map(second_of, times))}
        if len(zones) == 1:
            written = set(zip(set(map(minute_of, times)), repeat(*zones)))
        else:
            written = set(map(self._written, times))
        return {one: self.moments[one] for one in written}

    def _written(self, time: bytes) -> _Written:
        return minute_of(time), self.zones[second_of(time)]

    def _count_day(self, tally: Tally, days: _Days, date: date, columns: Columns) -> list[bytes]:
        """Count lines of a day; those of another shape are given back."""
        clients, requests, agents = columns.clients, columns.requests, columns.agents
        codes = bytes(map(
            add, map(self.answers.__getitem__, columns.middles),
            map(add, map(self.asked.__getitem__, requests), map(self.readers.__getitem__, agents)),
        ))  # fmt: skip
        if self.has_host:
            codes = bytes(map(max, codes, map(self.hosts.__getitem__, columns.hosts)))
        odd = list(compress(columns.lines, codes.translate(_IS_ODD))) if max(codes) >= _ODD else []
        tally.lines += len(codes) - len(odd)
        if date in self.rules.closed:
            tally.closed += len(codes) - len(odd)
            return odd
        met = days.get(date)
        if met is None:
            met = days[date] = _Met(self.rules.seed_of(date))
        met.codes += codes
        is_view, is_feed = codes.translate(_IS_VIEW), codes.translate(_IS_FEED)
        met.views.update(compress(requests, is_view))
        met.referrers.update(compress(columns.referrers, is_view))
        met.people.update(people(compress(clients, is_view), compress(agents, is_view), met.seed))
        for request, agent, client in compress(
            zip(requests, agents, clients, strict=True), is_feed
        ):
            met.feeds[request, agent].add(client)
        return odd

    def _add(self, day: Day, met: _Met) -> None:
        """Bring what was met into the counts of its day."""
        for request, number in met.views.items():
            day.views[self._seen(request).path] += number
        for referrer, number in met.referrers.items():
            if name := self.referrers[referrer]:
                day.referrers[name] += number
        day.people |= met.people
        for (request, agent), clients in met.feeds.items():
            who = people(clients, repeat(agent), met.seed)
            count_feed(day, software_of(_text(agent)), self._seen(request), who)
        for code in set(met.codes):
            if code < _ODD and (why := _REASONS[code]):
                day.left_out[why] += met.codes.count(code)

    def _seen(self, request: bytes) -> Target:
        target = self.targets[request]
        assert target is not None
        return target

    def _target(self, request: bytes) -> Target | None:
        method, address = request_of(_text(request))
        return target_of(address, self.rules.folders) if method == "GET" else None

    def _asked(self, request: bytes) -> int:
        target = self.targets[request]
        return _OF_ASKED * _ASKED.index(None if target is None else target.asked)

    def _moment(self, written: _Written) -> _Moment:
        """Raises ValueError for what is no time."""
        begin, zone = written
        hour = begin[:-2]
        first = int(parse_time(_text(hour + b"00:00" + zone)).timestamp()) // 60
        of_hour = {
            (b"%b%02d" % (hour, minute), zone): (first + minute, self.rules.date_of(first + minute))
            for minute in range(60)
        }
        if written not in of_hour:
            raise ValueError("the time is none")
        self.moments |= of_hour
        return of_hour[written]

    def _host(self, host: bytes) -> int:
        name, wanted = _text(host), self.rules.hosts
        if not is_host_name(name):
            return _ODD
        is_ours = not (self.rules.only_hosts and wanted) or plain_host(name) in wanted
        return 0 if is_ours else _FOREIGN

    def _referrer(self, referrer: bytes) -> str:
        return referrer_of(_text(referrer), self.rules.hosts)


def _reader(agent: bytes) -> int:
    return _READERS.index(software_of(_text(agent)).reader)


def _answer(middle: bytes) -> int:
    """What the status in ' 200 1234 ' says."""
    found = _MIDDLE.fullmatch(middle)
    if found is None:
        return _ODD
    return _OF_ANSWER * list(_ANSWERS).index(status_why(int(found[1])))


def _zone(end: bytes) -> bytes:
    r"""The ' +0000' in ':36 +0000] "\n'. Raises ValueError for another shape."""
    found = _END.fullmatch(end)
    if found is None:
        raise ValueError("the line is of another shape")
    return found[1]


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace")
