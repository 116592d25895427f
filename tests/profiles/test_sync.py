"""Polling real servers: what is kept, what is not asked twice, and what is said of bad feeds."""

from __future__ import annotations

import email.utils
import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest
from conftest import SiteFolder
from feedhost import Host, feed_host

from rejoinder.errors import CrosslinkError
from rejoinder.profiles import memories
from rejoinder.profiles.entries import Entry, Kind, Tie, Verdict
from rejoinder.profiles.health import Health
from rejoinder.profiles.ledger import Ledger, editing, merge
from rejoinder.profiles.sync import Summary, run
from rejoinder.web import Client

POST = "https://blog.example/first/"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def host() -> Iterator[Host]:
    with feed_host() as host:
        yield host


@pytest.fixture
def site(tmp_path: Path) -> SiteFolder:
    site = SiteFolder(tmp_path)
    site.post("first")
    (site.content / "site.toml").write_text('url = "https://blog.example"\n')
    return site


def profiles(site: SiteFolder, *lines: str) -> None:
    path = site.content / "authors" / "ada.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("Name: Ada\n" + "".join(f"{line}\n" for line in lines) + "\nBio.\n")


def sync(site: SiteFolder, **options: object) -> Summary:
    with Client(allow=["127.0.0.0/8"], timeout=1, deadline=1.5) as client:
        return run(site.content, client, pause=0, **options)  # type: ignore[arg-type]


def item(number: int, date: datetime = NOW, html: str = "", title: str = "") -> str:
    return (f"<item><guid>https://else.example/{number}</guid><title>{escape(title)}</title>"
            f"<link>https://else.example/{number}</link>"
            f"<pubDate>{email.utils.format_datetime(date)}</pubDate>"
            f"<description>{escape(html)}</description></item>")  # fmt: skip


def rss(*items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'.encode()


def kept(site: SiteFolder, name: str = "news") -> dict[str, Entry]:
    return Ledger(site.content).load().of(("ada", name))


def the_finding(summary: Summary) -> tuple[Health, str]:
    ((_, finding),) = summary.findings
    return finding.health, finding.what


def test_entries_are_kept_for_good_and_tied(site: SiteFolder, host: Host) -> None:
    link = f'<a href="{POST}?utm_source=x">here</a>'
    feed = host.put("/feed", rss(item(1, NOW - timedelta(days=1), link), item(2)))
    profiles(site, f"Profile: news https://else.example/ {feed}")
    summary = sync(site)
    assert (summary.asked, len(summary.new), summary.matched) == (1, 2, 1)
    (path,) = (site.content / "crosslinks" / "ada" / "news").glob("*.txt")
    assert "Post: matched first | links to it" in path.read_text()
    host.put("/feed", rss(item(3)))
    assert len(sync(site, everything=True).new) == 1
    assert sorted(kept(site)) == [f"https://else.example/{n}" for n in (1, 2, 3)]


def test_a_second_run_transfers_no_bodies(site: SiteFolder, host: Host) -> None:
    feed = host.put("/feed", rss(item(1)))
    profiles(site, f"Profile: news https://else.example/ {feed}")
    sync(site)
    before = {p: p.read_bytes() for p in (site.content / "crosslinks").rglob("*.txt")}
    at_rest = sync(site)
    assert (at_rest.asked, at_rest.waiting, len(host.asked)) == (0, 1, 1)
    again = sync(site, everything=True)
    assert (again.asked, again.unchanged, again.bytes, host.bodies) == (1, 1, 0, 1)
    assert before == {p: p.read_bytes() for p in (site.content / "crosslinks").rglob("*.txt")}


def test_entries_that_were_lost_are_asked_for_in_full(site: SiteFolder, host: Host) -> None:
    feed = host.put("/feed", rss(item(1)))
    profiles(site, f"Profile: news https://else.example/ {feed}")
    sync(site)
    next((site.content / "crosslinks").rglob("*.txt")).unlink()
    sync(site, everything=True)
    assert len(kept(site)) == 1


def test_two_hundred_feeds_wait_for_their_own_host_alone(site: SiteFolder, host: Host) -> None:
    hosts = [f"127.0.0.{n}" for n in range(2, 22)]
    lines = []
    for number in range(200):
        path = f"/feed?{number}"
        host.put(path, rss(item(1)))
        lines.append(f"Profile: p{number} https://p.example/ "
                     f"{host.url(path, hosts[number % 20])}")  # fmt: skip
    profiles(site, *lines)
    host.delay = 0.05
    began = time.monotonic()
    summary = sync(site)
    took = time.monotonic() - began
    assert (summary.asked, len(summary.new)) == (200, 200)
    assert host.most_at_once <= 20
    assert took < 200 * host.delay * 0.7  # side by side, whatever else the machine does
    assert sync(site, everything=True).bytes == 0


def test_one_host_is_asked_one_thing_at_a_time(site: SiteFolder, host: Host) -> None:
    feeds = [host.put(f"/{n}", rss(item(n))) for n in range(4)]
    profiles(site, *(f"Profile: p{n} https://p.example/ {f}" for n, f in enumerate(feeds)))
    host.delay = 0.02
    sync(site)
    assert host.most_at_once == 1


def test_a_host_that_asks_for_peace_gets_it(site: SiteFolder, host: Host) -> None:
    host.put("/0", b"", status=429, headers={"Retry-After": "7200"})
    host.put("/1", rss(item(1)))
    profiles(site, *(f"Profile: p{n} https://p.example/ {host.url(f'/{n}')}" for n in (0, 1)))
    summary = sync(site)
    assert (summary.asked, summary.failed, summary.waiting) == (1, 1, 1)
    assert [path for _, path, _ in host.asked] == ["/0"]
    due = [memory.due for memory in memories.load(site.root / "private" / "crosslinks").values()]
    assert all(date is not None and date >= NOW + timedelta(hours=2) for date in due)
    assert sync(site).asked == 0


@pytest.mark.parametrize(
    ("body", "more", "said"),
    [
        (b"no", {"status": 500}, "answered 500"),
        (b"<html><title>Sign in</title></html>", {}, "no feed"),
        (b"", {}, "no feed"),
        (gzip.compress(bytes(100 << 20)), {"headers": {"Content-Encoding": "gzip"}}, "longer than"),
        (b"x", {"drip": True}, "too long"),
        (b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss>&b;</rss>',
         {}, "without a single entry"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', {}, "no JSON Feed"),
        (b"[" * 50_000, {}, "no feed"),
    ],
)  # fmt: skip
def test_a_bad_feed_is_a_finding_and_loses_nothing(
    body: bytes, more: dict[str, object], said: str, site: SiteFolder, host: Host
) -> None:
    feed = host.put("/feed", rss(item(1)))
    profiles(site, f"Profile: news https://else.example/ {feed}")
    sync(site)
    host.put("/feed", body, **more)
    summary = sync(site, everything=True)
    health, what = the_finding(summary)
    assert health in (Health.BROKEN, Health.ODD)
    assert said in what
    assert len(kept(site)) == 1


def test_a_feed_that_is_gone_is_not_asked_again(site: SiteFolder, host: Host) -> None:
    feed = host.put("/feed", b"gone", status=410)
    profiles(site, f"Profile: news https://else.example/ {feed}")
    assert the_finding(sync(site))[0] is Health.GONE
    assert sync(site, everything=True).asked == 0


def test_failures_are_tried_again_later_and_later(site: SiteFolder, host: Host) -> None:
    feed = host.put("/feed", b"no", status=502)
    profiles(site, f"Profile: news https://else.example/ {feed}")
    pauses = []
    for _ in range(3):
        sync(site, everything=True)
        (memory,) = memories.load(site.root / "private" / "crosslinks").values()
        assert memory.due is not None
        pauses.append(memory.due - datetime.now(UTC))
    assert pauses[0] < pauses[1] < pauses[2]
    assert "3 times" in the_finding(sync(site))[1]


def test_a_feed_that_moved_for_good_is_named(site: SiteFolder, host: Host) -> None:
    host.put("/new", rss(item(1)))
    feed = host.put("/old", b"", status=301, headers={"Location": "/new"})
    profiles(site, f"Profile: news https://else.example/ {feed}")
    summary = sync(site)
    assert the_finding(summary) == (Health.MOVED, f"it has moved for good to {host.url('/new')}")
    assert len(summary.new) == 1
    host.put("/old", b"", status=302, headers={"Location": "/new"}, etag=False)
    host.put("/new", rss(item(1), item(2)))
    assert sync(site, everything=True).findings == []


def test_an_account_that_moved_is_named(site: SiteFolder, host: Host) -> None:
    old = [NOW - timedelta(days=200 + n) for n in range(5)]
    host.put("/@ada.rss", rss(*(item(n, date) for n, date in enumerate(old))))
    moved = {"moved": {"url": "https://new.example/@ada"}}
    host.put("/api/v1/accounts/lookup?acct=ada", json.dumps(moved))
    page = host.url("/@ada", "localhost.example")
    profiles(site, f"Profile: mastodon {page} {host.url('/@ada.rss')}")
    with Client(allow=["127.0.0.0/8"], resolver=lambda name, port: ["127.0.0.1"]) as client:
        summary = run(site.content, client, pause=0)
    assert [f.health for _, f in summary.findings] == [Health.MOVED, Health.QUIET]
    assert "https://new.example/@ada" in summary.findings[0][1].what


def test_old_news_and_silence_are_told_apart(site: SiteFolder, host: Host) -> None:
    often = [NOW - timedelta(days=100 + 2 * n) for n in range(9)]
    feed = host.put("/feed", rss(*(item(n, date) for n, date in enumerate(often))))
    profiles(site, f"Profile: news https://else.example/ {feed}")
    assert the_finding(sync(site)) == (
        Health.QUIET, f"nothing since {often[0]:%Y-%m-%d}; an entry used to come every 2 days"
    )  # fmt: skip
    host.put("/feed", rss(item(90)))
    assert sync(site, everything=True).findings == []
    host.put("/feed", rss(item(3, often[3])))
    assert the_finding(sync(site, everything=True))[0] is Health.OLD_NEWS


def test_the_future_is_now_and_html_is_words(site: SiteFolder, host: Host) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>Hello <b>there</b>"
    title = "<script>alert(2)</script>T"
    body = rss(item(1, NOW + timedelta(days=9999), hostile, title))
    feed = host.put("/feed", body)
    profiles(site, f"Profile: news https://else.example/ {feed}")
    summary = sync(site)
    (entry,) = kept(site).values()
    assert abs(entry.date - datetime.now(UTC)) < timedelta(minutes=5)
    assert "<" not in entry.title + entry.text
    assert "the future" in the_finding(summary)[1]
    sync(site, everything=True)
    assert list(kept(site).values()) == [entry]


def test_a_watched_feed_brings_what_others_say(site: SiteFolder, host: Host) -> None:
    feed = host.put("/watch", rss(item(1, html=f'<a href="{POST}">x</a>')))
    profiles(site, f"Watch: news {feed}")
    sync(site)
    (entry,) = kept(site).values()
    assert entry.kind is Kind.THEIRS
    assert entry.ties[0].thread == "first"


def test_short_links_are_asked_once(site: SiteFolder, host: Host) -> None:
    page = f'<p>Leaving</p><a data-tracking-control-name="external_url_click" href="{POST}">go</a>'
    host.put("/abc", b"", status=301, headers={"Location": POST}, etag=False)
    host.put("/in", page)
    feed = host.put("/feed", rss(item(1, html="see http://t.co/abc and http://lnkd.in/in")))
    profiles(site, f"Profile: news https://else.example/ {feed}")

    def local(name: str, port: int) -> list[str]:
        if name not in ("t.co", "lnkd.in"):
            raise OSError("no such name")
        return ["127.0.0.1"]

    text = host.pages["/feed"].body.decode().replace("t.co/", f"t.co:{host.port}/")
    host.put("/feed", text.replace("lnkd.in/", f"lnkd.in:{host.port}/"))
    for _ in range(2):
        with Client(allow=["127.0.0.0/8"], resolver=lambda n, p: ["127.0.0.1"]) as asked:
            feeds = asked
            feeds._guard._resolve = lambda n, p: (
                ["127.0.0.1"] if n == "127.0.0.1" else local(n, p))  # fmt: skip
            run(site.content, feeds, pause=0, everything=True)
    (entry,) = kept(site).values()
    assert entry.links == (POST,)
    assert len([path for _, path, _ in host.asked if path == "/abc"]) == 1
    assert entry.ties[0].thread == "first"


def test_a_silent_shortener_is_asked_once_a_run(site: SiteFolder, host: Host) -> None:
    links = " ".join(f"http://bit.ly/{n}" for n in range(5))
    feed = host.put("/feed", rss(item(1, NOW - timedelta(days=400), html=links)))
    profiles(site, f"Profile: news https://else.example/ {feed}")
    asked: list[str] = []

    def nobody(name: str, port: int) -> list[str]:
        if name == "127.0.0.1":
            return [name]
        asked.append(name)
        raise OSError("no such name")

    with Client(allow=["127.0.0.0/8"], resolver=nobody) as client:
        run(site.content, client, pause=0)
    assert asked == ["bit.ly"]
    assert len(next(iter(kept(site).values())).links) == 5


def test_what_a_person_said_survives_every_sync(site: SiteFolder, host: Host) -> None:
    feed = host.put("/feed", rss(item(1, html=f'<a href="{POST}">x</a>')))
    profiles(site, f"Profile: news https://else.example/ {feed}")
    sync(site)
    with editing(site.content) as ledger:
        (entry,) = ledger.of(("ada", "news")).values()
        ledger.of(("ada", "news"))[entry.id] = entry.tied([Tie("first", Verdict.NO, "by hand")])
    host.put("/feed", rss(item(1, html=f'<a href="{POST}">edited</a>')))
    summary = sync(site, everything=True)
    assert summary.changed == 1
    (entry,) = kept(site).values()
    assert [tie.verdict for tie in entry.ties] == [Verdict.NO]


def test_what_cannot_be_synced_is_said(site: SiteFolder) -> None:
    profiles(site, "Profile: news https://else.example/ https://else.example/feed")
    with pytest.raises(CrosslinkError, match="no profile 'other'"):
        sync(site, only=["other"])
    (site.content / "site.toml").write_text("")
    with pytest.raises(CrosslinkError, match="address is not known"):
        sync(site)


def test_a_file_by_hand_in_the_wrong_year_is_put_right(site: SiteFolder) -> None:
    entry = Entry("e:1", "https://else.example/1", datetime(2024, 5, 1, tzinfo=UTC))
    with editing(site.content) as ledger:
        ledger.of(("ada", "news"))[entry.id] = entry
    folder = site.content / "crosslinks" / "ada" / "news"
    (folder / "2024.txt").rename(folder / "2025.txt")
    with editing(site.content):
        pass
    assert [path.name for path in folder.iterdir()] == ["2024.txt"]
    (folder / "2023.txt").write_text((folder / "2024.txt").read_text())
    with pytest.raises(CrosslinkError, match="another year's file"), editing(site.content):
        pass


def test_merging_keeps_the_first_date_and_words() -> None:
    first = Entry("e:1", "https://x.example/1", NOW - timedelta(days=400), "T", "words")
    later = Entry("e:1", "https://x.example/1?new", NOW, "", "")
    merged = merge({"e:1": first}, [later]).entries["e:1"]
    assert (merged.date, merged.title, merged.text) == (first.date, "T", "words")
    assert merged.url == later.url
