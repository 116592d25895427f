"""A labelled set of what people publish about their posts, made here in the true shapes of the
networks: what each entry is about was written down as a person would say it, before any matcher
looked.

Forty posts; for each network, entries that are about one of them in every form that a link takes,
and entries that only look so.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from urllib.parse import quote

from rejoinder.profiles.entries import Entry, Kind
from rejoinder.profiles.exports import linkedin, x
from rejoinder.profiles.feeds import parse
from rejoinder.profiles.matcher import Target

SITE = "https://blog.example"
OLD_SITE = "http://old-notes.example"
START = datetime(2025, 1, 6, 9, tzinfo=UTC)
_TITLES = (
    "Why the second interview lies", "A ledger of small favours", "Meetings are a loan",
    "The reference nobody asked for", "Handing a team its own keys", "On leaving well",
    "What salary bands can't say", "The quiet week before launch", "Who owns the client list",
    "Letters beat dashboards", "How to disagree by post", "An honest job advert",
    "Writing down what everybody knows", "The cost of a polite no", "Pumps, people, patience",
    "Notes from a bad handover", "Recruiters and other weather", "The third draft of a memo",
    "Names on a whiteboard", "A calendar is a budget", "When the expert is wrong",
    "Keeping an address for ten years", "The apprentice who taught me", "Silence in a stand-up",
    "Seven questions for a founder", "Estimates are promises in costume", "The shop floor test",
    "Paying for attention", "A short history of our wiki", "Trust arrives on foot",
    "Interviews without whiteboards", "Rented rooms revisited", "The manager's notebook",
    "Deadlines and other fictions", "What the night shift sees", "Asking for less",
    "The value of a boring tool", "Hiring for the second year", "A friendly audit",
    "Caf\u00e9 rules for remote teams",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """An entry, and the posts that a person says it is about."""

    name: str
    network: str
    entry: Entry
    right: frozenset[str]


def slug(title: str) -> str:
    """As in a post's address."""
    plain = title.lower().replace("\u00e9", "\u00e9").replace(",", "").replace("'", "")
    return plain.replace(" ", "-")


def posts() -> list[Target]:
    """The posts, nine days apart, each with its old address, its number, and the old host's."""
    made = []
    for number, title in enumerate(_TITLES):
        date = START + timedelta(days=9 * number)
        path = f"{date:%Y}/{date:%m}/{slug(title)}/"
        paths = (path, f"archive/{slug(title)}/", f"?p={100 + number}")
        addresses = [f"{base}/{one}" for one in paths for base in (SITE, OLD_SITE)]
        made.append(Target(slug(title), title, date, tuple(addresses)))
    return made


def _forms(post: Target) -> dict[str, str]:
    """The forms that a link to a post takes on its way through the networks."""
    url, path = post.addresses[0], post.addresses[0].removeprefix(SITE)
    return {
        "plain": url,
        "no slash": url.rstrip("/"),
        "http": url.replace("https:", "http:"),
        "www": url.replace("//", "//www."),
        "campaign": f"{url}?utm_source=social&utm_medium=feed&utm_campaign=x",
        "click id": f"{url}?fbclid=IwAR0abc&mc_cid=9",
        "fragment": f"{url}#comments",
        "amp": f"{url}amp/",
        "mobile": url.replace("//", "//m."),
        "upper case": url.replace("blog.example", "Blog.Example"),
        "index": f"{url}index.html",
        "encoded": f"{SITE}{quote(path, safe='/').replace('-', '%2D')}",
        "old address": post.addresses[2],
        "number": post.addresses[4],
        "old host": f"{OLD_SITE}{path}",
        "facebook": f"https://l.facebook.com/l.php?u={quote(url, safe='')}&h=AT0",
        "google": f"https://www.google.com/url?q={quote(url, safe='')}&sa=D",
        "outlook": f"https://eur01.safelinks.protection.outlook.com/?url={quote(url, safe='')}&d=1",
        "archive": f"https://web.archive.org/web/20250301000000/{url}",
    }


class _Network:
    """How a network writes an entry: `one` is words with a link into the words of an item."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = 1000

    def entry(
        self, words: str, link: str, date: datetime, title: str = "", more: str = ""
    ) -> Entry:
        """An entry as it comes out of the network's own bytes. `more` is HTML, or text."""
        self.number += 1
        data = getattr(self, f"_{self.name}")(words, link, date, title, more)
        if isinstance(data, Entry):
            return data
        kind = "web" if self.name in ("atom", "jsonfeed") else self.name
        where = "https://feeds.example/f"
        (entry,) = parse(data, kind, where).entries
        return entry

    def _rss(self, url: str, guid: str, date: datetime, html: str, title: str = "",
             more: str = "") -> bytes:  # fmt: skip
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>T</title>'
            f"<item>{f'<title>{escape(title)}</title>' if title else ''}<guid>{escape(guid)}</guid>"
            f"<link>{escape(url)}</link><pubDate>{format_datetime(date)}</pubDate>"
            f"<description>{escape(html)}</description>{more}</item></channel></rss>"
        ).encode()

    def _atom_feed(self, url: str, id: str, date: datetime, html: str, title: str) -> bytes:
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">'
            f"<title>T</title><entry><id>{escape(id)}</id><title>{escape(title)}</title>"
            f'<link rel="alternate" href="{escape(url)}"/><updated>{date.isoformat()}</updated>'
            f'<content type="html">{escape(html)}</content></entry></feed>'
        ).encode()

    def _mastodon(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        shown = link.partition("://")[2]
        anchor = (
            f' <a href="{escape(link)}" target="_blank" rel="nofollow noopener" translate="no">'
            f'<span class="invisible">https://</span><span class="ellipsis">{escape(shown[:30])}'
            f'</span><span class="invisible">{escape(shown[30:])}</span></a>'
            if link
            else ""
        )
        url = f"https://social.example/@nora/{self.number}"
        tag = ' <a href="https://social.example/tags/work" class="mention hashtag">#work</a>'
        return self._rss(url, url, date, f"<p>{words}{anchor}{tag}</p>{more}", title)

    def _bluesky(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        url = f"https://bsky.app/profile/nora.example/post/3k{self.number}"
        guid = f"at://did:plc:abcdefghijklmnop/app.bsky.feed.post/3k{self.number}"
        return self._rss(url, guid, date, f"{words}\n\n{link}{more}")

    def _github(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        url = f"https://github.com/nora/tools/releases/tag/v{self.number}"
        html = f'<p>{words}</p><p><a href="{escape(link)}">notes</a></p>{more}' if link else words
        return self._atom_feed(url, f"tag:github.com,2008:Repository/1/v{self.number}", date, html,
                               title or f"v{self.number}")  # fmt: skip

    def _youtube(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        video = f"vid{self.number:08}"
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
            'xmlns:yt="http://www.youtube.com/xml/schemas/2015"><title>T</title>'
            f"<entry><id>yt:video:{video}</id><title>{escape(title or words)}</title>"
            f'<link rel="alternate" href="https://www.youtube.com/watch?v={video}"/>'
            f"<published>{date.isoformat()}</published><media:group><media:description>"
            f"{escape(words)}\n\n{escape(link)}\n{escape(more)}</media:description></media:group>"
            "</entry></feed>"
        ).encode()

    def _medium(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        story = f"{self.number:012x}"
        html = f'<p>{words}</p><p><em>First at <a href="{escape(link)}">my blog</a>.</em></p>{more}'
        url = f"https://medium.com/@nora/a-story-{story}?source=rss-1a2b------2"
        return self._rss(url, f"https://medium.com/p/{story}", date, html if link else words, title)

    def _substack(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        url = f"https://nora.substack.com/p/letter-{self.number}"
        html = f'<p>{words} <a href="{escape(link)}">Read it</a></p>{more}' if link else words
        return self._rss(url, url, date, html, title or f"Letter {self.number}")

    def _reddit(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        post = f"1a{self.number}"
        talk = f"https://www.reddit.com/r/work/comments/{post}/x/"
        html = (
            f'<!-- SC_OFF --><div class="md"><p>{words}</p>{more}</div><!-- SC_ON --> submitted by '
            f'<a href="https://www.reddit.com/user/nora"> /u/nora </a> <br/> <span><a href="'
            f'{escape(link or talk)}">[link]</a></span> '
            f'<span><a href="{talk}">[comments]</a></span>'
        )
        return self._atom_feed(talk, f"t3_{post}", date, html, title or words)

    def _hackernews(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        talk = f"https://news.ycombinator.com/item?id={self.number}"
        return self._rss(link or talk, talk, date, f'<a href="{talk}">Comments</a>{more}',
                         title or words, f"<comments>{talk}</comments>")  # fmt: skip

    def _web(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        url = f"https://talks.example/{self.number}"
        html = (
            f'<p>{words} <a href="{escape(link)}">here</a></p>{more}' if link else f"{words}{more}"
        )
        return self._rss(url, url, date, html, title)

    def _atom(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        url = f"https://club.example/{self.number}"
        html = f'<p>{words}</p><ul><li><a href="{escape(link)}">post</a></li></ul>{more}'
        return self._atom_feed(url, url, date, html if link else words, title or "A note")

    def _jsonfeed(self, words: str, link: str, date: datetime, title: str, more: str) -> bytes:
        item = {"id": str(self.number), "url": f"https://micro.example/{self.number}",
                "date_published": date.isoformat(),
                "content_text": f"{words} {link}{more}"}  # fmt: skip
        return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T",
                           "items": [item]}).encode()  # fmt: skip

    def _linkedin(self, words: str, link: str, date: datetime, title: str, more: str) -> Entry:
        out = io.StringIO()
        share = f"https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A72948001123{self.number}9"
        text = f"{words}\n\n{more}".strip()
        quoted = "\n".join(f'"{line}"' for line in text.split("\n")) if "\n" in text else text
        csv.writer(out).writerows([
            ["Date", "ShareLink", "ShareCommentary", "SharedUrl", "MediaUrl", "Visibility"],
            [f"{date:%Y-%m-%d %H:%M:%S}", share, quoted, link, "", "PUBLIC"],
        ])  # fmt: skip
        return _exported("Shares.csv", out.getvalue(), linkedin.read)

    def _x(self, words: str, link: str, date: datetime, title: str, more: str) -> Entry:
        short = f"https://t.co/{self.number}"
        urls = [{"url": short, "expanded_url": link}] if link else []
        post = {"id_str": str(self.number), "full_text": f"{words} {short if link else ''}{more}",
                "created_at": f"{date:%a %b %d %H:%M:%S +0000 %Y}",
                "entities": {"urls": urls}}  # fmt: skip
        return _exported("tweets.js", f"window.YTD.tweets.part0 = {json.dumps([{'tweet': post}])}",
                         x.read)  # fmt: skip


def _exported(name: str, text: str, read: object) -> Entry:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"data/{name}", text)
        (entry,) = read(path).entries  # type: ignore[operator]
    return entry


NETWORKS = ("mastodon", "bluesky", "github", "youtube", "medium", "substack", "reddit",
            "hackernews", "web", "atom", "jsonfeed", "linkedin", "x")  # fmt: skip
_ONLY_WORDS = ("mastodon", "bluesky", "linkedin", "x", "web", "jsonfeed")


def cases() -> list[Case]:
    """All of them."""
    return list(_all())


def _all() -> Iterator[Case]:
    targets = posts()
    for at, name in enumerate(NETWORKS):
        network = _Network(name)
        yield from _about(network, targets, at)
        yield from _beside(network, targets, at)
    mastodon = _Network("mastodon")
    mastodon.number = 5000
    yield from _told_apart(mastodon, targets)
    yield from _several(targets)


def _about(network: _Network, targets: list[Target], at: int) -> Iterator[Case]:
    """Entries about a post: a dozen forms of its link, spread over posts; and its title alone."""
    for number in range(12):
        post = targets[(at * 7 + number * 3) % len(targets)]
        forms = list(_forms(post).items())
        form, link = forms[(at * 5 + number) % len(forms)]
        assert post.date is not None
        date = post.date + timedelta(hours=2 + 40 * number)
        title = "A letter from the desk" if network.name in ("medium", "substack") else ""
        entry = network.entry(f"Something new on work, number {number}.", link, date, title)
        yield Case(f"{network.name}: {form}", network.name, entry, frozenset({post.thread}))
    for number in range(2 if network.name in _ONLY_WORDS else 0):
        post = targets[(at * 11 + number * 5) % len(targets)]
        assert post.date is not None
        words = (f"New on the blog: {post.title}.", f"{post.title}. It took me a year to say.")
        entry = network.entry(words[number], "", post.date + timedelta(hours=5))
        yield Case(f"{network.name}: title alone", network.name, entry, frozenset({post.thread}))


def _beside(network: _Network, targets: list[Target], at: int) -> Iterator[Case]:
    """Entries that only look as if they were about a post."""
    post = targets[(at * 3 + 1) % len(targets)]
    assert post.date is not None
    soon = post.date + timedelta(days=1)
    links = {
        "home page": f"{SITE}/",
        "category": f"{SITE}/category/work/",
        "feed": f"{SITE}/feeds/all.atom.xml",
        "longer slug": post.addresses[0].rstrip("/") + "-part-two/",
        "another blog's same title": f"https://another.example/{post.thread}/",
        "same path elsewhere": post.addresses[0].replace(SITE, "https://mirror.example"),
    }
    for name, link in links.items():
        words = f"{post.title}." if "title" in name or "path" in name else "More at my place:"
        entry = network.entry(words, link, soon, "A letter")
        yield Case(f"{network.name}: {name}", network.name, entry, frozenset())
    entry = network.entry("Nothing to do with it, a good day for pumps.", "", soon, "A letter")
    yield Case(f"{network.name}: nothing", network.name, entry, frozenset())
    later = post.date + timedelta(days=380)
    entry = network.entry(f"Still thinking of {post.title.lower()}.", "", later, "A letter")
    yield Case(f"{network.name}: its title a year on", network.name, entry, frozenset())


def _told_apart(network: _Network, targets: list[Target]) -> Iterator[Case]:
    """Links to a post in words that aren't the author's own news of it: right to be asked about,
    never to be taken."""
    for post in targets[:6]:
        link = post.addresses[0]
        assert post.date is not None
        date = post.date + timedelta(days=2)
        answer = network.entry("@bo@else.example as I said there:", link, date)
        yield Case("mastodon: an answer that quotes the link", "mastodon", answer, frozenset())
        quoted = network.entry(
            "No, I don't agree.", "", date,
            more=f'<blockquote class="quote-inline">RE: <a href="{link}">{link}</a></blockquote>',
        )  # fmt: skip
        yield Case("mastodon: a link in a quoted post", "mastodon", quoted, frozenset())
        boost = replace(network.entry("Read this!", link, date), kind=Kind.SHARED)
        yield Case("mastodon: somebody else's, passed on", "mastodon", boost, frozenset())


def _several(targets: list[Target]) -> Iterator[Case]:
    """Round-ups of three posts; a post beside a link elsewhere; links that Bluesky cut."""
    web, bluesky = _Network("web"), _Network("bluesky")
    web.number = bluesky.number = 7000
    for number in range(4):
        three = targets[number * 5 : number * 5 + 3]
        date = START + timedelta(days=300 + number)
        links = "".join(f'<li><a href="{post.addresses[0]}">x</a></li>' for post in three)
        entry = web.entry("What I wrote this spring.", "", date, more=f"<ul>{links}</ul>")
        yield Case("web: a round-up", "web", entry, frozenset(post.thread for post in three))
        one = targets[number * 7 + 2]
        both = web.entry("After a talk:", one.addresses[0], date,
                         more='<a href="https://another.example/talk">the talk</a>')  # fmt: skip
        yield Case("web: beside a link elsewhere", "web", both, frozenset({one.thread}))
    for number, post in enumerate(targets[3:39:6]):
        assert post.date is not None
        shown = post.addresses[0].removeprefix("https://")
        cut = f"{shown[:32]}..." if number % 2 else f"{shown[:34]}…"
        entry = bluesky.entry("New:", "", post.date + timedelta(hours=1), more=cut)
        yield Case("bluesky: a link that was cut", "bluesky", entry, frozenset({post.thread}))
        whole = bluesky.entry("Newer:", "", post.date + timedelta(hours=2), more=shown)
        yield Case("bluesky: without a scheme", "bluesky", whole, frozenset({post.thread}))
        home = bluesky.entry(
            "My place:", "", post.date + timedelta(hours=3), more="blog.example/2…"
        )
        yield Case("bluesky: cut too short", "bluesky", home, frozenset())
