"""Access logs: every format, the fast way beside a slow and obvious one, and no line twice."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
import zstandard
from conftest import SiteFolder, invoke
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rejoinder.engagement import views
from rejoinder.engagement.logs.counting import Counting, Job, count_block
from rejoinder.engagement.logs.formats import Format, Hit, Parser, recognise
from rejoinder.engagement.logs.measuring import measure
from rejoinder.engagement.logs.opening import LONGEST, Log, find
from rejoinder.engagement.logs.pages import Asked, Target, target_of
from rejoinder.engagement.logs.portions import portions_of
from rejoinder.engagement.logs.referrers import referrer_of
from rejoinder.engagement.logs.software import Reader, software_of
from rejoinder.engagement.logs.tally import Rules, Tally
from rejoinder.engagement.views import Figure, Key, Source
from rejoinder.errors import EngagementError

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHROME = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/140.0.0.0 Safari/537.36")  # fmt: skip
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 131 subscribers; )"
NEWSWIRE = "NetNewsWire (RSS Reader; https://netnewswire.com/)"
LONDON = Rules(ZoneInfo("Europe/London"), frozenset({"blog.example", "www.blog.example"}))


def line(
    at: str = "10/Oct/2026:13:55:36 +0000", request: str = "GET /first/ HTTP/1.1",
    status: int | str = 200, agent: str = FIREFOX, client: str = "203.0.113.9",
    referrer: str = "-", host: str = "",
) -> str:  # fmt: skip
    before = f"{host} " if host else ""
    return f'{before}{client} - - [{at}] "{request}" {status} 5120 "{referrer}" "{agent}"'


AT = datetime(2026, 10, 10, 13, 55, 36, tzinfo=UTC)
GOLDEN = {
    Format.COMBINED: (
        line(referrer="https://news.example/x?y=1"),
        Hit(AT, "", "203.0.113.9", "GET", "/first/", 200, "https://news.example/x?y=1", FIREFOX),
    ),
    Format.VHOST: (
        line(host="www.blog.example:443", client="2001:db8::7", at="10/Oct/2026:15:55:36 +0200"),
        Hit(AT, "www.blog.example", "2001:db8::7", "GET", "/first/", 200, "-", FIREFOX),
    ),
    Format.CADDY: (
        '{"level":"info","ts":1791640536.5,"logger":"http.log.access","msg":"handled request",'
        '"request":{"remote_ip":"10.0.0.1","client_ip":"203.0.113.9","proto":"HTTP/2.0",'
        '"method":"GET","host":"blog.example:443","uri":"/first/?a=b","headers":{"User-Agent":'
        f'["{FIREFOX}"],"Referer":["https://news.example/"],"Sec-Purpose":["prefetch"]}}}},'
        '"bytes_read":0,"duration":0.01,"size":5120,"status":200,"resp_headers":{}}',
        Hit(AT.replace(microsecond=500_000), "blog.example", "203.0.113.9", "GET", "/first/?a=b",
            200, "https://news.example/", FIREFOX, True),
    ),
    Format.CLOUDFRONT: (
        "2026-10-10\t13:55:36\tLHR62-C2\t5120\t203.0.113.9\tGET\td111.cloudfront.net\t/first/\t200"
        "\thttps://news.example/\tMozilla/5.0%2520(X11;%2520Linux)\t-\t-\tHit\tabc==\tblog.example",
        Hit(AT, "", "203.0.113.9", "GET", "/first/", 200,
            "https://news.example/", "Mozilla/5.0 (X11; Linux)"),
    ),
    Format.S3: (
        "79a5 blog-bucket [10/Oct/2026:13:55:36 +0000] 203.0.113.9 - 3E57427F3EXAMPLE "
        'WEBSITE.GET.OBJECT first/index.html "GET /first/ HTTP/1.1" 200 - 5120 5120 17 15 '
        f'"https://news.example/" "{FIREFOX}" - 9vKBE6vMhrNi SigV4 ECDHE AuthHeader b.s3 TLSv1.2',
        Hit(AT, "", "203.0.113.9", "GET", "/first/", 200, "https://news.example/", FIREFOX),
    ),
}  # fmt: skip


@pytest.mark.parametrize("format", Format)
def test_every_format_is_read_and_recognised(format: Format) -> None:
    text, hit = GOLDEN[format]
    assert Parser(format).parse(text.encode()) == hit
    assert recognise([text.encode()] * 3 + [b"garbage"]) is format


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line().rpartition(' "-"')[0], {"agent": None, "referrer": ""}),
        (line(agent=r"say \"hi\" \x22 there"), {"agent": 'say "hi" " there'}),
        (line(request=r"GET /caf\xC3\xA9/\x22\xe2\x82\xac/ HTTP/1.1"), {"address": '/café/"€/'}),
        (line(request=r"GET /\xE9/\\x\x5cx41/ HTTP/1.1"), {"address": "/\ufffd/\\x\\x41/"}),
        (line(agent=r"M\xc3\xbcller \"1\""), {"agent": 'Müller "1"'}),
        (line(request=r"\x16\x03\x01"), {"method": "-", "address": "-"}),
        (line(request="-"), {"method": "-"}),
        (line().replace("- -", "- ada lovelace"), {"client": "203.0.113.9"}),
        (line() + ' "203.0.113.9" rt=0.001', {"agent": FIREFOX}),
        (line(at="10/Oct/2026:23:59:60 +0000"), {"at": AT.replace(hour=23, minute=59, second=59)}),
    ],
    ids=["common", "quotes", "utf-8", "latin-1", "both", "tls", "none", "a user with a space",
         "more fields", "leap second"],
)  # fmt: skip
def test_odd_lines_of_servers_are_read(text: str, expected: dict[str, object]) -> None:
    hit = Parser(Format.COMBINED).parse(text.encode())
    assert hit is not None
    assert {name: getattr(hit, name) for name in expected} == expected


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "{}", '{"ts":1}', line(at="10/Foo/2026:13:55:36 +0000"), line(status="20x"),
     line()[:60], line(at="31/Feb/2026:13:55:36 +0000"), "\x00\x01" * 50],
)  # fmt: skip
@pytest.mark.parametrize("format", Format)
def test_other_lines_are_told_apart(format: Format, text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        Parser(format).parse(text.encode())


def test_a_cloudfront_log_says_its_columns() -> None:
    parser = Parser(Format.CLOUDFRONT)
    assert parser.parse(b"#Version: 1.0") is None
    fields = "date time cs-uri-stem sc-status cs-method c-ip cs(User-Agent) x-host-header"
    assert parser.parse(f"#Fields: {fields}".encode()) is None
    hit = parser.parse(b"2026-10-10\t13:55:36\t/a/\t200\tGET\t1.2.3.4\tcurl/8\tblog.example")
    assert hit == Hit(AT, "blog.example", "1.2.3.4", "GET", "/a/", 200, "", "curl/8")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/first/?utm=x#y", Target(Asked.PAGE, "/first/")),
        ("//first//index.html", Target(Asked.PAGE, "/first/")),
        ("/caf%c3%a9/", Target(Asked.PAGE, "/café/")),
        ("/café/", Target(Asked.PAGE, "/café/")),
        ("https://blog.example/a/", Target(Asked.PAGE, "/a/")),
        ("/page.html", Target(Asked.PAGE, "/page.html")),
        ("/reply/status/SECRET", Target(Asked.DESK)),
        ("/blog/Reply/desk/enter/SECRET", Target(Asked.DESK)),
        ("/drafts/soon/", Target(Asked.DESK)),
        ("/Reply", Target(Asked.DESK)),
        ("/webmention/KEY", Target(Asked.DESK)),
        ("/x//reply/mail/SECRET", Target(Asked.DESK)),
        ("/2026/%72eply/status/SECRET", Target(Asked.DESK)),
        ("/2026/pingback/", Target(Asked.PAGE, "/2026/pingback/")),
        ("/category/webmention/", Target(Asked.PAGE, "/category/webmention/")),
        ("/tag/reply/", Target(Asked.PAGE, "/tag/reply/")),
        ("/2026/drafts/", Target(Asked.PAGE, "/2026/drafts/")),
        ("/seen/", Target(Asked.PAGE, "/seen/")),
        ("/replying-well/", Target(Asked.PAGE, "/replying-well/")),
        ("/about", Target(Asked.PAGE, "/about")),
        ("/feeds/all.atom.xml", Target(Asked.FEED, "/feeds/all.atom.xml")),
        ("/feed/", Target(Asked.FEED, "/feed/")),
        ("/first/feed.json", Target(Asked.FEED, "/first/feed.json")),
        ("/sitemap.xml", Target(Asked.OTHER)),
        ("/theme/css/main.css?v=1", Target(Asked.OTHER)),
        ("/wp-login.php", Target(Asked.OTHER)),
        ("*", Target(Asked.OTHER)),
        ("/%00%0a/", Target(Asked.OTHER)),
        ("/" + "a" * 600, Target(Asked.TOO_LONG)),
        ("http://[x", Target(Asked.OTHER)),
    ],
)
def test_what_is_asked_for(address: str, expected: Target) -> None:
    assert target_of(address) == expected


def test_a_site_below_a_folder_has_its_drafts_there(london: SiteFolder) -> None:
    text = (london.content / "site.toml").read_text("utf-8")
    address = re.search(r'url = "(.*?)"', text)
    assert address is not None
    below = text.replace(address[1], f"{address[1].rstrip('/')}/My%20Blog")
    (london.content / "site.toml").write_text(below, "utf-8")
    asked = ("/My%20Blog/drafts/x/", "/my%20blog/reply", "/my%20blog/webmention/KEY", "/drafts/x/",
             "/other/drafts/", "/My%20Blog/2026/reply/")  # fmt: skip
    lines = [line(request=f"GET {path} HTTP/1.1") for path in asked]
    odd = [line(request=f"GET {path} HTTP/1.1", client="a") + " rt=1" for path in asked]
    measure(london.content, [write(london.root / "a.log", lines + odd)])
    assert counted(london) == {
        (date(2026, 10, 10), figure, what): number
        for figure, what, number in (
            ("view", "/other/drafts/", 2), ("view", "/My Blog/2026/reply/", 2),
            ("left-out", "desk", 8), ("visits", "", 2),
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "reader", "name", "readers"),
    [
        (FIREFOX, "person", "", 0), (CHROME, "person", "", 0), (GOOGLEBOT, "bot", "", 0),
        ("curl/8.5.0", "bot", "", 0), ("python-requests/2.32", "bot", "", 0),
        ("", "no-software", "", 0), ("-", "no-software", "", 0),
        (FEEDLY, "feed-reader", "Feedly", 131), (NEWSWIRE, "feed-reader", "NetNewsWire", 0),
        ("Tiny Tiny RSS/21.05 (http://tt-rss.org/)", "feed-reader", "Tiny Tiny RSS", 0),
        ("TinyTinyRSS/1", "feed-reader", "Tiny Tiny RSS", 0),
        ("Mozilla/5.0 (compatible; theoldreader.com; 3 subscribers)", "feed-reader",
         "The Old Reader", 3),
        ("The Old Reader/1", "feed-reader", "The Old Reader", 0),
        ("Mozilla/5.0 (compatible; FlipboardProxy/1.2)", "feed-reader", "Flipboard", 0),
        ("Nextcloud-News/1.0", "feed-reader", "Nextcloud-News", 0),
        ("Reeder5050001 CFNetwork", "feed-reader", "Reeder", 0),
        ("Carry arrow Browser", "person", "", 0), ("Spreader 2", "person", "", 0),
        ("Mozilla/5.0 Sunread", "person", "", 0), ("Mozilla/5.0 Viennaise", "person", "", 0),
        ("Mozilla/5.0 Fun Read", "person", "", 0),
        ("Some Aggregator 12 readers", "feed-reader", "Some Aggregator", 12),
        ("Mozilla/5.0 (compatible; Else/2; 7 users)", "feed-reader", "Else", 7),
        ("Else/2 (1000 users)", "feed-reader", "Else", 1000),
        ("Else/2 (1001 users)", "feed-reader", "Else", 0),
        ("Feedly/1.0 (1000000 subscribers)", "feed-reader", "Feedly", 1_000_000),
        ("Feedly/1.0 (999999999 subscribers)", "feed-reader", "Feedly", 0),
        ("<b>me@home.example</b> 40 readers", "feed-reader", "", 0),
        ("x" * 50 + "/1 (40 readers)", "feed-reader", "", 0),
    ],
)  # fmt: skip
def test_who_reads(agent: str, reader: str, name: str, readers: int) -> None:
    assert software_of(agent) == (Reader(reader), name, readers)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("-", ""), ("", ""), ("https://blog.example/a/", ""), ("https://www.blog.example/", ""),
        ("https://t.co/abc", "X"), ("https://www.linkedin.com/feed/?x=secret", "LinkedIn"),
        ("https://uk.linkedin.com/in/x", "LinkedIn"), ("https://www.google.co.uk/", "Google"),
        ("https://old.reddit.com/r/x", "Reddit"),
        ("android-app://com.google.android.gm/", "e-mail"), ("https://mail.yahoo.com/", "e-mail"),
        ("https://m.friend.example/post?id=7", "friend.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"), ("http://[x", "no-address"),
        ("javascript:alert(1)", "no-address"), ("https://a b/", "no-address"),
        ("' or 1=1", "no-address"), ("https://search.yahoo.com/s?q=secret", "Yahoo"),
        ("https://localhost:8000/x", "localhost"),
        ("http://203.0.113.9/x", "no-address"), ("203.0.113.9", "no-address"),
        ("http://203.0.113.9:8080/", "no-address"), ("http://[2001:db8::7]/", "no-address"),
        ("http://[::ffff:203.0.113.9]:80/", "no-address"),
        ("http://www.203.0.113.9/", "no-address"), ("http://0xcb.0.0x71.0x9/", "no-address"),
        ("http://２０３.0.113.9/", "no-address"), ("https://9.friend.example/", "9.friend.example"),
        ("https://1-2.example/", "1-2.example"),
    ],
)  # fmt: skip
def test_where_a_view_began(address: str, name: str) -> None:
    assert referrer_of(address, LONDON.hosts) == name


AGENTS = (FIREFOX, CHROME, GOOGLEBOT, FEEDLY, NEWSWIRE, "-", "", "Müller 1.0", r"a\x22b",
          "Feedly/1.0 (140 subscribers)")  # fmt: skip
REQUESTS = ("GET / HTTP/1.1", "GET /first/ HTTP/1.1", "GET /first/?x=1 HTTP/2.0", "HEAD / HTTP/1.1",
            "POST /reply HTTP/1.1", "GET /feeds/all.atom.xml HTTP/1.1", "GET /a.css HTTP/1.1",
            "-", "GET /[25/Oct/2026:23:59:59 +0000] HTTP/1.1",
            "GET /caf%C3%A9/ HTTP/1.1", r"GET /\x22 HTTP/1.1", r"GET /caf\xC3\xA9/ HTTP/1.1",
            r"GET /caf\xE9/ HTTP/1.1", "GET  / HTTP/1.1")  # fmt: skip
REFERRERS = ("-", "https://blog.example/", "https://t.co/x", "https://friend.example/y", "junk",
             " - - [24/Oct/2026:22:50:00 +0000] ", "[")  # fmt: skip
TWO_IN_ONE = line().partition(' "')[0], line() + line().partition("]")[2].lstrip()
JUNK = st.sampled_from(["", " ", "garbage", '"""""""', "x" * 300, line()[:70], "\ufffd\x00",
                        line(at="99/Oct/2026:13:55:36 +0000"), line(client="a b"),
                        line(client=""), line(status=""), line().replace(" 5120", "  5120"),
                        line() + "x", line().replace("+0000", "+0100"),
                        line(client="").replace(" - -", "1 - -"), line().replace("- -", "- ada"),
                        line().replace("- -", "- ada l"), line() + " rt=0.1 \"192.0.2.7\"",
                        line().rpartition(' "-"')[0], line(at="24/Oct/2026:23:60:00 +0000"),
                        line().replace("] ", "]  "),
                        "\n".join(TWO_IN_ONE), line() + " " + line()])  # fmt: skip


@st.composite
def logs(draw: st.DrawFn) -> list[str]:
    """Lines in the order of their times, some twice, with junk among them."""
    at = datetime(2026, 10, 24, 22, 50, tzinfo=UTC)
    with_hosts = draw(st.booleans())
    zones = draw(st.sampled_from([[0], [0], [330], [345], [-210], [60, 0]]))
    made = []
    for _ in range(draw(st.integers(1, 40))):
        if draw(st.integers(0, 9)) == 0:
            made.append(draw(JUNK))
            continue
        at += timedelta(seconds=draw(st.sampled_from([0, 0, 1, 20, 600, 40_000, -900])))
        there = at.astimezone(timezone(timedelta(minutes=draw(st.sampled_from(zones)))))
        made.append(line(
            f"{there:%d/%b/%Y:%H:%M:%S %z}", draw(st.sampled_from(REQUESTS)),
            draw(st.sampled_from([200, 200, 200, 304, 301, 404, 403, 500, 206])),
            draw(st.sampled_from(AGENTS)), draw(st.sampled_from(["192.0.2.1", "2001:db8::1"])),
            draw(st.sampled_from(REFERRERS)),
            draw(st.sampled_from(["blog.example:443", "other.example"])) if with_hosts else "",
        ))  # fmt: skip
        if draw(st.integers(0, 5)) == 0:
            made.append(made[-1])
    return made


_OBVIOUS = re.compile(r'([^ ]+) [^ ]+ [^\[]*? \[(.*?)\] "((?:\\.|[^"\\])*)" (\d{3}) (\d+|-)'
                      r'(?: "((?:\\.|[^"\\])*)" "((?:\\.|[^"\\])*)"( .*)?)?', re.ASCII)  # fmt: skip


def obviously(lines: list[str], has_host: bool, rules: Rules) -> Counter[tuple[date, str, str]]:
    """The counts of some lines, slowly: each line by itself, all that is different in sets."""
    counts: Counter[tuple[date, str, str]] = Counter()
    people: dict[date, set[tuple[str, str]]] = {}
    feeds: dict[tuple[date, str], set[tuple[str, str]]] = {}
    speaks: dict[tuple[date, str, str], int] = {}
    for text in set(lines):
        host, rest = text.split(" ", 1) if has_host and " " in text else ("", text)
        found = _OBVIOUS.fullmatch(rest)
        if host and not (found and re.fullmatch(r"[\w.-]+(:\d+)?", host)):
            host, found = "", _OBVIOUS.fullmatch(text)
        try:
            assert found is not None
            at = datetime.strptime(found[2], "%d/%b/%Y:%H:%M:%S %z")
        except (AssertionError, ValueError):
            continue
        day = at.astimezone(rules.zone).date()
        client, request, status = found[1], found[3], int(found[4])
        referrer, agent = (re.sub(r"\\x22", '"', part or "") for part in (found[6], found[7]))
        for escaped, plain in ((r"\x22", '"'), (r"\xC3\xA9", "é"), (r"\xE9", "\ufffd")):
            request = request.replace(escaped, plain)
        words = request.split(" ")
        is_get = len(words) in (2, 3) and words[0] == "GET"
        target = target_of(words[1]) if is_get else None
        software = software_of(agent) if found[7] is not None else None
        why = ""
        if host and host.partition(":")[0] not in rules.hosts:
            why = "another-host"
        elif software and software.reader in (Reader.BOT, Reader.NOBODY):
            why = software.reader
        elif target is None:
            why = "not-get"
        elif status not in (200, 304):
            why = {2: "other-status", 3: "moved", 4: "refused", 5: "error"}[status // 100]
            why = "not-found" if status == 404 else why
        elif target.asked is Asked.OTHER:
            why = "asset"
        elif target.asked is Asked.PAGE and software and software.reader is Reader.FEED_READER:
            why = "feed-reader"
        if why:
            counts[day, "left-out", why] += 1
        elif target is not None and target.asked is Asked.FEED:
            name = (software.name if software else "") or "other"
            if software and software.readers:
                place = (day, name, target.path)
                speaks[place] = max(software.readers, speaks.get(place, 0))
            else:
                feeds.setdefault((day, name), set()).add((client, agent))
        elif target is not None and software is None:
            counts[day, "unknown", target.path] += 1
        elif target is not None:
            counts[day, "view", target.path] += 1
            people.setdefault(day, set()).add((client, agent))
            if came := referrer_of(referrer, rules.hosts):
                counts[day, "referrer", came] += 1
    for day, those in people.items():
        counts[day, "visits", ""] = len(those)
    for (day, name), those in feeds.items():
        counts[day, "feed", name] += len(those)
    for (day, name, _), readers in speaks.items():
        counts[day, "feed", name] += readers
    return counts


def counted(site: SiteFolder) -> Counter[tuple[date, str, str]]:
    found = views.load(site.content, Source.LOGS)
    return Counter({(key.day, str(key.figure), key.what): n for key, n in found.items()})


def counts_of(tally: Tally) -> Counter[tuple[date, str, str]]:
    counts: Counter[tuple[date, str, str]] = Counter()
    for day, found in tally.days.items():
        each = {"view": found.views, "unknown": found.unknown, "left-out": found.left_out,
                "referrer": found.referrers}  # fmt: skip
        for figure, by in each.items():
            for what, number in by.items():
                counts[day, figure, what] = number
        if found.people:
            counts[day, "visits", ""] = len(found.people)
        for name, those in found.feed_people.items():
            counts[day, "feed", name] += len(those)
        for (name, _), readers in found.speaks_for.items():
            counts[day, "feed", name] += readers
    return counts


ZONES = [ZoneInfo(name) for name in
         ("Europe/London", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns")]  # fmt: skip


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=logs(), zone=st.sampled_from(ZONES), together=st.sampled_from([1, 400, 5000]))
def test_the_fast_way_counts_what_the_obvious_one_does(
    lines: list[str], zone: ZoneInfo, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rejoinder.engagement.logs.portions._BYTES", together)
    has_host = any(" - - [" in text and len(text.split(" - - ")[0].split(" ")) == 2
                   for text in lines)  # fmt: skip
    format = Format.VHOST if has_host else Format.COMBINED
    block = "\n".join(lines)
    lines = block.split("\n")
    rules = Rules(zone, LONDON.hosts)
    numbers, tally = count_block(block.encode(), Job(format, rules))
    assert len(numbers) == len(set(numbers))
    assert counts_of(tally) == obviously(lines, has_host, rules)
    assert tally.lines == len({text for text in lines if text.strip()})


@pytest.mark.parametrize("odd", [
    line().replace("- -", "- ada"), line().replace("- -", "- ada lovelace"), line() + " rt=0.1",
    line() + ' "192.0.2.7"', line(agent=r"a\x22b"), line(request=r"\x16\x03"), line(status="20x"),
    line().rpartition(' "-"')[0], line(client="2001:db8::1"), line(at="10/Oct/2026:13:60:00 +0000"),
])  # fmt: skip
def test_an_odd_line_among_many_changes_nothing_of_the_others(odd: str) -> None:
    lines = [*LINES[:700], odd, *LINES[700:]]
    tally = Counting(Format.COMBINED, LONDON).count(portions_of([text.encode() for text in lines]))
    assert counts_of(tally) == obviously(lines, False, LONDON)
    assert tally.example == (odd[:100] if tally.dayless else "")


def test_a_log_may_go_on_in_another_format(london: SiteFolder) -> None:
    texts = [text for text, _ in GOLDEN.values()]
    path = write(london.root / "a.log", LINES[:100] + texts)
    alone = measure(london.content, [write(london.root / "b.log", LINES[:100])], dry_run=True)
    found = measure(london.content, [path], dry_run=True)
    assert found.left_out - alone.left_out == {"prefetch": 1}  # Caddy's
    assert found.views == alone.views + len(texts) - 1
    assert not found.notes


def test_what_a_killed_run_left_half_written_goes(london: SiteFolder) -> None:
    folder = london.content / views.FOLDER / Source.LOGS
    folder.mkdir(parents=True)
    old, new = (folder / f".2026-10.txt.{name}.rejoinder-tmp" for name in ("old", "new"))
    for path in (old, new):
        path.touch()
    os.utime(old, (1e9, 1e9))
    measure(london.content, [write(london.root / "a.log", LINES[:100])])
    assert not old.exists()
    assert new.exists()  # somebody may be writing it


def test_what_isnt_utf8_or_far_too_long_is_counted_as_such() -> None:
    lines = [line().encode(), line().encode() + b"\xff\xfe", b"\xff" * 80,
             line(agent="x" * LONGEST).encode(),
             line(request="GET /caf\xe9/ HTTP/1.1").encode("latin-1")]  # fmt: skip
    tally = Counting(Format.COMBINED, LONDON).count(portions_of(lines))
    assert tally.dayless == {"unreadable": 2, "too-long": 1}
    assert tally.example
    day = tally.days[date(2026, 10, 10)]
    assert day.left_out == {"asset": 1}  # a path in an unknown encoding is no page's
    assert day.views == {"/first/": 1}


def caddy(**request: object) -> str:
    """A line of Caddy's."""
    row = json.loads(GOLDEN[Format.CADDY][0])
    row["request"] |= request
    return json.dumps(row)


def test_half_a_character_in_json_ends_nothing(london: SiteFolder) -> None:
    half = "\ud800"
    odd = [
        caddy(uri=f"/{half}x/"), caddy(remote_ip=half, client_ip=half), caddy(method=half),
        caddy(host=half), caddy(headers={"User-Agent": [f"Mozilla {half}"]}),
        caddy(headers={"User-Agent": [f"One{half}/1 (30 readers)"]}, uri="/feed/"),
        caddy(headers={"User-Agent": [FIREFOX], "Referer": [f"https://{half}.example/"]}),
    ]  # fmt: skip
    assert all("\\ud800" in text for text in odd)
    for text in odd:
        hit = Parser(Format.CADDY).parse(text.encode())
        assert hit is not None
        assert "\ufffd" in "".join(hit._replace(agent="")[1:5]) + hit.referrer + str(hit.agent)
    measure(london.content, [write(london.root / "a.log", [*odd, GOLDEN[Format.CADDY][0]])])
    found = counted(london)
    assert found[date(2026, 10, 10), "left-out", "asset"] == 1
    assert found[date(2026, 10, 10), "view", "/first/"] >= 1
    assert measure(london.content, []).changed == []


@pytest.mark.parametrize("figure", [Figure.VIEW, Figure.REFERRER, Figure.FEED])
def test_half_a_character_can_be_written(site: SiteFolder, figure: Figure) -> None:
    day = date(2026, 10, 10)
    views.save(site.content, Source.LOGS, {day: {Key(day, figure, "/\udfffx/"): 3}})
    assert views.load(site.content, Source.LOGS) == {Key(day, figure, "/\ufffdx/"): 3}
    lines = {day: f"{day} {figure} 4 /\udfffx/\n"}
    views.replace(site.content, Source.LOGS, lines)
    assert sum(views.load(site.content, Source.LOGS).values()) == 4


CADDYS_OWN = (
    '{"level":"info","ts":1791640530.25,"msg":"using config from file","file":"/etc/Caddyfile"}',
    '{"level":"warn","ts":1791640530.5,"logger":"tls","msg":"stapling OCSP","identifiers":["x"]}',
    caddy().replace("http.log.access", "http.log.error").replace("handled request", "no upstream"),
    caddy().replace("http.log.access", "http.handlers.reverse_proxy").replace(
        "handled request", "upstream roundtrip"),
)  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
def test_what_caddy_says_of_itself_is_no_request(london: SiteFolder, packed: bool) -> None:
    for text in CADDYS_OWN:
        assert Parser(Format.CADDY).parse(text.encode()) is None
    own = [CADDYS_OWN[0].replace("30.25", f"30.{n}") for n in range(100, 300)]
    path = london.root / ("a.gz" if packed else "a.log")
    named = caddy().replace("log.access", "log.access.log0"), caddy(uri="/second/")
    found = measure(london.content, [write(path, [*own, *CADDYS_OWN, *named])])
    assert (found.views, found.left_out, found.notes) == (0, {"prefetch": 2}, [])


def many(number: int, seed: int = 1) -> list[str]:
    """Lines of some days."""
    chance = random.Random(seed)
    at = datetime(2026, 10, 22, 20, tzinfo=UTC)
    made = []
    for _ in range(number):
        at += timedelta(seconds=chance.randrange(300))
        made.append(line(
            f"{at:%d/%b/%Y:%H:%M:%S} +0000", chance.choice(REQUESTS),
            chance.choice([200, 304, 404]), chance.choice(AGENTS),
            f"192.0.2.{chance.randrange(40)}", chance.choice(REFERRERS),
        ))  # fmt: skip
    return made


def write(path: Path, lines: list[str]) -> Path:
    data = "".join(f"{one}\n" for one in lines).encode()
    if path.suffix == ".gz":
        half = len(data) // 2  # as rotation appends: a file of two members
        data = gzip.compress(data[:half]) + gzip.compress(data[half:])
    elif path.suffix == ".zst":
        data = zstandard.ZstdCompressor().compress(data)
    path.write_bytes(data)
    return path


@pytest.fixture
def london(site: SiteFolder) -> SiteFolder:
    text = (site.content / "site.toml").read_text("utf-8")
    (site.content / "site.toml").write_text(text + 'timezone = "Europe/London"\n', "utf-8")
    return site


LINES = many(1500)
EXPECTED = obviously(LINES, False, LONDON)


@pytest.mark.parametrize("ending", ["log", "gz", "zst"])
def test_logs_are_counted_whatever_they_are_packed_in(london: SiteFolder, ending: str) -> None:
    path = write(london.root / f"access.{ending}", LINES)
    found = measure(london.content, [path])
    assert counted(london) == EXPECTED
    assert (found.lines, found.known) == (len(set(LINES)), 0)
    assert found.views == sum(n for key, n in EXPECTED.items() if key[1] == "view")


@pytest.mark.parametrize(
    "how", ["again", "twice", "rotated", "reversed", "cut anywhere", "shuffled", "overlapping",
            "line by line", "windows"],
)  # fmt: skip
def test_no_line_counts_twice_however_it_comes(london: SiteFolder, how: str) -> None:
    root, lines = london.root, LINES
    whole = write(root / "a.log", lines)
    runs: list[list[Path]] = [[whole]]
    if how == "again":
        runs = [[whole], [whole], [write(root / "a.gz", lines)]]
    elif how == "twice":
        runs = [[whole, write(root / "b.gz", lines)]]
    elif how == "rotated":
        runs = [[write(root / "a1.gz", lines[:700])], [write(root / "a2.log", lines[700:])]]
    elif how == "reversed":
        runs = [[write(root / "a2.log", lines[700:]), write(root / "a1.log", lines[:700])]]
    elif how == "cut anywhere":
        runs = [[write(root / f"c{n}.log", lines[n : n + 97])] for n in range(0, len(lines), 97)]
    elif how == "shuffled":
        runs = [[write(root / "s.log", random.Random(3).sample(lines, len(lines)))], [whole]]
    elif how == "overlapping":
        runs = [[write(root / "o1.log", lines[:900])], [write(root / "o2.log", lines[500:])],
                [write(root / "o3.zst", lines[300:600])]]  # fmt: skip
    elif how == "line by line":
        runs = [[write(root / f"l{n}.log", lines[n : n + 1]) for n in range(60)], [whole]]
    elif how == "windows":
        whole.write_bytes(whole.read_bytes().replace(b"\n", b"\r\n"))
        runs = [[whole], [write(root / "b.log", lines)]]
    for logs in runs:
        measure(london.content, logs)
    assert counted(london) == EXPECTED


def test_many_lines_are_counted_by_all_processors(
    london: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("opening", "measuring"):
        monkeypatch.setattr(f"rejoinder.engagement.logs.{module}.BLOCK", 20_000)
    monkeypatch.setattr("rejoinder.engagement.logs.measuring._WORTH_HELP", 1)
    path = write(london.root / "a.log", LINES)
    measure(london.content, [path])
    assert counted(london) == EXPECTED
    measure(london.content, [path, write(london.root / "b.gz", many(400, 2))])
    assert counted(london) == obviously(LINES + many(400, 2), False, LONDON)


def test_hosts_that_share_a_log_are_told_apart(london: SiteFolder) -> None:
    lines = [line(host="blog.example:443"), line(host="other.example:443"),
             line(host="www.blog.example"), line(host="alias.example")]  # fmt: skip
    path = write(london.root / "a.log", [*lines, *lines])
    measure(london.content, [path], hosts=["alias.example"])
    found = counted(london)
    day = date(2026, 10, 10)
    assert found[day, "view", "/first/"] == 3
    assert found[day, "left-out", "another-host"] == 1


@pytest.mark.parametrize("broken", ["cut.gz", "cut.zst", "garbage.gz", "empty.log", "binary.log"])
def test_a_broken_log_is_read_as_far_as_it_goes(london: SiteFolder, broken: str) -> None:
    path = london.root / broken
    if broken.startswith("cut"):
        whole = write(path, LINES).read_bytes()
        path.write_bytes(whole[: len(whole) * 2 // 3])
    elif broken == "garbage.gz":
        path.write_bytes(b"\x1f\x8b" + random.Random(1).randbytes(500))
    elif broken == "binary.log":
        path.write_bytes(random.Random(1).randbytes(300_000))
    else:
        path.touch()
    found = measure(london.content, [path, write(london.root / "good.log", [line()])])
    assert counted(london)[date(2026, 10, 10), "view", "/first/"] == 1
    if broken.startswith("cut"):
        assert any("cut off" in note for note in found.notes)
    if broken == "garbage.gz":
        assert any("damaged" in note for note in found.notes)
    if broken.startswith("cut"):
        assert found.lines > 500
    if broken == "binary.log":
        assert found.left_out["unreadable"] > 100
        assert any("can't be read: " in note for note in found.notes)


SKIPPED = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"pzst"


@pytest.mark.parametrize("how", ["one", "frames", "skipped first", "skipped between", "streamed"])
def test_zstandards_frames_are_read_to_their_end_or_said_to_be_cut_off(
    london: SiteFolder, how: str
) -> None:
    data = "".join(f"{one}\n" for one in LINES).encode()
    half = len(data) // 2
    parts = [data] if how == "one" else [data[:half], data[half:]]
    pack = zstandard.ZstdCompressor()
    packed = [pack.compress(part) for part in parts]
    if how == "skipped first":
        packed.insert(0, SKIPPED)
    elif how == "skipped between":
        packed[1:1] = [SKIPPED, SKIPPED]
    elif how == "streamed":  # such frames don't say how long they are
        stream = pack.compressobj()
        packed = [stream.compress(data) + stream.flush()]
    whole = b"".join(packed)
    path = london.root / "a.zst"
    for size in (20, len(whole) * 2 // 3, len(whole) - 1):
        path.write_bytes(whole[:size])
        found = measure(london.content, [path], dry_run=True)
        assert found.notes == [f"{path}: it is cut off: what comes before was read"]
        assert (found.lines > 100) == (size != 20)
    path.write_bytes(whole)
    assert measure(london.content, [path]).notes == []
    assert counted(london) == EXPECTED
    path.write_bytes(whole + b"rubbish")
    (note,) = measure(london.content, [path], dry_run=True).notes
    assert "damaged" in note


@pytest.mark.parametrize("name", ["bzip2", "xz", "zip"])
def test_a_packing_that_isnt_known_is_named(london: SiteFolder, name: str) -> None:
    data, path = "".join(f"{one}\n" for one in LINES).encode(), london.root / "a.log.1"
    if name == "zip":
        with ZipFile(path, "w") as archive:
            archive.writestr("a.log", data)
    else:
        path.write_bytes(bz2.compress(data) if name == "bzip2" else lzma.compress(data))
    found = measure(london.content, [path])
    assert found.notes == [
        f"{path}: it can't be read: it is packed by {name}, which isn't known here: unpack it first"
    ]
    assert (found.files, found.lines, found.left_out) == (0, 0, {})


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"x" * (9 << 20) + b"\n" + line().encode() + b"\n")
    log = Log(path)
    blocks = list(log.blocks())
    log.close()
    assert max(map(len, blocks)) < (6 << 20)
    assert blocks[-1].endswith(line().encode() + b"\n")


@pytest.mark.parametrize("ending", ["log", "gz"])
def test_a_line_that_is_being_written_counts_when_it_is_whole(
    london: SiteFolder, ending: str
) -> None:
    path = london.root / f"a.{ending}"
    pack = gzip.compress if ending == "gz" else bytes
    data = "".join(f"{one}\n" for one in LINES[:20]).encode()
    for cut in (len(data) - 40, len(data) - 1):
        path.write_bytes(pack(data[:cut]))
        found = measure(london.content, [path])
        assert found.notes == [f"{path}: its last line has no end yet, and is left for when it has"]
        assert counted(london) == obviously(LINES[:19], False, LONDON)
    path.write_bytes(pack(data))
    assert measure(london.content, [path]).notes == []
    assert counted(london) == obviously(LINES[:20], False, LONDON)


def test_a_log_that_goes_away_is_a_note(london: SiteFolder) -> None:
    path = write(london.root / "a.log", LINES)
    found = measure(london.content, [london.root / "gone.log", path])
    assert found.notes == [
        f"{london.root / 'gone.log'}: it can't be read: No such file or directory"
    ]
    assert (found.files, counted(london)) == (1, EXPECTED)


@pytest.mark.parametrize("ending", ["log", "gz", "zst"])
def test_a_pipe_is_a_log_too(london: SiteFolder, ending: str) -> None:
    data = write(london.root / f"a.{ending}", LINES).read_bytes()
    pipe = london.root / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    found = measure(london.content, find([str(pipe)]))
    writer.join()
    assert (found.notes, counted(london)) == ([], EXPECTED)


def test_what_is_no_log_is_refused() -> None:
    with pytest.raises(EngagementError, match="/dev/null: it is neither a file nor a pipe"):
        find(["/dev/null"])


def test_old_days_are_closed_and_what_they_were_seen_by_is_forgotten(london: SiteFolder) -> None:
    old = line("10/Jan/2026:13:55:36 +0000")
    first = write(london.root / "a.log", [old, line()])
    measure(london.content, [first])
    memory = london.content.parent / "private" / "engagement" / "counted.sqlite"
    with sqlite3.connect(memory) as db:
        days = dict(db.execute("select day, not is_open from days"))
        people = [day for (day,) in db.execute("select day from people")]
        stretches = db.execute("select count(*) from stretches").fetchone()[0]
    db.close()
    assert days == {"2026-01-10": 1, "2026-10-10": 0}
    assert people == ["2026-10-10"]
    assert stretches == 1
    other = line("10/Jan/2026:13:56:00 +0000", client="192.0.2.77")
    found = measure(london.content, [write(london.root / "b.log", [old, other, line()])])
    assert (found.closed, found.known, found.lines) == (1, 2, 1)
    assert counted(london)[date(2026, 1, 10), "view", "/first/"] == 1


def test_without_its_memory_what_is_in_the_files_stays(london: SiteFolder) -> None:
    path = write(london.root / "a.log", LINES)
    measure(london.content, [path])
    for file in (london.content.parent / "private" / "engagement").iterdir():
        file.unlink()
    new = line("20/Nov/2026:10:00:00 +0000")
    found = measure(london.content, [write(london.root / "b.log", [*LINES, new])])
    assert found.closed == len(set(LINES)) - sum(found.left_out.values()) or found.closed > 1400
    assert counted(london) == EXPECTED + Counter(obviously([new], False, LONDON))


@pytest.mark.parametrize("ending", ["log", "gz"])
@pytest.mark.parametrize("host", ["", "blog.example "])
def test_lines_that_end_as_on_windows_are_the_same_lines(
    london: SiteFolder, monkeypatch: pytest.MonkeyPatch, ending: str, host: str
) -> None:
    monkeypatch.setattr("rejoinder.engagement.logs.portions._BYTES", 5000)  # in many pieces
    monkeypatch.setattr("rejoinder.engagement.logs.measuring._WORTH_HELP", 1)  # and both ways
    common = line("11/Nov/2026:13:55:36 +0000").rsplit(' "', 2)[0]
    lines = [host + one for one in (*LINES, common)]
    windows = write(london.root / f"windows.{ending}", [f"{one}\r" for one in (*lines, "")])
    assert measure(london.content, [windows]).notes == []
    unknown = {(date(2026, 11, 11), "unknown", "/first/"): 1}
    assert counted(london) == EXPECTED + Counter(unknown)
    found = measure(london.content, [write(london.root / "unix.log", lines)])
    assert (found.lines, found.known) == (0, len(set(lines)))


def test_open_days_that_went_from_the_files_come_back(london: SiteFolder) -> None:
    measure(london.content, [write(london.root / "a.log", LINES)])
    written = views.files(london.content, Source.LOGS)
    for path in written:
        path.unlink()
    assert measure(london.content, [], dry_run=True).changed == []
    assert counted(london) == Counter()
    assert measure(london.content, []).changed == written
    assert counted(london) == EXPECTED
    edited = "".join(written[0].read_text("utf-8").splitlines(True)[:-1])
    written[0].write_text(edited, "utf-8")
    assert measure(london.content, []).changed == []
    assert written[0].read_text("utf-8") == edited


def test_a_clock_that_is_ahead_closes_nothing(london: SiteFolder) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    lines = [line(f"{yesterday:%d/%b/%Y:%H:%M:%S} +0000"), line("10/Oct/2099:13:55:36 +0000")]
    log = write(london.root / "a.log", lines)
    found = measure(london.content, [log])
    assert found.notes == [f"{log}: it has lines of 2099-10-10, which is still to come"]
    memory = london.content.parent / "private" / "engagement" / "counted.sqlite"
    with sqlite3.connect(memory) as db:
        assert db.execute("select count(*) from days where not is_open").fetchone() == (0,)
    db.close()


def test_nothing_of_a_reader_is_in_the_files(london: SiteFolder) -> None:
    lines = [line(client="203.0.113.77", referrer="https://friend.example/secret?mail=a@b.example")]
    measure(london.content, [write(london.root / "a.log", lines)])
    every = b"".join(p.read_bytes() for p in london.content.rglob("*") if p.is_file())
    for private in (b"203.0.113.77", b"Firefox", b"secret", b"a@b.example"):
        assert private not in every
    memory = (london.content.parent / "private" / "engagement" / "counted.sqlite").read_bytes()
    for private in (b"203.0.113.77", b"Firefox", b"secret"):
        assert private not in memory


def test_so_many_referrers_are_told_apart_on_one_day(london: SiteFolder) -> None:
    def run(name: str, hosts: list[str]) -> Counter[str]:
        lines = [line(referrer=f"https://{host}/", client=f"{name}{n}")
                 for n, host in enumerate(hosts)]  # fmt: skip
        measure(london.content, [write(london.root / f"{name}.log", lines)])
        return Counter({key[2]: n for key, n in counted(london).items() if key[1] == "referrer"})

    few = [f"few{n}.example" for n in range(300)]
    assert run("a", few) == Counter(few)
    many = [f"many{n}.example" for n in range(400)]
    found = run("b", [*many, *many[-1:]])
    assert len(found) == 501
    assert (found["others"], found["many399.example"]) == (200, 2)
    assert all(host in found for host in few)
    again = run("c", ["few7.example", "new.example"])
    assert again == found + Counter({"few7.example": 1, "others": 1})


def test_a_dry_run_keeps_nothing(london: SiteFolder) -> None:
    path = write(london.root / "a.log", LINES)
    found = measure(london.content, [path], dry_run=True)
    assert found.views > 0
    assert counted(london) == Counter()
    measure(london.content, [path])
    assert counted(london) == EXPECTED


@pytest.mark.parametrize("delay", [0.0, 0.15, 0.3, 0.45, 0.6])
def test_a_killed_run_is_mended_by_the_next(london: SiteFolder, delay: float) -> None:
    paths = [write(london.root / f"a{n}.log", LINES[n * 300 : n * 300 + 350]) for n in range(5)]
    code = ("import sys; from pathlib import Path;"
            "from rejoinder.engagement.logs.measuring import measure; print('go', flush=True);"
            "[measure(Path(sys.argv[1]), [Path(p)]) for p in sys.argv[2:]]")  # fmt: skip
    words = [sys.executable, "-c", code, str(london.content), *map(str, paths)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
    measure(london.content, paths)
    assert counted(london) == EXPECTED


@pytest.mark.skipif(sys.platform != "linux", reason="a process's children are told by Linux")
def test_helpers_end_with_a_run_that_is_killed(london: SiteFolder) -> None:
    pipe = london.root / "pipe"
    os.mkfifo(pipe)
    code = ("import sys; from pathlib import Path;"
            "from rejoinder.engagement.logs import measuring; measuring._WORTH_HELP = 0;"
            "measuring.os.cpu_count = lambda: 2;"
            "measuring.measure(Path(sys.argv[1]), [Path(sys.argv[2])])")  # fmt: skip
    words = [sys.executable, "-c", code, str(london.content), str(pipe)]
    with subprocess.Popen(words) as process, pipe.open("wb"):  # it reads by now, and waits
        task = Path("/proc") / str(process.pid)
        helpers = (task / "task" / str(process.pid) / "children").read_text().split()
        assert len(helpers) == 2
        process.kill()
        process.wait()
        measure(london.content, [])
        deadline = time.monotonic() + 10
        while any(Path("/proc", pid).exists() for pid in helpers):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_crash_before_the_files_are_written_is_mended(
    london: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(london.root / "a.log", LINES)

    def full(*_: object) -> list[Path]:
        raise EngagementError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("rejoinder.engagement.views.replace", full)
        with pytest.raises(EngagementError, match="disk is full"):
            measure(london.content, [path])
    assert counted(london) == Counter()
    measure(london.content, [])
    assert counted(london) == EXPECTED


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_other_zones_move_days_and_nothing_else(site: SiteFolder, zone: str) -> None:
    text = (site.content / "site.toml").read_text("utf-8")
    (site.content / "site.toml").write_text(text + f'timezone = "{zone}"\n', "utf-8")
    measure(site.content, [write(site.root / "a.log", LINES)])
    found = counted(site)
    rules = Rules(ZoneInfo(zone), LONDON.hosts)
    assert found == obviously(LINES, False, rules)
    of_views = sum(n for key, n in found.items() if key[1] == "view")
    assert of_views == sum(n for key, n in EXPECTED.items() if key[1] == "view")


def test_a_day_of_25_hours_is_one_day(london: SiteFolder) -> None:
    hours = [line(f"{24 + (h // 24)}/Oct/2026:{h % 24:02}:30:00 +0000") for h in range(48)]
    measure(london.content, [write(london.root / "a.log", hours)])
    found = counted(london)
    assert [found[date(2026, 10, day), "view", "/first/"] for day in (24, 25, 26)] == [23, 25, 0]


def test_unknown_feed_readers_are_kept_apart_and_not_believed_anything(london: SiteFolder) -> None:
    agents = ("One/1 (30 readers)", "One/1 (31 readers)", "Two/1 (40 readers)",
              "Three/1 (50000 readers)", "77 readers", "88 readers", FEEDLY)  # fmt: skip
    lines = [line(request="GET /feed/ HTTP/1.1", agent=agent) for agent in agents]
    measure(london.content, [write(london.root / "a.log", lines)])
    assert {key[2]: n for key, n in counted(london).items() if key[1] == "feed"} == {
        "One": 31, "Two": 40, "Three": 1, "other": 2, "Feedly": 131,
    }  # fmt: skip


def test_a_path_is_encoded_once_in_the_files(london: SiteFolder) -> None:
    asked = ("/caf%C3%A9/", "/café/", "/a%20b/", "/100%25/")
    lines = [line(request=f"GET {path} HTTP/1.1") for path in asked]
    measure(london.content, [write(london.root / "a.log", lines)])
    (path,) = views.files(london.content, Source.LOGS)
    found = [text.split()[-1] for text in path.read_text("utf-8").split("\n") if " view " in text]
    assert found == ["/100%25/", "/a%20b/", "/caf%C3%A9/"]
    assert {key[2] for key in counted(london) if key[1] == "view"} == {"/100%/", "/a b/", "/café/"}


def test_the_task_says_what_came_of_it(london: SiteFolder) -> None:
    folder = london.root / "logs"
    folder.mkdir()
    old = "10/Jan/2026:13:55:36 +0000"
    write(folder / "access.log", [line(old), *LINES, "garbage [x]"])
    write(folder / "access.log.1.gz", LINES[:10])
    where = ["--content", str(london.content)]
    done = invoke("measure", str(folder / "access.log*"), *where)
    assert done.returncode == 0, done.stderr
    assert re.search(r"views +[\d,]+", done.stdout)
    assert "left out: bot" in done.stdout
    assert "2 logs, 1," in done.stdout
    assert "access.log: can't be read: 'garbage [x]'" in done.stderr
    again = invoke("measure", str(folder), "--dry-run", *where)
    assert "0 new lines would be counted" in again.stdout
    wrong = invoke("measure", str(london.root / "none.log"), *where)
    assert (wrong.returncode, "no such log" in wrong.stderr) == (1, True)
    packed = london.root / "b.log.bz2"
    packed.write_bytes(b"BZh91AY&SY")
    unread = invoke("measure", str(packed), *where)
    assert (unread.returncode, "packed by bzip2" in unread.stderr) == (1, True)
    assert "no log could be read" in unread.stderr
    late = write(london.root / "late.log", [line(old, client="192.0.2.77")])
    closed = invoke("measure", f"{late},{packed}", *where)
    assert closed.returncode == 0, closed.stderr
    assert re.search(r"of days that are closed +1\n", closed.stdout)
    assert "1 log, 0 new lines counted, of 0 days" in closed.stdout
    memory = london.content.parent / "private" / "engagement" / "counted.sqlite"
    memory.write_bytes(b"no database" * 500)
    broken = invoke("measure", str(folder), *where)
    assert (broken.returncode, "Remove " in broken.stderr) == (1, True)
    assert "Traceback" not in broken.stderr
    report = invoke("report", *where)
    assert report.returncode == 0


@pytest.mark.parametrize("logs", ["--help", "", ",", " , "])
def test_what_names_no_log_is_told_how_to(london: SiteFolder, logs: str) -> None:
    done = invoke("measure", logs, "--content", str(london.content))
    assert (done.returncode, done.stdout) == (1, "")
    assert "invoke --help measure" in done.stderr
    assert "Traceback" not in done.stderr


def test_standard_input_is_a_log_too(london: SiteFolder) -> None:
    words = [str(Path(sys.executable).parent / "invoke"), "measure", "-", "--content",
             str(london.content)]  # fmt: skip
    root = Path(__file__).parent.parent.parent
    data = "".join(f"{one}\n" for one in LINES)
    done = subprocess.run(words, input=data, cwd=root, text=True, capture_output=True, check=False,
                          env={**os.environ, "PYTHONIOENCODING": "utf-8"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert counted(london) == EXPECTED


def test_names_of_logs_may_be_patterns_and_folders(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "sub/c.gz", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find([str(tmp_path / "*.log"), str(tmp_path), "-"])
    assert [p.name for p in found] == ["a.log", "b.log", "c.gz", "-"]
    assert Key(date(2026, 1, 1), Figure.VISITS).what == ""


@pytest.mark.parametrize(
    "line",
    [
        b'1.2.3.4 - - [01/Jan/0001:00:00:00 +0500] "GET /a/ HTTP/1.1" 200 1 "-" "Firefox/1.0"',
        b'1.2.3.4 - - [31/Dec/9999:23:59:59 +0000] "GET /a/ HTTP/1.1" 200 1 "-" "Firefox/1.0"',
        b'{"ts":253402300799,"request":{"remote_ip":"1.2.3.4","method":"GET","uri":"/a/"},"status":200}',
        b"[" * 4000,
    ],
)
def test_odd_dates_and_nested_brackets_are_unreadable_lines(line: bytes) -> None:
    for format in Format:
        with pytest.raises(ValueError, match=r"."):
            Parser(format).parse(line)
    recognise([line])
